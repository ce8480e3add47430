"""Reading through a reference in a condition: a join with the fact, or refused with a mend."""

from __future__ import annotations

import pytest

from rete_engine import RuleExecutionError, RuleSet
from rete_engine.network.nodes import ProductionSpec
from tests.compiler.findings import findings
from tests.compiler.networks import network_of, path_of, paths_of

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
function many_of(cs: list[Customer]) -> int = len(cs)
external function rate(c: Customer?) -> int
"""


RATE = {"rate": lambda customer: 0}


def rule(when: str, attributes: str = "", then: str = "halt") -> str:
    return f'{TEMPLATES}\nrule "r"\n{attributes}\nwhen\n{when}\nthen\n{then}\nend'


def network(when: str, attributes: str = "") -> list[str]:
    rules = RuleSet.parse(rule(when, attributes), functions=RATE)
    return path_of(rules, "r")


@pytest.mark.parametrize(
    ("read", "written"),
    [
        (
            "o := Order(customer.tier == 'gold')",
            "o := Order()\nc := Customer(o.customer == c, tier == 'gold')",
        ),
        (
            "o := Order()\ntest o.customer.tier == 'gold' and o.customer.id != 'x'",
            "o := Order()\nc := Customer(o.customer == c)\ntest c.tier == 'gold' and c.id != 'x'",
        ),
        (
            "o := Order(c := customer)\nCustomer(id == c.id)",
            "o := Order()\nc := Customer(o.customer == c)\nCustomer(id == c.id)",
        ),
        (
            "o := Order()\nfor c in o.many\ntest c.tier == 'gold'",
            "o := Order()\nfor c in o.many\nd := Customer(c == d, tier == 'gold')",
        ),
        (
            "o := Order()\nnot Customer(tier == o.customer.tier)",
            "o := Order()\nnot (d := Customer() and c := Customer(o.customer == c)"
            " and test d.tier == c.tier)",
        ),
        (
            "o := Order()\nv := o.customer.tier",
            "o := Order()\nc := Customer(o.customer == c)\nv := c.tier",
        ),
        (
            "o := Order()\ntest tier_of(o.customer) == 'x'",
            "o := Order()\nc := Customer(o.customer == c)\ntest tier_of(c) == 'x'",
        ),
        (
            "o := Order()\ntest f'{o.customer.tier.upper()}' == 'X'",
            "o := Order()\nc := Customer(o.customer == c)\ntest f'{c.tier.upper()}' == 'X'",
        ),
    ],
)
def test_a_read_through_a_reference_is_a_join(read: str, written: str) -> None:
    assert network(read) == network(written)


@pytest.mark.parametrize(
    ("when", "joins"),
    [
        ("o := Order(customer.tier > 'x', customer.id != 'y')\ntest o.customer.id != 'z'", 1),
        ("o := Order(c := customer)\ntest c.tier == o.customer.id", 1),
        ("o := Order()\ntest o.customer.id > 'x'\nnot Customer(tier == o.customer.tier)", 1),
        ("o := Order()\np := Order(customer.id == o.customer.id)", 2),
        ("o := Order()\ntest o.many[0].id == o.many[0].tier", 1),
        ("o := Order()\np := Order(many[0].id == o.many[0].tier)", 2),
    ],
)
def test_a_fact_is_followed_once_in_a_conjunction(when: str, joins: int) -> None:
    found = [line for line in network(when) if line.startswith("join Customer")]
    assert len(found) == joins


@pytest.mark.parametrize(
    ("asked", "when", "written"),
    [
        (
            "a := Order(customer.tier > 'x')",
            "m := q()\ntest m.a.customer.id > 'y'",
            "a := Order(customer.tier > 'x')\ntest a.customer.id > 'y'",
        ),
        (
            "a := Order(other?.tier != 'x')",
            "m := q()\ntest m.a.other?.id != 'y'",
            "a := Order(other?.tier != 'x')\ntest a.other?.id != 'y'",
        ),
        (
            "a := Order(other.boss?.tier != 'x')",
            "m := q()\ntest m.a.other?.boss?.id != 'y'",
            "a := Order(other.boss?.tier != 'x')\ntest a.other?.boss?.id != 'y'",
        ),
        (
            "a := Order(other?.tier != 'x')",
            "m := q()\nn := q()\ntest m.a.other?.id != n.a.other?.id",
            "a := Order(other?.tier != 'x')\nb := Order(other?.tier != 'x')\n"
            "test a.other?.id != b.other?.id",
        ),
    ],
)
def test_what_a_query_follows_is_not_followed_again(asked: str, when: str, written: str) -> None:
    query = f"query q()\n{asked}\nend\n"
    asking = RuleSet.parse(query + rule(when), functions=RATE)
    assert paths_of(asking, "r") == paths_of(RuleSet.parse(rule(written), functions=RATE), "r")


@pytest.mark.parametrize(
    ("when", "readings"),
    [
        ("o := Order(other?.tier == 'gold')", 2),
        ("o := Order(other.tier == 'gold', other.id != 'x')", 2),
        ("o := Order(other.boss?.tier == 'gold')", 3),
        ("o := Order(other?.boss?.tier == 'gold')", 3),  # what none refers to is not looked for
        ("o := Order(other?.boss?.tier == 'gold', other.boss.id != 'x')", 3),
        ("o := Order(rate(other) > 0, other?.id == 'x')", 2),
        ("o := Order()\nnot Customer(tier == o.other?.tier)", 1),
        ("o := Order(other == none)", 1),
    ],
)
def test_a_reference_that_may_be_none_has_two_alternatives(when: str, readings: int) -> None:
    rules = RuleSet.parse(rule(when), functions=RATE)
    nodes = network_of(rules).nodes
    assert sum(isinstance(node, ProductionSpec) for node in nodes) == readings


@pytest.mark.parametrize(
    ("when", "words"),
    [
        ("o := Order()\ntest any(c.tier == 'gold' for c in o.many)", "c.tier"),
        ("o := Order()\ntest [c.tier for c in o.many if c.id == 'x'] == []", "c.id"),
        ("o := Order()\ntest tier(o) == 'x'", "tier(o)"),
        ("o := Order()\ntest deep(o) == 'x'", "deep(o)"),
        ("o := Order()\ntest handed(o) == 'x'", "handed(o)"),
        ("o := Order()\ntest some(o)", "some(o)"),
        ("o := Order()\ntest late(o) == 'x'", "late(o)"),
        ("o := Order()\ntest many_of(o.many) > 0", "o.many"),
    ],
)
def test_what_cannot_be_followed_is_refused(when: str, words: str) -> None:
    found = findings(rule(when))
    assert {d.code for d in found} == {"RE0309"}
    assert words in [d.span.text for d in found]
    assert all("no pattern matches" in d.message and d.hint for d in found)


def test_the_salience_is_a_condition_in_this() -> None:
    attributes = "salience 1 if o.customer.tier == 'gold' else 0"
    assert network("o := Order()", attributes)[-1].startswith("join Customer")
    refused = findings(rule("o := Order()", "salience len([c.id for c in o.many])"))
    assert [d.code for d in refused] == ["RE0309"]


def test_a_type_that_a_reference_tells_is_checked() -> None:
    found = findings(rule("o := Order()\ntest o.customer.tier < 1 or o.other?.tier > 2"))
    assert [d.code for d in found] == ["RE0202", "RE0202"]


def test_a_fact_that_is_gone_is_not_found() -> None:
    rules = RuleSet.parse(
        rule("o := Order(other?.tier == 'gold')", then="emit o.total"), functions={"rate": len}
    )
    with rules.session() as session:
        gold = session.insert("Customer", id="g", tier="gold")
        plain = session.insert("Customer", id="p")
        session.insert("Order", customer=plain, other=gold, total=7)
        assert len(session.agenda()) == 1
        session.retract(gold)
        assert session.agenda() == []


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
def test_comparing_references_follows_nothing(when: str) -> None:
    joined = [line for line in network(when) if "Customer" in line]
    assert len(joined) == when.count("Customer")


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


QUERIES = """
query asks(who)
    c := Customer(id == who.id)
