from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cli.conftest import Rete, Write
from tests.cli.test_wrong_input import WARNS, WRONG


def test_files_without_problems(rete: Rete, write: Write) -> None:
    done = rete("check", "shop.rete")
    assert (done.code, done.out, done.err) == (0, "1 file: no problems\n", "")
    write("rules/other.rete", "template T\nend\n")
    assert rete("check", "shop.rete", "rules").out == "2 files: no problems\n"


def test_all_problems_of_all_files(rete: Rete, write: Write) -> None:
    done = rete(
        "check", write("wrong.rete", WRONG), "shop.rete", write("warns.rete", WARNS), "no.rete"
    )
    assert (done.code, done.out) == (1, "4 files: 3 errors, 1 warning\n")
    assert "wrong.rete:7:10" in done.err
    assert "wrong.rete:13:16" in done.err
    assert "warning[RE0500]" in done.err
    assert "no.rete" in done.err


def test_warnings_count_when_strict(rete: Rete, write: Write) -> None:
    done = rete("check", write("warns.rete", WARNS))
    assert (done.code, done.out) == (0, "1 file: 1 warning\n")
    assert rete("check", "warns.rete", "--strict").code == 1


def test_a_problem_of_an_imported_file_is_told_once(rete: Rete, write: Write) -> None:
    write("wrong.rete", WRONG)
    write("a.rete", 'import "wrong.rete"\n')
    write("b.rete", 'import "wrong.rete"\n')
    assert rete("check", "a.rete", "b.rete").out == "2 files: 2 errors\n"


def test_each_file_is_a_rule_set_of_its_own_unless_together(rete: Rete, write: Write) -> None:
    write("types.rete", "template T\n    n: int\nend\n")
    write("rules.rete", 'rule "r"\nwhen\n    t := T()\nthen\n    emit t.n\nend\n')
    assert rete("check", "types.rete", "rules.rete").code == 1
    assert rete("check", "types.rete", "rules.rete", "--together").code == 0


def test_a_picture_as_text(rete: Rete, tmp_path: Path) -> None:
    done = rete("graph", "shop.rete", "--format", "mermaid")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("flowchart")
    assert rete("graph", "shop.rete", "--format", "dot").out.startswith("digraph")
    for name, start in (("a.mmd", "flowchart"), ("a.dot", "digraph"), ("a.gv", "digraph")):
        done = rete("graph", "shop.rete", "-o", name)
        assert (done.code, done.out) == (0, "")
        assert (tmp_path / name).read_text(encoding="utf-8").startswith(start)


def test_an_svg_needs_graphviz(rete: Rete, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    done = rete("graph", "shop.rete")
    assert (done.code, done.out) == (1, "")
    assert "install Graphviz, or take --format dot" in done.err


@pytest.mark.skipif(os.name != "posix", reason="the stand-in for Graphviz is a shell script")
@pytest.mark.parametrize(
    ("script", "code", "out", "err"),
    [
        ("cat >/dev/null; echo '<svg>ä</svg>'", 0, "<svg>ä</svg>\n", ""),
        ("echo 'no layout' >&2; exit 3", 1, "", "error: Graphviz failed: no layout\n"),
        ("exit 3", 1, "", "error: Graphviz failed: exit code 3\n"),
    ],
)
def test_graphviz(
    rete: Rete, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    script: str, code: int, out: str, err: str,
) -> None:  # fmt: skip
    write("bin/dot", f"#!/bin/sh\n{script}\n")
    (tmp_path / "bin/dot").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    done = rete("graph", "shop.rete", "--format", "svg")
    assert (done.code, done.out, done.err) == (code, out, err)
    done = rete("graph", "shop.rete", "-o", "shop.svg")
    assert (done.code, done.out, done.err) == (code, "", err)


def test_a_picture_that_cannot_be_written(rete: Rete) -> None:
    done = rete("graph", "shop.rete", "--format", "dot", "-o", "no/folder/a.dot")
    assert (done.code, done.err) == (1, "error: no/folder/a.dot: No such file or directory\n")
