"""What becomes of actions and conditions that fail, by the session's policy."""

from __future__ import annotations

import time
import traceback
from typing import Any

import pytest

from rete_engine import (
    FactError,
    Limits,
    RuleExecutionError,
    RuleSet,
    SecurityError,
    Session,
    SessionError,
)
from rete_engine.expressions.values import EvaluationError

TEXT = """
template Order key(id)
    id: int
    n: int = 0
end
template Log
    what: str
end
external function check(n: int)
rule "act"
when
    o := Order(v := n)
then
    insert Log(what = f"begun {o.id}")
    modify o(id = o.id + 100)
    emit o.id
    print "printed"
    check(v)
    retract o
end
"""
RULES = RuleSet.parse(TEXT, name="shop.rete")


class Refused(Exception):
    """What the program's function raises."""


def check(n: int) -> None:
    if n < 0:
        raise Refused(f"{n} is too small")


def opened(on_error: str = "raise", **options: Any) -> Session:
    printed: list[str] = []
    return RULES.session(
        functions={"check": check}, on_error=on_error, out=printed.append, **options
    )


def test_an_action_that_fails_tells_rule_line_facts_and_cause() -> None:
    with opened() as session:
        order = session.insert("Order", id=1, n=-1)
        with pytest.raises(RuleExecutionError) as caught:
            session.run()
        error = caught.value
        assert (error.rule, error.file, error.line) == ("act", "shop.rete", 18)
        assert error.facts == (order,)
        assert isinstance(error.cause, Refused)
        assert error.__cause__ is error.cause
        assert str(error) == (
            "the action of rule 'act' failed (shop.rete:18): Refused: -1 is too small\n"
            "  with the facts\n"
            "    1: Order(id=1, n=-1)"
        )


def test_nothing_of_a_failed_action_happens() -> None:
    printed: list[str] = []
    with RULES.session(functions={"check": check}, out=printed.append) as session:
        order = session.insert("Order", id=1, n=-1)
        with pytest.raises(RuleExecutionError):
            session.run()
        assert session.facts() == [order]
        assert (order.id, printed) == (1, [])


def test_raise_keeps_the_match_on_the_agenda() -> None:
    with opened() as session:
        bad = session.insert("Order", id=1, n=-1)
        for _ in range(3):
            with pytest.raises(RuleExecutionError):
                session.run()
            assert [waiting.facts for waiting in session.agenda()] == [(bad,)]
        session.modify(bad, n=1)
        result = session.run()
        assert (result.fired, result.outputs, result.errors) == (1, [101], [])


@pytest.mark.parametrize("strategy", ["depth", "breadth", "lex", "random"])
def test_a_match_that_failed_keeps_its_place(strategy: str) -> None:
    with opened(strategy=strategy) as session:
        session.insert_many("Order", [{"id": n, "n": -1} for n in range(5)])
        before = [waiting.facts for waiting in session.agenda()]
        with pytest.raises(RuleExecutionError):
            session.run()
        assert [waiting.facts for waiting in session.agenda()] == before


def test_what_was_emitted_before_an_error_is_in_the_next_result() -> None:
    with opened() as session:
        session.insert("Order", id=1, n=-1)
        session.insert("Order", id=2, n=1)
        with pytest.raises(RuleExecutionError):
            session.run()
        session.disable("act")
        assert session.run().outputs == [102]


def test_an_error_tells_what_the_run_had_done_until_then() -> None:
    with opened() as session:
        session.insert("Order", id=1, n=-1)
        session.insert("Order", id=2, n=1)
        with pytest.raises(RuleExecutionError) as caught:
            session.run(trace=True)
        result = caught.value.result
        assert (result.fired, result.outputs, result.stopped) == (1, [102], "failed")
        assert [firing.rule for firing in result.firings] == ["act"]
        session.disable("act")
        result.outputs.clear()
        assert session.run().outputs == [102]


