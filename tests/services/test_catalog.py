"""The rule sets of a service."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from rete_engine import FactError, RuleSyntaxError, SecurityError, SessionError
from rete_engine.services.catalog import Catalog
from rete_engine.services.faults import Code, Fault, fault_of

HELLO = 'rule "hello"\nwhen\nthen\n    emit "hello"\nend\n'
TIERS = """
name: tiers
description: Customer tiers
rules:
  - {name: silver, condition: "fact['spend'] > 10", action: "'silver'"}
  - {name: gold, condition: "fact['spend'] > 20", action: "'gold'", priority: 5}
"""


def test_a_rule_set_is_kept_by_its_name() -> None:
    catalog = Catalog()
    entry, is_new = catalog.register("greeting", HELLO)
    assert is_new
    assert (entry.name, entry.text, entry.format, entry.single_facts) == (
        "greeting",
        HELLO,
        "rete",
        None,
    )
    assert catalog.get("greeting") is entry
    with entry.rules.session() as session:
        assert session.run().outputs == ["hello"]


def test_rules_over_one_fact_are_told_from_others() -> None:
    entry, _ = Catalog().register("t", TIERS, "yaml")
    assert entry.description == "Customer tiers"
    assert entry.single_facts is not None
    found = entry.single_facts.run([{"spend": 30}, {"spend": 1}])
    assert (found.results, found.fired) == (["gold", "silver"], 2)


def test_a_rule_set_is_replaced_or_refused() -> None:
    catalog = Catalog()
    first, _ = catalog.register("a", HELLO)
    with pytest.raises(Fault, match="already"):
        catalog.register("a", HELLO, replace=False)
    second, is_new = catalog.register("a", HELLO.replace("hello", "good day"))
    assert not is_new
    assert catalog.get("a") is second
    assert first.rules.session().run().outputs == ["hello"]  # whoever uses it goes on


def test_entries_are_listed_by_name() -> None:
    catalog = Catalog()
    for name in ("b", "C", "a"):
        catalog.register(name, HELLO)
    assert [entry.name for entry in catalog.entries()] == ["C", "a", "b"]
    catalog.deregister("C")
    assert [entry.name for entry in catalog.entries()] == ["a", "b"]


@pytest.mark.parametrize("name", ["", "a/b", "..", ".a", "a b", "ä", "a" * 101, "a\n", "%41"])
def test_names_that_cannot_be(name: str) -> None:
    with pytest.raises(Fault, match="cannot be the name") as caught:
        Catalog().register(name, HELLO)
    assert caught.value.code is Code.WRONG_REQUEST


def test_wrong_rules_tell_where_and_leave_nothing() -> None:
    catalog = Catalog()
    catalog.register("a", HELLO)
    with pytest.raises(Fault) as caught:
        catalog.register("a", 'rule "r"\nwhen\n    Ordr()\nthen\n    halt\nend\n')
    assert caught.value.code is Code.WRONG_RULES
    assert str(caught.value) == "the rules have 1 error"
    told: Any = caught.value.as_dict()["diagnostics"]
    assert [(each["code"], each["file"], each["line"]) for each in told] == [("RE0100", "a", 3)]
    assert catalog.get("a").text == HELLO
    with pytest.raises(Fault, match="rules have 1 error"):
        catalog.register("a", TIERS.replace("fact['spend'] > 10", "import os"), "yaml")
    with pytest.raises(Fault, match="format is one of rete, yaml"):
        catalog.register("a", HELLO, "xml")


def test_a_text_imports_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other.rete").write_text(HELLO)
    for text, format in (('import "other.rete"\n', "rete"), ("imports: [other.rete]\n", "yaml")):
        with pytest.raises(Fault) as caught:
            Catalog().register("a", text, format)
        assert "[RE0016]" in str(caught.value.diagnostics[0])


CALLS = """
external function score(customer: str) -> int
external function secret() -> int
rule "r"
when
then
    emit score("c1")
end
"""


def test_a_text_calls_only_functions_of_the_operator() -> None:
    with pytest.raises(Fault, match="does not provide the external function 'secret'"):
        Catalog({"score": len}).register("a", CALLS)
    entry, _ = Catalog({"score": len, "secret": int, "other": int}).register("a", CALLS)
    assert entry.rules.session().run().outputs == [2]


def test_there_is_room_for_so_many() -> None:
    catalog = Catalog(most=2)
    catalog.register("a", HELLO)
    catalog.register("b", HELLO)
    with pytest.raises(Fault, match="no room for more") as caught:
        catalog.register("c", HELLO)
    assert caught.value.code is Code.OVER_LIMIT
    catalog.register("b", HELLO)  # replaces one
    catalog.deregister("a")
    catalog.register("c", HELLO)


def test_an_unknown_name_gets_a_hint() -> None:
    catalog = Catalog()
    catalog.register("pricing", HELLO)
    for ask in (catalog.get, catalog.deregister):
        with pytest.raises(Fault, match="no rule set 'pricng'; did you mean 'pricing'") as caught:
            ask("pricng")
        assert caught.value.code is Code.NOT_FOUND


def test_files_of_the_operator(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "base.rete").write_text("template T\n    a: int\nend\n")
    (tmp_path / "greet.rete").write_text('ruleset hi "Greets"\nimport "lib/base.rete"\n' + HELLO)
    (tmp_path / "t.yaml").write_text(TIERS)
    (tmp_path / "plain.rete").write_text(HELLO)
    catalog = Catalog(read_only=True)
    names = [entry.name for entry in catalog.load([tmp_path])]
    assert names == ["hi", "plain", "tiers"]
    assert catalog.get("hi").description == "Greets"
    assert "T" in catalog.get("hi").rules.templates
    assert catalog.get("tiers").single_facts is not None
    with pytest.raises(Fault, match="another rule set is called 'plain'"):
        catalog.load([tmp_path / "plain.rete"])
    with pytest.raises(RuleSyntaxError):
        catalog.load([tmp_path / "none.rete"])
    for change in (lambda: catalog.register("x", HELLO), lambda: catalog.deregister("hi")):
        with pytest.raises(Fault, match="cannot be changed") as caught:
            change()
        assert caught.value.code is Code.FORBIDDEN


def test_many_threads_change_it_at_once() -> None:
    catalog = Catalog(most=30)
    refused: list[Fault] = []

    def work(number: int) -> None:
        for turn in range(5):
            name = f"s{(number * 7 + turn) % 50}"
            try:
                catalog.register(name, HELLO)
                catalog.get(name)
                catalog.entries()
                catalog.deregister(name)
            except Fault as fault:
                refused.append(fault)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(catalog.entries()) <= 30
    assert {fault.code for fault in refused} <= {Code.NOT_FOUND, Code.OVER_LIMIT}


def test_errors_of_the_engine_are_faults() -> None:
    with pytest.raises(FactError) as caught:
        session = Catalog().register("k", KEYED)[0].rules.session()
        for _ in range(2):
            session.insert("K", id=1)
    assert fault_of(caught.value).code is Code.KEY_IN_USE
    assert fault_of(FactError("x")).code is Code.WRONG_FACTS
    assert fault_of(SecurityError("x")).code is Code.OVER_LIMIT
    assert fault_of(SessionError("x")).code is Code.WRONG_REQUEST


KEYED = "template K key(id)\n    id: int\nend\n"
