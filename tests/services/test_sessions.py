"""Sessions over HTTP: facts that stay between requests."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from fastapi.testclient import TestClient

from rete_engine.services.catalog import Catalog, Entry
from rete_engine.services.execution import Bounds
from rete_engine.services.faults import Code, Fault
from rete_engine.services.rest import Door, Service
from rete_engine.services.sessions import Options, Sessions
from tests.services.conftest import LOOP, OTHER, SHOP, TOKEN, Open, bearing


def opened(client: TestClient, name: str = "shop", **more: Any) -> str:
    """Open a session; answers with its path."""
    answer = client.post("/sessions", json={"ruleset_uri": name, **more})
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"/sessions/{answer.json()['id']}"
    path: str = answer.headers["location"]
    return path


def test_a_session_from_beginning_to_end(client: TestClient) -> None:
    path = opened(client, facts=[{"id": 1, "total": 250, "due": "2026-12-24"}])
    answer = client.post(f"{path}/facts", json={"facts": {"Order": [{"id": 2, "total": 5}]}})
    assert answer.status_code == 201
    [second] = answer.json()["facts"]
    assert (second["fact_id"], second["type"], second["fields"]["total"]) == (2, "Order", 5.0)
    assert [each["fact_id"] for each in client.get(f"{path}/facts").json()["facts"]] == [1, 2]

    agenda = client.get(f"{path}/agenda").json()["agenda"]
    assert [(each["rule"], each["salience"], each["facts"]) for each in agenda] == [
        ("large", 0, [1]),
        ("small", -1, [2]),
    ]
    assert len(client.get(f"{path}/agenda?limit=1").json()["agenda"]) == 1

    changed = client.patch(f"{path}/facts/2", json={"total": 500, "due": "2027-01-01"}).json()
    assert (changed["fields"]["total"], changed["fields"]["due"]) == (500.0, "2027-01-01")
    run = client.post(f"{path}/run", json={"trace": True}).json()
    assert run.pop("execution_time_ms") >= 0
    assert [(each["rule"], each["facts"]) for each in run.pop("firings")] == [
        ("large", [2]),
        ("large", [1]),
    ]
    assert run == {
        "fired": 2,
        "stopped": "quiescent",
        "outputs": [{"order": 2, "due": "2027-01-01"}, {"order": 1, "due": "2026-12-24"}],
        "printed": ["order 2 is large", "order 1 is large"],
        "errors": [],
        "loop": None,
    }
    assert client.post(f"{path}/run").json()["fired"] == 0

    assert client.delete(f"{path}/facts/1").status_code == 204
    for gone in (client.delete(f"{path}/facts/1"), client.patch(f"{path}/facts/1", json={})):
        assert (gone.status_code, gone.json()["message"]) == (404, "there is no fact 1")
    assert client.get(path).json()["ruleset_uri"] == "shop"
    assert client.delete(path).status_code == 204
    for gone in (client.get(path), client.delete(path), client.post(f"{path}/run")):
        assert (gone.status_code, gone.json()["code"]) == (404, "not_found")


def test_options_of_a_session(client: TestClient) -> None:
    path = opened(client, params={"most": 10}, strategy="breadth", seed=3, on_error="skip")
    client.post(f"{path}/facts", json={"facts": [{"id": n, "total": 50} for n in (1, 2)]})
    outputs = client.post(f"{path}/run", json={"limit": 1}).json()["outputs"]
    assert outputs == [{"order": 1, "due": None}]  # breadth takes the first, not the last
    for wrong, status in (
        ({"params": {"mst": 1}}, 400),
        ({"facts": [{"id": 1}]}, 400),
        ({"ruleset_uri": "shp"}, 404),
        ({"strategy": "deep"}, 422),
        ({"on_error": "panic"}, 422),
        ({"limits": {}}, 422),
    ):
        answer = client.post("/sessions", json={"ruleset_uri": "shop", **wrong})
        assert answer.status_code == status, wrong
    assert len(client.get("/sessions").json()["sessions"]) == 1  # nothing half open is left


def test_facts_come_all_or_none(client: TestClient) -> None:
    path = opened(client, facts=[{"id": 1, "total": 1}])
    for row, status in (
        ({"id": 3}, 400),
        ({"id": 1, "total": 1}, 409),
        ({"id": 2, "total": 1}, 409),
    ):
        rows = [{"id": 2, "total": 1}, row]
        answer = client.post(f"{path}/facts", json={"facts": rows})
        assert answer.status_code == status
        assert answer.json()["diagnostics"][0]["place"] == "facts[1]"
        assert len(client.get(f"{path}/facts").json()["facts"]) == 1


@pytest.mark.parametrize(
    ("fields", "status", "says"),
    [
        ({"totl": 1}, 400, "Order has no field 'totl'; did you mean 'total'?"),
        ({"total": "x"}, 400, "expected float"),
        ({"due": "soon"}, 400, "'soon' is no date"),
        ({"id": 2}, 409, "in use by fact 2"),
        ([], 422, "body: Input should be a valid dictionary"),
        (None, 422, "body"),
    ],
)
def test_a_change_that_does_not_fit(
    client: TestClient, fields: Any, status: int, says: str
) -> None:
    path = opened(client, facts=[{"id": 1, "total": 1}, {"id": 2, "total": 2}])
    before = client.get(f"{path}/facts").json()
    answer = client.patch(f"{path}/facts/1", json=fields)
    assert answer.status_code == status
    assert says in answer.json()["message"]
    assert client.get(f"{path}/facts").json() == before


def test_facts_by_template(client: TestClient) -> None:
    path = opened(client, facts=[{"id": 1, "total": 1}])
    assert len(client.get(f"{path}/facts?template=Order").json()["facts"]) == 1
    answer = client.get(f"{path}/facts?template=Ordr")
    assert (answer.status_code, answer.json()["code"]) == (400, "wrong_facts")


def test_fields_with_the_names_of_the_service(client: TestClient) -> None:
    text = "template T\n fact_id: str\n type: str\n template: str\n as_dict: int = 0\nend\n"
    client.put("/rulesets/odd", content=text)
    fields = {"fact_id": "f", "type": "other", "template": "t", "as_dict": 1}
    path = opened(client, "odd", facts={"T": [fields]})
    [fact] = client.get(f"{path}/facts").json()["facts"]
    assert fact == {"fact_id": 1, "type": "T", "fields": fields}
    assert client.patch(f"{path}/facts/1", json={"type": "T"}).json()["fields"]["type"] == "T"


def test_a_session_keeps_its_rules(client: TestClient) -> None:
    path = opened(client, facts=[{"id": 1, "total": 250}])
    client.put("/rulesets/shop", content=SHOP.replace("is large", "is huge"))
    assert client.post(f"{path}/run").json()["printed"] == ["order 1 is large"]
    client.delete("/rulesets/shop")
    assert client.get(f"{path}/facts").status_code == 200


def test_rules_over_one_fact_in_a_session(client: TestClient) -> None:
    path = opened(client, "tiers", facts=[{"spend": 15}, {"spend": 25, "type": "person"}])
    run = client.post(f"{path}/run").json()
    tiers = sorted(each["tier"] for each in run["outputs"])
    assert tiers == ["gold", "silver", "silver"]


FAILS = """
template D
    by: int
