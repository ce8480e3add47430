"""What an evaluation reads: the match, local variables, the session's constants, its budget.

A match is a chain of links, one per joined condition, newest first. The item of a link is a
record (the fact that a pattern matched), a value (that a condition computed), or None where a
condition adds nothing (a `not`). The compiler knows the length of every chain, so a variable is
a number of steps up and the position of a field: no names at run time.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Final, final

from rete_engine.diagnostics.errors import SecurityError
from rete_engine.expressions.native import mypyc_attr
from rete_engine.expressions.types import Type

if TYPE_CHECKING:
    from rete_engine.expressions.calls import ExternalFunction


@final
class Limits:
    """Bounds on one evaluation and on a whole session; every one must be positive.

    Attributes:
        steps: Loop turns, calls and elements handled in one evaluation.
        value: Elements of a collection, characters of a string, words of 32 bits of an int.
        depth: Calls of functions within each other.
        facts: Live facts of a session.
        tokens: Partial matches and activations held by a session.
        seconds: Seconds that one call of a session's methods may take; None for no bound. It is
            looked at while facts are matched, too, where the timeout of a run is not.

    Example:
        >>> Limits(steps=10_000).steps
        10000
    """

    __slots__ = ("depth", "facts", "seconds", "steps", "tokens", "value")

    # The arguments are taken as objects: compiled code would refuse others than ints on its own,
    # with another error than interpreted code gives.
    def __init__(
        self,
        steps: object = 1_000_000,
        value: object = 1_000_000,
        depth: object = 50,
        facts: object = 10_000_000,
        tokens: object = 50_000_000,
        seconds: object = None,
    ) -> None:
        self.steps: Final = positive("steps", steps)
        self.value: Final = positive("value", value)
        self.depth: Final = positive("depth", depth)
        self.facts: Final = positive("facts", facts)
        self.tokens: Final = positive("tokens", tokens)
        self.seconds: Final = None if seconds is None else positive_number("seconds", seconds)

    def __repr__(self) -> str:
        return (
            f"Limits(steps={self.steps}, value={self.value}, depth={self.depth},"
            f" facts={self.facts}, tokens={self.tokens}, seconds={self.seconds})"
        )


def positive(name: str, number: object) -> int:
    """A limit as given.

    Raises:
        ValueError: It is no positive whole number.
    """
    if type(number) is not int or number < 1:
        raise ValueError(f"limit '{name}' must be a positive whole number, not {number!r}")
    return number


def positive_number(name: str, number: object) -> float:
    """A limit that may have a fraction, as given.

    Raises:
        ValueError: It is no positive number.
    """
    if isinstance(number, bool) or not isinstance(number, (int, float)) or not number > 0:
        raise ValueError(f"limit '{name}' must be a positive number, not {number!r}")
    return float(number)


class RecordType:
    """The shape of records: a template as far as evaluating expressions needs it."""

    __slots__ = ("ancestors", "name", "open", "positions")

    def __init__(
        self, name: str, positions: dict[str, int], ancestors: frozenset[str], open: bool
    ) -> None:
        self.name = name
        self.positions = positions  # field name -> index in a record's values
        self.ancestors = ancestors  # names of the templates that it extends, and its own
        self.open = open  # an open template keeps its further fields as a dict in values[0]


class Record:
    """A fact as far as expressions see it: its template and its field values.

    The values are replaced as a whole when the fact is modified, never changed in place.
    Two records are equal when they are the same one.
    """

    __slots__ = ("number", "type", "values")

    def __init__(self, type: RecordType, values: tuple[object, ...], number: int = 0) -> None:
        self.type = type
        self.values = values
        self.number = number  # in the order of creation: how a set of records is iterated


@final
class Answer(Record):
    """An answer of a query: the values of its variables. Nothing keeps it but an action."""

    __slots__ = ()


@mypyc_attr(acyclic=True)
class Link:
    """One step of a match: the item that a condition added, and the rest of the match."""

    __slots__ = ("item", "parent")

    def __init__(self, parent: Link | None, item: object) -> None:
        self.parent = parent
        self.item = item


@final
class Accumulating:
    """An accumulator that the program provides: functions from a state and a value to a state."""

    __slots__ = ("add", "init", "remove", "result")

    def __init__(
        self,
        init: Callable[[], object],
        add: Callable[[object, object], object],
        remove: Callable[[object, object], object] | None,
        result: Callable[[object], object],
    ) -> None:
        self.init = init
        self.add = add
        self.remove = remove  # None: the state of fewer values is made anew of those left
        self.result = result


@final
class Context:
    """What is constant while a session is open: parameters, functions, clock and limits."""

    __slots__ = (
        "accumulators", "answers", "ask", "clock", "externals", "functions", "limits", "locals",
        "params",
    )  # fmt: skip

    def __init__(
        self,
        limits: Limits,
        params: tuple[object, ...],
        functions: tuple[Function, ...],
        externals: tuple[ExternalFunction, ...],
        clock: Callable[[], datetime],
        locals: int,
        accumulators: tuple[Accumulating, ...] = (),
    ) -> None:
        self.limits = limits
        self.params = params  # by number, see tree.ParamRef
        self.functions = functions  # the language's own, by number, see tree.FunctionRef
        self.externals = externals  # provided by the program, by number
        self.accumulators = accumulators  # provided by the program, by number
        self.clock = clock
        self.locals = locals  # how many local variables any expression of the rules needs
        # Asks a query, given by its number, with these arguments; set while a session is open.
        self.ask: Callable[[int, list[object]], list[object]] | None = None
        self.answers = 0  # how many were made: gives each its number


@final
class Frame:
    """One evaluation under way. A session keeps one frame and points it at match after match."""

    __slots__ = ("context", "deadline", "depth", "link", "locals", "overlay", "record", "steps")

    def __init__(self, context: Context, locals: int) -> None:
        self.context = context
        self.link: Link | None = None  # the match so far
        self.record: Record | None = None  # the fact that is being tested against it
        self.locals: list[object] = [None] * locals
        self.overlay: dict[Record, tuple[object, ...]] | None = None  # pending values in actions
        self.steps = context.limits.steps  # what is left to spend
        self.depth = 0  # calls of functions around this evaluation
        self.deadline = -1.0  # the `monotonic()` at which matching is given up; negative for never

    def spend(self, steps: int) -> None:
        """Take steps from the budget of this evaluation.

        Raises:
            SecurityError: The budget is used up.
        """
        self.steps -= steps
        if self.steps < 0:
            raise SecurityError(
                f"an evaluation took more than {self.context.limits.steps} steps"
                " (Limits(steps=…) sets the bound)"
            )


class Node:
    """An evaluator: the compiled form of one expression node."""

    __slots__ = ()

    def evaluate(self, frame: Frame) -> object:
        """The value of the expression."""
        raise NotImplementedError

    def holds(self, frame: Frame) -> bool:
        """Whether the value counts as true; comparisons answer without making a value."""
        return bool(self.evaluate(frame))

    def key(self) -> str:
        """A text that two evaluators share exactly when they compute the same thing.

        Node sharing in the network rests on it, and pictures of the network show it.
        """
        raise NotImplementedError


@final
class Function:
    """A function written in the language: its body over numbered local variables."""

    __slots__ = ("body", "locals", "name", "parameters", "result")

    def __init__(
        self, name: str, parameters: int, locals: int, body: Node, result: Type | None = None
    ) -> None:
        self.name = name
        self.parameters = parameters  # how many; they are the first locals
        self.locals = locals  # how many in all
        self.body = body
        self.result = result  # the type that each value is checked against, if it can be another
