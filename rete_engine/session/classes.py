"""Python classes as templates: dataclasses and pydantic models, by their fields."""

from __future__ import annotations

import dataclasses
import enum
import functools
import types
import typing
import uuid
import weakref
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from rete_engine.diagnostics.errors import FactError
from rete_engine.diagnostics.source import NOWHERE

if TYPE_CHECKING:
    from rete_engine.model.declarations import TemplateDeclaration, TypeName

# The model is imported where a class becomes a template: sessions use this module too.


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
    from rete_engine.expressions import tree
    from rete_engine.language.grammar import terminals
    from rete_engine.model.declarations import FieldDeclaration, TemplateDeclaration

    given = template if isinstance(template, Template) else Template(template)
    cls = given.cls
    if not is_fact_class(cls):
        raise FactError(f"{cls!r} cannot be a template: it must be a dataclass or a pydantic model")
    if cls.__name__ in terminals().keywords or cls.__name__.startswith("_"):
        raise FactError(f"{cls!r} cannot be a template: no rule could name '{cls.__name__}'")
    if isinstance(given.key, str):
        raise FactError(f"{cls.__name__}: key is a tuple of names: write key=({given.key!r},)")
    hints = hints_of(cls, classes)
    fields = []
    for name, default, factory in _fields_of(cls):
        type_name, values = _type_of(hints.get(name, Any), f"{cls.__name__}.{name}", classes)
        allowed = tuple(tree.Constant(NOWHERE, value) for value in values) if values else None
        constant = None
        if default is not _REQUIRED:
            constant = tree.Constant(NOWHERE, plain(default, classes))
        made = functools.partial(_made, factory, classes) if factory is not None else None
        fields.append(FieldDeclaration(NOWHERE, name, NOWHERE, type_name, allowed, constant, made))
    key = tuple(given.key) if given.key else None
    return TemplateDeclaration(
        NOWHERE, cls.__name__, NOWHERE, None, None, key, NOWHERE, given.unique, False,
        tuple(fields), cls,
    )  # fmt: skip


#: The default of a field that has none, or whose default is made anew for each fact.
_REQUIRED = object()

#: What these make is copied into each fact, so that calling them once is enough.
_EMPTY: tuple[object, ...] = (list, dict, set, frozenset, tuple)


def _fields_of(cls: type) -> list[tuple[str, object, Callable[[], object] | None]]:
    """Name, default and factory of each field of a class."""
    found: list[tuple[str, object, Callable[[], object] | None]] = []
    if dataclasses.is_dataclass(cls):
        for field in dataclasses.fields(cls):
            if field.default is not dataclasses.MISSING:
                found.append((field.name, field.default, None))
            elif field.default_factory is dataclasses.MISSING:
                found.append((field.name, _REQUIRED, None))
            else:
                found.append((field.name, *_made_by(field.default_factory)))
        return found
    for name, info in _model_fields(cls).items():
        if getattr(info, "default_factory_takes_validated_data", False) or info.is_required():
            found.append((name, _REQUIRED, None))
        elif info.default_factory is not None:
            found.append((name, *_made_by(info.default_factory)))
        else:
            found.append((name, info.get_default(), None))
    return found


def _made_by(factory: Callable[[], object]) -> tuple[object, Callable[[], object] | None]:
    """The default and the factory of a field that has a default factory."""
    return (factory(), None) if factory in _EMPTY else (_REQUIRED, factory)


def _made(factory: Callable[[], object], classes: Mapping[str, type]) -> object:
    return plain(factory(), classes)


def _model_fields(cls: type) -> Mapping[str, Any]:
    """The fields of a pydantic model."""
    fields: Mapping[str, Any] = cls.model_fields  # type: ignore[attr-defined]  # is_fact_class
    return fields


def _names_of(cls: type) -> list[str]:
    """The names of the fields of a class."""
    if dataclasses.is_dataclass(cls):
        return [field.name for field in dataclasses.fields(cls)]
    return list(_model_fields(cls))


