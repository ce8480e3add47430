"""Evaluators of arithmetic; what the operators mean is in `arithmetic`."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import final

from rete_engine.expressions.arithmetic import (
    add,
    divide,
    floor_divide,
    modulo,
    multiply,
    power,
    subtract,
)
from rete_engine.expressions.equality import kind
from rete_engine.expressions.errors import EvaluationError
from rete_engine.expressions.frame import Frame, Node


class Binary(Node):
    """An operator with two operands."""

    __slots__ = ("left", "right")

    def __init__(self, left: Node, right: Node) -> None:
        self.left = left
        self.right = right

    def sign(self) -> str:
        """The operator as written."""
        raise NotImplementedError

    def key(self) -> str:
        return f"({self.left.key()} {self.sign()} {self.right.key()})"


@final
class Add(Binary):
    """`left + right`."""

    __slots__ = ()

    def evaluate(self, frame: Frame) -> object:
        return add(self.left.evaluate(frame), self.right.evaluate(frame), frame)

    def sign(self) -> str:
        return "+"


@final
class Subtract(Binary):
    """`left - right`."""

    __slots__ = ()

    def evaluate(self, frame: Frame) -> object:
        return subtract(self.left.evaluate(frame), self.right.evaluate(frame), frame)

    def sign(self) -> str:
        return "-"


@final
class Multiply(Binary):
    """`left * right`."""

    __slots__ = ()

    def evaluate(self, frame: Frame) -> object:
        return multiply(self.left.evaluate(frame), self.right.evaluate(frame), frame)

    def sign(self) -> str:
        return "*"


@final
class Divide(Binary):
    """`left / right`."""

    __slots__ = ()

    def evaluate(self, frame: Frame) -> object:
        return divide(self.left.evaluate(frame), self.right.evaluate(frame), frame)

    def sign(self) -> str:
        return "/"


@final
class FloorDivide(Binary):
    """`left // right`."""

    __slots__ = ()

    def evaluate(self, frame: Frame) -> object:
        return floor_divide(self.left.evaluate(frame), self.right.evaluate(frame), frame)

    def sign(self) -> str:
        return "//"


@final
class Modulo(Binary):
    """`left % right`."""

    __slots__ = ()

    def evaluate(self, frame: Frame) -> object:
        return modulo(self.left.evaluate(frame), self.right.evaluate(frame), frame)

    def sign(self) -> str:
        return "%"


@final
class Power(Binary):
    """`left ** right`."""

    __slots__ = ()

    def evaluate(self, frame: Frame) -> object:
        return power(self.left.evaluate(frame), self.right.evaluate(frame), frame)

    def sign(self) -> str:
        return "**"


@final
class Negative(Node):
    """`-operand`."""

    __slots__ = ("operand",)

    def __init__(self, operand: Node) -> None:
        self.operand = operand

    def evaluate(self, frame: Frame) -> object:
        value = self.operand.evaluate(frame)
        if isinstance(value, float):
            return -value
        if isinstance(value, int):
            return -value
        if isinstance(value, Decimal):
            return value.copy_negate() if value else value.copy_abs()
        if isinstance(value, timedelta):
            try:
                return -value
            except OverflowError:
                raise EvaluationError("the result is out of the range of durations") from None
        raise EvaluationError(f"cannot negate {kind(value)}")

    def key(self) -> str:
        return f"(-{self.operand.key()})"


@final
class Positive(Node):
    """`+operand`: the operand, which must be a number or a duration."""

    __slots__ = ("operand",)

    def __init__(self, operand: Node) -> None:
        self.operand = operand

    def evaluate(self, frame: Frame) -> object:
        value = self.operand.evaluate(frame)
        if isinstance(value, bool):
            return int(value)
        if isinstance(value, (int, float, Decimal, timedelta)):
            return value
        raise EvaluationError(f"cannot take the positive of {kind(value)}")

    def key(self) -> str:
        return f"(+{self.operand.key()})"
