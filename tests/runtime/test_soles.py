"""Rules of one pattern, whose activations are made straight from the plan."""

from __future__ import annotations

import pytest

from rete_engine import RuleSet

TEMPLATES = """
template Event
    code: str
    level: int = 0
end

template Owner
    code: str
end
"""

RULE = """
rule "of {code}"{settings}
when
    e := Event(code == "{code}")
then
    emit "{code}"
end
"""

ANY = """
rule "any"
when
    e := Event()
then
    emit "any"
end
"""

OWNED = """
rule "owned"
when
    o := Owner()
    e := Event(code == o.code)
then
    emit "owned"
end
"""


def parse(*rules: str) -> RuleSet:
    return RuleSet.parse(TEMPLATES + "".join(rules))


def of(code: str, settings: str = "") -> str:
    return RULE.format(code=code, settings=settings)


def test_a_fact_activates_the_rule_of_its_constant_and_no_other() -> None:
    with parse(*(of(f"c{n}") for n in range(50))).session() as session:
        session.insert_many("Event", [{"code": f"c{n}"} for n in (3, 7, 3, 99)])
        result = session.run()
        assert (result.fired, result.outputs) == (3, ["c3", "c7", "c3"])


@pytest.mark.parametrize("strategy", ["depth", "breadth"])
@pytest.mark.parametrize("reverse", [False, True])
def test_those_a_fact_is_told_to_keep_the_order_of_the_network(
    strategy: str, reverse: bool
) -> None:
    """Beside joins and other patterns, such a rule has the place that a node of its own would."""
    rules = [of("a"), ANY, OWNED]
    with_nodes = [rule.replace("then", "    test 1 == 1\nthen") for rule in rules]
    found = []
    for texts in (rules, with_nodes):
        with parse(*(texts[::-1] if reverse else texts)).session(strategy=strategy) as session:
            session.insert("Owner", code="a")
            session.insert_many("Event", [{"code": "a"}, {"code": "b"}])
            found.append(session.run().outputs)
    assert sorted(found[0]) == ["a", "any", "any", "owned"]
    assert found[0] == found[1]


def test_a_change_of_what_the_pattern_reads_renews_the_match_and_no_other_change_does() -> None:
    with parse(of("a"), of("b")).session() as session:
        event = session.insert("Event", code="a")
        assert session.run().outputs == ["a"]
        session.modify(event, level=1)
        assert session.run().fired == 0
        session.modify(event, code="b")
        session.modify(event, code="a")
        session.modify(event, code="b")
        assert session.run().outputs == ["b"]


def test_a_retracted_fact_takes_its_activation_with_it() -> None:
    with parse(of("a")).session() as session:
        event = session.insert("Event", code="a")
        session.insert("Event", code="a")
        session.retract(event)
        assert len(session.agenda()) == 1
        assert session.run().fired == 1


def test_salience_groups_and_disabled_rules_hold_for_them() -> None:
    rules = parse(of("a", "\n    salience 5"), ANY)
    with rules.session() as session:
        session.insert("Event", code="a")
        session.disable("any")
        assert session.run().outputs == ["a"]
        session.enable("any")
        assert session.run().outputs == ["any"]


def test_firings_are_counted_for_each_rule() -> None:
    with parse(of("a"), of("b"), of("c")).session() as session:
        session.insert_many("Event", [{"code": code} for code in "aab"])
        session.run()
        assert [session.why_not(f"of {code}").fired for code in "abc"] == [2, 1, 0]
