"""durable_rules, in the workloads that its rules can say.

It fires as facts come, so loading is all there is, and a run afterwards does nothing. A fact that
no rule matches is not kept but refused, which the program passes over. `id` is its name for a fact,
so the field is called `key` here. Left out are Miss Manners, Waltz and the closures, which need an
order of firing, or `not` over facts that rules insert; changes of single facts, which it cannot
modify; accumulates, which it has not; and sessions, for its rule sets live as long as the process.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import itertools
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from benchmarks.engine import Engine, Trial, functions
from benchmarks.workload import Batch, Row, Workload
from benchmarks.workloads import joins, orders

_numbers = itertools.count(1)


class DurableTrial(Trial):
    """A rule set of durable_rules."""

    def __init__(self, workload: Workload, size: int) -> None:
        self.called = []
        self.made: dict[str, list[Row]] = {name: [] for name in workload.results}
        self.fired = 0
        self.lang: Any = importlib.import_module("durable.lang")
        self.refused: type[Exception] = importlib.import_module(
            "durable.engine"
        ).MessageNotHandledException
        self.note: Callable[[int], None] | None = functions(workload, self.called).get("note")
        self.name = f"{workload.name} {next(_numbers)}"
        with self.lang.ruleset(self.name):
            PROGRAMS[workload.name](self, size)
        self.lang.get_host()

    def make(self, context: Any, template: str, row: Row) -> None:
        """Insert a fact, and keep it: what no rule matches is not to be had from the engine."""
        self.fired += 1
        with suppress(self.refused):
            context.assert_fact({"type": template, **row})
        self.made[template].append(row)

    def load(self, batches: Sequence[Batch]) -> None:
        assert_fact = self.lang.assert_fact
        for template, rows in batches:
            for row in rows:
                fact = {**row, "type": template, "key": row["id"]}
                del fact["id"]
                with suppress(self.refused):
                    assert_fact(self.name, fact)

    def run(self) -> int:
        return self.fired

    def facts(self, template: str) -> list[Row]:
        return self.made[template]

    def close(self) -> None:
        self.lang._rulesets.pop(self.name, None)
        self.__dict__.clear()


def _joins(trial: DurableTrial, size: int) -> None:
    lang, m, c = trial.lang, trial.lang.m, trial.lang.c
    for tier, kind in itertools.product(joins.TIERS, joins.KINDS):

        @lang.when_all(
            c.customer << (m.type == "Customer") & (m.tier == tier),
            c.order << (m.type == "Order") & (m.customer == c.customer.key) & (m.kind == kind),
        )
        def gift(found: Any) -> None:
            row = {"order": found.order.key, "tier": found.customer.tier}
            trial.make(found, "Gift", row)


def _orders(trial: DurableTrial, size: int) -> None:
    lang, m, c = trial.lang, trial.lang.m, trial.lang.c

    @lang.when_all(
        c.customer << (m.type == "Customer") & (m.tier == "gold"),
        c.order << (m.type == "Order") & (m.customer == c.customer.key) & (m.status == "new"),
    )
    def gold(found: Any) -> None:
        trial.make(found, "Note", {"order": found.order.key, "text": "gold"})

    for kind in orders.KINDS:

        @lang.when_all(
            c.order << (m.type == "Order") & (m.kind == kind) & (m.total < float(orders.SMALL))
        )
        def small(found: Any) -> None:
            trial.make(
                found, "Note", {"order": found.order.key, "text": f"small {found.order.kind}"}
            )

        @lang.when_all(
            c.order << (m.type == "Order") & (m.kind == kind) & (m.total > float(orders.LARGE))
        )
        def large(found: Any) -> None:
            trial.make(
                found, "Note", {"order": found.order.key, "text": f"large {found.order.kind}"}
            )


def _many_rules(trial: DurableTrial, size: int) -> None:
    lang, m, c = trial.lang, trial.lang.m, trial.lang.c

    def rule(number: int) -> None:  # an action has one argument: a default would be a second one
        @lang.when_all(c.event << (m.type == "Event") & (m.code == f"code {number}"))
        def hit(found: Any) -> None:
            trial.make(found, "Hit", {"event": found.event.key, "rule": number})

    for number in range(size):
        rule(number)


def _calls(trial: DurableTrial, size: int) -> None:
    lang, m, c = trial.lang, trial.lang.m, trial.lang.c

    @lang.when_all(c.order << (m.type == "Order") & (m.total > 500))
    def note(found: Any) -> None:
        assert trial.note is not None
        trial.note(found.order.key)
        trial.fired += 1


PROGRAMS: Mapping[str, Callable[[DurableTrial, int], None]] = {
    "calls": _calls,
    "joins": _joins,
    "many_rules": _many_rules,
    "orders": _orders,
}


class Durable(Engine):
    """durable_rules, used as its documentation shows."""

    name = "durable_rules, assert_fact"
    programs = PROGRAMS
    largest: Mapping[str, int] = {"many_rules": 10}  # a thousand are not built in a minute

    def missing(self) -> str | None:
        if importlib.util.find_spec("durable") is None:
            return "durable_rules is not installed"
        return None

    def refuses(self, workload: Workload, size: int) -> str | None:
        largest = self.largest.get(workload.name, 20_000)
        return f"it takes too long beyond {largest:,}" if size > largest else None

    def version(self) -> str:
        return importlib.metadata.version("durable_rules")

    def open(self, workload: Workload, size: int) -> Trial:
        return DurableTrial(workload, size)
