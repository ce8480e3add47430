"""The REST service: FastAPI over a catalogue of rule sets and the sessions that clients hold."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import Depends, FastAPI
from fastapi.security import HTTPBearer

import rete_engine
from rete_engine.services import rest_rulesets, rest_sessions
from rete_engine.services.execution import Bounds
from rete_engine.services.rest_answers import Json, add_handlers
from rete_engine.services.rest_guard import Door, Guard
from rete_engine.services.rest_models import Health
from rete_engine.services.rest_shared import Service, may_answer
from rete_engine.services.sessions import Sessions

#: Seconds between looks for sessions that nobody uses.
SWEEP = 10.0

DESCRIPTION = """
Rule sets by name, executed over facts that come as JSON, once or in sessions that keep them.

What is wrong is always told in one shape: a `code` for programs, a `message` for readers, and
`diagnostics`, each with its place. Values that JSON has no word for are spelled as follows: dates,
times and durations as ISO 8601 strings, decimals as strings, sets and tuples as lists, NaN and
infinities as null.
"""


def create_app(service: Service | None = None) -> FastAPI:
    """The service as an ASGI application.

    Args:
        service: What it works with; by default an empty catalogue and the usual bounds.

    Example:
        >>> app = create_app()
        >>> sorted(app.openapi()["paths"])[:3]
        ['/execute', '/health', '/rulesets']
    """
    service = service or Service()
    app = FastAPI(
        title="rete_engine",
        version=rete_engine.__version__,
        description=DESCRIPTION,
        lifespan=_lifespan,
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
    )
    app.state.service = service
    add_handlers(app)
    # The guard asks for tokens; here they come into the description.
    token = [Depends(HTTPBearer(auto_error=False))] if service.door.tokens else []
    app.add_api_route(
        "/health", health, tags=["service"], response_model=Health, responses=may_answer(503)
    )
    app.include_router(rest_rulesets.router, dependencies=token)
    app.include_router(rest_sessions.router, dependencies=token)
    app.add_middleware(Guard, door=service.door)
    return app


async def health() -> Json:
    """That the service is there. It needs no token."""
    return Json({"status": "ok", "version": rete_engine.__version__})


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Look for sessions that nobody uses, and end all when the service stops."""
    sessions: Sessions = app.state.service.sessions

    async def sweep() -> None:
        while True:
            await asyncio.sleep(SWEEP)
            await asyncio.to_thread(sessions.sweep)

    task = asyncio.create_task(sweep())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        sessions.hang_up()
        sessions.close_all()


__all__ = ["Bounds", "Door", "Service", "create_app"]
