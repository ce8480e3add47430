"""The rules of 'Actions' in the description of the language, in their order."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest

from rete_engine import FactError, RuleExecutionError, Session, SessionError
from rete_engine.network.statements import InsertStatement
from tests.meaning.sessions import fired, opened, outputs, waiting

HEAD = """
template T
    id: int
    n: int = 0
end

template K key(id)
    id: int
    n: int = 0
end

template Go
end

external function shout(value: any) -> any
external function boom() -> any
"""


def boom() -> object:
    raise ValueError("boom")


def acting(then: str, when: str = "", **options: Any) -> Session:
    """A session in which a rule with this action waits for a fact `Go`, and for more."""
    text = f'{HEAD}\nrule "r"\nwhen\n    g := Go()\n{when}\nthen\n{then}\nend'
    options.setdefault("functions", {"shout": lambda value: f"{value}!", "boom": boom})
    session = opened(text, **options)
    session.insert("Go")
    return session


def facts(session: Session, template: str) -> list[tuple[int, int]]:
    return [(fact.id, fact.n) for fact in session.facts(template)]


# -- the statements ------------------------------------------------------------------------------


def test_insert_and_a_name_for_the_new_fact() -> None:
    session = acting("t := insert T(id = 1)\nmodify t(n = t.id + 1)\ninsert T(id = t.n)")
    session.run()
    assert facts(session, "T") == [(1, 2), (2, 0)]


SHUFFLED = """
template W
    a: int
    b: str = "none"
    c: float = 0.5
    d: list = [1]
    e: int? = none
end
external function note(value: any) -> any
rule "r"
when
then
    insert W(e = note(5), a = note(1), c = note(3))
    insert W(b = "x", a = 2)
    insert W(c = note("bad"), a = note(9))
