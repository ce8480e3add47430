"""A warning: a rule that activates itself again and again (RE0503).

It is given where nothing in the rule can end the circle. A rule that changes a field which its own
conditions read makes a new match; that is well where

- the action retracts a fact of the match, or gives a field a value that a condition excludes;
- the new value does not depend on the old one, so that the second change is none;
- the value is counted up or down to a bound, or a condition asks that it is not in a list to which
  the action adds it;
- a condition compares the field with something else, which can come to fail;
- a `not` asks for what the action inserts;
- the statement stands in an `if` or `for`, or the rule is `no_loop` or `lock_on_active`.

A fact that it inserts makes a new match where it surely meets all that is asked of a pattern, see
`inserted.py`; it does not where the action may take or change another fact of the match, or halts.
"""

from __future__ import annotations

from collections.abc import Iterator

from rete_engine.compiler.domains import Domain, atoms, constant_of, domain_of
from rete_engine.compiler.inserted import Inserted, all_of, surely_done
from rete_engine.compiler.scope import RuleNames, Variable
from rete_engine.compiler.slots import condition_expressions, references
from rete_engine.expressions import tree
from rete_engine.expressions.types import ANY, Type
from rete_engine.model.actions import (
    Action,
    HaltAction,
    InsertAction,
    ModifyAction,
    RetractAction,
    UpsertAction,
)
from rete_engine.model.declarations import RuleDeclaration
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
from rete_engine.network.templates import TemplateSpec

CODE = "RE0503"

#: How many actions a rule may have whose inserts are looked at: each is compared with all others.
MOST_ACTIONS = 200


def warn_reactivation(
    declaration: RuleDeclaration, conditions: tuple[Condition, ...], names: RuleNames
) -> None:
    """Warn of the changes with which a rule makes its own match anew."""
    attributes = declaration.attributes
    if attributes.no_loop is not None or attributes.lock_on_active is not None:
        return
    rule = _Rule(conditions, names, attributes.salience)
    if not rule.ends(declaration.then):
        for action in declaration.then:
            if isinstance(action, ModifyAction):
                rule.modify(action)
    everything = list(all_of(declaration.then))
    if len(everything) > MOST_ACTIONS:
        return
    for insert in surely_done(declaration.then):
        rule.insert(insert, everything)


