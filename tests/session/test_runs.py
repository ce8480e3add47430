"""Running: limits, timeouts, traces, steps, the agenda, rules on and off, resets."""

from __future__ import annotations

import copy
import pickle
import time
from typing import Any

import pytest

from rete_engine import Firing, Loop, RuleSet, RunResult, Session, SessionError, Waiting

COUNTING = RuleSet.parse(
    """
template Counter
    n: int = 0
end
rule "count"
when
    c := Counter(n < 5)
then
    modify c(n = c.n + 1)
    emit c.n
end
rule "done"
    salience -1
when
    c := Counter(last := n, n >= 5)
then
    emit f"done at {last}"
end
"""
)


@pytest.fixture
def session() -> Session:
    session = COUNTING.session()
    session.insert("Counter")
    return session


def test_a_run_fires_until_nothing_waits(session: Session) -> None:
    result = session.run()
    assert result.fired == 6
    assert result.outputs == [1, 2, 3, 4, 5, "done at 5"]
    assert (result.stopped, result.firings, result.errors, result.loop) == (
        "quiescent",
        [],
        [],
        None,
    )
    again = session.run()
    assert (again.fired, again.outputs, again.stopped) == (0, [], "quiescent")


def test_a_limit_stops_a_run_where_something_waits(session: Session) -> None:
    assert session.run(0).stopped == "limit"
    result = session.run(limit=5)
    assert (result.fired, result.stopped) == (5, "limit")
    assert (session.run(1).stopped, session.run(0).stopped) == ("quiescent", "quiescent")


@pytest.mark.parametrize("limit", [-1, 1.5, True, "3", pytest.param(-(10**5000), id="huge")])
def test_a_limit_is_a_whole_number(session: Session, limit: Any) -> None:
    with pytest.raises(SessionError, match="limit is a whole number from 0"):
        session.run(limit)
    assert session.run().fired == 6


@pytest.mark.parametrize("timeout", [-1, float("nan"), "3", pytest.param(-(10**5000), id="huge")])
def test_a_timeout_is_a_number_of_seconds(session: Session, timeout: Any) -> None:
    with pytest.raises(SessionError, match="timeout is a number of seconds from 0"):
        session.run(timeout=timeout)
    assert session.run().fired == 6


def test_a_timeout_stops_a_run_between_two_firings() -> None:
    text = "template T\n    n: int = 0\nend\nrule 'r'\nwhen\n    t := T()\nthen\n    wait()\n    "
    text += "modify t(n = t.n + 1)\n    insert T()\nend\nexternal function wait()"
    with RuleSet.parse(text).session(functions={"wait": lambda: time.sleep(0.01)}) as session:
        session.insert("T")
        assert session.run(timeout=0).fired == 0
        result = session.run(timeout=0.05)
        assert result.stopped == "timeout"
        assert 0 < result.fired < 1000
        assert result.loop is None
        assert session.run(limit=1, timeout=1000).stopped == "limit"


def test_a_timeout_that_is_not_reached_changes_nothing(session: Session) -> None:
    assert session.run(timeout=1e6).stopped == "quiescent"
    assert session.run(timeout=float("inf")).stopped == "quiescent"


def test_a_trace_lists_every_firing(session: Session) -> None:
    firings = session.run(trace=True).firings
    assert [firing.rule for firing in firings] == ["count"] * 5 + ["done"]
    (counter,) = session.facts()
    assert firings[0] == Firing("count", {"c": counter}, (counter,))
    assert dict(firings[5].bindings) == {"c": counter, "last": 5}
    assert session.run(trace=True).firings == []


def test_bindings_are_told_in_written_order() -> None:
    text = """
template A
    x: int
end
rule "r"
when
    b := A(x == 2, p := x, q := x + 1)
    not A(x == 9, hidden := x)
    a := A(x == 1, r := [x])
    s := p + a.x
    for t in r
then
    halt
end
"""
    with RuleSet.parse(text).session() as session:
        two, one = session.insert("A", x=2), session.insert("A", x=1)
        (firing,) = session.run(trace=True).firings
        assert list(firing.bindings.items()) == [
            ("b", two),
            ("p", 2),
            ("q", 3),
            ("a", one),
            ("r", [1]),
            ("s", 3),
            ("t", 1),
        ]
        assert set(firing.facts) == {one, two}


