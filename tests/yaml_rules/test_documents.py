"""Rule sets in YAML mean what the same text of rules means, with places in the YAML file."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from rete_engine import RuleEngineError, RuleSet, RuleSyntaxError, RuleValidationError
from rete_engine.diagnostics.diagnostic import Diagnostic
from rete_engine.language.reader import make_source
from rete_engine.language.yaml_models import json_schema
from rete_engine.language.yaml_rules import parse_yaml
from rete_engine.model.declarations import QueryDeclaration, RuleDeclaration
from tests.language.show import show

DATA = Path(__file__).parent
ROOT = DATA.parents[1]

PRICING = """\
name: pricing
description: Discounts
params:
  vat: { type: float, default: 0.25 }
  on: bool
templates:
  Thing: { open: true, fields: { id: int } }
  Order:
    key: [id]
    fields:
      id: int
      total: float
      status: { type: str, default: new, in: [new, large] }
      due: { type: date, default: 2026-01-02 }
      price: { type: decimal, default: 1.10 }
      tags: { type: "list[str]?", default: [no, yes] }
      note: { type: str?, default: null }
  Rush:
    extends: Order
    unique: true
functions:
  net:
    parameters: { amount: float }
    returns: float
    body: amount / (1 + vat)
  score:
    parameters: { who: str }
    returns: int
facts:
  Order:
    - { id: 1, total: 200 }
    - { id: 2, total: 20, due: 2026-03-01 }
  Thing:
    - { id: 1, on: off }
rules:
  - name: large order
    description: Of more than a hundred
    tags: [a, b]
    salience: 10
    when: ["o := Order(status == 'new', total > 100)", not Rush()]
    then:
      - modify o(status = 'large')
      - "emit {'order': o.id, 'due': o.due, 'net': net(o.total)}"
  - name: each
    salience: 1 + 1
    no_loop: true
    enabled: on
    when: |
      o := Order()   # any
      t := Thing()
    then:
      - if o.id == 1
      - emit [o.price, o.tags, o.note, t.on, score("x")]
      - end
  - name: off
    enabled: false
    then: [emit "never"]
"""


def run(text: str, params: dict[str, object] | None = None, **options: Any) -> list[Any]:
    with RuleSet.parse(text, format="yaml", **options).session(params) as session:
        return session.run().outputs


def test_a_whole_rule_set() -> None:
    rules = RuleSet.parse(PRICING, format="yaml", functions={"score": lambda who: len(who)})
    assert (rules.name, rules.description) == ("pricing", "Discounts")
    first = rules.rules[0]
    assert (first.description, first.tags, first.line) == ("Of more than a hundred", ("a", "b"), 36)
    assert rules.templates["Rush"].extends == ("Order",)
    assert rules.templates["Rush"].unique
    assert rules.templates["Thing"].open
    with rules.session({"on": True}) as session:
        assert session.run().outputs == [
            {"order": 1, "due": date(2026, 1, 2), "net": 160.0},
            [Decimal("1.10"), ["no", "yes"], None, "off", 1],
        ]
        assert session.facts("Order", id=2)[0].due == date(2026, 3, 1)


def test_words_of_yaml_1_1_are_strings() -> None:
    text = "rules: [{name: no, then: ['emit \"x\"']}, {name: yes}, {name: 'on'}, {name: 1:30}]"
    assert [rule.name for rule in RuleSet.parse(text, format="yaml").rules] == [
        "no", "yes", "on", "1:30",
    ]  # fmt: skip


def test_dates_and_enabled_with_other_forms() -> None:
    text = """
params: {day: {type: date, default: "2026-05-01"}, wait: {type: duration, default: 5m}}
rules:
  - {name: a, enabled: "day > date('2026-01-01')", then: "emit wait"}
  - {name: b, salience: -1, then: "emit day"}
"""
    outputs = run(text)
    assert [str(value) for value in outputs] == ["0:05:00", "2026-05-01"]


def test_aliases_and_merges() -> None:
    text = """
rules:
  - &first
    name: a
    salience: 5
    then: &action ["emit 1"]
  - <<: *first
    name: b
  - <<: [{name: c, salience: 1}, *first]
    then: *action
