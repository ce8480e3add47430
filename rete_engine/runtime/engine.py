"""The recognise-act loop: one session's working memory, matcher and agenda at work."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Final, cast, final

from rete_engine.expressions.errors import EvaluationError, Misfit
from rete_engine.expressions.frame import Context, Link, Node
from rete_engine.network.network import Network
from rete_engine.network.nodes import ProductionSpec
from rete_engine.network.rules import ReadingSpec, RuleSpec
from rete_engine.network.statements import Statement
from rete_engine.runtime.actions import Execution
from rete_engine.runtime.activations import Activation, Deferred, Ending
from rete_engine.runtime.agenda import Agenda
from rete_engine.runtime.closing import take_apart
from rete_engine.runtime.conditions import Failure, matched_by, values_within
from rete_engine.runtime.errors import SessionLimitError
from rete_engine.runtime.matcher import Matcher
from rete_engine.runtime.memory import Element, Token
from rete_engine.runtime.origins import origin_of
from rete_engine.runtime.queries import Queries
from rete_engine.runtime.soles import SoleEnding
from rete_engine.runtime.working_memory import WorkingMemory

QUIESCENT: Final = "quiescent"
HALTED: Final = "halted"
LIMIT: Final = "limit"
TIMEOUT: Final = "timeout"

#: How many of the last firings are looked at to name the rules of a loop.
LOOP_WINDOW: Final = 200


@final
class Fired:
    """A rule that fired: what it was and what it had bound."""

    __slots__ = ("bindings", "elements", "rule", "values")

    def __init__(
        self, rule: RuleSpec, bindings: dict[str, object], elements: list[Element]
    ) -> None:
        self.rule = rule
        self.bindings = bindings
        self.elements = elements
        # Of the facts that are bound, or are within what is: as they were before its changes.
        self.values: dict[Element, tuple[object, ...]] = {}
        values_within(bindings, self.values)


@final
class Candidate:
    """A match that waits, as a look at the agenda finds it: made or not."""

    __slots__ = ("link", "reading", "salience")

    def __init__(self, reading: ReadingSpec, salience: int, link: Link) -> None:
        self.reading = reading
        self.salience = salience
        self.link = link  # the end of the match


@final
class ActionFailure(Exception):  # noqa: N818 - the session turns it into a RuleExecutionError
    """An action raised: where, on which facts, and what."""

    def __init__(self, activation: Activation, line: int, cause: BaseException) -> None:
        super().__init__(str(cause))
        self.activation = activation
        self.rule = activation.rule
        self.line = line
        self.elements = matched_by(activation.reading, activation)
        self.cause = cause
        self.count = 0  # how many fired before it in the run


@final
class StatementFailure(Exception):  # noqa: N818 - the session turns it into an error of its own
    """A statement outside of any rule raised: which one, and what."""

    def __init__(self, position: int, cause: Exception) -> None:
        super().__init__(str(cause))
        self.position = position
        self.cause = cause


class Host:
    """Whom the engine tells what actions say; the session's `Events` are one."""

    __slots__ = ()

    def output(self, value: object) -> None:
        """Take an emitted value."""
        raise NotImplementedError

    def say(self, text: str) -> None:
        """Take a printed line."""
        raise NotImplementedError

    def log(self, level: str, message: str) -> None:
        """Take a logged message."""
        raise NotImplementedError

    def fired(self, fired: Fired) -> None:
        """Take a firing, when the engine `watches_firings`."""
        raise NotImplementedError

    def act(
        self, function: Callable[..., object], execution: Execution, activation: Activation
    ) -> None:
        """Call the action of a rule in Python."""
        raise NotImplementedError

    def remember(self, instance: object, element: Element) -> None:
        """Take an object that a rule in Python made a fact of."""
        raise NotImplementedError


