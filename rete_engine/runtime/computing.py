"""The nodes that look at a match alone: tests and computed values."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from rete_engine.expressions.frame import Link
from rete_engine.expressions.native import mypyc_attr
from rete_engine.network.nodes import ComputeSpec, TestSpec
from rete_engine.runtime.conditions import all_hold, compute
from rete_engine.runtime.live_node import LiveNode, WorkingNode
from rete_engine.runtime.memory import Element, Token, chain

if TYPE_CHECKING:
    from rete_engine.runtime.matcher import Matcher


@final
class TestNode(WorkingNode):
    """Tests over the match alone. It keeps nothing: what passes goes on as it came."""

    __slots__ = ("tests",)

    def __init__(self, spec: TestSpec, matcher: Matcher) -> None:
        super().__init__(spec, matcher)
        self.tests = spec.tests

    def left(self, parent: Token | None, item: object, matched: Element | None) -> None:
        """Hand a match on if the tests hold."""
        matcher = self.matcher
        matcher.frame.link = Link(parent, item)
        matcher.frame.record = None
        if all_hold(self.tests, matcher):
            self.hand_on(parent, item, matched)


@final
@mypyc_attr(acyclic=True)
class PlacedToken(Token):
    """A match that an element of a collection is added to, with the element's position."""

    __slots__ = ("position",)

    def __init__(self, node: LiveNode, parent: Token | None, item: object, position: int) -> None:
        super().__init__(node, parent, item)
        self.position = position


@final
class ComputeNode(WorkingNode):
    """`v := e`, and `for v in e`."""

    __slots__ = ("each", "placed", "test")

    def __init__(self, spec: ComputeSpec, matcher: Matcher) -> None:
        super().__init__(spec, matcher)
        self.test = spec.value
        self.each = spec.each
        self.placed = spec.placed

    def left(self, parent: Token | None, item: object, matched: Element | None) -> None:
        """Add the value, or each element of it, to the match."""
        if self.placed:
            self.left_placed(parent, item, matched)
            return
        matcher = self.matcher
        token = Token(self, parent, item)
        if matched is not None:
            chain(token, matched)
        elif parent is None:
            matcher.loose.append(token)
        matcher.count()
        matcher.frame.link = token
        matcher.frame.record = None
        for value in compute(self.test, self.each, matcher):
            self.hand_on(token, value, None)

    def left_placed(self, parent: Token | None, item: object, matched: Element | None) -> None:
        """Add each element to the match, which is kept once for each with its position."""
        matcher = self.matcher
        matcher.frame.link = Link(parent, item)
        matcher.frame.record = None
        values = compute(self.test, self.each, matcher)
        for position in range(len(values)):
            token = PlacedToken(self, parent, item, position)
            if matched is not None:
                chain(token, matched)
            matcher.count()
            self.hand_on(token, values[position], None)
