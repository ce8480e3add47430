"""Accumulates: what `count`, `sum` and the like say, and when a change is an event."""

from __future__ import annotations

import math
import random
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from rete_engine import (
    Accumulator,
    Fact,
    Limits,
    RuleExecutionError,
    RuleSet,
    RuleValidationError,
    Session,
)

HEAD = """
template Order key(id)
    id: int
    note: str = ""
end
template Line
    order: int
    qty: any = 1
    note: str = ""
end
template Hold
    order: int
end
"""


def session_of(when: str, then: str = "emit v", on_error: str = "raise") -> Session:
    text = f'{HEAD}\nrule "r"\nwhen\n{when}\nthen\n{then}\nend'
    return RuleSet.parse(text).session(on_error=on_error)


def outputs(session: Session) -> list[object]:
    return session.run().outputs


def line(session: Session, qty: object, order: int = 1) -> Fact:
    return session.insert("Line", order=order, qty=qty)


@pytest.mark.parametrize(
    ("accumulate", "expected"),
    [
        ("count(Line())", [0]),
        ("count(qty for Line())", [0]),
        ("sum(qty for Line())", [0]),
        ("collect(qty for Line())", [[]]),
        ("collect_set(qty for Line())", [set()]),
        ("avg(qty for Line())", []),
        ("min(qty for Line())", []),
        ("max(qty for Line())", []),
        ("sum(qty for Line() by order)", []),
    ],
)
def test_over_nothing(accumulate: str, expected: list[object]) -> None:
    assert outputs(session_of(f"v := {accumulate}")) == expected


@pytest.mark.parametrize(
    ("accumulate", "expected"),
    [
        ("count(Line())", 4),
        ("count(qty for Line())", 4),
        ("sum(qty for Line())", 9),
        ("avg(qty for Line())", 3.0),
        ("min(qty for Line())", 2),
        ("max(qty for Line())", 5),
        ("collect(qty for Line())", [5, None, 2, 2]),
        ("collect_set(qty for Line())", {2, 5}),
        ("count((l := Line(qty != none) and not Hold(order == l.order)))", 3),
        ("sum(qty for l := Line())", 9),
        ("sum(l.qty * 2 for l := Line(qty != none))", 18),
    ],
)
def test_over_some(accumulate: str, expected: object) -> None:
    session = session_of(f"v := {accumulate}")
    for qty in (5, None, 2, 2):
        line(session, qty)
    assert outputs(session) == [expected]


def test_when_the_last_source_goes() -> None:
    session = session_of("n := count(Line())\nm := max(qty for Line())", "emit (n, m)")
    fact = line(session, 3)
    assert outputs(session) == [(1, 3)]
    session.retract(fact)
    assert outputs(session) == []
    line(session, 3)
    assert outputs(session) == [(1, 3)]


def test_meaning_3_a_result_that_stays_equal_is_no_event() -> None:
    session = session_of("v := sum(qty for Line())")
    first, second = line(session, 3), line(session, 4)
    assert outputs(session) == [7]
    session.modify(first, note="changed")  # a field that nothing reads
    session.modify(first, order=2)
    with session.batch() as batch:
        batch.insert("Line", order=1, qty=0)
    assert outputs(session) == []
    session.modify(second, qty=5)
    assert outputs(session) == [8]
    session.modify(second, qty=5.0)  # another type is another value
    assert outputs(session) == [8.0]


def test_meaning_3_a_match_that_waits_stays_while_the_result_does() -> None:
    session = session_of("v := max(qty for Line())")
    line(session, 3)
    told: list[object] = []
    session.on("activate", told.append)
    session.on("cancel", told.append)
    small = line(session, 1)
    session.modify(small, qty=2)
    session.retract(small)
    assert told == []


def test_one_change_that_touches_a_group_twice_gives_one_result() -> None:
    session = session_of("v := count((a := Line() and b := Line(order == a.order)))")
    told: list[object] = []
    session.on("activate", lambda waiting: told.append(waiting.bindings["v"]))
    first = line(session, 1)
    line(session, 1)
    session.modify(first, order=2)
    session.retract(first)
    assert told == [1, 4, 2, 1]


