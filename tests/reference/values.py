"""The laws of values, said once more and as plainly as possible."""

from __future__ import annotations

import math
from collections.abc import Iterable


class Fact:
    """A fact: its template's name, its fields, its identity."""

    def __init__(self, template: str, values: dict[str, object], number: int) -> None:
        self.template = template
        self.values = values
        self.number = number  # in the order of insertion
        self.tag = 0  # the change that brought it
        self.tags: dict[str, int] = {}  # by field: the change that last gave it another value

    def __repr__(self) -> str:
        return f"{self.template}#{self.number}{self.values}"


class Answer:
    """An answer of a query: what its variables hold, in the order in which they are bound."""

    def __init__(self, query: str, variables: dict[str, object]) -> None:
        self.query = query
        self.variables = variables


class MisfitError(Exception):
    """Something that the language calls an error."""


def is_number(value: object) -> bool:
    return isinstance(value, (int, float))


def equal(a: object, b: object) -> bool:
    """Python's equality, but NaN equals nothing, inside of collections too."""
    if isinstance(a, Fact) or isinstance(b, Fact):
        return a is b
    if isinstance(a, float) and math.isnan(a):
        return False
    if isinstance(a, (list, tuple)) and type(a) is type(b):
        return len(a) == len(b) and all(equal(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(equal(a[key], b[key]) for key in a)
    return a == b


def less(a: object, b: object, or_equal: bool) -> bool:
    """`a < b` or `a <= b`; false where the two have no order."""
    if is_number(a) and is_number(b):
        return bool(a <= b if or_equal else a < b)  # type: ignore[operator]
    if isinstance(a, str) and isinstance(b, str):
        return a <= b if or_equal else a < b
    if isinstance(a, (list, tuple)) and type(a) is type(b):
        for x, y in zip(a, b, strict=False):
            if not equal(x, y):
                return less(x, y, or_equal=False)
        return len(a) <= len(b) if or_equal else len(a) < len(b)
    return False


def contains(collection: object, value: object) -> bool:
    """`value in collection`."""
    if collection is None:
        return False
    if isinstance(collection, str):
        if not isinstance(value, str):
            raise MisfitError("only text is in text")
        return value in collection
    if isinstance(collection, (list, tuple, set, dict)):
        return any(equal(value, item) for item in collection)
    raise MisfitError(f"nothing is in {collection!r}")


def canonical(value: object) -> object:
    """A hashable that two values share when they are the same: type and value, NaN too."""
    if isinstance(value, Fact):
        return ("fact", value.number)
    if isinstance(value, Answer):
        pairs = ((name, canonical(held)) for name, held in value.variables.items())
        return ("answer", value.query, *pairs)
    if isinstance(value, float) and math.isnan(value):
        return ("float", "nan")
    if isinstance(value, (list, tuple)):
        return (type(value).__name__, *map(canonical, value))
    if isinstance(value, set):
        return ("set", frozenset(map(canonical, value)))
    if isinstance(value, dict):
        return ("dict", *((canonical(k), canonical(v)) for k, v in value.items()))
    return (type(value).__name__, value)


def changed(old: object, new: object) -> bool:
    """Whether a field's value became another one: type or value differ."""
    if isinstance(old, dict) and isinstance(new, dict):  # the order of the keys is no value
        return old.keys() != new.keys() or any(changed(old[key], new[key]) for key in old)
    if isinstance(old, (list, tuple)) and type(old) is type(new):
        return len(old) != len(new) or any(map(changed, old, new))
    return canonical(old) != canonical(new)


def in_order(values: Iterable[object]) -> list[object]:
    """A set's elements in the order of type name and value."""
    return sorted(values, key=lambda value: (type(value).__name__, value))


def stored(value: object, type_name: str, optional: bool) -> object:
    """The value as a field of that type keeps it."""
    if type_name == "any":
        return value
    if value is None:
        if optional:
            return None
        raise MisfitError("none does not fit")
    if type_name == "float" and type(value) is int:
        return float(value)
    if isinstance(value, Fact) and value.template == type_name:
        return value
    if type(value).__name__ != type_name:
        raise MisfitError(f"{value!r} is no {type_name}")
    return value
