"""What a session tells the program: events, outputs, prints, and values written back."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, cast, final

from rete_engine.diagnostics.errors import RuleExecutionError
from rete_engine.expressions.frame import Link
from rete_engine.expressions.values import changed
from rete_engine.network.rules import ReadingSpec, RuleSpec
from rete_engine.network.templates import TemplateSpec
from rete_engine.runtime.actions import Execution
from rete_engine.runtime.activations import Activation
from rete_engine.runtime.changes import MODIFIED, Changes, changed_fields
from rete_engine.runtime.conditions import matched_by
from rete_engine.runtime.engine import Engine, Fired, Host
from rete_engine.runtime.memory import Element
from rete_engine.runtime.working_memory import Listener
from rete_engine.session.awaiting import Awaiting
from rete_engine.session.current_firing import CurrentFiring
from rete_engine.session.fact import further
from rete_engine.session.python_rules import failing_line
from rete_engine.session.results import Firing, Waiting
from rete_engine.session.translation import Translator

EVENTS = ("insert", "modify", "retract", "activate", "cancel", "fire", "error")

_logger = logging.getLogger("rete_engine")
_print = logging.getLogger("rete_engine.print").info


class Subscription:
    """A callback that is called at events until it is closed; usable with `with`."""

    def __init__(self, others: list[Subscription], callback: Callable[..., object]) -> None:
        self._others = others  # of the same event, this one among them
        self.callback = callback
        others.append(self)

    def close(self) -> None:
        """End the calls. A second time does nothing."""
        if self in self._others:
            self._others.remove(self)

    def __enter__(self) -> Subscription:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


@final
class Events(Host):
    """The engine's host: collects what a run gives, and calls back."""

    __slots__ = (
        "awaiting", "callbacks", "changed", "engine", "failure", "firings", "is_adjusted", "out",
        "outputs", "params", "traces", "translator", "writes_back",
    )  # fmt: skip

    def __init__(
        self,
        translator: Translator,
        out: Callable[[str], object] | None,
        writes_back: bool,
        params: tuple[str, ...],
    ) -> None:
        self.params = params  # their names
        self.translator = translator
        self.out = out  # takes what rules print; None for the logger
        self.callbacks: dict[str, list[Subscription]] = {}  # by event, as far as there ever were
        self.outputs: list[Any] = []
        self.firings: list[Firing] = []
        self.traces = False
        self.is_adjusted = False  # whether the engine tells of anything, so that a run looks again
        self.engine: Engine | None = None
        self.failure: Exception | None = None  # what a callback raised, until `raise_failure`
        self.awaiting: Awaiting | None = None  # made when a function is async
        # By rule in Python: what its function has changed, as kind, template and field.
        self.changed: dict[RuleSpec, dict[tuple[int, TemplateSpec, str], None]] = {}
        self.writes_back = writes_back  # assign changed fields to the program's objects

    def attach(self, engine: Engine) -> None:
        """Listen to a new engine, and forget what an earlier one left."""
        self.engine = engine
        if self.outputs or self.firings:
            self.take()
        if self.callbacks or self.writes_back or self.traces:  # else an engine tells nothing
            self.adjust()

    def close(self) -> None:
        """Call nobody any more, and leave nothing that points in circles."""
        self.engine = None
        if self.callbacks:
            for callbacks in self.callbacks.values():
                callbacks.clear()

    def begin(self, traces: bool) -> None:
        """Begin a run that is traced, or that follows one, or that somebody may listen to."""
        self.traces = traces
        self.adjust()

    def subscribe(self, event: str, callback: Callable[..., object]) -> Subscription:
        """Call a function at an event from now on."""
        subscription = Subscription(self.callbacks.setdefault(event, []), callback)
        self.adjust()
        return subscription

    def waiter(self) -> Awaiting:
        """What waits for async functions."""
        if self.awaiting is None:
            self.awaiting = Awaiting()
        return self.awaiting

    def take(self) -> tuple[list[Any], list[Firing]]:
        """What was emitted and fired since this was last asked.

        A run that raises leaves it to the next one, so that nothing emitted is lost.
        """
        taken = (self.outputs, self.firings)
        self.outputs = []
        self.firings = []
        return taken

    def adjust(self) -> None:
        """Let the engine tell only what somebody listens to: silence costs nothing."""
        engine = self.engine
        if engine is None:
            return
        has = {event: listeners for event, listeners in self.callbacks.items() if listeners}
        # A fact that rules retract takes what is known of its objects with it.
        objects = self.writes_back or self.translator.objects
        changes = objects or "insert" in has or "modify" in has or "retract" in has
        engine.memory.listener = (
            Listener(self.inserted, self.modified, self.retracted) if changes else None
        )
        engine.defer("activate" not in has and "cancel" not in has)
        engine.agenda.on_activate = self.activated if "activate" in has else None
        engine.agenda.on_cancel = self.cancelled if "cancel" in has else None
        engine.watches_firings = self.traces or "fire" in has
        self.is_adjusted = self.traces or bool(has)

    def call(self, event: str, *arguments: object) -> None:
        """Call everybody who listens to an event.

        It may be in the midst of a change, which must be brought to its end. So what a callback
        raises is kept, and raised by the method of the session that is under way.
        """
        for subscription in tuple(self.callbacks.get(event, ())):
            self.guarded(subscription.callback, *arguments)

    def guarded(self, callback: Callable[..., object], *arguments: object) -> None:
        """Call a function of the program; what it raises is kept."""
        try:
            callback(*arguments)
        except Exception as error:
            self.fail(error)

    def fail(self, error: Exception) -> None:
        """Keep an error for the method of the session that is under way; a run ends by it."""
        if self.failure is None:
            self.failure = error
        else:
            self.failure.add_note(f"another callback failed too: {error!r}")
        if self.engine is not None:
            self.engine.halted = True

    def raise_failure(self) -> None:
        """Raise what a callback raised, once."""
        failure = self.failure
        if failure is not None:
            self.failure = None
            try:
                raise failure
            finally:
                del failure  # it holds this frame, and so the session

    # -- from the engine -----------------------------------------------------------------------

    def act(
        self, function: Callable[..., object], execution: Execution, activation: Activation
    ) -> None:
        """Call the action of a rule in Python."""
        engine, translator = self.engine, self.translator
        assert engine is not None
        params = zip(self.params, engine.context.params, strict=True)
        firing = CurrentFiring(
            activation.rule.name,
            execution,
            translator,
            {**dict(params), **engine.bindings(activation.reading, activation)},
            tuple(
                translator.fact_of(element)
                for element in matched_by(activation.reading, activation)
            ),
            engine.network.groups,
            activation.rule.derives,
        )
        translator.pending = execution.changes
        try:
            answer = function(firing)
            if hasattr(type(answer), "__await__"):
                self.waiter().value(f"the rule '{activation.rule.name}'", answer)
        except Exception as error:
            execution.line = failing_line(function, error) or execution.line
            raise
        else:
            self.note_changes(activation.rule, execution.changes)
        finally:
            translator.pending = None
            firing._end()

    def note_changes(self, rule: RuleSpec, changes: Changes) -> None:
        """Note what the function of a rule changes, which no text tells, to name loops by it."""
        noted = self.changed.setdefault(rule, {})
        for element, kind in changes.all().items():
            names: list[str] = []
            if kind == MODIFIED:
                mask = changed_fields(element, changes.values(element))
                names = [n for n, place in element.type.positions.items() if mask & (2 << place)]
            for name in names or [""]:
                if names or kind != MODIFIED:
                    noted[kind, cast("TemplateSpec", element.type), name] = None

    def remember(self, instance: object, element: Element) -> None:
        """Note the object that a rule in Python made a fact of."""
        if element.is_live:
            self.translator.remember(instance, element)
            self.adjust()

    def output(self, value: object) -> None:
        """Take an emitted value."""
        self.outputs.append(self.translator.outward(value))

    def say(self, text: str) -> None:
        """Take a printed line."""
        self.guarded(_print if self.out is None else self.out, text)

    def log(self, level: str, message: str) -> None:
        """Take a logged message."""
        _logger.log(logging.getLevelNamesMapping()[level.upper()], "%s", message)

    def fired(self, fired: Fired) -> None:
        """Take note of a firing."""
        translator = self.translator
        firing = Firing(
            fired.rule.name,
            {name: translator.outward(value) for name, value in fired.bindings.items()},
            tuple(translator.fact_of(element) for element in fired.elements),
            {
                name: translator.as_it_was(value, fired.values)
                for name, value in fired.bindings.items()
            },
        )
        if self.traces:
            self.firings.append(firing)
        self.call("fire", firing)

    def inserted(self, element: Element) -> None:
        """A fact came."""
        if self.callbacks.get("insert"):
            self.call("insert", self.translator.fact_of(element))

    def modified(self, element: Element, old: tuple[object, ...]) -> None:
        """A fact changed."""
        if not (self.writes_back or self.callbacks.get("modify")):
            return
        outward = self.translator.outward
        positions = element.type.positions
        names = [n for n, i in positions.items() if changed(old[i], element.values[i])]
        if self.writes_back:
            self.guarded(self.translator.write_back, element, names)
        if self.callbacks.get("modify"):
            before = {name: outward(old[positions[name]]) for name in names}
            if element.type.open:
                earlier, later = cast("dict[str, object]", old[0]), further(element)
                for name in {**earlier, **later}:
                    if changed(earlier.get(name), later.get(name)):
                        before[name] = outward(earlier.get(name))
            self.call("modify", self.translator.fact_of(element), before)

    def retracted(self, element: Element) -> None:
        """A fact left."""
        if self.callbacks.get("retract"):
            self.call("retract", self.translator.fact_of(element))
        self.translator.forget(element)

    def activated(self, activation: Activation) -> None:
        """Tell of a new activation."""
        self.call("activate", self.waiting(activation.reading, activation.salience, activation))

    def cancelled(self, activation: Activation) -> None:
        """Tell of an activation that ceased."""
        self.call("cancel", self.waiting(activation.reading, activation.salience, activation))

    def error(self, error: RuleExecutionError) -> None:
        """Tell of a failed action or condition."""
        for subscription in tuple(self.callbacks.get("error", ())):
            subscription.callback(error)

    def waiting(self, reading: ReadingSpec, salience: int, match: Link) -> Waiting:
        """An activation as a program sees it."""
        translator = self.translator
        engine = self.engine
        assert engine is not None
        bindings = engine.bindings(reading, match)
        return Waiting(
            reading.rule.name,
            salience,
            {name: translator.outward(value) for name, value in bindings.items()},
            tuple(translator.fact_of(element) for element in matched_by(reading, match)),
            engine.network.groups[reading.rule.group],
        )
