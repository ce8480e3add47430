"""Events of a session on their way to whoever listens."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Iterable

from rete_engine.diagnostics.errors import RuleExecutionError
from rete_engine.services.facts import as_json, number_of
from rete_engine.session.events import EVENTS, Subscription
from rete_engine.session.fact import Fact
from rete_engine.session.jsonable import jsonable
from rete_engine.session.results import Firing, Waiting
from rete_engine.session.session import Session

#: What may be listened to: the events of a session, and what its rules print.
NAMES = (*EVENTS, "print")

#: What is listened to where nothing is said. The others cost more than they are worth to most.
USUAL = ("insert", "modify", "retract", "fire", "error", "print")

#: So many events, and characters of them, wait for a listener that does not keep up.
MOST_WAITING = 10_000
LONGEST_WAITING = 10_000_000


class Feed:
    """The events for one listener. They are put by one thread and taken by another.

    Args:
        events: Those that are wanted, of `NAMES`.
        wake: Called when there is something to take; in the thread that puts.
    """

    def __init__(self, events: Iterable[str], wake: Callable[[], None]) -> None:
        self.events = frozenset(events)
        self._wake = wake
        self._lock = threading.Lock()
        self._waiting: deque[tuple[str, str]] = deque()
        self._weight = 0  # characters that wait
        self._subscriptions: list[Subscription] = []
        self._ended = ""  # why nothing more comes

    def attach(self, session: Session) -> None:
        """Listen to a session, which must not be in use."""
        told: dict[str, Callable[..., object]] = {
            "insert": as_json,
            "modify": _modified,
            "retract": as_json,
            "activate": _waiting,
            "cancel": _waiting,
            "fire": _fired,
            "error": _failed,
        }
        for event in EVENTS:
            if event in self.events:
                self._subscriptions.append(session.on(event, self._putting(event, told[event])))

    def put(self, event: str, data: object) -> None:
        """Put an event. A listener that is far behind gets no more."""
        text = json.dumps(data, allow_nan=False, separators=(",", ":"))
        with self._lock:
            if self._ended:
                return
            is_first = not self._waiting
            self._weight += len(text)
            if len(self._waiting) >= MOST_WAITING or self._weight > LONGEST_WAITING:
                self._ended = "too slow: more events were waiting than are kept"
            else:
                self._waiting.append((event, text))
        if is_first:  # else it was woken, and has not taken what is there
            self._wake()

    def end(self, reason: str) -> None:
        """Put nothing more; what waits can be taken."""
        with self._lock:
            self._ended = self._ended or reason
            subscriptions, self._subscriptions = self._subscriptions, []
        for subscription in subscriptions:
            subscription.close()
        self._wake()

    def take(self) -> tuple[list[tuple[str, str]], str]:
        """What waits, each with its data as JSON; and why nothing more comes, if that is so."""
        with self._lock:
            taken = list(self._waiting)
            self._waiting.clear()
            self._weight = 0
            return taken, self._ended

    def _putting(self, event: str, told: Callable[..., object]) -> Callable[..., None]:
        def put(*arguments: object) -> None:
            self.put(event, told(*arguments))

        return put


def _modified(fact: Fact, before: dict[str, object]) -> dict[str, object]:
    return {**as_json(fact), "before": jsonable(before)}


def _waiting(activation: Waiting) -> dict[str, object]:
    return {"salience": activation.salience, **_match(activation)}


def _fired(firing: Firing) -> dict[str, object]:
    return _match(firing)


def _match(match: Firing | Waiting) -> dict[str, object]:
    bindings = match.matched if isinstance(match, Firing) else match.bindings
    return {
        "rule": match.rule,
        "bindings": {name: jsonable(value) for name, value in bindings.items()},
        "facts": [number_of(fact) for fact in match.facts],
    }


def _failed(error: RuleExecutionError) -> dict[str, object]:
    return {"rule": error.rule, "line": error.line, "message": str(error)}


def waiting_as_json(activation: Waiting) -> dict[str, object]:
    """An activation as services show it."""
    return _waiting(activation)


def firing_as_json(firing: Firing) -> dict[str, object]:
    """A firing as services show it."""
    return _fired(firing)
