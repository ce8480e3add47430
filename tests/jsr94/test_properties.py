"""Properties that are misspelt, and those of other vendors."""

from __future__ import annotations

from typing import Any

import pytest

from rete_engine.jsr94 import (
    ReteRuleServiceProvider,
    Rule,
    RuleExecutionSet,
    RuleExecutionSetCreateException,
    RuleSessionCreateException,
)

TIERS = """
name: tiers
rules:
  - {name: vip, condition: "fact['spend'] > 10", action: "'VIP'"}
"""
COUNT = """
param most: int = 5
template C
    n: int = 0
end
facts
    C()
end
rule "count"
when
    c := C(n < most)
then
    modify c(n = c.n + 1)
    emit c.n
end
"""


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("fromat", "format"),
        ("Format", "format"),
        ("frmat", "format"),
        ("formatt", "format"),
        ("formad", "format"),
        ("template", "templates"),
        ("functons", "functions"),
        ("naem", "name"),
        ("NAME", "name"),
        ("discription", "description"),
        ("stratgy", "strategy"),
        ("onerror", "on_error"),
    ],
)
def test_a_misspelt_property_has_a_hint(name: str, meant: str) -> None:
    provider = ReteRuleServiceProvider()
    administrator = provider.get_rule_administrator()
    expected = f"unknown property '{name}'; did you mean '{meant}'?"
    for maker, source in (
        (administrator.get_local_rule_execution_set_provider(), TIERS),
        (administrator.get_rule_execution_set_provider(), "there-is-no-such.rete"),
    ):
        with pytest.raises(RuleExecutionSetCreateException) as caught:
            maker.create_rule_execution_set(source, {name: "yaml"})
        assert str(caught.value) == expected


def test_rules_made_by_hand_have_their_properties_checked_too() -> None:
    rules = [Rule("r", "True", "1")]
    with pytest.raises(RuleExecutionSetCreateException, match="did you mean 'strategy'"):
        RuleExecutionSet("x", rules, {"stratgy": "FIRST_MATCH"})
    made = RuleExecutionSet("x", rules, {"version": "1.0", "case": "A-17", 5: "five"})
    made.set_property("stratgy", "whatever")  # said on purpose
    assert made.get_property("stratgy") == "whatever"


def test_properties_of_ones_own_and_of_other_vendors_are_kept() -> None:
    given: dict[Any, Any] = {
        "format": "yaml",
        "version": "1.0",
        "case": "A-17",
        "reformat": True,
        "org.example.fromat": "x",
        7: "seven",
    }
    local = ReteRuleServiceProvider().get_rule_administrator()
    made = local.get_local_rule_execution_set_provider().create_rule_execution_set(TIERS, given)
    for name in set(given) - {"format"}:
        assert made.get_property(name) == given[name]


def session(properties: dict[Any, Any], of_rules: dict[Any, Any] | None = None) -> Any:
    """A session over rules in the rule language, which emit while they count."""
    provider = ReteRuleServiceProvider()
    administrator = provider.get_rule_administrator()
    rules = administrator.get_local_rule_execution_set_provider({}).create_rule_execution_set(
        COUNT, of_rules
    )
    administrator.register_rule_execution_set("c", rules, {"anything": 1})
    return provider.get_rule_runtime().create_rule_session("c", properties)


@pytest.mark.parametrize(
    ("name", "hint"),
    [("sede", "seed"), ("mots", "most"), ("timeuot", "timeout"), ("colour", None), (5, None)],
)
def test_a_session_refuses_what_would_do_nothing(name: Any, hint: str | None) -> None:
    with pytest.raises(RuleSessionCreateException, match=f"unknown property {name!r}") as caught:
        session({name: 1})
    assert (f"did you mean '{hint}'?" in str(caught.value)) is (hint is not None)


def test_a_session_passes_over_what_is_another_vendors() -> None:
    made = session({"most": 2, "org.example.tracing": True})
    made.execute_rules()
    assert made.get_objects() == []


def test_options_of_the_rules_hold_for_their_sessions() -> None:
    assert session({}).execute() == [1, 2, 3, 4, 5]
    assert session({}, {"limit": 2}).execute() == [1, 2]
    assert session({"limit": 1}, {"limit": 2}).execute() == [1]
