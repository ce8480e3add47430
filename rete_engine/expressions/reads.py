"""Evaluators that read: constants, fields, variables, and parts of values."""

from __future__ import annotations

from datetime import datetime
from typing import cast, final

from rete_engine.expressions.equality import kind
from rete_engine.expressions.frame import Answer, Frame, Link, Node, Record, RecordType
from rete_engine.expressions.order import ordered
from rete_engine.expressions.text import scalar


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
    if overlay is not None and len(overlay) > 0:  # an empty one is not worth a hash
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
        # `link_above` and `pending` in place: their calls took 60 of 150 instructions, and an
        # action reads one field for each that it gives a new fact.
        link = frame.link
        up = self.up
        while up > 0 and link is not None:
            link = link.parent
            up -= 1
        record = cast(Record, cast(Link, link).item)
        overlay = frame.overlay
        if overlay is not None and len(overlay) > 0:
            return pending(frame, record)[self.index]
        return record.values[self.index]

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
class MakeAnswer(Node):
    """The answer of a query that is a condition: its variables in the match."""

    __slots__ = ("type", "variables")

    def __init__(self, type: RecordType, variables: tuple[Node, ...]) -> None:
        self.type = type
        self.variables = variables

    def evaluate(self, frame: Frame) -> object:
        return answer_of(self.type, self.variables, frame)

    def key(self) -> str:
        return f"{self.type.name}({', '.join([node.key() for node in self.variables])})"


def answer_of(type: RecordType, variables: tuple[Node, ...], frame: Frame) -> Answer:
    """The answer whose variables these are."""
    context = frame.context
    context.answers += 1
    return Answer(type, tuple([node.evaluate(frame) for node in variables]), context.answers)
