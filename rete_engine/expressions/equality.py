"""When values are equal, when a value has changed, and the keys under which equals meet.

The law: equality is Python's, except that NaN equals nothing, not even itself inside a tuple.
`join_key(a) == join_key(b)` holds exactly when `equal(a, b)` does. Values that come here have
passed `storing.store` or were made by an evaluator, so nesting and size are bounded.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from rete_engine.expressions.frame import Record

#: An int up to this, and down to its negative, is a float exactly. Two floats compare in a tenth
#: of the instructions that Python takes for an int with a float, which are most numbers in rules:
#: `total > 100`.
EXACT: Final = 1 << 53

_KINDS: dict[object, str] = {
    type(None): "none",
    bool: "bool",
    int: "int",
    float: "float",
    Decimal: "decimal",
    str: "str",
    date: "date",
    datetime: "datetime",
    timedelta: "duration",
    list: "list",
    dict: "dict",
    set: "set",
    frozenset: "set",
    tuple: "tuple",
}


def kind(value: object) -> str:
    """The language's word for the type of a value; a template's name for a fact.

    Example:
        >>> kind(None), kind(1.5), kind(timedelta(1))
        ('none', 'float', 'duration')
    """
    word = _KINDS.get(type(value))
    if word is not None:
        return word
    if isinstance(value, Record):
        return value.type.name
    return type(value).__name__


def is_nan(value: object) -> bool:
    """Whether a value is NaN or a tuple that holds one: then it equals nothing."""
    if isinstance(value, float):
        return value != value
    if isinstance(value, (str, int)):
        return False
    if isinstance(value, Decimal):
        return value.is_nan()
    if isinstance(value, tuple):
        return any([is_nan(item) for item in value])  # noqa: C419 - a list compiles to less
    return False


def equal(a: object, b: object) -> bool:
    """Whether two values are equal in the language.

    Example:
        >>> equal(1, 1.0), equal("10", 10), equal([float("nan")], [float("nan")])
        (True, False, False)
    """
    if isinstance(a, str):
        return isinstance(b, str) and a == b
    if isinstance(a, int):
        if isinstance(b, int):
            return a == b
        if isinstance(b, float):
            return float(a) == b if -EXACT <= a <= EXACT else _same(a, b)
    elif isinstance(a, float):
        if isinstance(b, float):
            return a == b
        if isinstance(b, int):
            return a == float(b) if -EXACT <= b <= EXACT else _same(a, b)
    elif a is None:
        return b is None
    return _equal_slowly(a, b)


def _same(a: object, b: object) -> bool:
    """Python's own answer, exact between int and float (compiled code would round the int)."""
    return bool(a == b)


def _equal_slowly(a: object, b: object) -> bool:
    """Equality where at least one side is no plain scalar."""
    if isinstance(a, Record) or isinstance(b, Record):
        return a is b
    if isinstance(a, Decimal):
        return _equal_decimal(a, b)
    if isinstance(b, Decimal):
        return _equal_decimal(b, a)
    if isinstance(a, list):
        return isinstance(b, list) and _equal_lists(a, b)
    if isinstance(a, tuple):
        return isinstance(b, tuple) and _equal_lists(list(a), list(b))
    if isinstance(a, (set, frozenset)):
        return isinstance(b, (set, frozenset)) and _equal_sets(a, b)
    if isinstance(a, dict):
        return isinstance(b, dict) and _equal_dicts(a, b)
    if b is None or isinstance(b, (str, int, float)):
        return False
    return _same(a, b)


def _equal_decimal(a: Decimal, b: object) -> bool:
    if a.is_nan():
        return False
    if isinstance(b, float):
        # The thread's decimal context may forbid mixing; a converted float asks nobody.
        return b == b and _same(a, Decimal.from_float(b))
    if isinstance(b, Decimal):
        return not b.is_nan() and _same(a, b)
    # Python would convert the int, in a time that grows with the square of its length.
    if not isinstance(b, int) or is_vast(a) or b.bit_length() > 70_000:
        return False
    return _same(a, b)


def is_vast(value: Decimal) -> bool:
    """Whether a decimal is so large that it is taken to equal no int: beyond 20,000 digits."""
    return value.is_finite() and value.adjusted() > 20_000


