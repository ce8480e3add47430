"""From a resolved tree to its evaluator."""

from __future__ import annotations

from rete_engine.expressions.frame import Node
from rete_engine.expressions.tree import Expression
from rete_engine.expressions.types import ANY, Type


class Scope:
    """What the leaves of a tree become at one place of the network; the compiler extends it.

    Parameters and local variables are the same everywhere and are not asked for.
    """

    def field(self, slot: int, index: int, name: str) -> Node:
        """The reader of a `FieldRef`: one of the nodes in `reads`.

        An index of -1 means a further field of an open template, read by its name.
        """
        raise NotImplementedError

    def item(self, slot: int, name: str) -> Node:
        """The reader of a `SlotRef`: the fact of a slot, or its computed value."""
        raise NotImplementedError

    def result(self, index: int) -> Type:
        """The declared result type of an external function."""
        return ANY


def lower(tree: Expression, scope: Scope) -> Node:
    """The evaluator of a resolved tree.

    It keeps to the limits of the frame's context and may be shared between rules and sessions.
    """
    raise NotImplementedError