def test_the_error_of_a_condition_tells_what_the_run_had_done_until_then() -> None:
    text = """
template T
    n: int
end
rule "count down"
when
    t := T(n > 0)
then
    emit t.n
    modify t(n = t.n - 1)
end
rule "inverse"
when
    T(1 / n > 1)
then
end
"""
    with RuleSet.parse(text).session() as session:
        session.insert("T", n=2)
        with pytest.raises(RuleExecutionError, match="division by zero") as caught:
            session.run()
        assert (caught.value.result.fired, caught.value.result.outputs) == (2, [2, 1])


def test_an_error_that_is_listed_has_no_result_of_its_own() -> None:
    with opened("skip") as session:
        session.insert("Order", id=1, n=-1)
        (error,) = session.run().errors
        assert error.result is None


def test_skip_spends_the_match_and_lists_the_error() -> None:
    with opened("skip") as session:
        session.insert_many("Order", [{"id": 1, "n": 1}, {"id": 2, "n": -1}, {"id": 3, "n": 2}])
        result = session.run()
        assert (result.fired, result.outputs, result.stopped) == (2, [103, 101], "quiescent")
        (error,) = result.errors
        assert error.facts == tuple(session.facts("Order"))
        assert session.run().errors == []
        session.modify(session.facts("Order")[0], n=-2)  # the match is a new one
        assert [str(e.cause) for e in session.run().errors] == ["-2 is too small"]


def test_quarantine_turns_the_rule_off_until_reset() -> None:
    with opened("quarantine") as session:
        session.insert_many("Order", [{"id": 1, "n": 1}, {"id": 2, "n": -1}])
        result = session.run()
        assert (result.fired, len(result.errors)) == (0, 1)
        assert session.agenda() == []
        session.reset()
        session.insert("Order", id=1, n=1)
        assert session.run().fired == 1


def test_quarantine_can_be_lifted() -> None:
    with opened("quarantine") as session:
        session.insert_many("Order", [{"id": 1, "n": 1}, {"id": 2, "n": -1}])
        session.run()
        session.enable("act")
        assert session.run().fired == 1  # what failed is spent


def test_a_limit_counts_firings_tried() -> None:
    with opened("skip", strategy="breadth") as session:
        session.insert_many("Order", [{"id": n, "n": -(n % 2)} for n in range(6)])
        result = session.run(limit=3)
        assert (result.fired, len(result.errors), result.stopped) == (2, 1, "limit")
        result = session.run(limit=3)
        assert (result.fired, len(result.errors), result.stopped) == (1, 2, "quiescent")


@pytest.mark.parametrize(
    ("action", "cause", "message"),
    [
        ("print 1 / t.n", EvaluationError, "division by zero"),
        ("modify t(n = 1)\n    modify t(n = t.what)", FactError, "expected int, got none"),
        ("insert T(n = 0)", FactError, "the key n=0 is in use by fact 1"),
        ("retract t\n    modify t(n = 1)", FactError, "was retracted and cannot be modified"),
        ("x := t.what\n    retract x", FactError, "expected a fact, got none"),
        ("x := t.what\n    modify x(n = 1)", FactError, "expected a fact, got none"),
        ("log t.level, 'x'", EvaluationError, "log level must be one of debug, info"),
        ("for x in t.what\n    end", EvaluationError, "cannot iterate over none"),
        ("print t.what.field", EvaluationError, "'field' of none"),
        ("if t.what + 1 > 3\n    end", EvaluationError, "add"),
        ("emit [x for x in range(10 ** 9)]", SecurityError, "larger than"),
        ("emit 'x' * 10 ** 9", SecurityError, "larger than"),
        (
            "for x in range(900)\n    for y in range(900)\n    z := [x, y]\n    end\n    end",
            SecurityError,
            "turned more than 100000 times",
        ),
        ("for x in range(1000)\n    emit x\n    emit x\n    end", SecurityError, "more than"),
        *(
            (f"for x in range(700)\n    {say}\n    {say}\n    end", SecurityError, "logs takes")
            for say in ("emit ['x'] * 1400", "print 'x' * 1400", "log 'info', 'x' * 1400")
        ),
    ],
)
def test_whatever_an_action_does_wrong_is_told_with_its_line(
    action: str, cause: type[Exception], message: str
) -> None:
    text = f"""
template T key(n)
    n: int = 0
    what: any = none
    level: str = "loud"
end
rule "r"
when
    t := T()
then
    {action}
end
"""
    rules = RuleSet.parse(text)
    limits = Limits(steps=100_000, value=1500)
    with rules.session(limits=limits, out=lambda line: None) as session:
        fact = session.insert("T")
        with pytest.raises(RuleExecutionError, match=message) as caught:
            session.run()
        assert isinstance(caught.value.cause, cause)
        assert caught.value.line in range(11, 15)
        assert session.facts() == [fact]
        assert fact.n == 0


