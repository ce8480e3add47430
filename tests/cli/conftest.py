from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

ROOT = Path(__file__).parents[2]

RULES = """
ruleset shop "A small shop"
param most: int = 100
template Order key(id)
    id: int
    total: float
    status: str = "new"
end
rule "large"
when
    o := Order(status == "new", total > most)
then
    print f"order {o.id} is large"
    emit {"order": o.id, "total": o.total}
    modify o(status = "large")
end
rule "small"
    salience -1
when
    o := Order(status == "new", total <= most)
then
    retract o
end
"""
ORDERS = '{"id": 1, "total": 250}\n{"id": 2, "total": 50.5}\n{"id": 3, "total": 120}\n'

Write = Callable[[str, str | bytes], str]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write a file into the current folder, which holds the rules and orders above."""
    monkeypatch.chdir(tmp_path)

    def write(name: str, content: str | bytes) -> str:
        data = content.encode() if isinstance(content, str) else content
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
        return name

    write("shop.rete", RULES)
    write("orders.ndjson", ORDERS)
    return write


class Done:
    """What a command answered with."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code = code
        self.out = out
        self.err = err


Rete = Callable[..., Done]


@pytest.fixture
def rete(write: Write) -> Rete:
    """Run the command line in this process."""
    from rete_engine.cli.app import app

    def run(*arguments: str, stdin: str | bytes = b"") -> Done:
        result = CliRunner().invoke(app, list(arguments), input=stdin, prog_name="rete")
        assert result.exception is None or isinstance(result.exception, SystemExit), result
        return Done(result.exit_code, result.stdout, result.stderr)

    return run


def environment(**more: str) -> dict[str, str]:
    """The environment of a process that finds the package of this checkout."""
    names = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "NO_COLOR", "FORCE_COLOR")}
    return {**names, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", **more}


@pytest.fixture
def process(write: Write) -> Callable[..., subprocess.CompletedProcess[bytes]]:
    """Run the command line in a process of its own."""

    def run(*arguments: str, stdin: bytes = b"", **more: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, "-m", "rete_engine.cli", *arguments],
            input=stdin,
            capture_output=True,
            env=environment(**more),
            timeout=120,
            check=False,
        )

    return run
