"""Listening to a session: server-sent events."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from rete_engine.services import feeds, sessions
from rete_engine.services.catalog import Catalog
from rete_engine.services.execution import Bounds
from rete_engine.services.faults import Fault
from rete_engine.services.feeds import Feed
from rete_engine.services.rest import Service
from rete_engine.services.sessions import Held, Options, Sessions
from tests.services.conftest import LOOP, SHOP


class Listener:
    """Listens to a session over HTTP, until the session ends."""

    def __init__(self, client: TestClient, path: str, query: str = "") -> None:
        self.answer: Any = None

        def listen() -> None:
            self.answer = client.get(f"{path}/events{query}")

        self.thread = threading.Thread(target=listen)
        self.thread.start()

    def events(self) -> list[tuple[str, Any]]:
        """All events, when the stream has ended."""
        self.thread.join(30)
        assert self.answer.status_code == 200, self.answer.text
        assert self.answer.headers["content-type"].startswith("text/event-stream")
        first, *parts = self.answer.text.split("\n\n")
        assert first == ": listening"
        found: list[tuple[str, Any]] = []
        for part in parts:
            if part and not part.startswith(":"):
                name, data = part.split("\n")
                found.append(
                    (name.removeprefix("event: "), json.loads(data.removeprefix("data: ")))
                )
        return found


def soon(holds: Callable[[], object]) -> None:
    """Wait until something holds."""
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


def opened(service: Service, facts: Any = ()) -> tuple[str, Held]:
    entry = service.catalog.get("shop")
    held = service.sessions.open("", entry, Options({}), list(facts))
    return f"/sessions/{held.id}", held


def test_what_happens_is_told(client: TestClient, service: Service) -> None:
    path, held = opened(service)
    listener = Listener(client, path)
    soon(lambda: held.listeners)
    client.post(f"{path}/facts", json={"facts": [{"id": 1, "total": 250}]})
    client.post(f"{path}/run")
    client.patch(f"{path}/facts/1", json={"total": 260})
    client.delete(f"{path}/facts/1")
    client.delete(path)
    told = listener.events()
    assert [name for name, _ in told] == [
        "insert",
        "modify",
        "print",
        "fire",
        "modify",
        "retract",
        "end",
    ]
    assert (told[0][1]["fact_id"], told[0][1]["fields"]["status"]) == (1, "new")
    assert (told[1][1]["fields"]["status"], told[1][1]["before"]) == ("large", {"status": "new"})
    assert told[2][1] == "order 1 is large"
    assert (told[3][1]["rule"], told[3][1]["facts"]) == ("large", [1])
    assert told[-1][1] == {"reason": "closed"}


def test_only_what_is_wanted_is_told(client: TestClient, service: Service) -> None:
    path, held = opened(service)
    listener = Listener(client, path, "?events=activate&events=cancel")
    soon(lambda: held.listeners)
    client.post(f"{path}/facts", json={"facts": [{"id": 1, "total": 250}]})
    client.delete(f"{path}/facts/1")
    client.delete(path)
    told = listener.events()
    assert [name for name, _ in told] == ["activate", "cancel", "end"]
    assert (told[0][1]["rule"], told[0][1]["salience"]) == ("large", 0)


def test_an_unknown_event_is_refused(client: TestClient, service: Service) -> None:
    path, _ = opened(service)
    assert client.get(f"{path}/events?events=explode").status_code == 422
    assert client.get("/sessions/none/events").status_code == 404


def test_a_failure_is_told() -> None:
    text = (
        'template D\n    by: int\nend\nrule "r"\nwhen\n    d := D()\nthen\n    emit 1 / d.by\nend\n'
    )
    entry, _ = Catalog().register("d", text)
    held = Sessions(Bounds()).open("", entry, Options({}, on_error="skip"), [{"by": 0}])
    feed = held.listen(["error"], lambda: None)
    held.run(None, None, False)
    [(name, data)] = feed.take()[0]
    told = json.loads(data)
    assert (name, told["rule"], told["line"]) == ("error", "r", 8)


def test_a_listener_that_leaves_is_forgotten() -> None:
    held = shop()
    feed = held.listen(["insert"], lambda: None)
    held.session.insert("Order", id=1, total=1.0)
    held.leave(feed)
    held.leave(feed)
    held.session.insert("Order", id=2, total=1.0)
    taken, ended = feed.take()
    assert (len(taken), ended, held.listeners) == (1, "left", 0)


def test_a_listener_that_does_not_keep_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "MOST_WAITING", 3)
    woken: list[int] = []
    feed = Feed(["print"], lambda: woken.append(1))
    for number in range(10):
        feed.put("print", number)
    taken, ended = feed.take()
    assert ([data for _, data in taken], ended.partition(":")[0]) == (["0", "1", "2"], "too slow")
    assert woken == [1]
    feed.put("print", 11)
    assert feed.take()[0] == []


def test_so_many_listen_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "MOST_FEEDS", 2)
    held = shop()
    first = held.listen(["insert"], lambda: None)
    held.listen(["insert"], lambda: None)
    with pytest.raises(Fault, match="2 are listening"):
        held.listen(["insert"], lambda: None)
    held.leave(first)
    held.listen(["insert"], lambda: None)


def test_listening_changes_no_firing() -> None:
    entry, _ = Catalog().register("loop", LOOP)
    done = []
    choices: list[tuple[str, ...]] = [(), feeds.NAMES]
    for events in choices:
        held = Sessions(Bounds()).open("", entry, Options({}), [{"n": n} for n in range(3)])
        if events:
            held.listen(events, lambda: None)
        done.append(held.run(20, None, True)["firings"])
    assert done[0] == done[1]


def test_when_the_service_stops_all_are_told(service: Service) -> None:
    _, held = opened(service)
    feed = held.listen(["insert"], lambda: None)
    service.sessions.hang_up_soon()
    soon(lambda: feed.take()[1])
    assert feed.take()[1] == "the service stops"


def shop() -> Held:
    entry, _ = Catalog().register("shop", SHOP)
    return Sessions(Bounds()).open("", entry, Options({}), [])
