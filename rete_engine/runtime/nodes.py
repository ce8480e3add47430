"""The live nodes: what each does with an arriving match (left) or fact (right).

The nodes are those of Doorenbos's thesis, with hashed memories. One law makes them simple: when
a node is activated, the indexes over facts are already up to date (see `matcher`). So a match
that arrives from the left always sees the present state, and only what waits in memory has to
be told of a change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast, final

from rete_engine.expressions.frame import Link, Node
from rete_engine.expressions.values import join_key
from rete_engine.network.accumulates import AccumulateSpec, MemberSpec
from rete_engine.network.specs import (
    AdapterSpec,
    AnswerSpec,
    ComputeSpec,
    CrossSpec,
    ExistsSpec,
    FirstSpec,
    GroupSpec,
    JoinSpec,
    NodeSpec,
    PartnerSpec,
    ProductionSpec,
    RightInputSpec,
    TestSpec,
)
from rete_engine.runtime.accumulate import AccumulateNode, MemberNode
from rete_engine.runtime.memory import (
    Activation,
    AgendaEntry,
    AnswerToken,
    Deferred,
    Element,
    Ending,
    Entry,
    FoundToken,
    GroupToken,
    GuardToken,
    LeftToken,
    LiveNode,
    PlacedToken,
    RightInput,
    RightMemory,
    RightToken,
    Token,
    TokenBucket,
    append,
    chain,
    chain_right,
    lean,
    let_go,
    rank_of,
    step_aside,
    take_out,
)

if TYPE_CHECKING:
    from rete_engine.runtime.matcher import Matcher


class WorkingNode(LiveNode):
    """A node with its way back to the session's matcher."""

    __slots__ = ("matcher",)

    def __init__(self, spec: NodeSpec, matcher: Matcher) -> None:
        super().__init__(spec)
        self.matcher = matcher

    def hand_on(self, token: Token | None, item: object, matched: Element | None) -> None:
        """Give a longer match to every child."""
        children = self.children
        if children is None:
            children = self.matcher.live_children(self)
        for child in children:
            child.left(token, item, matched)


@final
class FirstNode(RightInput):
    """The first pattern of rules: every arriving fact is a match."""

    __slots__ = ("matcher",)

    def __init__(self, spec: FirstSpec, matcher: Matcher) -> None:
        super().__init__(spec, spec.mask)
        self.matcher = matcher

    def right(self, element: Element) -> None:
        """Hand the fact on as a match of one."""
        children = self.children
        if children is None:
            children = self.matcher.live_children(self)
        for child in children:
            child.left(None, element, element)


class MeetingNode(RightInput):
    """What a join and an exists have in common: a hashed left memory and a right index."""

    __slots__ = ("buckets", "left_key", "matcher", "memory", "tests")

    def __init__(self, spec: RightInputSpec, matcher: Matcher) -> None:
        super().__init__(spec, spec.mask)
        self.matcher = matcher
        self.left_key = spec.left_key
        self.tests = spec.tests
        self.buckets: dict[object, TokenBucket] = {}
        self.memory: RightMemory = matcher.right_memory(spec.right)
        self.memory.link(self)

    def key_of(self, token: Token) -> object:
        """The key that a fact must have to meet the match."""
        nodes = self.left_key
        if not nodes:
            return None
        frame = self.matcher.frame
        frame.link = token
        if len(nodes) == 1:
            return join_key(nodes[0].evaluate(frame))
        return key_of_all(nodes, self.matcher)

    def keep(self, token: Token, key: object) -> None:
        """Put a match into the left memory."""
        bucket = self.buckets.get(key)
        if bucket is None:
            bucket = TokenBucket(key)
            self.buckets[key] = bucket
        append(bucket, token)

    def drop(self, token: Token) -> None:
        """Take a match out of the left memory, if it stands there."""
        bucket = token.bucket
        if bucket is not None:
            take_out(token, bucket)
            if bucket.head is None:
                del self.buckets[bucket.key]


