"""The endpoints of rule sets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

import rete_engine
from rete_engine.services.catalog import Catalog
from rete_engine.services.rest import Service
from tests.services.conftest import LOOP, SHOP, TIERS, Open


def test_it_is_there(client: TestClient) -> None:
    answer = client.get("/health")
    assert answer.json() == {"status": "ok", "version": rete_engine.__version__}


def test_rule_sets_are_listed(client: TestClient) -> None:
    listed = client.get("/rulesets").json()["rulesets"]
    assert [
        (each["name"], each["description"], each["format"], each["rules"]) for each in listed
    ] == [
        ("shop", "A small shop", "rete", 2),
        ("tiers", "Customer tiers", "yaml", 3),
    ]


def test_a_rule_set_with_all_that_it_says(client: TestClient, service: Service) -> None:
    told = client.get("/rulesets/shop").json()
    assert told["text"] == SHOP
    assert told["hash"] == service.catalog.get("shop").rules.hash
    assert told["rules"][0] == {
        "name": "large",
        "description": "More than most",
        "tags": ["orders"],
        "line": 12,
    }
    assert told["params"] == [{"name": "most", "type": "int", "required": False}]
    [order] = told["templates"]
    assert (order["name"], order["key"], order["open"]) == ("Order", ["id"], False)
    assert order["fields"][:3] == [
        {"name": "id", "type": "int", "required": True},
        {"name": "total", "type": "float", "required": True},
        {"name": "due", "type": "date?", "required": False},
    ]
    assert (told["over_one_fact"], told["warnings"]) == (False, [])


@pytest.mark.parametrize(
    ("text", "kind", "query", "format"),
    [
        (SHOP, "", "", "rete"),
        (SHOP, "text/plain; charset=utf-8", "", "rete"),
        (SHOP, "image/png", "?format=rete", "rete"),
        (TIERS, "application/yaml", "", "yaml"),
        (TIERS, "TEXT/YAML", "", "yaml"),
        (TIERS, "", "?format=yaml", "yaml"),
        (
            '{"rules": [{"name": "r", "when": [], "then": ["emit 1"]}]}',
            "application/json",
            "",
            "yaml",
        ),
        ("\ufeff" + SHOP.replace("\n", "\r\n"), "", "", "rete"),
    ],
)
def test_rules_come_in_several_kinds(
    client: TestClient, text: str, kind: str, query: str, format: str
) -> None:
    headers = {"Content-Type": kind} if kind else {}
    for status in (201, 200):  # new, and replaced
        answer = client.put(f"/rulesets/new{query}", content=text.encode(), headers=headers)
        assert (answer.status_code, answer.json()["format"]) == (status, format)
    assert client.get("/rulesets/new").json()["name"] == "new"


def test_wrong_rules_tell_place_and_hint(client: TestClient) -> None:
    answer = client.put("/rulesets/shop", content=SHOP.replace("Order(status", "Ordr(status"))
    assert answer.status_code == 400
    fault = answer.json()
    assert (fault["code"], fault["message"]) == ("wrong_rules", "the rules have 2 errors")
    first = fault["diagnostics"][0]
    assert (first["place"], first["code"], first["hint"]) == (
        "shop:16:10",
        "RE0100",
        "did you mean 'Order'?",
    )
    assert client.get("/rulesets/shop").json()["text"] == SHOP  # nothing half done is left


def test_so_many_diagnostics_are_told(client: TestClient) -> None:
    text = "".join(f'rule "r{n}"\nwhen\n    Gone()\nthen\n    halt\nend\n' for n in range(150))
    fault = client.put("/rulesets/x", content=text).json()
    assert (fault["message"], len(fault["diagnostics"])) == ("the rules have 150 errors", 100)


def test_wrong_yaml_tells_place(client: TestClient) -> None:
    text = "name: x\nname: y\nrules: []\n"
    answer = client.put("/rulesets/x?format=yaml", content=text)
    [found] = answer.json()["diagnostics"]
    assert (answer.status_code, found["code"], found["line"]) == (400, "RE0021", 2)


def test_warnings_are_told(client: TestClient) -> None:
    answer = client.put("/rulesets/x?format=yaml", content=TIERS + "colour: red\n")
    [warning] = answer.json()["warnings"]
    assert (answer.status_code, warning["code"], warning["severity"]) == (201, "RE0510", "warning")


@pytest.mark.parametrize(
    ("path", "body", "kind", "status", "says"),
    [
        ("x", b"", "", 400, "no text of rules"),
        ("x", b" \n", "", 400, "no text of rules"),
        ("x", b"\xff\xfe", "", 400, "not UTF-8 (byte 0xff at 0)"),
        ("x", b"rule\x00", "", 400, "the rules have 1 error"),
        ("x", SHOP.encode(), "application/x-www-form-urlencoded", 415, "text/plain"),
        ("x", SHOP.encode(), "multipart/form-data; boundary=x", 415, "text/plain"),
        ("x?format=xml", SHOP.encode(), "", 422, "query.format"),
        (".x", SHOP.encode(), "", 400, "cannot be the name"),
        ("a" * 101, SHOP.encode(), "", 400, "cannot be the name"),
        ("a%20b", SHOP.encode(), "", 400, "cannot be the name"),
    ],
)
def test_wrong_requests(
    client: TestClient, path: str, body: bytes, kind: str, status: int, says: str
) -> None:
    headers = {"Content-Type": kind} if kind else {}
    answer = client.put(f"/rulesets/{path}", content=body, headers=headers)
    assert answer.status_code == status, answer.text
    assert says in answer.json()["message"]
    assert len(client.get("/rulesets").json()["rulesets"]) == 2


def test_a_text_imports_nothing(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop.rete").write_text(SHOP)
    for path in ("shop.rete", str(tmp_path / "shop.rete"), "/etc/passwd", "../shop.rete"):
        answer = client.put("/rulesets/x", content=f'import "{path}"\n')
        assert answer.status_code == 400
        assert [each["code"] for each in answer.json()["diagnostics"]] == ["RE0016"]


def test_a_text_calls_only_what_the_operator_names(open_client: Open) -> None:
    client = open_client(Service(Catalog({"score": lambda who: len(who)})))
    text = "external function score(who: str) -> int\n"
    text += 'rule "r"\nwhen\nthen\n    emit score("ann")\nend\n'
    assert client.put("/rulesets/ok", content=text).status_code == 201
    answer = client.post("/execute", json={"ruleset_uri": "ok"})
    assert answer.json()["results"] == [3]
    answer = client.put("/rulesets/no", content=text.replace("score", "system"))
    assert answer.status_code == 400
    assert "external function 'system'" in answer.json()["message"]


def test_a_rule_set_is_forgotten(client: TestClient) -> None:
    answer = client.delete("/rulesets/shop")
    assert (answer.status_code, answer.content) == (204, b"")
    for gone in (client.get("/rulesets/shop"), client.delete("/rulesets/shop")):
        assert gone.status_code == 404
        assert gone.json() == {
            "code": "not_found",
            "message": "there is no rule set 'shop'",
            "diagnostics": [],
        }


def test_there_is_room_for_so_many(open_client: Open) -> None:
    client = open_client(Service(Catalog(most=1)))
    assert client.put("/rulesets/a", content=SHOP).status_code == 201
    answer = client.put("/rulesets/b", content=SHOP)
    assert (answer.status_code, answer.json()["code"]) == (413, "over_limit")


def test_a_text_that_is_too_large_is_over_a_limit(open_client: Open) -> None:
    service = Service(Catalog(text=1_000, parts=13))
    client = open_client(service)
    assert client.put("/rulesets/a", content=SHOP.ljust(1_000)).status_code == 201
    answer = client.put("/rulesets/a", content=SHOP.ljust(1_001))
    assert (answer.status_code, answer.json()["code"]) == (413, "over_limit")
    assert "at most 1,000 characters, this one 1,001; make several" in answer.json()["message"]
    wide = "template T\n" + "".join(f"    f{n}: int\n" for n in range(13)) + "end\n"
    answer = client.put("/rulesets/a", content=f"{wide}{LOOP}")
    assert (answer.status_code, answer.json()["code"]) == (413, "over_limit")
    [told] = answer.json()["diagnostics"]
    assert (told["code"], told["place"], told["hint"]) == (
        "RE0003", "a:1:1", "make several rule sets of it",
    )  # fmt: skip
    assert client.get("/rulesets/a").json()["text"] == SHOP.ljust(1_000)


def test_a_bomb_in_yaml_is_over_a_limit(client: TestClient) -> None:
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    answer = client.put("/rulesets/bomb?format=yaml", content="\n".join(lines))
    assert (answer.status_code, answer.json()["code"]) == (413, "over_limit")
    assert client.get("/rulesets/bomb").status_code == 404


def test_what_nobody_may_change(open_client: Open, tmp_path: Path) -> None:
    (tmp_path / "shop.rete").write_text(SHOP)
    catalog = Catalog(read_only=True)
    catalog.load([tmp_path])
    client = open_client(Service(catalog))
    assert client.get("/rulesets/shop").status_code == 200
    for answer in (client.put("/rulesets/a", content=SHOP), client.delete("/rulesets/shop")):
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


@pytest.mark.parametrize(
    ("method", "path", "status", "allowed"),
    [
        ("GET", "/nowhere", 404, None),
        ("GET", "/rulesets/a/b", 404, None),
        ("POST", "/rulesets", 405, "GET"),
        ("PATCH", "/rulesets/shop", 405, "DELETE, GET, PUT"),
        ("TRACE", "/execute", 405, "POST"),
        ("PUT", "/sessions/x/facts/1", 405, "DELETE, PATCH"),
    ],
)
def test_what_there_is_not(
    client: TestClient, method: str, path: str, status: int, allowed: str | None
) -> None:
    answer = client.request(method, path)
    fault: Any = answer.json()
    assert (answer.status_code, set(fault)) == (status, {"code", "message", "diagnostics"})
    assert answer.headers.get("allow") == allowed
