"""What leaves a session: copies, pickles and dicts of facts, matches, results and errors."""

from __future__ import annotations

import copy
import importlib
import pickle
import pkgutil
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import pytest

import rete_engine
from rete_engine import (
    Fact,
    FactError,
    RuleEngineError,
    RuleExecutionError,
    RuleSet,
    RuleSyntaxError,
    RuleValidationError,
    SecurityError,
    Session,
    SessionError,
    rule,
)
from rete_engine.diagnostics.errors import KeyInUseError
from rete_engine.diagnostics.portable import PortableCause
from rete_engine.integrations.nodes import RouteError
from rete_engine.jsr94 import exceptions as jsr94
from rete_engine.session.safe import ExpressionError, safe_eval
from rete_engine.store.records import FactFileError

TEXT = """
template Customer key(id)
    id: str
    friend: Customer? = none
end
template Order
    id: int
    total: float = 1.0
    customer: Customer? = none
end
open template Event
    kind: str
end
external function check(n: int)
rule "act"
when
    o := Order(n := id)
then
    emit o
    emit [o, {"id": o.id}, {o}, (1, n)]
    check(n)
end
query orders(least: int)
    o := Order(id >= least, double := id * 2)
end
query doubles()
    Order(double := id * 2)
end
"""


class OddError(Exception):
    def __init__(self, left: int, right: int) -> None:
        super().__init__(f"{left} and {right}")


def odd(number: int) -> None:
    if number > 1:
        raise OddError(number, 2)


RULES = RuleSet.parse(TEXT, functions={"check": odd}, name="orders.rete")


@pytest.fixture
def session() -> Session:
    return RULES.session()


# -- facts -----------------------------------------------------------------------------------------


def test_a_fact_is_asked_for_its_fields_like_a_mapping(session: Session) -> None:
    order = session.insert("Order", id=7)
    assert "total" in order
    assert "fact_id" not in order
    assert 0 not in order
    assert list(order) == ["id", "total", "customer"]
    assert dict(order) == {**order} == order.as_dict()
    event = session.insert("Event", kind="x", more=1)
    assert dict(event) == {"kind": "x", "more": 1}
    assert "more" in event
    assert "less" not in event


def test_a_fact_of_another_session_is_a_row(session: Session) -> None:
    fact = RULES.session().insert("Order", id=7)
    assert session.insert_many("Order", [fact]) == 1
    assert session.facts("Order")[0].id == 7
    with pytest.raises(
        FactError, match="rows must be an iterable of mappings or objects, not Fact"
    ):
        session.insert_many("Order", fact)


def test_fields_win_over_what_makes_a_fact_a_mapping() -> None:
    rules = RuleSet.parse("template T\n  keys: str\nend\n")
    fact: Any = rules.session().insert("T", keys="a")
    assert (fact.keys, list(fact), "keys" in fact) == ("a", ["keys"], True)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_a_copy_of_a_fact_is_the_same_fact(session: Session, copied: Callable[[Any], Any]) -> None:
    order = session.insert("Order", id=7)
    again = copied([order])[0]
    assert again == order
    session.modify(again, total=2.0)
    assert order.total == 2.0


def test_a_fact_cannot_be_pickled(session: Session) -> None:
    order = session.insert("Order", id=7)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError, match=r"Order\(id=7.* living session .* as_dict\(\)"):
            pickle.dumps([order], protocol)


def test_a_handle_of_nothing_has_no_fields() -> None:
    with pytest.raises(AttributeError):
        _ = Fact.__new__(Fact)._element


def test_results_with_facts_are_copied(session: Session) -> None:
    order = session.insert("Order", id=1)
    result = session.run(trace=True)
    again = copy.deepcopy(result)
    assert again == result
    assert again.outputs[0] == order
    past = again.firings[0].matched["o"]
    assert ("id" in past, list(past), dict(past)) == (True, list(order), order.as_dict())
    assert copy.copy(past)["id"] == 1
    with pytest.raises(TypeError, match="living session"):
        pickle.dumps(past)


# -- matches ---------------------------------------------------------------------------------------


