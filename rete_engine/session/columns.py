"""Checking the values of many facts by column: at a look where the types allow it.

A column of values of one built-in class needs no look at each of them in Python: their classes,
their range or the longest of them are found by loops that run in C. Any other column is checked
value by value, as the fields of a single fact are.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import TypeVar, cast

from rete_engine.diagnostics.errors import FactError, SecurityError
from rete_engine.expressions.frame import Limits
from rete_engine.expressions.values import is_short
from rete_engine.network.templates import MISSING, FieldSpec, TemplateSpec
from rete_engine.session.frames import Column
from rete_engine.session.translation import Translator

#: The exact classes whose values are stored as they are, by the name of the field's type.
_STORED: dict[str, frozenset[type]] = {
    "int": frozenset([int]),
    "float": frozenset([float]),
    "str": frozenset([str]),
    "bool": frozenset([bool]),
    "date": frozenset([date]),
    "datetime": frozenset([datetime]),
    "duration": frozenset([timedelta]),
    "any": frozenset([int, float, str, bool, date, datetime, timedelta]),
}
_V = TypeVar("_V", int, str)
_NONE = type(None)
_INTS_AND_FLOATS = frozenset([int, float])


class BadRowError(Exception):
    """A value that does not fit, in a row counted from 0."""

    def __init__(self, row: int, cause: Exception) -> None:
        super().__init__(str(cause))
        self.row = row
        self.cause = cause


class ColumnCheck:
    """Turns columns into the values of new facts of a template, which is not open."""

    def __init__(self, spec: TemplateSpec, translator: Translator, limits: Limits) -> None:
        self.spec = spec
        self.translator = translator
        self.limits = limits

    def rows(
        self, columns: Sequence[Column | None], count: int
    ) -> tuple[list[tuple[object, ...]], BadRowError | None]:
        """The values of each fact, as they are stored.

        Args:
            columns: One for each field, in declared order; None for a field that no row has.
            count: How many rows there are.

        Returns:
            The rows; when one does not fit, those before it, and what is wrong with it.
        """
        checked: list[list[object]] = []
        bad: BadRowError | None = None
        for field, column in zip(self.spec.fields, columns, strict=True):
            try:
                checked.append(self.checked(field, column, count))
            except BadRowError as error:
                if bad is None or error.row < bad.row:
                    bad = error
        if bad is not None:
            before = [None if each is None else each.first(bad.row) for each in columns]
            return self.rows(before, bad.row)[0] if bad.row else [], bad
        return list(zip(*checked, strict=True)), None

    def checked(self, field: FieldSpec, column: Column | None, count: int) -> list[object]:
        """The values of a column as they are stored.

        Raises:
            BadRowError: One does not fit; the first such row is named.
        """
        if column is None:
            return self.absent(field, count)
        values = column.values
        if column.has_missing:
            values = self.filled(field, values)
        elif self.is_known(field, column):
            return values
        found = self.at_a_look(field, values)
        return self.one_by_one(field, values) if found is None else found

    def is_known(self, field: FieldSpec, column: Column) -> bool:
        """Whether the type of a column says that all its values fit: then none is looked at."""
        stored = _STORED.get(field.type.name, frozenset())
        return column.known in stored and field.allowed is None and self.limits.value > 1

    def absent(self, field: FieldSpec, count: int) -> list[object]:
        """The values of a field that no row has."""
        if field.required:
            raise BadRowError(0, self.needed(field))
        if field.plain is not None:
            return [field.default] * count
        return [field.made(self.spec.name, self.limits) for _ in range(count)]

    def filled(self, field: FieldSpec, values: list[object]) -> list[object]:
        """A column with what stands for missing values: the default, else none, if it may be."""
        if not field.required:
            return [
                field.made(self.spec.name, self.limits) if value is MISSING else value
                for value in values
            ]
        if field.type.optional or field.type.name in ("any", "none"):
            return [None if value is MISSING else value for value in values]
        raise BadRowError(values.index(MISSING), self.needed(field))

    def needed(self, field: FieldSpec) -> FactError:
        """The error for a field without a value."""
        return FactError(f"{self.spec.name} needs a value for '{field.name}'")

    def at_a_look(self, field: FieldSpec, values: list[object]) -> list[object] | None:
        """The values as they are stored, if that can be told of the column as a whole."""
        classes = set(map(type, values))
        name = field.type.name
        present: Collection[object] = values
        if _NONE in classes:
            if not (field.type.optional or name == "any"):
                return None
            classes.discard(_NONE)
            present = [value for value in values if value is not None]
        if field.allowed is not None:
            return values if classes <= {str} and self.are_allowed(field, values) else None
        if classes <= _STORED.get(name, frozenset()):
            return values if self.are_small(present, classes) else None
        if name == "float" and classes <= _INTS_AND_FLOATS:
            numbers = cast("list[float | None]", values)
            if self.are_small(present, classes):
                return [each if each is None else float(each) for each in numbers]
        return None

    def are_allowed(self, field: FieldSpec, values: list[object]) -> bool:
        """Whether strings are among the values of a field: each is looked up once."""
        if field.type.name != "str":
            return False
        distinct = set(values)
        distinct.discard(None)
        return distinct.issubset(field.allowed or ()) and self.are_small(
            distinct, set(map(type, distinct))
        )

    def are_small(self, values: Collection[object], classes: set[type]) -> bool:
        """Whether strings and ints, if they may be any, are far below every limit."""
        if str in classes and max(map(len, _those(str, values, classes))) > self.limits.value:
            return False
        if int in classes:
            ints = _those(int, values, classes)
            return is_short(min(ints)) and is_short(max(ints))
        return True

    def one_by_one(self, field: FieldSpec, values: list[object]) -> list[object]:
        """The values as they are stored, each one checked.

        Raises:
            BadRowError: One does not fit; the first such row is named.
        """
        result: list[object] = []
        for row, value in enumerate(values):
            try:
                given = value if self.spec.plain else self.translator.inward(value)
                if not field.takes(given, self.limits):
                    given = field.accept(self.spec.name, given, self.limits)
            except (FactError, SecurityError) as error:
                raise BadRowError(row, error) from None
            result.append(given)
        return result


def _those(kind: type[_V], values: Collection[object], classes: set[type]) -> Collection[_V]:
    """The values of a class that is one of those given; all, if no other is given."""
    if len(classes) == 1:
        return cast("Collection[_V]", values)
    return [value for value in values if type(value) is kind]
