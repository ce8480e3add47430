"""Objects of undeclared classes, and objects that stand for facts."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from rete_engine import FactError, RuleSet

TEXT = """
template Order
    id: int
    total: float = 1.0
end
template Note
    text: str
end
rule "double"
when
    o := Order(total < 5)
then
    modify o(total = o.total * 2)
end
"""


@dataclass
class Order:
    id: int
    total: float = 1.0


class Note:
    text = "class attributes count"


def test_a_class_is_adopted_by_its_name() -> None:
    with RuleSet.parse(TEXT).session(adopt=True, write_back=True) as session:
        order = Order(1, 2.0)
        session.insert(order)
        assert session.insert(Note()).text == "class attributes count"
        session.run()
        assert order.total == 8.0
        order.total = 3.0
        session.update(order)
        assert session.facts("Order", total=3.0)


def test_without_it_an_undeclared_class_is_refused() -> None:
    with RuleSet.parse(TEXT).session() as session:
        with pytest.raises(FactError, match="not the class of a template"):
            session.insert(Order(1))


def test_adopting_in_one_session_does_not_reach_another() -> None:
    rules = RuleSet.parse(TEXT)
    with rules.session(adopt=True) as session:
        fact = session.insert(Order(1))
        assert fact.object == Order(1)
    with rules.session() as session:
        assert session.insert("Order", id=1).object is None


def test_the_object_of_a_fact_is_made_once() -> None:
    with RuleSet.parse("", templates=[Order]).session(write_back=True) as session:
        order = Order(1)
        assert session.object_of(session.insert(order)) is order
        fact = session.insert("Order", id=2)
        made = session.object_of(fact)
        assert made == Order(2)
        assert session.object_of(fact) is made
        session.modify(fact, total=7.0)
        assert made.total == 7.0
        session.retract(made)
        with pytest.raises(FactError, match="retracted"):
            session.object_of(fact)


def test_a_fact_without_a_class_is_its_own_object() -> None:
    with RuleSet.parse(TEXT).session(adopt=True) as session:
        fact = session.insert("Order", id=1)
        assert session.object_of(fact) is fact
        session.insert(Note())
        note = session.insert("Note", text="x")
        assert session.object_of(note) is note


def test_another_object_takes_the_place_of_one() -> None:
    with RuleSet.parse(TEXT).session(adopt=True, write_back=True) as session:
        first, second = Order(1, 9.0), Order(2, 7.0)
        fact = session.insert(first)
        assert session.replace(fact, second) == fact
        assert (fact.id, fact.total) == (2, 7.0)
        session.modify(second, total=8.0)
        assert (first.total, second.total) == (9.0, 8.0)
        with pytest.raises(FactError, match="no fact of this session"):
            session.modify(first, total=1.0)
        note = session.replace(fact, Note())
        assert (note.template, fact.is_live) == ("Note", False)
        with pytest.raises(FactError, match="retracted"):
            session.replace(fact, first)
        with pytest.raises(FactError, match="expected float"):
            session.replace(session.insert(first), Order(1, "much"))  # type: ignore[arg-type]
        assert session.object_of(session.facts("Order")[0]) is first
