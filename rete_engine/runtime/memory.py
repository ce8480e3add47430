"""The data model of a running session: facts, tokens, activations, and the lists they stand in.

Everything is linked by hand. A token stands in up to three doubly linked lists: the children of
its parent token, the tokens whose item is the same fact, and the bucket of its node's memory.
So what a change ends is found and removed without a search, and nothing else is touched.

    element --- tokens ---> token --- children ---> token ...   the tree of partial matches
       |                      |
    entries                 bucket (same left key)
       |
    entry --- bucket (same right key) --- entry ...             the indexes over facts
"""

from __future__ import annotations

from typing import cast, final

from rete_engine.diagnostics.errors import SecurityError, SessionError
from rete_engine.expressions.frame import Link, Node, Record
from rete_engine.network.specs import NodeSpec, ReadingSpec
from rete_engine.network.templates import TemplateSpec


@final
class SessionLimitError(SecurityError):
    """A bound on the session as a whole was passed: its state can no longer be trusted."""


@final
class StrategyError(SessionError):
    """A program's strategy gives no order: the agenda can no longer be trusted."""


@final
class Element(Record):
    """A fact in working memory (the literature's working memory element)."""

    __slots__ = ("entries", "field_tags", "is_live", "newer", "older", "tag", "tokens")

    def __init__(self, type: TemplateSpec, values: tuple[object, ...], number: int) -> None:
        self.type = type
        self.values = values
        self.number = number  # counted from 1 in the order of insertion
        self.tag = 0  # time tag of the insertion
        self.field_tags: list[int] | None = None  # time tag of each field's last change, if any
        self.is_live = False  # in working memory (not: pending, or retracted)
        self.entries: Entry | None = None  # its places in indexes, linked by `sibling`
        self.tokens: Token | None = None  # tokens that it is the item of
        self.older: Element | None = None  # among the live facts of its template
        self.newer: Element | None = None


@final
class Members:
    """The live facts of one template in the order of insertion.

    A linked list: a dict by number took ten times the instructions for an insert, and more memory.
    """

    __slots__ = ("head", "tail")

    def __init__(self) -> None:
        self.head: Element | None = None
        self.tail: Element | None = None

    def add(self, element: Element) -> None:
        """Put the newest fact at the end."""
        tail = self.tail
        if tail is None:
            self.head = element
        else:
            tail.newer = element
            element.older = tail
        self.tail = element

    def remove(self, element: Element) -> None:
        """Take a fact out."""
        older = element.older
        newer = element.newer
        if older is None:
            self.head = newer
        else:
            older.newer = newer
        if newer is None:
            self.tail = older
        else:
            newer.older = older
        element.older = None
        element.newer = None

    def list_into(self, found: list[Element]) -> None:
        """Append all facts to a list."""
        element = self.head
        while element is not None:
            found.append(element)
            element = element.newer

    def take_apart(self) -> None:
        """Let all facts go: they keep their values but not each other."""
        element = self.head
        self.head = None
        self.tail = None
        while element is not None:
            newer = element.newer
            element.is_live = False
            element.older = None
            element.newer = None
            element = newer


@final
class Entry:
    """A fact's place in an index."""

    __slots__ = ("blocked", "bucket", "element", "next", "previous", "sibling")

    def __init__(self, element: Element, bucket: EntryBucket) -> None:
        self.element = element
        self.bucket = bucket
        self.next: Entry | None = None
        self.previous: Entry | None = None
        self.sibling: Entry | None = None  # the next entry of the same fact
        self.blocked: GuardToken | None = None  # guards that lean on this fact, see GuardToken


@final
class EntryBucket:
    """The facts of an index with the same key, oldest first."""

    __slots__ = ("head", "key", "memory", "tail")

    def __init__(self, memory: RightMemory, key: object) -> None:
        self.memory = memory
        self.key = key
        self.head: Entry | None = None
        self.tail: Entry | None = None


