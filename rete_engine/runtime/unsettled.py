"""What `not`, `exists` and accumulates came to mean, settled in the order of work.

See `matcher`, step 4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast, final

from rete_engine.runtime.accumulate import AccumulateNode, TallyToken
from rete_engine.runtime.guards import ExistsNode, GroupNode, GroupToken, GuardToken
from rete_engine.runtime.memory import Token

if TYPE_CHECKING:
    from rete_engine.runtime.matcher import Matcher

#: A rank behind that of every node. Its double is multiplied without a call: beyond 2 ** 30 that
#: took a twelfth of what it takes to bring a fact to two accumulates.
LAST: Final = 1 << 28


@final
class Note:
    """A token to look at, and its place in the order of work."""

    __slots__ = ("number", "place", "token")

    def __init__(self, place: int, number: int, token: Token) -> None:
        self.place = place
        self.number = number  # counted, so that no two are equal
        self.token = token


@final
class Unsettled:
    """Tokens that may let their match pass now, or stop it."""

    __slots__ = ("noted", "waiting")

    def __init__(self) -> None:
        # A heap; mostly of one or two. Not by `heapq`: its tuples, the numbers in them and the
        # calls out of compiled code took three times the instructions.
        self.waiting: list[Note] = []
        self.noted = 0

    def may_pass(self, token: Token) -> None:
        """Note a guard or a group that did not hold and may hold now."""
        self.note(2 * token.node.rank, token)

    def may_stop(self, token: Token, branch_rank: int) -> None:
        """Note what to look at when a branch is done.

        A group that held and is left without a match, for now; a result that may have changed.
        """
        self.note(2 * branch_rank + 1, token)

    def note(self, place: int, token: Token) -> None:
        """Put a token where it belongs."""
        self.noted += 1
        waiting = self.waiting
        note = Note(place, self.noted, token)
        index = len(waiting)
        waiting.append(note)
        while index > 0:
            up = (index - 1) >> 1
            above = waiting[up]
            if above.place <= place:
                break  # those that were noted before it come before it
            waiting[index] = above
            index = up
        waiting[index] = note

    def take(self) -> Note:
        """Take the first one out."""
        waiting = self.waiting
        last = waiting.pop()
        size = len(waiting)
        if size == 0:
            return last
        first = waiting[0]
        index = 0
        while True:
            down = 2 * index + 1
            if down >= size:
                break
            below = waiting[down]
            if down + 1 < size and comes_before(waiting[down + 1], below):
                down += 1
                below = waiting[down]
            if comes_before(last, below):
                break
            waiting[index] = below
            index = down
        waiting[index] = last
        return first

    def settle(self, rank: int, matcher: Matcher) -> None:
        """Let pass, and stop, what `not` and `exists` came to mean, as far as a rank."""
        waiting = self.waiting
        bound = 2 * rank
        while waiting and waiting[0].place < bound:
            note = self.take()
            place = note.place
            token = note.token
            if not token.is_live:
                continue
            if isinstance(token, GuardToken):
                exists = cast(ExistsNode, token.node)
                if not token.passed and (token.support is None) == exists.negated:
                    exists.pass_on(token)
                continue
            if isinstance(token, TallyToken):
                accumulate = cast(AccumulateNode, token.node)
                if place & 1:
                    accumulate.review(token)
                else:
                    accumulate.pass_on(token)
                continue
            held = cast(GroupToken, token)
            group = cast(GroupNode, held.node)
            holds = (held.found == 0) == group.negated
            if place & 1:
                if held.passed and not holds:
                    held.passed = False
                    matcher.remove_outputs(held)
            elif holds and not held.passed:
                group.pass_on(held)


def comes_before(one: Note, other: Note) -> bool:
    """The order of work."""
    return one.place < other.place or (one.place == other.place and one.number < other.number)
