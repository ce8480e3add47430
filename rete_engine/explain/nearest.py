"""What came nearest to pass a condition that nothing passes, and what it misses."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

from rete_engine.explain.matching import Level, Matching, Partial, TooMuchError
from rete_engine.explain.steps import (
    AccumulateStep,
    ExistsStep,
    Part,
    PartStep,
    PatternStep,
    Step,
)
from rete_engine.expressions.frame import Link
from rete_engine.runtime.memory import Element

#: How many are shown.
MOST_NEAR = 3

#: How many comparisons the search takes at most, beside those that were made before.
MOST_TRIED = 50_000


@dataclass
class Missed:
    """A constraint that does not hold, with the values that it reads."""

    text: str
    values: list[tuple[str, object]] = field(default_factory=list)
    error: str | None = None


@dataclass
class Near:
    """What nearly passes, or what stands in the way."""

    kind: Literal["misses", "blocks"]
    partial: Partial  # the match that reached the condition
    facts: list[Element]
    missed: list[Missed] = field(default_factory=list)


def nearest(matching: Matching, level: Level) -> list[Near]:
    """What came nearest to pass a condition; the best comes first."""
    matching.left = max(matching.left, 0) + MOST_TRIED
    search = _Search(matching)
    with suppress(TooMuchError):
        search.condition(level.step, level.arrived)
    return search.found


class _Search:
    """Keeps the best that was found."""

    def __init__(self, matching: Matching) -> None:
        self.matching = matching
        self.found: list[Near] = []

    def condition(self, step: Step, arrived: Sequence[Partial]) -> None:
        """Look at what reached a condition."""
        match step:
            case PatternStep():
                self.pattern(step, arrived)
            case PartStep():
                for partial in arrived[:MOST_NEAR]:
                    missed = self.missed(step.part, partial.link)
                    if missed is not None:
                        self.found.append(Near("misses", partial, [], [missed]))
                self.given(step, arrived)
            case ExistsStep(negated=True):
                self.blocking(step, arrived)
            case ExistsStep():
                self.inside(step.inner[0], arrived)
            case AccumulateStep():
                for source in step.sources[:1]:
                    self.inside(source.steps, arrived)
                self.given(step, arrived)

    def pattern(self, step: PatternStep, arrived: Sequence[Partial]) -> None:
        """The facts of the template that miss the fewest constraints."""
        matching = self.matching
        fixed = matching.fixed(step)
        facts = matching.of(step.template) if fixed is None else [fixed]
        for partial in arrived:
            for element in facts:
                matching.spend()
                if step.template.name in element.type.ancestors:
                    missed = self.missed_by(step, partial, element)
                else:
                    missed = [Missed(f"it is no fact of {step.template.name}")]
                self.keep(Near("misses", partial, [element], missed))

    def missed_by(self, step: PatternStep, partial: Partial, element: Element) -> list[Missed]:
        """The constraints of a pattern that a fact misses."""
        link = Link(partial.link, element)
        found: list[Missed] = []
        for part in (*step.parts, *step.given):
            missed = self.missed(part, link)
            if missed is not None:
                found.append(missed)
                if part.adds:
                    return found  # what follows may read the value
            elif part.adds:
                link, _ = next(self.matching.part(part, link))
        return found

    def keep(self, near: Near) -> None:
        """Keep one that misses less than others, or as little and comes earlier."""
        found = self.found
        if len(found) == MOST_NEAR and len(found[-1].missed) <= len(near.missed):
            return
        found.append(near)
        found.sort(key=lambda each: len(each.missed))
        del found[MOST_NEAR:]

    def blocking(self, step: ExistsStep, arrived: Sequence[Partial]) -> None:
        """What a `not` does not want."""
        for partial in arrived[:MOST_NEAR]:
            first = self.matching.inside(step, partial)
            if first is not None:
                self.found.append(Near("blocks", partial, list(first.facts)))

    def inside(self, steps: list[Step], arrived: Sequence[Partial]) -> None:
        """Look into a condition for what nothing passes within it."""
        for partial in arrived[:1]:
            for level in self.matching.walk(steps, Partial(partial.link), MOST_NEAR):
                if not level.passed:
                    self.condition(level.step, level.arrived)
                    for near in self.found:
                        near.partial = partial  # what it bound inside is not seen from outside
                    return

    def given(self, step: Step, arrived: Sequence[Partial]) -> None:
        """What would pass, but has other values than those given."""
        for partial in arrived:
            for longer in self.matching.matches(step, partial):
                missed = [self.missed(part, longer.link) for part in step.given]
                found = [each for each in missed if each is not None]
                if found:
                    self.keep(Near("misses", partial, [], found))

    def missed(self, part: Part, link: Link) -> Missed | None:
        """What a part of a condition misses in a match; None where it holds."""
        matching = self.matching
        try:
            if part.variable is not None:
                holds = matching.is_given(part, link)
            elif part.adds:
                holds = next(matching.part(part, link), None) is not None
                if not holds and not part.each:
                    matching.value(part.node, link)  # raises
            else:
                holds = bool(matching.value(part.node, link))
        except Exception as error:  # whatever an external function raises
            return Missed(part.text, self.values(part, link), str(error) or type(error).__name__)
        return None if holds else Missed(part.text, self.values(part, link))

    def values(self, part: Part, link: Link) -> list[tuple[str, object]]:
        """What a part reads, as far as it can be read."""
        found: list[tuple[str, object]] = []
        for text, node in part.reads:
            try:
                found.append((text, self.matching.value(node, link)))
            except Exception:  # the error is told of the whole
                continue
        return found
