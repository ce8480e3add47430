"""The safe methods of strings."""

from __future__ import annotations

from collections.abc import Callable

from rete_engine.expressions.displays import elements
from rete_engine.expressions.equality import kind
from rete_engine.expressions.errors import EvaluationError
from rete_engine.expressions.frame import Frame
from rete_engine.expressions.signatures import MISSING
from rete_engine.expressions.storing import size, too_large
from rete_engine.expressions.text import shown

#: Most characters that `strip` looks for; its time is their number times the string's length.
MOST_STRIPPED = 100

#: Methods that are Python's own, with the kinds of their arguments: s a string, i an int,
#: t a string or a tuple of strings. Their results are no longer than three times the string.
_PYTHONS: dict[str, tuple[Callable[..., object], str]] = {
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


def call_string_method(name: str, value: str, args: list[object], frame: Frame) -> object:
    """What a method gives for a string.

    Raises:
        EvaluationError: No method of strings, or arguments that it does not take.
    """
    if name in _PYTHONS:
        return _call_python(name, value, args, frame)
    method = _OWN.get(name)
    if method is None:
        raise EvaluationError(f"a value of type str has no method '{name}'")
    return method(value, args, frame)


def _call_python(name: str, value: str, args: list[object], frame: Frame) -> object:
    function, kinds = _PYTHONS[name]
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
    elif arg is None and (wanted == "c" or name in ("split", "rsplit")):
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


def _join(value: str, args: list[object], frame: Frame) -> object:
    parts: list[str] = []
    characters = 0
    for item in elements(args[0]):
        if not isinstance(item, str):
            raise EvaluationError(f"'.join()' takes strings, not {kind(item)}")
        parts.append(item)
        characters += len(item)
    frame.spend(len(parts))
    _room(characters + len(value) * max(len(parts) - 1, 0), frame)
    return value.join(parts)


def _replace(value: str, args: list[object], frame: Frame) -> object:
    old = _text(args[0], "replace")
    new = _text(args[1], "replace")
    found = value.count(old)
    if args[2] is not MISSING:
        most = args[2]
        if not isinstance(most, int):
            raise EvaluationError(f"'.replace()' does not take {kind(most)}")
        if most >= 0:
            found = min(found, most)
    _room(len(value) + found * max(len(new) - len(old), 0), frame)
    return value.replace(old, new, found)


def _padded(name: str, value: str, args: list[object], frame: Frame) -> tuple[str, int, str]:
    """The string, the width and the filling of a call that pads."""
    width = args[0]
    fill = args[1] if len(args) > 1 and args[1] is not MISSING else " "
    if not isinstance(width, int):
        raise EvaluationError(f"'.{name}()' takes an int as width, not {kind(width)}")
    if not isinstance(fill, str) or len(fill) != 1:
        raise EvaluationError(f"'.{name}()' fills with one character")
    _room(width, frame)
    return value, max(width, 0), fill


def _zfill(value: str, args: list[object], frame: Frame) -> object:
    string, width, _ = _padded("zfill", value, args, frame)
    return string.zfill(width)


def _ljust(value: str, args: list[object], frame: Frame) -> object:
    string, width, fill = _padded("ljust", value, args, frame)
    return string.ljust(width, fill)


def _rjust(value: str, args: list[object], frame: Frame) -> object:
    string, width, fill = _padded("rjust", value, args, frame)
    return string.rjust(width, fill)


def _center(value: str, args: list[object], frame: Frame) -> object:
    string, width, fill = _padded("center", value, args, frame)
    return string.center(width, fill)


_OWN: dict[str, Callable[[str, list[object], Frame], object]] = {
    "join": _join,
    "replace": _replace,
    "zfill": _zfill,
    "ljust": _ljust,
    "rjust": _rjust,
    "center": _center,
}
