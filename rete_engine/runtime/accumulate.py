"""The live nodes of accumulates.

Members are added and removed as the branch finds and loses them. What that makes of the result
is asked once, when the branch is done with a change (`review`): a result that is equal to the one
before is no event. One that is not ends the matches that had it, and the new one is handed on
when all below the node have met the change, like what a `not` lets pass (see `matcher`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast, final

from rete_engine.expressions.equality import changed, join_key
from rete_engine.expressions.frame import Link
from rete_engine.expressions.native import mypyc_attr
from rete_engine.network.accumulates import AccumulateSpec, MemberSpec
from rete_engine.network.alphas import Test
from rete_engine.runtime.computing import PlacedToken
from rete_engine.runtime.conditions import note_failure
from rete_engine.runtime.live_node import LiveNode
from rete_engine.runtime.memory import Element, Token, chain
from rete_engine.runtime.tallies import NOTHING, Kept, Order, Tally, make_tally

if TYPE_CHECKING:
    from rete_engine.runtime.matcher import Matcher


class TallyToken(Token):
    """Something that a result is accumulated for: a match, or one group of it."""

    __slots__ = ("doubted", "failed", "members", "noted", "passed", "result", "tally")

    def __init__(
        self, node: LiveNode, parent: Token | None, item: object, tally: Tally | None
    ) -> None:
        super().__init__(node, parent, item)
        self.tally = tally  # None for a match whose members are in groups
        self.members = 0
        self.failed = 0  # members whose value (for a match with groups: whose group) is an error
        self.noted = False  # whether a review is to come
        self.doubted = False  # whether it may rest on other facts now, though it stays the same
        self.passed = False  # whether a match with the result was handed on
        self.result: object = NOTHING


@final
class AccumulateToken(TallyToken):
    """A match at an accumulate."""

    __slots__ = ("filling", "groups")

    def __init__(
        self, node: LiveNode, parent: Token | None, item: object, tally: Tally | None
    ) -> None:
        super().__init__(node, parent, item, tally)
        self.filling = True  # while the branch finds its first members
        self.groups: dict[object, GroupedToken] = {}


@final
class GroupedToken(TallyToken):
    """A group of a match: its parent is the match's token, its item the group's value."""

    __slots__ = ("key",)

    def __init__(
        self, node: LiveNode, parent: Token | None, item: object, tally: Tally | None, key: object
    ) -> None:
        super().__init__(node, parent, item, tally)
        self.key = key


@final
@mypyc_attr(acyclic=True)
class MemberToken(Token):
    """A match of an accumulate's branch."""

    __slots__ = ("failed", "holder", "kept", "owner", "value")

    def __init__(
        self, node: LiveNode, parent: Token | None, item: object, owner: AccumulateToken
    ) -> None:
        super().__init__(node, parent, item)
        self.owner = owner  # the match that it was found for
        self.holder: TallyToken | None = owner  # where it is counted: the match or a group of it
        self.failed = False
        self.value: object = None
        self.kept: Kept | None = None


