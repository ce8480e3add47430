"""The plan of a network: specs of alpha tests, right inputs and nodes.

Everything here is made once, by the compiler, and read by every session; nothing changes after
`Network` is complete. Nodes form a tree (each has one parent, whose matches it extends), and two
rules that begin alike share its upper part. Words are Doorenbos's (*Production Matching for
Large Learning Systems*, 1995).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Final, final

from rete_engine.expressions.frame import Node, RecordType
from rete_engine.network.statements import Statement
from rete_engine.network.templates import TemplateSpec

#: In a set of field bits, the fact's coming and going; field `i` has bit `i + 1`.
EXISTENCE: Final = 1
#: All bits: what changes when a fact comes or goes.
EVERYTHING: Final = -1

#: The number of the agenda group `main`, which every rule is in that names no other.
MAIN: Final = 0


@final
class Origin:
    """Where a condition stands: for errors, which must name every rule that shares it."""

    __slots__ = ("file", "line", "of_query", "rule", "text")

    def __init__(self, rule: str, file: str, line: int, text: str, of_query: bool = False) -> None:
        self.rule = rule  # its name, or that of the query
        self.of_query = of_query
        self.file = file
        self.line = line
        self.text = text


@final
class Test:
    """A boolean expression with the places it was written at."""

    __slots__ = ("node", "origins")

    def __init__(self, node: Node, origin: Origin) -> None:
        self.node = node
        self.origins = [origin]


@final
class AlphaSpec:
    """What a pattern asks of a fact alone: template, constants, further tests."""

    __slots__ = (
        "constants", "firsts", "lazy", "mask", "number", "others", "reads", "rights", "template",
        "tests",
    )  # fmt: skip

    def __init__(
        self,
        number: int,
        template: TemplateSpec,
        constants: tuple[tuple[int, object], ...],
        tests: tuple[Test, ...],
        reads: int,
        lazy: bool,
    ) -> None:
        self.number = number
        self.lazy = lazy  # only queries use it: asleep until one of them is asked
        self.template = template
        self.constants = constants  # (field position, join key of the constant): all must agree
        self.others = constants[1:]  # a route finds the spec by the first one
        self.tests = tests
        self.reads = reads  # field bits that constants and tests read
        self.mask = 0  # field bits read through this pattern by anything below
        self.rights: list[RightSpec] = []  # indexes over its facts
        self.firsts: list[FirstSpec] = []  # rules that begin with this pattern


@final
class RightSpec:
    """An index over the facts of an alpha spec, shared by every join with the same key."""

    __slots__ = ("alpha", "key", "lazy", "mask", "number")

    def __init__(self, number: int, alpha: AlphaSpec, key: tuple[Node, ...], lazy: bool) -> None:
        self.number = number
        self.lazy = lazy  # only queries use it: built when one of them is first asked
        self.alpha = alpha
        self.key = key  # evaluated over the fact; empty: one bucket holds all
        self.mask = 0  # fields read by any node that uses the index


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
        # fact that matches two patterns of a rule makes each pair once), and the branch of a
        # group before what follows the group. Set when the network is complete.
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

    The last node of the branch is a `PartnerSpec`.
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
class PatternUse:
    """A pattern of a rule as written: where its fact stands in a complete match."""

    __slots__ = ("mask", "name", "steps")

    def __init__(self, name: str | None, steps: int, mask: int) -> None:
        self.name = name  # the variable that holds the fact
        self.steps = steps  # links up from the end of the match
        self.mask = mask  # fields the conditions read: a change of them renews the match


@final
class Period:
    """The days on which a rule is effective, both ends inclusive."""

    __slots__ = ("since", "until")

    def __init__(self, since: date | None, until: date | None) -> None:
        self.since = since  # None is from the beginning
        self.until = until  # None is for ever

    def holds(self, day: date) -> bool:
        """Whether a day lies within."""
        since = self.since
        until = self.until
        return (since is None or since <= day) and (until is None or day <= until)


@final
class RuleSpec:
    """A rule: what the agenda and the loop need to know of it."""

    __slots__ = (
        "auto_focus", "complexity", "deferrable", "description", "enabled", "file", "function",
        "group", "line", "locals", "lock_on_active", "name", "no_loop", "number", "period", "plain",
        "readings", "rivalry", "tags",
    )  # fmt: skip

    def __init__(self, number: int, name: str, file: str, line: int) -> None:
        self.number = number
        self.name = name
        self.file = file
        self.line = line
        self.description: str | None = None
        self.tags: tuple[str, ...] = ()
        # Whether its matches are alike for the agenda, so that one entry may stand for many: the
        # salience is the same for each, and none concerns other groups by its mere coming.
        self.deferrable = False
        self.enabled: Node | None = None  # None is always
        self.no_loop = False
        self.group = MAIN  # number of the agenda group
        self.auto_focus = False
        self.rivalry = -1  # number of the activation group, or -1
        self.lock_on_active = False
        self.period: Period | None = None  # when the rule is effective; None is always
        self.plain = True  # in `main`, with neither `auto_focus` nor an activation group
        self.complexity = 0  # constraints and tests as written
        self.function: Callable[..., object] | None = None  # of a rule in Python: its action
        self.locals = 0  # how many local variables the statements need
        self.readings: list[ReadingSpec] = []  # one, or more where conditions have alternatives


@final
class ReadingSpec:
    """One way to read a rule, with one of the alternatives of each `or`.

    It holds all that depends on where the variables of the rule stand in a match.
    """

    __slots__ = ("bindings", "leads", "patterns", "rule", "salience", "statements")

    def __init__(self, rule: RuleSpec) -> None:
        self.rule = rule
        self.salience: Node | None = None  # None is 0
        self.patterns: tuple[PatternUse, ...] = ()  # positive patterns in written order
        self.leads = False  # whether the first of its conditions about facts is a positive pattern
        self.bindings: tuple[tuple[str, Node], ...] = ()  # what `when` bound, in written order
        self.statements: tuple[Statement, ...] = ()


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
class QuerySpec:
    """A query: what asking it needs to know.

    Its arguments are a record of a template that only queries have. The record goes through the
    network as a fact would, is joined with the query's conditions, and is taken out again.
    """

    __slots__ = ("answers", "arguments", "entrances", "file", "line", "name", "number", "rights")

    def __init__(
        self,
        number: int,
        name: str,
        file: str,
        line: int,
        arguments: TemplateSpec,
        variables: list[str],
    ) -> None:
        self.number = number
        self.name = name
        self.file = file
        self.line = line
        self.arguments = arguments  # the template of the record of arguments
        positions = {variable: index for index, variable in enumerate(variables)}
        self.answers = RecordType(name, positions, frozenset(), False)
        self.entrances: list[AlphaSpec] = []  # where the arguments come in
        self.rights: list[RightSpec] = []  # the indexes that only queries use


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


@final
class Route:
    """The way of a new fact of one template: which alpha specs it can satisfy.

    Alpha specs that ask for a constant are found by it, so their number costs a fact nothing.
    """

    __slots__ = ("mask", "rest", "tables")

    def __init__(
        self,
        tables: tuple[tuple[int, dict[object, tuple[AlphaSpec, ...]]], ...],
        rest: tuple[AlphaSpec, ...],
        mask: int,
    ) -> None:
        self.tables = tables  # field position, then join key of its value -> alpha specs
        self.rest = rest  # alpha specs with no constant
        # Field bits that any rule reads of such a fact, also as one of a template it extends.
        self.mask = mask


@final
class Network:
    """The whole plan."""

    __slots__ = (
        "alphas", "derived", "groups", "locals", "nodes", "queries", "root", "routes", "rules",
        "starts",
        "switched", "templates",
    )  # fmt: skip

    def __init__(
        self,
        templates: tuple[TemplateSpec, ...],
        alphas: tuple[AlphaSpec, ...],
        nodes: tuple[NodeSpec, ...],
        root: RootSpec,
        rules: tuple[RuleSpec, ...],
        queries: tuple[QuerySpec, ...],
        routes: tuple[Route, ...],
        groups: tuple[str, ...],
        locals: int,
        derived: frozenset[int],
    ) -> None:
        self.templates = templates
        self.queries = queries
        self.derived = derived  # numbers of the templates that rules insert logically
        self.routes = routes  # by the template's number, those of queries' arguments too
        self.alphas = alphas
        self.nodes = nodes
        self.root = root
        self.rules = rules
        self.groups = groups  # the names of the agenda groups, by number
        self.locals = locals  # local variables that the conditions need at most
        # What opening a session has to look at, so that it does not look at every rule.
        self.starts = tuple([n for n in root.children if not isinstance(n, FirstSpec)])
        self.switched = tuple([rule for rule in rules if rule.enabled is not None])
