"""The agenda: which activations wait, in which groups, and which fires next.

Each agenda group has a queue, which the strategy orders (`queues.py`). A run fires from the group
on top of the focus stack; an empty group pops. Most rule sets know one group alone, `main`: a rule
that says nothing of groups is `plain`, and costs nothing for them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, cast, final

from rete_engine.network.rules import MAIN, RuleSpec
from rete_engine.runtime.activations import Activation, AgendaEntry
from rete_engine.runtime.memory import Token
from rete_engine.runtime.queues import HeapQueue, ListQueue, OrderFunction, Queue

#: The focus of nobody: no run has reached the group on top of the stack yet.
NOBODY: Final = -1


@final
class Strategy:
    """What orders the activations of each group: a sort key, else their age alone."""

    __slots__ = ("depth", "order")

    def __init__(self, order: OrderFunction | None, depth: bool) -> None:
        self.order = order  # the smallest fires first; None for the newest or the oldest
        self.depth = depth  # without an order: whether the newest fires first

    def defers(self) -> bool:
        """Whether the matches of one fact at the end of a rule may be made one by one.

        Only where the newest fires first: then what is deferred ends with the token at which it
        began, and tokens that come later are behind it.
        """
        return self.order is None and self.depth

    def queue(self) -> Queue:
        """A queue for one group."""
        return ListQueue(self.depth) if self.order is None else HeapQueue(self.order)


@final
class Agenda:
    """The waiting activations of a session."""

    __slots__ = (
        "active", "called", "disabled", "held", "main", "on_activate", "on_cancel", "opening",
        "queues", "rivals", "size", "stack", "strategy",
    )  # fmt: skip

    def __init__(self, strategy: Strategy) -> None:
        self.strategy = strategy
        self.size = 0  # how many wait
        self.main = strategy.queue()
        self.queues: dict[int, Queue] = {MAIN: self.main}  # by group; made when first needed
        self.stack = [MAIN]  # the focus stack; its top is the last, and the first one stays
        # The group that a run fires from, or NOBODY: `lock_on_active` keeps its matches away.
        self.active = NOBODY
        self.called: set[int] = set()  # groups that `auto_focus` calls for, in this change
        self.opening = True  # until the session is open, which is one change
        # Waiting activations by activation group, in the order in which they came.
        self.rivals: dict[int, dict[Activation, None]] = {}
        self.disabled: set[int] = set()  # numbers of the rules that are off
        self.held: dict[int, dict[AgendaEntry, None]] = {}  # their activations, by rule
        self.on_activate: Callable[[Activation], None] | None = None  # the session's listeners
        self.on_cancel: Callable[[Activation], None] | None = None

    def queue(self, group: int) -> Queue:
        """The queue of a group."""
        queue = self.queues.get(group)
        if queue is None:
            queue = self.strategy.queue()
            self.queues[group] = queue
        return queue

    # -- activations that come and go ----------------------------------------------------------

    def add(self, activation: AgendaEntry) -> None:
        """Take a new activation; one of a rule that is off is held back."""
        rule = activation.rule
        # `len`: compiled code finds a set's truth by a call, and its length by a look.
        if len(self.disabled) > 0 and rule.number in self.disabled:
            self.held.setdefault(rule.number, {})[activation] = None
            return
        activation.waiting = True
        self.size += 1
        if rule.plain:
            self.main.push(activation)
        else:
            self.queue(rule.group).push(activation)
            if rule.rivalry >= 0:
                self.rivals.setdefault(rule.rivalry, {})[cast(Activation, activation)] = None
            if rule.auto_focus:
                self.called.add(rule.group)
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
        rule = activation.rule
        if rule.plain:
            self.main.pull(activation)
        else:
            self.queue(rule.group).pull(activation)
            if rule.rivalry >= 0:
                del self.rivals[rule.rivalry][cast(Activation, activation)]

    def put_back(self, activation: Activation) -> None:
        """Let an activation wait again where it stood: its action failed."""
        activation.waiting = True
        self.size += 1
        rule = activation.rule
        self.queue(rule.group).push_front(activation)
        if rule.rivalry >= 0:
            self.rivals.setdefault(rule.rivalry, {})[activation] = None

    def rivals_of(self, rule: RuleSpec) -> list[Activation]:
        """The waiting activations of a rule's activation group."""
        rivals = self.rivals.get(rule.rivalry)
        return [] if rivals is None else list(rivals)

    def disable(self, rule: RuleSpec) -> None:
        """Hold the activations of a rule back. They cease for whoever listens."""
        if rule.number in self.disabled:
            return
        self.disabled.add(rule.number)
        ceasing = [entry for entry in self.queue(rule.group).entries() if entry.rule is rule]
        for entry in ceasing:
            self.take(entry)
        # Kept in the order in which they came, so that they come back in it. A match that was
        # deferred and is made has the number of those that are not, and fires before them.
        came = ceasing[::-1]
        came.sort(key=number_of)
        self.held[rule.number] = dict.fromkeys(came)
        if self.on_cancel is not None:
            for entry in ceasing:
                self.on_cancel(cast(Activation, entry))

    def enable(self, rule: RuleSpec) -> None:
        """Let the activations of a rule wait again, as if they came now."""
        if rule.number not in self.disabled:
            return
        self.disabled.remove(rule.number)
        for activation in self.held.pop(rule.number, {}):
            self.add(activation)
        self.answer()

    # -- the focus -----------------------------------------------------------------------------

    def focus(self, group: int) -> None:
        """Put a group on top of the stack, unless it is there."""
        if self.stack[-1] != group:
            self.stack.append(group)
            self.active = NOBODY

    def answer(self) -> None:
        """Give the focus to the groups that one change called for.

        The group that the rules name first comes to the top: the order in which a change makes
        its activations says nothing.
        """
        if self.called and not self.opening:
            called = sorted(self.called, reverse=True)
            self.called.clear()
            for group in called:
                if self.stack[-1] != group:
                    self.stack.append(group)

    def opened(self) -> None:
        """Answer for the opening, which is one change: what waits at its end calls."""
        self.opening = False
        if self.called:
            self.called = {
                entry.rule.group
                for queue in self.queues.values()
                for entry in queue.entries()
                if entry.rule.auto_focus
            }
            self.answer()

    def first(self) -> Activation | None:
        """The activation that fires next; empty groups lose the focus on the way to it."""
        stack = self.stack
        while True:
            group = stack[-1]
            queue = self.main if group == MAIN else self.queue(group)
            activation = queue.first()
            if activation is not None:
                self.active = group
                return activation
            if len(stack) == 1:
                self.active = NOBODY
                return None
            stack.pop()

    def entries(self) -> list[AgendaEntry]:
        """All that stands in groups which will have the focus, the next one first."""
        found: list[AgendaEntry] = []
        for group in dict.fromkeys(reversed(self.stack)):
            found.extend(self.queue(group).entries())
        return found

    def make_all(self) -> None:
        """Make all matches that were deferred."""
        for queue in self.queues.values():
            queue.make_all()

    def close(self, tokens: list[Token]) -> None:
        """Let everything go into a list, when the session ends."""
        for queue in self.queues.values():
            queue.close(tokens)
        if self.held:
            for held in self.held.values():
                tokens.extend(held)
            self.held.clear()
        if self.rivals:
            self.rivals.clear()
        self.on_activate = None
        self.on_cancel = None
        self.size = 0


def number_of(entry: AgendaEntry) -> int:
    """The sort key of activations by the order in which they came."""
    return entry.number
