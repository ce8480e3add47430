"""From the data of an entry to a compiled rule set: what `encode` writes, read back.

Nothing in an entry is trusted. Objects are made by the constructors of the classes in `SHAPES`,
of objects that come before them, so there are no cycles but those that are made here. What does
not fit raises some exception, and whoever called takes the entry for damaged.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import repeat
from typing import Any, cast

from rete_engine.cache.shapes import SHAPES
from rete_engine.network.alphas import AlphaSpec, RightSpec
from rete_engine.network.compiled import Compiled
from rete_engine.network.network import Network
from rete_engine.network.nodes import (
    BranchingSpec,
    FirstSpec,
    NodeSpec,
    ProductionSpec,
    RightInputSpec,
    RootSpec,
)
from rete_engine.network.routes import routes_of
from rete_engine.network.rules import QuerySpec
from rete_engine.network.templates import MISSING, TemplateSpec

#: An entry makes at most so many cells for each of its bytes: none unfolds to fill the memory.
MOST_CELLS_A_BYTE = 32

#: Objects stand within each other at most so deep. A rule has 200 conditions at most, and an
#: expression 200 levels.
MOST_LEVELS = 2_000

_LITERALS = frozenset([str, int, float, bool, type(None)])


class DamagedError(Exception):
    """An entry does not say what entries say."""


def decode(data: Any, size: int) -> Compiled:
    """A compiled rule set from data; `size` is how many bytes it took in JSON.

    Raises:
        Exception: Any. Then the data is not what `encode` writes.
    """
    decoder = _Decoder(size * MOST_CELLS_A_BYTE)
    if len(data["levels"]) > MOST_LEVELS:
        raise DamagedError("too deep")
    for batches in data["levels"]:
        decoder.level(batches)
    for kind, name, count, targets, values in data["late"]:
        decoder.late(kind, name, count, targets, values)
    return _assembled([decoder.objects[part] for part in data["parts"]], *data["locals"])


def _hexadecimal(text: str) -> int:
    return int(text, 16)


def _moment(text: str, fold: int) -> datetime:
    return datetime.fromisoformat(text).replace(fold=fold)


#: How objects that are not of `SHAPES` are made of their cells.
_MAKERS: dict[str, Callable[..., Any]] = {
    "value": lambda value: value,
    "set": set,
    "frozenset": frozenset,
    "dict": lambda keys, values: dict(zip(keys, values, strict=True)),
    "int": _hexadecimal,
    "float": float,
    "decimal": Decimal,
    "date": date.fromisoformat,
    "datetime": _moment,
    "timedelta": timedelta,
    "answers": lambda query: query.answers,
    "missing": lambda: MISSING,
}
_MAKERS.update((shape.name, shape.cls) for shape in SHAPES.values())


class _Decoder:
    """Fills the table of objects."""

    def __init__(self, most_cells: int) -> None:
        self.objects: list[Any] = []
        self.cells = most_cells  # that may still be made

    def level(self, batches: Iterable[tuple[str, int, list[Any]]]) -> None:
        """Make the objects of a level, of those of the levels before it."""
        limit = len(self.objects)
        for kind, count, columns in batches:
            self.spend(count, len(columns) + 1)
            cells = [self.column(column, count, limit) for column in columns]
            self.objects.extend(_made(kind, count, cells))

    def spend(self, count: int, columns: int) -> None:
        """Refuse to make more cells than the entry's size explains."""
        self.cells -= count * columns
        if type(count) is not int or count < 0 or self.cells < 0:
            raise DamagedError("it unfolds to more than it can mean")

    def column(self, column: list[Any], count: int, limit: int) -> Iterable[Any]:
        """The cells of a column; places are below `limit`."""
        kind, first = column[0], column[1]
        objects = self.objects
        match kind:
            case "=":
                _check_literals([first])
                return repeat(sys.intern(first) if type(first) is str else first, count)
            case "+":
                return range(first, first + count)
            case "*":
                _check_literals(first)
                return _counted(first, count)
            case "#":
                words = [sys.intern(word) for word in first]
                return [words[place] for place in _counted(_checked(column[2], len(words)), count)]
            case "r=":
                return repeat(objects[_checked([first], limit)[0]], count)
            case "r+":
                _checked([first, first + count - 1], limit)
                return objects[first : first + count]
            case "r*":
                return list(map(objects.__getitem__, _counted(_checked(first, limit), count)))
        raise DamagedError(f"a column of kind {kind!r}")

    def late(self, kind: str, name: str, count: int, targets: list[Any], values: list[Any]) -> None:
        """Set an attribute of some objects of a class."""
        shape = SHAPES[kind]
        if name not in shape.late:
            raise DamagedError(f"{kind}.{name} is not set late")
        self.spend(count, 2)
        limit = len(self.objects)
        cells = self.column(values, count, limit)
        for target, value in zip(self.column(targets, count, limit), cells, strict=True):
            if type(target) is not shape.cls:
                raise DamagedError(f"{name} of another class")
            setattr(target, name, value)


