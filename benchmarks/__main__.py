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
from benchmarks.workloads import all_workloads


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
    for name in options.names or workloads:
        for size in options.size or workloads[name].sizes:
            measured = subprocess.run(
                [sys.executable, "-m", "benchmarks.measure", name, str(size), str(options.runs)],
                stdout=subprocess.PIPE,
                text=True,
                check=False,
            )
            if measured.returncode != 0:  # it has said why
                return 1
            measurement = measurement_from(measured.stdout)
            print(f"\n{table(workloads[name], measurement)}", flush=True)
            measurements.append(measurement)
    if options.json:
        content = as_json(measurements, rete_engine.compiled())
        options.json.write_text(json.dumps(content, indent=2) + "\n")
    return 0


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
        if name not in names:
            parser.error(f"unknown workload '{name}'; there are {', '.join(names)}")
    return options


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive whole number")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
