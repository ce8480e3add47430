"""Facts: inserting, changing and finding them, and what a `Fact` shows."""

from __future__ import annotations

import copy
import enum
from datetime import date
from typing import Any

import pytest

from rete_engine import Fact, FactError, Limits, RuleSet, SecurityError, Session

RULES = RuleSet.parse(
    """
template Customer key(id)
    id: str
    tier: str in ("basic", "gold") = "basic"
end
template Vip extends Customer
    since: int = 2000
end
template Order key(id, line)
    id: int
    line: int = 1
    total: float = 0.0
    tags: list = []
    note: str? = none
end
template Pair unique
    a: int
    b: float = 0.0
end
template Odd
    template: str
    fact_id: int
    is_live: str
    object: str
    as_dict: str
    end: str
end
open template Event
    kind: str
end
template Holder
    who: Customer
    more: list = []
    by_name: dict = {}
    members: set = set()
    pair: tuple = ()
end
template Bare
end
"""
)


class Number(enum.Enum):
    ONE = 1


@pytest.fixture
def session() -> Session:
    return RULES.session()


# -- inserting -------------------------------------------------------------------------------------


def test_a_fact_shows_its_fields_and_defaults(session: Session) -> None:
    order = session.insert("Order", id=7, total=2)
    assert (order.id, order["id"], order.total, order.note) == (7, 7, 2.0, None)
    assert type(order.total) is float
    assert order.as_dict() == {"id": 7, "line": 1, "total": 2.0, "tags": [], "note": None}
    assert (order.fact_id, order.template, order.is_live, order.object) == (1, "Order", True, None)
    assert repr(order) == "Order(id=7, line=1, total=2.0, tags=[], note=none)"
    assert session.insert("Bare").as_dict() == {}
    assert repr(session.facts("Bare")[0]) == "Bare()"


