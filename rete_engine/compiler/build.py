"""Fourth pass: the steps of each rule become nodes, shared wherever rules say the same thing."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

from rete_engine.compiler.plan import (
    AccumulateStep,
    ComputeStep,
    ControlStep,
    ExistsStep,
    JoinStep,
    Step,
    TestStep,
)
from rete_engine.compiler.scope import Answers
from rete_engine.diagnostics.source import Span
from rete_engine.expressions import tree
from rete_engine.expressions.frame import Node
from rete_engine.expressions.lowering import Scope, lower
from rete_engine.expressions.reads import (
    CurrentField,
    CurrentFurtherField,
    CurrentRecord,
    Field,
    FurtherField,
    Item,
    MakeAnswer,
    MatchField,
    MatchFurtherField,
)
from rete_engine.expressions.values import is_nan, join_key
from rete_engine.model.rules import Compute, Constraint, Pattern, Source
from rete_engine.network.accumulates import AccumulateSpec, MemberSpec, Place
from rete_engine.network.alphas import EVERYTHING, EXISTENCE, AlphaSpec, Origin, RightSpec, Test
from rete_engine.network.network import Network
from rete_engine.network.nodes import (
    AdapterSpec,
    AnswerSpec,
    BranchingSpec,
    ComputeSpec,
    CrossSpec,
    ExistsSpec,
    FirstSpec,
    GroupSpec,
    JoinSpec,
    NodeSpec,
    PartnerSpec,
    ProductionSpec,
    RightInputSpec,
    RootSpec,
    TestSpec,
)
from rete_engine.network.routes import routes_of
from rete_engine.network.rules import QuerySpec, ReadingSpec, RuleSpec
from rete_engine.network.statements import InsertStatement, logical_inserts
from rete_engine.network.templates import TemplateSpec


class MatchScope(Scope):
    """Where slots stand in a match: `positions` counts from its first link."""

    def __init__(
        self,
        positions: dict[int, int],
        length: int,
        current: int,
        aliases: dict[int, tree.FieldRef] | None = None,
        answers: dict[int, Answers] | None = None,
    ) -> None:
        self.positions = positions
        self.length = length  # links of the match
        self.current = current  # the slot of the fact that is being tested against it, or -1
        # Slots that hold nothing themselves, which expressions of conditions do not read.
        self.aliases = aliases or {}
        self.answers = answers or {}

    def steps(self, slot: int) -> int:
        """How many links up from the end of the match a slot stands."""
        return self.length - 1 - self.positions[slot]

    def field(self, slot: int, index: int, name: str) -> Node:
        """The reader of a field."""
        if slot == self.current:
            return CurrentFurtherField(name) if index < 0 else CurrentField(index)
        if index < 0:
            return FurtherField(self.steps(slot), name)
        return Field(self.steps(slot), index)

    def item(self, slot: int, name: str) -> Node:
        """The reader of a fact or a computed value."""
        alias = self.aliases.get(slot)
        if alias is not None:
            return self.alias(alias)
        answers = self.answers.get(slot)
        if answers is not None:
            variables = [self.item(v.slot.number, n) for n, v in answers.variables.items()]
            return MakeAnswer(answers.query.spec.answers, tuple(variables))
        return CurrentRecord() if slot == self.current else Item(self.steps(slot))

    def alias(self, field: tree.FieldRef) -> Node:
        """The reader of a variable that stands for a field."""
        return self.field(field.slot, field.index, field.name)


class ActionScope(MatchScope):
    """As `MatchScope`, for actions: facts show pending values, variables the match's."""

    def alias(self, field: tree.FieldRef) -> Node:
        """The reader of a variable that stands for a field."""
        if field.index < 0:
            return MatchFurtherField(self.steps(field.slot), field.name)
        return MatchField(self.steps(field.slot), field.index)


class Path:
    """How far the path of a rule has come: its last node and where the slots stand."""

    def __init__(self, node: NodeSpec, length: int, positions: dict[int, int]) -> None:
        self.node = node
        self.length = length
        self.positions = positions


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

    # -- one rule ------------------------------------------------------------------------------

    def path(self, rule: str, steps: list[Step], masks: dict[int, int]) -> Path:
        """The path of a rule's conditions."""
        builder = _PathBuilder(self, rule, masks)
        return builder.extend(Path(self.root, 1, {}), steps)

    def begin_query(self, query: QuerySpec) -> None:
        """Build paths of a query from now on."""
        self.query = query
        self.by_name[query.arguments.name] = query.arguments
        self.queries.append(query)

    def answers(self, path: Path, query: QuerySpec, reading: int, steps: int) -> AnswerSpec:
        """End a path with the reading of a query that it is of."""
        node = AnswerSpec(len(self.nodes), path.node, query, reading, steps)
        self.nodes.append(node)
        path.node.children.append(node)
        return node

    def production(self, path: Path, reading: ReadingSpec) -> None:
        """End a path with the reading of a rule that it is of."""
        node = ProductionSpec(len(self.nodes), path.node, reading)
        self.nodes.append(node)
        path.node.children.append(node)

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
        _rank(self.root, 0)
        for node in self.nodes:
            node.item_mask = _item_mask(node)
            node.of_branch = _is_of_branch(node)
        derived = frozenset(
            statement.template.number
            for node in self.nodes
            if isinstance(node, ProductionSpec)
            for statement in _mark_supports(node)
        )
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


