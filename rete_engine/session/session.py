"""`Session`: working memory, agenda and loop of one use of a rule set."""

from __future__ import annotations

import logging
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import get_ident
from typing import Any

from rete_engine.compiler.compile import Compiled
from rete_engine.diagnostics.diagnostic import did_you_mean
from rete_engine.diagnostics.errors import (
    FactError,
    RuleEngineError,
    RuleExecutionError,
    SecurityError,
    SessionError,
)
from rete_engine.expressions.frame import Context, Frame, Limits
from rete_engine.expressions.values import EvaluationError, Misfit, store
from rete_engine.network.templates import TemplateSpec
from rete_engine.runtime.agenda import Agenda, HeapAgenda
from rete_engine.runtime.engine import ActionFailure, Engine
from rete_engine.runtime.matcher import Failure
from rete_engine.runtime.memory import Activation, Element
from rete_engine.runtime.strategies import STRATEGIES, Descending, make_agenda
from rete_engine.runtime.working_memory import Changes, SessionLimitError
from rete_engine.session.classes import build, fields_of_object
from rete_engine.session.collector import held_back, hold_back, let_go
from rete_engine.session.events import EVENTS, Events, Subscription
from rete_engine.session.externals import provide
from rete_engine.session.fact import Fact, describe, inward, matches, outward
from rete_engine.session.results import Firing, RunResult, Stopped, Waiting
from rete_engine.session.rows import rows_of
from rete_engine.session.tracing import find_loop

ON_ERROR = ("raise", "skip", "quarantine")

#: So many single inserts without a run are a load, for which the collector is held back.
MANY = 1000


