"""Measuring the compiled build from a checkout, which itself always runs pure.

A compiled wheel is built, and the same command is run against it in an environment of its own,
from a copy of this package: beside the checkout's own `rete_engine` the wheel would not be found.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).parent


def run_compiled(arguments: Sequence[str]) -> int:
    """Run `python -m benchmarks` with other arguments against a compiled wheel."""
    uv = os.environ.get("UV") or shutil.which("uv")
    if uv is None:
        print("error: --compiled needs uv, see CONTRIBUTING.md", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="rete-engine-benchmarks-") as folder:
        print("building a compiled wheel …", file=sys.stderr, flush=True)
        wheels = Path(folder, "wheels")
        built = subprocess.run(
            [uv, "build", "--quiet", "--python", sys.executable, "--wheel", "--out-dir", wheels],
            cwd=HERE.parent,
            env={**os.environ, "RETE_ENGINE_COMPILE": "require"},
            check=False,
        )
        if built.returncode != 0:
            return built.returncode
        place = Path(folder, "outside")
        shutil.copytree(HERE, place / HERE.name)
        wheel = next(wheels.glob("*.whl"))
        command = [uv, "run", "--quiet", "--no-project", "--isolated", "--python", sys.executable]
        for requirement in (str(wheel), *_peers()):
            command += ["--with", requirement]
        command += ["python", "-m", HERE.name, *arguments]
        return subprocess.run(command, cwd=place, check=False).returncode


def _peers() -> list[str]:
    """The peers that are installed here, in the same versions."""
    found: list[str] = []
    for name in ("clipspy", "durable_rules", "experta"):
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found.append(f"{name}=={importlib.metadata.version(name)}")
    return found
