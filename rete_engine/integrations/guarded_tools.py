"""The guard of an agent's tools in LangGraph: a node in place of `ToolNode`, and a wrapper."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.messages import ToolCall as LangChainCall
from langchain_core.runnables import RunnableConfig, RunnableLambda
from langchain_core.tools import BaseTool
from langgraph.prebuilt import ToolNode
from langgraph.prebuilt.tool_node import ToolCallRequest
from langgraph.types import Command, interrupt
from pydantic import BaseModel

from rete_engine.integrations.approvals import Answer, AnswerError, Call, answers, question
from rete_engine.integrations.intake import StateReader, values_of
from rete_engine.integrations.tool_guard import Decision, ToolGuard

ToolResult: TypeAlias = "ToolMessage | Command[Any]"


@dataclass
class _Settled:
    """What becomes of the tool calls of a message: those to be made, and why others are not."""

    calls: list[Call | None] = field(default_factory=list)  # one for each of the message's
    refused: list[ToolMessage] = field(default_factory=list)


class GraphGuard:
    """Allows, denies or asks about the tool calls of a graph. Made by `tool_guard`.

    Attributes:
        guard: What decides.
    """

    def __init__(self, guard: ToolGuard, reader: StateReader) -> None:
        self.guard = guard
        self._reader = reader

    def decide(self, call: Call, state: object = None) -> Decision:
        """Decide about a call in a state. It never raises for what rules or state do."""
        facts = () if state is None else self._reader.facts_of(state)
        return self.guard.decide(call.name, call.args, id=call.id, facts=facts)

    # -- a node ----------------------------------------------------------------------------------

    def tool_node(
        self,
        tools: Sequence[BaseTool | Callable[..., Any]],
        *,
        messages_key: str = "messages",
        **options: Any,
    ) -> RunnableLambda[Any, Any]:
        """A node in place of `ToolNode(tools, **options)`.

        It decides about all calls of the last message before any tool runs. If rules ask, one
        interrupt puts all questions (a checkpointer is needed); only when they are answered do
        tools run, so no tool runs twice. A denied call is answered by a `ToolMessage` with
        status `"error"`, the reason, and the decision as `artifact`.

        Args:
            tools: The tools.
            messages_key: The key of the state that holds the messages.
            options: Further options of `ToolNode`.
        """
        node = ToolNode(tools, messages_key=messages_key, **options)

        def run(state: Any, config: RunnableConfig) -> Any:
            message = _calling(state, messages_key)
            settled = self._settle(message, state)
            made = node.invoke(_with_calls(state, messages_key, message, settled.calls), config)
            return _together(made, settled.refused, message, messages_key)

        async def arun(state: Any, config: RunnableConfig) -> Any:
            message = _calling(state, messages_key)
            settled = self._settle(message, state)
            made = await node.ainvoke(
                _with_calls(state, messages_key, message, settled.calls), config
            )
            return _together(made, settled.refused, message, messages_key)

        return RunnableLambda(run, arun, name=node.name)

    def _settle(self, message: AIMessage, state: object) -> _Settled:
        decided = [(call, self.decide(call, state)) for call in _calls_of(message)]
        asked = [(call, decision) for call, decision in decided if decision.verdict == "ask"]
        replies = iter(_asked(asked) if asked else ())
        settled = _Settled()
        for call, decision in decided:
            answer = next(replies) if decision.verdict == "ask" else None
            refused = self._refused(call, decision, answer, state)
            made = call if answer is None else answer.call
            settled.calls.append(made if refused is None else None)
            if refused is not None:
                settled.refused.append(refused)
        return settled

    def _refused(
        self, call: Call, decision: Decision, answer: Answer | None, state: object
    ) -> ToolMessage | None:
        """Why a call is not made; None if it is."""
        if answer is None:
            return None if decision.allowed else _denied(call, decision)
        if answer.type == "reject":
            return _rejected(call, decision, answer.message)
        if answer.type == "edit":  # a human may not do by editing what rules deny
            again = self.decide(answer.call, state)
            return _denied(call, again) if again.verdict == "deny" else None
        return None

    # -- a wrapper -------------------------------------------------------------------------------

    def wrap_tool_call(
        self, request: ToolCallRequest, execute: Callable[[ToolCallRequest], ToolResult]
    ) -> ToolResult:
        """For `ToolNode(tools, wrap_tool_call=…)`, and for middleware of `create_agent`.

        A `ToolNode` runs the calls of one message side by side, where no human can be asked about
        one of them. There a call that rules ask about is denied, and the model is told to call
        the tool alone; `tool_node` has no such bound.
        """
        settled = self._request(request)
        return settled if isinstance(settled, ToolMessage) else execute(settled)

    async def awrap_tool_call(
        self, request: ToolCallRequest, execute: Callable[[ToolCallRequest], Awaitable[ToolResult]]
    ) -> ToolResult:
        """As `wrap_tool_call`, for `awrap_tool_call=…`."""
        settled = self._request(request)
        return settled if isinstance(settled, ToolMessage) else await execute(settled)

    def _request(self, request: ToolCallRequest) -> ToolCallRequest | ToolMessage:
        call = _call(request.tool_call)
        decision = self.decide(call, request.state)
        answer: Answer | None = None
        if decision.verdict == "ask":
            if not _is_alone(request):
                reason = f"{decision.reason}: call this tool alone, so that a human can be asked"
                return _denied(call, Decision("deny", reason, decision.rule))
            [answer] = _asked([(call, decision)])
        refused = self._refused(call, decision, answer, request.state)
        if refused is not None:
            return refused
        if answer is None or answer.type != "edit":
            return request
        edited: LangChainCall = {**request.tool_call, "args": answer.call.args}
        return request.override(tool_call=edited)


def _asked(asked: Sequence[tuple[Call, Decision]]) -> list[Answer]:
    """Interrupt the graph until a human has answered; an answer not understood is asked again."""
    mistake: str | None = None
    calls = [call for call, _ in asked]
    while True:
        given = interrupt(question(asked, mistake))
        try:
            return answers(given, calls)
        except AnswerError as error:
            mistake = str(error)


def _is_alone(request: ToolCallRequest) -> bool:
    """Whether the call has a task of its own in the graph, so that an answer is surely its own.

    The interrupts of a task are told apart by their order, and calls run side by side have none.
    """
    metadata = request.runtime.config.get("metadata") or {}
    path = metadata.get("langgraph_path") or ("",)
    if path[0] == "__pregel_push":  # sent by itself, as `create_agent` does
        return True
    messages = values_of(request.state).get("messages")
    last = messages[-1] if isinstance(messages, list) and messages else None
    return isinstance(last, AIMessage) and len(last.tool_calls) == 1


def _call(given: Any) -> Call:
    return Call(given["name"], dict(given["args"]), given["id"] or "")


def _calls_of(message: AIMessage) -> list[Call]:
    return [_call(given) for given in message.tool_calls]


def _calling(state: Any, key: str) -> AIMessage:
    """The message whose calls are to be made: the last one of a model."""
    messages = state if isinstance(state, list) else values_of(state).get(key)
    for message in reversed(messages if isinstance(messages, list) else []):
        if isinstance(message, AIMessage):
            return message
    raise ValueError(f"no AIMessage in the state's '{key}': there are no tool calls to guard")


def _with_calls(state: Any, key: str, message: AIMessage, calls: Sequence[Call | None]) -> Any:
    """The state, with only the calls to be made in the message."""
    if _calls_of(message) == calls:
        return state
    # By place, not by id: a model may give two calls one id.
    kept = [
        {**given, "args": call.args}
        for given, call in zip(message.tool_calls, calls, strict=True)
        if call is not None
    ]
    changed = message.model_copy(update={"tool_calls": kept})
    messages = state if isinstance(state, list) else values_of(state)[key]
    assert isinstance(messages, list)  # see `_calling`
    replaced = [changed if each is message else each for each in messages]
    if isinstance(state, list):
        return replaced
    if isinstance(state, Mapping):
        return {**state, key: replaced}
    if isinstance(state, BaseModel):
        return state.model_copy(update={key: replaced})
    return dataclasses.replace(state, **{key: replaced})


def _denied(call: Call, decision: Decision) -> ToolMessage:
    by = f" (rule '{decision.rule}')" if decision.rule else ""
    return _message(call, f"Denied: {decision.reason}{by}", decision)


def _rejected(call: Call, decision: Decision, message: str) -> ToolMessage:
    because = f": {message}" if message else ""
    return _message(call, f"A human rejected this call{because}", decision)


def _message(call: Call, content: str, decision: Decision) -> ToolMessage:
    return ToolMessage(
        content,
        name=call.name,
        tool_call_id=call.id,
        status="error",
        artifact=decision.as_dict(),
    )


def _together(made: Any, refused: list[ToolMessage], message: AIMessage, key: str) -> Any:
    """What tools answered and what was refused, in the order of the calls."""
    if not refused:
        return made
    places = {given["id"]: place for place, given in enumerate(message.tool_calls)}

    def place(answer: ToolMessage) -> int:
        return places.get(answer.tool_call_id, len(places))

    if isinstance(made, dict):
        return {**made, key: sorted([*made[key], *refused], key=place)}
    if all(isinstance(answer, ToolMessage) for answer in made):
        return sorted([*made, *refused], key=place)
    return [{key: refused}, *made]  # tools gave commands
