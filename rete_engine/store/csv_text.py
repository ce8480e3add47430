"""Records from CSV: a heading line, then one record per row; the cells are still text."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator

from rete_engine.store.records import FactFileError, Record

#: What separates cells, if the heading has no comma: spreadsheets of many countries write `;`.
_OTHER_DELIMITERS = (";", "\t")


def tabbed_rows(stream: Iterable[bytes], file: str) -> Iterator[Record]:
    """The rows of a table whose cells are separated by tabs, see `rows`."""
    return rows(stream, file, "\t")


def rows(stream: Iterable[bytes], file: str, delimiter: str | None = None) -> Iterator[Record]:
    """The rows below the heading, as mappings of column to text.

    Args:
        stream: The lines.
        file: What messages call it.
        delimiter: What separates cells; where None, what the heading tells.

    Raises:
        FactFileError: It is not CSV: a row has more or fewer cells than the heading, a quote
            is not closed, a column stands twice, or the text is not UTF-8.
    """
    text = _decoded(stream, file)
    before = -1  # lines before the row that is being read
    heading = ""
    for heading in text:
        before += 1
        if heading.strip():
            break
    if not heading.strip():
        return
    empty = before
    if delimiter is None and "," in heading:
        delimiter = ","
    elif delimiter is None:
        delimiter = next((d for d in _OTHER_DELIMITERS if d in heading), ",")
    reader = csv.reader(_again(heading, text), delimiter=delimiter, strict=True)
    columns: list[str] | None = None
    number = 0
    try:
        for cells in reader:
            line, before = before + 1, empty + reader.line_num
            if columns is None:
                columns = [cell.strip() for cell in cells]
                _check_columns(columns, file, line)
            elif cells:
                number += 1
                if len(cells) != len(columns):
                    cause = f"{_cells(len(cells))} where the heading has {len(columns)}"
                    raise FactFileError(cause, file=file, line=line, record=number)
                yield Record(dict(zip(columns, cells, strict=True)), number, line)
    except csv.Error as error:
        # The reader stops at the end of a quote that is not closed, the row began before.
        cause = "a quote is not closed" if "unexpected end" in str(error) else str(error)
        raise FactFileError(f"not CSV: {cause}", file=file, line=before + 1) from None


def _cells(count: int) -> str:
    return "1 cell" if count == 1 else f"{count} cells"


def _check_columns(columns: list[str], file: str, line: int) -> None:
    for index, column in enumerate(columns):
        if not column:
            raise FactFileError(f"column {index + 1} has no name", file=file, line=line)
        if column in columns[:index]:
            raise FactFileError(f"the column '{column}' stands twice", file=file, line=line)


def _again(first: str, rest: Iterable[str]) -> Iterator[str]:
    yield first
    yield from rest


def _decoded(stream: Iterable[bytes], file: str) -> Iterator[str]:
    """The lines as text; an unreadable one is reported where it stands."""
    for line, raw in enumerate(stream, 1):
        try:
            text = raw.decode("utf-8-sig" if line == 1 else "utf-8")
        except UnicodeDecodeError as error:
            cause = f"not UTF-8 text (byte {error.object[error.start]:#04x})"
            raise FactFileError(cause, file=file, line=line) from None
        if "\0" in text:
            raise FactFileError("a binary file, not CSV", file=file, line=line)
        yield text
