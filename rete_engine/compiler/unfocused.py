"""A warning: rules in a group that nothing focuses (RE0504)."""

from __future__ import annotations

from collections.abc import Iterable

from rete_engine.compiler.scope import Reports
from rete_engine.compiler.volatility import all_actions
from rete_engine.model.actions import FocusAction
from rete_engine.model.declarations import RuleDeclaration

#: The group that always has the focus when no other has.
MAIN = "main"


def warn_unfocused(rules: Iterable[RuleDeclaration], reports: Reports) -> None:
    """Warn of each group that neither an action nor `auto_focus` gives the focus, once."""
    rules = list(rules)
    focused = {
        action.group
        for rule in rules
        for action in all_actions(rule.then)
        if isinstance(action, FocusAction)
    }
    focused |= {
        rule.attributes.group
        for rule in rules
        if rule.attributes.auto_focus is not None and rule.attributes.group is not None
    }
    focused.add(MAIN)
    for rule in rules:
        group, span = rule.attributes.group, rule.attributes.group_span
        if group is None or span is None or group in focused:
            continue
        focused.add(group)
        reports.warning(
            "RE0504",
            f"nothing in these rules gives the group '{group}' the focus",
            span,
            f'write focus "{group}" in an action, or the attribute auto_focus; a program does it'
            f' with session.focus("{group}")',
        )
