"""Evaluators of comprehensions and generator arguments.

A generator argument is a list, except in `any` and `all`, which stop at the first element that
decides. Every turn of every loop takes a step from the budget.
"""

from __future__ import annotations

from typing import final

from rete_engine.expressions.displays import elements, new_dict, new_list, new_set
from rete_engine.expressions.equality import kind
from rete_engine.expressions.errors import EvaluationError
from rete_engine.expressions.frame import Frame, Node
from rete_engine.expressions.storing import too_large


@final
class Loop:
    """`for targets in iterable if …`."""

    __slots__ = ("conditions", "iterable", "targets")

    def __init__(self, targets: list[int], iterable: Node, conditions: list[Node]) -> None:
        self.targets = targets  # numbers of local variables; more than one unpacks
        self.iterable = iterable
        self.conditions = conditions

    def key(self) -> str:
        """A text that tells loops apart."""
        targets = ", ".join([f"local{target}" for target in self.targets])
        conditions = "".join([f" if {condition.key()}" for condition in self.conditions])
        return f"for {targets} in {self.iterable.key()}{conditions}"

    def enter(self, item: object, frame: Frame) -> bool:
        """Set the targets for a turn; whether its conditions hold."""
        frame.spend(1)
        if len(self.targets) == 1:
            frame.locals[self.targets[0]] = item
        else:
            self._unpack(item, frame)
        for condition in self.conditions:  # noqa: SIM110 - a loop compiles to less
            if not condition.holds(frame):
                return False
        return True

    def _unpack(self, item: object, frame: Frame) -> None:
        if not isinstance(item, (list, tuple)):
            raise EvaluationError(
                f"cannot take {kind(item)} apart into {len(self.targets)} variables"
            )
        if len(item) != len(self.targets):
            raise EvaluationError(
                f"cannot take {len(item)} elements apart into {len(self.targets)} variables"
            )
        for position in range(len(self.targets)):
            frame.locals[self.targets[position]] = item[position]


class Comprehension(Node):
    """Nested loops around an element; what becomes of the elements is up to the leaves."""

    __slots__ = ("element", "loops")

    def __init__(self, loops: list[Loop], element: Node) -> None:
        self.loops = loops
        self.element = element

    def run(self, frame: Frame, depth: int, taken: list[object]) -> bool:
        """Go through the loops from a depth on; False when `take` has seen enough."""
        loop = self.loops[depth]
        innermost = depth == len(self.loops) - 1
        for item in elements(loop.iterable.evaluate(frame)):
            if not loop.enter(item, frame):
                continue
            if innermost:
                if not self.take(frame, taken):
                    return False
            elif not self.run(frame, depth + 1, taken):
                return False
        return True

    def take(self, frame: Frame, taken: list[object]) -> bool:
        """Evaluate the element at one turn of the innermost loop; False to stop."""
        taken.append(self.element.evaluate(frame))
        if len(taken) > frame.context.limits.value:
            raise too_large(frame.context.limits)
        return True

    def sign(self) -> str:
        """What it makes."""
        raise NotImplementedError

    def key(self) -> str:
        loops = " ".join([loop.key() for loop in self.loops])
        return f"{self.sign()}({self.element.key()} {loops})"


@final
class ListOf(Comprehension):
    """`[e for x in y]`."""

    __slots__ = ()

    def evaluate(self, frame: Frame) -> object:
        taken: list[object] = []
        self.run(frame, 0, taken)
        return new_list(taken, frame)

    def sign(self) -> str:
        return "list"


@final
class SetOf(Comprehension):
    """`{e for x in y}`."""

    __slots__ = ()

    def evaluate(self, frame: Frame) -> object:
        taken: list[object] = []
        self.run(frame, 0, taken)
        return new_set(taken, frame)

    def sign(self) -> str:
        return "set"


@final
class DictOf(Comprehension):
    """`{k: v for x in y}`."""

    __slots__ = ("value",)

    def __init__(self, loops: list[Loop], element: Node, value: Node) -> None:
        super().__init__(loops, element)
        self.value = value

    def evaluate(self, frame: Frame) -> object:
        taken: list[object] = []
        self.run(frame, 0, taken)
        return new_dict(taken[::2], taken[1::2], frame)

    def take(self, frame: Frame, taken: list[object]) -> bool:
        taken.append(self.element.evaluate(frame))
        taken.append(self.value.evaluate(frame))
        if len(taken) > 2 * frame.context.limits.value:
            raise too_large(frame.context.limits)
        return True

    def sign(self) -> str:
        return f"dict {self.value.key()}:"


@final
class AnyOf(Comprehension):
    """`any(e for x in y)`."""

    __slots__ = ()

    def evaluate(self, frame: Frame) -> object:
        return not self.run(frame, 0, [])

    def holds(self, frame: Frame) -> bool:
        return not self.run(frame, 0, [])

    def take(self, frame: Frame, taken: list[object]) -> bool:
        return not self.element.holds(frame)

    def sign(self) -> str:
        return "any"


@final
class AllOf(Comprehension):
    """`all(e for x in y)`."""

    __slots__ = ()

    def evaluate(self, frame: Frame) -> object:
        return self.run(frame, 0, [])

    def holds(self, frame: Frame) -> bool:
        return self.run(frame, 0, [])

    def take(self, frame: Frame, taken: list[object]) -> bool:
        return self.element.holds(frame)

    def sign(self) -> str:
        return "all"
