"""Frames and tables are read by column, and what is missing in them is left out."""

from __future__ import annotations

import sqlite3
import sys
from collections import namedtuple
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import narwhals
import pandas
import polars
import pyarrow
import pytest

from rete_engine import FactError, Limits, RuleSet, SecurityError, Session

TEXT = """
template Customer key(id)
    id: str
end
template Line
    order: int
    price: float = 1.0
    kind: str? = none
end
template Number
    f: float?
end
template Many
    n: int?
    f: float?
    s: str?
    b: bool?
    on: date?
    at: datetime?
    long: duration?
    exact: decimal?
end
template Size
    name: str in ("small", "large") = "small"
end
template Grade
    mark: str? in ("a", "b")
    level: int in (1, 2) = 1
end
template Bag
    tags: list[int] = []
    owner: Customer? = none
    other: any
end
open template Loose
    id: int
end
template Nothing
end
"""
RULES = RuleSet.parse(TEXT)

Columns = dict[str, list[Any]]
MAKERS: dict[str, Callable[[Columns], Any]] = {
    "pandas": pandas.DataFrame,
    "polars": polars.DataFrame,
    "arrow": pyarrow.table,
    "batch": lambda columns: pyarrow.RecordBatch.from_pydict(columns),
    "reader": lambda columns: pyarrow.table(columns).to_reader(),
    "lazy": lambda columns: polars.DataFrame(columns).lazy(),
    "narwhals": lambda columns: narwhals.from_native(polars.DataFrame(columns)),
    "arrow types": lambda columns: pyarrow.table(columns).to_pandas(types_mapper=pandas.ArrowDtype),
    "nullable": lambda columns: pandas.DataFrame(columns).convert_dtypes(),
}


@pytest.fixture
def session() -> Session:
    return RULES.session()


@pytest.fixture(params=MAKERS)
def make(request: pytest.FixtureRequest) -> Callable[[Columns], Any]:
    return MAKERS[request.param]


def lines(session: Session) -> list[tuple[Any, ...]]:
    return [(line.order, line.price, line.kind) for line in session.facts("Line")]


def test_a_frame_is_inserted_as_its_rows(session: Session, make: Callable[[Columns], Any]) -> None:
    frame = make({"kind": ["a", "b"], "order": [2, 1], "price": [1.5, 2.5]})
    facts = session.insert_many("Line", frame, facts=True)
    assert lines(session) == [(2, 1.5, "a"), (1, 2.5, "b")]
    assert facts == session.facts("Line")
    assert [type(value) for value in facts[0].as_dict().values()] == [int, float, str]


def test_a_missing_value_is_left_out(session: Session, make: Callable[[Columns], Any]) -> None:
    frame = make({"order": [1, 2], "price": [None, 2.5], "kind": [None, "b"]})
    session.insert_many("Line", frame)
    assert lines(session) == [(1, 1.0, None), (2, 2.5, "b")]


def test_a_missing_value_of_a_field_that_may_be_none_is_none(
    session: Session, make: Callable[[Columns], Any]
) -> None:
    given: Columns = {"n": [1, None], "f": [1.5, None], "s": ["a", None], "b": [True, None]}
    given["on"] = [date(2026, 1, 2), None]
    given["at"] = [datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC), None]
    given["long"] = [timedelta(seconds=1.5), None]
    given["exact"] = [Decimal("1.50"), None]
    frame = make(given)
    if type(frame) is pandas.DataFrame:
        # Only whole numbers beside nothing are floats there, and a float is no int.
        frame = frame.astype({"n": "Int64"})
    session.insert_many("Many", frame)
    first, second = session.facts("Many")
    assert first.as_dict() == {name: values[0] for name, values in given.items()}
    assert [type(value) for value in first.as_dict().values()] == [
        int, float, str, bool, date, datetime, timedelta, Decimal
    ]  # fmt: skip
    assert set(second.as_dict().values()) == {None}


def test_a_missing_value_of_a_field_that_needs_one_is_an_error(
    session: Session, make: Callable[[Columns], Any]
) -> None:
    frame = make({"id": ["a", None]})
    with pytest.raises(FactError, match="row 2: Customer needs a value for 'id'"):
        session.insert_many("Customer", frame)
    assert session.facts() == []


