"""Who may ask, how much at once, and how large and slow a body may be."""

from __future__ import annotations

import asyncio
import hmac
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from rete_engine.services.rest import Door, Service, create_app
from rete_engine.services.rest_guard import check_token
from rete_engine.services.sessions import Options
from tests.services.conftest import OTHER, SHOP, TOKEN, Open, bearing


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong-token-of-nobody"},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": TOKEN},
        {"Authorization": "Bearer"},
        {"Authorization": f"Bearer {TOKEN}x"},
        {"Authorization": f"Bearer {TOKEN.upper()}"},
        {"Authorization": b"Bearer \xff\xfe"},
        {"X-Token": TOKEN},
    ],
)
def test_without_the_token_nothing_is_told(open_client: Open, headers: dict[str, Any]) -> None:
    client = open_client(Service(door=Door(tokens=[TOKEN, OTHER])))
    for method, path in (
        ("GET", "/rulesets"),
        ("PUT", "/rulesets/x"),
        ("POST", "/execute"),
        ("POST", "/sessions"),
        ("GET", "/nowhere"),
    ):
        answer = client.request(method, path, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
        assert answer.headers["www-authenticate"] == "Bearer"
    assert client.get("/health").status_code == 200
    assert client.get("/openapi.json").status_code == 200


def test_each_token_is_let_in(open_client: Open) -> None:
    client = open_client(Service(door=Door(tokens=[TOKEN, OTHER])))
    for token in (TOKEN, OTHER):
        assert client.get("/rulesets", headers=bearing(token)).status_code == 200
        spelled = {"authorization": f"bEARER  {token} ", "host": "anything.example"}
        assert client.get("/rulesets", headers=spelled).status_code == 200


def test_time_tells_nothing_of_a_token(open_client: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[int, int]] = []
    original = hmac.compare_digest

    def compare(one: bytes, other: bytes) -> bool:
        compared.append((len(one), len(other)))
        return original(one, other)

    monkeypatch.setattr("hmac.compare_digest", compare)
    client = open_client(Service(door=Door(tokens=[TOKEN, OTHER])))
    for token in (TOKEN, "x"):
        client.get("/rulesets", headers=bearing(token))
    assert compared == [(32, 32)] * 4  # digests, and all of them whichever is right


def test_without_tokens_only_this_machine_is_meant(open_client: Open) -> None:
    client = open_client(Service())
    for name in ("localhost", "localhost:8000", "127.0.0.1:80", "[::1]:8000", "[::1]", "LOCALHOST"):
        assert client.get("/rulesets", headers={"Host": name}).status_code == 200, name
    for name in ("evil.example", "localhost.evil.example:8000", "127.0.0.1.evil.example", ""):
        answer = client.get("/rulesets", headers={"Host": name})
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), name


