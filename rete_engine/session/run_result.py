"""`RunResult`: what a run answers with."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, final

from rete_engine.diagnostics.errors import RuleExecutionError
from rete_engine.diagnostics.portable import portable
from rete_engine.session.results import Firing, Loop

Stopped = Literal["quiescent", "halted", "limit", "timeout", "failed"]


@final
class RunResult:
    """What a run did.

    It is written out, not a dataclass, and compiled: to make one took half as long as a run in
    which one rule fires.

    Attributes:
        fired: How many rules fired.
        outputs: The emitted values, in order.
        stopped: Why the run ended: `'quiescent'` (nothing was left to fire), `'halted'`,
            `'limit'` or `'timeout'`; in the `result` of an error `'failed'`.
        firings: Each firing, when the run was traced; else empty.
        errors: What failed and was passed over, with `on_error` `"skip"` or `"quarantine"`.
        loop: With `'limit'`, the rules that made each other fire at the end, if any did.
    """

    __slots__ = ("errors", "fired", "firings", "loop", "outputs", "stopped")

    __match_args__: ClassVar[tuple[str, ...]] = (
        "fired", "outputs", "stopped", "firings", "errors", "loop",
    )  # fmt: skip

    def __init__(
        self,
        fired: int,
        outputs: list[Any],
        stopped: Stopped,
        firings: list[Firing] | None = None,
        errors: list[RuleExecutionError] | None = None,
        loop: Loop | None = None,
    ) -> None:
        self.fired = fired
        self.outputs = outputs
        self.stopped: Stopped = stopped
        self.firings: list[Firing] = [] if firings is None else firings
        self.errors: list[RuleExecutionError] = [] if errors is None else errors
        self.loop = loop

    def _parts(self) -> tuple[object, ...]:
        return (self.fired, self.outputs, self.stopped, self.firings, self.errors, self.loop)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RunResult):
            return NotImplemented
        return self._parts() == other._parts()

    def __hash__(self) -> int:
        raise TypeError("unhashable type: 'RunResult'")

    def __reduce__(self) -> tuple[object, ...]:
        return (RunResult, self._parts())

    def _portable(self) -> RunResult:
        """As part of an error that is pickled: without facts of a session."""
        firings = [portable(firing) for firing in self.firings]
        outputs: list[Any] = portable(self.outputs)
        return RunResult(self.fired, outputs, self.stopped, firings, self.errors, self.loop)

    def __repr__(self) -> str:
        return (
            f"RunResult(fired={self.fired!r}, outputs={self.outputs!r}, stopped={self.stopped!r},"
            f" firings={self.firings!r}, errors={self.errors!r}, loop={self.loop!r})"
        )