def test_a_match_is_asked_for_its_variables_like_a_mapping(session: Session) -> None:
    session.insert("Order", id=7)
    [match] = session.query("orders", least=1)
    assert list(match) == ["o", "double"]
    assert dict(match) == {**match} == match.as_dict()
    assert "o" in match
    assert "x" not in match


def test_matches_are_copied_and_those_of_values_pickled(session: Session) -> None:
    session.insert("Order", id=7)
    [match] = session.query("orders", least=1)
    for copied in (copy.copy, copy.deepcopy):
        assert copied([match])[0] == match
    with pytest.raises(TypeError, match="living session"):
        pickle.dumps(match)
    [value] = session.query("doubles")
    assert pickle.loads(pickle.dumps(value)) == value


def test_a_firing_is_asked_for_its_variables() -> None:
    @rule("look", when="o := Order(n := id)")
    def look(firing: Any) -> None:
        firing.emit(["o" in firing, "x" in firing, list(firing)])

    with RuleSet.parse(TEXT, functions={"check": odd}, rules=[look]).session() as session:
        session.insert("Order", id=1)
        assert [True, False, ["o", "n"]] in session.run().outputs


# -- errors ----------------------------------------------------------------------------------------


def failed(session: Session) -> RuleExecutionError:
    ada = session.insert("Customer", id="ada")
    session.modify(ada, friend=ada)
    session.insert("Order", id=2, customer=ada)
    session.insert("Order", id=1, customer=ada)  # the latest fires first
    with pytest.raises(RuleExecutionError) as caught:
        session.run(trace=True)
    return caught.value


def diagnosed(text: str) -> RuleEngineError:
    with pytest.raises(RuleEngineError) as caught:
        RuleSet.parse(text)
    return caught.value


def expression() -> RuleEngineError:
    with pytest.raises(ExpressionError) as caught:
        safe_eval("1 +", {})
    return caught.value


ERRORS: list[RuleEngineError] = [
    RuleEngineError("x"),
    FactError("x"),
    KeyInUseError("x"),
    SessionError("x"),
    SecurityError("x"),
    RouteError("x"),
    diagnosed("rule"),
    diagnosed('rule "a"\nwhen\n  X()\nthen\n  halt\nend\n'),
    expression(),
    FactFileError("not a mapping", file="a.yaml", record=3, line=7),
    RuleExecutionError("x", rule="r", file="f", line=1, facts=[], cause=ValueError("y")),
    *(
        getattr(jsr94, name)("x", ValueError("y"))
        for name in dir(jsr94)
        if name.endswith("Exception")
    ),
]


def subclasses(kind: type[object]) -> set[type[object]]:
    found = {kind}
    below: list[type[object]] = kind.__subclasses__()
    for each in below:
        found |= subclasses(each)
    return found


def test_all_classes_of_errors_are_looked_at() -> None:
    for module in pkgutil.walk_packages(rete_engine.__path__, "rete_engine."):
        if module.name.rpartition(".")[2] in ("errors", "exceptions"):
            importlib.import_module(module.name)
    engines = {k for k in subclasses(RuleEngineError) if k.__module__.startswith("rete_engine")}
    inner = {"_DiagnosedError", "SessionLimitError", "StrategyError"}
    known = {type(error).__name__ for error in ERRORS}
    assert {kind.__name__ for kind in engines} - inner <= known
    assert {RuleSyntaxError, RuleValidationError} <= {type(error) for error in ERRORS}


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("how", ["pickle", "copy", "deepcopy"])
def test_errors_are_copied_and_pickled(error: RuleEngineError, how: str) -> None:
    again: Any
    if how == "pickle":
        again = pickle.loads(pickle.dumps(error))
    else:
        again = copy.copy(error) if how == "copy" else copy.deepcopy(error)
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert again is not error
    assert vars(again).keys() == vars(error).keys()
    assert repr(again.__cause__) == repr(error.__cause__)
    assert getattr(again, "diagnostics", ()) == getattr(error, "diagnostics", ())


