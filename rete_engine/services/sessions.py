"""Sessions that clients hold: each belongs to who opened it, and ends when nobody uses it."""

from __future__ import annotations

import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from rete_engine.diagnostics.errors import RuleEngineError, SecurityError, SessionError
from rete_engine.services.catalog import Entry
from rete_engine.services.execution import Bounds
from rete_engine.services.facts import insert_facts
from rete_engine.services.faults import Code, Fault, fault_of
from rete_engine.services.feeds import Feed
from rete_engine.services.running import Told
from rete_engine.session.session import Session

#: Sessions that one owner may hold, and seconds after which one that is not used ends.
MOST = 100
IDLE = 1_800.0

#: So many may listen to the events of one session.
MOST_FEEDS = 10


@dataclass(frozen=True)
class Options:
    """How a session is opened; as for `RuleSet.session`."""

    params: Mapping[str, object]
    strategy: str = "depth"
    seed: int = 0
    on_error: str = "raise"


class Held:
    """A session that a client holds.

    Attributes:
        id: What it is asked for by; nobody guesses it.
        owner: Who opened it.
        entry: Its rule set, which stays the same when another comes to have the name.
    """

    def __init__(self, owner: str, entry: Entry, options: Options, bounds: Bounds) -> None:
        self.id = secrets.token_urlsafe(16)
        self.owner = owner
        self.entry = entry
        self.bounds = bounds
        self.lock = threading.Lock()  # held by the one request that uses the session
        self.used = 0.0  # when it was last used, on the clock of `Sessions`
        self.ended = False
        self._feeds: tuple[Feed, ...] = ()
        self._feeds_lock = threading.Lock()  # they leave without using the session
        self._told = Told()
        self.session: Session = entry.rules.session(
            options.params,
            strategy=options.strategy,
            seed=options.seed,
            on_error=options.on_error,
            limits=bounds.limits(),
            out=self._say,
        )

    def run(self, limit: int | None, timeout: float | None, trace: bool) -> dict[str, object]:
        """Fire rules, as `Session.run`; answers with plain values.

        Raises:
            Fault: It is over a limit.
            RuleEngineError: A rule failed.
        """
        started = time.perf_counter()
        seconds = self.bounds.timeout(timeout)
        self._told.run(self.session, limit, seconds, trace, self.bounds.output)
        told, self._told = self._told, Told()
        loop = told.loop
        return {
            "fired": told.fired,
            "stopped": told.stopped,
            "outputs": told.outputs,
            "printed": told.printed,
            "errors": told.errors,
            "firings": told.firings,
            "loop": None if loop is None else {"rules": loop.rules, "fields": loop.fields},
            "execution_time_ms": round((time.perf_counter() - started) * 1000, 3),
        }

    def listen(self, events: Iterable[str], wake: Callable[[], None]) -> Feed:
        """Tell somebody what happens in the session from now on; `leave` ends it.

        Raises:
            Fault: Too many listen already.
        """
        if self.listeners >= MOST_FEEDS:
            raise Fault(Code.OVER_LIMIT, f"{MOST_FEEDS} are listening to the session already")
        feed = Feed(events, wake)
        feed.attach(self.session)
        with self._feeds_lock:
            self._feeds = (*self._feeds, feed)
        return feed

    @property
    def listeners(self) -> int:
        """How many listen."""
        return len(self._feeds)

    def leave(self, feed: Feed) -> None:
        """Tell no more."""
        with self._feeds_lock:
            self._feeds = tuple(each for each in self._feeds if each is not feed)
        feed.end("left")

    def hang_up(self, reason: str) -> None:
        """Tell all who listen that nothing more comes, and why."""
        with self._feeds_lock:
            feeds, self._feeds = self._feeds, ()
        for feed in feeds:
            feed.end(reason)

    def end(self, reason: str) -> None:
        """Close the session, and tell those who listen why. The lock must be held."""
        self.ended = True
        self.hang_up(reason)
        self.session.close()

    def _say(self, text: str) -> None:
        self._told.say(text)
        for feed in self._feeds:
            if "print" in feed.events:
                feed.put("print", text)


