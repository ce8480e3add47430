"""The exceptions of JSR-94. Where the engine has an error of that meaning, they are that, too."""

from __future__ import annotations

from rete_engine.diagnostics.diagnostic import Diagnostic
from rete_engine.diagnostics.errors import (
    FactError,
    RuleEngineError,
    RuleValidationError,
    SessionError,
)


class RuleException(RuleEngineError):
    """The base of all exceptions of JSR-94.

    Args:
        message: What went wrong.
        cause: The exception behind it, kept as `__cause__`.

    Example:
        >>> RuleException("no rules", ValueError("empty")).get_cause()
        ValueError('empty')
    """

    def __init__(self, message: str = "", cause: BaseException | None = None) -> None:
        # The engine's errors among the bases take other arguments.
        RuleEngineError.__init__(self, message)
        if cause is not None:
            self.__cause__ = cause
        found = getattr(cause, "diagnostics", ())
        self.diagnostics: tuple[Diagnostic, ...] = tuple(found)

    def get_cause(self) -> BaseException | None:
        """The exception behind this one."""
        return self.__cause__

    def get_message(self) -> str:
        """What went wrong."""
        return str(self)


class ConfigurationException(RuleException):
    """A provider cannot be registered, found or made."""


class RuleExecutionException(RuleException):
    """Using rules failed; as itself: a rule failed while it ran."""


class InvalidHandleException(RuleExecutionException):
    """A handle is none of this session's, or its object is gone."""


class InvalidRuleSessionException(RuleExecutionException, SessionError, FactError):
    """A session was released, or cannot do what it is asked."""


class RuleExecutionSetNotFoundException(RuleExecutionException, RuleValidationError):
    """No rule execution set is registered under a URI."""


class RuleSessionCreateException(RuleExecutionException):
    """A session cannot be made."""


class RuleSessionTypeUnsupportedException(RuleExecutionException):
    """A session is neither stateful nor stateless."""


class InvalidFactsException(InvalidRuleSessionException, RuleValidationError):
    """What should be a list of facts is none."""


class RuleAdministrationException(RuleException):
    """Administering rules failed."""


class RuleExecutionSetCreateException(RuleAdministrationException, RuleValidationError):
    """A rule execution set cannot be made; `diagnostics` are what is wrong with its text."""


class RuleExecutionSetRegisterException(RuleAdministrationException, RuleValidationError):
    """A rule execution set cannot be registered."""


class RuleExecutionSetDeregistrationException(RuleAdministrationException):
    """A rule execution set cannot be deregistered."""
