"""The built-in functions. Each gets its arguments as `signatures.BUILTINS` lays them out."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import cmp_to_key

from rete_engine.expressions.arithmetic import DECIMALS, add, as_decimal, as_float
from rete_engine.expressions.displays import elements, new_dict, new_list, new_set
from rete_engine.expressions.equality import is_nan, kind
from rete_engine.expressions.errors import EvaluationError, Misfit
from rete_engine.expressions.frame import Frame
from rete_engine.expressions.order import comparable, less
from rete_engine.expressions.reading import (
    date_from,
    datetime_from,
    decimal_from,
    duration_from,
)
from rete_engine.expressions.signatures import MISSING
from rete_engine.expressions.storing import too_large
from rete_engine.expressions.text import shown, text

Builtin = Callable[[list[object], Frame], object]


def walked(value: object, frame: Frame) -> list[object]:
    """The elements of a value, each of them charged."""
    items = elements(value)
    frame.spend(len(items))
    return items


def _int(value: object, what: str) -> int:
    if isinstance(value, int):
        return value
    raise EvaluationError(f"{what} must be int, not {kind(value)}")


def _abs(args: list[object], frame: Frame) -> object:
    value = args[0]
    if isinstance(value, (int, float)):
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
        return _whole(value)
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
        return _whole(DECIMALS.to_integral_value(value))
    raise EvaluationError(f"cannot round {kind(value)}")


def _round_decimal(value: Decimal, places: int) -> Decimal:
    try:
        return DECIMALS.quantize(value, Decimal((0, (1,), -min(max(places, -10_000), 10_000))))
    except InvalidOperation:
        raise EvaluationError("the result has too many digits for a decimal") from None


def _whole(value: object) -> int:
    """A float or a decimal as an int: rounded for floats, cut for decimals."""
    if isinstance(value, float):
        try:
            return round(value)
        except (OverflowError, ValueError):
            raise EvaluationError(f"{shown(value)} has no whole number") from None
    if isinstance(value, Decimal) and value.is_finite():
        if value.adjusted() > 4_300:
            raise EvaluationError("a decimal is too large to become an int")
        return int(value)
    raise EvaluationError(f"{text(value, 100)} has no whole number")


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


def _to_int(args: list[object], frame: Frame) -> object:
    value = args[0]
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        try:
            return int(value)
        except (OverflowError, ValueError):
            raise EvaluationError(f"{shown(value)} has no whole number") from None
    if isinstance(value, Decimal):
        return _whole(value)
    if isinstance(value, str):
        try:
            return int(value)
        except ValueError:
            raise EvaluationError(f"{shown(value)} is no int") from None
    raise EvaluationError(f"cannot make an int of {kind(value)}")


def _to_float(args: list[object], frame: Frame) -> object:
    value = args[0]
    if isinstance(value, (int, float)):
        return as_float(value)
    if isinstance(value, (Decimal, str)):
        try:
            return float(value)
        except ValueError:
            raise EvaluationError(f"{shown(value)} is no float") from None
        except OverflowError:
            raise EvaluationError(f"{shown(value)} is too large for a float") from None
    raise EvaluationError(f"cannot make a float of {kind(value)}")


def _to_decimal(args: list[object], frame: Frame) -> object:
    value = args[0]
    if isinstance(value, (int, Decimal)):
        return as_decimal(value)
    if isinstance(value, float):
        return Decimal(value)
    if isinstance(value, str):
        return _read(decimal_from, value)
    raise EvaluationError(f"cannot make a decimal of {kind(value)}")


def _read(reader: Callable[[str], object], value: str) -> object:
    """What a reader makes of a string; its misfit is an error of the evaluation."""
    try:
        return reader(value)
    except Misfit as error:
        raise EvaluationError(str(error)) from None


def _to_str(args: list[object], frame: Frame) -> object:
    words = text(args[0], frame.context.limits.value)
    frame.spend(len(words) >> 2)
    return words


def _to_bool(args: list[object], frame: Frame) -> object:
    return bool(args[0])


def _to_list(args: list[object], frame: Frame) -> object:
    return [] if args[0] is MISSING else new_list(list(walked(args[0], frame)), frame)


def _to_tuple(args: list[object], frame: Frame) -> object:
    return () if args[0] is MISSING else tuple(new_list(walked(args[0], frame), frame))


def _to_set(args: list[object], frame: Frame) -> object:
    return set() if args[0] is MISSING else new_set(walked(args[0], frame), frame)


def _to_dict(args: list[object], frame: Frame) -> object:
    value = args[0]
    if value is MISSING:
        return {}
    items = walked(value, frame)
    if isinstance(value, dict):
        return dict(value)
    keys: list[object] = []
    values: list[object] = []
    for pair in items:
        if not isinstance(pair, (list, tuple)) or len(pair) != 2:
            raise EvaluationError("dict() takes pairs of a key and a value")
        keys.append(pair[0])
        values.append(pair[1])
    return new_dict(keys, values, frame)


def _range(args: list[object], frame: Frame) -> object:
    start = _int(args[0], "an end of range()")
    if args[1] is MISSING:
        start, stop = 0, start
    else:
        stop = _int(args[1], "an end of range()")
    step = 1 if args[2] is MISSING else _int(args[2], "the step of range()")
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
    start = 0 if args[1] is MISSING else _int(args[1], "the start of enumerate()")
    result: list[object] = []
    for item in walked(args[0], frame):
        result.append((start, item))
        start += 1
    return new_list(result, frame)


def _date(args: list[object], frame: Frame) -> object:
    value = args[0]
    if isinstance(value, int):
        return _calendar(args, 3)
    if args[1] is MISSING and args[2] is MISSING:
        if isinstance(value, str):
            return _read(date_from, value)
        if isinstance(value, datetime):
            return value.date()
        if isinstance(value, date):
            return value
    raise EvaluationError(f"cannot make a date of {kind(value)}")


def _datetime(args: list[object], frame: Frame) -> object:
    value = args[0]
    if isinstance(value, int):
        return _calendar(args, 7)
    if args.count(MISSING) == 6:
        if isinstance(value, str):
            return _read(datetime_from, value)
        if isinstance(value, datetime):
            return value
        if isinstance(value, date):
            return datetime(value.year, value.month, value.day)
    raise EvaluationError(f"cannot make a datetime of {kind(value)}")


def _calendar(args: list[object], parts: int) -> object:
    """A date of three numbers, or a naive datetime of up to seven."""
    if args[1] is MISSING or args[2] is MISSING:
        raise EvaluationError("a date needs a year, a month and a day")
    numbers = [0 if arg is MISSING else _int(arg, "a part of a date") for arg in args]
    try:
        if parts == 3:
            return date(numbers[0], numbers[1], numbers[2])
        return datetime(
            numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5], numbers[6]
        )
    except (ValueError, OverflowError):
        raise EvaluationError("there is no such date or time") from None


def _duration(args: list[object], frame: Frame) -> object:
    value = args[6]
    parts = [0 if arg is MISSING else arg for arg in args[:6]]
    for part in parts:
        if not isinstance(part, (int, float)):
            raise EvaluationError(f"a part of a duration must be a number, not {kind(part)}")
        if is_nan(part):
            raise EvaluationError("a part of a duration is NaN")
    if value is not MISSING:
        if args.count(MISSING) < 6:
            raise EvaluationError("duration() takes a text or parts by name, not both")
        if isinstance(value, str):
            return _read(duration_from, value)
        if isinstance(value, timedelta):
            return value
        raise EvaluationError(f"cannot make a duration of {kind(value)}")
    weeks, days, hours, minutes, seconds, milliseconds = parts
    try:
        return timedelta(
            weeks=weeks,  # type: ignore[arg-type]
            days=days,  # type: ignore[arg-type]
            hours=hours,  # type: ignore[arg-type]
            minutes=minutes,  # type: ignore[arg-type]
            seconds=seconds,  # type: ignore[arg-type]
            milliseconds=milliseconds,  # type: ignore[arg-type]
        )
    except (OverflowError, ValueError):
        raise EvaluationError("the duration is out of range") from None


def _now(args: list[object], frame: Frame) -> object:
    return frame.context.clock()


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
    "int": _to_int,
    "float": _to_float,
    "decimal": _to_decimal,
    "str": _to_str,
    "bool": _to_bool,
    "list": _to_list,
    "set": _to_set,
    "dict": _to_dict,
    "tuple": _to_tuple,
    "range": _range,
    "zip": _zip,
    "enumerate": _enumerate,
    "date": _date,
    "datetime": _datetime,
    "duration": _duration,
    "now": _now,
}
