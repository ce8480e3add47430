"""Second pass, per rule: the `when` with every name resolved, as conditions of the model."""

from __future__ import annotations

from rete_engine.compiler.accumulates import is_accumulate, read_accumulate
from rete_engine.compiler.checks import boolean, checked_type
from rete_engine.compiler.references import check_references
from rete_engine.compiler.scope import Reports, RuleNames, Variable
from rete_engine.diagnostics.diagnostic import did_you_mean
from rete_engine.diagnostics.source import Span
from rete_engine.expressions import tree
from rete_engine.expressions.resolve import resolve
from rete_engine.expressions.types import ANY, Type
from rete_engine.model.rules import (
    Computation,
    Compute,
    Condition,
    Constraint,
    Exists,
    Pattern,
    Test,
)
from rete_engine.network.templates import TemplateSpec

#: Every condition is a level of the network, and matches walk it by recursion.
MOST_CONDITIONS = 200


class ConditionReader:
    """Reads the conditions of one rule."""

    def __init__(self, names: RuleNames, reports: Reports) -> None:
        self.names = names
        self.reports = reports
        self.count = 0  # conditions, nested ones too
        self.complexity = 0  # constraints and tests as written

    def read(self, expressions: tuple[tree.Expression, ...]) -> tuple[Condition, ...]:
        """The conditions that hold together; wrong ones are reported and left out."""
        found: list[Condition] = []
        for expression in expressions:
            found.extend(self.condition(expression))
        if self.count > MOST_CONDITIONS:
            self.reports.error(
                "RE0300",
                f"a rule has at most {MOST_CONDITIONS} conditions, this one {self.count}",
                expressions[MOST_CONDITIONS - 1 if len(expressions) > MOST_CONDITIONS else 0].span,
                "split it, with a fact that hands the result of the first half on",
            )
            return ()
        return tuple(found)

    def condition(self, node: tree.Expression) -> list[Condition]:
        """A condition as written; a conjunction gives several."""
        self.count += 1
        match node:
            case tree.Bind():
                return self.bound(node)
            case tree.Call():
                return self.call(node, None, None)
            case tree.TestForm():
                return [self.test(node.value, node.span)]
            case tree.ForForm():
                return self.each(node)
            case tree.Not():
                return self.exists(node.operand, node.span, negated=True)
            case tree.ExistsForm():
                return self.exists(node.operand, node.span, negated=False)
            case tree.And():
                self.count -= 1
                return [c for operand in node.operands for c in self.condition(operand)]
            case tree.Or():
                return self.not_yet("'or' between conditions", node.span)
            case tree.ForallForm():
                return self.not_yet("'forall'", node.span)
        self.reports.error(
            "RE0300",
            "this is a value, not a condition",
            node.span,
            f"to ask whether it is true, write: test {_shortened(node.span.text)}",
        )
        return []

    def not_yet(self, what: str, span: Span) -> list[Condition]:
        """Report a part of the language that is not built."""
        self.reports.error("RE0900", f"{what} is not part of this version yet", span)
        return []

    # -- kinds of conditions -------------------------------------------------------------------

    def bound(self, node: tree.Bind) -> list[Condition]:
        """`x := T(…)` or `v := e`."""
        value = node.value
        if isinstance(value, tree.Call) and isinstance(value.function, tree.Name):
            name = value.function.name
            declared = self.names.declared
            if name in declared.declarations or name in declared.queries or name in declared.broken:
                return self.call(value, node.name, node.name_span)
            if is_accumulate(value, self.names):
                return self.accumulate(value, node.name, node.name_span)
            if name[:1].isupper() and name not in declared.functions:
                return self.call(value, node.name, node.name_span)
        resolved = resolve(value, self.names)
        type = checked_type(resolved, self.names)
        check_references(resolved, self.names)
        slot = self.names.new_slot(node.name, type, is_fact=False)
        self.names.bind(node.name, node.name_span, Variable(slot, node.name_span))
        return [Compute(node.span, Computation(node.span, slot, resolved, each=False))]

    def each(self, node: tree.ForForm) -> list[Condition]:
        """`for v in e`."""
        resolved = resolve(node.iterable, self.names)
        type = checked_type(resolved, self.names)
        check_references(resolved, self.names)
        element = Type("any", optional=True)
        if type.name in ("list", "set", "dict") and type.arguments:
            element = type.arguments[0]
        elif type.name not in ("list", "set", "dict", "tuple", "str", "any"):
            self.reports.error(
                "RE0202",
                f"'for' needs a list, set, dict, tuple or str, not {type}",
                node.iterable.span,
            )
        slot = self.names.new_slot(node.name, element, is_fact=False)
        self.names.bind(node.name, node.name_span, Variable(slot, node.name_span, each=True))
        return [Compute(node.span, Computation(node.span, slot, resolved, each=True))]

    def test(self, value: tree.Expression, span: Span) -> Condition:
        """`test e`."""
        self.complexity += 1
        resolved = resolve(value, self.names)
        boolean(resolved, self.names)
        check_references(resolved, self.names)
        return Test(span, Constraint(span, resolved))

    def exists(self, operand: tree.Expression, span: Span, *, negated: bool) -> list[Condition]:
        """`exists C` or `not C`; what C binds stays inside."""
        self.names.scopes.append({})
        conditions = tuple(self.condition(operand))
        self.names.scopes.pop()
        return [Exists(span, negated, conditions)] if conditions else []

    def call(self, node: tree.Call, name: str | None, name_span: Span | None) -> list[Condition]:
        """`T(…)`: a pattern, or something that is no condition."""
        declared = self.names.declared
        function = node.function
        if not isinstance(function, tree.Name):
            self.reports.error(
                "RE0300", "a method's value is not a condition", node.span,
                f"write: test {_shortened(node.span.text)}",
            )  # fmt: skip
            return []
        template = declared.templates.get(function.name)
        if template is not None:
            return [self.pattern(node, template, name, name_span)]
        if is_accumulate(node, self.names):
            return self.accumulate(node, name, name_span)
        if function.name not in declared.functions:
            self.unreadable(node, name, name_span)
        if function.name in declared.declarations or function.name in declared.broken:
            return []  # the template itself was reported
        if function.name in declared.queries:
            return self.not_yet("a query as a condition", node.span)
        if function.name in declared.functions or function.name in BUILTIN_CALLS:
            self.reports.error(
                "RE0300",
                f"'{function.name}(…)' is the call of a function, not a pattern",
                node.span,
                f"to ask whether it is true, write: test {_shortened(node.span.text)}",
            )
            return []
        self.reports.error(
            "RE0100",
            f"unknown template '{function.name}'",
            function.span,
            did_you_mean(function.name, declared.templates),
        )
        return []

    def accumulate(
        self, node: tree.Call, name: str | None, name_span: Span | None
    ) -> list[Condition]:
        """`[v :=] sum(e for C by g)`."""
        return read_accumulate(node, name, name_span, self.names, self.condition)

    def unreadable(self, node: tree.Call, name: str | None, name_span: Span | None) -> None:
        """Bind the variables of a condition that means nothing, so that nobody misses them."""
        bound = [(name, name_span)]
        bound.extend((a.name, a.name_span or a.span) for a in node.arguments if a.binds)
        for variable, span in bound:
            if variable is not None and span is not None:
                slot = self.names.new_slot(variable, ANY, is_fact=False)
                self.names.bind(variable, span, Variable(slot, span))

    # -- patterns ------------------------------------------------------------------------------

    def pattern(
        self, node: tree.Call, template: TemplateSpec, name: str | None, name_span: Span | None
    ) -> Pattern:
        """`[x :=] T(c, …)`."""
        names = self.names
        slot = names.new_slot(name, Type(template.name), is_fact=True)
        if name is not None and name_span is not None:
            names.bind(name, name_span, Variable(slot, name_span))
        outer, names.pattern = names.pattern, slot
        parts: list[Constraint | Computation] = []
        for argument in node.arguments:
            if argument.name is not None and not argument.binds:
                self.named(argument, template)
            elif argument.name is not None:
                parts.extend(self.binding(argument, argument.name))
            else:
                self.complexity += 1
                resolved = resolve(argument.value, names)
                boolean(resolved, names)
                check_references(resolved, names)
                parts.extend(Constraint(argument.span, part) for part in conjuncts(resolved))
        names.pattern = outer
        return Pattern(node.span, slot, tuple(parts))

    def named(self, argument: tree.Argument, template: TemplateSpec) -> None:
        """`f = e` in a pattern, which is a beginner's `==`."""
        span = argument.name_span or argument.span
        value = _shortened(argument.value.span.text)
        self.reports.error(
            "RE0012",
            "'=' gives a field a value; a pattern compares with '=='",
            argument.span,
            f"write {argument.name} == {value}",
        )
        if argument.name not in template.positions and not template.open:
            hint = did_you_mean(argument.name or "", template.positions)
            message = f"{template.name} has no field '{argument.name}'"
            self.reports.error("RE0101", message, span, hint)

    def binding(self, argument: tree.Argument, name: str) -> list[Computation]:
        """`v := e` in a pattern: another name for a field, or a computed value."""
        names = self.names
        span = argument.name_span or argument.span
        resolved = resolve(argument.value, names)
        type = checked_type(resolved, names)
        check_references(resolved, names)
        pattern = names.pattern
        assert pattern is not None
        if isinstance(resolved, tree.FieldRef) and resolved.slot == pattern.number:
            slot = names.new_slot(name, type, is_fact=False)
            names.bind(name, span, Variable(slot, span, resolved, type))
            return []
        slot = names.new_slot(name, type, is_fact=False)
        names.bind(name, span, Variable(slot, span))
        return [Computation(argument.span, slot, resolved, each=False)]


BUILTIN_CALLS = frozenset(["any", "all", "bool", "len", "max", "min", "sum"])


def conjuncts(node: tree.Expression) -> list[tree.Expression]:
    """The operands of an `and`, each of which must hold; any other expression alone."""
    if isinstance(node, tree.And):
        return [part for operand in node.operands for part in conjuncts(operand)]
    return [node]


def _shortened(text: str) -> str:
    """An expression for a hint."""
    text = " ".join(text.split())
    return text if len(text) <= 40 else text[:37] + "…"
