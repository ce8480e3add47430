"""Which expressions can never raise an error."""

from __future__ import annotations

from rete_engine.expressions import tree
from rete_engine.expressions.inference import infer
from rete_engine.expressions.type_rules import STR, TypeEnvironment


def is_total(node: tree.Expression, env: TypeEnvironment) -> bool:
    """Whether evaluating an expression can never raise an error, as far as types tell.

    Such an expression may be evaluated earlier than where it is written.
    """
    match node:
        case tree.Constant() | tree.FieldRef() | tree.SlotRef() | tree.ParamRef():
            return True
        case tree.Compare():
            if any(operator in ("matches", "in", "not in") for operator, _ in node.rest):
                return _collections_are_known(node, env)
            return all(is_total(child, env) for child in tree.children(node))
        case tree.Not() | tree.And() | tree.Or() | tree.Conditional():
            return all(is_total(child, env) for child in tree.children(node))
        case tree.ListDisplay() | tree.TupleDisplay():
            return all(is_total(item, env) for item in node.items)
        case tree.Binary(operator="+" | "-" | "*"):
            # Products of ints may pass the limit of values, but not of fields of everyday size;
            # of more than two they are taken as able to.
            return all(
                infer(child, env).name in ("int", "float")
                and not infer(child, env).optional
                and is_total(child, env)
                for child in (node.left, node.right)
            )
        case tree.Unary():
            type = infer(node.operand, env)
            return (
                type.name in ("int", "float") and not type.optional and is_total(node.operand, env)
            )
    return False


def _collections_are_known(node: tree.Compare, env: TypeEnvironment) -> bool:
    """Whether the right sides of `in` and `matches` are of types that cannot raise."""
    for operator, right in node.rest:
        type = infer(right, env)
        if operator == "matches":
            if not isinstance(right, tree.Constant) or infer(node.first, env) != STR:
                return False
        elif operator in ("in", "not in") and type.name not in ("list", "set", "dict", "tuple"):
            return False
    return all(is_total(child, env) for child in tree.children(node))
