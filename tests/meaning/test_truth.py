"""Meaning 7: truth maintenance. What is derived stands as long as what it is derived from."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import pytest

from rete_engine import Fact, FactError, RuleSet, Session
from tests.meaning.sessions import fired, opened, waiting

HEAD = """
template S
    n: int = 0
end
template A
    n: int = 0
    m: int = 0
end
template B
    n: int = 0
end
"""

DERIVE = 'rule "derive"\nwhen\n    s := S(n >= 0)\nthen\n    insert logical A(n = s.n)\nend\n'


def values(session: Session, template: str) -> list[int]:
    return [fact["n"] for fact in session.facts(template)]


def rule(when: str, then: str, name: str = "r") -> str:
    return f'rule "{name}"\nwhen\n{when}\nthen\n{then}\nend\n'


def is_derived(session: Session, fact: Fact) -> bool:
    truth = session._engine.memory.truth
    return truth is not None and truth.is_derived(fact._element)


# -- one support, and several ----------------------------------------------------------------------


def test_a_derived_fact_goes_with_its_support() -> None:
    session = opened(HEAD + DERIVE)
    s = session.insert("S", n=1)
    assert fired(session) == ["derive 1"]
    session.retract(s)
    assert session.facts() == []


def test_an_equal_fact_gets_a_support_and_goes_with_the_last() -> None:
    session = opened(HEAD + DERIVE)
    first, second = session.insert("S", n=1), session.insert("S", n=1)
    session.run()
    (fact,) = session.facts("A")
    session.retract(first)
    assert session.facts("A") == [fact]
    session.modify(second, n=2)
    assert not fact.is_live
    session.run()
    assert values(session, "A") == [2]


def test_facts_equal_in_all_but_nan_are_not_equal() -> None:
    text = "template S\nend\ntemplate F\n    x: float\nend\n"
    session = opened(text + rule("    S()", '    insert logical F(x = float("nan"))'))
    first, _ = session.insert("S"), session.insert("S")
    session.run()
    assert len(session.facts("F")) == 2
    session.retract(first)
    assert len(session.facts("F")) == 1


def test_equal_facts_of_another_template_are_other_facts() -> None:
    text = "template S\nend\ntemplate F\n    n: int = 0\nend\ntemplate G extends F\nend\n"
    session = opened(text + rule("    S()", "    insert logical F()"))
    session.insert("G")
    session.insert("S")
    session.run()
    assert [fact.template for fact in session.facts("F")] == ["G", "F"]


def test_a_fact_both_stated_and_derived_stays() -> None:
    session = opened(HEAD + DERIVE)
    stated = session.insert("A", n=1)
    s = session.insert("S", n=1)
    session.run()
    assert session.facts("A") == [stated]
    session.retract(s)
    assert session.facts("A") == [stated]


@pytest.mark.parametrize("how", ["insert", "batch", "insert_many", "insert rows", "rule"])
def test_a_plain_insert_makes_a_derived_fact_stated(how: str) -> None:
    session = opened(HEAD + DERIVE + rule("    B()", "    insert A(n = 1)", "plain"))
    s = session.insert("S", n=1)
    session.run()
    (fact,) = session.facts("A")
    match how:
        case "insert":
            assert session.insert("A", n=1) == fact
        case "batch":
            with session.batch() as batch:
                assert batch.insert("A", n=1) == fact
        case "insert_many":
            assert session.insert_many("A", [{"n": 1}, {"n": 2}], facts=True)[0] == fact
        case "insert rows":
            assert session.insert_many("A", [{"n": 1}, {"n": 1}]) == 2
            assert len(session.facts("A")) == 2  # the second is one of its own
        case _:
            session.insert("B")
            session.run()
    session.retract(s)
    assert fact.is_live


def test_rows_that_are_refused_state_nothing() -> None:
    text = HEAD + "template K key(n)\n    n: int\nend\n"
    text += rule("    s := S()", "    insert logical K(n = s.n)")
    session = opened(text)
    s = session.insert("S", n=1)
    session.run()
    with pytest.raises(FactError, match="row 2"):
        session.insert_many("K", [{"n": 1}, {"n": "x"}])
    session.retract(s)
    assert session.facts() == []


def test_an_upsert_states_the_fact_that_it_finds() -> None:
    text = HEAD + "template K key(n)\n    n: int\n    m: int = 0\nend\n"
    session = opened(text + rule("    s := S()", "    insert logical K(n = s.n)"))
    s = session.insert("S", n=1)
    session.run()
    session.upsert("K", n=1)
    session.retract(s)
    assert values(session, "K") == [1]


def test_modify_of_a_derived_fact_keeps_its_supports() -> None:
    session = opened(HEAD + DERIVE)
    s = session.insert("S", n=1)
    session.run()
    (fact,) = session.facts("A")
    session.modify(fact, n=5)
    assert is_derived(session, fact)
    session.retract(s)
    assert session.facts() == []


def test_a_modified_fact_equals_what_it_says_now() -> None:
    session = opened(HEAD + DERIVE)
    s = session.insert("S", n=1)
    session.run()
    (fact,) = session.facts("A")
    session.modify(fact, n=2)
    other = session.insert("S", n=2)
    session.run()
    session.retract(s)
    assert session.facts("A") == [fact]
    session.retract(other)
    assert session.facts("A") == []


def test_retract_of_a_derived_fact_drops_its_supports() -> None:
    session = opened(HEAD + DERIVE)
    s = session.insert("S", n=1)
    session.run()
    session.retract(session.facts("A")[0])
    assert fired(session) == []  # the match has fired, and holds still
    stated = session.insert("A", n=1)
    session.retract(s)
    assert stated.is_live


def test_a_support_that_ceases_and_comes_anew_fires_anew() -> None:
    session = opened(HEAD + DERIVE)
    s = session.insert("S", n=1)
    session.run()
    (fact,) = session.facts("A")
    with session.batch() as batch:
        batch.modify(s, n=2)
        batch.modify(s, n=1)
    assert fact.is_live  # netted, it is no change
    session.modify(s, n=2)
    assert not fact.is_live
    session.modify(s, n=1)
    assert fired(session) == ["derive 1"]


def test_a_field_that_the_conditions_do_not_read_ends_no_support() -> None:
    session = opened(HEAD + rule("    a := A(n == 1)", "    insert logical B(n = a.m)"))
    a = session.insert("A", n=1, m=7)
    session.run()
    session.modify(a, m=8)
    assert values(session, "B") == [7]


# -- chains and cycles -----------------------------------------------------------------------------

NEXT = rule("    a := A()\n    test a.n < 10_000", "    insert logical A(n = a.n + 1)", "next")


def test_a_long_chain_goes_at_once() -> None:
    session = opened(HEAD + DERIVE + NEXT)
    s = session.insert("S")
    session.run()
    assert len(session.facts("A")) == 10_001
    session.retract(s)
    assert session.facts() == []


def test_a_long_ring_of_facts_that_support_each_other_goes_at_once() -> None:
    ring = rule("    a := A()", "    insert logical A(n = (a.n + 1) % 2_000)", "next")
    ring += rule("    a := A()", "    insert logical A(n = (a.n - 1) % 2_000)", "back")
    session = opened(HEAD + DERIVE + ring)
    first, second = session.insert("S"), session.insert("S", n=1_000)
    session.run()
    session.retract(first)
    assert len(session.facts("A")) == 2_000
    session.retract(second)
    assert session.facts() == []


LEAN = {
    "pattern": "    A(n == 1)",
    "exists": "    exists A(n == 1)",
    "group": "    exists (A(n == 1) and not S(n == 9))",
    "nested": "    exists (not S(n == 9) and exists A(n == 1))",
    "test": "    a := A(n == 1)\n    v := a.n\n    test v > 0",
}


@pytest.mark.parametrize("when", LEAN.values(), ids=LEAN)
def test_facts_that_only_support_each_other_go(when: str) -> None:
    there = rule(when, "    insert logical B(n = 1)", "there")
    back = rule("    exists B(n == 1)", "    insert logical A(n = 1)", "back")
    session = opened(HEAD + DERIVE + there + back)
    s = session.insert("S", n=1)
    session.run()
    assert values(session, "A") == values(session, "B") == [1]
    session.retract(s)
    assert session.facts() == []


@pytest.mark.parametrize("when", LEAN.values(), ids=LEAN)
def test_what_another_fact_carries_stays(when: str) -> None:
    there = rule(when, "    insert logical B(n = 1)", "there")
    back = rule("    exists B(n == 1)", "    insert logical A(n = 1, m = 1)", "back")
    session = opened(HEAD + DERIVE + there + back)
    s, other = session.insert("S", n=1), session.insert("A", n=1, m=2)
    session.run()
    session.retract(s)
    assert [fact["m"] for fact in session.facts("A")] == ([2, 1])
    assert values(session, "B")
    session.retract(other)
    assert session.facts() == []


def test_an_exists_moves_to_a_fact_that_does_not_rest_on_it() -> None:
    text = HEAD + DERIVE
    text += rule("    exists A()", "    insert logical B(n = 1)", "there")
    text += rule("    B(n == 1)", "    insert logical A(n = 7)", "back")
    session = opened(text)
    first, second = session.insert("S", n=1), session.insert("S", n=2)
    session.run()
    session.retract(first)
    assert sorted(values(session, "A")) == [2, 7]
    session.retract(second)
    assert session.facts() == []


# -- within one firing -----------------------------------------------------------------------------


def test_support_that_goes_in_the_middle_of_a_run() -> None:
    text = HEAD + DERIVE + rule("    s := S()\n    A(n == s.n)", "    retract s", "end")
    session = opened(text)
    session.insert("S", n=1)
    assert fired(session) == ["derive 1", "end 1"]
    assert session.facts() == []


@pytest.mark.parametrize(
    "action",
    [
        "retract s\ninsert logical A(n = 1)",
        "insert logical A(n = 1)\nretract s",
        "modify s(n = 5)\ninsert logical A(n = 1)",
        "insert logical A(n = 1)\nmodify s(n = 5)",
    ],
)
def test_an_action_that_ends_its_own_match_derives_nothing(action: str) -> None:
    session = opened(HEAD + rule("    s := S(n == 1)", action))
    session.insert("S", n=1)
    assert fired(session) == ["r 1"]
    assert session.facts("A") == []


def test_what_is_void_before_it_comes_is_never_seen() -> None:
    text = HEAD + rule("    s := S()", "    retract s\n    a := insert logical A()\n    emit a.n")
    session = opened(text)
    heard: list[Fact] = []
    session.on("insert", heard.append)
    session.insert("S")
    heard.clear()
    assert session.run().outputs == [0]
    assert heard == []


def test_an_action_sees_what_it_derived() -> None:
    action = """
    a := insert logical A(n = s.n)
    b := insert logical A(n = s.n)
    modify a(n = 5)
    emit b.n
    c := insert A(n = 5)
    modify c(m = 3)
    emit a.m
    d := insert logical B()
    retract d
    """
    session = opened(HEAD + rule("    s := S()", action))
    s = session.insert("S", n=1)
    assert session.run().outputs == [5, 3]
    (a,) = session.facts("A")
    session.retract(s)
    assert session.facts() == [a]  # a plain insert stated it


def test_derived_facts_of_a_failing_action_do_not_come() -> None:
    text = HEAD + rule("    s := S()", "    insert logical A(n = s.n)\n    emit 1 // s.n")
    session = opened(text, on_error="skip")
    s = session.insert("S", n=0)
    assert len(session.run().errors) == 1
    assert session.facts() == [s]
    assert session._engine.matcher.tokens == 0


def test_no_loop_spends_what_the_derived_fact_makes_of_its_own_rule() -> None:
    text = HEAD + 'rule "r"\n    no_loop\nwhen\n    a := A()\nthen\n'
    session = opened(text + "    insert logical A(n = a.n + 1)\nend\n")
    a = session.insert("A", n=1)
    assert fired(session) == ["r 1"]
    session.retract(a)
    assert session.facts() == []


# -- rules that defeat themselves ------------------------------------------------------------------


@pytest.mark.parametrize("strategy", ["depth", "breadth", "random"])
def test_rules_that_derive_what_they_forbid_end(strategy: str) -> None:
    text = HEAD
    for name in ("one", "other"):
        text += rule("    s := S()\n    not B(n == s.n)", "    insert logical A(n = s.n)", name)
    text += rule("    a := A()", "    insert logical B(n = a.n)", "back")
    session = opened(text, strategy=strategy)
    session.insert_many("S", [{"n": n} for n in range(5)])
    result = session.run(limit=1_000)
    assert result.stopped == "quiescent"
    assert session.facts("A") == session.facts("B") == []


def test_a_rule_that_defeated_itself_fires_when_the_match_is_another() -> None:
    session = opened(
        HEAD + rule("    s := S()\n    not A(n == s.n)", "    insert logical A(n = s.n)")
    )
    s = session.insert("S", n=1)
    assert fired(session) == ["r 1"]
    session.modify(s, n=2)
    assert fired(session) == ["r 1"]
    blocking = session.insert("A", n=2)
    session.retract(blocking)
    assert fired(session) == ["r 1"]


def test_a_match_that_a_modified_fact_stopped_is_new_when_it_holds_again() -> None:
    text = HEAD + rule("    s := S()\n    not A(n == s.n)", "    insert logical A(n = s.n + 1)")
    session = opened(text)
    s = session.insert("S", n=1)
    session.run()
    assert values(session, "A") == [2]
    session.modify(s, n=2)  # the derived fact is in the way, and goes
    assert fired(session) == ["r 1"]
    assert values(session, "A") == [3]


# -- sessions --------------------------------------------------------------------------------------


def test_rules_with_no_conditions_support_until_a_reset() -> None:
    session = opened(HEAD + rule("", "    insert logical A()"))
    session.run()
    (fact,) = session.facts()
    assert is_derived(session, fact)
    session.reset()
    assert session.facts() == []
    assert fired(session) == ["r"]


def test_a_rule_that_is_off_goes_on_supporting_what_it_derived() -> None:
    session = opened(HEAD + DERIVE)
    s = session.insert("S", n=1)
    session.run()
    session.disable("derive")
    assert values(session, "A") == [1]
    session.retract(s)
    assert session.facts() == []
    session.insert("S", n=2)
    session.enable("derive")
    assert waiting(session) == ["derive 3"]


def test_events_tell_of_derived_facts() -> None:
    session = opened(HEAD + DERIVE + rule("    not A()", "", "none"))
    told: list[Any] = []
    session.run()
    for event in ("insert", "retract", "activate"):
        session.on(event, lambda seen, event=event: told.append((event, seen)))
    s = session.insert("S", n=1)
    session.run()
    session.retract(s)
    assert [event for event, _ in told] == [
        "activate", "insert", "insert", "retract", "activate", "retract",
    ]  # fmt: skip
    assert [seen.rule for event, seen in told if event == "activate"] == ["derive", "none"]


@dataclass
class Alarm:
    level: int
    seen: bool = False


def test_facts_of_classes_are_derived_too() -> None:
    text = HEAD + rule("    s := S()", "    insert logical Alarm(level = s.n)")
    text += rule("    a := Alarm()", "    modify a(seen = true)", "see")
    rules = RuleSet.parse(text, templates=[Alarm])
    with rules.session(write_back=True) as session:
        s = session.insert("S", n=3)
        session.run()
        (fact,) = session.facts("Alarm")
        assert fact.object == Alarm(3, seen=True)
        alarm = session.object_of(fact)
        session.modify(fact, seen=False)
        assert alarm.seen is False
        session.retract(s)
        assert session.facts() == []
        mine = Alarm(4)
        session.insert("S", n=4)
        session.run(limit=1)
        assert session.insert(mine) == session.facts("Alarm")[0]
        session.run()
        assert mine.seen is True


def test_memory_returns_to_nothing() -> None:
    text = HEAD + DERIVE + rule("    exists A()\n    b := B()", "    insert logical A(n = b.n)")
    text += rule("    a := A()\n    not B(n == a.n)", "    insert logical B(n = a.n)", "defeat")
    chance = random.Random(3)
    with opened(text) as session:
        start = session._engine.matcher.tokens
        for _ in range(5):
            for _ in range(10):
                session.insert(chance.choice("SAB"), n=chance.randrange(4))
                session.run(limit=3)
            for fact in chance.sample(session.facts(), len(session.facts())):
                session.retract(fact)
            session.run()
            truth = session._engine.memory.truth
            assert truth is not None
            assert session.facts() == []
            assert session._engine.matcher.tokens == start
            assert (truth.derived, truth.suspects, truth.shifted, truth.ended) == ({}, {}, [], [])
            assert (truth.equals.facts, truth.equals.derived) == ({}, {})


def test_rule_sets_that_derive_nothing_keep_no_truth() -> None:
    with opened(HEAD + rule("    s := S()", "    insert A(n = s.n)")) as session:
        assert session._engine.memory.truth is None
