"""Evaluators of comparisons, of `in` and of `matches`.

They answer through `holds` without making a value. Comparing two collections takes as long as
they are large, so where an expression may do it in a loop (`charged`), that is taken from the
budget.
"""

from __future__ import annotations

from typing import final

from rete_engine.expressions.equality import equal
from rete_engine.expressions.frame import Frame, Node
from rete_engine.expressions.order import less, less_equal
from rete_engine.expressions.storing import size


def charge(a: object, b: object, frame: Frame) -> None:
    """Take from the budget what comparing two values may cost."""
    if isinstance(a, (list, tuple, dict, set)) and isinstance(b, (list, tuple, dict, set)):
        limits = frame.context.limits
        frame.spend(size(a, limits) + size(b, limits))
    elif isinstance(a, str) and isinstance(b, str):
        frame.spend(min(len(a), len(b)) >> 10)


class Comparison(Node):
    """A comparison of two operands."""

    __slots__ = ("charged", "left", "right")

    def __init__(self, left: Node, right: Node, charged: bool) -> None:
        self.left = left
        self.right = right
        self.charged = charged

    def evaluate(self, frame: Frame) -> object:
        return self.holds(frame)

    def sign(self) -> str:
        """The operator as written."""
        raise NotImplementedError

    def key(self) -> str:
        return f"({self.left.key()} {self.sign()} {self.right.key()})"


@final
class Equal(Comparison):
    """`left == right`."""

    __slots__ = ()

    def holds(self, frame: Frame) -> bool:
        a = self.left.evaluate(frame)
        b = self.right.evaluate(frame)
        if self.charged or frame.depth > 0:
            charge(a, b, frame)
        return equal(a, b)

    def sign(self) -> str:
        return "=="


@final
class NotEqual(Comparison):
    """`left != right`."""

    __slots__ = ()

    def holds(self, frame: Frame) -> bool:
        a = self.left.evaluate(frame)
        b = self.right.evaluate(frame)
        if self.charged or frame.depth > 0:
            charge(a, b, frame)
        return not equal(a, b)

    def sign(self) -> str:
        return "!="


@final
class Less(Comparison):
    """`left < right`."""

    __slots__ = ()

    def holds(self, frame: Frame) -> bool:
        a = self.left.evaluate(frame)
        b = self.right.evaluate(frame)
        if self.charged or frame.depth > 0:
            charge(a, b, frame)
        return less(a, b)

    def sign(self) -> str:
        return "<"


@final
class LessEqual(Comparison):
    """`left <= right`."""

    __slots__ = ()

    def holds(self, frame: Frame) -> bool:
        a = self.left.evaluate(frame)
        b = self.right.evaluate(frame)
        if self.charged or frame.depth > 0:
            charge(a, b, frame)
        return less_equal(a, b)

    def sign(self) -> str:
        return "<="


@final
class Greater(Comparison):
    """`left > right`."""

    __slots__ = ()

    def holds(self, frame: Frame) -> bool:
        a = self.left.evaluate(frame)
        b = self.right.evaluate(frame)
        if self.charged or frame.depth > 0:
            charge(a, b, frame)
        return less(b, a)

    def sign(self) -> str:
        return ">"


@final
class GreaterEqual(Comparison):
    """`left >= right`."""

    __slots__ = ()

    def holds(self, frame: Frame) -> bool:
        a = self.left.evaluate(frame)
        b = self.right.evaluate(frame)
        if self.charged or frame.depth > 0:
            charge(a, b, frame)
        return less_equal(b, a)

    def sign(self) -> str:
        return ">="


@final
class IsNone(Node):
    """`operand is none`, or `is not none` when negated."""

    __slots__ = ("negated", "operand")

    def __init__(self, operand: Node, negated: bool) -> None:
        self.operand = operand
        self.negated = negated

    def evaluate(self, frame: Frame) -> object:
        return self.holds(frame)

    def holds(self, frame: Frame) -> bool:
        return (self.operand.evaluate(frame) is None) is not self.negated

    def key(self) -> str:
        return f"({self.operand.key()} {'is not' if self.negated else 'is'} none)"
