"""Firings that call a function of the program, which is all that they do."""

from __future__ import annotations

import random
from collections.abc import Sequence

from benchmarks.workload import Batch, Outcome, Workload, always, expect

RULES = """
external function note(order: int)

template Order
    id: int
    total: int
end

rule "note an order"
when
    o := Order(total > 500)
then
    note(o.id)
end
"""

CLIPS = """
(deftemplate Order (slot id) (slot total))

(defrule note-an-order
    (Order (id ?o) (total ?total&:(> ?total 500)))
    =>
    (note ?o))
"""


def facts(size: int) -> list[Batch]:
    """So many orders, of which one in ten is too small."""
    rng = random.Random(1)
    rows = [{"id": number, "total": rng.randint(401, 1400)} for number in range(size)]
    return [("Order", rows)]


def check(batches: Sequence[Batch], outcome: Outcome) -> None:
    """Every order that is large enough was noted once."""
    expected = [row["id"] for row in dict(batches)["Order"] if row["total"] > 500]
    called = sorted(outcome.called)
    expect(called == expected, f"{len(called)} calls, not the {len(expected)} expected")
    expect(outcome.fired == len(expected), f"{outcome.fired} firings, not {len(expected)}")


WORKLOADS = (
    Workload(
        name="calls",
        title="Firings that call a Python function",
        sizes=(100_000,),
        smallest=50,
        size_means="orders",
        rules=always(RULES),
        peers={"clips": always(CLIPS)},
        facts=facts,
        check=check,
        function="note",
    ),
)
