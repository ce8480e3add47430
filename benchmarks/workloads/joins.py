"""Loading facts into twenty rules, each of which joins two patterns on a key.

A tenth of the facts are customers, the rest are orders of theirs. They come in ten deliveries,
each of customers first and orders then, and an order's customer may well come after it: so both
sides of every join get to wait for the other. Four tiers of five, those of two fifths of the
customers, and five kinds of ten are asked for, which makes twenty rules, and one order in five
matches one of them.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from benchmarks.workload import Batch, Outcome, Row, Workload, always, expect

TIERS = ("silver", "gold", "platinum", "partner")
OTHER_TIER = "basic"
KINDS = ("book", "music", "film", "game", "toy")
OTHER_KINDS = ("food", "tool", "garden", "sport", "office")
REGIONS = ("north", "east", "south", "west")
DELIVERIES = 10

TEMPLATES = """
template Customer
    id: str
    tier: str
    region: str
end

template Order
    id: int
    customer: str
    kind: str
    total: float
end

template Gift
    order: int
    tier: str
end
"""

RULE = """
rule "{tier} {kind}"
when
    c := Customer(tier == "{tier}")
    o := Order(customer == c.id, kind == "{kind}")
then
    insert Gift(order = o.id, tier = c.tier)
end
"""

CLIPS_TEMPLATES = """
(deftemplate Customer (slot id) (slot tier) (slot region))
(deftemplate Order (slot id) (slot customer) (slot kind) (slot total))
(deftemplate Gift (slot order) (slot tier))
"""

CLIPS_RULE = """
(defrule {tier}-{kind}
    (Customer (id ?c) (tier ?tier&"{tier}"))
    (Order (id ?o) (customer ?c) (kind "{kind}"))
    =>
    (assert (Gift (order ?o) (tier ?tier))))
"""


def facts(size: int) -> list[Batch]:
    """So many facts: a tenth customers, the rest orders."""
    rng = random.Random(1)
    count = max(1, size // 10)
    customers: list[Row] = [
        {
            "id": f"c{number}",
            "tier": rng.choice(TIERS) if rng.random() < 0.4 else OTHER_TIER,
            "region": rng.choice(REGIONS),
        }
        for number in range(count)
    ]
    orders: list[Row] = [
        {
            "id": number,
            "customer": f"c{rng.randrange(count)}",
            "kind": rng.choice(KINDS + OTHER_KINDS),
            "total": round(rng.uniform(1, 500), 2),
        }
        for number in range(size - count)
    ]
    batches: list[Batch] = []
    for delivery in range(DELIVERIES):
        batches.append(("Customer", _share(customers, delivery)))
        batches.append(("Order", _share(orders, delivery)))
    return batches


def _share(rows: list[Row], delivery: int) -> list[Row]:
    """What of some rows comes with a delivery."""
    return rows[len(rows) * delivery // DELIVERIES : len(rows) * (delivery + 1) // DELIVERIES]


def check(batches: Sequence[Batch], outcome: Outcome) -> None:
    """Compare the gifts with those that a look-up table gives."""
    tiers = {row["id"]: row["tier"] for name, rows in batches if name == "Customer" for row in rows}
    expected = sorted(
        (row["id"], tiers[row["customer"]])
        for name, rows in batches
        if name == "Order"
        for row in rows
        if row["kind"] in KINDS and tiers[row["customer"]] in TIERS
    )
    gifts = sorted((row["order"], row["tier"]) for row in outcome.facts["Gift"])
    expect(gifts == expected, f"{len(gifts)} gifts that are not the {len(expected)} expected")
    expect(outcome.fired == len(expected), f"{outcome.fired} firings, not {len(expected)}")


def _for_all(rule: str) -> str:
    """A rule for every tier and kind that is asked for."""
    return "".join(rule.format(tier=tier, kind=kind) for tier in TIERS for kind in KINDS)


WORKLOADS = (
    Workload(
        name="joins",
        title="Twenty two-pattern joins, loaded from Python",
        sizes=(100_000,),
        smallest=200,
        size_means="facts",
        rules=always(TEMPLATES + _for_all(RULE)),
        peers={"clips": always(CLIPS_TEMPLATES + _for_all(CLIPS_RULE))},
        facts=facts,
        check=check,
        results=("Gift",),
        about_loading=True,
    ),
)
