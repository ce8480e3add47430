"""The nodes that facts arrive at, and joins."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast, final

from rete_engine.network.nodes import FirstSpec, JoinSpec, RightInputSpec
from rete_engine.runtime.activations import LeftToken, step_aside
from rete_engine.runtime.conditions import all_hold
from rete_engine.runtime.endings import Outlets, meet_endings
from rete_engine.runtime.join_keys import KeyMaker, key_maker
from rete_engine.runtime.live_node import Child, RightInput
from rete_engine.runtime.memory import (
    Bucket,
    Element,
    LeftBucket,
    RightMemory,
    Token,
    chain,
)

if TYPE_CHECKING:
    from rete_engine.runtime.matcher import Matcher


@final
class FirstNode(RightInput):
    """The first pattern of rules: every arriving fact is a match."""

    __slots__ = ("matcher",)

    def __init__(self, spec: FirstSpec, matcher: Matcher) -> None:
        super().__init__(spec, spec.mask)
        self.matcher = matcher

    def right(self, element: Element) -> None:
        """Hand the fact on as a match of one."""
        child = self.child
        if child is None:
            child = self.matcher.first_child(self)
        while child is not None:
            child.node.left(None, element, element)
            child = child.next


class MeetingNode(RightInput):
    """What a join and an exists have in common: a right index, where matches wait for facts."""

    __slots__ = ("left_key", "matcher", "memory", "tests")

    def __init__(self, spec: RightInputSpec, matcher: Matcher) -> None:
        super().__init__(spec, spec.mask)
        self.matcher = matcher
        self.left_key: KeyMaker = key_maker(spec.left_key)
        self.tests = spec.tests
        self.memory: RightMemory = matcher.alpha_network.right_memory(spec.right)
        self.slot = self.memory.link(self)

    def key_of(self, token: Token) -> object:
        """The key that a fact must have to meet the match."""
        frame = self.matcher.frame
        frame.link = token
        return self.left_key.of(frame)

    def drop(self, token: Token) -> None:
        """Take a match out of the left memory, if it stands there."""
        left = token.bucket
        if left is not None:
            bucket = left if isinstance(left, Bucket) else cast(LeftBucket, left).bucket
            bucket.drop(token, left)


@final
class JoinNode(MeetingNode):
    """A further pattern of a rule."""

    __slots__ = ("defers", "outlets")

    def __init__(self, spec: JoinSpec, matcher: Matcher) -> None:
        super().__init__(spec, matcher)
        self.defers = spec.defers
        self.outlets: Outlets | None = None  # made when needed

    def left(self, parent: Token | None, item: object, matched: Element | None) -> None:
        """Meet a match with the facts that have its key."""
        matcher = self.matcher
        token = LeftToken(self, parent, item) if self.defers else Token(self, parent, item)
        if matched is not None:
            chain(token, matched)
        matcher.count()
        bucket = self.memory.bucket(self.key_of(token))
        bucket.keep(token, self.slot)
        entry = bucket.first
        if entry is None:
            return
        first = self.child
        if first is None:
            first = matcher.first_child(self)
        tests = self.tests
        frame = matcher.frame
        while entry is not None:
            element = entry.element
            if tests:
                frame.link = token
                frame.record = element
                if not all_hold(tests, matcher):
                    entry = entry.next
                    continue
            child = first
            while child is not None:
                child.node.left(token, element, element)
                child = child.next
            entry = entry.next

    def right(self, element: Element) -> None:
        """Meet a fact with the matches that have its key."""
        entry = self.entry
        assert entry is not None
        left = entry.bucket.left(self.slot)
        if left is None or left.head is None:
            return
        outlets = self.outlets
        if outlets is None:
            outlets = Outlets(self, self.defers, self.matcher)
            self.outlets = outlets
        if outlets.other is not None:
            token: Token | None = left.head
            while token is not None:
                if self.agree(token, element):
                    child: Child | None = outlets.other
                    while child is not None:
                        child.node.left(token, element, element)
                        child = child.next
                token = token.next
        if outlets.endings:
            meet_endings(outlets.endings, self, left, element)

    def agree(self, token: Token, element: Element) -> bool:
        """Whether a match and a fact with its key pass the tests."""
        tests = self.tests
        if not tests:
            return True
        matcher = self.matcher
        matcher.frame.link = token
        matcher.frame.record = element
        return all_hold(tests, matcher)

    def forget(self, token: Token) -> None:
        """Drop a match from the left memory."""
        if self.defers and cast(LeftToken, token).next_to_meet is not None:
            step_aside(cast(LeftToken, token))
        self.drop(token)
