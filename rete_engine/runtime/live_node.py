"""What all live nodes have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, final

from rete_engine.network.nodes import NodeSpec

if TYPE_CHECKING:
    from rete_engine.runtime.matcher import Matcher
    from rete_engine.runtime.memory import Element, Entry, Token

#: Up to this many nodes to tell are put in order as they come; more are sorted at the end.
FEW: Final = 16


class LiveNode:
    """A node of a session: what it remembers of the spec's matches."""

    __slots__ = ("child", "item_mask", "of_branch", "rank", "spec")

    def __init__(self, spec: NodeSpec) -> None:
        self.spec = spec
        self.rank = spec.rank
        self.item_mask = spec.item_mask
        self.of_branch = spec.of_branch
        self.child: Child | None = None  # the first; made when the first match is handed on

    def left(self, parent: Token | None, item: object, matched: Element | None) -> None:
        """Take a match (left activation); `matched` is the item when a pattern matched it."""
        raise NotImplementedError

    def forget(self, token: Token) -> None:
        """Drop what the node knows of a token that is being removed."""


@final
class Child:
    """A child of a live node, and the next one.

    They are a chain, not a list: the type of what a list gives is checked each time, which took
    50 of 1,000 instructions that it takes to hand a match on.
    """

    __slots__ = ("next", "node")

    def __init__(self, node: LiveNode, following: Child | None) -> None:
        self.node = node
        self.next = following


def chained(nodes: list[LiveNode]) -> Child | None:
    """A chain of nodes, in their order."""
    child: Child | None = None
    for node in reversed(nodes):
        child = Child(node, child)
    return child


class WorkingNode(LiveNode):
    """A node with its way back to the session's matcher."""

    __slots__ = ("matcher",)

    def __init__(self, spec: NodeSpec, matcher: Matcher) -> None:
        super().__init__(spec)
        self.matcher = matcher

    def hand_on(self, token: Token | None, item: object, matched: Element | None) -> None:
        """Give a longer match to every child."""
        child = self.child
        if child is None:
            child = self.matcher.first_child(self)
        while child is not None:
            child.node.left(token, item, matched)
            child = child.next


class RightInput(LiveNode):
    """A live node that facts arrive at."""

    __slots__ = ("entry", "is_guard", "mask", "slot", "told")

    def __init__(self, spec: NodeSpec, mask: int) -> None:
        super().__init__(spec)
        self.mask = mask
        self.slot = -1  # of its matches in the buckets of its index; none where nothing waits
        self.is_guard = False  # an `exists` or `not`, which hears of a fact before the joins
        self.entry: Entry | None = None  # the arriving fact's entry, during a change
        self.told: RightInput | None = None  # the next of those to tell of the fact

    def right(self, element: Element) -> None:
        """Take a fact (right activation)."""
        raise NotImplementedError


@final
class Audience:
    """The nodes to tell of the fact of a change, which take no list: mostly it is one."""

    __slots__ = ("first", "in_order", "last")

    def __init__(self) -> None:
        self.first: RightInput | None = None
        self.last: RightInput | None = None
        self.in_order = True  # whether they stand by rank

    def add(self, node: RightInput) -> None:
        """Tell a node, too."""
        node.told = None
        last = self.last
        if last is None:
            self.first = node
        else:
            last.told = node
            if last.rank > node.rank:
                self.in_order = False
        self.last = node

    def take(self) -> RightInput | None:
        """The first of the nodes to tell, by rank; from here on there are none."""
        if not self.in_order:
            self.sort()
        first = self.first
        self.first = None
        self.last = None
        return first

    def sort(self) -> None:
        """Put the nodes in order."""
        nodes: list[RightInput] = []
        node = self.first
        while node is not None:
            nodes.append(node)
            node = node.told
        in_order(nodes)
        self.first = None
        self.last = None
        for node in nodes:
            self.add(node)
        self.in_order = True


def rank_of(node: LiveNode) -> int:
    """The sort key of nodes."""
    return node.rank


def in_order(nodes: list[RightInput]) -> None:
    """Sort nodes by rank. Mostly few, often sorted: then insertion beats a keyed sort."""
    if len(nodes) > FEW:
        nodes.sort(key=rank_of)
        return
    for i in range(1, len(nodes)):
        node = nodes[i]
        rank = node.rank
        j = i - 1
        while j >= 0 and nodes[j].rank > rank:
            nodes[j + 1] = nodes[j]
            j -= 1
        nodes[j + 1] = node
