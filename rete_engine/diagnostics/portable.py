"""What errors hold, without what cannot leave its process: facts of a session, foreign causes."""

from __future__ import annotations

import sys
from typing import Any

#: What a class says about how its objects are pickled.
_MANNERS = ("__init__", "__new__", "__reduce__", "__reduce_ex__", "__getstate__", "__setstate__")
_PLAIN = (type(None), bool, int, float, str, bytes)


class PortableCause(Exception):  # noqa: N818 - the text of one, whatever it was
    """What stands for an exception that might not be read in another process: its text."""


def portable(value: object) -> Any:
    """A value as it can be pickled, as far as it is the engine's: its objects say what they are."""
    own = getattr(type(value), "_portable", None)
    if own is not None:
        return own(value)
    if isinstance(value, BaseException):
        return value if _can_travel(value) else PortableCause(f"{type(value).__name__}: {value}")
    if type(value) is dict:
        return {_hashable(key): portable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)) and type(value) in (list, tuple):
        return type(value)([portable(item) for item in value])
    if isinstance(value, (set, frozenset)):
        return type(value)([_hashable(item) for item in value])
    return value


def _hashable(value: object) -> object:
    """A key or an element of a set: what becomes a dict elsewhere is a text here."""
    if getattr(type(value), "_portable", None) is not None:
        return repr(value)
    if type(value) is tuple:
        return tuple([_hashable(item) for item in value])
    return value


def held_by(error: BaseException) -> dict[str, Any]:
    """The attributes of an exception; one of a compiled class may have none."""
    return getattr(error, "__dict__", {})


def _can_travel(error: BaseException) -> bool:
    """Whether an exception is pickled, and read again, whatever it holds.

    That is certain of one whose class can be found by its name and says nothing of its own about
    it, if it holds plain values only. Any other may break the reader, as a pool of processes.
    """
    kind = type(error)
    found: object = sys.modules.get(kind.__module__)
    for name in kind.__qualname__.split("."):
        found = getattr(found, name, None)
    if found is not kind or kind.__module__ == "__main__":
        return False
    for each in kind.__mro__:
        if each.__module__ != "builtins" and any(name in vars(each) for name in _MANNERS):
            return False
    held = [*error.args, *getattr(error, "__notes__", ())]
    held += [value for name, value in held_by(error).items() if name != "__notes__"]
    return all(type(each) in _PLAIN for each in held)
