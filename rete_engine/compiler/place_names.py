"""What a bare name means at a place without conditions: parameters, functions, locals."""

from __future__ import annotations

from rete_engine.compiler.declared import Declared, QueryMeaning
from rete_engine.compiler.foreign import foreign_call, foreign_name
from rete_engine.diagnostics.diagnostic import did_you_mean
from rete_engine.diagnostics.source import Span
from rete_engine.expressions import tree
from rete_engine.expressions.resolve import Names
from rete_engine.expressions.signatures import BUILTINS
from rete_engine.expressions.types import Type


class PlaceNames(Names):
    """Names at a place where parameters and functions can be seen, and local variables made."""

    def __init__(self, declared: Declared) -> None:
        self.declared = declared
        self.locals: list[str] = []  # the local variables made so far
        self.local_types: dict[int, Type] = {}
        self.visible: dict[str, int] = {}  # named locals: parameters, variables of an action

    def report(self, code: str, message: str, span: Span, hint: str | None = None) -> None:
        """Take up an error."""
        self.declared.reports.error(code, message, span, hint)

    def local(self, name: str) -> int:
        """Make a local variable."""
        self.locals.append(name)
        return len(self.locals) - 1

    def name(self, node: tree.Name) -> tree.Expression:
        """A local variable, else a parameter."""
        index = self.visible.get(node.name)
        if index is not None:
            return tree.LocalRef(node.span, index, node.name)
        param = self.declared.params.get(node.name)
        if param is not None:
            return tree.ParamRef(node.span, param.number, node.name)
        self.unknown(node)
        return node

    def known(self) -> list[str]:
        """The names that could have been meant."""
        return [*self.visible, *self.declared.params]

    def unknown(self, node: tree.Name) -> None:
        """Report a name that means nothing here."""
        name = node.name
        hint: str | None
        if name in self.declared.broken:
            return
        if name in self.declared.templates:
            message = f"'{name}' is a template, not a value"
            hint = f"name a pattern of it: x := {name}(…)"
        elif name in self.declared.functions:
            message, hint = f"'{name}' is a function", f"call it: {name}(…)"
        else:
            message, hint = f"unknown name '{name}'", self.hint(node)
        self.report("RE0102", message, node.span, hint)

    def hint(self, node: tree.Name) -> str | None:
        """What an unknown name could mean."""
        return foreign_name(node.name) or did_you_mean(node.name, self.known())

    def function(self, node: tree.Name) -> tree.FunctionRef | None:
        """The declared function of a name."""
        function = self.declared.functions.get(node.name)
        if function is None:
            return None
        return tree.FunctionRef(
            node.span,
            "external" if function.is_external else "language",
            function.number,
            node.name,
            function.result,
        )

    def parameters(self, function: tree.FunctionRef) -> tuple[str, ...] | None:
        """The names of a function's parameters."""
        declared = self.declared.functions[function.name]
        return tuple(parameter.name for parameter in declared.declaration.parameters)

    def misplaced_pattern(self, node: tree.Call, name: tree.Name) -> bool:
        """Whether a call is a pattern that stands where a value belongs; it is then reported."""
        if name.name not in self.declared.templates and name.name not in self.declared.declarations:
            return False
        self.report(
            "RE0301",
            f"'{name.name}(…)' is a pattern and cannot stand where a value belongs",
            node.span,
            f"make it a condition of its own: x := {name.name}(…)",
        )
        return True

    def misplaced_accumulate(self, node: tree.Call, name: tree.Name) -> bool:
        """Whether a call is an accumulate where a value belongs; it is then reported."""
        forms = any(isinstance(argument.value, tree.AccumulateForm) for argument in node.arguments)
        if not forms and not self.declared.only_accumulates(name.name):
            return False
        self.report(
            "RE0301",
            f"'{name.name}(…)' is an accumulate and cannot stand where a value belongs",
            node.span,
            f"bind its result by a condition of its own: v := {name.name}(…)",
        )
        return True

    def unknown_function(self, node: tree.Call, name: tree.Name) -> None:
        """Report the call of something that is no function."""
        if name.name in self.declared.broken:
            return
        if name.name in self.declared.queries:
            self.misplaced_query(node, name)
        elif name.name[:1].isupper():
            hint = did_you_mean(name.name, self.declared.templates)
            self.report("RE0100", f"unknown template '{name.name}'", name.span, hint)
        else:
            known = [*self.declared.functions, *BUILTINS, *self.declared.queries]
            templates = [each for each in self.declared.templates if each.lower() == name.name]
            hint = foreign_call(name.name) or did_you_mean(name.name, [*known, *templates])
            self.report("RE0103", f"unknown function '{name.name}'", name.span, hint)

    def misplaced_query(self, node: tree.Call, name: tree.Name) -> None:
        """Report a query that is called where none can be asked."""
        self.report(
            "RE0301",
            f"the query '{name.name}' cannot be asked here",
            node.span,
            "an action asks it, or a condition of its own does",
        )

    def unknown_variable(self, query: QueryMeaning, node: tree.Attribute) -> None:
        """Report what an answer of a query does not have."""
        name, variables = query.spec.name, query.variables
        hint = did_you_mean(node.name, variables)
        if node.name in query.spec.arguments.positions:
            hint = f"it is a parameter of '{name}', which whoever asks it knows"
        elif hint is None:
            hint = f"it binds: {', '.join(variables)}" if variables else "it binds none"
        self.report(
            "RE0102", f"the query '{name}' has no variable '{node.name}'", node.name_span, hint
        )

    def meaning(self, name: str) -> str | None:
        """What a name already is here."""
        if name in self.visible:
            return "variable"
        return "param" if name in self.declared.params else None
