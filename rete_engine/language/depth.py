"""How deep a tree is, found without recursion.

Lark's tables do not recurse, but what comes after does, once for every level of a tree. A sum of
a thousand terms is a thousand levels deep without any bracket, so the tree itself is measured.
"""

from __future__ import annotations

from typing import Any

from rete_engine.diagnostics.diagnostic import Diagnostic
from rete_engine.expressions.tree import Expression

#: Levels of an expression. Python's own limit is a thousand frames, of which a pass takes two or
#: three for a level, and the program that calls the engine has some already.
DEEPEST_EXPRESSION = 200


def too_deep(value: Any, deepest: int = DEEPEST_EXPRESSION) -> Diagnostic | None:
    """The diagnostic of a declaration (or a part of one) in which an expression is too deep."""
    todo: list[tuple[Any, int, Expression | None]] = [(value, 0, None)]
    while todo:
        node, depth, root = todo.pop()
        if isinstance(node, tuple | list):
            todo.extend((item, depth, root) for item in node)
            continue
        fields = getattr(type(node), "__dataclass_fields__", None)
        if fields is None:
            continue
        if isinstance(node, Expression):
            depth += 1
            root = root or node
            if depth > deepest:
                return Diagnostic(
                    "RE0004",
                    f"this expression is nested more than {deepest} levels deep",
                    root.span,
                    "give its parts names ('v := …'), or compute it in a function",
                )
        todo.extend((getattr(node, name), depth, root) for name in fields if name != "span")
    return None