@final
class RightMemory:
    """A live index over the facts of an alpha spec."""

    __slots__ = ("buckets", "in_order", "key", "mask", "nodes")

    def __init__(self, key: tuple[Node, ...], mask: int) -> None:
        self.key = key  # evaluated over the fact; empty: one bucket holds all
        self.mask = mask  # fields read by any node that uses the index
        self.buckets: dict[object, EntryBucket] = {}
        # The nodes that ever had a left match: a node with nothing to join is not linked, so a
        # fact costs nothing for the rules it cannot complete.
        self.nodes: list[RightInput] = []
        self.in_order = True  # whether the nodes stand by rank

    def link(self, node: RightInput) -> None:
        """Let a node hear of facts from now on."""
        if self.nodes and self.nodes[-1].rank > node.rank:
            self.in_order = False  # sorted when next needed: linking n nodes is not quadratic
        self.nodes.append(node)

    def linked(self) -> list[RightInput]:
        """The nodes that hear of facts, by rank."""
        if not self.in_order:
            self.nodes.sort(key=rank_of)
            self.in_order = True
        return self.nodes

    def add(self, element: Element, key: object) -> Entry:
        """Put a fact at the end of the bucket of its key."""
        bucket = self.buckets.get(key)
        if bucket is None:
            bucket = EntryBucket(self, key)
            self.buckets[key] = bucket
        entry = Entry(element, bucket)
        tail = bucket.tail
        if tail is None:
            bucket.head = entry
        else:
            tail.next = entry
            entry.previous = tail
        bucket.tail = entry
        entry.sibling = element.entries
        element.entries = entry
        return entry

    def remove(self, entry: Entry) -> None:
        """Take a fact out; the caller takes care of the element's own chain of entries."""
        bucket = entry.bucket
        after = entry.next
        before = entry.previous
        if before is None:
            bucket.head = after
        else:
            before.next = after
        if after is None:
            bucket.tail = before
        else:
            after.previous = before
        entry.next = None
        entry.previous = None
        if bucket.head is None:
            del self.buckets[bucket.key]


class Token(Link):
    """A partial match: a parent match and one item more, waiting in the memory of `node`."""

    __slots__ = (
        "bucket", "child", "element_next", "element_previous", "is_live", "next", "node",
        "previous", "sibling_next", "sibling_previous",
    )  # fmt: skip

    def __init__(self, node: LiveNode, parent: Token | None, item: object) -> None:
        self.parent = parent
        self.item = item
        self.node = node
        self.is_live = True
        self.bucket: TokenBucket | None = None
        self.next: Token | None = None  # in the bucket
        self.previous: Token | None = None
        self.child: Token | None = None  # the newest of the tokens that extend this one
        self.sibling_next: Token | None = None
        self.sibling_previous: Token | None = None
        self.element_next: Token | None = None  # among tokens with the same fact as item
        self.element_previous: Token | None = None
        if parent is not None:
            first = parent.child
            if first is not None:
                self.sibling_next = first
                first.sibling_previous = self
            parent.child = self


@final
class TokenBucket:
    """The tokens of a left memory with the same key, oldest first."""

    __slots__ = ("head", "key", "tail")

    def __init__(self, key: object) -> None:
        self.key = key
        self.head: Token | None = None
        self.tail: Token | None = None


@final
class GuardToken(Token):
    """A match at an `exists` or `not` of one pattern.

    It leans on one fact that satisfies the pattern (`support`) and then stands in that entry's
    list of guards; with none it waits in its bucket. Only when the support goes is another
    looked for.
    """

    __slots__ = ("passed", "support")

    def __init__(self, node: LiveNode, parent: Token | None, item: object) -> None:
        super().__init__(node, parent, item)
        self.support: Entry | None = None
        self.passed = False  # whether its match was handed on


@final
class GroupToken(Token):
    """A match at an `exists` or `not` over a conjunction."""

    __slots__ = ("found", "passed")

    def __init__(self, node: LiveNode, parent: Token | None, item: object) -> None:
        super().__init__(node, parent, item)
        self.found = 0  # matches of the branch
        self.passed = False  # whether its match was handed on


@final
class FoundToken(Token):
    """A match of a group's branch; `owner` is the group's match it was found for."""

    __slots__ = ("owner",)

    def __init__(
        self, node: LiveNode, parent: Token | None, item: object, owner: GroupToken
    ) -> None:
        super().__init__(node, parent, item)
        self.owner = owner


@final
class PlacedToken(Token):
    """A match that an element of a collection is added to, with the element's position."""

    __slots__ = ("position",)

    def __init__(self, node: LiveNode, parent: Token | None, item: object, position: int) -> None:
        super().__init__(node, parent, item)
        self.position = position


