"""The engine as a provider of JSR-94: its runtime and its administrator."""

from __future__ import annotations

from typing import Any

from rete_engine.jsr94.creation import LocalProvider, RemoteProvider
from rete_engine.jsr94.exceptions import (
    RuleExecutionSetDeregistrationException,
    RuleExecutionSetNotFoundException,
    RuleExecutionSetRegisterException,
    RuleSessionTypeUnsupportedException,
)
from rete_engine.jsr94.execution_sets import RuleExecutionSet, is_text
from rete_engine.jsr94.interfaces import (
    LocalRuleExecutionSetProvider,
    Properties,
    RuleAdministrator,
    RuleExecutionSetProvider,
    RuleRuntime,
    RuleServiceProvider,
)
from rete_engine.jsr94.registry import Registry
from rete_engine.jsr94.stateful import StatefulRuleSession
from rete_engine.jsr94.stateless import StatelessRuleSession


class ReteRuleAdministrator(RuleAdministrator):
    """The rules of one provider, by URI; safe under threads."""

    def __init__(self) -> None:
        self._registry: Registry[RuleExecutionSet] = Registry()

    def get_rule_execution_set_provider(
        self, properties: Properties | None = None
    ) -> RuleExecutionSetProvider:
        """Makes rule execution sets of URIs and documents; no property is needed."""
        return RemoteProvider()

    def get_local_rule_execution_set_provider(
        self, properties: Properties | None = None
    ) -> LocalRuleExecutionSetProvider:
        """Makes rule execution sets of streams, texts and objects; no property is needed."""
        return LocalProvider()

    def register_rule_execution_set(
        self, uri: str, execution_set: RuleExecutionSet, properties: Properties | None = None
    ) -> None:
        """Register rules under a URI, in place of others; sessions that are open keep theirs.

        Raises:
            RuleExecutionSetRegisterException: The URI is no text, or the rules are none.
        """
        if not is_text(uri):
            raise RuleExecutionSetRegisterException(
                f"a URI must be a non-empty string, not {uri!r}"
            )
        if not isinstance(execution_set, RuleExecutionSet):
            raise RuleExecutionSetRegisterException(
                f"rules must be a RuleExecutionSet, not {type(execution_set).__name__}"
            )
        self._registry.put(uri, execution_set)

    def deregister_rule_execution_set(self, uri: str, properties: Properties | None = None) -> None:
        """Deregister the rules of a URI; sessions that are open keep theirs.

        Raises:
            RuleExecutionSetDeregistrationException: None are registered under the URI.
        """
        if not self._registry.remove(uri):
            raise RuleExecutionSetDeregistrationException(
                f"no rule execution set is registered under {uri!r}"
            )

    def get_rule_execution_set(self, uri: str) -> RuleExecutionSet:
        """The rules of a URI.

        Raises:
            KeyError: None are registered under it.
        """
        found = self.find(uri)
        if found is None:
            raise KeyError(f"no rule execution set is registered under {uri!r}")
        return found

    def find(self, uri: str) -> RuleExecutionSet | None:
        """The rules of a URI, if there are any."""
        return self._registry.get(uri)

    def get_registrations(self) -> dict[str, RuleExecutionSet]:
        """All rules by URI, as they are now."""
        return self._registry.all()


class ReteRuleRuntime(RuleRuntime):
    """Makes sessions of an administrator's rules."""

    def __init__(self, administrator: ReteRuleAdministrator) -> None:
        self._administrator = administrator

    def create_rule_session(
        self,
        uri: str,
        properties: Properties | None = None,
        session_type: int = RuleRuntime.STATEFUL_SESSION_TYPE,
        *,
        stateless: bool | None = None,
    ) -> Any:
        """A session over the rules of a URI.

        Args:
            uri: What they are registered under.
            properties: For rules over one fact `strategy` and `on_error`; else values of params
                by name, and options of `RuleSet.session` and `Session.run`.
            session_type: `STATEFUL_SESSION_TYPE` (the default) or `STATELESS_SESSION_TYPE`.
            stateless: The type in other words.

        Raises:
            RuleExecutionSetNotFoundException: No rules are registered under the URI.
            RuleSessionTypeUnsupportedException: The type is neither of the two.
            RuleSessionCreateException: Properties are wrong, or a facts block cannot be inserted.
        """
        if stateless is not None:
            session_type = int(stateless)
        found = self._administrator.find(uri) if is_text(uri) else None
        if found is None:
            raise RuleExecutionSetNotFoundException(
                f"no rule execution set is registered under {uri!r}"
            )
        if session_type == self.STATEFUL_SESSION_TYPE:
            return StatefulRuleSession(uri, found, properties)
        if session_type == self.STATELESS_SESSION_TYPE:
            return StatelessRuleSession(uri, found, properties)
        raise RuleSessionTypeUnsupportedException(
            f"a session's type is STATEFUL_SESSION_TYPE ({self.STATEFUL_SESSION_TYPE}) or"
            f" STATELESS_SESSION_TYPE ({self.STATELESS_SESSION_TYPE}), not {session_type!r}"
        )

    def get_registrations(self) -> list[str]:
        """The URIs of all registered rules."""
        return list(self._administrator.get_registrations())


class ReteRuleServiceProvider(RuleServiceProvider):
    """The engine, with registrations of its own."""

    def __init__(self) -> None:
        self._administrator = ReteRuleAdministrator()
        self._runtime = ReteRuleRuntime(self._administrator)

    def get_rule_runtime(self) -> ReteRuleRuntime:
        """Makes sessions."""
        return self._runtime

    def get_rule_administrator(self) -> ReteRuleAdministrator:
        """Administers rules."""
        return self._administrator
