"""Rules that look at one fact each: a condition and an action over `fact`, as a document.

Each becomes a rule of one pattern, whose action emits what it gives, unless that is none.
"""

from __future__ import annotations

import dataclasses
import operator
from collections.abc import Iterator, Sequence
from typing import Any

from rete_engine.diagnostics.diagnostic import Diagnostic, did_you_mean
from rete_engine.diagnostics.source import NOWHERE, Source, Span
from rete_engine.expressions import tree
from rete_engine.expressions.tree import Expression
from rete_engine.model import actions
from rete_engine.model.actions import Action
from rete_engine.model.declarations import (
    Document,
    FieldDeclaration,
    RuleAttributes,
    RuleDeclaration,
    SingleFactRule,
    TemplateDeclaration,
    TypeName,
)

#: The template of the facts, and what expressions call a fact.
TEMPLATE = "Fact"
FACT = "fact"

#: What a comprehension's variable of that name is called instead.
BOUND = "fact'"


def open_template(span: Span) -> TemplateDeclaration:
    """`open template Fact`: the fields of a fact are what its expressions find in it."""
    return TemplateDeclaration(span, TEMPLATE, span, None, None, None, None, False, True, ())


class Columns:
    """What conditions get of facts that are dicts: `fact.get('a', 0)` as fields of their own.

    So the network finds rules by constants, and looks a key up once for all rules that ask.
    """

    def __init__(self) -> None:
        self.gets: dict[str, tuple[str, object]] = {}  # by name: key and default
        self.places: dict[str, int] = {}  # by name: which field of the template

    def read(self, node: tree.Call) -> Expression | None:
        """The field for a call, if it is such a one."""
        function, arguments = node.function, [argument.value for argument in node.arguments]
        if not isinstance(function, tree.Attribute) or function.name != "get":
            return None
        if not isinstance(function.target, tree.Name) or function.target.name != FACT:
            return None
        constants = [each.value for each in arguments if isinstance(each, tree.Constant)]
        if len(constants) != len(arguments) or not 1 <= len(constants) <= 2:
            return None
        key, default = (*constants, None)[:2]
        if not isinstance(key, str) or any(argument.name for argument in node.arguments):
            return None
        # No name that could be written, so messages leave it out.
        name = f"get({key!r}, {type(default).__name__} {default!r})"
        if name not in self.gets:
            self.gets[name] = (key, default)
            self.places[name] = len(self.gets)  # behind the fact itself
        return tree.FieldRef(node.span, 0, self.places[name], name)

    def of(self, fact: dict[object, object]) -> dict[str, object]:
        """The fields of a fact."""
        return {name: fact.get(key, default) for name, (key, default) in self.gets.items()}


def closed_template(columns: Columns | None = None) -> TemplateDeclaration:
    """`template Fact` whose field `fact` holds a value of any kind."""
    any_type = TypeName(NOWHERE, "any", (), True)
    names = [FACT, *(columns.gets if columns is not None else ())]
    fields = tuple(FieldDeclaration(NOWHERE, name, NOWHERE, any_type, None, None) for name in names)
    return TemplateDeclaration(
        NOWHERE, TEMPLATE, NOWHERE, None, None, None, None, False, False, fields
    )


def document(
    source: Source,
    name: str,
    description: str | None,
    rules: Sequence[SingleFactRule],
    template: TemplateDeclaration | None,
    columns: Columns | None = None,
) -> Document:
    """The document of such rules, in their order.

    Args:
        source: The text that they come from.
        name: What they are called.
        description: What they are for.
        rules: The rules.
        template: The template of the facts; None for a closed one with columns.
        columns: Takes what conditions get of facts.
    """
    declarations = tuple(_declaration(rule, columns) for rule in rules)
    template = template or closed_template(columns)
    return Document(source, name, description, (template, *declarations), single_facts=tuple(rules))


