"""What the project aims at beside CLIPS, and what was measured of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import NamedTuple

from benchmarks.measure import Measurement, Times
from benchmarks.plots import both
from benchmarks.report import digits

CLIPS, MANY, EACH = "clipspy, assert_fact", "rete_engine, insert_many", "rete_engine, insert"
CACHED = "rete_engine, from the cache"

Found = Mapping[tuple[str, int], Measurement]


class Aim(NamedTuple):
    """A figure: at least, or at most, so much."""

    what: str
    bound: float
    is_most: bool
    measured: Callable[[Found], float]


def _times(found: Found, name: str, size: int, engine: str) -> Times:
    """The times of an engine.

    Raises:
        LookupError: It was not measured.
    """
    for times in found[name, size].engines:
        if times.engine == engine and times.missing is None:
            return times
    raise LookupError(engine)


def _part(times: Times, part: str) -> float:
    if part == "load+run":
        return both(times)
    return median({"build": times.build, "load": times.load, "run": times.run}[part])


def _faster(name: str, size: int, part: str, ours: str = MANY) -> Callable[[Found], float]:
    """How many times as fast as CLIPS."""
    return lambda found: (
        _part(_times(found, name, size, CLIPS), part) / _part(_times(found, name, size, ours), part)
    )


def _growth(name: str, small: int, large: int, per_fact: float) -> Callable[[Found], float]:
    """How many times as long a fact takes to load at a large size."""

    def measured(found: Found) -> float:
        long = _part(_times(found, name, large, MANY), "load")
        return long / _part(_times(found, name, small, MANY), "load") / per_fact

    return measured


def _memory(name: str, size: int) -> Callable[[Found], float]:
    """Bytes for each fact that was loaded."""
    return lambda found: _times(found, name, size, MANY).own / found[name, size].facts


AIMS = (
    Aim("Manners 128, run: times CLIPS", 15, False, _faster("manners", 128, "run")),
    Aim("Manners 256, run: times CLIPS", 40, False, _faster("manners", 256, "run")),
    Aim("Waltz, 50 steps, run: times CLIPS", 1.5, False, _faster("waltz", 50, "run")),
    Aim("closure of a chain of 1,000, run", 1.3, False, _faster("closure_chain", 1000, "run")),
    Aim("closure of a graph of 500, run", 1.3, False, _faster("closure_graph", 500, "run")),
    Aim("orders 100,000, insert_many", 10, False, _faster("orders", 100_000, "load")),
    Aim("orders 100,000, insert", 10, False, _faster("orders", 100_000, "load", EACH)),
    Aim("orders 1,000,000, insert_many", 10, False, _faster("orders", 1_000_000, "load")),
    Aim("orders 1,000,000, insert", 10, False, _faster("orders", 1_000_000, "load", EACH)),
    Aim("a fact of 1,000,000, not 100,000", 1.3, True, _growth("orders", 100_000, 10**6, 10)),
    Aim("orders 1,000,000: bytes a fact", 500, True, _memory("orders", 1_000_000)),
    Aim("modify and run", 4, False, _faster("churn_modify", 100_000, "run")),
    Aim("retract, insert and run", 20, False, _faster("churn_replace", 20_000, "run")),
    Aim("a fact beside 10,000 rules, not 10", 1.2, True, _growth("many_rules", 10, 10_000, 1)),
    Aim("10,000 rules: loading facts", 1, False, _faster("many_rules", 10_000, "load")),
    Aim("10,000 rules: reading them", 0.2, False, _faster("many_rules", 10_000, "build")),
    Aim("10,000 rules: from the cache", 1, False, _faster("many_rules", 10_000, "build", CACHED)),
    Aim("firings that call a Python function", 10, False, _faster("calls", 100_000, "run")),
    Aim("a session of one fact, 1,000 rules", 20, False, _faster("stateless", 1_000, "run")),
)


def aims_table(measurements: Sequence[Measurement]) -> str:
    """Each aim beside what was measured."""
    found = {(each.workload, each.size): each for each in measurements}
    lines = ["### Aims", "", "| | aim | measured | |", "|---|---:|---:|---|"]
    for aim in AIMS:
        try:
            value = aim.measured(found)
        except LookupError:
            shown, holds = "not measured", ""
        else:
            is_met = value <= aim.bound if aim.is_most else value >= aim.bound
            shown, holds = digits(value), "holds" if is_met else "does not hold"
        bound = f"{'at most' if aim.is_most else 'at least'} {aim.bound:g}"
        lines.append(f"| {aim.what} | {bound} | {shown} | {holds} |")
    return "\n".join(lines)
