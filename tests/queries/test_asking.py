"""`session.query`: what holds now, asked by a program."""

from __future__ import annotations

from typing import Any

import pytest

from rete_engine import (
    FactError,
    Limits,
    Match,
    RuleExecutionError,
    RuleSet,
    SecurityError,
    Session,
    SessionError,
)

SHOP = """
template Customer key(id)
    id: str
    tier: str = "basic"
end

template Order key(id)
    id: int
    customer: str
    total: float = 1.0
    status: str = "new"
    tags: list = []
end

template Express extends Order
end

template Hold
    order: int
end

template Link
    from_order: Order?
    value: any = none
end

query open_orders(who: str)
    o := Order(customer == who, status == "new")
end

query free_orders(who: str, least: float)
    o := Order(customer == who, worth := total * 2, total >= least)
    not Hold(order == o.id)
end

query anything()
    o := Order()
end

query quiet()
    Order(status == "new")
    not Hold()
end

query tagged(tag: str)
    o := Order()
    for t in o.tags
    test t != tag
end

query linked(o: Order?)
    l := Link(from_order == o)
end

query valued(value_of: any)
    l := Link(value == value_of)
end

query share(parts: int)
    o := Order(total / parts > 1)
end

query every(parts: float)
    share := 1 / parts
end

query pairs()
    a := Order()
    b := Order(total == a.total, id != a.id)
end
"""


def opened(more: str = "", **options: Any) -> Session:
    return RuleSet.parse(SHOP + more).session(**options)


def ids(matches: list[Match], name: str = "o") -> list[int]:
    return [match[name].id for match in matches]


def test_a_query_answers_with_what_holds_now() -> None:
    session = opened()
    session.insert("Order", id=1, customer="c1")
    other = session.insert("Order", id=2, customer="c1")
    session.insert("Order", id=3, customer="c2")
    assert ids(session.query("open_orders", who="c1")) == [1, 2]
    session.modify(other, status="paid")
    assert ids(session.query("open_orders", who="c1")) == [1]
    session.modify(other, status="new")
    session.retract(session.facts("Order", id=1)[0])
    session.insert("Express", id=4, customer="c1")
    assert ids(session.query("open_orders", who="c1")) == [2, 4]
    assert session.query("open_orders", who="c9") == []


def test_joins_negation_and_values() -> None:
    session = opened()
    for number in range(4):
        session.insert("Order", id=number, customer="c1", total=float(number))
    hold = session.insert("Hold", order=3)
    [first, second] = session.query("free_orders", who="c1", least=1)
    assert (first.o.id, first.worth, second.o.id, second.worth) == (1, 2.0, 2, 4.0)
    session.retract(hold)
    assert ids(session.query("free_orders", who="c1", least=2.5)) == [3]


def test_a_query_over_nothing() -> None:
    session = opened()
    assert session.query("anything") == []
    assert session.query("quiet") == []
    session.insert("Order", id=1, customer="c1")
    [match] = session.query("quiet")
    assert match.as_dict() == {}
    assert repr(match) == "quiet()"
    with pytest.raises(AttributeError, match="has no variable 'o' \\(it binds: none\\)"):
        match.o  # noqa: B018


def test_no_conditions_hold_once() -> None:
    session = RuleSet.parse("query nothing()\nend").session()
    assert len(session.query("nothing")) == 1


def test_a_match_is_read_by_its_variables() -> None:
    session = opened()
    order = session.insert("Order", id=1, customer="c1", total=2.0)
    [match] = session.query("free_orders", who="c1", least=0)
    assert match.o == order
    assert match["worth"] == 4.0
    assert match.as_dict() == {"o": order, "worth": 4.0}
    with pytest.raises(AttributeError, match="no variable 'wurth'; did you mean 'worth'"):
        match.wurth  # noqa: B018
    with pytest.raises(KeyError, match="no variable 'x'"):
        match["x"]
    with pytest.raises(AttributeError, match="cannot be written to"):
        match.o = 3
    session.modify(order, total=5.0)
    assert match.o.total == 5.0  # the fact as it is now
    assert match.worth == 4.0  # the value that it was


def test_equal_answers_are_equal() -> None:
    session = opened()
    session.insert("Order", id=1, customer="c1")
    session.insert("Order", id=2, customer="c1")
    ask = session.query("open_orders", who="c1")
    assert ask == session.query("open_orders", who="c1")
    assert len({*ask, *session.query("open_orders", who="c1")}) == 2
    assert ask[0] != ask[1]
    assert ask[0] != session.query("anything")[0]
    assert ask[0] != "open_orders"


