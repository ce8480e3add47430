"""The gate of a session: one thread at a time, and the quick way in for single facts.

A program that inserts facts one by one pays for every Python frame on the way. With the gate
compiled, and called without a frame of the session in between, a single insert costs half.
"""

from __future__ import annotations

from threading import get_ident
from time import monotonic
from typing import Final, cast, final

from rete_engine.diagnostics.errors import SessionError
from rete_engine.network.templates import TemplateSpec
from rete_engine.runtime.changes import modify_fact, retract_fact
from rete_engine.runtime.errors import SessionLimitError, StrategyError
from rete_engine.runtime.handle import Handle
from rete_engine.runtime.memory import Element
from rete_engine.runtime.working_memory import WorkingMemory
from rete_engine.session.collector import hold_back, let_go, look_for_garbage
from rete_engine.session.events import Events
from rete_engine.session.fact import Fact
from rete_engine.session.translation import Translator

#: So many single inserts without a run are a load, for which the collector is held back; after as
#: many again it is asked whether the program leaves garbage meanwhile.
MANY: Final = 1000


@final
class Gate:
    """Who is in a session, and whether it can be used."""

    __slots__ = (
        "busy", "events", "inserts", "loads", "memory", "next_look", "seconds", "specs", "thread",
        "translator", "unusable", "weight",
    )  # fmt: skip

    def __init__(self, translator: Translator, events: Events, seconds: float) -> None:
        self.specs = translator.specs
        self.translator = translator
        self.events = events
        self.memory: WorkingMemory | None = None  # set when the session begins
        self.busy = 0  # the thread that is in a method
        self.thread = get_ident  # an attribute is found sooner than a name of another module
        self.unusable = ""  # why the session is closed, or can only be closed
        self.inserts = 0  # single inserts since the last run
        self.next_look = MANY  # the number of inserts at which the collector is looked at
        self.weight = 0  # of what there was when it was held back
        self.loads = False  # whether there are so many that the collector is held back
        self.seconds = seconds  # that a method may take; 0 without a bound

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

    def insert(self, given: object, fields: dict[str, object]) -> Fact:
        """Insert a fact and answer with the program's handle of it; see `Session.insert`."""
        self.enter()
        memory = self.memory
        assert memory is not None
        self.inserts += 1
        translator = self.translator
        try:
            if self.inserts == self.next_look:
                self.look(memory)
            spec = self.specs.get(given) if isinstance(given, str) else None
            if spec is None or not spec.plain:
                if not isinstance(given, str) and translator.objects and not fields:
                    standing = translator.standing(given)
                    if standing is not None:
                        if memory.truth is not None:
                            memory.truth.state(standing)
                        return translator.fact_of(standing)
                spec, fields = translator.given(given, fields)
            element = memory.insert(spec, spec.build(fields, memory.limits))
            if not isinstance(given, str):
                translator.remember(given, element)
            fact = translator.fact_of(element)
        except (SessionLimitError, StrategyError) as error:
            self.fail(error)
            raise
        finally:
            self.busy = 0
        if self.events.failure is not None:
            self.events.raise_failure()
        return fact

    def modify(self, fact: object, fields: dict[str, object]) -> None:
        """Change fields of a fact; see `Session.modify`."""
        self.enter()
        memory = self.memory
        assert memory is not None
        try:
            element = self.element(fact)
            if element is None or not element.is_live:
                element = self.translator.element_of(fact)
            if not cast(TemplateSpec, element.type).plain:
                fields = self.translator.all_inward(fields)
            modify_fact(memory, element, fields)
        except (SessionLimitError, StrategyError) as error:
            self.fail(error)
            raise
        finally:
            self.busy = 0
        if self.events.failure is not None:
            self.events.raise_failure()

    def retract(self, fact: object) -> None:
        """Retract a fact; see `Session.retract`."""
        self.enter()
        memory = self.memory
        assert memory is not None
        translator = self.translator
        try:
            element = self.element(fact)
            if element is None:
                element = translator.known_element(fact)
            retract_fact(memory, element)
        except (SessionLimitError, StrategyError) as error:
            self.fail(error)
            raise
        finally:
            self.busy = 0
        if translator.objects:
            translator.forget(element)
        if self.events.failure is not None:
            self.events.raise_failure()

    def look(self, memory: WorkingMemory) -> None:
        """Hold the collector back in a load of single inserts, and see to it that it may be."""
        self.next_look += MANY
        if self.loads:
            look_for_garbage(memory.weight() - self.weight)
        else:
            self.loads = True
            self.weight = memory.weight()
            hold_back()

    def end_load(self) -> None:
        """Let the collector go, if so many single inserts held it back."""
        self.inserts = 0
        self.next_look = MANY
        if self.loads:
            self.loads = False
            memory = self.memory
            let_go(memory.weight() - self.weight if memory is not None else 0)

    def element(self, fact: object) -> Element | None:
        """The record of a fact that is given as a handle of this session."""
        if isinstance(fact, Handle) and fact._translator is self.translator:
            return fact._element
        return None
