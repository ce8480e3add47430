"""`ToolGuard` decides about tool calls, and fails closed."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from rete_engine import FactError, Limits, RuleSet, RuleValidationError, SessionError
from rete_engine.integrations.tool_guard import TEMPLATES, Decision, ToolGuard

FILES = """
rule "reading"
when
    ToolCall(name == "read")
then
    insert Allow()
end
rule "writing"
when
    ToolCall(name == "write")
then
    insert Ask(reason = "it writes")
end
rule "system files"
when
    ToolCall(path := args.get("path", ""), path.startswith("/etc"))
then
    insert Deny(reason = f"{path} is the system's")
end
"""


def policy(text: str = FILES, **options: Any) -> ToolGuard:
    return ToolGuard(RuleSet.parse(text, name="policy", templates=TEMPLATES), **options)


def test_a_rule_allows() -> None:
    decision = policy().decide("read", {"path": "a"})
    assert decision == Decision("allow", "rule 'reading'", "reading")
    assert decision.allowed


def test_a_rule_asks_and_says_why() -> None:
    decision = policy().decide("write", {"path": "a"})
    assert decision == Decision("ask", "it writes", "writing")
    assert not decision.allowed


@pytest.mark.parametrize("tool", ["read", "write"])
def test_the_strictest_decision_holds(tool: str) -> None:
    decision = policy().decide(tool, {"path": "/etc/passwd"})
    assert decision == Decision("deny", "/etc/passwd is the system's", "system files")


@pytest.mark.parametrize("default", ["allow", "ask", "deny"])
def test_where_no_rule_decides_the_default_holds(default: Any) -> None:
    decision = policy(default=default).decide("rm")
    assert decision == Decision(default, "no rule decides about 'rm'")


def test_by_default_what_no_rule_allows_is_denied() -> None:
    assert policy().decide("rm").verdict == "deny"


def test_a_decision_that_rules_take_back_does_not_count() -> None:
    guard = policy(
        FILES
        + """
rule "the hosts file may be read"
when
    ToolCall(name == "read", args.get("path") == "/etc/hosts")
    d := Deny()
then
    retract d
end
"""
    )
    assert guard.decide("read", {"path": "/etc/hosts"}).verdict == "allow"
    assert guard.decide("read", {"path": "/etc/passwd"}).verdict == "deny"


def test_rules_may_build_on_each_others_decisions() -> None:
    guard = policy(
        FILES
        + """
rule "when nobody objects"
    salience -100
when
    ToolCall(name == "list")
    not Deny()
    not Ask()
then
    insert Allow(reason = "nobody objects")
end
"""
    )
    assert guard.decide("list").reason == "nobody objects"
    assert guard.decide("list", {"path": "/etc"}).rule == "system files"


FAILING = """
rule "allows first"
    salience 10
when
    ToolCall()
then
    insert Allow()
end
rule "fails"
when
    ToolCall()
then
    print [1][5]
end
"""


@pytest.mark.parametrize("verdict", ["allow", "ask", "deny"])
def test_rules_that_fail_leave_it_to_on_failure(verdict: Any) -> None:
    decision = policy(FAILING, on_failure=verdict, default="allow").decide("read")
    assert decision.verdict == verdict
    assert decision.rule is None
    assert decision.reason.startswith("the rules about 'read' failed: ")
    assert decision.error is not None
    assert "'fails'" in decision.error


def test_rules_that_fail_deny_by_default(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "rete_engine.tool_guard"):
        assert policy(FAILING, default="allow").decide("read").verdict == "deny"
    assert [record.levelname for record in caplog.records] == ["ERROR", "INFO"]


def test_a_denial_before_the_failure_stays() -> None:
    text = FAILING.replace("insert Allow()", 'insert Deny(reason = "never")')
    decision = policy(text, on_failure="allow").decide("read")
    assert (decision.verdict, decision.reason, decision.rule) == ("deny", "never", "allows first")
    assert decision.error is not None


def test_a_condition_that_fails_is_a_failure() -> None:
    guard = policy(
        """
rule "allows"
when
    ToolCall()
then
    insert Allow()
end
rule "needs a path"
when
    ToolCall(args["path"] == "/etc")
then
    insert Deny()
end
"""
    )
    assert guard.decide("read", {"path": "a"}).verdict == "allow"
    assert guard.decide("read", {}).verdict == "deny"


LOOPING = """
template Tick
    n: int
end
facts seed
    Tick(n = 0)
end
rule "allows"
    salience 10
when
    ToolCall()
then
    insert Allow()
end
rule "for ever"
when
    t := Tick(n >= 0)
then
    modify t(n = t.n + 1)
end
"""


@pytest.mark.parametrize("bound", [{"limit": 100}, {"timeout": 0.01, "limit": 10**9}])
def test_rules_that_do_not_end_are_a_failure(bound: dict[str, Any]) -> None:
    decision = policy(LOOPING, **bound).decide("read")
    assert decision.verdict == "deny"
    assert "stopped at the " in decision.reason


def test_arguments_over_a_limit_are_a_failure() -> None:
    guard = policy(limits=Limits(value=1_000))
    assert guard.decide("read", {"path": "a" * 100}).verdict == "allow"
    assert guard.decide("read", {"path": "a" * 10_000}).verdict == "deny"


@pytest.mark.parametrize("args", [{"path": object()}, {"path": lambda: None}, {1: 2}, 5, "path"])
def test_arguments_that_are_no_values_of_the_language_never_raise(args: Any) -> None:
    assert policy().decide("write", args).verdict in ("ask", "deny")


def test_objects_with_fields_are_dicts_of_them() -> None:
    @dataclass
    class File:
        path: str

    guard = policy(
        """
