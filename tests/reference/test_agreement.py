"""The engine agrees with the naive reference on random rules and changes."""

from __future__ import annotations

from hypothesis import given

from tests.reference.agreement import Agreement, Operation
from tests.reference.laws import examples
from tests.reference.programs import dense, grouped, nested, rich, strategies


def agree(text: str, script: list[Operation], strategy: str) -> None:
    both = Agreement(text, strategy)
    for operation in script:
        both.apply(operation)


@examples(300)
@given(rich.programs(), rich.scripts(), strategies)
def test_all_kinds_of_values(text: str, script: list[Operation], strategy: str) -> None:
    agree(text, script, strategy)


@examples(300)
@given(dense.programs(), dense.scripts(), strategies)
def test_few_values_that_often_meet(text: str, script: list[Operation], strategy: str) -> None:
    agree(text, script, strategy)


@examples(300)
@given(nested.programs(silent=True), nested.scripts(most=20), strategies)
def test_groups_within_groups(text: str, script: list[Operation], strategy: str) -> None:
    agree(text, script, strategy)


@examples(250)
@given(grouped.programs(), grouped.scripts(most=20), strategies)
def test_agenda_groups(text: str, script: list[Operation], strategy: str) -> None:
    agree(text, script, strategy)
