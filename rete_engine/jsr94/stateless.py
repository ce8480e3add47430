"""Stateless sessions: objects in, objects out, as often and from as many threads as one likes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rete_engine.diagnostics.errors import FactError, RuleEngineError
from rete_engine.jsr94.exceptions import InvalidRuleSessionException
from rete_engine.jsr94.execution_sets import RuleExecutionSet
from rete_engine.jsr94.interfaces import RuleRuntime
from rete_engine.jsr94.sessions import EngineSession, failed, listed
from rete_engine.jsr94.working import Objects


class StatelessRuleSession(EngineSession):
    """A session that keeps nothing between executions.

    Example:
        >>> from rete_engine.jsr94 import Rule, RuleExecutionSet, RuleServiceProviderManager
        >>> provider = RuleServiceProviderManager.get("api")
        >>> administrator = provider.get_rule_administrator()
        >>> vip = Rule("vip", "fact['spend'] > 50000", "{'tier': 'VIP'}")
        >>> administrator.register_rule_execution_set("tiers", RuleExecutionSet("tiers", [vip]))
        >>> session = provider.get_rule_runtime().create_rule_session("tiers", stateless=True)
        >>> session.execute_rules([{"spend": 60_000}])
        [{'spend': 60000}, {'tier': 'VIP'}]
    """

    stateless = True

    def __init__(
        self, uri: str, execution_set: RuleExecutionSet, properties: Mapping[str, Any] | None
    ) -> None:
        super().__init__(uri, execution_set, properties)
        self._facts: list[Any] = []  # for the next execution

    def get_type(self) -> int:
        """`RuleRuntime.STATELESS_SESSION_TYPE`.

        Raises:
            InvalidRuleSessionException: The session was released.
        """
        self._check_open()
        return RuleRuntime.STATELESS_SESSION_TYPE

    def execute_rules(self, objects: Any, object_filter: Any = None) -> list[Any]:
        """Execute the rules over objects.

        Args:
            objects: A list of objects.
            object_filter: Chooses what to answer with; by default that of the rules.

        Returns:
            The objects that were given (and not retracted by rules) and those that rules
            created; for rules over one fact, their results.

        Raises:
            InvalidRuleSessionException: The session was released, or an object is no fact.
            RuleExecutionException: A rule failed.
        """
        self._check_open()
        return self._filtered(self._executed(listed(objects))[0], object_filter)

    def _executed(self, objects: list[Any]) -> tuple[list[Any], list[Any]]:
        """The objects after the rules were executed, and the results."""
        single = self.execution_set.single_facts
        if single is not None:
            try:
                results = self._single_results(single, objects).results
            except RuleEngineError as error:
                raise failed(error) from error
            return [*objects, *results], results
        with self._open() as session:
            working = Objects(session)
            for each in objects:
                try:
                    working.add(each)
                except FactError as error:
                    raise InvalidRuleSessionException(
                        f"the object is no fact: {error}", error
                    ) from error
            try:
                results = self._run(session)
            except RuleEngineError as error:
                raise failed(error) from error
            return working.all(), results

    # -- the short names ---------------------------------------------------------------------------

    @property
    def facts(self) -> list[Any]:
        """The facts added since the last execution."""
        return self.get_facts()

    def add_facts(self, facts: Any) -> None:
        """Add facts for the next execution.

        Raises:
            RuleValidationError: It is no list.
            SessionError: The session was released.
        """
        self._check_open()
        given = listed(facts)
        with self._lock:
            self._facts.extend(given)

    def execute(self, object_filter: Any = None) -> list[Any]:
        """Execute the rules over the facts, and forget them unless a rule fails.

        Returns:
            What the actions gave, facts in order and for each fact its rules by priority; for
            rules in the rule language, what they emitted.

        Raises:
            RuleExecutionError: A rule failed; it says which, and on what fact.
            SessionError: The session was released.
        """
        self._check_open()
        with self._lock:
            facts, self._facts = self._facts, []
        try:
            results = self._executed(facts)[1]
        except RuleEngineError as error:
            with self._lock:
                self._facts[:0] = facts  # so that nothing is lost
            if isinstance(error.__cause__, RuleEngineError):
                raise error.__cause__ from error.__cause__.__cause__
            raise
        return self._filtered(results, object_filter)

    def get_facts(self) -> list[Any]:
        """The facts added since the last execution."""
        self._check_open()
        with self._lock:
            return list(self._facts)

    def clear_facts(self) -> None:
        """Forget the facts."""
        self._check_open()
        with self._lock:
            self._facts.clear()

    def reset(self) -> None:
        """As `clear_facts`."""
        self.clear_facts()

    def close(self) -> None:
        """End the session. A second time does nothing."""
        with self._lock:
            self._facts.clear()
        super().close()
