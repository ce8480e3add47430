"""From the keys and values of a record to the fields of a template."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from rete_engine.diagnostics.diagnostic import did_you_mean
from rete_engine.expressions.types import ANY, Type
from rete_engine.expressions.values import Misfit, from_cell, from_text
from rete_engine.store.naming import field_name

#: Values of these types stay as they are: the session checks them, nothing is to convert.
_AS_THEY_ARE = frozenset(["int", "float", "str", "bool", "any", "list", "dict"])

#: How the names of those Arrow types begin whose values are dates, datetimes, durations, decimals.
_ARROW_AS_THEY_ARE = ("date", "timestamp", "duration", "decimal")

Converter = Callable[[object], object]
#: Answers with the fact of a template that a value names by its key (see `references`).
FindFact = Callable[[str, object, bool], object]


class FieldShape(Protocol):
    """What is asked of a field of a template."""

    @property
    def name(self) -> str:
        """As declared."""

    @property
    def type(self) -> Type:
        """The declared type."""

    @property
    def required(self) -> bool:
        """Whether it has no default."""


class TemplateShape(Protocol):
    """What is asked of a template, of those that `RuleSet.templates` holds."""

    @property
    def name(self) -> str:
        """As declared."""

    @property
    def extends(self) -> tuple[str, ...]:
        """The templates that it extends."""

    @property
    def fields(self) -> Sequence[FieldShape]:
        """Its own and the inherited ones."""

    @property
    def key(self) -> tuple[str, ...] | None:
        """The fields of its nearest key."""

    @property
    def open(self) -> bool:
        """Whether further fields may come with a fact."""


class Shape:
    """How the records of one source become facts of one template.

    Keys are looked up once and kept: a file has many records and few keys.
    """

    def __init__(
        self,
        template: TemplateShape,
        *,
        cells: bool,
        find_fact: FindFact,
        untaken: Callable[[TemplateShape, str], None],
    ) -> None:
        self.template = template
        self._cells = cells  # values are text of a CSV file
        self._find_fact = find_fact
        self._untaken = untaken  # told of each key, once, that no field takes
        self._fields = {field.name: field for field in template.fields}
        self._keys: dict[str, str | None] = {}  # key -> field; None: no field takes it
        self._converters: dict[str, Converter | None] = {}
        for field in template.fields:
            self._converters[field.name] = (
                self._of_cell(field) if cells else self._of_value(field.type)
            )
        self._unconverted = {name for name, c in self._converters.items() if c is None}

    def fields(self, values: dict[str, object]) -> dict[str, object]:
        """The fields of the fact that a record describes.

        Raises:
            Misfit: A key is not a string, two keys mean one field, or a value cannot be
                converted to the type of its field.
            Absent: It refers to a fact that is not there (yet).
        """
        if self._unconverted.issuperset(values):
            return values
        result: dict[str, object] = {}
        for key, value in values.items():
            name = self._keys.get(key, "")
            if name == "":
                name = self._learn(key, value)
            if name is None or (name == "type" and self._is_tag(name, value)):
                continue
            if name in result:
                raise Misfit(f"two keys mean the field '{name}'")
            converter = self._converters.get(name)
            if converter is None:
                result[name] = value
                continue
            try:
                converted = converter(value)
            except Misfit as misfit:
                raise Misfit(f"{self.template.name}.{name}: {misfit}") from None
            if converted is not LEFT_OUT:
                result[name] = converted
        return result

    def columns(self, batch: Any) -> Any | None:
        """The columns of an Arrow batch that fields take, under the names of the fields.

        None where rows have to be looked at one by one: for values to be converted, for references
        to facts, and where something is wrong.
        """
        found: dict[str, Any] = {}
        for key, column in zip(batch.schema.names, batch.columns, strict=True):
            name = self._keys.get(key, "")
            if name == "":
                try:
                    name = self._learn(key, None)
                except Misfit:
                    return None
            if name is None:
                continue
            field = self._fields.get(name)
            if field is not None and self._converters[name] is not None:
                converted = str(column.type).startswith(_ARROW_AS_THEY_ARE)
                if _refers(field.type) or not converted:
                    return None
            if name in found:
                return None
            found[name] = column
        return type(batch).from_arrays(list(found.values()), list(found)) if found else None

    def nullable(self, keys: Iterable[str]) -> frozenset[str]:
        """Those keys whose fields have no default, but may be none."""
        fields = {key: self._fields.get(key) or self._fields.get(field_name(key)) for key in keys}
        return frozenset(
            key
            for key, field in fields.items()
            if field is not None and field.required and (field.type.optional or field.type == ANY)
        )

    def takes(self, key: object) -> bool:
        """Whether a declared field takes a key."""
        return isinstance(key, str) and (key in self._fields or field_name(key) in self._fields)

    def _learn(self, key: str, value: object) -> str | None:
        if not isinstance(key, str):  # YAML has keys of other types
            raise Misfit(f"the key {key!r} is a {type(key).__name__}, not a string")
        name: str | None = key if key in self._fields else field_name(key)
        if name not in self._fields and not self.template.open:
            if self._is_tag(key, value):
                return None  # not kept: another record may have a value of its own there
            self._untaken(self.template, key)
            name = None
        self._keys[key] = name
        return name

    def _is_tag(self, key: str, value: object) -> bool:
        """Whether this is the "type" that told the template, and nothing more."""
        return key == "type" and "type" not in self._fields and value == self.template.name

    def _of_cell(self, field: FieldShape) -> Converter:
        """The converter of a CSV cell, which has a word for nothing: the empty cell."""
        of_text = self._of_cell_text(field.type)

        def convert(value: object) -> object:
            if value == "":
                if not field.required:
                    return LEFT_OUT
                if field.type.optional:
                    return None
                raise Misfit(f"an empty cell, but {field.type} needs a value")
            return of_text(str(value))

        return convert

    def _of_cell_text(self, type: Type) -> Callable[[str], object]:
        if type.is_fact:
            return lambda text: self._find_fact(type.name, text, True)
        if _refers(type):
            raise_at_use = Misfit(f"a cell cannot hold {type}; use NDJSON or YAML for these facts")

            def refuse(text: str) -> object:
                raise raise_at_use

            return refuse
        return lambda text: from_cell(text, type)

    def _of_value(self, type: Type) -> Converter | None:
        if type.is_fact:
            return lambda value: (
                None
                if value is None and type.optional
                else self._find_fact(type.name, value, False)
            )
        if _refers(type):
            return self._of_collection(type)
        if type.name in _AS_THEY_ARE and not type.arguments:
            return None
        return lambda value: from_text(value, type)

    def _of_collection(self, type: Type) -> Converter:
        """Of a list, set or dict that holds references somewhere."""
        parts = [self._of_value(argument) or _same for argument in type.arguments]

        def convert(value: object) -> object:
            if value is None and type.optional:
                return None
            match type.name, value:
                case "list", list():
                    return [parts[0](element) for element in value]
                case "set", list() | set():
                    return {parts[0](element) for element in value}
                case "dict", dict():
                    return {parts[0](k): parts[1](v) for k, v in value.items()}
                case _:
                    raise Misfit(f"expected {type}, not {value!r}")

        return convert


class _LeftOut:
    """The type of `LEFT_OUT`: the record says nothing about the field."""


LEFT_OUT = _LeftOut()


def _same(value: object) -> object:
    return value


def _refers(type: Type) -> bool:
    """Whether values of a type are or hold facts."""
    return type.is_fact or any(map(_refers, type.arguments))


def referred(type: Type) -> set[str]:
    """The templates whose facts values of a type are or hold."""
    inner = {name for argument in type.arguments for name in referred(argument)}
    return inner | {type.name} if type.is_fact else inner


def no_field(template: TemplateShape, key: str) -> str:
    """What is said of a key that no field takes."""
    fields = [field.name for field in template.fields]
    hint = did_you_mean(field_name(key), fields)
    return f"{template.name} has no field '{key}'" + (f"; {hint}" if hint else "")
