"""Programs written for machine-rules, with their imports changed."""

from __future__ import annotations

import logging
import operator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from rete_engine import jsr94
from rete_engine.jsr94 import (
    ReteRuleServiceProvider,
    Rule,
    RuleEngineError,
    RuleExecutionError,
    RuleExecutionSet,
    RuleServiceProviderManager,
    RuleValidationError,
    SecurityError,
    SessionError,
    YAMLRuleLoader,
)
from rete_engine.session.safe import Expression
from rete_engine.session.single_facts import OneFactRule, SingleFacts

SEGMENTS = """\
name: "customer_segmentation"
description: "Customer tier classification and routing rules"
rules:
  - name: "standard"
    condition: "True"
    action: |
      {
        'segment': 'Standard',
        'perks': ['support']
      }
    priority: 1
  - name: "vip"
    description: "High-spending customers"
    condition: >
      fact.get('annual_spend', 0) > 50000 and
      fact.get('years', 0) > 5
    action: >
      {
        'segment': 'VIP',
        'perks': ['advisor', fact['name']]
      }
    priority: 20
  - name: "premium"
    condition: "fact.get('annual_spend', 0) > 10000 or fact.get('years', 0) > 3"
    action: "{'segment': 'Premium', 'spend': fact.get('annual_spend', 0) * 1.5}"
    priority: 15
"""


def run(rules: Any, facts: list[Any], properties: Any = None, **options: Any) -> list[Any]:
    provider = ReteRuleServiceProvider()
    given = rules if isinstance(rules, RuleExecutionSet) else RuleExecutionSet("x", rules)
    provider.get_rule_administrator().register_rule_execution_set("x", given)
    runtime = provider.get_rule_runtime()
    with runtime.create_rule_session("x", properties, **options) as session:
        session.add_facts(facts)
        found: list[Any] = session.execute()
        return found


def test_the_providers_are_there_from_import() -> None:
    provider = RuleServiceProviderManager.get("api")
    assert RuleServiceProviderManager.get("inmemory") is provider
    assert RuleServiceProviderManager.get("machine") is provider
    uris = RuleServiceProviderManager.list_providers()
    assert uris == RuleServiceProviderManager.get_registered_uris()
    assert {"api", "inmemory", "machine"} <= set(uris)
    mine = ReteRuleServiceProvider()
    RuleServiceProviderManager.register("mine", mine)
    assert RuleServiceProviderManager.get("mine") is mine
    RuleServiceProviderManager.deregister("mine")
    RuleServiceProviderManager.deregister("mine")
    with pytest.raises(KeyError, match="mine"):
        RuleServiceProviderManager.get("mine")


def test_functions_and_priorities() -> None:
    rules = [
        Rule("low", lambda f: True, lambda f: "low", 1),
        Rule("high", lambda f: f["v"] > 1, lambda f: {"v": f["v"]}, priority=10),
        Rule("none", lambda f: True, lambda f: None, 5),
        Rule("also low", lambda f: "yes", lambda f: 0, 1),
    ]
    given = RuleExecutionSet(name="x", rules=rules, properties={"description": "d", "k": 1})
    assert [rule.name for rule in given.get_rules()] == ["high", "none", "low", "also low"]
    assert (given.get_name(), given.name, given.get_description()) == ("x", "x", "d")
    assert given.get_properties() == {"description": "d", "k": 1}
    assert given.properties == given.get_properties()
    assert run(given, [{"v": 2}, {"v": 0}, {"v": 3}]) == [
        {"v": 2}, "low", 0, "low", 0, {"v": 3}, "low", 0,
    ]  # fmt: skip


@pytest.mark.parametrize("mixed", [False, True])
def test_all_matches_and_first_match(mixed: bool) -> None:
    rules = [
        Rule("a", "fact['v'] > 5", "'a'", 10),
        Rule("b", "fact['v'] > 3", "none", 5),
        Rule("c", (lambda f: True) if mixed else "True", "'c'", 1),
    ]
    facts = [{"v": 9}, {"v": 4}, {"v": 0}]
    for properties in (None, {}, {"strategy": "ALL_MATCHES"}):
        assert run(RuleExecutionSet("x", rules, properties), facts) == ["a", "c", "c", "c"]
    first = {"strategy": "FIRST_MATCH"}
    assert run(RuleExecutionSet("x", rules, first), facts) == ["a", "c"]
    assert run(rules, facts, first, stateless=True) == ["a", "c"]
    changed = RuleExecutionSet("x", rules)
    changed.set_property("strategy", "FIRST_MATCH")
    assert run(changed, facts) == ["a", "c"]


