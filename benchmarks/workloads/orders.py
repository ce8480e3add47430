"""Many facts, of which few matter: twenty rules of one pattern, and a join.

A tenth as many customers as orders come first. Each rule of one pattern takes one order in two
hundred, the join one in ten: a gold customer's (one in five) that is new (one in two). So there
are about 0.2 firings for each order.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from benchmarks.workload import Batch, Outcome, Row, Workload, always, expect

KINDS = ("book", "music", "film", "game", "toy", "food", "tool", "garden", "sport", "office")
TIERS = ("gold", "silver", "basic", "new", "partner")
SMALL = 50
LARGE = 950

TEMPLATES = """
template Customer
    id: str
    tier: str
end

template Order
    id: int
    customer: str
    kind: str
    status: str
    total: float
end

template Note
    order: int
    text: str
end

rule "gold"
when
    c := Customer(tier == "gold")
    o := Order(customer == c.id, status == "new")
then
    insert Note(order = o.id, text = "gold")
end
"""

RULE = """
rule "{text} {kind}"
when
    o := Order(kind == "{kind}", total {operator} {bound})
then
    insert Note(order = o.id, text = "{text} {kind}")
end
"""

CLIPS_TEMPLATES = """
(deftemplate Customer (slot id) (slot tier))
(deftemplate Order (slot id) (slot customer) (slot kind) (slot status) (slot total))
(deftemplate Note (slot order) (slot text))

(defrule gold
    (Customer (id ?c) (tier "gold"))
    (Order (id ?o) (customer ?c) (status "new"))
    =>
    (assert (Note (order ?o) (text "gold"))))
"""

CLIPS_RULE = """
(defrule {text}-{kind}
    (Order (id ?o) (kind "{kind}") (total ?total&:({operator} ?total {bound})))
    =>
    (assert (Note (order ?o) (text "{text} {kind}"))))
"""


def facts(size: int) -> list[Batch]:
    """So many orders, and a tenth as many customers before them."""
    rng = random.Random(1)
    count = max(1, size // 10)
    customers: list[Row] = [
        {"id": f"c{number}", "tier": rng.choice(TIERS)} for number in range(count)
    ]
    orders: list[Row] = [
        {
            "id": number,
            "customer": f"c{rng.randrange(count)}",
            "kind": rng.choice(KINDS),
            "status": rng.choice(("new", "sent")),
            "total": round(rng.uniform(0, 1000), 2),
        }
        for number in range(size)
    ]
    return [("Customer", customers), ("Order", orders)]


def check(batches: Sequence[Batch], outcome: Outcome) -> None:
    """Compare the notes with those that a loop over the orders writes."""
    rows = dict(batches)
    gold = {row["id"] for row in rows["Customer"] if row["tier"] == "gold"}
    expected: list[tuple[int, str]] = []
    for order in rows["Order"]:
        if order["customer"] in gold and order["status"] == "new":
            expected.append((order["id"], "gold"))
        if order["total"] < SMALL:
            expected.append((order["id"], f"small {order['kind']}"))
        if order["total"] > LARGE:
            expected.append((order["id"], f"large {order['kind']}"))
    notes = sorted((row["order"], row["text"]) for row in outcome.facts["Note"])
    expect(notes == sorted(expected), f"{len(notes)} notes, not the {len(expected)} expected")
    expect(outcome.fired == len(expected), f"{outcome.fired} firings, not {len(expected)}")


def _for_all(rule: str) -> str:
    """A rule for the small and one for the large orders of each kind."""
    bounds = (("small", "<", SMALL), ("large", ">", LARGE))
    return "".join(
        rule.format(text=text, kind=kind, operator=operator, bound=bound)
        for kind in KINDS
        for text, operator, bound in bounds
    )


WORKLOADS = (
    Workload(
        name="orders",
        title="Many orders, twenty rules of one pattern and a join",
        sizes=(10_000, 100_000, 1_000_000),
        smallest=200,
        size_means="orders",
        rules=always(TEMPLATES + _for_all(RULE)),
        peers={"clips": always(CLIPS_TEMPLATES + _for_all(CLIPS_RULE))},
        facts=facts,
        check=check,
        results=("Note",),
        about_loading=True,
    ),
)
