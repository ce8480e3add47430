"""What `why` answers with: a fact, the firings that it comes from, and the facts behind those."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from rete_engine.session.drawing import Drawing, shown_value
from rete_engine.session.fact import Fact
from rete_engine.session.jsonable import jsonable, template_of

#: Where a fact comes from.
Origin = Literal["outside", "facts", "rules", "forgotten"]

_ENDINGS = {
    "above": "told above",
    "cut": "not followed further",
    "forgotten": "where it came from is no longer known",
}


@dataclass(frozen=True)
class Because:
    """A firing that a fact comes from.

    Attributes:
        kind: `"derived"` (the match supports the fact, which was inserted logically), `"inserted"`,
            or `"modified"` (it was the last firing that changed the fact).
        rule: The rule's name.
        file: The file in which it stands.
        line: Its line.
        bindings: The variables that were bound to values, by name.
        facts: The matched facts with their variables (None where a pattern has none).
        conditions: The other conditions of the rule, as written.
    """

    kind: Literal["derived", "inserted", "modified"]
    rule: str
    file: str
    line: int
    bindings: Mapping[str, Any]
    facts: tuple[tuple[str | None, Why], ...]
    conditions: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Everything as JSON knows it."""
        return {
            "kind": self.kind,
            "rule": self.rule,
            "file": self.file,
            "line": self.line,
            "bindings": {name: jsonable(value) for name, value in self.bindings.items()},
            "facts": [{"variable": name, **why.as_dict()} for name, why in self.facts],
            "conditions": list(self.conditions),
        }

    def __str__(self) -> str:
        values = [f"{name} = {shown_value(value)}" for name, value in self.bindings.items()]
        known = f", with {', '.join(values)}" if values else ""
        return f"{self.kind} by rule '{self.rule}' ({self.file}:{self.line}){known}"


@dataclass(frozen=True)
class Why:
    r"""A fact and the firings that it comes from: a tree down to what came from outside.

    `str()` gives a text.

    Attributes:
        fact: The fact.
        text: It, with the values that it had for the firing that it is told of.
        values: These values, by field.
        origin: `"outside"` (the program inserted it), `"facts"` (a facts block did), `"rules"`, or
            `"forgotten"` (it is gone, and so is what is known of it).
        place: For a fact of a facts block its file and line, where they are known.
        because: The firings that it comes from; empty where it was not followed.
        notes: What else is to be said: that it changed or was retracted since, or why it is not
            followed further.

    Example:
        >>> from rete_engine import RuleSet
        >>> rules = RuleSet.parse(
        ...     '''
        ... template Order
        ...     total: float
        ... end
        ... template Discount
        ...     percent: int
        ... end
        ... rule "large"
        ... when
        ...     o := Order(total > 100)
        ... then
        ...     insert Discount(percent = 10)
        ... end
        ... ''',
        ...     name="shop.rete",
        ... )
        >>> session = rules.session()
        >>> _ = session.insert("Order", total=150)
        >>> _ = session.run()
        >>> print(session.why(session.facts("Discount")[0]))
        #2 Discount(percent=10)
          inserted by rule 'large' (shop.rete:8)
            o := #1 Order(total=150.0) (from outside)
    """

    fact: Fact
    text: str
    values: Mapping[str, Any]
    origin: Origin
    place: str | None
    because: tuple[Because, ...]
    notes: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Everything as JSON knows it."""
        return {
            "fact_id": Fact.fact_id.__get__(self.fact),
            "template": template_of(self.fact),
            "fields": {name: jsonable(value) for name, value in self.values.items()},
            "origin": self.origin,
            "place": self.place,
            "notes": list(self.notes),
            "because": [each.as_dict() for each in self.because],
        }

    def to_mermaid(self) -> str:
        """A Mermaid flowchart: facts go into the firings that others come from."""
        chart = Drawing()
        self._draw(chart, {})
        return chart.text()

    def __str__(self) -> str:
        return "\n".join(self._lines("", ""))

    def _headline(self) -> str:
        where = {
            "outside": "from outside",
            "facts": f"from a facts block{f', {self.place}' if self.place else ''}",
        }.get(self.origin)
        notes = [*([where] if where else []), *self.notes]
        return self.text + (f" ({'; '.join(notes)})" if notes else "")

    def _lines(self, indent: str, variable: str) -> Iterator[str]:
        yield f"{indent}{variable}{self._headline()}"
        for because in self.because:
            yield f"{indent}  {because}"
            for name, why in because.facts:
                yield from why._lines(f"{indent}    ", f"{name} := " if name else "")
            for condition in because.conditions:
                yield f"{indent}    {condition}"

    def _draw(self, chart: Drawing, boxes: dict[str, str]) -> str:
        box = boxes.get(self.text)
        if box is None:
            box = chart.box(self._headline(), "fact")
            boxes[self.text] = box
        for because in self.because:
            rule = chart.box(f"{because}", "rule")
            chart.arrow(rule, box)
            for name, why in because.facts:
                chart.arrow(why._draw(chart, boxes), rule, name or "")
        return box


def ending(word: str) -> str:
    """Why a fact is not followed, in words."""
    return _ENDINGS[word]
