"""Constant expressions: defaults, value sets, literals."""

from __future__ import annotations

from datetime import UTC, datetime

from rete_engine.compiler.declared import Declared
from rete_engine.compiler.place_names import PlaceNames
from rete_engine.diagnostics.errors import SecurityError
from rete_engine.expressions import tree
from rete_engine.expressions.errors import EvaluationError
from rete_engine.expressions.frame import Context, Frame, Limits
from rete_engine.expressions.lowering import Scope, lower
from rete_engine.expressions.resolve import resolve


class ConstantNames(PlaceNames):
    """No name means anything in a constant expression."""

    def name(self, node: tree.Name) -> tree.Expression:
        """Report any name."""
        self.report(
            "RE0205",
            f"'{node.name}': a constant is needed here, and names are none",
            node.span,
        )
        return node

    def function(self, node: tree.Name) -> tree.FunctionRef | None:
        """No function, for those that are declared cannot be called yet."""
        return None

    def unknown_function(self, node: tree.Call, name: tree.Name) -> None:
        """Report the call of a declared function, or of none."""
        if name.name in self.declared.functions:
            self.report("RE0205", f"'{name.name}' cannot be called in a constant", name.span)
        else:
            super().unknown_function(node, name)


def constant_value(expression: tree.Expression, declared: Declared) -> tuple[bool, object]:
    """Whether an expression could be evaluated without any names, and its value."""
    before = len(declared.reports.diagnostics)
    names = ConstantNames(declared)
    resolved = resolve(expression, names)
    if len(declared.reports.diagnostics) > before:
        return False, None
    try:
        return True, evaluate(resolved, len(names.locals))
    except (EvaluationError, SecurityError) as error:
        declared.reports.error("RE0205", str(error), expression.span)
        return False, None


def evaluate(resolved: tree.Expression, locals: int) -> object:
    """The value of a resolved expression that has no leaves but constants.

    Raises:
        EvaluationError: It has no value.
        SecurityError: It is over a limit.
    """
    context = Context(Limits(), (), (), (), _no_clock, locals)
    return lower(resolved, Scope()).evaluate(Frame(context, locals))


def _no_clock() -> datetime:
    return datetime.now(UTC)  # `now()` is refused before it could ask
