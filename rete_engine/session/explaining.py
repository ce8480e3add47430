"""What keeps a rule from firing: its conditions, the agenda, and what is known of its firings."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from rete_engine.compiler.meaning import RuleMeaning
from rete_engine.compiler.normalise import Reading
from rete_engine.diagnostics.diagnostic import did_you_mean
from rete_engine.diagnostics.errors import FactError, SessionError
from rete_engine.explain.matching import Level, Matching, Partial
from rete_engine.explain.nearest import Near, nearest
from rete_engine.explain.recognition import recognition_key
from rete_engine.explain.steps import PatternStep, WrittenReading, written
from rete_engine.expressions.frame import Answer, Link, Node
from rete_engine.expressions.types import Type
from rete_engine.expressions.values import Misfit, store
from rete_engine.network.rules import RuleSpec
from rete_engine.runtime.activations import AgendaEntry, Deferred
from rete_engine.runtime.engine import Engine
from rete_engine.runtime.memory import Element
from rete_engine.session.explanations import (
    ConditionMatches,
    Missed,
    Nearest,
    PartialMatch,
    RuleMatches,
    Status,
    WhyNot,
    counted,
)
from rete_engine.session.translation import Translator

_ANY_VALUE = Type("any", optional=True)

#: How far down the agenda an explanation looks for a rule.
MOST_AHEAD = 1000


class Explainer:
    """Explains one rule of a session. It changes nothing of it."""

    def __init__(
        self, engine: Engine, translator: Translator, rule: RuleSpec, meaning: RuleMeaning
    ) -> None:
        self.engine = engine
        self.translator = translator
        self.rule = rule
        self.meaning = meaning
        self.matching = Matching(engine.memory, engine.context)

    def matches(self, limit: int) -> RuleMatches:
        """The partial matches behind each condition, so many of each."""
        levels = self.look({}, limit)
        conditions = self.conditions(levels, limit)
        return RuleMatches(self.rule.name, self.rule.file, self.rule.line, conditions)

    def why_not(self, bindings: Mapping[str, Any]) -> WhyNot:
        """Why the rule does not fire."""
        looked = self.look(self.given(bindings), 1)
        verdict = Verdict(self, looked)
        conditions = self.conditions(looked, 1)
        failing = verdict.failing()
        found: ConditionMatches | None = None
        near: list[Near] = []
        status, reason = verdict.of_matches()
        if failing is not None and status in ("unmatched", "disabled"):
            number, level = failing
            before = sum(len(each.levels) for each in looked[:number])
            place = looked[number].levels.index(level)
            found = conditions[before + place]
            near = nearest(self.matching, level)
        return WhyNot(
            self.rule.name,
            self.rule.file,
            self.rule.line,
            status,
            reason,
            self.engine.fired(self.rule),
            conditions,
            found,
            tuple(self.near(looked, failing, each) for each in near) if failing else (),
        )

    # -- looking -------------------------------------------------------------------------------

    def given(self, bindings: Mapping[str, Any]) -> dict[str, object]:
        """The values that variables must have, as working memory has them.

        Raises:
            SessionError: The rule has no such variable.
            FactError: A fact is not in working memory, or a value is none.
        """
        names = self.meaning.names
        variables = names.scopes[0]
        found: dict[str, object] = {}
        for name, value in bindings.items():
            variable = variables.get(name)
            if variable is None or variable.problem is not None:
                hint = did_you_mean(name, variables)
                more = f"; {hint}" if hint else f" (variables: {', '.join(variables) or 'none'})"
                raise SessionError(f"rule '{self.rule.name}' has no variable '{name}'{more}")
            if variable.slot.number in names.answers:
                raise SessionError(
                    f"'{name}' is the answer of a query, which cannot be given; give other"
                    f" variables of rule '{self.rule.name}'"
                )
            inward = self.translator.inward(value)
            if variable.slot.is_fact and variable.alias is None:
                if not isinstance(inward, Element):
                    raise FactError(
                        f"'{name}' is a fact of {variable.slot.type.name}: give a Fact, not"
                        f" {value!r}"
                    )
                found[name] = inward
                continue
            try:
                found[name] = store(inward, _ANY_VALUE, self.engine.context.limits)
            except Misfit as misfit:
                raise FactError(f"{name}: {misfit}") from None
        return found

    def look(self, given: Mapping[str, object], keep: int) -> list[Looked]:
        """Ask the conditions of every reading."""
        context = self.engine.context
        answers = context.answers  # gives answers of queries their numbers
        try:
            found: list[Looked] = []
            for reading in self.meaning.readings:
                own = written(self.meaning, reading, given)
                start = Partial(Link(None, None))
                levels = self.matching.walk(own.steps, start, keep)
                complete = levels[-1].partials if levels else [start]
                found.append(Looked(reading, own, levels, complete))
            return found
        finally:
            context.answers = answers

    # -- what is shown -------------------------------------------------------------------------

    def conditions(self, looked: list[Looked], limit: int) -> tuple[ConditionMatches, ...]:
        """All conditions as a program sees them."""
        return tuple(
            self.condition(number, place, each, level, limit)
            for number, each in enumerate(looked, 1)
            for place, level in enumerate(each.levels, 1)
        )

    def condition(
        self, alternative: int, number: int, looked: Looked, level: Level, limit: int
    ) -> ConditionMatches:
        """One of them."""
        step = level.step
        template, facts = None, None
        if isinstance(step, PatternStep):
            template = step.template.name
            facts = len(self.matching.of(step.template))
        nodes = looked.written.bindings(step) if level.partials else []
        return ConditionMatches(
            number,
            alternative,
            step.text,
            step.span.source.name,
            step.span.line,
            template,
            facts,
            level.reached,
            level.passed,
            tuple(self.partial(nodes, each) for each in level.partials[:limit]),
            tuple(level.errors),
            level.asked,
        )

    def partial(self, nodes: list[tuple[str, Node]], partial: Partial) -> PartialMatch:
        """A partial match as a program sees it."""
        return PartialMatch(self.bindings(nodes, partial.link), self.facts(partial.facts))

    def bindings(self, nodes: list[tuple[str, Node]], link: Link) -> dict[str, Any]:
        """Variables by name."""
        outward = self.translator.outward
        return {name: outward(self.matching.value(node, link)) for name, node in nodes}

    def facts(self, elements: tuple[Element, ...] | list[Element]) -> tuple[Any, ...]:
        """Facts as a program sees them."""
        return tuple(self.translator.fact_of(element) for element in elements)

    def near(self, looked: list[Looked], failing: tuple[int, Level], near: Near) -> Nearest:
        """What came near, as a program sees it."""
        own = looked[failing[0]]
        place = own.levels.index(failing[1])
        nodes = own.written.bindings(own.levels[place - 1].step) if place else []
        outward = self.translator.outward
        return Nearest(
            near.kind == "blocks",
            self.facts(near.facts),
            self.bindings(nodes, near.partial.link),
            tuple(
                Missed(each.text, {text: outward(v) for text, v in each.values}, each.error)
                for each in near.missed
            ),
        )


@dataclass
class Looked:
    """A reading that was asked."""

    reading: Reading
    written: WrittenReading
    levels: list[Level]
    complete: list[Partial]  # matches of all conditions

    @property
    def is_through(self) -> bool:
        """Whether the budget lasted."""
        return all(level.asked for level in self.levels)


class Verdict:
    """Tells what keeps a rule from firing."""

    def __init__(self, explainer: Explainer, looked: list[Looked]) -> None:
        self.explainer = explainer
        self.engine = explainer.engine
        self.rule = explainer.rule
        self.looked = looked
        self.fired = self.engine.fired(self.rule)

    def failing(self) -> tuple[int, Level] | None:
        """The first condition that nothing passes, in the reading that gets farthest."""
        best: tuple[int, Level] | None = None
        farthest = -1
        for number, looked in enumerate(self.looked):
            for place, level in enumerate(looked.levels):
                if not level.passed and level.asked:
                    if place > farthest:
                        best, farthest = (number, level), place
                    break
        return best

    def of_matches(self) -> tuple[Status, str]:
        """The answer."""
        agenda = self.engine.agenda
        if self.rule.number in agenda.disabled:
            return "disabled", f"it is disabled{self.is_held()}"
        complete = sum(len(each.complete) for each in self.looked if each.is_through)
        if complete:
            return self.of_complete(complete)
        if not all(each.is_through for each in self.looked):
            return "unknown", "there is too much to look at; give some of its variables"
        failing = self.failing()
        if failing is None:  # every alternative contradicts itself
            return "unmatched", "its conditions can never hold"
        number, level = failing
        place = self.looked[number].levels.index(level) + 1
        if self.fired:
            times = counted(self.fired, "time")
            return "unmatched", f"it fired {times}, and nothing passes condition {place} now"
        return "unmatched", f"nothing passes condition {place}"

    def is_held(self) -> str:
        """What waits for a rule that is off to be turned on."""
        held = sum(
            len(entry.ending.left_out(entry, MOST_AHEAD)) if isinstance(entry, Deferred) else 1
            for entry in self.engine.agenda.held.get(self.rule.number, {})
        )
        return f"; {counted(held, 'activation')} held back" if held else "; nothing waits for it"

    # -- complete matches ----------------------------------------------------------------------

    def of_complete(self, complete: int) -> tuple[Status, str]:
        """The answer for a rule whose conditions are met."""
        waiting = self.waiting()
        found = 0
        for number, looked in enumerate(self.looked):
            nodes = looked.written.bindings(looked.levels[-1].step) if looked.levels else []
            for partial in looked.complete:
                key = self.key(number, looked.written.patterns, nodes, partial.link)
                if waiting[key]:
                    waiting[key] -= 1
                    found += 1
        if found:
            return self.of_waiting(found)
        return self.of_spent(complete)

    def waiting(self) -> Counter[Hashable]:
        """The matches of the rule that are on the agenda."""
        found: Counter[Hashable] = Counter()
        for entry in self.entries():
            links: list[Link] = [entry]
            if isinstance(entry, Deferred):
                links = entry.ending.left_out(entry, sys.maxsize)
            reading = entry.reading
            ups = [pattern.steps for pattern in reading.patterns]
            number = self.rule.readings.index(reading)
            for link in links:
                found[self.key(number, ups, list(reading.bindings), link)] += 1
        return found

    def entries(self) -> list[AgendaEntry]:
        """What stands on the agenda for the rule."""
        queue = self.engine.agenda.queues.get(self.rule.group)
        if queue is None:
            return []
        return [entry for entry in queue.entries() if entry.rule is self.rule]

    def key(
        self, reading: int, patterns: list[int], nodes: list[tuple[str, Node]], link: Link
    ) -> Hashable:
        """What tells one match of the rule from another."""
        numbers = []
        for up in patterns:
            at: Link | None = link
            for _ in range(up):
                assert at is not None
                at = at.parent
            assert at is not None
            assert isinstance(at.item, Element)
            numbers.append(at.item.number)
        values = [self.explainer.matching.value(node, link) for _, node in nodes]
        kept = [recognition_key(v) for v in values if not isinstance(v, (Element, Answer))]
        return (reading, tuple(numbers), tuple(kept))

    def of_waiting(self, found: int) -> tuple[Status, str]:
        """The answer for a rule that waits."""
        engine, rule = self.engine, self.rule
        what = counted(found, "activation")
        if not engine.is_effective(rule):
            return "ineffective", f"{what} on the agenda, but it is not effective today"
        group = engine.network.groups[rule.group]
        if rule.group not in engine.agenda.stack:
            return "unfocused", f"{what} in the agenda group '{group}', which has no focus"
        ahead = engine.waiting(-1, MOST_AHEAD)
        for place, candidate in enumerate(ahead):
            if candidate.reading.rule is rule:
                if not place:
                    return "waiting", f"{what} on the agenda; it fires next"
                first = ahead[0].reading.rule.name
                before = counted(place, "activation")
                return "waiting", f"{what} on the agenda, behind {before}, first of '{first}'"
        return "waiting", f"{what} on the agenda, behind more than {MOST_AHEAD}"

    def of_spent(self, complete: int) -> tuple[Status, str]:
        """The answer for a rule whose matches are none of the agenda's."""
        rule = self.rule
        ways = [
            way
            for way, can in (
                ("no_loop", rule.no_loop),
                ("lock_on_active", rule.lock_on_active),
                ("its activation group", rule.rivalry >= 0),
                ("being outside of `effective`", rule.period is not None),
            )
            if can
        ]
        what = "its match holds" if complete == 1 else f"its {complete} matches hold"
        if self.fired and not ways:
            times = counted(self.fired, "time")
            return "fired", f"it fired {times}; {what}, and a match fires only once"
        by = f" by {' or '.join(ways)}" if ways else ""
        if self.fired:
            times = counted(self.fired, "time")
            return "spent", f"it fired {times}; {what}, and fired or was spent{by}"
        return "spent", f"{what}, but was spent{by or ' by an error or by defeating itself'}"
