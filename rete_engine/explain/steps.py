"""A rule's conditions in the written order, ready to be asked one after another.

The network joins conditions in an order of its own and remembers only what it needs for it. An
explanation asks them as they are written: each step makes longer matches of shorter ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from rete_engine.compiler.match_scope import MatchScope
from rete_engine.compiler.meaning import RuleMeaning
from rete_engine.compiler.normalise import Reading
from rete_engine.compiler.rewriting import substituted
from rete_engine.compiler.slots import references
from rete_engine.diagnostics.source import Span
from rete_engine.expressions import tree
from rete_engine.expressions.frame import Node
from rete_engine.expressions.lowering import lower
from rete_engine.model.rules import (
    Accumulate,
    Computation,
    Compute,
    Condition,
    Constraint,
    Exists,
    Pattern,
    Source,
    Test,
)
from rete_engine.network.templates import TemplateSpec

#: A condition's text in an explanation is cut behind so many characters.
LONGEST_TEXT = 200

#: The most values that are shown of one constraint.
MOST_READS = 6


@dataclass
class Part:
    """Something that a match is asked: a constraint, a value to compute, or one that was given."""

    text: str
    node: Node
    adds: bool = False  # whether its value is an item of the match
    each: bool = False  # whether it adds each element of its value
    reads: list[tuple[str, Node]] = field(default_factory=list)  # what to show when it fails
    variable: str | None = None  # the variable that a value was given for
    given: object = None  # that value


@dataclass
class Step:
    """A condition: the base of all kinds."""

    text: str
    span: Span
    scope: MatchScope | None = field(default=None, kw_only=True)  # where variables stand behind it
    known: list[str] = field(default_factory=list, kw_only=True)  # the variables bound by then
    # What was given and can be compared behind it.
    given: list[Part] = field(default_factory=list, kw_only=True)


@dataclass
class PatternStep(Step):
    """A fact of a template, and what is asked of it."""

    template: TemplateSpec
    slot: int
    parts: list[Part]
    key: tuple[int, Node] | None  # a field, and what must be equal to it, known before the fact
    name: str | None


@dataclass
class PartStep(Step):
    """`test e`, `v := e` and `for v in e`."""

    part: Part


@dataclass
class ExistsStep(Step):
    """`exists` and `not`."""

    negated: bool
    inner: list[list[Step]]  # of each alternative


@dataclass
class SourceSteps:
    """One alternative of what an accumulate goes over."""

    steps: list[Step]
    value: Node | None
    by: Node | None


@dataclass
class AccumulateStep(Step):
    """`v := sum(e for C by g)`."""

    accumulator: str
    program: int
    sources: list[SourceSteps]
    grouped: bool


@dataclass
class WrittenReading:
    """A reading of a rule: its steps, and which of them are patterns."""

    steps: list[Step]
    patterns: list[int]  # links up from the end of a match to the facts of the patterns, by slot
    variables: dict[str, tree.Expression]  # what the variables of the rule stand for

    def bindings(self, step: Step) -> list[tuple[str, Node]]:
        """The variables that are bound behind a condition of the rule."""
        assert step.scope is not None
        return [(name, lower(self.variables[name], step.scope)) for name in step.known]


def written(meaning: RuleMeaning, reading: Reading, given: Mapping[str, object]) -> WrittenReading:
    """The steps of a reading; `given` are values that variables must have."""
    writer = _Writer(meaning, reading, given)
    steps = writer.all(reading.conditions)
    slots = sorted(c.slot.number for c in reading.conditions if isinstance(c, Pattern))
    ups = [writer.scope().steps(slot) for slot in slots]
    return WrittenReading(steps, ups, writer.variables)


class _Writer:
    """Lowers the conditions of one reading, one after another."""

    def __init__(self, meaning: RuleMeaning, reading: Reading, given: Mapping[str, object]) -> None:
        names = meaning.names
        self.names = names
        self.templates = {**meaning.templates, **names.declared.arguments}
        self.meanings = reading.meanings
        self.positions: dict[int, int] = {}
        self.length = 1  # the empty match is a link of its own
        self.depth = 0  # of conditions around: what those within bind stays inside
        self.known: set[str] = set()
        self.given = dict(given)
        self.variables = {
            name: substituted(variable.reference(name), reading.meanings)
            for name, variable in names.scopes[0].items()
            if variable.problem is None
        }
        self.aliases = dict(names.aliases)
        self.aliases.update(
            (slot, meant)
            for slot, meant in reading.meanings.items()
            if isinstance(meant, tree.FieldRef)
        )

    def scope(self) -> MatchScope:
        """Where what is there so far stands."""
        positions = dict(self.positions)
        for slot, meant in self.meanings.items():  # of variables that branches of an `or` bind
            if isinstance(meant, tree.SlotRef) and meant.slot in positions:
                positions[slot] = positions[meant.slot]
        return MatchScope(positions, self.length, -1, self.aliases, self.names.answers)

    def lowered(self, expression: tree.Expression) -> Node:
        return lower(expression, self.scope())

    def fill(self, slot: int) -> None:
        """Add an item to the match."""
        self.positions[slot] = self.length
        self.length += 1

    # -- conditions ----------------------------------------------------------------------------

    def all(self, conditions: tuple[Condition, ...]) -> list[Step]:
        """The steps of a conjunction."""
        steps: list[Step] = []
        for condition in conditions:
            step = self.step(condition)
            if not self.depth:
                step.given.extend(self.newly_known())
                step.scope = self.scope()
                step.known = [name for name in self.variables if name in self.known]
            steps.append(step)
        return steps

    def step(self, condition: Condition) -> Step:
        """The step of one condition."""
        span = condition.span
        match condition:
            case Pattern():
                return self.pattern(condition)
            case Test():
                part = self.constraint(condition.constraint)
                return PartStep(shortened(span.text), span, part)
            case Compute():
                part = self.computation(condition.computation)
                return PartStep(shortened(span.text), span, part)
            case Exists():
                inner = list(map(self.inside, condition.alternatives))
                return ExistsStep(shortened(span.text), span, condition.negated, inner)
            case Accumulate():
                return self.accumulate(condition)
        raise AssertionError(condition)

    def pattern(self, condition: Pattern) -> Step:
        """A pattern: its fact is an item, and so is each value that it computes."""
        slot = condition.slot
        key = self.key(condition)
        self.fill(slot.number)
        parts = [
            self.constraint(part) if isinstance(part, Constraint) else self.computation(part)
            for part in condition.parts
        ]
        text = condition.span.text
        if condition.parts and condition.parts[0].span == condition.span:  # see `following`
            text = f"{text} refers to a fact of {slot.type.name}"
        elif slot.name is not None:
            text = f"{slot.name} := {text}"
        template = self.templates[slot.type.name]
        return PatternStep(
            shortened(text), condition.span, template, slot.number, parts, key, slot.name
        )

    def key(self, condition: Pattern) -> tuple[int, Node] | None:
        """The first equality of a field with something that is there before the fact."""
        for part in condition.parts:
            if not isinstance(part, Constraint) or not isinstance(part.test, tree.Compare):
                continue
            sides = [part.test.first, *(right for _, right in part.test.rest)]
            if [operator for operator, _ in part.test.rest] != ["=="]:
                continue
            for mine, other in (sides, sides[::-1]):
                if (
                    isinstance(mine, tree.FieldRef)
                    and mine.slot == condition.slot.number
                    and mine.index >= 0
                    and all(ref.slot in self.positions for ref in references(other))
                ):
                    return mine.index, self.lowered(other)
        return None

    def inside(self, conditions: tuple[Condition, ...]) -> list[Step]:
        """The steps within a condition: what they add stays there."""
        length, positions = self.length, dict(self.positions)
        self.depth += 1
        steps = self.all(conditions)
        self.depth -= 1
        self.length, self.positions = length, positions
        return steps

    def accumulate(self, condition: Accumulate) -> Step:
        """An accumulate adds its group, if it has one, and its result."""
        sources = [self.source(source) for source in condition.sources]
        grouped = condition.sources[0].by is not None
        text = condition.span.text
        if condition.slot.name is not None:
            text = f"{condition.slot.name} := {text}"
        if grouped:
            self.fill(condition.group.number if condition.group is not None else -1)
        self.fill(condition.slot.number)
        return AccumulateStep(
            shortened(text), condition.span,
            condition.accumulator, condition.program, sources, grouped,
        )  # fmt: skip

    def source(self, source: Source) -> SourceSteps:
        """What an accumulate goes over."""
        length, positions = self.length, dict(self.positions)
        self.depth += 1
        steps = self.all(source.conditions)
        self.depth -= 1
        scope = self.scope()
        value, by = (
            lower(part.test, scope) if part is not None else None
            for part in (source.value, source.by)
        )
        inside = SourceSteps(steps, value, by)
        self.length, self.positions = length, positions
        return inside

    # -- parts ---------------------------------------------------------------------------------

    def constraint(self, constraint: Constraint) -> Part:
        """A constraint, with what to show when it does not hold."""
        test = constraint.test
        reads = [(shortened(each.span.text), self.lowered(each)) for each in operands(test)]
        unique = list(dict(reads).items())[:MOST_READS]
        return Part(shortened(test.span.text), self.lowered(test), reads=unique)

    def computation(self, computation: Computation) -> Part:
        """A value, which becomes an item of the match."""
        node = self.lowered(computation.value)
        text = shortened(computation.span.text)
        reads = [(shortened(computation.value.span.text), node)] if computation.each else []
        self.fill(computation.slot.number)
        return Part(text, node, adds=True, each=computation.each, reads=reads)

    # -- variables -----------------------------------------------------------------------------

    def newly_known(self) -> Iterator[Part]:
        """Note which variables can be read now; what was given for them can be compared."""
        for name, meant in self.variables.items():
            if name in self.known or not self.is_there(meant):
                continue
            self.known.add(name)
            if name in self.given:
                node = self.lowered(meant)
                yield Part(
                    f"{name} is as given", node, reads=[(name, node)], variable=name,
                    given=self.given[name],
                )  # fmt: skip

    def is_there(self, meant: tree.Expression) -> bool:
        """Whether all that a variable stands for is in the match."""
        for ref in references(substituted(meant, self.meanings)):
            answers = self.names.answers.get(ref.slot)
            alias = self.aliases.get(ref.slot)
            if answers is not None:
                if not all(self.is_there(v.reference(n)) for n, v in answers.variables.items()):
                    return False
            elif (alias.slot if alias is not None else ref.slot) not in self.positions:
                return False
        return True


def operands(test: tree.Expression) -> list[tree.Expression]:
    """The parts of a test whose values tell why it does not hold."""
    match test:
        case tree.Constant():
            return []
        case tree.Compare():
            sides = [test.first, *(right for _, right in test.rest)]
            return [side for side in sides if reads(side)]
        case tree.Not():
            return operands(test.operand)
        case tree.And() | tree.Or():
            return [each for operand in test.operands for each in operands(operand)]
        case tree.FieldRef() | tree.SlotRef() | tree.ParamRef():
            return [test]
        case tree.Comprehension():
            return []  # its variables have no one value
    return [each for child in tree.children(test) for each in operands(child)]


def reads(node: tree.Expression) -> bool:
    """Whether an expression reads anything of the match or the rule set."""
    if isinstance(node, (tree.FieldRef, tree.SlotRef, tree.ParamRef)):
        return True
    return any(map(reads, tree.children(node)))


def shortened(text: str) -> str:
    """A text in one line of bounded length."""
    text = " ".join(text.split())
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"
