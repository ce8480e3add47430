"""The queues of the agenda: the activations of one group, in the order of the strategy.

An activation is ordered by its salience, then by the strategy. `depth` and `breadth` need no
comparisons: the newest (or oldest) of the highest salience fires, so each salience has a list.
Every other strategy gives each activation a sort key and stands in a heap.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import final

from rete_engine.expressions.native import mypyc_attr
from rete_engine.runtime.activations import Activation, AgendaEntry, Deferred
from rete_engine.runtime.memory import Token, TokenBucket, append, collect, insert, take_out

#: The sort key of an activation; the smallest fires first.
OrderFunction = Callable[[Activation], tuple[object, ...]]


class Queue:
    """The waiting activations of one agenda group."""

    __slots__ = ()

    def push(self, activation: AgendaEntry) -> None:
        """Find the place of an activation that comes to wait."""
        raise NotImplementedError

    def push_front(self, activation: Activation) -> None:
        """Give an activation that was `first` its place back."""
        raise NotImplementedError

    def pull(self, activation: AgendaEntry) -> None:
        """Give the place of an activation up."""
        raise NotImplementedError

    def first(self) -> Activation | None:
        """The activation that fires next; it is made if it was deferred."""
        raise NotImplementedError

    def make_all(self) -> None:
        """Make all that is deferred."""
        raise NotImplementedError

    def entries(self) -> list[AgendaEntry]:
        """All that stands here, the next one first."""
        raise NotImplementedError

    def close(self, tokens: list[Token]) -> None:
        """Let everything go into a list, when the session ends."""
        raise NotImplementedError


@final
@mypyc_attr(acyclic=True)
class Level(TokenBucket):
    """The waiting activations of one salience."""

    __slots__ = ("salience",)

    def __init__(self, salience: int) -> None:
        super().__init__()
        self.salience = salience


@final
class ListQueue(Queue):
    """`depth` and `breadth`: a list for each salience."""

    __slots__ = ("depth", "latest", "levels", "ranked")

    def __init__(self, depth: bool) -> None:
        self.depth = depth
        self.levels: dict[int, Level] = {}  # by their saliences
        self.ranked: list[Level] = []  # by ascending salience
        # The level that was last asked for: mostly it is asked for again.
        self.latest: Level | None = None

    def level(self, salience: int) -> Level:
        """The list of a salience."""
        level = self.latest
        if level is not None and level.salience == salience:
            return level
        level = self.levels.get(salience)
        if level is None:
            level = Level(salience)
            self.levels[salience] = level
            ranked = self.ranked
            place = len(ranked)
            while place > 0 and ranked[place - 1].salience > salience:
                place -= 1
            ranked.insert(place, level)
        self.latest = level
        return level

    def push(self, activation: AgendaEntry) -> None:
        """Put an activation at the end of its list."""
        append(self.level(activation.salience), activation)

    def push_front(self, activation: Activation) -> None:
        """Put an activation at the end that is fired from."""
        level = self.level(activation.salience)
        if self.depth or level.head is None:
            append(level, activation)
            return
        activation.bucket = level
        activation.next = level.head
        level.head.previous = activation
        level.head = activation

    def close(self, tokens: list[Token]) -> None:
        """Let everything go."""
        for level in self.levels.values():
            collect(level, tokens)
        self.levels.clear()
        self.ranked.clear()
        self.latest = None

    def pull(self, activation: AgendaEntry) -> None:
        """Take an activation out of its list."""
        level = activation.bucket
        assert level is not None
        take_out(activation, level)

    def first(self) -> Activation | None:
        """The newest (oldest) activation of the highest salience."""
        ranked = self.ranked
        while ranked:
            level = ranked[-1]
            token = level.tail if self.depth else level.head
            if isinstance(token, Deferred):
                token = make_next(token, level)
            if token is not None:
                assert isinstance(token, Activation)
                return token
            if level.head is None:
                if len(ranked) == 1:
                    return None  # the next activation mostly has the same salience
                # Dynamic salience makes levels without end, so an empty one goes.
                ranked.pop()
                del self.levels[level.salience]
                self.latest = None
        return None

    def make_all(self) -> None:
        """Make all that is deferred."""
        for level in self.levels.values():
            token = level.head
            while token is not None:
                following = token.next
                while isinstance(token, Deferred) and make_next(token, level) is not None:
                    pass
                token = following

    def entries(self) -> list[AgendaEntry]:
        """All that stands here, the next one first."""
        found: list[AgendaEntry] = []
        for level in reversed(self.ranked):
            token = level.tail if self.depth else level.head
            while token is not None:
                assert isinstance(token, AgendaEntry)
                found.append(token)
                token = token.previous if self.depth else token.next
        return found


def make_next(deferred: Deferred, level: TokenBucket) -> Activation | None:
    """Make the next match of what is deferred, and let it fire before the rest of it."""
    made = deferred.ending.make(deferred)
    if made is not None:
        insert(level, made, deferred)
    return made


@final
class HeapQueue(Queue):
    """Every other strategy: a heap over sort keys; the smallest fires first."""

    __slots__ = ("heap", "order", "size")

    def __init__(self, order: OrderFunction) -> None:
        self.order = order  # ends with the activation's number, so no two are equal
        self.size = 0  # how many wait; the heap may hold others still
        self.heap: list[tuple[tuple[object, ...], Activation]] = []

    def push(self, activation: AgendaEntry) -> None:
        """Put an activation into the heap, unless it stands there still."""
        assert isinstance(activation, Activation)  # nothing is deferred here
        self.size += 1
        if activation.order is None:
            activation.order = self.order(activation)
            heapq.heappush(self.heap, (activation.order, activation))

    def push_front(self, activation: Activation) -> None:
        """Put an activation back; its sort key is what it was."""
        self.push(activation)

    def close(self, tokens: list[Token]) -> None:
        """Let everything go."""
        self.size = 0
        for item in self.heap:
            tokens.append(item[1])
        self.heap.clear()

    def pull(self, activation: AgendaEntry) -> None:
        """Leave the heap as it is: `first` passes over what no longer waits."""
        self.size -= 1
        if len(self.heap) > 64 and len(self.heap) > 4 * self.size:
            kept: list[tuple[tuple[object, ...], Activation]] = []
            for item in self.heap:
                if item[1].waiting:
                    kept.append(item)
                else:
                    item[1].order = None
            self.heap = kept
            heapq.heapify(self.heap)

    def first(self) -> Activation | None:
        """The waiting activation with the smallest key."""
        heap = self.heap
        while heap:
            activation = heap[0][1]
            if activation.waiting:
                return activation
            heapq.heappop(heap)
            activation.order = None
        return None

    def make_all(self) -> None:
        """Nothing is deferred here."""

    def entries(self) -> list[AgendaEntry]:
        """All that wait, the next one first."""
        return [item[1] for item in sorted(self.heap, key=key_of_item) if item[1].waiting]


def key_of_item(item: tuple[tuple[object, ...], Activation]) -> tuple[object, ...]:
    """The sort key of heap items: without it, equal keys would compare activations."""
    return item[0]
