"""The safe methods of values. None changes its value, and none formats by a template."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import cast

from rete_engine.expressions.displays import elements, new_list, new_set
from rete_engine.expressions.equality import equal, is_nan, kind
from rete_engine.expressions.errors import EvaluationError
from rete_engine.expressions.frame import Frame
from rete_engine.expressions.membership import charge_search, contains
from rete_engine.expressions.signatures import MISSING
from rete_engine.expressions.storing import is_hashable, size
from rete_engine.expressions.strings import call_string_method
from rete_engine.expressions.text import shown

#: Gets the value, the arguments as `signatures.METHODS` lays them out, and the frame.
Method = Callable[[object, list[object], Frame], object]


def call_method(name: str, value: object, args: list[object], frame: Frame) -> object:
    """What a method gives for a value.

    Raises:
        EvaluationError: A value without that method, or arguments that it does not take.
    """
    if isinstance(value, str):
        return call_string_method(name, value, args, frame)
    method: Method | None
    if isinstance(value, (list, tuple)):
        method = _LIST.get(name)
    elif isinstance(value, dict):
        method = _DICT.get(name)
    elif isinstance(value, (set, frozenset)):
        method = _SET.get(name)
    elif isinstance(value, date):
        method = _DATETIME.get(name) if isinstance(value, datetime) else _DATE.get(name)
    elif isinstance(value, timedelta):
        method = _DURATION.get(name)
    else:
        method = None
    if method is None:
        if value is None:
            raise EvaluationError(f"'{name}()' of none")
        raise EvaluationError(f"a value of type {kind(value)} has no method '{name}'")
    return method(value, args, frame)


# -- collections -------------------------------------------------------------------------------


def _count(value: object, args: list[object], frame: Frame) -> object:
    found = 0
    items = elements(value)
    charge_search(value, args[0], frame)
    for item in items:
        if equal(item, args[0]):
            found += 1
    return found


def _index(value: object, args: list[object], frame: Frame) -> object:
    items = elements(value)
    charge_search(value, args[0], frame)
    for position in range(len(items)):
        if equal(items[position], args[0]):
            return position
    raise EvaluationError(f"{shown(args[0])} is not in the {kind(value)}")


def _get(value: object, args: list[object], frame: Frame) -> object:
    pairs = cast(dict[object, object], value)
    if is_hashable(args[0]) and not is_nan(args[0]) and args[0] in pairs:
        return pairs[args[0]]
    return None if args[1] is MISSING else args[1]


def _keys(value: object, args: list[object], frame: Frame) -> object:
    pairs = cast(dict[object, object], value)
    frame.spend(len(pairs))
    return list(pairs)


def _values(value: object, args: list[object], frame: Frame) -> object:
    pairs = cast(dict[object, object], value)
    frame.spend(len(pairs))
    return list(pairs.values())


def _items(value: object, args: list[object], frame: Frame) -> object:
    pairs = cast(dict[object, object], value)
    frame.spend(len(pairs))
    result: list[object] = []
    for key, item in pairs.items():
        result.append((key, item))
    return new_list(result, frame)


def _other(value: object, frame: Frame) -> set[object]:
    """An argument of a set's method: any collection of what a set can hold."""
    frame.spend(size(value, frame.context.limits))
    if isinstance(value, set):
        return value
    return new_set(elements(value), frame)


def _union(value: object, args: list[object], frame: Frame) -> object:
    result = set(_other(value, frame))
    for arg in args:
        result |= _other(arg, frame)
    size(result, frame.context.limits)
    return result


def _intersection(value: object, args: list[object], frame: Frame) -> object:
    result = _other(value, frame)
    for arg in args:
        result = _common(result, _other(arg, frame))
    return set(result)


def _common(a: set[object], b: set[object]) -> set[object]:
    return {item for item in a if contains(b, item)}


def _difference(value: object, args: list[object], frame: Frame) -> object:
    result = _other(value, frame)
    for arg in args:
        result = _without(result, _other(arg, frame))
    return set(result)


def _without(a: set[object], b: set[object]) -> set[object]:
    return {item for item in a if not contains(b, item)}


def _symmetric_difference(value: object, args: list[object], frame: Frame) -> object:
    a, b = _other(value, frame), _other(args[0], frame)
    result = _without(a, b) | _without(b, a)
    size(result, frame.context.limits)
    return result


def _issubset(value: object, args: list[object], frame: Frame) -> object:
    a, b = _other(value, frame), _other(args[0], frame)
    return not _without(a, b)


def _issuperset(value: object, args: list[object], frame: Frame) -> object:
    a, b = _other(value, frame), _other(args[0], frame)
    return not _without(b, a)


def _isdisjoint(value: object, args: list[object], frame: Frame) -> object:
    a, b = _other(value, frame), _other(args[0], frame)
    return not _common(a, b)


_LIST: dict[str, Method] = {"count": _count, "index": _index}
_DICT: dict[str, Method] = {"get": _get, "keys": _keys, "values": _values, "items": _items}
_SET: dict[str, Method] = {
    "union": _union,
    "intersection": _intersection,
    "difference": _difference,
    "symmetric_difference": _symmetric_difference,
    "issubset": _issubset,
    "issuperset": _issuperset,
    "isdisjoint": _isdisjoint,
}

# -- dates, datetimes and durations ------------------------------------------------------------


def _isoformat(value: object, args: list[object], frame: Frame) -> object:
    return cast(date, value).isoformat()


def _weekday(value: object, args: list[object], frame: Frame) -> object:
    return cast(date, value).weekday()


def _isoweekday(value: object, args: list[object], frame: Frame) -> object:
    return cast(date, value).isoweekday()


def _toordinal(value: object, args: list[object], frame: Frame) -> object:
    return cast(date, value).toordinal()


def _day(value: object, args: list[object], frame: Frame) -> object:
    return cast(datetime, value).date()


def _timestamp(value: object, args: list[object], frame: Frame) -> object:
    moment = cast(datetime, value)
    if moment.utcoffset() is None:
        # Python would ask the machine for its time zone: another answer on every machine.
        raise EvaluationError("a datetime without a time zone has no timestamp")
    return moment.timestamp()


def _utcoffset(value: object, args: list[object], frame: Frame) -> object:
    return cast(datetime, value).utcoffset()


def _total_seconds(value: object, args: list[object], frame: Frame) -> object:
    return cast(timedelta, value).total_seconds()


_DATE: dict[str, Method] = {
    "isoformat": _isoformat,
    "weekday": _weekday,
    "isoweekday": _isoweekday,
    "toordinal": _toordinal,
}
_DATETIME: dict[str, Method] = {
    **_DATE,
    "date": _day,
    "timestamp": _timestamp,
    "utcoffset": _utcoffset,
}
_DURATION: dict[str, Method] = {"total_seconds": _total_seconds}
