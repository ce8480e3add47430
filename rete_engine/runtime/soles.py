"""Rules of one pattern, where a fact that satisfies it is a match and that is all there is to do.

Rule sets of thousands of rules are mostly of these, and most rules meet few facts. So a session
makes nothing for such a rule: neither a live alpha spec nor live nodes. The plan tells which alpha
specs lead to one of them and to nothing else (`network.find_soles`), and its activations are made
straight from the plan, in the order of ranks among the other nodes that a fact is told to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast, final

from rete_engine.network.alphas import AlphaSpec
from rete_engine.network.nodes import NodeSpec
from rete_engine.network.rules import ReadingSpec
from rete_engine.runtime.activations import Activation, AgendaEntry, Ending
from rete_engine.runtime.live_node import Audience, RightInput
from rete_engine.runtime.memory import Element, Token, chain

if TYPE_CHECKING:
    from rete_engine.runtime.matcher import Matcher


@final
class SoleEnding(Ending):
    """The end of all rules of one pattern that read the same fields of its fact.

    Its spec is that of the first of them. They are alike in all that is asked of one: where it
    stands, and the fields whose change ends a match.
    """

    __slots__ = ("firings", "matcher")

    def __init__(self, spec: NodeSpec, matcher: Matcher) -> None:
        super().__init__(spec)
        self.matcher = matcher
        self.firings: dict[ReadingSpec, int] = {}  # how many matches of each rule fired

    def count(self, reading: ReadingSpec) -> None:
        """Count a firing of a rule."""
        self.firings[reading] = self.firings.get(reading, 0) + 1

    def forget(self, token: Token) -> None:
        """Take the activation off the agenda."""
        self.matcher.cancel(cast(AgendaEntry, token))


@final
class SoleNode(RightInput):
    """Stands for such a rule, until a fact is told to it; then it is free for another."""

    __slots__ = ("ending", "reading")

    def __init__(self, ending: SoleEnding, reading: ReadingSpec) -> None:
        super().__init__(ending.spec, ending.item_mask)
        self.ending = ending
        self.reading = reading

    def right(self, element: Element) -> None:
        """Put the match on the agenda."""
        ending = self.ending
        matcher = ending.matcher
        matcher.activations += 1
        activation = Activation(ending, None, element, self.reading, matcher.activations)
        chain(activation, element)
        matcher.count()
        matcher.activate(activation)


@final
class Soles:
    """What a session has for all rules of one pattern."""

    __slots__ = ("ending", "endings", "nodes", "used")

    def __init__(self) -> None:
        self.endings: dict[int, SoleEnding] = {}  # by the fields that are read
        self.ending: SoleEnding | None = None  # the last one asked for: mostly it is the next
        self.nodes: list[SoleNode] = []
        self.used = 0  # how many of the nodes stand for a rule in this change

    def ending_of(self, spec: AlphaSpec, matcher: Matcher) -> SoleEnding:
        """The end of the rule that an alpha spec leads to."""
        ending = self.ending
        if ending is None or ending.item_mask != spec.mask:
            ending = self.endings.get(spec.mask)
            if ending is None:
                ending = SoleEnding(spec.firsts[0].children[0], matcher)
                self.endings[spec.mask] = ending
            self.ending = ending
        return ending

    def tell(self, spec: AlphaSpec, targets: Audience, matcher: Matcher) -> None:
        """Note that the rule of an alpha spec is to be told of the fact of this change."""
        reading = spec.sole
        assert reading is not None
        ending = self.ending_of(spec, matcher)
        nodes = self.nodes
        used = self.used
        self.used = used + 1
        if used == len(nodes):
            node = SoleNode(ending, reading)
            nodes.append(node)
        else:
            node = nodes[used]
            node.ending = ending
            node.reading = reading
        node.rank = spec.rank
        targets.add(node)

    def firings(self) -> dict[ReadingSpec, int]:
        """How many matches of each rule fired."""
        return {
            reading: count
            for ending in self.endings.values()
            for reading, count in ending.firings.items()
        }

    def close(self) -> None:
        """Let everything go, when the session ends."""
        self.endings.clear()
        self.ending = None
        self.nodes.clear()
