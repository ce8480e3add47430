"""Agenda groups, as a program sees them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rete_engine import RuleSet, SessionError, Waiting
from rete_engine.runtime.strategies import STRATEGIES

RULES = RuleSet.parse("""
template N
    n: int
end
rule "of main"
when
    x := N()
then
    emit ["main", x.n]
end
rule "of a"
    group "a"
when
    x := N()
then
    emit ["a", x.n]
end
rule "this year"
    group "days"
    effective "2026-01-01" to "2026-12-31"
when
    x := N()
then
    emit ["days", x.n]
end
""")


def by_number(entry: Waiting) -> Any:
    return entry.bindings["x"].n


@pytest.mark.parametrize("strategy", [*STRATEGIES, by_number])
def test_every_strategy_orders_each_group(strategy: Any) -> None:
    with RULES.session(strategy=strategy, seed=3) as session:
        for n in (2, 3, 1):
            session.insert("N", n=n)
        session.focus("a")
        expected = [[entry.group, by_number(entry)] for entry in session.agenda()]
        assert [group for group, _ in expected] == ["a"] * 3 + ["main"] * 3
        assert session.run().outputs == expected
        assert session.agenda(group="a") == []


def test_a_strategy_of_the_program_sees_the_group() -> None:
    seen: set[str] = set()

    def order(entry: Waiting) -> int:
        seen.add(entry.group)
        return 0

    with RULES.session(strategy=order) as session:
        session.insert("N", n=1)
    assert seen == {"main", "a", "days"}


def test_step_fires_from_the_focused_group() -> None:
    with RULES.session() as session:
        session.insert("N", n=1)
        session.focus("a")
        fired = [session.step(), session.step(), session.step()]
        assert [firing.rule if firing else None for firing in fired] == ["of a", "of main", None]


@pytest.mark.parametrize("group", ["b", "A", ""])
def test_a_group_that_no_rule_knows_is_refused(group: str) -> None:
    with RULES.session() as session:
        with pytest.raises(SessionError, match=f"no rule is in a group '{group}'"):
            session.focus(group)
        with pytest.raises(SessionError, match="no rule is in a group"):
            session.agenda(group=group)


def test_the_clock_is_asked_when_an_activation_comes_to_the_top() -> None:
    now = datetime(2025, 12, 31, 23, 59, tzinfo=UTC)
    with RULES.session(clock=lambda: now) as session:
        cancelled: list[Waiting] = []
        session.on("cancel", cancelled.append)
        session.insert("N", n=1)
        assert session.agenda(group="days") == []  # as things stand
        now += timedelta(minutes=1)
        assert len(session.agenda(group="days")) == 1
        session.focus("days")
        assert session.run(limit=1).outputs == [["days", 1]]
        session.run()
        now = datetime(2027, 1, 1, tzinfo=UTC)
        session.insert("N", n=2)
        session.focus("days")
        assert session.run().outputs == [["main", 2]]
        assert [entry.rule for entry in cancelled] == ["this year"]
        now = datetime(2026, 12, 31, 23, tzinfo=UTC)
        session.focus("days")
        assert session.run().fired == 0  # it was spent


def test_a_clock_that_does_not_tell_the_time_is_refused_and_nothing_is_lost() -> None:
    answers: list[Any] = ["noon", datetime(2026, 6, 1, tzinfo=UTC)]
    with RULES.session(clock=lambda: answers[0]) as session:
        session.insert("N", n=1)
        session.focus("days")
        with pytest.raises(SessionError, match="answers with 'noon', which is no datetime"):
            session.run()
        answers.pop(0)
        assert session.run().outputs == [["days", 1], ["main", 1]]


def test_disable_and_enable_reach_groups_without_the_focus() -> None:
    with RULES.session() as session:
        told: list[tuple[str, str]] = []
        session.on("activate", lambda entry: told.append(("activate", entry.rule)))
        session.on("cancel", lambda entry: told.append(("cancel", entry.rule)))
        session.insert("N", n=1)
        told.clear()
        session.disable("of a")
        assert told == [("cancel", "of a")]
        assert session.agenda(group="a") == []
        session.enable("of a")
        assert told == [("cancel", "of a"), ("activate", "of a")]
        assert len(session.agenda(group="a")) == 1


def test_a_failing_action_waits_again_in_its_group_and_among_its_rivals() -> None:
    rules = RuleSet.parse("""
template N
    n: int
end
external function work(n: int)
rule "works"
    group "g"
    auto_focus
    activation_group "x"
when
    a := N()
then
    work(a.n)
end
""")
    fails = [True]

    def work(n: int) -> None:
        if fails[0]:
            raise ValueError("not now")

    with rules.session(functions={"work": work}) as session:
        session.insert("N", n=1)
        session.insert("N", n=2)
        with pytest.raises(Exception, match="not now"):
            session.run()
        assert [by_one(entry) for entry in session.agenda()] == [2, 1]
        fails[0] = False
        assert session.run().fired == 1
        assert session.agenda(group="g") == []


def by_one(entry: Waiting) -> Any:
    return entry.bindings["a"].n


def test_yaml_says_groups_too() -> None:
    rules = RuleSet.parse(
        """
name: groups
templates: {N: {fields: {n: int}}}
rules:
  - {name: late, group: g, effective: {from: "2026-01-01"}, when: ["x := N()"], then: ["emit 1"]}
  - {name: first, auto_focus: true, group: f, when: ["x := N()"], then: ['focus "g"']}
""",
        format="yaml",
    )
    with rules.session(clock=lambda: datetime(2026, 1, 1, tzinfo=UTC)) as session:
        session.insert("N", n=1)
        assert session.run().outputs == [1]
