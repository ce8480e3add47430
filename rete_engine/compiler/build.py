"""The network being built: nodes are shared wherever rules say the same thing."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence

from rete_engine.compiler.cycles import on_cycles
from rete_engine.expressions.frame import Node
from rete_engine.network.alphas import AlphaSpec, RightSpec, Test
from rete_engine.network.network import Network
from rete_engine.network.nodes import (
    AdapterSpec,
    AnswerSpec,
    BranchingSpec,
    ComputeSpec,
    CrossSpec,
    FirstSpec,
    GroupSpec,
    JoinSpec,
    NodeSpec,
    ProductionSpec,
    RightInputSpec,
    RootSpec,
    TestSpec,
)
from rete_engine.network.routes import routes_of
from rete_engine.network.rules import QuerySpec, ReadingSpec, RuleSpec
from rete_engine.network.statements import logical_inserts
from rete_engine.network.templates import TemplateSpec


class NetworkBuilder:
    """Collects nodes; two that are equal are one."""

    def __init__(self, templates: Sequence[TemplateSpec]) -> None:
        self.templates = tuple(templates)
        self.by_name = {template.name: template for template in templates}
        self.root = RootSpec(0, None)
        self.nodes: list[NodeSpec] = [self.root]
        self.alphas: list[AlphaSpec] = []
        self.rights: list[RightSpec] = []
        self.shared: dict[Hashable, object] = {}
        self.rules: list[RuleSpec] = []
        self.queries: list[QuerySpec] = []
        self.query: QuerySpec | None = None  # whose path is being built
        self.locals = 0
        self.groups: tuple[str, ...] = ("main",)

    # -- ends of paths -------------------------------------------------------------------------

    def begin_query(self, query: QuerySpec) -> None:
        """Build paths of a query from now on."""
        self.query = query
        self.by_name[query.arguments.name] = query.arguments
        self.queries.append(query)

    def answers(self, end: NodeSpec, query: QuerySpec, reading: int, steps: int) -> AnswerSpec:
        """End a path with the reading of a query that it is of."""
        node = AnswerSpec(len(self.nodes), end, query, reading, steps)
        self.hang(node)
        return node

    def production(self, end: NodeSpec, reading: ReadingSpec) -> None:
        """End a path with the reading of a rule that it is of."""
        self.hang(ProductionSpec(len(self.nodes), end, reading))

    def hang(self, node: NodeSpec) -> None:
        """Take up a node that no other one is equal to."""
        assert node.parent is not None
        self.nodes.append(node)
        node.parent.children.append(node)

    # -- sharing -------------------------------------------------------------------------------

    def alpha(
        self,
        template: TemplateSpec,
        constants: tuple[tuple[int, object], ...],
        tests: tuple[Test, ...],
        reads: int,
        mask: int,
    ) -> AlphaSpec:
        """The alpha spec with these constants and tests; `mask` is that of the pattern."""
        key: Hashable = (
            "alpha",
            template.number,
            tuple((index, type(value).__name__, value) for index, value in constants),
            tuple(test.node.key() for test in tests),
        )
        spec = self.shared.get(key)
        if self.query is not None and not _covers(spec, mask):
            key = ("lazy", key)
            spec = self.shared.get(key)
        if spec is None:
            lazy = self.query is not None
            spec = AlphaSpec(len(self.alphas), template, constants, tests, reads, lazy)
            self.alphas.append(spec)
            self.shared[key] = spec
        assert isinstance(spec, AlphaSpec)
        share_origins(spec.tests, tests)
        return spec

    def right(self, alpha: AlphaSpec, key: tuple[Node, ...], mask: int) -> RightSpec:
        """The index of an alpha spec with this key."""
        identity: Hashable = ("right", alpha.number, tuple(node.key() for node in key))
        spec = self.shared.get(identity)
        if self.query is not None and not _covers(spec, mask):
            identity = ("lazy", identity)
            spec = self.shared.get(identity)
        if spec is None:
            spec = RightSpec(len(self.rights), alpha, key, self.query is not None)
            self.rights.append(spec)
            alpha.rights.append(spec)
            self.shared[identity] = spec
        assert isinstance(spec, RightSpec)
        if self.query is not None and spec.lazy and spec not in self.query.rights:
            self.query.rights.append(spec)
        spec.mask |= mask
        alpha.mask |= mask
        return spec

    def node(
        self,
        parent: NodeSpec,
        identity: tuple[Hashable, ...],
        tests: tuple[Test, ...],
        make: Callable[[int], NodeSpec],
    ) -> NodeSpec:
        """The child of a node with this identity."""
        # A group's branch and what follows the group hang below the same node.
        behind = isinstance(parent, BranchingSpec) and bool(parent.branch)
        key = ("node", parent.number, behind, *identity, tuple(t.node.key() for t in tests))
        spec = self.shared.get(key)
        if spec is None:
            spec = make(len(self.nodes))
            self.nodes.append(spec)
            self.shared[key] = spec
            parent.children.append(spec)
        assert isinstance(spec, NodeSpec)
        if isinstance(spec, (RightInputSpec, TestSpec, CrossSpec)):
            share_origins(spec.tests, tests)
        elif isinstance(spec, ComputeSpec):
            share_origins((spec.value,), tests)
        return spec

    # -- the end -------------------------------------------------------------------------------

    def finish(self) -> Network:
        """The complete network."""
        _rank(self.nodes)
        for node in self.nodes:
            node.item_mask = _item_mask(node)
            node.of_branch = _is_of_branch(node)
        derived = _mark_supports([n for n in self.nodes if isinstance(n, ProductionSpec)])
        alphas, queries = tuple(self.alphas), tuple(self.queries)
        return Network(
            self.templates,
            alphas,
            tuple(self.nodes),
            self.root,
            tuple(self.rules),
            queries,
            routes_of(self.templates, queries, alphas),
            self.groups,
            self.locals,
            derived,
        )


def _covers(spec: object, mask: int) -> bool:
    """Whether rules watch all these fields through a spec, so that a query can use it for nothing.

    It must not make the rules' own watch more: what a query reads is not to touch them.
    """
    return isinstance(spec, (AlphaSpec, RightSpec)) and not mask & ~spec.mask


def share_origins(kept: tuple[Test, ...], others: tuple[Test, ...]) -> None:
    """Note the places of tests that turned out to be there already."""
    for test, other in zip(kept, others, strict=True):
        if test is not other:
            test.origins.extend(other.origins)


def _rank(nodes: list[NodeSpec]) -> None:
    """Number the nodes in the order of work within a change; the first one is the root.

    The right sub-networks come behind all others, however many rules share them: their matches
    meet those of other paths, where by then every group and accumulate must know what the change
    makes of its branch.
    """
    late: set[int] = set()  # the ends of right sub-networks, and the nodes above them
    for node in nodes:
        above: NodeSpec | None = node if isinstance(node, AdapterSpec) else None
        while above is not None and above.number not in late:
            late.add(above.number)
            above = above.parent
    order: list[NodeSpec] = []
    _upwards(nodes[0], order)
    order.sort(key=lambda node: node.number in late)  # otherwise they stay in order
    for rank, node in enumerate(order):
        node.rank = rank
    for node in nodes:
        if isinstance(node, BranchingSpec):
            node.branch_rank = node.branch[-1].rank


def _upwards(node: NodeSpec, order: list[NodeSpec]) -> None:
    """List the nodes below a node, and it last; a group's branch comes first."""
    if isinstance(node, BranchingSpec):
        for child in node.branch:
            _upwards(child, order)
    for child in node.children:
        _upwards(child, order)
    order.append(node)


