"""The matcher: brings one change of working memory through the network.

The order of work within one change is what makes it exact:

1. All indexes are brought up to date. From here on whoever looks sees the new state.
2. What is lost goes: tokens that held the fact as it was, then matches that a `not` now stops
   or an `exists` no longer carries.
3. Joins meet the fact, every node before its ancestors, so that a fact which matches two
   patterns of a rule makes each pair once. A group's branch comes before what follows the group.
4. What `not`, `exists` and accumulates come to mean is settled in the same order: a guard or a
   group lets a match pass when all below it is done, and a group that is left without a match
   stops its own when its branch is done. One that lost what it had and found another (or the same
   fact, modified) in the meantime neither ended a match nor makes one. An accumulate asks for its
   result when its branch is done, once, and hands a changed one on when all below it is done.
"""

from __future__ import annotations

from heapq import heappop, heappush
from time import monotonic
from typing import TYPE_CHECKING, Final, cast, final

from rete_engine.expressions.displays import elements
from rete_engine.expressions.errors import EvaluationError
from rete_engine.expressions.frame import Context, Frame, Link, Node
from rete_engine.expressions.values import join_key, shown
from rete_engine.network.specs import (
    EVERYTHING,
    AlphaSpec,
    Network,
    NodeSpec,
    Origin,
    RightSpec,
    Test,
)
from rete_engine.network.templates import TemplateSpec
from rete_engine.runtime.accumulate import AccumulateNode, TallyToken
from rete_engine.runtime.agenda import Agenda
from rete_engine.runtime.memory import (
    Activation,
    AgendaEntry,
    AnswerToken,
    Element,
    Entry,
    GroupToken,
    GuardToken,
    LiveNode,
    RightInput,
    RightMemory,
    RightToken,
    SessionLimitError,
    Token,
    collect,
    cut,
    rank_of,
)
from rete_engine.runtime.nodes import (
    AdapterNode,
    CrossNode,
    ExistsNode,
    FirstNode,
    GroupNode,
    MeetingNode,
    guards_of,
    key_of_all,
    make_node,
)

if TYPE_CHECKING:
    from rete_engine.runtime.truth import Truth

#: A rank behind that of every node.
LAST: Final = 1 << 40

#: Up to this many nodes to tell are put in order as they come; more are sorted at the end.
FEW: Final = 16


@final
class LiveAlpha:
    """An alpha spec in a session: its indexes and the rules that begin with it."""

    __slots__ = ("firsts", "memories")

    def __init__(self, memories: list[RightMemory], firsts: list[FirstNode]) -> None:
        self.memories = memories
        self.firsts = firsts


@final
class Failure:
    """A condition that raised an error."""

    __slots__ = ("elements", "error", "origins")

    def __init__(
        self, origins: list[Origin], elements: list[Element], error: BaseException
    ) -> None:
        self.origins = origins
        self.elements = elements
        self.error = error


