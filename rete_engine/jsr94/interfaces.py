"""The interfaces of JSR-94 (`javax.rules` and `javax.rules.admin`) that providers fill in."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import IO, TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from rete_engine.jsr94.execution_sets import RuleExecutionSet

Properties = Mapping[str, Any]


class Handle(ABC):  # noqa: B024 - a mark, as in Java
    """Stands for an object in a stateful session, also when it was stored in between."""

    __slots__ = ()


class ObjectFilter(ABC):
    """Chooses among the objects that a session answers with.

    Example:
        >>> class Large(ObjectFilter):
        ...     def filter(self, value):
        ...         return value if value > 100 else None
        >>> Large().filter(50) is None
        True
    """

    @abstractmethod
    def filter(self, value: Any, /) -> Any:
        """The object, or another in its place, or None to leave it out."""

    def reset(self) -> None:  # noqa: B027 - few filters have anything to forget
        """Forget what was seen; called before each use."""


class RuleExecutionSetMetadata(ABC):
    """What a session tells of its rules."""

    @abstractmethod
    def get_uri(self) -> str:
        """The URI that they are registered under."""

    @abstractmethod
    def get_name(self) -> str:
        """Their name."""

    @abstractmethod
    def get_description(self) -> str:
        """Their description."""


class RuleSession(ABC):
    """A use of rules by a client."""

    @abstractmethod
    def get_rule_execution_set_metadata(self) -> RuleExecutionSetMetadata:
        """What rules these are."""

    @abstractmethod
    def get_type(self) -> int:
        """`RuleRuntime.STATEFUL_SESSION_TYPE` or `STATELESS_SESSION_TYPE`."""

    @abstractmethod
    def release(self) -> None:
        """End the session; every other method then raises `InvalidRuleSessionException`."""


class RuleRuntime(ABC):
    """Makes sessions of the rules that are registered with a provider."""

    STATEFUL_SESSION_TYPE: ClassVar[int] = 0
    STATELESS_SESSION_TYPE: ClassVar[int] = 1

    @abstractmethod
    def create_rule_session(
        self, uri: str, properties: Properties | None = None, session_type: int = 0
    ) -> Any:
        """A session of a type over the rules registered under a URI."""

    @abstractmethod
    def get_registrations(self) -> list[str]:
        """The URIs of all registered rules."""


class LocalRuleExecutionSetProvider(ABC):
    """Makes rule execution sets of what is in this process."""

    @abstractmethod
    def create_rule_execution_set(
        self, source: IO[Any] | str | Any, properties: Properties | None = None
    ) -> RuleExecutionSet:
        """A rule execution set of a stream, a text or an object."""


class RuleExecutionSetProvider(ABC):
    """Makes rule execution sets of what is elsewhere."""

    @abstractmethod
    def create_rule_execution_set(
        self, source: str | Any, properties: Properties | None = None
    ) -> RuleExecutionSet:
        """A rule execution set of a URI or a document."""


class RuleAdministrator(ABC):
    """Administers the rules of a provider."""

    @abstractmethod
    def get_rule_execution_set_provider(
        self, properties: Properties | None = None
    ) -> RuleExecutionSetProvider:
        """Makes rule execution sets of URIs and documents."""

    @abstractmethod
    def get_local_rule_execution_set_provider(
        self, properties: Properties | None = None
    ) -> LocalRuleExecutionSetProvider:
        """Makes rule execution sets of streams, texts and objects."""

    @abstractmethod
    def register_rule_execution_set(
        self, uri: str, execution_set: RuleExecutionSet, properties: Properties | None = None
    ) -> None:
        """Let sessions be made of rules, by a URI."""

    @abstractmethod
    def deregister_rule_execution_set(self, uri: str, properties: Properties | None = None) -> None:
        """Let no more sessions be made of the rules of a URI."""


class RuleServiceProvider(ABC):
    """The way to the runtime and the administrator of an engine."""

    @abstractmethod
    def get_rule_runtime(self) -> RuleRuntime:
        """Makes sessions."""

    @abstractmethod
    def get_rule_administrator(self) -> RuleAdministrator:
        """Administers rules."""
