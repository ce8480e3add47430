"""What a session begins with, where it is more than nothing: params, facts blocks and so on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from rete_engine.diagnostics.diagnostic import did_you_mean
from rete_engine.diagnostics.errors import FactError, SecurityError, SessionError
from rete_engine.expressions.frame import Context, Frame
from rete_engine.expressions.values import EvaluationError, Misfit, shown, store
from rete_engine.network.compiled import Compiled
from rete_engine.runtime.activations import Activation
from rete_engine.runtime.agenda import Strategy
from rete_engine.runtime.engine import Engine, StatementFailure
from rete_engine.runtime.errors import StrategyError
from rete_engine.runtime.strategies import Descending
from rete_engine.session.events import Events
from rete_engine.session.translation import Translator


def param_values(
    given: Mapping[str, object] | None, compiled: Compiled, context: Context, translator: Translator
) -> tuple[object, ...]:
    """The value of every parameter; `context` has those before one while its default is made.

    Raises:
        FactError: One is unknown, missing, or not of its type.
    """
    given = given or {}
    known = {param.name for param in compiled.params}
    for name in given:
        if name not in known:
            hint = did_you_mean(str(name), known)
            listed = f" (params: {', '.join(sorted(known)) or 'none'})"
            raise FactError(f"unknown param '{name}'" + (f"; {hint}" if hint else listed))
    values: list[object] = []
    for param in compiled.params:
        if param.name in given:
            value = translator.inward(given[param.name])
        elif param.default is None:
            raise FactError(f"param '{param.name}' has no default and needs a value")
        else:
            context.params = tuple(values)
            try:
                value = param.default.evaluate(Frame(context, compiled.locals))
            except (EvaluationError, SecurityError) as error:
                raise FactError(f"param '{param.name}': {error}") from error
        try:
            values.append(store(value, param.type, context.limits))
        except Misfit as misfit:
            raise FactError(f"param '{param.name}': {misfit}") from None
    return tuple(values)


def own_clock(clock: Callable[[], datetime]) -> Callable[[], datetime]:
    """The clock that a function of the program is.

    It raises a `SessionError` where that does not tell the time.
    """

    def now() -> datetime:
        answer: object = clock()
        if not isinstance(answer, datetime):
            raise SessionError(
                f"the session's clock answers with {shown(answer)}, which is no datetime"
            )
        if answer.utcoffset() is None:
            raise SessionError(
                f"the session's clock answers with {answer!r}, which has no time zone:"
                " datetime.now(UTC) has one"
            )
        return answer

    return now


def own_strategy(strategy: Callable[[Any], Any], events: Events) -> Strategy:
    """The strategy that a function of the program is."""

    def order(activation: Activation) -> tuple[object, ...]:
        try:
            key = strategy(events.waiting(activation.reading, activation.salience, activation))
        except Exception as error:
            raise StrategyError(f"the strategy failed: {error!r}") from error
        return (-activation.salience, Descending(key), -activation.number)

    return Strategy(order, depth=True)


def switch_off(engine: Engine) -> None:
    """Turn off the rules whose `enabled` is false.

    Raises:
        SessionError: One has no value.
    """
    for rule in engine.network.switched:
        if rule.enabled is not None:
            try:
                enabled = engine.enabled(rule.enabled)
            except (EvaluationError, SecurityError) as error:
                raise SessionError(f"enabled of rule '{rule.name}': {error}") from error
            if not enabled:
                engine.agenda.disable(rule)


def insert_declared(engine: Engine, compiled: Compiled) -> None:
    """Insert what the facts blocks say.

    Raises:
        FactError: A value cannot be made, or does not fit.
        SecurityError: It takes more than the session's limits allow.
    """
    try:
        engine.execute(compiled.facts, compiled.facts_locals)
    except StatementFailure as failure:
        cause = failure.cause
        message = f"in a facts block ({compiled.facts_places[failure.position]}): {cause}"
        try:
            if isinstance(cause, (EvaluationError, FactError)):
                raise FactError(message) from cause
            if isinstance(cause, SecurityError):
                raise SecurityError(message) from cause
            raise cause from cause.__cause__  # of an external function
        finally:
            del cause  # it may hold this frame, and so the session that is not opened


def utc_now() -> datetime:
    """The clock of a session that is given none."""
    return datetime.now(UTC)