class _Rule:
    """The conditions of a rule, and what its action does to them."""

    def __init__(
        self,
        conditions: tuple[Condition, ...],
        names: RuleNames,
        salience: tree.Expression | None,
    ) -> None:
        self.conditions = conditions
        self.salience = salience  # which is computed anew when a field that it reads changes
        self.names = names
        self.patterns = [c for c in conditions if isinstance(c, Pattern)]
        self.tests = list(_tests(conditions))
        self.read = {
            (ref.slot, ref.name)
            for condition in conditions
            if not isinstance(condition, (Exists, Accumulate))
            for expression in condition_expressions(condition)
            for ref in references(expression)
            if isinstance(ref, tree.FieldRef)
        }
        self.read |= {
            (variable.alias.slot, variable.alias.name)
            for variable in names.scopes[0].values()
            if variable.alias is not None
        }

    def variable(self, node: tree.Expression) -> Variable | None:
        """The variable of the conditions that an expression of the action names."""
        return self.names.scopes[0].get(node.name) if isinstance(node, tree.Name) else None

    def pattern(self, node: tree.Expression) -> Pattern | None:
        """The pattern whose fact an expression of the action names."""
        variable = self.variable(node)
        if variable is None:
            return None
        return next((p for p in self.patterns if p.slot.number == variable.slot.number), None)

    def asked(self, slot: int, field: str) -> list[tree.Expression]:
        """The tests that read a field."""
        return [
            test
            for test in self.tests
            if any(
                isinstance(ref, tree.FieldRef) and (ref.slot, ref.name) == (slot, field)
                for ref in references(test)
            )
        ]

    # -- what ends the circle ------------------------------------------------------------------

    def ends(self, actions: tuple[Action, ...]) -> bool:
        """Whether an action surely ends the match that it was fired by."""
        for action in actions:
            if isinstance(action, RetractAction):
                if any(self.pattern(target) for target in action.targets):
                    return True
            elif isinstance(action, ModifyAction):
                pattern = self.pattern(action.target)
                if pattern is not None and any(
                    argument.name is not None
                    and self.excludes(pattern.slot.number, argument.name, argument.value)
                    for argument in action.arguments
                ):
                    return True
            elif isinstance(action, InsertAction) and self.forbids(action):
                return True
        return False

    def excludes(self, slot: int, field: str, value: tree.Expression) -> bool:
        """Whether a field's new value is one that a condition does not allow."""
        constant = constant_of(value)
        if constant is None:
            return False
        template = self.names.template(self.names.slots[slot])
        for test in self.asked(slot, field):
            if _flag(test) is not None:
                if _flag(test) is not bool(constant[0]):
                    return True
                continue
            domain = domain_of(self.type(template, field), None)
            for atom in atoms(test):
                subject = atom.subject
                if not isinstance(subject, tree.FieldRef):
                    continue
                is_field = (subject.slot, subject.name) == (slot, field)
                if is_field and not _admits(domain.narrowed(atom), constant[0]):
                    return True
        return False

    def type(self, template: TemplateSpec | None, field: str) -> Type:
        """The type of a field."""
        if template is None or field not in template.positions:
            return ANY
        return self.names.declared.field_type(template, template.positions[field])

    def forbids(self, action: InsertAction) -> bool:
        """Whether a condition asks that there is nothing like the fact that is inserted."""
        template = self.inserted(action)
        return template is not None and any(
            slot in template.ancestors for slot in _forbidden(self.conditions)
        )

    # -- changes that make the match anew --------------------------------------------------------

    def modify(self, action: ModifyAction) -> None:
        """Warn of fields whose new value depends on the old, while nothing can stop it."""
        pattern = self.pattern(action.target)
        if pattern is None:
            return
        slot = pattern.slot.number
        fields = [
            argument.name
            for argument in action.arguments
            if argument.name is not None
            and self.reads(slot, argument.name)
            and self.depends(argument.value, slot, argument.name)
            and not self.stops(slot, argument.name, argument.value)
        ]
        if fields:
            listed = ", ".join(f"{pattern.slot.type}.{name}" for name in fields)
            asked = all((slot, name) in self.read for name in fields)
            reader = "the conditions read" if asked else "the rule reads"
            self.warn(action, f"this changes {listed}, which {reader}")

    def reads(self, slot: int, field: str) -> bool:
        """Whether a change of a field makes the match anew."""
        if (slot, field) in self.read:
            return True
        return self.salience is not None and self.depends(self.salience, slot, field)

    def depends(self, value: tree.Expression, slot: int, field: str) -> bool:
        """Whether a field's new value is computed from the old one."""
        return any(self.is_field(node, slot, field) for node in tree.nodes(value))

    def is_field(self, node: tree.Expression, slot: int, field: str) -> bool:
        """Whether an expression of the action is a field of the match, or what it is called."""
        if isinstance(node, tree.Attribute) and node.name == field:
            variable = self.variable(node.target)
            return variable is not None and variable.slot.number == slot
        variable = self.variable(node)
        if variable is None:
            return False
        if variable.alias is not None:
            return (variable.alias.slot, variable.alias.name) == (slot, field)
        computation = self.computation(variable.slot.number)
        return computation is not None and any(
            isinstance(ref, tree.FieldRef) and (ref.slot, ref.name) == (slot, field)
            for ref in references(computation.value)
        )

    def computation(self, slot: int) -> Computation | None:
        """What a condition computes a variable from."""
        for condition in self.conditions:
            if isinstance(condition, Compute) and condition.computation.slot.number == slot:
                return condition.computation
            if isinstance(condition, Pattern):
                for part in condition.parts:
                    if isinstance(part, Computation) and part.slot.number == slot:
                        return part
        return None

    def stops(self, slot: int, field: str, value: tree.Expression) -> bool:
        """Whether a condition on the field can come to fail by such changes."""
        for test in self.asked(slot, field):
            if not isinstance(test, tree.Compare):
                return True  # it is no plain comparison: who knows
            for atom in atoms(test):
                if isinstance(atom.subject, tree.FieldRef) and atom.subject.name == field:
                    break
            else:
                return True  # it is compared with something else
            if atom.operator not in ("<", "<=", ">", ">=") or self.counts(
                slot, field, value, up=atom.operator in ("<", "<=")
            ):
                return True
        return False

    def counts(self, slot: int, field: str, value: tree.Expression, *, up: bool) -> bool:
        """Whether a new value is the old one and a bit, in the direction of a bound."""
        if not isinstance(value, tree.Binary) or value.operator not in ("+", "-"):
            return False
        if not self.is_field(value.left, slot, field):
            return value.operator == "+" and self.is_field(value.right, slot, field) and up
        return (value.operator == "+") is up

    def insert(self, action: InsertAction, everything: list[Action]) -> None:
        """Warn of a fact that surely matches a pattern of the rule, and all else goes on."""
        template = self.inserted(action)
        if template is None or action.logical or template.unique or template.keys:
            return
        for pattern in self.patterns:
            if pattern.slot.type.name not in template.ancestors:
                continue
            if any(self.interferes(each, pattern, action) for each in everything):
                continue
            loses = any(isinstance(each, RetractAction | ModifyAction) for each in everything)
            arriving = None if loses else self.arriving(everything)
            new = Inserted(action, template, pattern, self.names, arriving)
            if new.matches(self.conditions):
                self.warn(action, f"this inserts a fact that the {pattern.slot.type} above matches")
                return

    def inserted(self, action: InsertAction | UpsertAction) -> TemplateSpec | None:
        """The template of a fact that an action inserts."""
        function = action.fact.function
        if not isinstance(function, tree.Name):
            return None
        return self.names.declared.templates.get(function.name)

    def arriving(self, everything: list[Action]) -> frozenset[str]:
        """The templates of which the action inserts facts, and those that they extend."""
        found: frozenset[str] = frozenset()
        for action in everything:
            if isinstance(action, InsertAction | UpsertAction):
                template = self.inserted(action)
                found |= template.ancestors if template is not None else frozenset()
        return found

    def interferes(self, action: Action, pattern: Pattern, insert: InsertAction) -> bool:
        """Whether an action may end what an insert begins, for the match of its new fact."""
        match action:
            case HaltAction():
                return True
            case InsertAction():
                return self.forbids(action)
            case UpsertAction():
                template = self.inserted(action)
                names = {each.slot.type.name for each in self.patterns}
                return template is None or bool(
                    template.ancestors & (names | set(_forbidden(self.conditions)))
                )
            case RetractAction():
                needs_others = any(isinstance(c, Exists) and not c.negated for c in self.conditions)
                return needs_others or any(
                    self.pattern(target) is not pattern for target in action.targets
                )
            case ModifyAction():
                changed = self.pattern(action.target)
                if changed is pattern:
                    return any(constant_of(each.value) is None for each in insert.fact.arguments)
                return changed is None or any(
                    each.name is None or self.reads(changed.slot.number, each.name)
                    for each in action.arguments
                )
        return False

    def warn(self, action: Action, what: str) -> None:
        """Tell it."""
        self.names.declared.reports.warning(
            CODE,
            f"{what}, so the rule may activate itself again and again",
            action.span,
            "add a condition that fails when it is done, or the attribute no_loop",
        )


