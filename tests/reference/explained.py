"""The engine explains its rules as the reference matches them, and looking changes nothing."""

from __future__ import annotations

from collections import Counter

from rete_engine.session.explanations import ConditionMatches, PartialMatch
from tests.reference.agreement import Agreement, Operation
from tests.reference.naive import Match
from tests.reference.values import canonical

#: A match by its facts and bindings.
Seen = tuple[tuple[int, ...], tuple[tuple[str, object], ...]]


class Explained(Agreement):
    """As `Agreement`, and after each operation every rule is explained by both."""

    def check(self) -> None:
        """Compare all, look, and see that nothing changed by that."""
        super().check()
        if not self.listens:  # else `check_told` saw that the looks before told nobody anything
            self.check_agenda()
        self.check_sources()
        errors = len(self.session._engine.matcher.failures)
        failed = set(self.naive.failed)
        for rule in self.naive.program.rules:
            self.check_rule(rule.name)
        self.naive.failed = failed  # the reference notes the errors of what it is asked, too
        assert len(self.session._engine.matcher.failures) == errors

    def apply(self, operation: Operation) -> None:
        """Do something, and see where the facts that came by it come from."""
        before = set(self.session.facts())
        super().apply(operation)
        origin = "rules" if operation[0] in ("step", "run") else "outside"
        for fact in set(self.session.facts()) - before:
            assert self.session.why(fact).origin == origin

    def check_sources(self) -> None:
        """Every fact is told of, and the supports of each are those it has."""
        truth = self.session._engine.memory.truth
        for fact in self.session.facts():
            why = self.session.why(fact)
            str(why)
            why.as_dict()
            why.to_mermaid()
            known = truth.derived.get(fact._element) if truth is not None else None
            supports = len(known.supports) if known is not None else 0
            assert [each.kind for each in why.because].count("derived") == supports

    def check_rule(self, name: str) -> None:
        """The complete matches are the reference's, and so is what is said of them."""
        rule = next(rule for rule in self.naive.program.rules if rule.name == name)
        expected = Counter(self.seen(match) for match in self.naive.matches(rule))
        found = self.session.matches(name, limit=100_000)
        by_alternative: dict[int, ConditionMatches] = {}
        for condition in found.conditions:
            assert condition.complete
            assert len(condition.partial) == condition.matches
            by_alternative[condition.alternative] = condition  # the last one stays
        ends = [p for last in by_alternative.values() for p in last.partial]
        if found.conditions:
            ours = Counter(self.shown_partial(partial) for partial in ends)
            assert ours == expected, (ours - expected, expected - ours)
        self.check_verdict(name, len(ends) if found.conditions else 1)

    def check_verdict(self, name: str, complete: int) -> None:
        """A rule that waits is told to wait, and one whose conditions fail to fail."""
        told = self.session.why_not(name)
        str(told)
        told.as_dict()
        told.to_mermaid()
        of_rule = [a for a in self.naive.waiting.values() if a.match.rule.name == name]
        if name in self.naive.off:
            assert told.status == "disabled"
        elif of_rule:
            rule = of_rule[0].match.rule
            if not self.naive.effective(of_rule[0]):
                assert told.status == "ineffective"
            elif rule.group not in self.naive.stack:
                assert told.status == "unfocused"
            else:
                assert told.status == "waiting"
        elif complete:
            assert told.status in ("fired", "spent")
        else:
            assert told.status == "unmatched"
            assert told.failing is None or told.failing.matches == 0

    def seen(self, match: Match) -> Seen:
        """A match of the reference."""
        facts = sorted(fact.number for _, fact in match.facts)
        return tuple(facts), tuple((n, canonical(v)) for n, v in match.bindings.items())

    def shown_partial(self, partial: PartialMatch) -> Seen:
        """A match of the engine's explanation."""
        facts = sorted(self.numbers[fact.fact_id] for fact in partial.facts)
        bindings = tuple((name, self.canonical(v)) for name, v in partial.bindings.items())
        return tuple(facts), bindings
