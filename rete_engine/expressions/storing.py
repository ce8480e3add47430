"""How values enter working memory and leave it: checked and copied, never shared.

Every value in working memory is of an exact built-in type or a record, is nested at most
`DEEPEST` levels and holds at most `Limits.value` elements in all. Whatever walks over values
later relies on that.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, Rounded
from enum import Enum
from typing import Final, final

from rete_engine.diagnostics.errors import SecurityError
from rete_engine.expressions.decimals import MOST_DIGITS
from rete_engine.expressions.equality import is_nan, kind
from rete_engine.expressions.errors import Misfit
from rete_engine.expressions.frame import Answer, Limits, Record
from rete_engine.expressions.text import shown
from rete_engine.expressions.types import ANY, Type

#: How deep collections may be nested in each other. It also stops a list that holds itself.
DEEPEST = 100


def too_large(limits: Limits) -> SecurityError:
    """The error for a value that is over the limit."""
    return SecurityError(
        f"a value is larger than {limits.value} elements, characters or words of 32 bits"
        " (Limits(value=…) sets the bound)"
    )


def too_deep() -> SecurityError:
    """The error for collections that are nested too deeply, or hold themselves."""
    return SecurityError(f"collections are nested deeper than {DEEPEST} levels")


def size(value: object, limits: Limits) -> int:
    """How much a value counts against the limit of values, all that is nested in it included.

    Characters of a string, words of 32 bits of an int, elements of collections; 1 for the rest.

    Raises:
        SecurityError: The value is over the limit or nested too deeply.
    """
    if isinstance(value, str):
        weight = len(value)
    elif isinstance(value, int):
        weight = (value.bit_length() + 31) >> 5
    elif isinstance(value, (list, tuple, dict, set, frozenset)):
        weight = _weight(value, limits, limits.value, 1)
    else:
        return 1
    if weight > limits.value:
        raise too_large(limits)
    return max(weight, 1)


def _weight(value: object, limits: Limits, left: int, depth: int) -> int:
    """The elements of a collection and of all collections within; at most `left` of them."""
    if depth > DEEPEST:
        raise too_deep()
    items: list[object]
    if isinstance(value, dict):
        items = list(value.values())
    elif isinstance(value, (list, tuple, set, frozenset)):
        items = list(value)
    else:
        return 0
    weight = len(items)
    for item in items:
        if isinstance(item, (list, tuple, dict, set, frozenset)):
            weight += _weight(item, limits, left - weight, depth + 1)
        if weight > left:
            raise too_large(limits)
    return weight


def store(value: object, wanted: Type, limits: Limits) -> object:
    """The value as a field of a type keeps it: checked, converted and deeply copied.

    An int for a float becomes a float; members of enumerations become their values, UUIDs
    strings, and instances of subclasses of the built-in types plain ones. Nothing else is
    converted.

    Example:
        >>> store(1, Type("float"), Limits())
        1.0

    Raises:
        Misfit: The value is not of the type.
        SecurityError: The value is over the limit or nested too deeply.
    """
    name = wanted.name
    if value is None:
        if wanted.optional or name == "any" or name == "none":
            return None
    elif type(value) is str:
        if (name == "str" or name == "any") and len(value) <= limits.value:
            return value
    elif type(value) is float:
        if name == "float" or name == "any":
            return value
    elif type(value) is bool:
        if name == "bool" or name == "any":
            return value
    elif type(value) is int:
        if (name == "int" or name == "any") and is_short(value):
            return value
        if name == "float" and is_short(value):
            return float(value)
    elif isinstance(value, Record) and (name == "any" or name in value.type.ancestors):
        return fact(value)
    else:
        word = _KEPT.get(type(value))
        if word is not None and (name == word or name == "any") and is_modest(value):
            return value
    return _Copy(limits).copy(value, wanted, 1)


def is_modest(value: object) -> bool:
    """Whether a decimal is finite and of few enough digits, which takes no look at each of them.

    True for all that is no decimal.
    """
    if not isinstance(value, Decimal):
        return True
    if not value.is_finite():
        return False
    try:
        _UNROUNDED.plus(value)
    except Rounded:
        return False
    return True


def is_short(value: int) -> bool:
    """Whether an int is far below any limit, so that it needs no count of its digits."""
    return -(1 << 60) < value < (1 << 60)


def plain(value: object) -> object:
    """The value with an exact built-in type; what a collection holds is left as it is.

    Raises:
        Misfit: A value that the language does not know.
    """
    while isinstance(value, Enum):
        value = value.value
    if isinstance(value, uuid.UUID):
        return str(value)
    if value is None or type(value) in _EXACT:
        return value
    if isinstance(value, Record):
        return fact(value)
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int.__int__(value)
    if isinstance(value, float):
        return float.__float__(value)
    if isinstance(value, Decimal):
        return Decimal(value)
    if isinstance(value, datetime):
        return datetime(
            value.year, value.month, value.day, value.hour, value.minute, value.second,
            value.microsecond, value.tzinfo, fold=value.fold,
        )  # fmt: skip
    if isinstance(value, date):
        return date(value.year, value.month, value.day)
    if isinstance(value, timedelta):
        return timedelta(value.days, value.seconds, value.microseconds)
    if isinstance(value, list):
        return list(value)
    if isinstance(value, tuple):
        return tuple(value)
    if isinstance(value, dict):
        return dict(value)
    if isinstance(value, (set, frozenset)):
        return set(value)
    raise unsupported(value)


def unsupported(value: object) -> Misfit:
    """The error for a value that the language does not know.

    What an array library calls `bool` or `int64` is told apart by its module's name.
    """
    kind_of = type(value)
    name = kind_of.__qualname__
    if kind_of.__module__ != "builtins":
        name = f"{kind_of.__module__}.{name}"
    hint = ""
    # Asked of the class: an object's own attributes may be made by its program, and fail.
    if hasattr(kind_of, "tolist"):  # of NumPy's scalars and arrays, and of what is like them
        method = "tolist" if hasattr(kind_of, "__len__") else "item"
        hint = f"; .{method}() gives Python's"
    return Misfit(f"values of type '{name}' are not supported{hint}")


def fact(record: Record) -> Record:
    """A record that is a fact.

    Raises:
        Misfit: It is an answer of a query, which nothing keeps.
    """
    if isinstance(record, Answer):
        raise Misfit(
            f"an answer of the query '{record.type.name}' cannot be kept, only what it has bound"
        )
    return record


#: Types whose values are kept as they are, by the language's words.
_KEPT: Final[dict[type, str]] = {
    Decimal: "decimal",
    date: "date",
    datetime: "datetime",
    timedelta: "duration",
}

_UNROUNDED: Final = Context(prec=MOST_DIGITS, Emin=MIN_EMIN, Emax=MAX_EMAX, traps=[Rounded])

_EXACT = frozenset(
    [str, int, float, bool, Decimal, date, datetime, timedelta, list, dict, set, frozenset, tuple]
)


@final
class _Copy:
    """One deep copy under way; it counts the elements so that their sum stays bounded."""

    __slots__ = ("left", "limits")

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.left = limits.value

    def copy(self, value: object, wanted: Type, depth: int) -> object:
        value = plain(value)
        name = wanted.name
        if value is None:
            if wanted.optional or name == "any" or name == "none":
                return None
            raise Misfit(f"expected {wanted}, got none")
        if name == "float" and isinstance(value, int) and not isinstance(value, bool):
            return _as_float(value)
        self._check(value, wanted)
        if isinstance(value, (list, tuple, dict, set, frozenset)):
            return self._collection(value, wanted, depth)
        if isinstance(value, (str, int)):
            size(value, self.limits)
        elif isinstance(value, Decimal):
            if value.is_snan():
                raise Misfit("a signalling NaN is not supported")
            if len(value.as_tuple().digits) > MOST_DIGITS:
                raise SecurityError(f"a decimal has more than {MOST_DIGITS} digits")
        return value

    def _check(self, value: object, wanted: Type) -> None:
        name = wanted.name
        if name == "any":
            return
        if isinstance(value, Record):
            if name in value.type.ancestors:
                return
            word = f"a fact of {value.type.name}"
        else:
            if kind(value) == name:
                return
            word = shown(value)
            if not isinstance(value, (list, tuple, dict, set, frozenset)):
                word = f"{kind(value)} {word}"
        raise Misfit(f"expected {wanted}, got {word}")

    def _collection(self, value: object, wanted: Type, depth: int) -> object:
        if depth > DEEPEST:
            raise too_deep()
        arguments = wanted.arguments
        element = arguments[0] if arguments else ANY
        if isinstance(value, dict):
            self._take(len(value))
            item_type = arguments[1] if len(arguments) > 1 else ANY
            pairs: dict[object, object] = {}
            for key, item in value.items():
                plain_key = self.hashable(self.copy(key, element, depth + 1), "a dict key")
                if is_nan(plain_key):
                    raise Misfit("NaN cannot be a dict key")
                pairs[plain_key] = self.copy(item, item_type, depth + 1)
            return pairs
        if isinstance(value, (set, frozenset)):
            self._take(len(value))
            members: set[object] = set()
            for item in value:
                members.add(self.hashable(self.copy(item, element, depth + 1), "a set element"))
            return members
        if isinstance(value, list):
            self._take(len(value))
            return [self.copy(item, element, depth + 1) for item in value]
        if isinstance(value, tuple):
            self._take(len(value))
            return tuple([self.copy(item, element, depth + 1) for item in value])
        return value

    def hashable(self, value: object, role: str) -> object:
        if not is_hashable(value):
            raise Misfit(f"a {kind(value)} cannot be {role}")
        return value

    def _take(self, elements: int) -> None:
        self.left -= elements
        if self.left < 0:
            raise too_large(self.limits)


def is_hashable(value: object) -> bool:
    """Whether a value may be an element of a set or a key of a dict: no lists, dicts, sets."""
    if isinstance(value, tuple):
        return all([is_hashable(item) for item in value])  # noqa: C419 - compiles to less
    return not isinstance(value, (list, dict, set, frozenset))


def _as_float(value: int) -> float:
    try:
        return float(value)
    except OverflowError:
        raise Misfit(f"{shown(value)} is too large for a float") from None


def export(value: object) -> object:
    """The value as a program gets it: collections are copied, so no change finds its way back.

    Example:
        >>> tags = ["a"]
        >>> export(tags) == tags, export(tags) is tags
        (True, False)
    """
    if value is None or isinstance(value, (str, int, float)):
        return value
    if isinstance(value, list):
        return [export(item) for item in value]
    if isinstance(value, dict):
        return {key: export(item) for key, item in value.items()}
    if isinstance(value, (set, frozenset)):
        return set(value)
    if isinstance(value, tuple):
        return tuple([export(item) for item in value])
    return value
