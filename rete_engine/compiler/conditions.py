"""Second pass, per rule: the `when` with every name resolved, as conditions of the model."""

from __future__ import annotations

from dataclasses import replace

from rete_engine.compiler.accumulates import is_accumulate, read_accumulate
from rete_engine.compiler.alternatives import ReadBranch, merge
from rete_engine.compiler.checks import boolean, checked_type
from rete_engine.compiler.declared import Declared, DeclaredQuery, Reports
from rete_engine.compiler.following import Following, follow
from rete_engine.compiler.foreign import foreign_call
from rete_engine.compiler.inline import Inlining
from rete_engine.compiler.nearly import joined_patterns, meant_condition
from rete_engine.compiler.references import check_references, has_facts
from rete_engine.compiler.scope import Answers, RuleNames, Variable
from rete_engine.diagnostics.diagnostic import did_you_mean
from rete_engine.diagnostics.source import Span
from rete_engine.expressions import tree
from rete_engine.expressions.resolve import in_places, resolve
from rete_engine.expressions.type_rules import fits
from rete_engine.expressions.types import ANY, Type
from rete_engine.model.rules import (
    Alternatives,
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
                return self.test(node.value, node.span)
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
                return [self.alternatives(node)]
            case tree.ForallForm():
                return self.forall(node)
        self.reports.error(
            "RE0300",
            "this is a value, not a condition",
            node.span,
            meant_condition(node, self.names)
            or f"to ask whether it is true, write: test {_shortened(node.span.text)}",
        )
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
        if (wrong := joined_patterns(value, self.names)) is not None:
            self.reports.error("RE0300", wrong[0], value.span, wrong[1])
            slot = self.names.new_slot(node.name, ANY, is_fact=False)
            self.names.bind(node.name, node.name_span, Variable(slot, node.name_span))
            return []
        read = self.expression(value)
        type = checked_type(read.expression, self.names)
        slot = self.names.new_slot(node.name, type, is_fact=False)
        self.names.bind(node.name, node.name_span, Variable(slot, node.name_span))
        computation = Computation(node.span, slot, read.expression, each=False)
        return [*read.before, Compute(node.span, computation)]

    def expression(self, node: tree.Expression) -> Following:
        """A value within conditions, with the facts that it reads through references."""
        following = follow(resolve(node, self.names), self.names)
        check_references(following.expression, self.names)
        return following

    def each(self, node: tree.ForForm) -> list[Condition]:
        """`for v in e`."""
        read = self.expression(node.iterable)
        type = checked_type(read.expression, self.names)
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
        computation = Computation(node.span, slot, read.expression, each=True)
        return [*read.before, Compute(node.span, computation)]

    def test(self, value: tree.Expression, span: Span) -> list[Condition]:
        """`test e`."""
        self.complexity += 1
        read = self.expression(value)
        boolean(read.expression, self.names)
        return [*read.before, Test(span, Constraint(span, read.expression))]

    def exists(self, operand: tree.Expression, span: Span, *, negated: bool) -> list[Condition]:
        """`exists C` or `not C`; what C binds stays inside."""
        self.names.enter()
        conditions = tuple(self.condition(operand))
        self.names.leave()
        return [Exists(span, negated, conditions)] if conditions else []

    def alternatives(self, node: tree.Or) -> Condition:
        """`(C or D …)`."""
        self.count -= 1
        branches: list[ReadBranch] = []
        for operand in node.operands:
            self.names.enter()
            conditions = tuple(self.condition(operand))
            branches.append(ReadBranch(operand, conditions, self.names.leave()))
        return Alternatives(node.span, merge(branches, self.names))

    def forall(self, node: tree.ForallForm) -> list[Condition]:
        """`forall (C, D, …)`: there is no match of C without one of D and the others."""
        if len(node.operands) < 2:
            self.reports.error(
                "RE0300",
                "'forall' of one condition always holds",
                node.span,
                "write forall (C, D): each match of C must go with a match of D",
            )
        self.count += 1
        self.names.enter()
        first = self.condition(node.operands[0])
        self.names.enter()
        others = tuple(c for operand in node.operands[1:] for c in self.condition(operand))
        self.names.leave()
        self.names.leave()
        return [Exists(node.span, True, (*first, Exists(node.span, True, others)))]

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
            return self.pattern(node, template, name, name_span)
        query = declared.queries.get(function.name)
        if query is not None:
            return self.query(node, query, name, name_span)
        if is_accumulate(node, self.names):
            return self.accumulate(node, name, name_span)
        if function.name not in declared.functions:
            self.unreadable(node, name, name_span)
        if function.name in declared.declarations or function.name in declared.broken:
            return []  # the template itself was reported
        if function.name in declared.functions or function.name in BUILTIN_CALLS:
            self.reports.error(
                "RE0300",
                f"'{function.name}(…)' is the call of a function, not a pattern",
                node.span,
                f"to ask whether it is true, write: test {_shortened(node.span.text)}",
            )
            return []
        self.unknown(function)
        return []

    def unknown(self, function: tree.Name) -> None:
        """Report a call of what is not declared."""
        name, queries = function.name, self.names.declared.queries
        if queries and not name[:1].isupper():
            hint = did_you_mean(name, queries)
            self.reports.error("RE0109", f"unknown query '{name}'", function.span, hint)
            return
        hint = foreign_call(name) or did_you_mean(name, self.names.declared.templates)
        self.reports.error("RE0100", f"unknown template '{name}'", function.span, hint)

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

    # -- queries -------------------------------------------------------------------------------

    def query(
        self, node: tree.Call, query: DeclaredQuery, name: str | None, name_span: Span | None
    ) -> list[Condition]:
        """`[m :=] q(e, …)`: the query's conditions, with the arguments for its parameters."""
        names = self.names
        found, arguments = self.arguments(node, query)
        meaning = query.meaning
        if meaning is not None:
            self.count += meaning.count
        if arguments is None or meaning is None or self.count > MOST_CONDITIONS:
            self.unreadable(node, name, name_span)
            return []
        self.complexity += meaning.complexity
        given: list[tree.Expression] = []
        for argument, type, field in zip(
            arguments, query.parameters, query.template.fields, strict=True
        ):
            value = argument.value
            own = checked_type(value, names)
            if not is_sure(own, type, names.declared):
                what = f"{meaning.spec.name}({field.name})"
                value = tree.Converted(value.span, value, type, what)
            if not isinstance(value, SIMPLE):
                # A value of its own: a query may read its parameter many times.
                slot = names.new_slot(None, own if has_facts(own) else type, is_fact=False)
                computation = Computation(value.span, slot, value, each=False)
                found.append(Compute(value.span, computation))
                value = tree.SlotRef(value.span, slot.number, field.name)
            if isinstance(value, tree.FieldRef):
                names.named_fields.append(value)  # the query may leave its parameter out
            given.append(value)
        inlining = Inlining(names, meaning, given, name, node)
        found.extend(inlining.conditions())
        if name is not None and name_span is not None:
            slot = names.new_slot(name, Type(meaning.spec.name), is_fact=False)
            names.answers[slot.number] = Answers(meaning, inlining.variables())
            names.bind(name, name_span, Variable(slot, name_span))
        return found

    def arguments(
        self, node: tree.Call, query: DeclaredQuery
    ) -> tuple[list[Condition], tuple[tree.Argument, ...] | None]:
        """The arguments of a query, resolved, by its parameters; None where they are wrong.

        With them come the conditions that match what they read through references.
        """
        names, before = self.names, self.reports.errors
        found: list[Condition] = []
        resolved: list[tree.Argument] = []
        for argument in node.arguments:
            read = self.expression(argument.value)
            value = read.expression
            checked_type(value, names)
            found.extend(read.before)
            resolved.append(replace(argument, value=value))
            if argument.binds:
                names.report(
                    "RE0301", "':=' binds in patterns only, not in the call of a query",
                    argument.span, f"write {node.function.span.text}({value.span.text})",
                )  # fmt: skip
        if self.reports.errors > before:
            return found, None
        parameters = tuple(parameter.name for parameter in query.declaration.parameters)
        placed, problem = in_places(tuple(resolved), parameters)
        called, hint = query.declaration.name, f"it is declared as {query.signature}"
        if problem is not None:
            names.report("RE0203", f"'{called}' {problem}", node.span, hint)
            return found, None
        for argument, wanted in zip(placed, query.parameters, strict=True):
            given = checked_type(argument.value, names)
            if not fits(given, wanted):
                names.report(
                    "RE0203", f"'{called}' takes {wanted} here, not {given}", argument.span, hint
                )
        return found, placed if self.reports.errors == before else None

    # -- patterns ------------------------------------------------------------------------------

    def pattern(
        self, node: tree.Call, template: TemplateSpec, name: str | None, name_span: Span | None
    ) -> list[Condition]:
        """`[x :=] T(c, …)`.

        Behind a constraint that reads through a reference all further ones become conditions of
        their own, behind what it needs: their order is told, as one may guard another.
        """
        names = self.names
        slot = names.new_slot(name, Type(template.name), is_fact=True)
        if name is not None and name_span is not None:
            names.bind(name, name_span, Variable(slot, name_span))
        outer, names.pattern = names.pattern, slot
        parts: list[Constraint | Computation] = []
        behind: list[Condition] = []
        for argument in node.arguments:
            if argument.name is not None and not argument.binds:
                self.named(argument, template)
                continue
            if argument.name in template.positions and isinstance(argument.value, tree.Name):
                names.bound_field = argument.name
            read = self.expression(argument.value)
            names.bound_field = None
            behind.extend(read.before)
            found: list[Constraint | Computation] = []
            if argument.name is not None:
                found.extend(self.binding(argument, argument.name, read.expression))
            else:
                self.complexity += 1
                boolean(read.expression, names)
                found.extend(Constraint(argument.span, c) for c in conjuncts(read.expression))
            if behind:
                behind.extend(map(on_its_own, found))
            else:
                parts.extend(found)
        names.pattern = outer
        return [Pattern(node.span, slot, tuple(parts)), *behind]

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

    def binding(
        self, argument: tree.Argument, name: str, resolved: tree.Expression
    ) -> list[Computation]:
        """`v := e` in a pattern: another name for a field, or a computed value."""
        names = self.names
        span = argument.name_span or argument.span
        type = checked_type(resolved, names)
        pattern = names.pattern
        assert pattern is not None
        if isinstance(resolved, tree.FieldRef) and resolved.slot == pattern.number:
            slot = names.new_slot(name, type, is_fact=False)
            names.bind(name, span, Variable(slot, span, resolved, type))
            names.aliases[slot.number] = resolved
            if len(names.scopes) == 1:
                names.named_fields.append(resolved)
            return []
        slot = names.new_slot(name, type, is_fact=False)
        names.bind(name, span, Variable(slot, span))
        return [Computation(argument.span, slot, resolved, each=False)]


BUILTIN_CALLS = frozenset(["any", "all", "bool", "len", "max", "min", "sum"])


#: What may stand wherever a query reads its parameter.
SIMPLE = (tree.Constant, tree.FieldRef, tree.SlotRef, tree.ParamRef)


def is_sure(given: Type, wanted: Type, declared: Declared) -> bool:
    """Whether a value of a type needs no check and no conversion to be one of the other."""
    if wanted.name == "any":
        return True
    if (given.optional or given.name == "none") and not wanted.optional:
        return False
    if given.name == "none":
        return True
    template = declared.templates.get(given.name)
    if template is not None:
        return wanted.name in template.ancestors
    return given.name == wanted.name and wanted.arguments in ((), given.arguments)


def conjuncts(node: tree.Expression) -> list[tree.Expression]:
    """The operands of an `and`, each of which must hold; any other expression alone."""
    if isinstance(node, tree.And):
        return [part for operand in node.operands for part in conjuncts(operand)]
    return [node]


def on_its_own(part: Constraint | Computation) -> Condition:
    """A part of a pattern as a condition."""
    if isinstance(part, Constraint):
        return Test(part.span, part)
    return Compute(part.span, part)


def _shortened(text: str) -> str:
    """An expression for a hint."""
    text = " ".join(text.split())
    return text if len(text) <= 40 else text[:37] + "…"
