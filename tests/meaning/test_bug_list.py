"""What other engines got wrong at one time or another."""

from __future__ import annotations

from typing import Any

import pytest

from rete_engine import Session
from rete_engine.runtime.strategies import STRATEGIES
from tests.meaning.sessions import fired, opened, outputs, waiting

NAN = float("nan")

HEAD = """
template A
    n: any = 0
    done: bool = false
end

template B
    n: any = 0
end
"""


def test_a_rule_with_nothing_but_a_negated_pattern() -> None:
    session = opened(HEAD + 'rule "r"\nwhen\n    not A()\nthen\nend')
    assert fired(session) == ["r"]
    first, second = session.insert("A"), session.insert("A")
    session.retract(first)
    assert fired(session) == []
    session.retract(second)
    assert fired(session) == ["r"]


def test_a_rule_with_two_negated_patterns_and_no_other() -> None:
    session = opened(HEAD + 'rule "r"\nwhen\n    not A(n == 1)\n    not B(n == 1)\nthen\nend')
    a, b = session.insert("A", n=1), session.insert("B", n=1)
    session.retract(a)
    assert waiting(session) == []
    session.modify(b, n=2)
    assert waiting(session) == ["r"]


def test_retracting_the_blocking_fact_lets_the_match_pass_unless_another_blocks() -> None:
    session = opened(HEAD + 'rule "r"\nwhen\n    a := A()\n    not B(n == a.n)\nthen\nend')
    session.insert("A", n=1)
    first = session.insert("B", n=1)
    second = session.insert("B", n=1)
    session.retract(first)
    assert waiting(session) == []
    session.retract(second)
    assert waiting(session) == ["r 1"]


def test_a_modified_blocking_fact_goes_on_blocking() -> None:
    session = opened(HEAD + 'rule "r"\nwhen\n    a := A()\n    not B(n >= a.n)\nthen\nend')
    session.insert("A", n=1)
    blocking = session.insert("B", n=5)
    heard: list[Any] = []
    session.on("activate", heard.append)
    session.modify(blocking, n=3)
    assert waiting(session) == heard == []


def test_a_fact_that_joins_itself_makes_each_pair_once() -> None:
    text = (
        HEAD + 'rule "r"\nwhen\n    a := A()\n    b := A(n == a.n)\n    c := A(n == b.n)\nthen\nend'
    )
    session = opened(text)
    heard: list[Any] = []
    session.on("activate", heard.append)
    fact = session.insert("A", n=1)
    assert len(heard) == 1
    session.insert("A", n=1)
    assert len(heard) == 2**3
    session.modify(fact, n=2)
    assert len(waiting(session)) == 2
    session.modify(fact, n=1)
    assert sorted(waiting(session)) == sorted(
        f"r {a} {b} {c}" for a in (1, 2) for b in (1, 2) for c in (1, 2)
    )


def test_the_fact_that_is_firing_may_be_retracted() -> None:
    text = (
        HEAD
        + """
rule "take"
when
    a := A()
    b := B(n == a.n)
then
    retract a, b
    emit (a.n, b.n)
end
"""
    )
    session = opened(text)
    session.insert("A", n=1)
    session.insert("A", n=1)
    session.insert("B", n=1)
    assert outputs(session) == [(1, 1)]
    assert [fact.template for fact in session.facts()] == ["A"]
    assert waiting(session) == []


def test_a_retracted_fact_takes_the_waiting_matches_of_all_rules_with_it() -> None:
    rules = "".join(
        f'rule "r{i}"\nwhen\n    a := A()\nthen\n    retract a\nend\n' for i in range(3)
    )
    session = opened(HEAD + rules)
    session.insert("A")
    assert len(waiting(session)) == 3
    assert len(fired(session)) == 1


def test_two_rules_modify_one_fact_in_turn() -> None:
    text = (
        HEAD
        + """
rule "up"
when
    a := A(n < 4, done == false)
then
    modify a(n = a.n + 1, done = true)
end

rule "again"
when
    a := A(done == true)
then
    modify a(done = false)
end
"""
    )
    session = opened(text)
    fact = session.insert("A", n=0)
    assert fired(session) == ["up 1", "again 1"] * 4
    assert (fact.n, fact.done) == (4, False)


