"""Evaluators of calls: built-in functions, methods, the language's functions and external ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import final

from rete_engine.diagnostics.errors import SecurityError
from rete_engine.expressions.conversions import Builtin
from rete_engine.expressions.displays import evaluated, keys_of
from rete_engine.expressions.errors import EvaluationError, Misfit
from rete_engine.expressions.frame import Frame, Node
from rete_engine.expressions.functions import FUNCTIONS
from rete_engine.expressions.methods import call_method
from rete_engine.expressions.signatures import MISSING
from rete_engine.expressions.storing import export, size, store
from rete_engine.expressions.types import Type


@final
class NotGiven(Node):
    """An optional argument that a call does not give."""

    __slots__ = ()

    def evaluate(self, frame: Frame) -> object:
        return MISSING

    def key(self) -> str:
        return "-"


@final
class CallBuiltin(Node):
    """`len(x)`."""

    __slots__ = ("arguments", "function", "name")

    def __init__(self, name: str, arguments: list[Node]) -> None:
        self.name = name
        self.function: Builtin = FUNCTIONS[name]
        self.arguments = arguments

    def evaluate(self, frame: Frame) -> object:
        frame.spend(1)
        return self.function(evaluated(self.arguments, frame), frame)

    def key(self) -> str:
        return f"{self.name}({keys_of(self.arguments)})"


@final
class CallMethod(Node):
    """`x.lower()`, or `x?.lower()` which is none where x is none."""

    __slots__ = ("arguments", "name", "optional", "target")

    def __init__(self, target: Node, name: str, optional: bool, arguments: list[Node]) -> None:
        self.target = target
        self.name = name
        self.optional = optional
        self.arguments = arguments

    def evaluate(self, frame: Frame) -> object:
        frame.spend(1)
        value = self.target.evaluate(frame)
        if value is None and self.optional:
            return None
        return call_method(self.name, value, evaluated(self.arguments, frame), frame)

    def key(self) -> str:
        sign = "?." if self.optional else "."
        return f"({self.target.key()}){sign}{self.name}({keys_of(self.arguments)})"


@final
class CallFunction(Node):
    """The call of a function written in the language."""

    __slots__ = ("arguments", "index")

    def __init__(self, index: int, arguments: list[Node]) -> None:
        self.index = index
        self.arguments = arguments

    def evaluate(self, frame: Frame) -> object:
        context = frame.context
        frame.spend(1)
        if frame.depth >= context.limits.depth:
            raise SecurityError(
                f"calls are nested deeper than {context.limits.depth} levels"
                " (Limits(depth=…) sets the bound)"
            )
        function = context.functions[self.index]
        inner = Frame(context, function.locals)
        for position in range(len(self.arguments)):
            inner.locals[position] = self.arguments[position].evaluate(frame)
        inner.steps = frame.steps
        inner.depth = frame.depth + 1
        inner.overlay = frame.overlay
        try:
            value = function.body.evaluate(inner)
        except RecursionError:
            raise SecurityError("calls are nested deeper than Python allows") from None
        frame.steps = inner.steps
        if function.result is None:
            return value
        if isinstance(value, (list, tuple, dict, set, frozenset)):
            frame.spend(size(value, context.limits))  # all of it is walked over
        return checked(function.name, value, function.result, frame)

    def key(self) -> str:
        return f"function{self.index}({keys_of(self.arguments)})"


class ExternalFunction:
    """A function that the program provides, as rules call it."""

    __slots__ = ("function",)

    def __init__(self, function: Callable[..., object]) -> None:
        self.function = function

    def call(self, arguments: list[object]) -> object:
        """What the function answers to copies of the arguments; its exceptions pass through."""
        return self.function(*[export(value) for value in arguments])


@final
class CallExternal(Node):
    """The call of a function that the program provides; its own exceptions pass through."""

    __slots__ = ("arguments", "index", "name", "result")

    def __init__(self, index: int, name: str, arguments: list[Node], result: Type) -> None:
        self.index = index
        self.name = name
        self.arguments = arguments
        self.result = result

    def evaluate(self, frame: Frame) -> object:
        frame.spend(1)
        value = frame.context.externals[self.index].call(evaluated(self.arguments, frame))
        return checked(self.name, value, self.result, frame)

    def key(self) -> str:
        return f"external{self.index}({keys_of(self.arguments)})"


@final
class CallQuery(Node):
    """The call of a query in an action: a list of its answers."""

    __slots__ = ("arguments", "index", "name")

    def __init__(self, index: int, name: str, arguments: list[Node]) -> None:
        self.index = index
        self.name = name
        self.arguments = arguments

    def evaluate(self, frame: Frame) -> object:
        frame.spend(1)
        ask = frame.context.ask
        if ask is None:
            raise EvaluationError(f"the query '{self.name}' cannot be asked here")
        answers = ask(self.index, evaluated(self.arguments, frame))
        frame.spend(size(answers, frame.context.limits))
        return answers

    def key(self) -> str:
        return f"query{self.index}({keys_of(self.arguments)})"


@final
class Convert(Node):
    """A value as one of a type: an argument of a query, which is checked as a field would be."""

    __slots__ = ("type", "value", "what")

    def __init__(self, value: Node, type: Type, what: str) -> None:
        self.value = value
        self.type = type
        self.what = what  # for errors

    def evaluate(self, frame: Frame) -> object:
        value = self.value.evaluate(frame)
        if isinstance(value, (list, tuple, dict, set, frozenset)):
            frame.spend(size(value, frame.context.limits))
        try:
            return store(value, self.type, frame.context.limits)
        except Misfit as error:
            raise EvaluationError(f"{self.what}: {error}") from None

    def key(self) -> str:
        return f"({self.value.key()} as {self.type})"


def checked(name: str, value: object, result: Type, frame: Frame) -> object:
    """What a function answered with, as a value of its result's type.

    Raises:
        EvaluationError: It is of another type.
    """
    try:
        return store(value, result, frame.context.limits)
    except Misfit as error:
        raise EvaluationError(f"the result of {name}(): {error}") from None
