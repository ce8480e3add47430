"""What a rule set tells of itself: hash, names, graph; and that threads may share it."""

from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from rete_engine import RuleEngineError, RuleSet, RuleSyntaxError, Template

TEXT = """
ruleset shop "The shop"
param vat: float = 0.2
template Order key(id)
    id: int
    total: float = 0.0
end
rule "large"
when
    o := Order(total > 100)
    not Order(total > 1000, id != o.id)
    exists (Order(id == o.id) and Order(total > 3))
    v := o.total * vat
    test v > 1
then
    emit o.id
end
rule "any"
when
then
    emit 0
end
"""


def test_a_rule_set_cannot_be_changed() -> None:
    rules = RuleSet.parse(TEXT)
    with pytest.raises(AttributeError, match="a rule set cannot be changed; load or parse another"):
        rules.name = "other"
    with pytest.raises(AttributeError, match="a rule set cannot be changed"):
        del rules.rules
    assert (rules.name, len(rules.rules)) == ("shop", 2)


def test_the_parts_of_a_rule_set_are_told() -> None:
    rules = RuleSet.parse(TEXT)
    assert repr(rules) == "<RuleSet shop: 2 rules, 1 templates>"
    assert [rule.name for rule in rules.rules] == ["large", "any"]
    assert list(rules.templates) == ["Order"]
    assert str(rules.templates["Order"].fields) == "(<id: int>, <total: float = 0.0>)"
    assert str(rules.params["vat"].type) == "float"
    assert rules.diagnostics == ()
    with pytest.raises(TypeError):
        rules.templates["x"] = rules.templates["Order"]  # type: ignore[index]


def test_warnings_are_kept() -> None:
    rules = RuleSet.parse("template T\nend\nrule 'r'\nwhen\n    t := T()\nthen\n    halt\nend")
    assert [(d.code, d.severity) for d in rules.diagnostics] == [("RE0500", "warning")]


# -- hash ------------------------------------------------------------------------------------------


@dataclass
class Order:
    id: int
    tags: set[str] = field(default_factory=lambda: {"a", "b", "c"})
    colour: str = "red"


def test_the_hash_is_that_of_all_that_was_read(tmp_path: Path) -> None:
    assert RuleSet.parse(TEXT).hash == RuleSet.parse(TEXT).hash
    assert RuleSet.parse(TEXT).hash != RuleSet.parse(TEXT + " ").hash
    (tmp_path / "b.rete").write_text("template T\nend\n")
    (tmp_path / "a.rete").write_text('import "b.rete"\n')
    before = RuleSet.load(tmp_path / "a.rete").hash
    assert before == RuleSet.load(tmp_path / "a.rete").hash
    (tmp_path / "b.rete").write_text("template T\n    x: int\nend\n")
    assert RuleSet.load(tmp_path / "a.rete").hash != before


def test_the_hash_tells_classes_apart() -> None:
    @dataclass
    class One:
        a: int = 1

    def made(name: str, default: object, kind: object = int) -> type:
        return dataclass(type(name, (), {"a": default, "__annotations__": {"a": kind}}))

    given: list[list[Template | type]] = [
        [],
        [One],
        [Template(One, key=["a"])],
        [Template(One, unique=True)],
        [made("One", 2)],
        [made("One", None, int | None)],
        [made("Two", 1)],
        [made("One", 1), made("Two", 1)],
    ]
    hashes = [RuleSet.parse("", templates=templates).hash for templates in given]
    assert len(set(hashes)) == len(hashes)
    assert RuleSet.parse("", templates=[made("One", 1)]).hash == hashes[1]


def test_the_hash_is_the_same_in_every_process() -> None:
    code = (
        "from rete_engine import RuleSet\n"
        "from dataclasses import dataclass\n"
        "@dataclass(frozen=True)\n"
        "class T:\n"
        "    tags: frozenset[str] = frozenset({'a', 'b', 'c', 'd'})\n"
        "print(RuleSet.parse('template U\\nend', templates=[T]).hash)\n"
    )
    hashes = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(hashes) == 1


