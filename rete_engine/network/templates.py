"""Templates as the running engine needs them: fields, keys, and what each fact must satisfy."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Final, cast, final

from rete_engine.diagnostics.diagnostic import did_you_mean
from rete_engine.diagnostics.errors import FactError
from rete_engine.expressions.frame import Limits, RecordType
from rete_engine.expressions.types import Type
from rete_engine.expressions.values import Misfit, equal, is_short, join_key, shown, store


@final
class Missing:
    """The type of `MISSING`, which stands for 'no value given'."""

    __slots__ = ()


MISSING: Final = Missing()

#: The types whose values are neither facts nor collections.
SCALARS = frozenset(["int", "float", "decimal", "str", "bool", "date", "datetime", "duration"])

#: The exact classes whose values enter working memory as they are, by the name of their type.
PLAIN_CLASSES: dict[str, type] = {"int": int, "float": float, "str": str, "bool": bool}


@final
class FieldSpec:
    """A field of a template."""

    __slots__ = ("allowed", "default", "factory", "name", "plain", "required", "type")

    def __init__(
        self,
        name: str,
        type: Type,
        allowed: tuple[object, ...] | None,
        default: object,
        factory: Callable[[], object] | None = None,
    ) -> None:
        self.name = sys.intern(name)  # as the keys of rows mostly are: found by identity
        self.type = type
        self.allowed = allowed  # the only values it may have, or None
        self.default = default  # MISSING where a value must be given
        self.factory = factory  # makes the default of each fact anew, for fields of classes
        self.required = default is MISSING
        # A value of exactly this class needs no further check: the common case, made cheap.
        is_plain = allowed is None and factory is None
        self.plain = PLAIN_CLASSES.get(type.name) if is_plain else None

    def __repr__(self) -> str:
        default = "" if self.required else f" = {shown(self.default)}"
        return f"<{self.name}: {self.type}{default}>"

    def made(self, template: str, limits: Limits) -> object:
        """The default of a new fact.

        Raises:
            FactError: The factory's value does not fit.
        """
        value = self.default if self.factory is None else self.factory()
        return self.accept(template, value, limits)

    def takes(self, value: object, limits: Limits) -> bool:
        """Whether a value can be stored as it is: the common case, without more than a look."""
        if self.plain is None or type(value) is not self.plain:
            return False
        if type(value) is str:
            return len(value) <= limits.value
        return type(value) is not int or is_short(value)

    def accept(self, template: str, value: object, limits: Limits) -> object:
        """The value as it is stored.

        Raises:
            FactError: It is not of the field's type or not among its values.
        """
        try:
            stored = store(value, self.type, limits)
        except Misfit as misfit:
            raise FactError(f"{template}.{self.name}: {misfit}") from None
        if self.allowed is not None and stored is not None:
            for option in self.allowed:
                if equal(stored, option):
                    return stored
            listed = ", ".join(shown(option) for option in self.allowed)
            raise FactError(f"{template}.{self.name}: {shown(stored)} is not one of {listed}")
        return stored


@final
class KeySpec:
    """Fields on which no two live facts of a template, or of those that extend it, agree."""

    __slots__ = ("fields", "number", "owner")

    def __init__(self, number: int, owner: str, fields: tuple[int, ...]) -> None:
        self.number = number
        self.owner = owner  # the template that declares it
        self.fields = fields  # positions, the same in every extending template

    def of(self, values: tuple[object, ...]) -> object:
        """The key of a fact with these values, as a hashable."""
        if len(self.fields) == 1:
            return join_key(values[self.fields[0]])
        return tuple([join_key(values[index]) for index in self.fields])


@final
class TemplateSpec(RecordType):
    """A template: the shape of its facts and the laws they obey."""

    __slots__ = (
        "base", "fields", "first_field", "key", "keys", "names", "number", "plain",
        "read_further", "unique",
    )  # fmt: skip

    def __init__(
        self,
        number: int,
        name: str,
        base: TemplateSpec | None,
        fields: tuple[FieldSpec, ...],
        open: bool,
        key: tuple[int, ...] | None,
        unique: bool,
    ) -> None:
        # An open template keeps the further fields of a fact as a dict in front of the others,
        # so that the declared fields of all templates that extend it stay where they are.
        self.first_field = 1 if open else 0
        positions = {f.name: i + self.first_field for i, f in enumerate(fields)}
        ancestors = frozenset([name]) if base is None else base.ancestors | {name}
        super().__init__(name, positions, ancestors, open)
        self.number = number
        self.base = base
        self.fields = fields  # inherited ones first
        self.names = [f.name for f in fields]
        self.key = key  # the nearest declared key, for upsert
        self.keys: tuple[KeySpec, ...] = ()  # its own and inherited ones, set by the compiler
        self.unique = unique
        # Of an open template: the further fields that rules read, by name, with the places that
        # stand for them in sets of field bits. Set by the compiler.
        self.read_further: dict[str, int] = {}
        # No field can hold a fact, or a collection of them: values need no translation.
        self.plain = not open and all(f.type.name in SCALARS for f in fields)

    def build(self, given: dict[str, object], limits: Limits) -> tuple[object, ...]:
        """The values of a new fact from the given fields and the defaults.

        Raises:
            FactError: An unknown or missing field, or a value that does not fit.
        """
        # Rows mostly come with all fields in the declared order. Then their values are taken as
        # they are and only checked: a third of the instructions of looking each one up.
        if not self.open and list(given.keys()) == self.names:
            return self.checked(list(given.values()), limits)
        values: list[object] = [None] if self.open else []
        used = 0
        for field in self.fields:
            value = given.get(field.name, MISSING)
            if value is MISSING:
                if field.required:
                    raise self.missing_field(field.name, given)
                value = field.default
                if field.plain is None:
                    value = field.made(self.name, limits)
            else:
                used += 1
                if not field.takes(value, limits):
                    value = field.accept(self.name, value, limits)
            values.append(value)
        if self.open:
            values[0] = self.further({}, given, limits)
        elif used != len(given):
            error = self.first_unknown(given)
            if error is not None:
                raise error
        return tuple(values)

    def checked(self, values: list[object], limits: Limits) -> tuple[object, ...]:
        """The values of a new fact from those of all its fields, in declared order.

        Raises:
            FactError: A value does not fit.
        """
        for index, field in enumerate(self.fields):
            value = values[index]
            if not field.takes(value, limits):
                values[index] = field.accept(self.name, value, limits)
        return tuple(values)

    def change(
        self, values: tuple[object, ...], given: dict[str, object], limits: Limits
    ) -> tuple[object, ...]:
        """The values of a fact after some of its fields were given anew.

        Raises:
            FactError: An unknown field, or a value that does not fit.
        """
        result = list(values)
        further = False
        for name, value in given.items():
            index = self.positions.get(name)
            if index is None:
                if not self.open:
                    raise self.unknown_field(name)
                further = True
                continue
            field = self.fields[index - self.first_field]
            if field.takes(value, limits):
                result[index] = value
            else:
                result[index] = field.accept(self.name, value, limits)
        if further:
            old = values[0]
            assert isinstance(old, dict)
            result[0] = self.further(old, given, limits)
        return tuple(result)

    def is_keyed_by(self, mask: int) -> bool:
        """Whether one of the fields of these bits is part of a key."""
        for spec in self.keys:
            for index in spec.fields:
                if mask & (2 << index):
                    return True
        return False

    def further(
        self, old: dict[str, object], given: dict[str, object], limits: Limits
    ) -> dict[str, object]:
        """The further fields of a fact of an open template after some were given."""
        result = dict(old)
        # As in `first_unknown`: the names may be anything.
        for name, value in cast("dict[object, object]", given).items():
            if name in self.positions:
                continue
            if type(name) is not str or name.startswith("_") or not name.isidentifier():
                raise FactError(f"{self.name}: {name!r} cannot be the name of a field")
            try:
                result[name] = store(value, ANY_VALUE, limits)
            except Misfit as misfit:
                raise FactError(f"{self.name}.{name}: {misfit}") from None
        return result

    def missing_field(self, name: str, given: dict[str, object]) -> FactError:
        """The error for a field without a value; a mistyped field says more."""
        error = None if self.open else self.first_unknown(given)
        return error or FactError(f"{self.name} needs a value for '{name}'")

    def first_unknown(self, given: dict[str, object]) -> FactError | None:
        """The error for the first given field that the template does not have, if any."""
        # Rows come with any keys, and compiled code trusts what it is told of types.
        for name in cast("dict[object, object]", given):
            if name not in self.positions:
                return self.unknown_field(name)
        return None

    def unknown_field(self, name: object) -> FactError:
        """The error for a field that the template does not have."""
        hint = did_you_mean(str(name), self.positions)
        listed = ", ".join(self.positions) or "none"
        return FactError(
            f"{self.name} has no field '{name}'" + (f"; {hint}" if hint else f" (it has: {listed})")
        )


ANY_VALUE = Type("any", optional=True)
