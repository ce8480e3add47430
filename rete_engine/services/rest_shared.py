"""What the endpoints of the REST service share: the service, who asks, bodies, and answers."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect

from rete_engine.services.catalog import Catalog
from rete_engine.services.execution import Bounds
from rete_engine.services.faults import Code, Fault, Finding
from rete_engine.services.rest_answers import Refusal
from rete_engine.services.rest_guard import Door
from rete_engine.services.rest_models import FaultModel
from rete_engine.services.sessions import IDLE, MOST, Sessions
from rete_engine.store.json_text import document
from rete_engine.store.records import FactFileError


@dataclass
class Service:
    """What the service works with.

    Attributes:
        catalog: The rule sets.
        bounds: What an execution or a session may cost.
        door: How requests come in.
        most_sessions: How many sessions one owner may hold.
        idle: Seconds after which a session that nobody uses ends.
    """

    catalog: Catalog = field(default_factory=Catalog)
    bounds: Bounds = field(default_factory=Bounds)
    door: Door = field(default_factory=Door)
    most_sessions: int = MOST
    idle: float = IDLE

    def __post_init__(self) -> None:
        self.sessions = Sessions(self.bounds, most=self.most_sessions, idle=self.idle)


def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


def _owner(request: Request) -> str:
    owner: str = request.state.owner
    return owner


TheService = Annotated[Service, Depends(_service)]
Owner = Annotated[str, Depends(_owner)]


class StrictRoute(APIRoute):
    """A route whose bodies are JSON by the letter."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler of requests."""
        inner = super().get_route_handler()

        async def handler(request: Request) -> Response:
            return await inner(_StrictRequest(request.scope, request.receive))

        return handler


class _StrictRequest(Request):
    async def json(self) -> Any:
        """The body.

        Raises:
            Refusal: It is not JSON: also with NaN, a key that stands twice, or a number that is
                too large.
        """
        text = await body_text(self)
        try:
            return document(text, "body")
        except FactFileError as error:
            place = f"body:{error.line}:{error.column}"
            message = f"{place}: {error.cause}"
            fault = Fault(Code.WRONG_REQUEST, message, [Finding(place, error.cause)])
            raise Refusal(400, fault) from error


async def body_text(request: Request) -> str:
    """The text of a body.

    Raises:
        Refusal: It is not UTF-8, or the client has left.
    """
    try:
        body = await request.body()
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"the body is not UTF-8 (byte {error.object[error.start]:#04x} at {error.start})"
        raise Refusal(400, Fault(Code.WRONG_REQUEST, message)) from error
    except ClientDisconnect as error:  # nobody hears it, but nothing has failed
        raise Refusal(400, Fault(Code.WRONG_REQUEST, "the client left")) from error


_WORDS = {
    400: "The request, the rules or the facts are wrong.",
    401: "There is no token, or it is wrong.",
    403: "The operator does not allow it.",
    404: "There is no such rule set, session or fact.",
    408: "The body took too long to arrive.",
    409: "A key is in use, or another request is using the session.",
    413: "It is over a limit: of size, number or time.",
    415: "The body is of a kind that is not taken.",
    422: "The request does not have its form, or a rule failed.",
    503: "Too much is asked at once.",
}
_ALWAYS = (401, 403, 422, 503)
_WITH_BODY = (400, 408, 413, 415)


def may_answer(
    *statuses: int, body: bool = False, also: dict[int | str, dict[str, Any]] | None = None
) -> dict[int | str, dict[str, Any]]:
    """What an endpoint may answer with, for the description.

    Args:
        statuses: Those of faults, without those that all endpoints have.
        body: Whether it takes a body.
        also: Further answers.
    """
    listed = sorted({*statuses, *_ALWAYS, *(_WITH_BODY if body else ())})
    faults = {status: {"model": FaultModel, "description": _WORDS[status]} for status in listed}
    return {**(also or {}), **faults}
