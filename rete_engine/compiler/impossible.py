"""A warning: conditions that can never hold (RE0501)."""

from __future__ import annotations

from rete_engine.compiler.checks import checked_type
from rete_engine.compiler.domains import (
    MOST_ASKED,
    Atom,
    Domain,
    atoms,
    can_equal,
    constant_of,
    domain_of,
)
from rete_engine.compiler.scope import RuleNames
from rete_engine.diagnostics.diagnostic import Note
from rete_engine.expressions import tree
from rete_engine.expressions.text import shown
from rete_engine.expressions.types import ANY, Type
from rete_engine.model.rules import Accumulate, Condition, Constraint, Exists, Pattern, Test

#: What is asked about: a field of the fact in a slot, or (with None) the slot's value.
Subject = tuple[int, int | None]

Domains = dict[Subject, Domain]

CODE = "RE0501"


def warn_impossible(conditions: tuple[Condition, ...], names: RuleNames) -> None:
    """Warn of constraints that no fact can meet, alone or with those before them."""
    _walk(conditions, {}, names)


def _walk(conditions: tuple[Condition, ...], domains: Domains, names: RuleNames) -> None:
    for condition in conditions:
        match condition:
            case Pattern():
                for part in condition.parts:
                    if isinstance(part, Constraint):
                        _ask(part.test, domains, names)
            case Test():
                _ask(condition.constraint.test, domains, names)
            case Exists():
                for conjunction in condition.alternatives:
                    _walk(conjunction, dict(domains), names)
            case Accumulate():
                for source in condition.sources:
                    _walk(source.conditions, dict(domains), names)


def _ask(test: tree.Expression, domains: Domains, names: RuleNames) -> None:
    """Take up one test; what is left of the domains is kept in them."""
    if isinstance(test, tree.And):
        for operand in test.operands:
            _ask(operand, domains, names)
        return
    if isinstance(test, tree.Constant):
        if test.value is False:
            _warn(names, test, "this never holds", "to switch a rule off, write: enabled false")
        return
    if _compares_unlike(test, names):
        return
    for atom in atoms(test) or _truth(test, names):
        constant = constant_of(atom.subject)
        if constant is not None and Domain(ANY, constant).narrowed(atom).is_empty:
            _warn(names, test, "this never holds", None)
            return
        subject = _subject(atom.subject)
        if subject is None:
            continue
        domain = domains.get(subject) or _whole(atom.subject, names)
        if domain.is_empty:
            return  # said already
        if len(domain.asked) >= MOST_ASKED:
            continue
        narrowed = domain.narrowed(atom)
        domains[subject] = narrowed
        if narrowed.is_empty:
            _contradiction(atom, domain, names)
            return


def _truth(test: tree.Expression, names: RuleNames) -> list[Atom]:
    """`flag` and `not flag`, of a bool."""
    subject, value = (test.operand, False) if isinstance(test, tree.Not) else (test, True)
    if _subject(subject) is None or checked_type(subject, names).name != "bool":
        return []
    return [Atom(subject, "==", (value,), test)]


def _subject(node: tree.Expression) -> Subject | None:
    if isinstance(node, tree.FieldRef):
        return node.slot, node.index
    return (node.slot, None) if isinstance(node, tree.SlotRef) else None


def _whole(subject: tree.Expression, names: RuleNames) -> Domain:
    """All values that a field or variable can have."""
    type = checked_type(subject, names)
    if isinstance(subject, tree.FieldRef):
        template = names.template(names.slots[subject.slot])
        position = subject.index - template.first_field if template is not None else -1
        if template is not None and position >= 0:
            return domain_of(type, template.fields[position].allowed)
    return domain_of(type, None)


def _compares_unlike(test: tree.Expression, names: RuleNames) -> bool:
    """Warn of `==` between what is never equal, by types or by name."""
    if not isinstance(test, tree.Compare):
        return False
    left = test.first
    for operator, right in test.rest:
        if operator in ("==", "is"):
            one, other = checked_type(left, names), checked_type(right, names)
            if not can_equal(one, other):
                _unequal(test, left, one, right, other, names)
                return True
        elif operator == "in":
            one, other = checked_type(left, names), checked_type(right, names)
            if other.arguments and not can_equal(one, other.arguments[0]):
                listed = f"{left.span.text} is {_a(one)}, {right.span.text} {_a(other)}"
                _warn(names, test, f"this never holds: {listed}", None)
                return True
        elif operator in ("<", ">") and _subject(left) == _subject(right) is not None:
            _warn(names, test, f"'{operator}' never holds between a value and itself", None)
            return True
        left = right
    return False


def _unequal(
    test: tree.Expression,
    left: tree.Expression,
    one: Type,
    right: tree.Expression,
    other: Type,
    names: RuleNames,
) -> None:
    """Warn of two values of types that are never equal."""
    if "none" in (one.name, other.name):
        value, type = (left, one) if other.name == "none" else (right, other)
        hint = "leave it out" if type.is_fact else f"a field of type {type}? may be none"
        _warn(names, test, f"this never holds: {value.span.text} is {_a(type)}, never none", hint)
        return
    _warn(
        names,
        test,
        f"this never holds: {left.span.text} is {_a(one)}, {right.span.text} {_a(other)}",
        "convert one of them" if not (one.is_fact or other.is_fact) else None,
    )


def _a(type: Type) -> str:
    return f"of type {type}" if not type.is_fact else f"a fact of {type}"


def _contradiction(atom: Atom, before: Domain, names: RuleNames) -> None:
    """Warn of a constraint that leaves no value."""
    text = atom.subject.span.text
    if before.asked:
        earlier = before.asked[-1].place
        if earlier.span == atom.place.span:  # a chain such as `5 < x < 3`
            _warn(names, atom.place, f"no value of {text} fulfils this", None)
            return
        note = Note("it is asked here, too", earlier.span)
        message = f"this never holds together with what else is asked of {text}"
        names.declared.reports.warning(CODE, message, atom.place.span, None, note)
        return
    if before.allowed is not None and before.type.name != "bool":
        values = ", ".join(shown(value) for value in before.allowed)
        _warn(names, atom.place, f"this never holds: {text} is one of {values}", None)
        return
    _warn(names, atom.place, f"this never holds: {text} is {_a(before.type)}", None)


def _warn(names: RuleNames, place: tree.Expression, message: str, hint: str | None) -> None:
    names.declared.reports.warning(CODE, message, place.span, hint)