rule "nested"
when
    ToolCall(args["file"]["path"] == "a")
then
    insert Allow()
end
"""
    )
    assert guard.decide("read", {"file": File("a")}).allowed


ROLES = """
template User
    name: str
    role: str
end
rule "admins may do all"
when
    User(role == "admin")
then
    insert Allow()
end
"""


@pytest.mark.parametrize(
    "facts",
    [
        {"User": {"name": "a", "role": "admin"}},
        {"User": [{"name": "b", "role": "user"}, {"name": "a", "role": "admin"}]},
        [("User", {"name": "a", "role": "admin"})],
    ],
)
def test_rules_see_further_facts(facts: Any) -> None:
    assert policy(ROLES).decide("rm", facts=facts).allowed


@pytest.mark.parametrize(
    "facts", [{}, {"User": None}, {"User": 5}, {"Usr": {"name": "a"}}, [5], {"User": {"x": 1}}]
)
def test_facts_that_do_not_fit_allow_nothing(facts: Any) -> None:
    assert policy(ROLES).decide("rm", facts=facts).verdict == "deny"


def test_objects_of_classes_are_facts() -> None:
    @dataclass
    class User:
        name: str
        role: str

    rules = RuleSet.parse(ROLES[ROLES.index("rule") :], templates=[*TEMPLATES, User])
    assert ToolGuard(rules).decide("rm", facts=[User("a", "admin")]).allowed


def test_params_and_functions_reach_the_rules() -> None:
    text = """
param most: int
external function owner(path: str) -> str
rule "own files"
when
    ToolCall(len(args["path"]) <= most, owner(args["path"]) == "me")
then
    insert Allow()
end
"""
    guard = policy(text, params={"most": 3}, functions={"owner": lambda path: "me"})
    assert guard.decide("read", {"path": "abc"}).allowed
    assert not guard.decide("read", {"path": "abcd"}).allowed


def test_what_is_missing_is_told_when_the_guard_is_made() -> None:
    with pytest.raises(SessionError, match="external function 'f'"):
        policy("external function f() -> int\n")
    with pytest.raises(FactError, match="param 'p'"):
        policy("param p: int\n")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("template ToolCall\n  name: str\nend\n", "no field 'args' in 'ToolCall'"),
        ("", "no template 'ToolCall'"),
    ],
)
def test_a_rule_set_that_cannot_decide_is_refused(text: str, problem: str) -> None:
    with pytest.raises(FactError, match=problem):
        ToolGuard(RuleSet.parse(text))


def test_a_file_may_declare_the_templates_or_not(tmp_path: Path) -> None:
    short = tmp_path / "short.rete"
    short.write_text(FILES)
    declared = "".join(
        f"template {name}\n  reason: str = ''\nend\n" for name in ("Allow", "Ask", "Deny")
    )
    call = "template ToolCall\n  name: str\n  args: dict = {}\n  id: str = ''\nend\n"
    full = tmp_path / "full.rete"
    full.write_text(call + declared + FILES)
    for path in (short, full, str(full)):
        assert ToolGuard(path).decide("read").allowed


def test_a_file_that_declares_them_otherwise_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "policy.rete"
    file.write_text("template Allow\n  because: str\nend\n")
    with pytest.raises(RuleValidationError, match="Allow"):
        ToolGuard(file)


@pytest.mark.parametrize("option", ["default", "on_failure"])
def test_a_verdict_that_is_none_is_refused(option: str) -> None:
    with pytest.raises(ValueError, match=f"{option} is one of allow, ask, deny"):
        policy(**{option: "maybe"})


def test_rules_are_a_rule_set_or_a_path() -> None:
    with pytest.raises(TypeError, match="rules are a RuleSet or the path"):
        ToolGuard(5)  # type: ignore[arg-type]


def test_threads_may_share_a_guard() -> None:
    guard = policy()
    tools = ["read", "write", "rm"] * 50
    with ThreadPoolExecutor(8) as pool:
        verdicts = list(pool.map(lambda tool: guard.decide(tool).verdict, tools))
    assert verdicts == ["allow", "ask", "deny"] * 50


def test_a_decision_as_a_dict() -> None:
    assert policy().decide("read").as_dict() == {
        "verdict": "allow",
        "reason": "rule 'reading'",
        "rule": "reading",
        "error": None,
    }


def test_a_fact_of_a_facts_block_decides_without_a_rule() -> None:
    decision = policy("facts all\n    Allow()\nend\n").decide("rm")
    assert decision == Decision("allow", "a fact of the rule set", None)


def test_arguments_that_are_no_mapping_are_told_as_such() -> None:
    wrong: Any = [1]
    decision = policy().decide("read", wrong)
    assert decision.verdict == "deny"
    assert "args is a mapping of names to values, not [1]" in decision.reason
