"""Hints for what is called or written otherwise in other rule engines."""

from __future__ import annotations

from collections.abc import Container

from rete_engine.expressions import tree

#: What an unknown name, in small letters, is probably meant to be.
_NAMES = {
    "null": "write 'none'",
    "nil": "write 'none'",
    "undefined": "write 'none'",
    "this": "the fact of a pattern is its variable: x := T(x != …)",
    "self": "the fact of a pattern is its variable: x := T(x != …)",
    "match": "bind a variable in one pattern, v := field, and use it in another",
}

#: The same for what is called as a function.
_CALLS = {
    "insertlogical": "write: insert logical T(…)",
    "update": "write: modify x(field = …)",
    "delete": "write: retract x",
    "assert": "write: insert T(…)",
    "declare": "write: insert T(…)",
    "println": "write: print …",
    "printout": "write: print …",
    "eval": "write: test …",
    "accumulate": "write: v := sum(e for T(…)), or count, avg, min, max, collect",
}


def foreign_name(name: str) -> str | None:
    """A hint for an unknown name; None if it is none of another engine's."""
    return _NAMES.get(name.lower())


def foreign_call(name: str) -> str | None:
    """A hint for the call of something unknown."""
    return _CALLS.get(name.lower())


def foreign_condition(node: tree.Expression, templates: Container[str]) -> str | None:
    """A hint for a value that stands where a condition belongs, if it is another engine's pattern.

    That is `o <- Order(…)` or `Order.total > 3`.
    """
    if not isinstance(node, tree.Compare):
        return None
    match node.first, node.rest:
        case tree.Name(name=name), (("<", tree.Unary(operator="-", operand=tree.Call())),):
            return f"a variable is bound by ':=': write {name} := T(…)"
        case tree.Attribute(target=tree.Name(name=name)), _ if name in templates:
            text = " ".join(node.span.text.split()).removeprefix(f"{name}.")
            return f"what a fact must be like stands in a pattern: {name}({text})"
    return None
