"""What each format says is what arrives."""

from __future__ import annotations

import importlib
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from rete_engine.store import FactFileError
from tests.store.conftest import Write
from tests.store.loading import load

JSON = """
{"text": "ä", "flag": true, "exact": 0.1, "when": "2026-01-31T12:00:00Z", "wait": "PT5M",
 "days": ["2026-01-31"], "tags": ["b", "a"], "many": [1, {"x": [null]}], "maybe": 3}
"""
YAML = """
text: ä
flag: true
exact: 0.1
when: 2026-01-31T12:00:00Z
wait: 5m
days: [2026-01-31]
tags: [b, a]
many: [1, {x: [null]}]
maybe: 3
"""
TOML = """
text = "ä"
flag = true
exact = 0.1
when = 2026-01-31T12:00:00Z
wait = "5m"
days = [2026-01-31]
tags = ["b", "a"]
many = [1, {x = ["none"]}]
maybe = 3
"""
CSV = """
text,flag,exact,when,wait,days,tags,many,maybe
ä,true,0.1,2026-01-31T12:00:00Z,5m,"[""2026-01-31""]","[""b"",""a""]","[1,{""x"":[null]}]",3
"""
KINDS: dict[str, Any] = {
    "text": "ä",
    "flag": True,
    "exact": Decimal("0.1"),
    "when": datetime(2026, 1, 31, 12, tzinfo=UTC),
    "wait": timedelta(minutes=5),
    "days": [date(2026, 1, 31)],
    "tags": {"a", "b"},
    "many": [1, {"x": [None]}],
    "maybe": 3,
}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("kinds.json", JSON),
        ("kinds.ndjson", JSON.replace("\n", "") + "\n"),
        ("kinds.jsonl", JSON.replace("\n", "")),
        ("kinds.yaml", YAML),
        ("kinds.yml", YAML),
        ("kinds.toml", TOML.replace('"none"', "{}")),
        ("kinds.csv", CSV),
    ],
)
def test_all_kinds_of_values(write: Write, name: str, text: str) -> None:
    [fields] = load(write(name, text)).of("Kinds")
    if name.endswith(".toml"):  # it has no null
        fields["many"] = KINDS["many"]
    assert fields == KINDS
    assert {name: type(value) for name, value in fields.items()} == {
        name: type(value) for name, value in KINDS.items()
    }


def test_a_byte_order_mark_is_no_text(write: Write) -> None:
    bom = b"\xef\xbb\xbf"
    assert load(write("customers.csv", bom + b"id\na\n")).of("Customer")[0]["id"] == "a"
    assert load(write("customers.json", bom + b'[{"id": "a"}]')).loaded == {"Customer": 1}
    assert load(write("customers.ndjson", bom + b'{"id": "a"}\r\n')).loaded == {"Customer": 1}


def test_lists_and_single_records(write: Write) -> None:
    assert load(write("customers.json", '[{"id": "a"}, {"id": "b"}]')).loaded == {"Customer": 2}
    assert load(write("customers.json", '{"id": "a"}')).loaded == {"Customer": 1}
    assert load(write("customers.json", " [ ] \n")).loaded == {}
    assert load(write("customers.yaml", "- id: a\n- id: b\n")).loaded == {"Customer": 2}
    assert load(write("customers.yaml", "id: a\n---\nid: b\n---\n- id: c\n")).loaded == {
        "Customer": 3
    }
    assert load(write("customers.yaml", "")).loaded == {}
    assert load(write("customers.toml", "")).loaded == {}
    assert load(write("customers.csv", "")).loaded == {}
    assert load(write("customers.csv", "id\n")).loaded == {}
    assert load(write("customers.ndjson", "\n\n")).loaded == {}