@pytest.mark.parametrize(
    ("token", "says"),
    [
        ("", "at least 16"),
        ("short", "at least 16"),
        ("x" * 16 + " y", "ASCII"),
        ("ä" * 20, "ASCII"),
    ],
)
def test_a_token_that_is_none(token: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        check_token(token)
    check_token("x" * 16)


# -- bodies ----------------------------------------------------------------------------------------


def test_a_body_that_is_too_large(open_client: Open) -> None:
    client = open_client(Service(door=Door(body=1000)))
    for body in (b"x" * 1001, b"x" * 10_000_000):
        answer = client.put("/rulesets/x", content=body)
        assert (answer.status_code, answer.json()["code"]) == (413, "over_limit")
    fits = b"# " + b"x" * 998
    assert client.put("/rulesets/x", content=fits).status_code == 201


def test_a_body_is_counted_whatever_its_length_is_said(open_client: Open) -> None:
    client = open_client(Service(door=Door(body=1000)))
    sent = 0

    def parts() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(10_000):
            sent += 100
            yield b" " * 100

    for method, path in (("PUT", "/rulesets/x"), ("POST", "/execute")):
        headers = {"Content-Type": "application/json"}  # and no Content-Length
        answer = client.request(method, path, content=parts(), headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (413, "over_limit")


Part = dict[str, Any]


class Request:
    """One request to an application, part by part, as a server hands it over."""

    def __init__(self, service: Service, method: str, path: str) -> None:
        self.app = create_app(service)
        self.scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [(b"host", b"localhost"), (b"content-type", b"application/json")],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
        }
        self.parts: asyncio.Queue[Part] = asyncio.Queue()
        self.sent: list[Part] = []

    async def __call__(self) -> None:
        async def send(message: Any) -> None:
            self.sent.append(message)

        await self.app(self.scope, self.parts.get, send)

    @property
    def status(self) -> int:
        status: int = self.sent[0]["status"]
        return status

    @property
    def code(self) -> str:
        code: str = json.loads(self.sent[1]["body"])["code"]
        return code


def test_a_body_that_is_too_slow() -> None:
    async def run() -> None:
        request = Request(Service(door=Door(body_time=0.1)), "POST", "/execute")
        request.parts.put_nowait({"type": "http.request", "body": b"{", "more_body": True})
        await request()  # nothing more comes
        assert (request.status, request.code) == (408, "wrong_request")

    asyncio.run(run())


@pytest.mark.parametrize("path", ["/execute", "/rulesets/x"])
def test_a_client_that_leaves_in_the_middle_of_its_body(path: str) -> None:
    async def run() -> None:
        service = Service()
        request = Request(service, "PUT" if "rulesets" in path else "POST", path)
        request.parts.put_nowait({"type": "http.request", "body": b"{", "more_body": True})
        request.parts.put_nowait({"type": "http.disconnect"})
        await request()
        assert request.status == 400
        assert service.catalog.entries() == []

    asyncio.run(run())


def test_a_client_that_leaves_while_rules_run() -> None:
    started, goes_on = threading.Event(), threading.Event()

    def wait() -> int:
        started.set()
        goes_on.wait(30)
        return 1

    async def run() -> None:
        service = Service()
        service.catalog.functions["wait"] = wait
        text = 'external function wait() -> int\nrule "r"\nwhen\nthen\n    emit wait()\nend\n'
        entry, _ = service.catalog.register("waits", text)
        held = service.sessions.open("", entry, Options({}), [])
        request = Request(service, "POST", f"/sessions/{held.id}/run")
        request.parts.put_nowait({"type": "http.request", "body": b"", "more_body": False})
        running = asyncio.create_task(request())
        await asyncio.to_thread(started.wait, 30)
        request.parts.put_nowait({"type": "http.disconnect"})
        again = Request(service, "POST", f"/sessions/{held.id}/run")
        again.parts.put_nowait({"type": "http.request", "body": b"", "more_body": False})
        await again()
        assert (again.status, again.code) == (409, "busy")  # it is under way yet
        goes_on.set()
        await running
        with service.sessions.use(held.id, "") as used:  # and then free, and whole
            assert used.session.run().fired == 0

    asyncio.run(run())


def test_so_many_requests_at_once() -> None:
    async def run() -> None:
        crowded = Service(door=Door(requests=1))
        first = Request(crowded, "POST", "/execute")
        second = Request(crowded, "GET", "/rulesets")
        second.app = first.app
        waiting = asyncio.create_task(first())
        await asyncio.sleep(0.05)
        await second()
        assert (second.status, second.code) == (503, "overloaded")
        assert (b"retry-after", b"1") in second.sent[0]["headers"]
        first.parts.put_nowait({"type": "http.disconnect"})
        await waiting
        third = Request(crowded, "GET", "/rulesets")
        third.app = first.app
        await third()
        assert third.status == 200

    asyncio.run(run())


def test_what_the_service_did_not_foresee_is_told_and_logged(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise RuntimeError("secret")

    client.app.add_api_route("/fail", fail)  # type: ignore[attr-defined]
    answer = client.get("/fail")
    assert answer.status_code == 500
    assert answer.json() == {
        "code": "internal",
        "message": "the service failed; its log says more",
        "diagnostics": [],
    }
    assert "secret" in caplog.text


def test_the_service_ends_its_sessions(open_client: Open) -> None:
    service = Service()
    entry, _ = service.catalog.register("shop", SHOP)
    with TestClient(create_app(service), base_url="http://localhost"):
        held = service.sessions.open("", entry, Options({}), [])
    assert held.ended
