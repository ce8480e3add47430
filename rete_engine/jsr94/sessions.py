"""What sessions of both types have in common, and how rules are executed for them."""

from __future__ import annotations

import logging
import threading
from abc import abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rete_engine.diagnostics.diagnostic import did_you_mean
from rete_engine.diagnostics.errors import RuleEngineError, RuleExecutionError
from rete_engine.jsr94.exceptions import (
    InvalidFactsException,
    InvalidRuleSessionException,
    RuleExecutionException,
    RuleSessionCreateException,
)
from rete_engine.jsr94.execution_sets import STRATEGIES, RuleExecutionSet
from rete_engine.jsr94.filters import filtered
from rete_engine.jsr94.interfaces import RuleExecutionSetMetadata, RuleSession
from rete_engine.jsr94.properties import OF_RUN, OF_SESSION, is_foreign
from rete_engine.session.session import Session
from rete_engine.session.settings import ON_ERROR
from rete_engine.session.single_facts import Results, SingleFacts

_logger = logging.getLogger("rete_engine")


@dataclass(frozen=True)
class Metadata(RuleExecutionSetMetadata):
    """What a session tells of its rules."""

    uri: str
    name: str
    description: str

    def get_uri(self) -> str:
        """The URI that they are registered under."""
        return self.uri

    def get_name(self) -> str:
        """Their name."""
        return self.name

    def get_description(self) -> str:
        """Their description."""
        return self.description


class EngineSession(RuleSession):
    """A session, with the short names `add_facts`, `execute`, `get_facts`, `close` and `with`."""

    def __init__(
        self, uri: str, execution_set: RuleExecutionSet, properties: Mapping[str, Any] | None
    ) -> None:
        if properties is not None and not isinstance(properties, Mapping):
            raise RuleSessionCreateException(
                f"properties must be a mapping, not {type(properties).__name__}"
            )
        self.execution_set = execution_set
        self._metadata = Metadata(uri, execution_set.get_name(), execution_set.get_description())
        self._properties = dict(properties or {})
        self._released = False
        self._lock = threading.RLock()
        self._check_properties()

    @property
    @abstractmethod
    def stateless(self) -> bool:
        """Whether facts are gone after each execution."""

    def get_rule_execution_set_metadata(self) -> RuleExecutionSetMetadata:
        """What rules these are.

        Raises:
            InvalidRuleSessionException: The session was released.
        """
        self._check_open()
        return self._metadata

    def release(self) -> None:
        """End the session; every other method then raises `InvalidRuleSessionException`.

        Raises:
            InvalidRuleSessionException: It was released before.
        """
        self._check_open()
        self.close()

    def close(self) -> None:
        """As `release`, any number of times."""
        with self._lock:
            self._released = True

    def __enter__(self) -> Any:
        self._check_open()
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _check_open(self) -> None:
        if self._released:
            raise InvalidRuleSessionException("the session is closed: it was released")

    # -- executing ---------------------------------------------------------------------------------

    def _property(self, name: str, default: Any) -> Any:
        """A property of the session, else of its rules."""
        if name in self._properties:
            return self._properties[name]
        found = self.execution_set.get_property(name)
        return default if found is None else found

    def _check_properties(self) -> None:
        """Refuse properties that nothing is made of.

        Raises:
            RuleSessionCreateException: A property is unknown or has a wrong value.
        """
        if self.execution_set.single_facts is None:
            params = self.execution_set.rule_set.params
            known = {*OF_SESSION, *OF_RUN, *params}
        else:
            known = {"strategy", "on_error"}
            if self._property("strategy", STRATEGIES[0]) not in STRATEGIES:
                raise RuleSessionCreateException(
                    f"strategy is one of {', '.join(STRATEGIES)},"
                    f" not {self._property('strategy', None)!r}"
                )
            if self._property("on_error", "raise") not in ON_ERROR[:2]:
                raise RuleSessionCreateException("on_error is 'raise' or 'skip'")
        for name in self._properties:
            if name not in known and not is_foreign(name):
                listed = ", ".join(sorted(known))
                hint = did_you_mean(str(name), known)
                more = f"; {hint}" if hint else ""
                raise RuleSessionCreateException(
                    f"unknown property {name!r} (known: {listed}){more}"
                )

    def _single_results(self, rules: SingleFacts, facts: Iterable[Any]) -> Results:
        """What rules over one fact give for facts; errors that are skipped are logged.

        Raises:
            RuleExecutionError: A rule failed.
        """
        found = rules.run(
            facts,
            first=self._property("strategy", STRATEGIES[0]) == "FIRST_MATCH",
            skip=self._property("on_error", "raise") == "skip",
        )
        for error in found.errors:
            _logger.error("%s", error)
        return found

    def _open(self) -> Session:
        """A session of the engine that writes back to objects.

        Raises:
            RuleSessionCreateException: Params, functions or options are wrong.
        """
        rules = self.execution_set.rule_set
        given = {name: self._properties[name] for name in self._properties if name in rules.params}
        options = {n: self._property(n, None) for n in OF_SESSION}
        options = {name: value for name, value in options.items() if value is not None}
        try:
            return rules.session(given, write_back=True, adopt=True, **options)
        except RuleEngineError as error:
            raise RuleSessionCreateException(
                f"the session cannot be opened: {error}", error
            ) from error

    def _run(self, session: Session) -> list[Any]:
        """Fire rules; what they emitted."""
        result = session.run(*(self._property(name, None) for name in OF_RUN))
        for error in result.errors:
            _logger.error("%s", error)
        return result.outputs

    def _filtered(self, objects: Iterable[Any], object_filter: Any) -> list[Any]:
        """The objects that pass the given filter, else the rules' default filter."""
        if object_filter is None:
            object_filter = self.execution_set.get_default_object_filter()
        return filtered(objects, object_filter)


def listed(facts: Any) -> list[Any]:
    """A list of facts or objects as given.

    Raises:
        InvalidFactsException: It is none.
    """
    if not isinstance(facts, list | tuple):
        raise InvalidFactsException(f"facts must be a list, not {type(facts).__name__}")
    return list(facts)


def failed(error: RuleEngineError) -> RuleExecutionException:
    """The exception of an execution that failed."""
    what = "a rule failed" if isinstance(error, RuleExecutionError) else "the run failed"
    return RuleExecutionException(f"{what}: {error}", error)
