"""What a reader answers with: records, each with its place, and the error of a fact file."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from rete_engine.diagnostics.errors import FactError


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a file, as read: nothing is checked or converted yet."""

    values: object  # a mapping, where the file is right
    number: int  # counted from 1 within its list
    line: int | None = None  # counted from 1; None where the format does not tell
    whole: bool = False  # it is the whole document, not an element of a list in it
    named: str | None = None  # the template that the document names for it, as written there


@dataclass(frozen=True, slots=True)
class Batch:
    """Many records of a file of columns, which need not be taken apart."""

    columns: Any  # a record batch of Arrow
    first: int  # the number of its first record

    def records(self, nullable: Collection[str]) -> Iterator[Record]:
        """Its records one by one. A null is a value left out, but in the columns named."""
        for number, row in enumerate(self.columns.to_pylist(), self.first):
            values = {k: v for k, v in row.items() if v is not None or k in nullable}
            yield Record(values, number)


class FactFileError(FactError):
    """A file of facts cannot be read, or a record in it does not fit.

    `file`, `line`, `column` and `record` are the place as far as it is known, `cause` says what
    is wrong there. The text begins with the place and ends with the line and a marker where
    there is something to point at.

    Example:
        >>> print(FactFileError("no such file", file="orders.csv"))
        orders.csv: no such file
        >>> print(FactFileError("not a mapping", file="orders.yaml", record=3, line=7))
        orders.yaml:7: record 3: not a mapping
    """

    def __init__(
        self,
        cause: str,
        *,
        file: str,
        line: int | None = None,
        column: int | None = None,
        record: int | None = None,
        excerpt: str | None = None,
    ) -> None:
        self.cause = cause
        self.file = file
        self.line = line
        self.column = column
        self.record = record
        place = ":".join(str(part) for part in (file, line, column) if part is not None)
        which = "" if record is None else f"record {record}: "
        super().__init__(f"{place}: {which}{cause}{_marked(excerpt, line, column)}")

    @classmethod
    def at(cls, record: Record, file: str, cause: object) -> FactFileError:
        """The error of one record."""
        return cls(str(cause), file=file, line=record.line, record=record.number)


def kind_of(value: object) -> str:
    """What a value of a document is, in the words of its formats.

    Example:
        >>> kind_of(None), kind_of([1, 2]), kind_of(0.5)
        ('null', 'a list', 'a number')
    """
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case list():
            return "a list"
        case dict():
            return "a mapping"
        case _:
            return f"a {type(value).__name__}"


#: So much of a line is shown before and after the marker: NDJSON has lines of any length.
_AROUND = 60


def _marked(excerpt: str | None, line: int | None, column: int | None) -> str:
    """The line with a marker below, as rule texts show theirs."""
    if not excerpt or line is None or column is None:
        return ""
    begin = max(0, column - 1 - _AROUND)
    shown = excerpt[begin : column + _AROUND].rstrip()
    # A control character would move the marker, or the user's cursor.
    shown = "".join(
        c if c.isprintable() or c == "\t" else "\N{REPLACEMENT CHARACTER}" for c in shown
    )
    lead = "".join("\t" if c == "\t" else " " for c in shown[: column - 1 - begin])
    number = str(line)
    return f"\n {number} | {shown}\n {' ' * len(number)} | {lead.ljust(column - 1 - begin)}^"
