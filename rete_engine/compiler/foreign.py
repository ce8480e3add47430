"""Hints for what is called or written otherwise in other rule engines."""

from __future__ import annotations

#: What an unknown name, in small letters, is probably meant to be, where a constant stands.
_CONSTANTS = {
    "null": "write 'none'",
    "nil": "write 'none'",
    "undefined": "write 'none'",
}

#: The same anywhere else.
_NAMES = {
    **_CONSTANTS,
    "this": "the fact of a pattern is its variable: x := T(x != …)",
    "self": "the fact of a pattern is its variable: x := T(x != …)",
    "date": "a date is made by date(…); today is now().date(), in an action",
    "datetime": "a datetime is made by datetime(…); the present one is now(), in an action",
    "match": "bind a variable in one pattern, v := field, and use it in another",
}

#: The same for what is called as a function.
_CALLS = {
    "insertlogical": "write: insert logical T(…)",
    "update": "write: modify x(field = …)",
    "delete": "write: retract x",
    "assert": "write: insert T(…)",
    "declare": "write: insert T(…)",
    "println": "write: print …",
    "printout": "write: print …",
    "eval": "write: test …",
    "today": "in an action write: now().date(); a condition reads the day from a fact or a param",
    "accumulate": "write: v := sum(e for T(…)), or count, avg, min, max, collect",
}


def foreign_constant(name: str) -> str | None:
    """A hint for a name where a constant is needed."""
    return _CONSTANTS.get(name.lower())


def foreign_name(name: str) -> str | None:
    """A hint for an unknown name; None if it is none of another engine's."""
    return _NAMES.get(name.lower())


def foreign_call(name: str) -> str | None:
    """A hint for the call of something unknown."""
    return _CALLS.get(name.lower())
