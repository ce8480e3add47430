"""What the nodes of a session hold, counted when somebody asks: the rules run no slower for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import cast

from rete_engine.network.alphas import AlphaSpec
from rete_engine.network.nodes import FirstSpec, NodeSpec, ProductionSpec, RightInputSpec
from rete_engine.network.rules import ReadingSpec
from rete_engine.network.templates import TemplateSpec
from rete_engine.runtime.activations import Activation, Ending
from rete_engine.runtime.alpha_network import satisfies
from rete_engine.runtime.crosses import AdapterNode, CrossNode
from rete_engine.runtime.join_keys import plain_key
from rete_engine.runtime.matcher import Matcher
from rete_engine.runtime.memory import Element, RightToken, Token, TokenBucket
from rete_engine.session.session import Session


@dataclass(frozen=True, slots=True)
class Held:
    """What the nodes of a session hold, by their numbers, which those of a plan are.

    Attributes:
        facts: Of nodes with a pattern: how many facts satisfy the pattern alone.
        matches: How many matches of what stands before a node wait in it, to be met by what comes.
        fired: Of the ends of paths: how many matches fired.
    """

    facts: dict[int, int]
    matches: Counter[int]
    fired: Counter[int]


def held(session: Session) -> Held:
    """Count what each node of a session holds.

    No node keeps the facts of a pattern that rules begin with and no rule joins. They are looked
    for among all facts: what functions of the program such a pattern calls are called once more.
    """
    engine = session._engine
    matcher = engine.matcher
    elements = engine.memory.all()
    nodes = matcher.network.nodes
    ends = {node.reading: node for node in nodes if isinstance(node, ProductionSpec)}
    matches = Counter(_spec_of(token, ends).number for token in tokens_of(matcher, elements))
    of_alpha = _facts(matcher, elements)
    facts: dict[int, int] = {}
    for node in nodes:
        if isinstance(node, FirstSpec):
            facts[node.number] = of_alpha[node.alpha.number]
        elif isinstance(node, RightInputSpec):
            facts[node.number] = of_alpha[node.right.alpha.number]
    fired = Counter(
        {node.spec.number: node.fired for node in matcher.live_nodes if isinstance(node, Ending)}
    )
    for reading, count in matcher.alpha_network.soles.firings().items():
        fired[ends[reading].number] += count
    return Held(facts, matches, fired)


def _spec_of(token: Token, ends: dict[ReadingSpec, ProductionSpec]) -> NodeSpec:
    """The node that a token stands at: rules of one pattern have one for many, see `soles`."""
    return ends[token.reading] if isinstance(token, Activation) else token.node.spec


# -- facts -----------------------------------------------------------------------------------------


def _facts(matcher: Matcher, elements: Iterable[Element]) -> Counter[int]:
    """How many facts satisfy each alpha spec: those in an index over them, else they are asked."""
    found: Counter[int] = Counter()
    unknown: set[int] = set()
    for alpha in matcher.network.alphas:
        live = [matcher.alpha_network.rights.get(right) for right in alpha.rights]
        memory = next((each for each in live if each is not None), None)
        if memory is None:
            unknown.add(alpha.number)
            continue
        for bucket in memory.buckets.values():
            entry = bucket.first
            while entry is not None:
                found[alpha.number] += 1
                entry = entry.next
    known = len(matcher.failures)
    for element in elements:
        for alpha in _routed(matcher, element):
            if alpha.number in unknown and satisfies(element, alpha, matcher):
                found[alpha.number] += 1
    del matcher.failures[known:]  # they were told when the facts came
    return found


def _routed(matcher: Matcher, element: Element) -> Iterator[AlphaSpec]:
    """The alpha specs that a fact can satisfy, as `AlphaNetwork.enter` finds them."""
    template: TemplateSpec | None = cast(TemplateSpec, element.type)
    while template is not None:
        route = matcher.network.routes[template.number]
        for index, table in route.tables:
            spec = table.get(plain_key(element.values[index]))
            while spec is not None:
                yield spec
                spec = spec.following
        yield from route.rest
        template = template.base


# -- matches ---------------------------------------------------------------------------------------


def tokens_of(matcher: Matcher, elements: Iterable[Element]) -> Iterator[Token]:
    """All tokens, each once: from every list that one stands in up to its root, then down.

    An activation of a rule without conditions stands on the agenda alone, and is left out.
    """
    roots: dict[int, Token] = {}
    for token in _listed(matcher, elements):
        parent = token.parent
        while isinstance(parent, Token):
            token, parent = parent, parent.parent
        roots[id(token)] = token
    waiting = list(roots.values())
    while waiting:
        token = waiting.pop()
        yield token
        child = token.child
        while child is not None:
            waiting.append(child)
            child = child.sibling_next


def _listed(matcher: Matcher, elements: Iterable[Element]) -> Iterator[Token]:
    """The tokens that stand in a list, some more than once."""
    for element in elements:
        entry = element.entries
        while entry is not None:
            yield from _chain(entry.blocked)
            entry = entry.sibling
        yield from _of_item(element.tokens)
    for node in matcher.live_nodes:
        if isinstance(node, CrossNode):
            yield from _chain(node.bucket.head)
        elif isinstance(node, AdapterNode):
            for token in _chain(node.memory.head):
                yield token
                if isinstance(token, RightToken):
                    yield from _of_item(token.tokens)
    for memory in matcher.alpha_network.rights.values():
        for bucket in memory.buckets.values():
            lefts: Iterable[TokenBucket | None] = (bucket, *(bucket.lefts or ()))
            for left in lefts:
                if left is not None:
                    yield from _chain(left.head)
    yield from matcher.loose


def _chain(token: Token | None) -> Iterator[Token]:
    """A token and those that follow in its bucket."""
    while token is not None:
        yield token
        token = token.next


def _of_item(token: Token | None) -> Iterator[Token]:
    """A token and those that follow among those of the same item."""
    while token is not None:
        yield token
        token = token.element_next