@final
class Matcher:
    """The live network of one session."""

    __slots__ = (
        "activations", "agenda", "alphas", "context", "defers", "failures", "firing", "frame",
        "live_nodes", "loose", "members", "network", "news", "noted", "query_failures", "rights",
        "tag", "targets", "token_limit", "tokens", "truth", "unsettled",
    )  # fmt: skip

    def __init__(self, network: Network, context: Context, agenda: Agenda) -> None:
        self.network = network
        self.context = context
        self.agenda = agenda
        self.frame = Frame(context, network.locals)
        self.live_nodes: dict[int, LiveNode] = {}  # by number; made when first reached
        self.alphas: dict[int, LiveAlpha] = {}
        self.rights: dict[int, RightMemory] = {}
        self.targets: list[RightInput] = []  # nodes to tell of the fact of this change
        # Guards and groups that may let their match pass now, or stop it, by their place in the
        # order of work; the second number counts them, so that no two compare as equal.
        self.unsettled: list[tuple[int, int, Token]] = []
        self.noted = 0
        self.loose: list[Token] = []  # tokens of values alone, which stand in no list
        self.failures: list[Failure] = []  # conditions that raised, until a run reports them
        self.query_failures: list[Failure] = []  # those of queries, until who asked is told
        self.news: list[AnswerToken] = []  # answers that came, or ceased, and nobody was told of
        # Whether matches at the end of a rule are made when they come to the top. Not where each
        # has a place of its own among all that wait, nor while somebody listens to activations.
        self.defers = agenda.strategy.defers()
        self.activations = 0  # how many were made, those that were deferred together as one
        self.members = 0  # how many members of accumulates came, where their order matters
        self.tag = 0  # time tags given
        self.tokens = 0  # tokens alive
        self.token_limit = context.limits.tokens
        self.firing = -1  # number of the rule whose changes are being propagated
        self.truth: Truth | None = None  # where rules insert logically

    # -- live parts, made when first touched ---------------------------------------------------

    def live(self, spec: NodeSpec) -> LiveNode:
        """The live node of a spec."""
        node = self.live_nodes.get(spec.number)
        if node is None:
            node = make_node(spec, self)
            self.live_nodes[spec.number] = node
        return node

    def live_children(self, node: LiveNode) -> list[LiveNode]:
        """The live children of a node."""
        children = [self.live(child) for child in node.spec.children]
        node.children = children
        return children

    def right_memory(self, spec: RightSpec) -> RightMemory:
        """The live index of a spec."""
        memory = self.rights.get(spec.number)
        if memory is None:
            memory = RightMemory(spec.key, spec.mask)
            self.rights[spec.number] = memory
        return memory

    def live_alpha(self, spec: AlphaSpec) -> LiveAlpha:
        """The live part of an alpha spec."""
        alpha = self.alphas.get(spec.number)
        if alpha is None:
            memories = [
                self.right_memory(right)
                for right in spec.rights
                if not right.lazy or right.number in self.rights
            ]
            firsts = [cast(FirstNode, self.live(first)) for first in spec.firsts]
            alpha = LiveAlpha(memories, firsts)
            self.alphas[spec.number] = alpha
        return alpha

    def awaken(self, spec: RightSpec, elements: list[Element]) -> None:
        """Build an index that only queries use; `elements` are the facts of its template."""
        alpha = spec.alpha
        known = self.live_alpha(alpha)
        memory = self.right_memory(spec)
        self.alphas[alpha.number] = LiveAlpha([memory], [])  # no other index takes them again
        for element in elements:
            if alpha.constants:  # of which a route looks at the first
                index, key = alpha.constants[0]
                if join_key(element.values[index]) != key:
                    continue
            self.meet(alpha, element, EVERYTHING)
        known.memories.append(memory)
        self.alphas[alpha.number] = known

    # -- changes -------------------------------------------------------------------------------

    def open(self) -> None:
        """Bring the empty match into the network: for rules that need no fact."""
        for spec in self.network.starts:
            self.live(spec).left(None, None, None)
        self.settle(LAST)
        self.agenda.opened()

    def insert(self, element: Element) -> None:
        """Bring a new fact through the network."""
        if self.frame.deadline >= 0.0:
            self.in_time()
        self.tag += 1
        element.tag = self.tag
        self.arrive(element)

    def arrive(self, element: Element) -> None:
        """Bring a new record through the network: a fact, or the arguments of a query."""
        self.enter(element, EVERYTHING)
        if self.targets:
            self.tell(element)
        if self.unsettled:
            self.settle(LAST)
        if self.agenda.called:
            self.agenda.answer()

    def retract(self, element: Element) -> None:
        """Take a fact out of the network."""
        left: list[Entry] = []
        entry = element.entries
        element.entries = None
        while entry is not None:
            entry.bucket.memory.remove(entry)
            left.append(entry)
            entry = entry.sibling
        token = element.tokens
        while token is not None:
            self.remove(token)
            token = element.tokens
        for entry in left:
            if entry.blocked is not None:
                self.release(entry)
        if self.unsettled:
            self.settle(LAST)
        if self.agenda.called:
            self.agenda.answer()

    def modify(self, element: Element, values: tuple[object, ...], changed: int) -> None:
        """Bring the change of a fact through the network; `changed` is a set of field bits."""
        if self.frame.deadline >= 0.0:
            self.in_time()
        self.tag += 1
        self.stamp(element, len(values), changed)
        template = cast(TemplateSpec, element.type)
        if not self.network.routes[template.number].mask & changed:
            # Nobody reads it: the tokens, which may be many, need not be looked at. (A counter in
            # Miss Manners with 256 guests has 77,000, and changes 256 times: 0.2 of 0.6 seconds.)
            element.values = values
            return
        left: list[Entry] = []
        kept: Entry | None = None
        entry = element.entries
        while entry is not None:
            following = entry.sibling
            if entry.bucket.memory.mask & changed:
                entry.bucket.memory.remove(entry)
                left.append(entry)
            else:
                entry.sibling = kept
                kept = entry
            entry = following
        element.entries = kept
        element.values = values
        self.enter(element, changed)
        ended: list[Token] = []
        token = element.tokens
        while token is not None:
            if token.node.item_mask & changed:
                ended.append(token)
            token = token.element_next
        for token in ended:
            if token.is_live:
                self.remove(token)
        for entry in left:
            if entry.blocked is not None:
                self.release(entry)
        if self.targets:
            self.tell(element)
        if self.unsettled:
            self.settle(LAST)
        if self.agenda.called:
            self.agenda.answer()

    def stamp(self, element: Element, count: int, changed: int) -> None:
        """Note the time of a change of some fields."""
        tags = element.field_tags
        if tags is None:
            tags = [element.tag] * count
            element.field_tags = tags
        while len(tags) < changed.bit_length() - 1:  # further fields stand behind the declared ones
            tags.append(element.tag)
        for index in range(len(tags)):
            if changed & (2 << index):
                tags[index] = self.tag

    # -- step 1: indexes -----------------------------------------------------------------------

    def enter(self, element: Element, changed: int) -> None:
        """Bring a fact into the indexes it belongs to and note the nodes to tell of it."""
        routes = self.network.routes
        values = element.values
        template: TemplateSpec | None = cast(TemplateSpec, element.type)
        while template is not None:
            route = routes[template.number]
            for index, table in route.tables:
                value = values[index]
                # A plain string is its own join key; this saves the call where it is commonest.
                specs = table.get(value if type(value) is str else join_key(value))
                if specs is not None:
                    for spec in specs:
                        if spec.mask & changed:
                            self.meet(spec, element, changed)
            for spec in route.rest:
                if spec.mask & changed:
                    self.meet(spec, element, changed)
            template = template.base

    def meet(self, spec: AlphaSpec, element: Element, changed: int) -> None:
        """Bring a fact into the indexes of an alpha spec if it satisfies it."""
        if spec.lazy and spec.number not in self.alphas:
            return
        if spec.others:
            values = element.values
            for index, key in spec.others:
                if join_key(values[index]) != key:
                    return
        frame = self.frame
        frame.record = element
        if spec.tests:
            frame.link = None
            if not self.all_hold(spec.tests):
                return
        alpha = self.alphas.get(spec.number)
        if alpha is None:
            alpha = self.live_alpha(spec)
        targets = self.targets
        for first in alpha.firsts:
            if first.mask & changed:
                targets.append(first)
        for memory in alpha.memories:
            if memory.mask & changed:
                nodes = memory.key
                if not nodes:
                    entry = memory.add(element, None)
                elif len(nodes) == 1:
                    entry = memory.add(element, join_key(nodes[0].evaluate(frame)))
                else:
                    entry = memory.add(element, key_of_all(nodes, self))
                if memory.nodes:
                    for node in memory.linked():
                        if node.mask & changed:
                            node.entry = entry
                            targets.append(node)

    # -- steps 2 and 3 -------------------------------------------------------------------------

    def tell(self, element: Element) -> None:
        """Activate the noted nodes: guards first, then joins by rank."""
        targets = self.targets
        if len(targets) == 1:
            node = targets[0]
            targets.clear()
            if self.unsettled:
                self.settle(node.rank)
            node.right(element)
            node.entry = None
            return
        self.targets = []
        in_order(targets)
        for node in targets:
            if isinstance(node, ExistsNode):
                node.right(element)
                node.entry = None
        for node in targets:
            if not isinstance(node, ExistsNode):
                if self.unsettled:
                    self.settle(node.rank)
                node.right(element)
                node.entry = None

    def release(self, entry: Entry) -> None:
        """Let the guards that leaned on a fact which is gone look for another."""
        key = entry.bucket.key
        for guard in guards_of(entry):
            if guard.is_live:  # one before it may have ended its match
                cast(ExistsNode, guard.node).lost(guard, key)

    def remove(self, token: Token) -> None:
        """Remove a token and everything below it."""
        truth = self.truth
        if truth is not None and truth.cause is not None and token.node.spec.supports:
            truth.record(token)
        parent = cast("Token | None", token.parent)
        if parent is not None:
            before = token.sibling_previous
            after = token.sibling_next
            if before is None:
                parent.child = after
            else:
                before.sibling_next = after
            if after is not None:
                after.sibling_previous = before
        self.discard(token)

    def remove_outputs(self, token: Token) -> None:
        """Remove what a guard or a group handed on, but not a group's own branch."""
        child = token.child
        while child is not None:
            following = child.sibling_next
            if not child.node.of_branch:
                self.remove(child)
            child = following

    def discard(self, token: Token) -> None:
        """Remove a token that its parent no longer lists, and everything below it."""
        token.is_live = False
        child = token.child
        token.child = None
        while child is not None:
            following = child.sibling_next
            self.discard(child)
            child = following
        item = token.item
        if isinstance(item, Element):
            before = token.element_previous
            after = token.element_next
            if before is not None:
                before.element_next = after
            elif item.tokens is token:
                item.tokens = after
            if after is not None:
                after.element_previous = before
            token.element_previous = None
            token.element_next = None
        elif isinstance(item, RightToken):
            before = token.element_previous
            after = token.element_next
            if before is not None:
                before.element_next = after
            else:
                item.tokens = after
            if after is not None:
                after.element_previous = before
            token.element_previous = None
            token.element_next = None
        token.node.forget(token)
        # Parent and children point at each other: cut here, nothing is left for the collector.
        token.sibling_previous = None
        token.sibling_next = None
        token.parent = None
        self.tokens -= 1

    # -- step 4 --------------------------------------------------------------------------------

    def may_pass(self, token: Token) -> None:
        """Note a guard or a group that did not hold and may hold now."""
        self.noted += 1
        heappush(self.unsettled, (2 * token.node.rank, self.noted, token))

    def may_stop(self, token: Token, branch_rank: int) -> None:
        """Note what to look at when a branch is done.

        A group that held and is left without a match, for now; a result that may have changed.
        """
        self.noted += 1
        heappush(self.unsettled, (2 * branch_rank + 1, self.noted, token))

    def settle(self, rank: int) -> None:
        """Let pass, and stop, what `not` and `exists` came to mean, as far as a rank."""
        unsettled = self.unsettled
        while unsettled and unsettled[0][0] < 2 * rank:
            place, _, token = heappop(unsettled)
            if not token.is_live:
                continue
            if isinstance(token, GuardToken):
                exists = cast(ExistsNode, token.node)
                if not token.passed and (token.support is None) == exists.negated:
                    exists.pass_on(token)
                continue
            if isinstance(token, TallyToken):
                accumulate = cast(AccumulateNode, token.node)
                if place & 1:
                    accumulate.review(token)
                else:
                    accumulate.pass_on(token)
                continue
            held = cast(GroupToken, token)
            group = cast(GroupNode, held.node)
            holds = (held.found == 0) == group.negated
            if place & 1:
                if held.passed and not holds:
                    held.passed = False
                    self.remove_outputs(held)
            elif holds and not held.passed:
                group.pass_on(held)

    # -- the end -------------------------------------------------------------------------------

    def close(self, elements: list[Element], tokens: list[Token]) -> None:
        """Cut what points in circles, so that nothing is left for the collector.

        Tokens know their parents and their parents know them; entries and buckets, and nodes and
        the matcher likewise. The facts given are all that are live; they keep their values. The
        tokens are those of the agenda; every other one is found here by a list it stands in.
        """
        for element in elements:
            entry = element.entries
            element.entries = None
            while entry is not None:
                guard: Token | None = entry.blocked
                while guard is not None:
                    tokens.append(guard)
                    guard = guard.next
                entry.blocked = None
                entry.next = None
                entry.previous = None
                entry.bucket.head = None
                entry.bucket.tail = None
                entry = entry.sibling
            token = element.tokens
            element.tokens = None
            while token is not None:
                tokens.append(token)
                token = token.element_next
        for node in self.live_nodes.values():
            if isinstance(node, MeetingNode):
                for bucket in node.buckets.values():
                    collect(bucket, tokens)
                node.buckets.clear()
            elif isinstance(node, CrossNode):
                collect(node.bucket, tokens)
            elif isinstance(node, AdapterNode):
                collect(node.memory, tokens)
                node.crosses.clear()
        tokens.extend(self.loose)
        self.loose.clear()
        cut(tokens)
        for memory in self.rights.values():
            memory.nodes.clear()
            memory.buckets.clear()
        self.live_nodes.clear()
        self.alphas.clear()
        self.rights.clear()
        self.failures.clear()
        self.query_failures.clear()
        self.news.clear()
        self.targets.clear()
        self.unsettled.clear()
        self.truth = None
        self.frame.link = None
        self.frame.record = None
        self.tokens = 0

    # -- conditions ----------------------------------------------------------------------------

    def all_hold(self, tests: tuple[Test, ...]) -> bool:
        """Whether all tests hold for the frame's match and fact; one that raises does not."""
        frame = self.frame
        for test in tests:
            try:
                if not test.node.holds(frame):
                    return False
            except Exception as error:
                self.failed(test.origins, frame.link, frame.record, error)
                return False
        return True

    def compute(self, test: Test, each: bool) -> list[object]:
        """The value of an expression alone, or each of its elements; nothing if it raises."""
        try:
            value = test.node.evaluate(self.frame)
            return elements(value) if each else [value]
        except Exception as error:  # whatever an external function raises
            self.failed(test.origins, self.frame.link, None, error)
            return []

    def failed(
        self, origins: list[Origin], link: Link | None, record: object, error: BaseException
    ) -> None:
        """Note the error of a condition, to be reported by the next run."""
        elements = elements_of(link)
        if isinstance(record, Element):
            elements.append(record)
        # A query shares no condition that can raise with a rule.
        failures = self.query_failures if origins[0].of_query else self.failures
        failures.append(Failure(origins, elements, error))

    def count(self) -> None:
        """Count a token that is made.

        Raises:
            SessionLimitError: The session holds more tokens than its limit.
        """
        self.tokens += 1
        if self.tokens > self.token_limit:
            raise SessionLimitError(
                f"the session holds more than {self.token_limit} partial matches"
                " (Limits(tokens=…) sets the bound)"
            )
        if self.tokens & 63 == 0 and self.frame.deadline >= 0.0:
            self.in_time()

    def in_time(self) -> None:
        """Look at the time, where it has a bound.

        Raises:
            SessionLimitError: The call of the session's method took too long.
        """
        if monotonic() >= self.frame.deadline:
            raise SessionLimitError(
                "matching took more than the seconds that a call of the session's methods may take"
                " (Limits(seconds=…) sets the bound)"
            )

    # -- activations ---------------------------------------------------------------------------

    def activate(self, activation: AgendaEntry) -> None:
        """Put a new match (or many) on the agenda, unless its rule keeps it from there."""
        truth = self.truth
        if truth is not None and truth.defeated and truth.spends(activation):
            return
        rule = activation.rule
        if (rule.no_loop and rule.number == self.firing) or (
            rule.lock_on_active and rule.group == self.agenda.active
        ):
            self.remove(activation)
            return
        salience = activation.reading.salience
        if salience is not None:
            frame = self.frame
            frame.link = activation
            frame.record = None
            try:
                activation.salience = whole(salience, frame)
            except Exception as error:
                origin = Origin(rule.name, rule.file, rule.line, "salience")
                self.failed([origin], activation, None, error)
                self.remove(activation)
                return
        self.agenda.add(activation)

    def cancel(self, activation: AgendaEntry) -> None:
        """Take a match that ceased off the agenda, and its support from what it supports."""
        self.agenda.discard(activation)
        truth = self.truth
        if truth is not None and isinstance(activation, Activation):
            truth.end(activation)

    def spend(self, activation: Activation) -> None:
        """Drop a match that fired: nothing needs to remember it until it ceases."""
        if activation.is_live:
            self.remove(activation)


def whole(node: Node, frame: Frame) -> int:
    """The value of a salience."""
    value = node.evaluate(frame)
    if type(value) is not int:
        raise EvaluationError(f"salience must be a whole number, not {shown(value)}")
    return value


def elements_of(link: Link | None) -> list[Element]:
    """The facts of a match, in the order of its conditions."""
    found: list[Element] = []
    while link is not None:
        if isinstance(link.item, Element) and link.item.number:  # not a query's arguments
            found.append(link.item)
        link = link.parent
    found.reverse()
    return found


def in_order(nodes: list[RightInput]) -> None:
    """Sort nodes by rank. Mostly few, often sorted: then insertion beats a keyed sort."""
    if len(nodes) > FEW:
        nodes.sort(key=rank_of)
        return
    for i in range(1, len(nodes)):
        node = nodes[i]
        rank = node.rank
        j = i - 1
        while j >= 0 and nodes[j].rank > rank:
            nodes[j + 1] = nodes[j]
            j -= 1
        nodes[j + 1] = node
