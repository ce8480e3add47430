"""From a compiled rule set to plain data for JSON, in columns.

Objects of one class whose makings are of the same kinds become one *batch*: a column for each
argument of the constructor. Ten thousand rules that look alike are a few dozen batches, most of
whose columns are one value or count up, and `decode` makes a batch without a loop in Python. An
object stands behind those that it is made of: batches are sorted by *levels*.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from operator import attrgetter
from typing import Any

from rete_engine.cache.shapes import DERIVED, SHAPES, Shape
from rete_engine.network.compiled import Compiled
from rete_engine.network.rules import QuerySpec
from rete_engine.network.templates import MISSING

#: A sequence that is longer stands alone, with a column of its items.
LONGEST_ROW = 16

_WORD = 1 << 63
_WORDS = frozenset([str, bool, type(None)])

#: A column: its kind and its values, see `_column`.
Column = list[Any]


class NotStorableError(Exception):
    """The rule set holds something that an entry cannot: an object of the program."""


class _Reader:
    """Takes objects of a class apart."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        derived = [name for name in shape.arguments if (shape.name, name) in DERIVED]
        self._take: Callable[[Any], Any] | None = None
        if shape.arguments and not derived:
            self._take = attrgetter(*shape.arguments)
        self.late = [
            (name, DERIVED.get((shape.name, name), attrgetter(name)), default)
            for name, default in shape.late.items()
        ]

    def arguments(self, value: object) -> tuple[object, ...]:
        """What the constructor is given."""
        names = self.shape.arguments
        if self._take is not None:
            taken = self._take(value)
            return taken if len(names) > 1 else (taken,)
        return tuple(
            DERIVED.get((self.shape.name, name), attrgetter(name))(value) for name in names
        )


_READERS = {shape.cls: _Reader(shape) for shape in SHAPES.values()}


def encode(compiled: Compiled) -> dict[str, Any]:
    """A compiled rule set as data for JSON.

    Raises:
        NotStorableError: It holds something that is not data.
    """
    network = compiled.network
    encoder = _Encoder(network.queries)
    # In the order of their numbers, parents come before children: no deep recursion.
    for spec in (*network.templates, *network.alphas, *network.nodes):
        encoder.place(spec)
    parts = [
        encoder.place(part)
        for part in (
            network.templates,
            network.alphas,
            network.nodes,
            network.rules,
            network.queries,
            network.groups,
            network.derived,
            compiled.params,
            compiled.functions,
            compiled.externals,
            compiled.facts,
            compiled.facts_places,
        )
    ]
    encoder.finish()
    return {
        "levels": encoder.levels_of_batches(),
        "late": encoder.late_columns(),
        "parts": [encoder.final[part] for part in parts],
        "locals": [network.locals, compiled.facts_locals, compiled.locals],
    }


