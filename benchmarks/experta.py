"""experta, in the workloads that it ends in a time that one can wait for.

Its last release needs names that Python 3.10 took out of `collections`; they are put back while it
is imported. Every `declare` meets every rule, so its sizes are small. Left out are Miss Manners and
Waltz, which it does not end within minutes at any size of ours; accumulates, which it has not; and
sessions, for an engine is built anew for each.
"""

from __future__ import annotations

import collections
import collections.abc
import importlib
import importlib.metadata
import importlib.util
import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from benchmarks.engine import Engine, Trial, functions
from benchmarks.workload import Batch, Row, Steps, Workload
from benchmarks.workloads import joins, orders


def _module() -> Any:
    """The module experta."""
    names = ("Callable", "Hashable", "Iterable", "Mapping", "MutableMapping", "Sequence")
    absent = [name for name in names if not hasattr(collections, name)]
    for name in absent:
        setattr(collections, name, getattr(collections.abc, name))
    try:
        return importlib.import_module("experta")
    finally:
        for name in absent:
            delattr(collections, name)


class ExpertaTrial(Trial):
    """An engine of experta."""

    def __init__(self, workload: Workload, size: int) -> None:
        self.called = []
        self.fired = 0
        self.note: Callable[[int], None] | None = functions(workload, self.called).get("note")
        self.experta = _module()
        self.templates: dict[str, Any] = {}
        rules = PROGRAMS[workload.name](self, size)
        named = {f"rule_{number}": rule for number, rule in enumerate(rules)}
        self.engine = type("Program", (self.experta.KnowledgeEngine,), named)()
        self.engine.reset()

    def template(self, name: str) -> Any:
        """The class of a template's facts."""
        if name not in self.templates:
            self.templates[name] = type(name, (self.experta.Fact,), {})
        return self.templates[name]

    def load(self, batches: Sequence[Batch]) -> None:
        declare = self.engine.declare
        for name, rows in batches:
            template = self.template(name)
            for row in rows:
                declare(template(**row))

    def run(self) -> int:
        before = self.fired
        self.engine.run()
        return self.fired - before

    def of(self, template: str) -> list[Any]:
        """The facts of a template."""
        wanted = self.template(template)
        return [fact for fact in self.engine.facts.values() if isinstance(fact, wanted)]

    def take(self, template: str) -> None:
        self.taken = self.of(template)

    def modify_each(self, steps: Steps) -> int:
        fired = 0
        for place, fields in steps.steps:
            self.taken[place] = self.engine.modify(self.taken[place], **fields)
            fired += self.run()
        return fired

    def replace_each(self, steps: Steps) -> int:
        fired = 0
        template = self.template(steps.template)
        for place, fields in steps.steps:
            self.engine.retract(self.taken[place])
            self.taken[place] = self.engine.declare(template(**fields))
            fired += self.run()
        return fired

    def facts(self, template: str) -> list[Row]:
        return [
            {name: value for name, value in fact.items() if not name.startswith("__")}
            for fact in self.of(template)
        ]

    def close(self) -> None:
        self.__dict__.clear()


def _joins(trial: ExpertaTrial, size: int) -> list[Any]:
    ex, customer, order = trial.experta, trial.template("Customer"), trial.template("Order")

    def rule(tier: str, kind: str) -> Any:
        @ex.Rule(
            customer(id=ex.MATCH.c, tier=ex.L(tier)),
            order(id=ex.MATCH.o, customer=ex.MATCH.c, kind=ex.L(kind)),
        )
        def gift(engine: Any, o: int) -> None:
            trial.fired += 1
            engine.declare(trial.template("Gift")(order=o, tier=tier))

        return gift

    return [rule(tier, kind) for tier, kind in itertools.product(joins.TIERS, joins.KINDS)]


