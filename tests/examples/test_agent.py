"""The example agent: a scripted model, and rules that decide."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langgraph.types import Command

from examples.agent.agent import build, calls, main, scripted

CONFIG: Any = {"configurable": {"thread_id": "1"}}


def test_the_example_shows_what_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    main()
    assert capsys.readouterr().out.splitlines() == [
        "asked:  a refund of 79.90 needs a human",
        "tool:   o1: a toaster for 79.90, delivered broken",
        "tool:   79.90 paid back for o1",
        "tool:   Denied: o7 is no order of c1 (rule 'only orders of this customer')",
        "answer: Your money is on its way.",
    ]


def request(text: str, **more: Any) -> dict[str, Any]:
    messages = [HumanMessage(text)]
    return {"text": text, "messages": messages, "customer": "c1", "orders": ["o1"], **more}


@pytest.mark.parametrize(
    ("amount", "order", "answer"),
    [
        (20.0, "o1", "20.00 paid back for o1"),
        (900.0, "o1", "Denied: an agent refunds at most 500.00 (rule 'huge refunds')"),
        (20.0, "o2", "Denied: o2 is no order of c1 (rule 'only orders of this customer')"),
        ("20", "o1", "Denied: no rule decides about 'refund'"),
    ],
)
def test_refunds_that_nobody_is_asked_about(amount: object, order: str, answer: str) -> None:
    model = scripted(calls(("refund", {"order": order, "amount": amount})), AIMessage("bye"))
    state = build(model).invoke(request("hello"), CONFIG)
    assert [m.content for m in state["messages"] if isinstance(m, ToolMessage)] == [answer]


def test_a_refund_that_a_human_rejects() -> None:
    graph = build(scripted(calls(("refund", {"order": "o1", "amount": 99})), AIMessage("sorry")))
    graph.invoke(request("hello"), CONFIG)
    state = graph.invoke(Command(resume={"type": "reject", "message": "too much"}), CONFIG)
    assert state["messages"][-2].content == "A human rejected this call: too much"


@pytest.mark.parametrize(
    ("text", "tier", "queue", "said"),
    [
        ("I shall call my LAWYER", "gold", "human", "A colleague will call you."),
        ("I shall call my lawyer", "basic", "agent", "hello"),
        ("good morning", "gold", "agent", "hello"),
    ],
)
def test_triage(text: str, tier: str, queue: str, said: str) -> None:
    state = build(scripted(AIMessage("hello"))).invoke(request(text, tier=tier), CONFIG)
    assert (state["queue"], state["messages"][-1].content) == (queue, said)
