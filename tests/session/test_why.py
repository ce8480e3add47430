"""Where facts come from: derived, inserted and changed by firings, or from outside."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from rete_engine import FactError, RuleSet, SessionError, Why, rule

SHOP = """
template Customer key(id)
    id: str
    tier: str = "basic"
end

template Order key(id)
    id: int
    customer: str
    total: float
    status: str = "new"
end

template Hold
    order: int
end

template Discount
    order: int
    percent: float
end

template Gold
    who: str
end

facts seed
    Customer(id = "c1", tier = "gold")
end

rule "gold"
when
    c := Customer(tier == "gold")
then
    insert logical Gold(who = c.id)
end

rule "discount"
when
    g := Gold()
    o := Order(customer == g.who, status == "new", worth := total / 2)
    not Hold(order == o.id)
then
    modify o(status = "discounted")
    insert Discount(order = o.id, percent = 10)
end

rule "close"
when
    d := Discount()
    Order(id == d.order, status == "discounted")
then
    retract d
    insert Hold(order = d.order)
end
"""


def tree(why: Why) -> Iterator[Why]:
    yield why
    for because in why.because:
        for _, below in because.facts:
            yield from tree(below)


def test_a_plain_insert_of_a_firing() -> None:
    with RuleSet.parse(SHOP, name="shop.rete").session() as s:
        order = s.insert("Order", id=1, customer="c1", total=300.0)
        s.run(limit=2)
        [discount] = s.facts("Discount")
        why = s.why(discount)
        assert str(why) == (
            "#4 Discount(order=1, percent=10.0)\n"
            "  inserted by rule 'discount' (shop.rete:38), with worth = 150.0\n"
            "    g := #3 Gold(who='c1')\n"
            "      derived by rule 'gold' (shop.rete:31)\n"
            "        c := #1 Customer(id='c1', tier='gold') (from a facts block, shop.rete:28)\n"
            "    o := #2 Order(id=1, customer='c1', total=300.0, status='new')"
            " (from outside; changed since)\n"
            "    not Hold(order == o.id)"
        )
        [because] = why.because
        assert (because.kind, because.rule, because.file, because.line) == (
            "inserted",
            "discount",
            "shop.rete",
            38,
        )
        assert because.bindings == {"worth": 150.0}
        assert because.conditions == ("not Hold(order == o.id)",)
        name, premise = because.facts[1]
        assert (name, premise.fact, premise.values["status"]) == ("o", order, "new")
        assert premise.origin == "outside"


def test_a_derived_fact_and_its_ground() -> None:
    with RuleSet.parse(SHOP, name="shop.rete").session() as s:
        s.run()
        [gold] = s.facts("Gold")
        [because] = s.why(gold).because
        assert because.kind == "derived"
        [(name, ground)] = because.facts
        assert (name, ground.origin, ground.place) == ("c", "facts", "shop.rete:28")


def test_a_fact_that_a_rule_modified() -> None:
    with RuleSet.parse(SHOP).session() as s:
        order = s.insert("Order", id=1, customer="c1", total=300.0)
        s.run(limit=2)
        why = s.why(order)
        assert why.origin == "outside"
        assert [because.kind for because in why.because] == ["modified"]
        before = why.because[0].facts[1][1]
        assert (before.values["status"], before.because, before.notes) == (
            "new",
            (),
            ("changed since",),
        )


def test_each_change_is_followed_to_the_one_before() -> None:
    text = """
template T
    n: int = 0
end
rule "one"
when
    t := T(n == 0)
then
    modify t(n = 1)
end
rule "two"
when
    t := T(n == 1)
then
    modify t(n = 2)
end
rule "three"
when
    t := T(n == 2)
then
    modify t(n = 3)
end
"""
    with RuleSet.parse(text).session() as s:
        fact = s.insert("T")
        s.run()
        rules = []
        why = s.why(fact)
        while why.because:
            rules.append((why.because[0].rule, why.values["n"]))
            why = why.because[0].facts[0][1]
        assert rules == [("three", 3), ("two", 2), ("one", 1)]
        assert (why.values["n"], why.origin) == (0, "outside")


def test_facts_that_are_gone_are_told_of() -> None:
    with RuleSet.parse(SHOP).session() as s:
        s.insert("Order", id=1, customer="c1", total=300.0)
        s.run()
        [hold] = s.facts("Hold")
        why = s.why(hold)
        gone = why.because[0].facts[0][1]
        assert gone.notes == ("retracted since",)
        assert gone.because[0].rule == "discount"
        assert {each.origin for each in tree(why)} == {"rules", "outside", "facts"}


def test_a_change_from_outside_is_told() -> None:
    with RuleSet.parse(SHOP).session() as s:
        s.insert("Order", id=1, customer="c1", total=300.0)
        s.run(limit=2)
        [discount] = s.facts("Discount")
        assert s.why(discount).notes == ()
        s.modify(discount, percent=20)
        assert s.why(discount).notes == ("changed from outside, too",)


def test_several_supports_and_a_plain_insert() -> None:
    text = """