def test_a_column_that_is_not_there_is_the_default(
    session: Session, make: Callable[[Columns], Any]
) -> None:
    session.insert_many("Line", make({"order": [1, 2]}))
    assert lines(session) == [(1, 1.0, None), (2, 1.0, None)]
    with pytest.raises(FactError, match="row 1: Line needs a value for 'order'"):
        session.insert_many("Line", make({"price": [1.0]}))


def test_a_column_that_is_no_field_is_an_error(
    session: Session, make: Callable[[Columns], Any]
) -> None:
    with pytest.raises(FactError, match="^Line has no field 'prize'; did you mean 'price'"):
        session.insert_many("Line", make({"order": [1], "prize": [1.0]}))


def test_an_open_template_takes_any_column(
    session: Session, make: Callable[[Columns], Any]
) -> None:
    session.insert_many("Loose", make({"id": [1, 2], "name": ["a", None]}))
    assert [fact.as_dict() for fact in session.facts("Loose")] == [
        {"id": 1, "name": "a"},
        {"id": 2},
    ]


def test_wrong_values_are_named_by_row(session: Session, make: Callable[[Columns], Any]) -> None:
    frame = make({"order": [1, 2, 3], "price": ["x", "y", "z"]})
    with pytest.raises(FactError, match=r"row 1: Line\.price: expected float, got str 'x'"):
        session.insert_many("Line", frame)
    assert session.facts() == []


def test_objects_need_no_frame(session: Session, make: Callable[[Columns], Any]) -> None:
    with pytest.raises(FactError, match="need the name of a template"):
        session.insert_many(None, make({"id": ["a"]}))


def test_nan_is_a_number_where_null_is_there(session: Session) -> None:
    for frame in (polars.DataFrame({"f": [float("nan")]}), pyarrow.table({"f": [float("nan")]})):
        session.insert_many("Number", frame)
    assert [fact.f != fact.f for fact in session.facts("Number")] == [True, True]
    session.insert_many("Number", pandas.DataFrame({"f": [float("nan")]}))
    assert session.facts("Number")[2].f is None


def test_an_empty_frame_inserts_nothing(session: Session, make: Callable[[Columns], Any]) -> None:
    assert session.insert_many("Nothing", make({})) == 0
    assert session.insert_many("Line", pandas.DataFrame()) == 0


def test_two_columns_of_one_name_are_refused(session: Session) -> None:
    frame = pandas.DataFrame([[1, 2]], columns=["order", "order"])
    with pytest.raises(FactError, match="two columns are called 'order'"):
        session.insert_many("Line", frame)


def test_a_frame_of_an_uncommon_kind_needs_narwhals(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "narwhals", None)
    frame = polars.DataFrame({"order": [1]})
    assert session.insert_many("Line", frame) == 1
    with pytest.raises(FactError, match=r"a polars.LazyFrame needs: pip install 'rete-engine\[dat"):
        session.insert_many("Line", frame.lazy())


def test_what_has_columns_and_is_no_frame_is_iterated(session: Session) -> None:
    class Cursor(list[Any]):
        columns = ("order",)

    assert session.insert_many("Line", Cursor([{"order": 1}])) == 1


def test_a_series_is_no_rows(session: Session) -> None:
    for column in (pandas.Series([1]), polars.Series([1]), pyarrow.array([1])):
        with pytest.raises(FactError, match="row 1: expected a mapping or a tuple"):
            session.insert_many("Line", column)


def test_columns_of_ints_are_floats_where_floats_are_wanted(session: Session) -> None:
    session.insert_many("Line", polars.DataFrame({"order": [1, 2], "price": [3, None]}))
    session.insert_many("Line", [(3, 4, None), (4, 4.5, None)])
    assert lines(session) == [(1, 3.0, None), (2, 1.0, None), (3, 4.0, None), (4, 4.5, None)]
    assert {type(line.price) for line in session.facts("Line")} == {float}


def test_values_of_a_list_are_looked_up_once(session: Session) -> None:
    session.insert_many("Size", [("small",), ("large",), ("small",)])
    assert [size.name for size in session.facts("Size")] == ["small", "large", "small"]
    with pytest.raises(FactError, match="row 2: Size.name: 'huge' is not one of 'small', 'large'"):
        session.insert_many("Size", polars.DataFrame({"name": ["small", "huge"]}))
    session.insert_many("Size", polars.DataFrame({"name": ["large", None]}))
    assert [size.name for size in session.facts("Size")][3:] == ["large", "small"]


