"""Names: what is declared in a rule set, and what a bare name means at one place."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from rete_engine.compiler.groups import Groups
from rete_engine.diagnostics.diagnostic import Diagnostic, Note, did_you_mean
from rete_engine.diagnostics.source import Span
from rete_engine.expressions import tree
from rete_engine.expressions.resolve import Names
from rete_engine.expressions.signatures import BUILTINS
from rete_engine.expressions.types import ANY, Type
from rete_engine.model.declarations import (
    FunctionDeclaration,
    ParamDeclaration,
    QueryDeclaration,
    TemplateDeclaration,
)
from rete_engine.model.rules import Condition, Slot
from rete_engine.network.accumulates import BUILT_IN
from rete_engine.network.rules import QuerySpec
from rete_engine.network.templates import TemplateSpec


class Reports:
    """Collects diagnostics."""

    def __init__(self) -> None:
        self.diagnostics: list[Diagnostic] = []
        # Whether there was an error, here or before: then nothing is made of what is read.
        self.has_errors = False
        self.errors = 0

    def error(
        self, code: str, message: str, span: Span, hint: str | None = None, *notes: Note
    ) -> None:
        """Take up an error."""
        self.has_errors = True
        self.errors += 1
        self.diagnostics.append(Diagnostic(code, message, span, hint, "error", notes))

    def warning(
        self, code: str, message: str, span: Span, hint: str | None = None, *notes: Note
    ) -> None:
        """Take up a warning."""
        self.diagnostics.append(Diagnostic(code, message, span, hint, "warning", notes))

    @contextmanager
    def apart(self) -> Iterator[list[Diagnostic]]:
        """Let what is taken up meanwhile stand in a list of its own; an error there is none."""
        together = (self.diagnostics, self.has_errors)
        self.diagnostics = []
        try:
            yield self.diagnostics
        finally:
            self.diagnostics, self.has_errors = together


@dataclass
class Param:
    """A parameter of the rule set."""

    number: int
    declaration: ParamDeclaration
    type: Type


@dataclass
class DeclaredFunction:
    """A function: of the language (`number` among those) or external (among these)."""

    number: int
    declaration: FunctionDeclaration
    parameters: tuple[Type, ...]
    result: Type

    @property
    def is_external(self) -> bool:
        """Whether the program provides it."""
        return self.declaration.body is None


@dataclass
class QueryMeaning:
    """What the conditions of a query say, for those who ask it."""

    spec: QuerySpec
    names: RuleNames
    arguments: Slot  # filled by the record of the arguments
    conditions: tuple[Condition, ...]
    variables: dict[str, Variable]  # what an answer has
    count: int  # of conditions, nested ones too
    complexity: int  # constraints and tests as written


@dataclass
class DeclaredQuery:
    """A query, by its declaration."""

    number: int
    declaration: QueryDeclaration
    parameters: tuple[Type, ...]
    template: TemplateSpec  # of the record of arguments
    meaning: QueryMeaning | None = None  # None when there is something wrong with it

    @property
    def signature(self) -> str:
        """How it is asked."""
        parameters = zip(self.declaration.parameters, self.parameters, strict=True)
        listed = ", ".join(f"{parameter.name}: {type}" for parameter, type in parameters)
        return f"{self.declaration.name}({listed})"


@dataclass
class Declared:
    """Everything that a rule set declares, by name."""

    reports: Reports
    templates: dict[str, TemplateSpec] = field(default_factory=dict)
    declarations: dict[str, TemplateDeclaration] = field(default_factory=dict)
    # Those of Python classes that a text declares too.
    classes: dict[str, TemplateDeclaration] = field(default_factory=dict)
    params: dict[str, Param] = field(default_factory=dict)
    functions: dict[str, DeclaredFunction] = field(default_factory=dict)
    queries: dict[str, DeclaredQuery] = field(default_factory=dict)
    arguments: dict[str, TemplateSpec] = field(default_factory=dict)  # of queries, by its name
    accumulators: dict[str, int] = field(default_factory=dict)  # of the program, numbered
    # Further fields of open templates that conditions read: their places behind all declared ones.
    further: dict[str, int] = field(default_factory=dict)
    reading: set[str] = field(default_factory=set)  # functions that read through references
    # Names whose declarations could not be read: nothing is said of their uses.
    broken: set[str] = field(default_factory=set)
    groups: Groups = field(default_factory=Groups)

    def template(self, name: str, span: Span) -> TemplateSpec | None:
        """The template of a name; an unknown one is reported."""
        template = self.templates.get(name)
        if template is None and name not in self.declarations and name not in self.broken:
            self.reports.error(
                "RE0100", f"unknown template '{name}'", span, did_you_mean(name, self.templates)
            )
        return template

    def only_accumulates(self, name: str) -> bool:
        """Whether a name is that of an accumulator and of nothing else."""
        if name in self.functions or name in self.declarations or name in self.queries:
            return False
        return name in self.accumulators or (name in BUILT_IN and name not in BUILTINS)

    def further_field(self, name: str) -> int:
        """What stands for a further field's index: its place, negative."""
        if name not in self.further:
            width = 1 + max(len(template.positions) for template in self.templates.values())
            self.further[name] = width + len(self.further)
        return -self.further[name]

    def field_type(self, template: TemplateSpec, index: int) -> Type:
        """The type of a field by its position; further fields of open templates are any."""
        position = index - template.first_field
        return template.fields[position].type if position >= 0 else Type("any", optional=True)


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
        if node.name.lower() in ("null", "nil", "undefined"):
            return "write 'none'"
        return did_you_mean(node.name, self.known())

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
            hint = did_you_mean(name.name, known)
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


