"""`rete mcp` as a process that a client starts, and what it refuses before it begins."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters, stdio_client
from typer.testing import CliRunner

from rete_engine.cli.app import app
from tests.services.test_mcp import LOOP, SHOP

ROOT = Path(__file__).parents[2]


def parameters(folder: Path, *arguments: str) -> StdioServerParameters:
    return StdioServerParameters(
        command=sys.executable,
        args=["-m", "rete_engine.cli", "mcp", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def test_a_client_starts_it_and_uses_it(tmp_path: Path) -> None:
    (tmp_path / "shop.rete").write_text(SHOP)
    (tmp_path / "prices.py").write_text("def rate(amount):\n    return amount / 2\n")

    async def use() -> list[Any]:
        given = parameters(tmp_path, "shop.rete", "--functions", "prices.py")
        async with Client(stdio_client(given)) as client:
            order = {"id": 1, "total": 250, "placed": None}
            asked = {"name": "shop", "facts": {"Order": [order]}}
            done = await client.call_tool("execute_rules", asked)
            wrong = await client.call_tool("register_rule_set", {"name": "x", "text": "rule"})
            there = await client.call_tool("register_rule_set", {"name": "x", "text": LOOP})
            return [done.structured_content, wrong.is_error, there.is_error]

    done, wrong, there = asyncio.run(use())
    assert done["results"] == [125.0]
    assert (wrong, there) == (True, False)


def test_it_ends_when_standard_input_ends(tmp_path: Path) -> None:
    given = parameters(tmp_path, "--read-only")
    done = subprocess.run(
        [given.command, *given.args],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=given.env,
        cwd=tmp_path,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "rete mcp: 0 rule sets; waiting for a client on standard input\n"


def test_wrong_rules_are_told_before_it_begins(tmp_path: Path) -> None:
    (tmp_path / "broken.rete").write_text('rule "r"\nwhen\nthen\n    emt 1\nend\n')
    told = CliRunner().invoke(app, ["mcp", str(tmp_path / "broken.rete")])
    assert told.exit_code == 1
    assert "did you mean 'emit'?" in told.output


def test_two_rule_sets_of_one_name(tmp_path: Path) -> None:
    for name in ("a.rete", "b.rete"):
        (tmp_path / name).write_text("ruleset same\n" + LOOP)
    told = CliRunner().invoke(app, ["mcp", str(tmp_path)])
    assert told.exit_code == 1
    assert "another rule set is called 'same'" in told.output


def test_without_the_sdk_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mcp.server.mcpserver", None)
    monkeypatch.delitem(sys.modules, "rete_engine.services.mcp_server", raising=False)
    told = CliRunner().invoke(app, ["mcp"])
    assert told.exit_code == 1
    assert "pip install 'rete-engine[mcp]'" in told.output
