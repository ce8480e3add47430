"""Truth maintenance: facts that stand as long as what they were derived from.

A firing that inserts a fact with `insert logical` supports it: its activation stays alive for as
long as the match holds. When it ends, its support does. At the end of each change (of a firing
with all that it changed, or of one call of the program) what has no well-founded support any more
is retracted, in the order of insertion. (Doyle, *A Truth Maintenance System*, 1979; that facts
which only support each other go is more than most engines do.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast, final

from rete_engine.expressions.values import changed
from rete_engine.runtime.accumulate import AccumulateNode, GroupedToken, TallyToken
from rete_engine.runtime.activations import Activation, AgendaEntry
from rete_engine.runtime.equals import EqualFacts, first_of, key_of
from rete_engine.runtime.grounds import (
    activations_below,
    grounds_of,
    push_children,
    supported_below,
)
from rete_engine.runtime.live_node import LiveNode
from rete_engine.runtime.memory import Element, RightToken, Token
from rete_engine.runtime.proof import Proof
from rete_engine.runtime.strategies import time_tags

if TYPE_CHECKING:
    from rete_engine.network.templates import TemplateSpec
    from rete_engine.runtime.matcher import Matcher
    from rete_engine.runtime.working_memory import WorkingMemory


@final
class Derived:
    """What is known of a fact that has supports, or had them."""

    __slots__ = ("is_stated", "rank", "supports")

    def __init__(self, is_stated: bool, rank: int) -> None:
        self.is_stated = is_stated  # it was inserted by other means too, and stays
        self.rank = rank  # see `proof`
        self.supports: dict[Activation, None] = {}  # fired matches that inserted it and hold


@final
class Ended:
    """A match with supports that ended when a derived fact came or changed."""

    __slots__ = ("cause", "facts", "grounds", "items", "node", "tag")

    def __init__(self, activation: Activation, cause: Element, tag: int) -> None:
        self.node: LiveNode = activation.node
        self.items = items_of(activation)
        # What it supported: nothing where it was defeated before.
        self.facts = list(activation.supports) if activation.supports is not None else []
        self.grounds = grounds_of(activation, None)
        self.cause = cause  # the fact that came or changed
        self.tag = tag  # when


@final
class Truth:
    """The derived facts of a session, and what supports them."""

    __slots__ = (
        "cause", "defeated", "derived", "ended", "equals", "matcher", "memory", "ranks",
        "shifted", "suspects", "templates",
    )  # fmt: skip

    def __init__(self, memory: WorkingMemory, matcher: Matcher, templates: frozenset[int]) -> None:
        self.memory: WorkingMemory | None = memory
        self.matcher: Matcher | None = matcher
        self.templates = templates  # numbers of those that some rule inserts logically
        self.equals = EqualFacts()  # the live facts of these templates
        self.derived: dict[Element, Derived] = {}  # all facts with supports
        self.ranks = 0
        # Since the change that is under way began:
        self.suspects: dict[Element, None] = {}  # derived facts that lost a support
        self.shifted: list[Token] = []  # guards and groups that lean on something else now
        self.ended: list[Ended] = []
        self.defeated: dict[object, list[Ended]] = {}  # those of them that defeated themselves
        self.cause: Element | None = None  # the derived fact that comes or changes right now

    # -- what is derived -----------------------------------------------------------------------

    def next_rank(self) -> int:
        """A rank above all that were given."""
        self.ranks += 1
        return self.ranks

    def is_derived(self, element: Element) -> bool:
        """Whether a fact stands on its supports alone."""
        known = self.derived.get(element)
        return known is not None and not known.is_stated

    def derived_equal(
        self, template: TemplateSpec, values: tuple[object, ...], without: dict[Element, None]
    ) -> Element | None:
        """A fact with these values that is only derived, and not among some."""
        if template.number not in self.templates:
            return None
        return first_of(self.equals.derived, key_of(template, values), without)

    def support(self, activation: Activation, element: Element, is_stated: bool) -> None:
        """Let the match of a firing support a fact."""
        known = self.derived.get(element)
        if known is None:
            known = Derived(is_stated, self.next_rank())
            self.derived[element] = known
        known.supports[activation] = None
        if activation.supports is None:
            activation.supports = {}
        activation.supports[element] = None

    def state(self, element: Element) -> None:
        """Make a fact one that stays without supports."""
        known = self.derived.get(element)
        if known is not None and not known.is_stated:
            known.is_stated = True
            self.equals.state(element, element.values)

    def is_void(self, element: Element) -> bool:
        """Whether a fact that is yet to come has lost all its supports already."""
        known = self.derived.get(element)
        return known is not None and not known.is_stated and not known.supports

    # -- facts come and go ---------------------------------------------------------------------

    def enter(self, element: Element) -> None:
        """A fact comes."""
        self.cause = element if self.is_derived(element) else None
        if cast("TemplateSpec", element.type).number in self.templates:
            self.equals.add(element, element.values, self.is_derived(element))

    def renew(self, element: Element, values: tuple[object, ...]) -> None:
        """A fact gets other values."""
        self.cause = element if self.is_derived(element) else None
        if cast("TemplateSpec", element.type).number in self.templates:
            self.equals.remove(element, element.values)
            self.equals.add(element, values, self.is_derived(element))

    def leave(self, element: Element) -> None:
        """A fact goes, and so do its supports."""
        self.cause = None
        if cast("TemplateSpec", element.type).number in self.templates:
            self.equals.remove(element, element.values)
        self.forget(element)

    def forget(self, element: Element) -> None:
        """Drop the supports of a fact; matches that support nothing else need not be kept."""
        known = self.derived.pop(element, None)
        if known is None:
            return
        matcher = self.matcher
        assert matcher is not None
        for activation in known.supports:
            supports = activation.supports
            assert supports is not None
            del supports[element]
            if not supports:
                activation.supports = None
                matcher.spend(activation)

    # -- matches end ---------------------------------------------------------------------------

    def record(self, token: Token) -> None:
        """Note which fired activations end with a token, as long as what they lean on is there."""
        cause = self.cause
        matcher = self.matcher
        assert matcher is not None
        assert cause is not None
        for activation in activations_below([token], ending=True):
            if activation.supports is not None:
                self.ended.append(Ended(activation, cause, matcher.tag))

    def end(self, activation: Activation) -> None:
        """The match of an activation has ended; one that fired and was kept supports no more."""
        supports = activation.supports
        if supports is None:
            return
        activation.supports = None
        for element in supports:
            known = self.derived[element]
            del known.supports[activation]
            if not known.is_stated:
                self.suspects[element] = None
            elif not known.supports:
                del self.derived[element]

    def shift(self, token: Token) -> None:
        """A guard or a group leans on something else than before, while its match holds."""
        self.shifted.append(token)

    # -- the end of a change -------------------------------------------------------------------

    def maintain(self) -> None:
        """Retract what is not well-founded, until all is."""
        memory = self.memory
        assert memory is not None
        while self.suspects or self.shifted:
            going = Proof(self).search(self.take_suspects())
            if self.ended:
                self.judge(going)
            for element in sorted(going, key=number_of):
                memory.drop_keys(element)
                memory.leave(element)
        self.ended.clear()
        self.defeated.clear()
        self.cause = None

    def take_suspects(self) -> list[Element]:
        """The facts that may have lost their ground."""
        suspects = [element for element in self.suspects if element.is_live]
        self.suspects.clear()
        stack: list[Token] = []
        for token in self.shifted:
            if token.is_live:
                push_children(token, stack, of_branch=False)
        self.shifted.clear()
        suspects.extend(supported_below(stack))
        return suspects

    def judge(self, going: dict[Element, None]) -> None:
        """Tell which matches that ended defeated themselves.

        What ended such a match goes, and rested, over facts that go too, on the match itself. So
        it will hold again, and would fire, and end again, for ever.
        """
        for cause in {record.cause: None for record in self.ended}:
            if cause in going:
                reached = self.upstream(cause, going)
                for record in self.ended:
                    if record.cause is cause and (record in reached or not record.facts):
                        self.defeated.setdefault(identity(record.node, record.items), []).append(
                            record
                        )

    def upstream(self, cause: Element, going: dict[Element, None]) -> dict[Ended, None]:
        """The ended matches that a fact rested on, over facts that go."""
        ended: dict[Element, list[Ended]] = {}
        for record in self.ended:
            for element in record.facts:
                ended.setdefault(element, []).append(record)
        found: dict[Ended, None] = {}
        seen: dict[Element, None] = {cause: None}
        left = [cause]
        while left:
            element = left.pop()
            grounds: list[Element] = []
            for record in ended.get(element, ()):
                found[record] = None
                grounds.extend(record.grounds)
            for activation in self.derived[element].supports:
                grounds.extend(grounds_of(activation, None))
            for ground in grounds:
                if ground in going and ground not in seen:
                    seen[ground] = None
                    left.append(ground)
        return found

    def spends(self, activation: AgendaEntry) -> bool:
        """Whether a new match is one that defeated itself and comes back: it does not fire.

        Its token is kept, for so it is known again when that happens another time.
        """
        if not isinstance(activation, Activation):
            return False  # matches of rules that derive are not deferred
        items = items_of(activation)
        records = self.defeated.get(identity(activation.node, items), [])
        for record in records:
            if (
                same_items(record.items, items)
                and max(time_tags(activation), default=0) < record.tag
            ):
                records.remove(record)
                activation.supports = {}
                return True
        return False

    def close(self, tokens: list[Token]) -> None:
        """Let everything go, when the session ends."""
        for known in self.derived.values():
            for activation in known.supports:
                tokens.append(activation)
                activation.supports = None
            known.supports.clear()
        self.derived.clear()
        self.equals.close()
        self.suspects.clear()
        self.shifted.clear()
        self.cause = None
        self.memory = None
        self.matcher = None


def items_of(activation: Activation) -> list[object]:
    """What a match is made of, the newest first."""
    items: list[object] = []
    token: Token | None = activation
    while token is not None:
        parent = cast("Token | None", token.parent)
        if is_only_there(token, parent):
            items.append(None)
        elif not isinstance(token.item, RightToken):  # its facts stand behind it
            items.append(token.item)
        token = parent
    return items


def is_only_there(token: Token, parent: Token | None) -> bool:
    """Whether the item of a token is a result of which only that there is one counts."""
    if not isinstance(parent, TallyToken) or isinstance(token, GroupedToken):
        return False
    return not cast(AccumulateNode, parent.node).named


def identity(node: LiveNode, items: list[object]) -> object:
    """The rule and the facts of a match."""
    numbers = [item.number for item in items if isinstance(item, Element)]
    return (node.spec.number, *numbers)


def same_items(one: list[object], other: list[object]) -> bool:
    """Whether two matches are made of the same facts and values."""
    for a, b in zip(one, other, strict=True):
        if a is not b and (isinstance(a, Element) or isinstance(b, Element) or changed(a, b)):
            return False
    return True


def number_of(element: Element) -> int:
    """The sort key of facts."""
    return element.number
