"""The `then` of a rule, and facts blocks: names resolved, fields checked, made into statements."""

from __future__ import annotations

from rete_engine.compiler.checks import boolean, check_value, checked_type
from rete_engine.compiler.declared import Declared
from rete_engine.compiler.place_names import PlaceNames
from rete_engine.compiler.scope import RuleNames, Variable, field_of, unknown_field
from rete_engine.diagnostics.diagnostic import did_you_mean
from rete_engine.diagnostics.source import Span
from rete_engine.expressions import tree
from rete_engine.expressions.frame import Node
from rete_engine.expressions.lowering import Scope, lower
from rete_engine.expressions.reads import Constant
from rete_engine.expressions.resolve import resolve
from rete_engine.expressions.types import ANY, Type
from rete_engine.model import actions as model
from rete_engine.network.statements import (
    LOG_LEVELS,
    EmitStatement,
    EvaluateStatement,
    FocusStatement,
    ForStatement,
    HaltStatement,
    IfStatement,
    InsertStatement,
    LogStatement,
    ModifyStatement,
    PrintStatement,
    RetractStatement,
    Statement,
)
from rete_engine.network.templates import TemplateSpec


class ActionNames(PlaceNames):
    """Names in an action: the variables of the conditions, its own, parameters."""

    allows_now = True

    def __init__(self, declared: Declared, rule: RuleNames | None) -> None:
        super().__init__(declared)
        self.rule = rule  # None in a facts block
        self.scopes: list[dict[str, int]] = [self.visible]

    def variable(self, name: str) -> Variable | None:
        """What the conditions bound to a name."""
        return self.rule.scopes[0].get(name) if self.rule is not None else None

    def name(self, node: tree.Name) -> tree.Expression:
        """A variable of the action, else of the conditions, else a parameter."""
        if node.name not in self.visible:
            variable = self.variable(node.name)
            if variable is not None and self.rule is not None:
                self.rule.use(variable, node.span)
                return tree.SlotRef(node.span, variable.slot.number, node.name)
        return super().name(node)

    def function(self, node: tree.Name) -> tree.FunctionRef | None:
        """The declared function of a name, or a query: its call is a list of its answers."""
        query = self.declared.queries.get(node.name)
        if query is None or self.rule is None:  # a facts block asks nothing
            return super().function(node)
        answers = Type("list", (Type(node.name),))
        return tree.FunctionRef(node.span, "query", query.number, node.name, answers)

    def parameters(self, function: tree.FunctionRef) -> tuple[str, ...] | None:
        """The names of the parameters of a function or a query."""
        if function.kind == "query":
            declaration = self.declared.queries[function.name].declaration
            return tuple(parameter.name for parameter in declaration.parameters)
        return super().parameters(function)

    def signature(self, function: tree.FunctionRef) -> str | None:
        """A hint that tells how a query is asked."""
        if function.kind == "query":
            return f"it is declared as {self.declared.queries[function.name].signature}"
        return super().signature(function)

    def known(self) -> list[str]:
        """The names that could have been meant."""
        return [*super().known(), *(self.rule.scopes[0] if self.rule is not None else ())]

    def unknown(self, node: tree.Name) -> None:
        """Report a name that means nothing here; a field's name gets a hint of its own."""
        if self.rule is not None and node.name not in self.declared.broken:
            for slot in self.rule.slots:
                template = self.rule.template(slot) if slot.is_fact else None
                if template is not None and node.name in template.positions:
                    owner = slot.name or "x"
                    hint = f"for the field of {template.name}, write {owner}.{node.name}"
                    if slot.name is None:
                        hint += f" and name the pattern: x := {template.name}(…)"
                    self.report("RE0102", f"unknown name '{node.name}'", node.span, hint)
                    return
        super().unknown(node)

    def attribute(self, target: tree.Expression, node: tree.Attribute) -> tree.Expression | None:
        """`x.f` where x holds a fact of a known template."""
        if isinstance(target, tree.SlotRef) and self.rule is not None:
            answers = self.rule.answers.get(target.slot)
            if answers is not None and node.name in answers.variables:
                number = answers.variables[node.name].slot.number
                return tree.SlotRef(node.span, number, node.name)
            slot = self.rule.slots[target.slot]
            template = self.rule.template(slot)
            if template is not None and slot.is_fact:
                return field_of(template, slot.number, node, self.declared)
        query = self.declared.queries.get(self.type_of(target).name)
        if query is not None:
            if query.meaning is not None and node.name not in query.meaning.variables:
                self.unknown_variable(query.meaning, node)
            return None
        template = self.template_of(target)
        if template is not None and node.name not in template.positions and not template.open:
            unknown_field(template, node.name, node.name_span, self.declared.reports)
        return None

    def template_of(self, value: tree.Expression) -> TemplateSpec | None:
        """The template of a fact, as far as it is known before a run."""
        type = self.type_of(value)
        return self.declared.templates.get(type.name) if type.is_fact else None

    def type_of(self, value: tree.Expression) -> Type:
        """The type of what may be a fact, as far as it is known before a run."""
        if isinstance(value, tree.LocalRef):
            return self.local_types.get(value.index, ANY)
        if isinstance(value, tree.SlotRef) and self.rule is not None:
            return self.rule.slots[value.slot].type
        if isinstance(value, tree.FieldRef) and self.rule is not None:
            template = self.rule.template(self.rule.slots[value.slot])
            if template is not None:
                return self.declared.field_type(template, value.index)
        if isinstance(value, tree.Attribute):
            query = self.declared.queries.get(self.type_of(value.target).name)
            if query is not None and query.meaning is not None:
                variable = query.meaning.variables.get(value.name)
                return ANY if variable is None else variable.slot.type
        return ANY

    def meaning(self, name: str) -> str | None:
        """What a name already is here."""
        return "variable" if self.variable(name) is not None else super().meaning(name)

    def assign(self, name: str, span: Span, type: Type) -> int:
        """The local variable of a name; one of the conditions cannot be given a new value."""
        index = self.visible.get(name)
        if index is not None:
            if self.local_types.get(index, ANY) != type:
                self.local_types[index] = ANY
            return index
        variable = self.variable(name)
        if variable is not None:
            self.report(
                "RE0107", f"'{name}' is bound by a condition and keeps its value", span,
                "choose another name",
            )  # fmt: skip
        elif name in self.declared.params:
            self.report("RE0107", f"'{name}' is a param already", span, "choose another name")
        index = self.local(name)
        self.visible[name] = index
        self.local_types[index] = type
        return index