template A
    x: int
end
template B
    y: int
end
rule "r"
when
    a := A()
then
    insert logical B(y = 1)
end
"""
    with RuleSet.parse(text).session() as s:
        first = s.insert("A", x=1)
        s.insert("A", x=2)
        s.run()
        [b] = s.facts("B")
        assert [because.kind for because in s.why(b).because] == ["derived", "derived"]
        s.insert("B", y=1)
        assert s.why(b).notes == ("inserted from outside, too",)
        s.retract(first)
        assert len(s.why(b).because) == 1


def test_a_derived_fact_that_a_firing_states() -> None:
    text = """
template A
    x: int
end
template B
    y: int
end
rule "derives"
salience 1
when
    A()
then
    insert logical B(y = 1)
end
rule "states"
when
    A()
then
    insert B(y = 1)
end
"""
    with RuleSet.parse(text).session() as s:
        a = s.insert("A", x=1)
        s.run()
        [b] = s.facts("B")
        assert [each.kind for each in s.why(b).because] == ["derived", "inserted"]
        s.retract(a)
        [inserted] = s.why(b).because
        assert inserted.rule == "states"
        assert inserted.facts[0][1].notes == ("retracted since",)


def test_a_derived_fact_that_is_gone_is_forgotten() -> None:
    text = """
template A
    x: int
end
template B
    y: int
end
template C
    z: int
end
rule "derives"
when
    A()
then
    insert logical B(y = 1)
end
rule "keeps"
when
    b := B()
then
    insert C(z = b.y)
end
"""
    with RuleSet.parse(text).session() as s:
        a = s.insert("A", x=1)
        s.run()
        s.retract(a)
        [c] = s.facts("C")
        gone = s.why(c).because[0].facts[0][1]
        assert gone.origin == "forgotten"
        assert gone.notes == ("retracted since", "where it came from is no longer known")


def test_a_cycle_of_supports_ends() -> None:
    text = """
template A
    x: int
end
template B
    y: int
end
template S
    z: int
end
rule "a"
when
    (S() or B())
then
    insert logical A(x = 1)
end
rule "b"
when
    A()
then
    insert logical B(y = 1)
end
"""
    with RuleSet.parse(text).session() as s:
        s.insert("S", z=1)
        s.run()
        [b] = s.facts("B")
        why = s.why(b)
        assert "told above" in str(why)
        json.dumps(why.as_dict())
        assert why.to_mermaid().count("[/") == 3  # each fact has one box


def test_a_rule_in_python_and_an_object() -> None:
    @dataclass
    class Order:
        total: float
        note: str = ""

    @dataclass
    class Receipt:
        total: float

    @rule("pays", when="o := Order(note == '')")
    def pays(firing: Any) -> None:
        firing.insert(Receipt(firing.o.total))
        firing.modify(firing.o, note="paid")

    rules = RuleSet.parse("", templates=[Order, Receipt], rules=[pays])
    with rules.session() as s:
        order = Order(5.0)
        s.insert(order)
        s.run()
        [receipt] = s.facts("Receipt")
        [because] = s.why(receipt).because
        assert (because.rule, because.facts[0][1].values["note"]) == ("pays", "")
        assert s.why(order).because[0].kind == "modified"


def test_open_templates_and_computed_values() -> None:
    text = """
open template E
    id: int
end
template Sum
    n: int
end
rule "r"
when
    e := E(more == 2)
    n := count(E())
    for t in [e.more]
then
    insert Sum(n = n)
end
"""
    with RuleSet.parse(text).session() as s:
        s.insert("E", id=1, more=2)
        s.run()
        [because] = s.why(s.facts("Sum")[0]).because
        assert because.bindings == {"n": 1, "t": 2}
        assert because.facts[0][1].values == {"id": 1, "more": 2}


def test_upserts_and_batches() -> None:
    text = """
template K key(id)
    id: int
    n: int = 0
end
template Go
    x: int
end
rule "r"
when
    g := Go()
