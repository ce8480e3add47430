"""The keys of hash joins, made of the values of a match or of a fact.

One object for each index and for each side of a join: which kind of key it is was decided when
it was made, so that a change does not ask again.
"""

from __future__ import annotations

from typing import cast, final

from rete_engine.expressions.frame import Frame, Node, Record
from rete_engine.expressions.reads import CurrentField
from rete_engine.expressions.values import join_key


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
        value = cast(Record, frame.record).values[self.index]
        # A plain string is its own join key; this saves the call where it is commonest.
        return value if type(value) is str else join_key(value)


@final
class SingleKey(KeyMaker):
    """The value of one expression."""

    __slots__ = ("node",)

    def __init__(self, node: Node) -> None:
        self.node = node

    def of(self, frame: Frame) -> object:
        """The key."""
        value = self.node.evaluate(frame)
        return value if type(value) is str else join_key(value)


@final
class PairKey(KeyMaker):
    """The values of two expressions."""

    __slots__ = ("first", "second")

    def __init__(self, first: Node, second: Node) -> None:
        self.first = first
        self.second = second

    def of(self, frame: Frame) -> object:
        """The key."""
        return (join_key(self.first.evaluate(frame)), join_key(self.second.evaluate(frame)))


@final
class TupleKey(KeyMaker):
    """The values of more expressions."""

    __slots__ = ("nodes",)

    def __init__(self, nodes: tuple[Node, ...]) -> None:
        self.nodes = nodes

    def of(self, frame: Frame) -> object:
        """The key."""
        return tuple([join_key(node.evaluate(frame)) for node in self.nodes])


def key_maker(nodes: tuple[Node, ...]) -> KeyMaker:
    """What makes the key of the values of these expressions."""
    if not nodes:
        return KeyMaker()
    if len(nodes) == 1:
        node = nodes[0]
        return FieldKey(node.index) if isinstance(node, CurrentField) else SingleKey(node)
    if len(nodes) == 2:
        return PairKey(nodes[0], nodes[1])
    return TupleKey(nodes)