end
"""


def test_fields_in_any_order_are_evaluated_as_written_and_the_rest_has_defaults() -> None:
    noted: list[object] = []

    def note(value: object) -> object:
        noted.append(value)
        return value

    text = SHUFFLED.replace('    insert W(c = note("bad"), a = note(9))\n', "")
    session = opened(text, functions={"note": note})
    session.run()
    found = [(w.a, w.b, w.c, w.d, w.e) for w in session.facts("W")]
    assert found == [(1, "none", 3.0, [1], 5), (2, "x", 0.5, [1], None)]
    assert noted == [5, 1, 3]
    assert [type(w.c) for w in session.facts("W")] == [float, float]


def test_a_field_out_of_order_that_does_not_fit_is_told_and_nothing_is_inserted() -> None:
    noted: list[object] = []

    def note(value: object) -> object:
        noted.append(value)
        return value

    session = opened(SHUFFLED, functions={"note": note})
    with pytest.raises(RuleExecutionError, match=r"W\.c: expected float"):
        session.run()
    assert noted == [5, 1, 3, "bad", 9]  # all are evaluated before one is looked at
    assert session.facts("W") == []


def test_what_an_insert_has_to_look_up_by_name_is_known_before_it_fires() -> None:
    session = opened(
        f"{HEAD}\nopen template O\n    a: int = 0\nend\n"
        'rule "r"\nwhen\nthen\n'
        "insert T(id = 1, n = 2)\ninsert T(n = 2, id = 1)\ninsert T(id = 1)\n"
        "upsert K(n = 1, id = 2)\ninsert O(b = 1)\nend",
        functions={"shout": str, "boom": boom},
    )
    [rule] = session._engine.network.rules
    statements = rule.readings[0].statements
    laid_out = [
        (each.whole is not None, each.order)
        for each in statements
        if isinstance(each, InsertStatement)
    ]
    assert laid_out == [(True, None), (True, (1, 0)), (True, None), (False, None), (False, None)]


def test_upsert_by_key() -> None:
    session = acting("upsert K(id = 1, n = 5)\nk := upsert K(id = 2, n = 6)\nemit k.n")
    session.insert("K", id=1, n=1)
    assert outputs(session) == [6]
    assert facts(session, "K") == [(1, 5), (2, 6)]


def test_modify_evaluates_all_right_sides_first() -> None:
    session = acting("modify t(id = t.n, n = t.id)", "t := T(id != 0)")
    session.insert("T", id=1, n=0)
    session.run()
    assert facts(session, "T") == [(0, 1)]


def test_retract_several() -> None:
    session = acting("retract a, g", "a := T()")
    session.insert("T", id=1)
    session.run()
    assert session.facts() == []


def test_a_function_is_called_for_what_it_does() -> None:
    heard: list[Any] = []
    session = acting("shout(g)\nshout(1)", functions={"shout": heard.append, "boom": boom})
    (go,) = session.facts("Go")
    session.run()
    assert heard == [go, 1]


def test_variables_of_the_action() -> None:
    assert outputs(acting("a := 1\na := a + 1\nb := [a]\nemit (a, b)")) == [(2, [2])]


@pytest.mark.parametrize(("n", "told"), [(5, "large"), (3, "middle"), (1, "small")])
def test_if_elif_else(n: int, told: str) -> None:
    then = 'if t.n > 4\nemit "large"\nelif t.n > 2\nemit "middle"\nelse\nemit "small"\nend'
    session = acting(then, "t := T()")
    session.insert("T", id=1, n=n)
    assert outputs(session) == [told]


def test_for_goes_through_lists_sets_dicts_and_tuples() -> None:
    then = (
        'for v in [[2, 1], {3, "a", 1}, {"k": 1, "j": 2}, (1,), []]\nfor w in v\nemit w\nend\nend'
    )
    assert outputs(acting(then)) == [2, 1, 1, 3, "a", "k", "j", 1]


def test_emit_print_and_log(caplog: pytest.LogCaptureFixture) -> None:
    said: list[str] = []
    session = acting('emit 1\nprint "a", 1, none\nlog "warning", "w"\nemit 2', out=said.append)
    with caplog.at_level(logging.INFO, "rete_engine"):
        assert outputs(session) == [1, 2]
    assert said == ["a 1 none"]
    assert [(r.levelname, r.getMessage()) for r in caplog.records] == [("WARNING", "w")]


def test_print_goes_to_a_logger_by_default(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "rete_engine.print"):
        acting('print "a"').run()
    assert [(r.name, r.getMessage()) for r in caplog.records] == [("rete_engine.print", "a")]


def test_halt_lets_the_rest_of_the_action_run_then_the_run_stops() -> None:
    session = acting("halt\nemit 1\ninsert T(id = 1)")
    session.insert("Go")
    result = session.run()
    assert (result.stopped, result.fired, result.outputs) == ("halted", 1, [1])
    assert facts(session, "T") == [(1, 0)]
    assert len(waiting(session)) == 1
    assert session.run().stopped == "halted"
    assert session.run().stopped == "quiescent"


# -- atomic --------------------------------------------------------------------------------------

FAILURES = {
    "an error of an expression": ("emit 1 // 0", "division by zero"),
    "an exception of a function": ("boom()", "ValueError: boom"),
    "a wrong type": ("insert T(id = shout(1))", "expected int"),
    "a key in use": ("insert K(id = 1)\ninsert K(id = 1)", "in use"),
    "a modify of what was retracted": ("retract t\nmodify t(n = 1)", "retracted"),
    "a modify of no fact": ("x := shout(1)\nmodify x(n = 1)", "expected a fact, got str"),
}


@pytest.mark.parametrize(("last", "reason"), FAILURES.values(), ids=FAILURES)
def test_when_an_action_fails_nothing_of_it_happened(
    last: str, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    said: list[str] = []
    heard: list[Any] = []
    then = f'emit 1\nprint 1\nlog "error", 1\ninsert T(id = 7)\nmodify t(n = 5)\n{last}'
    session = acting(then, "t := T()", out=said.append)
    fact = session.insert("T", id=1)
    for event in ("insert", "modify", "retract", "fire", "activate", "cancel"):
        session.on(event, lambda *told: heard.append(told))
    before = session.facts()
    with pytest.raises(RuleExecutionError, match=reason) as caught:
        session.run()
    assert caught.value.rule == "r"
    assert caught.value.cause is caught.value.__cause__
    assert fact in caught.value.facts
    assert (session.facts(), fact.n, said, heard, caplog.records) == (before, 0, [], [], [])
    assert waiting(session) == ["r 1 2"]  # the match stays on the agenda


def test_the_error_names_the_line() -> None:
    session = acting("a := 1\nif a == 1\nfor i in [1]\nemit 1 // (a - i)\nend\nend")
    with pytest.raises(RuleExecutionError) as caught:
        session.run()
    session_text = f'{HEAD}\nrule "r"\nwhen\n    g := Go()\n\nthen\na := 1\nif a == 1\nfor i in [1]'
    assert caught.value.line == session_text.count("\n") + 2


def test_a_failed_match_that_ceases_does_not_fire() -> None:
    session = acting("boom()")
    with pytest.raises(RuleExecutionError):
        session.run()
    session.retract(session.facts("Go")[0])
    assert fired(session) == []


# -- its own changes -----------------------------------------------------------------------------


def test_an_action_sees_its_own_changes_and_variables_keep_the_matched_value() -> None:
    when = "t := T(was := n)\nboth := t.n + t.id"
    session = acting("modify t(n = 9)\nemit (was, t.n, both, t.n + t.id)", when)
    session.insert("T", id=1, n=2)
    assert session.run(limit=1).outputs == [(2, 9, 3, 10)]


def test_after_retract_a_field_still_reads_and_another_retract_is_nothing() -> None:
    session = acting("modify t(n = 3)\nretract t\nemit t.n\nretract t", "t := T()")
    session.insert("T", id=1, n=2)
    assert outputs(session) == [3]
    assert facts(session, "T") == []


def test_keys_are_checked_against_the_pending_state() -> None:
    session = acting("retract k\ninsert K(id = 1, n = 2)\nretract g", "k := K()")
    session.insert("K", id=1, n=1)
    session.run()
    assert facts(session, "K") == [(1, 2)]


METHODS: dict[str, Callable[[Session], object]] = {
    "insert": lambda session: session.insert("T", id=1),
    "retract": lambda session: session.retract(session.facts()[0]),
    "run": lambda session: session.run(),
    "step": lambda session: session.step(),
    "facts": lambda session: session.facts(),
    "agenda": lambda session: session.agenda(),
    "reset": lambda session: session.reset(),
    "on": lambda session: session.on("fire", print),
    "insert_many": lambda session: session.insert_many("T", []),
    "batch": lambda session: session.batch().__enter__(),
}


@pytest.mark.parametrize("call", METHODS.values(), ids=METHODS)
def test_session_methods_are_refused_meanwhile(call: Callable[[Session], object]) -> None:
    sessions: list[Session] = []
    functions = {"shout": lambda _: call(sessions[0]), "boom": boom}
    session = acting("shout(1)", functions=functions)
    sessions.append(session)
    with pytest.raises(RuleExecutionError) as caught:
        session.run()
    assert isinstance(caught.value.cause, SessionError)
    session.insert("T", id=1)  # afterwards all is as it was


# -- netting -------------------------------------------------------------------------------------


def netted(then: str) -> list[str]:
    """What listeners are told of an action's changes, in order."""
    session = acting(then, "a := T(id == 1)\nb := T(id == 2)")
    session.insert("T", id=1)
    session.insert("T", id=2)
    told: list[str] = []
    session.on("insert", lambda fact: told.append(f"insert {fact.id}:{fact.n}"))
    session.on("retract", lambda fact: told.append(f"retract {fact.id}"))
    session.on("modify", lambda fact, old: told.append(f"modify {fact.id}: {old}"))
    session.run(limit=1)
    return told


