"""What a session is opened with: params, functions, clock, output, error policy."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
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

# -- params ----------------------------------------------------------------------------------------

PARAMS = RuleSet.parse(
    """
param vat: float = 0.2
param gross: float = 1 + vat
param twice: float = double(gross)
param name: str
param marks: list[str] = []
function double(a: float) -> float = a * 2
template T
    a: float
end
facts f
    T(a = twice)
end
rule "r"
    enabled name != "off"
    salience 5 if name == "high" else 1
when
    t := T(a > vat)
then
    emit [name, t.a, gross, marks]
end
"""
)


def test_params_have_defaults_that_may_read_those_above() -> None:
    with PARAMS.session({"name": "n", "vat": 1}) as session:
        assert session.run().outputs == [["n", 4.0, 2.0, []]]
    with PARAMS.session({"name": "n", "gross": 3.0, "marks": ["x"]}) as session:
        assert session.run().outputs == [["n", 6.0, 3.0, ["x"]]]


def test_params_are_told_by_the_rule_set() -> None:
    assert list(PARAMS.params) == ["vat", "gross", "twice", "name", "marks"]
    assert [p.name for p in PARAMS.params.values() if p.default is None] == ["name"]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({}, "param 'name' has no default and needs a value"),
        ({"name": 3}, "param 'name': expected str, got int 3"),
        ({"name": "n", "vat": "x"}, "param 'vat': expected float, got str 'x'"),
        ({"name": "n", "marks": [1]}, "param 'marks': expected str, got int 1"),
        ({"name": "n", "vta": 1}, r"param 'vta'; did you mean 'vat'\?"),
    ],
)
def test_a_param_that_does_not_fit_is_refused(params: dict[str, Any], message: str) -> None:
    with pytest.raises(FactError, match=message):
        PARAMS.session(params)


def test_a_rule_set_without_params_takes_none() -> None:
    with pytest.raises(FactError, match=r"unknown param 'x' \(params: none\)"):
        RuleSet.parse("").session({"x": 1})


def test_a_default_that_has_no_value_is_told() -> None:
    rules = RuleSet.parse("param n: int = 0\nparam p: float = 1 / n")
    with pytest.raises(FactError, match="param 'p': division by zero"):
        rules.session()
    assert rules.session({"n": 1}).facts() == []
    huge = RuleSet.parse("param n: int = 9\nparam p: int = n ** n ** n")
    with pytest.raises(FactError, match="param 'p': .*larger than"):
        huge.session()


def test_a_param_is_copied() -> None:
    tags = ["a"]
    with PARAMS.session({"name": "n", "marks": tags}) as session:
        tags.append("b")
        assert session.run().outputs[0][3] == ["a"]


def test_enabled_is_asked_when_a_session_opens() -> None:
    with PARAMS.session({"name": "off"}) as session:
        assert session.run().fired == 0
        session.enable("r")
        assert session.run().fired == 1
        session.reset()  # asks again
        assert session.run().fired == 0


def test_enabled_that_fails_refuses_the_session() -> None:
    rules = RuleSet.parse(
        "param n: int = 0\nrule 'r'\n    enabled 1 / n > 1\nwhen\nthen\n    halt\nend"
    )
    with pytest.raises(SessionError, match="enabled of rule 'r': division by zero"):
        rules.session()


# -- functions -------------------------------------------------------------------------------------

FUNCTIONS = RuleSet.parse(
    """
external function score(name: str, weight: int) -> int
external function note(what: any)
template T
    name: str
    more: list = []
end
rule "r"
when
    t := T(score(name, 2) > 3)
then
    note(t)
    note([t, t.more])
    u := score(weight = 1, name = "x")
    emit u