class Session:
    """One use of a rule set: facts come and go, and `run` fires what they make true.

    Made by `RuleSet.session`. It belongs to one thread at a time, and its methods cannot be
    called by functions and listeners that it is calling itself. Use it with `with`, or `close`
    it.

    Example:
        >>> from rete_engine import RuleSet
        >>> rules = RuleSet.parse('''
        ... template Order key(id)
        ...     id: int
        ...     status: str = "new"
        ... end
        ... rule "take"
        ... when
        ...     o := Order(status == "new")
        ... then
        ...     modify o(status = "taken")
        ... end
        ... ''')
        >>> with rules.session() as session:
        ...     order = session.insert("Order", id=1)
        ...     session.run().fired, order.status
        (1, 'taken')
    """

    def __init__(
        self,
        compiled: Compiled,
        specs: Mapping[str, TemplateSpec],
        classes: Mapping[str, type],
        functions: Mapping[str, Callable[..., object]],
        *,
        params: Mapping[str, object],
        strategy: str | Callable[[Any], Any],
        seed: int,
        on_error: str,
        clock: Callable[[], datetime] | None,
        out: Callable[[str], object] | None,
        limits: Limits,
        write_back: bool,
    ) -> None:
        if on_error not in ON_ERROR:
            raise SessionError(f"on_error is one of {', '.join(ON_ERROR)}, not {on_error!r}")
        if not callable(strategy) and strategy not in STRATEGIES:
            raise SessionError(
                f"unknown strategy {strategy!r}; it is one of {', '.join(STRATEGIES)}, or a function"
            )
        self._compiled = compiled
        self._specs = specs
        self._classes = classes
        self._names = {cls: name for name, cls in classes.items()}
        self._strategy = strategy
        self._seed = seed
        self._on_error = on_error
        self._write_back = write_back
        self._busy = 0  # the thread that is in a method
        self._unusable: str | None = None  # why the session is closed, or can only be closed
        self._inserts = 0  # single inserts since the last run, see collector
        self._holding: weakref.finalize[[], Session] | None = None
        self._events = Events(self, out or logging.getLogger("rete_engine.print").info)
        self._objects: dict[int, tuple[object, Element]] = {}  # by id() of the object
        self._context = Context(
            limits,
            (),
            compiled.functions,
            provide(compiled.externals, functions, self),
            clock or _utc_now,
            compiled.locals,
        )
        self._context.params = self._param_values(params)
        self._engine: Engine
        with self._working():
            self._open()

    # -- opening and closing -------------------------------------------------------------------

    def _param_values(self, given: Mapping[str, object]) -> tuple[object, ...]:
        """The value of every parameter."""
        known = {param.name for param in self._compiled.params}
        for name in given:
            if name not in known:
                raise FactError(
                    f"unknown param '{name}' (params: {', '.join(sorted(known)) or 'none'})"
                )
        values: list[object] = []
        for param in self._compiled.params:
            if param.name in given:
                value = inward(given[param.name], self)
            elif param.default is None:
                raise FactError(f"param '{param.name}' has no default and needs a value")
            else:
                self._context.params = tuple(values)
                try:
                    value = param.default.evaluate(Frame(self._context, self._compiled.locals))
                except (EvaluationError, SecurityError) as error:
                    raise FactError(f"param '{param.name}': {error}") from error
            try:
                values.append(store(value, param.type, self._context.limits))
            except Misfit as misfit:
                raise FactError(f"param '{param.name}': {misfit}") from None
        return tuple(values)

    def _open(self) -> None:
        """Begin anew: an empty working memory, then the facts blocks."""
        engine = Engine(self._compiled.network, self._context, self._agenda(), self._events.host)
        self._engine = engine
        self._objects.clear()
        for rule in self._compiled.network.rules:
            if rule.enabled is not None:
                try:
                    enabled = engine.enabled(rule.enabled)
                except (EvaluationError, SecurityError) as error:
                    raise SessionError(f"enabled of rule '{rule.name}': {error}") from error
                if not enabled:
                    engine.agenda.disable(rule)
        self._events.attach(engine)
        try:
            engine.execute(self._compiled.facts, self._compiled.facts_locals)
            engine.matcher.open()
        except (EvaluationError, FactError) as error:
            raise FactError(f"in a facts block: {error}") from error

    def _agenda(self) -> Agenda:
        strategy = self._strategy
        if not callable(strategy):
            return make_agenda(strategy, self._seed)

        def order(activation: Activation) -> tuple[object, ...]:
            key = strategy(self._events.waiting(activation))
            return (-activation.salience, Descending(key), -activation.number)

        return HeapAgenda(order)

    def reset(self) -> None:
        """Begin anew, as if the session were opened again.

        Params, strategy and listeners stay; facts, activations and the seed's place in its
        sequence do not.
        """
        with self._working():
            self._open()

    def close(self) -> None:
        """End the session. Every other method then raises `SessionError`."""
        self._unusable = "the session is closed"
        self._let_go()
        self._objects.clear()
        self._events.close()

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _enter(self) -> None:
        """Begin a method: one thread at a time, not closed, not from within.

        The methods that are called for every fact do this themselves; the others use `_working`,
        which costs a microsecond more.
        """
        if self._busy or self._unusable is not None:
            self._refuse()
        self._busy = get_ident()

    def _refuse(self) -> None:
        """Say why the session cannot be used.

        Raises:
            SessionError: Always.
        """
        if self._busy == get_ident():
            raise SessionError(
                "a session cannot be used by a function or listener that it is calling"
            )
        if self._busy:
            raise SessionError("a session belongs to one thread at a time; another one is in it")
        raise SessionError(self._unusable)

    def _break(self, error: SessionLimitError) -> None:
        """After a limit of the whole session was passed, only `close` is left."""
        self._unusable = f"the session can only be closed: {error}"

    @contextmanager
    def _working(self) -> Iterator[None]:
        """Guard a method, as `_enter` does."""
        self._enter()
        try:
            yield
        except SessionLimitError as error:
            self._break(error)
            raise
        finally:
            self._busy = 0

    # -- facts ---------------------------------------------------------------------------------

    def insert(self, template: Any, /, **fields: Any) -> Fact:
        """Insert a fact.

        Args:
            template: A template's name, or an object of a class that is a template.
            fields: The fact's fields, when a name is given.

        Returns:
            The new fact; for a `unique` template, the equal one that is there already.

        Raises:
            FactError: The template or a field is unknown, a value does not fit, or a key is in
                use. Nothing changed.
        """
        self._enter()
        try:
            spec = self._specs.get(template) if type(template) is str else None
            if spec is not None and spec.plain:
                return self.fact_of(self._engine.memory.insert_given(spec, fields))
            spec, given = self._given(template, fields)
            element = self._engine.memory.insert_given(spec, given)
            self._remember(template, element)
            return self.fact_of(element)
        except SessionLimitError as error:
            self._break(error)
            raise
        finally:
            self._busy = 0
            self._inserts += 1
            if self._inserts == MANY:
                self._hold_back()

    def insert_many(self, template: str | None, rows: Any, *, facts: bool = False) -> Any:
        """Insert many facts: all, or none when one does not fit.

        Args:
            template: A template's name; None when the rows are objects of template classes.
            rows: Mappings, or objects of template classes, or a pandas or polars frame, or an
                Arrow table.
            facts: Whether to answer with the facts instead of their number.

        Returns:
            How many facts were inserted, or the facts.

        Raises:
            FactError: A row does not fit; it is named by its number, counted from 1.
        """
        with self._working(), held_back():
            memory = self._engine.memory
            spec = self._spec(template) if template is not None else None
            if spec is not None and spec.plain:
                elements = memory.insert_rows(spec, rows_of(rows))
            else:
                pairs, originals = self._pairs(template, rows)
                elements = memory.insert_all(pairs)
                for original, element in zip(originals, elements, strict=True):
                    self._remember(original, element)
            return [self.fact_of(e) for e in elements] if facts else len(elements)

    def _pairs(
        self, template: str | None, rows: Any
    ) -> tuple[list[tuple[TemplateSpec, dict[str, object]]], list[object]]:
        """Template and fields of each row, and the object that it was."""
        pairs: list[tuple[TemplateSpec, dict[str, object]]] = []
        originals: list[object] = []
        for number, row in enumerate(rows_of(rows), 1):
            mapping = isinstance(row, Mapping)
            if mapping != (template is not None):
                wanted = "a mapping" if template is not None else "an object of a template's class"
                raise FactError(f"row {number}: expected {wanted}, not {type(row).__name__}")
            try:
                pairs.append(self._given(template, row) if mapping else self._given(row, {}))
            except FactError as error:
                raise FactError(f"row {number}: {error}") from None
            originals.append(None if mapping else row)
        return pairs, originals

    def modify(self, fact: Any, /, **fields: Any) -> None:
        """Change fields of a fact, given as a `Fact` or as the object it was inserted from.

        Raises:
            FactError: The fact is gone, a field is unknown, a value does not fit, or a key is in
                use. Nothing changed.
        """
        with self._working():
            element = self.element_of(fact)
            given = {name: inward(value, self) for name, value in fields.items()}
            changes = Changes(self._engine.memory)
            changes.modify(element, given)
            changes.commit()

    def update(self, instance: object, /) -> None:
        """Read the object of a fact again and change the fields that differ.

        Raises:
            FactError: No fact was inserted from the object, or a value does not fit.
        """
        with self._working():
            element = self.element_of(instance)
            given = fields_of_object(instance, self._classes)
            changes = Changes(self._engine.memory)
            changes.modify(element, {name: inward(v, self) for name, v in given.items()})
            changes.commit()

    def upsert(self, template: str, /, **fields: Any) -> Fact:
        """Change the given fields of the fact that has the key, or insert a fact.

        Raises:
            FactError: The template has no key, a key field is missing, or a value does not fit.
        """
        with self._working():
            spec, given = self._given(template, fields)
            changes = Changes(self._engine.memory)
            element = changes.upsert(spec, given)
            changes.commit()
            return self.fact_of(element)

    def retract(self, fact: Any, /) -> None:
        """Retract a fact, given as a `Fact` or as the object it was inserted from.

        One that is gone already stays gone.

        Raises:
            FactError: The object is no fact of this session.
        """
        with self._working():
            if isinstance(fact, Fact) and not fact._element.is_live:
                self._check_own(fact)
                return
            element = self.element_of(fact)
            changes = Changes(self._engine.memory)
            changes.retract(element)
            changes.commit()
            self._forget(fact)

    @contextmanager
    def batch(self) -> Iterator[Batch]:
        """Several changes, all or none.

        Within the `with` block, call `insert`, `modify`, `upsert` and `retract` on what it gives.
        They are checked one by one and made together at the end; an exception drops them all.
        """
        with self._working():
            pass
        changes = Changes(self._engine.memory)
        yield Batch(self, changes)
        with self._working():
            if changes.start != self._engine.memory.inserted:
                raise SessionError("the session was changed while a batch was open")
            changes.commit()

    def facts(self, template: str | None = None, /, **equal: Any) -> list[Fact]:
        """The facts of a template and of those that extend it, in the order of insertion.

        Args:
            template: A template's name; None for all facts.
            equal: Values that fields must have.

        Raises:
            FactError: The template or a field is unknown.
        """
        with self._working():
            memory = self._engine.memory
            wanted = {name: inward(value, self) for name, value in equal.items()}
            if template is None:
                found = memory.all()
            else:
                spec = self._spec(template)
                for name in wanted:
                    if name not in spec.positions and not spec.open:
                        raise spec.unknown_field(name)
                found = [e for e in memory.all() if spec.name in e.type.ancestors]
            return [self.fact_of(e) for e in found if not wanted or matches(e, wanted)]

    # -- running -------------------------------------------------------------------------------

    def run(
        self,
        limit: int | None = None,
        timeout: float | None = None,
        *,
        trace: bool = False,
    ) -> RunResult:
        """Fire rules until nothing waits, an action halts, or a bound is reached.

        Args:
            limit: The most firings to try.
            timeout: Seconds after which no further rule fires.
            trace: Whether the result lists every firing.

        Raises:
            RuleExecutionError: An action or a condition failed, with `on_error="raise"`.
            SecurityError: The session is over one of its limits.
        """
        if limit is not None and (type(limit) is not int or limit < 0):
            raise SessionError(f"limit is a whole number from 0, not {limit!r}")
        self._enter()
        self._let_go()
        hold_back()
        try:
            return self._run(limit, timeout, trace)
        except SessionLimitError as error:
            self._break(error)
            raise
        finally:
            let_go()
            self._busy = 0

    def _hold_back(self) -> None:
        """Hold the collector back from here to the next run: this is a long load."""
        hold_back()
        self._holding = weakref.finalize(self, let_go)

    def _let_go(self) -> None:
        """End what `_hold_back` began."""
        self._inserts = 0
        if self._holding is not None:
            self._holding()
            self._holding = None

    def _run(self, limit: int | None, timeout: float | None, trace: bool) -> RunResult:
        engine = self._engine
        deadline = time.monotonic() + timeout if timeout is not None else -1.0
        left = limit if limit is not None else -1
        errors: list[RuleExecutionError] = []
        self._events.begin(trace)
        fired = 0
        raises = self._on_error == "raise"
        stopped: Stopped
        while True:
            self._report_failures(errors)
            failed: ActionFailure | None = None
            try:
                count, reason = engine.run(left, deadline, raises)
                stopped = _STOPPED[reason]
            except ActionFailure as failure:
                failed = failure
                count = failure.count
            fired += count
            left -= count if left >= 0 else 0
            if failed is None and not (raises and engine.matcher.failures):
                break
            if failed is not None:
                errors.append(self._action_failed(failed))
                left -= 1 if left > 0 else 0
        self._report_failures(errors)
        loop = find_loop(engine.recent) if stopped == "limit" else None
        return RunResult(
            fired, self._events.outputs, stopped, self._events.firings, errors, loop
        )

    def step(self) -> Firing | None:
        """Fire one rule and tell of it; None when nothing waits.

        Raises:
            RuleExecutionError: As `run`.
        """
        with self._working():
            result = self._run(1, None, trace=True)
            return result.firings[0] if result.firings else None

    def agenda(self, limit: int | None = 20) -> list[Waiting]:
        """What would fire, the next one first. Looking changes nothing.

        Args:
            limit: The most to list; None for all.
        """
        with self._working():
            waiting = self._engine.agenda.in_order()
            if limit is not None:
                waiting = waiting[:limit]
            return [self._events.waiting(activation) for activation in waiting]

    def enable(self, rule: str) -> None:
        """Turn a rule on: matches that wait for it come to the agenda, as if they came now."""
        with self._working():
            self._engine.agenda.enable(self._rule(rule))

    def disable(self, rule: str) -> None:
        """Turn a rule off: its activations are held back until it is turned on, or a reset."""
        with self._working():
            self._engine.agenda.disable(self._rule(rule))

    def on(self, event: str, callback: Callable[..., object]) -> Subscription:
        """Call a function at every event of a kind.

        Args:
            event: `insert` and `retract` (called with the fact), `modify` (the fact and a dict of
                the changed fields' old values), `activate` and `cancel` (a `Waiting`), `fire` (a
                `Firing`), or `error` (a `RuleExecutionError`).
            callback: The function. It cannot use the session's methods.

        Returns:
            Something whose `close()` ends the calls.
        """
        if event not in EVENTS:
            raise SessionError(f"unknown event {event!r}; it is one of {', '.join(EVENTS)}")
        with self._working():
            return self._events.subscribe(event, callback)

    # -- errors of rules -----------------------------------------------------------------------

    def _report_failures(self, errors: list[RuleExecutionError]) -> None:
        """Raise, or list, the errors of conditions."""
        failures = self._engine.take_failures()
        for position, failure in enumerate(failures):
            error = self._condition_failed(failure)
            self._events.error(error)
            if self._on_error == "raise":
                self._engine.matcher.failures = failures[position + 1 :]
                raise error from error.cause
            errors.append(error)
            if self._on_error == "quarantine":
                for origin in failure.origins:
                    self._engine.agenda.disable(self._rule(origin.rule))

    def _condition_failed(self, failure: Failure) -> RuleExecutionError:
        names = ", ".join(dict.fromkeys(origin.rule for origin in failure.origins))
        place = failure.origins[0]
        return self._execution_error(
            f"a condition of rule '{names}' failed", names, place.file, place.line,
            failure.elements, failure.error,
        )  # fmt: skip

    def _action_failed(self, failure: ActionFailure) -> RuleExecutionError:
        """Deal with a failed action as `on_error` says."""
        rule = failure.rule
        error = self._execution_error(
            f"the action of rule '{rule.name}' failed", rule.name, rule.file, failure.line,
            failure.elements, failure.cause,
        )  # fmt: skip
        self._events.error(error)
        agenda = self._engine.agenda
        if self._on_error == "raise":
            agenda.put_back(failure.activation)
            raise error from failure.cause
        self._engine.matcher.spend(failure.activation)
        if self._on_error == "quarantine":
            agenda.disable(rule)
        return error

    def _execution_error(
        self,
        what: str,
        rule: str,
        file: str,
        line: int,
        elements: list[Element],
        cause: BaseException,
    ) -> RuleExecutionError:
        reason = str(cause) or type(cause).__name__
        if not isinstance(cause, (RuleEngineError, EvaluationError)):
            reason = f"{type(cause).__name__}: {reason}"
        facts = "".join(f"\n    {element.number}: {describe(element)}" for element in elements)
        listed = f"\n  with the facts{facts}" if facts else ""
        return RuleExecutionError(
            f"{what} ({file}:{line}): {reason}{listed}",
            rule=rule,
            file=file,
            line=line,
            facts=[self.fact_of(element) for element in elements],
            cause=cause,
        )

    # -- facts and objects ---------------------------------------------------------------------

    def _rule(self, name: str) -> Any:
        for rule in self._compiled.network.rules:
            if rule.name == name:
                return rule
        raise SessionError(f"unknown rule '{name}'")

    def _spec(self, name: object) -> TemplateSpec:
        spec = self._specs.get(name) if isinstance(name, str) else None
        if spec is None:
            raise unknown_template(name, self._specs)
        return spec

    def _given(
        self, template: object, fields: Mapping[str, object]
    ) -> tuple[TemplateSpec, dict[str, object]]:
        """Template and fields of a new fact, from a name or an object."""
        if isinstance(template, str):
            spec = self._spec(template)
            if spec.plain:
                return spec, dict(fields)
            return spec, {name: inward(value, self) for name, value in fields.items()}
        name = self._names.get(type(template))
        if name is None:
            raise FactError(
                f"{type(template).__name__!r} is not the class of a template; give it to"
                " RuleSet.load or RuleSet.parse (templates=[…])"
            )
        if fields:
            raise FactError("fields cannot be given beside an object")
        values = fields_of_object(template, self._classes)
        given = {field: inward(self._known(value), self) for field, value in values.items()}
        return self._spec(name), given

    def _known(self, value: object) -> object:
        """The fact that was inserted from an object, for a reference; else the value."""
        if type(value) in self._names:
            found = self._objects.get(id(value))
            if found is None or found[0] is not value:
                raise FactError(
                    f"a field refers to an object of {type(value).__name__} that is no fact yet;"
                    " insert it first"
                )
            return self.fact_of(found[1])
        return value

    def _remember(self, instance: object, element: Element) -> None:
        """Note which object a fact was inserted from."""
        if instance is not None and not isinstance(instance, str):
            self._objects[id(instance)] = (instance, element)
            self._events.watch_objects(self._write_back)

    def _forget(self, instance: object) -> None:
        self._objects.pop(id(instance), None)

    def _check_own(self, fact: Fact) -> None:
        if fact._session is not self:
            raise FactError(f"{fact!r} belongs to another session")

    def element_of(self, fact: object) -> Element:
        """The record behind a fact or an object. For the session's own parts.

        Raises:
            FactError: It is none of this session, or was retracted.
        """
        if isinstance(fact, Fact):
            self._check_own(fact)
            element = fact._element
        else:
            found = self._objects.get(id(fact))
            if found is None or found[0] is not fact:
                raise FactError(f"{fact!r} is no fact of this session")
            element = found[1]
        if not element.is_live:
            raise FactError(f"fact {element.number} ({element.type.name}) was retracted")
        return element

    def fact_of(self, element: Element) -> Fact:
        """The `Fact` of a record. For the session's own parts."""
        fact = element.handle
        if not isinstance(fact, Fact):
            fact = Fact(element, self)
            element.handle = fact
        return fact

    def build_object(self, element: Element) -> object:
        """A new object with the values of a fact, or None. For the session's own parts."""
        cls = self._classes.get(element.type.name)
        if cls is None:
            return None
        values = {
            name: outward(element.values[index], self)
            for name, index in element.type.positions.items()
        }
        return build(cls, values)

    def objects_of(self, element: Element) -> list[object]:
        """The program's objects that a fact was inserted from. For the session's own parts."""
        return [instance for instance, known in self._objects.values() if known is element]


