"""External functions: how the program's functions are called by rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from rete_engine.diagnostics.errors import SessionError
from rete_engine.network.compiled import External
from rete_engine.session.awaiting import Awaiting
from rete_engine.session.translation import Translator


def provide(
    externals: Sequence[External],
    functions: Mapping[str, Callable[..., object]],
    translator: Translator,
    awaiting: Awaiting,
) -> tuple[Callable[..., object], ...]:
    """The functions in the order of their declarations, with facts translated both ways.

    Raises:
        SessionError: One is not provided, or cannot be called.
    """
    found: list[Callable[..., object]] = []
    for external in externals:
        function = functions.get(external.name)
        if function is None:
            raise SessionError(
                f"the external function '{external.name}' ({external.place}) is not provided;"
                f" give it in functions={{'{external.name}': …}}"
            )
        if not callable(function):
            raise SessionError(f"functions['{external.name}'] cannot be called: {function!r}")
        found.append(_translated(external.name, function, translator, awaiting))
    return tuple(found)


def _translated(
    name: str, function: Callable[..., object], translator: Translator, awaiting: Awaiting
) -> Callable[..., object]:
    def call(*arguments: object) -> object:
        answer = function(*[translator.outward(value) for value in arguments])
        return translator.inward(awaiting.value(f"the function '{name}'", answer))

    return call
