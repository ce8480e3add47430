"""The gate of a session: one thread at a time, and the quick way in for single facts.

A program that inserts facts one by one pays for every Python frame on the way. With the gate
compiled, and called without a frame of the session in between, a single insert costs half.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import get_ident
from time import monotonic
from typing import Final, cast, final

from rete_engine.diagnostics.errors import SessionError
from rete_engine.network.templates import TemplateSpec
from rete_engine.runtime.changes import modify_fact, retract_fact
from rete_engine.runtime.errors import SessionLimitError, StrategyError
from rete_engine.runtime.handle import Handle, fill
from rete_engine.runtime.memory import Element
from rete_engine.runtime.working_memory import WorkingMemory

#: So many single inserts without a run are a load, for which the collector is held back.
MANY: Final = 1000


@final
class Gate:
    """Who is in a session, and whether it can be used."""

    __slots__ = (
        "busy", "fact_class", "inserts", "inward", "known_element", "live_element", "memory",
        "on_many", "remember", "seconds", "specs", "thread", "translated", "translator", "unusable",
    )  # fmt: skip

    def __init__(
        self,
        specs: dict[str, TemplateSpec],
        fact_class: Callable[[], Handle],
        translator: object,
        translated: Callable[[object, dict[str, object]], tuple[TemplateSpec, dict[str, object]]],
        remember: Callable[[object, Element], None],
        live_element: Callable[[object], Element],
        known_element: Callable[[object], Element],
        inward: Callable[[dict[str, object]], dict[str, object]],
        on_many: Callable[[], None],
    ) -> None:
        self.specs = specs
        self.fact_class = fact_class  # makes an empty handle of a fact, filled with the translator
        self.translator = translator
        self.translated = translated  # template and fields where values need translation
        self.remember = remember  # takes the object that a fact was inserted from
        self.live_element = live_element  # finds a fact, given as a handle or an object, or raises
        self.known_element = known_element  # as it, also a fact that was retracted
        self.inward = inward  # fields whose values need translation
        self.on_many = on_many  # called when the single inserts since the last run are many
        self.memory: WorkingMemory | None = None  # set when the session begins
        self.busy = 0  # the thread that is in a method
        self.thread = get_ident  # an attribute is found sooner than a name of another module
        self.unusable = ""  # why the session is closed, or can only be closed
        self.inserts = 0  # single inserts since the last run
        self.seconds = 0.0  # that a method may take, if it has a bound

    def enter(self) -> None:
        """Begin a method.

        Raises:
            SessionError: A method is under way, or the session cannot be used.
        """
        if self.busy or self.unusable:
            self.refuse()
        self.busy = self.thread()
        if self.seconds > 0.0:
            self.begin()

    def begin(self) -> None:
        """Let the time of a method begin, where it has a bound."""
        if self.memory is not None:
            deadline = monotonic() + self.seconds if self.seconds > 0.0 else -1.0
            self.memory.matcher.frame.deadline = deadline

    def refuse(self) -> None:
        """Say why the session cannot be used.

        Raises:
            SessionError: Always.
        """
        if self.busy == get_ident():
            raise SessionError(
                "a session cannot be used by a function or listener that it is calling"
            )
        if self.busy:
            raise SessionError("a session belongs to one thread at a time; another one is in it")
        raise SessionError(self.unusable)

    def fail(self, error: SessionLimitError | StrategyError) -> None:
        """After a change that was not brought to its end, only closing is left."""
        self.unusable = f"the session can only be closed: {error}"

    def insert(self, given: object, fields: dict[str, object]) -> object:
        """Insert a fact and answer with the program's handle of it; see `Session.insert`."""
        self.enter()
        memory = self.memory
        assert memory is not None
        self.inserts += 1
        if self.inserts == MANY:
            self.on_many()
        try:
            spec = self.specs.get(given) if isinstance(given, str) else None
            if spec is None or not spec.plain:
                spec, fields = self.translated(given, fields)
            element = memory.insert(spec, spec.build(fields, memory.limits))
            if not isinstance(given, str):
                self.remember(given, element)
            handle = self.fact_class()
            fill(handle, element, self.translator)
            return handle
        except (SessionLimitError, StrategyError) as error:
            self.fail(error)
            raise
        finally:
            self.busy = 0

    def modify(self, fact: object, fields: dict[str, object]) -> None:
        """Change fields of a fact; see `Session.modify`."""
        self.enter()
        memory = self.memory
        assert memory is not None
        try:
            element = self.element(fact)
            if element is None or not element.is_live:
                element = self.live_element(fact)
            if not cast(TemplateSpec, element.type).plain:
                fields = self.inward(fields)
            modify_fact(memory, element, fields)
        except (SessionLimitError, StrategyError) as error:
            self.fail(error)
            raise
        finally:
            self.busy = 0

    def retract(self, fact: object) -> Element:
        """Retract a fact and answer with its record; see `Session.retract`."""
        self.enter()
        memory = self.memory
        assert memory is not None
        try:
            element = self.element(fact)
            if element is None:
                element = self.known_element(fact)
            retract_fact(memory, element)
            return element
        except (SessionLimitError, StrategyError) as error:
            self.fail(error)
            raise
        finally:
            self.busy = 0

    def element(self, fact: object) -> Element | None:
        """The record of a fact that is given as a handle of this session."""
        if isinstance(fact, Handle) and fact._translator is self.translator:
            return fact._element
        return None
