"""Parquet goes in by columns, and means what the same rows mean in other formats."""

from __future__ import annotations

import importlib
import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from rete_engine import RuleSet
from rete_engine.store import FactFileError, load_facts, parse_address
from tests.store.conftest import Write
from tests.store.loading import TEMPLATES, load

pyarrow = pytest.importorskip("pyarrow")


def parquet(name: str, columns: dict[str, Any]) -> str:
    """Write a file of these columns; rows of the engine's batches are 8,192."""
    importlib.import_module("pyarrow.parquet").write_table(pyarrow.table(columns), name)
    return name


class Spy:
    """A session that tells what it is given."""

    def __init__(self, session: Any) -> None:
        self.session = session
        self.given: list[tuple[str, int]] = []

    def insert(self, template: str, /, **fields: object) -> Any:
        self.given.append(("insert", 1))
        return self.session.insert(template, **fields)

    def insert_many(self, template: str, rows: Any, *, facts: bool = False) -> Any:
        self.given.append((type(rows).__name__, len(rows)))
        return self.session.insert_many(template, rows, facts=facts)

    def facts(self, template: str, /) -> Any:
        return self.session.facts(template)


def given(*texts: str) -> list[tuple[str, int]]:
    """With what a session is called while files are loaded."""
    rules = RuleSet.parse(TEMPLATES)
    with rules.session() as session:
        spy = Spy(session)
        addresses = [parse_address(text, rules.templates) for text in texts]
        load_facts(spy, rules.templates, addresses, stdin=io.BytesIO())
        return spy.given


def test_columns_are_handed_on_as_they_are(write: Write) -> None:
    write("customers.csv", "id\na\n")
    count = 20_000
    days = [date(2026, 1, 1 + n % 28) for n in range(count)]
    parquet("orders.parquet", {"id": range(count), "total": [1.5] * count, "day": days})
    assert given("orders.parquet") == [
        ("RecordBatch", 8192), ("RecordBatch", 8192), ("RecordBatch", 3616),
    ]  # fmt: skip
    outcome = load("orders.parquet")
    assert outcome.loaded == {"Order": count}
    assert outcome.progress == [0, 8192, 8192, 16384, 16384, count, count]
    assert outcome.of("Order")[9_000] == {
        "id": 9000, "customer": None, "total": 1.5, "day": days[9000],
    }  # fmt: skip


def test_every_kind_of_column(write: Write) -> None:
    write("x", "")
    when = datetime(2026, 1, 31, 12, tzinfo=UTC)
    parquet(
        "kinds.parquet",
        {
            "text": ["a", None],
            "flag": [True, None],
            "exact": pyarrow.array([Decimal("1.50"), None], pyarrow.decimal128(5, 2)),
            "when": [when, None],
            "wait": [timedelta(minutes=5), None],
            "many": [[1, 2], None],
            "maybe": [7, None],
        },
    )
    assert given("kinds.parquet") == [("RecordBatch", 2)]
    first, second = load("kinds.parquet").of("Kinds")
    assert first == {
        "text": "a", "flag": True, "exact": Decimal("1.50"), "when": when,
        "wait": timedelta(minutes=5), "days": [], "tags": set(), "many": [1, 2], "maybe": 7,
    }  # fmt: skip
    assert second == {
        "text": "", "flag": False, "exact": Decimal(0), "when": None, "wait": None, "days": [],
        "tags": set(), "many": [], "maybe": None,
    }  # fmt: skip


def test_what_has_to_be_converted_goes_row_by_row(write: Write) -> None:
    write("x", "")
    parquet(
        "kinds.parquet",
        {"days": [["2026-01-31"], None], "exact": ["1.5", "2"], "wait": ["5m", None],
         "maybe": [None, 3]},
    )  # fmt: skip
    assert given("kinds.parquet") == [("list", 2)]
    first, second = load("kinds.parquet").of("Kinds")
    assert (first["days"], first["exact"]) == ([date(2026, 1, 31)], Decimal("1.5"))
    assert (first["wait"], first["maybe"]) == (timedelta(minutes=5), None)
    assert (second["days"], second["wait"], second["maybe"]) == ([], None, 3)