@final
class LeftToken(Token):
    """A match in the left memory of a join whose further matches may be deferred."""

    __slots__ = ("next_to_meet",)

    def __init__(self, node: LiveNode, parent: Token | None, item: object) -> None:
        super().__init__(node, parent, item)
        self.next_to_meet: Deferred | None = None  # those whose cursor stands here


@final
class RightToken(Token):
    """A match of a right sub-network. Like a fact it is an item of tokens, and lists them."""

    __slots__ = ("facts", "tokens")

    def __init__(self, node: LiveNode, parent: Token | None, item: object, length: int) -> None:
        super().__init__(node, parent, item)
        self.tokens: Token | None = None  # tokens that it is the item of
        self.facts: list[object] = []
        link: Link | None = self
        while link is not None and len(self.facts) < length:
            self.facts.append(link.item)
            link = link.parent
        self.facts.reverse()


class AgendaEntry(Token):
    """What stands on the agenda: an activation, or many that are not made yet."""

    __slots__ = ("number", "reading", "rule", "salience", "waiting")

    def __init__(
        self, node: LiveNode, parent: Token | None, item: object, reading: ReadingSpec, number: int
    ) -> None:
        super().__init__(node, parent, item)
        self.reading = reading
        self.rule = reading.rule
        self.number = number  # counted in the order of creation
        self.salience = 0
        self.waiting = False  # on the agenda (not: held back, spent or being fired)


@final
class AnswerToken(Token):
    """A complete match of a query, for the arguments that it was asked with."""

    __slots__ = ("owner", "told")

    def __init__(self, node: LiveNode, parent: Token | None, item: object, owner: Element) -> None:
        super().__init__(node, parent, item)
        self.owner = owner  # the record of the arguments
        self.told = False  # whether somebody was told of it, and so hears when it ceases


@final
class Activation(AgendaEntry):
    """A complete match of a rule that stands on the agenda, or fired and supports facts."""

    __slots__ = ("order", "supports")

    def __init__(
        self, node: LiveNode, parent: Token | None, item: object, reading: ReadingSpec, number: int
    ) -> None:
        super().__init__(node, parent, item, reading, number)
        self.order: tuple[object, ...] | None = None  # the strategy's key, while in its heap
        # The facts that it inserted logically when it fired; empty where it is kept to be known
        # again because it defeats itself (see `truth`); None for all others.
        self.supports: dict[Element, None] | None = None


@final
class Deferred(AgendaEntry):
    """The matches that an arrived item makes with the tokens of a bucket, as long as none is made.

    One stands on the agenda for all of them. Where it comes to the top, the match with the token
    at the cursor is made, and the cursor moves on to the token before it. So tokens that arrive
    later are none of its own, and when the item goes, all that is left of them goes in one step.
    """

    __slots__ = ("after", "before", "cursor", "ending", "join")

    def __init__(
        self, ending: Ending, join: LiveNode, item: object, reading: ReadingSpec, number: int
    ) -> None:
        super().__init__(ending, None, item, reading, number)
        self.ending = ending
        self.join = join
        self.cursor: LeftToken | None = None
        self.before: Deferred | None = None  # among those at the same token
        self.after: Deferred | None = None

    def stand(self, token: LeftToken | None) -> None:
        """Move the cursor to a token, or to the end."""
        cursor = self.cursor
        if cursor is not None:
            if self.before is None:
                cursor.next_to_meet = self.after
            else:
                self.before.after = self.after
            if self.after is not None:
                self.after.before = self.before
            self.before = None
            self.after = None
        self.cursor = token
        if token is not None:
            first = token.next_to_meet
            if first is not None:
                self.after = first
                first.before = self
            token.next_to_meet = self


def step_aside(token: LeftToken) -> None:
    """Move the cursors that stand at a token which leaves its bucket."""
    deferred = token.next_to_meet
    before = cast("LeftToken | None", token.previous)
    while deferred is not None:
        deferred.stand(before)
        deferred = token.next_to_meet


class LiveNode:
    """A node of a session: what it remembers of the spec's matches."""

    __slots__ = ("children", "item_mask", "of_branch", "rank", "spec")

    def __init__(self, spec: NodeSpec) -> None:
        self.spec = spec
        self.rank = spec.rank
        self.item_mask = spec.item_mask
        self.of_branch = spec.of_branch
        self.children: list[LiveNode] | None = None  # made when the first match is handed on

    def left(self, parent: Token | None, item: object, matched: Element | None) -> None:
        """Take a match (left activation); `matched` is the item when a pattern matched it."""
        raise NotImplementedError

    def forget(self, token: Token) -> None:
        """Drop what the node knows of a token that is being removed."""


