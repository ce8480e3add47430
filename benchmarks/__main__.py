"""The command: `python -m benchmarks [NAME ...] [--size N ...] [--runs K] [--json FILE]`."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

import rete_engine
from benchmarks.compiled import run_compiled
from benchmarks.measure import Measurement, measurement_from
from benchmarks.report import as_json, table
from benchmarks.workloads import all_workloads, workloads_named


def main() -> int:
    """Measure what was asked for, print a table for each, and tell whether all went well."""
    workloads = all_workloads()
    options = _options(list(workloads))
    if options.compiled:
        arguments = [*options.names, "--runs", str(options.runs)]
        arguments += ["--size", *map(str, options.size)] if options.size else []
        arguments += ["--json", str(options.json.resolve())] if options.json else []
        return run_compiled(arguments)
    core = "compiled" if rete_engine.compiled() else "pure Python"
    print(f"rete_engine {rete_engine.__version__}: {core}")
    measurements: list[Measurement] = []
    asked = [one for name in options.names for one in workloads_named(name)] or list(workloads)
    for name in asked:
        for size in options.size or workloads[name].sizes:
            measured = _measured(name, size, options.runs)
            if measured is None:  # it has said why
                return 1
            print(f"\n{table(workloads[name], measured)}", flush=True)
            measurements.append(measured)
    if options.json:
        content = as_json(measurements, rete_engine.compiled())
        options.json.write_text(json.dumps(content, indent=2) + "\n")
    return 0


def _measured(name: str, size: int, runs: int) -> Measurement | None:
    """Times of all engines from one process, and peaks of memory from one process each."""
    printed = _printed("benchmarks.measure", name, str(size), str(runs))
    if printed is None:
        return None
    measurement = measurement_from(printed)
    for times in measurement.engines:
        if times.missing is None:
            printed = _printed("benchmarks.memory", name, str(size), times.engine)
            if printed is None:
                return None
            before, times.peak = map(int, printed.split())
            times.own = times.peak - before
    return measurement


def _printed(module: str, *arguments: str) -> str | None:
    """What a module prints as a program; None when it fails."""
    ran = subprocess.run(
        [sys.executable, "-m", module, *arguments], stdout=subprocess.PIPE, text=True, check=False
    )
    return ran.stdout if ran.returncode == 0 else None


def _options(names: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure rete_engine beside other rule engines.",
    )
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"workloads, of {', '.join(names)}; default: all"
    )
    parser.add_argument(
        "--size", nargs="+", type=_positive, metavar="N", help="sizes instead of the workload's own"
    )
    parser.add_argument(
        "--runs", type=_positive, default=5, metavar="K", help="runs of each engine (default: 5)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all times to a file")
    parser.add_argument(
        "--compiled", action="store_true", help="build a compiled wheel first and measure that"
    )
    options = parser.parse_args()
    for name in options.names:
        if not workloads_named(name):
            parser.error(f"unknown workload '{name}'; there are {', '.join(names)}")
    return options


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive whole number")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
