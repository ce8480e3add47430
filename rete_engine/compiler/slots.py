"""Which slots conditions and expressions read, and which they fill."""

from __future__ import annotations

from collections.abc import Iterator

from rete_engine.expressions import tree
from rete_engine.model.rules import (
    Accumulate,
    Computation,
    Compute,
    Condition,
    Constraint,
    Exists,
    Pattern,
    Test,
)


def references(node: tree.Expression) -> list[tree.FieldRef | tree.SlotRef]:
    """The references to slots in an expression."""
    return [each for each in tree.nodes(node) if isinstance(each, (tree.FieldRef, tree.SlotRef))]


def slots_of(node: tree.Expression) -> set[int]:
    """The slots that an expression reads."""
    return {ref.slot for ref in references(node)}


def condition_expressions(condition: Condition) -> Iterator[tree.Expression]:
    """The expressions of a condition, those of nested ones too."""
    match condition:
        case Pattern():
            for part in condition.parts:
                yield part.test if isinstance(part, Constraint) else part.value
        case Test():
            yield condition.constraint.test
        case Compute():
            yield condition.computation.value
        case Exists():
            for conjunction in condition.alternatives:
                for inner in conjunction:
                    yield from condition_expressions(inner)
        case Accumulate():
            for source in condition.sources:
                for inner in source.conditions:
                    yield from condition_expressions(inner)
                yield from (part.test for part in (source.value, source.by) if part is not None)


def results_of(condition: Accumulate) -> list[int]:
    """The slots that an accumulate fills."""
    group = [condition.group.number] if condition.group is not None else []
    return [*group, condition.slot.number]


def filled_by(conditions: tuple[Condition, ...]) -> set[int]:
    """The slots that conditions fill themselves."""
    found: set[int] = set()
    for condition in conditions:
        match condition:
            case Pattern():
                found.add(condition.slot.number)
                for part in condition.parts:
                    if isinstance(part, Computation):
                        found.add(part.slot.number)
            case Compute():
                found.add(condition.computation.slot.number)
            case Exists():
                for conjunction in condition.alternatives:
                    found |= filled_by(conjunction)
            case Accumulate():
                found |= set(results_of(condition))
                for source in condition.sources:
                    found |= filled_by(source.conditions)
    return found


def outer_slots(condition: Exists | Accumulate) -> set[int]:
    """The slots of the surrounding match that a condition with others inside reads."""
    inner = filled_by((condition,))
    reads = {slot for e in condition_expressions(condition) for slot in slots_of(e)}
    return reads - inner
