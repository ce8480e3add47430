"""`RuleServiceProviderManager`: providers by URI."""

from __future__ import annotations

from typing import Any, ClassVar

from rete_engine.jsr94.exceptions import ConfigurationException
from rete_engine.jsr94.execution_sets import is_text
from rete_engine.jsr94.interfaces import RuleServiceProvider
from rete_engine.jsr94.registry import Registry


class RuleServiceProviderManager:
    """The providers of this process, by URI.

    A provider is registered as a class, of which one object is made when it is first asked for,
    or as an object. `"api"`, `"inmemory"` and `"machine"` are there from import and are one
    provider.

    Example:
        >>> from rete_engine.jsr94 import ReteRuleServiceProvider
        >>> RuleServiceProviderManager.register_rule_service_provider(
        ...     "rules:mine", ReteRuleServiceProvider
        ... )
        >>> provider = RuleServiceProviderManager.get_rule_service_provider("rules:mine")
        >>> provider is RuleServiceProviderManager.get_rule_service_provider("rules:mine")
        True
        >>> RuleServiceProviderManager.deregister_rule_service_provider("rules:mine")
    """

    _providers: ClassVar[Registry[Any]] = Registry()  # classes, or objects of them

    @classmethod
    def register_rule_service_provider(cls, uri: str, provider: Any) -> None:
        """Register a provider's class (or a provider) under a URI, in place of another one.

        Raises:
            ConfigurationException: The URI is no text, or the provider is none.
        """
        if not is_text(uri):
            raise ConfigurationException(f"a provider's URI must be a text, not {uri!r}")
        needed = ("get_rule_runtime", "get_rule_administrator")
        if not all(callable(getattr(provider, name, None)) for name in needed):
            raise ConfigurationException(
                f"{provider!r} is no RuleServiceProvider: it has no {' and '.join(needed)}"
            )
        cls._providers.put(uri, provider)

    @classmethod
    def deregister_rule_service_provider(cls, uri: str) -> None:
        """Forget a provider.

        Raises:
            ConfigurationException: None is registered under the URI.
        """
        if not cls._providers.remove(uri):
            raise ConfigurationException(_unknown(uri))

    @classmethod
    def get_rule_service_provider(cls, uri: str) -> RuleServiceProvider:
        """The provider of a URI, always the same object.

        Raises:
            ConfigurationException: None is registered under the URI, or it cannot be made.
        """
        with cls._providers.lock:
            found = cls._providers.get(uri)
            if found is None:
                raise ConfigurationException(_unknown(uri))
            if isinstance(found, type):
                try:
                    found = found()
                except Exception as error:
                    raise ConfigurationException(
                        f"the provider '{uri}' cannot be made: {error}", error
                    ) from error
                cls._providers.put(uri, found)
        provider: RuleServiceProvider = found
        return provider

    # -- the short names ---------------------------------------------------------------------------

    @classmethod
    def register(cls, uri: str, provider: Any) -> None:
        """As `register_rule_service_provider`."""
        cls.register_rule_service_provider(uri, provider)

    @classmethod
    def get(cls, uri: str) -> Any:
        """As `get_rule_service_provider`.

        Raises:
            KeyError: None is registered under the URI.
            ConfigurationException: The provider cannot be made.
        """
        if cls._providers.get(uri) is None:
            raise KeyError(_unknown(uri))
        return cls.get_rule_service_provider(uri)

    @classmethod
    def deregister(cls, uri: str) -> None:
        """Forget a provider, if it is there."""
        cls._providers.remove(uri)

    @classmethod
    def get_registered_uris(cls) -> list[str]:
        """The URIs in the order of their registration."""
        return list(cls._providers.all())

    @classmethod
    def list_providers(cls) -> list[str]:
        """As `get_registered_uris`."""
        return cls.get_registered_uris()


def _unknown(uri: object) -> str:
    return f"no rule service provider is registered under {uri!r}"
