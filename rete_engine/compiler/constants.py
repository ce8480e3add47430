"""Constant expressions: defaults, value sets, literals."""

from __future__ import annotations

from rete_engine.compiler.declared import Declared
from rete_engine.compiler.foreign import foreign_constant
from rete_engine.compiler.place_names import PlaceNames
from rete_engine.diagnostics.errors import SecurityError
from rete_engine.expressions import tree
from rete_engine.expressions.errors import EvaluationError
from rete_engine.expressions.resolve import constant, resolve


class ConstantNames(PlaceNames):
    """No name means anything in a constant expression."""

    def name(self, node: tree.Name) -> tree.Expression:
        """Report any name."""
        self.report(
            "RE0205",
            f"'{node.name}': a constant is needed here, and names are none",
            node.span,
            foreign_constant(node.name),
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
        return True, constant(resolved, len(names.locals))
    except (EvaluationError, SecurityError) as error:
        declared.reports.error("RE0205", str(error), expression.span)
        return False, None