def _equal_lists(a: list[object], b: list[object]) -> bool:
    if len(a) != len(b):
        return False
    for position in range(len(a)):  # noqa: SIM110 - a loop compiles to less than a generator
        if not equal(a[position], b[position]):
            return False
    return True


def _equal_sets(a: set[object] | frozenset[object], b: set[object] | frozenset[object]) -> bool:
    if len(a) != len(b):
        return False
    for item in a:  # noqa: SIM110
        if item not in b or is_nan(item):
            return False
    return True


def _equal_dicts(a: dict[object, object], b: dict[object, object]) -> bool:
    if len(a) != len(b):
        return False
    for key, value in a.items():
        if key not in b or is_nan(key) or not equal(value, b[key]):
            return False
    return True


# Collections are keyed as tuples that begin with one of these, and no scalar's key is a tuple,
# so the keys of different kinds never meet.
_LIST, _TUPLE, _SET, _DICT, _VAST = 0, 1, 2, 3, 4


def join_key(value: object) -> object:
    """A hashable that equals another value's key exactly when the values are equal.

    Example:
        >>> join_key(1) == join_key(1.0), join_key([1]) == join_key((1,))
        (True, False)
    """
    if value is None or isinstance(value, (str, int)):
        return value
    if isinstance(value, float):
        return value if value == value else object()
    if isinstance(value, Decimal):
        if value.is_nan():
            return object()
        return (_VAST, value) if is_vast(value) else value
    if isinstance(value, list):
        return (_LIST, *[join_key(item) for item in value])
    if isinstance(value, tuple):
        return (_TUPLE, *[join_key(item) for item in value])
    if isinstance(value, (set, frozenset)):
        return (_SET, frozenset([join_key(item) for item in value]))
    if isinstance(value, dict):
        pairs = [(join_key(key), join_key(item)) for key, item in value.items()]
        return (_DICT, frozenset(pairs))
    return value


def changed(old: object, new: object) -> bool:
    """Whether a field that held one value and now holds the other has changed.

    It has when type or value differ, at any depth; NaN to NaN is no change.

    Example:
        >>> changed(1, 1.0), changed(float("nan"), float("nan"))
        (True, False)
    """
    if old is new:
        return False
    if type(old) is not type(new):
        return True
    if isinstance(old, (str, int)):
        return _differ(old, new)
    if isinstance(old, float) and isinstance(new, float):
        return old != new and (old == old or new == new)
    if isinstance(old, Decimal) and isinstance(new, Decimal):
        if old.is_nan() or new.is_nan():
            return not (old.is_nan() and new.is_nan())
        return not _same(old, new)
    if isinstance(old, list) and isinstance(new, list):
        return _changed_lists(old, new)
    if isinstance(old, tuple) and isinstance(new, tuple):
        return _changed_lists(list(old), list(new))
    if isinstance(old, set) and isinstance(new, set):
        return _changed_sets(old, new)
    if isinstance(old, dict) and isinstance(new, dict):
        return _changed_dicts(old, new)
    if isinstance(old, datetime) and isinstance(new, datetime):
        # One instant told in two zones reads differently: its hour, its date.
        return not _same(old, new) or old.utcoffset() != new.utcoffset()
    return not equal(old, new)


def _differ(old: object, new: object) -> bool:
    return bool(old != new)


def _changed_lists(old: list[object], new: list[object]) -> bool:
    if len(old) != len(new):
        return True
    for position in range(len(old)):  # noqa: SIM110
        if changed(old[position], new[position]):
            return True
    return False


def _changed_sets(old: set[object], new: set[object]) -> bool:
    counts: dict[object, int] = {}
    for item in new:
        identity = _identity(item)
        counts[identity] = counts.get(identity, 0) + 1  # two only where NaN is
    for item in old:
        identity = _identity(item)
        left = counts.get(identity, 0)
        if left == 0:
            return True
        counts[identity] = left - 1
    return len(old) != len(new)


def _changed_dicts(old: dict[object, object], new: dict[object, object]) -> bool:
    if len(old) != len(new):
        return True
    values = {_identity(key): value for key, value in new.items()}
    for key, value in old.items():
        identity = _identity(key)
        if identity not in values or changed(value, values[identity]):
            return True
    return False


def _identity(value: object) -> object:
    """A hashable that equals another's when type and value are the same; NaN is NaN's."""
    if isinstance(value, tuple):
        return (tuple, *[_identity(item) for item in value])
    return (type(value), None if is_nan(value) else value)
