"""What enters working memory, and what is refused."""

from __future__ import annotations

import array
import enum
import math
import uuid
from collections import OrderedDict, namedtuple
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import numpy
import pytest

from rete_engine.diagnostics.errors import SecurityError
from rete_engine.expressions.frame import Limits, Record, RecordType
from rete_engine.expressions.types import ANY, Type
from rete_engine.expressions.values import Misfit, from_cell, from_text, shown, store

ORDER = RecordType("Order", {"id": 0}, frozenset(["Order", "Thing"]), False)
INTS = Type("list", (Type("int"),))


class Color(enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


class Name(str):
    __slots__ = ()


class Moment(datetime):
    pass


Pair = namedtuple("Pair", "a b")


@pytest.mark.parametrize(
    ("value", "wanted", "stored"),
    [
        (1, "int", 1),
        (1, "float", 1.0),
        (True, "bool", True),
        (None, "any", None),
        (Color.RED, "str", "red"),
        (Level.HIGH, "int", 3),
        (Level.HIGH, "any", 3),
        (Name("x"), "str", "x"),
        (uuid.UUID(int=1), "str", "00000000-0000-0000-0000-000000000001"),
        (Moment(2026, 1, 1, tzinfo=UTC), "datetime", datetime(2026, 1, 1, tzinfo=UTC)),
        (OrderedDict(a=1), "dict", {"a": 1}),
        (Pair(1, [2]), "tuple", (1, [2])),
        (frozenset([1]), "set", {1}),
        (timedelta(1), "duration", timedelta(1)),
        (10**40, "int", 10**40),
    ],
)
def test_store(value: object, wanted: str, stored: object) -> None:
    result = store(value, Type(wanted), Limits())
    assert result == stored
    assert type(result) is type(stored)


class Cart:
    """Has an `item` of its own, which gives no value of Python's."""

    def item(self) -> object:
        return self


class Touchy:
    """Fails when it is asked for what it does not have."""

    def __getattr__(self, name: str) -> object:
        raise (AttributeError if name.startswith("__") else RuntimeError)(name)


@pytest.mark.parametrize(
    ("value", "wanted", "message"),
    [
        ("abc", Type("int"), "expected int, got str 'abc'"),
        (True, Type("int"), "expected int, got bool true"),
        (True, Type("float"), "expected float, got bool true"),
        (1, Type("bool"), "expected bool, got int 1"),
        (1.0, Type("int"), "expected int, got float 1.0"),
        (1, Type("decimal"), "expected decimal, got int 1"),
        (None, Type("int"), "expected int, got none"),
        (datetime(2026, 1, 1), Type("date"), "expected date, got datetime"),
        (date(2026, 1, 1), Type("datetime"), "expected datetime, got date"),
        ([1, "2"], INTS, "expected int, got str '2'"),
        ((1,), INTS, r"expected list\[int\], got \(1,\)"),
        (10**400, Type("float"), "too large for a float"),
        (Decimal("sNaN"), ANY, "signalling"),
        ({math.nan: 1}, ANY, "NaN cannot be a dict key"),
        ({(1, frozenset([2])): 1}, ANY, "a tuple cannot be a dict key"),
        ({frozenset([1])}, ANY, "a set cannot be a set element"),
        (b"x", ANY, "'bytes' are not supported"),
        (object(), ANY, "'object' are not supported"),
        (MappingProxyType({}), ANY, "'mappingproxy' are not supported"),
        (
            numpy.int64(1),
            Type("int"),
            r"'numpy.int64' are not supported; \.item\(\) gives Python's",
        ),
        (numpy.bool_(True), ANY, r"'numpy\.bool' are not supported; \.item\(\) gives Python's"),
        (numpy.array([1]), INTS, r"'numpy.ndarray' are not supported; \.tolist\(\) gives Python's"),
        (array.array("d"), ANY, r"'array.array' are not supported; \.tolist\(\) gives"),
        (Touchy(), ANY, "Touchy' are not supported$"),
        (Cart(), ANY, "Cart' are not supported$"),
        (Fraction(1, 2), ANY, "'fractions.Fraction' are not supported$"),
        ("Order", Type("Order"), "expected Order, got str 'Order'"),
        (Record(ORDER, (1,)), Type("Line"), "expected Line, got a fact of Order"),
        (Record(ORDER, (1,)), Type("str"), "expected str, got a fact of Order"),
    ],
)
def test_misfits(value: object, wanted: Type, message: str) -> None:
    with pytest.raises(Misfit, match=message):
        store(value, wanted, Limits())


def test_facts_fit_their_template_and_those_it_extends() -> None:
    order = Record(ORDER, (1,))
    for name in ("Order", "Thing", "any"):
        assert store(order, Type(name), Limits()) is order
    assert store([order], Type("list", (Type("Thing"),)), Limits()) == [order]


def test_a_copy_is_deep() -> None:
    inner = [1]
    stored: Any = store({"a": inner}, ANY, Limits())
    inner.append(2)
    assert stored == {"a": [1]}


def test_ints_in_a_list_of_floats_become_floats() -> None:
    stored: Any = store([1, 2.5], Type("list", (Type("float"),)), Limits())
    assert [type(item) for item in stored] == [float, float]


def _knot() -> object:
    knot: list[object] = []
    knot.append(knot)
    return knot


def _laughter() -> object:
    value: object = ["ha"]
    for _ in range(40):
        value = [value] * 10
    return value


def _deep() -> object:
    value: object = 1
    for _ in range(500):
        value = {"a": value}
    return value


@pytest.mark.parametrize(
    "make",
    [
        _knot,
        _laughter,
        _deep,
        lambda: "x" * 10_001,
        lambda: 1 << 320_000,
        lambda: [0] * 10_001,
        lambda: Decimal("1" * 4_301),
    ],
    ids=["knot", "laughter", "deep", "str", "int", "list", "decimal"],
)
def test_what_is_over_a_limit_is_refused(make: Callable[[], object]) -> None:
    with pytest.raises(SecurityError):
        store(make(), ANY, Limits(value=10_000))


@pytest.mark.parametrize(
    ("value", "wanted", "expected"),
    [
        ("2026-01-31", Type("date"), date(2026, 1, 31)),
        ("2026-01-31T12:00:00Z", Type("datetime"), datetime(2026, 1, 31, 12, tzinfo=UTC)),
        ("2026-01-31T12:00:00", Type("datetime"), datetime(2026, 1, 31, 12)),
        ("PT5M", Type("duration"), timedelta(minutes=5)),
        ("P1DT2H3M4.5S", Type("duration"), timedelta(1, 7384, 500_000)),
        ("-PT5M", Type("duration"), timedelta(minutes=-5)),
        ("P2W", Type("duration"), timedelta(weeks=2)),
        ("5m", Type("duration"), timedelta(minutes=5)),
        ("1h30m", Type("duration"), timedelta(minutes=90)),
        ("500ms", Type("duration"), timedelta(milliseconds=500)),
        ("2026-01-31", Type("str"), "2026-01-31"),
        ("2026-01-31", ANY, "2026-01-31"),
        ("1.50", Type("decimal"), Decimal("1.50")),
        (1.1, Type("decimal"), Decimal("1.1")),
        ([1, 2], Type("set"), {1, 2}),
        ([1, 2], Type("tuple"), (1, 2)),
        (["PT1S"], Type("list", (Type("duration"),)), [timedelta(seconds=1)]),
        ({"1": "2026-01-31"}, Type("dict", (Type("int"), Type("date"))), {1: date(2026, 1, 31)}),
    ],
)
def test_from_text(value: object, wanted: Type, expected: object) -> None:
    result = from_text(value, wanted)
    assert result == expected
    assert type(result) is type(expected)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2026-13-01", Type("date")),
        ("yesterday", Type("datetime")),
        ("P", Type("duration")),
        ("PT", Type("duration")),
        ("P1DT", Type("duration")),
        ("P1Y", Type("duration")),
        ("5", Type("duration")),
        ("", Type("duration")),
        ("5 m", Type("duration")),
        ("9" * 500 + "d", Type("duration")),
        ("9" * 5000 + "d", Type("duration")),
        ("one", Type("decimal")),
        ("sNaN", Type("decimal")),
    ],
)
def test_texts_that_do_not_read(text: str, wanted: Type) -> None:
    with pytest.raises(Misfit):
        from_text(text, wanted)


