"""The warnings of a rule: what can be run, but can hardly be meant."""

from __future__ import annotations

from rete_engine.compiler.impossible import warn_impossible
from rete_engine.compiler.reactivation import warn_reactivation
from rete_engine.compiler.scope import RuleNames
from rete_engine.compiler.unjoined import warn_unjoined
from rete_engine.compiler.unused import warn_unused_in_action, warn_unused_inside
from rete_engine.compiler.volatility import Volatile
from rete_engine.diagnostics.diagnostic import Diagnostic
from rete_engine.expressions import tree
from rete_engine.model.declarations import RuleDeclaration
from rete_engine.model.rules import Condition


def warn(
    declaration: RuleDeclaration,
    readings: list[tuple[Condition, ...]],
    names: RuleNames,
    volatile: Volatile,
) -> None:
    """Give the warnings of a rule, as long as there were no errors.

    What is wrong in one reading is warned of only if it is so in every other: an alternative makes
    tests fail that others pass.

    Args:
        declaration: The rule as written.
        readings: Its conditions, with every name resolved, once for each way to read its `or`s.
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
    found: list[list[Diagnostic]] = []
    for conditions in readings:
        with reports.apart() as apart:
            warn_impossible(conditions, names)
            warn_unjoined(conditions, names, volatile)
            warn_reactivation(declaration, conditions, names)
        # Where a reference is none, what was checked as written may be seen to fail.
        found.append([each for each in apart if each.severity == "warning"])
    if found:
        reports.diagnostics.extend(
            warning for warning in found[0] if all(warning in others for others in found[1:])
        )
