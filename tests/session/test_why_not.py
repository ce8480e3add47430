"""Why a rule does not fire: every kind of condition, and every other reason."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from rete_engine import FactError, Limits, RuleSet, Session, SessionError, WhyNot, rule
from rete_engine.explain import matching

TEMPLATES = """
template Customer key(id)
    id: str
    tier: str = "basic"
end

template Order key(id)
    id: int
    customer: str
    total: float = 0.0
    tags: list = []
end

template Hold
    order: int
end
"""


def session(
    conditions: str, attributes: str = "", action: str = "emit 1", **options: Any
) -> Session:
    text = f'{TEMPLATES}\nrule "r"\n{attributes}\nwhen\n{conditions}\nthen\n{action}\nend\n'
    return RuleSet.parse(text, name="r.rete").session(**options)


def texts(told: WhyNot) -> list[str]:
    return [str(near) for near in told.nearest]


def test_the_first_condition_that_nothing_passes() -> None:
    with session("c := Customer(tier == 'gold')\no := Order(customer == c.id, total > 100)") as s:
        s.insert("Customer", id="c1", tier="gold")
        s.insert("Order", id=1, customer="c1", total=50)
        s.insert("Order", id=2, customer="c2", total=500)
        s.insert("Order", id=3, customer="c2", total=5)
        told = s.why_not("r")
    assert told.status == "unmatched"
    assert [(c.number, c.reached, c.matches, c.facts) for c in told.conditions] == [
        (1, 1, 1, 1),
        (2, 1, 0, 3),
    ]
    assert told.failing is told.conditions[1]
    assert (told.failing.text, told.failing.file) == (
        "o := Order(customer == c.id, total > 100)",
        "r.rete",
    )
    assert [[m.constraint for m in near.missed] for near in told.nearest] == [
        ["total > 100"],
        ["customer == c.id"],
        ["customer == c.id", "total > 100"],
    ]
    assert told.nearest[0].missed[0].values == {"total": 50.0}
    assert told.nearest[1].missed[0].values == {"customer": "c2", "c.id": "c1"}
    assert told.nearest[0].facts[0].id == 1
    assert told.nearest[0].bindings["c"].id == "c1"


def test_it_prints_as_text() -> None:
    with session("c := Customer(tier == 'gold')\nnot Hold()") as s:
        s.insert("Customer", id="c1")
        assert str(s.why_not("r")) == (
            "rule 'r' (r.rete:18): nothing passes condition 1\n"
            "> 1. c := Customer(tier == 'gold'): 1 fact; 0 matches\n"
            "       nearest: #1 Customer(id='c1', tier='basic') fails tier == 'gold'"
            " (tier is 'basic')\n"
            "  2. not Hold(): 0 matches before it, 0 with it"
        )


def test_it_is_data_and_a_picture() -> None:
    with session("c := Customer(tier == 'gold')\nnot Hold()") as s:
        s.insert("Customer", id='c"1<b>')
        told = s.why_not("r")
    data = json.loads(json.dumps(told.as_dict()))
    assert data["status"] == "unmatched"
    assert data["failing"] == data["conditions"][0]
    assert data["nearest"][0]["missed"] == [
        {"constraint": "tier == 'gold'", "values": {"tier": "basic"}, "error": None}
    ]
    picture = told.to_mermaid()
    assert picture.startswith("flowchart TD\n")
    assert '"' not in picture.replace('["', "").replace('"]', "").replace('[/"', "").replace(
        '"/]', ""
    ).replace('(["', "").replace('"])', "")
    assert "<b>" not in picture


def test_a_condition_without_any_fact() -> None:
    with session("Customer()") as s:
        told = s.why_not("r")
    assert told.failing is not None
    assert told.failing.facts == 0
    assert told.nearest == ()


@pytest.mark.parametrize(
    ("condition", "near"),
    [
        ("not Hold(order == o.id)", ["#3 Hold(order=1) is there, with o = #2 "]),
        ("not (Hold() and Customer())", ["#3 Hold(order=1), #1 Customer("]),
        ("exists Hold(order == o.id + 1)", ["#3 Hold(order=1) fails order == o.id + 1"]),
        (
            "exists (Hold() and Customer(id == 'x'))",
            ["#1 Customer(id='c1', tier='basic') fails id == 'x' (id is 'c1')"],
        ),
        ("forall (Order(), Hold(order == 7))", ["#2 Order("]),
        ("test o.total > 100", ["o.total > 100 (o.total is 50.0)"]),
        ("test not (o.total == 50)", ["not (o.total == 50) (o.total is 50.0)"]),
        ("test o.total in [1, 2]", ["o.total in [1, 2] (o.total is 50.0)"]),
        ("test len(o.tags) > 0 and o.id > 1", ["(len(o.tags) is 0, o.id is 1)"]),
        ("for t in o.tags", ["for t in o.tags (o.tags is [])"]),
        ("x := 1 / (o.id - 1)", ["x := 1 / (o.id - 1) (it raises: division by zero)"]),
        ("test 1 / (o.id - 1) > 0", ["it raises: division by zero"]),
        ("avg(total for Order(total > 100))", ["fails total > 100 (total is 50.0)"]),
        ("s := sum(total for Order(total > 100) by c := customer)", ["fails total > 100"]),
        ("Order(1 / (id - 1) > 0)", ["it raises: division by zero"]),
        ("Order(part := 1 / (id - 1), part > 0)", ["fails part := 1 / (id - 1) (it raises"]),
    ],
)
def test_what_comes_nearest(condition: str, near: list[str]) -> None:
    with session(f"o := Order()\n{condition}", on_error="skip") as s:
        s.insert("Customer", id="c1")
        s.insert("Order", id=1, customer="c1", total=50)
        s.insert("Hold", order=1)
        told = s.why_not("r")
    assert told.status == "unmatched"
    assert told.failing is told.conditions[-1]
    assert [part in text for part, text in zip(near, texts(told), strict=False)] == [True], told


@pytest.mark.parametrize("condition", ["exists {}", "max(o.id for {})"])
def test_what_comes_nearest_within_brackets_is_told_with_the_variables_outside(
    condition: str,
) -> None:
    inside = "(o := Order(id == 1) and Hold(order == o.id))"
    with session(f"c := Customer()\nv := c.tier\n{condition.format(inside)}") as s:
        customer = s.insert("Customer", id="c1")
        s.insert("Order", id=1, customer="c1")
        s.insert("Hold", order=2)
        [near] = s.why_not("r").nearest
    assert near.bindings == {"c": customer, "v": "basic"}
    assert str(near).startswith("#3 Hold(order=2) fails order == o.id")


def test_an_error_is_told_with_its_condition() -> None:
    with session("o := Order(1 / id > 0)", on_error="skip") as s:
        s.insert("Order", id=0, customer="c1")
        told = s.why_not("r")
    assert told.conditions[0].errors == ("division by zero",)
    assert "error: division by zero" in str(told)


def test_an_accumulate_that_raises_has_no_result() -> None:
    with session("n := max(tags for Order())", on_error="skip") as s:
        s.insert("Order", id=1, customer="a", tags=[{}])
        s.insert("Order", id=2, customer="a", tags=[[]])
        s.insert("Order", id=3, customer="a", tags=[2])
        told = s.why_not("r")
    assert told.status in ("unmatched", "waiting")


def test_alternatives_are_told_one_by_one() -> None:
    conditions = "(Customer(tier == 'gold') or Customer(tier == 'silver'))\nexists Hold()"
    with session(conditions) as s:
        s.insert("Customer", id="c1", tier="silver")
        told = s.why_not("r")
        found = s.matches("r")
    assert [(c.alternative, c.number, c.matches) for c in told.conditions] == [
        (1, 1, 0),
        (1, 2, 0),
        (2, 1, 1),
        (2, 2, 0),
    ]
    assert told.failing is told.conditions[3]  # of the alternative that got farthest
    assert "alternative 2:" in str(told)
    assert "alternative 1:" in str(found)
    assert found.to_mermaid().count("-->") == 4


def test_conditions_of_a_query() -> None:
    text = f"""{TEMPLATES}
