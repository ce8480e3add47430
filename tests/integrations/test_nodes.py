"""`rule_node` and `rule_router`: the state of a graph goes into rules, and comes out changed."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypedDict

import pytest
from langgraph.graph import END, START, StateGraph
from pydantic import BaseModel

from rete_engine import FactError, RuleEngineError, RuleExecutionError, RuleSet, SessionError
from rete_engine.integrations.langgraph import RouteError, rule_node, rule_router

RISK = """
template State
    amount: float
    risk: str = "low"
    notes: list = []
end
rule "large"
when
    s := State(amount > 1000, risk == "low")
then
    modify s(risk = "high", notes = s.notes + ["large"])
end
"""

ORDERS = """
template Order key(id)
    id: int
    total: float
    status: str = "new"
end
template Discount
    order: int
    percent: float
end
rule "discount"
when
    o := Order(total > 100, status == "new")
then
    modify o(status = "discounted")
    insert Discount(order = o.id, percent = 10)
    emit f"order {o.id}"
end
"""


def rules(text: str, **options: Any) -> RuleSet:
    return RuleSet.parse(text, name="risk", **options)


@dataclass
class Transfer:
    amount: float
    risk: str = "low"


class TransferModel(BaseModel):
    amount: float
    risk: str = "low"


@pytest.mark.parametrize(
    "state",
    [
        {"amount": 5000, "customer": "c1", "when": object()},
        Transfer(5000.0),
        TransferModel(amount=5000.0),
    ],
)
def test_the_keys_that_rules_change_are_the_update(state: Any) -> None:
    assert rule_node(rules(RISK))(state) == {"risk": "high", "notes": ["large"]}


def test_what_does_not_change_is_no_update() -> None:
    node = rule_node(rules(RISK))
    assert node({"amount": 5}) == {}
    assert node({"amount": 5000, "risk": "high"}) == {}


def test_a_state_that_does_not_fit_is_an_error() -> None:
    node = rule_node(rules(RISK))
    with pytest.raises(FactError, match="amount"):
        node({"risk": "low"})
    with pytest.raises(FactError, match="amount"):
        node({"amount": "many"})
    with pytest.raises(FactError, match="a state is a dict"):
        node(5)


def test_keys_may_hold_facts_of_their_own() -> None:
    node = rule_node(
        rules(ORDERS),
        facts={"orders": "Order", "extra": "Order"},
        collect={"orders": "Order", "discounts": "Discount"},
        outputs="said",
    )
    state = {"orders": [{"id": 1, "total": 250}, {"id": 2, "total": 20}], "extra": None}
    assert node(state) == {
        "orders": [
            {"id": 1, "total": 250.0, "status": "discounted"},
            {"id": 2, "total": 20.0, "status": "new"},
        ],
        "discounts": [{"order": 1, "percent": 10.0}],
        "said": ["order 1"],
    }


def test_a_dict_or_an_object_is_one_fact() -> None:
    @dataclass
    class Bought:
        id: int
        total: float

    node = rule_node(rules(ORDERS), facts={"order": "Order"}, outputs="said")
    assert node({"order": {"id": 1, "total": 250}}) == {"said": ["order 1"]}
    assert node({"order": Bought(2, 250)}) == {"said": ["order 2"]}
    assert node({}) == {"said": []}


@pytest.mark.parametrize("value", [5, "x", [5], [{1: 2}]])
def test_a_value_without_fields_is_no_fact(value: Any) -> None:
    node = rule_node(rules(ORDERS), facts={"order": "Order"}, outputs="said")
    with pytest.raises(FactError, match="is no fact of Order"):
        node({"order": value})


def test_a_function_may_make_the_facts() -> None:
    @dataclass
    class Line:
        order: int
        sku: str

    text = ORDERS + 'rule "line"\nwhen\n    l := Line()\nthen\n    emit l.sku\nend\n'
    node = rule_node(
        rules(text, templates=[Line]),
        facts=lambda state: [("Order", {"id": state["n"], "total": 500}), Line(1, "a")],
        outputs="said",
    )
    assert sorted(node({"n": 7})["said"]) == ["a", "order 7"]


def test_facts_of_a_class_come_out_as_its_objects() -> None:
    @dataclass
    class Order:
        id: int
        total: float
        status: str = "new"

    text = ORDERS[ORDERS.index("template Discount") :]
    node = rule_node(
        rules(text, templates=[Order]), facts={"orders": "Order"}, collect={"orders": "Order"}
    )
    assert node({"orders": [Order(1, 250.0)]}) == {"orders": [Order(1, 250.0, "discounted")]}


def test_facts_within_facts_come_out_as_dicts() -> None:
    text = """
