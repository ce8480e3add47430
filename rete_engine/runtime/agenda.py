"""The agenda: which activations wait, and which fires next.

An activation is ordered by its salience, then by the strategy. `depth` and `breadth` need no
comparisons: the newest (or oldest) of the highest salience fires, so each salience has a list.
Every other strategy gives each activation a sort key and stands in a heap.
"""

from __future__ import annotations

import heapq
from bisect import insort
from collections.abc import Callable
from typing import cast, final

from rete_engine.expressions.frame import Link
from rete_engine.network.specs import RuleSpec
from rete_engine.runtime.memory import (
    Activation,
    AgendaEntry,
    Deferred,
    Token,
    TokenBucket,
    append,
    collect,
    insert,
    take_out,
)


@final
class Candidate:
    """A match that waits, as a look at the agenda finds it: made or not."""

    __slots__ = ("link", "rule", "salience")

    def __init__(self, rule: RuleSpec, salience: int, link: Link) -> None:
        self.rule = rule
        self.salience = salience
        self.link = link  # the end of the match


class Agenda:
    """What a session's strategy makes of the waiting activations."""

    __slots__ = (
        "defers", "disabled", "held", "on_activate", "on_cancel", "size",
    )  # fmt: skip

    def __init__(self, defers: bool) -> None:
        self.defers = defers  # whether it takes what is `Deferred`
        self.size = 0  # how many wait
        self.disabled: set[int] = set()  # numbers of the rules that are off
        self.held: dict[int, dict[AgendaEntry, None]] = {}  # their activations, by rule
        self.on_activate: Callable[[Activation], None] | None = None  # the session's listeners
        self.on_cancel: Callable[[Activation], None] | None = None

    def add(self, activation: AgendaEntry) -> None:
        """Take a new activation; one of a rule that is off is held back."""
        number = activation.rule.number
        if self.disabled and number in self.disabled:
            self.held.setdefault(number, {})[activation] = None
            return
        activation.waiting = True
        self.size += 1
        self.push(activation)
        if self.on_activate is not None:
            self.on_activate(cast(Activation, activation))  # nothing is deferred beside a listener

    def discard(self, activation: AgendaEntry) -> None:
        """Drop an activation, if it waits or is held back."""
        if activation.waiting:
            self.take(activation)
            if self.on_cancel is not None:
                self.on_cancel(cast(Activation, activation))
        elif self.held:
            held = self.held.get(activation.rule.number)
            if held is not None:
                held.pop(activation, None)

    def take(self, activation: AgendaEntry) -> None:
        """Take a waiting activation off, to fire or to drop it."""
        activation.waiting = False
        self.size -= 1
        self.pull(activation)

    def put_back(self, activation: Activation) -> None:
        """Let an activation wait again where it stood: its action failed."""
        activation.waiting = True
        self.size += 1
        self.push_front(activation)

    def disable(self, rule: RuleSpec) -> None:
        """Hold the activations of a rule back."""
        if rule.number in self.disabled:
            return
        self.disabled.add(rule.number)
        held = [entry for entry in self.entries() if entry.rule is rule]
        for entry in held:
            self.take(entry)
        # Kept in the order in which they came, so that they come back in it. A match that was
        # deferred and is made has the number of those that are not, and comes to fire before them.
        held.reverse()
        held.sort(key=number_of)
        self.held[rule.number] = dict.fromkeys(held)

    def enable(self, rule: RuleSpec) -> None:
        """Let the activations of a rule wait again, as if they came now."""
        if rule.number not in self.disabled:
            return
        self.disabled.remove(rule.number)
        for activation in self.held.pop(rule.number, {}):
            self.add(activation)

    def close(self, tokens: list[Token]) -> None:
        """Let everything go into a list, when the session ends."""
        for held in self.held.values():
            tokens.extend(held)
        self.held.clear()
        self.on_activate = None
        self.on_cancel = None
        self.size = 0

    # -- what a strategy says ------------------------------------------------------------------

    def push(self, activation: AgendaEntry) -> None:
        """Find the place of an activation that comes to wait."""
        raise NotImplementedError

    def push_front(self, activation: AgendaEntry) -> None:
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
        """All that stands on the agenda, the next one first."""
        raise NotImplementedError

    def in_order(self, limit: int) -> list[Candidate]:
        """What would fire, the next one first, at most so many; nothing is made by looking."""
        raise NotImplementedError


def number_of(entry: AgendaEntry) -> int:
    """The sort key of held activations."""
    return entry.number