def key_of_all(nodes: tuple[Node, ...], matcher: Matcher) -> object:
    """The key made of several values."""
    frame = matcher.frame
    if len(nodes) == 2:
        # The commonest of them, without a list in between.
        return (join_key(nodes[0].evaluate(frame)), join_key(nodes[1].evaluate(frame)))
    return tuple([join_key(node.evaluate(frame)) for node in nodes])


@final
class JoinNode(MeetingNode):
    """A further pattern of a rule."""

    __slots__ = ("defers", "endings", "others")

    def __init__(self, spec: JoinSpec, matcher: Matcher) -> None:
        super().__init__(spec, matcher)
        self.defers = spec.defers
        self.others: list[LiveNode] | None = None  # children but `endings`; made when needed
        self.endings: list[ProductionNode] = []  # rules whose matches may be made later

    def left(self, parent: Token | None, item: object, matched: Element | None) -> None:
        """Meet a match with the facts that have its key."""
        matcher = self.matcher
        token = LeftToken(self, parent, item) if self.defers else Token(self, parent, item)
        if matched is not None:
            chain(token, matched)
        matcher.count()
        key = self.key_of(token)
        self.keep(token, key)
        found = self.memory.buckets.get(key)
        if found is None:
            return
        children = self.children
        if children is None:
            children = matcher.live_children(self)
        tests = self.tests
        frame = matcher.frame
        entry = found.head
        while entry is not None:
            element = entry.element
            if tests:
                frame.link = token
                frame.record = element
                if not matcher.all_hold(tests):
                    entry = entry.next
                    continue
            for child in children:
                child.left(token, element, element)
            entry = entry.next

    def right(self, element: Element) -> None:
        """Meet a fact with the matches that have its key."""
        entry = self.entry
        assert entry is not None
        bucket = self.buckets.get(entry.bucket.key)
        if bucket is None:
            return
        others = self.others
        if others is None:
            others = self.split()
        if others:
            token = bucket.head
            while token is not None:
                if self.agree(token, element):
                    for child in others:
                        child.left(token, element, element)
                token = token.next
        if self.endings:
            meet_endings(self.endings, self, bucket, element)

    def split(self) -> list[LiveNode]:
        """Tell the rules whose matches may be made later from all other children."""
        children = self.children
        if children is None:
            children = self.matcher.live_children(self)
        self.endings = endings_among(children) if self.defers else []
        self.others = [child for child in children if child not in self.endings]
        return self.others

    def agree(self, token: Token, element: Element) -> bool:
        """Whether a match and a fact with its key pass the tests."""
        tests = self.tests
        if not tests:
            return True
        matcher = self.matcher
        matcher.frame.link = token
        matcher.frame.record = element
        return matcher.all_hold(tests)

    def forget(self, token: Token) -> None:
        """Drop a match from the left memory."""
        if self.defers and cast(LeftToken, token).next_to_meet is not None:
            step_aside(cast(LeftToken, token))
        self.drop(token)


