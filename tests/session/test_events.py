"""What a session tells while it works: events, subscriptions, and callbacks that fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rete_engine import (
    Firing,
    RuleExecutionError,
    RuleSet,
    Session,
    SessionError,
    Waiting,
)

TEXT = """
template Order key(id)
    id: int
    n: int = 0
    tags: list = []
end
template Log
    order: int
end
external function check(n: int)
rule "take"
when
    o := Order(n > 0)
then
    check(o.n)
    modify o(n = 0, tags = [1])
    insert Log(order = o.id)
end
rule "clear"
    salience -1
when
    l := Log()
then
    retract l
end
"""
RULES = RuleSet.parse(TEXT)


class Recorder:
    """Everything a session tells, in order."""

    def __init__(self, session: Session) -> None:
        self.seen: list[tuple[Any, ...]] = []
        for event in ("insert", "modify", "retract", "activate", "cancel", "fire", "error"):
            session.on(event, self.callback(event))

    def callback(self, event: str) -> Callable[..., object]:
        return lambda *arguments: self.seen.append((event, *arguments))

    def take(self) -> list[tuple[Any, ...]]:
        seen, self.seen = self.seen, []
        return seen


@pytest.fixture
def session() -> Session:
    def check(n: int) -> None:
        if n > 10:
            raise ValueError(n)

    return RULES.session(functions={"check": check})


def test_all_seven_events(session: Session) -> None:
    recorder = Recorder(session)
    order = session.insert("Order", id=1, n=2)
    waiting = Waiting("take", 0, {"o": order}, (order,))
    # Events come when a change has gone through: what it activates comes before it.
    assert recorder.take() == [("activate", waiting), ("insert", order)]
    session.modify(order, n=3)
    assert recorder.take() == [
        ("cancel", waiting),
        ("activate", waiting),
        ("modify", order, {"n": 2}),
    ]
    session.run(limit=1)
    (log,) = session.facts("Log")
    assert recorder.take() == [
        ("modify", order, {"n": 3, "tags": []}),
        ("activate", Waiting("clear", -1, {"l": log}, (log,))),
        ("insert", log),
        ("fire", Firing("take", {"o": order}, (order,))),
    ]
    session.run()
    assert recorder.take() == [("retract", log), ("fire", Firing("clear", {"l": log}, (log,)))]
    session.modify(order, n=11)
    recorder.take()
    with pytest.raises(RuleExecutionError) as caught:
        session.run()
    assert recorder.take() == [("error", caught.value)]
    session.retract(order)
    assert recorder.take() == [("cancel", waiting), ("retract", order)]


def test_a_retracted_fact_is_the_programs_own(session: Session) -> None:
    order = session.insert("Order", id=1)
    seen: list[Any] = []
    session.on("retract", seen.append)
    session.retract(order)
    assert seen[0] == order
    assert (order.is_live, order.id) == (False, 1)


def test_a_modify_that_changes_nothing_is_no_event(session: Session) -> None:
    order = session.insert("Order", id=1, n=-1, tags=[1])
    recorder = Recorder(session)
    session.modify(order, n=-1, tags=[1])
    assert recorder.take() == []
    session.modify(order, n=-2, tags=[1])
    assert recorder.take() == [("modify", order, {"n": -1})]


def test_further_fields_of_open_templates_are_told_too() -> None:
    with RuleSet.parse("open template E\n    a: int = 0\nend").session() as session:
        event = session.insert("E", b=1, c=[2], d=3)
        recorder = Recorder(session)
        session.modify(event, a=1, b=2, c=[2], e=5)
        assert recorder.take() == [("modify", event, {"a": 0, "b": 1, "e": None})]


def test_batches_and_loads_are_told_fact_by_fact(session: Session) -> None:
    inserted: list[int] = []
    session.on("insert", lambda fact: inserted.append(fact.id))
    with session.batch() as batch:
        batch.insert("Order", id=1)
        batch.insert("Order", id=2)
        assert inserted == []
    session.insert_many("Order", [{"id": 3}, {"id": 4}])
    assert inserted == [1, 2, 3, 4]


def test_a_subscription_ends_when_it_is_closed(session: Session) -> None:
    seen: list[Any] = []
    subscription = session.on("insert", seen.append)
    with session.on("insert", seen.append):
        session.insert("Order", id=1)
    session.insert("Order", id=2)
    subscription.close()
    subscription.close()
    session.insert("Order", id=3)
    assert [fact.id for fact in seen] == [1, 1, 2]


def test_the_same_callback_may_listen_twice(session: Session) -> None:
    seen: list[Any] = []
    one, two = session.on("insert", seen.append), session.on("insert", seen.append)
    one.close()
    one.close()
    session.insert("Order", id=1)
    assert len(seen) == 1
    two.close()
    session.insert("Order", id=2)
    assert len(seen) == 1


def test_a_callback_may_end_its_own_subscription(session: Session) -> None:
    seen: list[int] = []

    def once(fact: Any) -> None:
        seen.append(fact.id)
        subscription.close()

    subscription = session.on("insert", once)
    session.on("insert", lambda fact: seen.append(-fact.id))
    session.insert("Order", id=1)
    session.insert("Order", id=2)
    assert seen == [1, -1, -2]


def test_an_unknown_event_is_refused(session: Session) -> None:
    with pytest.raises(SessionError, match="unknown event 'inserted'; it is one of insert, modify"):
        session.on("inserted", print)


def test_listeners_stay_over_a_reset_and_end_with_the_session(session: Session) -> None:
    seen: list[Any] = []
    session.on("insert", seen.append)
    session.reset()
    session.insert("Order", id=1)
    assert len(seen) == 1
    session.close()
    session = RULES.session(functions={"check": print})
    session.insert("Order", id=1)
    assert len(seen) == 1


@pytest.mark.parametrize("strategy", ["depth", "breadth", "lex", "random"])
def test_listening_changes_no_firing(strategy: str) -> None:
    def outputs(listens: bool) -> list[Any]:
        with RULES.session(functions={"check": abs}, strategy=strategy, seed=2) as session:
            if listens:
                Recorder(session)
            session.insert_many("Order", [{"id": n, "n": n % 3} for n in range(30)])
            return [
                (firing.rule, tuple(fact.fact_id for fact in firing.facts))
                for firing in session.run(trace=True).firings
            ]

    assert outputs(listens=True) == outputs(listens=False)


# -- callbacks that fail ---------------------------------------------------------------------------


class Spoilt(Exception):
    """What a callback raises."""


def fail(*arguments: object) -> None:
    raise Spoilt(*arguments)


@pytest.mark.parametrize("event", ["insert", "activate"])
def test_a_callback_that_fails_does_not_tear_an_insert(session: Session, event: str) -> None:
    with session.on(event, fail):
        with pytest.raises(Spoilt):
            session.insert("Order", id=1, n=1)
    assert len(session.facts("Order")) == 1
    assert session.run().fired == 2


@pytest.mark.parametrize("event", ["modify", "activate", "cancel"])
def test_a_callback_that_fails_does_not_tear_a_modify(session: Session, event: str) -> None:
    order = session.insert("Order", id=1, n=1)
    with session.on(event, fail):
        with pytest.raises(Spoilt):
            session.modify(order, n=2, id=5)
    assert (order.n, order.id) == (2, 5)
    assert len(session.agenda()) == 1
    session.insert("Order", id=1)  # the key moved


def test_a_callback_that_fails_does_not_tear_a_batch_or_a_load(session: Session) -> None:
    with session.on("insert", fail) as subscription:
        with pytest.raises(Spoilt) as caught:
            session.insert_many("Order", [{"id": 1}, {"id": 2}, {"id": 3}])
        assert caught.value.args[0].id == 1
        assert len(caught.value.__notes__) == 2
        with pytest.raises(Spoilt), session.batch() as batch:
            batch.insert("Order", id=4)
            batch.insert("Order", id=5)
        subscription.close()
    assert [fact.id for fact in session.facts()] == [1, 2, 3, 4, 5]
    session.insert("Order", id=6)


@pytest.mark.parametrize("event", ["fire", "modify", "insert"])
def test_a_callback_that_fails_ends_a_run_behind_its_firing(session: Session, event: str) -> None:
    session.insert_many("Order", [{"id": 1, "n": 1}, {"id": 2, "n": 1}])
    with session.on(event, fail):
        with pytest.raises(Spoilt):
            session.run()
    assert sorted(order.n for order in session.facts("Order")) == [0, 1]
    assert len(session.facts("Log")) == 1
    assert session.run().fired == 3


def test_a_callback_for_errors_that_fails_is_told_instead() -> None:
    for on_error in ("raise", "skip", "quarantine"):
        with RULES.session(functions={"check": fail}, on_error=on_error) as session:
            session.insert("Order", id=1, n=1)
            with session.on("error", lambda error: fail("telling")):
                with pytest.raises(Spoilt, match="telling"):
                    session.run()
            # The policy was followed all the same.
            assert len(session.agenda()) == (1 if on_error == "raise" else 0)


def test_no_error_that_was_passed_over_is_lost_by_a_callback_that_fails() -> None:
    with RULES.session(functions={"check": fail}, on_error="skip", strategy="breadth") as session:
        session.insert("Order", id=1, n=1)
        session.insert("Log", order=1)
        with session.on("fire", lambda firing: fail("telling")):
            with pytest.raises(Spoilt, match="telling"):
                session.run()
        (error,) = session.run().errors
        assert error.rule == "take"
        assert session.run().errors == []


def test_no_error_of_a_condition_is_lost_by_a_callback_that_fails() -> None:
    text = "template T\n    n: int\nend\nrule 'r'\nwhen\n    T(1 / n > 0)\nthen\n    halt\nend"
    for on_error in ("raise", "skip"):
        with RuleSet.parse(text).session(on_error=on_error) as session:
            session.insert_many("T", [{"n": 0}] * 3)
            with session.on("error", fail):
                for _ in range(3):
                    with pytest.raises(Spoilt):
                        session.run()
            assert session.run().errors == []


# -- reentrancy ------------------------------------------------------------------------------------


def uses(session: Session) -> list[Callable[[], object]]:
    """Every method that a callback may not use."""
    return [
        lambda: session.insert("Order", id=9),
        lambda: session.insert_many("Order", [{"id": 9}]),
        lambda: session.upsert("Order", id=9),
        lambda: session.modify(session, n=1),
        lambda: session.update(session),
        lambda: session.retract(session),
        lambda: session.batch().__enter__(),
        session.facts,
        session.run,
        session.step,
        session.agenda,
        session.reset,
        session.close,
        lambda: session.enable("take"),
        lambda: session.disable("take"),
        lambda: session.on("insert", print),
    ]


def refused(session: Session, told: list[str]) -> None:
    for use in uses(session):
        try:
            use()
        except SessionError as error:
            told.append(str(error))


def test_a_function_that_a_rule_calls_cannot_use_the_session() -> None:
    told: list[str] = []
    opened: Session = RULES.session(functions={"check": lambda n: refused(opened, told)})
    opened.insert("Order", id=1, n=1)
    opened.run()
    assert told == ["a session cannot be used by a function or listener that it is calling"] * len(
        uses(opened)
    )
    opened.close()


@pytest.mark.parametrize("event", ["insert", "fire", "activate"])
def test_a_listener_cannot_use_the_session(session: Session, event: str) -> None:
    told: list[str] = []
    session.on(event, lambda what: refused(session, told))
    session.insert("Order", id=1, n=1)
    session.run()
    assert told
    assert set(told) == {"a session cannot be used by a function or listener that it is calling"}
    assert len(session.facts("Order")) == 1


def test_a_condition_that_calls_the_session_is_an_error_of_the_condition() -> None:
    declared = "external function f() -> bool\ntemplate T\nend\n"
    text = declared + "rule 'r'\nwhen\n T()\n test f()\nthen\nend"
    opened: Session = RuleSet.parse(text).session(functions={"f": lambda: bool(opened.facts())})
    opened.insert("T")
    with pytest.raises(RuleExecutionError, match="cannot be used by a function") as caught:
        opened.run()
    assert isinstance(caught.value.cause, SessionError)
