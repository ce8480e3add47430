"""External functions: how the program's functions are called by rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import final

from rete_engine.diagnostics.diagnostic import did_you_mean
from rete_engine.diagnostics.errors import SessionError
from rete_engine.expressions.calls import ExternalFunction
from rete_engine.network.compiled import External
from rete_engine.session.events import Events
from rete_engine.session.translation import Translator


@final
class Provided(ExternalFunction):
    """A function of the program, with facts translated both ways.

    What is neither a fact nor a collection is handed over as it is, without a call of the
    translator: of a firing that calls a function, half the time went into the calls around it.
    """

    __slots__ = ("events", "name", "translator")

    def __init__(
        self,
        name: str,
        function: Callable[..., object],
        translator: Translator,
        events: Events,
    ) -> None:
        super().__init__(function)
        self.name = name
        self.translator = translator
        self.events = events

    def call(self, arguments: list[object]) -> object:
        """What the function answers, waited for where it is async."""
        translator = self.translator
        for index in range(len(arguments)):
            value = arguments[index]
            if not (value is None or isinstance(value, (str, int, float))):
                arguments[index] = translator.outward(value)
        # One argument alone needs no tuple.
        function = self.function
        answer = function(arguments[0]) if len(arguments) == 1 else function(*arguments)
        kind = type(answer)
        if answer is None or kind is int or kind is str or kind is float or kind is bool:
            return answer
        if hasattr(kind, "__await__"):
            answer = self.events.waiter().value(f"the function '{self.name}'", answer)
        return translator.inward(answer)


def provide(
    externals: tuple[External, ...],
    functions: Mapping[str, Callable[..., object]],
    translator: Translator,
    events: Events,
) -> tuple[ExternalFunction, ...]:
    """The functions in the order of their declarations.

    Raises:
        SessionError: One is not provided, or cannot be called.
    """
    found: list[ExternalFunction] = []
    for external in externals:
        function = functions.get(external.name)
        if function is None:
            hint = did_you_mean(external.name, functions)
            near = f"; of those given, {hint}" if hint else ""
            raise SessionError(
                f"the external function '{external.name}' ({external.place}) is not provided;"
                f" give it in functions={{'{external.name}': …}}{near}"
            )
        if not callable(function):
            raise SessionError(f"functions['{external.name}'] cannot be called: {function!r}")
        found.append(Provided(external.name, function, translator, events))
    return tuple(found)
