"""Measurements as a table for people and as JSON for programs."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from statistics import median
from typing import Any

from benchmarks.measure import Measurement, Times
from benchmarks.workload import Workload

HEAD = ("", "build s", "load s", "run s", "load+run s", "load", "load+run")


def table(workload: Workload, measurement: Measurement) -> str:
    """Medians in seconds; then how many times as fast as the first engine each one is."""
    reference = measurement.engines[0]
    runs = max(len(times.load) for times in measurement.engines)
    lines = [
        f"{workload.title} ({workload.name}): {measurement.size:,} {workload.size_means},"
        f" {measurement.facts:,} facts loaded, {measurement.fired:,} firings;"
        f" medians of {runs} {'run' if runs == 1 else 'runs'}",
        "",
    ]
    rows = [HEAD]
    absent = []
    for times in measurement.engines:
        if times.missing is None:
            rows.append(_row(times, reference))
        else:
            absent.append(f"{times.engine}: not measured, {times.missing}")
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    for row in rows:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        lines.append("  ".join(cells).rstrip())
    lines += absent
    if reference.missing is None:
        lines += ["", f"x: times as fast as {reference.engine}"]
    return "\n".join(lines)


def _row(times: Times, reference: Times) -> tuple[str, ...]:
    """One engine's line."""
    seconds = (median(times.build), median(times.load), median(times.run), median(_total(times)))
    ratios = ("", "")
    if reference.missing is None:
        ratios = (
            _ratio(median(reference.load), seconds[1]),
            _ratio(median(_total(reference)), seconds[3]),
        )
    return (f"{times.engine} {times.version}", *[_digits(value) for value in seconds], *ratios)


def _total(times: Times) -> list[float]:
    """Load and run together, of each run."""
    return [load + run for load, run in zip(times.load, times.run, strict=True)]


def _ratio(reference: float, seconds: float) -> str:
    return f"{_digits(reference / seconds)} x"


def _digits(value: float) -> str:
    """A number to three digits that count, never in powers of ten."""
    decimals = 0
    while decimals < 6 and abs(value) * 10**decimals < 100:
        decimals += 1
    return f"{value:.{decimals}f}"


def as_json(measurements: Sequence[Measurement], compiled: bool) -> dict[str, Any]:
    """All times of all runs, and where they were measured."""
    return {
        "compiled": compiled,
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": f"{platform.system()} {platform.machine()}",
        "processors": os.cpu_count(),
        "measurements": [asdict(measurement) for measurement in measurements],
    }