_hints: weakref.WeakKeyDictionary[type, dict[str, Any]] = weakref.WeakKeyDictionary()


def hints_of(cls: type, classes: Mapping[str, type]) -> dict[str, Any]:
    """The annotations of a class's fields; they may name the other classes that were given.

    Raises:
        FactError: An annotation names something that cannot be found.
    """
    found = _hints.get(cls)
    if found is None:
        try:
            found = typing.get_type_hints(cls, localns={**vars(cls), **classes})
        except NameError as error:
            raise FactError(
                f"{cls.__name__}: {error}; a class that a field's type names must be at the top"
                " of a module, or a template too"
            ) from error
        _hints[cls] = found
    return found


def _type_of(
    hint: object, place: str, classes: Mapping[str, type]
) -> tuple[TypeName, tuple[object, ...]]:
    """The language's type for an annotation, and the values it allows (empty: all)."""
    from rete_engine.model.declarations import TypeName

    origin = typing.get_origin(hint)
    arguments = typing.get_args(hint)
    if isinstance(hint, typing.NewType):
        return _type_of(hint.__supertype__, place, classes)
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
    return {name: plain(getattr(instance, name), classes) for name in _names_of(type(instance))}


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


def build(cls: type, values: Mapping[str, object], classes: Mapping[str, type]) -> object:
    """A new object of a class from the values of a fact."""
    hints = hints_of(cls, classes)
    given = {name: revived(value, hints.get(name), classes) for name, value in values.items()}
    if dataclasses.is_dataclass(cls):
        init = {field.name for field in dataclasses.fields(cls) if field.init}
        return cls(**{name: value for name, value in given.items() if name in init})
    names: dict[str, str] = {}  # a model may want its fields by their aliases
    for name, info in _model_fields(cls).items():
        alias = info.validation_alias or info.alias
        names[name] = alias if isinstance(alias, str) else name
    return cls(**{names[name]: value for name, value in given.items()})


def revived(value: object, hint: object, classes: Mapping[str, type]) -> object:
    """A stored value as an annotation wants it: enums, UUIDs, nested models, also in collections.

    What the annotation does not tell of stays as it is.
    """
    if value is None:
        return None
    origin = typing.get_origin(hint)
    arguments = typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        for option in arguments:
            found = revived(value, option, classes)
            if found is not value:
                return found
        return value
    if origin is typing.Literal:
        members = (option for option in arguments if isinstance(option, enum.Enum))
        return next((member for member in members if member.value == value), value)
    if isinstance(hint, typing.NewType):
        return revived(value, hint.__supertype__, classes)
    cls = hint if origin is None else origin
    if isinstance(value, (list, set, tuple)):
        return _revived_items(value, cls, arguments, classes)
    if isinstance(value, dict):
        if isinstance(cls, type) and is_fact_class(cls):
            return build(cls, value, classes)
        if len(arguments) == 2:
            of_key, of_value = arguments
            return {
                revived(key, of_key, classes): revived(item, of_value, classes)
                for key, item in value.items()
            }
    elif isinstance(cls, type) and issubclass(cls, (enum.Enum, uuid.UUID)):
        try:
            return cls(value)  # type: ignore[arg-type]  # a UUID's is a str
        except ValueError:  # one of the other types of a union
            return value
    return value


def _revived_items(
    value: Collection[object],
    cls: object,
    arguments: tuple[object, ...],
    classes: Mapping[str, type],
) -> object:
    if not isinstance(value, tuple):
        option = arguments[0] if arguments else None
        items = [revived(item, option, classes) for item in value]
        if isinstance(value, list):
            return items
        return frozenset(items) if cls is frozenset else set(items)
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        arguments = arguments[:1] * len(value)
    if len(arguments) != len(value):
        return value
    pairs = zip(value, arguments, strict=True)
    return tuple(revived(item, option, classes) for item, option in pairs)