@final
class AdapterNode(LiveNode):
    """The end of a right sub-network. Its tokens are `RightToken`s."""

    __slots__ = ("crosses", "length", "matcher", "memory")

    def __init__(self, spec: AdapterSpec, matcher: Matcher) -> None:
        super().__init__(spec)
        self.matcher = matcher
        self.length = spec.length
        self.memory = TokenBucket(None)
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

    __slots__ = ("adapter", "bucket", "defers", "endings", "others", "tests")

    def __init__(self, spec: CrossSpec, matcher: Matcher) -> None:
        super().__init__(spec, matcher)
        self.tests = spec.tests
        self.defers = spec.defers
        self.bucket = TokenBucket(None)
        self.others: list[LiveNode] | None = None  # as of a `JoinNode`
        self.endings: list[ProductionNode] = []
        self.adapter = cast(AdapterNode, matcher.live(spec.adapter))
        self.adapter.link(self)

    def left(self, parent: Token | None, item: object, matched: Element | None) -> None:
        """Meet a match with what the sub-network has found."""
        token = LeftToken(self, parent, item)
        if matched is not None:
            chain(token, matched)
        self.matcher.count()
        append(self.bucket, token)
        children = self.children
        if children is None:
            children = self.matcher.live_children(self)
        found = self.adapter.memory.head
        while found is not None:
            right = cast(RightToken, found)
            if self.agree(token, right):
                for child in children:
                    child.left(self.splice(token, right), right.item, None)
            found = found.next

    def right(self, right: RightToken) -> None:
        """Meet what the sub-network has found with the matches that wait."""
        bucket = self.bucket
        if bucket.head is None:
            return
        others = self.others
        if others is None:
            others = self.split()
        if others:
            token: Token | None = bucket.head
            while token is not None:
                if self.agree(token, right):
                    for child in others:
                        child.left(self.splice(token, right), right.item, None)
                token = token.next
        if self.endings:
            meet_endings(self.endings, self, bucket, right)

    def split(self) -> list[LiveNode]:
        """Tell the rules whose matches may be made later from all other children."""
        children = self.children
        if children is None:
            children = self.matcher.live_children(self)
        self.endings = endings_among(children) if self.defers else []
        self.others = [child for child in children if child not in self.endings]
        return self.others

    def agree(self, token: Token, right: RightToken) -> bool:
        """Whether two matches pass the tests."""
        tests = self.tests
        if not tests:
            return True
        matcher = self.matcher
        matcher.frame.link = longer(token, right)
        matcher.frame.record = None
        return matcher.all_hold(tests)

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


def longer(token: Token, right: RightToken) -> Link:
    """The match that `CrossNode.splice` would make, for a look at it."""
    link = Link(token, right)
    for fact in right.facts:
        link = Link(link, fact)
    return link


def endings_among(children: list[LiveNode]) -> list[ProductionNode]:
    """The rules whose matches may be made later."""
    return [
        child
        for child in children
        if isinstance(child, ProductionNode) and child.reading.rule.deferrable
    ]


def meet_endings(
    endings: list[ProductionNode], join: LiveNode, bucket: TokenBucket, item: object
) -> None:
    """Let an arrived item meet the tokens of a bucket, at the end of rules.

    Rule after rule, so that it makes no difference to `depth` whether matches are made now, the
    oldest token first, or later, each before those that fire after it.
    """
    matcher = endings[0].matcher
    defers = matcher.defers and bucket.head is not bucket.tail
    for ending in endings:
        if defers:
            ending.defer(join, bucket, item)
            continue
        token = bucket.head
        while token is not None:
            ending.meet(join, token, item, 0)
            token = token.next


