"""The engine and the naive reference side by side: the same operations, compared after each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from hypothesis import reject

from rete_engine import (
    Fact,
    FactError,
    Firing,
    Match,
    RuleExecutionError,
    RuleSet,
    RuleValidationError,
    RunResult,
    Session,
    SessionError,
    Waiting,
)
from rete_engine.model.declarations import Parameter
from rete_engine.session.batch import Batch
from tests.reference import values
from tests.reference.naive import Activation, FailedQueryError, Naive, Pending, Shown
from tests.reference.program import read_program
from tests.reference.values import MisfitError

#: An operation of a script: its name and what it needs; facts are given by their place among the
#: live ones, so that a script fits any rule set.
Operation = tuple[object, ...]


@dataclass(frozen=True)
class Reference:
    """In the fields of an operation: a live fact of template A, by its place among those."""

    place: int


#: What changes go through, of either side, and the facts that they may be about.
Doors = tuple[Session | Batch, Naive | Pending, list[tuple[Fact, values.Fact]]]


def parsed(text: str) -> RuleSet:
    """The rules of a random text; one that is over a bound on conditions is drawn anew.

    A few references that may be none, within an `exists`, are many conditions without their `or`.
    """
    try:
        return RuleSet.parse(text)
    except RuleValidationError as error:
        errors = [d for d in error.diagnostics if d.severity == "error"]  # warnings come along
        if {diagnostic.code for diagnostic in errors} == {"RE0307"}:
            reject()
        raise


class Agreement:
    """A session of the engine and one of the reference."""

    def __init__(
        self,
        text: str,
        strategy: str = "depth",
        params: Mapping[str, object] | None = None,
        rules: RuleSet | None = None,
        listens: bool = True,
    ) -> None:
        self.strategy = strategy
        self.listens = listens  # to activations; else they are made when they come to the top
        self.session: Session = (rules or parsed(text)).session(
            params=params, strategy=strategy, on_error="skip", clock=self.now
        )
        self.naive = Naive(read_program(text), params)
        self.numbers: dict[int, int] = {}  # the engine's numbers of facts -> the reference's
        self.fired: list[Shown] = []
        self.views: list[View] = []
        self.activated: list[Waiting] = []
        self.cancelled: list[Waiting] = []
        self.came: list[Fact] = []
        self.session.on("insert", self.came.append)
        if listens:
            self.session.on("activate", self.activated.append)
            self.session.on("cancel", self.cancelled.append)
        self.naive.activated.clear()  # of opening the session nobody could hear
        self.naive.came.clear()
        self.check()

    # -- what both show ------------------------------------------------------------------------

    def canonical(self, value: object) -> object:
        """A value of the engine, as the reference would show it."""
        if isinstance(value, Fact):
            return ("fact", self.numbers[value.fact_id])
        if isinstance(value, Match):
            pairs = ((name, self.canonical(held)) for name, held in value.as_dict().items())
            return ("answer", value._name, *pairs)
        if isinstance(value, (list, tuple)):
            return (type(value).__name__, *map(self.canonical, value))
        return values.canonical(value)

    def shown(self, salience: int, seen: Waiting | Firing) -> Shown:
        """An activation of the engine, as `Activation.shown` shows one of the reference."""
        facts = sorted(self.numbers[fact.fact_id] for fact in seen.facts)
        bindings = tuple((name, self.canonical(value)) for name, value in seen.bindings.items())
        return (seen.rule, salience, tuple(facts), bindings)

    def check(self) -> None:
        """Compare facts and activations."""
        ours = self.session.facts()
        theirs = list(self.naive.facts.values())
        # Both are in the order of insertion, and numbers may have gaps where an action inserted
        # what it also retracted.
        self.note_numbers()
        assert [fact.template for fact in ours] == [fact.template for fact in theirs]
        self.numbers.update(
            (fact.fact_id, other.number) for fact, other in zip(ours, theirs, strict=True)
        )
        for fact, other in zip(ours, theirs, strict=True):
            shown = {name: self.canonical(value) for name, value in fact.as_dict().items()}
            wanted = {name: values.canonical(value) for name, value in other.values.items()}
            assert shown == wanted
        self.check_truth(list(zip(ours, theirs, strict=True)))
        self.check_agenda()
        if self.listens:
            self.check_told()
        self.check_views()
        self.check_at_rest()

    def note_numbers(self) -> None:
        """Note which facts came: what a firing derived may be gone again at its end."""
        self.numbers.update(
            (fact.fact_id, other.number)
            for fact, other in zip(self.came, self.naive.came, strict=True)
        )
        self.came.clear()
        self.naive.came.clear()

    def now(self) -> datetime:
        """The time of the engine's session."""
        return datetime.fromisoformat(f"{self.naive.day}T12:00:00+00:00")

    def check_agenda(self) -> None:
        """Compare what waits, in each group and as a whole, and the focus."""
        agenda, groups = self.session._engine.agenda, self.session._compiled.network.groups
        assert list(groups) == self.naive.program.groups
        assert [groups[number] for number in agenda.stack] == self.naive.stack
        assert (groups[agenda.active] if agenda.active >= 0 else None) == self.naive.active
        shown: dict[str, list[Shown]] = {}
        for group in groups:
            waiting = self.session.agenda(limit=None, group=group)
            assert all(entry.group == group for entry in waiting)
            shown[group] = [self.shown(entry.salience, entry) for entry in waiting]
            wanted = filter(self.naive.effective, self.naive.of_group(group))
            found, expected = Counter(shown[group]), Counter(a.shown for a in wanted)
            assert found == expected, difference(found, expected)
            self.check_order(shown[group])
        focused = dict.fromkeys(reversed(self.naive.stack))
        whole = [self.shown(entry.salience, entry) for entry in self.session.agenda(limit=None)]
        assert whole == [entry for group in focused for entry in shown[group]]

    def check_truth(self, pairs: list[tuple[Fact, values.Fact]]) -> None:
        """Both say of the same facts that they are only derived, with as many supports."""
        truth = self.session._engine.memory.truth
        for fact, other in pairs:
            known = truth.derived.get(fact._element) if truth is not None else None
            is_derived = known is not None and not known.is_stated
            assert is_derived == (other in self.naive.truth.derived)
            supports = len(known.supports) if known is not None else 0
            assert supports == len(self.naive.truth.supporters(other))

    def check_order(self, waiting: list[Shown]) -> None:
        """The agenda is in the order of the strategy."""
        by_shown: dict[Shown, list[Activation]] = {}
        for activation in self.naive.waiting.values():
            by_shown.setdefault(activation.shown, []).append(activation)
        ranks: list[tuple[Any, ...]] = []
        for shown in waiting:
            # Equal ones come of one list with equal elements, so they rank alike.
            ranks.append(self.rank(by_shown[shown].pop()))
        assert ranks == sorted(ranks), ranks

    def check_told(self) -> None:
        """What was told of activations is just what became of matches: none came and went."""
        activated = Counter(self.shown(entry.salience, entry) for entry in self.activated)
        assert activated == Counter(a.shown for a in self.naive.activated)
        # What a match that ceased had bound may have changed meanwhile.
        cancelled = Counter(self.shown(entry.salience, entry)[:3] for entry in self.cancelled)
        assert cancelled == Counter(a.shown[:3] for a in self.naive.cancelled)
        for told in (self.activated, self.cancelled, self.naive.activated, self.naive.cancelled):
            told.clear()

    def check_at_rest(self) -> None:
        """Nothing of a change is left half done."""
        matcher = self.session._engine.matcher
        assert matcher.alpha_network.targets.first is None
        assert not matcher.unsettled.waiting

    def rank(self, activation: Activation) -> tuple[Any, ...]:
        """A sort key: those with the smallest may fire next."""
        salience = -activation.salience
        newest = -max(activation.created, activation.enabled)
        tags = [-tag for tag in activation.tags]
        # A list that ends is older than one that goes on.
        recency = (*sorted(tags), 1)
        complexity = activation.match.rule.complexity
        match self.strategy:
            case "depth":
                return (salience, newest)
            case "breadth":
                return (salience, -newest)
            case "simplicity":
                return (salience, complexity, newest)
            case "complexity":
                return (salience, -complexity, newest)
            case "lex":
                return (salience, recency, -complexity)
            case "mea":
                return (salience, tags[0] if activation.leads else 1, recency, -complexity)
        return (salience,)

    # -- operations ----------------------------------------------------------------------------

    def apply(self, operation: Operation) -> None:
        """Do something on both sides and compare."""
        match operation:
            case ("step",):
                self.step()
            case ("run", int(limit)):
                for _ in range(limit):
                    if not self.step():
                        break
                    self.check()
            case ("ask", int(which), list(given)) | ("listen", int(which), list(given)):
                queries = list(self.naive.program.declared_queries.values())
                if queries:
                    asked = queries[which % len(queries)]
                    mine, others = self.linked(
                        {
                            parameter.name: argument(parameter, place)
                            for parameter, place in zip(asked.parameters, given, strict=False)
                        },
                        self.pairs(),
                    )
                    if all(fits(each, mine[each.name]) for each in asked.parameters):
                        ask = self.ask if operation[0] == "ask" else self.listen
                        ask(asked.name, mine, others)
            case ("insert_many", str(template), list(rows)):
                self.insert_many(template, rows)
            case ("batch", list(changes)):
                self.batch(changes)
            case ("focus", str(group)):
                self.focus(group)
            case ("switch", int(place)):
                self.switch(place)
            case ("day", int(day)):
                self.naive.day = f"2026-01-0{day}"
            case _:
                self.change(operation)
        self.check()

    def focus(self, group: str) -> None:
        """Give a group the focus."""
        if group in self.naive.program.groups:
            self.session.focus(group)
            self.naive.focus(group)
        else:
            assert refuses(partial(self.session.focus, group), SessionError)

    def switch(self, place: int) -> None:
        """Turn a rule off, or on again."""
        rules = self.naive.program.rules
        rule = rules[place % len(rules)]
        if rule.name in self.naive.off:
            self.session.enable(rule.name)
            self.naive.enable(rule)
        else:
            self.session.disable(rule.name)
            self.naive.disable(rule)

    def change(self, operation: Operation, doors: Doors | None = None) -> None:
        """One change, on both sides or refused by both; through a batch's doors or directly."""
        ours, theirs, facts = doors or (self.session, self.naive, self.pairs())
        match operation:
            case ("insert", str(template), dict(fields)):
                mine, other_fields = self.linked(fields, facts)
                refused = refuses(partial(theirs.insert, template, other_fields), MisfitError)
                assert refuses(partial(ours.insert, template, **mine), FactError) == refused
            case ("modify", int(place), dict(fields)) if facts:
                fact, other = facts[place % len(facts)]
                own = self.naive.program.templates[fact.template]
                given = {n: v for n, v in fields.items() if n in own.fields or own.open}
                mine, other_fields = self.linked(given, facts)
                refused = refuses(partial(theirs.modify, other, other_fields), MisfitError)
                assert refuses(partial(ours.modify, fact, **mine), FactError) == refused
            case ("retract", int(place)) if facts:
                fact, other = facts[place % len(facts)]
                ours.retract(fact)
                theirs.retract(other)

    def linked(
        self, fields: dict[str, object], facts: list[tuple[Fact, values.Fact]]
    ) -> tuple[dict[str, object], dict[str, object]]:
        """Fields with the facts of each side in the place of references."""
        targets = [pair for pair in facts if pair[0].template == "A"]
        sides: tuple[dict[str, object], dict[str, object]] = ({}, {})
        for name, value in fields.items():
            for side, own in enumerate(sides):
                own[name] = value
                if isinstance(value, Reference):
                    own[name] = targets[value.place % len(targets)][side] if targets else None
        return sides

    def pairs(self) -> list[tuple[Fact, values.Fact]]:
        """The live facts of both sides."""
        return list(zip(self.session.facts(), self.naive.facts.values(), strict=True))

    def insert_many(self, template: str, rows: list[dict[str, object]]) -> None:
        """As many inserts; all are refused where one is.

        A row that equals a derived fact states that one, before any row enters.
        """
        linked = [self.linked(fields, self.pairs()) for fields in rows]
        rows = [own for own, _ in linked]
        others = [other for _, other in linked]
        trial = Pending(self.naive)
        refused = False
        fresh: list[dict[str, object]] = []
        for fields in others:
            stated = len(trial.stated & self.naive.truth.derived)
            refused = refused or refuses(partial(trial.insert, template, fields), MisfitError)
            if len(trial.stated & self.naive.truth.derived) == stated:
                fresh.append(fields)
        insert_many = partial(self.session.insert_many, template, rows)
        assert refuses(insert_many, FactError) == refused
        if not refused:
            for fact in trial.stated & self.naive.truth.derived:
                self.naive.truth.state(fact)
            for fields in fresh:
                self.naive.insert(template, fields)

    def batch(self, changes: list[Operation]) -> None:
        """Changes that are made together."""
        pending, facts = Pending(self.naive), self.pairs()
        with self.session.batch() as batch:
            doors: Doors = (batch, pending, facts)
            for change in changes:
                self.change(change, doors)
        pending.commit()

    # -- queries -------------------------------------------------------------------------------

    def ask(self, name: str, arguments: dict[str, object], others: dict[str, object]) -> None:
        """Ask both: the same answers in the same order, or an error that the reference meets too.

        (Which conditions the engine comes to depends on the order of its joins, so it may find no
        answer where the reference finds an error on the way.)
        """
        failed = False
        try:
            theirs = self.naive.ask_in_order(name, *others.values())
        except FailedQueryError as error:
            failed, theirs = True, error.answers
        try:
            ours = self.session.query(name, **arguments)
        except RuleExecutionError:
            assert failed
            return
        found = list(map(self.canonical, ours))
        for tied in theirs:
            assert Counter(found[: len(tied)]) == Counter(map(values.canonical, tied))
            del found[: len(tied)]
        assert not found

    def listen(self, name: str, arguments: dict[str, object], others: dict[str, object]) -> None:
        """Begin to compare what a live query tells with what it answers.

        One that fails is not compared: when it is asked again depends on what changes.
        """
        self.answers(name, others)
        self.views.append(View(self.session, name, arguments, others))

    def answers(self, name: str, others: dict[str, object]) -> list[Any]:
        """What the reference answers; an example whose query fails is given up."""
        try:
            return self.naive.ask(name, *others.values())
        except FailedQueryError:
            reject()

    def check_views(self) -> None:
        """What was told of joining and leaving comes to what there is."""
        for view in self.views:
            theirs = self.answers(view.name, view.others)
            present = Counter(self.canonical(match) for match in view.present)
            assert present == Counter(map(values.canonical, theirs))

    # -- firing --------------------------------------------------------------------------------

    def step(self) -> bool:
        """Fire one rule; whether there was one."""
        idle = self.session.run(limit=0)
        self.look()
        first = self.session.agenda(limit=1)
        result = self.session.run(limit=1, trace=True)
        of_conditions = [e for e in (*idle.errors, *result.errors) if is_of_condition(e)]
        of_actions = [error for error in result.errors if not is_of_condition(error)]
        if first:
            expected = self.shown(first[0].salience, first[0])
            self.fire(expected, result, of_actions)
        else:
            assert not result.fired
            assert not of_actions
            assert result.stopped == "quiescent"
        self.look()
        for error in of_conditions:
            # One error may be of several rules that share the condition.
            assert self.naive.failed.intersection(error.rule.split(", ")), error
        return bool(first)

    def fire(self, expected: Shown, result: RunResult, failed: list[RuleExecutionError]) -> None:
        """Let the reference fire what the engine fired, which must be what it announced."""
        allowed = self.allowed()
        chosen = next((a for a in allowed if a.shown == expected), None)
        assert chosen is not None, (expected, [a.shown for a in allowed])
        try:
            outputs = self.naive.fire(chosen)
        except MisfitError:
            assert [error.rule for error in failed] == [chosen.match.rule.name]
            assert not result.fired
            return
        assert not failed
        assert result.fired == 1
        assert self.shown(chosen.salience, result.firings[0]) == expected
        assert list(map(values.canonical, outputs)) == list(map(self.canonical, result.outputs))
        self.fired.append(expected)

    def look(self) -> None:
        """What a run does to find what fires next: spend what is not effective, let groups pop.

        The strategy may leave open what comes to the top first: then the engine is asked.
        """
        naive = self.naive
        self.note_numbers()
        spent = Counter(self.shown(entry.salience, entry)[:3] for entry in self.cancelled)
        spent -= Counter(activation.shown[:3] for activation in naive.cancelled)
        while True:
            group = naive.stack[-1]
            ready = [self.rank(a) for a in naive.of_group(group) if naive.effective(a)]
            for activation in naive.of_group(group):
                if naive.effective(activation):
                    continue
                if ready and self.rank(activation) > min(ready):
                    continue  # it has not come to the top yet
                told = spent[activation.shown[:3]]
                assert told or (ready and self.rank(activation) == min(ready))
                if told:
                    spent[activation.shown[:3]] -= 1
                    naive.cease(activation.match.identity)
            naive.active = group if ready else None
            if ready or len(naive.stack) == 1:
                break
            naive.stack.pop()
        assert not +spent

    def allowed(self) -> list[Activation]:
        """The activations that the strategy may let fire."""
        group = self.naive.of_group(self.naive.stack[-1])
        ranked = [(self.rank(each), each) for each in group if self.naive.effective(each)]
        best = min(rank for rank, _ in ranked)
        return [activation for rank, activation in ranked if rank == best]


