"""The command: `python -m benchmarks [NAME ...] [--size N ...] [--runs K] [--json FILE]`."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import rete_engine
from benchmarks import figures
from benchmarks.compiled import run_compiled
from benchmarks.measure import Measurement, measurement_from, show
from benchmarks.report import as_json, place, table, today
from benchmarks.workload import Workload
from benchmarks.workloads import all_workloads, workloads_named

DOCS = Path(__file__).parent.parent / "docs"

#: What is measured for the docs of the build that runs.
LISTED = figures.COMPILED if rete_engine.compiled() else figures.PURE


def main() -> int:
    """Measure what was asked for, print a table for each, and tell whether all went well."""
    workloads = all_workloads()
    options = _options(list(workloads))
    if options.redraw:
        figures.write(options.docs_folder, workloads)
        return 0
    if options.compiled:
        return run_compiled(_handed_on(options))
    kind = "compiled" if rete_engine.compiled() else "pure"
    print(f"rete_engine {rete_engine.__version__}: {kind}")
    cases = _cases(options, workloads)
    output = options.json
    earlier: list[Measurement] = []
    if options.docs:
        output = options.docs_folder / figures.FOLDER / f"{kind}.json"
        output.parent.mkdir(exist_ok=True)
        earlier = figures.read(output)
    measurements: list[Measurement] = []
    for number, case in enumerate(cases, 1):
        print(f"[{number}/{len(cases)}] {case.name} {case.size:,}", file=sys.stderr, flush=True)
        measured = _measured(*case)
        if measured is None:  # it has said why
            return 1
        print(f"\n{table(workloads[case.name], measured)}", flush=True)
        measurements.append(measured)
        if output:  # after each one, so that an interrupt loses only what is under way
            known = figures.merged(LISTED, earlier, measurements) if options.docs else measurements
            content = as_json(known, rete_engine.compiled())
            output.write_text(json.dumps(content, indent=1) + "\n", "utf-8")
    if options.docs:
        figures.write(options.docs_folder, workloads)
    return 0


def _cases(options: argparse.Namespace, workloads: Mapping[str, Workload]) -> list[figures.Case]:
    """What is measured: the figures of the docs, or the workloads named at their sizes."""
    asked = [one for name in options.names for one in workloads_named(name)] or list(workloads)
    if options.docs:
        return [case for case in LISTED if case.name in asked]
    return [
        figures.Case(name, size, options.runs)
        for name in asked
        for size in options.size or workloads[name].sizes
    ]


def _handed_on(options: argparse.Namespace) -> list[str]:
    """The arguments for the compiled build, which runs in another folder."""
    arguments = [*options.names, "--runs", str(options.runs)]
    arguments += ["--size", *map(str, options.size)] if options.size else []
    arguments += ["--json", str(options.json.resolve())] if options.json else []
    if options.docs:
        arguments += ["--docs", "--docs-folder", str(options.docs_folder.resolve())]
    return arguments


def _measured(name: str, size: int, runs: int) -> Measurement | None:
    """Times of all engines from one process, and peaks of memory from one process each."""
    printed = _printed("benchmarks.measure", name, str(size), str(runs))
    if printed is None:
        return None
    measurement = measurement_from(printed)
    measurement.place, measurement.day = place(), today()
    for times in measurement.engines:
        if times.missing is None:
            show(f"{name} {size:,}: memory, {times.engine}")
            printed = _printed("benchmarks.memory", name, str(size), times.engine)
            if printed is None:
                return None
            before, times.peak = map(int, printed.split())
            times.own = times.peak - before
    show("")
    return measurement


def _printed(module: str, *arguments: str) -> str | None:
    """What a module prints as a program; None when it fails."""
    ran = subprocess.run(
        [sys.executable, "-m", module, *arguments], stdout=subprocess.PIPE, text=True, check=False
    )
    if ran.returncode < 0:  # it could say nothing itself
        print(f"error: {module} was ended by signal {-ran.returncode}", file=sys.stderr)
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
        "--docs", action="store_true", help="measure the figures of docs/performance.md, write them"
    )
    parser.add_argument(
        "--redraw", action="store_true", help="write those figures anew from what was measured"
    )
    parser.add_argument(
        "--docs-folder", type=Path, default=DOCS, metavar="FOLDER", help="the folder of that page"
    )
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