def test_an_unknown_strategy_is_refused() -> None:
    with pytest.raises(jsr94.RuleSessionCreateException, match="ALL_MATCHES, FIRST_MATCH"):
        run([], [], {"strategy": "BEST"})
    with pytest.raises(jsr94.RuleSessionCreateException, match="on_error"):
        run([], [], {"on_error": "quarantine"})
    with pytest.raises(jsr94.RuleSessionCreateException, match="unknown property 'limit'"):
        run([], [], {"limit": 1})


def test_what_an_action_changes_the_rules_behind_it_see() -> None:
    def mark(fact: dict[str, Any]) -> None:
        fact["marked"] = True

    rules = [
        Rule("before", "fact.get('marked', False)", "'before'", 9),
        Rule("mark", "fact['v'] > 1", mark, 5),
        Rule("after", "fact.get('marked', False)", "'after'", 1),
    ]
    fact = {"v": 2}
    assert run(rules, [fact]) == ["after"]
    assert fact["marked"] is True


def test_facts_of_any_kind() -> None:
    class Account:
        def __init__(self, balance: int) -> None:
            self.balance = balance

    by_name = [Rule("r", "fact.balance > 5", "fact.balance")]
    assert run(by_name, [Account(9), {"balance": 7}, Account(1)]) == [9, 7]
    assert run([Rule("r", "fact > 5", "fact * 2")], [1, 6, 7.5]) == [12, 15.0]
    assert run([Rule("r", "'a' in fact", "len(fact)")], ["abc", ["a"], "x"]) == [3, 1]
    marker = object()
    assert run([Rule("r", lambda f: f["o"] is marker, lambda f: f["o"])], [{"o": marker}]) == [
        marker
    ]
    odd = {"_id": 1, "a b": 2, 3: 4, None: 5}
    assert run([Rule("r", "fact['_id'] == 1", "[fact['a b'], fact[3], fact[none]]")], [odd]) == [
        [2, 4, 5]
    ]
    assert run([Rule("r", "True", "fact.get('d')")], [{"d": Decimal("1.5")}]) == [Decimal("1.5")]


def test_what_conditions_get_of_facts() -> None:
    conditions = [
        "fact.get('a') == 1", "fact.get('a', 5) == 5", "fact.get('a', '5') == '5'",
        "fact.get('a', fact.get('b')) == 2", "fact.get('a', default=1) == 1",
        "fact.get(3) == 4", "[fact.get('x') for fact in [{'x': 1}]] == [1]",
        "'x'.join(['a']) == 'a' and fact.get('b') == 2", "fact['c'].get('d') == 7",
    ]  # fmt: skip
    rules = [
        Rule(f"r{n}", condition, f"{n}", -n)
        for n, condition in enumerate(conditions)
        if "default=" not in condition
    ]
    assert run(rules, [{"a": 1, "b": 2, 3: 4, "c": {"d": 7}}]) == [0, 5, 6, 7, 8]
    assert run(rules, [{"b": 2, "c": {}}]) == [1, 2, 3, 6, 7]
    with pytest.raises(SecurityError, match="no argument 'default'"):
        Rule("r", conditions[4], "1")
    with pytest.raises(RuleExecutionError, match="'r0'"):
        run(rules, [5])


def test_rules_of_one_name_are_told_apart() -> None:
    rules = [Rule("same", "fact['a'] > 1", "1"), Rule("same", "fact['b'] > 1", "2")]
    assert run(rules, [{"a": 2, "b": 2}]) == [1, 2]
    with pytest.raises(RuleExecutionError, match=r"'same \(2\)'"):
        run(rules, [{"a": 2}])


def test_objects_of_stateless_sessions_over_one_fact() -> None:
    provider = ReteRuleServiceProvider()
    rules = RuleExecutionSet("x", [Rule("r", "fact * 2 > 2", "fact * 2")])
    assert [rule.name for rule in rules.rules] == ["r"]
    provider.get_rule_administrator().register_rule_execution_set("x", rules)
    session = provider.get_rule_runtime().create_rule_session("x", stateless=True)
    assert session.execute_rules([1, 2, 3]) == [1, 2, 3, 4, 6]
    assert session.execute_rules([1, 2, 3], lambda value: value > 2) == [3, 4, 6]
    with pytest.raises(jsr94.RuleExecutionException, match="'r'") as raised:
        session.execute_rules([{}])
    assert isinstance(raised.value.get_cause(), RuleExecutionError)


