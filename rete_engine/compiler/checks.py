"""What types tell before a run: values that cannot fit, comparisons that cannot hold."""

from __future__ import annotations

from rete_engine.compiler.place_names import PlaceNames
from rete_engine.compiler.scope import RuleNames
from rete_engine.diagnostics.errors import FactError, SecurityError
from rete_engine.expressions import tree
from rete_engine.expressions.frame import Limits
from rete_engine.expressions.inference import infer
from rete_engine.expressions.totality import is_total
from rete_engine.expressions.type_rules import TypeEnvironment, fits, type_of
from rete_engine.expressions.types import ANY, Type
from rete_engine.network.templates import FieldSpec


class PlaceTypes(TypeEnvironment):
    """The types of the leaves at one place of a rule text."""

    def __init__(self, names: PlaceNames, rule: RuleNames | None) -> None:
        self.names = names
        self.rule = rule
        self.declared = names.declared

    def field(self, node: tree.FieldRef) -> Type:
        """The type of a field of a pattern's fact."""
        template = None
        if self.rule is not None:
            template = self.rule.template(self.rule.slots[node.slot])
        if template is None:
            return ANY
        return self.declared.field_type(template, node.index)

    def slot(self, node: tree.SlotRef) -> Type:
        """The type of a variable."""
        if self.rule is None:
            return ANY
        if self.names is self.rule and node.slot in self.rule.answers:
            query = self.rule.answers[node.slot].query
            shown = next(iter(query.variables), "variable")
            self.report(
                "RE0301",
                f"'{node.name}' is an answer of the query '{query.spec.name}': a condition reads"
                " what it has bound",
                node,
                f"write {node.name}.{shown}",
            )
        return self.rule.slots[node.slot].type

    def param(self, node: tree.ParamRef) -> Type:
        """The type of a parameter."""
        return self.declared.params[node.name].type

    def local(self, node: tree.LocalRef) -> Type:
        """The type of a local variable."""
        return self.names.local_types.get(node.index, ANY)

    def result(self, node: tree.FunctionRef) -> Type:
        """The result type of a declared function."""
        if node.kind == "query":
            return node.result
        return self.declared.functions[node.name].result

    def parameters(self, node: tree.FunctionRef) -> tuple[Type, ...]:
        """The types of the parameters of a declared function."""
        if node.kind == "query":
            return self.declared.queries[node.name].parameters
        return self.declared.functions[node.name].parameters

    def attribute(self, target: Type, name: str) -> Type:
        """The type of a field that is read through a reference."""
        query = self.declared.queries.get(target.name)
        if query is not None and query.meaning is not None:
            variable = query.meaning.variables.get(name)
            return ANY if variable is None else variable.slot.type
        template = self.declared.templates.get(target.name)
        if template is None or name not in template.positions:
            return ANY
        return self.declared.field_type(template, template.positions[name])

    def report(self, code: str, message: str, node: tree.Expression, hint: str | None) -> None:
        """Take up an error."""
        self.declared.reports.error(code, message, node.span, hint)


class SilentTypes(PlaceTypes):
    """Types without reports: what is wrong with them is said when they are checked."""

    def __init__(self, names: PlaceNames) -> None:
        super().__init__(names, types_at(names).rule)

    def report(self, code: str, message: str, node: tree.Expression, hint: str | None) -> None:
        """Say nothing."""


def learn_comprehension(node: tree.Comprehension, types: PlaceTypes) -> None:
    """Note the types of the variables of a comprehension."""
    for clause in node.clauses:
        type = infer(clause.iterable, types)
        of_items = type.name in ("list", "set", "dict") and type.arguments
        element = type.arguments[0] if of_items else ANY
        for index in clause.locals:
            types.names.local_types[index] = element if len(clause.locals) == 1 else ANY


def types_at(names: PlaceNames) -> PlaceTypes:
    """The types at a place."""
    if isinstance(names, RuleNames):
        return PlaceTypes(names, names)
    return PlaceTypes(names, getattr(names, "rule", None))


def checked_type(resolved: tree.Expression, names: PlaceNames) -> Type:
    """The type of an expression as far as it is known; impossible operations are reported."""
    if isinstance(resolved, tree.Constant):
        return type_of(resolved.value)
    return infer(resolved, types_at(names))


def total(resolved: tree.Expression, names: PlaceNames) -> bool:
    """Whether evaluating an expression can never raise."""
    return is_total(resolved, types_at(names))


def boolean(resolved: tree.Expression, names: PlaceNames) -> None:
    """Check an expression whose truth is asked for."""
    type = checked_type(resolved, names)
    if isinstance(resolved, tree.Constant) and type.name != "bool":
        _says_nothing(resolved, "compare it with something", names)
    operands(resolved, names)


def operands(resolved: tree.Expression, names: PlaceNames) -> None:
    """Report constants among what `and`, `or` and `not` join, as in `status == "new" or "open"`."""
    if isinstance(resolved, tree.Not):
        boolean(resolved.operand, names)
    elif isinstance(resolved, tree.And | tree.Or):
        for operand in resolved.operands:
            if isinstance(operand, tree.Constant) and type_of(operand.value).name != "bool":
                hint = _listed(resolved) or "compare it with something"
                _says_nothing(operand, hint, names)
                return
            operands(operand, names)


def _says_nothing(constant: tree.Constant, hint: str, names: PlaceNames) -> None:
    text = constant.span.text or str(type_of(constant.value))
    message = f"{text} is a constant, so this says nothing"
    names.report("RE0202", message, constant.span, hint)


def _listed(joined: tree.And | tree.Or) -> str | None:
    """How to write `x == 1 or 2`: as a list of values; None where that is not what is written."""
    first, *others = joined.operands
    if not isinstance(first, tree.Compare) or len(first.rest) != 1:
        return None
    operator, value = first.rest[0]
    values = (value, *others)
    if operator not in ("==", "!=") or not all(isinstance(v, tree.Constant) for v in values):
        return None
    listed = ", ".join(each.span.text for each in values)
    return f"write: {first.first.span.text} {'in' if operator == '==' else 'not in'} ({listed})"


def check_value(
    template: str, field: FieldSpec, resolved: tree.Expression, type: Type, names: PlaceNames
) -> None:
    """Report a value that cannot be one of a field's."""
    if isinstance(resolved, tree.Constant):
        try:
            field.accept(template, resolved.value, Limits())
        except FactError as error:
            code = "RE0201" if "is not one of" in str(error) else "RE0200"
            names.report(code, str(error), resolved.span)
        except SecurityError as error:
            names.report("RE0200", str(error), resolved.span)
    elif type.name in names.declared.queries:
        names.report(
            "RE0200",
            f"an answer of the query '{type.name}' cannot be kept in a fact",
            resolved.span,
            "keep what it has bound",
        )
    elif not fits(type, field.type):
        names.report(
            "RE0200",
            f"{template}.{field.name} is of type {field.type}, not {type}",
            resolved.span,
        )
