"""What stands on the agenda: matches of rules, made or still to be made."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast, final

from rete_engine.expressions.frame import Link
from rete_engine.expressions.native import mypyc_attr
from rete_engine.network.nodes import NodeSpec
from rete_engine.network.rules import ReadingSpec
from rete_engine.runtime.live_node import LiveNode
from rete_engine.runtime.memory import Token

if TYPE_CHECKING:
    from rete_engine.runtime.memory import Element


@mypyc_attr(acyclic=True)
class AgendaEntry(Token):
    """What stands on the agenda: an activation, or many that are not made yet."""

    __slots__ = ("number", "reading", "rule", "salience", "waiting")

    def __init__(
        self, node: LiveNode, parent: Token | None, item: object, reading: ReadingSpec, number: int
    ) -> None:
        super().__init__(node, parent, item)
        self.reading = reading
        self.rule = reading.rule
        self.number = number  # counted in the order of creation
        self.salience = 0
        self.waiting = False  # on the agenda (not: held back, spent or being fired)


@final
@mypyc_attr(acyclic=True, free_list_len=1)  # one fires, the next is made
class Activation(AgendaEntry):
    """A complete match of a rule that stands on the agenda, or fired and supports facts."""

    __slots__ = ("order", "supports")

    def __init__(
        self, node: LiveNode, parent: Token | None, item: object, reading: ReadingSpec, number: int
    ) -> None:
        super().__init__(node, parent, item, reading, number)
        self.order: tuple[object, ...] | None = None  # the strategy's key, while in its heap
        # The facts that it inserted logically when it fired; empty where it is kept to be known
        # again because it defeats itself (see `truth`); None for all others.
        self.supports: dict[Element, None] | None = None


@final
@mypyc_attr(acyclic=True)
class Deferred(AgendaEntry):
    """The matches that an arrived item makes with the tokens of a bucket, as long as none is made.

    One stands on the agenda for all of them. Where it comes to the top, the match with the token
    at the cursor is made, and the cursor moves on to the token before it. So tokens that arrive
    later are none of its own, and when the item goes, all that is left of them goes in one step.
    """

    __slots__ = ("after", "before", "cursor", "ending", "join")

    def __init__(
        self, ending: Ending, join: LiveNode, item: object, reading: ReadingSpec, number: int
    ) -> None:
        super().__init__(ending, None, item, reading, number)
        self.ending = ending
        self.join = join
        self.cursor: LeftToken | None = None
        self.before: Deferred | None = None  # among those at the same token
        self.after: Deferred | None = None

    def stand(self, token: LeftToken | None) -> None:
        """Move the cursor to a token, or to the end."""
        cursor = self.cursor
        if cursor is not None:
            if self.before is None:
                cursor.next_to_meet = self.after
            else:
                self.before.after = self.after
            if self.after is not None:
                self.after.before = self.before
            self.before = None
            self.after = None
        self.cursor = token
        if token is not None:
            first = token.next_to_meet
            if first is not None:
                self.after = first
                first.before = self
            token.next_to_meet = self


@final
@mypyc_attr(acyclic=True)
class LeftToken(Token):
    """A match in the left memory of a join whose further matches may be deferred."""

    __slots__ = ("next_to_meet",)

    def __init__(self, node: LiveNode, parent: Token | None, item: object) -> None:
        super().__init__(node, parent, item)
        self.next_to_meet: Deferred | None = None  # those whose cursor stands here


def step_aside(token: LeftToken) -> None:
    """Move the cursors that stand at a token which leaves its bucket."""
    deferred = token.next_to_meet
    before = cast("LeftToken | None", token.previous)
    while deferred is not None:
        deferred.stand(before)
        deferred = token.next_to_meet


class Ending(LiveNode):
    """The end of a rule, as the agenda knows it."""

    __slots__ = ("fired",)

    def __init__(self, spec: NodeSpec) -> None:
        super().__init__(spec)
        self.fired = 0  # how many of its matches fired

    def make(self, deferred: Deferred) -> Activation | None:
        """Make the next match that is deferred; None, and an end of it, when there is none."""
        raise NotImplementedError

    def left_out(self, deferred: Deferred, limit: int) -> list[Link]:
        """Matches that are deferred, the next one first, at most so many; none is made."""
        raise NotImplementedError
