"""Batches: several changes, all or none."""

from __future__ import annotations

import gc
import weakref
from dataclasses import dataclass

import pytest

from rete_engine import Fact, FactError, Limits, RuleSet, SecurityError, Session, SessionError

RULES = RuleSet.parse(
    """
template Account key(id)
    id: str
    balance: int = 0
end
template Transfer
    source: Account
    target: Account
    amount: int = 0
end
rule "overdrawn"
when
    a := Account(balance < 0)
then
    emit a.id
end
"""
)


@pytest.fixture
def session() -> Session:
    return RULES.session()


def test_changes_are_made_together_at_the_end(session: Session) -> None:
    one = session.insert("Account", id="a", balance=5)
    gone = session.insert("Account", id="z")
    with session.batch() as batch:
        batch.modify(one, balance=-5)
        two = batch.insert("Account", id="b")
        three = batch.upsert("Account", id="c", balance=1)
        assert batch.upsert("Account", id="a", balance=7) == one
        batch.retract(gone)
        assert (one.balance, two.is_live, gone.is_live) == (5, False, True)  # not yet
    assert [fact.as_dict() for fact in session.facts()] == [
        {"id": "a", "balance": 7},
        {"id": "b", "balance": 0},
        {"id": "c", "balance": 1},
    ]
    assert session.facts()[1] == two
    assert session.facts("Account", id="c")[0] == three
    assert session.run().outputs == []  # nobody saw the -5


def test_an_exception_drops_all(session: Session) -> None:
    one = session.insert("Account", id="a", balance=5)
    with pytest.raises(ZeroDivisionError), session.batch() as batch:
        batch.modify(one, balance=6)
        two = batch.insert("Account", id="b")
        batch.retract(one)
        1 / 0  # noqa: B018 - raising is the test
    assert (one.is_live, one.balance, two.is_live) == (True, 5, False)
    assert session.facts() == [one]
    assert session.insert("Account", id="b").fact_id == 2
    with pytest.raises(FactError, match="was retracted"):
        session.modify(two, balance=1)


def test_a_change_that_does_not_fit_is_refused_on_the_spot(session: Session) -> None:
    one = session.insert("Account", id="a")
    with session.batch() as batch:
        with pytest.raises(FactError, match="in use by fact 1"):
            batch.insert("Account", id="a")
        with pytest.raises(FactError, match="expected int"):
            batch.modify(one, balance="x")
        with pytest.raises(FactError, match="no field"):
            batch.upsert("Account", id="a", balnce=3)
        with pytest.raises(FactError, match="unknown template"):
            batch.insert("Acount", id="b")
        batch.insert("Account", id="b")
    assert [fact.id for fact in session.facts()] == ["a", "b"]


def test_each_change_is_checked_against_those_before_it(session: Session) -> None:
    one = session.insert("Account", id="a")
    with session.batch() as batch:
        batch.modify(one, id="b")
        two = batch.insert("Account", id="a")
        with pytest.raises(FactError, match="in use"):
            batch.modify(two, id="b")
        batch.retract(one)
        batch.modify(two, id="b")
        with pytest.raises(FactError, match="was retracted and cannot be modified"):
            batch.modify(one, balance=1)
        batch.retract(one)  # once more is nothing
    assert session.facts() == [two]
    assert two.id == "b"


def test_facts_of_the_batch_itself_can_be_changed_and_referred_to(session: Session) -> None:
    with session.batch() as batch:
        one, two = batch.insert("Account", id="a"), batch.insert("Account", id="b")
        batch.modify(one, balance=3)
        transfer = batch.insert("Transfer", source=one, target=two)
        batch.modify(transfer, target=one)
        fleeting = batch.insert("Account", id="c")
        batch.retract(fleeting)
    assert (one.balance, transfer.source, transfer.target) == (3, one, one)
    assert not fleeting.is_live
    assert len(session.facts()) == 3


def test_a_fact_of_a_batch_that_failed_is_no_fact(session: Session) -> None:
    made: list[Fact] = []
    with pytest.raises(KeyError), session.batch() as batch:
        made.append(batch.insert("Account", id="a"))
        raise KeyError
    with pytest.raises(FactError, match="was retracted"):
        session.insert("Transfer", source=made[0], target=made[0])


def test_objects_in_a_batch() -> None:
    @dataclass
    class Item:
        sku: str

    with RuleSet.parse("", templates=[Item]).session() as session:
        one, two, three = Item("a"), Item("b"), Item("c")
        session.insert(one)
        with session.batch() as batch:
            batch.modify(one, sku="A")
            batch.insert(two)
            batch.retract(batch.insert(three))
        session.modify(two, sku="B")
        assert [fact.sku for fact in session.facts()] == ["A", "B"]
        with pytest.raises(FactError, match="is no fact of this session"):
            session.retract(three)
        with pytest.raises(KeyError), session.batch() as batch:
            batch.insert(three)
            raise KeyError
        with pytest.raises(FactError, match="is no fact of this session"):
            session.retract(three)


@pytest.mark.parametrize("change", ["insert", "modify", "retract", "reset"])
def test_the_session_may_not_change_meanwhile(session: Session, change: str) -> None:
    one = session.insert("Account", id="a")
    with (
        pytest.raises(SessionError, match="the session was changed while a batch was open"),
        session.batch() as batch,
    ):
        batch.modify(one, balance=5)
        match change:
            case "insert":
                session.insert("Account", id="b")
            case "modify":
                session.modify(one, balance=9)
            case "retract":
                session.retract(one)
            case _:
                session.reset()
    assert 5 not in [fact.balance for fact in session.facts()]
    session.insert("Account", id="c")  # the session can be used


def test_looking_meanwhile_is_fine(session: Session) -> None:
    with session.batch() as batch:
        batch.insert("Account", id="a")
        assert session.facts() == []
        assert session.agenda() == []
    assert len(session.facts()) == 1


def test_a_batch_that_is_done_takes_nothing_more(session: Session) -> None:
    with session.batch() as batch:
        one = batch.insert("Account", id="a")
    for change in (
        lambda: batch.insert("Account", id="b"),
        lambda: batch.upsert("Account", id="b"),
        lambda: batch.modify(one, balance=1),
        lambda: batch.retract(one),
    ):
        with pytest.raises(SessionError, match="the batch is done"):
            change()


def test_a_batch_over_the_limit_of_facts_leaves_close_only() -> None:
    with RULES.session(limits=Limits(facts=1)) as session:
        with pytest.raises(SecurityError, match="more than 1 facts"), session.batch() as batch:
            batch.insert("Account", id="a")
            batch.insert("Account", id="b")
        with pytest.raises(SessionError, match="can only be closed"):
            session.facts()


def test_an_empty_batch_is_nothing(session: Session) -> None:
    with session.batch():
        pass
    assert session.facts() == []


def test_what_a_batch_drops_is_freed_without_the_collector(session: Session) -> None:
    gc.collect()
    gc.disable()
    try:
        with pytest.raises(KeyError) as caught, session.batch() as batch:
            fact = batch.insert("Account", id="a")
            raise KeyError
        gone = weakref.ref(fact)
        del fact, batch, caught
        assert gone() is None
    finally:
        gc.enable()
