"""Knowing a value again that was computed before, of the same facts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable

from rete_engine.expressions.values import join_key

#: Stands for every NaN. A tuple of one string is no value's key.
_NAN = ("NaN",)


def recognition_key(value: object) -> Hashable:
    """A hashable that equals another value's key when the values are equal, NaN and NaN too.

    In the language NaN equals nothing (`join_key`), so two looks at one match would never agree.

    Example:
        >>> recognition_key([float("nan")]) == recognition_key([float("nan")])
        True
        >>> recognition_key({float("nan"), 1}) == recognition_key({1})
        False
    """
    return _known(join_key(value))


def _known(key: object) -> Hashable:
    """A key in which all that stand for a NaN are one."""
    if isinstance(key, tuple):
        return tuple(_known(part) for part in key)
    if isinstance(key, frozenset):
        return frozenset(Counter(_known(part) for part in key).items())
    if type(key) is object:
        return _NAN
    assert isinstance(key, Hashable)
    return key
