from __future__ import annotations

import io
import time

import pytest

from rete_engine.cli import ticker
from rete_engine.cli.screen import Screen
from rete_engine.cli.ticker import Ticker


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    monkeypatch.setattr(ticker, "PATIENCE", 0.05)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stdout", Terminal())
    monkeypatch.setattr("sys.stderr", Terminal())
    return Screen()


def written(screen: Screen) -> str:
    assert isinstance(screen.err, Terminal)
    return screen.err.getvalue()


def wait_for(screen: Screen, words: str, beyond: int = 0) -> None:
    end = time.monotonic() + 30
    while words not in written(screen)[beyond:]:
        assert time.monotonic() < end
        time.sleep(0.01)


def test_what_takes_long_is_counted_on_a_terminal(screen: Screen) -> None:
    count = 0
    with Ticker(screen, lambda: f"done: {count}"):
        wait_for(screen, "done: 0")
        count = 17
        wait_for(screen, "done: 17")
        screen.print("a line")
        shown = len(written(screen))
        wait_for(screen, "done: 17", shown)  # it comes back
    ended = written(screen)
    screen.print("another")
    assert written(screen) == ended
    assert screen.out.getvalue() == "a line\nanother\n"  # type: ignore[attr-defined]


def test_what_fails_ends_the_display(screen: Screen) -> None:
    def fail() -> None:
        with Ticker(screen, lambda: "working"):
            wait_for(screen, "working")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    ended = written(screen)
    time.sleep(0.3)
    assert written(screen) == ended


def test_nothing_is_counted_elsewhere(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Terminal, "isatty", lambda self: False)
    with Ticker(screen, lambda: "working"):
        time.sleep(0.3)
    assert written(screen) == ""