"""
    rules = RuleSet.parse(text, format="yaml")
    assert [rule.name for rule in rules.rules] == ["a", "b", "c"]
    with rules.session() as session:
        assert [firing.rule for firing in session.run(trace=True).firings][-1] == "c"


def test_imports_of_both_kinds(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("imports: [b.rete]\nrules: [{name: a, when: 'B()'}]")
    (tmp_path / "b.rete").write_text('import "c.yml"\ntemplate B\n    c: C?\nend\n')
    (tmp_path / "c.yml").write_text("templates: {C: {fields: {x: int}}}")
    assert set(RuleSet.load(tmp_path / "a.yaml").templates) == {"B", "C"}
    assert set(RuleSet.load(tmp_path).templates) == {"B", "C"}
    text = "imports: [b.rete]"
    assert set(RuleSet.parse(text, format="yaml", base=tmp_path).templates) == {"B", "C"}
    with pytest.raises(RuleSyntaxError, match="RE0016"):
        RuleSet.parse(text, format="yaml")
    with pytest.raises(RuleSyntaxError, match="leaves its folder"):
        RuleSet.parse("imports: [../x.yaml]", format="yaml", base=tmp_path)


def test_a_folder_without_rules(tmp_path: Path) -> None:
    with pytest.raises(RuleSyntaxError, match=r"no \.rete, \.yaml, \.yml files"):
        RuleSet.load(tmp_path)


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(ValueError, match="format is one of rete, yaml, not 'xml'"):
        RuleSet.parse("", format="xml")


def test_every_attribute_of_a_rule() -> None:
    """As in a text of rules: those that a version does not run are refused by the compiler."""
    text = """
queries:
  large: { parameters: { least: float, any: null }, when: [Order(total > least)] }
rules:
  - name: r
    description: d
    tags: [a]
    salience: 1 + 2
    group: g
    auto_focus: true
    activation_group: h
    no_loop: false
    lock_on_active: true
    enabled: false
    effective: { from: 2026-01-01, to: 2026-12-31 }
  - { name: s, effective: { to: 2026-12-31 } }
"""
    document, found = parse_yaml(make_source(text))
    assert found == []
    query, rule, other = document.declarations
    assert isinstance(query, QueryDeclaration)
    assert [(p.name, p.type.name if p.type else None) for p in query.parameters] == [
        ("least", "float"), ("any", None),
    ]  # fmt: skip
    assert [show(condition) for condition in query.conditions] == ["Order((total > least))"]
    assert isinstance(rule, RuleDeclaration)
    given = rule.attributes
    assert (given.description, given.tags, given.group) == ("d", ("a",), "g")
    assert given.salience is not None
    assert show(given.salience) == "(1 + 2)"
    assert given.auto_focus is not None
    assert given.no_loop is None
    assert given.activation_group == "h"
    assert given.lock_on_active is not None
    assert given.enabled is not None
    assert show(given.enabled) == "False"
    assert (given.effective_from, given.effective_to) == ("2026-01-01", "2026-12-31")
    assert given.group_span is not None
    assert (given.group_span.line, given.group_span.text) == (9, "g")
    assert isinstance(other, RuleDeclaration)
    assert (other.attributes.effective_from, other.attributes.effective_to) == (
        None, "2026-12-31",
    )  # fmt: skip


def test_values_of_all_kinds() -> None:
    text = """
templates:
  T:
    fields:
      a: { type: dict, default: { x: [1, .inf], y: { z: 0x10 } } }
      b: { type: date?, default: null }
      c: { type: decimal, default: 5 }
      d: { type: any, default: !!str 5 }
facts:
  T: [ {}, { b: 2026-01-01, c: "1.10" } ]
rules:
  - { name: r, when: "t := T()", then: "emit [t.a, t.b, t.c, t.d]" }
"""
    assert run(text) == [
        [{"x": [1, float("inf")], "y": {"z": 16}}, date(2026, 1, 1), Decimal("1.10"), "5"],
        [{"x": [1, float("inf")], "y": {"z": 16}}, None, Decimal("5"), "5"],
    ]


# -- rules over one fact ---------------------------------------------------------------------------

TIERS = """\
name: customer_segmentation
description: Customer tiers
rules:
  - name: vip
    description: High spenders
    condition: "fact.get('annual_spend', 0) > 50000"
    action: "{'segment': 'VIP', 'sla_hours': 1}"
    priority: 100
  - name: named
    condition: >
      fact.get('annual_spend', 0) > 5 and
      len(fact['name']) > 2
    action: fact.get('title')
  - name: named
    condition: "True"
    action: "[k for k in fact]"
    priority: "-5"
