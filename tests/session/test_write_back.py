"""Sessions that assign what rules change to the program's own objects."""

from __future__ import annotations

import enum
import uuid
from dataclasses import FrozenInstanceError, dataclass, field
from typing import Any

import pydantic
import pytest

from rete_engine import FactError, RuleSet, rule


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


# -- one object, one fact --------------------------------------------------------------------------


def test_an_object_that_stands_for_a_fact_is_that_fact_when_it_is_inserted_again() -> None:
    with RULES.session(write_back=True) as session:
        order = Order(1, 15.0)
        first, second = session.insert(order), session.insert(order)
        assert first == second
        assert session.facts("Order") == [first]
        assert session.object_of(first) is order
        session.run()
        assert order.status is Status.PAID
        session.retract(second)
        assert session.facts() == []
        with pytest.raises(FactError, match="is no fact of this session"):
            session.modify(order, total=1.0)


def test_inserting_again_does_not_read_the_object_again() -> None:
    with RULES.session() as session:
        order = Order(1, 15.0)
        fact = session.insert(order)
        order.total = 99.0
        assert session.insert(order).total == 15.0
        session.update(order)
        assert fact.total == 99.0


def test_equal_objects_are_facts_of_their_own() -> None:
    with RULES.session() as session:
        assert session.insert(Order(1)) != session.insert(Order(1))


def test_fields_beside_an_object_are_refused_the_second_time_too() -> None:
    with RULES.session() as session:
        order = Order(1)
        session.insert(order)
        with pytest.raises(FactError, match="fields cannot be given beside an object"):
            session.insert(order, total=2.0)


def test_an_object_whose_fact_is_gone_is_inserted_anew() -> None:
    text = """
    rule "drop"
    when
        o := Order(total > 10)
    then
        retract o
    end
    """
    with RuleSet.parse(text, templates=[Order, Customer]).session() as session:
        order = Order(1, 1.0)
        first = session.insert(order)
        session.retract(order)
        second = session.insert(order)
        assert (first.is_live, second.is_live, second.fact_id) == (False, True, 2)
        session.modify(order, total=20.0)
        session.run()
        assert session.insert(order).fact_id == 3


def test_many_objects_with_doubles_are_one_fact_each() -> None:
    with RULES.session() as session:
        there, twice = Order(1), Order(2)
        first = session.insert(there)
        facts = session.insert_many(None, [twice, there, twice], facts=True)
        assert facts == [facts[0], first, facts[0]]
        assert session.facts("Order") == [first, facts[0]]
        assert session.insert_many(None, [twice, twice]) == 2
        session.retract(twice)
        session.retract(facts[0])
        assert session.facts("Order") == [first]
        with pytest.raises(FactError, match="row 3: "):
            session.insert_many(None, [there, Order(3), 7])


def test_names_are_no_objects() -> None:
    with RULES.session() as session, pytest.raises(FactError, match="row 1: expected an object"):
        session.insert_many(None, ["Customer"])


def test_a_batch_knows_the_objects_of_the_session_and_its_own() -> None:
    with RULES.session(write_back=True) as session:
        there, fresh, again = Order(1), Order(2, 15.0), Order(3)
        first, third = session.insert(there), session.insert(again)
        with session.batch() as batch:
            assert batch.insert(there) == first
            second = batch.insert(fresh)
            assert batch.insert(fresh) == second
            batch.retract(third)
            fourth = batch.insert(again)
            assert fourth != third
            gone = batch.insert(Order(4))
            batch.retract(gone)
        assert session.facts("Order") == [first, second, fourth]
        session.run()
        assert fresh.status is Status.PAID
        assert session.object_of(fourth) is again


def test_a_rule_in_python_knows_the_objects_of_the_session_and_its_own() -> None:
    there, fresh = Order(1), Order(2)

    @rule("twice", when="c := Customer()")
    def twice(firing: Any) -> None:
        firing.emit([firing.insert(each).id for each in (there, fresh, fresh)])

    rules = RuleSet.parse("", templates=[Order, Customer], rules=[twice])
    with rules.session() as session:
        session.insert(there)
        session.insert(Customer("ada"))
        assert session.run().outputs == [[1, 2, 2]]
        assert [fact.id for fact in session.facts("Order")] == [1, 2]


DERIVING = RuleSet.parse(
    """
    rule "derive"
    when
        c := Customer()
    then
        insert logical Order(id = 7)
    end
    """,
    templates=[Order, Customer],
)


@pytest.mark.parametrize("how", ["insert", "insert_many", "batch"])
def test_a_derived_fact_is_stated_by_inserting_its_object(how: str) -> None:
    with DERIVING.session() as session:
        customer = session.insert(Customer("ada"))
        session.run()
        [derived] = session.facts("Order")
        order = session.object_of(derived)
        order.total = 3.0  # no equal fact is found by its values
        if how == "insert":
            session.insert(order)
        elif how == "insert_many":
            session.insert_many(None, [order])
        else:
            with session.batch() as batch:
                batch.insert(order)
        session.retract(customer)
        session.run()
        assert session.facts("Order") == [derived]


def test_a_logical_insert_of_an_object_supports_the_fact_that_it_stands_for() -> None:
    order = Order(7)

    @rule("derive", when="c := Customer()", derives=["Order"])
    def derive(firing: Any) -> None:
        order.total += 1.0
        firing.insert_logical(order)

    with RuleSet.parse("", templates=[Order, Customer], rules=[derive]).session() as session:
        ada, bob = session.insert(Customer("ada")), session.insert(Customer("bob"))
        session.run()
        [fact] = session.facts("Order")
        session.retract(ada)
        assert session.facts("Order") == [fact]
        session.retract(bob)
        assert session.facts("Order") == []


def test_an_object_takes_the_place_of_no_second_fact() -> None:
    with RULES.session() as session:
        one, two = Order(1), Order(2)
        first, second = session.insert(one), session.insert(two)
        with pytest.raises(FactError, match=r"stands for fact 1 \(Order\) already; retract"):
            session.replace(second, one)
        assert session.object_of(first) is one
        assert session.replace(second, two) == second
