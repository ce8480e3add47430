"""What runs answer with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from rete_engine.diagnostics.errors import RuleExecutionError
from rete_engine.session.fact import Fact

Stopped = Literal["quiescent", "halted", "limit", "timeout", "failed"]


@dataclass(frozen=True)
class Firing:
    """A rule that fired.

    Attributes:
        rule: The rule's name.
        bindings: What its conditions had bound, by name, in written order. A variable of a fact
            shows the fact as it is now.
        facts: The matched facts, in the order in which they were joined.
        matched: As `bindings`, with facts as they were before the action changed them: each is a
            `PastFact`.
    """

    rule: str
    bindings: Mapping[str, Any]
    facts: tuple[Fact, ...]
    matched: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)


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


@dataclass(slots=True)  # not frozen: that costs more than a run in which nothing fires
class RunResult:
    """What a run did.

    Attributes:
        fired: How many rules fired.
        outputs: The emitted values, in order.
        stopped: Why the run ended: `'quiescent'` (nothing was left to fire), `'halted'`,
            `'limit'` or `'timeout'`; in the `result` of an error `'failed'`.
        firings: Each firing, when the run was traced; else empty.
        errors: What failed and was passed over, with `on_error` `"skip"` or `"quarantine"`.
        loop: With `'limit'`, the rules that made each other fire at the end, if any did.
    """

    fired: int
    outputs: list[Any]
    stopped: Stopped
    firings: list[Firing] = field(default_factory=list)
    errors: list[RuleExecutionError] = field(default_factory=list)
    loop: Loop | None = None
