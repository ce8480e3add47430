"""`rete bench`: the benchmarks, which are part of the source tree."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from rete_engine.cli.codes import ExitCode
from rete_engine.cli.faults import Stop, WrongInput


def bench(arguments: Sequence[str]) -> None:
    """Run `python -m benchmarks` in the current folder.

    Args:
        arguments: What to hand on: names of workloads, and options.

    Raises:
        WrongInput: The folder is no source tree of rete_engine.
        Stop: With the exit code of the benchmarks, when it is not 0.
    """
    if not Path("benchmarks", "workloads").is_dir():
        raise WrongInput(
            "there are no benchmarks here: they need the source tree of rete_engine, not only the"
            " package; run 'rete bench' in its top folder"
        )
    ran = subprocess.run([sys.executable, "-m", "benchmarks", *arguments], check=False)
    if ran.returncode:
        is_usage = ran.returncode == ExitCode.WRONG_USAGE
        raise Stop(ExitCode.WRONG_USAGE if is_usage else ExitCode.WRONG_INPUT)