end
rule "first"
    salience 1
when
then
    emit "before"
    print "printed before"
end
rule "divide"
when
    d := D()
then
    emit 1 / d.by
end
"""


def test_a_failed_run_loses_nothing(client: TestClient) -> None:
    client.put("/rulesets/fails", content=FAILS)
    path = opened(client, "fails", facts=[{"by": 0}])
    answer = client.post(f"{path}/run")
    assert (answer.status_code, answer.json()["code"]) == (422, "failed")
    assert "rule 'divide' failed (fails:16): division by zero" in answer.json()["message"]
    client.patch(f"{path}/facts/1", json={"by": 2})
    run = client.post(f"{path}/run").json()
    assert (run["outputs"], run["printed"]) == (["before", 0.5], ["printed before"])


def test_errors_that_are_skipped(client: TestClient) -> None:
    client.put("/rulesets/fails", content=FAILS)
    path = opened(client, "fails", facts=[{"by": 0}, {"by": 1}], on_error="skip")
    run = client.post(f"{path}/run").json()
    assert (run["outputs"], len(run["errors"])) == (["before", 1.0], 1)


def test_a_run_stops_and_goes_on(client: TestClient, service: Service) -> None:
    service.catalog.register("loop", LOOP)
    path = opened(client, "loop", facts=[{"n": 0}])
    run = client.post(f"{path}/run", json={"limit": 5}).json()
    assert (run["fired"], run["stopped"], run["loop"]) == (
        5,
        "limit",
        {"rules": ["count"], "fields": ["C.n"]},
    )
    run = client.post(f"{path}/run", json={"timeout": 0.05}).json()
    assert run["stopped"] == "timeout"
    fired = 5 + run["fired"]
    [fact] = client.get(f"{path}/facts").json()["facts"]
    assert fact["fields"]["n"] == fired
    answer = client.post(f"{path}/run", json={"timeout": 3600})
    assert (answer.status_code, answer.json()["code"]) == (413, "over_limit")


GROW = """
template C
    n: int