class _PathBuilder:
    """Builds the path of one rule."""

    def __init__(self, builder: NetworkBuilder, rule: str, masks: dict[int, int]) -> None:
        self.builder = builder
        self.rule = rule
        self.masks = masks  # by slot: the field bits that the rule's conditions read
        self.placed = False  # whether the order of elements matters: in some accumulates

    def extend(self, path: Path, steps: list[Step]) -> Path:
        """The path with further steps."""
        for step in steps:
            match step:
                case JoinStep():
                    path = self.join(path, step)
                case ControlStep():
                    path = self.control(path, step)
                case TestStep():
                    path = self.test(path, step.tests)
                case ComputeStep():
                    path = self.compute(path, step)
                case ExistsStep():
                    if step.join is not None:
                        path = self.exists(path, step.join, step.condition.negated)
                    else:
                        path = self.group(path, step)
                case AccumulateStep():
                    path = self.accumulate(path, step)
        return path

    def tested(self, node: Node, span: Span) -> Test:
        """A test with its origin."""
        text = " ".join(span.text.split())
        of_query = self.builder.query is not None
        origin = Origin(self.rule, span.source.name, span.line, text, of_query)
        return Test(node, origin)

    def tests(self, constraints: list[Constraint], scope: MatchScope) -> tuple[Test, ...]:
        """Constraints as tests."""
        return tuple(self.tested(lower(c.test, scope), c.span) for c in constraints)

    def alpha(self, step: JoinStep) -> AlphaSpec:
        """The alpha spec of a pattern."""
        slot = step.pattern.slot
        template = self.builder.by_name[slot.type.name]
        scope = MatchScope({}, 0, slot.number)
        constants: list[tuple[int, object]] = []
        tests: list[Test] = []
        reads = EXISTENCE
        for constraint in step.alpha:
            reads |= field_bits(constraint.test, slot.number)
            constant = constant_equality(constraint.test)
            if constant is not None:
                constants.append(constant)
            else:
                tests.append(self.tested(lower(constraint.test, scope), constraint.span))
        mask = self.masks[slot.number]
        return self.builder.alpha(template, tuple(constants), tuple(tests), reads, mask)

    def join(self, path: Path, step: JoinStep) -> Path:
        """A pattern."""
        slot = step.pattern.slot.number
        mask = self.masks[slot]
        alpha = self.alpha(step)
        if path.node is self.builder.root and not step.keys:
            node = self.first(alpha, mask)
            after = Path(node, 1, {slot: 0})
            return self.test(after, step.tests) if step.tests else after
        right, left_key, tests = self.meeting(path, step, alpha, mask)
        node = self.builder.node(
            path.node,
            ("join", right.number, tuple(n.key() for n in left_key), mask),
            tests,
            lambda number: JoinSpec(number, path.node, right, left_key, tests, mask, step.total),
        )
        return Path(node, path.length + 1, {**path.positions, slot: path.length})

    def control(self, path: Path, step: ControlStep) -> Path:
        """Patterns of control facts: a path of their own, which meets the match at its end."""
        inside = self.extend(Path(self.builder.root, 1, {}), list(step.joins))
        adapter = self.builder.node(
            inside.node,
            ("adapter",),
            (),
            lambda number: AdapterSpec(number, inside.node, inside.length),
        )
        assert isinstance(adapter, AdapterSpec)
        # The sub-network's match is an item of the longer one, and its facts follow it.
        positions = dict(path.positions)
        for slot, position in inside.positions.items():
            positions[slot] = path.length + 1 + position
        length = path.length + 1 + inside.length
        tests = self.tests(step.tests, MatchScope(positions, length, -1))
        node = self.builder.node(
            path.node,
            ("cross", adapter.number),
            tests,
            lambda number: CrossSpec(number, path.node, adapter, tests, step.total),
        )
        return Path(node, length, positions)

    def first(self, alpha: AlphaSpec, mask: int) -> NodeSpec:
        """The first pattern of a rule."""
        root = self.builder.root
        alpha.mask |= mask
        if self.builder.query is not None:
            self.builder.query.entrances.append(alpha)  # the arguments come first

        def make(number: int) -> NodeSpec:
            spec = FirstSpec(number, root, alpha, mask)
            alpha.firsts.append(spec)
            return spec

        return self.builder.node(root, ("first", alpha.number, mask), (), make)

    def meeting(
        self, path: Path, step: JoinStep, alpha: AlphaSpec, mask: int
    ) -> tuple[RightSpec, tuple[Node, ...], tuple[Test, ...]]:
        """Index, left key and tests of a pattern that meets a match."""
        slot = step.pattern.slot.number
        own = MatchScope({}, 0, slot)
        scope = MatchScope(path.positions, path.length, slot)
        # In a fixed order, so that rules that write their equalities in another one share.
        keys = sorted(
            ((lower(mine, own), lower(other, scope)) for mine, other in step.keys),
            key=lambda pair: pair[0].key(),
        )
        right = self.builder.right(alpha, tuple(mine for mine, _ in keys), mask)
        return right, tuple(other for _, other in keys), self.tests(step.tests, scope)

    def exists(self, path: Path, step: JoinStep, negated: bool) -> Path:
        """`exists` or `not` of one pattern."""
        mask = self.masks[step.pattern.slot.number]
        alpha = self.alpha(step)
        right, left_key, tests = self.meeting(path, step, alpha, mask)
        node = self.builder.node(
            path.node,
            ("exists", negated, right.number, tuple(n.key() for n in left_key), mask),
            tests,
            lambda number: ExistsSpec(number, path.node, right, left_key, tests, mask, negated),
        )
        return Path(node, path.length + 1, path.positions)

    def group(self, path: Path, step: ExistsStep) -> Path:
        """`exists` or `not` over a conjunction."""
        builder = self.builder
        parent = path.node
        group = GroupSpec(len(builder.nodes), parent, step.condition.negated)
        builder.nodes.append(group)
        parent.children.append(group)
        inside = self.extend(Path(group, path.length + 1, path.positions), step.branch)
        partner = PartnerSpec(len(builder.nodes), inside.node, inside.length - path.length)
        builder.nodes.append(partner)
        inside.node.children.append(partner)
        # What hangs below the group so far is its branch; what follows the group comes later.
        group.branch = group.children
        group.children = []
        return Path(group, path.length + 1, path.positions)

    def accumulate(self, path: Path, step: AccumulateStep) -> Path:
        """An accumulate: a branch for each alternative, then the group and the result."""
        builder = self.builder
        parent = path.node
        condition = step.condition
        span = condition.span
        spec = AccumulateSpec(
            len(builder.nodes),
            parent,
            condition.accumulator,
            condition.program,
            condition.sources[0].by is not None,
            condition.slot.name is not None,
            Origin(self.rule, span.source.name, span.line, " ".join(span.text.split())),
        )
        builder.nodes.append(spec)
        parent.children.append(spec)
        begin = Path(spec, path.length + 1, path.positions)
        ordered = condition.program >= 0 or condition.accumulator in ORDERED
        outer, self.placed = self.placed, ordered
        for number, (source, steps) in enumerate(
            zip(condition.sources, step.branches, strict=True)
        ):
            self.member(path, source, self.extend(begin, steps), number, ordered)
        self.placed = outer
        spec.branch = spec.children
        spec.children = []
        positions = dict(path.positions)
        length = path.length
        if spec.grouped:
            if condition.group is not None:
                positions[condition.group.number] = length
            length += 1
        positions[condition.slot.number] = length
        return Path(spec, length + 1, positions)

    def member(self, outer: Path, source: Source, inside: Path, number: int, ordered: bool) -> None:
        """The end of an accumulate's branch."""
        builder = self.builder
        scope = MatchScope(inside.positions, inside.length, -1)
        value, by = (
            self.tested(lower(part.test, scope), part.span) if part is not None else None
            for part in (source.value, source.by)
        )
        places = places_of(source, scope) if ordered else None
        steps = inside.length - outer.length
        node = MemberSpec(len(builder.nodes), inside.node, steps, value, by, places, number)
        builder.nodes.append(node)
        inside.node.children.append(node)

    def test(self, path: Path, constraints: list[Constraint]) -> Path:
        """Tests over the match."""
        tests = self.tests(constraints, MatchScope(path.positions, path.length, -1))
        node = self.builder.node(
            path.node,
            ("test",),
            tests,
            lambda number: TestSpec(number, path.node, tests),
        )
        return Path(node, path.length, path.positions)

    def compute(self, path: Path, step: ComputeStep) -> Path:
        """A computed value."""
        computation = step.computation
        scope = MatchScope(path.positions, path.length, -1)
        test = self.tested(lower(computation.value, scope), computation.span)
        node = self.builder.node(
            path.node,
            ("compute", computation.each),
            (test,),
            lambda number: ComputeSpec(
                number, path.node, test, computation.each, computation.each and self.placed
            ),
        )
        positions = {**path.positions, computation.slot.number: path.length}
        return Path(node, path.length + 1, positions)


