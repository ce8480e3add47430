"""The engine and the naive reference side by side: the same operations, compared after each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

from rete_engine import Fact, FactError, Firing, RuleExecutionError, RuleSet, Session, Waiting
from tests.reference import values
from tests.reference.naive import Activation, Naive
from tests.reference.program import read_program

#: An operation of a script: its name and what it needs; facts are given by their place among the
#: live ones, so that a script fits any rule set.
Operation = tuple[object, ...]


class Agreement:
    """A session of the engine and one of the reference."""

    def __init__(
        self,
        text: str,
        strategy: str = "depth",
        params: Mapping[str, object] | None = None,
        rules: RuleSet | None = None,
    ) -> None:
        self.strategy = strategy
        self.session: Session = (rules or RuleSet.parse(text)).session(
            params=params, strategy=strategy, on_error="skip"
        )
        self.naive = Naive(read_program(text), params)
        self.numbers: dict[int, int] = {}  # the engine's numbers of facts -> the reference's
        self.fired: list[str] = []
        self.check()

    # -- what both show ------------------------------------------------------------------------

    def canonical(self, value: object) -> object:
        """A value of the engine, as the reference would show it."""
        if isinstance(value, Fact):
            return ("fact", self.numbers[value.fact_id])
        if isinstance(value, (list, tuple)):
            return (type(value).__name__, *map(self.canonical, value))
        return values.canonical(value)

    def shown(self, salience: int, seen: Waiting | Firing) -> object:
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
        assert [fact.template for fact in ours] == [fact.template for fact in theirs]
        self.numbers.update(
            (fact.fact_id, other.number) for fact, other in zip(ours, theirs, strict=True)
        )
        for fact, other in zip(ours, theirs, strict=True):
            shown = {name: self.canonical(value) for name, value in fact.as_dict().items()}
            wanted = {name: values.canonical(value) for name, value in other.values.items()}
            assert shown == wanted
        waiting = self.session.agenda(limit=None)
        found = Counter(self.shown(entry.salience, entry) for entry in waiting)
        expected = Counter(activation.shown for activation in self.naive.waiting.values())
        assert found == expected, difference(found, expected)
        self.check_order([self.shown(entry.salience, entry) for entry in waiting])
        self.check_at_rest()

    def check_order(self, waiting: list[object]) -> None:
        """The agenda is in the order of the strategy."""
        by_shown: dict[object, list[Activation]] = {}
        for activation in self.naive.waiting.values():
            by_shown.setdefault(activation.shown, []).append(activation)
        ranks: list[object] = []
        for shown in waiting:
            # Equal ones come of one list with equal elements, so they rank alike.
            ranks.append(self.rank(by_shown[shown].pop()))
        assert ranks == sorted(ranks), ranks  # type: ignore[type-var]

    def check_at_rest(self) -> None:
        """Nothing of a change is left half done."""
        matcher = self.session._engine.matcher
        assert not matcher.targets
        assert not matcher.gains
        assert not matcher.doubtful

    def rank(self, activation: Activation) -> tuple[object, ...]:
        """A sort key: those with the smallest may fire next."""
        salience = -activation.salience
        newest = -activation.created
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
                return (salience, recency)
            case "mea":
                return (salience, tags[0] if tags else 1, recency)
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
            case ("insert_many", str(template), list(rows)):
                self.insert_many(template, rows)
            case ("batch", list(changes)):
                self.batch(changes)
            case _:
                self.change(operation)
        self.check()

    def change(self, operation: Operation) -> None:
        """One change, which may be refused."""
        ours = self.session.facts()
        theirs = list(self.naive.facts.values())
        match operation:
            case ("insert", str(template), dict(fields)):
                self.both(
                    lambda: self.session.insert(template, **fields),
                    lambda: self.naive.insert(template, fields),
                )
            case ("modify", int(place), dict(fields)) if ours:
                fact, other = ours[place % len(ours)], theirs[place % len(ours)]
                known = self.naive.program.templates[fact.template].fields
                given = {name: value for name, value in fields.items() if name in known}
                self.both(
                    lambda: self.session.modify(fact, **given),
                    lambda: self.naive.modify(other, given),
                )
            case ("retract", int(place)) if ours:
                fact, other = ours[place % len(ours)], theirs[place % len(ours)]
                self.session.retract(fact)
                self.naive.retract(other)

    def both(self, ours: Callable[[], object], theirs: Callable[[], object]) -> None:
        """Both sides do it, or both refuse it."""
        try:
            theirs()
        except values.MisfitError:
            refused = True
        else:
            refused = False
        try:
            ours()
        except FactError as error:
            assert refused, error
        else:
            assert not refused

    def insert_many(self, template: str, rows: list[dict[str, object]]) -> None:
        """As many inserts; the reference does them one by one where none is refused."""
        try:
            self.session.insert_many(template, rows)
        except FactError:
            return
        for fields in rows:
            self.naive.insert(template, fields)

    def batch(self, changes: list[Operation]) -> None:
        """Changes made together: in the reference, by one `Pending`."""
        ours = self.session.facts()
        theirs = list(self.naive.facts.values())
        from tests.reference.naive import Pending

        pending = Pending(self.naive)
        try:
            with self.session.batch() as batch:
                for change in changes:
                    match change:
                        case ("insert", str(template), dict(fields)):
                            self.both(
                                lambda t=template, f=fields: batch.insert(t, **f),
                                lambda t=template, f=fields: pending.insert(t, f),
                            )
                        case ("modify", int(place), dict(fields)) if ours:
                            fact, other = ours[place % len(ours)], theirs[place % len(ours)]
                            known = self.naive.program.templates[fact.template].fields
                            given = {n: v for n, v in fields.items() if n in known}
                            self.both(
                                lambda f=fact, g=given: batch.modify(f, **g),
                                lambda o=other, g=given: pending.modify(o, g),
                            )
                        case ("retract", int(place)) if ours:
                            batch.retract(ours[place % len(ours)])
                            pending.retract(theirs[place % len(ours)])
        finally:
            pending.commit(-1)

    # -- firing --------------------------------------------------------------------------------

    def step(self) -> bool:
        """Fire one rule; whether there was one."""
        first = self.session.agenda(limit=1)
        result = self.session.run(limit=1, trace=True)
        assert {error.rule for error in result.errors if is_of_condition(error)} <= {
            names for names in self.condition_failures()
        }
        failed = [error for error in result.errors if not is_of_condition(error)]
        if not first:
            assert not result.fired
            assert not failed
            assert result.stopped == "quiescent"
            return False
        expected = self.shown(first[0].salience, first[0])
        allowed = self.allowed()
        chosen = next((a for a in allowed if a.shown == expected), None)
        assert chosen is not None, (expected, [a.shown for a in allowed])
        try:
            outputs = self.naive.fire(chosen)
        except values.MisfitError:
            assert [error.rule for error in failed] == [chosen.match.rule.name]
            assert not result.fired
            return True
        assert not failed, failed
        assert result.fired == 1
        assert self.shown(chosen.salience, result.firings[0]) == expected
        assert len(outputs) == len(result.outputs)
        self.fired.append(repr(expected))
        return True

    def allowed(self) -> list[Activation]:
        """The activations that the strategy may let fire."""
        ranked = [(self.rank(each), each) for each in self.naive.waiting.values()]
        best = min(rank for rank, _ in ranked)  # type: ignore[type-var]
        return [activation for rank, activation in ranked if rank == best]

    def condition_failures(self) -> set[str]:
        """Names as the engine gives them, of rules whose conditions failed in the reference."""
        return self.naive.failed


def is_of_condition(error: RuleExecutionError) -> bool:
    return str(error).startswith("a condition")


def difference(found: Counter[object], expected: Counter[object]) -> str:
    """What is there and should not be, and what is missing."""
    lines = ["activations differ"]
    lines += [f"  too many: {entry}" for entry in (found - expected).elements()]
    lines += [f"  missing:  {entry}" for entry in (expected - found).elements()]
    return "\n".join(lines)