end
rule "grow"
when
    c := C()
then
    insert C(n = c.n + 1)
end
"""


def test_a_session_over_its_limit_is_ended(open_client: Open) -> None:
    service = Service(bounds=Bounds(facts=10))
    service.catalog.register("grow", GROW)
    client = open_client(service)
    path = opened(client, "grow", facts=[{"n": 0}])
    answer = client.post(f"{path}/facts", json={"facts": [{"n": 0}] * 10})
    assert (answer.status_code, answer.json()["code"]) == (413, "over_limit")
    assert len(client.get(f"{path}/facts").json()["facts"]) == 1  # that one was refused before
    answer = client.post(f"{path}/run")
    assert (answer.status_code, answer.json()["code"]) == (413, "over_limit")
    assert answer.json()["message"].endswith("the session is closed")
    assert client.get(path).status_code == 404
    assert client.get("/sessions").json()["sessions"] == []


# -- owners and limits -----------------------------------------------------------------------------


def test_a_session_belongs_to_its_token(open_client: Open) -> None:
    service = Service(door=Door(tokens=[TOKEN, OTHER]))
    service.catalog.register("shop", SHOP)
    client = open_client(service, TOKEN)
    path = opened(client, facts=[{"id": 1, "total": 1}])
    other = bearing(OTHER)
    for method, place, body in (
        ("GET", "", None),
        ("DELETE", "", None),
        ("GET", "/facts", None),
        ("POST", "/facts", {"facts": []}),
        ("PATCH", "/facts/1", {"total": 2}),
        ("DELETE", "/facts/1", None),
        ("POST", "/run", {}),
        ("GET", "/agenda", None),
        ("GET", "/events", None),
    ):
        answer = client.request(method, path + place, json=body, headers=other)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), (method, place)
    assert client.get("/sessions", headers=other).json() == {"sessions": []}
    assert len(client.get("/sessions").json()["sessions"]) == 1
    assert client.get(f"{path}/facts").json()["facts"][0]["fields"]["total"] == 1.0


def test_each_owner_holds_so_many(open_client: Open) -> None:
    service = Service(door=Door(tokens=[TOKEN, OTHER]), most_sessions=2)
    service.catalog.register("shop", SHOP)
    client = open_client(service, TOKEN)
    path = opened(client)
    opened(client)
    answer = client.post("/sessions", json={"ruleset_uri": "shop"})
    assert (answer.status_code, answer.json()["code"]) == (413, "over_limit")
    asked = {"ruleset_uri": "shop"}
    assert client.post("/sessions", json=asked, headers=bearing(OTHER)).status_code == 201
    client.delete(path)
    opened(client)


class Time:
    """A clock that the test turns."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def entry() -> Entry:
    return Catalog().register("shop", SHOP)[0]


def test_a_session_that_nobody_uses_ends(entry: Entry) -> None:
    time = Time()
    sessions = Sessions(Bounds(), most=1, idle=60, clock=time)
    held = sessions.open("me", entry, Options({}), [])
    for _ in range(3):
        time.now += 59
        with sessions.use(held.id, "me"):
            pass
    assert sessions.expires_in(held) == 60
    time.now += 61
    assert sessions.expires_in(held) == 0
    with pytest.raises(Fault, match="not used for 60 seconds ends") as caught:
        with sessions.use(held.id, "me"):
            pass
    assert caught.value.code is Code.NOT_FOUND
    held = sessions.open("me", entry, Options({}), [])  # there is room again
    time.now += 61
    assert sessions.of("me") == []
    assert held.ended