class Batch:
    """Changes that are made together when the `with` block of `Session.batch` ends."""

    def __init__(self, session: Session, changes: Changes) -> None:
        self._session = session
        self._changes = changes

    def insert(self, template: Any, /, **fields: Any) -> Fact:
        """As `Session.insert`."""
        spec, given = self._session._given(template, fields)
        element = self._changes.insert(spec, given)
        self._session._remember(template, element)
        return self._session.fact_of(element)

    def modify(self, fact: Fact, /, **fields: Any) -> None:
        """As `Session.modify`; facts of the batch itself too."""
        given = {name: inward(value, self._session) for name, value in fields.items()}
        self._changes.modify(self._element(fact), given)

    def upsert(self, template: str, /, **fields: Any) -> Fact:
        """As `Session.upsert`."""
        spec, given = self._session._given(template, fields)
        return self._session.fact_of(self._changes.upsert(spec, given))

    def retract(self, fact: Fact, /) -> None:
        """As `Session.retract`; facts of the batch itself too."""
        self._changes.retract(self._element(fact))

    def _element(self, fact: object) -> Element:
        if isinstance(fact, Fact):
            self._session._check_own(fact)
            return fact._element
        return self._session.element_of(fact)


def unknown_template(name: object, specs: Mapping[str, TemplateSpec]) -> FactError:
    """The error for a template that does not exist."""
    hint = did_you_mean(str(name), specs)
    listed = ", ".join(specs) or "none"
    return FactError(f"unknown template {name!r}" + (f"; {hint}" if hint else f" (known: {listed})"))


def _utc_now() -> datetime:
    return datetime.now(UTC)


_STOPPED: dict[str, Stopped] = {
    "quiescent": "quiescent",
    "halted": "halted",
    "limit": "limit",
    "timeout": "timeout",
}

