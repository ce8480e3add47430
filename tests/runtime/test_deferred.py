"""Matches that are made when they come to the top: what a program sees is as if all were made."""

from __future__ import annotations

import gc
import weakref

import pytest

from rete_engine import Fact, RuleExecutionError, RuleSet, Session

RULES = RuleSet.parse(
    """
template Item
    n: int
    bad: bool = false
end
template Phase
    name: str
end
template Step
    n: int = 0
end
external function check(n: int) -> int
rule "work"
when
    phase := Phase(name == "work")
    i := Item()
then
    emit check(i.n)
end
rule "go on"
when
    phase := Phase(name == "next")
then
    modify phase(name = "work")
end
rule "two"
when
    phase := Phase(name == "two")
    s := Step(n >= 0)
    i := Item()
    test i.n != s.n
then
    modify s(n = s.n + 1)
    emit i.n
end
"""
)


def checked(n: int) -> int:
    if n < 0:
        raise ValueError("negative")
    return n


@pytest.fixture
def session() -> Session:
    session = RULES.session(functions={"check": checked})
    session.insert_many("Item", [{"n": n} for n in range(100)])
    return session


def tokens(session: Session) -> int:
    return session._engine.matcher.tokens


def numbers(session: Session, limit: int | None = None) -> list[int]:
    return [waiting.bindings["i"].n for waiting in session.agenda(limit)]


def test_a_fact_that_meets_many_matches_makes_one_entry(session: Session) -> None:
    before = tokens(session)
    session.insert("Phase", name="work")
    assert tokens(session) == before + 1
    assert session.run().outputs == list(reversed(range(100)))


def test_looking_makes_none(session: Session) -> None:
    session.insert("Phase", name="work")
    before = tokens(session)
    assert numbers(session, 3) == [99, 98, 97]
    assert numbers(session) == list(reversed(range(100)))
    assert tokens(session) == before


def test_a_run_goes_on_where_the_last_one_stopped(session: Session) -> None:
    session.insert("Phase", name="work")
    assert session.run(2).outputs == [99, 98]
    late = session.insert("Item", n=100)
    assert numbers(session, 2) == [100, 97]
    session.retract(late)
    assert session.run(1).outputs == [97]
    assert len(numbers(session)) == 97


def test_a_match_that_ceases_is_passed_over(session: Session) -> None:
    session.insert("Phase", name="work")
    assert session.run(1).outputs == [99]
    for fact in session.facts("Item"):
        if fact.n in (98, 50, 0):
            session.retract(fact)
    assert session.run().outputs == [n for n in reversed(range(99)) if n not in (98, 50, 0)]


def test_all_cease_with_the_fact_that_made_them(session: Session) -> None:
    before = tokens(session)
    phase = session.insert("Phase", name="work")
    session.run(2)
    session.modify(phase, name="done")
    assert numbers(session) == []
    assert tokens(session) == before
    session.modify(phase, name="work")
    assert session.run().fired == 100


def test_the_last_match_may_cease(session: Session) -> None:
    session.insert("Phase", name="work")
    session.run(99)
    session.retract(session.facts("Item", n=0)[0])
    result = session.run()
    assert (result.fired, result.stopped) == (0, "quiescent")


def test_a_match_whose_action_fails_stays_where_it_was(session: Session) -> None:
    session.insert("Item", n=-1)
    session.insert("Phase", name="work")
    for _ in range(2):
        with pytest.raises(RuleExecutionError, match="negative"):
            session.run()
    assert numbers(session, 2) == [-1, 99]


def test_a_rule_that_is_off_keeps_them_back(session: Session) -> None:
    session.insert("Phase", name="work")
    session.run(1)
    session._engine.agenda.first()  # one is made and waits
    session.disable("work")
    assert numbers(session) == []
    session.insert("Item", n=100)
    session.enable("work")
    assert numbers(session, 3) == [100, 98, 97]
    assert len(numbers(session)) == 100


def test_who_begins_to_listen_hears_of_each_that_ceases(session: Session) -> None:
    phase = session.insert("Phase", name="work")
    ceased: list[int] = []
    session.on("cancel", lambda waiting: ceased.append(waiting.bindings["i"].n))
    session.run(1)
    session.modify(phase, name="done")
    assert sorted(ceased) == list(range(99))


def test_several_facts_without_a_key_are_joined_first(session: Session) -> None:
    before = tokens(session)
    session.insert("Phase", name="two")
    session.insert("Step")
    assert tokens(session) <= before + 5
    assert session.run(4).outputs == [99, 99, 99, 99]
    assert session.facts("Step")[0].n == 4
    assert numbers(session, 2) == [99, 98]
    assert 4 not in numbers(session)


def test_a_session_that_ends_leaves_nothing() -> None:
    session = RULES.session(functions={"check": checked})
    session.insert_many("Item", [{"n": n} for n in range(9)])
    for name in ("work", "two"):
        session.insert("Phase", name=name)
    step: Fact = session.insert("Step")
    session.run(3)
    gc.collect()
    gc.disable()
    try:
        left = weakref.ref(step)
        session.close()
        del step, session
        assert left() is None
        assert gc.collect() == 0
    finally:
        gc.enable()