def _covers(spec: object, mask: int) -> bool:
    """Whether rules watch all these fields through a spec, so that a query can use it for nothing.

    It must not make the rules' own watch more: what a query reads is not to touch them.
    """
    return isinstance(spec, (AlphaSpec, RightSpec)) and not mask & ~spec.mask


#: The accumulators that ask which member comes first.
ORDERED = frozenset(["min", "max", "collect", "collect_set"])


def places_of(source: Source, scope: MatchScope) -> tuple[Place, ...]:
    """What puts members in order: facts as they were inserted, then positions of elements."""
    facts: list[Place] = []
    elements: list[Place] = []
    for condition in source.conditions:
        if isinstance(condition, Pattern):
            facts.append(Place(scope.steps(condition.slot.number), each=False))
        elif isinstance(condition, Compute) and condition.computation.each:
            elements.append(Place(scope.steps(condition.computation.slot.number), each=True))
    return (*facts, *elements)


def share_origins(kept: tuple[Test, ...], others: tuple[Test, ...]) -> None:
    """Note the places of tests that turned out to be there already."""
    for test, other in zip(kept, others, strict=True):
        if test is not other:
            test.origins.extend(other.origins)


def field_bits(node: tree.Expression, slot: int) -> int:
    """The bits of the fields of a slot's fact that an expression reads.

    A fact that is handed to a function, or used otherwise than to be compared, may have any of
    its fields read.
    """
    if isinstance(node, tree.FieldRef):
        return 2 << abs(node.index) if node.slot == slot else 0
    if isinstance(node, tree.SlotRef):
        return EVERYTHING if node.slot == slot else 0
    bits = 0
    for child in tree.children(node):
        if (
            isinstance(child, tree.SlotRef)
            and isinstance(node, tree.Compare)
            and all(operator in IDENTITY for operator, _ in node.rest)
        ):
            continue
        bits |= field_bits(child, slot)
    return bits