template State
    name: str
end
template Pair
    of: State
end
rule "pairs"
when
    s := State()
then
    p := insert Pair(of = s)
    emit [p, {"s": s}, (1, s)]
end
"""
    out = rule_node(rules(text), outputs="out")({"name": "a"})["out"]
    assert out == [[{"of": 1}, {"s": {"name": "a"}}, (1, {"name": "a"})]]


def test_an_open_template_takes_all_keys() -> None:
    text = """
open template State
end
rule "sum"
when
    s := State(a > 1)
then
    modify s(total = s.a + s.b)
end
"""
    assert rule_node(rules(text))({"a": 2, "b": 3}) == {"total": 5}


def test_another_name_for_the_template() -> None:
    node = rule_node(rules(RISK.replace("State", "Transfer")), template="Transfer")
    assert node({"amount": 5000})["risk"] == "high"


def test_params_and_functions_reach_the_rules() -> None:
    text = """
param most: float
external function score(amount: float) -> float
template State
    amount: float
    score: float = 0
end
rule "score"
when
    s := State(score == 0, amount > most)
then
    modify s(score = score(s.amount))
end
"""
    node = rule_node(rules(text), params={"most": 10}, functions={"score": lambda a: a / 2})
    assert node({"amount": 30}) == {"score": 15.0}
    assert node({"amount": 3}) == {}


def test_a_rule_that_fails_fails_the_node() -> None:
    text = RISK + 'rule "bad"\nwhen\n    s := State()\nthen\n    print [1][7]\nend\n'
    with pytest.raises(RuleExecutionError, match="'bad'"):
        rule_node(rules(text))({"amount": 1})


def test_a_run_that_is_cut_short_fails_the_node() -> None:
    text = (
        RISK
        + 'rule "on"\nwhen\n    s := State(amount > 0)\nthen\n'
        + "    modify s(amount = s.amount + 1)\nend\n"
    )
    with pytest.raises(RuleEngineError, match="stopped at the limit after 50 firings; .*on"):
        rule_node(rules(text), limit=50)({"amount": 1})


@pytest.mark.parametrize(
    ("text", "options", "problem"),
    [
        (ORDERS, {}, "no template 'State'"),
        (ORDERS, {"facts": {"o": "Ordr"}}, "unknown template 'Ordr'"),
        (RISK, {"collect": {"o": "Order"}}, "unknown template 'Order'"),
        ("external function f() -> int\n" + RISK, {}, "external function 'f'"),
    ],
)
def test_what_cannot_work_is_told_when_the_node_is_made(
    text: str, options: dict[str, Any], problem: str
) -> None:
    with pytest.raises((FactError, SessionError), match=problem):
        rule_node(rules(text), **options)


def test_a_node_that_would_update_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing of the rule set 'risk' would reach the state"):
        rule_node(rules(ORDERS), facts={"orders": "Order"})
    with pytest.raises(TypeError, match="facts is a dict"):
        rule_node(rules(ORDERS), facts=5)  # type: ignore[arg-type]


class State(TypedDict, total=False):
    amount: float
    risk: str
    said: Annotated[list[str], operator.add]
    went: str


ROUTE = """
template State
    risk: str = "low"
