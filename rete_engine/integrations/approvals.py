"""Asking a human about tool calls: the question, and what an answer means.

Question and answer have the form that LangChain's human-in-the-loop middleware gives them, so
that a user interface made for it shows ours: `action_requests` and `review_configs` one way,
`decisions` of the type `approve`, `edit` or `reject` the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from rete_engine.integrations.tool_guard import Decision

ANSWERS = ("approve", "edit", "reject")


@dataclass(frozen=True)
class Call:
    """A tool call of a model."""

    name: str
    args: dict[str, Any]
    id: str


@dataclass(frozen=True)
class Answer:
    """What a human says to a call.

    Attributes:
        type: Whether it may be made, changed or not at all.
        call: The call as it is to be made.
        message: What a human says to the model who rejects it.
    """

    type: Literal["approve", "edit", "reject"]
    call: Call
    message: str = ""


class AnswerError(ValueError):
    """An answer that is not understood."""


def question(asked: Sequence[tuple[Call, Decision]], mistake: str | None = None) -> dict[str, Any]:
    """What a human is shown; `mistake` says what was wrong with the answer before."""
    shown: dict[str, Any] = {
        "action_requests": [
            {
                "name": call.name,
                "args": call.args,
                "description": decision.reason,
                "id": call.id,
                "rule": decision.rule,
            }
            for call, decision in asked
        ],
        "review_configs": [
            {"action_name": call.name, "allowed_decisions": list(ANSWERS)} for call, _ in asked
        ],
    }
    if mistake is not None:
        shown["error"] = mistake
    return shown


def answers(given: object, calls: Sequence[Call]) -> list[Answer]:
    """The answer to each call.

    Besides `{"decisions": […]}` a list of decisions will do, and for a single call a decision
    alone. `True` and `"approve"` stand for `{"type": "approve"}`, `False` and `"reject"` for
    `{"type": "reject"}`. A decision may name the `id` of its call, which must be the right one.

    Raises:
        AnswerError: It is none of these, or their number is not that of the calls.
    """
    if isinstance(given, Mapping) and "decisions" in given:
        given = given["decisions"]
    items = list(given) if isinstance(given, (list, tuple)) else [given]
    if len(items) != len(calls):
        raise AnswerError(
            f"{len(calls)} decisions are needed, in the order of the calls, not {len(items)}"
        )
    return [_answer(item, call) for item, call in zip(items, calls, strict=True)]


def _answer(item: object, call: Call) -> Answer:
    if isinstance(item, bool):
        item = "approve" if item else "reject"
    given = {"type": item} if isinstance(item, str) else item
    if isinstance(given, Mapping):
        if given.get("id", call.id) != call.id:
            raise AnswerError(f"the decision is about the call {given['id']!r}, not {call.id!r}")
        match given.get("type"):
            case "approve":
                return Answer("approve", call)
            case "reject":
                return Answer("reject", call, str(given.get("message") or ""))
            case "edit" if isinstance(edited := given.get("edited_action"), Mapping):
                args = edited.get("args")
                if edited.get("name", call.name) == call.name and isinstance(args, Mapping):
                    return Answer("edit", Call(call.name, dict(args), call.id))
    raise AnswerError(
        f"{item!r} is no decision: it is"
        " {'type': 'approve'}, {'type': 'reject', 'message': …} or"
        f" {{'type': 'edit', 'edited_action': {{'name': '{call.name}', 'args': {{…}}}}}}"
    )
