"""How `or` and `forall` become conjunctions, and how their paths share nodes."""

from __future__ import annotations

import pytest

from rete_engine import RuleSet
from rete_engine.compiler.normalise import MOST_READINGS
from rete_engine.network.nodes import GroupSpec, PartnerSpec, ProductionSpec
from tests.compiler.findings import findings, rule, said
from tests.compiler.networks import network_of, path_of, rules_of


def ends(rules: RuleSet) -> int:
    """How many paths end in a rule."""
    return sum(isinstance(node, ProductionSpec) for node in network_of(rules).nodes)


@pytest.mark.parametrize(
    ("when", "readings"),
    [
        ("(A() or B())", 2),
        ("(A() or B() or C())", 3),
        ("(A() or B())\n(A() or B())", 4),
        ("(A() or (B() and (C(i == 1) or C(i == 2))))", 3),
        ("((A() or B()) and C())", 2),
        ("(A() and B())", 1),
        ("not (A() or B())", 1),
        ("exists (A() or B())", 1),
        ("forall ((a := A() or a := A(x == 1)), (B(k == a.k) or B(x == a.x)))", 1),
        ("(not (A() or B()) or exists (A() or B()))", 2),
    ],
)
def test_each_combination_of_alternatives_is_a_path(when: str, readings: int) -> None:
    assert ends(rules_of(when)) == readings


def test_what_stands_before_the_alternatives_is_shared() -> None:
    rules = rules_of("a := A(x == 1)\n(b := B(k == a.k) or b := B(x == a.x))\ntest b.s == a.s")
    firsts = network_of(rules).root.children
    assert len(firsts) == 1
    assert len(firsts[0].children) == 2


def test_not_of_alternatives_is_a_negation_of_each() -> None:
    same = rules_of("not (A() or (B() and C()))", "not A()\nnot (B() and C())")
    assert path_of(same, "r0") == path_of(same, "r1")


def test_exists_of_alternatives_has_a_branch_for_each() -> None:
    rules = rules_of("exists (A() or B() or (B() and C()))")
    assert path_of(rules, "r0") == ["root", "exists (…)"]
    (group,) = network_of(rules).root.children
    assert isinstance(group, GroupSpec)
    assert sum(isinstance(node, PartnerSpec) for node in network_of(rules).nodes) == 3
    assert len(group.branch) == 2  # two of them begin alike


def test_forall_is_a_negation_of_a_negation() -> None:
    same = rules_of(
        "forall (a := A(), b := B(k == a.k), C(i == b.x))",
        "not (a := A() and not (b := B(k == a.k) and C(i == b.x)))",
    )
    assert path_of(same, "r0") == path_of(same, "r1")


def ways(alternatives: int) -> str:
    return rule(" or ".join(f"Order(id == {n})" for n in range(alternatives)).join("()"))


def test_as_many_alternatives_as_the_limit() -> None:
    assert said(ways(MOST_READINGS)) == []
    (found,) = findings(ways(MOST_READINGS + 1))
    assert found.code == "RE0307"
    assert "more than 128 ways" in found.message
    assert found.span.text == 'rule "r"'


def test_alternatives_within_a_negation_count_too() -> None:
    inside = " and ".join(f"(Order(id == {n}) or Order(id == -{n}))" for n in range(8))
    assert [d.code for d in findings(rule(f"not ({inside})"))] == ["RE0307"]


def test_a_reading_has_no_more_conditions_than_a_rule() -> None:
    inside = " and ".join(f"(Order(id == {n}) or Order(id == -{n}))" for n in range(5))
    assert said(rule(f"not (Hold() and {inside})")) == [
        "RE0307 without 'or' a reading of this rule has more than 200 conditions"
    ]


def test_errors_within_alternatives_are_told_as_anywhere() -> None:
    found = said(rule("(o := Ordr(id == 1) or o := Order(idd == 2))\ntest o.id > 0", "emit o.id"))
    assert found == [
        "RE0100 unknown template 'Ordr'",
        "RE0101 Order has no field 'idd'",
    ] or found == [
        "RE0100 unknown template 'Ordr'",
        "RE0102 unknown name 'idd'",
    ]


def test_a_mistake_in_the_action_is_told_once() -> None:
    found = said(rule("(o := Order(id == 1) or o := Order(id == 2))", "emit o.idd"))
    assert found == ["RE0101 Order has no field 'idd'"]


@pytest.mark.parametrize(
    ("when", "then", "unused"),
    [
        ("(o := Order(id == 1) or o := Order(id == 2))", "halt", ["o", "o"]),
        ("(o := Order(id == 1) or o := Order(id == 2))", "emit o.id", []),
        ("(o := Order(id == 1) or Hold())", "halt", ["o"]),
        ("(o := Order(id == 1) and Hold(order == o.id) or Hold())", "halt", []),
        ("(o := Order() and Hold(order == o.id) or o := Order(id == 2))", "halt", ["o"]),
    ],
)
def test_a_variable_of_an_alternative_that_nothing_reads(
    when: str, then: str, unused: list[str]
) -> None:
    assert said(rule(when, then)) == [f"RE0500 variable '{name}' is never used" for name in unused]


@pytest.mark.parametrize(
    ("first", "second", "type"),
    [
        ("v := 1", "v := none", "int?"),
        ("v := none", "v := 1", "int?"),
        ("v := none", "v := none", "none"),
        ("v := [1]", "v := [2]", "list[int]"),
        ("v := [1]", "v := ['a']", "list"),
        ("Order(v := total)", "v := 1.5", "float"),
    ],
)
def test_the_type_of_a_shared_variable(first: str, second: str, type: str) -> None:
    text = rule(f"({first} or {second})", "insert Customer(id = 'a', tier = v)")
    assert said(text) == [f"RE0200 Customer.tier is of type str, not {type}"]


@pytest.mark.parametrize("other", ["v := 1", "v := 'a'", "Order(v := tags)"])
def test_a_value_of_any_type_agrees_with_all(other: str) -> None:
    text = rule(f"(Event(v := x) or {other})", "insert Customer(id = 'a', tier = v)")
    assert said(text) == []
