"""The data model of a running session: facts, tokens, and the lists they stand in.

Everything is linked by hand. A token stands in up to three doubly linked lists: the children of
its parent token, the tokens whose item is the same fact, and the bucket of its node's memory.
So what a change ends is found and removed without a search, and nothing else is touched.

The tokens that only one kind of node has, with more to remember, stand beside that node.

    element --- tokens ---> token --- children ---> token ...   the tree of partial matches
       |                      |
    entries                left bucket (of one node)
       |                      |
    entry ----- bucket (of one key in one index) ----- entry ...
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from rete_engine.expressions.frame import Link, Node, Record
from rete_engine.network.templates import TemplateSpec
from rete_engine.runtime.join_keys import key_maker
from rete_engine.runtime.live_node import LiveNode, RightInput, rank_of

if TYPE_CHECKING:
    from rete_engine.runtime.guards import GuardToken
    from rete_engine.runtime.origins import FiringRecord


@final
class Element(Record):
    """A fact in working memory (the literature's working memory element)."""

    __slots__ = ("entries", "is_live", "newer", "older", "origin", "stamp", "tag", "tokens")

    def __init__(self, type: TemplateSpec, values: tuple[object, ...], number: int) -> None:
        self.type = type
        self.values = values
        self.number = number  # counted from 1 in the order of insertion
        self.tag = 0  # time tag of the insertion
        self.stamp: Stamp | None = None  # of its last change, if it was ever changed
        self.is_live = False  # in working memory (not: pending, or retracted)
        self.entries: Entry | None = None  # its places in indexes, linked by `sibling`
        self.tokens: Token | None = None  # tokens that it is the item of
        self.older: Element | None = None  # among the live facts of its template
        self.newer: Element | None = None
        self.origin: FiringRecord | None = None  # the firing that it comes from, see `origins`


@final
class Stamp:
    """When fields of a fact were changed last. Every field stands in one stamp at most."""

    __slots__ = ("fields", "older", "tag")

    def __init__(self, fields: int, tag: int, older: Stamp | None) -> None:
        self.fields = fields  # a bit for each, the first is 1
        self.tag = tag
        self.older = older


def stamped(newest: Stamp | None, fields: int, tag: int) -> Stamp:
    """The stamps of a fact after one more change, the newest first."""
    if newest is not None and newest.fields == fields:  # mostly the same fields change again
        newest.tag = tag
        return newest
    first = Stamp(fields, tag, newest)
    before = first
    stamp = newest
    while stamp is not None:
        stamp.fields -= stamp.fields & fields
        if stamp.fields == 0:
            before.older = stamp.older
        else:
            before = stamp
        stamp = stamp.older
    return first


@final
class Entry:
    """A fact's place in an index."""

    __slots__ = ("blocked", "bucket", "element", "next", "previous", "sibling")

    def __init__(self, element: Element, bucket: Bucket) -> None:
        self.element = element
        self.bucket = bucket
        self.next: Entry | None = None
        self.previous: Entry | None = None
        self.sibling: Entry | None = None  # the next entry of the same fact
        self.blocked: GuardToken | None = None  # guards that lean on this fact, see GuardToken


class TokenBucket:
    """A list of tokens, oldest first."""

    __slots__ = ("head", "tail")

    def __init__(self) -> None:
        self.head: Token | None = None
        self.tail: Token | None = None


@final
class Bucket(TokenBucket):
    """The facts of an index with the same key, oldest first, and the matches that wait for them.

    Facts and matches with one key meet in one place: a key is looked up once for each that comes,
    and what finds nobody is told to nobody. The matches of the node that came first stand in the
    bucket itself: mostly an index has one node, and then nothing more is made for them.
    """

    __slots__ = ("first", "key", "last", "lefts", "memory", "slot", "waiting")

    def __init__(self, memory: RightMemory, key: object) -> None:
        super().__init__()
        # First what each fact that comes looks at, together for the processor's cache.
        self.last: Entry | None = None
        self.waiting = 0  # matches of all nodes
        self.slot = -1  # of the node whose matches stand here
        self.first: Entry | None = None
        self.lefts: list[LeftBucket | None] | None = None  # those of other nodes, by their slots
        self.memory = memory
        self.key = key

    def left(self, slot: int) -> TokenBucket | None:
        """The matches of a node, if there ever was one."""
        if slot == self.slot:
            return self
        lefts = self.lefts
        return lefts[slot] if lefts is not None and slot < len(lefts) else None

    def keep(self, token: Token, slot: int) -> None:
        """Let a match of a node wait here."""
        self.waiting += 1
        if self.slot < 0:
            self.slot = slot
        if slot == self.slot:
            append(self, token)
            return
        left = self.left(slot)
        if left is None:
            lefts = self.lefts
            if lefts is None:
                lefts = []
                self.lefts = lefts
            while len(lefts) <= slot:
                lefts.append(None)
            left = LeftBucket(self)
            lefts[slot] = left
        append(left, token)

    def drop(self, token: Token, left: TokenBucket) -> None:
        """Take a match out."""
        take_out(token, left)
        self.waiting -= 1
        if self.waiting == 0:
            self.slot = -1
            self.lefts = None
            if self.first is None:
                del self.memory.buckets[self.key]


@final
class LeftBucket(TokenBucket):
    """The matches of one more node in a bucket."""

    __slots__ = ("bucket",)

    def __init__(self, bucket: Bucket) -> None:
        super().__init__()
        self.bucket = bucket


@final
class RightMemory:
    """A live index over the facts of an alpha spec."""

    __slots__ = ("buckets", "in_order", "key", "mask", "nodes")

    def __init__(self, key: tuple[Node, ...], mask: int) -> None:
        self.key = key_maker(key)  # of the fact; without a key one bucket holds all
        self.mask = mask  # fields read by any node that uses the index
        self.buckets: dict[object, Bucket] = {}
        # The nodes that ever had a left match: a node with nothing to join is not linked, so a
        # fact costs nothing for the rules it cannot complete.
        self.nodes: list[RightInput] = []
        self.in_order = True  # whether the nodes stand by rank

    def link(self, node: RightInput) -> int:
        """Let a node hear of facts from now on; its slot in the buckets."""
        if self.nodes and self.nodes[-1].rank > node.rank:
            self.in_order = False  # sorted when next needed: linking n nodes is not quadratic
        self.nodes.append(node)
        return len(self.nodes) - 1

    def linked(self) -> list[RightInput]:
        """The nodes that hear of facts, by rank."""
        if not self.in_order:
            self.nodes.sort(key=rank_of)
            self.in_order = True
        return self.nodes

    def bucket(self, key: object) -> Bucket:
        """The bucket of a key."""
        bucket = self.buckets.get(key)
        if bucket is None:
            bucket = Bucket(self, key)
            self.buckets[key] = bucket
        return bucket

    def add(self, element: Element, key: object) -> Entry:
        """Put a fact at the end of the bucket of its key."""
        bucket = self.bucket(key)
        entry = Entry(element, bucket)
        tail = bucket.last
        if tail is None:
            bucket.first = entry
        else:
            tail.next = entry
            entry.previous = tail
        bucket.last = entry
        entry.sibling = element.entries
        element.entries = entry
        return entry

    def remove(self, entry: Entry) -> None:
        """Take a fact out; the caller takes care of the element's own chain of entries."""
        bucket = entry.bucket
        after = entry.next
        before = entry.previous
        if before is None:
            bucket.first = after
        else:
            before.next = after
        if after is None:
            bucket.last = before
        else:
            after.previous = before
        entry.next = None
        entry.previous = None
        if bucket.first is None and bucket.waiting == 0:
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


def chain(token: Token, element: Element) -> None:
    """Put a token on the list of those whose item is the fact."""
    first = element.tokens
    if first is not None:
        token.element_next = first
        first.element_previous = token
    element.tokens = token


def chain_right(token: Token, right: RightToken) -> None:
    """Put a token on the list of those whose item is the match of a right sub-network."""
    first = right.tokens
    if first is not None:
        token.element_next = first
        first.element_previous = token
    right.tokens = token


def longer(token: Token, right: RightToken) -> Link:
    """The match that `CrossNode.splice` would make, for a look at it."""
    link = Link(token, right)
    for fact in right.facts:
        link = Link(link, fact)
    return link


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
    """Empty a bucket into a list, for `closing.cut`."""
    token = bucket.head
    while token is not None:
        tokens.append(token)
        token = token.next
    bucket.head = None
    bucket.tail = None