def test_the_facts_of_a_firing_are_those_of_the_program_also_when_they_are_gone() -> None:
    text = "template T\n    a: int\nend\nrule 'r'\nwhen\n    t := T()\nthen\n    retract t\nend"
    with RuleSet.parse(text).session() as session:
        fact = session.insert("T", a=1)
        (firing,) = session.run(trace=True).firings
        assert firing.facts == (fact,)
        assert firing.bindings["t"] == fact
        assert not fact.is_live


def test_halt_lets_its_action_run_and_stops_the_run() -> None:
    text = """
template T
    n: int
end
rule "r"
when
    t := T()
then
    emit t.n
    if t.n == 2
        halt
    end
    emit "after"
end
"""
    with RuleSet.parse(text).session(strategy="breadth") as session:
        session.insert_many("T", [{"n": n} for n in (1, 2, 3)])
        result = session.run()
        assert (result.outputs, result.stopped, result.fired) == (
            [1, "after", 2, "after"],
            "halted",
            2,
        )
        result = session.run()
        assert (result.outputs, result.stopped) == ([3, "after"], "quiescent")


# -- loops -----------------------------------------------------------------------------------------

LOOPS = RuleSet.parse(
    """
template Light
    on: bool = false
    n: int = 0
end
template Log
    n: int
end
rule "once"
    salience 10
when
    l := Light(on == true)
    not Log()
then
    insert Log(n = 0)
end
rule "on"
when
    l := Light(on == false)
then
    modify l(on = true)
end
rule "off"
when
    l := Light(on == true)
then
    modify l(on = false, n = l.n + 1)
    for entry in [1]
        if entry == 1
            insert Log(n = l.n)
        else
            retract l
        end
    end
    print l.n
end
"""
)


def test_a_run_at_its_limit_names_the_rules_that_fire_each_other() -> None:
    with LOOPS.session(out=lambda line: None) as session:
        session.insert("Light")
        result = session.run(limit=100)
        assert result.stopped == "limit"
        assert result.loop == Loop(("on", "off"), ("Light.on", "Light.n", "Log", "Light"))
        assert str(result.loop) == "on -> off (changing Light.on, Light.n, Log, Light)"
        assert set(session.run(limit=1000).loop.rules) == {"on", "off"}  # type: ignore[union-attr]


def test_where_nothing_fired_twice_in_the_run_there_is_no_loop(session: Session) -> None:
    assert session.run(limit=1).loop is None
    assert session.run(limit=1).loop is None
    assert session.run(limit=2).loop == Loop(("count",), ("Counter.n",))


def test_a_loop_may_change_nothing_that_is_known() -> None:
    assert str(Loop(("a",), ())) == "a (changing nothing)"
    text = """
template T
    n: int = 0
end
external function pick() -> any
rule "r"
when
    T(n >= 0)
then
    p := pick()
    modify p(n = p.n + 1)
end
"""
    with RuleSet.parse(text).session(functions={"pick": lambda: facts[0]}) as session:
        facts = session.insert_many("T", [{}, {}, {}], facts=True)
        result = session.run(limit=2)
        assert result.loop == Loop(("r",), ("n",))


PASSERS_BY = """
template Item
    n: int
end
template Vip extends Item
end
template Counter
    n: int = 0
    total: int = 0
end
template Mark unique
    n: int
end
open template Note
    text: str = ""
end
template Sum key(name)
    name: str
    total: int = 0
end
rule "show"
when
    i := Item()
then
    emit i.n
end
"""


