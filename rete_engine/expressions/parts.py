"""Evaluators that read parts of values: `x.f`, `x[i]` and `x[a:b]`."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import cast, final

from rete_engine.expressions.equality import is_nan, kind
from rete_engine.expressions.errors import EvaluationError
from rete_engine.expressions.frame import Frame, Node, Record
from rete_engine.expressions.reads import further, pending
from rete_engine.expressions.storing import is_hashable
from rete_engine.expressions.text import shown


@final
class ReadAttribute(Node):
    """`target.name`, where what the target is shows only now."""

    __slots__ = ("name", "optional", "target")

    def __init__(self, target: Node, name: str, optional: bool) -> None:
        self.target = target
        self.name = name
        self.optional = optional

    def evaluate(self, frame: Frame) -> object:
        value = self.target.evaluate(frame)
        if isinstance(value, Record):
            if frame.overlay is None and frame.depth == 0:
                # The compiler refuses this where it knows the type. Only an action has an overlay;
                # what a function reads of the facts that it is given is its caller's affair.
                raise EvaluationError(
                    f"'.{self.name}' reads a fact through a reference, which a condition cannot do"
                )
            return self._field(value, pending(frame, value))
        if value is None:
            if self.optional:
                return None
            raise EvaluationError(
                f"'{self.name}' of none: write '?.{self.name}' where it may be none"
            )
        if isinstance(value, dict):
            if self.name in value:
                return cast(object, value[self.name])
            raise EvaluationError(f"no key '{self.name}' in the dict")
        return attribute(value, self.name)

    def _field(self, record: Record, values: tuple[object, ...]) -> object:
        position = record.type.positions.get(self.name)
        if position is not None:
            return values[position]
        if record.type.open:
            return further(values, self.name)
        raise EvaluationError(f"{record.type.name} has no field '{self.name}'")

    def key(self) -> str:
        return f"({self.target.key()}){'?.' if self.optional else '.'}{self.name}"


def attribute(value: object, name: str) -> object:
    """What can be read of a date, a datetime or a duration; see `signatures.ATTRIBUTES`."""
    if isinstance(value, date):
        if name == "year":
            return value.year
        if name == "month":
            return value.month
        if name == "day":
            return value.day
        if isinstance(value, datetime):
            if name == "hour":
                return value.hour
            if name == "minute":
                return value.minute
            if name == "second":
                return value.second
            if name == "microsecond":
                return value.microsecond
    elif isinstance(value, timedelta):
        if name == "days":
            return value.days
        if name == "seconds":
            return value.seconds
        if name == "microseconds":
            return value.microseconds
    raise EvaluationError(f"a value of type {kind(value)} has no field '{name}'")


@final
class ReadIndex(Node):
    """`target[index]`."""

    __slots__ = ("index", "target")

    def __init__(self, target: Node, index: Node) -> None:
        self.target = target
        self.index = index

    def evaluate(self, frame: Frame) -> object:
        target = self.target.evaluate(frame)
        index = self.index.evaluate(frame)
        if isinstance(target, dict):
            if is_hashable(index) and not is_nan(index) and index in target:
                return cast(object, target[index])
            raise EvaluationError(f"no key {shown(index)} in the dict")
        if not isinstance(target, (list, tuple, str)):
            raise EvaluationError(f"cannot take an element of {kind(target)}")
        if not isinstance(index, int):
            raise EvaluationError(f"a {kind(target)}'s index must be int, not {kind(index)}")
        length = len(target)
        if not -length <= index < length:
            parts = "characters" if isinstance(target, str) else "elements"
            raise EvaluationError(
                f"{kind(target)} index {shown(index)} out of range ({length} {parts})"
            )
        return cast(object, target[index])

    def key(self) -> str:
        return f"({self.target.key()})[{self.index.key()}]"


@final
class ReadSlice(Node):
    """`target[start:stop]`."""

    __slots__ = ("start", "stop", "target")

    def __init__(self, target: Node, start: Node | None, stop: Node | None) -> None:
        self.target = target
        self.start = start
        self.stop = stop

    def evaluate(self, frame: Frame) -> object:
        target = self.target.evaluate(frame)
        start = self._end(self.start, frame)
        stop = self._end(self.stop, frame)
        if not isinstance(target, (list, tuple, str)):
            raise EvaluationError(f"cannot take a part of {kind(target)}")
        part = target[start:stop]
        frame.spend(1 + (len(part) >> 4))
        return cast(object, part)

    def _end(self, node: Node | None, frame: Frame) -> int | None:
        value = None if node is None else node.evaluate(frame)
        if value is None or isinstance(value, int):
            return value
        raise EvaluationError(f"the ends of a part must be int or none, not {kind(value)}")

    def key(self) -> str:
        start = self.start.key() if self.start else ""
        stop = self.stop.key() if self.stop else ""
        return f"({self.target.key()})[{start}:{stop}]"
