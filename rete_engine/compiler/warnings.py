"""The warnings of a rule: what can be run, but can hardly be meant."""

from __future__ import annotations

from rete_engine.compiler.impossible import warn_impossible
from rete_engine.compiler.reactivation import warn_reactivation
from rete_engine.compiler.scope import RuleNames
from rete_engine.compiler.unjoined import warn_unjoined
from rete_engine.compiler.unused import warn_unused_in_action, warn_unused_inside
from rete_engine.compiler.volatility import Volatile
from rete_engine.expressions import tree
from rete_engine.model.declarations import RuleDeclaration
from rete_engine.model.rules import Condition


def warn(
    declaration: RuleDeclaration,
    conditions: tuple[Condition, ...],
    names: RuleNames,
    volatile: Volatile,
) -> None:
    """Give the warnings of a rule, as long as there were no errors.

    Args:
        declaration: The rule as written.
        conditions: Its conditions, with every name resolved.
        names: What its names mean.
        volatile: The fields that rules change.
    """
    reports = names.declared.reports
    if reports.has_errors:
        return
    warn_unused_inside(declaration.when, reports)
    warn_unused_in_action(declaration.then, reports)
    enabled = declaration.attributes.enabled
    if isinstance(enabled, tree.Constant) and enabled.value is False:
        return  # it is switched off for good, and need not make sense
    warn_impossible(conditions, names)
    warn_unjoined(conditions, names, volatile)
    warn_reactivation(declaration, conditions, names)