@pytest.mark.parametrize(
    ("template", "fields", "message"),
    [
        ("Ordr", {}, "unknown template 'Ordr'; did you mean 'Order'?"),
        ("Xyzzy", {}, r"unknown template 'Xyzzy' \(known: Customer, Vip, "),
        ("Order", {}, "Order needs a value for 'id'"),
        ("Order", {"id": 1, "totl": 2}, "Order has no field 'totl'; did you mean 'total'?"),
        ("Order", {"id": 1, "x": 2}, r"Order has no field 'x' \(it has: id, line, total"),
        ("Order", {"id": "1"}, r"Order\.id: expected int, got str '1'"),
        ("Order", {"id": True}, r"Order\.id: expected int, got bool"),
        ("Order", {"id": None}, r"Order\.id: expected int, got none"),
        ("Order", {"id": 1, "tags": (1,)}, r"Order\.tags: expected list, got \(1,\)"),
        ("Order", {"id": 1, "note": 3}, r"Order\.note: expected str\?, got int 3"),
        ("Order", {"id": 1, "tags": [object()]}, r"Order\.tags: values of type 'object'"),
        ("Customer", {"id": "a", "tier": "tin"}, r"Customer\.tier: 'tin' is not one of 'basic'"),
        ("Event", {"kind": "x", "_hidden": 1}, "Event: '_hidden' cannot be the name of a field"),
        ("Event", {"kind": "x", "a b": 1}, "Event: 'a b' cannot be the name of a field"),
        ("Event", {"kind": "x", "what": object()}, r"Event\.what: values of type 'object'"),
        ("Event", {"kin": "x"}, "Event needs a value for 'kind'"),
        ("Bare", {"x": 1}, r"Bare has no field 'x' \(it has: none\)"),
        ("Holder", {"who": "ann"}, r"Holder\.who: expected Customer, got str 'ann'"),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(
    session: Session, template: str, fields: dict[str, Any], message: str
) -> None:
    with pytest.raises(FactError, match=message):
        session.insert(template, **fields)
    assert session.facts() == []
    assert session.insert("Bare").fact_id == 1


def test_a_key_is_held_by_one_fact_of_a_template_and_those_that_extend_it(session: Session) -> None:
    session.insert("Customer", id="a")
    with pytest.raises(FactError, match=r"Vip: the key id='a' is in use by fact 1 \(Customer\)"):
        session.insert("Vip", id="a")
    session.insert("Order", id=1)
    session.insert("Order", id=1, line=2)
    with pytest.raises(FactError, match="the key id=1, line=2 is in use by fact 3"):
        session.insert("Order", id=1, line=2)
    session.insert("Order", id=10**5000)
    with pytest.raises(FactError, match="the key id=a huge number, line=1 is in use by fact 4"):
        session.insert("Order", id=10**5000)


def test_an_int_may_be_as_large_as_any_value() -> None:
    with RULES.session(limits=Limits(value=100)) as session:
        fact = session.insert("Order", id=1 << 3000)
        for change in (session.insert, session.upsert):
            with pytest.raises(SecurityError, match="larger than 100"):
                change("Order", id=1 << 30_000)
        with pytest.raises(SecurityError, match="larger than 100"):
            session.modify(fact, id=1 << 30_000)
        with pytest.raises(SecurityError, match="larger than 100"):
            session.insert_many("Order", [{"id": 1 << 30_000}])
        assert session.facts() == [fact]


def test_an_equal_fact_of_a_unique_template_is_the_one_that_is_there(session: Session) -> None:
    one = session.insert("Pair", a=1)
    assert session.insert("Pair", a=1, b=0) == one
    assert session.insert("Pair", a=2) is not one
    with pytest.raises(FactError, match="Pair is unique: fact 1 has the same values"):
        session.modify(session.insert("Pair", a=3), a=1)


def test_nan_equals_nothing_so_it_holds_no_key(session: Session) -> None:
    nan = float("nan")
    one, two = session.insert("Pair", a=1, b=nan), session.insert("Pair", a=1, b=nan)
    assert one is not two
    session.modify(one, a=2)
    session.retract(one)
    session.retract(two)
    assert session.facts("Pair") == []


def test_a_retracted_fact_gives_its_key_up(session: Session) -> None:
    session.retract(session.insert("Customer", id="a"))
    assert session.insert("Customer", id="a").fact_id == 2


def test_the_name_of_the_template_is_no_keyword(session: Session) -> None:
    odd = session.insert(
        "Odd", template="t", fact_id=5, is_live="l", object="o", as_dict="d", end="e"
    )
    assert session.facts("Odd", template="t") == [odd]
    session.modify(odd, template="u", end="f")
    # Fields win over what a fact has of its own.
    own: tuple[object, ...] = (
        odd.template, odd.fact_id, odd.is_live, odd.object, odd.as_dict, odd.end,
    )  # fmt: skip
    assert own == (
        "u",
        5,
        "l",
        "o",
        "d",
        "f",
    )
    assert Fact.as_dict(odd)["object"] == "o"
    assert Fact.template.__get__(odd) == "Odd"
    assert "template='u'" in repr(odd)


def test_an_open_template_takes_further_fields(session: Session) -> None:
    event = session.insert("Event", kind="k", size=3, tags=["a"])
    assert (event.kind, event.size, event["size"], event.missing, event["missing"]) == (
        "k",
        3,
        3,
        None,
        None,
    )
    assert event.as_dict() == {"kind": "k", "size": 3, "tags": ["a"]}
    session.modify(event, size=4, more=1)
    assert event.as_dict() == {"kind": "k", "size": 4, "tags": ["a"], "more": 1}
    event.tags.append("b")
    assert event.tags == ["a"]
    assert repr(event) == "Event(kind='k', size=4, tags=['a'], more=1)"
    assert session.facts("Event", size=4, missing=None) == [event]
    with pytest.raises(AttributeError):
        event._private  # noqa: B018 - reading it is the test


# -- Fact ------------------------------------------------------------------------------------------


def test_a_fact_cannot_be_written_to(session: Session) -> None:
    order = session.insert("Order", id=1)
    with pytest.raises(AttributeError, match=r"use session\.modify\(fact, total=…\), or firing"):
        order.total = 3.0
    with pytest.raises(AttributeError):
        order.whatever = 3
    with pytest.raises(AttributeError, match=r"cannot be deleted; use session"):
        del order.total
    with pytest.raises(TypeError):
        order["total"] = 3.0
    assert order.total == 0.0


def test_a_field_that_is_not_there_is_told(session: Session) -> None:
    order = session.insert("Order", id=1)
    with pytest.raises(AttributeError, match="Order has no field 'totl'; did you mean 'total'"):
        order.totl  # noqa: B018 - reading it is the test
    with pytest.raises(KeyError, match="Order has no field 'x'"):
        order["x"]
    assert not hasattr(order, "x")
    assert getattr(order, "x", 5) == 5


def test_what_a_fact_hands_out_cannot_change_it(session: Session) -> None:
    tags = ["a", ["b"]]
    order = session.insert("Order", id=1, tags=tags)
    tags.append("c")
    order.tags.append("d")
    order["tags"][1].append("e")
    order.as_dict()["tags"].clear()
    assert order.tags == ["a", ["b"]]


def test_all_handles_of_a_fact_are_equal(session: Session) -> None:
    order = session.insert("Order", id=1)
    assert session.facts("Order") == [order]
    assert session.facts("Order")[0] == order
    session.modify(order, id=2)
    assert session.facts("Order", id=2)[0] == order
    assert order != session.insert("Order", id=3)
    assert len({order, session.facts("Order")[0]}) == 1


def test_a_fact_shows_the_present_and_then_its_last_values(session: Session) -> None:
    order = session.insert("Order", id=1)
    session.modify(order, total=5.0)
    assert order.total == 5.0
    session.retract(order)
    assert (order.total, order.is_live, order.fact_id) == (5.0, False, 1)


def test_long_values_are_shown_in_part(session: Session) -> None:
    order = session.insert("Order", id=1, note="x" * 1000)
    assert len(repr(order)) < 150
    assert "…" in repr(order)


@pytest.mark.parametrize(
    "more",
    [10**5000, [10**5000], ["x" * 1000] * 1000, ["a\nb" * 30]],
    ids=["huge", "holds a huge one", "long", "lines"],
)
def test_a_fact_shows_whatever_it_holds_on_one_line(more: object) -> None:
    session = RuleSet.parse("template T\n    x: any\nend").session()
    fact = session.insert("T", x=more)
    assert len(repr(fact)) <= 65
    assert "\n" not in repr(fact)
    assert str(session.facts()) == f"[{fact!r}]"


def test_a_huge_number_outside_of_a_fields_values_is_refused() -> None:
    session = RuleSet.parse("template T\n    x: int in (1, 2)\nend").session()
    with pytest.raises(FactError, match=r"^T\.x: a huge number is not one of 1, 2$"):
        session.insert("T", x=10**5000)


def test_references_show_facts_in_any_depth(session: Session) -> None:
    ann, bob = session.insert("Customer", id="a"), session.insert("Vip", id="b")
    holder = session.insert(
        "Holder", who=bob, more=[ann, [bob]], by_name={"x": ann}, members={ann}, pair=(ann, 1)
    )
    assert holder.who == bob
    assert holder.more == [ann, [bob]]
    assert holder.by_name == {"x": ann}
    assert holder.members == {ann}
    assert holder.pair == (ann, 1)
    assert repr(holder).startswith("Holder(who=<Vip 2>, more=[")
    with RULES.session() as other:
        with pytest.raises(FactError, match=r"Customer\(id='a', tier='basic'\) belongs to another"):
            other.insert("Holder", who=ann)
    session.retract(ann)
    assert holder.more == [ann, [bob]]  # what is gone can still be read
    with pytest.raises(FactError, match=r"fact 1 \(Customer\) was retracted"):
        session.modify(holder, who=ann)
    with pytest.raises(FactError, match="was retracted"):
        session.insert("Holder", who=bob, more=[[{"x": ann}]])


def test_a_fact_can_be_copied_for_it_is_a_handle_only(session: Session) -> None:
    order = session.insert("Order", id=1)
    assert {order: 1}[session.facts()[0]] == 1
    assert copy.copy([order])[0] is order


# -- changing --------------------------------------------------------------------------------------


def test_modify_changes_the_given_fields_only(session: Session) -> None:
    order = session.insert("Order", id=1, note="n", tags=[1])
    session.modify(order, total=3, note=None)
    assert order.as_dict() == {"id": 1, "line": 1, "total": 3.0, "tags": [1], "note": None}
    session.modify(order)
    assert order.total == 3.0


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"totl": 3}, "Order has no field 'totl'; did you mean 'total'"),
        ({"total": "x"}, r"Order\.total: expected float, got str 'x'"),
        ({"total": 1.0, "id": "x"}, r"Order\.id: expected int"),
        ({"total": 1.0, "id": 2}, "the key id=2, line=1 is in use by fact 2"),
    ],
)
def test_a_modify_that_does_not_fit_changes_nothing(
    session: Session, fields: dict[str, Any], message: str
) -> None:
    order = session.insert("Order", id=1)
    session.insert("Order", id=2)
    before = order.as_dict()
    with pytest.raises(FactError, match=message):
        session.modify(order, **fields)
    assert order.as_dict() == before


