"""The conditions of a rule asked one after another, naively, over working memory.

This is the meaning of conditions without a network: every fact of a template is tried for every
match so far. Nothing of the session is touched. What it may cost is bounded: all that is asked
shares a budget of comparisons, and the time that the session's limits allow one call.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from time import monotonic

from rete_engine.explain.steps import (
    AccumulateStep,
    ExistsStep,
    Part,
    PartStep,
    PatternStep,
    Step,
)
from rete_engine.expressions.displays import elements
from rete_engine.expressions.frame import Context, Frame, Link, Node
from rete_engine.expressions.values import equal, join_key
from rete_engine.network.templates import TemplateSpec
from rete_engine.runtime.memory import Element
from rete_engine.runtime.tallies import NOTHING, Tally, make_tally
from rete_engine.runtime.working_memory import WorkingMemory

#: How many comparisons of a fact or a value with a match one explanation takes at most.
MOST_COMPARISONS = 200_000

#: How many errors are kept of one condition.
MOST_ERRORS = 3


class TooMuchError(Exception):
    """The budget of an explanation is used up."""


@dataclass(frozen=True, slots=True)
class Partial:
    """A match so far."""

    link: Link
    facts: tuple[Element, ...] = ()  # of its patterns, in the written order
    positions: tuple[int, ...] = ()  # of the elements that it took of what `for` goes through


@dataclass
class Level:
    """What reached a condition, and what it made of that."""

    step: Step
    reached: int = 0  # matches of the conditions before
    passed: int = 0  # matches behind it
    partials: list[Partial] = field(default_factory=list)  # those, as far as they are kept
    arrived: list[Partial] = field(default_factory=list)  # with none behind it: those before it
    errors: list[str] = field(default_factory=list)
    asked: bool = False  # whether the budget lasted


@dataclass
class Tallied:
    """What an accumulate gathers for one group."""

    group: object
    tally: Tally
    members: int = 0
    failed: bool = False


class Matching:
    """Asks conditions of one session."""

    def __init__(self, memory: WorkingMemory, context: Context) -> None:
        self.memory = memory
        self.context = context
        self.frame = Frame(context, context.locals)
        self.left = MOST_COMPARISONS
        seconds = context.limits.seconds
        self.deadline = None if seconds is None else monotonic() + seconds
        self.errors: list[str] = []  # of the condition that is asked
        self.facts: dict[int, list[Element]] = {}  # by template's number
        self.indexes: dict[int, dict[object, list[Element]]] = {}  # by the identity of a step

    def spend(self) -> None:
        """Take one comparison from the budget.

        Raises:
            TooMuchError: It is used up.
        """
        self.left -= 1
        if self.left < 0:
            raise TooMuchError
        if self.deadline is not None and not self.left & 63 and monotonic() > self.deadline:
            raise TooMuchError

    # -- conditions ----------------------------------------------------------------------------

    def walk(self, steps: list[Step], start: Partial, keep: int) -> list[Level]:
        """Ask one condition after another; of the matches behind each the first ones are kept.

        All are kept of the last condition, and all that reached the first one that none passes.
        """
        levels = [Level(step) for step in steps]
        arrived = [start]
        outer, self.errors = self.errors, []
        before: Level | None = None
        try:
            for level in levels:
                self.errors = level.errors
                level.reached = len(arrived)
                level.arrived = arrived
                if before is not None and before.passed:
                    before.partials = before.partials[:keep]
                    before.arrived = []
                for partial in arrived:
                    level.partials.extend(self.extended(level.step, partial))
                level.passed = len(level.partials)
                level.asked = True
                before = level
                arrived = level.partials
        except TooMuchError:
            level.passed = len(level.partials)
            level.partials = level.partials[:keep]
        finally:
            self.errors = outer
        return levels

    def extended(self, step: Step, partial: Partial) -> Iterator[Partial]:
        """The longer matches that a condition makes of one, with what was given."""
        for longer in self.matches(step, partial):
            if all(self.is_given(part, longer.link) for part in step.given):
                yield longer

    def matches(self, step: Step, partial: Partial) -> Iterator[Partial]:
        """The longer matches that a condition makes of one."""
        self.spend()
        match step:
            case PatternStep():
                for element in self.candidates(step, partial):
                    self.spend()
                    yield from self.pattern(step, partial, element)
            case PartStep():
                for link, position in self.part(step.part, partial.link):
                    self.spend()
                    positions = partial.positions
                    if position is not None:
                        positions = (*positions, position)
                    yield Partial(link, partial.facts, positions)
            case ExistsStep():
                if (self.inside(step, partial) is None) == step.negated:
                    yield partial
            case AccumulateStep():
                yield from self.accumulate(step, partial)

    def inside(self, step: ExistsStep, partial: Partial) -> Partial | None:
        """The first match of what is within an `exists` or `not`."""
        for steps in step.inner:
            for found in self.conjunction(steps, Partial(partial.link)):
                return found
        return None

    def conjunction(self, steps: list[Step], partial: Partial, first: int = 0) -> Iterator[Partial]:
        """All matches of conditions, one after another."""
        if first == len(steps):
            yield partial
            return
        for longer in self.extended(steps[first], partial):
            yield from self.conjunction(steps, longer, first + 1)

    # -- patterns ------------------------------------------------------------------------------

    def of(self, template: TemplateSpec) -> list[Element]:
        """The facts of a template."""
        found = self.facts.get(template.number)
        if found is None:
            found = self.memory.of(template)
            self.facts[template.number] = found
        return found

    def fixed(self, step: PatternStep) -> Element | None:
        """The fact that was given for a pattern's variable."""
        for part in step.given:
            if part.variable == step.name and isinstance(part.given, Element):
                return part.given
        return None

    def candidates(self, step: PatternStep, partial: Partial) -> list[Element]:
        """The facts that may match a pattern; an equality leaves out those with other values."""
        fixed = self.fixed(step)
        if fixed is not None:
            return [fixed] if step.template.name in fixed.type.ancestors else []
        facts = self.of(step.template)
        if step.key is None:
            return facts
        field, other = step.key
        index = self.indexes.get(id(step))
        if index is None:
            index = {}
            for element in facts:
                index.setdefault(join_key(element.values[field]), []).append(element)
            self.indexes[id(step)] = index
        try:
            return index.get(join_key(self.value(other, partial.link)), [])
        except Exception as error:  # then no fact matches
            self.note(error)
            return []

    def pattern(self, step: PatternStep, partial: Partial, element: Element) -> Iterator[Partial]:
        """The match with a fact, if all parts of the pattern hold."""
        link = Link(partial.link, element)
        for part in step.parts:
            longer = next(self.part(part, link), None)
            if longer is None:
                return
            link = longer[0]
        yield Partial(link, (*partial.facts, element), partial.positions)

    # -- parts ---------------------------------------------------------------------------------

    def part(self, part: Part, link: Link) -> Iterator[tuple[Link, int | None]]:
        """The links behind a part, with the positions of elements; none where it fails."""
        try:
            value = self.value(part.node, link)
            values = elements(value) if part.each else [value]
        except Exception as error:  # whatever an external function raises
            self.note(error)
            return
        if not part.adds:
            if value:
                yield link, None
            return
        for position, each in enumerate(values):
            yield Link(link, each), position if part.each else None

    def value(self, node: Node, link: Link) -> object:
        """The value of an expression over a match."""
        frame = self.frame
        frame.link = link
        frame.record = None
        frame.depth = 0
        frame.steps = self.context.limits.steps
        return node.evaluate(frame)

    def is_given(self, part: Part, link: Link) -> bool:
        """Whether a variable has the value that was given."""
        value = self.value(part.node, link)
        return value is part.given or equal(value, part.given)

    def note(self, error: Exception) -> None:
        """Keep an error: a condition that raises does not hold."""
        text = str(error) or type(error).__name__
        if len(self.errors) < MOST_ERRORS and text not in self.errors:
            self.errors.append(text)

    # -- accumulates ---------------------------------------------------------------------------

    def accumulate(self, step: AccumulateStep, partial: Partial) -> Iterator[Partial]:
        """The match with each result."""
        groups: dict[object, Tallied] = {}
        if not step.grouped:
            groups[None] = Tallied(None, self.tally(step))
        for number, source in enumerate(step.sources):
            for member in self.conjunction(source.steps, Partial(partial.link)):
                key: object = None
                if source.by is not None:
                    try:
                        group = self.value(source.by, member.link)
                    except Exception as error:  # then the accumulate has no result at all
                        self.note(error)
                        return
                    key = join_key(group)
                    groups.setdefault(key, Tallied(group, self.tally(step)))
                self.add(groups[key], member, source.value, number)
        for tallied in groups.values():
            if tallied.failed:
                continue
            try:
                result = tallied.tally.result(tallied.members, self.frame)
            except Exception as error:  # whatever an accumulator of the program raises
                self.note(error)
                continue
            if result is not NOTHING:
                link = Link(partial.link, tallied.group) if step.grouped else partial.link
                yield Partial(Link(link, result), partial.facts, partial.positions)

    def tally(self, step: AccumulateStep) -> Tally:
        """An empty tally."""
        return make_tally(step.accumulator, step.program, self.frame)

    def add(self, tallied: Tallied, member: Partial, value: Node | None, source: int) -> None:
        """Add what a member brings; one that fails leaves no result."""
        tallied.members += 1
        brought: object = None
        if value is not None:
            try:
                brought = self.value(value, member.link)
            except Exception as error:  # whatever an external function raises
                self.note(error)
                tallied.failed = True
                return
        numbers = [element.number for element in member.facts]
        if member.positions:
            numbers += [-1, *member.positions]
        tallied.tally.add(brought, (*numbers, -2, source, tallied.members))
