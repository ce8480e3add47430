"""The built-in functions. Each gets its arguments as `signatures.BUILTINS` lays them out."""

from __future__ import annotations

import math
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import cmp_to_key

from rete_engine.expressions.arithmetic import add, as_float
from rete_engine.expressions.conversions import CONVERSIONS, Builtin, integer, walked, whole
from rete_engine.expressions.decimals import DECIMALS
from rete_engine.expressions.displays import new_list
from rete_engine.expressions.equality import kind
from rete_engine.expressions.errors import EvaluationError
from rete_engine.expressions.frame import Frame
from rete_engine.expressions.order import comparable, less
from rete_engine.expressions.signatures import MISSING
from rete_engine.expressions.storing import too_large


def _abs(args: list[object], frame: Frame) -> object:
    value = args[0]
    # Apart, since compiled code makes one type of a number that may be either: a float.
    if isinstance(value, int):
        return abs(value)
    if isinstance(value, float):
        return abs(value)
    if isinstance(value, Decimal):
        return value.copy_abs()
    if isinstance(value, timedelta):
        return abs(value)
    raise EvaluationError(f"abs() takes a number or a duration, not {kind(value)}")


def ordering(a: object, b: object) -> int:
    """-1, 0 or 1, as `sorted`, `min` and `max` need it.

    Raises:
        EvaluationError: Values that have no order; in a comparison that is just false.
    """
    if not comparable(a, b):
        raise EvaluationError(f"{kind(a)} and {kind(b)} have no order")
    return -1 if less(a, b) else 1 if less(b, a) else 0


def _extreme(args: list[object], frame: Frame, sign: int, name: str) -> object:
    default = args[0]
    items = walked(args[1], frame) if len(args) == 2 else args[1:]
    if not items:
        if default is MISSING:
            raise EvaluationError(f"{name}() of no elements: give it a 'default'")
        return default
    best = items[0]
    for position in range(1, len(items)):
        if ordering(items[position], best) == sign:
            best = items[position]
    return best


def _min(args: list[object], frame: Frame) -> object:
    return _extreme(args, frame, -1, "min")


def _max(args: list[object], frame: Frame) -> object:
    return _extreme(args, frame, 1, "max")


def _sum(args: list[object], frame: Frame) -> object:
    items = walked(args[0], frame)
    start = args[1]
    if start is not MISSING:
        items = [start, *items]
    return total(items, frame)


def total(items: list[object], frame: Frame) -> object:
    """The sum of values: exact and then rounded once where floats are among the numbers."""
    if not items:
        return 0
    numbers = True
    floats = False
    for item in items:
        if isinstance(item, float):
            floats = True
        elif not isinstance(item, int):
            numbers = False
            break
    if numbers and floats:
        return exact_sum([as_float(item) for item in items])
    result = items[0]
    if isinstance(result, (str, list, tuple, dict, set)) or result is None:
        raise EvaluationError(f"sum() adds numbers and durations, not {kind(result)}")
    if isinstance(result, bool):
        result = int(result)
    for position in range(1, len(items)):
        result = add(result, items[position], frame)
    return result


def exact_sum(numbers: list[float]) -> float:
    """The sum of floats as if computed without any rounding, then rounded once.

    Raises:
        EvaluationError: The sum is too large for a float.
    """
    try:
        return math.fsum(numbers)
    except ValueError:
        return math.nan  # infinities of both signs
    except OverflowError:
        pass
    # An intermediate sum overflowed; the final one need not.
    try:
        return float(sum([Fraction(number) for number in numbers], Fraction(0)))
    except OverflowError:
        raise EvaluationError("the sum is too large for a float") from None


def _len(args: list[object], frame: Frame) -> object:
    value = args[0]
    if isinstance(value, (str, list, tuple, dict, set, frozenset)):
        return len(value)
    raise EvaluationError(f"{kind(value)} has no length")