def test_keys_can_be_given_away_and_taken(session: Session) -> None:
    one = session.insert("Customer", id="a")
    session.modify(one, id="b")
    two = session.insert("Customer", id="a")
    session.retract(one)
    session.modify(two, id="b")
    assert [fact.id for fact in session.facts()] == ["b"]


def test_what_is_gone_cannot_be_modified(session: Session) -> None:
    order = session.insert("Order", id=1)
    session.retract(order)
    with pytest.raises(FactError, match=r"fact 1 \(Order\) was retracted"):
        session.modify(order, total=3.0)


@pytest.mark.parametrize("use", ["modify", "retract", "update"])
def test_what_is_no_fact_of_the_session_is_refused(session: Session, use: str) -> None:
    with RULES.session() as other:
        stranger = other.insert("Bare")
        with pytest.raises(FactError, match=r"Bare\(\) belongs to another session"):
            getattr(session, use)(stranger)
        for thing in (5, "Bare", None, object()):
            with pytest.raises(FactError, match="is no fact of this session"):
                getattr(session, use)(thing)


def test_retract_twice_is_nothing(session: Session) -> None:
    order = session.insert("Order", id=1)
    session.retract(order)
    session.retract(order)
    assert session.facts() == []


def test_a_fact_of_before_a_reset_is_gone(session: Session) -> None:
    order = session.insert("Order", id=1)
    session.reset()
    assert not order.is_live
    with pytest.raises(FactError, match="was retracted"):
        session.modify(order, total=1.0)
    session.retract(order)
    assert session.insert("Order", id=1).fact_id == 1


