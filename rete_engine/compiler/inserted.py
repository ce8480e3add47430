"""Whether a fact that a rule inserts surely makes the match of one of its patterns anew.

It does where the fact meets all that the rule asks of that pattern, the other facts of the match
being what they were. What cannot be told is taken as if it failed, so that nobody is warned of
a circle that is none.
"""

from __future__ import annotations

from collections.abc import Iterator

from rete_engine.compiler.domains import Atom, atoms, constant_of, constants_of, domain_of
from rete_engine.compiler.scope import RuleNames
from rete_engine.compiler.slots import condition_expressions, references, results_of
from rete_engine.expressions import tree
from rete_engine.expressions.types import ANY
from rete_engine.model.actions import (
    Action,
    ForAction,
    IfAction,
    InsertAction,
)
from rete_engine.model.rules import (
    Accumulate,
    Computation,
    Compute,
    Condition,
    Constraint,
    Exists,
    Pattern,
    Test,
)
from rete_engine.network.templates import MISSING, TemplateSpec


class Inserted:
    """A fact that is inserted, in the place of the fact of a pattern.

    `arriving` are the templates of which the action inserts facts, and None where it takes facts
    away or changes them, so that nothing is known of any accumulate.
    """

    def __init__(
        self,
        action: InsertAction,
        template: TemplateSpec,
        pattern: Pattern,
        names: RuleNames,
        arriving: frozenset[str] | None,
    ) -> None:
        self.slot = pattern.slot.number
        self.template = template
        self.names = names
        self.arriving = arriving
        self.given = {each.name: each.value for each in action.fact.arguments if each.name}
        self.changed: set[int] = set()  # slots whose value may be another with the new fact

    def matches(self, conditions: tuple[Condition, ...]) -> bool:
        """Whether all conditions hold for it as they did for the fact of the pattern."""
        return all(self.holds(condition) for condition in conditions)

    def holds(self, condition: Condition) -> bool:
        """Whether a condition does; what it computes anew is noted for those behind it."""
        match condition:
            case Pattern():
                return all(self.part_holds(part) for part in condition.parts)
            case Test():
                return self.part_holds(condition.constraint)
            case Compute():
                return self.part_holds(condition.computation)
            case Accumulate():
                if any(self.reads_new(each) for each in condition_expressions(condition)):
                    return False
                if self.arriving is None or self.arriving & _sources(condition):
                    if condition.group is not None:
                        return False
                    self.changed.update(results_of(condition))
                return True
        return not any(self.reads_new(each) for each in condition_expressions(condition))

    def part_holds(self, part: Constraint | Computation) -> bool:
        """Whether a part of a pattern does, or a condition of its own."""
        if isinstance(part, Computation):
            if self.reads_new(part.value):
                if part.each:
                    return False
                self.changed.add(part.slot.number)
            return True
        tests = part.test.operands if isinstance(part.test, tree.And) else (part.test,)
        return all(not self.reads_new(test) or self.passes(test) for test in tests)

    def reads_new(self, expression: tree.Expression) -> bool:
        """Whether an expression may have another value with the new fact."""
        return any(
            ref.slot in self.changed
            or (ref.slot == self.slot and not (isinstance(ref, tree.FieldRef) and self.copied(ref)))
            for ref in references(expression)
        )

    def copied(self, ref: tree.FieldRef) -> bool:
        """Whether the new fact has the same value in a field."""
        value = self.given.get(ref.name)
        return value is not None and self.is_old(value, ref)

    def is_old(self, value: tree.Expression, field: tree.FieldRef) -> bool:
        """Whether an expression of the action is a field of the match as it was."""
        at_field = isinstance(value, tree.Attribute) and value.name == field.name
        node = value.target if isinstance(value, tree.Attribute) else value
        variable = self.names.scopes[0].get(node.name) if isinstance(node, tree.Name) else None
        if variable is None:
            return False
        if at_field:
            return variable.alias is None and variable.slot.number == field.slot
        alias = variable.alias if node is value else None
        return alias is not None and (alias.slot, alias.name) == (field.slot, field.name)

    def passes(self, test: tree.Expression) -> bool:
        """Whether the new fact surely passes a test that asks for its fields."""
        flag, wanted = (test.operand, False) if isinstance(test, tree.Not) else (test, True)
        if isinstance(flag, tree.FieldRef):
            value = self.value(flag) if flag.slot == self.slot else None
            return value is not None and value[0] is wanted
        asked = atoms(test)
        parts = len(test.rest) if isinstance(test, tree.Compare) else 1
        return len(asked) == parts and all(self.fulfils(atom) for atom in asked)

    def fulfils(self, atom: Atom) -> bool:
        """Whether the new value of a field is one that a comparison with constants admits."""
        field = atom.subject
        if not isinstance(field, tree.FieldRef) or field.slot != self.slot:
            return False
        value = self.value(field)
        if value is None:
            return self.moves_away(field, atom.operator)
        position = self.template.positions.get(field.name)
        declared = self.names.declared
        kind = ANY if position is None else declared.field_type(self.template, position)
        return not domain_of(kind, (value[0],)).narrowed(atom).is_empty

    def value(self, field: tree.FieldRef) -> tuple[object] | None:
        """The constant that the new fact has in a field: as given, or by default."""
        if field.name in self.given:
            return constant_of(self.given[field.name])
        position = self.template.positions.get(field.name)
        if position is None:
            return None
        spec = self.template.fields[position - self.template.first_field]
        return None if spec.default is MISSING or spec.factory is not None else (spec.default,)

    def moves_away(self, field: tree.FieldRef, operator: str) -> bool:
        """Whether a new value is the old one, moved away from the bound that is asked for."""
        value = self.given.get(field.name)
        if not isinstance(value, tree.Binary) or value.operator not in ("+", "-"):
            return False
        step = constant_of(value.right)
        if step is None or not isinstance(step[0], int | float) or step[0] < 0:
            return False
        upwards = value.operator == "+"
        away = (">", ">=") if upwards else ("<", "<=")
        return self.is_old(value.left, field) and operator in away


