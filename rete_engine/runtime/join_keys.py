"""The keys of hash joins, made of the values of a match or of a fact.

One object for each index and for each side of a join: which kind of key it is was decided when
it was made, so that a change does not ask again.
"""

from __future__ import annotations

from typing import cast, final

from rete_engine.expressions.frame import Frame, Node, Record
from rete_engine.expressions.reads import CurrentField, Field, link_above
from rete_engine.expressions.values import join_key


def plain_key(value: object) -> object:
    """The join key of a value; most are strings and ints, which are their own."""
    kind = type(value)
    return value if kind is str or kind is int else join_key(value)


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
        return (plain_key(values[self.first]), plain_key(values[self.second]))


@final
class PairKey(KeyMaker):
    """The values of two expressions."""

    __slots__ = ("first", "second")

    def __init__(self, first: Node, second: Node) -> None:
        self.first = first
        self.second = second

    def of(self, frame: Frame) -> object:
        """The key."""
        return (plain_key(self.first.evaluate(frame)), plain_key(self.second.evaluate(frame)))


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
        return PairKey(first, second)
    if len(nodes) == 3:
        return TripleKey(nodes[0], nodes[1], nodes[2])
    return TupleKey(nodes)