@dataclass
class Variable:
    """A variable of a rule's conditions."""

    slot: Slot
    span: Span  # where it was bound
    alias: tree.FieldRef | None = None  # for `v := field`: the field it stands for
    alias_type: Type = ANY
    used: bool = False
    each: bool = False  # of `for v in e`, which cannot go without it
    parts: tuple[Variable, ...] = ()  # what the branches of an `or` bound, where it is of one
    problem: str | None = None  # why it cannot be used: branches of an `or` do not agree on it

    @property
    def type(self) -> Type:
        """The type of its values."""
        return self.alias_type if self.alias is not None else self.slot.type

    def reference(self, name: str) -> tree.SlotRef | tree.FieldRef:
        """What it stands for, as a resolved tree."""
        return self.alias or tree.SlotRef(self.span, self.slot.number, name)

    def unread(self) -> list[Variable]:
        """The bindings that nothing reads: itself, or those in the branches of an `or`."""
        if self.used:
            return []
        return [each for part in self.parts for each in part.unread()] if self.parts else [self]


@dataclass(frozen=True)
class Followed:
    """A pattern that conditions were given because they read through a reference to its fact."""

    slot: Slot
    optional: bool  # whether the reference may be none: then there are two alternatives
    # What slots stand for where the reference leads to a fact, and where it is none.
    found: list[tuple[int, tree.Expression]]
    none: list[tuple[int, tree.Expression]]


@dataclass
class Answers:
    """What a variable that holds the answer of a query stands for."""

    query: QueryMeaning
    variables: dict[str, Variable]


