"""Resolved trees made into others: parts replaced, all else kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from rete_engine.expressions import tree


def rewritten(
    node: tree.Expression, change: Callable[[tree.Expression], tree.Expression]
) -> tree.Expression:
    """A resolved tree with every leaf and, after its parts, every node given to `change`."""

    def visit(part: tree.Expression) -> tree.Expression:
        return rewritten(part, change)

    def visited(parts: tuple[tree.Expression, ...]) -> tuple[tree.Expression, ...]:
        return tuple(rewritten(part, change) for part in parts)

    def visited_or_none(part: tree.Expression | None) -> tree.Expression | None:
        return None if part is None else rewritten(part, change)

    match node:
        case tree.ListDisplay() | tree.TupleDisplay() | tree.SetDisplay():
            node = replace(node, items=visited(node.items))
        case tree.DictDisplay():
            node = replace(node, items=tuple((visit(k), visit(v)) for k, v in node.items))
        case tree.FormattedString():
            parts = (
                replace(p, value=visit(p.value)) if isinstance(p, tree.FormattedValue) else p
                for p in node.parts
            )
            node = replace(node, parts=tuple(parts))
        case tree.Attribute():
            node = replace(node, target=visit(node.target))
        case tree.Index():
            node = replace(node, target=visit(node.target), index=visit(node.index))
        case tree.Slice():
            ends = (visited_or_none(node.start), visited_or_none(node.stop))
            node = tree.Slice(node.span, visit(node.target), *ends)
        case tree.Call():
            arguments = tuple(replace(a, value=visit(a.value)) for a in node.arguments)
            node = replace(node, function=visit(node.function), arguments=arguments)
        case tree.Unary() | tree.Not():
            node = replace(node, operand=visit(node.operand))
        case tree.Binary():
            node = replace(node, left=visit(node.left), right=visit(node.right))
        case tree.Compare():
            rest = tuple((operator, visit(right)) for operator, right in node.rest)
            node = replace(node, first=visit(node.first), rest=rest)
        case tree.And() | tree.Or():
            node = replace(node, operands=visited(node.operands))
        case tree.Conditional():
            parts_of = (visit(node.test), visit(node.then), visit(node.otherwise))
            node = tree.Conditional(node.span, *parts_of)
        case tree.Comprehension():
            clauses = tuple(
                replace(c, iterable=visit(c.iterable), conditions=visited(c.conditions))
                for c in node.clauses
            )
            value = visited_or_none(node.value)
            node = tree.Comprehension(node.span, node.kind, visit(node.element), value, clauses)
        case tree.Converted():
            node = replace(node, value=visit(node.value))
    return change(node)
