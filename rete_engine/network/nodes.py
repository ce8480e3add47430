"""The nodes of a network. They form a tree: each has one parent, whose matches it extends.

Two rules that begin alike share its upper part. Words are Doorenbos's (*Production Matching for
Large Learning Systems*, 1995).
"""

from __future__ import annotations

from typing import final

from rete_engine.expressions.frame import Node
from rete_engine.network.alphas import AlphaSpec, RightSpec, Test
from rete_engine.network.rules import QuerySpec, ReadingSpec


class NodeSpec:
    """A node: `parent` gives it matches, `children` extend its own."""

    __slots__ = ("children", "item_mask", "number", "of_branch", "parent", "rank", "supports")

    def __init__(self, number: int, parent: NodeSpec | None) -> None:
        self.number = number
        self.parent = parent
        self.children: list[NodeSpec] = []
        # Fields of the fact that the parent added whose change ends a match here.
        self.item_mask = 0
        # Whether the node takes its matches straight from a group, as (part of) its branch.
        self.of_branch = False
        # The order in which nodes meet a new fact: every node before its ancestors (so that a
        # fact that matches two patterns of a rule makes each pair once), the branch of a group
        # before what follows the group, and right sub-networks last. Set when the network is
        # complete.
        self.rank = 0
        # Whether a rule that inserts logically is below: its matches may support facts.
        self.supports = False

    def describe(self) -> str:
        """What the node does, in a line, for pictures and profiles."""
        raise NotImplementedError


@final
class RootSpec(NodeSpec):
    """The empty match."""

    __slots__ = ()

    def describe(self) -> str:
        """What the node does."""
        return "root"


@final
class FirstSpec(NodeSpec):
    """The first pattern of a rule: every fact of the alpha spec is a match, none is kept."""

    __slots__ = ("alpha", "mask")

    def __init__(self, number: int, parent: NodeSpec, alpha: AlphaSpec, mask: int) -> None:
        super().__init__(number, parent)
        self.alpha = alpha
        self.mask = mask  # fields that the rule's conditions read through this pattern

    def describe(self) -> str:
        """What the node does."""
        return f"first {self.alpha.template.name}"


class RightInputSpec(NodeSpec):
    """A node that meets its parent's matches with the facts of an index."""

    __slots__ = ("left_key", "mask", "right", "tests")

    def __init__(
        self,
        number: int,
        parent: NodeSpec,
        right: RightSpec,
        left_key: tuple[Node, ...],
        tests: tuple[Test, ...],
        mask: int,
    ) -> None:
        super().__init__(number, parent)
        self.right = right
        self.left_key = left_key  # evaluated over the match; as long as the index's key
        self.tests = tests  # over match and fact, after the key agreed
        self.mask = mask

    def conditions(self) -> str:
        """Template, key and tests in a line."""
        parts = [
            f"{a.key()} == {b.key()}" for a, b in zip(self.right.key, self.left_key, strict=True)
        ]
        parts += [test.node.key() for test in self.tests]
        return f"{self.right.alpha.template.name}({', '.join(parts)})"


@final
class JoinSpec(RightInputSpec):
    """A further pattern: each pair of a match and a fact that agree is a longer match."""

    __slots__ = ("defers",)

    def __init__(
        self,
        number: int,
        parent: NodeSpec,
        right: RightSpec,
        left_key: tuple[Node, ...],
        tests: tuple[Test, ...],
        mask: int,
        defers: bool,
    ) -> None:
        super().__init__(number, parent, right, left_key, tests, mask)
        # Whether matches may be made when they are needed: no test can fail.
        self.defers = defers

    def describe(self) -> str:
        """What the node does."""
        return f"join {self.conditions()}"


@final
class ExistsSpec(RightInputSpec):
    """`exists` of a single pattern, or with `negated` a `not`: the match passes or waits."""

    __slots__ = ("negated",)

    def __init__(
        self,
        number: int,
        parent: NodeSpec,
        right: RightSpec,
        left_key: tuple[Node, ...],
        tests: tuple[Test, ...],
        mask: int,
        negated: bool,
    ) -> None:
        super().__init__(number, parent, right, left_key, tests, mask)
        self.negated = negated

    def describe(self) -> str:
        """What the node does."""
        return f"{'not' if self.negated else 'exists'} {self.conditions()}"


