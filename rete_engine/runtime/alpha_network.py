"""The alpha network: which indexes an arriving fact belongs to, and which nodes to tell of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast, final

from rete_engine.expressions.values import join_key
from rete_engine.network.alphas import EVERYTHING, AlphaSpec, RightSpec
from rete_engine.network.templates import TemplateSpec
from rete_engine.runtime.conditions import all_hold
from rete_engine.runtime.join_keys import plain_key
from rete_engine.runtime.joins import FirstNode
from rete_engine.runtime.live_node import Audience
from rete_engine.runtime.memory import Element, RightMemory
from rete_engine.runtime.soles import Soles

if TYPE_CHECKING:
    from rete_engine.runtime.matcher import Matcher


@final
class LiveAlpha:
    """An alpha spec in a session: its indexes and the rules that begin with it."""

    __slots__ = ("firsts", "memories")

    def __init__(self, memories: list[RightMemory], firsts: list[FirstNode]) -> None:
        self.memories = memories
        self.firsts = firsts


@final
class AlphaNetwork:
    """The indexes of a session, made when first touched."""

    __slots__ = ("alphas", "guards", "rests", "rights", "soles", "targets")

    def __init__(self) -> None:
        # By the spec itself, whose hash is its place; a number would be made an object each time.
        self.alphas: dict[AlphaSpec, LiveAlpha] = {}
        # By the number of a template, and the place in the rest of its route: what every fact of
        # a template meets is found without a hash.
        self.rests: list[list[LiveAlpha | None]] = []
        self.rights: dict[RightSpec, RightMemory] = {}
        self.soles = Soles()
        # Nodes to tell of the fact of this change: guards, then all others.
        self.guards = Audience()
        self.targets = Audience()

    def right_memory(self, spec: RightSpec) -> RightMemory:
        """The live index of a spec."""
        memory = self.rights.get(spec)
        if memory is None:
            memory = RightMemory(spec.key, spec.mask)
            self.rights[spec] = memory
        return memory

    def live_alpha(self, spec: AlphaSpec, matcher: Matcher) -> LiveAlpha:
        """The live part of an alpha spec."""
        alpha = self.alphas.get(spec)
        if alpha is None:
            memories = [
                self.right_memory(right)
                for right in spec.rights
                if not right.lazy or right in self.rights
            ]
            firsts = [cast(FirstNode, matcher.live(first)) for first in spec.firsts]
            alpha = LiveAlpha(memories, firsts)
            self.alphas[spec] = alpha
        return alpha

    def awaken(self, spec: RightSpec, elements: list[Element], matcher: Matcher) -> None:
        """Build an index that only queries use; `elements` are the facts of its template."""
        alpha = spec.alpha
        known = self.live_alpha(alpha, matcher)
        memory = self.right_memory(spec)
        alone = LiveAlpha([memory], [])  # no other index takes them again
        for element in elements:
            if alpha.constants:  # of which a route looks at the first
                index, key = alpha.constants[0]
                if join_key(element.values[index]) != key:
                    continue
            if satisfies(element, alpha, matcher):
                self.take_in(element, alone, EVERYTHING, matcher)
        known.memories.append(memory)

    def enter(self, element: Element, changed: int, matcher: Matcher) -> None:
        """Bring a fact into the indexes it belongs to and note the nodes to tell of it."""
        routes = matcher.network.routes
        values = element.values
        self.soles.used = 0
        template: TemplateSpec | None = cast(TemplateSpec, element.type)
        while template is not None:
            route = routes[template.number]
            for index, table in route.tables:
                spec = table.get(plain_key(values[index]))
                while spec is not None:
                    if (
                        spec.mask & changed
                        and self.is_awake(spec)
                        and satisfies(element, spec, matcher)
                    ):
                        if spec.sole is not None:
                            self.soles.tell(spec, self.targets, matcher)
                        else:
                            alpha = self.live_alpha(spec, matcher)
                            self.take_in(element, alpha, changed, matcher)
                    spec = spec.following
            if route.rest:
                self.enter_rest(element, template, route.rest, changed, matcher)
            template = template.base

    def enter_rest(
        self,
        element: Element,
        template: TemplateSpec,
        specs: tuple[AlphaSpec, ...],
        changed: int,
        matcher: Matcher,
    ) -> None:
        """As `enter`, by what does not begin with a constant that is looked up."""
        rests = self.rests
        while len(rests) <= template.number:
            rests.append([])
        rest = rests[template.number]
        if not rest:
            rest.extend([None] * len(specs))
        for place, spec in enumerate(specs):
            if spec.mask & changed and self.is_awake(spec) and satisfies(element, spec, matcher):
                if spec.sole is not None:
                    self.soles.tell(spec, self.targets, matcher)
                    continue
                alpha = rest[place]
                if alpha is None:
                    alpha = self.live_alpha(spec, matcher)
                    rest[place] = alpha
                self.take_in(element, alpha, changed, matcher)

    def is_awake(self, spec: AlphaSpec) -> bool:
        """Whether facts have to come to an alpha spec: not yet, where only queries need it."""
        return not spec.lazy or spec in self.alphas

    def take_in(self, element: Element, alpha: LiveAlpha, changed: int, matcher: Matcher) -> None:
        """Bring a fact into the indexes of an alpha spec, which it satisfies."""
        frame = matcher.frame
        frame.record = element
        for memory in alpha.memories:
            if memory.mask & changed:
                entry = memory.add(element, memory.key.of(frame))
                bucket = entry.bucket
                if bucket.waiting:
                    for node in memory.linked():
                        left = bucket.left(node.slot)
                        if left is not None and left.head is not None and node.mask & changed:
                            node.entry = entry
                            if node.is_guard:
                                self.guards.add(node)
                            else:
                                self.targets.add(node)
        for first in alpha.firsts:
            if first.mask & changed:
                self.targets.add(first)

    def forget(self) -> None:
        """Tell nobody."""
        self.guards.take()
        self.targets.take()


def satisfies(element: Element, spec: AlphaSpec, matcher: Matcher) -> bool:
    """Whether a fact passes what an alpha spec tests beyond the constant that led to it."""
    if spec.others:
        values = element.values
        for index, key in spec.others:
            if join_key(values[index]) != key:
                return False
    if spec.tests:
        frame = matcher.frame
        frame.record = element
        frame.link = None
        return all_hold(spec.tests, matcher)
    return True