def test_groups_come_change_and_go() -> None:
    session = session_of("v := sum(qty for Line() by o := order)", "emit (o, v)")
    first, second = line(session, 1, order=1), line(session, 2, order=2)
    assert sorted(outputs(session)) == [(1, 1), (2, 2)]  # type: ignore[type-var]
    session.modify(second, order=1)
    assert outputs(session) == [(1, 3)]
    session.retract(first)
    assert outputs(session) == [(1, 2)]
    session.retract(second)
    assert outputs(session) == []
    line(session, 9, order=2)
    assert outputs(session) == [(2, 9)]


def test_groups_by_a_value_that_is_an_error_hold_for_nobody() -> None:
    session = session_of("v := count((Line()) by k := 6 // qty)", "emit (k, v)", "skip")
    line(session, 3)
    wrong = line(session, 0)
    result = session.run()
    assert "division by zero" in str(result.errors[0])
    assert result.outputs == []
    session.retract(wrong)
    assert outputs(session) == [(2, 1)]


def test_an_accumulate_without_a_variable_asks_whether_there_is_a_result() -> None:
    session = session_of("avg(qty for Line())", 'emit "some"')
    first = line(session, 1)
    assert outputs(session) == ["some"]
    line(session, 2)
    session.modify(first, qty=7)
    assert outputs(session) == []


def test_inside_not_and_exists() -> None:
    session = session_of(
        "o := Order()\nnot (n := count(Line(order == o.id)) and test n > 1)", "emit o.id"
    )
    session.insert("Order", id=1)
    assert outputs(session) == [1]
    first = line(session, 1)
    second = line(session, 1)
    assert outputs(session) == []
    session.retract(second)
    assert outputs(session) == [1]
    session.retract(first)
    assert outputs(session) == []

    session = session_of("exists (s := sum(qty for Line() by order) and test s > 5)", "emit 1")
    line(session, 3, order=1)
    line(session, 3, order=2)
    assert outputs(session) == []
    line(session, 3, order=2)
    assert outputs(session) == [1]


def test_sums_are_exact_whatever_came_and_went() -> None:
    numbers = random.Random(5)
    session = session_of("v := sum(qty for Line())\na := avg(qty for Line())", "emit (v, a)")
    facts: list[Fact] = []
    for _ in range(60):
        if facts and numbers.random() < 0.4:
            session.retract(facts.pop(numbers.randrange(len(facts))))
        else:
            size = 10.0 ** numbers.randint(-300, 300)
            facts.append(line(session, numbers.uniform(-1, 1) * size))
        values = [fact.qty for fact in facts]
        (found,) = outputs(session) or [None]
        if values:
            assert found == (math.fsum(values), math.fsum(values) / len(values))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 2.5], 3.5),
        ([True, 2], 3),
        ([10**40, 1], 10**40 + 1),
        ([Decimal("0.10"), Decimal("0.20"), 1], Decimal("1.30")),
        ([timedelta(hours=1), timedelta(minutes=30)], timedelta(minutes=90)),
        ([float("inf"), 1.0], float("inf")),
        ([1e308, 1e-308, -1e308, 1.5], 1.5),
    ],
)
def test_what_has_a_sum(values: list[object], expected: object) -> None:
    session = session_of("v := sum(qty for Line())")
    for value in values:
        line(session, value)
    (found,) = outputs(session)
    assert (found, type(found), str(found)) == (expected, type(expected), str(expected))
    for fact in session.facts():
        session.retract(fact)
    assert outputs(session) == [0]