class _Encoder:
    """Gives every object a number, and sorts what they are made of into batches."""

    def __init__(self, queries: tuple[QuerySpec, ...]) -> None:
        self.numbers: dict[int, int] = {}  # by the id of the object
        self.kept: list[object] = []  # so that ids stay theirs
        self.levels: list[int] = []  # by number
        self.batches: dict[tuple[int, str, int, str], list[tuple[int, list[Any]]]] = {}
        self.boxes: dict[tuple[type, object], int] = {}
        self.late: dict[tuple[str, str, str], list[tuple[int, Any]]] = {}
        self.waiting: list[tuple[_Reader, int, object]] = []
        self.answers = {id(query.answers): query for query in queries}
        self.final: dict[int, int] = {}  # the place in the table of the decoder, by number

    def place(self, value: object) -> int:
        """The number of an object, which is taken apart if it is new."""
        number = self.numbers.get(id(value))
        if number is not None:
            return number
        reader = _READERS.get(type(value))
        if reader is not None:
            kind, cells = reader.shape.name, reader.arguments(value)
        else:
            kind, cells = self.plain(value)
            if len(cells) > LONGEST_ROW:
                return self.place_long(value, kind, cells)
        levels = self.levels
        row: list[Any] = []
        signature = ""
        level = 0  # above the highest of what it is made of
        for cell in cells:
            if is_literal(cell):
                row.append(cell)
                signature += "L"
            else:
                part = self.place(cell)
                row.append(part)
                signature += "R"
                if levels[part] >= level:
                    level = levels[part] + 1
        number = self.keep(value, (level, kind, len(row), signature), row)
        if reader is not None and reader.late:
            self.waiting.append((reader, number, value))
        return number

    def place_long(self, value: object, kind: str, cells: tuple[object, ...]) -> int:
        """The number of a long sequence: a batch of its own, with a column for its items."""
        kind, own = f"long {kind}", len(self.levels)
        if all(is_literal(cell) for cell in cells):
            return self.keep(value, (0, kind, own, "L"), list(cells))
        row = [self.boxed(cell) for cell in cells]
        level = max([self.levels[part] for part in row]) + 1
        return self.keep(value, (level, kind, own, "R"), row)

    def keep(self, value: object, batch: tuple[int, str, int, str], row: list[Any]) -> int:
        """Put what a new object is made of into its batch."""
        number = len(self.levels)
        self.levels.append(batch[0])
        self.numbers[id(value)] = number
        self.kept.append(value)
        rows = self.batches.get(batch)
        if rows is None:
            rows = self.batches[batch] = []
        rows.append((number, row))
        return number

    def boxed(self, value: object) -> int:
        """The number of an item of a long sequence, whatever it is."""
        if not is_literal(value):
            return self.place(value)
        key = (type(value), value)
        number = self.boxes.get(key)
        if number is None:
            number = self.boxes[key] = self.keep(object(), (0, "value", 1, "L"), [value])
        return number

    def plain(self, value: object) -> tuple[str, tuple[object, ...]]:
        """What a value that is no part of the engine is made of."""
        match value:
            case tuple():
                return "tuple", value
            case list():
                return "list", tuple(value)
            case set() | frozenset():
                # In an order that does not change from one process to the next.
                items = sorted(value, key=lambda item: (type(item).__name__, repr(item)))
                return type(value).__name__, (tuple(items),)
            case dict():
                return "dict", (tuple(value), tuple(value.values()))
            case int():
                return "int", (hex(value),)
            case float():
                return "float", (repr(value),)
            case Decimal():
                return "decimal", (str(value),)
            case datetime():
                return "datetime", (value.isoformat(), value.fold)
            case date():
                return "date", (value.isoformat(),)
            case timedelta():
                return "timedelta", (value.days, value.seconds, value.microseconds)
        if value is MISSING:
            return "missing", ()
        query = self.answers.get(id(value))
        if query is not None:
            return "answers", (query,)
        raise NotStorableError(f"an object of {type(value).__qualname__}")

    def finish(self) -> None:
        """Take up what is set late, and everything that comes with it; then number for good."""
        while self.waiting:
            reader, number, value = self.waiting.pop()
            for name, take, default in reader.late:
                found = take(value)
                if found is default or (found == default and type(found) is type(default)):
                    continue
                literal = is_literal(found)
                sign = "L" if literal else "R"
                cell = found if literal else self.place(found)
                self.late.setdefault((reader.shape.name, name, sign), []).append((number, cell))
        place = 0
        for key in sorted(self.batches, key=lambda key: key[0]):
            for number, _ in self.batches[key]:
                self.final[number] = place
                place += 1

    def levels_of_batches(self) -> list[list[Any]]:
        """The batches, level by level."""
        levels: list[list[Any]] = []
        for key in sorted(self.batches, key=lambda key: key[0]):
            level, kind, _, signature = key
            rows = [row for _, row in self.batches[key]]
            if level == len(levels):
                levels.append([])
            if kind.startswith("long"):
                columns = [self.column(rows[0], signature)]
                levels[level].append([kind, len(rows[0]), columns])
            else:
                columns = [
                    self.column([row[place] for row in rows], sign)
                    for place, sign in enumerate(signature)
                ]
                levels[level].append([kind, len(rows), columns])
        return levels

    def late_columns(self) -> list[Any]:
        """What is set late: class, attribute, objects, values."""
        found: list[Any] = []
        for (kind, name, sign), cells in self.late.items():
            cells.sort(key=lambda cell: self.final[cell[0]])
            targets = self.column([number for number, _ in cells], "R")
            values = self.column([cell for _, cell in cells], sign)
            found.append([kind, name, len(cells), targets, values])
        return found

    def column(self, cells: list[Any], sign: str) -> Column:
        """The cells as a column; of an "R", they are numbers of objects."""
        if sign == "R":
            return _column([self.final[cell] for cell in cells], "r")
        return _column(cells, "")


def is_literal(value: object) -> bool:
    """Whether JSON gives a value back as it was."""
    kind = type(value)
    if kind in _WORDS:
        return True
    # mypy does not follow `kind is int` back to the value; `isinstance` would let an
    # enum of ints pass, which JSON gives back as a plain int.
    if kind is int:
        return -_WORD < value < _WORD  # type: ignore[operator]
    return kind is float and math.isfinite(value)  # type: ignore[arg-type]


def _column(cells: list[Any], prefix: str) -> Column:
    """Cells in as few words as they need.

    - `=`: one value for all; `+`: numbers that count up; `*`: the values.
    - `#`: words that come again and again, and which of them each one is.
    - With `r` in front, they are places in the table of objects.
    """
    first = cells[0]
    kinds = set(map(type, cells))
    if len(kinds) == 1 and type(first) is not float and cells.count(first) == len(cells):
        return [f"{prefix}=", first]
    if kinds == {int} and cells == list(range(first, first + len(cells))):
        return [f"{prefix}+", first]
    if kinds == {str}:
        words = list(dict.fromkeys(cells))
        if len(words) * 2 <= len(cells):
            places: Mapping[str, int] = {word: place for place, word in enumerate(words)}
            return ["#", words, [places[cell] for cell in cells]]
    return [f"{prefix}*", cells]