def test_answers_come_in_the_order_of_the_facts_as_patterns_are_written() -> None:
    session = opened()
    numbers = [5, 3, 4]
    orders = [session.insert("Order", id=number, customer="c1") for number in numbers]
    found = [(match.a.id, match.b.id) for match in session.query("pairs")]
    assert found == [(5, 3), (5, 4), (3, 5), (3, 4), (4, 5), (4, 3)]
    session.modify(orders[0], total=2.0)  # what came and went before does not show
    session.modify(orders[0], total=1.0)
    assert [(match.a.id, match.b.id) for match in session.query("pairs")] == found


def test_for_gives_an_answer_for_each_position() -> None:
    session = opened()
    session.insert("Order", id=1, customer="c1", tags=["b", "x", "b"])
    session.insert("Order", id=2, customer="c1", tags=["a"])
    found = [(match.o.id, match.t) for match in session.query("tagged", tag="x")]
    assert found == [(1, "b"), (1, "b"), (2, "a")]


def test_a_reference_is_asked_with_a_fact() -> None:
    session = opened()
    order = session.insert("Order", id=1, customer="c1")
    express = session.insert("Express", id=2, customer="c1")
    session.insert("Link", from_order=order)
    session.insert("Link", from_order=express)
    session.insert("Link", from_order=None)
    assert [match.l.from_order for match in session.query("linked", o=express)] == [express]
    assert [match.l.from_order for match in session.query("linked", o=None)] == [None]
    hold = session.insert("Hold", order=1)
    with pytest.raises(FactError, match=r"linked\(o\): expected Order\?, got a fact of Hold"):
        session.query("linked", o=hold)
    session.retract(order)
    with pytest.raises(FactError, match="was retracted"):
        session.query("linked", o=order)


def test_a_parameter_of_any_type_takes_any_value() -> None:
    session = opened()
    for value in (1, "1", None, [1, {"a": 2}]):
        session.insert("Link", from_order=None, value=value)
    assert [match.l.value for match in session.query("valued", value_of=1.0)] == [1]
    assert [match.l.value for match in session.query("valued", value_of=None)] == [None]
    found = session.query("valued", value_of=[1, {"a": 2}])
    assert [match.l.value for match in found] == [[1, {"a": 2}]]


def test_an_int_for_a_float_is_one() -> None:
    [match] = opened().query("every", parts=4)
    assert match.share == 0.25


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("open_order", {"who": "c1"}, "unknown query 'open_order'; did you mean 'open_orders'?"),
        ("zzz", {}, "unknown query 'zzz' (known: open_orders, free_orders, anything, quiet,"),
        ("open_orders", {}, "the query 'open_orders' needs a value for 'who'; it is declared as"
            " open_orders(who: str)"),
        ("open_orders", {"who": "c1", "whom": 2}, "has no parameter 'whom'; did you mean 'who'?"),
        ("anything", {"x": 1}, "no parameter 'x'; it is declared as anything()"),
        ("open_orders", {"who": 3}, "open_orders(who): expected str, got int 3"),
        ("open_orders", {"who": None}, "open_orders(who): expected str, got none"),
        ("open_orders", {"who": object()}, "values of type 'object' are not supported"),
    ],
)  # fmt: skip
def test_wrong_questions(name: str, arguments: dict[str, Any], message: str) -> None:
    session = opened()
    with pytest.raises(FactError) as caught:
        session.query(name, **arguments)
    assert message in str(caught.value)
    assert session.query("anything") == []


def test_without_queries_there_is_none() -> None:
    with pytest.raises(FactError, match=r"unknown query 'q' \(known: none\)"):
        RuleSet.parse("template T\nend").session().query("q")


def test_what_a_condition_raises_is_raised_to_who_asks() -> None:
    """Meaning 8, for queries: nobody else hears of it."""
    session = opened()
    order = session.insert("Order", id=1, customer="c1", total=3.0)
    for _ in range(2):  # each time that it is asked
        with pytest.raises(RuleExecutionError) as caught:
            session.query("share", parts=0)
        assert "a condition of query 'share' failed" in str(caught.value)
        assert "division by zero" in str(caught.value)
        assert caught.value.facts == (order,)
        assert caught.value.rule == "share"
        assert SHOP.split("\n")[caught.value.line - 1].strip().startswith("o := Order(total / ")
    assert session.run().errors == []
    assert ids(session.query("share", parts=2)) == [1]
    with pytest.raises(RuleExecutionError, match="division by zero") as caught:
        session.query("every", parts=0)
    assert caught.value.facts == ()