def test_two_rules_that_wait_for_one_fact_each_see_the_other_ones_change() -> None:
    text = (
        HEAD
        + """
rule "first"
    salience 1
when
    a := A(n == 0)
then
    modify a(n = 1)
end

rule "second"
when
    a := A(n == 0)
then
    modify a(n = 2)
end
"""
    )
    session = opened(text)
    fact = session.insert("A")
    assert fired(session) == ["first 1"]
    assert fact.n == 1


@pytest.mark.parametrize(
    ("value", "meets"),
    [
        (NAN, False),
        ([NAN], False),
        ((1, NAN), False),
        ({"a": NAN}, False),
        ([1, "a"], True),
        ([], True),
        ({"a": [1]}, True),
        ({}, True),
        ({1, 2}, True),
        ((1, (2,)), True),
        (None, True),
    ],
)
@pytest.mark.parametrize("key", ["n == a.n", "n == a.n, n == a.n", "[n, n] == [a.n, a.n]"])
def test_nan_lists_and_dicts_as_join_keys(value: Any, meets: bool, key: str) -> None:
    text = f"""{HEAD}
rule "joined"
when
    a := A()
    b := B({key})
then
end

rule "alone"
when
    a := A()
    not B({key})
then
end
"""
    session = opened(text)
    a = session.insert("A", n=value)
    b = session.insert("B", n=value)
    assert sorted(waiting(session)) == (["joined 1 2"] if meets else ["alone 1"])
    session.modify(b, n="other")
    assert waiting(session) == ["alone 1"]
    session.modify(b, n=value)
    assert sorted(waiting(session)) == (["joined 1 2"] if meets else ["alone 1"])
    session.retract(a)
    session.retract(b)
    assert waiting(session) == []
    assert not any(
        memory.buckets for memory in session._engine.matcher.alpha_network.rights.values()
    )


def test_nan_as_a_constant_matches_nothing() -> None:
    text = (
        HEAD
        + """
rule "nan"
when
    a := A(n == float("nan"))
then
end

rule "not nan"
when
    a := A(n != float("nan"))
then
end
"""
    )
    session = opened(text)
    session.insert("A", n=NAN)
    session.insert("A", n=1)
    assert waiting(session) == ["not nan 2", "not nan 1"]


def test_constants_that_are_equal_though_of_other_types() -> None:
    rules = "".join(
        f'rule "{constant}"\nwhen\n    a := A(n == {constant})\nthen\nend\n'
        for constant in ("1", "1.0", "true", "'1'", "none")
    )
    session = opened(HEAD + rules)
    session.insert("A", n=1)
    assert sorted(waiting(session)) == ["1 1", "1.0 1", "true 1"]
    session.insert("A", n="1")
    session.insert("A", n=None)
    assert sorted(waiting(session))[:2] == ["'1' 2", "1 1"]
    assert "none 3" in waiting(session)


def test_a_fact_that_matches_a_pattern_and_its_negation() -> None:
    text = HEAD + 'rule "r"\nwhen\n    a := A(n == 1)\n    not A(n == 1)\nthen\nend'
    session = opened(text)
    heard: list[Any] = []
    session.on("activate", heard.append)
    session.retract(session.insert("A", n=1))
    assert heard == []


def test_an_existing_fact_and_no_such_fact_exclude_each_other_at_every_moment() -> None:
    text = HEAD + 'rule "r"\nwhen\n    exists A(n == 1)\n    not A(n == 1)\nthen\nend'
    session = opened(text)
    heard: list[Any] = []
    session.on("activate", heard.append)
    fact = session.insert("A", n=1)
    session.modify(fact, n=2)
    session.modify(fact, n=1)
    session.retract(fact)
    assert heard == []


def matches_waiting(session: Session) -> int:
    """How many matches wait for facts."""
    return sum(
        bucket.waiting
        for memory in session._engine.matcher.alpha_network.rights.values()
        for bucket in memory.buckets.values()
    )


