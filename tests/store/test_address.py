from __future__ import annotations

from pathlib import Path

import pytest

from rete_engine import FactError
from rete_engine.store import Address, parse_address

TEMPLATES = ["Order", "Package"]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("orders.csv", Address("orders.csv")),
        ("Order=orders.csv", Address("orders.csv", "Order")),
        ("Package=uv.lock:package", Address("uv.lock", "Package", ("package",))),
        ("shop.json:data.orders", Address("shop.json", None, ("data", "orders"))),
        ("-", Address("-")),
        ("Order=-", Address("-", "Order")),
        ("runs/12:30/orders.csv", Address("runs/12:30/orders.csv")),
        ("./a=b.csv", Address("./a=b.csv")),
        ("orders.csv:", Address("orders.csv:")),
    ],
)
def test_an_address_is_read(text: str, address: Address) -> None:
    assert parse_address(text, TEMPLATES) == address


def test_a_file_of_exactly_that_name_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Order=1.csv").touch()
    (tmp_path / "dump:today").touch()
    assert parse_address("Order=1.csv", TEMPLATES) == Address("Order=1.csv")
    assert parse_address("Order=dump:today", TEMPLATES) == Address("dump:today", "Order")


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("Ordr=orders.csv", "unknown template 'Ordr'; did you mean 'Order'?"),
        ("Zebra=orders.csv", "unknown template 'Zebra'; templates are: Order, Package"),
        ("Order=", "no file is named"),
        ("", "no file is named"),
        ("-:orders", "standard input is NDJSON"),
    ],
)
def test_a_wrong_address_is_refused(text: str, cause: str) -> None:
    with pytest.raises(FactError) as caught:
        parse_address(text, TEMPLATES)
    assert cause in str(caught.value)


def test_a_path_that_no_system_takes_is_no_file() -> None:
    assert parse_address("a\0b", TEMPLATES).path == "a\0b"
    assert parse_address("x" * 5000, TEMPLATES).path == "x" * 5000
