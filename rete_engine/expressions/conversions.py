"""The built-in functions that make a value of one type out of another."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal

from rete_engine.expressions.arithmetic import as_decimal, as_float
from rete_engine.expressions.displays import elements, new_dict, new_list, new_set
from rete_engine.expressions.equality import is_nan, kind
from rete_engine.expressions.errors import EvaluationError, Misfit
from rete_engine.expressions.frame import Frame
from rete_engine.expressions.reading import (
    date_from,
    datetime_from,
    decimal_from,
    duration_from,
)
from rete_engine.expressions.signatures import MISSING
from rete_engine.expressions.text import shown, text

Builtin = Callable[[list[object], Frame], object]


def walked(value: object, frame: Frame) -> list[object]:
    """The elements of a value, each of them charged."""
    items = elements(value)
    frame.spend(len(items))
    return items


def integer(value: object, what: str) -> int:
    """The value, which must be an int."""
    if isinstance(value, int):
        return value
    raise EvaluationError(f"{what} must be int, not {kind(value)}")


def whole(value: object) -> int:
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
        return whole(value)
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
        return Decimal.from_float(value)
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
    numbers = [0 if arg is MISSING else integer(arg, "a part of a date") for arg in args]
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


CONVERSIONS: dict[str, Builtin] = {
    "int": _to_int,
    "float": _to_float,
    "decimal": _to_decimal,
    "str": _to_str,
    "bool": _to_bool,
    "list": _to_list,
    "set": _to_set,
    "dict": _to_dict,
    "tuple": _to_tuple,
    "date": _date,
    "datetime": _datetime,
    "duration": _duration,
    "now": _now,
}
