"""Measuring one workload at one size: engines take turns in one process.

Run as a program (`python -m benchmarks.measure WORKLOAD SIZE RUNS`) it prints the measurement as
JSON; that is how each one gets a process of its own.

Each turn of each engine makes its facts anew and empties the garbage collector before the clock
starts. The collector stays on, as Python sets it, for every engine; an engine's garbage is
collected before the next one's turn, outside of anybody's time.
"""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from time import perf_counter
from typing import Any

from benchmarks.engine import Engine
from benchmarks.engines import Rete, engines_for
from benchmarks.workload import Outcome, Workload, WrongAnswerError
from benchmarks.workloads import all_workloads


@dataclass
class Times:
    """An engine's times in seconds, one of each kind for every run."""

    engine: str
    version: str = ""
    missing: str | None = None  # why there are no times
    build: list[float] = field(default_factory=list)  # reading and compiling the rules
    load: list[float] = field(default_factory=list)  # inserting the facts
    run: list[float] = field(default_factory=list)  # firing; or the workload's steps
    peak: int = 0  # memory in bytes, of a process of its own; 0 where nobody counts it
    own: int = 0  # how much of it came when the engine was used


@dataclass
class Measurement:
    """What came of a workload at a size; the first engine is the one to compare with."""

    workload: str
    size: int
    facts: int
    fired: int  # by rete_engine: by its peers, too, unless `check` of the workload says otherwise
    engines: list[Times]
    place: str = ""  # the Python and the machine
    day: str = ""  # ISO 8601


def measure(workload: Workload, size: int, runs: int) -> Measurement:
    """Let every engine run a workload, turn by turn.

    Raises:
        WrongAnswerError: An engine's answer is not the known one.
    """
    all_times: list[Times] = []
    present: list[tuple[Engine, Times]] = []
    for engine in engines_for(workload):
        times = Times(engine.name, missing=engine.missing() or engine.refuses(workload, size))
        all_times.append(times)
        if times.missing is None:
            times.version = engine.version()
            present.append((engine, times))
    fired = 0
    for engine, _ in present:  # what is imported when it is first needed is nobody's time
        _turn(engine, workload, workload.smallest, Times(engine.name))
    for run in range(1, runs + 1):
        for engine, times in present:
            show(f"{workload.name} {size:,}: run {run} of {runs}, {engine.name}")
            number = _turn(engine, workload, size, times)
            if isinstance(engine, Rete):
                fired = number
    show("")
    count = sum(len(rows) for _, rows in workload.facts(size))
    return Measurement(workload.name, size, count, fired, all_times)


def _turn(engine: Engine, workload: Workload, size: int, times: Times) -> int:
    """Time one run of one engine, check its answer, and tell how many rules fired.

    Raises:
        WrongAnswerError: The answer is not the known one.
    """
    batches = workload.facts(size)
    steps = workload.steps(size) if workload.steps else None
    engine.prepare(workload, size)
    gc.collect()
    start = perf_counter()
    trial = engine.open(workload, size)
    built = perf_counter()
    trial.load(batches)
    times.load.append(perf_counter() - built)
    times.build.append(built - start)
    fired = 0
    if steps:
        fired = trial.run()
        trial.take(steps.template)
    start = perf_counter()
    fired += trial.each(steps) if steps else trial.run()
    times.run.append(perf_counter() - start)
    facts = {name: trial.facts(name) for name in workload.results}
    outcome = Outcome(fired, facts, trial.called)
    trial.close()
    try:
        workload.check(workload.facts(size), outcome)
    except WrongAnswerError as error:
        raise WrongAnswerError(f"{engine.name}: {error}") from None
    return fired


def show(progress: str) -> None:
    """Tell on a terminal what is going on, in place of what was told before."""
    if sys.stderr.isatty():
        print(f"\r\033[K{progress}", end="", file=sys.stderr, flush=True)


def measurement_from(text: str) -> Measurement:
    """Read back what a process of its own printed."""
    return measurement_of(json.loads(text))


def measurement_of(read: dict[str, Any]) -> Measurement:
    """A measurement from what JSON gives."""
    return Measurement(**{**read, "engines": [Times(**times) for times in read["engines"]]})


def main(arguments: Sequence[str]) -> None:
    """Measure and print."""
    name, size, runs = arguments
    try:
        measured = measure(all_workloads()[name], int(size), int(runs))
    except (WrongAnswerError, ValueError) as error:
        sys.exit(f"error: {name} {size}: {error}")
    print(json.dumps(asdict(measured)))


if __name__ == "__main__":
    main(sys.argv[1:])
