"""What comes and goes leaves nothing behind.

`RETE_ENGINE_PAIRS=1000000` lets as many facts come and go; by default it is two thousand for each
program and use, in which a leak of one object for each fact shows as well. What is kept is a few
hundred bytes, however many came and went: the finalizer that gives the collector's threshold back
when a load is over, and what the test itself counts.
"""

from __future__ import annotations

import gc
import os
import tracemalloc
from collections import Counter
from collections.abc import Callable

import pytest

import rete_engine
from rete_engine import RuleSet, Session

PACKAGE = os.path.dirname(rete_engine.__file__)
PAIRS = int(os.environ.get("RETE_ENGINE_PAIRS", "2000"))
WARM = 500  # before the baseline: lists and dicts have grown to what they need
#: Bytes that may be kept in all. The smallest object takes 16, so one in four facts that leaves
#: one would show in two thousand.
MOST_KEPT = 8_000

TEMPLATES = """
template Customer key(id)
    id: int
    tier: str = "gold"
end
template Order key(id)
    id: int
    customer: int
    total: int = 1
end
template Seen unique
    order: int
end
template Total
    customer: int
    sum: int
end
"""
RULES = {
    "join": """
        rule "r"
        when
            c := Customer(tier == "gold")
            o := Order(customer == c.id)
        then
            emit o.id
        end""",
    "without a key": """
        rule "r"
        when
            o := Order(total > 0)
            c := Customer(id <= o.total)
        then
            emit o.id
        end""",
    "not": """
        rule "r"
        when
            c := Customer()
            not Order(customer == c.id)
        then
            emit c.id
        end""",
    "exists": """
        rule "r"
        when
            c := Customer()
            exists (o := Order(customer == c.id) and not Seen(order == o.id))
        then
            emit c.id
        end""",
    "accumulate": """
        rule "r"
        when
            c := Customer()
            s := sum(total for Order(customer == c.id))
            test s > 0
        then
            emit s
        end""",
    "groups": """
        rule "r"
        when
            s := max(total for Order() by k := customer)
        then
            emit k
        end""",
    "or": """
        rule "r"
        when
            o := Order()
            (Customer(id == o.customer) or Seen(order == o.id))
        then
            emit o.id
        end""",
    "logical": """
        rule "r"
        when
            o := Order(total > 0)
        then
            insert logical Total(customer = o.customer, sum = o.total)
        end
        rule "more"
        when
            t := Total()
        then
            insert logical Seen(order = t.customer)
        end""",
    "chained": """
        rule "r"
        when
            o := Order(total < 3)
        then
            modify o(total = o.total + 1)
        end
        rule "s"
        when
            o := Order(total == 3)
            not Seen(order == o.id)
        then
            insert Seen(order = o.id)
        end
        rule "t"
        when
            s := Seen()
            not Order(id == s.order)
        then
            retract s
        end""",
    "query": """
        query orders(c: int)
            o := Order(customer == c)
        end""",
}


def run_each(session: Session, pairs: int) -> None:
    """A fact comes, rules run, it goes, rules run."""
    for number in range(pairs):
        order = session.insert("Order", id=number, customer=number % 7)
        session.run()
        session.retract(order)
        session.run()


def run_never(session: Session, pairs: int) -> None:
    """Facts come and go before anything fires."""
    for number in range(pairs):
        order = session.insert("Order", id=number, customer=number % 7)
        session.modify(order, total=number % 5)
        session.retract(order)


def run_late(session: Session, pairs: int) -> None:
    """Many come at once, and go in another order when rules have run."""
    for first in range(0, pairs, 100):
        rows = [(number, number % 7, number % 5) for number in range(first, first + 100)]
        orders = session.insert_many("Order", rows, facts=True)
        session.run()
        for order in orders[::2] + orders[1::2]:
            session.retract(order)
    session.run()


def traced() -> Counter[str]:
    """Bytes of memory that objects take, by the file that they were made in.

    Compiled code is not seen: what it makes counts for the interpreted file that calls it, which
    is this one or one of the package. What other threads of the process make in the meantime, in
    files of others, is not ours.
    """
    gc.collect()
    ours = [tracemalloc.Filter(True, f"{PACKAGE}/*"), tracemalloc.Filter(True, __file__)]
    found = tracemalloc.take_snapshot().filter_traces(ours).statistics("filename")
    return Counter({each.traceback[0].filename: each.size for each in found})


def live_objects() -> Counter[str]:
    """How many objects of each of the engine's classes are alive."""
    gc.collect()
    classes = Counter(type(each) for each in gc.get_objects())
    return Counter(
        {
            cls.__qualname__: number
            for cls, number in classes.items()
            if str(cls.__module__).startswith("rete_engine.")
        }
    )


@pytest.mark.parametrize("use", [run_each, run_never, run_late])
@pytest.mark.parametrize("name", RULES)
def test_facts_that_come_and_go_leave_nothing_behind(
    name: str, use: Callable[[Session, int], None]
) -> None:
    rules = RuleSet.parse(TEMPLATES + RULES[name])
    with rules.session() as session:
        for number in range(5):
            session.insert("Customer", id=number)
        if name == "query":
            session.live("orders", lambda joined, left: None, c=3)
        tracemalloc.start()  # before the lists and dicts that will be replaced by others
        try:
            use(session, WARM)
            objects = live_objects()
            kept: list[Counter[str]] = []
            # A table of the process that grows, does so once; a leak is there each time.
            while not kept or (kept[-1].total() >= MOST_KEPT and len(kept) < 3):
                before = traced()
                use(session, PAIRS)
                kept.append(traced() - before)
        finally:
            tracemalloc.stop()
        assert live_objects() - objects == Counter()
        assert kept[-1].total() < MOST_KEPT, kept
        assert len(session.facts("Order")) == 0
