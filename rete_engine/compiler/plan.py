"""Third pass, per rule: in which order conditions are joined, and where each test goes.

The written order fixes what variables mean, not how the network is joined. Patterns are joined
so that each meets what is there already through a key, if any of those left can: a cross product
comes only where the rule asks for one. Among patterns that keys join, the most selective is next
(see `selectivity`), and the first as written of those that are equally so; patterns that no key
joins keep their places. Those that watch what rules change, and have no key with
the rest, come last (see `volatility`), behind every `not` and `exists` that does not read them, so
that a change of phase does not rebuild what is joined. A test is asked as soon as all it reads is
there - unless it can raise an error: then it waits for all that was written before it, so that
`x != 0, y / x > 2` guards the division as it reads.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from rete_engine.compiler.selectivity import (
    Known,
    Said,
    Selectivity,
    fields_read,
    joined_with,
    pair_of,
    selectivity,
    sides_of,
)
from rete_engine.compiler.slots import (
    condition_expressions,
    outer_slots,
    results_of,
    slots_of,
)
from rete_engine.compiler.steps import (
    AccumulateStep,
    ComputeStep,
    ControlStep,
    ExistsStep,
    JoinStep,
    Step,
    TestStep,
)
from rete_engine.expressions import tree
from rete_engine.model.rules import (
    Accumulate,
    Computation,
    Compute,
    Condition,
    Constraint,
    Exists,
    Pattern,
    Test,
)

#: Answers whether evaluating an expression can never raise an error.
IsTotal = Callable[[tree.Expression], bool]


@dataclass
class _Item:
    """Something to be placed, with its position in the written order."""

    position: int
    content: Pattern | Constraint | Computation | Exists | Accumulate
    needs: set[int]  # slots that must be there before
    owner: int = -1  # the slot of the pattern that a constraint was written in
    total: bool = True  # a constraint that cannot raise
    said: Said | None = None  # of a constraint


def plan(
    conditions: tuple[Condition, ...],
    outer: set[int],
    is_total: IsTotal,
    known: Known,
    late: bool = False,
    nested: bool = False,
) -> list[Step]:
    """The steps that a match of the conditions goes through.

    With `late`, a test that can raise is never asked of a fact alone: a query meets facts that
    came long before it was asked, and its errors belong to whoever asks. With `nested` they are
    inside of another condition, which must know when a change is through: there a match is not met
    by that of another path.
    """
    return _Planner(conditions, outer, is_total, known, late, nested).steps()


class _Planner:
    """Places the conditions of one conjunction; `outer` are the slots that are there already."""

    def __init__(
        self,
        conditions: tuple[Condition, ...],
        outer: set[int],
        is_total: IsTotal,
        known: Known,
        late: bool,
        nested: bool,
    ) -> None:
        self.is_total = is_total
        self.late = late
        self.known = known
        self.placed = set(outer)
        self.nested = nested
        self.own: set[int] = set()  # slots that this conjunction fills
        self.waiting: list[_Item] = []
        self.saying: defaultdict[int, list[Said]] = defaultdict(list)  # constraints, by slot
        self.found: list[Step] = []
        for condition in conditions:
            self.split(condition)
        self.watched = self.watched_fields()
        self.control = self.control_slots()

    def watched_fields(self) -> dict[int, tuple[str, ...]]:
        """Of each pattern's slot the fields that it reads and rules change, by name."""
        found: dict[int, tuple[str, ...]] = {}
        for item in self.waiting:
            if isinstance(item.content, Pattern):
                slot = item.content.slot
                fields = self.known.volatile.get(slot.type.name)
                found[slot.number] = (
                    tuple(sorted(fields & fields_read(slot.number, self.saying[slot.number])))
                    if fields
                    else ()
                )
        return found

    def control_slots(self) -> dict[int, tuple[str, ...]]:
        """The slots of patterns that watch what rules change and have no key with another.

        With the fields that they watch.
        """
        control = {slot: fields for slot, fields in self.watched.items() if fields}
        for item in self.waiting:
            if item.said is not None and item.said.sides is not None and len(item.needs) > 1:
                for number in item.needs:
                    control.pop(number, None)
        return control

    def split(self, condition: Condition) -> None:
        """Take a condition apart into items."""
        match condition:
            case Pattern():
                slot = condition.slot.number
                self.own.add(slot)
                self.add(condition, set())
                for part in condition.parts:
                    self.add(part, set(), slot)
            case Test():
                self.add(condition.constraint, set())
            case Compute():
                self.add(condition.computation, set())
            case Exists():
                self.add(condition, outer_slots(condition))
            case Accumulate():
                self.own |= set(results_of(condition))
                self.add(condition, outer_slots(condition))

    def add(
        self,
        content: Pattern | Constraint | Computation | Exists | Accumulate,
        needs: set[int],
        owner: int = -1,
    ) -> None:
        """Add an item."""
        total = True
        said: Said | None = None
        if isinstance(content, Constraint):
            needs = slots_of(content.test)
            total = self.is_total(content.test)
        elif isinstance(content, Computation):
            needs = slots_of(content.value)
            self.own.add(content.slot.number)
        if owner >= 0:
            needs = needs | {owner}
        if isinstance(content, Constraint):
            said = Said(needs, content.test, sides_of(content.test) if total else None)
            for slot in needs:
                self.saying[slot].append(said)
        self.waiting.append(_Item(len(self.waiting), content, needs, owner, total, said))

    def steps(self) -> list[Step]:
        """Place everything."""
        while self.waiting:
            if not self.place_ready():
                chosen = self.next_pattern()
                control = self.control_patterns()
                if chosen in control and len(control) > 1 and self.found and not self.nested:
                    joins = [self.join(item) for item in control]
                    self.found.append(ControlStep(joins))
                else:
                    self.found.append(self.join(chosen))
        return self.found

    def control_patterns(self) -> list[_Item]:
        """The patterns of control facts that wait."""
        return [
            item
            for item in self.waiting
            if isinstance(item.content, Pattern) and item.content.slot.number in self.control
        ]

    # -- what is no pattern --------------------------------------------------------------------

    def place_ready(self) -> bool:
        """Place what can be placed without another pattern; whether there was any."""
        progress = False
        for item in list(self.waiting):
            content = item.content
            if isinstance(content, Pattern) or not item.needs <= self.placed:
                continue
            first = self.waiting[0] is item
            if isinstance(content, Constraint):
                if item.total or first:
                    self.test(content, item.total)
                    self.waiting.remove(item)
                    progress = True
            elif first or self.is_next(item):
                if isinstance(content, Computation):
                    self.found.append(ComputeStep(content))
                    self.placed.add(content.slot.number)
                elif isinstance(content, Accumulate):
                    self.found.append(self.accumulate(content))
                    self.placed |= set(results_of(content))
                else:
                    self.found.append(self.exists(content))
                self.waiting.remove(item)
                progress = True
        return progress

    def is_next(self, item: _Item) -> bool:
        """Whether all patterns written before an item are joined, or need not be."""
        content = item.content
        free = isinstance(content, (Exists, Accumulate)) and all(
            self.is_total(expression) for expression in condition_expressions(content)
        )
        if isinstance(content, Accumulate):
            free = free and content.total
            if free and not item.needs:
                return True  # one result for all matches, rather than the same one for each
        for other in self.waiting:
            if other is item:
                return True
            if isinstance(other.content, Pattern):
                if free and other.content.slot.number in self.control:
                    continue
                return False
            if isinstance(other.content, Constraint) and not other.total:
                return False
        return True

    def test(self, constraint: Constraint, total: bool) -> None:
        """Add a test, to the last step where that is one of tests."""
        last = self.found[-1] if self.found else None
        if isinstance(last, (JoinStep, ControlStep)):
            last.tests.append(constraint)
            last.total = last.total and total
        elif isinstance(last, TestStep):
            last.tests.append(constraint)
        else:
            self.found.append(TestStep([constraint]))

    def exists(self, condition: Exists) -> ExistsStep:
        """An `exists` or `not`: a single pattern that computes nothing is a node of its own."""
        inner = condition.conditions
        if len(inner) == 1 and isinstance(inner[0], Pattern) and not condition.others:
            nested = _Planner(inner, self.placed, self.is_total, self.known, self.late, nested=True)
            steps = nested.steps()
            if len(steps) == 1 and isinstance(steps[0], JoinStep):
                return ExistsStep(condition, steps[0], [])
        return ExistsStep(condition, None, list(map(self.inside, condition.alternatives)))

    def inside(self, conditions: tuple[Condition, ...]) -> list[Step]:
        """The steps of conditions inside of another one."""
        return plan(conditions, self.placed, self.is_total, self.known, self.late, nested=True)

    def accumulate(self, condition: Accumulate) -> AccumulateStep:
        """An accumulate: each alternative is planned by itself."""
        branches = [self.inside(source.conditions) for source in condition.sources]
        return AccumulateStep(condition, branches)

    # -- patterns ------------------------------------------------------------------------------

    def next_pattern(self) -> _Item:
        """The pattern to join next.

        The most selective one of those with a key, and of as selective ones first those that rules
        do not change: what changes is joined anew from there. If none has a key, the most selective
        of those that keys join with the first as written; those of control facts at the end.
        """
        patterns = {
            item.content.slot.number: item
            for item in self.waiting
            if isinstance(item.content, Pattern)
        }
        if len(patterns) == 1:
            return next(iter(patterns.values()))
        ranks = {number: self.selectivity(item) for number, item in patterns.items()}
        keyed = [number for number, rank in ranks.items() if rank.keyed]
        if keyed:
            return patterns[max(keyed, key=lambda each: (ranks[each], not self.watched[each]))]
        first = next((each for each in patterns if each not in self.control), next(iter(patterns)))
        others = joined_with(first, [one.said for one in self.waiting if one.said is not None])
        return patterns[max((each for each in patterns if each in others), key=ranks.__getitem__)]

    def selectivity(self, item: _Item) -> Selectivity:
        """How selective a pattern is beside what is placed."""
        assert isinstance(item.content, Pattern)
        slot = item.content.slot
        return selectivity(slot, self.saying[slot.number], self.placed, self.known)

    def join(self, item: _Item) -> JoinStep:
        """Place a pattern with all that it can decide."""
        pattern = item.content
        assert isinstance(pattern, Pattern)
        self.waiting.remove(item)
        slot = pattern.slot.number
        step = JoinStep(pattern, changed=self.control.get(slot, ()))
        mine = not self.late  # and no constraint that reads more than the fact came before
        for other in list(self.waiting):
            content = other.content
            if not isinstance(content, Constraint) or slot not in other.needs:
                if other.owner == slot and isinstance(content, Computation):
                    mine = False
                continue
            if other.needs == {slot} and (other.total or (mine and other.owner == slot)):
                step.alpha.append(content)
                self.waiting.remove(other)
                continue
            if other.owner == slot:
                mine = False
            pair = pair_of(other.said.sides, slot, self.placed) if other.said is not None else None
            if pair is not None:
                step.keys.append(pair)
                self.waiting.remove(other)
        self.placed.add(slot)
        return step
