"""What runs tell of firings, and of what waits to fire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rete_engine.diagnostics.portable import portable
from rete_engine.session.fact import Fact


@dataclass(frozen=True)
class Firing:
    """A rule that fired.

    Attributes:
        rule: The rule's name.
        bindings: What its conditions had bound, by name, in written order. A variable of a fact
            shows the fact as it is now.
        facts: The matched facts, in the order in which the patterns are written.
        matched: As `bindings`, with facts as they were before the action changed them: each is a
            `PastFact`.
    """

    rule: str
    bindings: Mapping[str, Any]
    facts: tuple[Fact, ...]
    matched: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def _portable(self) -> Firing:
        """As part of an error that is pickled: without facts of a session."""
        parts = (self.bindings, self.facts, self.matched)
        return Firing(self.rule, *(portable(part) for part in parts))


@dataclass(frozen=True)
class Waiting:
    """An activation on the agenda: as a `Firing`, with its salience and its agenda group."""

    rule: str
    salience: int
    bindings: Mapping[str, Any]
    facts: tuple[Fact, ...]
    group: str = "main"


@dataclass(frozen=True)
class Loop:
    """Rules that made each other fire until the limit, and what they change.

    Attributes:
        rules: Their names, in the order in which they first fired in the last stretch.
        fields: What their actions change: `Template.field`, or `Template` for inserts and
            retracts.
    """

    rules: tuple[str, ...]
    fields: tuple[str, ...]

    def __str__(self) -> str:
        return f"{' -> '.join(self.rules)} (changing {', '.join(self.fields) or 'nothing'})"
