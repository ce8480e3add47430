from __future__ import annotations

from pathlib import Path

import pytest

import benchmarks
from tests.cli.conftest import Rete, Write

TREE = Path(benchmarks.__file__).parents[1]


def test_without_the_source_tree_there_are_no_benchmarks(rete: Rete, write: Write) -> None:
    done = rete("bench", "joins")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("error: there are no benchmarks here: they need the source tree")


@pytest.mark.parametrize(
    ("arguments", "code", "shown"),
    [
        (["calls", "--size", "50", "--runs", "1"], 0, "call a Python function (calls): 50 orders"),
        (["--help"], 0, "usage: python -m benchmarks"),
        (["nothing"], 2, "unknown workload 'nothing'"),
        (["manners", "--size", "3", "--runs", "1"], 1, "the number of guests must be even, not 3"),
    ],
)
def test_names_and_options_are_handed_on(
    monkeypatch: pytest.MonkeyPatch,
    rete: Rete,
    capfd: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    shown: str,
) -> None:
    monkeypatch.chdir(TREE)
    assert rete("bench", *arguments).code == code
    captured = capfd.readouterr()
    assert shown in captured.out + captured.err