def _sources(condition: Accumulate) -> frozenset[str]:
    """The templates that an accumulate runs over."""
    return frozenset(name for source in condition.sources for name in _templates(source.conditions))


def _templates(conditions: tuple[Condition, ...]) -> list[str]:
    """The templates of patterns, those of nested ones too."""
    found: list[str] = []
    for condition in conditions:
        if isinstance(condition, Pattern):
            found.append(condition.slot.type.name)
        elif isinstance(condition, Exists):
            for conjunction in condition.alternatives:
                found += _templates(conjunction)
        elif isinstance(condition, Accumulate):
            found += _sources(condition)
    return found


def all_of(actions: tuple[Action, ...]) -> Iterator[Action]:
    """Actions, those inside of blocks too."""
    for action in actions:
        yield action
        if isinstance(action, ForAction):
            yield from all_of(action.body)
        elif isinstance(action, IfAction):
            for body in (*(body for _, body in action.branches), action.otherwise):
                yield from all_of(body)


def surely_done(actions: tuple[Action, ...]) -> list[InsertAction]:
    """The inserts that every firing does: those of its own, and of loops that have a pass."""
    found: list[InsertAction] = []
    for action in actions:
        if isinstance(action, InsertAction):
            found.append(action)
        elif isinstance(action, ForAction) and _has_a_pass(action.iterable):
            found += surely_done(action.body)
    return found


def _has_a_pass(iterable: tree.Expression) -> bool:
    if constants_of(iterable):
        return True
    if not isinstance(iterable, tree.Call) or not isinstance(iterable.function, tree.Name):
        return False
    if iterable.function.name != "range" or len(iterable.arguments) != 1:
        return False
    stop = constant_of(iterable.arguments[0].value)
    return stop is not None and isinstance(stop[0], int) and stop[0] > 0
