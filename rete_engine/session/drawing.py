"""How explanations show facts, values and flowcharts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rete_engine.expressions.values import shown
from rete_engine.session.fact import Fact
from rete_engine.session.jsonable import template_of

_SHAPES = {"rule": ("([", "])"), "fact": ("[/", "/]")}


def listed(fact: Fact) -> str:
    """A fact in a line, with its number."""
    return f"#{Fact.fact_id.__get__(fact)} {fact!r}"


def shown_value(value: object) -> str:
    """A value in few characters: of a fact its template and number."""
    if isinstance(value, Fact):
        return f"#{Fact.fact_id.__get__(value)} {template_of(value)}"
    if isinstance(value, (str, int, float, list, dict, set, tuple)) or value is None:
        return shown(value)
    return str(value)


def bound(bindings: Mapping[str, Any], facts: Sequence[Fact]) -> str:
    """Bindings in a line; facts in full, those without a name too."""
    named = [value for value in bindings.values() if isinstance(value, Fact)]
    parts = [
        f"{name} = {listed(value) if isinstance(value, Fact) else shown_value(value)}"
        for name, value in bindings.items()
    ]
    parts += [listed(fact) for fact in facts if fact not in named]
    return ", ".join(parts)


class Drawing:
    """A Mermaid flowchart that is being made."""

    def __init__(self) -> None:
        self._lines = ["flowchart TD"]
        self._names: dict[int, str] = {}  # of boxes, by the identity of what they stand for
        self._count = 0
        self._failing: list[str] = []

    def box(self, text: str, kind: str, stands_for: object = None) -> str:
        """Add a box: of a `rule`, a `fact`, a `condition`, or one that is `failing`."""
        self._count += 1
        name = f"b{self._count}"
        if stands_for is not None:
            self._names[id(stands_for)] = name
        left, right = _SHAPES.get(kind, ("[", "]"))
        label = text.replace("&", "#amp;").replace('"', "#quot;").replace("<", "#lt;")
        label = label.replace("\n", "<br>")
        self._lines.append(f'    {name}{left}"{label}"{right}')
        if kind == "failing":
            self._failing.append(name)
        return name

    def name(self, stands_for: object) -> str:
        """The box of something."""
        return self._names[id(stands_for)]

    def arrow(self, source: str, target: str, label: str = "") -> None:
        """Add an arrow."""
        self._lines.append(f"    {source} -->{f'|{label}|' if label else ''} {target}")

    def aside(self, text: str, beside: object) -> None:
        """Add a remark to the box of something."""
        remark = self.box(text, "fact")
        self._lines.append(f"    {remark} -.-> {self.name(beside)}")

    def text(self) -> str:
        """The flowchart."""
        marks = [f"    style {name} stroke:#c00,stroke-width:3px" for name in self._failing]
        return "\n".join([*self._lines, *marks]) + "\n"