#: Arguments for parameters by their types; a script gives their places.
ARGUMENTS: dict[str, list[object]] = {
    "int": [0, 1, 2],
    "float": [0.0, 1, 1.5, float("nan")],
    "str": ["a", "b"],
    "any": [None, 1, "a", [1], {"k": 1}, (1, "a"), True],
    "A": [Reference(0), Reference(1), Reference(2)],
}


def argument(parameter: Parameter, place: int) -> object:
    """An argument for a parameter."""
    assert parameter.type is not None
    options = ARGUMENTS[parameter.type.name]
    if parameter.type.optional:
        options = [None, *options]
    return options[place % len(options)]


def fits(parameter: Parameter, value: object) -> bool:
    """Whether there is an argument: where no fact is live, none stands in its place."""
    assert parameter.type is not None
    return value is not None or parameter.type.optional or parameter.type.name == "any"


class View:
    """Keeps what a live query tells."""

    def __init__(
        self, session: Session, name: str, arguments: dict[str, object], others: dict[str, object]
    ) -> None:
        self.name = name
        self.others = others  # the arguments as the reference has them
        self.present: list[Match] = []
        session.live(name, self.told, **arguments)

    def told(self, joined: list[Match], left: list[Match]) -> None:
        assert joined or left
        for match in left:
            place = next(i for i, each in enumerate(self.present) if each is match)
            del self.present[place]
        self.present += joined


def refuses(change: Callable[[], object], error: type[Exception]) -> bool:
    """Whether a change is refused; it is made otherwise."""
    try:
        change()
    except error:
        return True
    return False


def is_of_condition(error: RuleExecutionError) -> bool:
    return str(error).startswith("a condition")


def difference(found: Counter[Shown], expected: Counter[Shown]) -> str:
    """What is there and should not be, and what is missing."""
    lines = ["activations differ"]
    lines += [f"  too many: {entry}" for entry in (found - expected).elements()]
    lines += [f"  missing:  {entry}" for entry in (expected - found).elements()]
    return "\n".join(lines)