@pytest.mark.parametrize(
    ("cell", "wanted", "expected"),
    [
        ("42", Type("int"), 42),
        (" -7 ", Type("int"), -7),
        ("1e3", Type("float"), 1000.0),
        ("true", Type("bool"), True),
        ("False", Type("bool"), False),
        ("42", Type("str"), "42"),
        ("42", ANY, "42"),
        ("", Type("int", optional=True), None),
        ("[1, 2]", INTS, [1, 2]),
        ('{"a": 1}', Type("dict"), {"a": 1}),
        ("2026-01-31", Type("date"), date(2026, 1, 31)),
    ],
)
def test_from_cell(cell: str, wanted: Type, expected: object) -> None:
    assert from_cell(cell, wanted) == expected


@pytest.mark.parametrize(
    ("cell", "wanted"),
    [
        ("", Type("str")),
        ("4.2", Type("int")),
        ("1_000", Type("int")),
        ("9" * 10_000, Type("int")),
        ("x", Type("float")),
        ("maybe", Type("bool")),
        ("[" * 100_000, Type("list")),
    ],
)
def test_cells_that_do_not_read(cell: str, wanted: Type) -> None:
    with pytest.raises(Misfit):
        from_cell(cell, wanted)


def test_messages_show_values_briefly_and_never_fail() -> None:
    assert shown("x" * 1000).endswith("…")
    assert len(shown(["x" * 50] * 50)) < 70
    assert shown(10**10_000) == "a huge number"
    assert shown(_knot()) == "[" * 59 + "…"
    assert shown([1, 10**10_000, 2]) == "[1, …"
    assert (
        shown(list(range(1000))) == "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, …"
    )
    assert shown("a\nb" * 100).startswith("'a\\nba\\nb")
