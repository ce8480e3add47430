"""Rules as a node of a graph, and as an edge that decides where to go on.

Both are plain functions of a state, so they run wherever a graph of LangGraph takes a function,
sync or async, and can be tried without it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from rete_engine import Fact, Limits, RuleEngineError, RuleSet, Session
from rete_engine.diagnostics.diagnostic import did_you_mean
from rete_engine.expressions.values import changed
from rete_engine.integrations.intake import StateReader, detached, require_end, require_template


class RouteError(RuleEngineError):
    """No rule says where to go on, or one names a place that is not among those allowed."""


class Runs:
    """How a rule set is run on a state: the options that node and edge share."""

    def __init__(
        self,
        reader: StateReader,
        params: Mapping[str, object] | None,
        functions: Mapping[str, Callable[..., object]] | None,
        limit: int,
        timeout: float,
        limits: Limits | None,
    ) -> None:
        self.reader = reader
        self.limit = limit
        self.timeout = timeout
        self.options: dict[str, Any] = {"params": params, "functions": functions, "limits": limits}
        self.rules.session(**self.options).close()  # so that what is missing is told now

    @property
    def rules(self) -> RuleSet:
        """The rule set."""
        return self.reader.rules

    def session(self) -> Session:
        """A session for one state."""
        return self.rules.session(**self.options)

    def fire(self, session: Session) -> list[Any]:
        """Fire the rules; answers with what they emitted.

        Raises:
            RuleEngineError: An action failed, or the run was cut short.
        """
        result = session.run(self.limit, self.timeout)
        require_end(self.rules, result)
        return [detached(value) for value in result.outputs]


class RuleNode:
    """A node: the state becomes facts, rules fire, and what they changed is the update.

    Made by `rule_node`.
    """

    def __init__(self, runs: Runs, outputs: str | None, collect: Mapping[str, str]) -> None:
        self._runs = runs
        self._outputs = outputs
        self._collect = collect
        self.__name__ = runs.rules.name  # what a graph calls a node that is added without a name
        for key, template in collect.items():
            require_template(runs.rules, template, f"collect[{key!r}]")
        if not (outputs or collect or runs.reader.has_template):
            raise ValueError(
                f"nothing of the rule set '{runs.rules.name}' would reach the state: declare a"
                f" template '{runs.reader.template}' whose fields rules modify, or give outputs="
                " or collect="
            )

    @property
    def rules(self) -> RuleSet:
        """The rule set."""
        return self._runs.rules

    def __call__(self, state: Any) -> dict[str, Any]:
        """The update for a state: the keys that rules changed, and what is collected.

        Raises:
            RuleEngineError: The state does not fit, a rule failed, or the run was cut short.
        """
        with self._runs.session() as session:
            whole = self._runs.reader.insert(session, state)
            before = {} if whole is None else Fact.as_dict(whole)
            outputs = self._runs.fire(session)
            update = {} if whole is None else _changes(before, Fact.as_dict(whole))
            for key, template in self._collect.items():
                update[key] = [detached(fact) for fact in session.facts(template)]
            if self._outputs is not None:
                update[self._outputs] = outputs
            return update


def _changes(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    return {
        key: detached(value)
        for key, value in after.items()
        if key not in before or changed(before[key], value)
    }


class RuleRouter:
    """An edge: rules say, with `emit`, to which node a graph goes on.

    Made by `rule_router`.
    """

    def __init__(self, runs: Runs, to: Collection[str] | None, default: str | None) -> None:
        if isinstance(to, str):
            raise TypeError(f"to is a list of names: write to=[{to!r}]")
        self._runs = runs
        self._to = None if to is None else tuple(to)
        self._default = default
        self.__name__ = runs.rules.name
        if default is not None:
            self._require(default, "default")

    @property
    def rules(self) -> RuleSet:
        """The rule set."""
        return self._runs.rules

    def __call__(self, state: Any) -> str | list[str]:
        """Where a state goes: the first value that rules emit, a name or a list of names.

        Raises:
            RouteError: No rule emits anything and there is no default, or a name is not allowed.
            RuleEngineError: The state does not fit, a rule failed, or the run was cut short.
        """
        with self._runs.session() as session:
            self._runs.reader.insert(session, state)
            outputs = self._runs.fire(session)
        if not outputs:
            if self._default is not None:
                return self._default
            raise RouteError(f"no rule of '{self.rules.name}' says where to go; give default=")
        route = outputs[0]
        names = route if isinstance(route, list) else [route]
        for name in names:
            self._require(name, "emit")
        if not names:
            raise RouteError(f"the rules of '{self.rules.name}' emit a list of no names")
        return [str(name) for name in names] if isinstance(route, list) else str(route)

    def _require(self, name: object, where: str) -> None:
        if not isinstance(name, str):
            raise RouteError(f"{where}: {name!r} is not the name of a node")
        if self._to is not None and name not in self._to:
            hint = did_you_mean(name, self._to) or f"it is one of {', '.join(self._to)}"
            raise RouteError(f"{where}: '{name}' is none of the nodes in to=; {hint}")