def test_keys_are_read_as_in_other_formats(write: Write) -> None:
    write("x", "")
    parquet("packages.parquet", {"name": ["a"], "dev-dependencies": [{"b": 1}], "extra": ["x"]})
    assert load("packages.parquet").of("Package") == [
        {"name": "a", "dev_dependencies": {"b": 1}, "extra": "x"}
    ]
    parquet("customers.parquet", {"id": ["a", "b"], "Tier": ["gold", "gold"], "age": [1, 2]})
    outcome = load("customers.parquet")
    assert outcome.notices == [
        "customers.parquet: Customer has no field 'Tier'; did you mean 'tier'?; dropped",
        "customers.parquet: Customer has no field 'age'; dropped",
    ]
    assert outcome.of("Customer")[1] == {"id": "b", "tier": "basic"}
    with pytest.raises(FactFileError, match=r"record 1: Customer has no field 'Tier'"):
        load("customers.parquet", strict=True)


def test_two_columns_cannot_mean_one_field(write: Write) -> None:
    write("x", "")
    empty = pyarrow.array([{"b": 1}])
    parquet(
        "packages.parquet", {"name": ["a"], "dev-dependencies": empty, "dev_dependencies": empty}
    )
    with pytest.raises(FactFileError, match="record 1: two keys mean the field 'dev_dependencies'"):
        load("packages.parquet")


def test_a_file_of_nothing_that_is_taken_is_facts_of_defaults(write: Write) -> None:
    write("x", "")
    parquet("notes.parquet", {"other": [1, 2]})
    assert load("Note=notes.parquet", templates="template Note\n n: int = 4\nend").facts == [
        ("Note", {"n": 4}), ("Note", {"n": 4}),
    ]  # fmt: skip


def test_the_type_of_each_row_may_be_its_template(write: Write) -> None:
    write("x", "")
    parquet("all.parquet", {"type": ["Customer", "Order"], "id": pyarrow.array(["a", "b"])})
    with pytest.raises(FactFileError, match=r"all\.parquet: record 2: Order\.id: expected int"):
        load("all.parquet")
    parquet("all.parquet", {"type": ["Customer", "Customer"], "id": ["a", "b"]})
    assert load("all.parquet").loaded == {"Customer": 2}
    parquet("events.parquet", {"type": ["x"], "number": [3]})
    assert load("events.parquet").of("Event") == [{"type": "x", "number": 3}]


def test_others_refer_to_what_came_by_columns(write: Write) -> None:
    write("x", "")
    parquet("lines.parquet", {"order": [2, 1], "sku": ["x", "y"], "qty": [1, 2]})
    parquet("orders.parquet", {"id": [1, 2]})
    for files in (("orders.parquet", "lines.parquet"), ("lines.parquet", "orders.parquet")):
        texts = [f"OrderLine={name}" if name.startswith("lines") else name for name in files]
        outcome = load(*texts)
        assert outcome.loaded == {"Order": 2, "OrderLine": 2}
        assert [(line["order"].id, line["sku"]) for line in outcome.of("OrderLine")] == [
            (2, "x"), (1, "y"),
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        pytest.param(
            {"total": [1.0] * 9_000 + [None, 2.0], "id": [*range(9_000), None, 9_001]},
            "orders.parquet: record 9001: Order needs a value for 'id'",
            id="nothing",
        ),
        pytest.param(
            {"id": [*range(8_500), 8_400]},
            "orders.parquet: record 8501: ",
            id="a key that is in use",
        ),
        pytest.param(
            {"id": ["a", "b"]}, "orders.parquet: record 1: Order.id: expected int", id="a type"
        ),
        pytest.param(
            {"id": [1], "day": [3]}, "orders.parquet: record 1: Order.day: expected", id="a date"
        ),
        pytest.param(
            {"id": [1, 2], "day": ["2026-01-31", "soon"]},
            "orders.parquet: record 2: Order.day: ",
            id="a text that is no date",
        ),
    ],
)
def test_what_is_wrong_is_told_with_row_and_field(
    write: Write, columns: dict[str, Any], message: str
) -> None:
    write("x", "")
    parquet("orders.parquet", columns)
    with pytest.raises(FactFileError) as caught:
        load("orders.parquet")
    assert str(caught.value).startswith(message)
