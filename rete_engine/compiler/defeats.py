"""Rules whose logical inserts may end the matches that they rest on (the warning RE0505).

Such a rule derives, itself or by way of other rules that derive, what one of its own conditions
forbids: a cycle of derivations through an odd number of negations. It is read off the text, so it
says what may happen: only where constants keep a fact and a pattern apart there is no way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice

from rete_engine.compiler.declared import Declared
from rete_engine.diagnostics.diagnostic import Note
from rete_engine.diagnostics.source import Span
from rete_engine.expressions import tree
from rete_engine.expressions.values import equal, join_key
from rete_engine.model.actions import Action, ForAction, IfAction, InsertAction
from rete_engine.model.declarations import RuleDeclaration
from rete_engine.network.templates import MISSING, TemplateSpec

#: So many steps from rule to rule are looked at. Of rules that are entangled so much that these do
#: not do, only what was found until then is told.
MOST_STEPS = 200_000


@dataclass(frozen=True)
class _Reading:
    """A pattern: what facts it is about, and whether their coming can make or end a match."""

    template: TemplateSpec
    constants: Mapping[str, object]  # values that fields must have
    span: Span
    gains: bool
    misses: bool

    @property
    def verb(self) -> str:
        """What the rule does with the facts."""
        if self.gains and self.misses:
            return "accumulates"
        return "forbids" if self.misses else "reads"


@dataclass(frozen=True)
class _Deriving:
    """An `insert logical`."""

    template: TemplateSpec
    constants: Mapping[str, object]  # values that fields get for certain
    span: Span

    def meets(self, reading: _Reading) -> bool:
        """Whether the fact may be one that a pattern is about."""
        return reading.template.name in self.template.ancestors and all(
            equal(value, self.constants[name])
            for name, value in reading.constants.items()
            if name in self.constants
        )


@dataclass(frozen=True)
class _Rule:
    """A rule that derives."""

    name: str
    readings: tuple[_Reading, ...]
    derives: tuple[_Deriving, ...]


@dataclass(frozen=True)
class _Step:
    """A rule derives what another one (or the same) has a condition about."""

    rule: _Rule
    deriving: _Deriving
    reading: _Reading
    reader: _Rule
    flips: bool  # whether the fact ends matches of the reader


def warn_defeats(rules: Iterable[RuleDeclaration], declared: Declared) -> None:
    """Warn of rules that may defeat themselves, once for each cycle."""
    reader = _Reader(declared)
    deriving = [rule for rule in map(reader.rule, rules) if rule.derives]
    follow = _followed(deriving)
    told: set[frozenset[str]] = set()
    left = MOST_STEPS
    for rule in deriving:
        if rule.name not in follow or left < 0:
            continue
        cycle, taken = _cycle(rule, follow)
        left -= taken
        names = frozenset(step.rule.name for step in cycle)
        if cycle and names not in told:
            told.add(names)
            # Begin with the rule that the last step ends a match of.
            last = max(place for place, step in enumerate(cycle) if step.flips)
            _tell([*cycle[last + 1 :], *cycle[: last + 1]], declared)


def _tell(cycle: Sequence[_Step], declared: Declared) -> None:
    parts = []
    for step in cycle:
        verb = "forbids" if step.flips and not step.reading.gains else step.reading.verb
        whom = "it" if step.reader is step.rule else f"'{step.reader.name}'"
        itself = " itself" if whom == "it" else ""
        parts.append(
            f"'{step.rule.name}' derives {step.deriving.template.name}, which {whom} {verb}{itself}"
        )
    notes = [
        Note(f"'{step.rule.name}' derives {step.deriving.template.name} here", step.deriving.span)
        for step in cycle[1:]
    ]
    end = cycle[-1].reading
    notes.append(Note(f"'{cycle[-1].reader.name}' {end.verb} it here", end.span))
    declared.reports.warning(
        "RE0505",
        f"a logical insert may defeat its own condition: {'; '.join(parts)}",
        cycle[0].deriving.span,
        "let the condition leave out what the rule derives, or insert without 'logical'",
        *notes,
    )


class _Readings:
    """The readings of all rules, found by what a fact may be."""

    def __init__(self, rules: Sequence[_Rule]) -> None:
        self.all = [(rule, reading) for rule in rules for reading in rule.readings]
        # By template, then by one field that is asked for a constant (or none), then by its key.
        self.table: dict[str, dict[str | None, dict[object, list[int]]]] = {}
        for place, (_, reading) in enumerate(self.all):
            name, value = next(iter(reading.constants.items()), (None, None))
            by_field = self.table.setdefault(reading.template.name, {})
            by_field.setdefault(name, {}).setdefault(join_key(value), []).append(place)

    def met_by(self, deriving: _Deriving) -> Iterator[tuple[_Rule, _Reading]]:
        """The readings that may be about what is derived, as they are written."""
        places: list[int] = []
        for template in deriving.template.ancestors:
            for name, by_key in self.table.get(template, {}).items():
                if name is not None and name in deriving.constants:
                    places += by_key.get(join_key(deriving.constants[name]), ())
                else:
                    places += chain.from_iterable(by_key.values())
        for place in sorted(places):
            rule, reading = self.all[place]
            if deriving.meets(reading):
                yield rule, reading


def _followed(rules: Sequence[_Rule]) -> dict[str, list[_Step]]:
    """The steps from each rule; without rules that nothing leads to, or that lead nowhere."""
    readings = _Readings(rules)
    every = islice((step for rule in rules for step in _steps(rule, readings)), MOST_STEPS)
    follow: dict[str, list[_Step]] = {rule.name: [] for rule in rules}
    before: dict[str, list[str]] = {rule.name: [] for rule in rules}
    for step in every:
        follow[step.rule.name].append(step)
        before[step.reader.name].append(step.rule.name)
    after = {name: [step.reader.name for step in steps] for name, steps in follow.items()}
    inner = _between(before, after) & _between(after, before)
    return {
        name: [step for step in steps if step.reader.name in inner]
        for name, steps in follow.items()
        if name in inner
    }


def _between(towards: Mapping[str, list[str]], away: Mapping[str, list[str]]) -> set[str]:
    """What is left when all to which nothing leads is taken away, again and again."""
    counts = {name: len(others) for name, others in towards.items()}
    todo = [name for name, count in counts.items() if not count]
    for name in todo:  # grows
        for other in away[name]:
            counts[other] -= 1
            if not counts[other]:
                todo.append(other)
    return counts.keys() - set(todo)


def _steps(rule: _Rule, readings: _Readings) -> Iterator[_Step]:
    """Where what a rule derives is read."""
    for deriving in rule.derives:
        for reader, reading in readings.met_by(deriving):
            if reading.gains:
                yield _Step(rule, deriving, reading, reader, flips=False)
            if reading.misses:
                yield _Step(rule, deriving, reading, reader, flips=True)


def _cycle(rule: _Rule, follow: Mapping[str, Sequence[_Step]]) -> tuple[list[_Step], int]:
    """A shortest way from a rule back to it, through an odd number of negations.

    Returns:
        The steps, none where there is no such way, and how many were looked at.
    """
    start, end = (rule.name, False), (rule.name, True)
    came: dict[tuple[str, bool], tuple[tuple[str, bool], _Step] | None] = {start: None}
    queue = [start]
    looked = 0
    for name, odd in queue:  # grows as rules are reached
        if end in came:
            break
        looked += len(follow[name])
        for step in follow[name]:
            place = (step.reader.name, odd != step.flips)
            if place not in came:
                came[place] = ((name, odd), step)
                queue.append(place)
    way: list[_Step] = []
    at = came.get(end)
    while at is not None:
        way.append(at[1])
        at = came[at[0]]
    return way[::-1], looked


class _Reader:
    """Reads what rules are about off their text."""

    def __init__(self, declared: Declared) -> None:
        self.declared = declared
        self.templates = declared.templates

    def rule(self, declaration: RuleDeclaration) -> _Rule:
        """What a rule reads and derives; of one that derives nothing, nothing."""
        named = [self.templates[name] for name in declaration.derives if name in self.templates]
        of_function = (_Deriving(template, {}, declaration.span) for template in named)
        derives = (*self.derives(declaration.then), *of_function)
        readings: list[_Reading] = []
        if derives:
            for condition in declaration.when:
                readings.extend(self.readings(condition, True, False))
        return _Rule(declaration.name, tuple(readings), derives)

    def readings(
        self, node: tree.Expression, gains: bool, misses: bool, named: bool = False
    ) -> Iterator[_Reading]:
        """The patterns of a condition; of one that is named, the result is part of the match."""
        match node:
            case tree.Bind():
                yield from self.readings(node.value, gains, misses, named=True)
            case tree.Not():
                yield from self.readings(node.operand, misses, gains)
            case tree.ExistsForm():
                yield from self.readings(node.operand, gains, misses)
            case tree.And() | tree.Or():
                for operand in node.operands:
                    yield from self.readings(operand, gains, misses)
            case tree.ForallForm():
                yield from self.readings(node.operands[0], misses, gains)
                for operand in node.operands[1:]:
                    yield from self.readings(operand, gains, misses)
            case tree.AccumulateForm():
                yield from self.readings(node.source, gains or named, misses or named)
            case tree.Call(function=tree.Name(name=name)):
                template = self.templates.get(name)
                if template is not None:
                    yield _Reading(template, _asked(node, template), node.span, gains, misses)
                    return
                yield from self.asked(name, node, gains, misses)
                for argument in node.arguments:
                    if self.declared.only_accumulates(name) or isinstance(
                        argument.value, tree.AccumulateForm
                    ):
                        yield from self.readings(
                            argument.value, gains or named, misses or named, named
                        )

    def asked(self, name: str, call: tree.Call, gains: bool, misses: bool) -> Iterator[_Reading]:
        """The patterns of a query that a condition asks: the rule has them where it asks."""
        query = self.declared.queries.get(name)
        if query is None or query.meaning is None:  # one that is wrong may ask itself
            return
        for condition in query.declaration.conditions:
            for reading in self.readings(condition, gains, misses):
                yield replace(reading, span=call.span)

    def derives(self, actions: Iterable[Action]) -> Iterator[_Deriving]:
        """The logical inserts among actions and those within them."""
        for action in actions:
            match action:
                case InsertAction(logical=True, fact=tree.Call(function=tree.Name(name=name))):
                    template = self.templates.get(name)
                    if template is not None:
                        yield _Deriving(template, _given(action.fact, template), action.span)
                case ForAction():
                    yield from self.derives(action.body)
                case IfAction():
                    for _, body in action.branches:
                        yield from self.derives(body)
                    yield from self.derives(action.otherwise)


def inserts_logically(declaration: RuleDeclaration) -> bool:
    """Whether a rule derives facts."""
    return bool(declaration.derives) or _derives(declaration.then)


def _derives(actions: Iterable[Action]) -> bool:
    for action in actions:
        match action:
            case InsertAction(logical=True):
                return True
            case ForAction() if _derives(action.body):
                return True
            case IfAction():
                bodies = [*(body for _, body in action.branches), action.otherwise]
                if any(map(_derives, bodies)):
                    return True
    return False


def _given(call: tree.Call, template: TemplateSpec) -> dict[str, object]:
    """The values that fields of a new fact get for certain."""
    given = {argument.name: argument.value for argument in call.arguments}
    found: dict[str, object] = {}
    for field in template.fields:
        value = given.get(field.name)
        if isinstance(value, tree.Constant):
            found[field.name] = value.value
        elif value is None and field.factory is None and field.default is not MISSING:
            found[field.name] = field.default
    return found


def _asked(call: tree.Call, template: TemplateSpec) -> dict[str, object]:
    """The constant values that a pattern asks for."""
    own = template.positions
    found: dict[str, object] = {}
    for argument in call.arguments:
        match argument.value:
            case _ if argument.binds:
                continue
            case tree.Name(name=name) if name in own:
                found[name] = True
            case tree.Not(operand=tree.Name(name=name)) if name in own:
                found[name] = False
            case tree.Compare(first=a, rest=(("==", b),)):
                for one, other in ((a, b), (b, a)):
                    name = one.name if isinstance(one, tree.Name) else ""
                    if isinstance(other, tree.Constant) and name in own:
                        found[name] = other.value
    return found
