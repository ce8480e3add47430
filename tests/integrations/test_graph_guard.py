"""`tool_guard` in a graph: tools run only when rules, or a human whom they ask, allow it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import pytest
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, ToolMessage
from langchain_core.tools import InjectedToolCallId
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.graph.message import add_messages
from langgraph.prebuilt import InjectedState, ToolNode
from langgraph.types import Command, Send
from pydantic import BaseModel

from rete_engine import RuleSet
from rete_engine.integrations.langgraph import tool_guard
from rete_engine.integrations.tool_guard import TEMPLATES

POLICY = """
rule "reading"
when
    ToolCall(name == "read")
then
    insert Allow()
end
rule "writing"
when
    ToolCall(name in ("write", "move"))
then
    insert Ask(reason = "it writes")
end
rule "system files"
when
    ToolCall(path := args.get("path", ""), path.startswith("/etc"))
then
    insert Deny(reason = "the system's")
end
"""

READ = ("read", {"path": "a"})
WRITE = ("write", {"path": "a", "text": "x"})
SYSTEM = ("read", {"path": "/etc/passwd"})
UNKNOWN = ("rm", {"path": "a"})

DENIED = "Denied: the system's (rule 'system files')"


class State(MessagesState, total=False):
    user: str
    done: str


class Desk:
    """A graph of one guarded node, and what its tools did."""

    def __init__(self, *, is_async: bool = False, wraps: bool = False, **options: Any) -> None:
        self.did: list[str] = []
        self.is_async = is_async
        rules = RuleSet.parse(options.pop("policy", POLICY), templates=TEMPLATES)
        schema = options.pop("schema", State)
        self.guard = tool_guard(rules, **options)
        tools = self.tools()
        node: Any = self.guard.tool_node(tools)
        if wraps:
            node = ToolNode(
                tools,
                wrap_tool_call=self.guard.wrap_tool_call,
                awrap_tool_call=self.guard.awrap_tool_call,
            )
        graph = StateGraph(schema)
        graph.add_node("tools", node)
        graph.add_edge(START, "tools")
        self.graph = graph.compile(checkpointer=InMemorySaver())

    def tools(self) -> list[Callable[..., Any]]:
        did = self.did

        def read(path: str) -> str:
            """Read a file."""
            did.append(f"read {path}")
            return "content"

        def write(path: str, text: str) -> str:
            """Write a file."""
            did.append(f"write {path} {text}")
            return "written"

        def move(path: str, call: Annotated[str, InjectedToolCallId]) -> Command[Any]:
            """Move a file."""
            did.append(f"move {path}")
            return Command(
                update={"done": path, "messages": [ToolMessage("moved", tool_call_id=call)]}
            )

        def rm(path: str, state: Annotated[Any, InjectedState]) -> str:
            """Remove a file."""
            did.append(f"rm {path}")
            return type(state).__name__

        return [read, write, move, rm]

    def send(self, given: Any) -> Any:
        config: Any = {"configurable": {"thread_id": "1"}}
        if self.is_async:
            return asyncio.run(self.graph.ainvoke(given, config))
        return self.graph.invoke(given, config)

    def call(self, *calls: tuple[str, dict[str, Any]], **state: Any) -> Any:
        return self.send({"messages": asking(*calls), **state})

    def answer(self, given: Any) -> list[str]:
        return told(self.send(Command(resume=given)))


def asking(*calls: tuple[str, dict[str, Any]]) -> list[AnyMessage]:
    made: Any = [{"name": name, "args": args, "id": str(n)} for n, (name, args) in enumerate(calls)]
    return [HumanMessage("please"), AIMessage("", tool_calls=made)]


def told(state: Any) -> list[str]:
    return [str(message.content) for message in state["messages"][2:]]


def questions(state: Any) -> list[dict[str, Any]]:
    [question] = state["__interrupt__"]
    requests: list[dict[str, Any]] = question.value["action_requests"]
    return requests


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def is_async(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.mark.parametrize("wraps", [False, True], ids=["node", "wrapper"])
def test_what_is_allowed_runs_and_what_is_denied_does_not(is_async: bool, wraps: bool) -> None:
    desk = Desk(is_async=is_async, wraps=wraps)
    state = desk.call(SYSTEM, READ, UNKNOWN)
    assert told(state) == [DENIED, "content", "Denied: no rule decides about 'rm'"]
    assert desk.did == ["read a"]
    denied = state["messages"][2]
    assert (denied.status, denied.tool_call_id, denied.name) == ("error", "0", "read")
    assert denied.artifact["rule"] == "system files"


def test_what_is_allowed_throughout_is_left_to_the_tool_node() -> None:
    desk = Desk()
    assert told(desk.call(READ, READ)) == ["content", "content"]
    assert desk.did == ["read a", "read a"]


def test_a_human_is_asked_once_about_all_before_any_tool_runs(is_async: bool) -> None:
    desk = Desk(is_async=is_async)
    state = desk.call(WRITE, READ, ("write", {"path": "b", "text": "y"}), SYSTEM)
    assert desk.did == []
    assert [(q["name"], q["args"], q["description"], q["rule"]) for q in questions(state)] == [
        ("write", {"path": "a", "text": "x"}, "it writes", "writing"),
        ("write", {"path": "b", "text": "y"}, "it writes", "writing"),
    ]
    answer = {"decisions": [{"type": "approve"}, {"type": "reject", "message": "not b"}]}
    assert desk.answer(answer) == [
        "written",
        "content",
        "A human rejected this call: not b",
        DENIED,
    ]
    assert sorted(desk.did) == ["read a", "write a x"]


@pytest.mark.parametrize("wraps", [False, True], ids=["node", "wrapper"])
@pytest.mark.parametrize(
    "yes", [True, "approve", {"type": "approve"}, [{"type": "approve", "id": "0"}]]
)
def test_a_human_approves(yes: Any, wraps: bool) -> None:
    desk = Desk(wraps=wraps)
    desk.call(WRITE)
    assert desk.answer(yes) == ["written"]
    assert desk.did == ["write a x"]


@pytest.mark.parametrize("wraps", [False, True], ids=["node", "wrapper"])
@pytest.mark.parametrize("no", [False, "reject", {"decisions": [{"type": "reject"}]}])
def test_a_human_rejects(no: Any, wraps: bool) -> None:
    desk = Desk(wraps=wraps)
    desk.call(WRITE)
    assert desk.answer(no) == ["A human rejected this call"]
    assert desk.did == []


@pytest.mark.parametrize("wraps", [False, True], ids=["node", "wrapper"])
def test_a_human_changes_the_arguments(wraps: bool, is_async: bool) -> None:
    desk = Desk(wraps=wraps, is_async=is_async)
    desk.call(WRITE)
    edit = {"name": "write", "args": {"path": "b", "text": "z"}}
    assert desk.answer({"type": "edit", "edited_action": edit}) == ["written"]
    assert desk.did == ["write b z"]


@pytest.mark.parametrize("wraps", [False, True], ids=["node", "wrapper"])
def test_a_human_may_not_do_by_editing_what_rules_deny(wraps: bool) -> None:
    desk = Desk(wraps=wraps)
    desk.call(WRITE)
    edit = {"args": {"path": "/etc/hosts", "text": "z"}}
    assert desk.answer({"type": "edit", "edited_action": edit}) == [DENIED]
    assert desk.did == []


@pytest.mark.parametrize(
    "answer",
    [
        "yes please",
        5,
        {"yes": True},
        [],
        [True, True],
        {"type": "ignore"},
        {"decisions": []},
        {"type": "edit"},
        {"type": "edit", "edited_action": {"name": "rm", "args": {"path": "a"}}},
        {"type": "edit", "edited_action": {"args": 5}},
        {"type": "approve", "id": "7"},
    ],
)
def test_an_answer_that_is_not_understood_is_asked_again(answer: Any) -> None:
    desk = Desk()
    desk.call(WRITE)
    state = desk.send(Command(resume=answer))
    [question] = state["__interrupt__"]
    assert "decision" in question.value["error"]
    assert desk.did == []
    assert desk.answer(True) == ["written"]
    assert desk.did == ["write a x"]


def test_the_question_has_the_form_of_langchain() -> None:
    [question] = Desk().call(WRITE)["__interrupt__"]
    assert question.value["review_configs"] == [
        {"action_name": "write", "allowed_decisions": ["approve", "edit", "reject"]}
    ]


def test_a_wrapper_cannot_ask_about_one_of_several_calls(is_async: bool) -> None:
    desk = Desk(wraps=True, is_async=is_async)
    assert told(desk.call(WRITE, READ)) == [
        "Denied: it writes: call this tool alone, so that a human can be asked (rule 'writing')",
        "content",
    ]
    assert desk.did == ["read a"]


def test_a_wrapper_can_ask_where_each_call_is_a_task_of_its_own() -> None:
    desk = Desk()
    guard = desk.guard
    graph = StateGraph(State)
    graph.add_node("start", lambda state: None)
    graph.add_node("tools", ToolNode(desk.tools(), wrap_tool_call=guard.wrap_tool_call))
    graph.add_edge(START, "start")

    def spread(state: State) -> list[Send]:
        last = state["messages"][-1]
        assert isinstance(last, AIMessage)
        return [
            Send("tools", {"__type": "tool_call_with_context", "tool_call": call, "state": state})
            for call in last.tool_calls
        ]

    graph.add_conditional_edges("start", spread, ["tools"])
    desk.graph = graph.compile(checkpointer=InMemorySaver())
    state = desk.call(WRITE, ("write", {"path": "b", "text": "y"}), READ)
    asked = {each.id: each.value["action_requests"][0] for each in state["__interrupt__"]}
    assert {request["args"]["path"] for request in asked.values()} == {"a", "b"}
    answers = {key: request["args"]["path"] == "b" for key, request in asked.items()}
    told = desk.answer(answers)
    assert sorted(told) == ["A human rejected this call", "content", "written"]
    assert sorted(desk.did) == ["read a", "write b y"]


def test_calls_that_share_an_id_are_told_apart() -> None:
    desk = Desk()
    calls: Any = [
        {"name": "read", "args": {"path": "/etc/passwd"}, "id": "1"},
        {"name": "read", "args": {"path": "a"}, "id": "1"},
        {"name": "rm", "args": {"path": "a"}, "id": "1"},
    ]
    desk.send({"messages": [AIMessage("", tool_calls=calls)]})
    assert desk.did == ["read a"]


def test_tools_that_answer_with_commands() -> None:
    desk = Desk()
    desk.call(("move", {"path": "a"}), SYSTEM)
    state = desk.send(Command(resume=True))
    assert state["done"] == "a"
    assert sorted(told(state)) == [DENIED, "moved"]


ROLES = """
template State
    user: str = "nobody"