def test_a_stateful_session_keeps_its_facts() -> None:
    provider = ReteRuleServiceProvider()
    rules = RuleExecutionSet("x", [Rule("r", "fact['v'] > 1", "fact['v']")])
    provider.get_rule_administrator().register_rule_execution_set("x", rules)
    session = provider.get_rule_runtime().create_rule_session("x")
    assert session.stateless is False
    first = {"v": 2}
    session.add_facts([first])
    assert session.execute() == [2]
    session.add_facts([{"v": 3}])
    assert session.execute() == [2, 3]
    first["v"] = 0
    assert session.execute() == [3]
    assert session.get_facts() == session.facts == [{"v": 0}, {"v": 3}]
    assert session.execute(lambda result: result > 5) == []
    session.clear_facts()
    assert session.execute() == []
    session.add_facts([first])
    session.reset()
    assert session.get_facts() == []
    session.close()
    session.close()
    for use in (session.execute, session.reset, session.get_facts):
        with pytest.raises(SessionError, match="closed"):
            use()
    with pytest.raises(SessionError, match="closed"):
        session.add_facts([first])


def test_a_stateless_session_forgets_them() -> None:
    provider = ReteRuleServiceProvider()
    rules = RuleExecutionSet("x", [Rule("r", "fact['v'] > 1", "fact['v']")])
    provider.get_rule_administrator().register_rule_execution_set("x", rules)
    session = provider.get_rule_runtime().create_rule_session("x", stateless=True)
    assert session.stateless is True
    session.add_facts([{"v": 2}])
    assert session.facts == [{"v": 2}]
    assert session.execute() == [2]
    assert session.get_facts() == session.execute() == []
    session.add_facts([{"v": 2}])
    session.clear_facts()
    assert session.execute() == []
    session.add_facts([{"v": 4}])
    assert session.execute(lambda result: result > 5) == []
    session.close()
    with pytest.raises(SessionError, match="closed"):
        session.execute()


def test_jsr_names_of_rules_over_one_fact() -> None:
    provider = ReteRuleServiceProvider()
    rules = RuleExecutionSet("x", [Rule("r", "fact['v'] > 1", "{'found': fact['v']}")])
    provider.get_rule_administrator().register_rule_execution_set("x", rules)
    session = provider.get_rule_runtime().create_rule_session("x")
    first = {"v": 2}
    handle = session.add_object(first)
    session.execute_rules()
    session.execute_rules()
    assert session.get_objects() == [first, {"found": 2}]
    assert session.get_facts() == [first]
    assert session.get_object(handle) is first
    session.update_object(handle, first)
    session.update_object(handle, {"v": 5})
    second, _ = session.add_objects([{"v": 3}, {"v": 4}])
    session.remove_object(second)
    session.execute_rules()
    assert session.get_objects() == [{"v": 5}, {"found": 2}, {"v": 4}, {"found": 5}, {"found": 4}]
    for result in session.get_handles()[1::2]:
        session.remove_object(result)
    assert session.contains_object(handle)
    assert not session.contains_object(second)
    bad = session.add_object(5)
    with pytest.raises(jsr94.RuleExecutionException, match="'r'"):
        session.execute_rules()
    session.remove_object(bad)
    session.reset()
    assert session.get_objects() == []
    with pytest.raises(jsr94.InvalidHandleException):
        session.get_object(handle)
    session.release()


# -- errors ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "action"),
    [
        ("fact['w'] > 1", "1"),
        ("True", "1 / fact['v']"),
        (lambda f: f["w"], "1"),
        ("True", lambda f: 1 / f["v"]),
    ],
)
@pytest.mark.parametrize("strategy", ["ALL_MATCHES", "FIRST_MATCH"])
def test_an_error_names_its_rule_and_fact(
    condition: Any, action: Any, strategy: str, caplog: pytest.LogCaptureFixture
) -> None:
    rules = [Rule("bad", condition, action, 5), Rule("good", "True", "'good'")]
    with pytest.raises(RuleExecutionError, match="'bad'") as raised:
        run(rules, [{"v": 0}], {"strategy": strategy})
    assert "{'v': 0}" in str(raised.value)
    assert raised.value.rule == "bad"
    with caplog.at_level(logging.ERROR):
        skipping = {"strategy": strategy, "on_error": "skip"}
        assert run(rules, [{"v": 0}, {"v": 0}], skipping) == ["good", "good"]
    assert caplog.text.count("'bad'") == 2