def test_asking_is_no_change() -> None:
    rule = 'rule "r"\nsalience -o.id\nwhen\no := Order()\nthen\nend\n'
    heard: list[Any] = []
    for strategy in ("depth", "lex", "random"):
        asked, silent = opened(rule, strategy=strategy), opened(rule, strategy=strategy)
        heard.clear()
        for event in ("insert", "modify", "retract", "activate", "cancel"):
            asked.on(event, lambda *told: heard.append(told))
        fired = []
        for session in (asked, silent):
            for number in range(3):
                fact = session.insert("Order", id=number, customer="c1")
                if session is asked:
                    before = len(heard)
                    assert len(session.query("anything")) == number + 1
                    assert len(heard) == before
                session.modify(fact, total=2.0)
            assert [fact.fact_id for fact in session.facts()] == [1, 2, 3]
            fired.append([f.bindings["o"].id for f in session.run(trace=True).firings])
        assert fired[0] == fired[1]


def test_a_query_can_be_asked_while_a_batch_is_open() -> None:
    session = opened()
    with session.batch() as batch:
        batch.insert("Order", id=1, customer="c1")
        assert session.query("anything") == []
    assert len(session.query("anything")) == 1


def test_limits_of_facts_do_not_count_arguments() -> None:
    session = opened(limits=Limits(facts=1))
    session.insert("Order", id=1, customer="c1")
    assert len(session.query("open_orders", who="c1")) == 1


def test_too_many_matches_are_an_error_and_nothing_else() -> None:
    session = opened(limits=Limits(tokens=50))
    for number in range(20):
        session.insert("Order", id=number, customer="c1")
    with pytest.raises(SecurityError, match="more than 50 partial matches"):
        session.query("pairs")
    assert len(session.query("anything")) == 20
    assert session.run().stopped == "quiescent"


def test_nothing_of_a_question_is_left() -> None:
    session = opened()
    session.insert("Order", id=1, customer="c1", tags=["a"])
    for name, given in (("tagged", {"tag": "x"}), ("pairs", {}), ("every", {"parts": 1})):
        session.query(name, **given)
    assert session._engine.matcher.tokens == 0
    for fact in session.facts():
        session.retract(fact)
    assert all(
        not memory.buckets for memory in session._engine.matcher.alpha_network.rights.values()
    )


def test_a_query_that_nobody_asks_costs_nothing() -> None:
    session = opened()
    session.insert("Order", id=1, customer="c1")
    assert not session._engine.matcher.alpha_network.rights
    assert not session._engine.matcher.live_nodes
    session.query("open_orders", who="c1")
    assert len(session._engine.matcher.alpha_network.rights) == 1


def test_an_index_of_rules_serves_queries_that_read_no_more() -> None:
    rule = 'rule "r"\nwhen\nh := Hold()\nOrder(status == "new", customer == "x")\nthen\nend\n'
    more = "query held()\nh := Hold()\nend\n"
    session = opened(rule + more)
    session.insert("Hold", order=1)
    before = len(session._engine.matcher.alpha_network.rights)
    session.query("held")
    assert (
        len(session._engine.matcher.alpha_network.rights) == before + 1
    )  # rules have no index of it


def test_a_reset_forgets_the_indexes() -> None:
    session = opened()
    session.insert("Order", id=1, customer="c1")
    assert len(session.query("anything")) == 1
    session.reset()
    assert session.query("anything") == []
    session.insert("Order", id=1, customer="c1")
    assert len(session.query("anything")) == 1


def test_a_closed_session_answers_nothing() -> None:
    session = opened()
    session.close()
    with pytest.raises(SessionError, match="closed"):
        session.query("anything")


def test_no_question_from_within() -> None:
    session = opened()
    session.on("insert", lambda fact: session.query("anything"))
    with pytest.raises(SessionError, match="cannot be used by a function or listener"):
        session.insert("Order", id=1, customer="c1")


def test_further_fields_of_open_templates() -> None:
    session = RuleSet.parse(
        "open template E\n n: int = 0\nend\n"
        "query q(c: any)\n e := E(color == c, shade := tone)\nend\n"
    ).session()
    session.insert("E", color="red", tone=3)
    fact = session.insert("E", color="blue")
    assert [match.shade for match in session.query("q", c="red")] == [3]
    session.modify(fact, color="red")
    assert [match.shade for match in session.query("q", c="red")] == [3, None]


def test_what_the_rule_set_tells_of_its_queries() -> None:
    rules = RuleSet.parse(SHOP)
    query = rules.queries["free_orders"]
    assert query.name == "free_orders"
    assert {name: str(type) for name, type in query.parameters.items()} == {
        "who": "str",
        "least": "float",
    }
    assert query.variables == ("o", "worth")
    assert (query.file, query.line) == ("<text>", 31)
    assert set(rules.templates) == {"Customer", "Order", "Express", "Hold", "Link"}