then
    upsert K(id = 1, n = g.x)
end
"""
    with RuleSet.parse(text).session() as s:
        s.insert("Go", x=1)
        s.run()
        [k] = s.facts("K")
        assert [each.kind for each in s.why(k).because] == ["inserted"]
        with s.batch() as batch:
            batch.insert("Go", x=2)
        s.run()
        assert [each.kind for each in s.why(k).because] == ["modified", "inserted"]


def test_a_long_chain_is_remembered_only_so_far() -> None:
    text = """
template State
    n: int
end
rule "next"
when
    s := State(n < 500)
then
    retract s
    insert State(n = s.n + 1)
end
"""
    with RuleSet.parse(text).session() as s:
        s.insert("State", n=0)
        s.run()
        [last] = s.facts("State")
        told = list(tree(s.why(last, depth=200)))
        assert 2 < len(told) <= 35
        assert told[-1].origin == "forgotten"


def test_a_counter_is_remembered_only_so_far() -> None:
    text = """
template Event
    n: int
end
template Counter
    n: int = 0
end
rule "count"
when
    e := Event()
    c := Counter()
then
    retract e
    modify c(n = c.n + 1)
end
"""
    with RuleSet.parse(text).session() as s:
        counter = s.insert("Counter")
        for n in range(300):
            s.insert("Event", n=n)
            s.run()
        told = list(tree(s.why(counter, depth=200, limit=10_000)))
        assert 2 < len(told) < 100


def test_depth_and_size_are_bounded() -> None:
    text = """
template N
    n: int
end
rule "next"
when
    s := N(n < 60)
then
    insert N(n = s.n + 1)
end
"""
    with RuleSet.parse(text).session() as s:
        s.insert("N", n=0)
        s.run()
        last = s.facts("N")[-1]
        assert len(list(tree(s.why(last, depth=100)))) == 61
        short = list(tree(s.why(last, depth=3)))
        assert len(short) == 4
        assert short[-1].notes == ("not followed further",)
        assert len(list(tree(s.why(last, limit=2)))) == 2
        wrong: Any
        for wrong in (0, -1, True, 201, "x"):
            with pytest.raises(SessionError, match="depth is a whole number from 1 to 200"):
                s.why(last, depth=wrong)
        with pytest.raises(SessionError, match="limit is a whole number from 1, not 0"):
            s.why(last, limit=0)


def test_supports_are_bounded() -> None:
    text = """
template A
    x: int
end
template B
    y: int
end
rule "r"
when
    A()
then
    insert logical B(y = 1)
end
"""
    with RuleSet.parse(text).session() as s:
        s.insert_many("A", [{"x": n} for n in range(50)])
        s.run()
        why = s.why(s.facts("B")[0], limit=10)
        assert len(why.because) == 9
        assert why.notes == ("not followed further",)


def test_facts_of_a_facts_block_whose_places_are_not_known() -> None:
    text = "template U unique\n    x: int\nend\nfacts f\n    U(x = 1)\n    U(x = 1)\nend\n"
    with RuleSet.parse(text).session() as s:
        why = s.why(s.facts("U")[0])
        assert (why.origin, why.place) == ("facts", None)
        assert str(why) == "#1 U(x=1) (from a facts block)"


def test_what_is_no_fact_is_refused() -> None:
    with RuleSet.parse(SHOP).session() as s, RuleSet.parse(SHOP).session() as other:
        [fact] = s.facts("Customer")
        with pytest.raises(FactError, match="belongs to another session"):
            other.why(fact)
        with pytest.raises(FactError, match="is no fact of this session"):
            s.why(7)
        s.retract(fact)
        with pytest.raises(FactError, match=r"fact 1 \(Customer\) was retracted"):
            s.why(fact)
    with pytest.raises(SessionError, match="the session is closed"):
        s.why(fact)


def test_records_can_be_switched_off() -> None:
    with RuleSet.parse(SHOP).session(explain=False) as s:
        s.insert("Order", id=1, customer="c1", total=300.0)
        s.run()
        s.reset()
        [fact] = s.facts("Customer")
        with pytest.raises(SessionError, match="keeps no records for why: it has explain=False"):
            s.why(fact)
        assert s.why_not("gold").status == "waiting"


def test_after_a_reset_nothing_is_left() -> None:
    with RuleSet.parse(SHOP).session() as s:
        s.insert("Order", id=1, customer="c1", total=300.0)
        s.run()
        s.reset()
        assert [s.why(fact).origin for fact in s.facts()] == ["facts"]
