"""Peak memory of one engine with one workload at one size, in a process of its own.

Run as a program (`python -m benchmarks.memory WORKLOAD SIZE ENGINE`) it prints two numbers of
bytes: the peak when the facts had been made and nothing else done, and the peak at the end. The
interpreter, the modules that a first small use imports and the rows to insert are in both, so that
their difference is what the engine has taken.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.engine import Engine
from benchmarks.engines import engines_for
from benchmarks.workload import Batch, Steps, Workload
from benchmarks.workloads import all_workloads

STATUS = Path("/proc/self/status")


def peak() -> int:
    """The most memory in bytes that this process has had; 0 where nobody counts it."""
    if STATUS.exists():  # Linux; `getrusage` would count the process that started this one
        for line in STATUS.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    try:
        import resource
    except ImportError:  # Windows
        return 0
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def use(
    engine: Engine, workload: Workload, size: int, batches: Sequence[Batch], steps: Steps | None
) -> None:
    """Do everything that is timed, and end with it."""
    trial = engine.open(workload, size)
    trial.load(batches)
    trial.run()
    if steps:
        trial.take(steps.template)
        trial.each(steps)


def peaks(workload: Workload, size: int, engine: Engine) -> tuple[int, int]:
    """The peak before the engine is used at a size, and after it."""
    small = workload.smallest
    small_steps = workload.steps(small) if workload.steps else None
    for each in (small, size):
        engine.prepare(workload, each)
    use(engine, workload, small, workload.facts(small), small_steps)
    batches = workload.facts(size)
    steps = workload.steps(size) if workload.steps else None
    before = peak()
    use(engine, workload, size, batches, steps)
    return before, peak()


def main(arguments: Sequence[str]) -> None:
    """Measure and print."""
    name, size, engine_name = arguments
    workload = all_workloads()[name]
    [engine] = [one for one in engines_for(workload) if one.name == engine_name]
    print(*peaks(workload, int(size), engine))


if __name__ == "__main__":
    main(sys.argv[1:])