end
""",
    functions={"note": lambda what: None},
)


def test_functions_come_from_the_rule_set_and_the_session() -> None:
    noted: list[Any] = []
    calls: list[tuple[str, int]] = []

    def score(name: str, weight: int) -> int:
        calls.append((name, weight))
        return len(name) * weight

    with FUNCTIONS.session(functions={"score": score, "note": noted.append}) as session:
        fact = session.insert("T", name="abc", more=[1])
        session.insert("T", name="a")
        assert session.run().outputs == [1]
    assert calls == [("abc", 2), ("a", 2), ("x", 1)]
    assert noted == [fact, [fact, [1]]]


def test_a_missing_function_is_named_with_its_place() -> None:
    with pytest.raises(SessionError, match=r"'score' \(<text>:2:19\) is not provided") as caught:
        FUNCTIONS.session()
    assert str(caught.value).endswith("give it in functions={'score': …}")
    with pytest.raises(SessionError, match="of those given, did you mean 'scores'"):
        FUNCTIONS.session(functions={"scores": abs})


def test_what_cannot_be_called_is_no_function() -> None:
    functions: Any = {"score": 5}
    with pytest.raises(SessionError, match=r"functions\['score'\] cannot be called: 5"):
        FUNCTIONS.session(functions=functions)


def test_functions_that_are_not_declared_are_no_concern() -> None:
    with FUNCTIONS.session(functions={"score": lambda name, weight: 0, "other": len}) as session:
        assert session.run().fired == 0


def test_a_function_may_answer_with_facts() -> None:
    text = """
template T
    a: int
end
external function pick() -> T
rule "r"
when
then
    t := pick()
    modify t(a = 5)
    retract pick()
end
"""
    rules = RuleSet.parse(text)
    picked: list[Any] = []
    with rules.session(functions={"pick": lambda: picked[-1]}) as session:
        picked.append(session.insert("T", a=1))
        session.run()
        assert session.facts() == []


def test_what_a_function_hands_out_is_checked() -> None:
    text = "external function f() -> any\nrule 'r'\nwhen\nthen\n    emit f()\nend"
    rules = RuleSet.parse(text)
    with (
        rules.session(functions={"f": object}) as session,
        pytest.raises(RuleExecutionError, match="values of type 'object' are not supported"),
    ):
        session.run()


def test_a_function_of_the_language_may_call_itself_within_the_depth() -> None:
    text = """
function fact(n: int) -> int = 1 if n < 2 else n * fact(n - 1)
rule "r"
when
then
    emit fact(10)
end
"""
    rules = RuleSet.parse(text)
    assert rules.session().run().outputs == [3628800]
    with pytest.raises(RuleExecutionError) as caught:
        rules.session(limits=Limits(depth=5)).run()
    assert isinstance(caught.value.cause, SecurityError)


# -- clock and output ------------------------------------------------------------------------------


def test_now_is_what_the_clock_says() -> None:
    text = """
template T
    at: datetime
end
facts f
    T(at = now())
end
rule "r"
when
then
    emit now()