def unknown_names(expression: Expression) -> Iterator[Diagnostic]:
    """What is wrong with the names of an expression: `fact` is the only one that it knows."""
    for name in _names(expression, frozenset()):
        if name.name != FACT and not name.name.startswith("_"):  # those are refused in any case
            hint = did_you_mean(name.name, [FACT]) or f"for a field, write {FACT}['{name.name}']"
            yield Diagnostic("RE0102", f"unknown name '{name.name}'", name.span, hint)


def _declaration(rule: SingleFactRule, columns: Columns | None) -> RuleDeclaration:
    condition = _over_pattern(rule.condition, columns)
    if isinstance(condition, tree.Constant):
        condition = tree.Constant(condition.span, bool(condition.value))
    span = rule.condition.span
    argument = tree.Argument(span, condition, None, False, None)
    pattern = tree.Call(span, tree.Name(span, TEMPLATE), (argument,))
    salience = tree.Constant(rule.span, rule.priority)
    attributes = RuleAttributes(description=rule.description, salience=salience)
    then = _emitting(_over_pattern(rule.action))
    return RuleDeclaration(rule.span, rule.name, attributes, (pattern,), then)


def _emitting(value: Expression) -> tuple[Action, ...]:
    """Emit a value, unless it is none."""
    span = value.span
    if isinstance(value, tree.DictDisplay | tree.ListDisplay | tree.TupleDisplay | tree.SetDisplay):
        return (actions.EmitAction(span, value),)
    result = tree.Name(span, "result")
    is_something = tree.Compare(span, result, (("is not", tree.Constant(span, None)),))
    emit: tuple[Action, ...] = (actions.EmitAction(span, result),)
    return (
        actions.AssignAction(span, "result", span, value),
        actions.IfAction(span, ((is_something, emit),), ()),
    )


def _over_pattern(expression: Expression, columns: Columns | None = None) -> Expression:
    """The expression with `fact` as the first value of the pattern's fact.

    That is the dict of further fields of an open template, and the field of the closed one.
    """
    found: Expression = _replaced(expression, frozenset(), columns)
    return found


def _replaced(node: Any, bound: frozenset[str], columns: Columns | None) -> Any:
    if isinstance(node, tuple):
        items = tuple([_replaced(item, bound, columns) for item in node])
        return items if any(map(operator.is_not, items, node)) else node
    if isinstance(node, Span):
        return node
    if isinstance(node, tree.Call) and columns is not None and FACT not in bound:
        field = columns.read(node)
        if field is not None:
            return field
    if isinstance(node, tree.Name):
        if node.name != FACT:
            return node
        if FACT in bound:
            return tree.Name(node.span, BOUND)
        return tree.FieldRef(node.span, 0, 0, FACT)
    if isinstance(node, tree.Comprehension):
        bound = bound | _targets(node)
    if isinstance(node, tree.Clause):
        # The template may have a field of this name, which no variable may take.
        targets = tuple(BOUND if name == FACT else name for name in node.targets)
        node = dataclasses.replace(node, targets=targets)
    changed: dict[str, Any] = {}
    for name in getattr(type(node), "__dataclass_fields__", ()):
        if name != "span" and not _is_function(node, name):
            part = getattr(node, name)
            other = _replaced(part, bound, columns)
            if other is not part:
                changed[name] = other
    return dataclasses.replace(node, **changed) if changed else node


def _is_function(node: object, field: str) -> bool:
    """Whether a part of a node names a function, which is no value."""
    if field != "function" or not isinstance(node, tree.Call):
        return False
    return isinstance(node.function, tree.Name)


def _targets(node: tree.Comprehension) -> frozenset[str]:
    return frozenset(name for clause in node.clauses for name in clause.targets)


def _names(node: Expression, bound: frozenset[str]) -> Iterator[tree.Name]:
    """The names that stand for values of their own, in written order."""
    if isinstance(node, tree.Name):
        if node.name not in bound:
            yield node
        return
    if isinstance(node, tree.Comprehension):
        bound = bound | _targets(node)
    for child in tree.children(node):
        if isinstance(node, tree.Call) and child is node.function and isinstance(child, tree.Name):
            continue
        yield from _names(child, bound)
