"""Executing a rule set over facts, once."""

from __future__ import annotations

import json
import math
import threading
from typing import Any

import pytest
from fastapi.testclient import TestClient

from rete_engine.jsr94 import RuleServiceProviderManager, YAMLRuleLoader
from rete_engine.services.catalog import Catalog
from rete_engine.services.execution import Bounds, execute
from rete_engine.services.faults import Code, Fault
from rete_engine.services.rest import Service
from tests.services.conftest import LOOP, SHOP, TIERS, Open


def post(client: TestClient, name: str, facts: Any = (), **more: Any) -> Any:
    body = json.dumps({"ruleset_uri": name, "facts": facts, **more})  # halves of characters too
    return client.post("/execute", content=body, headers={"Content-Type": "application/json"})


def test_rules_in_the_rule_language(client: TestClient) -> None:
    facts = [
        {"type": "Order", "id": 1, "total": 250, "due": "2026-12-24"},
        {"type": "Order", "id": 2, "total": 7.5},
    ]
    done = post(client, "shop", facts).json()
    assert done.pop("execution_time_ms") > 0
    assert done == {
        "results": [{"order": 1, "due": "2026-12-24"}],
        "rules_executed": 2,
        "stopped": "quiescent",
        "printed": ["order 1 is large"],
    }
    by_template = {"Order": [{"id": 1, "total": 250}, {"id": 2, "total": 7.5}]}
    assert post(client, "shop", by_template).json()["rules_executed"] == 2
    without_type = [{"id": 1, "total": 250}]  # there is but one template
    assert post(client, "shop", without_type).json()["rules_executed"] == 1
    assert post(client, "shop").json()["rules_executed"] == 0
    more = post(client, "shop", without_type, params={"most": 1000}).json()
    assert (more["results"], more["rules_executed"]) == ([], 1)


def test_rules_over_one_fact_give_what_jsr94_gives(client: TestClient) -> None:
    facts = [{"spend": 25}, {"spend": 5}, {"spend": 31}]
    provider = RuleServiceProviderManager.get("api")
    rules = YAMLRuleLoader.from_string(TIERS)
    provider.get_rule_administrator().register_rule_execution_set("rest-tiers", rules)
    with provider.get_rule_runtime().create_rule_session("rest-tiers", stateless=True) as session:
        session.add_facts(facts)
        expected = session.execute()
    done = post(client, "tiers", facts).json()
    assert done["results"] == expected == [{"tier": each} for each in ("gold", "silver") * 2]
    assert done["rules_executed"] == 5  # one of them gives nothing


VALUES = """
template V
    when: datetime? = none
    day: date? = none
    wait: duration? = none
    price: decimal? = none
    tags: set[str] = set()
    pairs: dict[int, str] = {}
    more: any = none
end
rule "all"
when
    v := V()
then
    emit [v.when, v.day, v.wait, v.price, v.tags, v.pairs, v.more]
    emit v
    emit (1, {2, 1})
    emit {1: float("nan"), none: float("inf")}
    emit 10 ** 20
end
"""


def test_values_that_json_has_no_word_for(client: TestClient) -> None:
    client.put("/rulesets/values", content=VALUES)
    given = {
        "type": "V",
        "when": "2026-11-27T12:00:00Z",
        "day": "2026-11-27",
        "wait": "PT5M",
        "price": "9.90",
        "tags": ["b", "a", "b"],
        "pairs": {"1": "one"},
        "more": {"deep": [1, None, "\ud800"]},
    }
    results = post(client, "values", [given]).json()["results"]
    shown = {
        "when": "2026-11-27T12:00:00+00:00",
        "day": "2026-11-27",
        "wait": "PT5M",
        "price": "9.90",
        "tags": ["a", "b"],
        "pairs": {"1": "one"},
        "more": {"deep": [1, None, "\ud800"]},
    }
    assert results[0] == list(shown.values())
    assert results[1] == {"type": "V", **shown}
    assert results[2:] == [[1, [1, 2]], {"1": None, "none": None}, 10**20]
    again = post(client, "values", [results[1]]).json()["results"]  # what comes out goes in
    assert again == results


REFERENCES = """
template Customer key(id)
    id: str
end
template Order
    customer: Customer
    others: list[Customer] = []
end
rule "r"
when
    o := Order()
then
    emit [o.customer.id, len(o.others)]
end
"""