def test_yaml_is_the_core_schema_of_1_2(write: Write) -> None:
    text = "many: [no, on, 12:30, 2026-01-31, 010, 0o10, 0x1F, 1e3, .5, ~, True, 1_000]\nmaybe: 1\n"
    [fields] = load(write("kinds.yaml", text)).of("Kinds")
    assert fields["many"] == [
        "no", "on", "12:30", "2026-01-31", 10, 8, 31, 1000.0, 0.5, None, True, "1_000",
    ]  # fmt: skip
    text = "a: &a {id: x, tier: gold}\nb: {<<: *a, id: y}\n"
    assert load(write("all.yaml", text), templates=TWO).of("A") == [{"id": "x", "tier": "gold"}]
    assert load(write("all.yaml", text), templates=TWO).of("B") == [{"id": "y", "tier": "gold"}]


TWO = """
template A
    id: str
    tier: str
end
template B
    id: str
    tier: str
end
"""


def test_csv_of_spreadsheets(write: Write) -> None:
    semicolons = '\n\nid;tier\r\n"a;b";gold\r\n\r\n"two\nlines";""\n'
    assert load(write("customers.csv", semicolons)).of("Customer") == [
        {"id": "a;b", "tier": "gold"},
        {"id": "two\nlines", "tier": "basic"},
    ]
    assert load(write("customers.csv", "id\ttier\na\tgold\n")).loaded == {"Customer": 1}


def test_an_empty_cell_is_the_default_or_none(write: Write) -> None:
    text = "text,flag,maybe\n,,\n"
    [fields] = load(write("kinds.csv", text)).of("Kinds")
    assert (fields["text"], fields["flag"], fields["maybe"]) == ("", False, None)


def test_a_file_whose_ending_says_nothing(write: Write) -> None:
    lock = '[[package]]\nname = "a"\n[package.dev-dependencies]\nx = [1]\n'
    [fields] = load("Package=" + write("uv.lock", lock) + ":package").of("Package")
    assert fields == {"name": "a", "dev_dependencies": {"x": [1]}}
    assert load("Customer=" + write("j", '[{"id": "a"}]')).loaded == {"Customer": 1}
    assert load("Customer=" + write("y", "- id: a\n")).loaded == {"Customer": 1}


def test_a_path_into_a_document(write: Write) -> None:
    text = '{"data": {"orders": [{"id": 1}], "lists": [[{"id": 2}]]}}'
    name = write("shop.json", text)
    assert load(f"Order={name}:data.orders").of("Order")[0]["id"] == 1
    assert load(f"Order={name}:data.lists.0").of("Order")[0]["id"] == 2
    assert load(f"Order={name}:data.orders.0").of("Order")[0]["id"] == 1
    text = "data:\n  orders:\n  - id: 1\n"
    assert load("Order=" + write("shop.yaml", text) + ":data.orders").loaded == {"Order": 1}
    text = "[[data.orders]]\nid = 1\n"
    assert load("Order=" + write("shop.toml", text) + ":data.orders").loaded == {"Order": 1}


def test_standard_input_is_ndjson() -> None:
    stdin = b'{"type": "Customer", "id": "a"}\n{"type": "Order", "id": 1, "customer": "a"}\n'
    assert load("-", stdin=stdin).loaded == {"Customer": 1, "Order": 1}
    assert load("Customer=-", stdin=b'{"id": "a"}\n').loaded == {"Customer": 1}


def test_parquet(write: Write) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = importlib.import_module("pyarrow.parquet")
    table = pyarrow.table(
        {
            "id": [1, 2],
            "total": [1.5, None],
            "day": [date(2026, 1, 31), None],
            "customer": [None, "a"],
        }
    )
    write("customers.csv", "id\na\n")
    parquet.write_table(table, "orders.parquet")
    first, second = load("customers.csv", "orders.parquet").of("Order")
    assert first == {"id": 1, "customer": None, "total": 1.5, "day": date(2026, 1, 31)}
    assert (second["total"], second["day"], second["customer"].id) == (0.0, None, "a")


def test_parquet_asks_for_its_extra(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> object:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(FactFileError, match=r"pip install 'rete-engine\[parquet\]'"):
        load(write("orders.parquet", b"PAR1"))