query large(than: float)
    o := Order(total > than)
end
rule "r"
when
    m := large(100)
    test m.o.id > 1
then
    emit m.o.id
end
"""
    with RuleSet.parse(text).session() as s:
        s.insert("Order", id=1, customer="c1", total=50)
        told = s.why_not("r")
        assert texts(told) == [
            "#1 Order(id=1, customer='c1', total=50.0, tags=[]) fails total > than"
            " (total is 50.0, than is 100.0)"
        ]
        s.insert("Order", id=2, customer="c1", total=500)
        [waiting] = s.matches("r").conditions[-1].partial
        assert waiting.bindings["m"].o.id == 2
        with pytest.raises(SessionError, match="answer of a query, which cannot be given"):
            s.why_not("r", m=waiting.bindings["m"])


def test_a_reference_that_is_followed() -> None:
    text = """
template A
    x: int
end
template B
    a: A
end
rule "r"
when
    b := B(a.x > 5)
then
    emit b.a.x
end
"""
    with RuleSet.parse(text).session() as s:
        s.insert("B", a=s.insert("A", x=1))
        told = s.why_not("r")
    assert any("refers to a fact of A" in c.text for c in told.conditions)
    assert "x is 1" in str(told)


# -- given bindings --------------------------------------------------------------------------------


def test_one_case_is_asked_by_its_bindings() -> None:
    conditions = (
        "c := Customer(tier == 'gold', who := id)\no := Order(customer == who, total > 100)\n"
        "n := count(Hold(order == o.id))"
    )
    with session(conditions) as s:
        s.insert("Customer", id="c1", tier="gold")
        basic = s.insert("Customer", id="c2")
        small = s.insert("Order", id=1, customer="c1", total=50)
        large = s.insert("Order", id=2, customer="c1", total=500)
        assert s.why_not("r").status == "waiting"
        assert s.why_not("r", o=large, who="c1", n=0).status == "waiting"
        told = s.why_not("r", o=small)
        assert texts(told)[0].startswith("#3 Order(id=1")
        assert len(told.nearest) == 1
        assert [m.constraint for m in told.nearest[0].missed] == ["total > 100"]
        told = s.why_not("r", c=basic)
        assert "fails tier == 'gold'" in texts(told)[0]
        told = s.why_not("r", o=large, n=3)
        assert told.failing is told.conditions[2]
        assert texts(told)[0].startswith("n is as given (n is 0)")
        told = s.why_not("r", who="c9")
        assert "who is as given (who is 'c1')" in texts(told)[0]
        told = s.why_not("r", o=basic)  # of another template
        assert "fails it is no fact of Order" in texts(told)[0]


def test_an_object_of_a_class_stands_for_its_fact() -> None:
    with session("o := Order(total > 100)") as s:
        order = s.insert("Order", id=1, customer="c1", total=500)
        assert s.why_not("r", o=order).status == "waiting"
        with pytest.raises(FactError, match="'o' is a fact of Order: give a Fact, not 1"):
            s.why_not("r", o=1)


# -- other reasons ---------------------------------------------------------------------------------


def test_it_waits() -> None:
    text = (
        f'{TEMPLATES}\nrule "first"\nsalience 1\nwhen\nOrder()\nthen\nemit 1\nend\n'
        'rule "r"\nwhen\nOrder()\nthen\nemit 2\nend\n'
    )
    with RuleSet.parse(text).session() as s:
        s.insert("Order", id=1, customer="c1")
        told = s.why_not("r")
        assert told.status == "waiting"
        assert told.reason == "1 activation on the agenda, behind 1 activation, first of 'first'"
        assert s.why_not("first").reason == "1 activation on the agenda; it fires next"
        assert told.failing is None


def test_it_fired() -> None:
    with session("o := Order()") as s:
        s.insert("Order", id=1, customer="c1")
        s.run()
        told = s.why_not("r")
        assert (told.status, told.fired) == ("fired", 1)
        assert told.reason == "it fired 1 time; its match holds, and a match fires only once"
        s.insert("Order", id=2, customer="c1")
        assert s.why_not("r").status == "waiting"
        s.reset()
        assert s.why_not("r").fired == 0


@pytest.mark.parametrize(
    "conditions",
    [
        "o := Order(v := total)",
        "v := sum(total for Order())",
        "v := collect(total for Order())",
        "v := collect_set(total for Order())",
        "v := count(Order() by t := total)",
        "o := Order()\nv := [1, (o.total, 1)]",
        "o := Order()\nv := {'total': o.total}",
        "o := Order()\nv := decimal('nan')",
    ],
)
def test_a_match_with_a_value_that_is_not_a_number(conditions: str) -> None:
    with session(conditions) as s:
        s.insert("Order", id=1, customer="c1", total=float("nan"))
        told = s.why_not("r")
        assert (told.status, told.reason) == (
            "waiting",
            "1 activation on the agenda; it fires next",
        )
        s.run()
        assert s.why_not("r").status == "fired"


def test_of_several_matches_with_a_value_that_is_not_a_number() -> None:
    with session("for v in [float('nan'), {float('nan'), float('nan')}, {float('nan')}]") as s:
        assert s.why_not("r").reason == "3 activations on the agenda; it fires next"
        s.run(1)
        assert s.why_not("r").reason == "2 activations on the agenda; it fires next"


def test_it_fired_and_holds_no_more() -> None:
    with session("o := Order(total == 0)", action="modify o(total = 1)") as s:
        s.insert("Order", id=1, customer="c1")
        s.run()
        told = s.why_not("r")
    assert told.status == "unmatched"
    assert told.reason == "it fired 1 time, and nothing passes condition 1 now"


def test_it_was_spent() -> None:
    action = "modify o(total = o.total + 1)"
    with session("o := Order(total >= 0)", "no_loop", action) as s:
        s.insert("Order", id=1, customer="c1")
        s.run()
        told = s.why_not("r")
        assert told.status == "spent"
        assert told.reason == "it fired 1 time; its match holds, and fired or was spent by no_loop"


def test_it_failed_and_was_passed_over() -> None:
    with session("o := Order()", action="emit 1 / o.id", on_error="skip") as s:
        s.insert("Order", id=0, customer="c1")
        s.run()
        assert s.why_not("r").status == "spent"


def test_it_is_disabled() -> None:
    with session("o := Order()") as s:
        s.insert("Order", id=1, customer="c1")
        s.disable("r")
        told = s.why_not("r")
        assert told.status == "disabled"
        assert told.reason == "it is disabled; 1 activation held back"
        assert told.conditions[0].matches == 1


def test_it_is_switched_off_by_a_param() -> None:
    text = (
        f'{TEMPLATES}\nparam on: bool = false\nrule "r"\nenabled on\nwhen\nHold()\nthen\nhalt\nend'
    )
    with RuleSet.parse(text).session() as s:
        told = s.why_not("r")
        assert told.status == "disabled"
        assert told.failing is told.conditions[0]


def test_its_group_has_no_focus() -> None:
    with session("o := Order()", 'group "late"') as s:
        s.insert("Order", id=1, customer="c1")
        told = s.why_not("r")
        assert told.status == "unfocused"
        assert told.reason == "1 activation in the agenda group 'late', which has no focus"
        s.focus("late")
        assert s.why_not("r").status == "waiting"


def test_it_is_not_effective() -> None:
    def clock() -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC)

    with session("o := Order()", 'effective "2026-02-01"', clock=clock) as s:
        s.insert("Order", id=1, customer="c1")
        told = s.why_not("r")
        assert told.status == "ineffective"


def test_a_rule_with_no_conditions() -> None:
    text = 'rule "r"\nwhen\nthen\nemit 1\nend\n'
    with RuleSet.parse(text).session() as s:
        assert s.why_not("r").status == "waiting"
        assert s.matches("r").conditions == ()
        s.run()
        assert s.why_not("r").status == "fired"


def test_a_rule_in_python() -> None:
    @rule("p", when="o := Order(total > 100)")
    def p(firing: Any) -> None:
        firing.emit(1)

    with RuleSet.parse(TEMPLATES, rules=[p]).session() as s:
        s.insert("Order", id=1, customer="c1", total=50)
        assert "total > 100 (total is 50.0)" in str(s.why_not("p"))


# -- errors and bounds -----------------------------------------------------------------------------


def test_what_is_wrong_is_said() -> None:
    with session("gold := Customer()") as s:
        fact = s.insert("Customer", id="c1")
        with pytest.raises(SessionError, match=r"unknown rule 'R'; did you mean 'r'\?"):
            s.why_not("R")
        with pytest.raises(SessionError, match=r"unknown rule 'R'; did you mean 'r'\?"):
            s.matches("R")
        with pytest.raises(SessionError, match=r"no variable 'gol'; did you mean 'gold'\?"):
            s.why_not("r", gol=fact)
        with pytest.raises(SessionError, match=r"no variable 'x' \(variables: gold\)"):
            s.why_not("r", x=1)
        with pytest.raises(SessionError, match="limit is a whole number from 0, not -1"):
            s.matches("r", limit=-1)
        s.retract(fact)
        with pytest.raises(FactError, match="fact 1 .Customer. was retracted"):
            s.why_not("r", gold=fact)
    with pytest.raises(SessionError, match="the session is closed"):
        s.why_not("r")
    with pytest.raises(SessionError, match="the session is closed"):
        s.matches("r")


def test_a_cross_product_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "MOST_COMPARISONS", 500)
    conditions = "a := Order()\nb := Order()\nc := Order(id == a.id + b.id)\nexists Hold()"
    with session(conditions) as s:
        s.insert_many("Order", [{"id": i, "customer": "c"} for i in range(40)])
        told = s.why_not("r")
        assert told.status == "unknown"
        assert told.reason == "there is too much to look at; give some of its variables"
        assert [c.complete for c in told.conditions] == [True, False, False, False]
        assert "before it, at least" in str(told)
        first = s.facts("Order", id=3)[0]
        assert s.why_not("r", a=first, b=first).status == "unmatched"


def test_the_time_of_a_call_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    conditions = "a := Order()\nb := Order()\nc := Order(id == a.id + b.id)\nexists Hold()"
    with session(conditions, limits=Limits(seconds=60)) as s:
        s.insert_many("Order", [{"id": i, "customer": "c"} for i in range(1, 20)])
        assert s.why_not("r").status == "unmatched"
        clock = itertools.count(0, 20)  # seconds, at each look
        monkeypatch.setattr(matching, "monotonic", lambda: next(clock))
        told = s.why_not("r")
        assert told.status == "unknown"
        assert told.reason == "there is too much to look at; give some of its variables"


def test_the_partial_matches_that_are_listed_are_bounded() -> None:
    with session("o := Order()\nb := Order(id > o.id)") as s:
        s.insert_many("Order", [{"id": i, "customer": "c"} for i in range(10)])
        found = s.matches("r", limit=2)
        assert [(len(c.partial), c.matches) for c in found.conditions] == [(2, 10), (2, 45)]
        assert "… and 43 more" in str(found)
        assert [c["matches"] for c in found.as_dict()["conditions"]] == [10, 45]
        assert len(s.matches("r").conditions[1].partial) == 20


def test_looking_from_within_a_firing_is_refused() -> None:
    told: list[str] = []

    @rule("p", when="Order()")
    def p(firing: Any) -> None:
        try:
            s.why_not("p")
        except SessionError as error:
            told.append(str(error))

    with RuleSet.parse(TEMPLATES, rules=[p]).session() as s:
        s.insert("Order", id=1, customer="c1")
        s.run()
    assert len(told) == 1
