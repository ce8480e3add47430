"""Well-foundedness: which derived facts rest, in the end, on facts that are stated.

Every derived fact has a *rank*, and, as long as nothing is lost, a support all of whose derived
grounds have lower ranks: its witness. Ranks go down along witnesses, so none rests on itself. A
fact that loses a support keeps its place if another one is a witness. If not, it is unproven, and
so may be all whose witness rested on it. When no more come, those of them that rest on proven
facts are proven, one after another, and get new ranks. What is left only supports itself.

That is the least fixpoint of the supports (Van Gelder, Ross and Schlipf, *The Well-Founded
Semantics for General Logic Programs*, 1991), found as incremental view maintenance does it:
delete what may not hold, derive again what does (Gupta, Mumick and Subrahmanian, *Maintaining
Views Incrementally*, 1993). It costs what is affected.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast, final

from rete_engine.runtime.accumulate import AccumulateNode, TallyToken
from rete_engine.runtime.activations import Activation
from rete_engine.runtime.grounds import (
    found_for,
    is_matched,
    is_negated,
    is_tallied,
    members_of,
    owner_of,
    right_of,
    supported_by,
)
from rete_engine.runtime.guards import ExistsNode, GroupToken, GuardToken, lean, let_go
from rete_engine.runtime.memory import Element, Token

if TYPE_CHECKING:
    from rete_engine.runtime.truth import Truth

#: A rank above that of every fact.
ANY_RANK: Final = 1 << 60


@final
class Proof:
    """The search for the derived facts that are not well-founded."""

    __slots__ = ("truth", "unproven")

    def __init__(self, truth: Truth) -> None:
        self.truth = truth
        self.unproven: dict[Element, None] = {}

    def search(self, suspects: list[Element]) -> dict[Element, None]:
        """Those that must go, when some facts, or what they lean on, lost a support."""
        self.doubt(suspects)
        if self.unproven:
            self.prove()
        return self.unproven

    def doubt(self, suspects: list[Element]) -> None:
        """Find the facts that have lost their witness."""
        derived = self.truth.derived
        unproven = self.unproven
        for element in suspects:  # grows as facts are doubted
            known = derived.get(element)
            if known is None or known.is_stated or element in unproven:
                continue
            if not self.has_ground(known.supports, known.rank):
                unproven[element] = None
                suspects.extend(supported_by(element))

    def prove(self) -> None:
        """Take back what rests on proven facts."""
        truth = self.truth
        unproven = self.unproven
        queue = list(unproven)
        for element in queue:  # grows as facts are proven
            if element in unproven:
                known = truth.derived[element]
                if self.has_ground(known.supports, ANY_RANK):
                    del unproven[element]
                    known.rank = truth.next_rank()
                    queue.extend([e for e in supported_by(element) if e in unproven])

    def has_ground(self, supports: dict[Activation, None], rank: int) -> bool:
        """Whether one of the supports rests on proven facts below a rank."""
        return any(self.rests(activation, None, rank) for activation in supports)

    def rests(self, match: Token, end: Token | None, rank: int) -> bool:
        """Whether a match, from a token up to another, leans on proven facts below a rank."""
        token: Token | None = match
        while token is not end:
            assert token is not None
            if is_matched(token) and not self.is_ground(cast(Element, token.item), rank):
                return False
            right = right_of(token)
            if right is not None:
                holds = self.rests(right, None, rank)
            elif isinstance(token, GuardToken):
                holds = is_negated(token) or self.guard_rests(token, rank)
            elif isinstance(token, GroupToken):
                holds = is_negated(token) or self.group_rests(token, rank)
            elif is_tallied(token):
                holds = self.tally_rests(cast(TallyToken, token), rank)
            else:
                holds = True
            if not holds:
                return False
            token = cast("Token | None", token.parent)
        return True

    def is_ground(self, element: Element, rank: int) -> bool:
        """Whether a fact is proven and below a rank."""
        if element in self.unproven:
            return False
        known = self.truth.derived.get(element)
        return known is None or known.is_stated or known.rank < rank

    def guard_rests(self, guard: GuardToken, rank: int) -> bool:
        """Whether a guard leans on a proven fact.

        While facts are proven it may be moved to another fact that is. None but unproven facts
        can have had their witness by it, so no other needs to be looked at.
        """
        leant = guard.support
        assert leant is not None
        if self.is_ground(leant.element, rank):
            return True
        if rank == ANY_RANK:
            for entry in cast(ExistsNode, guard.node).agreeing(guard):
                if self.is_ground(entry.element, rank):
                    let_go(guard, leant)
                    lean(guard, entry)
                    return True
        return False

    def group_rests(self, group: GroupToken, rank: int) -> bool:
        """Whether one match of a group's branch leans on proven facts."""
        return any(self.rests(found, group, rank) for found in found_for(group))

    def tally_rests(self, token: TallyToken, rank: int) -> bool:
        """Whether the members of an accumulate that lean on proven facts make its result."""
        owner = owner_of(token)
        members = members_of(token)
        proven = [member for member in members if self.rests(member, owner, rank)]
        if len(proven) == len(members):
            return True
        return cast(AccumulateNode, token.node).says_on(token, proven)