def test_errors_of_limits_and_strategies_are_pickled() -> None:
    for options in ({"limits": rete_engine.Limits(facts=1)}, {"strategy": lambda waiting: 1 / 0}):
        with RULES.session(**options) as session, pytest.raises(RuleEngineError) as caught:
            session.insert("Order", id=1)
            session.insert("Order", id=2)
            session.run()
        again = pickle.loads(pickle.dumps(caught.value))
        assert (type(again), str(again)) == (type(caught.value), str(caught.value))


def test_a_pickled_error_of_a_run_leaves_the_session_behind(session: Session) -> None:
    error = failed(session)
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.rule, again.file, again.line) == (
        str(error), "act", "orders.rete", error.line,
    )  # fmt: skip
    order = {"id": 2, "total": 1.0, "customer": "Customer(id='ada', friend=<Customer 1>)"}
    first = {**order, "id": 1}
    assert again.facts == (order,)
    assert again.result.stopped == "failed"
    told = {"Order(id=1, total=1.0, customer=<Customer 1>)"}
    assert again.result.outputs == [first, [first, {"id": 1}, told, (1, 1)]]
    [firing] = again.result.firings
    assert (firing.rule, firing.bindings, firing.facts) == ("act", {"o": first, "n": 1}, (first,))
    assert firing.matched["o"]["id"] == 1
    assert isinstance(again.cause, PortableCause)
    assert again.cause is again.__cause__
    assert str(again.cause) == "OddError: 2 and 2"


def test_facts_in_places_that_are_hashed_are_texts_in_a_pickled_error() -> None:
    text = """
template A
    n: int
end
rule "keys"
    salience 10
when
    a := A()
then
    emit {a: 1}
    emit {(a, 1): {(a, 2)}}
end
rule "fails"
when
    A()
then
    emit 1 / 0
end
"""
    with RuleSet.parse(text).session() as session:
        session.insert("A", n=1)
        with pytest.raises(RuleExecutionError) as caught:
            session.run()
    again = pickle.loads(pickle.dumps(caught.value))
    assert again.result.outputs == [{"A(n=1)": 1}, {("A(n=1)", 1): {("A(n=1)", 2)}}]


def test_a_copied_error_of_a_run_is_of_the_session(session: Session) -> None:
    error = failed(session)
    again = copy.deepcopy([error])[0]
    assert again.facts == error.facts
    assert again.cause is error.cause is again.__cause__
    session.retract(again.facts[0])
    assert not error.facts[0].is_live


class HoldingError(Exception):
    pass


@pytest.mark.parametrize(
    ("cause", "expected"),
    [
        (ValueError("a", 1), "ValueError('a', 1)"),
        (ValueError([1]), "PortableCause('ValueError: [1]')"),
        (HoldingError("a"), "HoldingError('a')"),
        (HoldingError(object), "PortableCause(\"HoldingError: <class 'object'>\")"),
        (type("HoldingError", (Exception,), {})("a"), "PortableCause('HoldingError: a')"),
        (FactError("a"), "FactError('a')"),
        (ZeroDivisionError(), "ZeroDivisionError()"),
    ],
)
def test_causes_that_might_not_be_read_are_texts(cause: Exception, expected: str) -> None:
    error = RuleExecutionError("x", rule="r", file="f", line=1, facts=[], cause=cause)
    assert repr(pickle.loads(pickle.dumps(error)).cause) == expected


def test_notes_go_with_the_error() -> None:
    cause = ValueError("a")
    cause.add_note("n")
    error = RuleExecutionError("x", rule="r", file="f", line=1, facts=[], cause=cause)
    error.add_note("m")
    again = pickle.loads(pickle.dumps(error))
    assert (again.__notes__, again.cause.__notes__) == (["m"], ["n"])


def in_another_process(number: int) -> list[Any]:
    with RULES.session() as session:
        session.insert("Order", id=number)
        session.run()
        return [dict(fact) for fact in session.facts()]


def test_a_pool_of_processes_outlives_an_error() -> None:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        bad, good = pool.submit(in_another_process, 2), pool.submit(in_another_process, 1)
        with pytest.raises(RuleExecutionError, match="OddError: 2 and 2") as caught:
            bad.result()
        assert caught.value.facts[0]["id"] == 2
        assert good.result() == [{"id": 1, "total": 1.0, "customer": None}]
