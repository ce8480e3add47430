"""Where both languages mean the same, the engine agrees with CLIPS, run through clipspy."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reference import common
from tests.reference.agreement import Operation
from tests.reference.clips import ClipsAgreement, PartedError
from tests.reference.laws import EXAMPLES, examples

pytest.importorskip("clips", reason="clipspy is not installed")


#: A few examples are always the same ones, so that a difference found by chance stops nobody who
#: looks for something else; many are drawn anew.
FEW = 60


def drawn() -> settings:
    """The settings of the tests here."""
    number = int(EXAMPLES) if EXAMPLES else FEW
    return settings(examples(FEW), derandomize=number <= FEW)


class Compared:
    """Compares all three, and counts how often the comparison ends before the script does."""

    def __init__(self) -> None:
        self.programs = 0
        self.parted = 0

    def agree(self, text: str, script: list[Operation], strategy: str) -> None:
        self.programs += 1
        all_three = ClipsAgreement(text, strategy)
        try:
            for operation in script:
                all_three.apply(operation)
        except PartedError:
            self.parted += 1

    def check(self) -> None:
        """Nearly all were compared to the end."""
        assert self.parted < 0.1 * self.programs, (self.parted, self.programs)


TOGETHER = """
rule "one"
when
    p := A(i := id, a := n, b := m)
then
    insert logical S(n = 1)
end
rule "other"
when
    p := A(i := id, a := n, b := m)
then
    insert logical T(n = 1, m = 1)
end
rule "looks"
when
    not (S(n == 1) and not T(n == 1))
then
    emit 1
end
"""


def test_facts_that_lose_their_support_together_go_in_an_order_of_its_own_in_each() -> None:
    """Here `not T` holds while S is still there, if T goes first: in CLIPS, as it happens."""
    all_three = ClipsAgreement(common.TEMPLATES + TOGETHER, "breadth")
    all_three.apply(("insert", "A", {"id": 0, "n": 0, "m": 0}))
    all_three.apply(("run", 5))
    with pytest.raises(PartedError) as parted:
        all_three.apply(("retract", 0))
    assert "looks" in str(parted.value.__cause__)


TWICE = """
rule "looks"
when
    exists (T(v := n) and not T(n < v))
then
    emit 1
end
"""


def test_a_fact_that_a_group_is_about_twice_reaches_one_pattern_first_in_clips() -> None:
    """The least T is another one; there is one before and after."""
    all_three = ClipsAgreement(common.TEMPLATES + TWICE, "depth")
    all_three.apply(("insert", "T", {"n": 1, "m": 0}))
    all_three.apply(("run", 5))
    with pytest.raises(AssertionError, match="CLIPS has looks"):
        all_three.apply(("insert", "T", {"n": 0, "m": 0}))


def test_facts_activations_and_the_order_of_firing() -> None:
    compared = Compared()

    @drawn()
    @given(common.programs(), common.scripts(), st.sampled_from(["depth", "breadth"]))
    def agree(text: str, script: list[Operation], strategy: str) -> None:
        compared.agree(text, script, strategy)

    agree()
    compared.check()


def test_strategies_that_count_times_and_constraints() -> None:
    compared = Compared()

    @drawn()
    @given(
        common.programs(is_plain=True),
        common.scripts(),
        st.sampled_from(["lex", "mea", "simplicity", "complexity"]),
    )
    def agree(text: str, script: list[Operation], strategy: str) -> None:
        compared.agree(text, script, strategy)

    agree()
    compared.check()
