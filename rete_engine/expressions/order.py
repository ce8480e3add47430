"""Which value comes before which.

The law: an order comparison between unlike types, with none or NaN, or with a naive and an aware
datetime is false and never an error. Numbers compare with numbers whatever their type (a bool
as in Python), strings with strings, lists and tuples element by element with their like.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from rete_engine.expressions.equality import EXACT, equal, kind
from rete_engine.expressions.frame import Record

#: Compiled code looks up the names of other modules' classes each time, but not these.
DATE: Final = date
DATETIME: Final = datetime
DECIMAL: Final = Decimal
DURATION: Final = timedelta


def less(a: object, b: object) -> bool:
    """Whether `a < b`.

    Example:
        >>> less(1, 2.5), less(1, "2"), less(None, 1), less([1, 2], [1, 3])
        (True, False, False, True)
    """
    if isinstance(a, int):
        if isinstance(b, int):
            return a < b
        if isinstance(b, float):
            return float(a) < b if -EXACT <= a <= EXACT else _below(a, b)
    elif isinstance(a, float):
        if isinstance(b, float):
            return a < b
        if isinstance(b, int):
            return a < float(b) if -EXACT <= b <= EXACT else _below(a, b)
    elif isinstance(a, str):
        return isinstance(b, str) and a < b
    return _less_slowly(a, b, False)


def less_equal(a: object, b: object) -> bool:
    """Whether `a <= b`: false where the two have no order, unlike `not b < a`.

    Example:
        >>> less_equal(2, 2.0), less_equal(2, "2")
        (True, False)
    """
    if isinstance(a, int):
        if isinstance(b, int):
            return a <= b
        if isinstance(b, float):
            return float(a) <= b if -EXACT <= a <= EXACT else _not_above(a, b)
    elif isinstance(a, float):
        if isinstance(b, float):
            return a <= b
        if isinstance(b, int):
            return a <= float(b) if -EXACT <= b <= EXACT else _not_above(a, b)
    elif isinstance(a, str):
        return isinstance(b, str) and a <= b
    return _less_slowly(a, b, True)


def comparable(a: object, b: object) -> bool:
    """Whether two values are of types that have an order, as far as the outside shows."""
    if isinstance(a, (int, float, Decimal)):
        return isinstance(b, (int, float, Decimal))
    if isinstance(a, datetime):
        return isinstance(b, datetime) and (a.utcoffset() is None) == (b.utcoffset() is None)
    if isinstance(a, (str, date, timedelta, list, tuple)):
        return kind(a) == kind(b)
    return False


def in_one_order(a: object, b: object) -> bool:
    """Whether two values of one type are, at the first look, such that Python orders them."""
    one = type(a)
    if one is DATE or one is DURATION:
        return True
    return one is DATETIME and zone_of(a) is None and zone_of(b) is None


def in_decimal_order(value: object) -> bool:
    """Whether a value is, at the first look, a number that compares with decimals."""
    if isinstance(value, int):
        return -EXACT <= value <= EXACT
    return type(value) is DECIMAL and not no_number(value)


def no_number(value: object) -> bool:
    """Whether a decimal is NaN."""
    return bool(value.is_nan())  # type: ignore[attr-defined]  # its type was looked at


def zone_of(value: object) -> object:
    """The time zone of a datetime."""
    return value.tzinfo  # type: ignore[attr-defined]  # its type was looked at


def _below(a: object, b: object) -> bool:
    return bool(a < b)  # type: ignore[operator]  # Python's own, exact between int and float


def _not_above(a: object, b: object) -> bool:
    return bool(a <= b)  # type: ignore[operator]


def _less_slowly(a: object, b: object, or_equal: bool) -> bool:
    if type(a) is type(b) and in_one_order(a, b):
        return _not_above(a, b) if or_equal else _below(a, b)
    if in_decimal_order(a) and in_decimal_order(b):
        return _not_above(a, b) if or_equal else _below(a, b)
    if isinstance(a, Decimal) or isinstance(b, Decimal):
        return _less_decimals(a, b, or_equal)
    if isinstance(a, list) and isinstance(b, list):
        return _less_lists(a, b, or_equal)
    if isinstance(a, tuple) and isinstance(b, tuple):
        return _less_lists(list(a), list(b), or_equal)
    if isinstance(a, (datetime, date, timedelta)) and comparable(a, b):
        return _not_above(a, b) if or_equal else _below(a, b)
    return False


def _less_decimals(a: object, b: object, or_equal: bool) -> bool:
    # The thread's decimal context may forbid mixing with floats; a converted one asks nobody.
    if isinstance(a, float):
        a = Decimal.from_float(a)
    if isinstance(b, float):
        b = Decimal.from_float(b)
    if not (isinstance(a, (int, Decimal)) and isinstance(b, (int, Decimal))):
        return False
    if (isinstance(a, Decimal) and a.is_nan()) or (isinstance(b, Decimal) and b.is_nan()):
        return False
    if _is_long(a) or _is_long(b):
        return _magnitude(a) < _magnitude(b)
    return _not_above(a, b) if or_equal else _below(a, b)


def _is_long(value: int | Decimal) -> bool:
    """Whether an int is too long to become a decimal in passing; see `equality.is_vast`."""
    return isinstance(value, int) and value.bit_length() > 70_000


def _magnitude(value: int | Decimal) -> float:
    """About the number of digits of a number, negative for a negative one."""
    if isinstance(value, int):
        digits = value.bit_length() * 0.30103
        return digits if value > 0 else -digits
    if not value.is_finite():
        return float(value)
    return float(value.adjusted() if value > 0 else -value.adjusted())


def _less_lists(a: list[object], b: list[object], or_equal: bool) -> bool:
    for position in range(min(len(a), len(b))):
        if not equal(a[position], b[position]):
            return less(a[position], b[position])
    return len(a) <= len(b) if or_equal else len(a) < len(b)


def ordered(items: set[object] | frozenset[object]) -> list[object]:
    """The elements of a set in the order of (type name, value), whatever the hash seed.

    Facts come in the order of `Record.number`, under the name of their template.

    Example:
        >>> ordered({"b", 2, "a", 1})
        [1, 2, 'a', 'b']
    """
    if len(items) < 2:
        return list(items)
    kinds = {type(item) for item in items}
    if len(kinds) == 1 and (str in kinds or int in kinds):
        return sorted(items)  # type: ignore[type-var]
    return sorted(items, key=_place)


def _place(value: object) -> tuple[str, bool, object]:
    """A sort key: type name, then whether the value stands behind all others, then the value."""
    word = kind(value)
    if isinstance(value, (int, str, date, timedelta)):
        if isinstance(value, datetime) and value.utcoffset() is not None:
            return (word, True, value)  # aware ones behind naive ones: they do not compare
        return (word, False, value)
    if isinstance(value, float):
        return (word, value != value, value if value == value else 0.0)
    if isinstance(value, Decimal):
        return (word, value.is_nan(), Decimal(0) if value.is_nan() else value)
    if isinstance(value, tuple):
        return (word, False, [_place(item) for item in value])
    if isinstance(value, Record):
        return (word, False, value.number)
    return (word, False, 0)
