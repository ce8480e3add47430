"""The planner changes no meaning: joined as written, rules agree with the reference too."""

from __future__ import annotations

from unittest.mock import patch

from hypothesis import given

from rete_engine import RuleSet
from rete_engine.compiler import plan
from rete_engine.model.rules import Pattern
from tests.reference.agreement import Operation
from tests.reference.laws import examples
from tests.reference.programs import dense, linked, nested, strategies
from tests.reference.test_agreement import agree


def as_written(planner: plan._Planner) -> plan._Item:
    return next(item for item in planner.waiting if isinstance(item.content, Pattern))


def agree_unplanned(text: str, script: list[Operation], strategy: str) -> None:
    with (
        patch.object(plan._Planner, "next_pattern", as_written),
        patch.object(plan._Planner, "control_slots", lambda planner: {}),
    ):
        agree(text, script, strategy)


def test_it_is_off_here() -> None:
    text = """
        template A
            k: int
        end
        rule "r"
        when
            A()
            a := A()
            A(k == a.k)
            A()
            A(k == a.k)
        then
        end
        """
    with patch.object(plan._Planner, "next_pattern", as_written):
        [path] = RuleSet.parse(text).plans()["r"]
    assert [step.written for step in path.steps] == [1, 2, 3, 4, 5]
    [path] = RuleSet.parse(text).plans()["r"]
    assert [step.written for step in path.steps] == [1, 2, 3, 5, 4]


@examples(30)
@given(dense.programs(), dense.scripts(), strategies)
def test_few_values_that_often_meet(text: str, script: list[Operation], strategy: str) -> None:
    agree_unplanned(text, script, strategy)


@examples(30)
@given(nested.programs(), nested.scripts(), strategies)
def test_groups_within_groups(text: str, script: list[Operation], strategy: str) -> None:
    agree_unplanned(text, script, strategy)


@examples(30)
@given(linked.programs(), linked.scripts(), strategies)
def test_references_between_facts(text: str, script: list[Operation], strategy: str) -> None:
    agree_unplanned(text, script, strategy)
