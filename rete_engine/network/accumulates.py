"""The plan of accumulates: `n := count(C)`, `s := sum(e for C by g := k)`.

An accumulate is a node with a branch, as a group is: the branch looks for matches of the source,
and each that arrives at its end is a member, whose value is added to what the node has gathered
for the match that it was found for. Where the source has alternatives there is a branch for each.
"""

from __future__ import annotations

from typing import Final, final

from rete_engine.network.alphas import Origin, Test
from rete_engine.network.nodes import BranchingSpec, NodeSpec

#: The built-in accumulators; some are functions too.
BUILT_IN: Final = ("count", "sum", "avg", "min", "max", "collect", "collect_set")


@final
class AccumulateSpec(BranchingSpec):
    """Adds to a match what an accumulator makes of the members; with `grouped`, one per group.

    A grouped one adds two items: what the group is, and the result. The branches' ends are
    `MemberSpec`s.
    """

    __slots__ = ("accumulator", "grouped", "named", "origins", "program")

    def __init__(
        self,
        number: int,
        parent: NodeSpec,
        accumulator: str,
        program: int,
        grouped: bool,
        named: bool,
        origin: Origin,
    ) -> None:
        super().__init__(number, parent)
        self.accumulator = accumulator  # its name
        self.program = program  # its number among those that the program gave, or -1: built in
        self.grouped = grouped
        self.named = named  # whether a variable has the result; if not, only its being there counts
        self.origins = [origin]

    def describe(self) -> str:
        """What the node does."""
        return f"{self.accumulator}(…{' by …' if self.grouped else ''})"


@final
class Place:
    """Where something that orders the members stands: the fact of a pattern, or a `for`'s value."""

    __slots__ = ("each", "steps")

    def __init__(self, steps: int, each: bool) -> None:
        self.steps = steps  # links up from the end of a member's match
        self.each = each


@final
class MemberSpec(NodeSpec):
    """The end of an accumulate's branch: each match that arrives is a member."""

    __slots__ = ("branch_number", "by", "places", "steps", "value")

    def __init__(
        self,
        number: int,
        parent: NodeSpec,
        steps: int,
        value: Test | None,
        by: Test | None,
        places: tuple[Place, ...] | None,
        branch_number: int,
    ) -> None:
        super().__init__(number, parent)
        self.steps = steps  # how many links up from an arriving match the accumulate's match is
        self.value = value  # what is accumulated; None where members are only counted
        self.by = by  # what groups them
        # What puts the members in order, facts first; None where their order does not matter.
        self.places = places
        self.branch_number = branch_number  # counts the alternatives

    def describe(self) -> str:
        """What the node does."""
        value = self.value.node.key() if self.value is not None else "member"
        return f"{value} by {self.by.node.key()}" if self.by is not None else value