def _made(kind: str, count: int, cells: list[Iterable[Any]]) -> list[Any]:
    """The objects of a batch, or the one long sequence that it is."""
    match kind:
        case "tuple":
            return list(zip(*cells, strict=True)) if cells else [()] * count
        case "list":
            return (
                list(map(list, zip(*cells, strict=True))) if cells else [[] for _ in range(count)]
            )
        case "long tuple":
            return [tuple(cells[0])]
        case "long list":
            return [list(cells[0])]
    make = _MAKERS[kind]
    if not cells:
        return [make() for _ in range(count)]
    return list(map(make, *cells))


def _counted(cells: list[Any], count: int) -> list[Any]:
    if len(cells) != count:
        raise DamagedError("a column of another length")
    return cells


def _checked(places: list[int], limit: int) -> list[int]:
    """Places, all of which are below a limit."""
    if places and not (
        set(map(type, places)) == {int} and min(places) >= 0 and max(places) < limit
    ):
        raise DamagedError("a place that is none")
    return places


def _check_literals(cells: list[Any]) -> None:
    if not _LITERALS.issuperset(map(type, cells)):
        raise DamagedError("something nested where a value belongs")


def _assembled(parts: list[Any], locals: int, facts_locals: int, most_locals: int) -> Compiled:
    """The rule set of its parts, linked in the directions that entries do not say."""
    (
        templates, alphas, nodes, rules, queries, groups, derived,
        params, functions, externals, facts, facts_places,
    ) = parts  # fmt: skip
    _link(cast("tuple[NodeSpec, ...]", nodes))
    root = nodes[0]
    if not isinstance(root, RootSpec):
        raise DamagedError("no root")
    network = Network(
        templates,
        alphas,
        nodes,
        root,
        rules,
        queries,
        routes_of(
            cast("tuple[TemplateSpec, ...]", templates),
            cast("tuple[QuerySpec, ...]", queries),
            cast("tuple[AlphaSpec, ...]", alphas),
        ),
        groups,
        locals,
        derived,
    )
    return Compiled(
        network, params, functions, externals, facts, facts_places, facts_locals, most_locals
    )


def _link(nodes: tuple[NodeSpec, ...]) -> None:
    """Tell parents of their children, indexes of their nodes, and rules of their readings."""
    rights: dict[int, RightSpec] = {}
    for node in nodes:
        parent = node.parent
        if parent is not None:
            parent.children.append(node)
        if isinstance(node, FirstSpec):
            node.alpha.firsts.append(node)
        elif isinstance(node, RightInputSpec):
            rights.setdefault(node.right.number, node.right)
        elif isinstance(node, ProductionSpec):
            node.rule.readings.append(node.reading)
    for number in sorted(rights):
        right = rights[number]
        right.alpha.rights.append(right)
    for node in nodes:
        if isinstance(node, BranchingSpec):
            # A branch was there before what follows the node, below the same parent.
            count = len(node.branch)
            if node.children[:count] != node.branch:
                raise DamagedError("a branch that hangs elsewhere")
            node.children = node.children[count:]
