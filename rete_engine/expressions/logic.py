"""Evaluators of `and`, `or`, `not` and `a if c else b`, and the reset of the budget."""

from __future__ import annotations

from typing import final

from rete_engine.expressions.frame import Frame, Node


@final
class And(Node):
    """`a and b and …`: the first operand that counts as false, else the last."""

    __slots__ = ("operands",)

    def __init__(self, operands: list[Node]) -> None:
        self.operands = operands

    def evaluate(self, frame: Frame) -> object:
        value: object = None
        for operand in self.operands:
            value = operand.evaluate(frame)
            if not value:
                break
        return value

    def holds(self, frame: Frame) -> bool:
        for operand in self.operands:  # noqa: SIM110 - a loop compiles to less
            if not operand.holds(frame):
                return False
        return True

    def key(self) -> str:
        return f"({' and '.join([operand.key() for operand in self.operands])})"


@final
class Or(Node):
    """`a or b or …`: the first operand that counts as true, else the last."""

    __slots__ = ("operands",)

    def __init__(self, operands: list[Node]) -> None:
        self.operands = operands

    def evaluate(self, frame: Frame) -> object:
        value: object = None
        for operand in self.operands:
            value = operand.evaluate(frame)
            if value:
                break
        return value

    def holds(self, frame: Frame) -> bool:
        for operand in self.operands:  # noqa: SIM110
            if operand.holds(frame):
                return True
        return False

    def key(self) -> str:
        return f"({' or '.join([operand.key() for operand in self.operands])})"


@final
class Not(Node):
    """`not operand`."""

    __slots__ = ("operand",)

    def __init__(self, operand: Node) -> None:
        self.operand = operand

    def evaluate(self, frame: Frame) -> object:
        return not self.operand.holds(frame)

    def holds(self, frame: Frame) -> bool:
        return not self.operand.holds(frame)

    def key(self) -> str:
        return f"(not {self.operand.key()})"


@final
class Conditional(Node):
    """`then if test else otherwise`."""

    __slots__ = ("otherwise", "test", "then")

    def __init__(self, test: Node, then: Node, otherwise: Node) -> None:
        self.test = test
        self.then = then
        self.otherwise = otherwise

    def evaluate(self, frame: Frame) -> object:
        if self.test.holds(frame):
            return self.then.evaluate(frame)
        return self.otherwise.evaluate(frame)

    def holds(self, frame: Frame) -> bool:
        if self.test.holds(frame):
            return self.then.holds(frame)
        return self.otherwise.holds(frame)

    def key(self) -> str:
        return f"({self.then.key()} if {self.test.key()} else {self.otherwise.key()})"


@final
class Metered(Node):
    """The root of an expression that can spend steps: it begins with a full budget.

    Inside a function's body the budget is that of the expression that called it.
    """

    __slots__ = ("root",)

    def __init__(self, root: Node) -> None:
        self.root = root

    def evaluate(self, frame: Frame) -> object:
        if frame.depth == 0:
            frame.steps = frame.context.limits.steps
        return self.root.evaluate(frame)

    def holds(self, frame: Frame) -> bool:
        if frame.depth == 0:
            frame.steps = frame.context.limits.steps
        return self.root.holds(frame)

    def key(self) -> str:
        return self.root.key()
