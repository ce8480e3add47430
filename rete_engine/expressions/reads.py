"""Evaluators that read: constants, fields, variables, and parts of values."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import cast, final

from rete_engine.expressions.equality import is_nan, kind
from rete_engine.expressions.errors import EvaluationError
from rete_engine.expressions.frame import Frame, Link, Node, Record
from rete_engine.expressions.order import ordered
from rete_engine.expressions.storing import is_hashable
from rete_engine.expressions.text import scalar, shown


def constant_key(value: object) -> str:
    """A text that two constants share exactly when they have the same types and values."""
    if isinstance(value, (list, tuple)):
        return f"{kind(value)}[{', '.join([constant_key(item) for item in value])}]"
    if isinstance(value, (set, frozenset)):
        return f"set[{', '.join([constant_key(item) for item in ordered(value)])}]"
    if isinstance(value, dict):
        pairs = [f"{constant_key(key)}: {constant_key(item)}" for key, item in value.items()]
        return f"dict[{', '.join(pairs)}]"
    if isinstance(value, int) and not isinstance(value, bool):
        return hex(value)  # str() refuses thousands of digits
    if isinstance(value, datetime):
        return f"datetime({value!r}, fold={value.fold})"
    return scalar(value)


def link_above(frame: Frame, up: int) -> Link:
    """The link so many steps up the match."""
    link = frame.link
    while up > 0 and link is not None:
        link = link.parent
        up -= 1
    return cast(Link, link)


def pending(frame: Frame, record: Record) -> tuple[object, ...]:
    """A record's values as an action under way sees them."""
    overlay = frame.overlay
    if overlay is not None:
        values = overlay.get(record)
        if values is not None:
            return values
    return record.values


@final
class Constant(Node):
    """A value that is known beforehand."""

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value = value

    def evaluate(self, frame: Frame) -> object:
        return self.value

    def key(self) -> str:
        return constant_key(self.value)


@final
class Field(Node):
    """A field of a fact in the match; in actions, its pending value."""

    __slots__ = ("index", "up")

    def __init__(self, up: int, index: int) -> None:
        self.up = up
        self.index = index

    def evaluate(self, frame: Frame) -> object:
        record = cast(Record, link_above(frame, self.up).item)
        return pending(frame, record)[self.index]

    def key(self) -> str:
        return f"${self.up}.{self.index}"


@final
class MatchField(Node):
    """A field of a fact as it was matched: what a variable bound in `when` keeps."""

    __slots__ = ("index", "up")

    def __init__(self, up: int, index: int) -> None:
        self.up = up
        self.index = index

    def evaluate(self, frame: Frame) -> object:
        return cast(Record, link_above(frame, self.up).item).values[self.index]

    def key(self) -> str:
        return f"${self.up}.{self.index}"


@final
class FurtherField(Node):
    """A further field of a fact of an open template in the match."""

    __slots__ = ("name", "up")

    def __init__(self, up: int, name: str) -> None:
        self.up = up
        self.name = name

    def evaluate(self, frame: Frame) -> object:
        record = cast(Record, link_above(frame, self.up).item)
        return further(pending(frame, record), self.name)

    def key(self) -> str:
        return f"${self.up}.{self.name!r}"


@final
class MatchFurtherField(Node):
    """A further field of a fact as it was matched."""

    __slots__ = ("name", "up")

    def __init__(self, up: int, name: str) -> None:
        self.up = up
        self.name = name

    def evaluate(self, frame: Frame) -> object:
        return further(cast(Record, link_above(frame, self.up).item).values, self.name)

    def key(self) -> str:
        return f"${self.up}.{self.name!r}"


def further(values: tuple[object, ...], name: str) -> object:
    """A further field among the values of an open template's record; none where it is missing."""
    fields = values[0]
    return fields.get(name) if isinstance(fields, dict) else None


@final
class Item(Node):
    """What a link of the match added: a fact or a computed value."""

    __slots__ = ("up",)

    def __init__(self, up: int) -> None:
        self.up = up

    def evaluate(self, frame: Frame) -> object:
        return link_above(frame, self.up).item

    def key(self) -> str:
        return f"${self.up}"


@final
class CurrentField(Node):
    """A field of the fact that is being tested."""

    __slots__ = ("index",)

    def __init__(self, index: int) -> None:
        self.index = index

    def evaluate(self, frame: Frame) -> object:
        return cast(Record, frame.record).values[self.index]

    def key(self) -> str:
        return f".{self.index}"


@final
class CurrentFurtherField(Node):
    """A further field of the fact that is being tested, of an open template."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def evaluate(self, frame: Frame) -> object:
        return further(cast(Record, frame.record).values, self.name)

    def key(self) -> str:
        return f".{self.name!r}"


@final
class CurrentRecord(Node):
    """The fact that is being tested itself."""

    __slots__ = ()

    def evaluate(self, frame: Frame) -> object:
        return frame.record

    def key(self) -> str:
        return "."


@final
class Param(Node):
    """A parameter of the rule set."""

    __slots__ = ("index",)

    def __init__(self, index: int) -> None:
        self.index = index

    def evaluate(self, frame: Frame) -> object:
        return frame.context.params[self.index]

    def key(self) -> str:
        return f"param{self.index}"


@final
class Local(Node):
    """A local variable: of a function, a comprehension or an action."""

    __slots__ = ("index",)

    def __init__(self, index: int) -> None:
        self.index = index

    def evaluate(self, frame: Frame) -> object:
        return frame.locals[self.index]

    def key(self) -> str:
        return f"local{self.index}"


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
