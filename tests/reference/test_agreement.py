"""The engine agrees with the naive reference on random rules and changes."""

from __future__ import annotations

from hypothesis import given, reject
from hypothesis import strategies as st

from rete_engine import RuleExecutionError
from tests.reference import control, deriving
from tests.reference.agreement import Agreement, Operation
from tests.reference.laws import examples
from tests.reference.programs import (
    LINKED_TEMPLATES,
    dense,
    grouped,
    linked,
    nested,
    rich,
    rich_derived,
    strategies,
)


def agree(text: str, script: list[Operation], strategy: str, listens: bool = True) -> None:
    both = Agreement(text, strategy, listens=listens)
    for operation in script:
        try:
            both.apply(operation)
        except RuleExecutionError as error:
            if both.views and " of query " in str(error):
                reject()  # the change is made, and the reference knows of no one to tell
            raise


@examples(60)
@given(rich.programs(), rich.scripts(), strategies)
def test_all_kinds_of_values(text: str, script: list[Operation], strategy: str) -> None:
    agree(text, script, strategy)


@examples(60)
@given(dense.programs(), dense.scripts(), strategies)
def test_few_values_that_often_meet(text: str, script: list[Operation], strategy: str) -> None:
    agree(text, script, strategy)


@examples(60)
@given(nested.programs(silent=True), nested.scripts(most=20), strategies)
def test_groups_within_groups(text: str, script: list[Operation], strategy: str) -> None:
    agree(text, script, strategy)


@examples(400)
@given(deriving.programs(), deriving.scripts(), strategies)
def test_derived_facts(text: str, script: list[Operation], strategy: str) -> None:
    agree(text, script, strategy)


@examples(150)
@given(rich_derived.programs(), rich_derived.scripts(), strategies)
def test_derived_facts_of_all_kinds(text: str, script: list[Operation], strategy: str) -> None:
    agree(text, script, strategy)


@examples(60)
@given(rich.programs(asking=True), rich.scripts(asking=["ask"]), strategies)
def test_queries(text: str, script: list[Operation], strategy: str) -> None:
    agree(text, script, strategy)


@examples(60)
@given(dense.programs(asking=True), dense.scripts(asking=["ask", "listen", "listen"]), strategies)
def test_live_queries(text: str, script: list[Operation], strategy: str) -> None:
    agree(text, script, strategy)


@examples(80)
@given(
    nested.programs(asking=True, silent=True),
    nested.scripts(most=20, asking=["ask", "listen"]),
    strategies,
)
def test_queries_with_groups(text: str, script: list[Operation], strategy: str) -> None:
    agree(text, script, strategy)


@examples(60)
@given(control.programs(), control.scripts(), strategies)
def test_control_facts_that_rules_change(text: str, script: list[Operation], strategy: str) -> None:
    agree(text, script, strategy)


@examples(60)
@given(control.programs(), control.scripts())
def test_matches_that_are_made_when_they_come_to_the_top(
    text: str, script: list[Operation]
) -> None:
    agree(text, script, "depth", listens=False)


@examples(60)
@given(dense.programs(), dense.scripts())
def test_nobody_listens(text: str, script: list[Operation]) -> None:
    agree(text, script, "depth", listens=False)


@examples(60)
@given(grouped.programs(), grouped.scripts(most=20), strategies)
def test_agenda_groups(text: str, script: list[Operation], strategy: str) -> None:
    agree(text, script, strategy)


@examples(60)
@given(linked.programs(), linked.scripts(), strategies)
def test_references_between_facts(text: str, script: list[Operation], strategy: str) -> None:
    agree(text, script, strategy)


@examples(60)
@given(linked.programs(asking=True), linked.scripts(asking=["ask", "ask", "listen"]), strategies)
def test_queries_over_references(text: str, script: list[Operation], strategy: str) -> None:
    agree(text, script, strategy)


#: Conditions that guard what they read through a reference, or do not, in every place.
GUARDED = [
    "A(r is not none, r.r.m == 0)",
    "A(r is not none and r.r?.m == 0)",
    "A(r is none or r.r.m == 0)",
    "A(r?.r is none or r.r.r?.m == 0)",
    "A(r?.r?.m == 0, r.r.m == n)",
    "A(r.r.m == 0, r?.r?.m == n)",
    "A(m == 0 or r?.r?.n == 1, r.r?.r?.n == 1 or n == 0)",
    "A(v := r.r, v is none)",
    "A(n == 0, (r?.n == 0 or r.r.r.n == 1))",
    "B(a.n == 0, a.r is none or a.r.r.n == m)",
    "A()\n    test p.r is not none and p.r.r?.n == 0",
    "A()\n    not A(r?.r == p, p.r.r.n == 0)",
    "A()\n    exists (A(n == 0, p.r is none or p.r.r?.m == m) and test p.r?.r?.m == 0)",
    "A()\n    v := count(A(r is not none and r.r?.m == p.n))",
]


@examples(60)
@given(st.sampled_from(GUARDED), linked.scripts(), strategies)
def test_references_that_are_guarded(
    condition: str, script: list[Operation], strategy: str
) -> None:
    rule = f'rule "r"\nwhen\n    p := {condition}\nthen\n    emit p.n\nend\n'
    agree(LINKED_TEMPLATES + rule, script, strategy)
