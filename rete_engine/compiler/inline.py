"""A query that is a condition: its conditions take its place.

They are read once, where the query is declared. Here they are copied over slots of the asking
rule, with the arguments in the place of the parameters; so no names can clash, and the rule
reacts to them as if they were its own.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace

from rete_engine.compiler.declared import QueryMeaning
from rete_engine.compiler.references import check_inlined
from rete_engine.compiler.rewriting import rewritten
from rete_engine.compiler.scope import Answers, Followed, RuleNames, Variable, field_of
from rete_engine.expressions import tree
from rete_engine.model.rules import (
    Accumulate,
    Alternatives,
    Branch,
    Computation,
    Compute,
    Condition,
    Constraint,
    Exists,
    Failing,
    Pattern,
    Slot,
    Source,
    Test,
)


class Inlining:
    """One query in the place of its call; `arguments` are resolved and simple."""

    def __init__(
        self,
        names: RuleNames,
        query: QueryMeaning,
        arguments: list[tree.Expression],
        name: str | None,
        call: tree.Call,
    ) -> None:
        self.names = names
        self.call = call
        self.is_refused = False
        self.query = query
        self.arguments = arguments
        self.slots: dict[int, Slot] = {}
        asked = query.names
        for slot in asked.slots:
            if slot is not query.arguments:
                called = f"{name}.{slot.name}" if name and slot.name else None
                if called is None and slot.name and not slot.is_fact:
                    # A result with a name is asked for: it may be read within the query.
                    called = f"{query.spec.name}.{slot.name}"
                self.slots[slot.number] = names.new_slot(called, slot.type, slot.is_fact)
        for number, alias in asked.aliases.items():
            names.aliases[self.slots[number].number] = self.field(alias)
        for number, answers in asked.answers.items():
            names.answers[self.slots[number].number] = self.answers(answers)
        names.handed.update(self.slots[number].number for number in asked.handed)
        names.may_fail.update(self.slots[number].number for number in asked.may_fail)
        for number, (of, field) in asked.reads.items():
            names.reads[self.slots[number].number] = (self.slots[of].number, field)
        # What is followed again, by the identity of the lists that grow with each read.
        self.growing: dict[int, list[tuple[int, tree.Expression]]] = {}
        self.follow()
        fields = [self.expression(field) for field in asked.named_fields]
        names.named_fields.extend(f for f in fields if isinstance(f, tree.FieldRef))

    def follow(self) -> None:
        """Let the rule know which references the query follows: it need not follow them again."""
        for key, known in self.query.names.followed[0].items():
            match key:
                case ("field", int(number), int(index)) if number in self.slots:
                    own: Hashable = ("field", self.slots[number].number, index)
                case ("slot", int(number)) if number in self.slots:
                    own = ("slot", self.slots[number].number)
                case (int(number), str(field)):
                    own = (self.slots[number].number, field)
                case _:  # of a parameter, or of a value that is computed
                    continue
            reference = rewritten(known.reference, self.changed)
            slot = self.slots[known.slot.number]
            followed = Followed(slot, reference, known.is_uncertain)
            self.names.followed[-1][own] = followed
            self.growing[id(known.found)] = followed.found
            self.growing[id(known.missing)] = followed.missing

    def variables(self) -> dict[str, Variable]:
        """The query's variables over the rule's slots."""
        return {name: self.variable(v) for name, v in self.query.variables.items()}

    def variable(self, variable: Variable) -> Variable:
        """A variable of the query over the rule's slots."""
        alias = variable.alias
        return replace(
            variable,
            slot=self.slots[variable.slot.number],
            alias=None if alias is None else self.field(alias),
        )

    def answers(self, answers: Answers) -> Answers:
        """What a query that the query asks has bound."""
        return replace(
            answers, variables={n: self.variable(v) for n, v in answers.variables.items()}
        )

    def field(self, node: tree.FieldRef) -> tree.FieldRef:
        """A field of a fact that a pattern of the query matches."""
        return replace(node, slot=self.slots[node.slot].number)

    # -- conditions and their expressions ------------------------------------------------------

    def conditions(self) -> list[Condition]:
        """The query's conditions over the rule's slots."""
        return [self.condition(condition) for condition in self.query.conditions]

    def condition(self, condition: Condition) -> Condition:
        """A condition over the rule's slots."""
        match condition:
            case Pattern():
                slot = self.slots[condition.slot.number]
                return Pattern(condition.span, slot, tuple(map(self.part, condition.parts)))
            case Test():
                return Test(condition.span, self.constraint(condition.constraint))
            case Compute():
                return Compute(condition.span, self.computation(condition.computation))
            case Exists():
                inner = tuple(map(self.condition, condition.conditions))
                return Exists(condition.span, condition.negated, inner)
            case Alternatives():
                return self.alternatives(condition)
            case Accumulate():
                return self.accumulate(condition)
        raise AssertionError(condition)

    def accumulate(self, condition: Accumulate) -> Accumulate:
        """An accumulate over the rule's slots."""
        group = condition.group
        return replace(
            condition,
            sources=tuple(map(self.source, condition.sources)),
            slot=self.slots[condition.slot.number],
            group=None if group is None else self.slots[group.number],
        )

    def source(self, source: Source) -> Source:
        """One alternative of what an accumulate runs over."""
        return Source(
            tuple(map(self.condition, source.conditions)),
            None if source.value is None else self.constraint(source.value),
            None if source.by is None else self.constraint(source.by),
        )

    def alternatives(self, condition: Alternatives) -> Alternatives:
        """Alternatives over the rule's slots."""
        failing = condition.failing
        if failing is not None:
            reference = self.expression(failing.reference)
            failing = Failing(reference, self.meanings(failing.meanings))
        branches = tuple(
            Branch(tuple(map(self.condition, branch.conditions)), self.meanings(branch.meanings))
            for branch in condition.branches
        )
        return Alternatives(condition.span, branches, failing)

    def meanings(
        self, meanings: Sequence[tuple[int, tree.Expression]]
    ) -> Sequence[tuple[int, tree.Expression]]:
        """What slots stand for in an alternative.

        It needs no check: a read that is written out is of a reference that is followed.
        """
        found = [
            (self.slots[number].number, rewritten(meaning, self.changed))
            for number, meaning in meanings
        ]
        growing = self.growing.get(id(meanings))
        if growing is None:
            return found
        if not growing:
            growing.extend(found)
        return growing

    def part(self, part: Constraint | Computation) -> Constraint | Computation:
        """A part of a pattern."""
        return self.constraint(part) if isinstance(part, Constraint) else self.computation(part)

    def constraint(self, constraint: Constraint) -> Constraint:
        """A constraint over the rule's slots."""
        return replace(constraint, test=self.expression(constraint.test))

    def computation(self, computation: Computation) -> Computation:
        """A computation over the rule's slots."""
        slot = self.slots[computation.slot.number]
        return replace(computation, slot=slot, value=self.expression(computation.value))

    def expression(self, node: tree.Expression) -> tree.Expression:
        """An expression over the rule's slots."""
        inlined = rewritten(node, self.changed)
        if not self.is_refused:
            self.is_refused = check_inlined(inlined, self.names, self.call, self.query.spec.name)
        return inlined

    def changed(self, node: tree.Expression) -> tree.Expression | None:
        """What stands in the place of a node."""
        match node:
            case tree.FieldRef() if node.slot == self.query.arguments.number:
                return replace(self.arguments[node.index], span=node.span)
            case tree.FieldRef():
                return self.field(node)
            case tree.SlotRef():
                return replace(node, slot=self.slots[node.slot].number)
            case tree.Attribute():
                return self.attribute(node)
        return None

    def attribute(self, node: tree.Attribute) -> tree.Expression:
        """`who.name`, where the parameter may be anything and the argument may be a fact."""
        target = self.expression(node.target)
        node = replace(node, target=target)
        if isinstance(target, tree.SlotRef):
            slot = self.names.slots[target.slot]
            template = self.names.template(slot)
            if slot.is_fact and template is not None:
                return field_of(template, slot.number, node, self.names.declared)
        return node
