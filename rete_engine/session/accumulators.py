"""Accumulators of a program: what `RuleSet.load(accumulators=…)` takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rete_engine.expressions.frame import Accumulating
from rete_engine.expressions.signatures import BUILTINS
from rete_engine.expressions.types import BUILTIN_TYPES
from rete_engine.network.accumulates import BUILT_IN
from rete_engine.session.translation import Translator

#: Names that conditions or expressions give a meaning of their own.
TAKEN = frozenset([*BUILT_IN, *BUILTINS, *BUILTIN_TYPES])


class Accumulator:
    """How values are accumulated, for a name that rules use like `sum`.

    A state begins as `init()`. `add(state, value)` and `remove(state, value)` answer with the new
    state; one that changes the state in place may answer with None. `result(state)` is what the
    rule gets; None says that there is no result, and the condition does not hold.

    With `remove`, a value that comes or goes costs one call; values may then be added in any
    order. Without it, the state is made anew of the values that are left, in the order in which
    their facts were inserted. The same happens where a value is a fact, since it may have changed
    since it was added. `none` is never added. What a function raises is an error of the condition.

    Attributes:
        init: Makes the state of no values.
        add: Adds a value to a state.
        remove: Takes a value, which was added before, out of a state; None where that cannot be.
        result: The result of a state; by default the state itself.

    Raises:
        TypeError: One of them cannot be called.

    Example:
        >>> from rete_engine import RuleSet
        >>> product = Accumulator(
        ...     init=lambda: 1,
        ...     add=lambda state, value: state * value,
        ...     remove=lambda state, value: state // value,
        ... )
        >>> rules = RuleSet.parse(
        ...     '''
        ... template Factor
        ...     n: int
        ... end
        ... rule "all"
        ... when
        ...     p := product(n for Factor(n > 0))
        ... then
        ...     emit p
        ... end
        ... ''',
        ...     accumulators={"product": product},
        ... )
        >>> with rules.session() as session:
        ...     _ = session.insert_many("Factor", [{"n": 2}, {"n": 3}, {"n": 7}])
        ...     session.run().outputs
        [42]
    """

    __slots__ = ("add", "init", "remove", "result")

    def __init__(
        self,
        init: Callable[[], Any],
        add: Callable[[Any, Any], Any],
        remove: Callable[[Any, Any], Any] | None = None,
        result: Callable[[Any], Any] | None = None,
    ) -> None:
        for name, function in (("init", init), ("add", add)):
            if not callable(function):
                raise TypeError(f"an Accumulator's {name} is a function, not {function!r}")
        for name, optional in (("remove", remove), ("result", result)):
            if optional is not None and not callable(optional):
                raise TypeError(f"an Accumulator's {name} is a function or None, not {optional!r}")
        self.init = init
        self.add = add
        self.remove = remove
        self.result = result


def checked_accumulators(given: Mapping[str, Accumulator] | None) -> dict[str, Accumulator]:
    """The accumulators that a program gives, by name.

    Raises:
        TypeError: They are no mapping of names to accumulators.
        ValueError: A name cannot be used.
    """
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise TypeError("accumulators is a mapping of names to Accumulators")
    named: list[tuple[object, object]] = [*given.items()]  # whatever a program gives
    for name, accumulator in named:
        if not isinstance(name, str) or not name.isidentifier() or name.startswith("_"):
            raise ValueError(f"{name!r} cannot be the name of an accumulator")
        if name in TAKEN:
            raise ValueError(f"'{name}' is built in: give the accumulator another name")
        if not isinstance(accumulator, Accumulator):
            raise TypeError(f"accumulators['{name}'] is an Accumulator, not {accumulator!r}")
    return dict(given)


def accumulating(accumulator: Accumulator, translator: Translator) -> Accumulating:
    """An accumulator as the engine calls it: facts are translated both ways."""
    add, remove, result = accumulator.add, accumulator.remove, accumulator.result

    def adding(state: object, value: object) -> object:
        answer = add(state, translator.outward(value))
        return state if answer is None else answer

    def removing(state: object, value: object) -> object:
        assert remove is not None
        answer = remove(state, translator.outward(value))
        return state if answer is None else answer

    def resulting(state: object) -> object:
        return translator.inward(state if result is None else result(state))

    return Accumulating(accumulator.init, adding, None if remove is None else removing, resulting)