@final
class AccumulateNode(LiveNode):
    """`sum(…)` and its like. Its tokens are `AccumulateToken`s and `GroupedToken`s."""

    __slots__ = (
        "accumulator", "branch", "branch_rank", "grouped", "leans", "matcher", "named", "origins",
        "program",
    )  # fmt: skip

    def __init__(self, spec: AccumulateSpec, matcher: Matcher) -> None:
        super().__init__(spec)
        self.matcher = matcher
        self.accumulator = spec.accumulator
        self.program = spec.program
        self.grouped = spec.grouped
        self.named = spec.named
        self.leans = spec.branch[0].supports  # whether members may rest on what is derived
        self.origins = spec.origins
        self.branch_rank = spec.branch_rank
        self.branch: list[LiveNode] = [matcher.live(node) for node in spec.branch]

    def new_tally(self) -> Tally:
        """An empty tally."""
        return make_tally(self.accumulator, self.program, self.matcher.frame)

    def left(self, parent: Token | None, item: object, matched: Element | None) -> None:
        """Search the branch for members, then hand the match on with each result."""
        matcher = self.matcher
        token = AccumulateToken(self, parent, item, None if self.grouped else self.new_tally())
        if matched is not None:
            chain(token, matched)
        elif parent is None:
            matcher.loose.append(token)
        matcher.count()
        for node in self.branch:
            node.left(token, None, None)
        token.filling = False
        if not self.grouped:
            token.result = self.outcome(token)
            self.pass_on(token)
            return
        for group in list(token.groups.values()):
            group.result = self.outcome(group)
            self.pass_on(group)

    # -- members -------------------------------------------------------------------------------

    def group_of(self, owner: AccumulateToken, value: object) -> GroupedToken:
        """The group of a value; it begins with its first member."""
        key = join_key(value)
        group = owner.groups.get(key)
        if group is None:
            group = GroupedToken(self, owner, value, self.new_tally(), key)
            self.matcher.count()
            owner.groups[key] = group
        return group

    def note(self, token: TallyToken, owner: AccumulateToken) -> None:
        """See to it that a result is reviewed when the branch is done."""
        if not token.noted and not owner.filling:
            token.noted = True
            self.matcher.unsettled.may_stop(token, self.branch_rank)

    def note_all(self, owner: AccumulateToken) -> None:
        """See to it that the results of all groups are reviewed."""
        for group in owner.groups.values():
            self.note(group, owner)

    # -- results -------------------------------------------------------------------------------

    def outcome(self, token: TallyToken) -> object:
        """The result as it is now."""
        if token.failed:
            return NOTHING
        if isinstance(token, GroupedToken):
            owner = cast(AccumulateToken, token.parent)
            if owner.failed or not token.members:
                return NOTHING
        tally = token.tally
        assert tally is not None
        matcher = self.matcher
        frame = matcher.frame
        frame.steps = frame.context.limits.steps
        try:
            return tally.result(token.members, frame)
        except Exception as error:  # whatever an accumulator of the program raises
            note_failure(self.origins, token, None, error, matcher)
            return NOTHING

    def review(self, token: TallyToken) -> None:
        """The branch is done: end the matches with a result that is no more."""
        token.noted = False
        result = self.outcome(token)
        if token.passed:
            if result is not NOTHING and not (self.named and changed(token.result, result)):
                if token.doubted:
                    token.doubted = False
                    truth = self.matcher.truth
                    if truth is not None:
                        truth.shift(token)
                return
            token.passed = False
            self.matcher.remove_outputs(token)
        token.doubted = False
        token.result = result
        if result is not NOTHING:
            self.matcher.unsettled.may_pass(token)
        elif not token.members and isinstance(token, GroupedToken):
            self.matcher.remove(token)

    def doubt(self, token: TallyToken, member: MemberToken, came: bool) -> None:
        """Note that a result may rest on other facts, when a member came or went.

        Where a named result stays, what a `min` or `max` rests on are members with that value; and
        of a `sum`, an `avg` and accumulators of the program a new member may be part.
        """
        name = self.accumulator if self.program < 0 else ""
        if came:
            token.doubted |= name in ("", "sum", "avg")
        elif not (self.named and name in ("min", "max") and changed(member.value, token.result)):
            token.doubted = True

    def says_on(self, token: TallyToken, members: list[MemberToken]) -> bool:
        """Whether the result would be what it is over some of the members alone."""
        if isinstance(token, GroupedToken) and not members:
            return False
        tally = self.new_tally()
        frame = self.matcher.frame
        frame.steps = frame.context.limits.steps
        try:
            for member in members:
                tally.add(member.value, member.kept.order if member.kept is not None else ())
            result = tally.result(len(members), frame)
        except Exception:  # whatever an accumulator of the program raises: then it says nothing
            return False
        return result is not NOTHING and not (self.named and changed(token.result, result))

    def pass_on(self, token: TallyToken) -> None:
        """Hand a match on with its result, if it has one."""
        result = token.result
        if result is NOTHING:
            return
        token.passed = True
        child = self.child
        if child is None:
            child = self.matcher.first_child(self)
        while child is not None:
            child.node.left(token, result, None)
            child = child.next

    def forget(self, token: Token) -> None:
        """Drop a match or one of its groups."""
        if isinstance(token, GroupedToken):
            owner = cast(AccumulateToken, token.parent)
            if owner.is_live:
                del owner.groups[token.key]
        else:
            cast(AccumulateToken, token).groups.clear()


