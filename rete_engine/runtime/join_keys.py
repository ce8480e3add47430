"""The keys of hash joins, made of the values of a match or of a fact.

One object for each index and for each side of a join: which kind of key it is was decided when
it was made, so that a change does not ask again.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final, cast, final

from rete_engine.expressions.frame import Frame, Node, Record
from rete_engine.expressions.native import i64
from rete_engine.expressions.reads import CurrentField, Field, link_above
from rete_engine.expressions.values import join_key


def plain_key(value: object) -> object:
    """The join key of a value; most are strings and ints, which are their own."""
    kind = type(value)
    return value if kind is str or kind is int else join_key(value)


#: Two numbers that are not negative and smaller than this make one key that is a number.
SMALL: Final = 1 << 30
LAST_BITS: Final[i64] = SMALL - 1

#: Spreads the keys of pairs over the places of a dict, which looks at the last bits of an int
#: first.
SPREAD: Final[i64] = 625_341_585


def pair_key(first: object, second: object) -> object:
    """The key of two keys; most are numbers of things, or begin with a text.

    Two small ints make one int: to make a tuple, to hash it and to compare it takes three times
    the instructions, and half as much memory again.
    """
    if isinstance(first, int) and isinstance(second, int):
        if 0 <= first < SMALL and 0 <= second < SMALL:
            one: i64 = first
            other: i64 = second
            return (one << 30) | ((one * SPREAD + other) & LAST_BITS)
        return (first, second)
    if isinstance(first, str) or isinstance(second, str):
        return (first, second)
    return _pair_of_equals(first, second)


def _pair_of_equals(first: object, second: object) -> object:
    """As `pair_key`: a number that equals an int makes the key that the int makes."""
    one = _small(first)
    other = _small(second)
    return (first, second) if one < 0 or other < 0 else pair_key(one, other)


def _small(key: object) -> int:
    """The small int that a key equals; negative if there is none."""
    if isinstance(key, int):
        return key if 0 <= key < SMALL else -1
    if isinstance(key, (float, Decimal)) and 0 <= key < SMALL and key == int(key):
        return int(key)
    return -1


class KeyMaker:
    """Makes a key of what a frame points at. This one makes the key of a join without any."""

    __slots__ = ()

    def of(self, frame: Frame) -> object:
        """The key."""
        return None


@final
class FieldKey(KeyMaker):
    """The value of a field of the fact: the commonest key of an index."""

    __slots__ = ("index",)

    def __init__(self, index: int) -> None:
        self.index = index

    def of(self, frame: Frame) -> object:
        """The key."""
        return plain_key(cast(Record, frame.record).values[self.index])


@final
class SingleKey(KeyMaker):
    """The value of one expression."""

    __slots__ = ("node",)

    def __init__(self, node: Node) -> None:
        self.node = node

    def of(self, frame: Frame) -> object:
        """The key."""
        return plain_key(self.node.evaluate(frame))


@final
class MatchFieldKey(KeyMaker):
    """The value of a field of a fact in the match: the commonest key of a match."""

    __slots__ = ("index", "up")

    def __init__(self, up: int, index: int) -> None:
        self.up = up
        self.index = index

    def of(self, frame: Frame) -> object:
        """The key."""
        return plain_key(cast(Record, link_above(frame, self.up).item).values[self.index])


@final
class FieldPairKey(KeyMaker):
    """The values of two fields of the fact."""

    __slots__ = ("first", "second")

    def __init__(self, first: int, second: int) -> None:
        self.first = first
        self.second = second

    def of(self, frame: Frame) -> object:
        """The key."""
        values = cast(Record, frame.record).values
        return pair_key(plain_key(values[self.first]), plain_key(values[self.second]))


@final
class MatchFieldPairKey(KeyMaker):
    """The values of two fields of facts in the match."""

    __slots__ = ("first", "first_up", "second", "second_up")

    def __init__(self, first: Field, second: Field) -> None:
        self.first = first.index
        self.first_up = first.up
        self.second = second.index
        self.second_up = second.up

    def of(self, frame: Frame) -> object:
        """The key."""
        return pair_key(
            plain_key(cast(Record, link_above(frame, self.first_up).item).values[self.first]),
            plain_key(cast(Record, link_above(frame, self.second_up).item).values[self.second]),
        )


@final
class PairKey(KeyMaker):
    """The values of two expressions."""

    __slots__ = ("first", "second")

    def __init__(self, first: Node, second: Node) -> None:
        self.first = first
        self.second = second

    def of(self, frame: Frame) -> object:
        """The key."""
        return pair_key(
            plain_key(self.first.evaluate(frame)), plain_key(self.second.evaluate(frame))
        )


@final
class TripleKey(KeyMaker):
    """The values of three expressions; a tuple of a known length takes a quarter of the work."""

    __slots__ = ("first", "second", "third")

    def __init__(self, first: Node, second: Node, third: Node) -> None:
        self.first = first
        self.second = second
        self.third = third

    def of(self, frame: Frame) -> object:
        """The key."""
        return (
            plain_key(self.first.evaluate(frame)),
            plain_key(self.second.evaluate(frame)),
            plain_key(self.third.evaluate(frame)),
        )


@final
class TupleKey(KeyMaker):
    """The values of more expressions."""

    __slots__ = ("nodes",)

    def __init__(self, nodes: tuple[Node, ...]) -> None:
        self.nodes = nodes

    def of(self, frame: Frame) -> object:
        """The key."""
        return tuple([plain_key(node.evaluate(frame)) for node in self.nodes])


def key_maker(nodes: tuple[Node, ...]) -> KeyMaker:
    """What makes the key of the values of these expressions."""
    if not nodes:
        return KeyMaker()
    if len(nodes) == 1:
        node = nodes[0]
        if isinstance(node, CurrentField):
            return FieldKey(node.index)
        if isinstance(node, Field):  # nothing is pending where facts are matched
            return MatchFieldKey(node.up, node.index)
        return SingleKey(node)
    if len(nodes) == 2:
        first, second = nodes
        if isinstance(first, CurrentField) and isinstance(second, CurrentField):
            return FieldPairKey(first.index, second.index)
        if isinstance(first, Field) and isinstance(second, Field):
            return MatchFieldPairKey(first, second)
        return PairKey(first, second)
    if len(nodes) == 3:
        return TripleKey(nodes[0], nodes[1], nodes[2])
    return TupleKey(nodes)