#: Comparisons that look at which fact it is, not at its fields.
IDENTITY = frozenset(["==", "!=", "is", "is not", "in", "not in"])


def constant_equality(test: tree.Expression) -> tuple[int, object] | None:
    """Field position and join key of `field == constant`, for finding it in a table."""
    if not isinstance(test, tree.Compare) or len(test.rest) != 1 or test.rest[0][0] != "==":
        return None
    left, right = test.first, test.rest[0][1]
    if isinstance(left, tree.Constant):
        left, right = right, left
    if not isinstance(left, tree.FieldRef) or not isinstance(right, tree.Constant):
        return None
    if left.index < 0 or is_nan(right.value):
        return None
    return left.index, join_key(right.value)


def _rank(node: NodeSpec, rank: int) -> int:
    """Number the nodes below a node, and it last; a group's branch comes first."""
    if isinstance(node, BranchingSpec):
        for child in node.branch:
            rank = _rank(child, rank)
        node.branch_rank = rank - 1
    for child in node.children:
        rank = _rank(child, rank)
    node.rank = rank
    return rank + 1


def _item_mask(node: NodeSpec) -> int:
    """The mask of the pattern that added the last item of the matches that arrive here."""
    parent = node.parent
    while isinstance(parent, TestSpec):
        parent = parent.parent
    if isinstance(parent, (FirstSpec, JoinSpec)):
        return parent.mask
    return 0


def _mark_supports(production: ProductionSpec) -> list[InsertStatement]:
    """What a rule inserts logically; if anything, the nodes of its path are told."""
    inserts = logical_inserts(production.reading.statements)
    if inserts:
        _mark_path(production)
        # A match that comes back, having defeated itself, is known when it is made.
        production.rule.deferrable = False
    return inserts


def _mark_path(end: NodeSpec) -> None:
    """Tell a node and those that it gets its matches from that they may support facts."""
    node: NodeSpec | None = end
    while node is not None:
        node.supports = True
        if isinstance(node, CrossSpec):
            _mark_path(node.adapter)
        if isinstance(node, GroupSpec):
            left = list(node.branch)
            while left:
                inner = left.pop()
                inner.supports = True
                left.extend(inner.children)
        node = node.parent


def _is_of_branch(node: NodeSpec) -> bool:
    """Whether the matches that arrive here come straight from a group into its branch."""
    parent = node.parent
    while isinstance(parent, TestSpec):
        node, parent = parent, parent.parent
    return isinstance(parent, BranchingSpec) and node in parent.branch