def test_none_is_among_the_values_of_a_field_that_may_be_none(session: Session) -> None:
    session.insert_many("Grade", [(None, 1), (None, 2)])
    session.insert_many("Grade", [("a", 1), (None, 2)])
    session.insert_many("Grade", pyarrow.table({"mark": pyarrow.array([None], pyarrow.string())}))
    assert [grade.mark for grade in session.facts("Grade")] == [None, None, "a", None, None]
    with pytest.raises(FactError, match=r"row 2: Grade\.level: 3 is not one of 1, 2"):
        session.insert_many("Grade", [("a", 1), ("b", 3)])


def test_collections_and_facts_come_by_column_too(session: Session) -> None:
    ann = session.insert("Customer", id="ann")
    given = [1, 2]
    session.insert_many("Bag", [(given, ann, 1), ([], None, "x"), ((), None, 2.5)][:2])
    session.insert_many("Bag", polars.DataFrame({"tags": [[3]], "other": [date(2026, 1, 1)]}))
    session.insert_many("Bag", [{"other": 1}, {"other": None}])
    given.append(3)
    bags = session.facts("Bag")
    assert [bag.tags for bag in bags] == [[1, 2], [], [3], [], []]
    assert [bag.other for bag in bags] == [1, "x", date(2026, 1, 1), 1, None]
    assert bags[0].owner == ann
    with pytest.raises(FactError, match=r"row 2: Bag\.owner: expected Customer"):
        session.insert_many("Bag", [([], ann, 1), ([], 7, 1)])


def test_limits_hold_in_columns() -> None:
    with RULES.session(limits=Limits(value=3)) as session:
        with pytest.raises(SecurityError, match="larger than 3"):
            session.insert_many("Line", [(1, 1.0, "abc"), (2, 1.0, "abcd")])
        with pytest.raises(SecurityError, match="larger than 3"):
            session.insert_many("Line", polars.DataFrame({"order": [1], "kind": ["abcd"]}))
        with pytest.raises(SecurityError, match="larger than 3"):
            session.insert_many("Line", [(1, 1.0, None), (2**96, 1.0, None)])
        assert session.insert_many("Line", [(2**96 - 1, 1.0, "abc")]) == 1
        assert session.insert_many("Line", polars.DataFrame({"order": [2**62]})) == 1
    with RULES.session(limits=Limits(value=1)) as session:
        with pytest.raises(SecurityError, match="larger than 1"):
            session.insert_many("Line", polars.DataFrame({"order": [2**62]}))


def test_named_tuples_and_rows_of_sqlite_have_names(session: Session) -> None:
    pair = namedtuple("pair", "price order")
    session.insert_many("Line", [pair(2.5, 1)])
    database = sqlite3.connect(":memory:")
    database.row_factory = sqlite3.Row
    session.insert_many("Line", database.execute("select 3.5 as price, 2 as 'order'"))
    database.close()
    assert lines(session) == [(1, 2.5, None), (2, 3.5, None)]
    with pytest.raises(FactError, match="row 1: Line has no field 'Index'"):
        session.insert_many("Line", pandas.DataFrame({"order": [1]}).itertuples())


def test_rows_of_an_open_template_may_be_tuples(session: Session) -> None:
    session.insert_many("Loose", [(1,), {"id": 2, "more": 3}])
    assert [fact.as_dict() for fact in session.facts("Loose")] == [{"id": 1}, {"id": 2, "more": 3}]


def test_rows_of_many_kinds_keep_their_order_and_numbers(session: Session) -> None:
    rows: list[Any] = [(n, 1.0, "x") for n in range(1500)]
    rows[700] = {"order": 700}
    rows += [{"order": n} for n in range(1500, 2600)]
    assert session.insert_many("Line", rows) == 2600
    assert [line.order for line in session.facts("Line")] == list(range(2600))
    rows[2300] = {"order": "x"}
    with pytest.raises(FactError, match="row 2301: Line.order"):
        session.insert_many("Line", rows)
    assert len(session.facts()) == 2600


def test_an_empty_template_takes_empty_rows(session: Session) -> None:
    assert session.insert_many("Nothing", [{}, (), []]) == 3
    with pytest.raises(FactError, match="row 1: Nothing has 0 fields, the row 1 value"):
        session.insert_many("Nothing", [(1,)])