# -- conditions ------------------------------------------------------------------------------------

CONDITIONS = RuleSet.parse(
    """
template T
    n: int
end
rule "divides"
when
    a := T(10 / n > 1)
then
    emit a.n
end
rule "other"
when
    b := T(n >= 0)
then
    emit f"other {b.n}"
end
""",
    name="c.rete",
)


def test_the_error_of_a_condition_is_raised_by_the_next_run_and_the_change_is_kept() -> None:
    with CONDITIONS.session() as session:
        fact = session.insert("T", n=0)
        assert session.facts() == [fact]
        with pytest.raises(RuleExecutionError) as caught:
            session.run()
        error = caught.value
        assert (error.rule, error.file, error.line, error.facts) == (
            "divides",
            "c.rete",
            7,
            (fact,),
        )
        assert str(error) == (
            "a condition of rule 'divides' failed (c.rete:7): division by zero\n"
            "  with the facts\n"
            "    1: T(n=0)"
        )
        # The condition does not hold; the session goes on.
        assert session.run().outputs == ["other 0"]


def test_every_error_of_a_condition_is_raised_once() -> None:
    with CONDITIONS.session() as session:
        session.insert("T", n=0)
        session.insert("T", n=0)
        for _ in range(2):
            with pytest.raises(RuleExecutionError):
                session.run()
        assert session.run().fired == 2


def test_skip_lists_the_errors_of_conditions() -> None:
    with CONDITIONS.session(on_error="skip") as session:
        session.insert_many("T", [{"n": 0}, {"n": 5}])
        result = session.run()
        assert sorted(map(str, result.outputs)) == ["5", "other 0", "other 5"]
        assert [error.rule for error in result.errors] == ["divides"]


def test_quarantine_turns_a_rule_off_whose_condition_failed() -> None:
    with CONDITIONS.session(on_error="quarantine") as session:
        session.insert_many("T", [{"n": 5}, {"n": 0}])
        assert session.run().outputs == ["other 0", "other 5"]


def test_an_error_of_a_condition_that_a_firing_causes_stops_the_run_there() -> None:
    text = """
template T
    n: int
end
rule "change"
when
    t := T(n == 1)
then
    modify t(n = 0)
    emit "changed"
end
rule "divides"
when
    T(10 / n > 100)
then
    halt
end
rule "later"
    salience -1
when
    T()
then
    emit "later"
end
"""
    with RuleSet.parse(text).session() as session:
        session.insert("T", n=1)
        with pytest.raises(RuleExecutionError, match="a condition of rule 'divides'"):
            session.run()
        assert session.run().outputs == ["changed", "later"]
    with RuleSet.parse(text).session(on_error="skip") as session:
        session.insert("T", n=1)
        result = session.run()
        assert (result.outputs, len(result.errors)) == (["changed", "later"], 1)


