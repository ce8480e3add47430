"""Evaluators of `in`, of `matches` and of chains of comparisons."""

from __future__ import annotations

from typing import final

from rete_engine.expressions.comparisons import Comparison, charge
from rete_engine.expressions.equality import equal, is_nan, kind
from rete_engine.expressions.errors import EvaluationError
from rete_engine.expressions.frame import Frame, Node
from rete_engine.expressions.order import less, less_equal
from rete_engine.expressions.patterns import Pattern, pattern_of
from rete_engine.expressions.reads import Constant, constant_key
from rete_engine.expressions.storing import is_hashable, size


def contains(container: object, item: object) -> bool:
    """Whether `item in container`: an element of a collection, a key of a dict, part of a string.

    False where the container is none. Elements are found by the language's equality.

    Raises:
        EvaluationError: The container is of a type that holds nothing.
    """
    if isinstance(container, str):
        return isinstance(item, str) and item in container
    if isinstance(container, (list, tuple)):
        for element in container:  # noqa: SIM110 - a loop compiles to less than a generator
            if equal(element, item):
                return True
        return False
    if isinstance(container, (set, frozenset, dict)):
        return is_hashable(item) and not is_nan(item) and item in container
    if container is None:
        return False
    raise EvaluationError(f"cannot look for an element in {kind(container)}")


@final
class In(Comparison):
    """`left in right`."""

    __slots__ = ()

    def holds(self, frame: Frame) -> bool:
        item = self.left.evaluate(frame)
        container = self.right.evaluate(frame)
        if self.charged or frame.depth > 0:
            charge_search(container, item, frame)
        return contains(container, item)

    def sign(self) -> str:
        return "in"


@final
class NotIn(Comparison):
    """`left not in right`."""

    __slots__ = ()

    def holds(self, frame: Frame) -> bool:
        item = self.left.evaluate(frame)
        container = self.right.evaluate(frame)
        if self.charged or frame.depth > 0:
            charge_search(container, item, frame)
        return not contains(container, item)

    def sign(self) -> str:
        return "not in"


def charge_search(container: object, item: object, frame: Frame) -> None:
    """Take from the budget what looking for an item may cost."""
    if isinstance(container, (list, tuple)):
        if isinstance(item, (list, tuple, dict, set)):
            frame.spend(size(container, frame.context.limits))
        frame.spend(len(container) >> 2)
    elif isinstance(container, str):
        frame.spend(len(container) >> 8)


@final
class InConstants(Node):
    """`operand in (…)` or `not in` with nothing but constants: one look into a hash table."""

    __slots__ = ("negated", "operand", "values")

    def __init__(self, operand: Node, values: frozenset[object], negated: bool) -> None:
        self.operand = operand
        self.values = values
        self.negated = negated

    def evaluate(self, frame: Frame) -> object:
        return self.holds(frame)

    def holds(self, frame: Frame) -> bool:
        value = self.operand.evaluate(frame)
        if isinstance(value, (str, int)) or value is None:
            return (value in self.values) is not self.negated
        found = is_hashable(value) and not is_nan(value) and value in self.values
        return found is not self.negated

    def key(self) -> str:
        sign = "not in" if self.negated else "in"
        return f"({self.operand.key()} {sign} {constant_key(self.values)})"


@final
class Matches(Comparison):
    """`left matches right`: a string that a regex matches in full; false for any other value."""

    __slots__ = ("pattern",)

    def __init__(self, left: Node, right: Node, pattern: str | None) -> None:
        super().__init__(left, right, True)
        # A constant pattern is compiled here and found broken before anything runs.
        self.pattern: Pattern | None = None if pattern is None else pattern_of(pattern)

    def holds(self, frame: Frame) -> bool:
        value = self.left.evaluate(frame)
        pattern = self.pattern
        if pattern is None:
            written = self.right.evaluate(frame)
            if not isinstance(written, str):
                raise EvaluationError(f"'matches' needs a regex in a string, not {kind(written)}")
            frame.spend(1000)  # compiling takes about as long as that
            pattern = pattern_of(written)
        cost = pattern.cost(value)
        if cost > 0:
            frame.spend(cost)
        return pattern.matches(value)

    def sign(self) -> str:
        return "matches"


@final
class Chain(Node):
    """`a < b <= c`: every operand is evaluated once, and none after the first that fails."""

    __slots__ = ("operands", "operators")

    def __init__(self, operands: list[Node], operators: list[str]) -> None:
        self.operands = operands
        self.operators = operators  # one less than the operands

    def evaluate(self, frame: Frame) -> object:
        return self.holds(frame)

    def holds(self, frame: Frame) -> bool:
        left = self.operands[0].evaluate(frame)
        for position in range(len(self.operators)):
            right = self.operands[position + 1].evaluate(frame)
            if not compare(self.operators[position], left, right, frame):
                return False
            left = right
        return True

    def key(self) -> str:
        parts = [self.operands[0].key()]
        for position in range(len(self.operators)):
            parts.append(f"{self.operators[position]} {self.operands[position + 1].key()}")
        return f"({' '.join(parts)})"


def compare(operator: str, a: object, b: object, frame: Frame) -> bool:
    """What one comparison of a chain says."""
    if operator == "in" or operator == "not in":
        charge_search(b, a, frame)
        return contains(b, a) is (operator == "in")
    if operator == "matches":
        return Matches(Constant(a), Constant(b), None).holds(frame)
    charge(a, b, frame)
    match operator:
        case "==":
            return equal(a, b)
        case "!=":
            return not equal(a, b)
        case "<":
            return less(a, b)
        case "<=":
            return less_equal(a, b)
        case ">":
            return less(b, a)
        case ">=":
            return less_equal(b, a)
        case "is":
            return a is None
        case _:
            return a is not None