@pytest.mark.parametrize(
    ("then", "told"),
    [
        ("c := insert T(id = 3)\nretract c", []),
        ("c := insert T(id = 3)\nmodify c(n = 4)", ["insert 3:4"]),
        ("modify a(n = 1)\nmodify a(n = 2)", ["modify 1: {'n': 0}"]),
        ("modify a(n = 1)\nmodify a(n = 0)", []),
        ("modify a(n = 1)\nretract a", ["retract 1"]),
        (
            "modify a(n = 1)\nmodify b(n = 1)\nmodify a(n = 2)",
            ["modify 2: {'n': 0}", "modify 1: {'n': 0}"],
        ),
        (
            "retract b\ninsert T(id = 3)\nmodify a(n = 1)\ninsert T(id = 4)",
            ["retract 2", "insert 3:0", "modify 1: {'n': 0}", "insert 4:0"],
        ),
    ],
)
def test_changes_are_netted_per_fact_and_made_in_order(then: str, told: list[str]) -> None:
    assert netted(then) == told


def test_changes_are_propagated_one_after_another() -> None:
    # In between there are two facts with n == 1, so the match of 'single' ceases and comes anew.
    text = f"""{HEAD}
rule "single"
when
    t := T(n == 1)
    not u := T(n == 1, u != t)
then
end

rule "move"
    salience -1
when
    g := Go()
    t := T(id == 1)
then
    insert T(id = 2, n = 1)
    retract t
    retract g
end
"""
    session = opened(text, functions={"shout": print, "boom": boom})
    session.insert("T", id=1, n=1)
    assert fired(session) == ["single 1"]
    session.insert("Go")
    assert fired(session) == ["move 2 1", "single 3"]


# -- what a program does meanwhile ---------------------------------------------------------------


def test_a_change_from_outside_is_checked_like_one_of_an_action() -> None:
    session = acting("halt")
    with pytest.raises(FactError, match="expected int"):
        session.insert("T", id="1")
    fact = session.insert("T", id=1)
    session.retract(fact)
    session.retract(fact)
    with pytest.raises(FactError, match="retracted"):
        session.modify(fact, n=1)
    assert fact.n == 0