def test_a_failure_loses_no_facts() -> None:
    provider = ReteRuleServiceProvider()
    rules = RuleExecutionSet("x", [Rule("r", "True", "1 / fact['v']")])
    provider.get_rule_administrator().register_rule_execution_set("x", rules)
    facts = [{"v": 1}, {"v": 0}, {"v": 2}]
    session = provider.get_rule_runtime().create_rule_session("x", stateless=True)
    session.add_facts(facts)
    with pytest.raises(RuleExecutionError):
        session.execute()
    assert session.get_facts() == facts
    stateful = provider.get_rule_runtime().create_rule_session("x")
    handles = stateful.add_objects(facts)
    with pytest.raises(jsr94.RuleExecutionException):
        stateful.execute_rules()
    stateful.update_object(handles[1], {"v": 4})
    stateful.execute_rules()
    assert stateful.get_objects()[3:] == [1.0, 0.25, 0.5]


def test_nobody_asks_the_rules_behind_the_first_match() -> None:
    rules = [Rule("first", "True", "'first'", 5), Rule("bad", "fact['w'] > 1", "1")]
    assert run(rules, [{"v": 0}], {"strategy": "FIRST_MATCH"}) == ["first"]


def test_wrong_facts_are_refused() -> None:
    for wrong in ("not a list", {"key": "value"}, None, 5):
        for stateless in (True, False):
            with pytest.raises(RuleValidationError, match="must be a list"):
                run([], wrong, stateless=stateless)  # type: ignore[arg-type]
    with pytest.raises(RuleExecutionError, match="bytes"):
        run([Rule("r", "fact > 1", "1")], [b"x"])


def test_wrong_rules_are_refused() -> None:
    wrong: list[tuple[Any, ...]] = [
        ("", "1", "1"), (5, "1", "1"), ("x", 5, "1"), ("x", "1", []), ("x", "1", "1", "high"),
        ("x", "1", "1", True),
    ]  # fmt: skip
    for arguments in wrong:
        with pytest.raises(jsr94.RuleExecutionSetCreateException):
            Rule(*arguments)
    for unsafe in ("__import__('os')", "fact.__class__", "fcat > 1", "", "fact >"):
        with pytest.raises(SecurityError):
            Rule("x", unsafe, "1")
    sets: list[tuple[Any, ...]] = [
        ("", []), (None, []), ("x", None), ("x", 5), ("x", [5]), ("x", "text"), ("x", [], 5),
        ("x", [Rule("no condition")]), ("x", [Rule("r", "1 < 'a'", "1")]),
    ]  # fmt: skip
    for arguments in sets:
        with pytest.raises(jsr94.RuleExecutionSetCreateException):
            RuleExecutionSet(*arguments)


def test_unknown_uris_and_names() -> None:
    administrator = ReteRuleServiceProvider().get_rule_administrator()
    with pytest.raises(KeyError, match="x"):
        administrator.get_rule_execution_set("x")
    rules = RuleExecutionSet("n", [], description="d")
    assert rules.description == "d"
    administrator.register_rule_execution_set("x", rules)
    assert administrator.get_rule_execution_set("x") is rules
    with pytest.raises(RuleValidationError, match="registered"):
        ReteRuleServiceProvider().get_rule_runtime().create_rule_session("none")
    with pytest.raises(RuleValidationError, match="RuleExecutionSet"):
        administrator.register_rule_execution_set("x", "rules")  # type: ignore[arg-type]
    assert issubclass(SessionError, RuleEngineError)
    with pytest.raises(AttributeError, match="nothing"):
        _ = jsr94.nothing


def test_rules_describe_themselves() -> None:
    rule = Rule("r", "fact > 1", "fact", 5, "d")
    assert repr(rule) == "Rule(name='r', priority=5)"
    assert (rule.description, rule.get_description(), rule.priority) == ("d", "d", 5)
    assert rule.condition(2) is True
    rules = RuleExecutionSet("x", [rule])
    assert repr(rules) == "RuleExecutionSet(name='x', rules=1)"
    assert rules.rule_set.graph().startswith("flowchart")
    by_call = RuleExecutionSet("x", [Rule("r", lambda f: True, "1")])
    assert [each.name for each in by_call.rule_set.rules] == ["r"]


# -- YAML ------------------------------------------------------------------------------------------


