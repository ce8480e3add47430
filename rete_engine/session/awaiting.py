"""Async functions: what `Session.run_async` does with what they answer.

An action is plain code, in the midst of which the engine cannot be suspended. So under `run_async`
the whole run has a thread of its own. Where an action calls an async function, that thread waits
while the event loop does the work; nothing else of the session happens meanwhile, and firings
follow each other in the order that `run` has.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar, cast

from rete_engine.expressions.errors import EvaluationError
from rete_engine.runtime.engine import Engine

# What is async is imported where it is used: most programs go without, and begin sooner.
if TYPE_CHECKING:
    import asyncio
    import concurrent.futures

T = TypeVar("T")

#: How often, in seconds, a run that was cancelled is told to stop until it has.
_PATIENCE = 0.05


class Awaiting:
    """Waits for what async functions of one session answer."""

    def __init__(self) -> None:
        self.engine: Engine | None = None
        self.loop: asyncio.AbstractEventLoop | None = None  # of the `run_async` under way
        self.awaited: concurrent.futures.Future[object] | None = None
        self.is_cancelled = False

    def begin(self, engine: Engine, loop: asyncio.AbstractEventLoop | None) -> None:
        """A run begins; without an event loop it waits for nothing."""
        self.engine = engine
        self.loop = loop

    def end(self) -> None:
        """The run is over."""
        self.engine = None
        self.loop = None

    def value(self, what: str, answer: object) -> object:
        """What an async function of the program answers, waited for.

        Raises:
            EvaluationError: Nobody can wait for it here.
            CancelledError: The run was cancelled.
        """
        import asyncio
        from concurrent.futures import CancelledError

        loop = self.loop
        if loop is None or self.engine is None or not self.engine.acting:
            _drop(answer)
            raise EvaluationError(
                f"{what} is async, and only an action can wait for it, under"
                " 'await session.run_async()'"
            )
        if self.is_cancelled:
            _drop(answer)
            raise asyncio.CancelledError
        self.awaited = asyncio.run_coroutine_threadsafe(_result(answer), loop)
        try:
            return self.awaited.result()
        except CancelledError:
            if self.is_cancelled:
                raise asyncio.CancelledError from None
            raise EvaluationError(f"{what} was cancelled") from None
        finally:
            self.awaited = None

    async def run(self, call: Callable[[asyncio.AbstractEventLoop], T]) -> T:
        """Call something in a thread of its own, and stop it when this is cancelled."""
        import asyncio
        import contextvars
        from concurrent.futures import ThreadPoolExecutor

        loop = asyncio.get_running_loop()
        context = contextvars.copy_context()
        # Not the loop's own threads: what is waited for may need those.
        pool = ThreadPoolExecutor(1, "rete_engine")
        future = loop.run_in_executor(pool, context.run, call, loop)
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            await self._stop(future)
            raise
        finally:
            pool.shutdown(wait=False)

    async def _stop(self, future: asyncio.Future[T]) -> None:
        """Let a run end: what it waits for is cancelled, and no further rule fires."""
        import asyncio

        self.is_cancelled = True
        while not future.done():
            if self.awaited is not None:
                self.awaited.cancel()
            if self.engine is not None:
                self.engine.halted = True
            try:
                await asyncio.wait([future], timeout=_PATIENCE)
            except asyncio.CancelledError:
                continue  # it is told already
        self.is_cancelled = False
        if not future.cancelled():
            future.exception()  # it has been seen


async def _result(answer: object) -> object:
    return await cast("Awaitable[object]", answer)


def _drop(answer: object) -> None:
    """Let go of what is not waited for, without a warning that nobody did."""
    close = getattr(answer, "close", None)
    if close is not None:
        close()
