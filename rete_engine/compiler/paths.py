"""Fourth pass: the steps of a rule become a path of nodes."""

from __future__ import annotations

from rete_engine.compiler.build import NetworkBuilder
from rete_engine.compiler.masks import field_bits
from rete_engine.compiler.match_scope import MatchScope
from rete_engine.compiler.steps import (
    AccumulateStep,
    ComputeStep,
    ControlStep,
    ExistsStep,
    JoinStep,
    Step,
    TestStep,
)
from rete_engine.diagnostics.source import Span
from rete_engine.expressions import tree
from rete_engine.expressions.frame import Node
from rete_engine.expressions.lowering import lower
from rete_engine.expressions.values import is_nan, join_key
from rete_engine.model.rules import Compute, Constraint, Pattern, Source
from rete_engine.network.accumulates import AccumulateSpec, MemberSpec, Place
from rete_engine.network.alphas import EXISTENCE, AlphaSpec, Origin, RightSpec, Test
from rete_engine.network.nodes import (
    AdapterSpec,
    ComputeSpec,
    CrossSpec,
    ExistsSpec,
    FirstSpec,
    GroupSpec,
    JoinSpec,
    NodeSpec,
    PartnerSpec,
    TestSpec,
)

#: The accumulators that ask which member comes first.
ORDERED = frozenset(["min", "max", "collect", "collect_set"])


class Path:
    """How far the path of a rule has come: its last node and where the slots stand."""

    def __init__(self, node: NodeSpec, length: int, positions: dict[int, int]) -> None:
        self.node = node
        self.length = length
        self.positions = positions


def build_path(
    builder: NetworkBuilder, rule: str, steps: list[Step], masks: dict[int, int]
) -> Path:
    """The path of a rule's conditions; `masks` has the field bits that are read, by slot."""
    return _PathBuilder(builder, rule, masks).extend(Path(builder.root, 1, {}), steps)


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
        """`exists` or `not` over conjunctions: a branch for each."""
        builder = self.builder
        parent = path.node
        group = GroupSpec(len(builder.nodes), parent, step.condition.negated)
        builder.hang(group)
        begin = Path(group, path.length + 1, path.positions)
        for steps in step.branches:
            inside = self.extend(begin, steps)
            partner = PartnerSpec(len(builder.nodes), inside.node, inside.length - path.length)
            builder.hang(partner)
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
        builder.hang(spec)
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
        builder.hang(node)

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