def _tests(conditions: tuple[Condition, ...]) -> Iterator[tree.Expression]:
    """The tests of patterns and of `test`, each operand of an `and` for itself."""
    for condition in conditions:
        parts = condition.parts if isinstance(condition, Pattern) else ()
        if isinstance(condition, Test):
            parts = (condition.constraint,)
        for part in parts:
            if isinstance(part, Constraint):
                test = part.test
                yield from test.operands if isinstance(test, tree.And) else (test,)


def _forbidden(conditions: tuple[Condition, ...]) -> Iterator[str]:
    """The templates of patterns that stand in a `not`."""
    for condition in conditions:
        if isinstance(condition, Exists):
            for conjunction in condition.alternatives:
                for inner in conjunction:
                    if condition.negated and isinstance(inner, Pattern):
                        yield inner.slot.type.name
                yield from _forbidden(conjunction)


def _flag(test: tree.Expression) -> bool | None:
    """Whether a test asks for a field itself, or for its opposite; None for any other test."""
    if isinstance(test, tree.FieldRef):
        return True
    return False if isinstance(test, tree.Not) and isinstance(test.operand, tree.FieldRef) else None


def _admits(domain: Domain, value: object) -> bool:
    """Whether a value is one of a domain."""
    if domain.allowed is not None and not any(value == allowed for allowed in domain.allowed):
        return False
    return domain.admits(value)
