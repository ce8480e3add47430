"""Naming the rules that fire each other without end."""

from __future__ import annotations

from collections.abc import Sequence

from rete_engine.network.specs import RuleSpec
from rete_engine.network.statements import (
    ForStatement,
    IfStatement,
    InsertStatement,
    ModifyStatement,
    RetractStatement,
    Statement,
)
from rete_engine.session.results import Loop


def find_loop(recent: Sequence[RuleSpec]) -> Loop | None:
    """The rules that fired in the last stretch more than once, and what they change."""
    counts: dict[RuleSpec, int] = {}
    for rule in recent:
        counts[rule] = counts.get(rule, 0) + 1
    rules = [rule for rule, count in counts.items() if count > 1]
    if not rules:
        return None
    fields: dict[str, None] = {}
    for rule in rules:
        for statement in rule.statements:
            fields.update(dict.fromkeys(changes_of(statement)))
    return Loop(tuple(rule.name for rule in rules), tuple(fields))


def changes_of(statement: Statement) -> list[str]:
    """What a statement changes: fields that it modifies, templates that it inserts."""
    if isinstance(statement, ModifyStatement):
        prefix = f"{statement.template}." if statement.template else ""
        return [f"{prefix}{name}" for name, _ in statement.fields]
    if isinstance(statement, InsertStatement):
        return [statement.template.name]
    if isinstance(statement, RetractStatement):
        return [name for name in statement.templates if name]
    if isinstance(statement, ForStatement):
        return [name for inner in statement.body for name in changes_of(inner)]
    if isinstance(statement, IfStatement):
        bodies = [body for _, body in statement.branches]
        inner = [s for body in (*bodies, statement.otherwise) for s in body]
        return [name for s in inner for name in changes_of(s)]
    return []
