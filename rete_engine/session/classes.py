"""Python classes as templates: dataclasses and pydantic models, by their fields."""

from __future__ import annotations

import dataclasses
import enum
import types
import typing
import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from rete_engine.diagnostics.errors import FactError
from rete_engine.diagnostics.source import NOWHERE
from rete_engine.expressions import tree
from rete_engine.model.declarations import FieldDeclaration, TemplateDeclaration, TypeName


@dataclasses.dataclass(frozen=True)
class Template:
    """A class that facts are made of, with the laws that its fields alone do not say.

    Attributes:
        cls: A dataclass or a pydantic model.
        key: Fields on which no two live facts agree.
        unique: Whether no two live facts agree on all fields.

    Example:
        >>> from dataclasses import dataclass
        >>> from rete_engine import RuleSet, Template
        >>> @dataclass
        ... class Order:
        ...     id: int
        ...     total: float = 0.0
        >>> rules = RuleSet.parse("", templates=[Template(Order, key=("id",))])
        >>> rules.templates["Order"].key
        ('id',)
    """

    cls: type
    key: Sequence[str] | None = None
    unique: bool = False


#: The types of the language for the classes of Python.
_TYPES: dict[object, str] = {
    int: "int", float: "float", str: "str", bool: "bool", Decimal: "decimal", date: "date",
    datetime: "datetime", timedelta: "duration", uuid.UUID: "str", list: "list", dict: "dict",
    set: "set", frozenset: "set", tuple: "tuple", Sequence: "list", Mapping: "dict", Any: "any",
    object: "any",
}  # fmt: skip


def is_fact_class(cls: object) -> bool:
    """Whether a class says what fields its objects have."""
    return isinstance(cls, type) and (dataclasses.is_dataclass(cls) or hasattr(cls, "model_fields"))


def declaration_of(template: Template | type, classes: Mapping[str, type]) -> TemplateDeclaration:
    """The template that a class declares; `classes` are all that were given, by name.

    Raises:
        FactError: The class is neither a dataclass nor a pydantic model, or a field's type has
            no counterpart in the language.
    """
    given = template if isinstance(template, Template) else Template(template)
    cls = given.cls
    if not is_fact_class(cls):
        raise FactError(f"{cls!r} cannot be a template: it must be a dataclass or a pydantic model")
    hints = typing.get_type_hints(cls)
    fields = []
    for name, default, required in _fields_of(cls):
        type_name, values = _type_of(hints.get(name, Any), f"{cls.__name__}.{name}", classes)
        allowed = tuple(tree.Constant(NOWHERE, value) for value in values) if values else None
        expression = None if required else tree.Constant(NOWHERE, plain(default, classes))
        fields.append(FieldDeclaration(NOWHERE, name, NOWHERE, type_name, allowed, expression))
    key = tuple(given.key) if given.key else None
    return TemplateDeclaration(
        NOWHERE, cls.__name__, NOWHERE, None, None, key, NOWHERE, given.unique, False,
        tuple(fields), cls,
    )  # fmt: skip


def _fields_of(cls: type) -> list[tuple[str, object, bool]]:
    """Name, default and 'is required' of each field of a class."""
    found: list[tuple[str, object, bool]] = []
    if dataclasses.is_dataclass(cls):
        for field in dataclasses.fields(cls):
            if field.default is not dataclasses.MISSING:
                found.append((field.name, field.default, False))
            elif field.default_factory is not dataclasses.MISSING:
                found.append((field.name, field.default_factory(), False))
            else:
                found.append((field.name, None, True))
        return found
    for name, info in cls.model_fields.items():  # type: ignore[attr-defined]  # pydantic
        required = info.is_required()
        default = None if required else info.get_default(call_default_factory=True)
        found.append((name, default, required))
    return found


def _type_of(
    hint: object, place: str, classes: Mapping[str, type]
) -> tuple[TypeName, tuple[object, ...]]:
    """The language's type for an annotation, and the values it allows (empty: all)."""
    origin = typing.get_origin(hint)
    arguments = typing.get_args(hint)
    if origin is typing.Annotated:
        return _type_of(arguments[0], place, classes)
    if origin in (typing.Union, types.UnionType):
        inner = [a for a in arguments if a is not type(None)]
        if len(inner) == 1:
            type_name, values = _type_of(inner[0], place, classes)
        else:
            type_name, values = TypeName(NOWHERE, "any"), ()
        optional = len(inner) < len(arguments)
        return dataclasses.replace(type_name, optional=optional or type_name.optional), values
    if origin is typing.Literal:
        values = tuple(_plain_option(a) for a in arguments if a is not None)
        return TypeName(NOWHERE, _common(values), (), None in arguments), values
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        values = tuple(member.value for member in hint)
        return TypeName(NOWHERE, _common(values)), values
    name = _TYPES.get(origin if origin is not None else hint)
    if name is not None:
        parts: tuple[TypeName, ...] = ()
        if name in ("list", "set", "dict") and arguments:
            parts = tuple(_type_of(a, place, classes)[0] for a in arguments)
        return TypeName(NOWHERE, name, parts), ()
    if isinstance(hint, type):
        if classes.get(hint.__name__) is hint:
            return TypeName(NOWHERE, hint.__name__), ()
        if is_fact_class(hint):
            return TypeName(NOWHERE, "dict"), ()  # a nested model is a mapping
    raise FactError(f"{place}: the type {hint!r} has no counterpart in the rule language")


def _plain_option(value: object) -> object:
    return value.value if isinstance(value, enum.Enum) else value


def _common(values: Sequence[object]) -> str:
    """The type that all values have."""
    names = {_TYPES.get(type(value), "any") for value in values}
    return names.pop() if len(names) == 1 else "any"


def fields_of_object(instance: object, classes: Mapping[str, type]) -> dict[str, object]:
    """The values of an object's fields, nested models as mappings."""
    return {
        name: plain(getattr(instance, name), classes) for name, _, _ in _fields_of(type(instance))
    }


def plain(value: object, classes: Mapping[str, type]) -> object:
    """A value with nested models made into mappings; objects of templates stay."""
    if isinstance(value, (str, int, float, type(None))):
        return value
    if isinstance(value, list):
        return [plain(item, classes) for item in value]
    if isinstance(value, tuple):
        return tuple(plain(item, classes) for item in value)
    if isinstance(value, dict):
        return {key: plain(item, classes) for key, item in value.items()}
    cls = type(value)
    if is_fact_class(cls) and classes.get(cls.__name__) is not cls:
        return fields_of_object(value, classes)
    return value


def build(cls: type, values: Mapping[str, object]) -> object:
    """A new object of a class from the values of a fact."""
    if not dataclasses.is_dataclass(cls):
        return cls(**values)
    hints = typing.get_type_hints(cls)
    init = {f.name for f in dataclasses.fields(cls) if f.init}
    given = {n: revived(v, hints.get(n)) for n, v in values.items() if n in init}
    return cls(**given)


def revived(value: object, hint: object) -> object:
    """A stored value as a dataclass's annotation wants it: enums, UUIDs, nested dataclasses."""
    for option in (hint, *typing.get_args(hint)):
        if not isinstance(option, type) or value is None:
            continue
        if issubclass(option, enum.Enum):
            return option(value)
        if issubclass(option, uuid.UUID):
            return option(str(value))
        if is_fact_class(option) and isinstance(value, dict):
            return build(option, value)
    return value
