"""Running: the engine's loop with what a session does about errors."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, cast, final

from rete_engine.diagnostics.errors import RuleEngineError, RuleExecutionError, SessionError
from rete_engine.expressions.values import EvaluationError, shown
from rete_engine.runtime.conditions import Failure
from rete_engine.runtime.engine import LIMIT, ActionFailure, Engine
from rete_engine.runtime.errors import SessionLimitError, StrategyError
from rete_engine.runtime.gate import MANY, Gate
from rete_engine.runtime.memory import Element
from rete_engine.session.collector import Load, give_way, hold_back, let_go
from rete_engine.session.events import Events
from rete_engine.session.fact import describe
from rete_engine.session.queries import LiveQueries
from rete_engine.session.results import RunResult, Stopped
from rete_engine.session.tracing import find_loop
from rete_engine.session.translation import Translator

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

#: So many firings are made in one stretch of the engine. Between two of them it gives way to other
#: threads and to interrupts, for which compiled code does not stop. A run of one stretch is over
#: before the collector would be in the way, so only longer ones hold it back.
STRETCH: Final = 500

ON_ERROR = ("raise", "skip", "quarantine")


def check_timeout(timeout: object) -> None:
    """Refuse what is no number of seconds.

    Raises:
        SessionError: It is none.
    """
    if timeout is None or (isinstance(timeout, (int, float)) and timeout >= 0):
        return
    raise SessionError(f"timeout is a number of seconds from 0, not {shown(timeout)}")


@final
class Runner:
    """Runs one engine.

    It is compiled like the engine: a program that runs after every change waited longer for the
    Python around a run than for the run.
    """

    __slots__ = ("engine", "errors", "events", "gate", "lives", "load", "on_error", "translator")

    def __init__(
        self,
        engine: Engine,
        gate: Gate,
        events: Events,
        translator: Translator,
        lives: LiveQueries,
        load: Load,
        on_error: str,
    ) -> None:
        self.engine = engine
        self.gate = gate
        self.events = events
        self.translator = translator
        self.lives = lives
        self.load = load
        self.on_error = on_error
        self.errors: list[RuleExecutionError] = []  # passed over, for the next result
        engine.queries.on_failure = self.query_failed

    def run(
        self, limit: object, timeout: object, trace: bool, loop: AbstractEventLoop | None
    ) -> RunResult:
        """Run; with an event loop, which is another thread's, async functions are waited for.

        See `Session.run`.
        """
        left = -1
        if limit is not None:
            if type(limit) is not int or limit < 0:
                raise SessionError(f"limit is a whole number from 0, not {shown(limit)}")
            left = limit
        if timeout is not None:
            check_timeout(timeout)
        gate = self.gate
        gate.enter()
        try:
            if self.lives.ended:
                self.lives.sweep(self.engine)
            if gate.inserts >= MANY:
                self.load.end()
            gate.inserts = 0
            if loop is None:
                return self.fire(left, timeout, trace)
            awaiting = self.events.awaiting
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
        holds_back = False
        raises = self.on_error == "raise"
        try:
            while True:
                if engine.matcher.failures:
                    self.report_failures()
                stretch = left if 0 <= left <= STRETCH else STRETCH
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
                    if not holds_back:
                        hold_back()
                        holds_back = True
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
            if holds_back:
                let_go()
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
        what = f"a condition of {'query' if place.of_query else 'rule'} '{names}' failed"
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
        if not isinstance(cause, (RuleEngineError, EvaluationError)):
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
