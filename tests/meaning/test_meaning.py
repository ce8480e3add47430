"""The rules of 'Meaning' in the description of the language, in their order and by number."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest

from rete_engine import Fact, RuleExecutionError, RuleSet, Waiting
from tests.meaning.sessions import fired, opened, outputs, waiting

ORDERS = """
template Order
    id: int
    total: any = 0
    status: str = "new"
    note: str = ""
end

template Hold
    order: int
    reason: str = ""
end
"""


def rule(when: str, then: str = "", name: str = "r", attributes: str = "") -> str:
    """A rule from its conditions, one a line."""
    return f'\nrule "{name}"\n{attributes}\nwhen\n{when}\nthen\n{then}\nend\n'


# -- 1. working memory ---------------------------------------------------------------------------


def test_1_equal_facts_live_side_by_side() -> None:
    session = opened(ORDERS + rule("o := Order()"))
    first, second = session.insert("Order", id=1), session.insert("Order", id=1)
    assert first != second
    assert session.facts() == [first, second]
    assert waiting(session) == ["r 2", "r 1"]


def test_1_a_fact_keeps_its_identity_through_modify() -> None:
    session = opened(ORDERS + rule("o := Order(status == 'new')", "modify o(status = 'seen')"))
    order = session.insert("Order", id=1)
    session.run()
    session.modify(order, id=2)
    assert session.facts() == [order]
    assert (order.fact_id, order.id, order.status) == (1, 2, "seen")


# -- 2. modify is field-reactive -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("when", "attributes"),
    [
        ("o := Order(total != none)", ""),
        ("o := Order()\ntest o.total != none", ""),
        ("o := Order()\nnot Hold(order == o.total)", ""),
        ("o := Order()\nnot (h := Hold() and test h.order == o.total)", ""),
        ("o := Order()\nt := o.total", ""),
        ("o := Order(t := total)", ""),
        ("o := Order()\np := Order(id != o.total)", ""),
        ("o := Order()", "salience o.total * 0"),
    ],
    ids=[
        "in the pattern", "in a test", "in a negated pattern", "in a group", "in a computed value",
        "in a binding", "in another pattern", "in the salience",
    ],
)  # fmt: skip
def test_2_a_changed_field_that_is_read_makes_the_match_anew(when: str, attributes: str) -> None:
    session = opened(ORDERS + rule(when, attributes=attributes))
    order = session.insert("Order", id=1, total=5)
    assert len(fired(session)) == 1
    session.modify(order, total=6)
    assert len(fired(session)) == 1
    session.modify(order, note="x")
    assert len(fired(session)) == 0


def test_2_a_field_that_only_the_action_reads_does_not_count() -> None:
    session = opened(ORDERS + rule("o := Order(id == 1)", "emit o.total"))
    order = session.insert("Order", id=1, total=5)
    assert outputs(session) == [5]
    session.modify(order, total=6)
    assert outputs(session) == []


def test_2_a_match_that_waits_and_is_not_renewed_shows_the_new_value() -> None:
    session = opened(ORDERS + rule("o := Order(id == 1)", "emit o.total"))
    order = session.insert("Order", id=1, total=5)
    session.modify(order, total=6)
    assert outputs(session) == [6]


@pytest.mark.parametrize(
    ("old", "new", "renewed"),
    [
        (1, 1, False),
        (1, 1.0, True),
        (1, True, True),
        ("a", "a", False),
        (float("nan"), float("nan"), False),
        (float("nan"), 1.0, True),
        (None, 0, True),
        ([1, 2], [1, 2], False),
        ([1, 2], [1, 2.0], True),
        ([float("nan")], [float("nan")], False),
        ({"a": 1}, {"a": True}, True),
        ({1, 2}, {2, 1}, False),
        (0.0, -0.0, False),
    ],
)
def test_2_a_value_changes_when_type_or_value_differ(old: Any, new: Any, renewed: bool) -> None:
    session = opened(ORDERS + rule("o := Order(total != 'never')"))
    order = session.insert("Order", id=1, total=old)
    session.run()
    session.modify(order, total=new)
    assert len(fired(session)) == renewed


def test_2_what_counts_is_the_pattern_through_which_a_field_is_read() -> None:
    # The second pattern reads the status, the first one does not: as the first, the fact's
    # change ends nothing.
    session = opened(ORDERS + rule("a := Order(id == 1)\nb := Order(id == 2, status == 'new')"))
    one, two = session.insert("Order", id=1), session.insert("Order", id=2)
    session.run()
    session.modify(one, status="seen")
    assert fired(session) == []
    session.modify(two, status="seen")
    session.modify(two, status="new")
    assert fired(session) == ["r 1 2"]


def test_2_a_match_that_no_longer_holds_is_gone() -> None:
    session = opened(ORDERS + rule("o := Order(total > 3)"))
    order = session.insert("Order", id=1, total=5)
    session.modify(order, total=2)
    assert waiting(session) == []


# -- 3. not and exists contribute their truth ----------------------------------------------------


@pytest.mark.parametrize(
    "when",
    [
        "o := Order()\nexists Hold(order == o.id)",
        "o := Order()\nexists (h := Hold(order == o.id) and Order(id == h.order))",
        "o := Order()\nnot (Order(id == o.id) and not Hold(order == o.id))",
        "o := Order()\nexists h := Hold(order == o.id, why := reason, why != 'never')",
    ],
)
def test_3_a_change_inside_that_leaves_it_true_makes_no_match(when: str) -> None:
    session = opened(ORDERS + rule(when))
    session.insert("Order", id=1)
    first = session.insert("Hold", order=1)
    assert len(fired(session)) == 1
    second = session.insert("Hold", order=1)
    session.modify(second, reason="x")
    session.retract(first)
    session.modify(second, reason="y")
    assert fired(session) == []
    session.retract(second)
    session.insert("Hold", order=1)
    assert len(fired(session)) == 1


def test_3_a_change_that_takes_one_match_inside_and_brings_another_ends_nothing() -> None:
    text = """
