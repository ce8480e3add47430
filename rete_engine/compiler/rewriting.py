"""Changing expression trees: the same tree with some of its nodes put in the place of others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from rete_engine.expressions import tree

#: What stands in the place of a node; None where the node stays and its parts are looked at.
Change = Callable[[tree.Expression], tree.Expression | None]


def rewritten(node: tree.Expression, change: Change) -> tree.Expression:
    """The tree with every node changed that `change` has another one for, from the top down."""
    changed = change(node)
    if changed is not None:
        return changed
    if tree.is_leaf(node):
        return node

    def again(part: tree.Expression) -> tree.Expression:
        return rewritten(part, change)

    match node:
        case tree.ListDisplay() | tree.TupleDisplay() | tree.SetDisplay():
            return replace(node, items=tuple(map(again, node.items)))
        case tree.DictDisplay():
            return replace(node, items=tuple((again(k), again(v)) for k, v in node.items))
        case tree.FormattedString():
            parts = tuple(
                replace(part, value=again(part.value))
                if isinstance(part, tree.FormattedValue)
                else part
                for part in node.parts
            )
            return replace(node, parts=parts)
        case tree.Attribute():
            return replace(node, target=again(node.target))
        case tree.Index():
            return replace(node, target=again(node.target), index=again(node.index))
        case tree.Slice():
            start = again(node.start) if node.start is not None else None
            stop = again(node.stop) if node.stop is not None else None
            return replace(node, target=again(node.target), start=start, stop=stop)
        case tree.Call():
            arguments = tuple(replace(a, value=again(a.value)) for a in node.arguments)
            return replace(node, function=again(node.function), arguments=arguments)
        case tree.Unary() | tree.Not():
            return replace(node, operand=again(node.operand))
        case tree.Binary():
            return replace(node, left=again(node.left), right=again(node.right))
        case tree.Compare():
            rest = tuple((operator, again(right)) for operator, right in node.rest)
            return tree.Compare(node.span, again(node.first), rest)
        case tree.And() | tree.Or():
            return replace(node, operands=tuple(map(again, node.operands)))
        case tree.Conditional():
            return replace(
                node,
                test=again(node.test),
                then=again(node.then),
                otherwise=again(node.otherwise),
            )
        case tree.Converted():
            return replace(node, value=again(node.value))
        case tree.Comprehension():
            return _comprehension(node, again)
    return node


def _comprehension(
    node: tree.Comprehension, again: Callable[[tree.Expression], tree.Expression]
) -> tree.Expression:
    clauses = tuple(
        replace(
            clause,
            iterable=again(clause.iterable),
            conditions=tuple(map(again, clause.conditions)),
        )
        for clause in node.clauses
    )
    value = again(node.value) if node.value is not None else None
    return replace(node, element=again(node.element), value=value, clauses=clauses)


def substituted(node: tree.Expression, meanings: Mapping[int, tree.Expression]) -> tree.Expression:
    """The tree with other slots, or fields, in the place of some slots."""
    if not meanings:
        return node

    def change(part: tree.Expression) -> tree.Expression | None:
        match part:
            case tree.SlotRef() if part.slot in meanings:
                return replace(meanings[part.slot], span=part.span)
            case tree.FieldRef() if part.slot in meanings:
                meaning = meanings[part.slot]
                assert isinstance(meaning, tree.SlotRef)  # fields are read of facts alone
                return replace(part, slot=meaning.slot)
        return None

    return rewritten(node, change)
