"""Conditions that would read a fact through a reference in a way that cannot be followed.

A match is renewed when fields change that its patterns read. `following` makes a pattern of what an
expression reads through a reference. What is left reads facts that no pattern matches, such as
those of a list that a comprehension goes through: nobody would notice a change of them, so it is
refused. Actions may read what they like.
"""

from __future__ import annotations

from collections.abc import Iterator

from rete_engine.compiler.checks import SilentTypes, learn_comprehension
from rete_engine.compiler.place_names import PlaceNames
from rete_engine.compiler.scope import RuleNames
from rete_engine.diagnostics.diagnostic import Note
from rete_engine.expressions import tree
from rete_engine.expressions.inference import infer
from rete_engine.expressions.types import Type


def check_references(followed: tree.Expression, names: RuleNames) -> None:
    """Report what an expression of a condition still reads through references."""
    for node, hint in _Reads(names, 0).walk(followed):
        names.report(
            "RE0309",
            f"'{' '.join(node.span.text.split())}' reads facts that no pattern matches,"
            " so that a condition would not notice when they change",
            node.span,
            hint,
        )


def check_inlined(inlined: tree.Expression, names: RuleNames, call: tree.Call, query: str) -> bool:
    """Report what an expression of a query reads through a reference that it was asked with.

    Where a parameter has no type, only the arguments tell that it is one. Says whether it did.
    """
    for node, hint in _Reads(names, 0).walk(inlined):
        names.declared.reports.error(
            "RE0309",
            f"the query '{query}' is given a reference, and reads facts through it that no pattern"
            " matches, so that a condition would not notice when they change",
            call.span,
            hint
            if any(isinstance(part, tree.LocalRef) for part in tree.children(node))
            else f"say in '{query}' which template the parameter refers to, as in"
            f" 'query {query}(who: Customer)': then it is followed",
            Note("it is read here", node.span),
        )
        return True
    return False


def reads_through(body: tree.Expression, names: PlaceNames, parameters: int) -> bool:
    """Whether a function reads facts through references: then no condition may call it."""
    return any(True for _ in _Reads(names, parameters).walk(body))


class _Reads:
    """Finds the reads of one expression, each with a hint."""

    def __init__(self, names: PlaceNames, parameters: int) -> None:
        self.names = names
        self.types = SilentTypes(names)
        self.parameters = parameters  # the first local variables, which a function is given

    def walk(self, node: tree.Expression) -> Iterator[tuple[tree.Expression, str]]:
        """The reads in an expression."""
        if isinstance(node, tree.Comprehension):
            learn_comprehension(node, self.types)
        if isinstance(node, tree.Attribute):
            if self.reached(node.target):
                yield (
                    node,
                    "go through the list in a condition: for c in …, then read c in conditions"
                    " behind it; or bracket both, exists (for c in … and …)",
                )
        elif isinstance(node, tree.Call) and isinstance(node.function, tree.FunctionRef):
            yield from self.call(node, node.function)
        for child in tree.children(node):
            yield from self.walk(child)

    def call(
        self, node: tree.Call, function: tree.FunctionRef
    ) -> Iterator[tuple[tree.Expression, str]]:
        """What the call of a function reads: facts that it is given may be read by it."""
        if function.kind == "builtin":
            return
        if function.name in self.names.declared.reading:
            yield (
                node,
                f"'{function.name}' reads through a reference: read it in the condition and hand"
                " the value over",
            )
            return
        for argument in node.arguments:
            if self.reached(argument.value):
                yield (
                    argument.value,
                    "hand facts over one by one: for c in …, then call it with c",
                )

    def reached(self, node: tree.Expression) -> bool:
        """Whether a value is or holds facts that no pattern matches."""
        names = self.names
        if (
            isinstance(node, tree.SlotRef)
            and isinstance(names, RuleNames)
            and (names.slots[node.slot].is_fact or node.slot in names.handed)
        ):
            return False  # a pattern matches its fact
        if isinstance(node, tree.LocalRef) and node.index < self.parameters:
            return False
        return has_facts(infer(node, self.types))


def has_facts(type: Type) -> bool:
    """Whether there can be facts in a value of a type."""
    return type.is_fact or any(map(has_facts, type.arguments))