def test_references_are_keys_in_any_order(client: TestClient) -> None:
    client.put("/rulesets/refs", content=REFERENCES)
    facts: list[dict[str, Any]] = [
        {"type": "Order", "customer": "c2", "others": ["c1", "c2"]},
        {"type": "Order", "customer": {"id": "c1"}},
        {"type": "Customer", "id": "c1"},
        {"type": "Customer", "id": "c2"},
    ]
    assert sorted(post(client, "refs", facts).json()["results"]) == [["c1", 0], ["c2", 2]]
    answer = post(client, "refs", facts[:3])
    assert answer.status_code == 400
    assert answer.json()["message"] == "facts[0]: there is no Customer with id = 'c2'"
    many = [{"type": "Order", "customer": f"c{n}"} for n in range(3000)]
    many += [{"type": "Customer", "id": f"c{n}"} for n in reversed(range(3000))]
    assert post(client, "refs", many).json()["rules_executed"] == 3000


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ([{"id": 1, "totl": 5}], "facts[0]: Order has no field 'totl'; did you mean 'total'?"),
        ([{"id": 1}], "facts[0]: Order needs a value for 'total'"),
        ([{"id": 1, "total": "5"}], "facts[0]: Order.total: expected float, got str '5'"),
        ([{"type": "Ordr"}], "facts[0]: unknown template 'Ordr'; did you mean 'Order'?"),
        ([{"type": ["x"]}], "facts[0]: unknown template \"['x']\" (templates: Order)"),
        ({"Ordr": [{}]}, "facts.Ordr[0]: unknown template 'Ordr'; did you mean 'Order'?"),
        ([5], "facts[0]: a fact is an object of its fields"),
        ([{"id": 1, "total": 1, "due": "soon"}], "facts[0]: Order.due: 'soon' is no date"),
        ([{"id": 1, "total": 1, "price": "x"}], "facts[0]: Order.price: 'x' is no decimal number"),
        ([{"id": True, "total": 1}], "facts[0]: Order.id: expected int, got bool true"),
    ],
)
def test_wrong_facts_tell_place_and_cause(client: TestClient, facts: Any, says: str) -> None:
    answer = post(client, "shop", facts)
    fault = answer.json()
    assert (answer.status_code, fault["code"]) == (400, "wrong_facts"), fault
    assert fault["message"].startswith(says[:-1]), fault["message"]
    [found] = fault["diagnostics"]
    assert f"{found['place']}: {found['message']}" == fault["message"]


def test_a_fact_needs_a_template(client: TestClient) -> None:
    client.put("/rulesets/refs", content=REFERENCES)
    answer = post(client, "refs", [{"id": "c1"}])
    assert answer.json()["message"] == (
        "facts[0]: it says no template under 'type' (templates: Customer, Order)"
    )
    client.put("/rulesets/none", content='rule "r"\nwhen\nthen\n    emit 1\nend\n')
    assert post(client, "none").json()["results"] == [1]
    answer = post(client, "none", [{}])
    assert answer.json()["message"].endswith("(templates: none)")


def test_a_key_in_use(client: TestClient) -> None:
    answer = post(client, "shop", [{"id": 1, "total": 1}, {"id": 1, "total": 2}])
    assert (answer.status_code, answer.json()["code"]) == (409, "key_in_use")
    assert answer.json()["diagnostics"][0]["place"] == "facts[1]"


def test_wrong_params(client: TestClient) -> None:
    for params, says in (({"mst": 1}, "unknown param 'mst'"), ({"most": "x"}, "param 'most'")):
        answer = post(client, "shop", params=params)
        assert (answer.status_code, answer.json()["code"]) == (400, "wrong_facts")
        assert says in answer.json()["message"]
    for more in ({"params": {"a": 1}}, {"limit": 1}):
        assert "no params and no limit" in post(client, "tiers", [], **more).json()["message"]
    assert "they are a list" in post(client, "tiers", {"Fact": []}).json()["message"]