def _item_mask(node: NodeSpec) -> int:
    """The mask of the pattern that added the last item of the matches that arrive here."""
    parent = node.parent
    while isinstance(parent, TestSpec):
        parent = parent.parent
    if isinstance(parent, (FirstSpec, JoinSpec)):
        return parent.mask
    return 0


def _is_of_branch(node: NodeSpec) -> bool:
    """Whether the matches that arrive here come straight from a group into its branch."""
    parent = node.parent
    while isinstance(parent, TestSpec):
        node, parent = parent, parent.parent
    return isinstance(parent, BranchingSpec) and node in parent.branch


def _mark_supports(productions: list[ProductionSpec]) -> frozenset[int]:
    """Tell the nodes of rules that insert logically; the numbers of the templates they insert."""
    found: set[int] = set()
    deriving: list[ProductionSpec] = []
    # What leads to what: templates to the rules with patterns of them, by number, and rules to
    # the templates of patterns that what they derive may match.
    after: dict[int | str, set[int | str]] = {}
    for production in productions:
        inserts = [each.template for each in logical_inserts(production.reading.statements)]
        inserts.extend(production.rule.derives)
        if not inserts:
            continue
        deriving.append(production)
        # A match that comes back, having defeated itself, is known when it is made.
        production.rule.deferrable = False
        found.update(template.number for template in inserts)
        number = production.rule.number
        for template in inserts:
            for name in template.ancestors:
                after.setdefault(name, set())
                after.setdefault(number, set()).add(name)
        for node in _leant_on(production, None, whole=True):
            read = _template(node)
            if read is not None:
                after.setdefault(read, set()).add(number)
    # A rule may read what it derives, itself or by way of other rules that derive.
    comes_back = on_cycles(after)
    for production in deriving:
        whole = production.rule.number in comes_back
        for node in _leant_on(production, None, accumulates=whole):
            node.supports = True
    return frozenset(found)


def _leant_on(
    end: NodeSpec, begin: NodeSpec | None, accumulates: bool = False, whole: bool = False
) -> Iterator[NodeSpec]:
    """The nodes that make a match, from its end up to another node.

    Those of its facts, and the branches of its `exists`. With `accumulates` those of accumulates
    too, but not the ones within a branch: another result there might do as well. With `whole` all
    nodes that the match has to do with.
    """
    node: NodeSpec | None = end
    while node is not None and node is not begin:
        yield node
        if isinstance(node, CrossSpec):
            yield from _leant_on(node.adapter, None, accumulates, whole)
        elif isinstance(node, BranchingSpec):
            leans = not node.negated if isinstance(node, GroupSpec) else accumulates
            if leans or whole:
                for last in _ends(node):
                    yield from _leant_on(last, node, whole=whole)
        node = node.parent


def _ends(branching: BranchingSpec) -> list[NodeSpec]:
    """The last nodes of a branch: one, or one for each alternative."""
    found: list[NodeSpec] = []
    left = list(branching.branch)
    while left:
        node = left.pop()
        left.extend(node.children)
        if not node.children:
            found.append(node)
    return found


def _template(node: NodeSpec) -> str | None:
    """The template of the pattern that a node is about."""
    if isinstance(node, FirstSpec):
        return node.alpha.template.name
    return node.right.alpha.template.name if isinstance(node, RightInputSpec) else None
