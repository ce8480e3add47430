"""Naming the rules that fire each other without end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from rete_engine.network.network import Network
from rete_engine.network.nodes import (
    BranchingSpec,
    CrossSpec,
    ExistsSpec,
    FirstSpec,
    NodeSpec,
    ProductionSpec,
    RightInputSpec,
)
from rete_engine.network.rules import RuleSpec
from rete_engine.network.statements import (
    ForStatement,
    IfStatement,
    InsertStatement,
    ModifyStatement,
    RetractStatement,
    Statement,
)
from rete_engine.network.templates import TemplateSpec
from rete_engine.runtime.changes import INSERTED, MODIFIED
from rete_engine.session.results import Loop


def find_loop(
    recent: Sequence[RuleSpec],
    network: Network,
    changed: Mapping[RuleSpec, Iterable[tuple[int, TemplateSpec, str]]],
) -> Loop | None:
    """The rules of the last stretch that can have made each other fire, and what they change.

    A rule that fires for many facts, but changes nothing that leads back to it, is none of them.
    What `changed` tells is of rules in Python: what their functions have changed so far.
    """
    counts: dict[RuleSpec, int] = {}
    for rule in recent:
        counts[rule] = counts.get(rule, 0) + 1
    often = [rule for rule, count in counts.items() if count > 1]
    reads = _reads(often, network)
    templates = {template.name: template for template in network.templates}
    changes = {
        rule: [
            change
            for each in rule.readings[0].statements  # other readings differ in places only
            for change in _changes(each, templates)
        ]
        + [_noted(*each) for each in changed.get(rule, ())]
        for rule in often
    }
    follow = {
        rule: [
            other
            for other in often
            if any(change.touches(read) for change in changes[rule] for read in reads[other])
        ]
        for rule in often
    }
    rules = [rule for rule in often if rule in _reached(rule, follow)]
    if not rules:
        return None
    names = dict.fromkeys(change.name for rule in rules for change in changes[rule] if change.name)
    return Loop(tuple(rule.name for rule in rules), tuple(names))


def _reached(rule: RuleSpec, follow: dict[RuleSpec, list[RuleSpec]]) -> set[RuleSpec]:
    """The rules that a rule can make fire, over others too."""
    found: set[RuleSpec] = set()
    left = list(follow[rule])
    while left:
        other = left.pop()
        if other not in found:
            found.add(other)
            left.extend(follow[other])
    return found


# -- what rules read -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Read:
    """What a rule asks of the facts of a template."""

    template: TemplateSpec
    mask: int  # the bits of the fields that it reads
    gains: bool  # whether a fact that comes can make a match
    misses: bool  # whether one that goes can


def _reads(rules: Sequence[RuleSpec], network: Network) -> dict[RuleSpec, list[_Read]]:
    """What each rule reads, found along its path through the network."""
    reads: dict[RuleSpec, list[_Read]] = {rule: [] for rule in rules}
    for end in network.nodes:
        if isinstance(end, ProductionSpec) and end.rule in reads:
            reads[end.rule].extend(_reads_above(end))
    return reads


def _reads_above(end: NodeSpec, in_group: bool = False) -> Iterator[_Read]:
    """What is read by a node and those that it hangs below."""
    node: NodeSpec | None = end
    while node is not None:
        yield from _reads_of(node, in_group)
        node = node.parent


def _reads_of(node: NodeSpec, in_group: bool = False) -> Iterator[_Read]:
    if isinstance(node, FirstSpec):
        yield _Read(node.alpha.template, node.mask, True, in_group)
    elif isinstance(node, RightInputSpec):
        negated = isinstance(node, ExistsSpec) and node.negated
        yield _Read(
            node.right.alpha.template, node.mask, in_group or not negated, in_group or negated
        )
    elif isinstance(node, CrossSpec):
        yield from _reads_above(node.adapter, in_group)
    elif isinstance(node, BranchingSpec):  # a group, or an accumulate
        left = list(node.branch)
        while left:
            inner = left.pop()
            yield from _reads_of(inner, in_group=True)
            left.extend(inner.children)


# -- what rules change -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Change:
    """What a statement does to facts of a template: they come, go, or change in a field."""

    kind: Literal["comes", "goes", "field"]
    template: TemplateSpec | None  # None where only a run tells; may be one that is extended
    name: str  # as it is told

    def touches(self, read: _Read) -> bool:
        """Whether it can make a match of a rule that reads this."""
        wanted, own = read.template, self.template
        if own is not None and wanted.name not in own.ancestors:
            is_exact = self.kind == "comes"  # of other facts it is known what they are at least
            if is_exact or own.name not in wanted.ancestors:
                return False
        if self.kind != "field":
            return read.gains if self.kind == "comes" else read.misses
        position = wanted.positions.get(self.name.rpartition(".")[2])
        if position is None:
            return wanted.open  # a further field
        return bool(read.mask >> (position + 1) & 1)


def _noted(kind: int, template: TemplateSpec, field: str) -> _Change:
    """What a function was seen to change."""
    if kind == MODIFIED:
        return _Change("field", template, f"{template.name}.{field}")
    return _Change("comes" if kind == INSERTED else "goes", template, template.name)


def _changes(statement: Statement, templates: dict[str, TemplateSpec]) -> Iterator[_Change]:
    """What a statement changes."""
    if isinstance(statement, ModifyStatement):
        prefix = f"{statement.template}." if statement.template else ""
        template = templates.get(statement.template)
        for name, _ in statement.fields:
            yield _Change("field", template, f"{prefix}{name}")
    elif isinstance(statement, InsertStatement):
        own = statement.template
        yield _Change("comes", own, own.name)
        if statement.upsert:
            for name, _ in statement.fields:
                yield _Change("field", own, f"{own.name}.{name}")
    elif isinstance(statement, RetractStatement):
        for name in statement.templates:
            yield _Change("goes", templates.get(name), name)
    elif isinstance(statement, ForStatement):
        for inner in statement.body:
            yield from _changes(inner, templates)
    elif isinstance(statement, IfStatement):
        for body in (*(body for _, body in statement.branches), statement.otherwise):
            for inner in body:
                yield from _changes(inner, templates)
