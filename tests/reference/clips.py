"""CLIPS as a third engine beside ours and the naive reference: all three in step."""

from __future__ import annotations

import importlib
from typing import Any

from rete_engine import RuleExecutionError, RunResult
from tests.reference.agreement import Agreement, Operation
from tests.reference.clips_text import clips_text
from tests.reference.naive import Activation, Shown
from tests.reference.values import Fact

#: What tells activations apart in all three: the rule, and the facts of its patterns in order.
Key = tuple[str, tuple[int, ...]]


class PartedError(Exception):
    """Both are right, and differ: what they do from here on cannot be compared."""


class Clips:
    """An environment of CLIPS."""

    def __init__(self, constructs: list[str], strategy: str) -> None:
        self.outputs: list[object] = []
        self.environment: Any = importlib.import_module("clips").Environment()
        self.environment.define_function(self.outputs.append, "emit")
        self.environment.eval(f"(set-strategy {strategy})")
        for construct in constructs:
            self.environment.build(construct)
        # What holds on nothing is activated by a reset, as by opening a session.
        self.environment.reset()

    def facts(self) -> dict[int, tuple[str, dict[str, object]]]:
        """Template and fields by number."""
        return {fact.index: (fact.template.name, dict(fact)) for fact in self.environment.facts()}

    def waiting(self) -> list[tuple[Any, str, tuple[int, ...], int]]:
        """The agenda: the activation, its rule, the numbers of its facts, its salience."""
        found = []
        for activation in self.environment.activations():
            salience, _, text = str(activation).partition(" ")
            name, _, entities = text.partition(": ")
            numbers = [int(each[2:]) for each in entities.split(",") if each.startswith("f-")]
            found.append((activation, name, tuple(numbers), int(salience)))
        return found

    def fire(self, activation: Any) -> list[object]:
        """Fire an activation, whichever comes first; the outputs."""
        self.outputs.clear()
        activation.salience = 10_000
        self.environment.reorder()
        assert self.environment.run(1) == 1
        return list(self.outputs)

    def change(self, command: str, *parts: object) -> None:
        """`(assert …)`, `(modify …)` or `(retract …)`."""
        self.environment.eval(f"({command} {' '.join(map(str, parts))})")


def slots(fields: dict[str, object]) -> str:
    """`(n 1) (s "a")`."""
    shown = {n: f'"{v}"' if isinstance(v, str) else str(v) for n, v in fields.items()}
    return " ".join(f"({name} {value})" for name, value in shown.items())


class ClipsAgreement(Agreement):
    """Our engine, the naive reference and CLIPS, compared after each operation.

    Which of several activations that the strategy leaves open fires first, our engine says. The
    others are made to fire the same one, after it was seen that theirs is no better.
    """

    def __init__(self, text: str, strategy: str, is_ordered: bool = True) -> None:
        self.is_ordered = is_ordered  # whether the order of the agenda is compared too
        self.clips: Clips | None = None
        self.theirs: dict[int, int] = {}  # the reference's numbers of facts -> those of CLIPS
        super().__init__(text, strategy)
        self.clips = Clips(clips_text(self.naive.program), strategy)
        self.check()

    def check(self) -> None:
        super().check()
        if self.clips is None:
            return
        self.match_facts(self.clips)
        try:
            self.check_clips(self.clips)
        except AssertionError as error:
            # Between two facts that go, a `not` over both may come to hold, or cease. And a modify
            # is two changes, with what loses its support going between.
            if self.naive.truth.went_otherwise:
                raise PartedError from error
            raise

    def match_facts(self, clips: Clips) -> None:
        """Compare the facts; no two are equal."""
        facts = clips.facts()
        found = {by_content(*facts[number]): number for number in facts}
        wanted = {by_content(f.template, f.values): f.number for f in self.naive.facts.values()}
        assert len(found) == len(facts)
        assert found.keys() == wanted.keys()
        for content, number in wanted.items():
            assert self.theirs.setdefault(number, found[content]) == found[content]

    def check_clips(self, clips: Clips) -> None:
        """Compare the agenda, and its order as far as the strategy fixes it."""
        ours: dict[tuple[Key, int], list[Activation]] = {}
        for activation in self.naive.waiting.values():
            ours.setdefault((self.key(activation.shown), activation.salience), []).append(
                activation
            )
        ranks = []
        for _, rule, numbers, salience in clips.waiting():
            same = ours.get(((rule, numbers), salience))
            assert same, f"CLIPS has {rule} {numbers}"
            ranks.append(self.clips_rank(same.pop()))
        assert not any(ours.values()), f"CLIPS lacks {[key for key in ours if ours[key]]}"
        if self.is_ordered:
            assert ranks == sorted(ranks), ranks

    def clips_rank(self, activation: Activation) -> tuple[object, ...]:
        """A sort key, as `rank`, for the order in which CLIPS fires.

        CLIPS counts patterns for the complexity of a rule, too; and of as complex ones it fires the
        oldest first, though its manual says the newest.
        """
        rule = activation.match.rule
        complexity = rule.complexity + len(rule.patterns)
        match self.strategy:
            case "simplicity":
                return (-activation.salience, complexity, activation.created)
            case "complexity":
                return (-activation.salience, -complexity, activation.created)
            case "lex" | "mea":
                *times, _ = self.rank(activation)
                return (*times, -complexity)
        return self.rank(activation)

    def key(self, shown: Shown) -> Key:
        """An activation as CLIPS shows it: the facts in the order of the patterns."""
        rule, _, _, bindings = shown
        facts = [value for _, value in bindings if isinstance(value, tuple) and value[0] == "fact"]
        return rule, tuple(self.theirs[number] for _, number in facts)

    def fire(self, expected: Shown, result: RunResult, failed: list[RuleExecutionError]) -> None:
        super().fire(expected, result, failed)
        assert self.clips is not None
        wanted = self.key(expected)
        activation = next(a for a, *key, _ in self.clips.waiting() if tuple(key) == wanted)
        assert self.clips.fire(activation) == result.outputs

    def is_unique(self, fact: Fact) -> bool:
        return self.naive.program.templates[fact.template].unique

    def change(self, operation: Operation, doors: Any = None) -> None:
        facts = list(self.naive.facts.values())
        match operation:
            case ("modify", int(place), _) if facts and self.is_unique(facts[place % len(facts)]):
                return  # it might come to equal another one
        super().change(operation, doors)
        assert self.clips is not None
        match operation:
            case ("insert", str(template), dict(fields)):
                self.clips.change("assert", f"({template} {slots(fields)})")
            case ("modify", int(place), dict(fields)) if facts:
                fact = facts[place % len(facts)]
                given = {name: value for name, value in fields.items() if name in fact.values}
                if given:
                    self.clips.change("modify", self.theirs[fact.number], slots(given))
            case ("retract", int(place)) if facts:
                self.clips.change("retract", self.theirs[facts[place % len(facts)].number])


def by_content(template: str, fields: dict[str, object]) -> tuple[object, ...]:
    """A fact by what it says."""
    return (template, *sorted(fields.items()))
