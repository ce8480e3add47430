"""Types of values, operators and the places of names: the tables that inference goes by."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from rete_engine.expressions import tree
from rete_engine.expressions.types import ANY, Type


class TypeEnvironment:
    """The types of leaves; the compiler extends it."""

    def field(self, node: tree.FieldRef) -> Type:
        """The type of a field."""
        return ANY

    def slot(self, node: tree.SlotRef) -> Type:
        """The type of a variable."""
        return ANY

    def param(self, node: tree.ParamRef) -> Type:
        """The type of a parameter."""
        return ANY

    def local(self, node: tree.LocalRef) -> Type:
        """The type of a local variable."""
        return ANY

    def result(self, node: tree.FunctionRef) -> Type:
        """The result type of a declared function."""
        return ANY

    def parameters(self, node: tree.FunctionRef) -> tuple[Type, ...]:
        """The types of the parameters of a declared function."""
        return ()

    def attribute(self, target: Type, name: str) -> Type:
        """The type of a field that is read through a reference."""
        return ANY

    def report(self, code: str, message: str, node: tree.Expression, hint: str | None) -> None:
        """Take up an error."""


NUMBERS = frozenset(["int", "float", "decimal", "bool"])
BOOL = Type("bool")
INT = Type("int")
FLOAT = Type("float")
STR = Type("str")
NONE = Type("none")

#: The types that have an order, each with the types it can be compared with.
ORDERED: dict[str, frozenset[str]] = {
    **dict.fromkeys(NUMBERS, NUMBERS),
    **{name: frozenset([name]) for name in ("str", "date", "datetime", "duration")},
    "list": frozenset(["list"]),
    "tuple": frozenset(["tuple"]),
}

#: Results of `+ - * / // % **` by the types of the operands; numbers are handled apart.
COMBINED: dict[tuple[str, str, str], str] = {
    ("str", "+", "str"): "str",
    ("list", "+", "list"): "list",
    ("tuple", "+", "tuple"): "tuple",
    ("str", "*", "int"): "str",
    ("int", "*", "str"): "str",
    ("list", "*", "int"): "list",
    ("int", "*", "list"): "list",
    ("tuple", "*", "int"): "tuple",
    ("int", "*", "tuple"): "tuple",
    ("set", "-", "set"): "set",
    ("datetime", "-", "datetime"): "duration",
    ("datetime", "+", "duration"): "datetime",
    ("duration", "+", "datetime"): "datetime",
    ("datetime", "-", "duration"): "datetime",
    ("date", "-", "date"): "duration",
    ("date", "+", "duration"): "date",
    ("duration", "+", "date"): "date",
    ("date", "-", "duration"): "date",
    ("duration", "+", "duration"): "duration",
    ("duration", "-", "duration"): "duration",
    ("duration", "*", "int"): "duration",
    ("duration", "*", "float"): "duration",
    ("int", "*", "duration"): "duration",
    ("float", "*", "duration"): "duration",
    ("duration", "/", "duration"): "float",
    ("duration", "/", "int"): "duration",
    ("duration", "/", "float"): "duration",
    ("duration", "//", "duration"): "int",
    ("duration", "//", "int"): "duration",
    ("duration", "%", "duration"): "duration",
}


#: The types of values by their classes; a class before those that it extends.
LITERALS: dict[type, Type] = {
    bool: Type("bool"),
    int: Type("int"),
    float: Type("float"),
    str: Type("str"),
    Decimal: Type("decimal"),
    datetime: Type("datetime"),
    date: Type("date"),
    timedelta: Type("duration"),
    list: Type("list"),
    dict: Type("dict"),
    set: Type("set"),
    tuple: Type("tuple"),
    type(None): NONE,
}


def type_of(value: object) -> Type:
    """The type of a value of a literal."""
    known = LITERALS.get(type(value))
    if known is not None:
        return known
    return next((found for cls, found in LITERALS.items() if isinstance(value, cls)), ANY)


def fits(given: Type, wanted: Type) -> bool:
    """Whether a value of one type can be stored as the other, as far as types tell."""
    if "any" in (given.name, wanted.name):
        return True
    if given.name == "none":
        return wanted.optional
    if given.is_fact or wanted.is_fact:
        # Which template extends which is not known here; the run checks it.
        return given.is_fact and wanted.is_fact
    if given.name == "int" and wanted.name == "float":
        return True
    if given.name != wanted.name:
        return False
    if given.arguments and wanted.arguments:
        pairs = zip(given.arguments, wanted.arguments, strict=True)
        return all(fits(a, b) for a, b in pairs)
    return True
