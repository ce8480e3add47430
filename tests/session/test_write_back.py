"""Sessions that assign what rules change to the program's own objects."""

from __future__ import annotations

import enum
import uuid
from dataclasses import FrozenInstanceError, dataclass, field
from typing import Any

import pydantic
import pytest

from rete_engine import FactError, RuleSet


class Status(enum.Enum):
    NEW = "new"
    PAID = "paid"


@dataclass
class Customer:
    name: str


@dataclass
class Order:
    id: int
    total: float = 0.0
    status: Status = Status.NEW
    code: uuid.UUID | None = None
    tags: list[str] = field(default_factory=list)
    customer: Customer | None = None
    others: list[Customer] = field(default_factory=list)


TEXT = """
rule "pay"
when
    o := Order(status == "new", total > 10)
then
    modify o(status = "paid", tags = o.tags + ["x"], code = "00000000-0000-0000-0000-000000000007")
end
rule "again"
when
    o := Order(status == "paid", total > 20)
then
    modify o(total = 5)
    modify o(total = 6)
end
"""
RULES = RuleSet.parse(TEXT, templates=[Order, Customer])


def test_changed_fields_are_assigned_when_a_firing_is_done() -> None:
    with RULES.session(write_back=True) as session:
        order, small = Order(1, 30.0, tags=["a"]), Order(2, 1.0)
        kept = order.tags
        session.insert_many(None, [order, small])
        session.run(limit=1)
        assert order == Order(1, 30.0, Status.PAID, uuid.UUID(int=7), ["a", "x"])
        assert kept == ["a"]
        session.run()
        assert order.total == 6.0
        assert small == Order(2, 1.0)


def test_fields_that_did_not_change_are_left_alone() -> None:
    with RULES.session(write_back=True) as session:
        order = Order(1, 30.0)
        session.insert(order)
        order.id = 99  # the program's own change, which nobody told the session
        session.run()
        assert order.id == 99
        session.update(order)
        assert session.facts("Order", id=99)[0].status == "paid"


def test_changes_of_the_program_are_assigned_too() -> None:
    with RULES.session(write_back=True) as session:
        order = Order(1)
        fact = session.insert(order)
        session.modify(fact, total=3)
        assert order.total == 3.0
        with session.batch() as batch:
            batch.modify(order, total=4)
            assert order.total == 3.0
        assert order.total == 4.0


def test_references_are_assigned_as_objects() -> None:
    with RULES.session(write_back=True) as session:
        ann, order = Customer("Ann"), Order(1)
        ann_fact = session.insert(ann)
        bob_fact = session.insert("Customer", name="Bob")
        session.insert(order)
        session.modify(order, customer=ann_fact, others=[ann_fact, bob_fact])
        assert order.customer is ann
        assert order.others == [ann, Customer("Bob")]
        session.modify(order, customer=None)
        assert order.customer is None


def test_without_it_objects_are_not_touched() -> None:
    with RULES.session() as session:
        order = Order(1, 30.0)
        fact = session.insert(order)
        session.run()
        assert order == Order(1, 30.0)
        assert fact.object == Order(1, 6.0, Status.PAID, uuid.UUID(int=7), ["x"])


def test_a_failed_action_assigns_nothing() -> None:
    text = 'rule "r"\nwhen\n    o := Order()\nthen\n    modify o(total = 5)\n    print 1 / 0\nend'
    with RuleSet.parse(text, templates=[Order, Customer]).session(
        write_back=True, on_error="skip"
    ) as session:
        order = Order(1)
        session.insert(order)
        assert len(session.run().errors) == 1
        assert order.total == 0.0


def test_models_are_assigned_to_with_their_own_checks() -> None:
    class Line(pydantic.BaseModel):
        model_config = pydantic.ConfigDict(validate_assignment=True)

        status: Status = Status.NEW
        n: int = pydantic.Field(default=0, le=5)

    text = 'rule "r"\nwhen\n  l := Line(n > 0)\nthen\n  modify l(n = l.n + 3, status = "paid")\nend'
    with RuleSet.parse(text, templates=[Line]).session(write_back=True) as session:
        line = Line(n=1)
        fact = session.insert(line)
        session.run(limit=1)
        assert line == Line(n=4, status=Status.PAID)
        with pytest.raises(pydantic.ValidationError):
            session.run(limit=1)
        assert fact.n == 7  # the firing is done, only the object would not have it


def test_objects_that_cannot_be_assigned_to_end_the_run_with_their_error() -> None:
    @dataclass(frozen=True)
    class Frozen:
        n: int = 1

    text = 'rule "r"\nwhen\n    f := Frozen(n < 3)\nthen\n    modify f(n = f.n + 1)\nend'
    with RuleSet.parse(text, templates=[Frozen]).session(write_back=True) as session:
        fact = session.insert(Frozen())
        with pytest.raises(FrozenInstanceError):
            session.run()
        assert fact.n == 2


def test_equal_objects_of_a_unique_template_are_all_assigned_to() -> None:
    @dataclass
    class Item:
        n: int

    text = 'rule "r"\nwhen\n    i := Item(n == 1)\nthen\n    modify i(n = 2)\nend'
    from rete_engine import Template

    rules = RuleSet.parse(text, templates=[Template(Item, unique=True)])
    with rules.session(write_back=True) as session:
        one, two = Item(1), Item(1)
        assert session.insert(one) == session.insert(two)
        session.insert(one)
        session.run()
        assert (one.n, two.n) == (2, 2)


def test_many_objects_cost_what_they_are_not_what_all_are() -> None:
    text = 'rule "r"\nwhen\n    c := Customer(name == "x")\nthen\n    modify c(name = "y")\nend'
    counts: list[Any] = []
    with RuleSet.parse(text, templates=[Customer]).session(write_back=True) as session:
        customers = [Customer("x") for _ in range(3000)]
        session.insert_many(None, customers)
        session.on("fire", counts.append)
        session.run()
        assert {customer.name for customer in customers} == {"y"}
        for customer in customers:
            session.retract(customer)
        assert session._translator.objects == {}
        assert session._translator.instances == {}
    with pytest.raises(FactError):
        session._translator.known_element(customers[0])
