"""What accumulators have gathered so far: one tally for each match, or for each group of one.

A member's value is added when the member comes and removed when it goes; what that costs does not
depend on the number of members, but for `collect`, `collect_set` and accumulators of the program
that cannot remove. What a tally says depends on its members and their order alone, never on what
came and went.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from datetime import datetime
from decimal import Decimal
from heapq import heapify, heappop, heappush
from typing import Final, TypeAlias, final

from rete_engine.expressions.displays import new_list
from rete_engine.expressions.equality import is_nan, join_key, kind
from rete_engine.expressions.errors import EvaluationError
from rete_engine.expressions.frame import Accumulating, Frame, Record
from rete_engine.expressions.order import less
from rete_engine.expressions.storing import is_hashable, store
from rete_engine.expressions.types import ANY
from rete_engine.runtime.sums import ExactSum, tally

#: A member's place among the others: numbers of its facts, positions of its elements.
Order: TypeAlias = tuple[int, ...]


@final
class Nothing:
    """The result of an accumulate that does not hold."""

    __slots__ = ()


NOTHING: Final = Nothing()


@final
class Kept:
    """A value that a tally keeps, by its place."""

    __slots__ = ("gone", "key", "order", "value")

    def __init__(self, value: object, order: Order, key: object = None) -> None:
        self.value = value
        self.order = order
        self.key = key  # of the values that it is equal to, where somebody asks for it
        self.gone = False

    def __lt__(self, other: Kept) -> bool:
        return self.order < other.order


class Tally:
    """The base of all: it keeps nothing, and the members are counted by their node."""

    __slots__ = ()

    def add(self, value: object, order: Order) -> Kept | None:
        """Take a member's value up; what it gives back is asked for when the value goes."""
        return None

    def remove(self, value: object, kept: Kept | None) -> None:
        """Let a member's value go."""

    def result(self, members: int, frame: Frame) -> object:
        """What the accumulator says now; NOTHING where it does not hold.

        Raises:
            EvaluationError: The values do not go together, or there is no result for them.
            SecurityError: The result is over a limit.
        """
        return members


@final
class SumTally(Tally):
    """`sum` and `avg`."""

    __slots__ = ("mean", "sum")

    def __init__(self, mean: bool) -> None:
        self.mean = mean
        self.sum = ExactSum()

    def add(self, value: object, order: Order) -> Kept | None:
        """Add a value."""
        if value is not None:
            self.sum.include(value, 1)
        return None

    def remove(self, value: object, kept: Kept | None) -> None:
        """Take a value away."""
        if value is not None:
            self.sum.include(value, -1)

    def result(self, members: int, frame: Frame) -> object:
        """The sum, or the mean where there is a value."""
        if not self.mean:
            return self.sum.total(frame, "sum")
        return self.sum.mean(frame, "avg") if self.sum.count else NOTHING


@final
class Ranked:
    """A kept value in the order of values: the one that `min` or `max` asks for comes first."""

    __slots__ = ("descending", "kept")

    def __init__(self, kept: Kept, descending: bool) -> None:
        self.kept = kept
        self.descending = descending

    def __lt__(self, other: Ranked) -> bool:
        mine, others = self.kept, other.kept
        if less(mine.value, others.value):
            return not self.descending
        if less(others.value, mine.value):
            return self.descending
        return mine.order < others.order


@final
class ExtremeTally(Tally):
    """`min` and `max`: a heap, from which what is gone is taken when it comes to the top."""

    __slots__ = ("descending", "families", "heap", "live", "name")

    def __init__(self, descending: bool) -> None:
        self.descending = descending
        self.name = "max" if descending else "min"
        self.heap: list[Ranked] = []
        self.live = 0
        self.families: dict[str, int] = {}  # values that have an order among each other, counted

    def add(self, value: object, order: Order) -> Kept | None:
        """Take a value up; none and NaN are passed over."""
        if value is None or (not isinstance(value, tuple) and is_nan(value)):
            return None
        kept = Kept(value, order)
        family = family_of(value)
        tally(self.families, family, 1)
        self.live += 1
        if len(self.families) == 1:
            heappush(self.heap, Ranked(kept, self.descending))
        else:  # they cannot be told apart; put in order when there is one family again
            self.heap.append(Ranked(kept, self.descending))
        return kept

    def remove(self, value: object, kept: Kept | None) -> None:
        """Let a value go."""
        if kept is None:
            return
        kept.gone = True
        self.live -= 1
        mixed = len(self.families) > 1
        tally(self.families, family_of(value), -1)
        heap = self.heap
        if not self.live:
            heap.clear()
        elif (mixed and len(self.families) == 1) or len(heap) > 2 * self.live + 16:
            self.heap = [ranked for ranked in heap if not ranked.kept.gone]
            if len(self.families) == 1:
                heapify(self.heap)

    def result(self, members: int, frame: Frame) -> object:
        """The least or the greatest value, where there is one."""
        if not self.live:
            return NOTHING
        words = list(self.families)
        if len(words) > 1:
            raise EvaluationError(f"{self.name}(): {words[0]} and {words[1]} have no order")
        if words[0] not in FAMILIES:
            raise EvaluationError(f"{self.name}(): a {words[0]} has no order")
        heap = self.heap
        while heap[0].kept.gone:
            heappop(heap)
        return heap[0].kept.value


