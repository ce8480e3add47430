"""Many facts at once, from whatever holds rows: all of them, or none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from operator import itemgetter
from typing import Any

from rete_engine.diagnostics.errors import FactError
from rete_engine.network.templates import MISSING, TemplateSpec
from rete_engine.runtime.handle import Handle
from rete_engine.runtime.intake import Intake
from rete_engine.runtime.memory import Element
from rete_engine.runtime.working_memory import WorkingMemory
from rete_engine.session.columns import ColumnCheck
from rete_engine.session.frames import Column, columns_of
from rete_engine.session.translation import Translator

#: Rows that are looked at together. Few enough for the processor's cache: ten times as many took
#: half as long again.
_ROWS_AT_ONCE = 1_000


def insert_rows(
    memory: WorkingMemory, translator: Translator, template: str | None, rows: Any
) -> list[Element]:
    """Insert facts of a template, or with None of objects; the fact of each row.

    Every row is checked before the first one enters.

    Raises:
        FactError: A row does not fit; it is named by its number.
        SessionLimitError: There would be too many facts.
    """
    columns = columns_of(rows)
    if columns is None and (
        isinstance(rows, (str, bytes, dict, Handle)) or not isinstance(rows, Iterable)
    ):
        raise FactError(f"rows must be an iterable of mappings or objects, not {_kind(rows)}")
    if template is None and columns is not None:
        raise FactError(f"the rows of a {_kind(rows)} need the name of a template")
    if template is None:
        return _insert_objects(Intake(memory, None), translator, rows)
    spec = translator.spec(template)
    intake = Intake(memory, spec)
    taker = _Taker(intake, translator, spec)
    ordered = None if columns is None else taker.in_order(columns)
    try:
        if columns is None:
            taker.take_rows(iter(rows))
        elif ordered is None:
            taker.take_open(columns)
        else:
            taker.take_columns(ordered, len(columns[0].values) if columns else 0)
    except BaseException as error:
        intake.undo(error)
        raise
    return intake.enter()


def _insert_objects(
    intake: Intake, translator: Translator, rows: Iterable[object]
) -> list[Element]:
    """Insert objects of classes that are templates."""
    fresh: dict[int, tuple[object, Element]] = {}  # by id() of the object
    try:
        for row in rows:
            if isinstance(row, (Mapping, str)):
                raise FactError(f"expected an object of a template's class, not {_kind(row)}")
            known = fresh.get(id(row))
            standing = translator.standing(row) if known is None else known[1]
            if standing is not None:
                intake.take_again(standing)
                continue
            intake.take(*translator.given(row, {}))
            fresh[id(row)] = (row, intake.found[-1])
    except BaseException as error:
        intake.undo(error)
        raise
    elements = intake.enter()
    for original, element in fresh.values():
        translator.remember(original, element)
    return elements


class _Taker:
    """Hands rows of one template to an intake."""

    def __init__(self, intake: Intake, translator: Translator, spec: TemplateSpec) -> None:
        self.intake = intake
        self.translator = translator
        self.spec = spec
        self.check = ColumnCheck(spec, translator, intake.memory.limits)

    def in_order(self, columns: Sequence[Column]) -> list[Column | None] | None:
        """The column of each field; None for an open template, which takes further ones.

        Raises:
            FactError: A column is no field.
        """
        if self.spec.open:
            return None
        by_name = {column.name: column for column in columns}
        for name in by_name:
            if name not in self.spec.positions:
                raise self.spec.unknown_field(name)
        return [by_name.get(name) for name in self.spec.names]

    def take_columns(self, columns: Sequence[Column | None], count: int) -> None:
        """Take rows that are there as columns."""
        if not count:
            return
        rows, bad = self.check.rows(columns, count)
        self.intake.take_all(self.spec, rows)
        if bad is not None:
            raise bad.cause

    def take_open(self, columns: Sequence[Column]) -> None:
        """Take the rows of a frame into an open template."""
        names = [column.name for column in columns]
        for values in zip(*(column.values for column in columns), strict=True):
            pairs = zip(names, values, strict=True)
            self.take_row({name: value for name, value in pairs if value is not MISSING})

    def take_rows(self, rows: Iterator[object]) -> None:
        """Take rows of any kind, many at once where all are alike."""
        while chunk := list(islice(rows, _ROWS_AT_ONCE)):
            columns = None if self.spec.open else self.alike(chunk)
            if columns is not None:
                self.take_columns(columns, len(chunk))
                continue
            for row in chunk:
                self.take_row(row)

    def alike(self, chunk: list[Any]) -> list[Column | None] | None:
        """The columns of rows that all have the same fields; None if they do not."""
        kinds = set(map(type, chunk))
        widths = set(map(len, chunk)) if kinds <= _PLAIN_ROWS else set()
        if len(widths) != 1 or not (width := widths.pop()):
            return None
        if kinds != {dict}:
            if dict in kinds or width != len(self.spec.names):
                return None
            return [Column(None, list(values)) for values in zip(*chunk, strict=True)]
        names = list(chunk[0])
        if not self.spec.positions.keys() >= set(names):
            return None
        try:
            found = {name: list(map(itemgetter(name), chunk)) for name in names}
        except KeyError:
            return None
        return [Column(name, found[name]) if name in found else None for name in self.spec.names]

    def take_row(self, row: object) -> None:
        """Take one row.

        Raises:
            FactError: It is none, or does not fit.
        """
        given: dict[Any, object]
        if isinstance(row, dict):
            given = row
        elif isinstance(row, (tuple, list)):
            names = getattr(row, "_fields", self.spec.names)  # a named tuple has its own
            if len(names) != len(row):
                raise self.misses(len(row))
            given = dict(zip(names, row, strict=True))
        elif isinstance(row, Mapping) or hasattr(row, "keys"):  # as the rows of sqlite3 have
            given = dict(row)  # type: ignore[call-overload]  # what has keys is enough for a dict
        else:
            known = type(row) in self.translator.names
            more = "; objects go in by insert_many(None, objects)" if known else ""
            raise FactError(f"expected a mapping or a tuple, not {_kind(row)}{more}")
        self.intake.take(self.spec, given if self.spec.plain else self.translator.all_inward(given))

    def misses(self, width: int) -> FactError:
        """The error for a tuple of the wrong width."""
        names = self.spec.names
        listed = f" ({', '.join(names)})" if names else ""
        return FactError(
            f"{self.spec.name} has {len(names)} field{'' if len(names) == 1 else 's'}{listed},"
            f" the row {width} value{'' if width == 1 else 's'}"
        )


_PLAIN_ROWS = frozenset([dict, list, tuple])


def _kind(value: object) -> str:
    return type(value).__name__
