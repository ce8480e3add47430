"""A warning: variables of actions, and of what stands in `not` and the like, that nothing reads.

It has the code RE0500. Those that the whole rule can see are told by the compiler, which resolves
their names.
"""

from __future__ import annotations

from collections.abc import Iterator

from rete_engine.compiler.declared import Reports
from rete_engine.compiler.volatility import all_actions
from rete_engine.diagnostics.source import Span
from rete_engine.expressions import tree
from rete_engine.model.actions import (
    Action,
    AssignAction,
    CallAction,
    EmitAction,
    ForAction,
    IfAction,
    InsertAction,
    LogAction,
    ModifyAction,
    PrintAction,
    RetractAction,
    UpsertAction,
)


def warn_unused_in_action(actions: tuple[Action, ...], reports: Reports) -> None:
    """Warn of variables that an action binds and never reads."""
    every = list(all_actions(actions))
    if not any(_bound(action)[0] for action in every):
        return
    read = {
        node.name
        for action in every
        for expression in _expressions(action)
        for node in tree.nodes(expression)
        if isinstance(node, tree.Name)
    }
    for action in every:
        name, span = _bound(action)
        if name is None or span is None or name in read:
            continue
        reports.warning("RE0500", f"variable '{name}' is never used", span, _remedy(action, name))


def warn_unused_inside(conditions: tuple[tree.Expression, ...], reports: Reports) -> None:
    """Warn of variables that are bound where they cannot be seen from outside, and never read."""
    every = [node for condition in conditions for node in tree.nodes(condition)]
    closed = [node for node in every if isinstance(node, _CLOSED)]
    if not closed:
        return
    read = {node.name for node in every if isinstance(node, tree.Name)}
    for node in closed:
        for name, span in _bound_in(node):
            if name not in read:
                reports.warning(
                    "RE0500",
                    f"variable '{name}' is never used",
                    span,
                    f"leave '{name} :=' out",
                )


#: What its variables do not leave.
_CLOSED = (tree.Not, tree.ExistsForm, tree.ForallForm, tree.AccumulateForm)


def _remedy(action: Action, name: str) -> str:
    match action:
        case ForAction():
            return "begin its name with '_'"
        case AssignAction(value=tree.Call()) | InsertAction() | UpsertAction():
            return f"leave '{name} :=' out"
        case _:  # a value alone is no action
            return "leave the line out"


def _bound_in(node: tree.Expression) -> Iterator[tuple[str, Span]]:
    for inner in tree.nodes(node):
        if isinstance(inner, tree.Bind):
            yield inner.name, inner.name_span
        elif isinstance(inner, tree.Call):
            for argument in inner.arguments:
                if argument.binds and argument.name is not None:
                    yield argument.name, argument.name_span or argument.span


def _bound(action: Action) -> tuple[str | None, Span | None]:
    if isinstance(action, AssignAction | InsertAction | UpsertAction | ForAction):
        return action.name, action.name_span
    return None, None


def _expressions(action: Action) -> Iterator[tree.Expression]:
    """The expressions of an action, those of actions within it left out."""
    match action:
        case InsertAction() | UpsertAction():
            yield action.fact
        case ModifyAction():
            yield action.target
            yield from (argument.value for argument in action.arguments)
        case RetractAction():
            yield from action.targets
        case CallAction():
            yield action.call
        case AssignAction() | EmitAction():
            yield action.value
        case IfAction():
            yield from (test for test, _ in action.branches)
        case ForAction():
            yield action.iterable
        case PrintAction():
            yield from action.values
        case LogAction():
            yield from (action.level, action.value)
