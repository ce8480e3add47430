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


#: So many notes are kept for the next changes.
FEW: Final = 64


@final
class Note:
    """A token to look at, and its place in the order of work. It is used again and again."""

    __slots__ = ("number", "place", "token")

    def __init__(self) -> None:
        self.place = 0
        self.number = 0  # counted, so that no two are equal
        self.token: Token | None = None


@final
class Unsettled:
    """Tokens that may let their match pass now, or stop it."""

    __slots__ = ("noted", "notes", "waiting")

    def __init__(self) -> None:
        # The notes that wait are a heap, mostly of one or two; behind them stand those to be used
        # again. To make a note each time, in a list that grows and shrinks, took half of the
        # instructions from a note to its end; `heapq`, with its tuples, three times as many.
        self.notes: list[Note] = []
        self.waiting = 0  # how many wait
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
        notes = self.notes
        index = self.waiting
        if index == len(notes):
            notes.append(Note())
        note = notes[index]
        note.place = place
        note.number = self.noted
        note.token = token
        self.waiting = index + 1
        if index == 0:
            return
        while index > 0:
            up = (index - 1) >> 1
            above = notes[up]
            if above.place <= place:
                break  # those that were noted before it come before it
            notes[index] = above
            index = up
        notes[index] = note

    def take(self) -> Note:
        """Take the first one out; it is to be read before another one is noted."""
        notes = self.notes
        first = notes[0]
        size = self.waiting - 1
        self.waiting = size
        if size == 0:
            if len(notes) > FEW:
                self.clear()
            return first
        last = notes[size]
        notes[size] = first
        index = 0
        while True:
            down = 2 * index + 1
            if down >= size:
                break
            below = notes[down]
            if down + 1 < size and comes_before(notes[down + 1], below):
                down += 1
                below = notes[down]
            if comes_before(last, below):
                break
            notes[index] = below
            index = down
        notes[index] = last
        return first

    def clear(self) -> None:
        """Let nothing wait."""
        self.notes = []
        self.waiting = 0

    def settle(self, rank: int, matcher: Matcher) -> None:
        """Let pass, and stop, what `not` and `exists` came to mean, as far as a rank."""
        bound = 2 * rank
        while self.waiting > 0 and self.notes[0].place < bound:
            note = self.take()
            place = note.place
            token = note.token
            assert token is not None
            note.token = None
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