@pytest.mark.parametrize(
    ("rules", "loop"),
    [
        ("", None),
        ('rule "use"\nwhen\n    i := Item()\nthen\n    retract i\nend', None),
        ('rule "note"\nwhen\n    i := Item()\nthen\n    insert Mark(n = i.n)\nend', None),
        (
            'rule "more"\nwhen\n    i := Item()\nthen\n    insert Vip(n = i.n + 1)\nend',
            "more (changing Vip)",
        ),
        (
            'rule "add"\nwhen\n    i := Item()\n    c := Counter()\nthen\n'
            "    modify c(total = c.total + i.n)\nend",
            None,
        ),
        (
            'rule "add"\nwhen\n    c := Counter(n >= 0)\nthen\n    modify c(n = c.n + 1)\nend',
            "add (changing Counter.n)",
        ),
        (
            'rule "again"\n    salience 1\nwhen\n    not Mark()\nthen\n'
            "    if true\n        insert Mark(n = 0)\n    end\nend\n"
            'rule "drop"\n    salience 1\nwhen\n    m := Mark()\nthen\n    retract m\nend',
            "again -> drop (changing Mark)",
        ),
        (
            'rule "again"\n    salience 1\nwhen\n    not (Mark() and Item())\nthen\n'
            "    insert Mark(n = 0)\nend\n"
            'rule "drop"\n    salience 1\nwhen\n    m := Mark()\nthen\n    retract m\nend',
            "again -> drop (changing Mark)",
        ),
        (
            'rule "more"\n    salience 1\nwhen\n    n := count(Mark())\n    test n >= 0\nthen\n'
            "    insert Mark(n = n)\nend",
            "more (changing Mark)",
        ),
        (
            'rule "fewer"\n    salience 1\nwhen\n    m := max(n for Mark())\n'
            "    i := Item(n == 1)\nthen\n    emit i.n\nend",
            None,
        ),
        (
            'rule "on"\n    salience 1\nwhen\n    c := Counter(n >= 0)\n    i := Item()\n'
            "    d := Mark(n >= 0)\n    test d.n >= i.n - 50\nthen\n"
            "    modify c(n = c.n + 1)\n    modify d(n = d.n + 1)\nend\n"
            "facts\n    Mark(n = 0)\nend",
            "on (changing Counter.n, Mark.n)",
        ),
        (
            'rule "sum"\n    salience 1\nwhen\n    s := Sum(total >= 0)\nthen\n'
            "    upsert Sum(name = s.name, total = s.total + 1)\nend",
            "sum (changing Sum, Sum.name, Sum.total)",
        ),
        (
            'rule "write"\nwhen\n    n := Note(size > 0)\nthen\n'
            "    modify n(size = n.size + 1)\nend",
            "write (changing Note.size)",
        ),
    ],
)
def test_rules_that_fire_often_without_making_others_fire_are_in_no_loop(
    rules: str, loop: str | None
) -> None:
    with RuleSet.parse(PASSERS_BY + rules).session() as session:
        session.insert_many("Item", [{"n": n} for n in range(50)])
        session.insert_many("Counter", [{}, {}])
        session.insert("Note", size=1)
        session.insert("Sum", name="all")
        found = session.run(limit=40).loop
        assert (None if found is None else str(found)) == loop


# -- stepping and looking --------------------------------------------------------------------------


def test_a_step_fires_one_rule(session: Session) -> None:
    (counter,) = session.facts()
    assert session.step() == Firing("count", {"c": counter}, (counter,))
    assert counter.n == 1
    assert [session.step() is not None for _ in range(6)] == [True] * 5 + [False]
    assert session.step() is None


def test_the_agenda_shows_what_would_fire_in_order() -> None:
    text = """
template T
    n: int
end
rule "low"
    salience -5
when
    t := T()
then
    halt
end
rule "own"
    salience t.n
when
    t := T(v := n)
then
    halt
end
"""
    with RuleSet.parse(text).session() as session:
        one, two = session.insert("T", n=1), session.insert("T", n=2)
        assert session.agenda() == [
            Waiting("own", 2, {"t": two, "v": 2}, (two,)),
            Waiting("own", 1, {"t": one, "v": 1}, (one,)),
            Waiting("low", -5, {"t": two}, (two,)),
            Waiting("low", -5, {"t": one}, (one,)),
        ]


