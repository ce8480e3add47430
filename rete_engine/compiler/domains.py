"""Which values a field or variable can still have, after all that conditions ask of it.

Only constraints that compare one field or variable with constants are followed; all others are
taken as if they could hold.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from datetime import timedelta

from rete_engine._frozen import frozen
from rete_engine.expressions import tree
from rete_engine.expressions.equality import join_key
from rete_engine.expressions.type_rules import NUMBERS, type_of
from rete_engine.expressions.types import Type

#: What is compared with what: the mirror image of an operator.
MIRRORED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}

#: So many comparisons of one field or variable are followed; more are as if they could hold.
MOST_ASKED = 200

Ordered = int | float | str | timedelta


@frozen
class Atom:
    """`subject operator constants`: one constant, or of `in` and `not in` any number."""

    subject: tree.Expression
    operator: str
    constants: tuple[object, ...]
    place: tree.Expression  # what was written


@dataclass(slots=True)
class Domain:
    """The values that are left."""

    type: Type
    allowed: tuple[object, ...] | None = None  # the only ones; None where they are not known
    excluded: frozenset[object] = frozenset()  # their join keys
    low: tuple[Ordered, bool] | None = None  # the lower bound, and whether it is one of them
    high: tuple[Ordered, bool] | None = None
    asked: list[Atom] = field(default_factory=list)

    def narrowed(self, atom: Atom) -> Domain:
        """The values of these that also fulfil an atom."""
        result = replace(self, asked=[*self.asked, atom])
        operator, constants = atom.operator, atom.constants
        if operator in ("in", "=="):
            possible = [c for c in constants if can_equal(self.type, type_of(c))]
            if self.allowed is not None:
                keys = {join_key(c) for c in possible}
                possible = [value for value in self.allowed if join_key(value) in keys]
            result.allowed = tuple(possible)
        elif operator in ("not in", "!="):
            result.excluded = self.excluded.union(map(join_key, constants))
        else:
            (bound,) = constants
            assert isinstance(bound, Ordered)
            if operator in (">", ">="):
                result.low = _tighter(self.low, (bound, operator == ">="), upper=False)
            else:
                result.high = _tighter(self.high, (bound, operator == "<="), upper=True)
        return result

    @property
    def is_empty(self) -> bool:
        """Whether no value is left."""
        if self.allowed is not None:
            return not any(self.admits(value) for value in self.allowed)
        if self.low is None or self.high is None or not _comparable(self.low[0], self.high[0]):
            return False
        low, high = self.low[0], self.high[0]
        if self.type.name == "int" and not isinstance(low, str) and not isinstance(high, str):
            return _least(self.low) > _most(self.high)
        if low == high:
            closed = self.low[1] and self.high[1]
            return not closed or join_key(low) in self.excluded
        return bool(low > high)  # type: ignore[operator]  # they are of comparable types

    def admits(self, value: object) -> bool:
        """Whether a value fulfils all but the listing of values."""
        if join_key(value) in self.excluded:
            return False
        for bound, upper in ((self.low, False), (self.high, True)):
            if bound is None:
                continue
            limit, closed = bound
            if not _comparable(value, limit):
                return False
            if value == limit:
                if not closed:
                    return False
            elif (value < limit) is not upper:  # type: ignore[operator]  # comparable
                return False
        return True


def domain_of(type: Type, values: tuple[object, ...] | None) -> Domain:
    """All values of a type, or those that a field lists."""
    if type.name == "bool" and values is None:
        values = (True, False)
    if values is not None and type.optional:
        values = (*values, None)
    return Domain(type, values)


def can_equal(left: Type, right: Type) -> bool:
    """Whether values of two types can be equal."""
    if "any" in (left.name, right.name):
        return True
    if left.name == "none" or right.name == "none":
        return left.name == right.name or left.optional or right.optional
    if left.optional and right.optional:
        return True
    if left.name in NUMBERS and right.name in NUMBERS:
        return True
    return (left.is_fact and right.is_fact) or left.name == right.name


def atoms(test: tree.Expression) -> list[Atom]:
    """What a test asks of single expressions by comparing them with constants."""
    match test:
        case tree.And():
            return [atom for operand in test.operands for atom in atoms(operand)]
        case tree.Not(operand=tree.Compare(rest=((operator, _),)) as inner) if (
            operator in _OPPOSITE
        ):
            return [
                replace(atom, operator=_OPPOSITE[atom.operator], place=test)
                for atom in atoms(inner)
                if atom.operator in _OPPOSITE
            ]
        case tree.Compare():
            found: list[Atom] = []
            left = test.first
            for operator, right in test.rest:
                found.extend(_atom(left, operator, right, test))
                left = right
            return found
    return []


_OPPOSITE = {
    "==": "!=",
    "!=": "==",
    "in": "not in",
    "not in": "in",
    "is": "is not",
    "is not": "is",
}


def _atom(
    left: tree.Expression, operator: str, right: tree.Expression, place: tree.Expression
) -> list[Atom]:
    operator = {"is": "==", "is not": "!="}.get(operator, operator)
    if operator in ("in", "not in"):
        listed = constants_of(right)
        return [Atom(left, operator, listed, place)] if listed is not None else []
    if operator not in MIRRORED:
        return []
    found = constant_of(right)
    if found is None:
        found, left, operator = constant_of(left), right, MIRRORED[operator]
    if found is None:
        return []
    if operator not in ("==", "!=") and not isinstance(found[0], Ordered):
        return []
    return [Atom(left, operator, found, place)]


def constant_of(node: tree.Expression) -> tuple[object] | None:
    """The value of a literal, perhaps with a sign; None if it is none."""
    match node:
        case tree.Constant():
            return (node.value,)
        case tree.Unary(operator=operator, operand=tree.Constant(value=int() | float() as value)):
            return (-value if operator == "-" else value,)
    return None


def constants_of(node: tree.Expression) -> tuple[object, ...] | None:
    """The values of a list, tuple or set of literals; None if it is none."""
    if not isinstance(node, tree.ListDisplay | tree.TupleDisplay | tree.SetDisplay):
        return None
    found = [constant_of(item) for item in node.items]
    return tuple(value[0] for value in found if value is not None) if all(found) else None


def _comparable(left: object, right: object) -> bool:
    for kind in (int | float, str, timedelta):
        if isinstance(left, kind):
            return isinstance(right, kind)
    return False


def _tighter(
    bound: tuple[Ordered, bool] | None, other: tuple[Ordered, bool], *, upper: bool
) -> tuple[Ordered, bool]:
    """The bound of two that leaves less; the first if they cannot be compared."""
    if bound is None:
        return other
    if not _comparable(bound[0], other[0]):
        return bound
    if bound[0] == other[0]:
        return bound if not bound[1] else other
    return other if (other[0] < bound[0]) is upper else bound  # type: ignore[operator]  # comparable


def _least(bound: tuple[Ordered, bool]) -> float:
    """The least int from a lower bound on."""
    value, closed = bound
    assert isinstance(value, int | float)
    if math.isinf(value):
        return value
    return math.ceil(value) if closed else math.floor(value) + 1


def _most(bound: tuple[Ordered, bool]) -> float:
    """The greatest int up to an upper bound."""
    value, closed = bound
    assert isinstance(value, int | float)
    if math.isinf(value):
        return value
    return math.floor(value) if closed else math.ceil(value) - 1