# -- upsert ----------------------------------------------------------------------------------------


def test_upsert_changes_the_fact_with_the_key_else_inserts(session: Session) -> None:
    one = session.upsert("Order", id=1, total=5.0, note="n")
    assert session.upsert("Order", id=1, total=6.0) == one
    assert (one.total, one.note) == (6.0, "n")
    two = session.upsert("Order", id=1, line=2)
    assert [f.fact_id for f in (one, two)] == [1, 2]


def test_upsert_of_a_template_finds_what_extends_it(session: Session) -> None:
    vip = session.insert("Vip", id="a")
    assert session.upsert("Customer", id="a", tier="gold") == vip
    assert vip.tier == "gold"
    session.insert("Customer", id="b")
    with pytest.raises(FactError, match=r"Vip: the key id='b' is in use by fact 2 \(Customer\)"):
        session.upsert("Vip", id="b")


@pytest.mark.parametrize(
    ("template", "fields", "message"),
    [
        ("Pair", {"a": 1}, "Pair declares no key, so it cannot be upserted"),
        ("Order", {"total": 1.0}, "upsert of Order needs its key field 'id'"),
        ("Order", {"id": "x"}, "expected int, got str 'x'"),
        ("Order", {"id": 1, "totl": 3}, "Order has no field 'totl'"),
        ("Customer", {"id": "a", "tier": "tin"}, "'tin' is not one of"),
        ("Ordr", {"id": 1}, "unknown template 'Ordr'"),
    ],
)
def test_an_upsert_that_does_not_fit_is_refused(
    session: Session, template: str, fields: dict[str, Any], message: str
) -> None:
    with pytest.raises(FactError, match=message):
        session.upsert(template, **fields)
    assert session.facts() == []


