"""Opening, running and closing: the engine's loop with what a session does about errors."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, cast, final

from rete_engine.diagnostics.errors import RuleEngineError, RuleExecutionError, SessionError
from rete_engine.expressions.frame import Context
from rete_engine.expressions.values import EvaluationError, Misfit, shown
from rete_engine.network.alphas import OF_SALIENCE
from rete_engine.runtime.agenda import Agenda
from rete_engine.runtime.conditions import Failure
from rete_engine.runtime.engine import LIMIT, ActionFailure, Engine
from rete_engine.runtime.errors import SessionLimitError, StrategyError
from rete_engine.runtime.memory import Element
from rete_engine.runtime.strategies import named_strategy
from rete_engine.session.accumulators import accumulating
from rete_engine.session.collector import give_way, hold_back, let_go, look_for_garbage
from rete_engine.session.events import Events
from rete_engine.session.externals import provide
from rete_engine.session.fact import describe
from rete_engine.session.gate import Gate
from rete_engine.session.opening import (
    insert_declared,
    own_clock,
    own_strategy,
    param_values,
    switch_off,
    utc_now,
)
from rete_engine.session.queries import LiveQueries
from rete_engine.session.run_result import RunResult, Stopped
from rete_engine.session.settings import Settings, Shared
from rete_engine.session.tracing import find_loop
from rete_engine.session.translation import Translator

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

#: So many firings are made in one stretch of the engine. Between two of them it gives way to other
#: threads and to interrupts, for which compiled code does not stop.
STRETCH: Final = 500

#: The first stretch: a run that is not longer is over before the collector would be in the way. (In
#: `manners` and `waltz` it took 7 % of the run within the first 500 firings.)
FIRST: Final = 50

#: Why a session that is closed cannot be used.
CLOSED: Final = "the session is closed"


def check_timeout(timeout: object) -> None:
    """Refuse what is no number of seconds.

    Raises:
        SessionError: It is none.
    """
    if timeout is None or (isinstance(timeout, (int, float)) and timeout >= 0):
        return
    raise SessionError(f"timeout is a number of seconds from 0, not {shown(timeout)}")


def check_count(limit: object) -> None:
    """Refuse what is no number of things.

    Raises:
        SessionError: It is none.
    """
    if type(limit) is not int or limit < 0:
        raise SessionError(f"limit is a whole number from 0, not {shown(limit)}")


@final
class Runner:
    """What works in a session: it opens, runs and closes its engines, one after another.

    It is compiled like the engine: a program that opens a session for each request, or runs
    after every change, waited longer for the Python around the engine than for the engine. It is
    the context manager of a method at work, too. What few sessions need is made when one does.
    """

    __slots__ = (
        "context", "engine", "errors", "events", "gate", "lives", "on_error", "seeded", "settings",
        "shared", "translator",
    )  # fmt: skip

    def __init__(self, shared: Shared, settings: Settings) -> None:
        compiled = shared.compiled
        limits = settings.limits
        translator = Translator(shared, settings.adopt)
        events = Events(translator, settings.out, settings.write_back, shared.params)
        self.shared = shared
        self.settings = settings
        self.translator = translator
        self.events = events
        self.gate = Gate(translator, events, limits.seconds or 0.0)
        self.on_error = settings.on_error
        self.errors: list[RuleExecutionError] = []  # passed over, for the next result
        self.lives: LiveQueries | None = None  # made when somebody asks for the first
        self.seeded = 0  # facts of facts blocks
        context = Context(
            limits,
            (),
            compiled.functions,
            provide(compiled.externals, settings.functions, translator, events)
            if compiled.externals
            else (),
            utc_now if settings.clock is None else own_clock(settings.clock),
            compiled.locals,
            tuple([accumulating(each, translator) for each in shared.accumulators])
            if shared.accumulators
            else (),
        )
        if settings.params or compiled.params:
            context.params = param_values(settings.params, compiled, context, translator)
        self.context = context
        self.engine = self.new_engine()

    # -- opening and closing -------------------------------------------------------------------

    def new_engine(self) -> Engine:
        """An empty working memory, with an agenda of the session's strategy."""
        settings = self.settings
        strategy = settings.strategy
        if isinstance(strategy, str):
            ordered = named_strategy(strategy, settings.seed)
        else:
            ordered = own_strategy(cast("Callable[[Any], Any]", strategy), self.events)
        network = self.shared.compiled.network
        engine = Engine(network, self.context, Agenda(ordered), self.events)
        engine.records = settings.explain
        return engine

    def open(self) -> None:
        """Begin: the facts blocks, and the rules that need no fact.

        Raises:
            SessionError: Whether a rule is enabled cannot be told.
            FactError: A fact of a facts block does not fit.
            SecurityError: It takes more than the session's limits allow.
        """
        engine = self.engine
        compiled = self.shared.compiled
        gate = self.gate
        gate.memory = engine.memory
        if gate.seconds > 0.0:
            gate.begin()
        if compiled.network.switched:
            switch_off(engine)
        self.events.attach(engine)
        lives = self.lives
        if lives is not None:
            engine.queries.on_failure = self.query_failed
            lives.restart(engine)
        if compiled.facts:
            insert_declared(engine, compiled)
        self.seeded = engine.memory.inserted
        engine.matcher.open()

    def reset(self) -> None:
        """Begin anew, with an engine of its own."""
        self.engine.close()
        self.translator.forget_all()
        self.engine = self.new_engine()
        self.open()

    def close(self) -> None:
        """Free everything; a second time does nothing."""
        gate = self.gate
        if gate.unusable == CLOSED:
            return
        gate.unusable = CLOSED
        gate.end_load()
        self.events.close()
        if self.lives is not None:
            self.lives.close()
        self.engine.close()
        self.translator.forget_all()

    def live_queries(self) -> LiveQueries:
        """The live queries of the session."""
        lives = self.lives
        if lives is None:
            lives = LiveQueries(self.translator, self.events.guarded)
            self.lives = lives
            self.engine.queries.on_failure = self.query_failed
        return lives

    # -- a method at work ----------------------------------------------------------------------

    def __enter__(self) -> None:
        gate = self.gate
        gate.enter()
        if gate.inserts:
            gate.end_load()
        if self.lives is not None:
            try:
                self.lives.sweep(self.engine)
            except BaseException:
                gate.busy = 0
                raise

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        gate = self.gate
        try:
            if error is None and self.events.failure is not None:
                self.events.raise_failure()
            if isinstance(error, (SessionLimitError, StrategyError)):
                gate.fail(error)
        finally:
            gate.busy = 0

    def run(
        self, limit: object, timeout: object, trace: bool, loop: AbstractEventLoop | None
    ) -> RunResult:
        """Run; with an event loop, which is another thread's, async functions are waited for.

        See `Session.run`.
        """
        left = -1
        if limit is not None:
            check_count(limit)
            left = cast(int, limit)
        if timeout is not None:
            check_timeout(timeout)
        gate = self.gate
        gate.enter()
        try:
            if self.lives is not None:
                self.lives.sweep(self.engine)
            if gate.inserts:
                gate.end_load()
            if loop is None:
                return self.fire(left, timeout, trace)
            awaiting = self.events.waiter()
            awaiting.begin(self.engine, loop)
            try:
                result = self.fire(left, timeout, trace)
            finally:
                awaiting.end()
            if awaiting.is_cancelled:
                self.keep(result)  # nobody gets it
            return result
        except (SessionLimitError, StrategyError) as error:
            gate.fail(error)
            raise
        finally:
            gate.busy = 0

    def fire(self, left: int, timeout: object, trace: bool) -> RunResult:
        """Fire until nothing waits or a bound is reached; `left` firings, negative for no bound."""
        engine = self.engine
        events = self.events
        deadline = time.monotonic() + cast(float, timeout) if timeout is not None else -1.0
        # Where nobody listened there is nothing to adjust, but for what a program may have done
        # since: a run after each of many changes should cost little.
        if trace or events.is_adjusted or self.translator.objects:
            events.begin(trace)
        if engine.recent:
            engine.recent.clear()  # a loop is one of this run
        engine.halted = False
        fired = 0
        weight_before = -1  # of the engine, when the collector was held back
        raises = self.on_error == "raise"
        try:
            while True:
                if engine.matcher.failures:
                    self.report_failures()
                stretch = FIRST if weight_before < 0 else STRETCH
                if 0 <= left <= stretch:
                    stretch = left
                try:
                    count, reason = engine.run(stretch, deadline, raises)
                except ActionFailure as failure:
                    fired += failure.count
                    self.errors.append(self.action_failed(failure))
                    left = max(left - failure.count - 1, 0) if left >= 0 else left
                    continue
                fired += count
                if events.failure is not None:
                    events.raise_failure()
                if reason == LIMIT and stretch != left:
                    weight = engine.memory.weight()
                    if weight_before < 0:
                        hold_back()
                        weight_before = weight
                    look_for_garbage(weight - weight_before)
                    give_way()
                elif not (raises and engine.matcher.failures):
                    break
                left = max(left - count, 0) if left >= 0 else left
            if engine.matcher.failures:
                self.report_failures()
        except RuleExecutionError as error:
            outputs, firings = list(events.outputs), list(events.firings)
            error.result = RunResult(fired, outputs, "failed", firings, list(self.errors))
            raise
        finally:
            if weight_before >= 0:
                let_go(engine.memory.weight() - weight_before)
        stopped = cast(Stopped, reason)
        if not (events.outputs or events.firings or self.errors or reason == LIMIT):
            return RunResult(fired, [], stopped, [], [])
        loop = find_loop(engine.recent, engine.network, events.changed) if reason == LIMIT else None
        outputs, firings = events.take()
        return RunResult(fired, outputs, stopped, firings, self.take_errors(), loop)

    def take_errors(self) -> list[RuleExecutionError]:
        """The errors that were passed over since this was last asked."""
        # Not in `fire`: they may hold its frame, which must not hold them.
        errors = self.errors
        self.errors = []
        return errors

    def keep(self, result: RunResult) -> None:
        """Keep what was emitted and passed over for the next run."""
        self.events.outputs = result.outputs
        self.errors = result.errors

    # -- errors --------------------------------------------------------------------------------

    def report_failures(self) -> None:
        """Raise, or list, the errors of conditions."""
        engine = self.engine
        failures = engine.take_failures()
        for position, failure in enumerate(failures):
            error = self.condition_failed(failure)
            # What a callback for errors raises goes up as it is; the others are not lost by it.
            engine.matcher.failures = failures[position + 1 :]
            self.events.error(error)
            if self.on_error == "raise":
                try:
                    raise error
                finally:
                    del error, failure, failures  # they hold this frame, and so the session
            self.errors.append(error)
            if self.on_error == "quarantine":
                names = {origin.rule for origin in failure.origins}
                for rule in engine.network.rules:
                    if rule.name in names:
                        engine.agenda.disable(rule)

    def condition_failed(self, failure: Failure) -> RuleExecutionError:
        """The error of a condition."""
        names = ", ".join(dict.fromkeys(origin.rule for origin in failure.origins))
        place = failure.origins[0]
        part = "the salience" if place.text == OF_SALIENCE else "a condition"
        what = f"{part} of {'query' if place.of_query else 'rule'} '{names}' failed"
        return self.error(what, names, place.file, place.line, failure.elements, failure.error)

    def query_failed(self, failure: Failure) -> None:
        """A condition of a live query failed: that is raised as what a callback raises."""
        self.events.fail(self.condition_failed(failure))

    def action_failed(self, failure: ActionFailure) -> RuleExecutionError:
        """Deal with a failed action as `on_error` says."""
        rule = failure.rule
        what = f"the action of rule '{rule.name}' failed"
        error = self.error(
            what, rule.name, rule.file, failure.line, failure.elements, failure.cause
        )
        agenda = self.engine.agenda
        if self.on_error == "raise":
            agenda.put_back(failure.activation)
            self.events.error(error)
            try:
                raise error
            finally:
                del error  # it holds this frame, and so the session
        self.engine.matcher.spend(failure.activation)
        if self.on_error == "quarantine":
            agenda.disable(rule)
        self.events.error(error)
        return error

    def error(
        self,
        what: str,
        rule: str,
        file: str,
        line: int,
        elements: list[Element],
        cause: BaseException,
    ) -> RuleExecutionError:
        """The error that a program gets: rule, place, cause and facts."""
        reason = str(cause) or type(cause).__name__
        if not isinstance(cause, (RuleEngineError, EvaluationError, Misfit)):
            reason = f"{type(cause).__name__}: {reason}"
        facts = "".join(f"\n    {element.number}: {describe(element)}" for element in elements)
        listed = f"\n  with the facts{facts}" if facts else ""
        error = RuleExecutionError(
            f"{what} ({file}:{line}): {reason}{listed}",
            rule=rule,
            file=file,
            line=line,
            facts=[self.translator.fact_of(element) for element in elements],
            cause=cause,
        )
        error.__cause__ = cause  # compiled code does not know `raise … from`
        return error