end
rule "high"
when
    State(risk == "high")
then
    emit "review"
end
"""


def graph(tmp_path: Path) -> Any:
    risk, route = tmp_path / "risk.rete", tmp_path / "route.rete"
    risk.write_text(
        RISK + 'rule "say"\nwhen\n    State(risk == "high")\nthen\n    emit "risky"\nend\n'
    )
    route.write_text(ROUTE)
    built = StateGraph(State)
    built.add_node(rule_node(risk, outputs="said"))
    built.add_node("review", lambda state: {"went": "review"})
    built.add_node("pay", lambda state: {"went": "pay"})
    built.add_edge(START, "risk")
    router = rule_router(str(route), to=["review", "pay"], default="pay")
    built.add_conditional_edges("risk", router, ["review", "pay"])
    built.add_edge("review", END)
    built.add_edge("pay", END)
    return built.compile()


def test_in_a_graph(tmp_path: Path) -> None:
    compiled = graph(tmp_path)
    assert compiled.invoke({"amount": 5000, "said": ["hello"]}) == {
        "amount": 5000,
        "risk": "high",
        "said": ["hello", "risky"],
        "went": "review",
    }
    assert compiled.invoke({"amount": 5})["went"] == "pay"


async def _ainvoke(compiled: Any, state: State) -> Any:
    return await compiled.ainvoke(state)


def test_in_an_async_graph(tmp_path: Path) -> None:
    import asyncio

    compiled = graph(tmp_path)
    assert asyncio.run(_ainvoke(compiled, {"amount": 5000}))["went"] == "review"


def test_a_router_goes_where_the_first_rule_says() -> None:
    text = (
        ROUTE
        + 'rule "first"\n    salience 10\nwhen\n    State(risk == "high")\nthen\n'
        + '    emit "stop"\nend\n'
    )
    assert rule_router(rules(text))({"risk": "high"}) == "stop"


def test_a_router_may_go_to_several_nodes() -> None:
    text = ROUTE.replace('"review"\nend', '["review", "notify"]\nend')
    assert rule_router(rules(text), to=["review", "notify"])({"risk": "high"}) == [
        "review",
        "notify",
    ]


def test_without_a_rule_the_default_or_an_error() -> None:
    assert rule_router(rules(ROUTE), default="pay")({}) == "pay"
    with pytest.raises(RouteError, match="no rule of 'risk' says where to go"):
        rule_router(rules(ROUTE))({})


@pytest.mark.parametrize(
    ("emitted", "problem"),
    [
        ('"reviews"', "'reviews' is none of the nodes in to=; did you mean 'review'"),
        ('"zzz"', "it is one of review, pay"),
        ("5", "5 is not the name of a node"),
        ('["review", none]', "None is not the name of a node"),
        ("[]", "a list of no names"),
    ],
)
def test_a_router_goes_nowhere_else(emitted: str, problem: str) -> None:
    router = rule_router(rules(ROUTE.replace('"review"', emitted)), to=["review", "pay"])
    with pytest.raises(RouteError, match=problem):
        router({"risk": "high"})


def test_a_router_that_fails_does_not_fall_back() -> None:
    text = ROUTE.replace('emit "review"', "emit [1][7]")
    with pytest.raises(RuleExecutionError):
        rule_router(rules(text), default="pay")({"risk": "high"})


def test_wrong_options_of_a_router() -> None:
    with pytest.raises(RouteError, match="default: 'pays' is none"):
        rule_router(rules(ROUTE), to=["pay"], default="pays")
    with pytest.raises(TypeError, match="to is a list of names"):
        rule_router(rules(ROUTE), to="pay")


def test_a_node_and_a_router_know_their_rules() -> None:
    assert rule_node(rules(RISK)).rules.name == "risk"
    assert rule_router(rules(ROUTE)).rules.name == "risk"