# -- pictures --------------------------------------------------------------------------------------


def test_the_network_as_a_mermaid_flowchart() -> None:
    lines = RuleSet.parse(TEXT).graph().splitlines()
    assert lines[0] == "flowchart TD"
    text = "\n".join(lines)
    assert '(["large"])' in text
    assert '(["any"])' in text
    assert '[/"Order(total #gt; 100)"/]' in text or '[/"Order(total > 100)"/]' in text
    assert RuleSet.parse(TEXT).graph("mermaid") == RuleSet.parse(TEXT).graph()


def test_the_network_as_a_graphviz_digraph() -> None:
    text = RuleSet.parse(TEXT).graph("dot")
    assert text.startswith("digraph network {")
    assert text.endswith("}\n")
    assert 'label="large", shape=ellipse' in text
    assert text.count("{") == text.count("}")


def test_every_arrow_of_a_picture_leads_from_a_box_to_a_box() -> None:
    lines = RuleSet.parse(TEXT).graph("dot").splitlines()
    boxes = {line.split("[")[0].strip() for line in lines if "[label=" in line}
    arrows = [line.split("->") for line in lines if "->" in line]
    ends = {end.split("[")[0].strip(" ;") for arrow in arrows for end in arrow}
    assert arrows
    assert ends <= boxes
    assert {box for box in boxes if box not in ends} == {
        line.split("[")[0].strip() for line in lines if 'label="any"' in line
    }


def test_names_are_escaped_in_pictures() -> None:
    heading = "rule 'a \"b\" \\\\ c'"
    text = f"template T\n    s: str\nend\n{heading}\nwhen\n    T(s == 'x\"y')\nthen\n    halt\nend"
    rules = RuleSet.parse(text)
    assert 'label="a \\"b\\" \\\\ c"' in rules.graph("dot")
    assert "a #quot;b#quot;" in rules.graph("mermaid")


def test_no_other_format_is_known() -> None:
    with pytest.raises(ValueError, match="'mermaid' or 'dot', not 'svg'"):
        RuleSet.parse(TEXT).graph("svg")


# -- threads ---------------------------------------------------------------------------------------


def test_many_threads_may_use_one_rule_set() -> None:
    rules = RuleSet.parse(TEXT)
    start = threading.Barrier(8)
    found: dict[int, list[int]] = {}

    def work(number: int) -> None:
        start.wait()
        for _ in range(5):
            with rules.session({"vat": number + 1.0}) as session:
                session.insert_many(
                    "Order", [{"id": n, "total": 100.0 + n} for n in range(number + 1)]
                )
                found[number] = session.run().outputs

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {number: sorted(outputs) for number, outputs in found.items()} == {
        number: sorted([0, *range(1, number + 1)]) for number in range(8)
    }


@pytest.mark.parametrize("name", ["fraud.rete", "p/fraud.rete", "/a b/p-1/fraud.RETE", "..\\x.yml"])
@pytest.mark.parametrize("format", ["rete", "yaml"])
def test_the_name_of_a_file_is_no_text(name: str, format: str) -> None:
    with pytest.raises(RuleEngineError, match="this is the name of a file") as caught:
        RuleSet.parse(name, format=format)
    assert "given to RuleSet.load" in str(caught.value)


def test_a_text_is_no_name_of_a_file() -> None:
    with pytest.raises(RuleSyntaxError, match="this is a text of rules") as caught:
        RuleSet.load('rule "long"\n' * 100)
    assert "RuleSet.parse takes a text" in str(caught.value)
    assert "long" not in str(caught.value)


def test_a_rule_set_is_made_by_load_and_parse() -> None:
    made: Any = RuleSet
    wrong: list[tuple[Any, ...]] = [(), ("x",), ("x", "y", {}, {})]
    for arguments in wrong:
        with pytest.raises(TypeError, match=r"by RuleSet.load\(…\) of files, or RuleSet.parse"):
            made(*arguments)