class RightInput(LiveNode):
    """A live node that facts arrive at."""

    __slots__ = ("entry", "mask")

    def __init__(self, spec: NodeSpec, mask: int) -> None:
        super().__init__(spec)
        self.mask = mask
        self.entry: Entry | None = None  # the arriving fact's entry, during a change

    def right(self, element: Element) -> None:
        """Take a fact (right activation)."""
        raise NotImplementedError


class Ending(LiveNode):
    """The end of a rule, as the agenda knows it."""

    __slots__ = ()

    def make(self, deferred: Deferred) -> Activation | None:
        """Make the next match that is deferred; None, and an end of it, when there is none."""
        raise NotImplementedError

    def left_out(self, deferred: Deferred, limit: int) -> list[Link]:
        """Matches that are deferred, the next one first, at most so many; none is made."""
        raise NotImplementedError


def rank_of(node: LiveNode) -> int:
    """The sort key of nodes."""
    return node.rank


def chain_right(token: Token, right: RightToken) -> None:
    """Put a token on the list of those whose item is the match of a right sub-network."""
    first = right.tokens
    if first is not None:
        token.element_next = first
        first.element_previous = token
    right.tokens = token


def chain(token: Token, element: Element) -> None:
    """Put a token on the list of those whose item is the fact."""
    first = element.tokens
    if first is not None:
        token.element_next = first
        first.element_previous = token
    element.tokens = token


def append(bucket: TokenBucket, token: Token) -> None:
    """Put a token at the end of a bucket."""
    token.bucket = bucket
    tail = bucket.tail
    if tail is None:
        bucket.head = token
    else:
        tail.next = token
        token.previous = tail
    bucket.tail = token


def insert(bucket: TokenBucket, token: Token, before: Token | None) -> None:
    """Put a token into a bucket behind another one, or at its head."""
    after = bucket.head if before is None else before.next
    token.bucket = bucket
    token.previous = before
    token.next = after
    if before is None:
        bucket.head = token
    else:
        before.next = token
    if after is None:
        bucket.tail = token
    else:
        after.previous = token


def take_out(token: Token, bucket: TokenBucket) -> None:
    """Take a token out of its bucket."""
    after = token.next
    before = token.previous
    if before is None:
        bucket.head = after
    else:
        before.next = after
    if after is None:
        bucket.tail = before
    else:
        after.previous = before
    token.next = None
    token.previous = None
    token.bucket = None


def collect(bucket: TokenBucket, tokens: list[Token]) -> None:
    """Empty a bucket into a list, for `cut`."""
    token = bucket.head
    while token is not None:
        tokens.append(token)
        token = token.next
    bucket.head = None
    bucket.tail = None


def cut(tokens: list[Token]) -> None:
    """Take the trees apart that tokens belong to, when their session ends.

    It cuts the lists that they stand in too, so all must have been collected before.
    """
    for start in tokens:
        token = start
        parent = cast("Token | None", token.parent)
        while parent is not None:
            token = parent
            parent = cast("Token | None", token.parent)
        left = [token]
        while left:
            token = left.pop()
            child = token.child
            while child is not None:
                left.append(child)
                child = child.sibling_next
            token.is_live = False
            if isinstance(token, Deferred):
                token.cursor = None
                token.before = None
                token.after = None
            elif isinstance(token, LeftToken):
                token.next_to_meet = None
            elif isinstance(token, RightToken):
                token.tokens = None
                token.facts.clear()
            token.parent = None
            token.bucket = None
            token.next = None
            token.previous = None
            token.child = None
            token.sibling_next = None
            token.sibling_previous = None
            token.element_next = None
            token.element_previous = None


def lean(guard: GuardToken, entry: Entry) -> None:
    """Let a guard lean on a fact that satisfies its pattern."""
    guard.support = entry
    first = entry.blocked
    if first is not None:
        guard.next = first
        first.previous = guard
    entry.blocked = guard


def let_go(guard: GuardToken, entry: Entry) -> None:
    """End what `lean` began."""
    after = guard.next
    before = guard.previous
    if before is None:
        assert after is None or isinstance(after, GuardToken)
        entry.blocked = after
    else:
        before.next = after
    if after is not None:
        after.previous = before
    guard.next = None
    guard.previous = None
    guard.support = None
