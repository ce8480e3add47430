"""What `not`, `exists` and accumulates came to mean, settled in the order of work.

See `matcher`, step 4.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING, Final, cast, final

from rete_engine.runtime.accumulate import AccumulateNode, TallyToken
from rete_engine.runtime.guards import ExistsNode, GroupNode, GroupToken, GuardToken
from rete_engine.runtime.memory import Token

if TYPE_CHECKING:
    from rete_engine.runtime.matcher import Matcher

#: A rank behind that of every node.
LAST: Final = 1 << 40


@final
class Unsettled:
    """Tokens that may let their match pass now, or stop it."""

    __slots__ = ("noted", "waiting")

    def __init__(self) -> None:
        # By their place in the order of work; the second number counts them, so that no two
        # compare as equal.
        self.waiting: list[tuple[int, int, Token]] = []
        self.noted = 0

    def may_pass(self, token: Token) -> None:
        """Note a guard or a group that did not hold and may hold now."""
        self.noted += 1
        heappush(self.waiting, (2 * token.node.rank, self.noted, token))

    def may_stop(self, token: Token, branch_rank: int) -> None:
        """Note what to look at when a branch is done.

        A group that held and is left without a match, for now; a result that may have changed.
        """
        self.noted += 1
        heappush(self.waiting, (2 * branch_rank + 1, self.noted, token))

    def settle(self, rank: int, matcher: Matcher) -> None:
        """Let pass, and stop, what `not` and `exists` came to mean, as far as a rank."""
        waiting = self.waiting
        while waiting and waiting[0][0] < 2 * rank:
            place, _, token = heappop(waiting)
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
