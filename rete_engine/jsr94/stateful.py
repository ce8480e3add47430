"""Stateful sessions: objects come and go, and rules are executed in between."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from rete_engine.diagnostics.errors import (
    FactError,
    RuleEngineError,
    SessionError,
)
from rete_engine.jsr94.exceptions import (
    InvalidHandleException,
    InvalidRuleSessionException,
    RuleExecutionException,
)
from rete_engine.jsr94.execution_sets import RuleExecutionSet
from rete_engine.jsr94.interfaces import Handle, RuleRuntime
from rete_engine.jsr94.sessions import EngineSession, failed, listed
from rete_engine.jsr94.working import Objects
from rete_engine.session.session import Session


@dataclass(frozen=True, slots=True)
class ObjectHandle(Handle):
    """A handle as plain data: it may be stored and read again, and stands for the same object.

    Attributes:
        session: The session that it belongs to.
        number: Which of its objects it stands for.
    """

    session: str
    number: int


class StatefulRuleSession(EngineSession):
    """A session whose objects stay, with what rules make of them.

    It belongs to one thread at a time.

    Example:
        >>> from dataclasses import dataclass
        >>> from rete_engine.jsr94 import RuleServiceProviderManager, StatefulRuleSession
        >>> @dataclass
        ... class Order:
        ...     total: float
        ...     status: str = "new"
        >>> provider = RuleServiceProviderManager.get("api")
        >>> administrator = provider.get_rule_administrator()
        >>> local = administrator.get_local_rule_execution_set_provider()
        >>> rules = local.create_rule_execution_set(
        ...     '''
        ... rule "large"
        ... when
        ...     o := Order(total > 100)
        ... then
        ...     modify o(status = "large")
        ... end''',
        ...     {"templates": [Order]},
        ... )
        >>> administrator.register_rule_execution_set("orders", rules)
        >>> session = provider.get_rule_runtime().create_rule_session("orders")
        >>> order = Order(250.0)
        >>> handle = session.add_object(order)
        >>> session.execute_rules()
        >>> order.status, session.get_object(handle) is order
        ('large', True)
        >>> session.release()
    """

    stateless = False

    def __init__(
        self, uri: str, execution_set: RuleExecutionSet, properties: Mapping[str, Any] | None
    ) -> None:
        super().__init__(uri, execution_set, properties)
        self._id = uuid.uuid4().hex
        self._single = execution_set.single_facts
        self._held: dict[int, Any] = {}  # the objects of rules over one fact, by number
        self._last = 0
        self._waiting: list[int] = []  # those that `execute_rules` has not seen
        self._results: set[int] = set()  # those that rules made
        self._session: Session | None = None
        self._objects: Objects | None = None
        if self._single is None:
            self._session = self._open()
            self._objects = Objects(self._session)

    def get_type(self) -> int:
        """`RuleRuntime.STATEFUL_SESSION_TYPE`.

        Raises:
            InvalidRuleSessionException: The session was released.
        """
        self._check_open()
        return RuleRuntime.STATEFUL_SESSION_TYPE

    # -- objects -----------------------------------------------------------------------------------

    def add_object(self, instance: Any) -> Handle:
        """Add an object.

        Where rules are in the rule language, an object that stands for a fact already keeps it
        and its handle.

        Raises:
            InvalidRuleSessionException: The session was released, or the object is no fact.
        """
        with self._working():
            if self._objects is not None:
                return ObjectHandle(self._id, self._objects.add(instance))
            return ObjectHandle(self._id, self._hold(instance))

    def add_objects(self, objects: Any) -> list[Handle]:
        """Add a list of objects: all, or none when one is no fact.

        Raises:
            InvalidRuleSessionException: The session was released, or an object is no fact.
        """
        given = listed(objects)
        self._check_open()
        before = set(self._numbers())
        handles: list[Handle] = []
        try:
            for each in given:
                handles.append(self.add_object(each))
        except InvalidRuleSessionException:
            for handle in dict.fromkeys(handles):
                if self._number(handle) not in before:
                    self.remove_object(handle)
            raise
        return handles

    def contains_object(self, handle: Handle) -> bool:
        """Whether the object of a handle is in the session.

        Raises:
            InvalidHandleException: It is no handle of this session.
            InvalidRuleSessionException: The session was released.
        """
        self._check_open()
        return self._number(handle) in self._numbers()

    def get_object(self, handle: Handle) -> Any:
        """The object of a handle, with what rules changed in it.

        Raises:
            InvalidHandleException: It is no handle of this session, or its object is gone.
            InvalidRuleSessionException: The session was released.
        """
        with self._working():
            number = self._present(handle)
            return self._held[number] if self._objects is None else self._objects.get(number)

    def update_object(self, handle: Handle, instance: Any) -> None:
        """Take the present values of an object; another one takes the place of the first.

        Raises:
            InvalidHandleException: It is no handle of this session, or its object is gone.
            InvalidRuleSessionException: The session was released, or the object is no fact.
        """
        with self._working():
            number = self._present(handle)
            if self._objects is not None:
                self._objects.update(number, instance)
                return
            self._held[number] = instance
            if number not in self._waiting:
                self._waiting.append(number)

    def remove_object(self, handle: Handle) -> None:
        """Remove an object.

        Raises:
            InvalidHandleException: It is no handle of this session, or its object is gone.
            InvalidRuleSessionException: The session was released.
        """
        with self._working():
            number = self._present(handle)
            if self._objects is not None:
                self._objects.remove(number)
            else:
                self._drop(number)

    def get_handles(self) -> list[Handle]:
        """The handles of all objects, in the order of `get_objects`."""
        self._check_open()
        return [ObjectHandle(self._id, number) for number in self._numbers()]

    def get_objects(self, object_filter: Any = None) -> list[Any]:
        """The objects that were added and those that rules created.

        Args:
            object_filter: Chooses among them; by default that of the rules.

        Raises:
            InvalidRuleSessionException: The session was released, or the filter is none.
        """
        with self._working():
            found = list(self._held.values()) if self._objects is None else self._objects.all()
        return self._filtered(found, object_filter)

    # -- executing ---------------------------------------------------------------------------------

    def execute_rules(self) -> None:
        """Execute the rules over what is new or changed since they were executed last.

        The results of rules over one fact are objects of the session from then on.

        Raises:
            RuleExecutionException: A rule failed.
            InvalidRuleSessionException: The session was released.
        """
        with self._working():
            if self._session is not None:
                self._run(self._session)
                return
            assert self._single is not None
            waiting = [self._held[number] for number in self._waiting]
            found = self._single_results(self._single, waiting)
            for result in found.results:
                self._results.add(self._hold(result))
            self._waiting = []  # only now: if a rule failed, nothing is passed over

    def reset(self) -> None:
        """Begin anew: no objects but those of facts blocks; all handles are void."""
        with self._working():
            self._clear()
            if self._session is not None:
                self._objects = None
                self._session.close()
                self._session = self._open()
                self._objects = Objects(self._session)

    def close(self) -> None:
        """End the session. A second time does nothing."""
        with self._lock:
            if not self._released and self._session is not None:
                try:
                    self._session.close()
                except SessionError as error:
                    raise InvalidRuleSessionException(str(error), error) from error
            self._clear()
            super().close()

    # -- the short names ---------------------------------------------------------------------------

    @property
    def facts(self) -> list[Any]:
        """The facts that were added."""
        return self.get_facts()

    def add_facts(self, facts: Any) -> None:
        """Add facts.

        Raises:
            RuleValidationError: It is no list.
            SessionError: The session was released.
        """
        self._check_open()
        self.add_objects(facts)

    def execute(self, object_filter: Any = None) -> list[Any]:
        """Execute the rules over all facts.

        Returns:
            What the actions gave, facts in order and for each fact its rules by priority; for
            rules in the rule language, what they emitted in this execution.

        Raises:
            RuleExecutionError: A rule failed; it says which, and on what fact.
            SessionError: The session was released.
        """
        self._check_open()
        if self._session is not None:
            results = self._run(self._session)
        else:
            assert self._single is not None
            results = self._single_results(self._single, self.get_facts()).results
        return self._filtered(results, object_filter)

    def get_facts(self) -> list[Any]:
        """The facts that were added."""
        with self._working():
            if self._objects is None:
                return [self._held[n] for n in self._held if n not in self._results]
            return [self._objects.get(number) for number in list(self._objects.objects)]

    def clear_facts(self) -> None:
        """Remove all objects."""
        self.reset()

    # -- inside ------------------------------------------------------------------------------------

    @contextmanager
    def _working(self) -> Iterator[None]:
        """Guard a method, and turn the engine's errors into those of JSR-94."""
        self._check_open()
        try:
            yield
        except RuleExecutionException:
            raise
        except (FactError, SessionError) as error:
            what = "the object is no fact: " if isinstance(error, FactError) else ""
            raise InvalidRuleSessionException(f"{what}{error}", error) from error
        except RuleEngineError as error:
            raise failed(error) from error

    def _number(self, handle: Any) -> int:
        """The number of a handle of this session.

        Raises:
            InvalidHandleException: It is none.
        """
        if not isinstance(handle, ObjectHandle):
            raise InvalidHandleException(f"{handle!r} is no handle of this engine")
        if handle.session != self._id:
            raise InvalidHandleException("the handle belongs to another session")
        return handle.number

    def _present(self, handle: Any) -> int:
        """The number of a handle whose object is there.

        Raises:
            InvalidHandleException: It is no handle of this session, or its object is gone.
        """
        number = self._number(handle)
        if number not in self._numbers():
            raise InvalidHandleException("the object of the handle is no longer in the session")
        return number

    def _numbers(self) -> Mapping[int, Any]:
        return self._held if self._objects is None else self._objects.facts

    def _hold(self, instance: Any) -> int:
        self._last += 1
        self._held[self._last] = instance
        self._waiting.append(self._last)
        return self._last

    def _drop(self, number: int) -> None:
        del self._held[number]
        self._results.discard(number)
        if number in self._waiting:
            self._waiting.remove(number)

    def _clear(self) -> None:
        self._held.clear()
        self._waiting.clear()
        self._results.clear()
