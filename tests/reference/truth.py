"""Naive truth maintenance: after every change, what is well-founded is found from nothing.

A fact is *stated*, or it was only derived by `insert logical`; then its supports are the fired
matches that inserted it, as long as they hold. A derived fact is grounded when the match of one
of its supports holds on grounded facts alone. Conditions within a `not` or a `forall` see all
facts, and so do accumulates within an `exists` or another accumulate; all others, also those within
an `exists` and in accumulates, see grounded ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.reference.values import Fact

if TYPE_CHECKING:
    from tests.reference.naive import Identity, Match, Naive


@dataclass
class Ended:
    """A match with supports that ended when a derived fact came or changed."""

    match: Match
    facts: list[Fact]  # what it supported; nothing where it was defeated before
    grounds: set[Fact]  # what it leaned on
    cause: Fact  # the fact that came or changed
    change: int
    defeated: bool = False


class NaiveTruth:
    """What is known of derived facts."""

    def __init__(self, session: Naive) -> None:
        self.session = session
        self.supports: dict[Identity, list[Fact]] = {}  # of fired matches that still hold
        self.grounds: dict[Identity, set[Fact]] = {}  # of these, as of before the change
        self.derived: set[Fact] = set()  # not the stated ones, though they may have supports
        self.is_modified = False  # whether a fact was modified in the change that is under way
        # Whether ever several facts lost their last support at once, or one did by a modify.
        self.went_otherwise = False
        self.ended: list[Ended] = []  # since the change that is under way began
        self.defeated: set[Identity] = set()  # matches that are spent for defeating themselves

    def supporters(self, fact: Fact) -> list[Identity]:
        """The matches that support a fact."""
        return [identity for identity, facts in self.supports.items() if fact in facts]

    def support(self, match: Match, fact: Fact, is_new: bool) -> None:
        """A firing inserts a fact logically."""
        facts = self.supports.setdefault(match.identity, [])
        if fact not in facts:
            facts.append(fact)
        self.grounds[match.identity] = self.session.grounds(match)
        if is_new:
            self.derived.add(fact)

    def state(self, fact: Fact) -> None:
        """A fact is stated from now on."""
        self.derived.discard(fact)

    def forget(self, fact: Fact) -> None:
        """A fact is retracted."""
        self.derived.discard(fact)
        for identity in self.supporters(fact):
            self.supports[identity].remove(fact)
            if not self.supports[identity]:
                del self.supports[identity]

    def end(self, match: Match, cause: Fact | None) -> None:
        """A match ceased, when a fact came or changed (or, without a cause, went)."""
        identity = match.identity
        was_defeated = identity in self.defeated
        self.defeated.discard(identity)
        if identity not in self.supports and not was_defeated:
            return
        facts = self.supports.pop(identity, [])
        if cause in self.derived:
            assert cause is not None
            grounds = self.grounds.get(identity, set())
            self.ended.append(Ended(match, facts, grounds, cause, self.session.changes))

    def look(self) -> None:
        """Note what the matches that support facts lean on, while they hold."""
        alive = self.session.alive
        self.grounds = {
            identity: self.session.grounds(alive[identity])
            for identity in self.supports
            if identity in alive
        }

    def is_void(self, fact: Fact) -> bool:
        """Whether a fact that is yet to come has lost all its supports already."""
        return fact in self.derived and not self.supporters(fact)

    def is_spent(self, match: Match) -> bool:
        """Whether a new match is one that defeated itself and comes back."""
        for record in self.ended:
            is_same = record.match.identity == match.identity
            is_old = all(tag < record.change for tag in self.session.tags(match))
            if record.defeated and is_same and is_old:
                self.ended.remove(record)
                self.defeated.add(match.identity)
                return True
        return False

    # -- what goes -----------------------------------------------------------------------------

    def maintain(self, firing: int) -> None:
        """Retract what is not well-founded, until all is."""
        session = self.session
        while going := self.ungrounded():
            self.judge(going)
            self.went_otherwise |= len(going) > 1 or self.is_modified
            for fact in going:
                session.changes += 1
                del session.facts[fact.number]
                self.forget(fact)
                session.rematch(None, set(), firing)
        self.derived &= set(session.facts.values())
        self.ended.clear()
        self.is_modified = False

    def ungrounded(self) -> list[Fact]:
        """The facts that nothing outside of themselves supports, in the order of insertion."""
        if not self.derived:
            return []
        session = self.session
        live = session.facts.values()
        grounded = {fact for fact in live if fact not in self.derived}
        while True:
            held = session.identities_on(grounded, self.supports)
            more = {
                fact
                for fact in live
                if fact not in grounded and any(i in held for i in self.supporters(fact))
            }
            if not more:
                return [fact for fact in live if fact not in grounded]
            grounded |= more

    def judge(self, going: list[Fact]) -> None:
        """Tell which of the matches that ended defeated themselves.

        What ended the match goes, and rested, over facts that go too, on the match.
        """
        for record in self.ended:
            if record.cause in going and not record.defeated:
                reached = self.upstream(record.cause, going)
                record.defeated = not record.facts or any(r is record for r in reached)

    def upstream(self, cause: Fact, going: list[Fact]) -> list[Ended]:
        """The matches that ended among those that a fact rested on."""
        session = self.session
        found: list[Ended] = []
        seen = {cause}
        left = [cause]
        while left:
            fact = left.pop()
            grounds: set[Fact] = set()
            for record in self.ended:
                if fact in record.facts:
                    found.append(record)
                    grounds |= record.grounds
            for identity in self.supporters(fact):
                grounds |= session.grounds(session.alive[identity])
            for ground in grounds:
                if ground in going and ground not in seen:
                    seen.add(ground)
                    left.append(ground)
        return found
