"""JSR-94 (`javax.rules`) in Python's spelling, on the engine, with the names of machine-rules.

Begin with `RuleServiceProviderManager`; `docs/jsr94.md` shows the way from there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rete_engine.diagnostics.errors import (
    RuleEngineError,
    RuleExecutionError,
    RuleValidationError,
    SecurityError,
    SessionError,
)
from rete_engine.jsr94.exceptions import (
    ConfigurationException,
    InvalidFactsException,
    InvalidHandleException,
    InvalidRuleSessionException,
    RuleAdministrationException,
    RuleException,
    RuleExecutionException,
    RuleExecutionSetCreateException,
    RuleExecutionSetDeregistrationException,
    RuleExecutionSetNotFoundException,
    RuleExecutionSetRegisterException,
    RuleSessionCreateException,
    RuleSessionTypeUnsupportedException,
)
from rete_engine.jsr94.execution_sets import Rule, RuleExecutionSet
from rete_engine.jsr94.interfaces import (
    Handle,
    LocalRuleExecutionSetProvider,
    ObjectFilter,
    RuleAdministrator,
    RuleExecutionSetMetadata,
    RuleExecutionSetProvider,
    RuleRuntime,
    RuleServiceProvider,
    RuleSession,
)
from rete_engine.jsr94.loader import YAMLRuleLoader
from rete_engine.jsr94.manager import RuleServiceProviderManager
from rete_engine.jsr94.provider import ReteRuleServiceProvider
from rete_engine.jsr94.stateful import StatefulRuleSession
from rete_engine.jsr94.stateless import StatelessRuleSession
from rete_engine.session.safe import ExpressionError, safe_eval, validate_expression

if TYPE_CHECKING:
    from rete_engine.language.yaml_models import RuleDefinition, RuleSetDefinition

STATEFUL_SESSION_TYPE = RuleRuntime.STATEFUL_SESSION_TYPE
STATELESS_SESSION_TYPE = RuleRuntime.STATELESS_SESSION_TYPE

_provider = ReteRuleServiceProvider()
for _uri in ("api", "inmemory", "machine"):
    RuleServiceProviderManager.register(_uri, _provider)


def __getattr__(name: str) -> Any:
    """The pydantic models, which bring pydantic in, when they are asked for."""
    if name in ("RuleDefinition", "RuleSetDefinition"):
        from rete_engine.language import yaml_models

        return getattr(yaml_models, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "STATEFUL_SESSION_TYPE",
    "STATELESS_SESSION_TYPE",
    "ConfigurationException",
    "ExpressionError",
    "Handle",
    "InvalidFactsException",
    "InvalidHandleException",
    "InvalidRuleSessionException",
    "LocalRuleExecutionSetProvider",
    "ObjectFilter",
    "ReteRuleServiceProvider",
    "Rule",
    "RuleAdministrationException",
    "RuleAdministrator",
    "RuleDefinition",
    "RuleEngineError",
    "RuleException",
    "RuleExecutionError",
    "RuleExecutionException",
    "RuleExecutionSet",
    "RuleExecutionSetCreateException",
    "RuleExecutionSetDeregistrationException",
    "RuleExecutionSetMetadata",
    "RuleExecutionSetNotFoundException",
    "RuleExecutionSetProvider",
    "RuleExecutionSetRegisterException",
    "RuleRuntime",
    "RuleServiceProvider",
    "RuleServiceProviderManager",
    "RuleSession",
    "RuleSessionCreateException",
    "RuleSessionTypeUnsupportedException",
    "RuleSetDefinition",
    "RuleValidationError",
    "SecurityError",
    "SessionError",
    "StatefulRuleSession",
    "StatelessRuleSession",
    "YAMLRuleLoader",
    "safe_eval",
    "validate_expression",
]
