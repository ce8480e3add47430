"""Inserts the records of files into a session."""

from __future__ import annotations

import io
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from rete_engine.diagnostics.errors import FactError, SecurityError, SessionError
from rete_engine.expressions.values import Misfit
from rete_engine.session.collector import held_back
from rete_engine.store.address import STANDARD_INPUT, Address
from rete_engine.store.naming import TemplateNames
from rete_engine.store.readers import TABLES, read
from rete_engine.store.records import Batch, FactFileError, Record, kind_of
from rete_engine.store.references import Absent, Key, KeyedFact, References
from rete_engine.store.shapes import Shape, TemplateShape, no_field

#: Rows that are inserted at once. Large enough for the cost of a call not to matter, small
#: enough for a huge file to pass through memory instead of sitting in it.
_ROWS_AT_ONCE = 5_000


class FactStore(Protocol):
    """What is asked of a session."""

    def insert(self, template: str, /, **fields: object) -> KeyedFact:
        """Insert one fact."""

    def insert_many(self, template: str, rows: Any, *, facts: bool = False) -> Any:
        """Insert all facts or none, from dicts or an Arrow batch; answers with them if asked."""

    def facts(self, template: str, /) -> Iterable[KeyedFact]:
        """The facts of a template."""


@dataclass(slots=True)
class Loaded:
    """What was loaded."""

    facts: Counter[str] = field(default_factory=Counter)  # per template
    notices: int = 0  # keys that no field took

    @property
    def total(self) -> int:
        """All facts."""
        return self.facts.total()


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A record that refers to a fact not loaded yet."""

    order: int
    record: Record
    source: _Source
    template: str
    reason: Absent


@dataclass(slots=True)
class _Source:
    """An address, and what is known about reading it."""

    address: Address
    by_name: str | None  # the template that the name of the file means
    cells: bool
    shapes: dict[str, Shape] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.address.name


def load_facts(
    session: FactStore,
    templates: Mapping[str, TemplateShape],
    addresses: Iterable[Address],
    *,
    stdin: BinaryIO | None = None,
    strict: bool = False,
    notice: Callable[[str], None] | None = None,
    progress: Callable[[int], None] | None = None,
) -> Loaded:
    """Insert the facts of files, in the order of the files and of the records in them.

    A record that refers to a fact further down, or in a later file, is inserted after all others.

    Args:
        session: Takes the facts.
        templates: The templates of the session's rule set, by name.
        addresses: The files.
        stdin: What `-` reads; the standard input of the process where not given.
        strict: Refuse keys that no field takes, instead of dropping them with a notice.
        notice: Told about a key that no field takes, once for each template and key.
        progress: Told now and then how many records have been read.

    Returns:
        How many facts there are of each template, and how many notices were given.

    Raises:
        FactFileError: A file cannot be read or a record in it does not fit. What was inserted
            before stays in the session.
    """
    load = _Load(session, templates, strict, notice, progress)
    if stdin is None:  # a process may be started without one
        stdin = sys.stdin.buffer if sys.stdin is not None else io.BytesIO()
    with held_back():
        for address in addresses:
            load.source(address, stdin)
        load.settle()
    return load.loaded


class _Load:
    """One load under way."""

    def __init__(
        self,
        session: FactStore,
        templates: Mapping[str, TemplateShape],
        strict: bool,
        notice: Callable[[str], None] | None,
        progress: Callable[[int], None] | None,
    ) -> None:
        self.loaded = Loaded()
        self._session = session
        self._templates = templates
        self._strict = strict
        self._notice = notice
        self._progress = progress
        self._names = TemplateNames(templates)
        self._references = References(templates, session.facts)
        self._noticed: set[tuple[str, str]] = set()
        self._read = 0
        self._template = ""  # of the rows that are kept back to be inserted at once
        self._rows: list[dict[str, object]] = []
        self._origins: list[tuple[Record, _Source]] = []
        self._waiting: dict[tuple[str, Key], list[_Waiting]] = defaultdict(list)
        self._ready: list[_Waiting] = []  # what they waited for has come

    def source(self, address: Address, stdin: BinaryIO) -> None:
        """Load one source."""
        path = Path(address.path)
        named = None if address.path == STANDARD_INPUT else self._names.meant_by(path.stem)
        source = _Source(address, named, cells=path.suffix.lower() in TABLES)
        for whole in read(address, stdin):
            if isinstance(whole, Batch):
                self._batch(whole, source)
                continue
            for record in self._parts(whole, source):
                self._one(record, source)
        self._flush()

    def settle(self) -> None:
        """Insert what waited for facts that came later.

        Raises:
            FactFileError: Some of them never came.
        """
        while self._ready:
            batch, self._ready = sorted(self._ready, key=lambda w: w.order), []
            for waiting in batch:
                self._take(waiting.record, waiting.source, waiting.template, waiting.order)
            self._flush()
        left = [w for waiting in self._waiting.values() for w in waiting]
        if left:
            first = min(left, key=lambda w: w.order)
            more = f" (and {len(left) - 1} more like it)" if len(left) > 1 else ""
            raise FactFileError.at(first.record, first.source.name, f"{first.reason}{more}")

    def _one(self, record: Record, source: _Source) -> None:
        """Take one record."""
        self._read += 1
        self._take(record, source, self._template_of(record, source), self._read)

    def _batch(self, batch: Batch, source: _Source) -> None:
        """Take a batch of columns: as it is if it can be, else row by row."""
        template = source.address.template or source.by_name
        nullable: Collection[str] = ()
        if template is not None and "type" not in batch.columns.schema.names:
            self._flush()
            shape = self._shape(template, source)
            if self._insert_columns(shape.columns(batch.columns), template):
                return
            nullable = shape.nullable(batch.columns.schema.names)
        for record in batch.records(nullable):
            self._one(record, source)

    def _insert_columns(self, columns: Any | None, template: str) -> bool:
        """Insert the facts of columns; whether they are there. If not, a row tells why."""
        if columns is None:
            return False
        referable = bool(self._references.meant_by(template))
        try:
            facts = self._session.insert_many(template, columns, facts=referable)
        except (FactError, SecurityError):
            return False
        self._read += columns.num_rows
        self._inserted(template, columns.num_rows, facts if referable else [])
        if self._progress is not None:
            self._progress(self._read)
        return True

    def _parts(self, record: Record, source: _Source) -> Iterator[Record]:
        """The records of a document whose keys name templates; else the record itself."""
        values = record.values
        if not record.whole or source.address.template or not isinstance(values, dict):
            yield record
            return
        one = "type" in values or (
            source.by_name is not None
            and any(map(self._shape(source.by_name, source).takes, values))
        )
        sections = {key: self._names.meant_by(str(key)) for key in values}
        listed = all(isinstance(section, (list, dict)) for section in values.values())
        if one or not values:
            yield record
            return
        if not listed or None in sections.values():
            if source.by_name is None and any(
                named and isinstance(values[key], (list, dict)) for key, named in sections.items()
            ):
                raise FactFileError(self._wrong_section(values, sections), file=source.name)
            yield record
            return
        for key, section in values.items():
            rows = section if isinstance(section, list) else [section]
            for number, row in enumerate(rows, 1):
                yield Record(row, number, named=sections[key])

    def _wrong_section(
        self, values: dict[object, object], sections: dict[object, str | None]
    ) -> str:
        """What is wrong with the first key that is no section, where others are."""
        key = next(
            (key for key, named in sections.items() if named is None),
            next((key for key, value in values.items() if not isinstance(value, (list, dict))), ""),
        )
        if sections[key] is None:
            return self._names.unknown_section(str(key))
        return f"the section '{key}' is {kind_of(values[key])}, not a list of records"

    def _template_of(self, record: Record, source: _Source) -> str:
        known = source.address.template or record.named
        if known is not None:
            return known
        values = record.values
        said = values.get("type") if isinstance(values, dict) else None
        if isinstance(said, str) and said in self._templates:
            return said
        by_name = source.by_name
        if by_name is not None and (
            said is None
            or self._shape(by_name, source).takes("type")
            or self._templates[by_name].open
        ):
            return by_name
        if said is not None:
            raise FactFileError.at(record, source.name, self._names.unknown(said))
        given = source.address.path
        stem = "" if given == STANDARD_INPUT else f" and '{Path(given).stem}' names none"
        cause = (
            f"no template: the record has no 'type'{stem}; say --facts Template={given}"
            f" ({self._names.listed()})"
        )
        raise FactFileError.at(record, source.name, cause)

    def _take(self, record: Record, source: _Source, template: str, order: int) -> None:
        """Keep the row of a record back for insertion."""
        if not isinstance(record.values, dict):
            cause = f"{kind_of(record.values)}, not a mapping of fields"
            raise FactFileError.at(record, source.name, cause)
        shape = self._shape(template, source)
        try:
            try:
                row = shape.fields(record.values)
            except Absent:
                self._flush()  # the fact may be among the rows kept back
                row = shape.fields(record.values)
        except Misfit as misfit:
            raise FactFileError.at(record, source.name, misfit) from None
        except Absent as reason:
            waiting = _Waiting(order, record, source, template, reason)
            self._waiting[reason.template, reason.key].append(waiting)
            return
        if template != self._template or len(self._rows) >= _ROWS_AT_ONCE:
            self._flush()
            self._template = template
        self._rows.append(row)
        self._origins.append((record, source))

    def _shape(self, template: str, source: _Source) -> Shape:
        shape = source.shapes.get(template)
        if shape is None:
            shape = Shape(
                self._templates[template],
                cells=source.cells,
                find_fact=self._references.find,
                untaken=lambda template, key: self._untaken(template, key, source),
            )
            source.shapes[template] = shape
        return shape

    def _untaken(self, template: TemplateShape, key: str, source: _Source) -> None:
        if self._strict:
            raise Misfit(no_field(template, key))
        if (template.name, key) not in self._noticed:
            self._noticed.add((template.name, key))
            self.loaded.notices += 1
            if self._notice is not None:
                self._notice(f"{source.name}: {no_field(template, key)}; dropped")

    def _flush(self) -> None:
        """Insert the rows that were kept back."""
        if self._progress is not None:
            self._progress(self._read)
        if not self._rows:
            return
        template, rows, origins = self._template, self._rows, self._origins
        self._rows, self._origins = [], []
        referable = bool(self._references.meant_by(template))
        facts: list[KeyedFact] = []
        try:
            if referable:
                facts = self._session.insert_many(template, rows, facts=True)
            else:
                self._session.insert_many(template, rows)
        except (FactError, SecurityError) as cause:
            # All or none: none of them is there. One by one, the wrong one tells its place.
            for row, (record, source) in zip(rows, origins, strict=True):
                try:
                    facts.append(self._session.insert(template, **row))
                except SessionError:  # it is over a bound of its own, no matter by which row
                    raise cause from None
                except (FactError, SecurityError) as error:
                    raise FactFileError.at(record, source.name, error) from None
        self._inserted(template, len(rows), facts)

    def _inserted(self, template: str, count: int, facts: list[KeyedFact]) -> None:
        """Note what was inserted; the facts, where others may refer to them."""
        self.loaded.facts[template] += count
        if facts:
            for target in self._references.meant_by(template):
                for key in self._references.remember(target, facts):
                    self._ready += self._waiting.pop((target, key), ())