#: Kinds of values that have an order among each other.
FAMILIES: Final = frozenset(
    ["number", "str", "date", "datetime", "datetime with a zone", "duration", "list", "tuple"]
)


def family_of(value: object) -> str:
    """The values that one has an order with."""
    if isinstance(value, (int, float, Decimal)):
        return "number"
    if isinstance(value, datetime) and value.utcoffset() is not None:
        return "datetime with a zone"
    return kind(value)


@final
class ListTally(Tally):
    """`collect`."""

    __slots__ = ("kept",)

    def __init__(self) -> None:
        self.kept: list[Kept] = []  # in order

    def add(self, value: object, order: Order) -> Kept | None:
        """Take a value up."""
        kept = Kept(value, order)
        place(self.kept, kept)
        return kept

    def remove(self, value: object, kept: Kept | None) -> None:
        """Let a value go."""
        assert kept is not None
        displace(self.kept, kept)

    def result(self, members: int, frame: Frame) -> object:
        """The list."""
        return new_list([kept.value for kept in self.kept], frame)


@final
class SetTally(Tally):
    """`collect_set`: among equal values, the first inserted is the element."""

    __slots__ = ("by_key", "others", "present")

    def __init__(self) -> None:
        self.by_key: dict[object, list[Kept]] = {}
        self.others: dict[str, int] = {}  # by kind: values that a set cannot hold
        self.present: set[object] | None = None  # the result, while nothing changes it

    def add(self, value: object, order: Order) -> Kept | None:
        """Take a value up."""
        if value is None:
            return None
        if not is_hashable(value):
            tally(self.others, kind(value), 1)
            return None
        key = join_key(value)
        kept = Kept(value, order, key)
        equals = self.by_key.get(key)
        if equals is None:
            self.by_key[key] = [kept]
            self.present = None
        else:
            place(equals, kept)
            if equals[0] is kept:
                self.present = None
        return kept

    def remove(self, value: object, kept: Kept | None) -> None:
        """Let a value go."""
        if kept is None:
            if value is not None:
                tally(self.others, kind(value), -1)
            return
        equals = self.by_key[kept.key]
        if equals[0] is kept:
            self.present = None
        displace(equals, kept)
        if not equals:
            del self.by_key[kept.key]

    def result(self, members: int, frame: Frame) -> object:
        """The set."""
        for word in self.others:
            raise EvaluationError(f"a {word} cannot be a set element")
        if self.present is None:
            self.present = set(new_list([kept[0].value for kept in self.by_key.values()], frame))
        return self.present


@final
class ProgramTally(Tally):
    """An accumulator of the program.

    With `remove` its state follows the members; where a call fails, or a value is a fact (which
    may have changed since it was added), and without `remove`, the state is made anew of all
    members when it is asked for.
    """

    __slots__ = ("calls", "kept", "known", "state")

    def __init__(self, calls: Accumulating) -> None:
        self.calls = calls
        self.kept: list[Kept] = []  # in order
        self.known = False  # whether the state is that of the members
        self.state: object = None

    def add(self, value: object, order: Order) -> Kept | None:
        """Take a value up."""
        if value is None:
            return None
        kept = Kept(value, order)
        place(self.kept, kept)
        if self.known and (self.calls.remove is not None or self.kept[-1] is kept):
            try:
                self.state = self.calls.add(self.state, value)
            except Exception:  # it is tried anew, and then reported, by `result`
                self.known = False
        else:
            self.known = False
        return kept

    def remove(self, value: object, kept: Kept | None) -> None:
        """Let a value go."""
        if kept is None:
            return
        displace(self.kept, kept)
        remove = self.calls.remove
        if remove is None or not self.known or holds_record(value):
            self.known = False
            return
        try:
            self.state = remove(self.state, value)
        except Exception:  # as above
            self.known = False

    def result(self, members: int, frame: Frame) -> object:
        """What the program makes of the state; None says that there is no result."""
        calls = self.calls
        if not self.known:
            state = calls.init()
            for kept in self.kept:
                state = calls.add(state, kept.value)
            self.state = state
            self.known = True
        value = calls.result(self.state)
        return NOTHING if value is None else store(value, ANY, frame.context.limits)


def holds_record(value: object) -> bool:
    """Whether a fact is somewhere in a value."""
    if isinstance(value, Record):
        return True
    if isinstance(value, dict):
        return any([holds_record(item) for item in value.values()])  # noqa: C419
    if isinstance(value, (list, tuple, set, frozenset)):
        return any([holds_record(item) for item in value])  # noqa: C419
    return False


def place(kept: list[Kept], one: Kept) -> None:
    """Put a value into its place; most come at the end."""
    if kept and one.order < kept[-1].order:
        insort(kept, one)
    else:
        kept.append(one)


def displace(kept: list[Kept], one: Kept) -> None:
    """Take a value out of its place."""
    del kept[bisect_left(kept, one)]


def make_tally(accumulator: str, program: int, frame: Frame) -> Tally:
    """An empty tally of an accumulator."""
    if program >= 0:
        return ProgramTally(frame.context.accumulators[program])
    match accumulator:
        case "sum" | "avg":
            return SumTally(accumulator == "avg")
        case "min" | "max":
            return ExtremeTally(accumulator == "max")
        case "collect":
            return ListTally()
        case "collect_set":
            return SetTally()
    return Tally()