def _orders(trial: ExpertaTrial, size: int) -> list[Any]:
    ex, customer, order = trial.experta, trial.template("Customer"), trial.template("Order")

    def write(engine: Any, number: int, text: str) -> None:
        trial.fired += 1
        engine.declare(trial.template("Note")(order=number, text=text))

    @ex.Rule(
        customer(id=ex.MATCH.c, tier=ex.L("gold")),
        order(id=ex.MATCH.o, customer=ex.MATCH.c, status=ex.L("new")),
    )
    def gold(engine: Any, o: int) -> None:
        write(engine, o, "gold")

    def rule(text: str, kind: str, test: Callable[[float], bool]) -> Any:
        @ex.Rule(order(id=ex.MATCH.o, kind=ex.L(kind), total=ex.P(test)))
        def one(engine: Any, o: int) -> None:
            write(engine, o, f"{text} {kind}")

        return one

    small = [rule("small", kind, lambda total: total < orders.SMALL) for kind in orders.KINDS]
    large = [rule("large", kind, lambda total: total > orders.LARGE) for kind in orders.KINDS]
    return [gold, *small, *large]


def _closure(trial: ExpertaTrial, size: int) -> list[Any]:
    ex, edge, reach = trial.experta, trial.template("Edge"), trial.template("Reach")
    a, b, c = ex.MATCH.a, ex.MATCH.b, ex.MATCH.c

    @ex.Rule(edge(source=a, target=b), ~reach(source=a, target=b))
    def first(engine: Any, a: int, b: int) -> None:
        trial.fired += 1
        engine.declare(reach(source=a, target=b))

    @ex.Rule(reach(source=a, target=b), edge(source=b, target=c), ~reach(source=a, target=c))
    def further(engine: Any, a: int, c: int) -> None:
        trial.fired += 1
        engine.declare(reach(source=a, target=c))

    return [first, further]


def _churn(trial: ExpertaTrial, size: int) -> list[Any]:
    ex, customer, order = trial.experta, trial.template("Customer"), trial.template("Order")

    @ex.Rule(
        customer(id=ex.MATCH.c),
        order(id=ex.MATCH.o, customer=ex.MATCH.c, total=ex.P(lambda total: total > 0)),
    )
    def look(engine: Any, o: int) -> None:
        trial.fired += 1

    return [look]


def _many_rules(trial: ExpertaTrial, size: int) -> list[Any]:
    ex, event = trial.experta, trial.template("Event")

    def rule(number: int) -> Any:
        @ex.Rule(event(id=ex.MATCH.i, code=ex.L(f"code {number}")))
        def hit(engine: Any, i: int) -> None:
            trial.fired += 1
            engine.declare(trial.template("Hit")(event=i, rule=number))

        return hit

    return [rule(number) for number in range(size)]


def _calls(trial: ExpertaTrial, size: int) -> list[Any]:
    ex, order = trial.experta, trial.template("Order")

    @ex.Rule(order(id=ex.MATCH.o, total=ex.P(lambda total: total > 500)))
    def note(engine: Any, o: int) -> None:
        trial.fired += 1
        assert trial.note is not None
        trial.note(o)

    return [note]


PROGRAMS: Mapping[str, Callable[[ExpertaTrial, int], list[Any]]] = {
    "calls": _calls,
    "churn_modify": _churn,
    "churn_replace": _churn,
    "closure_chain": _closure,
    "closure_graph": _closure,
    "joins": _joins,
    "many_rules": _many_rules,
    "orders": _orders,
}


class Experta(Engine):
    """experta, used as its documentation shows."""

    name = "experta, declare"
    programs = PROGRAMS
    largest: Mapping[str, int] = {"closure_chain": 30, "closure_graph": 20, "many_rules": 10}

    def missing(self) -> str | None:
        if importlib.util.find_spec("experta") is None:
            return "experta is not installed"
        return None

    def refuses(self, workload: Workload, size: int) -> str | None:
        largest = self.largest.get(workload.name, 2_000)
        return f"it takes too long beyond {largest:,}" if size > largest else None

    def version(self) -> str:
        return importlib.metadata.version("experta")

    def open(self, workload: Workload, size: int) -> Trial:
        return ExpertaTrial(workload, size)
