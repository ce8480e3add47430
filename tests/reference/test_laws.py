"""Laws that need no reference: two ways that must lead to the same place."""

from __future__ import annotations

import random
import re
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from rete_engine import RuleSet
from rete_engine.runtime.strategies import STRATEGIES
from tests.reference import control
from tests.reference.agreement import Operation
from tests.reference.laws import (
    Memories,
    by_content,
    by_number,
    examples,
    memories,
    play,
    run,
    waiting,
)
from tests.reference.programs import dense, grouped, rich, strategies

Rows = list[dict[str, object]]


def any_scripts() -> st.SearchStrategy[tuple[str, list[Operation]]]:
    """A rule set and a script, with agenda groups or without."""
    return st.one_of(
        st.tuples(rich.programs(), rich.scripts()),
        st.tuples(grouped.programs(), grouped.scripts()),
    )


@examples(60)
@given(dense.programs(), dense.scripts(), st.data())
def test_retracting_everything_leaves_nothing(
    text: str, script: list[Operation], data: st.DataObject
) -> None:
    rules = RuleSet.parse(text)
    session = rules.session(on_error="skip")
    play(session, script)
    for fact in data.draw(st.permutations(session.facts())):
        session.retract(fact)
    fresh = rules.session(on_error="skip")
    assert memories(session) == memories(fresh)
    assert memories(session).right == 0
    # What holds on nothing may have fired; more than at the beginning cannot wait.
    assert not Counter(map(by_number, waiting(session))) - Counter(map(by_number, waiting(fresh)))


@examples(60)
@given(control.programs(), control.scripts(), st.data())
def test_control_facts_leave_nothing_either(
    text: str, script: list[Operation], data: st.DataObject
) -> None:
    session = RuleSet.parse(text).session(on_error="skip")
    play(session, script)
    for fact in data.draw(st.permutations(session.facts())):
        session.retract(fact)
    assert memories(session) == Memories(0, 0, 0)
    assert waiting(session) == []


@examples(60)
@given(rich.programs(), rich.many_rows(), strategies)
def test_many_at_once_is_one_by_one(text: str, many: tuple[str, Rows], strategy: str) -> None:
    template, given_rows = many
    rules = RuleSet.parse(text)
    at_once = rules.session(strategy=strategy, on_error="skip")
    one_by_one = rules.session(strategy=strategy, on_error="skip")
    script: list[Operation] = [("insert", template, row) for row in given_rows]
    if any(isinstance(seen, str) for seen in play(one_by_one, script)):
        return  # a key was in use: then at once none is inserted
    at_once.insert_many(template, given_rows)
    assert list(map(by_number, waiting(at_once))) == list(map(by_number, waiting(one_by_one)))
    assert run(at_once, 10) == run(one_by_one, 10)


@examples(60)
@given(
    rich.programs(silent=True),
    st.lists(rich.inserts(), max_size=7),
    st.randoms(use_true_random=False),
)
def test_the_order_of_inserts_is_no_matter_for_what_matches(
    text: str, script: list[Operation], shuffle: random.Random
) -> None:
    rules = RuleSet.parse(text)
    found = []
    for _ in range(2):
        session = rules.session(on_error="skip")
        # Of facts with one key, which one gets in is a matter of order.
        if any(isinstance(seen, str) for seen in play(session, script)):
            return
        found.append(Counter(map(by_content, waiting(session))))
        script = list(script)
        shuffle.shuffle(script)
    assert found[0] == found[1]


@examples(60)
@given(dense.programs(silent=True), st.lists(dense.changes, max_size=12))
def test_where_changes_lead_is_where_inserting_the_result_leads(
    text: str, script: list[Operation]
) -> None:
    rules = RuleSet.parse(text)
    session = rules.session(on_error="skip")
    play(session, script)
    anew = rules.session(on_error="skip")
    for fact in session.facts():
        anew.insert(fact.template, **fact.as_dict())
    matches = Counter(map(by_content, waiting(anew)))
    assert Counter(map(by_content, waiting(session))) == matches
    assert memories(session) == memories(anew)


@examples(60)
@given(any_scripts(), strategies)
def test_a_rule_that_is_warned_of_because_it_never_holds_never_fires(
    both: tuple[str, list[Operation]], strategy: str
) -> None:
    text, script = both
    rules = RuleSet.parse(text)
    lines = [d.span.line for d in rules.diagnostics if d.code == "RE0501"]
    never = {rule_at(text, line) for line in lines if is_outer(text, line)}
    session = rules.session(strategy=strategy, on_error="skip")
    seen = [*play(session, script), *run(session, 50)]
    fired = {each[0] for each in seen if isinstance(each, tuple) and isinstance(each[0], str)}
    assert not fired & never