@pytest.mark.parametrize(
    ("accumulate", "values", "message"),
    [
        ("sum", [1, "a"], "sum() adds numbers and durations, not str"),
        ("sum", [1, timedelta(1)], "sum() does not add int and duration"),
        ("avg", [1.0, Decimal(1)], "avg() does not add float and decimal"),
        ("sum", [1e308, 1e308], "the sum is too large for a float"),
        ("min", [1, "a"], "min(): number and str have no order"),
        ("max", [{}], "max(): a dict has no order"),
        ("collect_set", [[1]], "a list cannot be a set element"),
    ],
)
def test_meaning_8_values_that_do_not_go_together(
    accumulate: str, values: list[object], message: str
) -> None:
    session = session_of(f"v := {accumulate}(qty for Line())", on_error="skip")
    session.run()
    facts = [line(session, value) for value in values]
    result = session.run()
    assert message in str(result.errors[-1])
    assert result.outputs == []
    for fact in facts:
        session.retract(fact)
    session.run()
    line(session, 1)
    assert outputs(session) == [{1} if accumulate == "collect_set" else 1]  # and it holds again


@pytest.mark.parametrize(
    ("condition", "code", "hint"),
    [
        ("test sum(qty for Line()) > 1", "RE0301", "v := sum(…)"),
        ("test count(Line()) > 1", "RE0301", "v := count(…)"),
        ("v := sum(Line())", "RE0203", "write: v := sum(value for Pattern(…))"),
        ("v := collect(Line())", "RE0203", "write: v := collect(value for Pattern(…))"),
        ("v := count(Line(), Line())", "RE0203", "write: v := count(Pattern(…))"),
        ("v := summe(qty for Line())", "RE0103", "did you mean 'sum'?"),
        ("v := sum(note for Line())", "RE0202", None),
        ("v := min({} for Line())", "RE0202", None),
        ("v := count(3)", "RE0300", "test 3"),
        ("v := count(l := Line())\ntest l.qty > v", "RE0102", None),
        ("v := count((l := Line()) by l := order)", "RE0107", None),
    ],
)
def test_wrong_accumulates(condition: str, code: str, hint: str | None) -> None:
    with pytest.raises(RuleValidationError) as caught:
        session_of(condition, "halt")
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == code
    if hint is not None:
        assert hint in (diagnostic.hint or "")


def test_a_reference_that_is_followed_inside_stays_inside() -> None:
    text = """
    template Rate key(name)
        name: str
        factor: int
    end
    template Item
        qty: int
        rate: Rate
    end
    rule "r"
        salience item.rate.factor
    when
        item := Item()
        v := sum(other.qty * other.rate.factor + item.rate.factor for other := Item())
        w := sum(qty for Item(qty in [item.rate.factor, 1]))
    then
        emit (v, w)
    end
    """
    session = RuleSet.parse(text).session()
    rate = session.insert("Rate", name="a", factor=2)
    session.insert("Item", qty=3, rate=rate)
    assert outputs(session) == [(8, 0)]
    session.modify(rate, factor=3)
    assert outputs(session) == [(12, 3)]


def test_over_alternatives() -> None:
    session = session_of(
        "v := collect(k for (Line(k := order) or Hold(k := order)))\n"
        "n := count((Line(qty == 1) or Line(order == 1)))",
        "emit (v, n)",
    )
    session.insert("Hold", order=5)
    line(session, 1, order=1)
    line(session, 1, order=3)
    assert session.run().outputs == [([5, 1, 3], 3)]


def test_what_is_derived_does_not_lean_on_what_is_counted() -> None:
    text = f"""{HEAD}
    rule "r"
    when
        n := count(Line())
        test n > 1
    then
        insert logical Hold(order = n)
    end
    """
    session = RuleSet.parse(text).session()
    first, _ = line(session, 1), line(session, 1)
    session.run()
    assert [hold.order for hold in session.facts("Hold")] == [2]
    third = line(session, 1)
    session.run()
    assert [hold.order for hold in session.facts("Hold")] == [3]
    session.retract(third)
    session.retract(first)
    assert session.facts("Hold") == []


def test_program_accumulators_with_and_without_remove() -> None:
    calls: list[str] = []

    def add(state: list[int], value: int) -> None:
        calls.append("add")
        state.append(value)

    def remove(state: list[int], value: int) -> None:
        calls.append("remove")
        state.remove(value)

    given = {
        "gathered": Accumulator(list, add, remove, sorted),
        "joined": Accumulator(
            lambda: "", lambda state, value: f"{state}{value}", result=lambda s: s or None
        ),
    }
    text = f"""{HEAD}
    rule "r"
    when
        g := gathered(qty for Line())
        j := joined(qty for Line())
    then
        emit (g, j)
    end
    """
    session = RuleSet.parse(text, accumulators=given).session(on_error="skip")
    assert outputs(session) == []
    facts = [line(session, qty) for qty in (3, None, 1)]
    assert outputs(session) == [([1, 3], "31")]
    calls.clear()
    session.retract(facts[0])
    assert calls == ["remove"]
    session.modify(facts[2], qty=7)
    assert outputs(session) == [([7], "7")]


