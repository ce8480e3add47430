"""Hints for what stands where a condition belongs and is nearly one."""

from __future__ import annotations

from collections.abc import Container

from rete_engine.compiler.accumulates import is_accumulate, is_condition
from rete_engine.compiler.scope import RuleNames
from rete_engine.expressions import tree

#: What is said of the comment of another language, which looks like a division.
SLASHES = "'//' divides; a comment begins with '#'"


def meant_condition(node: tree.Expression, names: RuleNames) -> str | None:
    """A hint for a value that stands where a condition belongs, if it is nearly one.

    That is `Order`, `Order() // text`, `sum(x for Order()) > 3`, or another engine's
    `o <- Order(…)` or `Order.total > 3`.
    """
    templates = names.declared.templates
    match node:
        case tree.Name(name=name) if name in templates:
            return f"a pattern has brackets, write: {name}()"
        case tree.Binary(operator="//", left=left) if is_condition(left, names):
            return SLASHES
        case tree.Compare():
            return _compared(node, templates) or _result(node, names)
    return None


def _compared(node: tree.Compare, templates: Container[str]) -> str | None:
    match node.first, node.rest:
        case tree.Name(name=name), (("<", tree.Unary(operator="-", operand=tree.Call())),):
            return f"a variable is bound by ':=': write {name} := T(…)"
        case tree.Attribute(target=tree.Name(name=name)), _ if name in templates:
            text = " ".join(node.span.text.split()).removeprefix(f"{name}.")
            return f"what a fact must be like stands in a pattern: {name}({text})"
    return None


def _result(node: tree.Compare, names: RuleNames) -> str | None:
    """The two lines to write for a comparison with the result of an accumulate."""
    operands = (node.first, *(right for _, right in node.rest))
    calls = [each for each in operands if isinstance(each, tree.Call)]
    found = [each for each in calls if is_accumulate(each, names)]
    if not found:
        return None
    before, _, after = node.span.text.partition(found[0].span.text)
    function = found[0].function
    assert isinstance(function, tree.Name)
    test = " ".join(f"{before}n{after}".split())
    if len(found) > 1 or len(test) > 60:
        test = "…"
    return f"bind its result on a line before: n := {function.name}(…), then: test {test}"


def joined_patterns(value: tree.Expression, names: RuleNames) -> tuple[str, str] | None:
    """What is wrong with `x := A() or B()`, and a hint; None if there are no patterns in it."""
    match value:
        case tree.Binary(operator="//", left=left) if is_condition(left, names):
            return "a comment begins with '#'", "'//' divides"
    if not isinstance(value, tree.And | tree.Or) or not is_condition(value, names):
        return None
    if isinstance(value, tree.Or):
        hint = "bracket the conditions, with the variable inside: '(x := A or x := B)'"
        return "'or' joins conditions only in brackets", hint
    hint = "write each condition on a line of its own, or bracket them: '(x := A and B)'"
    return "'and' joins conditions only in brackets", hint
