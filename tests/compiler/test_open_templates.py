"""Further fields of open templates, wherever rules may read and set them."""

from __future__ import annotations

from rete_engine import RuleSet

TEXT = """
open template Event
    kind: str
end
template Limit
    name: str
    most: int
end
"""


def rules(when: str, then: str) -> RuleSet:
    return RuleSet.parse(f'{TEXT}rule "r"\nwhen\n{when}\nthen\n{then}\nend')


def test_in_patterns_joins_and_actions() -> None:
    when = "l := Limit()\ne := Event(name == l.name, size > l.most, v := size)"
    with rules(
        when, "    emit [v, e.size, e.missing]\n    modify e(size = 0, more = v)"
    ).session() as s:
        s.insert("Limit", name="x", most=3)
        event = s.insert("Event", kind="k", name="x", size=5)
        s.insert("Event", kind="k", name="x", size=2)
        s.insert("Event", kind="k", size=9)
        assert s.run().outputs == [[5, 5, None]]
        assert event.as_dict() == {"kind": "k", "name": "x", "size": 0, "more": 5}


def test_a_further_field_of_a_matched_fact_in_a_later_condition() -> None:
    with rules(
        "e := Event(kind == 'a')\nLimit(most == e.size)", "emit e.size"
    ).session() as session:
        session.insert("Limit", name="x", most=3)
        event = session.insert("Event", kind="a", size=3)
        assert session.run().outputs == [3]
        session.modify(event, size=4)
        session.modify(event, size=3)
        assert session.run().outputs == [3]


def test_a_constant_may_stand_on_either_side() -> None:
    with rules("Event('a' == kind, 3 == size)", "emit 1").session() as session:
        session.insert("Event", kind="a", size=3)
        session.insert("Event", kind="a", size=4)
        session.insert("Event", kind="b", size=3)
        assert session.run().outputs == [1]


def test_inserted_by_rules() -> None:
    with rules("Limit()", "insert Event(kind = 'x', size = 1, more = [2])").session() as session:
        session.insert("Limit", name="x", most=3)
        session.run()
        (event,) = session.facts("Event", size=1)
        assert event.as_dict() == {"kind": "x", "size": 1, "more": [2]}
