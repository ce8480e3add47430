"""Rules in graphs of LangGraph: a node, an edge that decides, and a guard of tools.

`rule_node` and `rule_router` need no more than this package; `tool_guard` needs LangGraph
(`pip install "rete-engine[langgraph]"`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from rete_engine import Limits, RuleSet
from rete_engine.integrations.intake import FactSource, StateReader, rules_of
from rete_engine.integrations.nodes import RouteError, RuleNode, RuleRouter, Runs
from rete_engine.integrations.tool_guard import ToolGuard, Verdict

if TYPE_CHECKING:
    from rete_engine.integrations.guarded_tools import GraphGuard


def rule_node(
    rules: RuleSet | str | Path,
    *,
    facts: FactSource | None = None,
    outputs: str | None = None,
    collect: Mapping[str, str] | None = None,
    template: str = "State",
    params: Mapping[str, object] | None = None,
    functions: Mapping[str, Callable[..., object]] | None = None,
    limit: int = 10_000,
    timeout: float = 10.0,
    limits: Limits | None = None,
) -> RuleNode:
    """A node of a graph in which rules fire.

    If the rules declare the template `State`, the state is a fact of it: rules read its keys and
    `modify` them, and the keys that changed are the node's update. The state's other keys are
    left alone.

    Args:
        rules: A rule set, or the path of a rule file.
        facts: Further facts: a dict of keys to templates (a dict or an object under the key is one
            fact, a list as many as it has items), or a function of the state that answers with
            `(template, fields)` pairs and objects of classes that are templates.
        outputs: The key under which the update has the list of what rules emit.
        collect: Keys to templates: the update has the list of all facts of the template that are
            there in the end, as dicts or, of a template made from a class, as its objects.
        template: Another name for the template `State`.
        params: Values for parameters of the rules.
        functions: Functions for what the rules declare as `external function`.
        limit: The most firings.
        timeout: Seconds after which no further rule fires.
        limits: Bounds on what the rules compute.

    Raises:
        RuleEngineError: The rules are wrong, or lack a template or a function.

    A run that is cut short by `limit` or `timeout`, and an action that fails, raise a
    `RuleEngineError` in the graph: there is no update that is half done.

    Example:
        >>> from rete_engine import RuleSet
        >>> node = rule_node(
        ...     RuleSet.parse('''
        ... template State
        ...     amount: float
        ...     risk: str = "low"
        ... end
        ... rule "large amounts are risky"
        ... when
        ...     s := State(amount > 1000, risk == "low")
        ... then
        ...     modify s(risk = "high")
        ... end
        ... ''')
        ... )
        >>> node({"amount": 5000, "customer": "c1"})
        {'risk': 'high'}
        >>> node({"amount": 5, "customer": "c1"})
        {}
    """
    reader = StateReader(rules_of(rules), template, facts)
    reader.require_facts()
    runs = Runs(reader, params, functions, limit, timeout, limits)
    return RuleNode(runs, outputs, collect or {})


def rule_router(
    rules: RuleSet | str | Path,
    *,
    to: Collection[str] | None = None,
    default: str | None = None,
    facts: FactSource | None = None,
    template: str = "State",
    params: Mapping[str, object] | None = None,
    functions: Mapping[str, Callable[..., object]] | None = None,
    limit: int = 10_000,
    timeout: float = 10.0,
    limits: Limits | None = None,
) -> RuleRouter:
    """A conditional edge that rules decide: for `add_conditional_edges(source, router)`.

    Rules `emit` the name of the node to go to, or a list of names to go to all of them. The first
    value emitted decides, so of rules that disagree the one with the higher salience wins.

    Args:
        rules: A rule set, or the path of a rule file.
        to: The names that rules may emit; any other is a `RouteError`. None for any.
        default: Where to go if no rule emits anything; without it that is a `RouteError`. It does
            not stand in for rules that fail: that raises.
        facts: As for `rule_node`.
        template: As for `rule_node`.
        params: As for `rule_node`.
        functions: As for `rule_node`.
        limit: As for `rule_node`.
        timeout: As for `rule_node`.
        limits: As for `rule_node`.

    Raises:
        RuleEngineError: The rules are wrong, or lack a template or a function.

    Example:
        >>> from rete_engine import RuleSet
        >>> router = rule_router(
        ...     RuleSet.parse('''
        ... template State
        ...     risk: str
        ... end
        ... rule "risky"
        ... when
        ...     State(risk == "high")
        ... then
        ...     emit "review"
        ... end
        ... '''),
        ...     to=["review", "pay"],
        ...     default="pay",
        ... )
        >>> router({"risk": "high"}), router({"risk": "low"})
        ('review', 'pay')
    """
    reader = StateReader(rules_of(rules), template, facts)
    reader.require_facts()
    return RuleRouter(Runs(reader, params, functions, limit, timeout, limits), to, default)


def tool_guard(
    rules: RuleSet | str | Path,
    *,
    default: Verdict = "deny",
    on_failure: Verdict = "deny",
    facts: FactSource | None = None,
    template: str = "State",
    params: Mapping[str, object] | None = None,
    functions: Mapping[str, Callable[..., object]] | None = None,
    limit: int = 10_000,
    timeout: float = 5.0,
    limits: Limits | None = None,
) -> GraphGuard:
    """Rules that allow or deny the tool calls of an agent, or ask a human.

    The rules are those of a `ToolGuard`: they see a `ToolCall` and insert `Allow`, `Ask` or
    `Deny`. They see the graph's state, too: as a fact of the template `State`, if they declare
    it, and through `facts`. `guard.tool_node(tools)` is the node to use in place of
    `ToolNode(tools)`. The guard fails closed: where no rule decides, or the rules fail, the call
    is denied unless `default` and `on_failure` say otherwise.

    Args:
        rules: The path of a rule file, or a rule set with the templates of a `ToolGuard`.
        default: The verdict where no rule decides.
        on_failure: The verdict where the rules fail.
        facts: As for `rule_node`.
        template: As for `rule_node`; the rules need not have it.
        params: As for `rule_node`.
        functions: As for `rule_node`.
        limit: As for `rule_node`, for one decision.
        timeout: As for `rule_node`, for one decision.
        limits: As for `rule_node`.

    Raises:
        ImportError: LangGraph is not installed.
        RuleEngineError: The rules are wrong, or lack a template or a function.
    """
    try:
        from rete_engine.integrations.guarded_tools import GraphGuard
    except ModuleNotFoundError as error:
        raise ImportError(
            f"tool_guard needs LangGraph ({error}): pip install 'rete-engine[langgraph]'"
        ) from error
    guard = ToolGuard(
        rules,
        default=default,
        on_failure=on_failure,
        params=params,
        functions=functions,
        limit=limit,
        timeout=timeout,
        limits=limits,
    )
    return GraphGuard(guard, StateReader(guard.rules, template, facts))


__all__ = ["RouteError", "RuleNode", "RuleRouter", "rule_node", "rule_router", "tool_guard"]