class ActionReader:
    """Reads the statements of one action."""

    def __init__(self, names: ActionNames, scope: Scope | None) -> None:
        self.names = names
        self.scope = scope  # None when the rule has errors: then only they matter
        self.declared = names.declared
        self.reports = names.declared.reports

    def read(self, actions: tuple[model.Action, ...]) -> tuple[Statement, ...]:
        """The statements; wrong ones are reported."""
        return tuple(statement for action in actions for statement in self.statement(action))

    def statement(self, action: model.Action) -> list[Statement]:
        """One statement; none when it is wrong."""
        line = action.span.line
        match action:
            case model.InsertAction() | model.UpsertAction():
                return self.insert(action)
            case model.ModifyAction():
                return self.modify(action)
            case model.RetractAction():
                return [self.retract(action)]
            case model.CallAction():
                return self.call(action)
            case model.AssignAction():
                value = resolve(action.value, self.names)
                type = checked_type(value, self.names)
                index = self.names.assign(action.name, action.name_span, type)
                return [EvaluateStatement(line, self.lower(value), index)]
            case model.IfAction():
                branches = tuple(
                    (self.condition(condition), self.block(body))
                    for condition, body in action.branches
                )
                return [IfStatement(line, branches, self.block(action.otherwise))]
            case model.ForAction():
                return self.loop(action)
            case model.EmitAction():
                return [EmitStatement(line, self.value(action.value))]
            case model.PrintAction():
                return [PrintStatement(line, tuple(self.value(v) for v in action.values))]
            case model.LogAction():
                level = action.level
                if isinstance(level, tree.Constant) and level.value not in LOG_LEVELS:
                    self.reports.error(
                        "RE0305",
                        f"a log level is one of {', '.join(LOG_LEVELS)}",
                        level.span,
                        did_you_mean(str(level.value), LOG_LEVELS),
                    )
                return [LogStatement(line, self.value(level), self.value(action.value))]
            case model.FocusAction():
                group = self.declared.groups.focus(action.group, action.span, self.reports)
                return [FocusStatement(line, group)]
            case model.HaltAction():
                return [HaltStatement(line)]
        raise AssertionError(action)

    def block(self, actions: tuple[model.Action, ...]) -> tuple[Statement, ...]:
        """The statements of a branch or a loop; what they assign is not seen behind it."""
        outer = dict(self.names.visible)
        statements = self.read(actions)
        self.names.visible = outer
        return statements

    # -- expressions ---------------------------------------------------------------------------

    def lower(self, resolved: tree.Expression) -> Node:
        """The evaluator of a resolved expression."""
        if self.scope is None or self.reports.has_errors:
            return Constant(None)
        return lower(resolved, self.scope)

    def value(self, expression: tree.Expression) -> Node:
        """The evaluator of an expression as written."""
        resolved = resolve(expression, self.names)
        checked_type(resolved, self.names)
        return self.lower(resolved)

    def condition(self, expression: tree.Expression) -> Node:
        """The evaluator of an `if`."""
        resolved = resolve(expression, self.names)
        boolean(resolved, self.names)
        return self.lower(resolved)

    def retract(self, action: model.RetractAction) -> Statement:
        """`retract`."""
        targets = [resolve(target, self.names) for target in action.targets]
        templates = [self.names.template_of(target) for target in targets]
        return RetractStatement(
            action.span.line,
            tuple(self.fact(target, e) for target, e in zip(targets, action.targets, strict=True)),
            tuple(template.name if template is not None else "" for template in templates),
        )

    def fact(self, resolved: tree.Expression, expression: tree.Expression) -> Node:
        """The evaluator of an expression that must give a fact."""
        type = checked_type(resolved, self.names)
        if not type.is_fact and type.name != "any":
            self.reports.error(
                "RE0305", f"a fact is needed here, this is of type {type}", expression.span,
                "name the pattern (x := T(…)) and use x",
            )  # fmt: skip
        return self.lower(resolved)

    # -- statements ----------------------------------------------------------------------------

    def call(self, action: model.CallAction) -> list[Statement]:
        """A call for what it does."""
        function = action.call.function
        if isinstance(function, tree.Name) and function.name in self.declared.templates:
            self.reports.error(
                "RE0305",
                f"'{function.name}' is a template",
                action.span,
                f"to make a fact, write: insert {function.name}(…)",
            )
            return []
        return [EvaluateStatement(action.span.line, self.value(action.call), -1)]

    def loop(self, action: model.ForAction) -> list[Statement]:
        """`for v in e`."""
        iterable = resolve(action.iterable, self.names)
        type = checked_type(iterable, self.names)
        element = ANY
        if type.name in ("list", "set", "dict") and type.arguments:
            element = type.arguments[0]
        elif type.name not in ("list", "set", "dict", "tuple", "str", "any"):
            self.reports.error(
                "RE0202",
                f"'for' needs a list, set, dict, tuple or str, not {type}",
                action.iterable.span,
            )
        outer = dict(self.names.visible)
        index = self.names.assign(action.name, action.name_span, element)
        body = self.read(action.body)
        self.names.visible = outer
        return [ForStatement(action.span.line, self.lower(iterable), index, body)]

    def insert(self, action: model.InsertAction | model.UpsertAction) -> list[Statement]:
        """`insert` and `upsert`."""
        logical = isinstance(action, model.InsertAction) and action.logical
        upsert = isinstance(action, model.UpsertAction)
        function = action.fact.function
        template = None
        if isinstance(function, tree.Name):
            template = self.declared.template(function.name, function.span)
        if template is None:
            for argument in action.fact.arguments:
                resolve(argument.value, self.names)
            if action.name is not None and action.name_span is not None:
                self.names.assign(action.name, action.name_span, ANY)
            return []
        fields = self.fields(template, action.fact.arguments)
        given = {name for name, _ in fields}
        # An argument that names no field may be meant for the one that is missing.
        known = template.open or given <= template.positions.keys()
        if known and len(fields) == len(action.fact.arguments):
            self.check_given(template, given, action.fact.span, upsert)
        index = -1
        if action.name is not None and action.name_span is not None:
            index = self.names.assign(action.name, action.name_span, Type(template.name))
        return [InsertStatement(action.span.line, template, fields, index, upsert, logical)]

    def check_given(
        self, template: TemplateSpec, given: set[str], span: Span, upsert: bool
    ) -> None:
        """Report what a fact needs and does not get."""
        if upsert and template.key is None:
            self.reports.error(
                "RE0305", f"{template.name} declares no key, so it cannot be upserted", span,
                f"declare one: template {template.name} key(…)",
            )  # fmt: skip
            return
        for position, field in enumerate(template.fields):
            in_key = template.key is not None and (position + template.first_field in template.key)
            if field.required and field.name not in given and (in_key or not upsert):
                self.reports.error(
                    "RE0204",
                    f"{template.name} needs a value for '{field.name}'",
                    span,
                    f"give one: {field.name} = …, or declare a default",
                )

    def fields(
        self, template: TemplateSpec, arguments: tuple[tree.Argument, ...]
    ) -> tuple[tuple[str, Node], ...]:
        """The fields of an insert or a modify; wrong ones are reported."""
        found: list[tuple[str, Node]] = []
        seen: set[str] = set()
        for argument in arguments:
            name = argument.name
            if name is None or argument.binds:
                self.positional(template, argument)
                continue
            resolved = resolve(argument.value, self.names)
            type = checked_type(resolved, self.names)
            span = argument.name_span or argument.span
            if name in seen:
                self.reports.error("RE0305", f"'{name}' is given twice", span)
            seen.add(name)
            index = template.positions.get(name)
            if index is None:
                if not template.open:
                    unknown_field(template, name, span, self.reports)
                elif name.startswith("_"):
                    self.reports.error(
                        "RE0108", f"'{name}': a field's name cannot begin with '_'", span
                    )
            else:
                field = template.fields[index - template.first_field]
                check_value(template.name, field, resolved, type, self.names)
            found.append((name, self.lower(resolved)))
        return tuple(found)

    def positional(self, template: TemplateSpec, argument: tree.Argument) -> None:
        """Report an argument of a facts block that is not `field = value`."""
        value = argument.value
        hint: str | None = None
        if argument.binds:
            hint = f"write {argument.name} = {value.span.text}"
        elif isinstance(value, tree.Compare) and value.rest[0][0] == "==":
            hint = f"'=' sets a field: {value.first.span.text} = {value.rest[0][1].span.text}"
        elif template.positions:
            hint = f"write {next(iter(template.positions))} = …"
        self.reports.error("RE0305", "a field needs '='", argument.span, hint)

    def modify(self, action: model.ModifyAction) -> list[Statement]:
        """`modify`."""
        target = resolve(action.target, self.names)
        type = checked_type(target, self.names)
        template = self.names.template_of(target)
        if template is None:
            if isinstance(action.target, tree.Name) and (
                action.target.name in self.declared.templates
            ):
                pass  # reported as a template that is no value
            elif not type.is_fact and type.name != "any":
                self.reports.error(
                    "RE0305", f"modify needs a fact, this is of type {type}", action.target.span,
                    "name the pattern (x := T(…)) and modify x",
                )  # fmt: skip
            fields = tuple(
                (argument.name, self.value(argument.value))
                for argument in action.arguments
                if argument.name is not None
            )
        else:
            fields = self.fields(template, action.arguments)
        if not action.arguments:
            self.reports.error(
                "RE0305", "modify changes nothing", action.span, "write modify x(field = value)"
            )
        name = template.name if template is not None else ""
        return [ModifyStatement(action.span.line, self.lower(target), fields, name)]