def test_meaning_8_errors_of_program_accumulators() -> None:
    def add(state: int, value: int) -> int:
        return state + 6 // value

    text = f'{HEAD}\nrule "r"\nwhen\nv := sixths(qty for Line())\nthen\nemit v\nend'
    rules = RuleSet.parse(text, accumulators={"sixths": Accumulator(int, add)})
    session = rules.session(on_error="skip")
    line(session, 2)
    assert outputs(session) == [3]
    wrong = line(session, 0)
    result = session.run()
    assert "division" in str(result.errors[0])
    assert "rule 'r'" in str(result.errors[0])
    assert result.outputs == []
    session.retract(wrong)
    assert outputs(session) == [3]


def test_a_fact_is_taken_out_as_it_was_added() -> None:
    total = Accumulator(int, lambda s, f: s + f.qty, lambda s, f: s - f.qty)
    text = f'{HEAD}\nrule "r"\nwhen\nv := total(x for x := Line())\nthen\nemit v\nend'
    session = RuleSet.parse(text, accumulators={"total": total}).session()
    fact = line(session, 2)
    line(session, 3)
    assert outputs(session) == [5]
    session.modify(fact, qty=10)
    assert outputs(session) == [13]


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"sum": Accumulator(int, max)}, ValueError, "'sum' is built in"),
        ({"_x": Accumulator(int, max)}, ValueError, "cannot be the name"),
        ({"x": max}, TypeError, "accumulators['x'] is an Accumulator"),
        ([Accumulator(int, max)], TypeError, "a mapping of names"),
    ],
)
def test_wrong_program_accumulators(given: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        RuleSet.parse("", accumulators=given)
    assert message in str(caught.value)


def test_an_accumulator_is_made_of_functions() -> None:
    wrong: Any = 0
    with pytest.raises(TypeError, match="init is a function"):
        Accumulator(wrong, max)
    with pytest.raises(TypeError, match="remove is a function or None"):
        Accumulator(int, max, wrong)


def test_accumulators_share_the_namespace() -> None:
    with pytest.raises(RuleValidationError) as caught:
        RuleSet.parse("template x\nend", accumulators={"x": Accumulator(int, max)})
    assert [d.code for d in caught.value.diagnostics] == ["RE0105"]


def test_results_are_within_the_limits() -> None:
    text = f'{HEAD}\nrule "r"\nwhen\nv := collect(qty for Line())\nthen\nemit v\nend'
    session = RuleSet.parse(text).session(limits=Limits(value=2), on_error="skip")
    session.insert_many("Line", [{"order": 1}] * 3)
    assert "larger than 2 elements" in str(session.run().errors[-1])


def test_a_change_finds_only_the_matches_with_its_key() -> None:
    session = session_of("o := Order()\nv := sum(qty for Line(order == o.id))", "emit v")
    for number in range(50):
        session.insert("Order", id=number)
        line(session, 1, order=number)
    session.run()
    heard: list[object] = []
    session.on("activate", heard.append)
    line(session, 5, order=7)
    assert len(heard) == 1


def test_a_result_that_is_no_value_is_told_without_names_of_the_inside() -> None:
    text = """
    template T
        n: int
    end
    rule "r"
    when
        x := odd(n for T(n > 0))
    then
        emit x
    end
    """
    odd = Accumulator(int, lambda state, value: state, result=lambda state: object())
    with RuleSet.parse(text, accumulators={"odd": odd}).session() as session:
        session.insert("T", n=1)
        with pytest.raises(RuleExecutionError, match=r"\d\): values of type 'object' are not"):
            session.run()
