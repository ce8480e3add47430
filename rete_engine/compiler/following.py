"""Reading through references in conditions: each becomes a join with the fact that it leads to.

`o.customer.tier` reads a field of a fact that no pattern of the rule names. A pattern on the
template of the reference is added that compares by identity, `customer == c`, and the read becomes
one of that pattern's fact. So the match is renewed when the field changes, and there is none once
the fact is gone. A reference that may be none has two alternatives: the fact, or none, whose field
reads none with `?.` and is an error without. The error is raised where the read is evaluated, and a
reference that is an error itself is followed to no fact: so `r is none or r.r.n == 1` guards.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace
from typing import TypeGuard

from rete_engine._frozen import frozen
from rete_engine.compiler.checks import SilentTypes, learn_comprehension
from rete_engine.compiler.rewriting import rewritten
from rete_engine.compiler.scope import Followed, RuleNames, field_of
from rete_engine.compiler.slots import references
from rete_engine.diagnostics.source import Span
from rete_engine.expressions import tree
from rete_engine.expressions.inference import infer
from rete_engine.expressions.types import Type
from rete_engine.model.rules import (
    Alternatives,
    Branch,
    Computation,
    Compute,
    Condition,
    Constraint,
    Failing,
    Pattern,
    Test,
)


@frozen
class Following:
    """An expression that reads facts of patterns alone, and the conditions that it needs."""

    expression: tree.Expression
    before: tuple[Condition, ...]


def follow(resolved: tree.Expression, names: RuleNames) -> Following:
    """Follow the references that an expression of a condition reads through.

    What cannot be followed stays as it is: `check_references` reports it.
    """
    follower = _Follower(names)
    expression = rewritten(resolved, follower.change)
    return Following(expression, tuple(follower.before))


class _Follower:
    """Follows the references of one expression."""

    def __init__(self, names: RuleNames) -> None:
        self.names = names
        self.types = SilentTypes(names)
        self.before: list[Condition] = []

    def change(self, node: tree.Expression) -> tree.Expression | None:
        """What stands in the place of a read through a reference, or of a fact handed over."""
        if isinstance(node, tree.Comprehension):
            learn_comprehension(node, self.types)
        elif isinstance(node, tree.Attribute):
            return self.attribute(node)
        elif isinstance(node, tree.Call) and isinstance(node.function, tree.Attribute):
            method = node.function  # whose name is no field
            target = rewritten(method.target, self.change)
            arguments = tuple(
                replace(a, value=rewritten(a.value, self.change)) for a in node.arguments
            )
            return replace(node, function=replace(method, target=target), arguments=arguments)
        elif is_declared(node):
            arguments = tuple(replace(a, value=self.handed(a.value)) for a in node.arguments)
            return replace(node, arguments=arguments)
        return None

    def attribute(self, node: tree.Attribute) -> tree.Expression:
        """`target.name` or `target?.name`."""
        target = rewritten(node.target, self.change)
        followed = self.followed(target)
        if followed is None:
            return replace(node, target=target)
        slot = followed.slot
        template = self.names.template(slot)
        assert template is not None
        field = field_of(template, slot.number, node, self.names.declared)
        if not isinstance(field, tree.FieldRef):
            return tree.Name(node.span, node.name)  # it was reported, and nothing more is known
        if not followed.is_uncertain:
            return field
        given = infer(target, self.types)
        type = self.names.declared.field_type(template, field.index)
        if given.optional and node.optional:
            type = replace(type, optional=True)
        reference = self.reference(target, followed)
        chosen = self.either(followed, field, replace(node, target=reference), type)
        self.names.reads[chosen.slot] = (slot.number, node.name)
        if may_fail(reference, self.names) or (given.optional and not node.optional):
            self.names.may_fail.add(chosen.slot)
        return chosen

    def handed(self, node: tree.Expression) -> tree.Expression:
        """An argument of a function, which may read what it likes of a fact."""
        value = rewritten(node, self.change)
        followed = self.followed(value)
        if followed is None:
            return value
        fact = tree.SlotRef(node.span, followed.slot.number, node.span.text)
        if not followed.is_uncertain:
            return fact
        type = replace(followed.slot.type, optional=infer(value, self.types).optional)
        chosen = self.either(followed, fact, self.reference(value, followed), type)
        self.names.handed.add(chosen.slot)
        return chosen

    def either(
        self, followed: Followed, found: tree.Expression, missing: tree.Expression, type: Type
    ) -> tree.SlotRef:
        """What is one thing where a reference leads to a fact, and another where it does not."""
        slot = self.names.new_slot(None, type, is_fact=False)
        followed.found.append((slot.number, found))
        followed.missing.append((slot.number, missing))
        return tree.SlotRef(found.span, slot.number, found.span.text)

    @staticmethod
    def reference(target: tree.Expression, followed: Followed) -> tree.Expression:
        """A reference as it is written here: `r.r` is followed with an earlier `r?.r`."""
        return target if isinstance(target, tree.SlotRef) else followed.reference

    # -- references ----------------------------------------------------------------------------

    def followed(self, target: tree.Expression) -> Followed | None:
        """The pattern of the fact that a value refers to; None where there is nothing to follow."""
        names = self.names
        if isinstance(target, tree.SlotRef) and names.slots[target.slot].is_fact:
            return None
        type = infer(target, self.types)
        if not type.is_fact or type.name not in names.declared.templates or has_locals(target):
            return None
        key = self.key(target)
        known = names.followed_by(key)
        if known is None:
            known = self.joined(self.named(target, type), type, target.span)
            names.followed[-1][key] = known
        return known

    def key(self, target: tree.Expression) -> Hashable:
        """What tells one reference from others."""
        match target:
            case tree.FieldRef():
                return ("field", target.slot, target.index)
            case tree.SlotRef():
                return self.names.reads.get(target.slot, ("slot", target.slot))
        pattern = self.names.pattern.number if self.names.pattern is not None else -1
        slots = frozenset(reference.slot for reference in references(target))
        return ("value", pattern, slots, " ".join(target.span.text.split()))

    def named(self, target: tree.Expression, type: Type) -> tree.Expression:
        """A field or a variable; any other value, which may be an error, is computed before."""
        if isinstance(target, (tree.FieldRef, tree.SlotRef)):
            return target
        span = target.span
        slot = self.names.new_slot(None, type, is_fact=False)
        self.before.append(Compute(span, Computation(span, slot, target, each=False)))
        return tree.SlotRef(span, slot.number, span.text)

    def joined(self, target: tree.Expression, type: Type, span: Span) -> Followed:
        """Add the pattern that a reference leads to."""
        slot = self.names.new_slot(None, Type(type.name), is_fact=True)
        fact = tree.SlotRef(span, slot.number, span.text)
        same = tree.Compare(span, target, (("==", fact),))
        pattern = Pattern(span, slot, (Constraint(span, same),))
        followed = Followed(slot, target, type.optional or may_fail(target, self.names))
        if not followed.is_uncertain:
            self.before.append(pattern)
            return followed
        branches = [Branch((pattern,), followed.found)]
        if type.optional:
            is_none = tree.Compare(span, target, (("is", tree.Constant(span, None)),))
            branches.append(Branch((Test(span, Constraint(span, is_none)),), followed.missing))
        failing = Failing(target, followed.missing) if may_fail(target, self.names) else None
        self.before.append(Alternatives(span, tuple(branches), failing))
        return followed


def may_fail(reference: tree.Expression, names: RuleNames) -> bool:
    """Whether a reference was read of one that may be none, so that it may be an error."""
    return isinstance(reference, tree.SlotRef) and reference.slot in names.may_fail


def is_declared(node: tree.Expression) -> TypeGuard[tree.Call]:
    """Whether an expression calls a function that the rule set declares."""
    return (
        isinstance(node, tree.Call)
        and isinstance(node.function, tree.FunctionRef)
        and node.function.kind != "builtin"
    )


def has_locals(node: tree.Expression) -> bool:
    """Whether a value depends on the variables of a comprehension."""
    return isinstance(node, tree.LocalRef) or any(map(has_locals, tree.children(node)))