@final
class ListAgenda(Agenda):
    """`depth` and `breadth`: a list for each salience."""

    __slots__ = ("depth", "levels", "saliences")

    def __init__(self, depth: bool) -> None:
        # Only where the newest fires first: then what is deferred ends with the token at which
        # it began, and tokens that come later are behind it.
        super().__init__(defers=depth)
        self.depth = depth
        self.levels: dict[int, TokenBucket] = {}
        self.saliences: list[int] = []  # those with a level, ascending

    def level(self, salience: int) -> TokenBucket:
        """The list of a salience."""
        level = self.levels.get(salience)
        if level is None:
            level = TokenBucket(salience)
            self.levels[salience] = level
            insort(self.saliences, salience)
        return level

    def push(self, activation: AgendaEntry) -> None:
        """Put an activation at the end of its list."""
        append(self.level(activation.salience), activation)

    def push_front(self, activation: AgendaEntry) -> None:
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
        super().close(tokens)
        for level in self.levels.values():
            collect(level, tokens)
        self.levels.clear()
        self.saliences.clear()

    def pull(self, activation: AgendaEntry) -> None:
        """Take an activation out of its list."""
        level = activation.bucket
        assert level is not None
        take_out(activation, level)

    def first(self) -> Activation | None:
        """The newest (oldest) activation of the highest salience."""
        saliences = self.saliences
        while saliences:
            level = self.levels[saliences[-1]]
            token = level.tail if self.depth else level.head
            if isinstance(token, Deferred):
                token = self.make(token, level)
            if token is not None:
                assert isinstance(token, Activation)
                return token
            if level.head is None:
                # Dynamic salience makes levels without end, so an empty one goes.
                del self.levels[saliences.pop()]
        return None

    def make(self, deferred: Deferred, level: TokenBucket) -> Activation | None:
        """Make the next match of what is deferred, and let it fire before the rest of it."""
        made = deferred.ending.make(deferred)
        if made is not None:
            made.waiting = True
            self.size += 1
            insert(level, made, deferred)
        return made

    def make_all(self) -> None:
        """Make all that is deferred."""
        for level in self.levels.values():
            token = level.head
            while token is not None:
                following = token.next
                while isinstance(token, Deferred) and self.make(token, level) is not None:
                    pass
                token = following

    def entries(self) -> list[AgendaEntry]:
        """All that stands on the agenda, the next one first."""
        found: list[AgendaEntry] = []
        for salience in reversed(self.saliences):
            level = self.levels[salience]
            token = level.tail if self.depth else level.head
            while token is not None:
                assert isinstance(token, AgendaEntry)
                found.append(token)
                token = token.previous if self.depth else token.next
        return found

    def in_order(self, limit: int) -> list[Candidate]:
        """What would fire, the next one first, at most so many; nothing is made by looking."""
        found: list[Candidate] = []
        for salience in reversed(self.saliences):
            level = self.levels[salience]
            token = level.tail if self.depth else level.head
            while token is not None and len(found) < limit:
                assert isinstance(token, AgendaEntry)
                if isinstance(token, Deferred):
                    links = token.ending.left_out(token, limit - len(found))
                else:
                    links = [token]
                found.extend([Candidate(token.rule, salience, link) for link in links])
                token = token.previous if self.depth else token.next
        return found


@final
class HeapAgenda(Agenda):
    """Every other strategy: a heap over sort keys; the smallest fires first."""

    __slots__ = ("heap", "order")

    def __init__(self, order: Callable[[Activation], tuple[object, ...]]) -> None:
        super().__init__(defers=False)
        self.order = order  # ends with the activation's number, so no two are equal
        self.heap: list[tuple[tuple[object, ...], Activation]] = []

    def push(self, activation: AgendaEntry) -> None:
        """Put an activation into the heap, unless it stands there still."""
        assert isinstance(activation, Activation)  # nothing is deferred here
        if activation.order is None:
            activation.order = self.order(activation)
            heapq.heappush(self.heap, (activation.order, activation))

    def push_front(self, activation: AgendaEntry) -> None:
        """Put an activation back; its sort key is what it was."""
        self.push(activation)

    def close(self, tokens: list[Token]) -> None:
        """Let everything go."""
        super().close(tokens)
        for item in self.heap:
            tokens.append(item[1])
        self.heap.clear()

    def pull(self, activation: AgendaEntry) -> None:
        """Leave the heap as it is: `first` passes over what no longer waits."""
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

    def in_order(self, limit: int) -> list[Candidate]:
        """What would fire, the next one first, at most so many."""
        return [Candidate(entry.rule, entry.salience, entry) for entry in self.entries()[:limit]]


def key_of_item(item: tuple[tuple[object, ...], Activation]) -> tuple[object, ...]:
    """The sort key of heap items: without it, equal keys would compare activations."""
    return item[0]
