"""Measurements as a table for people and as JSON for programs."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from statistics import median
from typing import Any

from benchmarks.measure import Measurement, Times
from benchmarks.workload import Workload

SECONDS = ("build s", "load s", "run s", "load+run s", "spread %")
MEMORY = ("peak MB", "own MB")
RATIOS = ("build x", "load x", "run x", "load+run x")


def table(workload: Workload, measurement: Measurement) -> str:
    """Medians in seconds; then how many times as fast as the first engine each one is."""
    reference = measurement.engines[0]
    present = [times for times in measurement.engines if times.missing is None]
    runs = len(present[0].load)
    title = f"{workload.title} ({workload.name}): {measurement.size:,} {workload.size_means},"
    if workload.size_means != "facts":
        title += f" {measurement.facts:,} facts loaded,"
    title += f" {measurement.fired:,} firings; medians of {runs} run{'s' if runs > 1 else ''}"
    compares = reference.missing is None
    rows = [("", *SECONDS, *MEMORY, *(RATIOS if compares else ()))]
    for times in present:
        cells = [*_medians(times), times.peak / 1e6, times.own / 1e6]
        if compares:
            cells += _ratios(reference, times)
        rows.append((f"{times.engine} {times.version}", *map(digits, cells)))
    lines = [title, "", *_aligned(rows)]
    for times in measurement.engines:
        if times.missing is not None:
            lines.append(f"{times.engine}: not measured, {times.missing}")
    if compares:
        lines += ["", f"x: times as fast as {reference.engine}"]
    return "\n".join(lines)


def _medians(times: Times) -> list[float]:
    """The columns of `SECONDS`; the spread is that of load and run, from least to most."""
    both = _both(times)
    spread = 100 * (max(both) - min(both)) / median(both)
    return [median(times.build), median(times.load), median(times.run), median(both), spread]


def _both(times: Times) -> list[float]:
    """Load and run together, of each run."""
    return [load + run for load, run in zip(times.load, times.run, strict=True)]


def _ratios(reference: Times, times: Times) -> list[float]:
    """The columns of `RATIOS`."""
    pairs = (
        (reference.build, times.build),
        (reference.load, times.load),
        (reference.run, times.run),
        (_both(reference), _both(times)),
    )
    return [median(theirs) / median(ours) for theirs, ours in pairs]


def digits(value: float) -> str:
    """A number to three digits that count, never in powers of ten."""
    if not value:
        return "0"
    decimals = 0
    while decimals < 6 and abs(value) * 10**decimals < 99.95:
        decimals += 1
    return f"{value:.{decimals}f}"


def _aligned(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Lines of a table: the first column to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for first, *others in rows:
        cells = [first.ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        lines.append("  ".join(cells))
    return lines


def as_json(measurements: Sequence[Measurement], compiled: bool) -> dict[str, Any]:
    """All times of all runs, and where and when they were measured."""
    return {
        "compiled": compiled,
        "measurements": [asdict(measurement) for measurement in measurements],
    }


def place() -> str:
    """Where something is measured: the Python and the machine."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{python}, {platform.system()} {platform.machine()}, {os.cpu_count()} processors"


def today() -> str:
    """The day, in ISO 8601."""
    return datetime.now(UTC).date().isoformat()
