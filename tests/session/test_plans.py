"""The order in which conditions are joined, the reasons for it, and what nodes hold."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rete_engine import RuleSet
from rete_engine.session.census import held, tokens_of
from tests.cli.test_profile import PATHS
from tests.session.test_leaks import RULES, TEMPLATES

MORE = """
rule "more"
when
    k := Counter(n > 1)
    o := Order()
    not (c := Customer(id == o.customer) and Phase(name == c.tier))
    s := sum(total for Order())
    n := count((Order(customer == o.customer) or Customer(id == o.customer)))
    for i in [1, 2]
    test s > n + i
then
    emit k.n
end
rule "keyed"
when
    Phase()
    Customer()
    c := Customer()
    o := Order(customer == c.id)
    p := Counter(n == o.total)
then
    emit p.n
end
"""


def reasons(rule: str) -> list[tuple[int | None, str]]:
    [path] = RuleSet.parse(PATHS + MORE).plans()[rule]
    return [(step.written, step.reason) for step in path.steps]


def test_each_step_tells_why_it_stands_there() -> None:
    early = "asked before what rules change is joined"
    soon = "asked as soon as all that it reads is there"
    assert reasons("paid") == [
        (2, "first of those that rules do not change"),
        (3, "its key is known, so it is ahead of pattern 1"),
        (None, early),
        (None, early),
        (None, soon),
        (4, "no pattern that is left has a key: the next that rules do not change"),
        (1, "rules change Phase.name, and there is no key: joined last"),
        (None, "computed when all that is written before it is joined"),
        (None, soon),
    ]
    assert reasons("volatile") == [
        (2, "first of those that rules do not change"),
        (
            None,
            "rules change Counter.n and Phase.name, and there is no key: joined apart, and last",
        ),
    ]
    assert reasons("more") == [
        (None, "reads no other condition: computed once for all matches"),
        (2, "no pattern that is left has a key: the next that rules do not change"),
        (None, early),
        (None, early),
        (1, "rules change Counter.n, and there is no key: joined last"),
        (None, "computed when all that is written before it is joined"),
        (None, soon),
    ]
    assert reasons("keyed") == [
        (1, "first as written"),
        (2, "no pattern that is left has a key: the next as written"),
        (3, "no pattern that is left has a key: the next as written"),
        (4, "its key is known"),
        (5, "its key is known"),
    ]


def test_a_pattern_with_a_key_is_told_to_be_ahead_of_those_without() -> None:
    text = PATHS + (
        'rule "k"\nwhen\n    Order(o := customer)\n    Customer()\n    Counter()\n'
        "    Customer(id == o)\nthen\n    emit o\nend\n"
    )
    [path] = RuleSet.parse(text).plans()["k"]
    assert path.steps[1].reason == (
        "its key is known, and it is the most selective of such, so it is ahead of patterns 2 and 3"
    )
    assert path.steps[1].keys == ("id",)


def test_what_is_more_selective_is_told_to_be_ahead_of_the_rest() -> None:
    text = PATHS + (
        'rule "s"\nwhen\n    c := Customer()\n    Order(customer == c.id, total == 5)\n'
        "    Counter(n > c.id)\n    o := Order()\n"
        "    d := Customer(id == o.customer, tier == 'gold')\nthen\n    emit d.id\nend\n"
    )
    [path] = RuleSet.parse(text).plans()["s"]
    assert [(step.written, step.reason) for step in path.steps] == [
        (2, "the most selective of those that keys join, so it is ahead of pattern 1"),
        (1, "its key is known"),
        (
            5,
            "no pattern that is left has a key: the most selective that keys join,"
            " so it is ahead of pattern 4",
        ),
        (4, "its key is known, so it is ahead of pattern 3"),
        (3, "rules change Counter.n, and there is no key: joined last"),
    ]


def test_what_stands_inside_of_a_condition_has_steps_of_its_own() -> None:
    [path] = RuleSet.parse(PATHS + MORE).plans()["more"]
    inside = {
        step.text: [[each.text for each in one] for one in step.inside] for step in path.steps
    }
    assert inside["not (…)"] == [["join Customer() by id", "join Phase() by name"]]
    assert inside["count(…)"] == [["join Order() by customer"], ["join Customer() by id"]]
    assert inside["sum(…)"] == [["join Order() without a key: each with each"]]


def test_every_rule_has_a_plan_in_the_order_of_the_rules() -> None:
    rules = RuleSet.parse(PATHS + MORE)
    assert list(rules.plans()) == [rule.name for rule in rules.rules]


def test_the_plan_is_the_same_in_every_process_and_from_the_cache(tmp_path: Path) -> None:
    (tmp_path / "rules.rete").write_text(PATHS + MORE, "utf-8")
    program = (
        "import json, sys; from dataclasses import asdict; from rete_engine import RuleSet;"
        "rules = RuleSet.load('rules.rete', cache='kept');"
        "plans = {name: list(map(asdict, paths)) for name, paths in rules.plans().items()};"
        "print(json.dumps([rules.from_cache, plans, rules.graph('dot')]))"
    )
    told = [
        json.loads(
            subprocess.run(
                [sys.executable, "-c", program],
                cwd=tmp_path,
                env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
                stdout=subprocess.PIPE,
                check=True,
            ).stdout
        )
        for seed in ("1", "2", "3")
    ]
    assert [each[0] for each in told] == [False, True, True]
    assert told[0][1:] == told[1][1:] == told[2][1:]
    (tmp_path / "kept").rename(tmp_path / "gone")
    again = RuleSet.load(tmp_path / "rules.rete").plans()
    assert [[step["reason"] for step in path["steps"]] for path in told[0][1]["paid"]] == [
        [step.reason for step in path.steps] for path in again["paid"]
    ]


@pytest.mark.parametrize("name", RULES)
def test_what_nodes_hold_is_all_that_the_session_holds(name: str) -> None:
    rules = RuleSet.parse(TEMPLATES + RULES[name])
    with rules.session() as session:
        for number in range(5):
            session.insert("Customer", id=number)
        orders = session.insert_many(
            "Order", [(number, number % 7, number % 5) for number in range(40)], facts=True
        )
        if name == "query":
            session.live("orders", lambda joined, left: None, c=3)
        for step in range(3):
            matcher = session._engine.matcher
            tokens = list(tokens_of(matcher, session._engine.memory.all()))
            assert len({id(token) for token in tokens}) == len(tokens)
            assert held(session).matches.total() == len(tokens) == matcher.tokens
            session.run(limit=7)
            session.retract(orders[step])


def test_what_is_counted_of_facts_changes_nothing() -> None:
    def odd(value: int) -> bool:
        return value % 2 == 1

    text = """
