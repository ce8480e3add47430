"""`matches` and `why_not` agree with the reference on random rules, and change no firing."""

from __future__ import annotations

from hypothesis import given

from tests.reference import control, deriving
from tests.reference.agreement import Operation
from tests.reference.explained import Explained
from tests.reference.laws import examples
from tests.reference.programs import dense, grouped, linked, nested, rich, strategies


def explain(text: str, script: list[Operation], strategy: str, listens: bool = True) -> None:
    both = Explained(text, strategy, listens=listens)
    for operation in script:
        both.apply(operation)


@examples(12)
@given(rich.programs(asking=True), rich.scripts(), strategies)
def test_all_kinds_of_values(text: str, script: list[Operation], strategy: str) -> None:
    explain(text, script, strategy)


@examples(12)
@given(dense.programs(asking=True), dense.scripts(), strategies)
def test_few_values_that_often_meet(text: str, script: list[Operation], strategy: str) -> None:
    explain(text, script, strategy)


@examples(12)
@given(nested.programs(silent=True), nested.scripts(most=15), strategies)
def test_groups_within_groups(text: str, script: list[Operation], strategy: str) -> None:
    explain(text, script, strategy)


@examples(12)
@given(linked.programs(), linked.scripts(), strategies)
def test_references_between_facts(text: str, script: list[Operation], strategy: str) -> None:
    explain(text, script, strategy)


@examples(12)
@given(grouped.programs(), grouped.scripts(most=15), strategies)
def test_agenda_groups(text: str, script: list[Operation], strategy: str) -> None:
    explain(text, script, strategy)


@examples(12)
@given(deriving.programs(), deriving.scripts(), strategies)
def test_derived_facts(text: str, script: list[Operation], strategy: str) -> None:
    explain(text, script, strategy)


@examples(12)
@given(control.programs(), control.scripts())
def test_matches_that_are_made_when_they_come_to_the_top(
    text: str, script: list[Operation]
) -> None:
    explain(text, script, "depth", listens=False)