@final
class Engine:
    """One session's state."""

    __slots__ = (
        "acting", "agenda", "context", "halted", "host", "matcher", "memory", "network", "queries",
        "recent", "records", "spare", "watches_firings",
    )  # fmt: skip

    def __init__(self, network: Network, context: Context, agenda: Agenda, host: Host) -> None:
        self.network = network
        self.context = context
        self.agenda = agenda
        self.host = host
        self.matcher = Matcher(network, context, agenda)
        self.memory = WorkingMemory(network, self.matcher, context.limits)
        self.queries = Queries(self.memory, self.matcher)
        self.spare: Execution | None = None  # for the next firing
        context.ask = self.ask
        self.acting = False  # whether an action is under way
        self.halted = False
        self.watches_firings = False
        self.records = True  # whether firings leave records of where facts come from
        self.recent: list[RuleSpec] = []  # the last firings, the newest at the end

    def run(self, limit: int, deadline: float, raises: bool) -> tuple[int, str]:
        """Fire until nothing waits, an action halts, or a bound is reached.

        Args:
            limit: The most firings to try; negative for no bound.
            deadline: The `time.monotonic()` at which to stop; negative for none.
            raises: Whether to stop when a condition failed, so that the caller can tell.

        Returns:
            How many fired, and why the run ended.

        Raises:
            ActionFailure: An action failed; its activation is off the agenda, nothing changed.
        """
        count = 0
        while True:
            if self.halted:
                return count, HALTED
            activation = self.next()
            if activation is None:
                return count, QUIESCENT
            if limit >= 0 and count >= limit:
                return count, LIMIT
            if deadline >= 0 and monotonic() >= deadline:
                return count, TIMEOUT
            try:
                self.fire(activation)
            except ActionFailure as failure:
                failure.count = count
                raise
            count += 1
            if raises and self.matcher.failures:
                return count, QUIESCENT

    def next(self) -> Activation | None:
        """The activation that fires next. One whose rule is not effective now is spent."""
        while True:
            activation = self.agenda.first()
            if activation is None or self.is_effective(activation.rule):
                return activation
            self.matcher.remove(activation)

    def is_effective(self, rule: RuleSpec) -> bool:
        """Whether a rule may fire today, by the session's clock."""
        period = rule.period
        if period is None:
            return True
        return period.holds(self.context.clock().date())

    def waiting(self, group: int, limit: int) -> list[Candidate]:
        """What waits and may fire now, the next one first; looking changes nothing.

        Args:
            group: The number of an agenda group; negative for those that will have the focus.
            limit: The most to list.
        """
        agenda = self.agenda
        found: list[Candidate] = []
        for entry in agenda.entries() if group < 0 else agenda.queue(group).entries():
            if len(found) >= limit:
                break
            if self.is_effective(entry.rule):
                links: list[Link] = [entry]
                if isinstance(entry, Deferred):
                    links = entry.ending.left_out(entry, limit - len(found))
                found.extend([Candidate(entry.reading, entry.salience, link) for link in links])
        return found

    def fire(self, activation: Activation) -> None:
        """Execute the action of an activation and propagate what it changed.

        Raises:
            ActionFailure: The action failed; the activation is off the agenda, still alive.
        """
        rule = activation.rule
        self.agenda.take(activation)
        execution = self.spare
        if execution is None:
            execution = Execution(self.memory, self.context)
        else:
            self.spare = None  # until this firing is through: what breaks off is not used again
        execution.begin(activation, rule.locals)
        self.acting = True
        try:
            if rule.function is None:
                execution.run(activation.reading.statements)
            else:
                execution.line = rule.line
                self.host.act(rule.function, execution, activation)
        except SessionLimitError:
            raise
        except Exception as error:
            raise ActionFailure(activation, execution.line, error) from error
        except BaseException:  # an interrupt: nothing was done, so the match waits again
            self.agenda.put_back(activation)
            raise
        finally:
            self.acting = False
        fired: Fired | None = None
        if self.watches_firings:
            reading = activation.reading
            fired = Fired(rule, self.bindings(reading, activation), matched_by(reading, activation))
        ending = activation.node
        if isinstance(ending, SoleEnding):
            ending.count(activation.reading)
        else:
            cast(Ending, ending).fired += 1
        recent = self.recent
        recent.append(rule)
        if len(recent) > 2 * LOOP_WINDOW:
            del recent[:LOOP_WINDOW]
        matcher = self.matcher
        if rule.rivalry >= 0:
            for rival in self.agenda.rivals_of(rule):
                matcher.remove(rival)
        changes = execution.changes
        derivations = changes.derivations
        if self.records and (changes.any() or derivations is not None):
            changes.origin = origin_of(activation)
        if derivations is None or not derivations.supported:  # else it stays, as their support
            matcher.spend(activation)
        if changes.any() or changes.inserts or derivations is not None:
            matcher.firing = rule.number
            changes.commit(activation)
            matcher.firing = -1
        # After the changes: what a firing inserts for a group is there before its focus.
        for group in execution.focuses:
            self.agenda.focus(group)
        host = self.host
        for instance, element in execution.objects.values():
            host.remember(instance, element)
        for value in execution.outputs:
            host.output(value)
        for line in execution.prints:
            host.say(line)
        for level, message in execution.logs:
            host.log(level, message)
        if execution.halted:
            self.halted = True
        execution.end()
        self.spare = execution
        if fired is not None:
            host.fired(fired)

    def fired(self, rule: RuleSpec) -> int:
        """How often a rule fired."""
        firings = self.matcher.alpha_network.soles.firings()
        count = sum([fired for reading, fired in firings.items() if reading.rule is rule])
        for node in self.matcher.live_nodes:
            spec = node.spec
            if isinstance(spec, ProductionSpec) and spec.reading.rule is rule:
                count += cast(Ending, node).fired
        return count

    def defer(self, wanted: bool) -> None:
        """Make matches when they come to the top, where the strategy allows it, or at once."""
        self.matcher.defers = wanted and self.agenda.strategy.defers()
        if not wanted:
            self.agenda.make_all()

    def bindings(self, reading: ReadingSpec, match: Link) -> dict[str, object]:
        """What the conditions bound, by name, in written order."""
        frame = self.matcher.frame
        frame.link = match
        frame.record = None
        return {name: node.evaluate(frame) for name, node in reading.bindings}

    def execute(self, statements: tuple[Statement, ...], locals: int) -> None:
        """Execute statements outside of any rule: the facts blocks.

        Raises:
            StatementFailure: A statement failed; nothing changed.
        """
        execution = Execution(self.memory, self.context)
        execution.begin(None, locals)
        for position in range(len(statements)):
            try:
                execution.execute(statements[position])
            except SessionLimitError:
                raise
            except Exception as error:
                raise StatementFailure(position, error) from error
        execution.changes.commit()

    def ask(self, number: int, values: list[object]) -> list[object]:
        """The answers of a query that an action asks.

        Raises:
            QueryFailure: A condition of it raised.
            EvaluationError: An argument is not of its parameter's type.
        """
        query = self.network.queries[number]
        try:
            arguments = self.queries.arguments(query, values)
        except Misfit as error:
            raise EvaluationError(str(error)) from None
        return list(self.queries.ask(query, arguments))

    def enabled(self, node: Node) -> bool:
        """Whether an `enabled` expression, over parameters alone, holds."""
        return node.holds(self.matcher.frame)

    def close(self) -> None:
        """End: let everything go, at once and without the help of the collector."""
        tokens: list[Token] = []
        self.agenda.close(tokens)
        self.context.ask = None
        memory = self.memory
        if memory.truth is not None:
            memory.truth.close(tokens)
        elements = memory.listed()
        self.queries.close(elements)
        take_apart(self.matcher, elements, tokens)
        memory.close()
        self.spare = None
        if self.recent:
            self.recent.clear()

    def take_failures(self) -> list[Failure]:
        """The conditions that raised since this was last asked."""
        failures = self.matcher.failures
        self.matcher.failures = []
        return failures
