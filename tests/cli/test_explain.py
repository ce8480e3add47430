from __future__ import annotations

import json
from pathlib import Path

import pytest

from rete_engine.session import cached
from tests.cli.conftest import Rete, Write

RULES = """
template Order key(id)
    id: int
    total: float
end
template Discount
    order: int
end
rule "large"
when
    o := Order(total > 100)
then
    insert Discount(order = o.id)
end
"""


def test_where_a_fact_comes_from(rete: Rete, write: Write) -> None:
    write("rules.rete", RULES)
    facts = ("--facts", "Order=orders.ndjson")
    done = rete("explain", "rules.rete", *facts, "--why", "Discount(order = 3)")
    assert (done.code, done.err) == (0, "")
    assert done.out == (
        "#4 Discount(order=3)\n"
        "  inserted by rule 'large' (rules.rete:9)\n"
        "    o := #3 Order(id=3, total=120.0) (from outside)\n"
    )
    done = rete("explain", "rules.rete", *facts, "--why", "Discount", "--output", "json")
    assert [each["fields"]["order"] for each in json.loads(done.out)] == [3, 1]
    done = rete("explain", "rules.rete", *facts, "--why", "Discount(order==3)", "--output=mermaid")
    assert done.out.startswith("flowchart TD\n")


def test_why_a_rule_does_not_fire(rete: Rete, write: Write) -> None:
    write("rules.rete", RULES)
    write("orders.ndjson", '{"id": 1, "total": 50}\n')
    facts = ("--facts", "Order=orders.ndjson")
    done = rete("explain", "rules.rete", *facts, "--why-not", "large")
    assert (done.code, done.err) == (0, "")
    assert done.out == (
        "rule 'large' (rules.rete:9): nothing passes condition 1\n"
        "> 1. o := Order(total > 100): 1 fact; 0 matches\n"
        "       nearest: #1 Order(id=1, total=50.0) fails total > 100 (total is 50.0)\n"
    )
    done = rete("explain", "rules.rete", *facts, "--why-not", "large", "--output", "json")
    assert json.loads(done.out)["status"] == "unmatched"
    done = rete("explain", "rules.rete", *facts, "--why-not", "large", "--output", "mermaid")
    assert "stroke:#c00" in done.out


def test_before_anything_fires(rete: Rete, write: Write) -> None:
    write("rules.rete", RULES)
    done = rete(
        "explain", "rules.rete", "--facts", "Order=orders.ndjson", "--why-not", "large",
        "--limit", "0",
    )  # fmt: skip
    assert done.code == 4
    assert "2 activations on the agenda; it fires next" in done.out
    assert "stopped at --limit" in done.err


def test_what_is_wrong_is_told(rete: Rete, write: Write) -> None:
    write("rules.rete", RULES)
    facts = ("--facts", "Order=orders.ndjson")
    for arguments, code, said in [
        (("--why-not", "larg"), 1, "unknown rule 'larg'; did you mean 'large'?"),
        (("--why", "Discont"), 1, "unknown template 'Discont'; did you mean 'Discount'?"),
        (("--why", "Discount(ordr = 1)"), 1, "Discount has no field 'ordr'"),
        (("--why", "Discount(order = 9)"), 1, "--why: no fact fits; there are 2 of Discount"),
        (("--why", "Discount(order > 9)"), 1, "is no fact; write Template(field = value, …)"),
        (("--why", "Discount(order ="), 1, "error"),
        (("--why", "1 + 1"), 1, "is no fact; write Template(field = value, …)"),
        ((), 2, "--why"),
        (("--why", "Discount", "--why-not", "large"), 2, "--why"),
        (("--why", "Discount", "--set", "x=1"), 1, "unknown param"),
        (("--why", "Discount", "--set", "x"), 2, "not param=value"),
        (("--why", "Discount", "--functions", "nowhere.py"), 1, "nowhere.py"),
    ]:
        done = rete("explain", "rules.rete", *facts, *arguments)
        assert done.code == code, (arguments, done.err)
        assert said in done.err, (arguments, done.err)


def test_warnings_are_told_and_strict_refuses_them(rete: Rete, write: Write) -> None:
    write("rules.rete", RULES.replace("o := Order(total > 100)", "o := Order(x := total)"))
    done = rete("explain", "rules.rete", "--why-not", "large")
    assert done.code == 0
    assert "RE0500" in done.err
    done = rete("explain", "rules.rete", "--why-not", "large", "--strict")
    assert (done.code, done.out) == (1, "")


def test_many_facts_are_told_in_part(rete: Rete, write: Write) -> None:
    write("rules.rete", RULES)
    write("many.ndjson", "".join(f'{{"id": {n}, "total": 1}}\n' for n in range(30)))
    done = rete("explain", "rules.rete", "--facts", "Order=many.ndjson", "--why", "Order")
    assert "30 facts fit; the first 20 are explained" in done.err
    assert done.out.count("from outside") == 20


def test_compiled_rules_that_were_kept_are_explained(
    rete: Rete, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "kept"
    monkeypatch.setattr(cached, "default_folder", lambda: kept)
    write("rules.rete", RULES)
    for what in (("--why", "Discount"), ("--why-not", "large")):
        asked = ("explain", "rules.rete", "--facts", "Order=orders.ndjson", *what)
        plain = rete(*asked)
        assert plain.code == 0
        for _ in range(2):  # kept, and taken from there
            done = rete(*asked, "--cache")
            assert (done.code, done.out, done.err) == (0, plain.out, plain.err)
        assert len(list(kept.iterdir())) == 1
