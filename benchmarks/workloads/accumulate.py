"""Sums and counts by group, kept while single facts change.

CLIPS has no accumulate. Its program keeps what a user would write for it: a total for each
customer, and a note of what each order has added to it. So it fires as often for each change, but
not for what is loaded: there each order fires, and an accumulate gives a result for each customer.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence

from benchmarks.workload import Batch, Outcome, Row, Steps, Workload, always, expect

RULES = """
template Order
    id: int
    customer: str
    total: int
end

template Total key(customer)
    customer: str
    sum: int = 0
    number: int = 0
end

rule "sum"
when
    s := sum(total for Order() by c := customer)
then
    upsert Total(customer = c, sum = s)
end

rule "number"
when
    n := count(Order() by c := customer)
then
    upsert Total(customer = c, number = n)
end
"""

CLIPS = """
(deftemplate Order (slot id) (slot customer) (slot total))
(deftemplate Total (slot customer) (slot sum) (slot number))
(deftemplate Counted (slot order) (slot total))

(defrule first-of-a-customer
    (declare (salience 10))
    (Order (customer ?c))
    (not (Total (customer ?c)))
    =>
    (assert (Total (customer ?c) (sum 0) (number 0))))

(defrule new
    (Order (id ?o) (customer ?c) (total ?t))
    (not (Counted (order ?o)))
    ?total <- (Total (customer ?c) (sum ?s) (number ?n))
    =>
    (assert (Counted (order ?o) (total ?t)))
    (modify ?total (sum (+ ?s ?t)) (number (+ ?n 1))))

(defrule changed
    (Order (id ?o) (customer ?c) (total ?t))
    ?counted <- (Counted (order ?o) (total ?old&~?t))
    ?total <- (Total (customer ?c) (sum ?s))
    =>
    (modify ?counted (total ?t))
    (modify ?total (sum (+ ?s (- ?t ?old)))))
"""


def facts(size: int) -> list[Batch]:
    """So many orders, of a tenth as many customers."""
    rng = random.Random(1)
    count = max(1, size // 10)
    rows = [
        {"id": number, "customer": f"c{rng.randrange(count)}", "total": rng.randint(1, 1000)}
        for number in range(size)
    ]
    return [("Order", rows)]


def changes(size: int) -> Steps:
    """As many changes of a total as there are orders; a new total is never the old one."""
    rng = random.Random(2)
    return Steps(
        kind="modify",
        template="Order",
        steps=[(rng.randrange(size), {"total": 1001 + step}) for step in range(size)],
    )


def check(batches: Sequence[Batch], outcome: Outcome) -> None:
    """Add up a list of dicts that meets the same changes."""
    orders: list[Row] = [dict(row) for row in dict(batches)["Order"]]
    steps = changes(len(orders)).steps
    for place, fields in steps:
        orders[place].update(fields)
    sums: dict[str, int] = defaultdict(int)
    numbers: dict[str, int] = defaultdict(int)
    for row in orders:
        sums[row["customer"]] += row["total"]
        numbers[row["customer"]] += 1
    found = sorted((row["customer"], row["sum"], row["number"]) for row in outcome.facts["Total"])
    expected = sorted((name, sums[name], numbers[name]) for name in sums)
    expect(found == expected, "the totals are not those expected")
    # For each customer or each order, as the program is written; then once for each change.
    firings = [2 * len(sums) + len(steps), len(sums) + len(orders) + len(steps)]
    expect(outcome.fired in firings, f"{outcome.fired} firings, not one of {firings}")


WORKLOADS = (
    Workload(
        name="accumulate",
        title="Sums and counts by group, with a change of a fact and a run as often as there are",
        sizes=(10_000, 100_000),
        smallest=50,
        size_means="orders",
        rules=always(RULES),
        peers={"clips": always(CLIPS)},
        facts=facts,
        steps=changes,
        check=check,
        results=("Total",),
    ),
)