@final
class MemberNode(LiveNode):
    """The end of an accumulate's branch. Its tokens are `MemberToken`s."""

    __slots__ = ("by", "matcher", "member_spec", "steps", "value")

    def __init__(self, spec: MemberSpec, matcher: Matcher) -> None:
        super().__init__(spec)
        self.matcher = matcher
        self.member_spec = spec
        self.steps = spec.steps
        self.value = spec.value
        self.by = spec.by

    def left(self, parent: Token | None, item: object, matched: Element | None) -> None:
        """Add a member to what is accumulated for its match."""
        link: Link | None = parent
        for _ in range(self.steps - 1):
            assert link is not None
            link = link.parent
        owner = cast(AccumulateToken, link)
        token = MemberToken(self, parent, item, owner)
        if matched is not None:
            chain(token, matched)
        matcher = self.matcher
        matcher.count()
        node = cast(AccumulateNode, owner.node)
        holder: TallyToken = owner
        if self.by is not None:
            group = self.evaluated(self.by, token)
            if group is NOTHING:
                token.failed = True
                owner.failed += 1
                if owner.failed == 1:
                    node.note_all(owner)
                return
            holder = node.group_of(owner, group)
            token.holder = holder
        holder.members += 1
        node.note(holder, owner)
        if node.leans and holder.passed:
            node.doubt(holder, token, came=True)
        if self.value is not None:
            token.value = self.evaluated(self.value, token)
            if token.value is NOTHING:
                token.failed = True
                holder.failed += 1
                return
        tally = holder.tally
        assert tally is not None
        token.kept = tally.add(token.value, self.order(token))

    def evaluated(self, test: Test, token: MemberToken) -> object:
        """A value over a member's match; NOTHING where it raises, which is noted."""
        frame = self.matcher.frame
        frame.link = token
        frame.record = None
        try:
            return test.node.evaluate(frame)
        except Exception as error:  # whatever an external function raises
            note_failure(test.origins, token, None, error, self.matcher)
            return NOTHING

    def order(self, token: MemberToken) -> Order:
        """The place of a member among the others, where that matters; no two have the same."""
        spec = self.member_spec
        places = spec.places
        if places is None:
            return ()
        numbers: list[int] = []
        elements = False  # whether the places of facts are through
        for place in places:
            link: Link | None = token
            for _ in range(place.steps):
                assert link is not None
                link = link.parent
            assert link is not None
            if place.each:
                if not elements:
                    numbers.append(-1)
                    elements = True
                numbers.append(cast(PlacedToken, link.parent).position)
            else:
                numbers.append(cast(Element, link.item).number)
        numbers.append(-2)  # behind what fewer facts or elements put in order
        numbers.append(spec.branch_number)
        self.matcher.members += 1
        numbers.append(self.matcher.members)
        return tuple(numbers)

    def forget(self, token: Token) -> None:
        """Take a member away from what is accumulated."""
        member = cast(MemberToken, token)
        owner = member.owner
        holder = member.holder
        member.holder = None
        if not owner.is_live or holder is None:
            return
        node = cast(AccumulateNode, owner.node)
        if self.by is not None and holder is owner:  # its group is an error
            owner.failed -= 1
            if owner.failed == 0:
                node.note_all(owner)
            return
        holder.members -= 1
        node.note(holder, owner)
        if node.leans and holder.passed:
            node.doubt(holder, member, came=False)
        if member.failed:
            holder.failed -= 1
            return
        tally = holder.tally
        assert tally is not None
        tally.remove(member.value, member.kept)