class RuleNames(PlaceNames):
    """Names in the conditions of a rule: fields of the pattern, variables, parameters."""

    def __init__(self, declared: Declared) -> None:
        super().__init__(declared)
        self.slots: list[Slot] = []
        self.scopes: list[dict[str, Variable]] = [{}]  # inner ones: within `not` and `exists`
        self.masks: dict[int, int] = {}  # by slot: the field bits read, once all are known
        # The references that the conjunctions around follow, as deep as `scopes`.
        self.followed: list[dict[Hashable, Followed]] = [{}]
        self.handed: set[int] = set()  # slots of facts, or none, that functions are handed
        self.pattern: Slot | None = None  # the pattern whose constraint is being read
        self.lines: dict[str, int] = {}  # where the conditions of the rule bind names
        # Slots that hold nothing themselves: of another name for a field, and of an answer.
        self.aliases: dict[int, tree.FieldRef] = {}
        self.answers: dict[int, Answers] = {}
        # Fields that conditions read by naming them alone: `v := field`, where it is not within a
        # `not` or `exists` or is in a branch of an `or`, and an argument of a query.
        self.named_fields: list[tree.FieldRef] = []

    # -- variables -----------------------------------------------------------------------------

    def enter(self) -> None:
        """Begin a scope: what is bound and followed from here on stays inside."""
        self.scopes.append({})
        self.followed.append({})

    def leave(self) -> dict[str, Variable]:
        """End a scope; what it bound is handed out."""
        self.followed.pop()
        return self.scopes.pop()

    def followed_by(self, key: Hashable) -> Followed | None:
        """The pattern that follows a reference already."""
        for scope in self.followed:
            if key in scope:
                return scope[key]
        return None

    def variable(self, name: str) -> Variable | None:
        """The visible variable of a name."""
        for scope in reversed(self.scopes):
            if name in scope:
                return scope[name]
        return None

    def new_slot(self, name: str | None, type: Type, is_fact: bool) -> Slot:
        """A further slot."""
        slot = Slot(len(self.slots), name, type, is_fact)
        self.slots.append(slot)
        return slot

    def use(self, variable: Variable, span: Span) -> None:
        """Note that a variable is read; one that branches of an `or` do not share is reported."""
        variable.used = True
        if variable.problem is not None:
            self.report(
                "RE0110", variable.problem, span,
                "bind it in every alternative, with one type, or use it within the alternative",
            )  # fmt: skip

    def bind(self, name: str, span: Span, variable: Variable) -> None:
        """Make a variable visible; a name that is taken is reported."""
        other = self.variable(name)
        if other is not None:
            self.declared.reports.error(
                "RE0107",
                f"variable '{name}' is bound twice",
                span,
                f"to compare with it, write '==': … == {name}",
                Note("bound here first", other.span),
            )
            return
        if name in self.declared.params:
            self.report("RE0107", f"'{name}' is a param already", span, "choose another name")
            return
        self.scopes[-1][name] = variable

    def note_lines(self, conditions: tuple[tree.Expression, ...]) -> None:
        """Note where conditions bind names, for hints."""
        for condition in conditions:
            if isinstance(condition, tree.Bind):
                self.lines.setdefault(condition.name, condition.span.line)

    # -- what names mean -----------------------------------------------------------------------

    def template(self, slot: Slot) -> TemplateSpec | None:
        """The template of a slot's fact."""
        if not slot.type.is_fact:
            return None
        name = slot.type.name
        return self.declared.templates.get(name) or self.declared.arguments.get(name)

    def name(self, node: tree.Name) -> tree.Expression:
        """A field of the pattern, else a variable, else a parameter, else a further field."""
        variable = self.variable(node.name)
        template = self.template(self.pattern) if self.pattern is not None else None
        if self.pattern is not None and template is not None:
            index = template.positions.get(node.name)
            if index is not None:
                own = variable.alias if variable is not None else None
                is_own = own is not None and (own.slot, own.index) == (self.pattern.number, index)
                if variable is not None and not is_own:
                    self.ambiguous(node, template)
                    return node
                return tree.FieldRef(node.span, self.pattern.number, index, node.name)
        if variable is not None:
            self.use(variable, node.span)
            if variable.alias is not None:
                alias = variable.alias
                return tree.FieldRef(node.span, alias.slot, alias.index, alias.name)
            return tree.SlotRef(node.span, variable.slot.number, node.name)
        if node.name in self.visible or node.name in self.declared.params:
            return super().name(node)
        if self.pattern is not None and template is not None and template.open:
            index = self.declared.further_field(node.name)
            return tree.FieldRef(node.span, self.pattern.number, index, node.name)
        self.unknown(node)
        return node

    def ambiguous(self, node: tree.Name, template: TemplateSpec) -> None:
        """Report a name that could be a field and a variable."""
        slot = self.pattern
        own = slot.name if slot is not None else None
        hint = f"give the pattern a name and write x.{node.name} for the field, or rename the"
        if own == node.name:  # the pattern's own variable has the name of its field
            hint = "rename the"
        elif own is not None:
            hint = f"write {own}.{node.name} for the field, or rename the"
        self.report(
            "RE0106",
            f"'{node.name}' is a field of {template.name} and a variable",
            node.span,
            f"{hint} variable",
        )

    def hint(self, node: tree.Name) -> str | None:
        """A name may be bound further down."""
        line = self.lines.get(node.name, 0)
        if line > node.span.line:
            return f"it is bound in line {line}: move that condition up"
        return super().hint(node)

    def known(self) -> list[str]:
        """The names that could have been meant."""
        found = super().known()
        for scope in self.scopes:
            found.extend(scope)
        if self.pattern is not None:
            template = self.template(self.pattern)
            if template is not None:
                found.extend(template.positions)
        return found

    def meaning(self, name: str) -> str | None:
        """What a name already is here."""
        if self.pattern is not None:
            template = self.template(self.pattern)
            if template is not None and name in template.positions:
                return "field"
        return "variable" if self.variable(name) is not None else super().meaning(name)

    def attribute(self, target: tree.Expression, node: tree.Attribute) -> tree.Expression | None:
        """`x.f` where x is the fact of a pattern."""
        if not isinstance(target, tree.SlotRef):
            return None
        answers = self.answers.get(target.slot)
        if answers is not None:
            return self.of_answer(answers, node)
        slot = self.slots[target.slot]
        template = self.template(slot)
        if template is None or not slot.is_fact:
            return None
        return field_of(template, slot.number, node, self.declared)

    def of_answer(self, answers: Answers, node: tree.Attribute) -> tree.Expression:
        """`m.o` where m is the answer of a query."""
        variable = answers.variables.get(node.name)
        if variable is None:
            self.unknown_variable(answers.query, node)
            return node
        if variable.alias is not None:
            return replace(variable.alias, span=node.span)
        return tree.SlotRef(node.span, variable.slot.number, node.name)


def field_of(
    template: TemplateSpec, slot: int, node: tree.Attribute, declared: Declared
) -> tree.Expression:
    """The field that an attribute of a fact names; an unknown one is reported."""
    index = template.positions.get(node.name)
    if index is None:
        if template.open:
            return tree.FieldRef(node.span, slot, declared.further_field(node.name), node.name)
        unknown_field(template, node.name, node.name_span, declared.reports)
        return node
    return tree.FieldRef(node.span, slot, index, node.name)


def unknown_field(template: TemplateSpec, name: str, span: Span, reports: Reports) -> None:
    """Report a field that a template does not have."""
    hint = did_you_mean(name, template.positions)
    if hint is None and template.positions:
        hint = f"its fields are: {', '.join(template.positions)}"
    reports.error("RE0101", f"{template.name} has no field '{name}'", span, hint)