@final
class ExistsNode(MeetingNode):
    """`exists` or `not` of one pattern. Its tokens are `GuardToken`s."""

    __slots__ = ("negated",)

    def __init__(self, spec: ExistsSpec, matcher: Matcher) -> None:
        super().__init__(spec, matcher)
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
        found = self.memory.buckets.get(key)
        if found is not None:
            matcher = self.matcher
            frame = matcher.frame
            tests = self.tests
            entry = found.head
            while entry is not None:
                frame.link = guard
                frame.record = entry.element
                if not tests or matcher.all_hold(tests):
                    lean(guard, entry)
                    return
                entry = entry.next
        self.keep(guard, key)

    def agreeing(self, guard: GuardToken) -> list[Entry]:
        """All facts that a guard could lean on."""
        agreed: list[Entry] = []
        found = self.memory.buckets.get(self.key_of(guard))
        entry = found.head if found is not None else None
        matcher = self.matcher
        frame = matcher.frame
        while entry is not None:
            frame.link = guard
            frame.record = entry.element
            if matcher.all_hold(self.tests):
                agreed.append(entry)
            entry = entry.next
        return agreed

    def right(self, element: Element) -> None:
        """Let the guards that wait lean on an arriving fact that agrees with them."""
        entry = self.entry
        assert entry is not None
        bucket = self.buckets.get(entry.bucket.key)
        if bucket is None:
            return
        matcher = self.matcher
        frame = matcher.frame
        tests = self.tests
        token = bucket.head
        while token is not None:
            guard = cast(GuardToken, token)
            token = token.next  # before the guard changes its list
            frame.link = guard
            frame.record = element
            if tests and not matcher.all_hold(tests):
                continue
            self.drop(guard)
            lean(guard, entry)
            if self.negated:
                if guard.passed:
                    guard.passed = False
                    matcher.remove_outputs(guard)
            elif not guard.passed:
                matcher.may_pass(guard)

    def lost(self, guard: GuardToken, key: object) -> None:
        """A guard's fact is gone: look for another one."""
        self.seek(guard, key)
        if guard.support is None:
            if self.negated:
                if not guard.passed:
                    self.matcher.may_pass(guard)
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
        children = self.children
        if children is None:
            children = self.matcher.live_children(self)
        for child in children:
            child.left(guard, None, None)

    def forget(self, token: Token) -> None:
        """Drop a guard from the left memory or from the fact it leans on."""
        guard = cast(GuardToken, token)
        support = guard.support
        if support is not None:
            let_go(guard, support)
        else:
            self.drop(guard)


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
            self.matcher.may_pass(token)

    def lost(self, token: GroupToken) -> None:
        """The branch's last match is gone; it may come back within the same change."""
        if self.negated:
            if not token.passed:
                self.matcher.may_pass(token)
        elif token.passed:
            self.matcher.may_stop(token, self.branch_rank)

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
        if matcher.all_hold(self.tests):
            self.hand_on(parent, item, matched)


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
        for value in matcher.compute(self.test, self.each):
            self.hand_on(token, value, None)

    def left_placed(self, parent: Token | None, item: object, matched: Element | None) -> None:
        """Add each element to the match, which is kept once for each with its position."""
        matcher = self.matcher
        matcher.frame.link = Link(parent, item)
        matcher.frame.record = None
        values = matcher.compute(self.test, self.each)
        for position in range(len(values)):
            token = PlacedToken(self, parent, item, position)
            if matched is not None:
                chain(token, matched)
            matcher.count()
            self.hand_on(token, values[position], None)


