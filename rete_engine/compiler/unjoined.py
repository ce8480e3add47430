"""A warning: patterns that nothing joins, so that all facts meet all others (RE0502).

Some make no pairs, and are left out: patterns that ask for one fact by its key, flags (every field
is compared with a constant), and facts without a key whose state rules change, as phases are.
"""

from __future__ import annotations

from collections.abc import Iterator

from rete_engine.compiler.domains import atoms
from rete_engine.compiler.scope import RuleNames
from rete_engine.compiler.slots import condition_expressions, references, slots_of
from rete_engine.compiler.volatility import Volatile
from rete_engine.diagnostics.diagnostic import Note
from rete_engine.expressions import tree
from rete_engine.model.rules import Accumulate, Compute, Condition, Constraint, Pattern, Slot


def warn_unjoined(conditions: tuple[Condition, ...], names: RuleNames, volatile: Volatile) -> None:
    """Warn of the first pattern that shares nothing with those before it."""
    if sum(isinstance(condition, Pattern) for condition in conditions) < 2:
        return
    joined = _Joined()
    for condition in conditions:
        joined.add(condition)
    patterns = [
        condition
        for condition in conditions
        if isinstance(condition, Pattern)
        and not _is_control(condition, conditions, names, volatile)
    ]
    for number, pattern in enumerate(patterns):
        first = patterns[0]
        if number and not joined.together(first.slot, pattern.slot):
            names.declared.reports.warning(
                "RE0502",
                f"nothing joins this {pattern.slot.type} with the {first.slot.type} before it,"
                " so every one meets every other",
                pattern.span,
                "compare a field of one with a field of the other; if only its being there counts,"
                " write 'exists'",
                Note("the other one", first.span),
            )
            return


class _Joined:
    """Which slots share an expression, also by way of others."""

    def __init__(self) -> None:
        self.parents: dict[int, int] = {}

    def root(self, slot: int) -> int:
        while (parent := self.parents.get(slot, slot)) != slot:
            slot = parent
        return slot

    def together(self, one: Slot, other: Slot) -> bool:
        return self.root(one.number) == self.root(other.number)

    def unite(self, slots: set[int]) -> None:
        roots = {self.root(slot) for slot in slots}
        if roots:
            first = min(roots)
            self.parents.update(dict.fromkeys(roots - {first}, first))

    def add(self, condition: Condition) -> None:
        """Take up what a condition reads and fills."""
        match condition:
            case Pattern():
                for part in condition.parts:
                    if isinstance(part, Constraint):
                        self.unite({condition.slot.number} | slots_of(part.test))
                    else:
                        own = {condition.slot.number, part.slot.number}
                        self.unite(own | slots_of(part.value))
            case Compute():
                computation = condition.computation
                self.unite({computation.slot.number} | slots_of(computation.value))
            case _:
                read = {s for e in condition_expressions(condition) for s in slots_of(e)}
                if isinstance(condition, Accumulate) and condition.group is not None:
                    read.add(condition.group.number)
                slot = getattr(condition, "slot", None)
                self.unite(read | {slot.number} if isinstance(slot, Slot) else read)


def _is_control(
    pattern: Pattern, conditions: tuple[Condition, ...], names: RuleNames, volatile: Volatile
) -> bool:
    template = names.template(pattern.slot)
    if template is None:
        return False
    if template.keys:
        given = {index for test in _tests(pattern) for index in _given(test, pattern.slot.number)}
        return any(given >= set(key.fields) for key in template.keys)
    fixed = {
        atom.subject.index
        for test in _tests(pattern)
        for atom in atoms(test)
        if atom.operator == "==" and isinstance(atom.subject, tree.FieldRef)
    }
    flags = {test.index for test in _tests(pattern) if isinstance(test, tree.FieldRef)}
    flags |= {
        test.operand.index
        for test in _tests(pattern)
        if isinstance(test, tree.Not) and isinstance(test.operand, tree.FieldRef)
    }
    if not template.open and fixed | flags >= set(template.positions.values()):
        return True
    read = {
        ref.name
        for condition in conditions
        for expression in condition_expressions(condition)
        for ref in references(expression)
        if isinstance(ref, tree.FieldRef) and ref.slot == pattern.slot.number
    }
    return bool(read & volatile.get(template.name, frozenset()))


def _given(test: tree.Expression, slot: int) -> Iterator[int]:
    """The field of a pattern that a test sets equal to what is known without it."""
    if not isinstance(test, tree.Compare) or len(test.rest) != 1 or test.rest[0][0] != "==":
        return
    right = test.rest[0][1]
    for field, other in ((test.first, right), (right, test.first)):
        if isinstance(field, tree.FieldRef) and field.slot == slot and slot not in slots_of(other):
            yield field.index


def _tests(pattern: Pattern) -> Iterator[tree.Expression]:
    return (part.test for part in pattern.parts if isinstance(part, Constraint))