template A
    n: int
    m: int
end
""" + rule("exists (a := A(m == 0) and not b := A(n == a.n + 1))")
    session = opened(text)
    session.insert("A", n=0, m=0)  # held back by the next one
    other = session.insert("A", n=1, m=0)
    assert fired(session) == ["r"]
    # In one change this one ceases to be the match inside and lets the first one be it.
    session.modify(other, n=2, m=1)
    assert fired(session) == []


def test_3_what_comes_and_goes_in_two_changes_makes_a_new_match() -> None:
    session = opened(ORDERS + rule("o := Order()\nnot Hold()"))
    session.insert("Order", id=1)
    session.run()
    session.retract(session.insert("Hold", order=1))
    assert fired(session) == ["r 1"]


# -- 4. refraction -------------------------------------------------------------------------------


def test_4_a_match_fires_once_and_again_when_it_ceased_and_came_to_hold_anew() -> None:
    session = opened(ORDERS + rule("o := Order(total > 0)"))
    order = session.insert("Order", id=1, total=1)
    assert fired(session) == ["r 1"]
    assert fired(session) == []
    session.modify(order, total=0)
    session.modify(order, total=1)
    assert fired(session) == ["r 1"]


def test_4_each_rule_and_each_combination_of_facts_is_a_match_of_its_own() -> None:
    text = ORDERS + rule("a := Order()\nb := Order()", name="pair") + rule("a := Order()")
    session = opened(text)
    session.insert("Order", id=1)
    session.insert("Order", id=2)
    assert sorted(fired(session)) == ["pair 1 1", "pair 1 2", "pair 2 1", "pair 2 2", "r 1", "r 2"]


# -- 5. what fires next --------------------------------------------------------------------------


def test_5_the_highest_salience_then_the_newest() -> None:
    text = ORDERS + rule("o := Order()", name="low")
    text += rule("o := Order()", name="high", attributes="salience 1")
    session = opened(text)
    session.insert("Order", id=1)
    session.insert("Order", id=2)
    assert fired(session) == ["high 2", "high 1", "low 2", "low 1"]


def test_5_a_function_of_the_program_may_order_activations() -> None:
    def largest_first(entry: Waiting) -> Any:
        assert entry.rule == "r"
        return entry.bindings["o"].total

    session = opened(ORDERS + rule("o := Order()"), strategy=largest_first)
    for total in (2, 3, 1):
        session.insert("Order", id=total, total=total)
    assert fired(session) == ["r 2", "r 1", "r 3"]


def test_5_an_activation_made_while_running_is_the_newest() -> None:
    text = ORDERS + rule("o := Order(id < 3)", "insert Order(id = o.id + 1)")
    session = opened(text)
    session.insert("Order", id=3)
    session.insert("Order", id=2)
    session.insert("Order", id=1)
    assert fired(session) == ["r 3", "r 4", "r 2"]


def test_5_the_focused_group_comes_before_the_salience() -> None:
    text = ORDERS + rule("o := Order()", name="low", attributes='group "g"')
    text += rule("o := Order()", name="high", attributes="salience 100")
    session = opened(text)
    session.insert("Order", id=1)
    session.focus("g")
    assert fired(session) == ["low 1", "high 1"]


SEEDLESS = """
from rete_engine import RuleSet
rules = RuleSet.parse('''
template T
    s: set
    d: dict
end
rule "each"
when
    t := T()
    for v in t.s
then
    emit (v, t.d)
end
''')
session = rules.session(strategy="random", seed=5)
words = {"b", "a", "z", "k", 3, 1, 2.5, (1, "x")}
session.insert("T", s=words, d={w: 1 for w in ("x", "y")})
print(session.run().outputs)
"""


def test_5_firings_do_not_depend_on_hash_seeds() -> None:
    told = {
        subprocess.run(
            [sys.executable, "-c", SEEDLESS],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(told) == 1


# -- 6. the focus --------------------------------------------------------------------------------

GROUPS = "".join(
    rule("o := Order()", "halt", name=f"of {group}", attributes=f'group "{group}"')
    for group in ("main", "a", "b")
)


def test_6_the_stack_persists_between_runs() -> None:
    session = opened(ORDERS + GROUPS)
    session.insert("Order", id=1)
    session.focus("a")
    session.focus("b")
    assert [fired(session) for _ in range(4)] == [["of b 1"], ["of a 1"], ["of main 1"], []]


def test_6_an_empty_group_pops_when_a_run_comes_to_it() -> None:
    session = opened(ORDERS + GROUPS)
    session.focus("a")
    session.insert("Order", id=1)  # the group was empty, but no run has been there
    assert waiting(session) == ["of a 1", "of main 1"]
    assert fired(session) == ["of a 1"]
    assert fired(session) == ["of main 1"]
    session.run()
    session.insert("Order", id=2)
    assert waiting(session) == ["of main 2"]


def test_6_main_is_never_popped() -> None:
    session = opened(ORDERS + GROUPS)
    session.run()
    session.focus("a")
    session.run()
    session.insert("Order", id=1)
    assert fired(session) == ["of main 1"]


def test_6_a_group_may_stand_on_the_stack_twice_but_not_on_itself() -> None:
    session = opened(ORDERS + GROUPS)
    for group in ("a", "b", "a", "a"):
        session.focus(group)
    session.insert("Order", id=1)
    assert waiting(session) == ["of a 1", "of b 1", "of main 1"]
    session.run()
    session.run()  # b; below it lies a again
    session.insert("Order", id=2)
    assert waiting(session) == ["of b 2", "of a 2", "of main 2", "of main 1"]


# -- 8. conditions that raise --------------------------------------------------------------------

RISKY = ORDERS + rule("o := Order(10 / total > 1)") + rule("o := Order()", name="other")


def test_8_a_condition_that_raises_does_not_hold_and_the_change_is_kept() -> None:
    session = opened(RISKY)
    order = session.insert("Order", id=1, total=0)
    assert session.facts() == [order]
    assert waiting(session) == ["other 1"]


def test_8_the_next_run_raises_the_error_with_rule_line_and_facts() -> None:
    session = opened(RISKY)
    order = session.insert("Order", id=1, total=0)
    with pytest.raises(RuleExecutionError, match="division by zero") as caught:
        session.run()
    assert caught.value.rule == "r"
    assert caught.value.facts == (order,)
    assert RISKY.splitlines()[caught.value.line - 1] == "o := Order(10 / total > 1)"
    assert fired(session) == ["other 1"]  # told once, and nothing is lost


@pytest.mark.parametrize("on_error", ["skip", "quarantine"])
def test_8_otherwise_the_error_is_listed_in_the_result(on_error: str) -> None:
    session = opened(RISKY, on_error=on_error)
    session.insert("Order", id=1, total=0)
    result = session.run()
    assert [error.rule for error in result.errors] == ["r"]
    assert result.fired == 1


def test_8_a_guard_that_is_written_before_it_keeps_a_condition_from_raising() -> None:
    session = opened(ORDERS + rule("o := Order(total != 0, 10 / total > 1)"))
    session.insert("Order", id=1, total=0)
    session.insert("Order", id=2, total=5)
    assert fired(session) == ["r 2"]


def test_8_what_raises_inside_of_a_negation_does_not_hold_there() -> None:
    session = opened(ORDERS + rule("o := Order()\nnot Hold(10 // order > 1)"), on_error="skip")
    session.insert("Order", id=1)
    hold = session.insert("Hold", order=0)
    assert waiting(session) == ["r 1"]
    session.modify(hold, order=2)
    assert waiting(session) == []


# -- 9. opening and reset ------------------------------------------------------------------------

SEEDED = (
    "param least: int = 1\n"
    + ORDERS
    + "facts\nOrder(id = least)\nOrder(id = 2)\nend\n"
    + rule("o := Order(id >= least)")
    + rule("", name="start")
    + rule("not Hold()", name="quiet")
)


def test_9_a_session_opens_with_its_facts_and_with_what_holds_on_nothing() -> None:
    session = opened(SEEDED)
    assert [fact.id for fact in session.facts()] == [1, 2]
    assert sorted(waiting(session)) == ["quiet", "r 1", "r 2", "start"]


def test_9_reset_is_to_open_anew_with_params_strategy_and_listeners_kept() -> None:
    session = opened(SEEDED, params={"least": 2}, strategy="random", seed=3)
    heard: list[Fact] = []
    session.on("insert", heard.append)
    first = fired(session)
    session.insert("Hold", order=1)
    heard.clear()
    session.reset()
    assert [(fact.fact_id, fact.id) for fact in session.facts()] == [(1, 2), (2, 2)]
    assert heard == session.facts()
    assert fired(session) == first  # the seed is begun anew too


def test_9_facts_of_imports_come_first(tmp_path: Any) -> None:
    (tmp_path / "base.rete").write_text(f"{ORDERS}facts\nOrder(id = 1)\nend\n")
    (tmp_path / "main.rete").write_text('facts\nOrder(id = 2)\nend\nimport "base.rete"\n')
    with RuleSet.load(tmp_path / "main.rete").session() as session:
        assert [fact.id for fact in session.facts()] == [1, 2]