end
"""
    times = iter([datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)])
    with RuleSet.parse(text).session(clock=lambda: next(times)) as session:
        assert session.facts()[0].at == datetime(2026, 1, 1, tzinfo=UTC)
        assert session.run().outputs == [datetime(2026, 1, 2, tzinfo=UTC)]


PRINTS = RuleSet.parse(
    'rule "r"\nwhen\nthen\n  print "a", 1, none\n  log "warning", "w"\n  log "debug", "d"\nend'
)


def test_prints_go_where_the_program_says() -> None:
    lines: list[str] = []
    PRINTS.session(out=lines.append).run()
    assert lines == ["a 1 none"]


def test_prints_go_to_a_logger_by_default(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        PRINTS.session().run()
    found = [(r.name, r.levelname, r.getMessage()) for r in caplog.records]
    assert found == [
        ("rete_engine.print", "INFO", "a 1 none"),
        ("rete_engine", "WARNING", "w"),
        ("rete_engine", "DEBUG", "d"),
    ]


def test_nothing_is_written_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    PRINTS.session().run()
    assert capsys.readouterr().out == ""


def test_an_output_that_fails_ends_the_run_with_its_error() -> None:
    def out(line: str) -> None:
        raise OSError("the disk is full")

    text = "template T\n    a: int\nend\nrule 'r'\nwhen\n    t := T(a < 3)\nthen\n"
    rules = RuleSet.parse(text + "    print t.a\n    modify t(a = t.a + 1)\nend")
    with rules.session(out=out) as session:
        fact = session.insert("T", a=1)
        with pytest.raises(OSError, match="the disk is full"):
            session.run()
        assert fact.a == 2  # the firing was done
        with pytest.raises(OSError, match="the disk is full"):
            session.run()
        assert fact.a == 3
        assert session.run().fired == 0


# -- options that are none -------------------------------------------------------------------------


def test_an_unknown_policy_for_errors_is_refused() -> None:
    with pytest.raises(SessionError, match="on_error is one of raise, skip, quarantine, not 'no'"):
        RuleSet.parse("").session(on_error="no")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"params": [1]}, "params is a mapping of names to values, not [1]"),
        ({"seed": "x"}, "seed is a whole number, not 'x'"),
        ({"seed": True}, "seed is a whole number, not true"),
        ({"clock": 5}, "clock is a function, not 5"),
        ({"out": "stdout"}, "out is a function, not 'stdout'"),
        ({"limits": 5}, "limits is a Limits(…), not 5"),
        ({"limits": {}}, "limits is a Limits(…), not {}"),
    ],
)
def test_an_option_of_the_wrong_kind_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(SessionError) as caught:
        RuleSet.parse("").session(**options)
    assert str(caught.value) == message


@pytest.mark.parametrize("name", ["steps", "value", "depth", "facts", "tokens"])
@pytest.mark.parametrize("number", [0, -1, 1.5, True, "9"])
def test_a_limit_is_a_positive_whole_number(name: str, number: Any) -> None:
    with pytest.raises(ValueError, match=f"limit '{name}' must be a positive whole number"):
        Limits(**{name: number})


# -- facts blocks ----------------------------------------------------------------------------------

BLOCKS = RuleSet.parse(
    """
param n: int = 0
template T key(a)
    a: int
    b: float = 1.0
end
facts first
    T(a = 1)
end
facts second
    T(a = 2, b = 1 / n)
    T(a = n)
end
rule "none"
when
    not T()
then
    emit "none"
end
rule "start"
when
then
    emit "start"
end
"""
)


def test_facts_blocks_are_inserted_in_file_order_before_anything_holds() -> None:
    with BLOCKS.session({"n": 4}) as session:
        assert [(f.fact_id, f.a, f.b) for f in session.facts()] == [
            (1, 1, 1.0),
            (2, 2, 0.25),
            (3, 4, 1.0),
        ]
        assert session.run().outputs == ["start"]


def test_a_fact_of_a_block_that_does_not_fit_refuses_the_session() -> None:
    with pytest.raises(FactError, match=r"in a facts block \(<text>:\d+\): division by zero"):
        BLOCKS.session()
    with pytest.raises(FactError, match=r": T: the key a=1 is in use by fact 1"):
        BLOCKS.session({"n": 1})


def test_a_reset_that_fails_can_be_followed_by_another() -> None:
    text = "external function f() -> int\ntemplate T\n    a: int\nend\nfacts x\n    T(a = f())\nend"
    answers: list[Any] = [1, "x", 2]
    with RuleSet.parse(text).session(functions={"f": lambda: answers.pop(0)}) as session:
        with pytest.raises(FactError, match=r"in a facts block \(<text>:6\): "):
            session.reset()
        session.reset()
        assert [fact.a for fact in session.facts()] == [2]


def test_what_fails_in_a_facts_block_is_told_with_its_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "a.rete").write_text(
        "template T key(a)\n    a: any\nend\nfacts\n    T(a = 1)\nend\n"
    )
    (tmp_path / "b.rete").write_text('import "a.rete"\nfacts\n    T(a = 0)\n    T(a = 1)\nend\n')
    with pytest.raises(FactError, match=r"^in a facts block \(.*b\.rete:4\): T: the key a=1 is in"):
        RuleSet.load(tmp_path / "b.rete").session()
    (tmp_path / "b.rete").write_text('import "a.rete"\nfacts\n    T(a = 9 ** 9 ** 9)\nend\n')
    with pytest.raises(
        SecurityError, match=r"^in a facts block \(.*b\.rete:3\): a value is larger"
    ):
        RuleSet.load(tmp_path / "b.rete").session()
    (tmp_path / "b.rete").write_text(
        'import "a.rete"\nexternal function f()\nfacts\n    T(a = f())\nend\n'
    )

    def f() -> None:
        raise LookupError("the program's own")

    with pytest.raises(LookupError, match="the program's own"):
        RuleSet.load(tmp_path / "b.rete", functions={"f": f}).session()


def test_a_session_is_opened_without_with_too() -> None:
    session = PARAMS.session({"name": "n"})
    assert isinstance(session, Session)
    session.close()


def test_a_misspelt_param_has_a_hint() -> None:
    rules = RuleSet.parse("param least: int = 1\n")
    with pytest.raises(FactError, match=r"unknown param 'leats'; did you mean 'least'\?"):
        rules.session(params={"leats": 2})


def test_a_session_shows_how_many_facts_it_holds() -> None:
    session = RuleSet.parse("template T\n    x: int\nend\n").session()
    assert repr(session) == "<Session: 0 facts>"
    session.insert("T", x=1)
    assert repr(session) == "<Session: 1 fact>"
    session.close()
    assert repr(session) == "<Session: closed>"


# -- what is given wrong ---------------------------------------------------------------------------

WRONG = """
template Order
    id: int
