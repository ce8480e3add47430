"""Queries with `or`, `forall` and reading through references: asked, live, and as conditions."""

from __future__ import annotations

from rete_engine import Match, RuleSet, Session

TEXT = """
template Customer
    name: str
    tier: str = "basic"
end

template Order
    id: int
    customer: Customer
    urgent: bool = false
    total: int = 0
end

query wanted(least: int)
    (o := Order(total >= least) or o := Order(urgent))
end

query of_gold(who: Customer)
    o := Order(customer == who)
    test who.tier == "gold"
end

query golden()
    o := Order(customer.tier == "gold")
end

query all_urgent(who: Customer)
    forall (o := Order(customer == who), Order(id == o.id, urgent))
end

query twice()
    (m := wanted(100) or m := wanted(15))
end

rule "wanted"
when
    m := wanted(10)
then
    emit ["wanted", m.o.id]
end

rule "gold"
when
    c := Customer()
    m := of_gold(c)
then
    emit ["gold", m.o.id]
end

rule "twice"
when
    x := twice()
then
    emit ["twice", x.m.o.id]
end
"""


def opened() -> Session:
    session = RuleSet.parse(TEXT).session()
    ada = session.insert("Customer", name="ada", tier="gold")
    bob = session.insert("Customer", name="bob")
    session.insert("Order", id=1, customer=ada, total=20)
    session.insert("Order", id=2, customer=bob, total=3, urgent=True)
    session.insert("Order", id=3, customer=ada, total=200, urgent=True)
    return session


def ids(session: Session, name: str, **arguments: object) -> list[int]:
    return [match.o.id for match in session.query(name, **arguments)]


def test_each_alternative_answers_the_first_one_first() -> None:
    assert ids(opened(), "wanted", least=10) == [1, 3, 2, 3]


def test_an_answer_can_be_of_either_of_two_queries() -> None:
    assert [match.m.o.id for match in opened().query("twice")] == [3, 2, 3, 1, 3, 2, 3]


def test_reading_through_a_reference() -> None:
    session = opened()
    ada, bob = session.facts("Customer")
    assert ids(session, "golden") == [1, 3]
    assert ids(session, "of_gold", who=ada) == [1, 3]
    assert ids(session, "of_gold", who=bob) == []
    session.modify(bob, tier="gold")
    assert ids(session, "golden") == [1, 2, 3]


def test_forall() -> None:
    session = opened()
    ada, bob = session.facts("Customer")
    assert [len(session.query("all_urgent", who=who)) for who in (ada, bob)] == [0, 1]


def test_live_queries_hear_of_each_alternative() -> None:
    session = opened()
    told: list[tuple[list[int], list[int]]] = []

    def note(joined: list[Match], left: list[Match]) -> None:
        told.append(([m.o.id for m in joined], [m.o.id for m in left]))

    session.live("wanted", note, least=10)
    session.modify(session.facts("Order")[2], urgent=False)
    assert told == [([1, 3, 2, 3], []), ([], [3])]


def test_as_conditions_they_are_alternatives_of_the_rule() -> None:
    session = opened()
    outputs = session.run().outputs
    found = {kind: sorted(o[1] for o in outputs if o[0] == kind) for kind in ("wanted", "gold")}
    assert found == {"wanted": [1, 2, 3, 3], "gold": [1, 3]}
    assert sorted(o[1] for o in outputs if o[0] == "twice") == [1, 2, 2, 3, 3, 3, 3]
    session.modify(session.facts("Customer")[1], tier="gold")
    assert session.run().outputs == [["gold", 2]]


def test_a_query_that_is_asked_without_a_variable_reacts_to_the_results_that_it_reads() -> None:
    text = """
template Line
    order: int
    qty: int
end
query totals()
    total := sum(qty for Line() by id := order)
end
query large(least: int)
    t := totals()
    test t.total >= least
end
rule "count"
when
    n := count(large(10))
then
    emit n
end
rule "none"
when
    not large(10)
then
    emit "none"
end
rule "each"
when
    large(10)
then
    emit "each"
end
"""
    with RuleSet.parse(text).session() as session:
        first = session.insert("Line", order=1, qty=4)
        second = session.insert("Line", order=1, qty=5)
        assert set(session.run().outputs) == {0, "none"}
        session.modify(second, qty=6)
        assert set(session.run().outputs) == {1, "each"}
        session.insert("Line", order=2, qty=30)
        assert set(session.run().outputs) == {2, "each"}
        session.retract(first)
        assert session.run().outputs == [1]