def _round(args: list[object], frame: Frame) -> object:
    value = args[0]
    places = args[1]
    if places is None:
        places = MISSING
    if places is not MISSING and not isinstance(places, int):
        raise EvaluationError(f"round() takes an int as 'ndigits', not {kind(places)}")
    if isinstance(value, float):
        if isinstance(places, int):
            # Beyond these, rounding is the identity or zero; Python takes no larger ones.
            try:
                return round(value, min(max(places, -400), 400))
            except OverflowError:
                raise EvaluationError("the result is too large for a float") from None
        return whole(value)
    if isinstance(value, int):
        if not isinstance(places, int) or places >= 0:
            return int(value)
        if -places > value.bit_length():
            return 0
        frame.spend(value.bit_length() * value.bit_length() >> 18)
        return round(value, places)
    if isinstance(value, Decimal):
        if isinstance(places, int):
            return _round_decimal(value, places)
        return whole(DECIMALS.to_integral_value(value))
    raise EvaluationError(f"cannot round {kind(value)}")


def _round_decimal(value: Decimal, places: int) -> Decimal:
    try:
        return DECIMALS.quantize(value, Decimal((0, (1,), -min(max(places, -10_000), 10_000))))
    except InvalidOperation:
        raise EvaluationError("the result has too many digits for a decimal") from None


def _sorted(args: list[object], frame: Frame) -> object:
    reverse = args[0]
    items = walked(args[1], frame)
    backwards = False if reverse is MISSING else bool(reverse)
    frame.spend(len(items) * max(len(items).bit_length() - 10, 0) >> 2)
    kinds = {type(item) for item in items}
    if len(kinds) <= 1 and (str in kinds or int in kinds or not kinds):
        return sorted(items, reverse=backwards)  # type: ignore[type-var]
    return sorted(items, key=cmp_to_key(ordering), reverse=backwards)


def _any(args: list[object], frame: Frame) -> object:
    for item in walked(args[0], frame):  # noqa: SIM110 - a loop compiles to less
        if item:
            return True
    return False


def _all(args: list[object], frame: Frame) -> object:
    for item in walked(args[0], frame):  # noqa: SIM110
        if not item:
            return False
    return True


def _range(args: list[object], frame: Frame) -> object:
    start = integer(args[0], "an end of range()")
    if args[1] is MISSING:
        start, stop = 0, start
    else:
        stop = integer(args[1], "an end of range()")
    step = 1 if args[2] is MISSING else integer(args[2], "the step of range()")
    if step == 0:
        raise EvaluationError("the step of range() is zero")
    span = stop - start if step > 0 else start - stop
    length = max((span + abs(step) - 1) // abs(step), 0)
    if length > frame.context.limits.value:
        raise too_large(frame.context.limits)
    frame.spend(length)
    return list(range(start, stop, step))


def _zip(args: list[object], frame: Frame) -> object:
    rows = [walked(arg, frame) for arg in args[1:]]
    if not rows:
        return []
    if args[0] is not MISSING and args[0] and len({len(row) for row in rows}) > 1:
        raise EvaluationError("zip(strict=true) of rows of different lengths")
    shortest = min([len(row) for row in rows])
    result: list[object] = []
    for position in range(shortest):
        result.append(tuple([row[position] for row in rows]))
    return new_list(result, frame)


def _enumerate(args: list[object], frame: Frame) -> object:
    start = 0 if args[1] is MISSING else integer(args[1], "the start of enumerate()")
    result: list[object] = []
    for item in walked(args[0], frame):
        result.append((start, item))
        start += 1
    return new_list(result, frame)


FUNCTIONS: dict[str, Builtin] = {
    "abs": _abs,
    "min": _min,
    "max": _max,
    "sum": _sum,
    "len": _len,
    "round": _round,
    "sorted": _sorted,
    "any": _any,
    "all": _all,
    "range": _range,
    "zip": _zip,
    "enumerate": _enumerate,
    **CONVERSIONS,
}
