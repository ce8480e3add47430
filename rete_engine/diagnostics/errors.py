"""The exceptions of the engine. All derive from `RuleEngineError`; none is ever swallowed."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rete_engine.diagnostics.portable import held_by, portable

if TYPE_CHECKING:
    from rete_engine.diagnostics.diagnostic import Diagnostic


class RuleEngineError(Exception):
    """The base of every error that the engine raises on purpose.

    An error can be copied, and sent to another process. There it is without what belongs to the
    session: a fact is a dict of its fields. A cause that could not be read there is its text.
    """

    def __reduce__(self) -> tuple[Callable[..., RuleEngineError], tuple[object, ...]]:
        held = held_by(self)
        state = portable(held)
        is_named = self.__cause__ is held.get("cause")
        cause = state.get("cause") if is_named else portable(self.__cause__)
        return _remade, (type(self), self.args, state, cause)

    def _portable(self) -> RuleEngineError:
        return self  # when it is pickled, it leaves out what has to stay

    def __copy__(self) -> RuleEngineError:
        return _remade(type(self), self.args, held_by(self), self.__cause__)

    def __deepcopy__(self, memo: dict[int, Any]) -> RuleEngineError:
        # Exceptions of a program need not be such that they can be copied.
        state = {
            name: value if isinstance(value, BaseException) else copy.deepcopy(value, memo)
            for name, value in held_by(self).items()
        }
        return _remade(type(self), self.args, state, self.__cause__)


def _remade(
    kind: type[RuleEngineError],
    arguments: tuple[object, ...],
    state: Mapping[str, object],
    cause: BaseException | None,
) -> RuleEngineError:
    """An error as another one is, without its `__init__`: each has arguments of its own."""
    error = kind.__new__(kind, *arguments)
    error.args = arguments
    held_by(error).update(state)
    if cause is not None:
        error.__cause__ = cause
    return error


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
    `result` is the `RunResult` until then, else None. When the error was pickled, each fact is a
    dict of its fields.
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
