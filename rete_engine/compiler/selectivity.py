"""Which pattern to join next: the one that the fewest facts are to be expected of.

No fact is there when rules are compiled, so what the rules say must do: equalities leave fewer
facts than other tests do, and a template's key leaves one. It is the cheapest first of
D. Smith and M. Genesereth (*Ordering Conjunctive Queries*, 1985).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from rete_engine._frozen import frozen
from rete_engine.compiler.slots import references, slots_of
from rete_engine.compiler.volatility import Volatile
from rete_engine.expressions import tree
from rete_engine.model.rules import Slot
from rete_engine.network.templates import TemplateSpec


@frozen
class Known:
    """What the planner knows of facts that are yet to come."""

    templates: Mapping[str, TemplateSpec]
    volatile: Volatile  # the fields that rules change


@frozen
class Sides:
    """The two sides of an equality, with the slots that each reads."""

    left: tree.Expression
    right: tree.Expression
    left_slots: frozenset[int]
    right_slots: frozenset[int]


def sides_of(test: tree.Expression) -> Sides | None:
    """The sides of an equality; None for any other test."""
    if not isinstance(test, tree.Compare) or len(test.rest) != 1 or test.rest[0][0] != "==":
        return None
    left, right = test.first, test.rest[0][1]
    return Sides(left, right, frozenset(slots_of(left)), frozenset(slots_of(right)))


class Said(NamedTuple):
    """A constraint as it bears on the order."""

    needs: Collection[int]  # the slots that it reads
    test: tree.Expression
    sides: Sides | None  # of an equality that can be a key


class Selectivity(NamedTuple):
    """How few facts of a pattern are to be expected to meet a match; more is more selective."""

    keyed: bool  # whether an equality compares it with the match
    unique: bool  # whether equalities fix a key of its template: one fact at most
    keys: int  # equalities with the match
    constants: int  # equalities with what is known beforehand


def selectivity(
    slot: Slot, constraints: Iterable[Said], placed: Collection[int], known: Known
) -> Selectivity:
    """How selective a pattern is, beside a match that has filled some slots already.

    Args:
        slot: What the pattern fills.
        constraints: All that read the slot.
        placed: The slots that are filled.
        known: What is known of the facts.
    """
    keys = constants = 0
    fixed: set[str | None] = set()  # fields; None is the fact itself
    for constraint in constraints:
        own = _own_side(constraint, slot.number, placed)
        if own is None:
            continue
        if len(constraint.needs) > 1:
            keys += 1
        else:
            constants += 1
        if isinstance(own, tree.FieldRef):
            fixed.add(own.name)
        elif isinstance(own, tree.SlotRef):
            fixed.add(None)
    unique = None in fixed or is_unique(slot, fixed, known)
    return Selectivity(keys > 0, unique, keys, constants)


def is_unique(slot: Slot, fixed: Collection[str | None], known: Known) -> bool:
    """Whether fields with these names are all of a key."""
    template = known.templates.get(slot.type.name)
    return template is not None and any(
        all(template.names[index] in fixed for index in key.fields) for key in template.keys
    )


def pair_of(
    sides: Sides | None, slot: int, placed: Collection[int]
) -> tuple[tree.Expression, tree.Expression] | None:
    """The two sides of an equality between a slot and slots that are filled, its own side first."""
    if sides is None:
        return None
    left, right = sides.left_slots, sides.right_slots
    if left == {slot} and right and all(each in placed for each in right):
        return sides.left, sides.right
    if right == {slot} and left and all(each in placed for each in left):
        return sides.right, sides.left
    return None


def _own_side(said: Said, slot: int, placed: Collection[int]) -> tree.Expression | None:
    """What an equality compares of a slot with filled ones, or with what is known beforehand."""
    sides = said.sides
    if sides is not None and len(said.needs) == 1:
        if not sides.right_slots:
            return sides.left
        return None if sides.left_slots else sides.right
    pair = pair_of(sides, slot, placed)
    return pair[0] if pair is not None else None


def fields_read(slot: int, constraints: Iterable[Said]) -> set[str]:
    """The fields of a pattern's fact that constraints read."""
    return {
        reference.name
        for constraint in constraints
        for reference in references(constraint.test)
        if isinstance(reference, tree.FieldRef) and reference.slot == slot
    }


def joined_with(start: int, constraints: Sequence[Said]) -> set[int]:
    """The slots that equalities join with one, straight or by way of others."""
    neighbours: dict[int, set[int]] = {}
    for constraint in constraints:
        sides = constraint.sides
        # One slot on either side: then each can be the key of the other.
        if sides is not None and len(sides.left_slots) == len(sides.right_slots) == 1:
            (left,), (right,) = sides.left_slots, sides.right_slots
            neighbours.setdefault(left, set()).add(right)
            neighbours.setdefault(right, set()).add(left)
    found = {start}
    waiting = [start]
    while waiting:
        more = neighbours.get(waiting.pop(), set()) - found
        found |= more
        waiting.extend(more)
    return found
