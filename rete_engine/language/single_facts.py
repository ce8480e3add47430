"""Rules that look at one fact each: a condition and an action over `fact`, as a document.

Each becomes a rule of one pattern, whose action emits what it gives, unless that is none.
"""

from __future__ import annotations

import dataclasses
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
    TemplateDeclaration,
    TypeName,
)

#: The template of the facts, and what expressions call a fact.
TEMPLATE = "Fact"
FACT = "fact"


@dataclasses.dataclass(frozen=True, slots=True)
class SingleFactRule:
    """A rule over one fact, as it is written."""

    span: Span
    name: str
    description: str | None
    condition: Expression
    action: Expression
    priority: int


def open_template(span: Span) -> TemplateDeclaration:
    """`open template Fact`: the fields of a fact are what its expressions find in it."""
    return TemplateDeclaration(span, TEMPLATE, span, None, None, None, None, False, True, ())


def closed_template() -> TemplateDeclaration:
    """`template Fact` whose field `fact` holds a value of any kind."""
    any_type = TypeName(NOWHERE, "any", (), True)
    field = FieldDeclaration(NOWHERE, FACT, NOWHERE, any_type, None, None)
    return TemplateDeclaration(
        NOWHERE, TEMPLATE, NOWHERE, None, None, None, None, False, False, (field,)
    )


def document(
    source: Source,
    name: str,
    description: str | None,
    template: TemplateDeclaration,
    rules: Sequence[SingleFactRule],
) -> Document:
    """The document of such rules, in their order."""
    declarations = tuple(_declaration(rule) for rule in rules)
    return Document(source, name, description, (template, *declarations))


def unknown_names(expression: Expression) -> Iterator[Diagnostic]:
    """What is wrong with the names of an expression: `fact` is the only one that it knows."""
    for name in _names(expression, frozenset()):
        if name.name != FACT and not name.name.startswith("_"):  # those are refused in any case
            hint = did_you_mean(name.name, [FACT]) or f"for a field, write {FACT}['{name.name}']"
            yield Diagnostic("RE0102", f"unknown name '{name.name}'", name.span, hint)


def _declaration(rule: SingleFactRule) -> RuleDeclaration:
    condition = _over_pattern(rule.condition)
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


def _over_pattern(expression: Expression) -> Expression:
    """The expression with `fact` as the first value of the pattern's fact.

    That is the dict of further fields of an open template, and the field of the closed one.
    """
    found: Expression = _replaced(expression, frozenset())
    return found


def _replaced(node: Any, bound: frozenset[str]) -> Any:
    if isinstance(node, tuple):
        return tuple(_replaced(item, bound) for item in node)
    if isinstance(node, tree.Name):
        if node.name == FACT and FACT not in bound:
            return tree.FieldRef(node.span, 0, 0, FACT)
        return node
    if not dataclasses.is_dataclass(node) or isinstance(node, type | Span):
        return node
    if isinstance(node, tree.Comprehension):
        bound = bound | _targets(node)
    changed = {
        field.name: _replaced(getattr(node, field.name), bound)
        for field in dataclasses.fields(node)
        if not _is_function(node, field.name)
    }
    return dataclasses.replace(node, **changed)


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