def test_a_session_in_use_does_not_end(entry: Entry) -> None:
    time = Time()
    sessions = Sessions(Bounds(), idle=60, clock=time)
    held = sessions.open("me", entry, Options({}), [])
    with sessions.use(held.id, "me"):
        time.now += 1000
        sessions.sweep()
        sessions.close_all()
        assert not held.ended
    with sessions.use(held.id, "me"):  # its time begins when the use is over
        pass
    sessions.close_all()
    assert held.ended


def test_one_request_at_a_time(entry: Entry) -> None:
    sessions = Sessions(Bounds())
    held = sessions.open("me", entry, Options({}), [])
    with sessions.use(held.id, "me"):
        for use in (sessions.close, partial(use_once, sessions)):
            with pytest.raises(Fault, match="another request is using the session") as caught:
                use(held.id, "me")
            assert caught.value.code is Code.BUSY
    sessions.close(held.id, "me")


def use_once(sessions: Sessions, id: str, owner: str) -> None:
    with sessions.use(id, owner):
        pass


def test_a_hundred_requests_on_one_session(client: TestClient) -> None:
    path = opened(client)

    def insert(number: int) -> int:
        facts = [{"id": number * 10 + n, "total": 1} for n in range(10)]
        return client.post(f"{path}/facts", json={"facts": facts}).status_code

    with ThreadPoolExecutor(100) as pool:
        statuses = list(pool.map(insert, range(100)))
    assert set(statuses) <= {201, 409}
    done = statuses.count(201)
    assert done > 0
    facts = client.get(f"{path}/facts").json()["facts"]
    assert len(facts) == done * 10  # all of a request, or nothing
    assert client.post(f"{path}/run").json()["fired"] == done * 10


def test_sessions_come_and_go_in_many_threads(entry: Entry) -> None:
    sessions = Sessions(Bounds(), most=5)
    refused: list[Fault] = []

    def work() -> None:
        for _ in range(10):
            try:
                held = sessions.open("me", entry, Options({}), [{"id": 1, "total": 1}])
                with sessions.use(held.id, "me") as used:
                    used.run(None, None, False)
                sessions.close(held.id, "me")
            except Fault as fault:
                refused.append(fault)

    threads = [threading.Thread(target=work) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {fault.code for fault in refused} <= {Code.OVER_LIMIT}
    assert sessions.of("me") == []
    for _ in range(5):
        sessions.open("me", entry, Options({}), [])


def test_where_a_fact_comes_from(client: TestClient) -> None:
    path = opened(client, facts=[{"id": 1, "total": 250}])
    client.post(f"{path}/run")
    why = client.get(f"{path}/why?fact=1").json()
    assert (why["fact_id"], why["template"], why["origin"]) == (1, "Order", "outside")
    [because] = why["because"]
    assert (because["kind"], because["rule"]) == ("modified", "large")
    assert because["facts"][0]["variable"] == "o"
    assert because["facts"][0]["fields"]["status"] == "new"
    assert why["text"].startswith("#1 Order(id=1")
    assert client.get(f"{path}/why?fact=1&depth=1&limit=2").status_code == 200


def test_why_a_rule_does_not_fire(client: TestClient) -> None:
    path = opened(client, facts=[{"id": 1, "total": 50}])
    told = client.get(f"{path}/why-not?rule=large").json()
    assert (told["status"], told["failing"]["number"]) == ("unmatched", 1)
    assert told["nearest"][0]["missed"] == [
        {"constraint": "total > most", "values": {"total": 50.0, "most": 100}, "error": None}
    ]
    assert "fails total > most" in told["text"]
    assert client.get(f"{path}/why-not?rule=small").json()["status"] == "waiting"


def test_what_cannot_be_explained(client: TestClient) -> None:
    path = opened(client, facts=[{"id": 1, "total": 50}])
    assert client.get(f"{path}/why?fact=9").status_code == 404
    answer = client.get(f"{path}/why-not?rule=larg")
    assert answer.status_code == 400
    assert answer.json()["message"] == "unknown rule 'larg'; did you mean 'large'?"
    assert client.get(f"{path}/why").status_code == 422
    assert client.get(f"{path}/why?fact=1&depth=0").status_code == 422
    assert client.get("/sessions/none/why?fact=1").status_code == 404
    # The session goes on.
    assert client.post(f"{path}/run").json()["fired"] == 1