@pytest.mark.parametrize("strategy", ["depth", "breadth", "lex", "random"])
def test_looking_at_the_agenda_changes_nothing(strategy: str) -> None:
    text = "template T\n    n: int\nend\nrule 'r'\nwhen\n    t := T()\nthen\n    emit t.n\nend"
    rules = RuleSet.parse(text)
    rows = [{"n": n} for n in range(50)]

    def outputs(looks: bool) -> list[Any]:
        with rules.session(strategy=strategy, seed=3) as session:
            session.insert_many("T", rows)
            found: list[Any] = []
            while True:
                if looks:
                    seen = session.agenda(None)
                    assert seen == session.agenda(None)
                    assert session.agenda(3) == seen[:3]
                    assert len(session.agenda()) == min(len(seen), 20)
                result = session.run(1)
                if looks:
                    assert [w.bindings["t"].n for w in seen[:1]] == result.outputs
                found += result.outputs
                if not result.fired:
                    return found

    assert outputs(looks=True) == outputs(looks=False)


def test_what_steps_emit_is_in_the_result_of_the_next_run(session: Session) -> None:
    for _ in range(3):
        session.step()
    assert session.run(limit=0).outputs == [1, 2, 3]
    session.step()
    assert session.run().outputs == [4, 5, "done at 5"]


def test_a_step_passes_over_what_fails_and_keeps_the_errors() -> None:
    text = "template T\n    n: int\nend\nrule 'r'\nwhen\n    t := T()\nthen\n    emit 1 / t.n\nend"
    with RuleSet.parse(text).session(on_error="skip", strategy="breadth") as session:
        session.insert_many("T", [{"n": 0}, {"n": 0}, {"n": 2}, {"n": 0}])
        firing = session.step()
        assert firing is not None
        assert firing.bindings["t"].n == 2
        assert session.step() is None
        result = session.run()
        assert (len(result.errors), result.outputs) == (3, [0.5])
        assert session.run().errors == []


# -- rules on and off ------------------------------------------------------------------------------


def test_a_rule_that_is_off_does_not_fire_until_it_is_on(session: Session) -> None:
    session.disable("count")
    session.disable("count")
    assert (session.run().fired, session.agenda()) == (0, [])
    session.enable("count")
    session.enable("count")
    assert [waiting.rule for waiting in session.agenda()] == ["count"]
    assert session.run().fired == 6


def test_matches_that_cease_while_their_rule_is_off_do_not_come_back(session: Session) -> None:
    session.disable("count")
    (counter,) = session.facts()
    session.insert("Counter", n=1)
    session.modify(counter, n=9)
    session.enable("count")
    assert len(session.agenda()) == 2  # one of 'count', one of 'done'
    session.disable("done")
    session.retract(counter)
    session.enable("done")
    assert [waiting.rule for waiting in session.agenda()] == ["count"]


@pytest.mark.parametrize(
    ("strategy", "order"), [("depth", [3, 2, 1]), ("breadth", [1, 2, 3]), ("lex", [3, 2, 1])]
)
def test_matches_come_back_in_the_order_in_which_they_came(strategy: str, order: list[int]) -> None:
    text = "template T\n    n: int\nend\nrule 'r'\nwhen\n    t := T()\nthen\n    emit t.n\nend"
    with RuleSet.parse(text).session(strategy=strategy) as session:
        session.insert_many("T", [{"n": 1}, {"n": 2}])
        session.disable("r")
        session.insert("T", n=3)
        session.enable("r")
        assert session.run().outputs == order


@pytest.mark.parametrize("use", ["enable", "disable"])
def test_an_unknown_rule_is_told(session: Session, use: str) -> None:
    with pytest.raises(SessionError, match="unknown rule 'cout'; did you mean 'count'?"):
        getattr(session, use)("cout")
    with pytest.raises(SessionError, match="unknown rule 'xyz'$"):
        getattr(session, use)("xyz")


# -- reset -----------------------------------------------------------------------------------------


