from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.examples.running import EXAMPLES, run

FACTS = [f"{EXAMPLES}/pricing/{name}.csv" for name in ("customers", "orders", "lines")]


def invoices(outputs: list[dict[str, Any]]) -> dict[int, tuple[str, str, str, str]]:
    return {
        row["invoice"]: (str(row["net"]), str(row["discount"]), str(row["vat"]), str(row["total"]))
        for row in outputs
    }


def test_the_invoices() -> None:
    outputs, printed = run("pricing/pricing.rete", *FACTS)
    assert invoices(outputs) == {
        101: ("398.90", "31.91", "69.73", "436.72"),  # gold 8 %; its coupon does not count
        102: ("2203.35", "550.84", "313.98", "1966.49"),  # 3 + 5 + 10 + 15 %, of which 25 count
        103: ("259.60", "12.98", "0.00", "246.62"),  # bulk 5 %; a French business: no VAT
        106: ("2279.40", "524.26", "0.00", "1755.14"),  # 8 + 5 + 10 %; outside the union
        109: ("40.20", "0.00", "7.64", "47.84"),  # the season of the coupon is over
        110: ("3172.80", "729.74", "464.18", "2907.24"),  # 8 + 5 + 10 %
    }
    assert [row["invoice"] for row in outputs] == sorted(row["invoice"] for row in outputs)
    assert {row["invoice"]: row["for"] for row in outputs} == {
        101: "gold",
        102: "bulk + coupon + large + silver",
        103: "bulk",
        106: "bulk + gold + large",
        109: "",
        110: "bulk + gold + large",
    }
    assert printed == [
        "order 104 of Konrad Zuse waits: first order over 1500",
        "order 105 of Hedy Lamarr waits: unpaid invoices",
        "order 107 of Srinivasa Ramanujan waits: no VAT rate for IN",
        "order 108 of Grace Hopper waits: no lines",
    ]


def test_other_parameters() -> None:
    params: dict[str, object] = {"most": 10, "credit": Decimal(5000), "home": "FR"}
    outputs, printed = run("pricing/pricing.rete", *FACTS, params=params)
    found = invoices(outputs)
    assert found[102] == ("2203.35", "220.34", "376.77", "2359.78")
    assert found[103] == ("259.60", "12.98", "49.32", "295.94")  # at home now: French VAT
    assert found[104] == ("1575.80", "0.00", "299.40", "1875.20")
    assert len(printed) == 3


def test_the_order_of_the_files_does_not_matter() -> None:
    assert run("pricing/pricing.rete", *reversed(FACTS)) == run("pricing/pricing.rete", *FACTS)
