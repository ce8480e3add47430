"""Where a fact comes from, as a program sees it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from rete_engine.explain.derivation import Derivations, Derived, Known
from rete_engine.explain.steps import shortened
from rete_engine.model.rules import Pattern
from rete_engine.runtime.engine import Engine
from rete_engine.runtime.memory import Element
from rete_engine.session.derivations import Because, Origin, Why, ending
from rete_engine.session.fact import described
from rete_engine.session.meanings import Meanings
from rete_engine.session.translation import Translator


class Tracer:
    """Tells where a fact of a session comes from. It changes nothing."""

    def __init__(
        self, engine: Engine, translator: Translator, meanings: Meanings, places: Sequence[str]
    ) -> None:
        self.engine = engine
        self.translator = translator
        self.meanings = meanings
        self.places = places  # of the facts of facts blocks, by their numbers; empty if unknown

    def why(self, element: Element, depth: int, limit: int) -> Why:
        """The tree of a fact."""
        context = self.engine.context
        answers = context.answers  # gives answers of queries their numbers
        try:
            tree = Derivations(self.engine.memory, context, depth, limit)
            return self.fact(tree.of(tree.now(element)))
        finally:
            context.answers = answers

    def fact(self, known: Known) -> Why:
        """A fact of it."""
        element, values = known.element, known.values
        outward = self.translator.outward
        fields = {
            name: outward(values[i])
            for name, i in element.type.positions.items()
            if name.isidentifier()  # others are the engine's own
        }
        if element.type.open:
            more = cast("dict[str, object]", values[0])
            fields.update({name: outward(value) for name, value in more.items()})
        origin, place = self.origin(known)
        return Why(
            self.translator.fact_of(element),
            f"#{element.number} {described(element, values)}",
            fields,
            origin,
            place,
            tuple(self.because(each) for each in known.derivations),
            tuple(self.notes(known)),
        )

    def notes(self, known: Known) -> list[str]:
        """What else is to be said of a fact."""
        notes: list[str] = []
        if not known.element.is_live:
            notes.append("retracted since")
        elif known.changed:
            notes.append("changed since")
        if known.touched and known.derivations:
            notes.append("changed from outside, too")
        if known.stated:
            notes.append("inserted from outside, too")
        if known.ending is not None:
            notes.append(ending(known.ending))
        return notes

    def origin(self, known: Known) -> tuple[Origin, str | None]:
        """Where a fact comes from; for one of a facts block also its place."""
        if known.ending == "forgotten":
            return "forgotten", None
        if known.ending is not None or any(d.kind != "modified" for d in known.derivations):
            return "rules", None
        number = known.element.number
        if number <= len(self.places):
            return "facts", self.places[number - 1] or None
        return "outside", None

    def because(self, derived: Derived) -> Because:
        """A firing of it."""
        rule = derived.reading.rule
        outward = self.translator.outward
        reading = self.meanings.of(rule.name).readings[rule.readings.index(derived.reading)]
        return Because(
            derived.kind,
            rule.name,
            rule.file,
            rule.line,
            {name: outward(value) for name, value in derived.bindings},
            tuple((name, self.fact(known)) for name, known in derived.facts),
            tuple(
                shortened(condition.span.text)
                for condition in reading.conditions
                if not isinstance(condition, Pattern)
            ),
        )