def test_a_rule_that_fails_tells_which(client: TestClient) -> None:
    client.put("/rulesets/bad", content='rule "divide"\nwhen\nthen\n    emit 1 / 0\nend\n')
    answer = post(client, "bad")
    fault = answer.json()
    assert (answer.status_code, fault["code"]) == (422, "failed")
    assert fault["message"].startswith(
        "the action of rule 'divide' failed (bad:4): division by zero"
    )
    assert fault["diagnostics"][0]["place"] == "bad:4"
    answer = post(client, "tiers", [{"spend": 15}, {"spent": 15}])
    assert (answer.status_code, answer.json()["code"]) == (422, "failed")
    assert "rule 'gold" in answer.json()["message"]


def test_an_unknown_rule_set(client: TestClient) -> None:
    answer = post(client, "shp")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_run_that_does_not_end(open_client: Open) -> None:
    service = Service(bounds=Bounds(run_time=0.2))
    service.catalog.register("loop", LOOP)
    client = open_client(service)
    answer = post(client, "loop", [{"n": 1}])
    assert (answer.status_code, answer.json()["code"]) == (413, "over_limit")
    assert answer.json()["message"] == "the run took longer than 0.2 seconds, and was stopped"
    assert post(client, "loop", [{"n": 1}], timeout=0.01).status_code == 413
    assert "at most 0.2 seconds" in post(client, "loop", [], timeout=5).json()["message"]
    done = post(client, "loop", [{"n": 1}], limit=7).json()
    assert (done["rules_executed"], done["stopped"]) == (7, "limit")


def test_limits(open_client: Open) -> None:
    service = Service(bounds=Bounds(facts=3, steps=1000, value=1000))
    service.catalog.register("shop", SHOP)
    service.catalog.register("tiers", TIERS, "yaml")
    service.catalog.register("big", 'rule "r"\nwhen\nthen\n    emit "x" * 5000\nend\n')
    service.catalog.register(
        "grow",
        "template C\n    n: int\nend\n"
        'rule "r"\nwhen\n    c := C()\nthen\n    insert C(n = c.n + 1)\nend\n',
    )
    client = open_client(service)
    for name, facts in (
        ("shop", [{"id": n, "total": 1} for n in range(4)]),
        ("tiers", [{"spend": 1}] * 4),
        ("grow", [{"n": 1}]),
    ):
        answer = post(client, name, facts)
        assert (answer.status_code, answer.json()["code"]) == (413, "over_limit"), name
    large = post(client, "shop", [{"id": 1, "total": 1, "status": "x" * 2000}])
    assert (large.status_code, large.json()["code"]) == (413, "over_limit")
    assert "larger than 1000" in large.json()["message"]
    answer = post(client, "big")
    assert answer.status_code in (413, 422)
    assert "1000" in answer.json()["message"]


TALKS = """
template C
    n: int
end
rule "talks"
when
    c := C(n < 2000)
then
    emit ["x" * 1000, c.n]
    print "y" * 1000
    modify c(n = c.n + 1)
end
"""
TALKS_OF_ONE = "rules: [{name: r, condition: 'true', action: '\"x\" * 1000'}]"


def test_what_rules_say_is_bounded(open_client: Open) -> None:
    service = Service(bounds=Bounds(output=100_000))
    service.catalog.register("talks", TALKS)
    service.catalog.register("talks-of-one", "name: t\n" + TALKS_OF_ONE, "yaml")
    client = open_client(service)
    for name, facts in (("talks", [{"n": 0}]), ("talks-of-one", [1] * 2000)):
        answer = post(client, name, facts)
        assert (answer.status_code, answer.json()["code"]) == (413, "over_limit")
        assert answer.json()["message"] == "the rules emit and print more than the service keeps"
    assert post(client, "talks", [{"n": 1980}]).json()["rules_executed"] == 20
    asked = {"ruleset_uri": "talks", "facts": [{"n": 0}]}
    path = client.post("/sessions", json=asked).headers["location"]
    outputs: list[int] = []
    printed = 0
    while True:  # nothing is lost: the next run goes on
        run = client.post(f"{path}/run").json()
        outputs += [number for _, number in run["outputs"]]
        printed += len(run["printed"])
        if run["stopped"] != "limit":
            break
        assert 0 < run["fired"] < 200
    assert (outputs, printed) == (list(range(2000)), 2000)


STORM = """
template T
    a: int
end
rule "storm"
when
    x := T()
    y := T()
    z := T()
    test x.a + y.a + z.a < 0
then
    halt
end
"""


