"""The safe methods of values. None changes its value, and none formats by a template."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import cast

from rete_engine.expressions.comparisons import contains
from rete_engine.expressions.displays import elements, new_list, new_set
from rete_engine.expressions.equality import equal, is_nan, kind
from rete_engine.expressions.errors import EvaluationError
from rete_engine.expressions.frame import Frame
from rete_engine.expressions.signatures import MISSING
from rete_engine.expressions.storing import is_hashable, size, too_large
from rete_engine.expressions.text import shown

#: Gets the value, the arguments as `signatures.METHODS` lays them out, and the frame.
Method = Callable[[object, list[object], Frame], object]

#: Most characters that `strip` looks for; its time is their number times the string's length.
MOST_STRIPPED = 100


def call_method(name: str, value: object, args: list[object], frame: Frame) -> object:
    """What a method gives for a value.

    Raises:
        EvaluationError: A value without that method, or arguments that it does not take.
    """
    if isinstance(value, str):
        if name in _PLAIN_STR:
            return _string(name, value, args, frame)
        method = _STR.get(name)
    elif isinstance(value, (list, tuple)):
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


# -- strings -----------------------------------------------------------------------------------

#: Methods that are Python's own, with the kinds of their arguments: s a string, i an int,
#: t a string or a tuple of strings. Their results are no longer than three times the string.
_PLAIN_STR: dict[str, tuple[Callable[..., object], str]] = {
    "lower": (str.lower, ""),
    "upper": (str.upper, ""),
    "title": (str.title, ""),
    "capitalize": (str.capitalize, ""),
    "casefold": (str.casefold, ""),
    "swapcase": (str.swapcase, ""),
    "strip": (str.strip, "c"),
    "lstrip": (str.lstrip, "c"),
    "rstrip": (str.rstrip, "c"),
    "removeprefix": (str.removeprefix, "s"),
    "removesuffix": (str.removesuffix, "s"),
    "startswith": (str.startswith, "t"),
    "endswith": (str.endswith, "t"),
    "split": (str.split, "si"),
    "rsplit": (str.rsplit, "si"),
    "splitlines": (str.splitlines, ""),
    "partition": (str.partition, "s"),
    "rpartition": (str.rpartition, "s"),
    "find": (str.find, "s"),
    "rfind": (str.rfind, "s"),
    "index": (str.index, "s"),
    "count": (str.count, "s"),
    "isdigit": (str.isdigit, ""),
    "isdecimal": (str.isdecimal, ""),
    "isnumeric": (str.isnumeric, ""),
    "isalpha": (str.isalpha, ""),
    "isalnum": (str.isalnum, ""),
    "isspace": (str.isspace, ""),
    "isupper": (str.isupper, ""),
    "islower": (str.islower, ""),
    "istitle": (str.istitle, ""),
    "isascii": (str.isascii, ""),
}


def _string(name: str, value: str, args: list[object], frame: Frame) -> object:
    function, kinds = _PLAIN_STR[name]
    frame.spend(1 + (len(value) >> 5))
    given: list[object] = [value]
    for position in range(len(kinds)):
        given.append(_argument(name, kinds[position], args[position]))
    if name in ("split", "rsplit") and given[2] is MISSING:
        given[2] = -1
    if name in ("split", "rsplit", "strip", "lstrip", "rstrip") and given[1] is MISSING:
        given[1] = None
    try:
        result = function(*given)
    except (ValueError, OverflowError):
        if name == "index":
            raise EvaluationError(f"{shown(args[0])} is not in the string") from None
        raise EvaluationError(f"'.{name}()' cannot use {shown(args[0])}") from None
    size(result, frame.context.limits)
    return result


def _argument(name: str, wanted: str, arg: object) -> object:
    if arg is MISSING:
        return arg
    if wanted == "i":
        if isinstance(arg, int):
            return max(min(arg, 1 << 40), -1)
    elif isinstance(arg, str):
        if wanted == "c" and len(arg) > MOST_STRIPPED:
            raise EvaluationError(f"'.{name}()' takes at most {MOST_STRIPPED} characters")
        return arg
    elif wanted == "t" and isinstance(arg, tuple):
        if all([isinstance(part, str) for part in arg]):  # noqa: C419 - compiles to less
            return arg
    elif arg is None and wanted != "t":
        return MISSING
    raise EvaluationError(f"'.{name}()' does not take {kind(arg)}")


def _text(value: object, name: str) -> str:
    if isinstance(value, str):
        return value
    raise EvaluationError(f"'.{name}()' does not take {kind(value)}")


def _room(characters: int, frame: Frame) -> None:
    if characters > frame.context.limits.value:
        raise too_large(frame.context.limits)
    frame.spend(1 + (characters >> 5))


def _join(value: object, args: list[object], frame: Frame) -> object:
    separator = _text(value, "join")
    parts: list[str] = []
    characters = 0
    for item in elements(args[0]):
        if not isinstance(item, str):
            raise EvaluationError(f"'.join()' takes strings, not {kind(item)}")
        parts.append(item)
        characters += len(item)
    frame.spend(len(parts))
    _room(characters + len(separator) * max(len(parts) - 1, 0), frame)
    return separator.join(parts)


def _replace(value: object, args: list[object], frame: Frame) -> object:
    string = _text(value, "replace")
    old = _text(args[0], "replace")
    new = _text(args[1], "replace")
    found = string.count(old)
    if args[2] is not MISSING:
        most = args[2]
        if not isinstance(most, int):
            raise EvaluationError(f"'.replace()' does not take {kind(most)}")
        if most >= 0:
            found = min(found, most)
    _room(len(string) + found * max(len(new) - len(old), 0), frame)
    return string.replace(old, new, found)


def _padded(name: str, value: object, args: list[object], frame: Frame) -> tuple[str, int, str]:
    """The string, the width and the filling of a call that pads."""
    width = args[0]
    fill = args[1] if len(args) > 1 and args[1] is not MISSING else " "
    if not isinstance(width, int):
        raise EvaluationError(f"'.{name}()' takes an int as width, not {kind(width)}")
    if not isinstance(fill, str) or len(fill) != 1:
        raise EvaluationError(f"'.{name}()' fills with one character")
    _room(width, frame)
    return _text(value, name), max(width, 0), fill


def _zfill(value: object, args: list[object], frame: Frame) -> object:
    string, width, _ = _padded("zfill", value, args, frame)
    return string.zfill(width)


def _ljust(value: object, args: list[object], frame: Frame) -> object:
    string, width, fill = _padded("ljust", value, args, frame)
    return string.ljust(width, fill)


def _rjust(value: object, args: list[object], frame: Frame) -> object:
    string, width, fill = _padded("rjust", value, args, frame)
    return string.rjust(width, fill)


def _center(value: object, args: list[object], frame: Frame) -> object:
    string, width, fill = _padded("center", value, args, frame)
    return string.center(width, fill)


_STR: dict[str, Method] = {
    "join": _join,
    "replace": _replace,
    "zfill": _zfill,
    "ljust": _ljust,
    "rjust": _rjust,
    "center": _center,
}

# -- collections -------------------------------------------------------------------------------


def _count(value: object, args: list[object], frame: Frame) -> object:
    found = 0
    items = elements(value)
    frame.spend(len(items))
    for item in items:
        if equal(item, args[0]):
            found += 1
    return found


def _index(value: object, args: list[object], frame: Frame) -> object:
    items = elements(value)
    frame.spend(len(items))
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