def test_a_dead_match_leaves_nothing_waiting_behind_a_negation() -> None:
    text = HEAD + 'rule "r"\nwhen\n    exists A()\n    not A()\nthen\nend'
    session = opened(text)
    fresh = session._engine.matcher.tokens
    waiting = matches_waiting(session)
    for _ in range(3):
        session.retract(session.insert("A"))
    assert matches_waiting(session) == waiting
    assert session._engine.matcher.tokens == fresh


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_changes_during_a_run_keep_the_agenda_whole(strategy: str) -> None:
    text = (
        HEAD
        + """
rule "retract the others"
when
    a := A()
    b := A(n > a.n)
then
    retract b
end
"""
    )
    session = opened(text, strategy=strategy)
    session.insert_many("A", [{"n": n} for n in range(8)])
    assert len(fired(session)) == 7
    assert [fact.n for fact in session.facts()] == [0]
    assert waiting(session) == []


LINES = """
template Line
    order: int
    qty: int = 1
end
template Order
    id: int
end
"""


def test_an_accumulate_inside_a_negation_follows_its_result() -> None:
    text = f"""{LINES}
rule "small"
when
    o := Order()
    not (n := count(Line(order == o.id)) and test n >= 2)
then
end
"""
    session = opened(text)
    session.insert("Order", id=1)
    assert fired(session) == ["small 1"]
    one, two = session.insert("Line", order=1), session.insert("Line", order=1)
    three = session.insert("Line", order=1)
    session.retract(three)
    assert waiting(session) == []
    session.retract(one)
    assert waiting(session) == ["small 1"]
    session.modify(two, order=2)
    session.insert("Line", order=1)
    session.insert("Line", order=1)
    assert waiting(session) == []


@pytest.mark.parametrize(
    ("accumulate", "of_nothing"),
    [
        ("count(Line())", ["r 0"]),
        ("sum(qty for Line())", ["r 0"]),
        ("collect(qty for Line())", ["r []"]),
        ("collect_set(qty for Line())", ["r set()"]),
        ("avg(qty for Line())", []),
        ("min(qty for Line())", []),
        ("max(qty for Line())", []),
        ("sum(qty for Line() by order)", []),
    ],
)
def test_an_accumulator_whose_last_source_goes(accumulate: str, of_nothing: list[str]) -> None:
    session = opened(f'{LINES}\nrule "r"\nwhen\n    v := {accumulate}\nthen\nend')
    assert fired(session) == of_nothing
    for _ in range(2):
        line = session.insert("Line", order=1, qty=3)
        assert len(fired(session)) == 1
        session.retract(line)
        assert fired(session) == of_nothing


def test_a_derived_fact_whose_support_retracts_itself() -> None:
    text = (
        HEAD
        + """
rule "derive"
    salience 1
when
    a := A()
then
    insert logical B(n = a.n)
end
rule "retract the ground"
when
    b := B()
    a := A(n == b.n)
then
    retract a
end
"""
    )
    session = opened(text)
    session.insert("A", n=1)
    assert fired(session) == ["derive 1", "retract the ground 2 1"]
    assert session.facts() == []
    assert waiting(session) == []


def test_a_firing_that_retracts_its_own_ground_derives_nothing() -> None:
    text = (
        HEAD + 'rule "r"\nwhen\n    a := A()\nthen\n    insert logical B(n = 1)\n    retract a\nend'
    )
    session = opened(text)
    session.insert("A")
    assert fired(session) == ["r 1"]
    assert session.facts() == []


def test_a_derived_fact_with_two_supports_goes_with_the_last_of_them() -> None:
    text = HEAD + 'rule "r"\nwhen\n    a := A()\nthen\n    insert logical B(n = 1)\nend'
    session = opened(text)
    first, second = session.insert("A", n=1), session.insert("A", n=2)
    fired(session)
    session.retract(first)
    assert len(session.facts("B")) == 1
    session.retract(second)
    assert session.facts("B") == []