@pytest.mark.parametrize(
    "when",
    [
        "t := T()\ntest 1 / t.n > 0",
        "t := T()\nU(k == 1 // t.n)",
        "t := T()\nnot U(k == 1 // t.n)",
        "t := T()\nexists U(k == 1 // t.n)",
        "t := T()\nnot (U(v := 1 // t.n) and T(n == v))",
        "t := T()\nv := 1 // t.n\nU(k == v)",
        "t := T(v := 1 // n)\nU(k == v)",
        "t := T()\nfor v in [1 // t.n]\nU(k == v)",
        "t := T()\ntest fail(t.n)",
        "T(fail(n))",
        "T(n in bad)",
    ],
)
def test_errors_anywhere_in_conditions_are_told_and_the_condition_does_not_hold(when: str) -> None:
    text = f"""
template T
    n: int
    bad: any = 5
end
template U
    k: int = 1
end
external function fail(n: int) -> bool
rule "r"
when
{when}
then
    emit 1
end
"""

    def fail(n: int) -> bool:
        raise Refused(str(n))

    with RuleSet.parse(text).session(functions={"fail": fail}, on_error="skip") as session:
        session.insert("U")
        session.insert("T", n=0)
        result = session.run()
        assert len(result.errors) == 1
        assert result.errors[0].rule == "r"
        assert result.errors[0].facts[0].n == 0
        fact = session.facts("T")[0]
        session.retract(fact)
        assert session.run().errors == []


def test_a_key_of_a_join_does_not_fail_for_it_would_be_a_test() -> None:
    text = """
template T
    what: any
end
template U
    k: int
end
rule "r"
when
    t := T()
    U(k == t.what.id)
then
    emit 1
end
"""
    with RuleSet.parse(text).session(on_error="skip") as session:
        session.insert("T", what={"x": 1})
        session.insert("U", k=1)
        assert len(session.run().errors) == 1


# -- limits ----------------------------------------------------------------------------------------


def test_steps_bound_one_evaluation() -> None:
    text = "rule 'r'\nwhen\nthen\n  emit sum([x * y for x in range(100) for y in range(100)])\nend"
    assert RuleSet.parse(text).session().run().outputs == [24502500]
    with pytest.raises(RuleExecutionError, match=r"more than 1000 steps \(Limits\(steps=…\)"):
        RuleSet.parse(text).session(limits=Limits(steps=1000)).run()


def test_every_evaluation_has_a_budget_of_its_own() -> None:
    text = """
template T
    n: int
end
rule "r"
when
    t := T(sum(range(300)) > n)
then
    emit sum(range(300))
end
"""
    with RuleSet.parse(text).session(limits=Limits(steps=1000)) as session:
        session.insert_many("T", [{"n": n} for n in range(20)])
        assert session.run().fired == 20


def test_values_are_bounded_in_facts_too() -> None:
    text = "template T\n    s: str = ''\n    l: list = []\nend"
    with RuleSet.parse(text).session(limits=Limits(value=10)) as session:
        session.insert("T", s="x" * 10, l=list(range(10)))
        for fields in ({"s": "x" * 11}, {"l": list(range(11))}, {"l": [[1] * 6, [2] * 6]}):
            with pytest.raises(SecurityError, match="larger than 10 elements"):
                session.insert("T", **fields)
            with pytest.raises(SecurityError, match="larger than 10 elements"):
                session.modify(session.facts()[0], **fields)
        assert len(session.facts()) == 1


def test_a_session_over_its_facts_can_only_be_closed() -> None:
    rules = RuleSet.parse("template T\nend\ntemplate U\nend")
    with rules.session(limits=Limits(facts=3)) as session:
        for _ in range(3):
            session.insert("T")
        session.retract(session.facts()[0])
        session.insert("U")
        with pytest.raises(SecurityError, match=r"holds more than 3 facts \(Limits\(facts=…\)"):
            session.insert("T")
        uses = (session.facts, session.run, session.step, session.agenda, session.reset)
        for use in uses:
            with pytest.raises(SessionError, match="the session can only be closed: the session"):
                use()
        with pytest.raises(SessionError, match="can only be closed"):
            session.insert("T")


def test_rules_over_the_limit_of_facts_too() -> None:
    text = (
        "template T\n  n: int\nend\nrule 'r'\nwhen\n  t := T()\nthen\n  insert T(n = t.n + 1)\nend"
    )
    with RuleSet.parse(text).session(limits=Limits(facts=10), on_error="skip") as session:
        session.insert("T", n=0)
        with pytest.raises(SecurityError, match="more than 10 facts"):
            session.run()
        with pytest.raises(SessionError, match="can only be closed"):
            session.run()


