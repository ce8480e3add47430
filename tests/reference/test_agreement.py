"""The engine agrees with the naive reference on random rules and changes."""

from __future__ import annotations

from hypothesis import given

from tests.reference.agreement import Agreement, Operation
from tests.reference.laws import examples
from tests.reference.programs import programs, scripts, strategies


@examples(300)
@given(programs(), scripts(), strategies)
def test_facts_activations_and_firings(
    text: str, script: list[Operation], strategy: str
) -> None:
    both = Agreement(text, strategy)
    for operation in script:
        both.apply(operation)


@examples(60)
@given(programs(), scripts(most=30), strategies)
def test_a_long_script(text: str, script: list[Operation], strategy: str) -> None:
    both = Agreement(text, strategy)
    for operation in script:
        both.apply(operation)
