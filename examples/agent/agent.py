"""A support agent whose decisions are made by rules, with a scripted model in place of a real one.

Run it with `python examples/agent/agent.py`; it needs `pip install "rete-engine[langgraph]"`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, ToolMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.types import Command

from rete_engine.integrations.langgraph import rule_node, rule_router, tool_guard

HERE = Path(__file__).parent

#: A model: what it says to the messages so far.
Model = Callable[[Sequence[AnyMessage]], AIMessage]


class State(MessagesState, total=False):
    text: str
    customer: str
    tier: str
    orders: list[str]
    urgent: bool
    queue: str


def find_order(order: str) -> str:
    """Look an order up."""
    return f"{order}: a toaster for 79.90, delivered broken"


def refund(order: str, amount: float) -> str:
    """Pay money back."""
    return f"{amount:.2f} paid back for {order}"


def build(model: Model) -> Any:
    """The graph: triage, then the agent with its guarded tools, or a human."""

    def agent(state: State) -> dict[str, list[AnyMessage]]:
        return {"messages": [model(state["messages"])]}

    def after_agent(state: State) -> str:
        last = state["messages"][-1]
        return "tools" if isinstance(last, AIMessage) and last.tool_calls else END

    def human(state: State) -> dict[str, list[AnyMessage]]:
        return {"messages": [AIMessage("A colleague will call you.")]}

    guard = tool_guard(HERE / "policy.rete", params={"free": 50.0})
    graph = StateGraph(State)
    graph.add_node("triage", rule_node(HERE / "triage.rete"))
    graph.add_node("agent", agent)
    graph.add_node("human", human)
    graph.add_node("tools", guard.tool_node([find_order, refund]))
    graph.add_edge(START, "triage")
    queues = ["agent", "human"]
    router = rule_router(HERE / "route.rete", to=queues, default="human")
    graph.add_conditional_edges("triage", router, queues)
    graph.add_conditional_edges("agent", after_agent, ["tools", END])
    graph.add_edge("tools", "agent")
    graph.add_edge("human", END)
    return graph.compile(checkpointer=InMemorySaver())


def scripted(*turns: AIMessage) -> Model:
    """A model that says one thing after another."""
    said = iter(turns)
    return lambda messages: next(said)


def calls(*wanted: tuple[str, dict[str, Any]]) -> AIMessage:
    """What a model says that wants tools to be called."""
    return AIMessage(
        "",
        tool_calls=[
            {"name": name, "args": args, "id": f"call_{place}"}
            for place, (name, args) in enumerate(wanted)
        ],
    )


def main() -> None:
    model = scripted(
        calls(
            ("find_order", {"order": "o1"}),
            ("refund", {"order": "o1", "amount": 79.9}),
            ("refund", {"order": "o7", "amount": 20.0}),
        ),
        AIMessage("Your money is on its way."),
    )
    graph = build(model)
    config = {"configurable": {"thread_id": "1"}}
    text = "My toaster is broken!"
    request = {
        "text": text,
        "messages": [HumanMessage(text)],
        "customer": "c1",
        "orders": ["o1", "o2"],
    }
    state = graph.invoke(request, config)
    for question in state["__interrupt__"]:
        for wanted in question.value["action_requests"]:
            print("asked: ", wanted["description"])
    state = graph.invoke(Command(resume={"decisions": [{"type": "approve"}]}), config)
    for message in state["messages"]:
        if isinstance(message, ToolMessage):
            print("tool:  ", message.content)
    print("answer:", state["messages"][-1].content)


if __name__ == "__main__":
    main()