def test_yaml_files_load_unchanged(tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text(SEGMENTS)
    rules = YAMLRuleLoader.from_file(tmp_path / "s.yaml")
    assert rules.get_name() == "customer_segmentation"
    assert rules.get_description() == "Customer tier classification and routing rules"
    assert rules.get_property("source") == "yaml"
    assert [rule.name for rule in rules.get_rules()] == ["vip", "premium", "standard"]
    vip = rules.get_rules()[0]
    fact = {"annual_spend": 60_000, "years": 6, "name": "Ann"}
    assert vip.description == "High-spending customers"
    assert vip.condition(fact) is True
    assert vip.action(fact) == {"segment": "VIP", "perks": ["advisor", "Ann"]}
    assert run(rules, [fact, {"years": 4}], {"strategy": "FIRST_MATCH"}) == [
        {"segment": "VIP", "perks": ["advisor", "Ann"]}, {"segment": "Premium", "spend": 0.0},
    ]  # fmt: skip
    assert [r["segment"] for r in run(YAMLRuleLoader.from_string(SEGMENTS), [fact])] == [
        "VIP", "Premium", "Standard",
    ]  # fmt: skip


def test_definitions_and_documents() -> None:
    definition = jsr94.RuleSetDefinition(
        name="n",
        rules=[jsr94.RuleDefinition(name="r", condition="fact > 1", action="fact", priority=3)],
    )
    rules = YAMLRuleLoader.from_dict(definition.model_dump())
    assert run(rules, [1, 2]) == [2]
    local = ReteRuleServiceProvider().get_rule_administrator()
    made = local.get_local_rule_execution_set_provider().create_rule_execution_set(definition)
    assert run(made, [1, 2]) == [2]
    again = local.get_local_rule_execution_set_provider().create_rule_execution_set(
        made.get_rules(), {"name": "again"}
    )
    assert (again.name, run(again, [1, 2])) == ("again", [2])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"rules": [{"name": "a", "condition": "1", "action": "1"}]}, "'name' is missing"),
        ({"name": "x", "rules": [{"condition": "1", "action": "1"}]}, "'name' is missing"),
        ({"name": "x", "rules": [{"name": "a", "action": "1"}]}, "'condition' is missing"),
        ({"name": "x", "rules": [{"name": "a", "condition": "1"}]}, "'action' is missing"),
        ({"name": "x", "rules": "not a list"}, "must be a list"),
        (
            {"name": "x", "rules": [{"name": "a", "condition": "eval('1')", "action": "1"}]},
            "unknown function 'eval'",
        ),
        (
            {
                "name": "x",
                "rules": [{"name": "a", "condition": "1", "action": "1", "priority": "high"}],
            },
            "whole number",
        ),
        (5, "must be a mapping"),
    ],
)
def test_wrong_documents_are_refused(data: Any, message: str) -> None:
    with pytest.raises(RuleValidationError, match=message):
        YAMLRuleLoader.from_dict(data)


def test_wrong_yaml_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        YAMLRuleLoader.from_file(tmp_path / "none.yaml")
    with pytest.raises(RuleValidationError, match="is a directory"):
        YAMLRuleLoader.from_file(tmp_path)
    with pytest.raises(RuleValidationError, match="must be a text"):
        YAMLRuleLoader.from_string(5)  # type: ignore[arg-type]
    with pytest.raises(RuleValidationError, match="RE0020"):
        YAMLRuleLoader.from_string("a: [")
    text = "name: x\nrules:\n- name: a\n  condition: fact.__class__\n  action: '1'"
    with pytest.raises(RuleValidationError) as raised:
        YAMLRuleLoader.from_string(text)
    assert [(d.code, d.span.line) for d in raised.value.diagnostics] == [("RE0108", 4)]


def test_facts_that_are_given_to_execute_have_a_hint() -> None:
    provider = ReteRuleServiceProvider()
    rules = RuleExecutionSet("x", [Rule("r", "True", "1")])
    provider.get_rule_administrator().register_rule_execution_set("x", rules)
    with provider.get_rule_runtime().create_rule_session("x") as session:
        session.add_facts([{"a": 1}])
        with pytest.raises(jsr94.InvalidRuleSessionException, match="facts are given to add_facts"):
            session.execute([{"a": 1}])
        assert session.execute() == [1]


def test_an_error_names_the_condition_or_the_action_and_its_place() -> None:
    def wrong(fact: Any) -> Any:
        return fact["spend"] > 3

    line = wrong.__code__.co_firstlineno + 1
    at = rf" \(.*test_machine_rules.py:{line}\)"
    expression = Expression("fact['spend'] > 1", ["fact"])
    for condition, action, part, place in (
        (wrong, lambda fact: 1, "condition", at),
        (lambda fact: True, wrong, "action", at),
        (expression, lambda fact: 1, "condition", ""),
        (operator.itemgetter("spend"), lambda fact: 1, "condition", ""),
    ):
        rules = SingleFacts("s", [OneFactRule("vip", condition, action)])
        with pytest.raises(RuleExecutionError, match=f"^the {part} of rule 'vip' failed{place}: "):
            rules.run([{"name": "Bob"}])
        [error] = rules.run([{"name": "Bob"}], skip=True).errors
        assert str(error).startswith(f"the {part} of rule 'vip' failed")
        assert (error.line == line) is bool(place)
