"""Right sub-networks: where their matches meet those of other paths."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast, final

from rete_engine.network.nodes import AdapterSpec, CrossSpec
from rete_engine.runtime.activations import LeftToken, step_aside
from rete_engine.runtime.conditions import all_hold
from rete_engine.runtime.endings import Outlets, meet_endings
from rete_engine.runtime.live_node import Child, LiveNode, WorkingNode, rank_of
from rete_engine.runtime.memory import (
    Element,
    RightToken,
    Token,
    TokenBucket,
    append,
    chain,
    chain_right,
    longer,
    take_out,
)

if TYPE_CHECKING:
    from rete_engine.runtime.matcher import Matcher


@final
class AdapterNode(LiveNode):
    """The end of a right sub-network. Its tokens are `RightToken`s."""

    __slots__ = ("crosses", "length", "matcher", "memory")

    def __init__(self, spec: AdapterSpec, matcher: Matcher) -> None:
        super().__init__(spec)
        self.matcher = matcher
        self.length = spec.length
        self.memory = TokenBucket()
        self.crosses: list[CrossNode] = []  # those that ever had a left match

    def link(self, cross: CrossNode) -> None:
        """Let a node hear of matches from now on."""
        self.crosses.append(cross)
        self.crosses.sort(key=rank_of)

    def left(self, parent: Token | None, item: object, matched: Element | None) -> None:
        """Let a match meet those of other paths."""
        right = RightToken(self, parent, item, self.length)
        if matched is not None:
            chain(right, matched)
        self.matcher.count()
        append(self.memory, right)
        for cross in self.crosses:
            cross.right(right)

    def forget(self, token: Token) -> None:
        """Remove all that was made with a match."""
        take_out(token, self.memory)
        right = cast(RightToken, token)
        made = right.tokens
        while made is not None:
            self.matcher.remove(made)
            made = right.tokens


@final
class CrossNode(WorkingNode):
    """Meets each match from the left with each match of a right sub-network.

    A fact may bring both about. It does not matter which one comes first: the one that comes
    second meets the first, and so each pair is made once.
    """

    __slots__ = ("adapter", "bucket", "defers", "outlets", "tests")

    def __init__(self, spec: CrossSpec, matcher: Matcher) -> None:
        super().__init__(spec, matcher)
        self.tests = spec.tests
        self.defers = spec.defers
        self.bucket = TokenBucket()
        self.outlets: Outlets | None = None  # made when needed
        self.adapter = cast(AdapterNode, matcher.live(spec.adapter))
        self.adapter.link(self)

    def left(self, parent: Token | None, item: object, matched: Element | None) -> None:
        """Meet a match with what the sub-network has found."""
        token = LeftToken(self, parent, item)
        if matched is not None:
            chain(token, matched)
        self.matcher.count()
        append(self.bucket, token)
        first = self.child
        if first is None:
            first = self.matcher.first_child(self)
        found = self.adapter.memory.head
        while found is not None:
            right = cast(RightToken, found)
            if self.agree(token, right):
                child = first
                while child is not None:
                    child.node.left(self.splice(token, right), right.item, None)
                    child = child.next
            found = found.next

    def right(self, right: RightToken) -> None:
        """Meet what the sub-network has found with the matches that wait."""
        bucket = self.bucket
        if bucket.head is None:
            return
        outlets = self.outlets
        if outlets is None:
            outlets = Outlets(self, self.defers, self.matcher)
            self.outlets = outlets
        if outlets.other is not None:
            token: Token | None = bucket.head
            while token is not None:
                if self.agree(token, right):
                    child: Child | None = outlets.other
                    while child is not None:
                        child.node.left(self.splice(token, right), right.item, None)
                        child = child.next
                token = token.next
        if outlets.endings:
            meet_endings(outlets.endings, self, bucket, right)

    def agree(self, token: Token, right: RightToken) -> bool:
        """Whether two matches pass the tests."""
        tests = self.tests
        if not tests:
            return True
        matcher = self.matcher
        matcher.frame.link = longer(token, right)
        matcher.frame.record = None
        return all_hold(tests, matcher)

    def splice(self, token: Token, right: RightToken) -> Token:
        """Lengthen a match by another one, but for its last fact."""
        matcher = self.matcher
        matcher.count()
        spliced = Token(self, token, right)
        chain_right(spliced, right)
        facts = right.facts
        for index in range(len(facts) - 1):
            matcher.count()
            spliced = Token(self, spliced, facts[index])
        return spliced

    def forget(self, token: Token) -> None:
        """Drop a match from the left memory, if it stands there."""
        bucket = token.bucket
        if bucket is not None:
            step_aside(cast(LeftToken, token))
            take_out(token, bucket)