def test_matching_that_takes_too_long_is_given_up(open_client: Open) -> None:
    service = Service(bounds=Bounds(run_time=0.1))
    service.catalog.register("storm", STORM)
    client = open_client(service)
    facts = [{"a": number} for number in range(500)]
    answer = post(client, "storm", facts)
    assert (answer.status_code, answer.json()["code"]) == (413, "over_limit")
    path = client.post("/sessions", json={"ruleset_uri": "storm"}).headers["location"]
    answer = client.post(f"{path}/facts", json={"facts": facts})
    assert (answer.status_code, answer.json()["code"]) == (413, "over_limit")
    assert answer.json()["message"].endswith("the session is closed")
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    ("body", "kind", "status", "says"),
    [
        ("{", "application/json", 400, "body:1:2: not JSON"),
        ("", "application/json", 422, "body: Field required"),
        (
            '{"ruleset_uri": "shop", "facts": [NaN]}',
            "application/json",
            400,
            "NaN is no JSON value",
        ),
        ('{"ruleset_uri": "shop", "facts": [1e999]}', "application/json", 400, "too large"),
        ('{"ruleset_uri": "a", "ruleset_uri": "shop"}', "application/json", 400, "stands twice"),
        ("[" * 100_000, "application/json", 400, "nested too deeply"),
        ("1" * 5_000, "application/json", 400, "body:1:1"),
        ('{"ruleset_uri": "shop"}', "text/plain", 415, "must be JSON"),
        ('{"ruleset_uri": "shop"}', None, 415, "must be JSON"),
        ('{"ruleset_uri": 5}', "application/json", 422, "body.ruleset_uri"),
        ("{}", "application/json", 422, "body.ruleset_uri: Field required"),
        ("[]", "application/json", 422, "body: it must be an object"),
        ('{"ruleset_uri": "shop", "fact": []}', "application/json", 422, "body.fact"),
        ('{"ruleset_uri": "shop", "limit": -1}', "application/json", 422, "body.limit"),
        ('{"ruleset_uri": "shop", "limit": "1"}', "application/json", 422, "body.limit"),
        ('{"ruleset_uri": "shop", "timeout": 0}', "application/json", 422, "body.timeout"),
        (
            '{"ruleset_uri": "shop", "facts": 5}',
            "application/json",
            422,
            "body.facts: a list of facts, or an object of lists by template, is meant",
        ),
        (
            '{"ruleset_uri": "shop", "facts": {"id": 1}}',
            "application/json",
            422,
            "body.facts: 'id' has no list",
        ),
        (
            '{"ruleset_uri": "shop", "facts": {"Order": [1]}}',
            "application/json",
            422,
            "body.facts: Order[0] is no object",
        ),
    ],
)
def test_bodies_that_are_none(
    client: TestClient, body: str, kind: str | None, status: int, says: str
) -> None:
    headers = {} if kind is None else {"Content-Type": kind}
    answer = client.post("/execute", content=body, headers=headers)
    fault = answer.json()
    assert (answer.status_code, fault["code"]) == (status, "wrong_request"), fault
    assert says in fault["message"]
    assert len(answer.content) < 10_000


def test_deep_facts(client: TestClient) -> None:
    body = '{"ruleset_uri": "tiers", "facts": [' + "[" * 300 + "]" * 300 + "]}"
    answer = client.post("/execute", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (413, 422)
    assert set(answer.json()) == {"code", "message", "diagnostics"}


def test_many_threads_at_once() -> None:
    entry, _ = Catalog().register("shop", SHOP)
    wrong: list[object] = []

    def work(number: int) -> None:
        facts = [{"id": n, "total": 101 + number} for n in range(number % 5)]
        if execute(entry, facts).rules_executed != number % 5:
            wrong.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_execution_alone() -> None:
    entry, _ = Catalog().register("shop", SHOP)
    done = execute(entry, [{"id": 1, "total": math.pi * 100}])
    assert (done.results, done.as_dict()["stopped"]) == ([{"order": 1, "due": None}], "quiescent")
    with pytest.raises(Fault) as caught:
        execute(entry, "x")
    assert caught.value.code is Code.WRONG_FACTS
    with pytest.raises(Fault, match="facts.Order: the facts of a template are a list"):
        execute(entry, {"Order": 5})
