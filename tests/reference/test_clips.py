"""Where both languages mean the same, the engine agrees with CLIPS, run through clipspy."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reference import common
from tests.reference.agreement import Operation
from tests.reference.clips import ClipsAgreement
from tests.reference.laws import EXAMPLES, examples

pytest.importorskip("clips", reason="clipspy is not installed")


#: A few examples are always the same ones, so that a difference found by chance stops nobody who
#: looks for something else; many are drawn anew.
FEW = 60


def drawn() -> settings:
    """The settings of the tests here."""
    number = int(EXAMPLES) if EXAMPLES else FEW
    return settings(examples(FEW), derandomize=number <= FEW)


def agree(text: str, script: list[Operation], strategy: str) -> None:
    all_three = ClipsAgreement(text, strategy)
    for operation in script:
        all_three.apply(operation)


@drawn()
@given(common.programs(), common.scripts(), st.sampled_from(["depth", "breadth"]))
def test_facts_activations_and_the_order_of_firing(
    text: str, script: list[Operation], strategy: str
) -> None:
    agree(text, script, strategy)


@drawn()
@given(
    common.programs(is_plain=True),
    common.scripts(),
    st.sampled_from(["lex", "mea", "simplicity", "complexity"]),
)
def test_strategies_that_count_times_and_constraints(
    text: str, script: list[Operation], strategy: str
) -> None:
    agree(text, script, strategy)