"""


def test_rules_over_one_fact() -> None:
    rules = RuleSet.parse(TIERS, format="yaml")
    assert (rules.name, rules.description) == ("customer_segmentation", "Customer tiers")
    assert [rule.name for rule in rules.rules] == ["vip", "named", "named (2)"]
    with rules.session() as session:
        session.insert("Fact", annual_spend=60_000, name="Ann", title="Dr")
        assert session.run().outputs == [
            {"segment": "VIP", "sla_hours": 1}, "Dr", ["annual_spend", "name", "title"],
        ]  # fmt: skip
        session.insert("Fact", annual_spend=6, name="Bob")
        assert session.run().outputs == [["annual_spend", "name"]]


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("1", True),
        ("''", False),
        ("fact", True),
        ("fact.opened_at > 5", True),
        ("fact['evaluation'] == 'please compile the file'", True),
        ("fact.get('executive') is none", True),
        ("any(fact[k] == 7 for k in fact)", True),
        ("[fact for fact in [0]] == [0]", True),
        ("'x' in fact", False),
    ],
)
def test_conditions_over_one_fact(condition: str, holds: bool) -> None:
    text = json.dumps(
        {"name": "n", "rules": [{"name": "r", "condition": condition, "action": "'yes'"}]}
    )
    with RuleSet.parse(text, format="yaml").session() as session:
        session.insert("Fact", opened_at=7, evaluation="please compile the file")
        assert session.run().outputs == (["yes"] if holds else [])


def test_keys_that_mean_nothing_are_told_of() -> None:
    text = "name: x\nversion: 1\nrules:\n- {name: a, condition: 'true', action: '1', priorty: 5}"
    text = text.replace("'true'", '"True"')
    found = RuleSet.parse(text, format="yaml").diagnostics
    assert [(d.code, d.severity, d.message, d.hint) for d in found] == [
        ("RE0510", "warning", "the key 'version' means nothing here", None),
        ("RE0510", "warning", "the key 'priorty' means nothing here", "did you mean 'priority'?"),
    ]


def test_an_error_names_rule_and_fact() -> None:
    text = "name: x\nrules:\n- {name: a, condition: \"fact['total'] > 1\", action: '1'}"
    with RuleSet.parse(text, format="yaml").session() as session:
        session.insert("Fact", sum=5)
        with pytest.raises(RuleEngineError) as raised:
            session.run()
    assert "'a'" in str(raised.value)
    assert "Fact(sum=5)" in str(raised.value)
    assert getattr(raised.value, "line", 0) == 3


# -- what is wrong ---------------------------------------------------------------------------------


def findings(text: str) -> Sequence[Diagnostic]:
    with pytest.raises((RuleSyntaxError, RuleValidationError)) as raised:
        RuleSet.parse(text, format="yaml")
    assert isinstance(raised.value, RuleSyntaxError | RuleValidationError)
    return raised.value.diagnostics


ORDER = "templates:\n  Order: {fields: {total: float}}\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: [1", "RE0020 1:6 not YAML"),
        ("a:\n\tb: 1", "RE0020 2:1 not YAML"),
        ("a: 'b", "RE0020 1:6 not YAML"),
        ("a: %x", "RE0020 1:4 not YAML"),
        ("templates: {T: {key: []}}", "RE0022 1:22 'key' must not be empty"),
        ("queries: {q: {when: 'X(', parameters: {a: x y}}}", "RE0010 1:45 "),
        ("params: {p: {type: date, default: 5}}", "RE0200 1:35 "),
        ("facts: {T: [{a b: 1}]}", "RE0010 1:14 'a b' is no name"),
        ("a: b: c", "RE0020 1:5 not YAML: mapping values"),
        ("a: 1\nb: 2\na: 3", "RE0021 3:1 the key 'a' stands twice"),
        ("rules: []\n'rules': []", "RE0021 2:1 the key 'rules' stands twice"),
        ("", "RE0020 1:1 the document is empty"),
        ("# nothing", "RE0020 1:1 the document is empty"),
        ("a: 1\n---\nb: 2", "RE0020 2:1 a file of rules is one YAML document"),
        ("a: *b", "RE0020 1:4 "),
        ("a: &x [1, *x]", "RE0020 1:11 an alias refers to what it stands in"),
        ("a: !!python/object/apply:os.system [ls]", "RE0020 1:4 the tag"),
        ("a: !thing 1", "RE0020 1:4 the tag '!thing' means nothing"),
        ("[1]: 2", "RE0020 1:1 a key is a word"),
        ("a: {<<: 1}", "RE0020 1:5 '<<' brings in a mapping"),
        ("name: " + "9" * 5000, "RE0020 1:7 a number has too many digits"),
        ("- 1", "RE0022 1:1 this must be a mapping"),
        ("rules: 3", "RE0022 1:8 'rules' must be a list"),
        ("name: 3", "RE0022 1:7 'name' must be text"),
        ("name: ''", "RE0022 1:7 'name' must not be empty"),
        ("rules: [{salience: 1}]", "RE0022 1:9 the key 'name' is missing"),
        ("rules: [{name: x, salience: [1]}]", "RE0022 1:29 "),
        ("rules: [{name: x, no_loop: maybe}]", "RE0022 1:28 'no_loop' must be true or false"),
        ("rules: [{name: x, salence: 1}]", "RE0022 1:19 unknown key 'salence'"),
        ("templates: {T: {fields: {a: {tpe: int}}}}", "RE0022 1:26 the key 'type' is missing"),
        ("templates: {T: {fields: {a: [int]}}}", "RE0022 1:29 "),
        ("templates: {T: {fields: {a: flot}}}", "RE0104 1:29 unknown type 'flot'"),
        ("templates: {T: {fields: {a: 'int x'}}}", "RE0010 1:34 "),
        ("templates: {T: {fields: {a: ' '}}}", "RE0010 1:1 a type is missing"),
        ('templates: {T: {fields: {a: "int\\nend"}}}', "RE0010 1:35 "),
        ("templates: {T: {fields: {a: {type: int, default: x}}}}", "RE0200 1:50 "),
        ("templates: {a b: {}}", "RE0010 1:13 'a b' is no name"),
        ("templates: {rule: {}}", "RE0108 1:13 'rule' is a keyword"),
        ("params: {p: {type: int, default: 1.5}}", "RE0200 1:34 "),
        ("facts: {T: [{a: 1}]}", "RE0100 1:9 unknown template 'T'"),
        ("rules: [{name: a}, {name: a}]", "RE0105 1:27 rule 'a' is declared twice"),
        ("rules: [{name: a, salience: 'x y'}]", "RE0010 1:32 "),
        (ORDER + "rules: [{name: a, when: 'o := Ordr()'}]", "RE0100 3:31 unknown template"),
        (
            ORDER + "rules:\n- name: a\n  when: |\n    o := Order(\n       total > > 5)",
            "RE0010 7:16 unexpected '>'",
        ),
        (
            ORDER + "rules:\n- name: a\n  when: >-\n    o := Order(total\n    > 5 and totl < 3)",
            "RE0102 7:13 unknown name 'totl'",
        ),
        (
            ORDER + "rules:\n- name: a\n  when:\n  - 'o := Order(''a'' == totl)'",
            "RE0102 6:26 unknown name 'totl'",
        ),
        (
            ORDER + 'rules:\n- name: a\n  when:\n  - "o := Order(\\"\\x41é\\" == totl)"',
            "RE0102 6:30 unknown name 'totl'",
        ),
        ("rules:\n- name: a\n  then: emit f'{1 +}'", "RE0010 3:19 "),
    ],
)
def test_what_is_wrong_has_a_place(text: str, expected: str) -> None:
    first = findings(text)[0]
    found = f"{first.code} {first.span.line}:{first.span.column} {first.message}"
    assert found.startswith(expected), "\n".join(map(str, findings(text)))
    assert first.span.source.text == text


@pytest.mark.parametrize(
    ("template", "hint"),
    [
        ("{id: int}", "the fields of a template stand below 'fields:', as 'fields: {id: …}'"),
        ("{kay: str?}", "the fields of a template stand below 'fields:', as 'fields: {kay: …}'"),
        ("{kay: [id]}", "did you mean 'key'?"),
    ],
)
def test_fields_without_their_key_have_a_hint(template: str, hint: str) -> None:
    (found,) = findings(f"templates: {{T: {template}}}")
    assert (found.code, found.hint) == ("RE0022", hint)


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        ("fcat.get('x')", "RE0102"),
        ("fact.__class__", "RE0108"),
        ("__import__('os')", "RE0108"),
        ("eval('1')", "RE0103"),
        ("fact.get(", "RE0013"),
        ("now()", "RE0302"),
        ("fact.pop('x')", "RE0103"),
    ],
)
def test_wrong_expressions_are_refused_when_they_are_loaded(condition: str, code: str) -> None:
    text = f'name: x\nrules:\n- name: a\n  condition: "{condition}"\n  action: "1"'
    assert [(d.code, d.span.line) for d in findings(text)] == [(code, 4)]


def test_all_wrong_rules_are_told_of_together() -> None:
    text = """