template T
    n: int
end
external function odd(value: int) -> bool
rule "r"
when
    t := T(n > 2, odd(n))
then
    emit t.n
end
"""
    rules = RuleSet.parse(text)
    with rules.session(functions={"odd": odd}) as session:
        session.insert_many("T", [{"n": n} for n in range(9)])
        [path] = rules.plans()["r"]
        found = held(session)
        assert found.facts == {path.steps[0].node: 3}
        assert found.fired[path.node] == 0
        assert session.run().outputs == [7, 5, 3]
        assert held(session).fired[path.node] == 3


def test_what_is_read_through_a_reference_is_a_pattern_joined_by_the_fact_itself() -> None:
    rules = RuleSet.parse(
        "template C key(id)\n    id: int\n    tier: str\nend\n"
        "template O\n    customer: C\nend\n"
        'rule "r"\nwhen\n    o := O(customer.tier > "gold")\n    C(id == o.customer.id)\n'
        "then\n    emit 1\nend\n"
    )
    [path] = rules.plans()["r"]
    assert [(step.written, step.text, step.keys) for step in path.steps] == [
        (1, "O()", ()),
        (2, 'join C(customer.tier > "gold") by the fact itself', ("the fact itself",)),
        (3, "join C() by id", ("id",)),
    ]
