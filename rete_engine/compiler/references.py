"""Conditions that would read a fact through a reference, which no pattern of the rule matches.

A match is renewed when fields change that its patterns read. Of a fact that is reached through a
field (`o.customer.tier`) nobody would notice a change, so such a read is refused: a pattern of
its own does it, with the two compared (`customer == c`). Actions may read what they like.
"""

from __future__ import annotations

from collections.abc import Iterator

from rete_engine.compiler.checks import PlaceTypes, types_at
from rete_engine.compiler.scope import PlaceNames, RuleNames
from rete_engine.expressions import tree
from rete_engine.expressions.inference import infer
from rete_engine.expressions.types import ANY, Type


def check_references(resolved: tree.Expression, names: RuleNames) -> None:
    """Report what an expression of a condition reads through references."""
    given = {slot.number for slot in names.slots if slot.is_fact}
    for node, hint in _Reads(names, given, 0).walk(resolved):
        names.report(
            "RE0900",
            f"'{' '.join(node.span.text.split())}' reads a fact through a reference, which a"
            " condition cannot do yet",
            node.span,
            hint,
        )


def reads_through(body: tree.Expression, names: PlaceNames, parameters: int) -> bool:
    """Whether a function reads facts through references: then no condition may call it."""
    return any(True for _ in _Reads(names, set(), parameters).walk(body))


class _Silent(PlaceTypes):
    """Types without reports: what is wrong with them was said before."""

    def report(self, code: str, message: str, node: tree.Expression, hint: str | None) -> None:
        """Say nothing."""


class _Reads:
    """Finds the reads of one expression, each with a hint."""

    def __init__(self, names: PlaceNames, slots: set[int], parameters: int) -> None:
        self.names = names
        types = types_at(names)
        self.types = _Silent(names, types.rule)
        self.slots = slots  # whose facts patterns match
        self.parameters = parameters  # the first local variables, which a function is given

    def walk(self, node: tree.Expression) -> Iterator[tuple[tree.Expression, str]]:
        """The reads in an expression."""
        if isinstance(node, tree.Comprehension):
            self.learn(node)
        if isinstance(node, tree.Attribute):
            found = self.reached(node.target)
            if found is not None:
                reference = node.target.span.text
                yield (
                    node,
                    "match that fact by a pattern of its own and compare:"
                    f" x := {found}(), … {reference} == x",
                )
        elif isinstance(node, tree.Call) and isinstance(node.function, tree.FunctionRef):
            yield from self.call(node, node.function)
        for child in tree.children(node):
            yield from self.walk(child)

    def learn(self, node: tree.Comprehension) -> None:
        """Note the types of the variables of a comprehension."""
        for clause in node.clauses:
            type = infer(clause.iterable, self.types)
            of_items = type.name in ("list", "set", "dict") and type.arguments
            element = type.arguments[0] if of_items else ANY
            for index in clause.locals:
                self.names.local_types[index] = element if len(clause.locals) == 1 else ANY

    def call(
        self, node: tree.Call, function: tree.FunctionRef
    ) -> Iterator[tuple[tree.Expression, str]]:
        """What the call of a function reads: facts that it is given may be read by it."""
        if function.kind == "builtin":
            return
        if function.name in self.names.declared.reading:
            yield (
                node,
                f"'{function.name}' reads through a reference: match the fact that it reaches by a"
                " pattern of its own and hand that to it",
            )
            return
        for argument in node.arguments:
            found = self.reached(argument.value)
            if found is not None:
                reference = argument.value.span.text
                yield (
                    argument.value,
                    "match that fact by a pattern of its own and hand it over:"
                    f" x := {found}(), … {reference} == x",
                )

    def reached(self, node: tree.Expression) -> str | None:
        """The template of the facts that a value is or holds, if no pattern matches them."""
        if isinstance(node, tree.SlotRef) and node.slot in self.slots:
            return None
        if isinstance(node, tree.LocalRef) and node.index < self.parameters:
            return None
        return fact_in(infer(node, self.types))


def fact_in(type: Type) -> str | None:
    """The template of the facts in a value of a type, if there can be any."""
    if type.is_fact:
        return type.name
    for argument in type.arguments:
        found = fact_in(argument)
        if found is not None:
            return found
    return None
