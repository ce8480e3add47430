"""Async functions: awaited under `run_async`, refused clearly elsewhere."""

from __future__ import annotations

import asyncio
import contextvars
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from rete_engine import CurrentFiring, RuleExecutionError, RuleSet, Session, SessionError, rule

TEXT = """
template Customer
    name: str
    score: int = 0
end
external function score(name: str) -> int
rule "score"
    salience 5
when
    c := Customer(score == 0)
then
    modify c(score = score(c.name))
    emit (c.name, c.score)
end
rule "known"
when
    c := Customer(score > 0)
then
    emit ("known", c.name)
end
"""
NAMES = ("ada", "bob")


def opened(function: Callable[..., Any], **options: Any) -> Session:
    session = RuleSet.parse(TEXT, functions={"score": function}).session(**options)
    session.insert_many("Customer", [{"name": name} for name in NAMES])
    return session


async def length(name: str) -> int:
    await asyncio.sleep(0.001)
    return len(name)


def test_what_actions_await_happens_in_the_order_of_firing() -> None:
    asked: list[str] = []

    async def slow_first(name: str) -> int:
        asked.append(f"{name} asked")
        await asyncio.sleep(0.02 if name == "bob" else 0)
        asked.append(f"{name} answered")
        return 7

    with opened(slow_first) as session:
        result = asyncio.run(session.run_async(trace=True))
        assert asked == ["bob asked", "bob answered", "ada asked", "ada answered"]
        assert result.outputs == [("bob", 7), ("ada", 7), ("known", "ada"), ("known", "bob")]
        assert [firing.rule for firing in result.firings] == ["score"] * 2 + ["known"] * 2
        assert (result.fired, result.stopped) == (4, "quiescent")
        assert session.run().fired == 0


def test_a_session_of_plain_functions_runs_the_same_under_both() -> None:
    with opened(len) as one, opened(len) as other:
        assert asyncio.run(one.run_async()) == other.run()


def test_the_event_loop_is_free_and_other_sessions_run_beside() -> None:
    together: list[int] = []
    inside = 0

    async def meet(name: str) -> int:
        nonlocal inside
        inside += 1
        for _ in range(100):
            together.append(inside)
            await asyncio.sleep(0.001)
        inside -= 1
        return 1

    async def both() -> None:
        with opened(meet) as one, opened(meet) as other:
            await asyncio.gather(one.run_async(), other.run_async())

    asyncio.run(both())
    assert max(together) == 2


def test_context_variables_reach_the_functions() -> None:
    user = contextvars.ContextVar("user", default="nobody")
    seen: list[str] = []

    async def ask(name: str) -> int:
        seen.append(user.get())
        return 1

    async def main() -> None:
        user.set("eve")
        with opened(ask) as session:
            await session.run_async()

    asyncio.run(main())
    assert seen == ["eve", "eve"]


def test_run_refuses_an_async_function_and_nothing_happened() -> None:
    with opened(length) as session:
        with pytest.raises(RuleExecutionError, match="'score' is async") as caught:
            session.run()
        assert "run_async" in str(caught.value)
        assert caught.value.rule == "score"
        assert [c.score for c in session.facts("Customer")] == [0, 0]
        assert asyncio.run(session.run_async(limit=1)).outputs == [("bob", 3)]


def test_a_condition_cannot_wait() -> None:
    text = TEXT.replace("score == 0)", "score == 0, score(name) == 3)")
    rules = RuleSet.parse(text, functions={"score": length})
    with rules.session(on_error="skip") as session:
        session.insert("Customer", name="ada")
        result = asyncio.run(session.run_async())
        assert result.fired == 0
        assert "only an action can wait" in str(result.errors[0])

    @rule("late", when="c := Customer(name == 'ada')", salience=99)
    async def late(firing: CurrentFiring) -> None:
        firing.insert("Customer", name="bob")

    rules = RuleSet.parse(text, functions={"score": length}, rules=[late])
    with rules.session(on_error="skip") as session:
        session.insert("Customer", name="ada")
        result = asyncio.run(session.run_async())
        assert result.fired == 1  # what its changes lead to is no part of the action
        assert len(result.errors) == 2


def test_what_a_function_awaits_may_fail() -> None:
    async def fail(name: str) -> int:
        await asyncio.sleep(0)
        raise ConnectionError("no such host")

    with opened(fail) as session:
        with pytest.raises(RuleExecutionError, match="ConnectionError: no such host") as caught:
            asyncio.run(session.run_async())
        assert isinstance(caught.value.cause, ConnectionError)
    with opened(fail, on_error="skip") as session:
        result = asyncio.run(session.run_async())
        assert (result.fired, len(result.errors)) == (0, 2)


