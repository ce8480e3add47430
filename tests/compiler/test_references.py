"""Reading through a reference in a condition: refused with a mend, wherever it hides."""

from __future__ import annotations

import pytest

from rete_engine import RuleExecutionError, RuleSet
from tests.compiler.findings import findings

TEMPLATES = """
template Customer
    id: str
    tier: str = "basic"
    boss: Customer? = none
end
template Order
    customer: Customer
    other: Customer? = none
    many: list[Customer] = []
    total: int = 0
end
function tier_of(c: Customer) -> str = c.tier
function tier(o: Order) -> str = o.customer.tier
function deep(o: Order) -> str = tier(o)
function handed(o: Order) -> str = tier_of(o.customer)
function some(o: Order) -> bool = any(c.tier == "gold" for c in o.many)
function late(o: Order) -> str = later(o)
function later(o: Order) -> str = o.customer.tier
external function rate(c: Customer) -> int
"""


def rule(when: str, attributes: str = "", then: str = "halt") -> str:
    return f'{TEMPLATES}\nrule "r"\n{attributes}\nwhen\n{when}\nthen\n{then}\nend'


@pytest.mark.parametrize(
    ("when", "words"),
    [
        ("Order(customer.tier == 'gold')", "customer.tier"),
        ("o := Order()\ntest o.customer.tier == 'gold'", "o.customer.tier"),
        ("o := Order()\ntest o.other?.tier == 'gold'", "o.other?.tier"),
        ("o := Order()\ntest o.other.tier == 'gold'", "o.other.tier"),
        ("o := Order(c := customer)\nCustomer(id == c.id)", "c.id"),
        ("o := Order()\nv := o.customer\ntest v.tier == 'gold'", "v.tier"),
        ("o := Order()\nfor c in o.many\ntest c.tier == 'gold'", "c.tier"),
        ("o := Order()\ntest o.many[0].tier == 'gold'", "o.many[0].tier"),
        ("o := Order()\ntest any(c.tier == 'gold' for c in o.many)", "c.tier"),
        ("o := Order()\ntest [c.tier for c in o.many if c.id == 'x'] == []", "c.id"),
        ("o := Order()\nv := o.customer.tier", "o.customer.tier"),
        ("Order(v := customer.tier)", "customer.tier"),
        ("o := Order()\nnot Customer(tier == o.customer.tier)", "o.customer.tier"),
        ("o := Order()\nexists (Customer() and Customer(id == o.customer.id))", "o.customer.id"),
        ("c := Customer(boss.tier == 'x')", "boss.tier"),
        ("o := Order()\ntest f'{o.customer.tier}' == 'x'", "o.customer.tier"),
        # through functions
        ("o := Order()\ntest tier_of(o.customer) == 'x'", "o.customer"),
        ("o := Order()\ntest rate(o.customer) > 1", "o.customer"),
        ("o := Order()\ntest tier(o) == 'x'", "tier(o)"),
        ("o := Order()\ntest deep(o) == 'x'", "deep(o)"),
        ("o := Order()\ntest handed(o) == 'x'", "handed(o)"),
        ("o := Order()\ntest some(o)", "some(o)"),
        ("o := Order()\ntest late(o) == 'x'", "late(o)"),
    ],
)
def test_a_read_through_a_reference_is_refused(when: str, words: str) -> None:
    found = findings(rule(when))
    assert {d.code for d in found} == {"RE0900"}
    assert words in [d.span.text for d in found]
    for diagnostic in found:
        assert "reads a fact through a reference" in diagnostic.message
        assert "pattern of its own" in (diagnostic.hint or "")


def test_the_hint_shows_the_join() -> None:
    (found,) = findings(rule("o := Order(customer.tier == 'gold')"))
    assert found.hint == (
        "match that fact by a pattern of its own and compare: x := Customer(), … customer == x"
    )


def test_the_salience_is_a_condition_in_this() -> None:
    found = findings(rule("o := Order()", "salience 1 if o.customer.tier == 'gold' else 0"))
    assert [d.code for d in found] == ["RE0900"]


@pytest.mark.parametrize(
    "when",
    [
        "c := Customer(tier == 'gold')\nOrder(customer == c)",
        "c := Customer()\nOrder(customer != c, other is none)",
        "c := Customer()\nOrder(c in many)",
        "c := Customer()\nOrder(customer == c, many == [c])",
        "o := Order()\nv := o.customer\nCustomer(boss == v)",
        "c := Customer()\ntest tier_of(c) == 'gold'",
        "c := Customer()\ntest rate(c) > 0",
        "o := Order()\ntest len(o.many) > 0",
        "o := Order()\nfor c in o.many\nCustomer(boss == c)",
    ],
)
def test_comparing_references_and_reading_matched_facts_is_fine(when: str) -> None:
    assert not [d for d in findings(rule(when)) if d.severity == "error"]


def test_actions_may_read_what_they_like() -> None:
    rules = RuleSet.parse(
        rule(
            "o := Order(total > 0)",
            then='emit f"{o.customer.tier} {tier(o)} {rate(o.customer)}"',
        ),
        functions={"rate": lambda customer: len(customer.id)},
    )
    with rules.session() as session:
        boss = session.insert("Customer", id="b", tier="gold")
        session.insert("Order", customer=boss, total=1)
        assert session.run().outputs == ["gold gold 1"]


def test_a_fact_that_is_handed_to_a_function_renews_the_match_by_any_field() -> None:
    rules = RuleSet.parse(
        rule("c := Customer()\ntest rate(c) > 1", then="emit c.id"),
        functions={"rate": lambda customer: 2 if customer.tier == "gold" else 0},
    )
    with rules.session() as session:
        customer = session.insert("Customer", id="a")
        assert session.run().outputs == []
        session.modify(customer, tier="gold")
        assert session.run().outputs == ["a"]
        session.modify(customer, id="b")
        assert session.run().outputs == ["b"]


@pytest.mark.parametrize(
    "when",
    [
        "Holder(any.tier == 'gold')",
        "h := Holder(v := any)\ntest v.tier == 'gold'",
        "h := Holder()\nfor v in h.items\ntest v.tier == 'gold'",
        "h := Holder()\nnot Customer(id == h.any.id)",
        "h := Holder(any([c.tier == 'gold' for c in items]))",
        "Event(who.tier == 'gold')",
    ],
)
def test_a_reference_that_only_running_shows_is_refused_then(when: str) -> None:
    holders = "template Holder\n    any: any = none\n    items: list = []\nend\n"
    events = "open template Event\nend\n"
    text = rule(when, then='print "gold"') + "\n" + holders + events
    with RuleSet.parse(text, functions={"rate": len}).session() as session:
        gold = session.insert("Customer", id="a", tier="gold")
        session.insert("Holder", any=gold, items=[gold])
        session.insert("Event", who=gold)
        with pytest.raises(RuleExecutionError, match=r"reads a fact through a reference"):
            session.run()


def test_an_action_reads_through_a_reference_of_any_type() -> None:
    text = f"""{TEMPLATES}
template Holder
    any: any
end
rule "r"
when
    h := Holder()
then
    emit (h.any.tier, tier_of(h.any))
end
"""
    with RuleSet.parse(text, functions={"rate": len}).session() as session:
        session.insert("Holder", any=session.insert("Customer", id="a", tier="gold"))
        assert session.run().outputs == [("gold", "gold")]
