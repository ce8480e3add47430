"""The figures of docs/performance.md: what is measured for them, and how they are written down.

`python -m benchmarks --compiled --docs` measures what `COMPILED` lists, the same without
`--compiled` what `PURE` lists; with names of workloads, only those of them. Either puts its times
in the place of the same workloads' in the JSON beside the page, draws both plots anew, and writes
the tables of both builds into the page, between two marks.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks.aims import aims_table
from benchmarks.measure import Measurement, Times, measurement_of
from benchmarks.plots import both, growth, ratios
from benchmarks.report import digits
from benchmarks.workload import Workload

BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
PAGE = "performance.md"
FOLDER = "performance"  # beside the page: the times as JSON, and the plots


class Case(NamedTuple):
    """A workload at a size, and how often it is run."""

    name: str
    size: int
    runs: int


#: About 20 minutes on a quiet machine; the peers take most of it.
COMPILED = (
    *(Case("manners", size, 5) for size in (16, 32, 64, 128, 256)),
    *(Case("waltz", size, 5) for size in (12, 25, 50, 220)),
    *(Case("closure_chain", size, 5) for size in (100, 300, 1_000)),
    *(Case("closure_graph", size, 5) for size in (50, 150, 500)),
    *(Case("orders", size, 5) for size in (10_000, 100_000, 1_000_000)),
    *(Case("joins", size, 5) for size in (2_000, 100_000)),
    *(Case("churn_modify", size, 5) for size in (10_000, 100_000)),
    *(Case("churn_replace", size, 5) for size in (5_000, 10_000, 20_000)),
    *(Case("accumulate", size, 5) for size in (10_000, 100_000)),
    *(Case("many_rules", size, 5) for size in (10, 1_000, 10_000)),
    *(Case("stateless", size, 5) for size in (10, 1_000)),
    Case("calls", 100_000, 5),
)

#: About 5 minutes.
PURE = (
    *(Case("manners", size, 3) for size in (16, 64, 128)),
    Case("waltz", 50, 3),
    *(Case("closure_chain", size, 3) for size in (30, 100)),
    *(Case("closure_graph", size, 3) for size in (20, 150)),
    *(Case("orders", size, 3) for size in (2_000, 100_000)),
    *(Case("joins", size, 3) for size in (2_000, 20_000, 100_000)),
    *(Case("churn_modify", size, 3) for size in (1_000, 10_000)),
    *(Case("churn_replace", size, 3) for size in (1_000, 10_000)),
    Case("accumulate", 10_000, 3),
    *(Case("many_rules", size, 3) for size in (10, 1_000)),
    Case("stateless", 1_000, 3),
    Case("calls", 100_000, 3),
)


PICTURES = f"""![Times as fast as CLIPS from Python]({FOLDER}/ratios.svg)

How the times grow, both axes logarithmic: a straight line of 45 degrees is in proportion.

![Growth with facts, rules and firings]({FOLDER}/growth.svg)"""


def write(docs: Path, workloads: Mapping[str, Workload]) -> None:
    """Draw the plots and write the tables from the JSON files that are there."""
    folder = docs / FOLDER
    found = {kind: read(folder / f"{kind}.json") for kind in ("compiled", "pure")}
    page = (docs / PAGE).read_text("utf-8")
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    sections: list[str] = []
    for kind, measurements in found.items():
        if measurements:
            sections.append(_section(kind, measurements))
            if kind == "compiled":
                _draw(folder, workloads, measurements)
                sections += [PICTURES, aims_table(measurements)]
    text = "\n\n".join([f"{before}{BEGIN}", *sections, f"{END}{after}"])
    (docs / PAGE).write_text(text, "utf-8")


def read(path: Path) -> list[Measurement]:
    """What was measured; nothing if there is no such file."""
    if not path.exists():
        return []
    content = json.loads(path.read_text("utf-8"))
    return [measurement_of(each) for each in content["measurements"]]


def merged(
    listed: Sequence[Case], earlier: Sequence[Measurement], new: Sequence[Measurement]
) -> list[Measurement]:
    """What was measured, the new in the place of the earlier, in the order of the cases listed.

    What is no longer listed is left out.
    """
    by_case = {(each.workload, each.size): each for each in (*earlier, *new)}
    cases = [(case.name, case.size) for case in listed]
    return [by_case[case] for case in cases if case in by_case]


def _draw(
    folder: Path, workloads: Mapping[str, Workload], measurements: Sequence[Measurement]
) -> None:
    names = {"rete_engine, insert_many": "rete_engine beside CLIPS from Python, load and run"}
    (folder / "ratios.svg").write_text(ratios(measurements, names), "utf-8")
    (folder / "growth.svg").write_text(growth(workloads, measurements), "utf-8")


HEAD = (
    "workload", "size", "firings", "engine", "build s", "load s", "run s", "own MB",
    "load x", "run x", "load+run x",
)  # fmt: skip


def _section(kind: str, measurements: Sequence[Measurement]) -> str:
    """The table of a build."""
    title = "Compiled" if kind == "compiled" else "Pure Python"
    lines = [f"### {title}", "", *_times_and_places(measurements), ""]
    lines += [f"| {' | '.join(HEAD)} |", "|---|---:|---:|---|" + "---:|" * 7]
    for each in measurements:
        lines += ["| " + " | ".join(row) + " |" for row in _rows(each)]
    return "\n".join(lines)


def _times_and_places(measurements: Sequence[Measurement]) -> list[str]:
    """Where and when it was measured; if not all at once, which workload where and when."""
    found: dict[str, dict[str, list[str]]] = {}
    for each in measurements:
        sizes = found.setdefault(f"{each.place}; {each.day}", {})
        sizes.setdefault(each.workload, []).append(str(each.size))
    if len(found) == 1:
        return [f"{next(iter(found))}."]
    lines = ["Not all at once:", ""]
    for when, sizes in found.items():
        which = "; ".join(f"{name} {', '.join(of)}" for name, of in sizes.items())
        lines.append(f"- {when}: {which}.")
    return lines


def _rows(measurement: Measurement) -> list[tuple[str, ...]]:
    """A row for each engine; the first one tells the workload."""
    rows: list[tuple[str, ...]] = []
    reference = measurement.engines[0]
    first = (measurement.workload, f"{measurement.size:,}", f"{measurement.fired:,}")
    for times in measurement.engines:
        if times.missing is not None:
            rows.append((*first, times.engine, f"not measured: {times.missing}", *[""] * 6))
        else:
            seconds = [median(part) for part in (times.build, times.load, times.run)]
            shown = [digits(value) for value in (*seconds, times.own / 1e6)]
            rows.append((*first, times.engine, *shown, *_ratios(reference, times)))
        first = ("", "", "")
    return rows


def _ratios(reference: Times, times: Times) -> list[str]:
    """How many times as fast as the first engine: load, run, and both."""
    if reference.missing is not None:
        return [""] * 3
    pairs = [(reference.load, times.load), (reference.run, times.run)]
    shown = [digits(median(theirs) / median(ours)) for theirs, ours in pairs]
    return [*shown, digits(both(reference) / both(times))]
