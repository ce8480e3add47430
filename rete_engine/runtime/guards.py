"""`not` and `exists`: of one pattern, and over a conjunction (NCC node and partner)."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast, final

from rete_engine.expressions.frame import Link
from rete_engine.expressions.native import mypyc_attr
from rete_engine.network.nodes import ExistsSpec, GroupSpec, PartnerSpec
from rete_engine.runtime.conditions import all_hold
from rete_engine.runtime.joins import MeetingNode
from rete_engine.runtime.live_node import LiveNode, WorkingNode
from rete_engine.runtime.memory import Element, Entry, Token, chain

if TYPE_CHECKING:
    from rete_engine.runtime.matcher import Matcher


@final
@mypyc_attr(acyclic=True)
class GuardToken(Token):
    """A match at an `exists` or `not` of one pattern.

    It leans on one fact that satisfies the pattern (`support`) and then stands in that entry's
    list of guards; with none it waits in its bucket. Only when the support goes is another
    looked for.
    """

    __slots__ = ("passed", "support")

    def __init__(self, node: LiveNode, parent: Token | None, item: object) -> None:
        super().__init__(node, parent, item)
        self.support: Entry | None = None
        self.passed = False  # whether its match was handed on


def lean(guard: GuardToken, entry: Entry) -> None:
    """Let a guard lean on a fact that satisfies its pattern."""
    guard.support = entry
    first = entry.blocked
    if first is not None:
        guard.next = first
        first.previous = guard
    entry.blocked = guard


def let_go(guard: GuardToken, entry: Entry) -> None:
    """End what `lean` began."""
    after = guard.next
    before = guard.previous
    if before is None:
        assert after is None or isinstance(after, GuardToken)
        entry.blocked = after
    else:
        before.next = after
    if after is not None:
        after.previous = before
    guard.next = None
    guard.previous = None
    guard.support = None


def guards_of(entry: Entry) -> list[GuardToken]:
    """The guards that lean on a fact, oldest first, let go of it."""
    guards: list[GuardToken] = []
    guard = entry.blocked
    while guard is not None:
        let_go(guard, entry)
        guards.append(guard)
        guard = entry.blocked
    guards.reverse()
    return guards


@final
class ExistsNode(MeetingNode):
    """`exists` or `not` of one pattern. Its tokens are `GuardToken`s."""

    __slots__ = ("negated",)

    def __init__(self, spec: ExistsSpec, matcher: Matcher) -> None:
        super().__init__(spec, matcher)
        self.is_guard = True
        self.negated = spec.negated

    def left(self, parent: Token | None, item: object, matched: Element | None) -> None:
        """Let a match pass if a fact agrees with it (with `not`: if none does)."""
        matcher = self.matcher
        guard = GuardToken(self, parent, item)
        if matched is not None:
            chain(guard, matched)
        matcher.count()
        self.seek(guard, self.key_of(guard))
        if (guard.support is None) == self.negated:
            self.pass_on(guard)

    def seek(self, guard: GuardToken, key: object) -> None:
        """Find a fact for a guard to lean on, or put it into the left memory."""
        bucket = self.memory.bucket(key)
        entry = bucket.first
        if entry is not None:
            matcher = self.matcher
            frame = matcher.frame
            tests = self.tests
            while entry is not None:
                frame.link = guard
                frame.record = entry.element
                if not tests or all_hold(tests, matcher):
                    lean(guard, entry)
                    return
                entry = entry.next
        bucket.keep(guard, self.slot)

    def agreeing(self, guard: GuardToken) -> list[Entry]:
        """All facts that a guard could lean on."""
        agreed: list[Entry] = []
        found = self.memory.buckets.get(self.key_of(guard))
        entry = found.first if found is not None else None
        matcher = self.matcher
        frame = matcher.frame
        while entry is not None:
            frame.link = guard
            frame.record = entry.element
            if all_hold(self.tests, matcher):
                agreed.append(entry)
            entry = entry.next
        return agreed

    def right(self, element: Element) -> None:
        """Let the guards that wait lean on an arriving fact that agrees with them."""
        entry = self.entry
        assert entry is not None
        left = entry.bucket.left(self.slot)
        if left is None:
            return
        matcher = self.matcher
        frame = matcher.frame
        tests = self.tests
        token: Token | None = left.head
        while token is not None:
            guard = cast(GuardToken, token)
            token = token.next  # before the guard changes its list
            frame.link = guard
            frame.record = element
            if tests and not all_hold(tests, matcher):
                continue
            self.drop(guard)
            lean(guard, entry)
            if self.negated:
                if guard.passed:
                    guard.passed = False
                    matcher.remove_outputs(guard)
            elif not guard.passed:
                matcher.unsettled.may_pass(guard)

    def lost(self, guard: GuardToken, key: object) -> None:
        """A guard's fact is gone: look for another one."""
        self.seek(guard, key)
        if guard.support is None:
            if self.negated:
                if not guard.passed:
                    self.matcher.unsettled.may_pass(guard)
            elif guard.passed:
                guard.passed = False
                self.matcher.remove_outputs(guard)
        elif guard.passed:
            truth = self.matcher.truth
            if truth is not None and self.spec.supports and truth.is_derived(guard.support.element):
                truth.shift(guard)

    def pass_on(self, guard: GuardToken) -> None:
        """Hand a guard's match on."""
        guard.passed = True
        child = self.child
        if child is None:
            child = self.matcher.first_child(self)
        while child is not None:
            child.node.left(guard, None, None)
            child = child.next

    def forget(self, token: Token) -> None:
        """Drop a guard from the left memory or from the fact it leans on."""
        guard = cast(GuardToken, token)
        support = guard.support
        if support is not None:
            let_go(guard, support)
        else:
            self.drop(guard)


