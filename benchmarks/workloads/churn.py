"""Small changes to a loaded working memory, each followed by a run, as a program makes them.

Every order joins its customer, so that each change ends one match and makes one, which fires. Its
action leaves working memory alone: what is timed is the change and the way to the firing.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from benchmarks.workload import Batch, Outcome, Row, Steps, Workload, always, expect

RULES = """
template Customer
    id: str
end

template Order
    id: int
    customer: str
    total: int
end

rule "look at an order"
when
    c := Customer()
    o := Order(customer == c.id, total > 0)
then
    seen := o.id
end
"""

CLIPS = """
(deftemplate Customer (slot id))
(deftemplate Order (slot id) (slot customer) (slot total))

(defrule look-at-an-order
    (Customer (id ?c))
    (Order (id ?o) (customer ?c) (total ?total&:(> ?total 0)))
    =>
    (bind ?seen ?o))
"""


def facts(size: int) -> list[Batch]:
    """So many orders, and a tenth as many customers before them."""
    rng = random.Random(1)
    count = max(1, size // 10)
    orders = [_order(number, count, rng) for number in range(size)]
    return [("Customer", [{"id": f"c{number}"} for number in range(count)]), ("Order", orders)]


def _order(number: int, customers: int, rng: random.Random) -> Row:
    customer = f"c{rng.randrange(customers)}"
    return {"id": number, "customer": customer, "total": rng.randint(1, 1000)}


def totals(size: int) -> Steps:
    """As many changes of a total as there are orders; a new total is never the old one."""
    rng = random.Random(2)
    return Steps(
        kind="modify",
        template="Order",
        steps=[(rng.randrange(size), {"total": 1001 + step}) for step in range(size)],
    )


def replacements(size: int) -> Steps:
    """As many orders that take the place of another one as there are orders."""
    rng = random.Random(2)
    count = max(1, size // 10)
    return Steps(
        kind="replace",
        template="Order",
        steps=[(rng.randrange(size), _order(size + step, count, rng)) for step in range(size)],
    )


def _expected(batches: Sequence[Batch], steps: Steps) -> list[Row]:
    """The orders after all steps."""
    orders = [dict(row) for row in dict(batches)["Order"]]
    for place, fields in steps.steps:
        orders[place].update(fields)
    return orders


def _check(batches: Sequence[Batch], outcome: Outcome, expected: list[Row]) -> None:
    def by_id(rows: Sequence[Row]) -> list[Row]:
        return sorted(rows, key=lambda row: int(row["id"]))

    expect(by_id(outcome.facts["Order"]) == by_id(expected), "the orders are not those expected")
    firings = 2 * len(expected)  # each one once when it was loaded, and once for every step
    expect(outcome.fired == firings, f"{outcome.fired} firings, not {firings}")


def check_modify(batches: Sequence[Batch], outcome: Outcome) -> None:
    """Compare with a list of dicts that meets the same changes."""
    _check(batches, outcome, _expected(batches, totals(len(dict(batches)["Order"]))))


def check_replace(batches: Sequence[Batch], outcome: Outcome) -> None:
    """Compare with a list of dicts that meets the same changes."""
    _check(batches, outcome, _expected(batches, replacements(len(dict(batches)["Order"]))))


WORKLOADS = (
    Workload(
        name="churn_modify",
        title="Modify a fact and run, as often as there are orders",
        sizes=(10_000, 100_000),
        smallest=50,
        size_means="orders",
        rules=always(RULES),
        peers={"clips": always(CLIPS)},
        facts=facts,
        steps=totals,
        check=check_modify,
        results=("Order",),
    ),
    Workload(
        name="churn_replace",
        title="Retract a fact, insert another one and run, as often as there are orders",
        sizes=(10_000, 20_000),  # the time of clipspy grows with the square
        smallest=50,
        size_means="orders",
        rules=always(RULES),
        peers={"clips": always(CLIPS)},
        facts=facts,
        steps=replacements,
        check=check_replace,
        results=("Order",),
    ),
)
