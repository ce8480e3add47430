"""What rules share: alpha specs, indexes and nodes that say the same thing are one."""

from __future__ import annotations

import pytest

from rete_engine import RuleExecutionError
from rete_engine.network.nodes import (
    ComputeSpec,
    ExistsSpec,
    FirstSpec,
    GroupSpec,
    JoinSpec,
    NodeSpec,
)
from rete_engine.network.nodes import TestSpec as SpecOfTests
from tests.compiler.networks import network_of, rules_of


def count(whens: tuple[str, ...], kind: type[NodeSpec]) -> int:
    return sum(isinstance(node, kind) for node in network_of(rules_of(*whens)).nodes)


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        (FirstSpec, "A(k == 1)", "A(k == 1)"),
        (FirstSpec, "A(k > 1)", "A(k > 1)"),
        (JoinSpec, "a := A()\nB(k == a.k)", "b := A()\nB(b.k == k)"),
        (JoinSpec, "a := A()\nB(k == a.k, x == a.x)", "a := A()\nB(x == a.x, k == a.k)"),
        (ExistsSpec, "a := A()\nnot B(k == a.k)", "a := A()\nnot B(k == a.k)"),
        (ExistsSpec, "a := A()\nexists B(k == a.k)", "a := A()\nexists B(k == a.k)"),
        (SpecOfTests, "v := 3\ntest v > 2", "w := 3\ntest w > 2"),
        (ComputeSpec, "A(v := x + 1)\nB(x == v)", "A(w := x + 1)\nB(x == w)"),
    ],
)
def test_rules_that_begin_alike_share_their_nodes(
    kind: type[NodeSpec], one: str, other: str
) -> None:
    assert count((one, other), kind) == count((one,), kind) == 1
    with rules_of(one, other).session() as session:
        session.insert("A", k=1, x=1)
        session.insert("A", k=2, x=1)
        session.insert("B", k=2, x=2)
        outputs = session.run().outputs
    assert outputs.count(0) == outputs.count(1)


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        (FirstSpec, "A(k == 1)", "A(k == 1.0)"),
        (FirstSpec, "A(k == 1)", "A(k == 2)"),
        (FirstSpec, "a := A(k == 1)", "a := A(k == 1)\nB(x == a.x)"),
        (JoinSpec, "a := A()\nB(k == a.k)", "a := A()\nB(x == a.k)"),
        (ExistsSpec, "a := A()\nnot B(k == a.k)", "a := A()\nexists B(k == a.k)"),
        (SpecOfTests, "v := 3\ntest v > 2", "v := 3\ntest v > 1"),
        (ComputeSpec, "v := [1]", "for v in [1]"),
        (GroupSpec, "not (A() and B())", "exists (A() and B())"),
    ],
)
def test_what_differs_is_not_shared(kind: type[NodeSpec], one: str, other: str) -> None:
    assert count((one, other), kind) == 2


def test_joins_with_one_key_share_the_index_over_their_facts() -> None:
    rules = rules_of("a := A()\nB(k == a.k)", "c := C()\nB(k == c.i)")
    assert len(network_of(rules).alphas) == 3
    rights = [alpha.rights for alpha in network_of(rules).alphas if alpha.template.name == "B"]
    assert [len(found) for found in rights] == [1]


def test_the_error_of_a_shared_condition_names_every_rule() -> None:
    rules = rules_of("A(10 / x > 2)", "A(10 / x > 2)\nB()")
    with rules.session() as session:
        session.insert("A", x=0)
        with pytest.raises(RuleExecutionError) as caught:
            session.run()
    assert caught.value.rule == "r0, r1"
    assert "a condition of rule 'r0, r1' failed" in str(caught.value)


def test_a_thousand_rules_cost_a_fact_no_more_than_ten() -> None:
    rules = rules_of(*(f"a := A(s == 'n{n}')\nB(k == a.k)" for n in range(1_000)))
    with rules.session() as session:
        matcher = session._engine.matcher
        session.insert("A", s="n77")
        assert len(matcher.alpha_network.alphas) == 1  # nothing is made for the other rules
        session.insert("B")
        # The index over B is there, but only the rule that has a left match hears of the fact.
        assert len(matcher.live_nodes) == 3
        assert session.run().outputs == [77]


def test_opening_a_session_makes_nothing_for_its_rules() -> None:
    few = rules_of(*(f"A(s == 'n{n}')" for n in range(10)))
    many = rules_of(*(f"A(s == 'n{n}')" for n in range(1_000)))
    for rules in (few, many):
        with rules.session() as session:
            matcher = session._engine.matcher
            assert (
                len(matcher.live_nodes),
                len(matcher.alpha_network.alphas),
                len(matcher.alpha_network.rights),
            ) == (0, 0, 0)
            network = network_of(rules)
            assert (network.starts, network.switched) == ((), ())


def test_a_constant_finds_its_rules_by_equality_of_the_language() -> None:
    rules = rules_of("A(k == 1.0)", "A(k == 1)", "A(k == true)", "A(s == none)", "A(s == '1')")
    with rules.session() as session:
        session.insert("A", k=1, s="1")
        found = session.run().outputs
    assert set(found) >= {0, 1, 4}
    assert 3 not in found


def test_a_constant_that_equals_nothing_finds_nothing() -> None:
    with rules_of("A(x == float('nan'))").session() as session:
        session.insert("A")
        assert session.run().fired == 0


def test_two_constants_must_both_agree() -> None:
    with rules_of("A(k == 1, x == 2)", "A(x == 2, k == 1)").session() as session:
        session.insert("A", k=1, x=1)
        session.insert("A", k=2, x=2)
        assert session.run().fired == 0
        session.insert("A", k=1, x=2)
        assert session.run().fired == 2