class Sessions:
    """All sessions of a service. Safe under threads.

    Args:
        bounds: What each may cost.
        most: How many one owner may hold.
        idle: Seconds after which one that nobody uses ends.
        clock: Seconds that only grow.
    """

    def __init__(
        self,
        bounds: Bounds,
        *,
        most: int = MOST,
        idle: float = IDLE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.bounds = bounds
        self.most = most
        self.idle = idle
        self._clock = clock
        self._lock = threading.Lock()
        self._held: dict[str, Held] = {}
        self._count: Counter[str] = Counter()  # by owner, those being opened too

    def open(self, owner: str, entry: Entry, options: Options, facts: object) -> Held:
        """Open a session and insert facts.

        Raises:
            Fault: Options or facts do not fit, or the owner holds too many. Nothing is left.
        """
        self.sweep()
        with self._lock:
            if self._count[owner] >= self.most:
                raise Fault(
                    Code.OVER_LIMIT, f"{self.most} sessions are open; end one that is not needed"
                )
            self._count[owner] += 1
        try:
            held = Held(owner, entry, options, self.bounds)
            try:
                insert_facts(held.session, entry.rules, facts, self.bounds.facts)
            except BaseException:
                held.session.close()
                raise
        except BaseException as error:
            with self._lock:
                self._forget(owner)
            if isinstance(error, RuleEngineError):
                raise fault_of(error) from error
            raise
        held.used = self._clock()
        with self._lock:
            self._held[held.id] = held
        return held

    @contextmanager
    def use(self, id: str, owner: str) -> Iterator[Held]:
        """Use a session; one request at a time.

        Raises:
            Fault: The owner has no such session, or another request is using it; or what an error
                of the engine inside means.
        """
        held = self._of(id, owner)
        if not held.lock.acquire(blocking=False):
            raise Fault(
                Code.BUSY, "another request is using the session; try again when it is done"
            )
        try:
            if held.ended or self._clock() - held.used > self.idle:
                self._end(held, "expired")
                raise self._unknown(id)
            held.used = self._clock()
            yield held
        except RuleEngineError as error:
            raise self._failed(held, error) from error
        finally:
            held.used = self._clock()
            held.lock.release()

    def close(self, id: str, owner: str) -> None:
        """End a session.

        Raises:
            Fault: The owner has no such session, or a request is using it.
        """
        with self.use(id, owner) as held:
            self._end(held, "closed")

    def of(self, owner: str) -> list[Held]:
        """The sessions of an owner, in the order in which they were opened."""
        self.sweep()
        with self._lock:
            return [held for held in self._held.values() if held.owner == owner]

    def expires_in(self, held: Held) -> float:
        """The seconds after which a session ends if it is not used."""
        return max(held.used + self.idle - self._clock(), 0.0)

    def sweep(self) -> None:
        """End the sessions that nobody has used for long."""
        now = self._clock()
        with self._lock:
            old = [held for held in self._held.values() if now - held.used > self.idle]
        for held in old:
            if held.lock.acquire(blocking=False):  # else somebody uses it after all
                try:
                    if now - held.used > self.idle:
                        self._end(held, "expired")
                finally:
                    held.lock.release()

    def hang_up_soon(self) -> None:
        """As `hang_up`, in a thread of its own: for a signal's handler, which must not wait."""
        threading.Thread(target=self.hang_up, daemon=True).start()

    def hang_up(self) -> None:
        """Tell all who listen that the service stops."""
        with self._lock:
            all_held = list(self._held.values())
        for held in all_held:
            held.hang_up("the service stops")

    def close_all(self) -> None:
        """End all sessions that no request is using: those end with their request."""
        with self._lock:
            all_held = list(self._held.values())
        for held in all_held:
            if held.lock.acquire(blocking=False):
                try:
                    self._end(held, "the service stops")
                finally:
                    held.lock.release()

    def _of(self, id: str, owner: str) -> Held:
        with self._lock:
            held = self._held.get(id)
        if held is None or held.owner != owner:
            raise self._unknown(id)
        return held

    def _unknown(self, id: str) -> Fault:
        time = f"{self.idle:g} seconds" if self.idle < 120 else f"{self.idle / 60:g} minutes"
        return Fault(
            Code.NOT_FOUND,
            f"there is no session '{id[:100]}' (one that is not used for {time} ends)",
        )

    def _failed(self, held: Held, error: RuleEngineError) -> Fault:
        """The fault of an error; after one that a session does not survive, it is ended."""
        fault = fault_of(error)
        if isinstance(error, SecurityError):
            try:
                held.session.agenda(0)
            except SessionError:
                self._end(held, "over a limit")
                return Fault(fault.code, f"{fault.message}; the session is closed")
        return fault

    def _end(self, held: Held, reason: str) -> None:
        """End a session whose lock is held."""
        if held.ended:
            return
        held.end(reason)
        with self._lock:
            if self._held.pop(held.id, None) is not None:
                self._forget(held.owner)

    def _forget(self, owner: str) -> None:
        self._count[owner] -= 1
        if not self._count[owner]:
            del self._count[owner]