def is_outer(text: str, line: int) -> bool:
    """Whether the condition in a line must hold for its rule to: it is in no `not` and its like."""
    return bool(
        re.match(r" *(test |exists [ABCE]\(|(\w+ := )?[ABCE]\()", text.split("\n")[line - 1])
    )


def rule_at(text: str, line: int) -> str:
    """The name of the rule that a line is in."""
    heads = [each for each in text.split("\n")[:line] if each.startswith("rule ")]
    return heads[-1].removeprefix("rule ").strip('"')


@examples(60)
@given(any_scripts(), strategies)
def test_the_same_script_gives_the_same_firings(
    both: tuple[str, list[Operation]], strategy: str
) -> None:
    text, script = both
    rules = RuleSet.parse(text)
    first = rules.session(strategy=strategy, seed=7, on_error="skip")
    second = RuleSet.parse(text).session(strategy=strategy, seed=7, on_error="skip")
    seen = play(first, script)
    assert seen == play(second, script)
    first.reset()
    assert play(first, script) == seen


@examples(60)
@given(any_scripts(), strategies)
def test_looking_and_listening_change_no_firing(
    both: tuple[str, list[Operation]], strategy: str
) -> None:
    text, script = both
    compare_with_a_watched_session(text, script, strategy)


@examples(80)
@given(control.programs(), control.scripts())
def test_matches_fire_in_the_same_order_whether_they_are_made_now_or_later(
    text: str, script: list[Operation]
) -> None:
    compare_with_a_watched_session(text, script, "depth")


def compare_with_a_watched_session(text: str, script: list[Operation], strategy: str) -> None:
    rules = RuleSet.parse(text)
    alone = rules.session(strategy=strategy, on_error="skip")
    watched = rules.session(strategy=strategy, on_error="skip")
    heard: list[object] = []
    for event in ("insert", "modify", "retract", "activate", "cancel", "fire", "error"):
        watched.on(event, lambda *told: heard.append(told))
    seen: list[object] = []
    for operation in script:
        waiting(watched)
        watched.facts()
        seen += play(watched, [operation])
    assert seen == play(alone, script)


@examples(60)
@given(dense.programs(silent=True), dense.scripts(), st.integers(0, 3))
def test_every_strategy_fires_the_same_when_nothing_is_changed(
    text: str, script: list[Operation], seed: int
) -> None:
    rules = RuleSet.parse(text)
    changing = [operation for operation in script if operation[0] not in ("step", "run")]
    fired = []
    for strategy in STRATEGIES:
        session = rules.session(strategy=strategy, seed=seed, on_error="skip")
        play(session, changing)
        expected = list(map(by_number, waiting(session)))
        firings = list(map(by_number, session.run(trace=True).firings))
        assert firings == expected  # the agenda tells the order beforehand
        fired.append(Counter(firings))
    assert all(each == fired[0] for each in fired)


@examples(60)
@given(dense.programs(silent=True), dense.scripts())
def test_rules_that_share_nodes_match_what_each_matches_alone(
    text: str, script: list[Operation]
) -> None:
    head, *rules = text.split("rule ")
    together = RuleSet.parse(text).session(on_error="skip")
    play(together, script_without_runs := [o for o in script if o[0] not in ("step", "run")])
    apart: Counter[object] = Counter()
    for rule in rules:
        session = RuleSet.parse(f"{head}rule {rule}").session(on_error="skip")
        play(session, script_without_runs)
        apart.update(map(by_number, waiting(session)))
    assert Counter(map(by_number, waiting(together))) == apart


@examples(60)
@given(dense.programs(silent=True), dense.scripts())
def test_a_rule_written_twice_matches_twice(text: str, script: list[Operation]) -> None:
    head, *rules = text.split("rule ")
    copies = [rule.replace('"r', '"copy of r', 1) for rule in rules]
    session = RuleSet.parse("rule ".join([head, *rules, *copies])).session(on_error="skip")
    play(session, [o for o in script if o[0] not in ("step", "run")])
    found = Counter(
        (*match[1:], match[0].removeprefix("copy of "))
        for match in map(by_number, waiting(session))
        if isinstance(match, tuple)
    )
    assert all(number % 2 == 0 for number in found.values())