end
query tests(who: any)
    c := Customer()
    test who?.tier == c.tier
end
query hands(whom)
    m := asks(whom)
end
query deeper(what)
    c := Customer(id == what.customer.id)
end
query lists(all)
    c := Customer(id in [each.id for each in all])
end
query calls(who)
    c := Customer()
    test rate(who) == 0
end
query follows(who: Customer)
    c := Customer(id == who.id)
end
"""


@pytest.mark.parametrize(
    ("when", "asked", "read", "hint"),
    [
        ("m := asks(o.customer)", "asks(o.customer)", "who.id", "query asks(who: Customer)"),
        ("m := tests(o.other)", "tests(o.other)", "who?.tier", "query tests(who: Customer)"),
        ("m := hands(o.customer)", "hands(o.customer)", "who.id", "query hands(who: Customer)"),
        ("m := deeper(o)", "deeper(o)", "what.customer.id", "query deeper(who: Customer)"),
        ("m := lists(o.many)", "lists(o.many)", "each.id", "for c in"),
        ("m := calls(o.customer)", "calls(o.customer)", "who", "query calls(who: Customer)"),
        ("not asks(o.other if true else none)", "asks(o.other if true else none)", "who.id", "who"),
    ],
)
def test_a_parameter_that_is_given_a_reference_is_not_followed_without_its_template(
    when: str, asked: str, read: str, hint: str
) -> None:
    found, *_ = findings(QUERIES + rule(f"o := Order()\n{when}"))
    assert found.code == "RE0309"
    assert found.span.text == asked
    assert [note.span.text for note in found.notes] == [read]
    assert hint in str(found.hint)


@pytest.mark.parametrize(
    "when", ["m := follows(o.customer)", "c := Customer()\nm := asks(c)", "m := asks(none)"]
)
def test_a_parameter_of_a_template_is_followed_and_a_matched_fact_may_be_anything(
    when: str,
) -> None:
    found = findings(QUERIES + rule(f"o := Order()\n{when}"))
    assert [d for d in found if d.severity == "error"] == []
