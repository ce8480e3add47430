"""Which firing a fact comes from: what `Session.why` needs to know, in as little as it takes.

A firing that changes facts leaves one record of its match: the items of its links, with the values
that facts had then and the firings that these came from. Each fact points to the record of the
firing that inserted it, or that changed it last. So a record lives as long as a fact that it tells
of.

Records of facts that are gone, and of values that were replaced, stay while others tell of them,
but not without end: rules that replace one fact by the next, or count, would leave a chain of all
that ever was. So they go `KEPT` generations back, and then no further.
"""

from __future__ import annotations

from typing import Final, final

from rete_engine.expressions.frame import Link
from rete_engine.network.rules import ReadingSpec, RuleSpec
from rete_engine.runtime.activations import Activation
from rete_engine.runtime.memory import Element, RightToken

#: How many generations of what is gone are remembered behind what is there.
KEPT: Final = 32

#: The time tag of a record that no fact points to yet.
UNUSED: Final = -1


@final
class FiringRecord:
    """What a fact comes from: the match of a firing that inserted or changed it."""

    __slots__ = ("earlier", "level", "match", "modifies", "reading", "tag")

    def __init__(self, reading: ReadingSpec, match: list[object], level: int) -> None:
        self.reading = reading
        # The item of each link, the newest first; behind a fact the values that it had and, if a
        # firing had changed it, where they came from. The match of a right sub-network is left
        # out, its facts stand behind it.
        self.match = match
        self.level = level  # generations of what is gone behind this one
        self.modifies = False  # whether the firing changed the fact (not: inserted it)
        self.tag = UNUSED  # time tag of the change
        # Of a fact that was changed: the firing that inserted it, if one did.
        self.earlier: FiringRecord | None = None

    def of_insert(self) -> FiringRecord:
        """The origin of a fact that the firing inserted: all of them share it."""
        made = FiringRecord(self.reading, self.match, self.level) if self.modifies else self
        made.tag = 0
        return made

    def of_modify(self, before: FiringRecord | None, tag: int) -> FiringRecord:
        """The origin of a fact that the firing changed; `before` is the one that it had."""
        made = self if self.tag == UNUSED else FiringRecord(self.reading, self.match, self.level)
        made.modifies = True
        made.tag = tag
        made.earlier = before.earlier if before is not None and before.modifies else before
        return made


#: Stands where something is no longer known of a fact that is gone.
FORGOTTEN: Final = FiringRecord(ReadingSpec(RuleSpec(-1, "", "", 0)), [], 0)


def origin_of(activation: Activation) -> FiringRecord:
    """The record of a firing, made before its changes are."""
    match: list[object] = []
    level = 0
    link: Link | None = activation
    while link is not None:
        item = link.item
        if isinstance(item, Element):
            match.append(item)
            match.append(item.values)
            known = item.origin
            if known is not None and known.modifies and known.level < KEPT:
                match.append(known)
                if known.level >= level:
                    level = known.level + 1
        else:
            match.append(None if isinstance(item, RightToken) else item)
        link = link.parent
    return FiringRecord(activation.reading, match, level)


def faded(origin: FiringRecord) -> FiringRecord | None:
    """What is still known of the origin of a fact that goes; None where it came from outside."""
    kept: FiringRecord | None = origin
    if origin.modifies:  # it may tell of the fact itself, and so hold itself for ever
        kept = origin.earlier
    if kept is None:
        return None
    level = kept.level
    for item in items_of(kept):
        if isinstance(item, Element):
            known = item.origin
            if known is not None and not item.is_live and known.level >= level:
                level = known.level + 1
        elif isinstance(item, (list, tuple, set, dict)):
            return FORGOTTEN  # there may be facts in it
    if level >= KEPT:
        return FORGOTTEN
    kept.level = level
    return kept


def items_of(origin: FiringRecord) -> list[object]:
    """The items of the links of a firing's match, the newest first."""
    items: list[object] = []
    is_item = True
    for part in origin.match:
        if is_item and not isinstance(part, FiringRecord):
            items.append(part)
            is_item = not isinstance(part, Element)  # behind a fact its values
        else:
            is_item = True
    return items
