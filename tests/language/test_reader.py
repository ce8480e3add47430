from __future__ import annotations

from pathlib import Path

import pytest

from rete_engine.diagnostics.errors import RuleSyntaxError
from rete_engine.language import reader
from rete_engine.language.reader import make_source, read_source


def test_a_text_is_read_with_plain_line_ends_and_without_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "a.rete"
    path.write_bytes("\ufeffparam ä: int\r\nparam b: int\rparam c: int\n".encode())
    source = read_source(path)
    assert source.text == "param ä: int\nparam b: int\nparam c: int\n"
    assert source.name == str(path)


def test_a_text_has_a_name_for_messages() -> None:
    assert make_source("").name == "<text>"
    assert make_source("", "here").name == "here"


def failure(path: Path) -> str:
    with pytest.raises(RuleSyntaxError) as raised:
        read_source(path)
    (diagnostic,) = raised.value.diagnostics
    return str(diagnostic).replace(str(path.parent), "")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    assert failure(tmp_path / "no.rete") == (
        "error[RE0001]: there is no file '/no.rete'\n  --> /no.rete"
    )
    folder = tmp_path / "folder"
    folder.mkdir()
    assert failure(folder) == "error[RE0001]: '/folder' is a directory\n  --> /folder"
    assert failure(tmp_path / "a\0b").startswith("error[RE0001]")
    assert failure(tmp_path / "a.rete" / "b").startswith("error[RE0001]")


@pytest.mark.parametrize(
    ("content", "message", "place"),
    [
        (b"ab\nc\xe4d", "byte 0xe4 is not UTF-8", "2:2"),
        ("größe".encode("utf-16"), "byte 0xff is not UTF-8", "1:1"),
        (b"\x7fELF\x00", "a text of rules holds no control character (U+007F)", "1:1"),
        (b"a\nb \x00", "a text of rules holds no control character (U+0000)", "2:3"),
        (b"\x1b[31m", "a text of rules holds no control character (U+001B)", "1:1"),
    ],
)
def test_files_that_hold_no_text(tmp_path: Path, content: bytes, message: str, place: str) -> None:
    path = tmp_path / "a.rete"
    path.write_bytes(content)
    said = failure(path)
    assert said.startswith(f"error[RE0002]: {message}")
    assert "\x1b" not in said


def test_a_text_with_a_lone_surrogate_is_refused() -> None:
    with pytest.raises(RuleSyntaxError, match="U\\+D800"):
        make_source("a \ud800")


def test_a_text_that_is_too_large_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "LARGEST_TEXT", 10)
    path = tmp_path / "a.rete"
    path.write_text("0123456789")
    assert read_source(path).text == "0123456789"
    path.write_text("0123456789x")
    assert failure(path).startswith("error[RE0003]")
    with pytest.raises(RuleSyntaxError, match="RE0003"):
        make_source("0123456789x")