@final
@mypyc_attr(acyclic=True)
class GroupToken(Token):
    """A match at an `exists` or `not` over a conjunction."""

    __slots__ = ("found", "passed")

    def __init__(self, node: LiveNode, parent: Token | None, item: object) -> None:
        super().__init__(node, parent, item)
        self.found = 0  # matches of the branch
        self.passed = False  # whether its match was handed on


@final
@mypyc_attr(acyclic=True)
class FoundToken(Token):
    """A match of a group's branch; `owner` is the group's match it was found for."""

    __slots__ = ("owner",)

    def __init__(
        self, node: LiveNode, parent: Token | None, item: object, owner: GroupToken
    ) -> None:
        super().__init__(node, parent, item)
        self.owner = owner


@final
class GroupNode(WorkingNode):
    """`exists` or `not` over a conjunction. Its tokens are `GroupToken`s."""

    __slots__ = ("branch", "branch_rank", "negated")

    def __init__(self, spec: GroupSpec, matcher: Matcher) -> None:
        super().__init__(spec, matcher)
        self.negated = spec.negated
        self.branch_rank = spec.branch_rank
        self.branch: list[LiveNode] = [matcher.live(node) for node in spec.branch]

    def left(self, parent: Token | None, item: object, matched: Element | None) -> None:
        """Search the branch for a match, then let the match pass or wait."""
        matcher = self.matcher
        token = GroupToken(self, parent, item)
        if matched is not None:
            chain(token, matched)
        matcher.count()
        for node in self.branch:
            node.left(token, None, None)
        if (token.found == 0) == self.negated:
            self.pass_on(token)

    def gained(self, token: GroupToken) -> None:
        """The branch found a match more."""
        if self.negated:
            if token.passed:
                token.passed = False
                self.matcher.remove_outputs(token)
        elif not token.passed and token.found == 1:
            self.matcher.unsettled.may_pass(token)

    def lost(self, token: GroupToken) -> None:
        """The branch's last match is gone; it may come back within the same change."""
        if self.negated:
            if not token.passed:
                self.matcher.unsettled.may_pass(token)
        elif token.passed:
            self.matcher.unsettled.may_stop(token, self.branch_rank)

    def pass_on(self, token: GroupToken) -> None:
        """Hand a match on."""
        token.passed = True
        self.hand_on(token, None, None)


@final
class PartnerNode(LiveNode):
    """The end of a group's branch. Its tokens are `FoundToken`s."""

    __slots__ = ("matcher", "steps")

    def __init__(self, spec: PartnerSpec, matcher: Matcher) -> None:
        super().__init__(spec)
        self.matcher = matcher
        self.steps = spec.steps

    def left(self, parent: Token | None, item: object, matched: Element | None) -> None:
        """Count a match of the branch for the group's match it belongs to."""
        link: Link | None = parent
        for _ in range(self.steps - 1):
            assert link is not None
            link = link.parent
        owner = cast(GroupToken, link)
        token = FoundToken(self, parent, item, owner)
        if matched is not None:
            chain(token, matched)
        self.matcher.count()
        owner.found += 1
        cast(GroupNode, owner.node).gained(owner)

    def forget(self, token: Token) -> None:
        """Count a match of the branch no more."""
        owner = cast(FoundToken, token).owner
        owner.found -= 1
        if not owner.is_live:
            return
        if owner.found == 0:
            cast(GroupNode, owner.node).lost(owner)
        if owner.passed and owner.node.spec.supports:
            truth = self.matcher.truth
            if truth is not None:
                truth.shift(owner)  # that match may have been the one that it leant on