def test_an_answer_of_the_wrong_type_is_refused() -> None:
    async def wrong(name: str) -> str:
        return name

    with opened(wrong) as session:
        with pytest.raises(RuleExecutionError, match="score"):
            asyncio.run(session.run_async())


def test_a_rule_in_python_may_be_async() -> None:
    @rule("ask", when="c := Customer(score == 0)")
    async def ask(firing: CurrentFiring) -> None:
        firing.modify(firing.c, score=await length(firing.c.name))
        firing.emit(firing.c.score)

    rules = RuleSet.parse("template Customer\n  name: str\n  score: int = 0\nend", rules=[ask])
    with rules.session() as session:
        session.insert("Customer", name="ada")
        with pytest.raises(RuleExecutionError, match="'ask' is async") as caught:
            session.run()
        assert caught.value.line > 0
        assert session.facts("Customer")[0].score == 0
        assert asyncio.run(session.run_async()).outputs == [3]
        assert session.facts("Customer")[0].score == 3


def test_the_line_of_an_async_rule_that_failed_is_told() -> None:
    @rule("fail", when="")
    async def fail(firing: CurrentFiring) -> None:
        await asyncio.sleep(0)
        raise ValueError("boom")

    with RuleSet.parse("", rules=[fail]).session() as session:
        with pytest.raises(RuleExecutionError, match="boom") as caught:
            asyncio.run(session.run_async())
        assert caught.value.line == fail.line + 3


def test_while_it_runs_the_session_is_in_use() -> None:
    async def main() -> None:
        with opened(length) as session:
            running = asyncio.create_task(session.run_async())
            await asyncio.sleep(0.0005)
            while not running.done():
                with pytest.raises(SessionError, match="another one is in it"):
                    session.insert("Customer", name="eve")
                break
            with pytest.raises(SessionError, match="another one is in it"):
                await session.run_async()
            assert (await running).fired == 4

    asyncio.run(main())


def test_a_cancelled_run_stops_where_it_waits_and_can_go_on() -> None:
    calls: list[str] = []
    ended: list[str] = []

    async def hang(name: str) -> int:
        calls.append(name)
        try:
            await asyncio.sleep(0 if len(calls) != 2 else 60)
        except asyncio.CancelledError:
            ended.append(name)
            raise
        return 7

    async def main() -> None:
        with opened(hang) as session:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(session.run_async(), 0.3)
            assert (calls, ended) == (["bob", "ada"], ["ada"])
            # What fired before is done, and its outputs are in the next result.
            assert [c.score for c in session.facts("Customer")] == [0, 7]
            result = await session.run_async()
            assert result.outputs[:2] == [("bob", 7), ("ada", 7)]
            assert result.fired == 3

    asyncio.run(main())


def test_a_run_that_waits_for_nothing_can_be_cancelled_too() -> None:
    text = "template N\n  n: int\nend\nfacts\n  N(n = 0)\nend\n"
    text += 'rule "count"  # allow RE0504: it goes on\nwhen\n  n := N()\n  test n.n >= 0\nthen\n'
    text += "  modify n(n = n.n + 1)\nend"

    async def main() -> None:
        with RuleSet.parse(text).session() as session:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(session.run_async(), 0.05)
            assert session.facts("N")[0].n > 0
            assert session.run(limit=5).stopped == "limit"

    asyncio.run(main())


def test_a_function_that_is_cancelled_by_itself_failed() -> None:
    async def stopped(name: str) -> int:
        raise asyncio.CancelledError

    with opened(stopped) as session:
        with pytest.raises(RuleExecutionError, match="'score' was cancelled"):
            asyncio.run(session.run_async())


def test_no_thread_is_left() -> None:
    before = threading.active_count()
    with opened(length) as session:
        asyncio.run(session.run_async())
    for _ in range(100):
        if threading.active_count() <= before:
            break
        time.sleep(0.01)
    assert threading.active_count() <= before


def test_an_awaitable_that_is_no_coroutine_is_waited_for() -> None:
    class Later:
        def __await__(self) -> Any:
            return asyncio.sleep(0, 9).__await__()

    with opened(lambda name: Later()) as session:
        assert asyncio.run(session.run_async(limit=1)).outputs == [("bob", 9)]
    with opened(lambda name: Later(), on_error="skip") as session:
        assert len(session.run().errors) == 2
