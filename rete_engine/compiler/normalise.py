"""Third pass, per rule: `or` goes, which leaves conjunctions for the planner.

A rule whose conditions have alternatives is read in several ways, with one branch of every `or`
in each; every reading becomes a path of the network, and all are of the one rule. `not (A or B)` is
`not A` and `not B`, and `exists (A or B)`, which must be one match however many there are, is
`not (not A and not B)`: that finds one fact and looks no further. But where a rule derives facts it
must be told what the match rests on: there an `exists` goes over the matches of all readings, as an
accumulate always does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from rete_engine._frozen import frozen
from rete_engine.compiler.rewriting import substituted
from rete_engine.expressions import tree
from rete_engine.expressions.tree import Expression
from rete_engine.model.rules import (
    Accumulate,
    Alternatives,
    Branch,
    Computation,
    Compute,
    Condition,
    Constraint,
    Exists,
    Failing,
    Pattern,
    Source,
    Test,
)

#: How many combinations of alternatives a rule may have: each is a path of the network.
MOST_READINGS = 128


class TooManyReadingsError(Exception):
    """The alternatives of a rule combine in more ways than `MOST_READINGS`."""


@frozen
class Reading:
    """One way to read conditions that hold together."""

    conditions: tuple[Condition, ...]  # with no alternatives among them
    # What the slots stand for that the branches of an `or` have in common.
    meanings: Mapping[int, Expression]


def normalise(conditions: tuple[Condition, ...], derives: bool = False) -> list[Reading]:
    """The readings of conditions, those of earlier branches first.

    Args:
        conditions: The conditions.
        derives: Whether facts are derived from their matches.

    Raises:
        TooManyReadingsError: They are more than `MOST_READINGS`, counting those within `not`
            and `exists`.
    """
    return _Normaliser(derives).readings(conditions, Reading((), {}))


class _Normaliser:
    """Counts the readings of one rule as it makes them."""

    def __init__(self, derives: bool) -> None:
        self.derives = derives
        self.made = 1

    def readings(self, conditions: tuple[Condition, ...], before: Reading) -> list[Reading]:
        """All ways to go on from a reading with further conditions."""
        found = [before]
        for condition in conditions:
            found = [longer for reading in found for longer in self.extend(reading, condition)]
        return found

    def extend(self, reading: Reading, condition: Condition) -> list[Reading]:
        """The ways to go on with one condition."""
        match condition:
            case Alternatives(failing=Failing() as failing) if is_error(
                substituted(failing.reference, reading.meanings)
            ):
                return self.branch(reading, Branch((), failing.meanings))
            case Alternatives():
                self.made += len(condition.branches) - 1
                if self.made > MOST_READINGS:
                    raise TooManyReadingsError
                return [
                    longer
                    for branch in condition.branches
                    for longer in self.branch(reading, branch)
                    if not follows_none(longer.conditions[-1])
                ]
            case Exists():
                added = self.exists(condition, reading.meanings)
            case Accumulate():
                added = (self.accumulate(condition, reading.meanings),)
            case _:
                added = (renamed(condition, reading.meanings),)
        return [Reading((*reading.conditions, *added), reading.meanings)]

    def branch(self, reading: Reading, branch: Branch) -> list[Reading]:
        """The ways to go on with a branch."""
        found: list[Reading] = []
        for longer in self.readings(branch.conditions, reading):
            own = {slot: meaning(e, longer.meanings) for slot, e in branch.meanings}
            found.append(Reading(longer.conditions, {**longer.meanings, **own}))
        return found

    def exists(
        self, condition: Exists, meanings: Mapping[int, Expression]
    ) -> tuple[Condition, ...]:
        """`exists` or `not`, of one conjunction each, or `exists` of several."""
        span = condition.span
        inner = self.readings(condition.conditions, Reading((), meanings))
        if condition.negated or len(inner) == 1:
            return tuple(Exists(span, condition.negated, each.conditions) for each in inner)
        if self.derives and inner:
            first, *others = (each.conditions for each in inner)
            return (Exists(span, False, first, tuple(others)),)
        none = tuple(Exists(span, True, each.conditions) for each in inner)
        return (Exists(span, True, none),)

    def accumulate(self, condition: Accumulate, meanings: Mapping[int, Expression]) -> Condition:
        """An accumulate: it goes over the matches of every reading of its source."""
        sources: list[Source] = []
        for source in condition.sources:
            for each in self.readings(source.conditions, Reading((), meanings)):
                value, by = (
                    _constraint(part, each.meanings) if part is not None else None
                    for part in (source.value, source.by)
                )
                sources.append(Source(each.conditions, value, by))
        return replace(condition, sources=tuple(sources))


def meaning(written: Expression, meanings: Mapping[int, Expression]) -> Expression:
    """What a slot stands for in a reading.

    A read that is written out is one through a reference that leads to no fact: it is none, or
    itself an error.
    """
    if not isinstance(written, tree.Attribute):
        return substituted(written, meanings)
    target = substituted(written.target, meanings)
    if is_error(target):
        return replace(written, target=target)
    none = tree.Constant(target.span, None)
    return none if written.optional else replace(written, target=none)


def is_error(reference: Expression) -> bool:
    """Whether the meaning of a reference is the field of none: any other is a slot or its field."""
    return isinstance(reference, tree.Attribute)


def follows_none(condition: Condition) -> bool:
    """Whether a pattern asks for the fact that none refers to: the other alternative has that."""
    if not isinstance(condition, Pattern) or not condition.parts:
        return False
    first = condition.parts[0]
    if not isinstance(first, Constraint) or not isinstance(first.test, tree.Compare):
        return False
    ((_, other), *_) = first.test.rest
    left = first.test.first
    return (
        isinstance(left, tree.Constant)
        and left.value is None
        and isinstance(other, tree.SlotRef)
        and other.slot == condition.slot.number
    )


def renamed(condition: Condition, meanings: Mapping[int, Expression]) -> Condition:
    """A condition that speaks of the slots that there are in a reading."""
    match condition:
        case Pattern():
            return replace(condition, parts=tuple(_part(p, meanings) for p in condition.parts))
        case Test():
            return replace(condition, constraint=_constraint(condition.constraint, meanings))
        case Compute():
            return replace(condition, computation=_computation(condition.computation, meanings))
    raise AssertionError(condition)


def _part(
    part: Constraint | Computation, meanings: Mapping[int, Expression]
) -> Constraint | Computation:
    if isinstance(part, Constraint):
        return _constraint(part, meanings)
    return _computation(part, meanings)


def _constraint(constraint: Constraint, meanings: Mapping[int, Expression]) -> Constraint:
    return replace(constraint, test=substituted(constraint.test, meanings))


def _computation(computation: Computation, meanings: Mapping[int, Expression]) -> Computation:
    return replace(computation, value=substituted(computation.value, meanings))


def size(conditions: tuple[Condition, ...]) -> int:
    """How many levels of the network conditions take, those within others too."""
    return sum(1 + max(map(size, _inside(condition)), default=0) for condition in conditions)


def _inside(condition: Condition) -> list[tuple[Condition, ...]]:
    """The conjunctions within a condition: each is a branch of its own."""
    if isinstance(condition, Exists):
        return list(condition.alternatives)
    if isinstance(condition, Accumulate):
        return [source.conditions for source in condition.sources]
    return []
