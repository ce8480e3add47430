"""How much documents ask of the compiler, read off the text before anything is made of it.

Alternatives multiply, a query stands wherever it is asked, and a template has the fields of those
that it extends. So a short text can mean a large network; here it is counted, not made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rete_engine._frozen import frozen
from rete_engine.diagnostics.diagnostic import Diagnostic
from rete_engine.expressions import tree
from rete_engine.model.declarations import (
    Declaration,
    Document,
    QueryDeclaration,
    RuleDeclaration,
    TemplateDeclaration,
)

#: Enough to be over any limit. Counts stop here, for they grow exponentially.
_PLENTY = 10**9


def over_extent(documents: Iterable[Document], most: int) -> Diagnostic | None:
    """The error of documents that have more than so many parts, at the place where they do.

    A part is a field of a template, an inherited one too; a condition; and a constraint. Those
    that alternatives and queries repeat count each time.
    """
    declarations = [each for document in documents for each in document.declarations]
    parts = 0
    counts = _Counts(declarations)
    for declaration in declarations:
        parts += counts.of(declaration)
        if parts > most:
            return Diagnostic(
                "RE0003",
                f"the rules have more than {most:,} parts (conditions, constraints and fields,"
                " as often as alternatives, queries and 'extends' repeat them)",
                declaration.span,
                "make several rule sets of it",
            )
    return None


@frozen
class _Extent:
    """What conditions come to: in how many ways they are read, and the parts of all ways."""

    ways: int = 1
    parts: int = 0

    def __and__(self, other: _Extent) -> _Extent:
        return _Extent(
            min(self.ways * other.ways, _PLENTY),
            min(self.parts * other.ways + other.parts * self.ways, _PLENTY),
        )


class _Counts:
    """Counts the parts of declarations, each of which may speak of others."""

    def __init__(self, declarations: Iterable[Declaration]) -> None:
        self.templates: dict[str, TemplateDeclaration] = {}
        self.queries: dict[str, QueryDeclaration] = {}
        for declaration in declarations:
            if isinstance(declaration, TemplateDeclaration):
                self.templates[declaration.name] = declaration
            elif isinstance(declaration, QueryDeclaration):
                self.queries[declaration.name] = declaration
        self.fields: dict[str, int] = {}  # of a template, inherited ones too
        self.extents: dict[str, _Extent] = {}  # of queries
        for name in self.queries:
            if name not in self.extents:
                self.count_query(name)

    def of(self, declaration: Declaration) -> int:
        """The parts of one declaration."""
        match declaration:
            case TemplateDeclaration():
                return self.fields_of(declaration)
            case RuleDeclaration():
                return self.together(declaration.when).parts
            case QueryDeclaration():
                return self.extents[declaration.name].parts
        return 0

    def fields_of(self, template: TemplateDeclaration) -> int:
        """How many fields a template has; of a cycle, which is an error, those of one round."""
        chain: dict[str, TemplateDeclaration] = {}
        at: TemplateDeclaration | None = template
        while at is not None and at.name not in chain and at.name not in self.fields:
            chain[at.name] = at
            at = self.templates.get(at.base) if at.base else None
        count = self.fields.get(at.name, 0) if at is not None else 0
        for each in reversed(chain.values()):
            count += 1 + len(each.fields)
            self.fields[each.name] = count
        return count

    def count_query(self, name: str) -> None:
        """Count a query after those that it asks; without recursion, for they chain."""
        begun = {name: self.asked(name)}  # one that is asked again meanwhile is in a cycle
        while begun:
            current, rest = next(reversed(begun.items()))
            following = next((q for q in rest if q not in self.extents and q not in begun), None)
            if following is not None:
                begun[following] = self.asked(following)
            else:
                del begun[current]
                self.extents[current] = self.together(self.queries[current].conditions)

    def asked(self, name: str) -> Iterator[str]:
        """The queries that a query asks."""
        for condition in self.queries[name].conditions:
            for node in tree.nodes(condition):
                match node:
                    case tree.Call(function=tree.Name(name=called)) if called in self.queries:
                        yield called

    def together(self, conditions: Iterable[tree.Expression]) -> _Extent:
        """What conditions that hold together come to."""
        extent = _Extent()
        for condition in conditions:
            extent &= self.condition(condition)
        return extent

    def condition(self, node: tree.Expression) -> _Extent:
        """What one condition comes to, with those within it."""
        match node:
            case tree.Bind():
                return self.condition(node.value)
            case tree.And():
                return self.together(node.operands)
            case tree.Or():
                found = [self.condition(operand) for operand in node.operands]
                ways = min(sum(each.ways for each in found), _PLENTY)
                return _Extent(ways, min(sum(each.parts for each in found), _PLENTY))
            case tree.Not() | tree.ExistsForm():
                return _Extent(1, 1 + self.condition(node.operand).parts)
            case tree.ForallForm():
                return _Extent(1, 1 + self.together(node.operands).parts)
            case tree.AccumulateForm():
                return _Extent(1, 1 + self.condition(node.source).parts)
            case tree.Call(function=tree.Name(name=name)) if name in self.extents:
                return self.extents[name]
            case tree.Call():
                return _Extent(1, 1 + sum(self.condition(a.value).parts for a in node.arguments))
        return _Extent(1, 1)
