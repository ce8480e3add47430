"""What a bare name means in the conditions of a rule: fields, variables, parameters."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field, replace

from rete_engine.compiler.declared import Declared, QueryMeaning, Reports
from rete_engine.compiler.place_names import PlaceNames
from rete_engine.diagnostics.diagnostic import Note, did_you_mean
from rete_engine.diagnostics.source import Span
from rete_engine.expressions import tree
from rete_engine.expressions.types import ANY, Type
from rete_engine.model.rules import Slot
from rete_engine.network.templates import TemplateSpec


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
    reference: tree.Expression  # a field or a slot
    is_uncertain: bool  # whether it may be none or an error: then there are alternatives
    # What slots stand for where the reference leads to a fact, and where it does not: the read
    # as it is written.
    found: list[tuple[int, tree.Expression]] = field(default_factory=list)
    missing: list[tuple[int, tree.Expression]] = field(default_factory=list)


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
        # Slots of what is read of a reference that may be none: the slot of its fact and the field.
        self.reads: dict[int, tuple[int, str]] = {}
        self.may_fail: set[int] = set()  # those of them that may be an error
        self.handed: set[int] = set()  # slots of facts, or none, that functions are handed
        self.pattern: Slot | None = None  # the pattern whose constraint is being read
        # For hints: the patterns of the accumulate whose value is being read, and the field that
        # stands where a variable is bound.
        self.members: list[Slot] = []
        self.bound_field: str | None = None
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
        if self.bound_field is not None:
            return f"the variable comes first: write {node.name} := {self.bound_field}"
        for slot in self.members:
            template = self.template(slot)
            if template is not None and node.name in template.positions:
                if slot.name is not None:
                    return f"write {slot.name}.{node.name} for the field of {template.name}"
                return f"name the pattern, x := {template.name}(…), and write x.{node.name}"
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