end
template Message
    type: str
    content: any
end
rule "admins"
when
    State(user == "admin")
then
    insert Allow(reason = "an admin")
end
rule "not in anger"
when
    Message(type == "human", content == "please not")
then
    insert Deny(reason = "asked not to")
end
"""


def test_rules_see_the_state() -> None:
    rules = ROLES.replace("template Message", "open template Message")
    desk = Desk(policy=rules, facts={"messages": "Message"})
    assert told(desk.call(UNKNOWN, user="admin")) == ["dict"]
    assert told(Desk(policy=rules).call(UNKNOWN, user="guest")) == [
        "Denied: no rule decides about 'rm'"
    ]
    refused = Desk(policy=rules, facts={"messages": "Message"})
    [_, ai] = asking(UNKNOWN)
    state = refused.send({"messages": [HumanMessage("please not"), ai], "user": "admin"})
    assert told(state) == ["Denied: asked not to (rule 'not in anger')"]


def test_a_state_that_does_not_fit_allows_nothing() -> None:
    desk = Desk(
        policy=ROLES.replace("user: str", "user: int").replace('"nobody"', "0"), default="allow"
    )
    [content] = told(desk.call(UNKNOWN, user="admin"))
    assert content.startswith("Denied: the rules about 'rm' failed")
    assert desk.did == []


class Model(BaseModel):
    messages: Annotated[list[AnyMessage], add_messages]
    user: str = "admin"


@dataclass
class Record:
    messages: Annotated[list[AnyMessage], add_messages]
    user: str = "admin"


@pytest.mark.parametrize("schema", [Model, Record])
def test_states_of_classes_stay_what_they_are(schema: Any) -> None:
    policy = POLICY + ROLES.replace('"admin")', '"admin")\n    ToolCall(name == "rm")')
    desk = Desk(policy=policy, schema=schema)
    assert told(desk.call(UNKNOWN, SYSTEM)) == [schema.__name__, DENIED]


def test_a_list_of_messages_is_a_state() -> None:
    desk = Desk()
    answered = desk.guard.tool_node(desk.tools()).invoke(asking(SYSTEM, READ), runtime(desk))
    assert [message.content for message in answered] == [DENIED, "content"]
    [only] = desk.guard.tool_node(desk.tools()).invoke(asking(SYSTEM), runtime(desk))
    assert only.content == DENIED


def runtime(desk: Desk) -> Any:
    """What a graph gives its nodes, for a node called alone."""
    from langgraph.runtime import Runtime

    return {"configurable": {"__pregel_runtime": Runtime()}}


def test_a_state_without_a_model_s_message_is_an_error() -> None:
    desk = Desk()
    with pytest.raises(ValueError, match="no AIMessage in the state's 'messages'"):
        desk.send({"messages": [HumanMessage("hello")]})


def test_without_langgraph_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "langgraph.prebuilt", None)
    monkeypatch.delitem(sys.modules, "rete_engine.integrations.guarded_tools")
    with pytest.raises(ImportError, match=r"pip install 'rete-engine\[langgraph\]'"):
        tool_guard(RuleSet.parse(POLICY, templates=TEMPLATES))
