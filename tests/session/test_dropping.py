"""Dropping a session that nobody closed: it is taken apart at once, as by `close`."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest

from rete_engine import RuleExecutionError, RuleSet, Session, SessionError, rule

TEXT = """
template A
    k: int = 0
    x: int = 0
end
template B
    k: int = 0
    ref: A? = none
end
template Total unique
    n: int
end
template Idle
end
external function f(x: int) -> int
rule "join"
when
    a := A()
    b := B(k == a.k)
then
    emit f(a.x)
end
rule "guards"
when
    a := A(x >= 0)
    not B(k == a.k + 100)
    exists (B(k == a.k) and A(x == a.x))
then
    emit 2
end
rule "derive"
when
    n := count(A())
then
    insert logical Total(n = n)
end
rule "nothing"
when
then
    emit 3
end
query pairs(least: int)
    a := A(k >= least)
    b := B(k == a.k)
end
"""


@dataclass
class Item:
    n: int


@rule("in Python", when="i := Item(n > 0)")
def in_python(firing: Any) -> None:
    firing.modify(firing.i, n=0)
    firing.insert(Item(-1))


RULES = RuleSet.parse(TEXT, templates=[Item], rules=[in_python])


def opened(**options: Any) -> Session:
    functions = options.pop("functions", {"f": abs})
    session = RULES.session(functions=functions, **options)
    for k in range(5):
        a = session.insert("A", k=k, x=k)
        session.insert("B", k=k, ref=a)
    session.insert(Item(1))
    session.insert_many("Item", [{"n": 2}])
    return session


@pytest.fixture(autouse=True)
def _without_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def failing(x: int) -> int:
    raise ValueError(x)


def nothing(session: Session) -> None:
    pass


def run(session: Session) -> None:
    assert session.run().fired > 10


def run_a_little(session: Session) -> None:
    session.run(limit=3, trace=True)
    session.step()
    assert session.agenda()
    session.matches("join")


def look(session: Session) -> None:
    session.run()
    assert session.query("pairs", least=2)
    session.why(session.facts("Total")[0])
    session.why_not("join", a=session.facts("A")[0])


def listen(session: Session) -> None:
    for event in ("insert", "modify", "retract", "activate", "cancel", "fire", "error"):
        session.on(event, lambda *told: None)
    session.insert("A")
    session.run()


def ask_live(session: Session) -> None:
    told: list[int] = []
    session.live("pairs", lambda joined, left: told.append(len(joined) - len(left)), least=1)
    session.live("pairs", lambda joined, left: None, least=2).close()
    session.insert("A", k=1)
    session.run()
    assert sum(told) == 5


def fail_in_a_callback(session: Session) -> None:
    session.on("insert", lambda fact: failing(fact.k))
    with suppress(ValueError):
        session.insert("A")
    with suppress(ValueError):
        session.insert_many("A", [{}])


def fail_to_ask(session: Session) -> None:
    for ask in (session.query, session.facts, session.insert, session.why_not):
        with suppress(Exception):
            ask("nothing of the kind")
    with suppress(SessionError):
        session.run(-1)


def change_in_a_batch(session: Session) -> None:
    with session.batch() as batch:
        batch.insert("A")
    with suppress(KeyError), session.batch() as batch:
        batch.insert("A")
        raise KeyError


def begin_anew(session: Session) -> None:
    session.run()
    session.reset()
    session.insert("A")


def run_async(session: Session) -> None:
    assert asyncio.run(session.run_async()).fired > 10


USES: list[Callable[[Session], None]] = [
    nothing, run, run_a_little, look, listen, ask_live, fail_in_a_callback, fail_to_ask,
    change_in_a_batch, begin_anew, run_async,
]  # fmt: skip


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("strategy", ["depth", "lex", lambda waiting: waiting.rule])
def test_a_session_is_taken_apart_as_soon_as_it_is_dropped(
    use: Callable[[Session], None], strategy: Any
) -> None:
    session = opened(strategy=strategy, write_back=use is listen)
    use(session)
    gone = weakref.ref(session)
    fact, matcher = session.facts()[0], session._engine.matcher
    assert matcher.live_nodes
    del session
    assert gone() is None
    assert not matcher.live_nodes
    assert matcher.tokens == 0
    assert not fact.is_live
    assert fact.k == 0  # it can be read, as after `close`


def test_a_session_that_holds_nothing_is_freed() -> None:
    session = RULES.session(functions={"f": abs})
    gone = weakref.ref(session)
    del session
    assert gone() is None


@pytest.mark.parametrize("on_error", ["raise", "skip", "quarantine"])
def test_a_session_is_freed_after_a_run_that_failed(on_error: str) -> None:
    session = opened(functions={"f": failing}, on_error=on_error)
    with suppress(RuleExecutionError):
        session.run()
    with suppress(RuleExecutionError):
        session.run(limit=2)
    gone, matcher = weakref.ref(session), session._engine.matcher
    del session
    assert gone() is None
    assert not matcher.live_nodes


def test_a_session_is_freed_after_conditions_that_failed() -> None:
    rules = RuleSet.parse(
        "template A\n    x: int\nend\n"
        "external function f(x: int) -> int\n"
        "rule 'r'\nwhen\n    A(f(x) > 0)\nthen\nend\n"
        "query q()\n    a := A(f(x) > 0)\nend"
    )
    session = rules.session(functions={"f": failing})
    session.insert("A", x=1)
    with suppress(RuleExecutionError):
        session.run()
    with suppress(RuleExecutionError):
        session.query("q")
    with suppress(RuleExecutionError):
        session.live("q", print)
    gone = weakref.ref(session)
    del session
    assert gone() is None


def test_an_error_that_is_kept_keeps_its_facts_but_not_the_session() -> None:
    def fail() -> RuleExecutionError:
        session = opened(functions={"f": failing})
        seen.append(weakref.ref(session))
        try:
            session.run()
        except RuleExecutionError as error:
            return error.with_traceback(None)
        raise AssertionError

    seen: list[Any] = []
    error = fail()
    assert error.cause is not None
    error.cause.__traceback__ = None  # tracebacks hold the frames that they tell of
    error.__context__ = None
    assert seen[0]() is None
    assert error.facts[0].k == 4
    assert not error.facts[0].is_live


def test_a_live_query_does_not_keep_its_session() -> None:
    session = opened()
    live = session.live("pairs", lambda joined, left: None, least=1)
    gone = weakref.ref(session)
    del session
    assert gone() is None
    live.close()
    live.close()


def test_a_session_that_cannot_be_opened_leaves_nothing() -> None:
    rules = RuleSet.parse(
        "param p: int\ntemplate T\n    n: int\nend\nfacts\n    T(n = 3 // p)\nend\n"
    )
    unfit: list[dict[str, Any]] = [{"params": {"p": 0}}, {"params": {}}, {"strategy": "none"}]
    for options in unfit:
        with suppress(Exception):
            rules.session(**options)
    assert not [thing for thing in gc.get_objects() if isinstance(thing, Session)]


def test_closing_and_dropping_is_closing_once() -> None:
    before = gc.get_threshold()
    session = opened()
    for _ in range(1000):
        session.insert("Idle")
    assert gc.get_threshold() != before
    session.close()
    assert gc.get_threshold() == before
    gone = weakref.ref(session)
    session.__del__()
    del session
    assert gone() is None
    assert gc.get_threshold() == before


def test_a_dropped_session_lets_the_collector_go_at_once() -> None:
    before = gc.get_threshold()
    session = opened()
    for _ in range(1000):
        session.insert("Idle")
    assert gc.get_threshold() != before
    del session
    assert gc.get_threshold() == before


def test_the_collector_takes_a_session_apart_while_another_one_works() -> None:
    """A session that its own listener refers to waits for the collector, in whichever thread."""
    gone: list[Any] = []

    def abandon() -> None:
        session = opened()
        session.on("insert", lambda fact: session.facts())
        gone.append(weakref.ref(session))

    def f(x: int) -> int:
        gc.collect()
        return x

    for _ in range(3):
        abandon()
    assert all(ref() is not None for ref in gone)
    fired: list[int] = []
    with opened(functions={"f": f}) as session:
        thread = threading.Thread(target=lambda: fired.append(session.run().fired))
        thread.start()
        thread.join()
    assert fired[0] > 10
    assert all(ref() is None for ref in gone)


def test_sessions_that_are_left_at_the_end_of_the_program_say_nothing() -> None:
    program = (
        "from rete_engine import RuleSet\n"
        "rules = RuleSet.parse('template T\\n n: int\\nend')\n"
        "session = rules.session()\n"
        "session.insert('T', n=1)\n"
        "other = rules.session()\n"
        "other.on('insert', lambda fact: other)\n"
        "import sys\n"
        "sys.kept = rules.session()\n"
    )
    ran = subprocess.run(
        [sys.executable, "-X", "dev", "-c", program], capture_output=True, text=True, check=True
    )
    assert (ran.stdout, ran.stderr) == ("", "")
