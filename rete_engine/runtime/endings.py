"""The nodes at the end of a path: rules, whose matches fire, and queries."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast, final

from rete_engine.expressions.frame import Link
from rete_engine.expressions.native import mypyc_attr
from rete_engine.network.nodes import AnswerSpec, ProductionSpec
from rete_engine.runtime.activations import Activation, AgendaEntry, Deferred, Ending, LeftToken
from rete_engine.runtime.live_node import Child, LiveNode, chained
from rete_engine.runtime.memory import (
    Element,
    RightToken,
    Token,
    TokenBucket,
    chain,
    chain_right,
    longer,
)

if TYPE_CHECKING:
    from rete_engine.runtime.crosses import CrossNode
    from rete_engine.runtime.joins import JoinNode
    from rete_engine.runtime.matcher import Matcher


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
            cross = cast("CrossNode", join)
            if not cross.agree(token, item):
                return None
            parent, last = cross.splice(token, item), item.item
        else:
            if not cast("JoinNode", join).agree(token, cast(Element, item)):
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
                if cast("CrossNode", deferred.join).agree(token, item):
                    found.append(longer(token, item))
            elif cast("JoinNode", deferred.join).agree(token, cast(Element, item)):
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
@mypyc_attr(acyclic=True)
class AnswerToken(Token):
    """A complete match of a query, for the arguments that it was asked with."""

    __slots__ = ("owner", "told")

    def __init__(self, node: LiveNode, parent: Token | None, item: object, owner: Element) -> None:
        super().__init__(node, parent, item)
        self.owner = owner  # the record of the arguments
        self.told = False  # whether somebody was told of it, and so hears when it ceases


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


@final
class Outlets:
    """The children of a join, told apart."""

    __slots__ = ("endings", "other")

    def __init__(self, join: LiveNode, defers: bool, matcher: Matcher) -> None:
        self.endings: list[ProductionNode] = []  # rules whose matches may be made later
        others: list[LiveNode] = []
        child = join.child
        if child is None:
            child = matcher.first_child(join)
        while child is not None:
            node = child.node
            if defers and isinstance(node, ProductionNode) and node.reading.rule.deferrable:
                self.endings.append(node)
            else:
                others.append(node)
            child = child.next
        self.other: Child | None = chained(others)  # the first of the others


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
