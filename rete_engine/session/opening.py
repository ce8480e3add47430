"""What a session is opened with: options, parameters, a strategy, facts blocks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from rete_engine.diagnostics.diagnostic import did_you_mean
from rete_engine.diagnostics.errors import FactError, SecurityError, SessionError
from rete_engine.expressions.frame import Context, Frame, Limits
from rete_engine.expressions.values import EvaluationError, Misfit, shown, store
from rete_engine.network.compiled import Compiled
from rete_engine.runtime.activations import Activation
from rete_engine.runtime.agenda import Agenda, Strategy
from rete_engine.runtime.engine import Engine, StatementFailure
from rete_engine.runtime.errors import StrategyError
from rete_engine.runtime.strategies import STRATEGIES, Descending, named_strategy
from rete_engine.session.events import Events
from rete_engine.session.running import ON_ERROR
from rete_engine.session.translation import Translator


def check_options(
    on_error: str,
    strategy: object,
    params: object,
    seed: object,
    clock: object,
    out: object,
    limits: object,
) -> None:
    """Refuse options that would fail only later, in the midst of a run.

    Raises:
        SessionError: One is of the wrong kind.
    """
    if on_error not in ON_ERROR:
        raise SessionError(f"on_error is one of {', '.join(ON_ERROR)}, not {on_error!r}")
    if not callable(strategy) and strategy not in STRATEGIES:
        raise SessionError(
            f"unknown strategy {strategy!r}; it is one of {', '.join(STRATEGIES)}, or a function"
        )
    # Asking for an abstract class takes longer than the rest of this.
    if type(params) is not dict and not isinstance(params, Mapping):
        raise SessionError(f"params is a mapping of names to values, not {params!r}")
    if type(seed) is not int:
        raise SessionError(f"seed is a whole number, not {shown(seed)}")
    if clock is not None and not callable(clock):
        raise SessionError(f"clock is a function, not {clock!r}")
    if out is not None and not callable(out):
        raise SessionError(f"out is a function, not {out!r}")
    if not isinstance(limits, Limits):
        raise SessionError(f"limits is a Limits(…), not {limits!r}")


def param_values(
    given: Mapping[str, object], compiled: Compiled, context: Context, translator: Translator
) -> tuple[object, ...]:
    """The value of every parameter; `context` has those before one while its default is made.

    Raises:
        FactError: One is unknown, missing, or not of its type.
    """
    if not (given or compiled.params):
        return ()
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


def make_agenda(strategy: str | Callable[[Any], Any], seed: int, events: Events) -> Agenda:
    """An empty agenda with a strategy: a name, or the program's function."""
    if not callable(strategy):
        return Agenda(named_strategy(strategy, seed))

    def order(activation: Activation) -> tuple[object, ...]:
        try:
            key = strategy(events.waiting(activation.reading, activation.salience, activation))
        except Exception as error:
            raise StrategyError(f"the strategy failed: {error!r}") from error
        return (-activation.salience, Descending(key), -activation.number)

    return Agenda(Strategy(order, depth=True))


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
    if not compiled.facts:
        return
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


def quick_insert(insert: Callable[[object, dict[str, object]], object]) -> Callable[..., Any]:
    """What stands in an open session for `Session.insert`, which says what it does.

    It is a function because Python gathers keywords for one faster than for compiled code, and
    one of the session's own because that spares the frames and lookups of a method.
    """

    def quick(template: Any, /, **fields: Any) -> Any:
        return insert(template, fields)

    quick.__name__ = "insert"  # the name that Python puts into a TypeError
    quick.__qualname__ = "Session.insert"
    return quick