# -- finding ---------------------------------------------------------------------------------------


def test_facts_are_listed_in_the_order_of_insertion(session: Session) -> None:
    made = [
        session.insert("Customer", id="a"),
        session.insert("Order", id=1),
        session.insert("Vip", id="b"),
        session.insert("Customer", id="c"),
    ]
    assert session.facts() == made
    assert session.facts("Customer") == [made[0], made[2], made[3]]
    assert session.facts("Vip") == [made[2]]
    assert session.facts("Pair") == []


def test_facts_are_filtered_by_equality_of_the_language(session: Session) -> None:
    one = session.insert("Order", id=1, total=2.0, tags=[1, "a"])
    session.insert("Order", id=2, total=float("nan"))
    assert session.facts("Order", total=2) == [one]
    assert session.facts("Order", tags=[1.0, "a"], id=1) == [one]
    assert session.facts("Order", total="2.0") == []
    assert session.facts("Order", id=Number.ONE) == [one]
    with pytest.raises(FactError, match="Order.id: values of type 'object' are not supported"):
        session.facts("Order", id=object())
    assert session.facts("Order", total=float("nan")) == []
    assert session.facts("Customer", tier="gold") == []


@pytest.mark.parametrize("name", [Number, Number.ONE, 5])
def test_a_template_is_given_by_its_name(session: Session, name: Any) -> None:
    with pytest.raises(FactError, match="a template is given by its name, a str, not by"):
        session.facts(name)
    with pytest.raises(FactError, match="a template is given by its name, a str, not by"):
        session.insert_many(name, [{"id": 1}])


def test_fields_of_a_filter_must_be_there(session: Session) -> None:
    with pytest.raises(FactError, match="Order has no field 'totl'"):
        session.facts("Order", totl=1)
    with pytest.raises(FactError, match="Customer has no field 'since'"):
        session.facts("Customer", since=2000)
    with pytest.raises(FactError, match="unknown template 'Ordr'"):
        session.facts("Ordr")
    order = session.insert("Order", id=1)
    session.insert("Customer", id="1")
    assert session.facts(id=1) == [order]
    assert session.facts(tier="gold") == []
    with pytest.raises(FactError, match="unknown template 'Ordr'"):
        session.facts("Ordr", id=1)


def test_fields_of_a_filter_over_all_templates_must_be_in_one() -> None:
    with RuleSet.parse("template Order\n  id: int\n  total: float = 0\nend").session() as session:
        session.insert("Order", id=1)
        with pytest.raises(FactError, match="no template has a field 'totl'; did you mean 'total'"):
            session.facts(totl=0)


def test_facts_that_no_rule_looks_at_are_facts_all_the_same(session: Session) -> None:
    session.insert("Order", id=1)
    assert session.run().fired == 0
    assert len(session.facts()) == 1
    assert session._engine.matcher.tokens == 0


# -- what field types take -------------------------------------------------------------------------


def test_subclasses_of_plain_types_are_stored_plain() -> None:
    class Text(str):
        pass

    rules = RuleSet.parse("template T\n    s: str\n    d: date? = none\nend")
    with rules.session() as session:
        fact = session.insert("T", s=Text("a"), d=date(2026, 1, 1))
        assert type(fact.s) is str
        with pytest.raises(FactError, match=r"T\.d: expected date\?, got str"):
            session.modify(fact, d="2026-01-01")


def test_a_value_without_a_field_is_refused_by_the_name_that_the_user_knows() -> None:
    rules = RuleSet.parse("template T\n    a: int\nend")
    with (
        rules.session() as session,
        pytest.raises(TypeError, match=r"^insert takes fields by their names: insert\(template, "),
    ):
        session.insert("T", 1)  # type: ignore[arg-type]