name: x
rules:
- {name: a, condition: "fact.x", action: "fact."}
- {name: b, condition: "y", action: "1"}
- {condition: "1", action: "1", priority: high}
"""
    assert [(d.code, d.span.line) for d in findings(text)] == [("RE0022", 6), ("RE0022", 6)]
    text = text.replace("- {condition", "- {name: c, condition").replace("high", "1")
    assert [(d.code, d.span.line) for d in findings(text)] == [("RE0010", 4), ("RE0102", 5)]


def test_wrong_conditions_and_actions_of_a_rule_are_told_of_together() -> None:
    text = 'rules: [{name: a, salience: "1 +", when: "x y", then: "emit"}]'
    assert len(findings(text)) == 3


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        (
            "name: t\nrules: [{name: r, conditon: '1', action: '2'}]",
            "did you mean it by 'conditon'?",
        ),
        ("templates: {T: {fields: {a: {tpe: int}}}}", None),  # the key has an error of its own
        ("name: t\nrules: [{name: r, condition: '1', note: x}]", None),
        ("[1, 2]", "a rule set is a mapping with 'name' and 'rules'"),
        ("\tname: x", "indent with spaces"),
        ("name: x\nrules:\n\t- {}", "indent with spaces"),
    ],
)
def test_hints(text: str, hint: str | None) -> None:
    assert findings(text)[0].hint == hint


# -- bombs ---------------------------------------------------------------------------------------


def test_aliases_cannot_unfold_without_end() -> None:
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    for number in range(1, 12):
        lines.append(f"a{number}: &a{number} [{', '.join([f'*a{number - 1}'] * 10)}]")
    (found,) = findings("\n".join(lines))
    assert found.code == "RE0003"


@pytest.mark.parametrize("text", ["[" * 50_000, "- " * 50_000 + "a", "{a: " * 50_000])
def test_deep_nesting_is_refused(text: str) -> None:
    (found,) = findings(text)
    assert found.code == "RE0004"


def test_aliases_cannot_nest_without_end() -> None:
    text = "\n".join(["a0: &a0 [1]", *(f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 150))])
    (found,) = findings(text)
    assert found.code == "RE0004"


def test_aliases_cannot_repeat_a_long_text_without_end() -> None:
    long = " and ".join(["fact.a > 1"] * 400)
    again = "\n".join(f"  - {{name: q{n}, condition: *c, action: '1'}}" for n in range(2_000))
    text = f"name: s\nrules:\n  - {{name: r, condition: &c \"{long}\", action: '1'}}\n{again}"
    (found,) = findings(text)
    assert (found.code, found.message) == (
        "RE0003",
        "aliases stand for more than 500,000 characters",
    )


def test_of_thousands_of_misshapen_places_the_first_are_told() -> None:
    found = findings(f"name: s\nrules: [{'1, ' * 20_000}1]")
    assert len(found) == 200
    assert found[0].message == "this must be a mapping"


def test_a_large_text_is_refused() -> None:
    with pytest.raises(RuleSyntaxError, match="RE0003"):
        RuleSet.parse("x: " + "y" * (17 * 1024 * 1024), format="yaml")


# -- around it ---------------------------------------------------------------------------------


def test_the_package_is_light() -> None:
    code = (
        "import sys, rete_engine; rete_engine.RuleSet.parse('template T\\nend');"
        "print([m for m in ('pydantic', 'yaml', 'typer') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_published_schema_is_true() -> None:
    published = json.loads((ROOT / "docs" / "ruleset.schema.json").read_text("utf-8"))
    assert published == json_schema()
