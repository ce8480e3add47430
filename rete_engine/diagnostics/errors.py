"""The exceptions of the engine. All derive from `RuleEngineError`; none is ever swallowed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rete_engine.diagnostics.diagnostic import Diagnostic


class RuleEngineError(Exception):
    """The base of every error that the engine raises on purpose."""


class _DiagnosedError(RuleEngineError):
    """An error of a rule text; it holds every diagnostic that was found."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics: tuple[Diagnostic, ...] = tuple(diagnostics)
        super().__init__("\n\n".join(str(diagnostic) for diagnostic in self.diagnostics))


class RuleSyntaxError(_DiagnosedError):
    """A rule text does not follow the grammar (or cannot be read at all)."""


class RuleValidationError(_DiagnosedError):
    """A rule text reads well but does not hold together: names, types, duplicates."""


class FactError(RuleEngineError):
    """A fact, a parameter or a change does not fit: template, field, type, or a key in use."""


class KeyInUseError(FactError):
    """Another fact has the key, or all values of a `unique` template."""


class SessionError(RuleEngineError):
    """A session is used in a way it cannot answer: closed, by two threads, or reentered."""


class SecurityError(RuleEngineError):
    """An expression is outside of the language, or an evaluation or session is over a limit."""


class RuleExecutionError(RuleEngineError):
    """An action or a condition of a rule failed while it ran.

    `rule` is the rule's name (all of them, comma-separated, where rules share the condition),
    `line` and `file` the place, `facts` the matched facts in the order of the conditions, and
    `cause` the exception behind it (also the `__cause__`). Of an error that a run raised,
    `result` is the `RunResult` until then, else None.
    """

    def __init__(
        self,
        message: str,
        *,
        rule: str,
        file: str,
        line: int,
        facts: Sequence[object],
        cause: BaseException,
    ) -> None:
        self.rule = rule
        self.file = file
        self.line = line
        self.facts: tuple[Any, ...] = tuple(facts)
        self.cause = cause
        self.result: Any = None  # the session, which this room does not know, sets it
        super().__init__(message)
