"""The matcher: brings one change of working memory through the network.

The order of work within one change is what makes it exact:

1. All indexes are brought up to date. From here on whoever looks sees the new state.
2. What is lost goes: tokens that held the fact as it was, then matches that a `not` now stops
   or an `exists` no longer carries.
3. Joins meet the fact, every node before its ancestors, so that a fact which matches two
   patterns of a rule makes each pair once. A group's branch comes before what follows the group,
   and right sub-networks come last: what they find meets the matches of other paths.
4. What `not`, `exists` and accumulates come to mean is settled in the same order: a guard or a
   group lets a match pass when all below it is done, and a group that is left without a match
   stops its own when its branch is done. One that lost what it had and found another (or the same
   fact, modified) in the meantime neither ended a match nor makes one. An accumulate asks for its
   result when its branch is done, once, and hands a changed one on when all below it is done.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, cast, final

from rete_engine.expressions.frame import Context, Frame
from rete_engine.network.alphas import EVERYTHING, OF_SALIENCE, Origin
from rete_engine.network.network import Network
from rete_engine.network.nodes import AdapterSpec, NodeSpec
from rete_engine.network.templates import TemplateSpec
from rete_engine.runtime.activations import Activation, AgendaEntry
from rete_engine.runtime.agenda import Agenda
from rete_engine.runtime.alpha_network import AlphaNetwork
from rete_engine.runtime.conditions import Failure, note_failure, whole
from rete_engine.runtime.endings import AnswerToken
from rete_engine.runtime.errors import SessionLimitError
from rete_engine.runtime.guards import ExistsNode, guards_of
from rete_engine.runtime.live_node import Child, LiveNode, chained
from rete_engine.runtime.memory import Element, Entry, RightToken, Token, stamped
from rete_engine.runtime.nodes import make_node
from rete_engine.runtime.unsettled import LAST, Unsettled

if TYPE_CHECKING:
    from rete_engine.runtime.truth import Truth


@final
class Matcher:
    """The live network of one session."""

    __slots__ = (
        "activations", "adapters", "agenda", "alpha_network", "context", "defers", "failures",
        "firing", "frame", "live_nodes", "loose", "members", "network", "news", "query_failures",
        "tag", "token_limit", "tokens", "truth", "unsettled",
    )  # fmt: skip

    def __init__(self, network: Network, context: Context, agenda: Agenda) -> None:
        self.network = network
        self.context = context
        self.agenda = agenda
        self.frame = Frame(context, network.locals)
        self.live_nodes: list[LiveNode] = []  # as they were made: each when it is first reached
        self.adapters: dict[NodeSpec, LiveNode] = {}
        self.alpha_network = AlphaNetwork()
        self.unsettled = Unsettled()
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
        """The live node of a spec.

        The plan is a tree, and whoever hands a node on to asks once and keeps the answer. Only the
        end of a right sub-network is reached from its parent and from the joins with it.
        """
        if not isinstance(spec, AdapterSpec):
            node = make_node(spec, self)
            self.live_nodes.append(node)
            return node
        adapter = self.adapters.get(spec)
        if adapter is None:
            adapter = make_node(spec, self)
            self.live_nodes.append(adapter)
            self.adapters[spec] = adapter
        return adapter

    def first_child(self, node: LiveNode) -> Child | None:
        """The live children of a node."""
        node.child = chained([self.live(child) for child in node.spec.children])
        return node.child

    # -- changes -------------------------------------------------------------------------------

    def open(self) -> None:
        """Bring the empty match into the network: for rules that need no fact."""
        for spec in self.network.starts:
            self.live(spec).left(None, None, None)
        self.unsettled.settle(LAST, self)
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
        self.alpha_network.enter(element, EVERYTHING, self)
        self.tell(element)
        if self.unsettled.waiting:
            self.unsettled.settle(LAST, self)
        if len(self.agenda.called) > 0:  # a set, see `Agenda.add`
            self.agenda.answer()

    def retract(self, element: Element) -> None:
        """Take a fact out of the network."""
        left = element.entries
        element.entries = None
        entry = left
        while entry is not None:
            entry.bucket.memory.remove(entry)
            entry = entry.sibling
        token = element.tokens
        while token is not None:
            self.remove(token)
            token = element.tokens
        self.release(left)
        if self.unsettled.waiting:
            self.unsettled.settle(LAST, self)
        if len(self.agenda.called) > 0:
            self.agenda.answer()

    def modify(self, element: Element, values: tuple[object, ...], changed: int) -> None:
        """Bring the change of a fact through the network; `changed` is a set of field bits."""
        if self.frame.deadline >= 0.0:
            self.in_time()
        self.tag += 1
        element.stamp = stamped(element.stamp, changed >> 1, self.tag)
        template = cast(TemplateSpec, element.type)
        if not self.network.routes[template.number].mask & changed:
            # Nobody reads it: the tokens, which may be many, need not be looked at. (A counter in
            # Miss Manners with 256 guests has 77,000, and changes 256 times: 0.2 of 0.6 seconds.)
            element.values = values
            return
        left: Entry | None = None
        last: Entry | None = None
        kept: Entry | None = None
        entry = element.entries
        while entry is not None:
            following = entry.sibling
            if entry.bucket.memory.mask & changed:
                entry.bucket.memory.remove(entry)
                entry.sibling = None
                if last is None:
                    left = entry
                else:
                    last.sibling = entry
                last = entry
            else:
                entry.sibling = kept
                kept = entry
            entry = following
        element.entries = kept
        element.values = values
        self.alpha_network.enter(element, changed, self)
        ended: list[Token] = []
        token = element.tokens
        while token is not None:
            if token.node.item_mask & changed:
                ended.append(token)
            token = token.element_next
        for token in ended:
            if token.is_live:
                self.remove(token)
        self.release(left)
        self.tell(element)
        if self.unsettled.waiting:
            self.unsettled.settle(LAST, self)
        if len(self.agenda.called) > 0:
            self.agenda.answer()

    # -- steps 2 and 3 -------------------------------------------------------------------------

    def tell(self, element: Element) -> None:
        """Activate the noted nodes: guards, then joins by rank."""
        node = self.alpha_network.guards.take()
        while node is not None:
            following = node.told
            node.right(element)
            node.entry = None
            node = following
        node = self.alpha_network.targets.take()
        while node is not None:
            following = node.told
            if self.unsettled.waiting:
                self.unsettled.settle(node.rank, self)
            node.right(element)
            node.entry = None
            node = following

    def release(self, left: Entry | None) -> None:
        """Let the guards that leaned on a fact which left indexes look for another one."""
        entry = left
        while entry is not None:
            following = entry.sibling
            entry.sibling = None  # a long chain that is let go as one would go deep
            if entry.blocked is not None:
                key = entry.bucket.key
                for guard in guards_of(entry):
                    if guard.is_live:  # one before it may have ended its match
                        cast(ExistsNode, guard.node).lost(guard, key)
            entry = following

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
            if item.tokens is token:
                item.tokens = token.element_next
        elif isinstance(item, RightToken) and item.tokens is token:
            item.tokens = token.element_next
        before = token.element_previous
        after = token.element_next
        if before is not None:
            before.element_next = after
            token.element_previous = None
        if after is not None:
            after.element_previous = before
            token.element_next = None
        token.node.forget(token)
        # Parent and children point at each other: cut here, nothing is left for the collector.
        token.sibling_previous = None
        token.sibling_next = None
        token.parent = None
        self.tokens -= 1

    # -- bounds -----------------------------------------------------------------------------------

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
                origin = Origin(rule.name, rule.file, rule.line, OF_SALIENCE)
                note_failure([origin], activation, None, error, self)
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
