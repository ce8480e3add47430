"""Accumulates as the reference understands them: of a list of values, in order, from scratch."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from rete_engine.expressions import tree
from tests.reference.values import MisfitError, equal, is_number, less

NAMES = frozenset(["count", "sum", "avg", "min", "max", "collect", "collect_set"])

#: The result of an accumulate that does not hold.
NOTHING = object()


@dataclass(frozen=True)
class Accumulate:
    """The parts of an accumulate as written."""

    name: str
    value: tree.Expression | None
    source: tree.Expression
    by: tree.Argument | None


def accumulate_of(node: tree.Expression) -> Accumulate | None:
    """What an expression accumulates, if it is an accumulate."""
    if not isinstance(node, tree.Call) or not isinstance(node.function, tree.Name):
        return None
    name = node.function.name
    if name not in NAMES or len(node.arguments) != 1:
        return None
    argument = node.arguments[0]
    form = argument.value
    if isinstance(form, tree.AccumulateForm):
        return Accumulate(name, form.value, form.source, form.by)
    if name != "count":
        return None
    if argument.name is not None:
        assert argument.name_span is not None
        form = tree.Bind(argument.span, argument.name, argument.name_span, form)
    return Accumulate(name, None, form, None)


def exact_sum(numbers: list[Any]) -> object:
    """The sum, rounded once if there is a float."""
    if not any(isinstance(number, float) for number in numbers):
        return sum(numbers)
    if not all(map(math.isfinite, numbers)):
        return math.fsum(numbers)
    return float(sum(map(Fraction, numbers)))


def the_sum(values: list[Any]) -> object:
    if not all(map(is_number, values)):
        raise MisfitError("only numbers have a sum")
    return exact_sum(values)


def the_mean(values: list[Any]) -> object:
    if not values:
        return NOTHING
    total: Any = the_sum(values)
    return total / len(values)


def extreme(values: list[Any], before: Callable[[object, object], bool]) -> object:
    """The first of those that none comes before."""
    values = [v for v in values if not (isinstance(v, float) and math.isnan(v))]
    families = {"number" if is_number(value) else type(value).__name__ for value in values}
    if len(families) > 1 or families & {"dict", "set", "NoneType", "Fact"}:
        raise MisfitError("no order")
    if not values:
        return NOTHING
    best = values[0]
    for value in values[1:]:
        if before(value, best):
            best = value
    return best


def the_set(values: list[Any]) -> object:
    found: list[Any] = []
    for value in values:
        if isinstance(value, (list, dict, set)):
            raise MisfitError("no element of a set")
        if not any(equal(value, other) for other in found):
            found.append(value)
    return set(found)


def result(name: str, values: list[Any]) -> object:
    """The result of an accumulator over the values of the members; NOTHING if there is none."""
    if name == "count":
        return len(values)
    if name == "collect":
        return values
    values = [value for value in values if value is not None]
    match name:
        case "sum":
            return the_sum(values)
        case "avg":
            return the_mean(values)
        case "min":
            return extreme(values, lambda a, b: less(a, b, or_equal=False))
        case "max":
            return extreme(values, lambda a, b: less(b, a, or_equal=False))
    return the_set(values)
