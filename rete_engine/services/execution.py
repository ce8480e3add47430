"""Executing a rule set over facts, once: what every service offers."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from rete_engine.diagnostics.errors import RuleEngineError
from rete_engine.expressions.frame import Limits
from rete_engine.services.catalog import Entry
from rete_engine.services.facts import insert_facts, unknown_template
from rete_engine.services.faults import Code, Fault, fault_of
from rete_engine.services.running import Told, weight_of
from rete_engine.session.fact import Fact
from rete_engine.session.jsonable import jsonable
from rete_engine.session.session import Session
from rete_engine.session.single_facts import SingleFacts

#: Facts that rules over one fact look at between two looks at the time.
_AT_ONCE = 100


@dataclass(frozen=True)
class Bounds:
    """What one execution, or one session, may cost.

    Attributes:
        facts: Facts of a request, and live facts of a session.
        run_time: Seconds of one run.
        steps: Steps of one evaluation, as in `Limits`.
        value: Size of one value, as in `Limits`.
        tokens: Partial matches and activations, as in `Limits`.
        output: Characters and numbers of what one run emits, prints and traces.
    """

    facts: int = 100_000
    run_time: float = 10.0
    steps: int = 100_000
    value: int = 100_000
    tokens: int = 1_000_000
    output: int = 10_000_000

    def limits(self) -> Limits:
        """The bounds as the engine knows them.

        A run ends between two firings when its time is over. One firing, or the insertion of facts,
        that goes on for as long again is given up, and the session with it.
        """
        return Limits(
            steps=self.steps,
            value=self.value,
            facts=self.facts,
            tokens=self.tokens,
            seconds=2 * self.run_time,
        )

    def timeout(self, wanted: float | None) -> float:
        """The seconds of a run for which so many are asked.

        Raises:
            Fault: It is more than is allowed.
        """
        if wanted is not None and wanted > self.run_time:
            raise Fault(Code.OVER_LIMIT, f"a run may take at most {self.run_time:g} seconds")
        return self.run_time if wanted is None else wanted


@dataclass(frozen=True)
class Execution:
    """What an execution gave.

    Attributes:
        results: What the rules emitted; of rules over one fact, what their actions gave.
        rules_executed: How many rules fired.
        stopped: `"quiescent"`, `"halted"` or `"limit"`.
        printed: The lines that rules printed.
        execution_time_ms: How long it took, in milliseconds.
        loop: With `"limit"`, the rules that made each other fire, and what they change.
        fired: How often each rule fired, in the order of first firings; empty if nobody asked.
        facts: The facts that were asked for, by template.
    """

    results: list[object]
    rules_executed: int
    stopped: str
    printed: list[str]
    execution_time_ms: float
    loop: str | None = None
    fired: Mapping[str, int] = field(default_factory=dict)
    facts: Mapping[str, list[dict[str, object]]] = field(default_factory=dict)

    def as_dict(self) -> dict[str, object]:
        """The execution as plain values."""
        return {
            "results": self.results,
            "execution_time_ms": self.execution_time_ms,
            "rules_executed": self.rules_executed,
            "stopped": self.stopped,
            "printed": self.printed,
        }


def execute(
    entry: Entry,
    facts: object,
    *,
    params: Mapping[str, object] | None = None,
    limit: int | None = None,
    timeout: float | None = None,
    bounds: Bounds = Bounds(),
    count: bool = False,
    show: Sequence[str] = (),
    at_end: Callable[[Session], None] | None = None,
) -> Execution:
    r"""Execute rules over facts. Nothing of it stays.

    Args:
        entry: The rules.
        facts: As for `facts.insert_facts`; for rules over one fact a list of any values.
        params: Values for parameters of the rules.
        limit: The most firings to try; not for rules over one fact.
        timeout: Seconds; by default those that are allowed.
        bounds: What it may cost.
        count: Whether to tell how often each rule fired; not for rules over one fact.
        show: The templates whose facts to tell after the run.
        at_end: Takes the session after the run; not for rules over one fact.

    Raises:
        Fault: Facts, params or templates do not fit, a rule failed, or it is over a bound.

    Example:
        >>> from rete_engine.services.catalog import Catalog
        >>> text = 'template T\n n: int\nend\nrule "r"\nwhen\n T(n > 1)\nthen\n emit 1\nend'
        >>> entry, _ = Catalog().register("r", text)
        >>> execute(entry, [{"n": 1}, {"n": 2}]).results
        [1]
    """
    started = time.perf_counter()
    seconds = bounds.timeout(timeout)
    try:
        if entry.single_facts is not None:
            if show:
                raise Fault(Code.WRONG_REQUEST, "rules over one fact keep no facts to show")
            done = _single(entry.single_facts, facts, params, limit, seconds, bounds)
        else:
            done = _run(entry, facts, params, limit, seconds, bounds, count, show, at_end)
    except RuleEngineError as error:
        raise fault_of(error) from error
    elapsed = round((time.perf_counter() - started) * 1000, 3)
    return replace(done, execution_time_ms=elapsed)


def _run(
    entry: Entry,
    facts: object,
    params: Mapping[str, object] | None,
    limit: int | None,
    seconds: float,
    bounds: Bounds,
    count: bool,
    show: Sequence[str],
    at_end: Callable[[Session], None] | None,
) -> Execution:
    deadline = time.monotonic() + seconds
    told = Told()
    fired: Counter[str] = Counter()
    rules = entry.rules
    for name in show:
        if name not in rules.templates:
            raise Fault(Code.WRONG_REQUEST, f"show: {unknown_template(name, rules.templates)}")
    with rules.session(params, limits=bounds.limits(), out=told.say) as session:
        insert_facts(session, rules, facts, bounds.facts)
        if count:
            session.on("fire", lambda firing: fired.update([firing.rule]))
        left = max(deadline - time.monotonic(), 0.0)
        if not told.run(session, limit, left, trace=False, most=bounds.output):
            raise too_much()
        if told.stopped == "timeout":
            raise too_long(seconds)
        if at_end is not None:
            at_end(session)
        return Execution(
            told.outputs,
            told.fired,
            told.stopped,
            told.printed,
            0.0,
            None if told.loop is None else str(told.loop),
            fired,
            {
                name: [
                    {k: jsonable(v) for k, v in Fact.as_dict(f).items()}
                    for f in session.facts(name)
                ]
                for name in show
            },
        )


def _single(
    rules: SingleFacts,
    facts: object,
    params: Mapping[str, object] | None,
    limit: int | None,
    seconds: float,
    bounds: Bounds,
) -> Execution:
    if not isinstance(facts, list):
        raise Fault(Code.WRONG_FACTS, "facts: for rules over one fact they are a list")
    if params or limit is not None:
        raise Fault(Code.WRONG_REQUEST, "rules over one fact have no params and no limit")
    if len(facts) > bounds.facts:
        raise Fault(Code.OVER_LIMIT, f"at most {bounds.facts:,} facts are taken at once")
    deadline = time.monotonic() + seconds
    results: list[object] = []
    fired = weight = 0
    for start in range(0, len(facts), _AT_ONCE):
        if time.monotonic() > deadline:
            raise too_long(seconds)
        found = rules.run(facts[start : start + _AT_ONCE], limits=bounds.limits())
        part = [jsonable(value) for value in found.results]
        fired += found.fired
        weight += sum(map(weight_of, part))
        if weight > bounds.output:
            raise too_much()
        results += part
    return Execution(results, fired, "quiescent", [], 0.0)


def too_much() -> Fault:
    """The fault of a run that gives more than is taken."""
    return Fault(Code.OVER_LIMIT, "the rules emit and print more than the service keeps")


def too_long(seconds: float) -> Fault:
    """The fault of a run that was stopped."""
    return Fault(Code.OVER_LIMIT, f"the run took longer than {seconds:g} seconds, and was stopped")
