"""Evaluators of list, tuple, set and dict displays and of f-strings."""

from __future__ import annotations

from typing import final

from rete_engine.expressions.equality import is_nan, kind
from rete_engine.expressions.errors import EvaluationError
from rete_engine.expressions.formats import formatted, problem_with_format
from rete_engine.expressions.frame import Frame, Node
from rete_engine.expressions.order import ordered
from rete_engine.expressions.storing import is_hashable, size, too_large
from rete_engine.expressions.text import quoted, text


def new_list(items: list[object], frame: Frame) -> list[object]:
    """The items, when they may be one list: a list as a whole is within the limits.

    Every evaluator that makes a collection passes its elements through here, so that the size
    of a value with all that is nested in it is bounded, shared parts counted each time.
    """
    if len(items) > frame.context.limits.value:
        raise too_large(frame.context.limits)
    for item in items:
        if isinstance(item, (list, tuple, dict, set)):
            frame.spend(size(items, frame.context.limits))
            break
    return items


def new_set(items: list[object], frame: Frame) -> set[object]:
    """A set of the items.

    Raises:
        EvaluationError: An item that a set cannot hold.
    """
    for item in items:
        if not is_hashable(item):
            raise EvaluationError(f"a {kind(item)} cannot be a set element")
    return set(new_list(items, frame))


def new_dict(keys: list[object], values: list[object], frame: Frame) -> dict[object, object]:
    """A dict of the keys with their values; of equal keys, the last one's value counts.

    Raises:
        EvaluationError: A key that a dict cannot have.
    """
    for key in keys:
        if not is_hashable(key):
            raise EvaluationError(f"a {kind(key)} cannot be a dict key")
        if is_nan(key):
            raise EvaluationError("NaN cannot be a dict key")
    new_list(values, frame)
    new_list(keys, frame)
    pairs: dict[object, object] = {}
    for position in range(len(keys)):
        pairs[keys[position]] = values[position]
    return pairs


def elements(value: object) -> list[object]:
    """What an iteration over a value goes through; the list is not to be changed.

    Elements of a list or tuple, keys of a dict, elements of a set in their fixed order,
    characters of a string.

    Raises:
        EvaluationError: A value that has no elements.
    """
    if isinstance(value, list):
        return value
    if isinstance(value, (tuple, dict, str)):
        return list(value)
    if isinstance(value, (set, frozenset)):
        return ordered(value)
    raise EvaluationError(f"cannot iterate over {kind(value)}")


def evaluated(nodes: list[Node], frame: Frame) -> list[object]:
    """The values of evaluators, in their order."""
    return [node.evaluate(frame) for node in nodes]


def keys_of(nodes: list[Node]) -> str:
    """The keys of evaluators, as a row."""
    return ", ".join([node.key() for node in nodes])


@final
class ListDisplay(Node):
    """`[a, b]`."""

    __slots__ = ("items",)

    def __init__(self, items: list[Node]) -> None:
        self.items = items

    def evaluate(self, frame: Frame) -> object:
        return new_list(evaluated(self.items, frame), frame)

    def key(self) -> str:
        return f"[{keys_of(self.items)}]"


@final
class TupleDisplay(Node):
    """`(a, b)`."""

    __slots__ = ("items",)

    def __init__(self, items: list[Node]) -> None:
        self.items = items

    def evaluate(self, frame: Frame) -> object:
        return tuple(new_list(evaluated(self.items, frame), frame))

    def key(self) -> str:
        return f"tuple({keys_of(self.items)})"


@final
class SetDisplay(Node):
    """`{a, b}`."""

    __slots__ = ("items",)

    def __init__(self, items: list[Node]) -> None:
        self.items = items

    def evaluate(self, frame: Frame) -> object:
        return new_set(evaluated(self.items, frame), frame)

    def key(self) -> str:
        return f"set({keys_of(self.items)})"


@final
class DictDisplay(Node):
    """`{k: v}`."""

    __slots__ = ("keys", "values")

    def __init__(self, keys: list[Node], values: list[Node]) -> None:
        self.keys = keys
        self.values = values

    def evaluate(self, frame: Frame) -> object:
        keys: list[object] = []
        values: list[object] = []
        for position in range(len(self.keys)):
            keys.append(self.keys[position].evaluate(frame))
            values.append(self.values[position].evaluate(frame))
        return new_dict(keys, values, frame)

    def key(self) -> str:
        return f"dict({keys_of(self.keys)}: {keys_of(self.values)})"


@final
class FormattedPart(Node):
    """`{value!r:>10}` in an f-string."""

    __slots__ = ("conversion", "specification", "value")

    def __init__(self, value: Node, conversion: str, specification: str) -> None:
        problem = problem_with_format(specification)
        if problem is not None:
            raise EvaluationError(problem)
        self.value = value
        self.conversion = conversion
        self.specification = specification

    def evaluate(self, frame: Frame) -> object:
        value = self.value.evaluate(frame)
        bound = frame.context.limits.value
        if self.conversion == "s":
            value = text(value, bound)
        elif self.conversion == "r":
            value = quoted(value, bound)
        elif self.conversion == "a":
            value = quoted(value, bound).encode("ascii", "backslashreplace").decode("ascii")
        if self.specification:
            return formatted(value, self.specification, bound)
        return text(value, bound)

    def key(self) -> str:
        return f"{{{self.value.key()}!{self.conversion}:{self.specification!r}}}"


@final
class FormattedString(Node):
    """`f"…"`."""

    __slots__ = ("parts",)

    def __init__(self, parts: list[Node]) -> None:
        self.parts = parts

    def evaluate(self, frame: Frame) -> object:
        limits = frame.context.limits
        written: list[str] = []
        left = limits.value
        for part in self.parts:
            piece = text(part.evaluate(frame), limits.value)
            left -= len(piece)
            if left < 0:
                raise too_large(limits)
            written.append(piece)
        frame.spend(1 + ((limits.value - left) >> 6))
        return "".join(written)

    def key(self) -> str:
        return f"f({keys_of(self.parts)})"
