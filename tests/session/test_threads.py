"""A session belongs to one thread at a time, and says so."""

from __future__ import annotations

import threading
from collections.abc import Callable

from rete_engine import RuleSet, SessionError

TEXT = """
external function wait()
template T
    n: int = 0
end
rule "r"
when
    t := T()
then
    wait()
end
"""
RULES = RuleSet.parse(TEXT)


def in_thread(work: Callable[[], object]) -> str:
    """The error that a method raises in another thread; empty when it raises none."""
    told: list[str] = []

    def run() -> None:
        try:
            work()
        except SessionError as error:
            told.append(str(error))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return told[0] if told else ""


def test_two_threads_at_once_are_told_apart() -> None:
    told: list[str] = []

    def wait() -> None:
        # The session is in `run` of the main thread.
        for use in (
            lambda: session.insert("T"),
            session.facts,
            session.run,
            session.reset,
            session.close,
            lambda: session.on("insert", print),
        ):
            told.append(in_thread(use))

    session = RULES.session(functions={"wait": wait})
    session.insert("T")
    assert session.run().fired == 1
    assert told == ["a session belongs to one thread at a time; another one is in it"] * 6
    assert len(session.facts()) == 1


def test_threads_may_take_turns() -> None:
    session = RULES.session(functions={"wait": print})
    assert in_thread(lambda: session.insert("T")) == ""
    assert in_thread(lambda: session.run(limit=0)) == ""
    assert len(session.facts()) == 1
    assert in_thread(session.close) == ""