@final
class AdapterSpec(NodeSpec):
    """The end of a right sub-network: its matches meet those of other paths as one item."""

    __slots__ = ("length",)

    def __init__(self, number: int, parent: NodeSpec, length: int) -> None:
        super().__init__(number, parent)
        self.length = length  # facts of a match

    def describe(self) -> str:
        """What the node does."""
        return "to the right"


@final
class CrossSpec(NodeSpec):
    """Meets each match of its parent with each match of a right sub-network (`adapter`)."""

    __slots__ = ("adapter", "defers", "tests")

    def __init__(
        self,
        number: int,
        parent: NodeSpec,
        adapter: AdapterSpec,
        tests: tuple[Test, ...],
        defers: bool,
    ) -> None:
        super().__init__(number, parent)
        self.adapter = adapter
        self.tests = tests  # over the longer match
        self.defers = defers  # as of a `JoinSpec`

    def describe(self) -> str:
        """What the node does."""
        tests = " and ".join(test.node.key() for test in self.tests)
        return f"cross {tests}" if tests else "cross"


class BranchingSpec(NodeSpec):
    """A node that needs to know what a branch of nodes, which hangs below it, finds."""

    __slots__ = ("branch", "branch_rank")

    def __init__(self, number: int, parent: NodeSpec) -> None:
        super().__init__(number, parent)
        self.branch_rank = 0  # the highest rank among the nodes of the branch
        self.branch: list[NodeSpec] = []


@final
class GroupSpec(BranchingSpec):
    """`exists (…)` or `not (…)` over a conjunction (NCC): a branch of nodes looks for matches.

    The last node of the branch is a `PartnerSpec`. For an `exists` over an `or` there is a branch
    for each alternative.
    """

    __slots__ = ("negated",)

    def __init__(self, number: int, parent: NodeSpec, negated: bool) -> None:
        super().__init__(number, parent)
        self.negated = negated

    def describe(self) -> str:
        """What the node does."""
        return f"{'not' if self.negated else 'exists'} (…)"


@final
class PartnerSpec(NodeSpec):
    """The end of a group's branch: each match that arrives is one for the group's match."""

    __slots__ = ("steps",)

    def __init__(self, number: int, parent: NodeSpec, steps: int) -> None:
        super().__init__(number, parent)
        self.steps = steps  # how many links up from an arriving match the group's match is

    def describe(self) -> str:
        """What the node does."""
        return "found"


@final
class TestSpec(NodeSpec):
    """Tests over the match alone; keeps nothing and adds nothing."""

    __slots__ = ("tests",)

    def __init__(self, number: int, parent: NodeSpec, tests: tuple[Test, ...]) -> None:
        super().__init__(number, parent)
        self.tests = tests

    def describe(self) -> str:
        """What the node does."""
        return "test " + " and ".join(test.node.key() for test in self.tests)


@final
class ComputeSpec(NodeSpec):
    """`v := e`: adds a value; with `each`, `for v in e`: a match for every element."""

    __slots__ = ("each", "placed", "value")

    def __init__(
        self, number: int, parent: NodeSpec, value: Test, each: bool, placed: bool
    ) -> None:
        super().__init__(number, parent)
        self.value = value
        self.each = each
        self.placed = placed  # whether somebody asks for the position of an element

    def describe(self) -> str:
        """What the node does."""
        return f"{'for each in' if self.each else 'compute'} {self.value.node.key()}"


@final
class ProductionSpec(NodeSpec):
    """The end of a reading's path: each match that arrives becomes an activation."""

    __slots__ = ("reading", "rule")

    def __init__(self, number: int, parent: NodeSpec, reading: ReadingSpec) -> None:
        super().__init__(number, parent)
        self.reading = reading
        self.rule = reading.rule

    def describe(self) -> str:
        """What the node does."""
        return f"rule {self.rule.name}"


@final
class AnswerSpec(NodeSpec):
    """The end of a path of a query: each match that arrives is an answer."""

    __slots__ = ("bindings", "order", "query", "reading", "steps")

    def __init__(
        self, number: int, parent: NodeSpec, query: QuerySpec, reading: int, steps: int
    ) -> None:
        super().__init__(number, parent)
        self.query = query
        self.reading = reading  # which one, where the query has alternatives
        self.steps = steps  # how many links up from the end of the match the arguments are
        self.bindings: tuple[Node, ...] = ()  # the query's variables, over the match
        self.order: tuple[int, ...] = ()  # steps to the facts that answers are ordered by

    def describe(self) -> str:
        """What the node does."""
        return f"query {self.query.name}"
