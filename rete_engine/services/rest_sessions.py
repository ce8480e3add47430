"""The endpoints of sessions, which keep facts between requests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Annotated, Literal

from fastapi import APIRouter, Body, Path, Query, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Scope, Send

from rete_engine.services.facts import as_json, find_fact, insert_facts, modify_fact
from rete_engine.services.feeds import USUAL, Feed, waiting_as_json
from rete_engine.services.rest_answers import Json, as_text
from rete_engine.services.rest_models import (
    Agenda,
    FactList,
    FactModel,
    FactsRequest,
    RunAnswer,
    RunRequest,
    SessionList,
    SessionModel,
    SessionRequest,
    WhyAnswer,
    WhyNotAnswer,
)
from rete_engine.services.rest_shared import Owner, StrictRoute, TheService, may_answer
from rete_engine.services.sessions import Held, Options

router = APIRouter(route_class=StrictRoute, prefix="/sessions", tags=["sessions"])

#: Seconds between signs of life on a stream of events.
ALIVE = 15.0

_STREAM: dict[str, object] = {
    "description": "Events as they happen. Each has a name and, as `data`, JSON; the last is `end`,"
    " with the reason.",
    "content": {"text/event-stream": {"schema": {"type": "string"}}},
}

Id = Annotated[str, Path(description="The `id` of a session.")]
FactId = Annotated[int, Path(ge=1, description="The `fact_id` of a fact.")]
Event = Literal["insert", "modify", "retract", "activate", "cancel", "fire", "error", "print"]


@router.post(
    "", status_code=201, response_model=SessionModel, responses=may_answer(404, 409, body=True)
)
def post_session(service: TheService, owner: Owner, asked: SessionRequest) -> Json:
    """Open a session. It belongs to the token that opened it, and ends when it is not used."""
    entry = service.catalog.get(asked.ruleset_uri)
    options = Options(asked.params, asked.strategy, asked.seed, asked.on_error)
    held = service.sessions.open(owner, entry, options, asked.facts)
    return Json(_told(held, service), 201, headers={"Location": f"/sessions/{held.id}"})


@router.get("", response_model=SessionList, responses=may_answer())
def list_sessions(service: TheService, owner: Owner) -> Json:
    """The sessions of whoever asks, in the order in which they were opened."""
    return Json({"sessions": [_told(held, service) for held in service.sessions.of(owner)]})


@router.get("/{id}", response_model=SessionModel, responses=may_answer(404, 409))
def get_session(service: TheService, owner: Owner, id: Id) -> Json:
    """A session. To ask for it is to use it."""
    with service.sessions.use(id, owner) as held:
        return Json(_told(held, service))


@router.delete("/{id}", status_code=204, responses=may_answer(404, 409))
def delete_session(service: TheService, owner: Owner, id: Id) -> Response:
    """End a session."""
    service.sessions.close(id, owner)
    return Response(status_code=204)


@router.post(
    "/{id}/facts",
    status_code=201,
    response_model=FactList,
    responses=may_answer(404, 409, body=True),
)
def post_facts(service: TheService, owner: Owner, id: Id, asked: FactsRequest) -> Json:
    """Insert facts: all, or none when one does not fit."""
    with service.sessions.use(id, owner) as held:
        facts = insert_facts(held.session, held.entry.rules, asked.facts, service.bounds.facts)
        return Json({"facts": [as_json(fact) for fact in facts]}, 201)


@router.get("/{id}/facts", response_model=FactList, responses=may_answer(400, 404, 409))
def get_facts(
    service: TheService,
    owner: Owner,
    id: Id,
    template: Annotated[
        str | None, Query(description="Only facts of this template and those that extend it.")
    ] = None,
) -> Json:
    """The facts of a session, in the order in which they were inserted."""
    with service.sessions.use(id, owner) as held:
        return Json({"facts": [as_json(fact) for fact in held.session.facts(template)]})


@router.patch(
    "/{id}/facts/{fact}", response_model=FactModel, responses=may_answer(404, 409, body=True)
)
def patch_fact(
    service: TheService,
    owner: Owner,
    id: Id,
    fact: FactId,
    fields: Annotated[
        dict[str, object],
        Body(description="The fields that change.", examples=[{"status": "paid"}]),
    ],
) -> Json:
    """Change fields of a fact."""
    with service.sessions.use(id, owner) as held:
        found = find_fact(held.session, fact)
        modify_fact(held.session, held.entry.rules, found, fields)
        return Json(as_json(found))


@router.delete("/{id}/facts/{fact}", status_code=204, responses=may_answer(404, 409))
def delete_fact(service: TheService, owner: Owner, id: Id, fact: FactId) -> Response:
    """Retract a fact."""
    with service.sessions.use(id, owner) as held:
        held.session.retract(find_fact(held.session, fact))
        return Response(status_code=204)


@router.post("/{id}/run", response_model=RunAnswer, responses=may_answer(404, 409, body=True))
def post_run(service: TheService, owner: Owner, id: Id, asked: RunRequest | None = None) -> Json:
    """Fire rules until nothing waits, an action halts, or a bound is reached.

    A run that is stopped at its timeout has lost nothing: another goes on. When an action fails,
    nothing of it has happened, and what was emitted before it comes with the next run.
    """
    asked = asked or RunRequest()
    with service.sessions.use(id, owner) as held:
        return Json(held.run(asked.limit, asked.timeout, asked.trace))


@router.get("/{id}/agenda", response_model=Agenda, responses=may_answer(404, 409))
def get_agenda(
    service: TheService,
    owner: Owner,
    id: Id,
    limit: Annotated[int, Query(ge=1, le=1000, description="The most to list.")] = 20,
) -> Json:
    """What would fire, the next one first. Looking changes nothing."""
    with service.sessions.use(id, owner) as held:
        return Json({"agenda": [waiting_as_json(each) for each in held.session.agenda(limit)]})


@router.get("/{id}/why", response_model=WhyAnswer, responses=may_answer(400, 404, 409))
def get_why(
    service: TheService,
    owner: Owner,
    id: Id,
    fact: Annotated[int, Query(ge=1, description="The `fact_id` of a fact.")],
    depth: Annotated[int, Query(ge=1, le=100, description="The most firings in a row.")] = 30,
    limit: Annotated[int, Query(ge=1, le=1000, description="The most facts to list.")] = 500,
) -> Json:
    """Where a fact comes from: firings and facts, down to what came from outside."""
    with service.sessions.use(id, owner) as held:
        why = held.session.why(find_fact(held.session, fact), depth=depth, limit=limit)
        return Json({**why.as_dict(), "text": str(why)})


@router.get("/{id}/why-not", response_model=WhyNotAnswer, responses=may_answer(400, 404, 409))
def get_why_not(
    service: TheService,
    owner: Owner,
    id: Id,
    rule: Annotated[str, Query(description="The name of a rule.")],
) -> Json:
    """What keeps a rule from firing: its conditions, and the facts that come nearest."""
    with service.sessions.use(id, owner) as held:
        why_not = held.session.why_not(rule)
        return Json({**why_not.as_dict(), "text": str(why_not)})


@router.get(
    "/{id}/events",
    response_class=StreamingResponse,
    responses=may_answer(404, 409, 413, also={200: _STREAM}),
)
async def get_events(
    service: TheService,
    owner: Owner,
    id: Id,
    events: Annotated[
        list[Event] | None,
        Query(description="Which; without `activate` and `cancel` where nothing is said."),
    ] = None,
) -> Response:
    """Listen to a session: server-sent events. To listen is not to use it."""
    loop = asyncio.get_running_loop()
    woken = asyncio.Event()

    def wake() -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody listens any more
            loop.call_soon_threadsafe(woken.set)

    def listen() -> tuple[Held, Feed]:
        with service.sessions.use(id, owner) as held:
            return held, held.listen(events or USUAL, wake)

    held, feed = await run_in_threadpool(listen)
    return _Events(held, feed, woken)


class _Events(StreamingResponse):
    """A stream of events, which lets its session go whatever ends it."""

    def __init__(self, held: Held, feed: Feed, woken: asyncio.Event) -> None:
        self._held = held
        self._feed = feed
        self._woken = woken
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(self._parts(), media_type="text/event-stream", headers=headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._held.leave(self._feed)

    async def _parts(self) -> AsyncIterator[str]:
        yield ": listening\n\n"
        while True:
            self._woken.clear()
            taken, ended = self._feed.take()
            for event, data in taken:
                yield _event(event, data)
            if ended:
                yield _event("end", as_text({"reason": ended}))
                return
            if taken:
                continue
            try:
                async with asyncio.timeout(ALIVE):
                    await self._woken.wait()
            except TimeoutError:
                yield ": alive\n\n"


def _event(name: str, data: str) -> str:
    return f"event: {name}\ndata: {data}\n\n"


def _told(held: Held, service: TheService) -> dict[str, object]:
    return {
        "id": held.id,
        "ruleset_uri": held.entry.name,
        "hash": held.entry.rules.hash,
        "expires_in": round(service.sessions.expires_in(held), 1),
    }