@final
class ProductionNode(Ending):
    """The end of a rule: matches become activations."""

    __slots__ = ("matcher", "reading")

    def __init__(self, spec: ProductionSpec, matcher: Matcher) -> None:
        super().__init__(spec)
        self.matcher = matcher
        self.reading = spec.reading

    def left(self, parent: Token | None, item: object, matched: Element | None) -> None:
        """Put the match on the agenda."""
        matcher = self.matcher
        matcher.activations += 1
        activation = Activation(self, parent, item, self.reading, matcher.activations)
        if matched is not None:
            chain(activation, matched)
        matcher.count()
        matcher.activate(activation)

    def meet(self, join: LiveNode, token: Token, item: object, number: int) -> Activation | None:
        """Make the match of a token and an item that a join meets, if they agree.

        With a number it is one that was deferred under it, and stands on the agenda already.
        """
        matcher = self.matcher
        if isinstance(item, RightToken):
            cross = cast(CrossNode, join)
            if not cross.agree(token, item):
                return None
            parent, last = cross.splice(token, item), item.item
        else:
            if not cast(JoinNode, join).agree(token, cast(Element, item)):
                return None
            parent, last = token, item
        if number == 0:
            matcher.activations += 1
        activation = Activation(self, parent, last, self.reading, number or matcher.activations)
        if not isinstance(item, RightToken):
            chain(activation, cast(Element, item))
        matcher.count()
        if number == 0:
            matcher.activate(activation)
        return activation

    def defer(self, join: LiveNode, bucket: TokenBucket, item: object) -> None:
        """Put one entry on the agenda for all matches of an item with the tokens of a bucket."""
        matcher = self.matcher
        matcher.activations += 1
        deferred = Deferred(self, join, item, self.reading, matcher.activations)
        if isinstance(item, RightToken):
            chain_right(deferred, item)
        else:
            chain(deferred, cast(Element, item))
        deferred.stand(cast("LeftToken | None", bucket.tail))
        matcher.count()
        matcher.activate(deferred)

    def make(self, deferred: Deferred) -> Activation | None:
        """Make the next match that is deferred; None, and an end of it, when there is none."""
        token = deferred.cursor
        while token is not None:
            deferred.stand(cast("LeftToken | None", token.previous))
            made = self.meet(deferred.join, token, deferred.item, deferred.number)
            if made is not None:
                made.salience = deferred.salience
                made.waiting = True
                self.matcher.agenda.size += 1
                return made
            token = deferred.cursor
        self.matcher.remove(deferred)
        return None

    def left_out(self, deferred: Deferred, limit: int) -> list[Link]:
        """Matches that are deferred, the next one first, at most so many; none is made."""
        found: list[Link] = []
        item = deferred.item
        token: Token | None = deferred.cursor
        while token is not None and len(found) < limit:
            if isinstance(item, RightToken):
                if cast(CrossNode, deferred.join).agree(token, item):
                    found.append(longer(token, item))
            elif cast(JoinNode, deferred.join).agree(token, cast(Element, item)):
                found.append(Link(token, item))
            token = token.previous
        return found

    def forget(self, token: Token) -> None:
        """Take the activation off the agenda."""
        entry = cast(AgendaEntry, token)
        if isinstance(entry, Deferred):
            entry.stand(None)
        self.matcher.cancel(entry)


@final
class AnswerNode(LiveNode):
    """The end of a query: matches are answers for whoever asked. Its tokens are `AnswerToken`s."""

    __slots__ = ("matcher", "steps")

    def __init__(self, spec: AnswerSpec, matcher: Matcher) -> None:
        super().__init__(spec)
        self.matcher = matcher
        self.steps = spec.steps

    def left(self, parent: Token | None, item: object, matched: Element | None) -> None:
        """Take an answer."""
        matcher = self.matcher
        link: Link = Link(parent, item)
        for _ in range(self.steps):
            link = cast(Link, link.parent)
        token = AnswerToken(self, parent, item, cast(Element, link.item))
        if matched is not None:
            chain(token, matched)
        matcher.count()
        matcher.news.append(token)

    def forget(self, token: Token) -> None:
        """Tell that an answer ceased."""
        answer = cast(AnswerToken, token)
        if answer.told:
            self.matcher.news.append(answer)


def make_node(spec: NodeSpec, matcher: Matcher) -> LiveNode:
    """The live node of a spec."""
    if isinstance(spec, JoinSpec):
        return JoinNode(spec, matcher)
    if isinstance(spec, ProductionSpec):
        return ProductionNode(spec, matcher)
    if isinstance(spec, ExistsSpec):
        return ExistsNode(spec, matcher)
    if isinstance(spec, TestSpec):
        return TestNode(spec, matcher)
    if isinstance(spec, ComputeSpec):
        return ComputeNode(spec, matcher)
    if isinstance(spec, GroupSpec):
        return GroupNode(spec, matcher)
    if isinstance(spec, PartnerSpec):
        return PartnerNode(spec, matcher)
    if isinstance(spec, FirstSpec):
        return FirstNode(spec, matcher)
    if isinstance(spec, AnswerSpec):
        return AnswerNode(spec, matcher)
    if isinstance(spec, AccumulateSpec):
        return AccumulateNode(spec, matcher)
    if isinstance(spec, MemberSpec):
        return MemberNode(spec, matcher)
    if isinstance(spec, CrossSpec):
        return CrossNode(spec, matcher)
    if isinstance(spec, AdapterSpec):
        return AdapterNode(spec, matcher)
    raise AssertionError(spec.describe())


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