end
rule "now"
when
    Order()
then
    emit now()
end
query above(least: int)
    o := Order(id > least)
end
"""


@pytest.mark.parametrize("limit", ["x", -1, 1.5, True])
def test_the_limit_of_a_look_at_the_agenda_is_a_whole_number(limit: Any) -> None:
    with RuleSet.parse(WRONG).session() as session:
        session.insert("Order", id=1)
        with pytest.raises(SessionError, match="limit is a whole number from 0, not"):
            session.agenda(limit)
        assert session.agenda(0) == []
        assert len(session.agenda(None)) == 1


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (1, "the session's clock answers with 1, which is no datetime"),
        (datetime(2026, 1, 1), r"answers with datetime.datetime\(2026.*\), which has no time zone"),
    ],
)
def test_a_clock_tells_a_time_with_its_zone(answer: Any, told: str) -> None:
    with RuleSet.parse(WRONG).session(clock=lambda: answer) as session:
        session.insert("Order", id=1)
        with pytest.raises(RuleExecutionError, match=told) as caught:
            session.run()
        assert isinstance(caught.value.cause, SessionError)


def test_what_is_given_by_position_is_told_to_go_by_name() -> None:
    with RuleSet.parse(WRONG).session() as session:
        order = session.insert("Order", id=1)
        wrong: Any = session
        calls: list[tuple[Callable[[], Any], str]] = [
            (
                lambda: wrong.insert("Order", {"id": 2}),
                r"insert takes .* insert\(template, ",
            ),
            (lambda: wrong.modify(order, {"id": 2}), r"modify takes fields .* modify\(fact, "),
            (
                lambda: wrong.upsert("Order", {"id": 2}),
                r"upsert takes .* upsert\(template, ",
            ),
            (lambda: wrong.facts("Order", 1), r"facts takes fields .* facts\(template, field="),
            (lambda: wrong.query("above", 1), r"query takes arguments .* query\('above', "),
        ]
        for call, told in calls:
            with pytest.raises(TypeError, match=told):
                call()
        assert session.facts() == [order]


def test_the_salience_that_fails_is_told_as_such() -> None:
    text = WRONG.replace('rule "now"', 'rule "now"\n    salience 10 // (n - 1)').replace(
        "Order()\n", "Order(n := id)\n"
    )
    with RuleSet.parse(text).session() as session:
        session.insert("Order", id=1)
        with pytest.raises(RuleExecutionError, match="^the salience of rule 'now' failed"):
            session.run()