def test_reset_begins_anew_and_keeps_what_the_session_was_opened_with() -> None:
    text = """
param first: int
template T
    n: int
end
facts f
    T(n = first)
end
rule "r"
when
    t := T()
then
    emit t.n
end
"""
    with RuleSet.parse(text).session({"first": 7}, strategy="breadth") as session:
        fired: list[str] = []
        session.on("fire", lambda firing: fired.append(firing.rule))
        session.disable("r")
        session.insert("T", n=8)
        assert session.run().outputs == []
        session.reset()
        assert session.run().outputs == [7]
        session.insert("T", n=9)
        session.insert("T", n=10)
        assert session.run().outputs == [9, 10]
        assert [fact.fact_id for fact in session.facts()] == [1, 2, 3]
        assert fired == ["r"] * 3


def test_reset_forgets_what_was_emitted(session: Session) -> None:
    session.step()
    session.reset()
    session.insert("Counter", n=4)
    assert session.run().outputs == [5, "done at 5"]


def test_reset_seeds_anew() -> None:
    text = "template T\n    n: int\nend\nrule 'r'\nwhen\n    t := T()\nthen\n    emit t.n\nend"
    with RuleSet.parse(text).session(strategy="random", seed=5) as session:
        session.insert_many("T", [{"n": n} for n in range(20)])
        first = session.run().outputs
        session.reset()
        session.insert_many("T", [{"n": n} for n in range(20)])
        assert session.run().outputs == first


def test_outputs_are_copies() -> None:
    text = "template T\n  tags: list\nend\nrule 'r'\nwhen\n  t := T()\nthen\n  emit t.tags\nend"
    with RuleSet.parse(text).session() as session:
        fact = session.insert("T", tags=[1])
        session.run().outputs[0].append(2)
        assert fact.tags == [1]


def test_a_firing_shows_facts_as_they_matched() -> None:
    rules = RuleSet.parse("""
open template Item
    n: int
    tags: list = []
end
template Box
    item: Item
end
query items()
    i := Item()
end
rule "all"
when
    b := Box(it := item)
    every := collect(i for i := Item())
    q := items()
    n := b.item.n
then
    modify it(n = it.n + 10, colour = "red", tags = [1])
    halt
end
""")
    with rules.session() as session:
        item = session.insert("Item", n=1, colour="blue")
        box = session.insert("Box", item=item)
        (firing,) = session.run(trace=True).firings
        session.retract(box)
        matched = firing.matched
        before = {"n": 1, "tags": [], "colour": "blue"}
        assert matched["it"].as_dict() == before
        assert (matched["it"].fact, matched["it"]["colour"], item.colour) == (item, "blue", "red")
        assert [each.as_dict() for each in matched["every"]] == [before]
        assert matched["q"].i.as_dict() == before
        assert matched["n"] == 1
        assert repr(matched["b"]) == "Box(item=<Item 1>)"
        assert matched["b"]["item"] == item
        assert firing.bindings["it"] == item
        assert firing.bindings["it"].n == 11


def test_a_result_is_a_value() -> None:
    rules = RuleSet.parse("template T\nend\nrule 'r'\nwhen\n    T()\nthen\n    emit [1]\nend")
    with rules.session() as session:
        session.insert("T")
        result = session.run()
    assert repr(result) == (
        "RunResult(fired=1, outputs=[[1]], stopped='quiescent', firings=[], errors=[], loop=None)"
    )
    assert result == RunResult(1, [[1]], "quiescent")
    assert result == RunResult(fired=1, outputs=[[1]], stopped="quiescent", firings=[], errors=[])
    assert result != RunResult(2, [[1]], "quiescent")
    assert result != 1
    assert pickle.loads(pickle.dumps(result)) == copy.deepcopy(result) == result
    with pytest.raises(TypeError, match="unhashable type: 'RunResult'"):
        hash(result)
    match result:
        case RunResult(fired, _, stopped):
            assert (fired, stopped) == (1, "quiescent")
    result.outputs = []
    assert result.outputs == []
