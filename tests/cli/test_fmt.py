from __future__ import annotations

import io
import os
import stat
from pathlib import Path

import pytest

from rete_engine.cli.faults import Stop
from rete_engine.cli.fmt import fmt
from rete_engine.cli.screen import Screen
from tests.cli.conftest import Rete, Write
from tests.cli.test_wrong_input import WRONG

UGLY = "param  a:int=1# one\nparam b:int=2\n"
TIDY = "param a: int = 1  # one\nparam b: int = 2\n"


def test_files_are_formatted_in_place(rete: Rete, write: Write) -> None:
    write("ugly.rete", UGLY)
    write("tidy.rete", TIDY)
    done = rete("fmt", "ugly.rete", "tidy.rete", "ugly.rete")
    assert (done.code, done.err) == (0, "")
    assert done.out == "formatted ugly.rete\n2 files: 1 formatted\n"
    assert Path("ugly.rete").read_text("utf-8") == TIDY
    assert rete("fmt", "ugly.rete").out == "1 file: nothing to do\n"
    assert {path.name for path in Path().iterdir()} >= {"ugly.rete", "tidy.rete"}
    assert not [path for path in Path().iterdir() if path.name.startswith(".")]


def test_check_names_what_would_change_and_writes_nothing(rete: Rete, write: Write) -> None:
    write("ugly.rete", UGLY)
    write("tidy.rete", TIDY)
    done = rete("fmt", "--check", "tidy.rete", "ugly.rete")
    assert (done.code, done.err) == (1, "")
    assert done.out == "ugly.rete is not formatted\n2 files: 1 not formatted\n"
    assert Path("ugly.rete").read_text("utf-8") == UGLY
    assert rete("fmt", "--check", "tidy.rete").code == 0


def test_on_a_terminal_check_shows_the_difference(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    write("ugly.rete", UGLY)
    screen = Screen()
    screen.out = Terminal()
    monkeypatch.setenv("NO_COLOR", "1")
    with pytest.raises(Stop):
        fmt(["ugly.rete"], True, screen)
    shown = screen.out.getvalue().split("\n")
    assert "-param b:int=2" in shown
    assert "+param b: int = 2" in shown


def test_standard_input_goes_to_standard_output(rete: Rete) -> None:
    done = rete("fmt", "-", stdin=UGLY)
    assert (done.code, done.out, done.err) == (0, TIDY, "")
    assert rete("fmt", "-", stdin=TIDY).out == TIDY
    done = rete("fmt", "--check", "-", stdin=UGLY)
    assert (done.code, done.out) == (1, "<stdin> is not formatted\n1 file: 1 not formatted\n")
    done = rete("fmt", "-", stdin="rule\n")
    assert (done.code, done.out) == (1, "")
    assert "<stdin>:1:" in done.err


def test_files_with_errors_are_told_and_left(rete: Rete, write: Write) -> None:
    write("wrong.rete", "param  a:int=\n")
    write("ugly.rete", UGLY)
    done = rete("fmt", "wrong.rete", "ugly.rete", "missing.rete")
    assert done.code == 1
    assert done.out == "formatted ugly.rete\n3 files: 1 formatted, 2 wrong\n"
    assert "error[RE0010]" in done.err
    assert "wrong.rete:1:13" in done.err
    assert "no file 'missing.rete'" in done.err
    assert Path("wrong.rete").read_text("utf-8") == "param  a:int=\n"


def test_names_need_not_be_known(rete: Rete, write: Write) -> None:
    """A file is a part of a rule set; what it does not declare may stand in another."""
    assert rete("fmt", write("wrong.rete", WRONG)).code == 0


def test_folders_are_looked_through(rete: Rete, write: Write) -> None:
    for name in ("rules/a.rete", "rules/deep/b.rete", "rules/.venv/c.rete", "rules/d.txt"):
        write(name, UGLY)
    done = rete("fmt", "rules")
    assert (done.code, done.out.splitlines()[-1]) == (0, "2 files: 2 formatted")
    assert Path("rules/.venv/c.rete").read_text("utf-8") == UGLY
    write("none/d.txt", UGLY)
    done = rete("fmt", "none")
    assert (done.code, done.err) == (1, "error: there are no .rete files in none\n")


def test_yaml_is_not_formatted(rete: Rete, write: Write) -> None:
    done = rete("fmt", write("rules.yaml", "rules: []\n"))
    assert done.code == 1
    assert "only .rete files" in done.err


def test_line_ends_stay_and_a_byte_order_mark_goes(rete: Rete, write: Write) -> None:
    write("dos.rete", b"\xef\xbb\xbf" + UGLY.replace("\n", "\r\n").encode())
    assert rete("fmt", "dos.rete").code == 0
    assert Path("dos.rete").read_bytes() == TIDY.replace("\n", "\r\n").encode()
    assert rete("fmt", "--check", "dos.rete").code == 0


def test_permissions_and_links_are_kept(rete: Rete, write: Write) -> None:
    write("ugly.rete", UGLY)
    Path("ugly.rete").chmod(0o640)
    Path("link.rete").symlink_to("ugly.rete")
    assert rete("fmt", "link.rete").code == 0
    assert Path("link.rete").is_symlink()
    assert Path("ugly.rete").read_text("utf-8") == TIDY
    assert stat.S_IMODE(os.stat("ugly.rete").st_mode) == 0o640


@pytest.mark.skipif(os.name == "nt", reason="permissions are other ones there")
def test_a_file_that_may_not_be_written_is_told(
    rete: Rete, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("ugly.rete", UGLY)
    monkeypatch.setattr(os, "access", lambda *_: False)  # as root one may write to anything
    done = rete("fmt", "ugly.rete")
    assert (done.code, done.out) == (1, "1 file: 1 wrong\n")
    assert done.err == "error: ugly.rete: it may not be written to\n"
    assert Path("ugly.rete").read_text("utf-8") == UGLY


def test_a_write_that_fails_leaves_the_file(
    rete: Rete, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    write("ugly.rete", UGLY)
    monkeypatch.setattr(os, "replace", full)
    done = rete("fmt", "ugly.rete")
    assert (done.code, done.err) == (1, "error: ugly.rete: No space left on device\n")
    assert Path("ugly.rete").read_text("utf-8") == UGLY
    assert not [path for path in Path().iterdir() if path.name.startswith(".")]