def test_a_session_over_its_partial_matches_can_only_be_closed() -> None:
    text = "template T\nend\nrule 'r'\nwhen\n    T()\n    T()\nthen\n    halt\nend"
    rules = RuleSet.parse(text)
    with rules.session(limits=Limits(tokens=100)) as session:
        with pytest.raises(SecurityError, match=r"100 partial matches \(Limits\(tokens=…\)"):
            session.insert_many("T", [{}] * 50)
        with pytest.raises(SessionError, match="can only be closed"):
            session.facts()
    with rules.session(limits=Limits(tokens=100)) as session:
        with pytest.raises(SecurityError, match="partial matches"):
            for _ in range(50):
                session.insert("T")
        with pytest.raises(SessionError, match="can only be closed"):
            session.insert("T")


def test_a_facts_block_over_the_limit_refuses_the_session() -> None:
    rules = RuleSet.parse("template T\nend\nfacts f\n    T()\n    T()\nend")
    with pytest.raises(SecurityError, match="more than 1 facts"):
        rules.session(limits=Limits(facts=1))


def test_an_interrupted_action_leaves_its_match_on_the_agenda() -> None:
    text = "external function f()\nrule 'r'\nwhen\nthen\n    f()\n    emit 1\nend"
    interrupts = [KeyboardInterrupt()]

    def f() -> None:
        if interrupts:
            raise interrupts.pop()

    with RuleSet.parse(text).session(functions={"f": f}, on_error="skip") as session:
        with pytest.raises(KeyboardInterrupt):
            session.run()
        assert session.run().outputs == [1]


def test_a_traceback_leads_to_the_programs_function() -> None:
    with opened() as session:
        session.insert("Order", id=1, n=-1)
        with pytest.raises(RuleExecutionError) as caught:
            session.run()
        frames = traceback.extract_tb(caught.value.cause.__traceback__)
        assert frames[-1].name == "check"


def test_a_result_that_is_walked_over_counts_as_steps() -> None:
    rules = RuleSet.parse("""
function held(items: any) -> list[int] = items
rule "r"
when
then
    many := [0] * 1_000
    emit len([held(many) for i in range(1_000)])
end
""")
    with rules.session(limits=Limits(steps=500_000)) as session:
        with pytest.raises(RuleExecutionError, match="more than 500000 steps"):
            session.run()


STORM = """
template T
    a: int
end
rule "storm"
when
    x := T()
    y := T()
    z := T()
    test x.a + y.a + z.a < 0
then
    halt
end
rule "more"
when
    t := T(a == -1)
then
    for n in range(400)
        insert T(a = n)
    end
end
"""


def test_matching_is_given_up_when_it_takes_too_long() -> None:
    rules = RuleSet.parse(STORM)
    rows = [{"a": number} for number in range(400)]
    with rules.session(limits=Limits(seconds=0.2)) as session:
        began = time.monotonic()
        with pytest.raises(SecurityError, match="Limits\\(seconds=…\\) sets the bound"):
            session.insert_many("T", rows)
        assert time.monotonic() - began < 20  # and not the minutes that it would take
        with pytest.raises(SessionError, match="can only be closed"):
            session.facts()
    with rules.session(limits=Limits(seconds=0.2)) as session:
        session.insert("T", a=-1)
        with pytest.raises(SecurityError, match="seconds"):
            session.run()
    facts = "facts f\n" + "".join(f"T(a = {number})\n" for number in range(400)) + "end\n"
    with pytest.raises(SecurityError, match="seconds"):
        RuleSet.parse(STORM + facts).session(limits=Limits(seconds=0.2))


def test_the_time_of_each_call_is_its_own() -> None:
    with RuleSet.parse(STORM).session(limits=Limits(seconds=0.5)) as session:
        for number in range(8):
            time.sleep(0.1)
            session.insert("T", a=number)
        session.run()
        session.reset()
        session.insert("T", a=1)


@pytest.mark.parametrize("seconds", [0, -1, True, "1", float("nan")])
def test_seconds_that_are_no_limit(seconds: object) -> None:
    with pytest.raises(ValueError, match="limit 'seconds' must be a positive number"):
        Limits(seconds=seconds)
