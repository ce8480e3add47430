"""Where a fact comes from: the firings behind it, and the facts behind those."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, cast

from rete_engine.expressions.frame import Context, Frame, Link
from rete_engine.network.rules import ReadingSpec
from rete_engine.runtime.memory import Element
from rete_engine.runtime.origins import FORGOTTEN, FiringRecord
from rete_engine.runtime.working_memory import WorkingMemory

#: Why a fact is not followed further: it was before, or the tree is deep or large enough, or its
#: record is gone.
Ending = Literal["above", "cut", "forgotten"]

#: How a firing made a fact: it supports it, inserted it, or changed it.
Kind = Literal["derived", "inserted", "modified"]


@dataclass
class Version:
    """A fact with values that it has or had, and the firing that these come from."""

    element: Element
    values: tuple[object, ...]
    origin: FiringRecord | None


@dataclass
class Known:
    """A fact of the tree."""

    element: Element
    values: tuple[object, ...]  # those it had for the firing that it is told of
    derivations: list[Derived] = field(default_factory=list)
    ending: Ending | None = None
    changed: bool = False  # whether it has other values now than it had then
    touched: bool = False  # whether it was changed from outside since the firing it comes from
    stated: bool = False  # whether it was inserted too, by what is not known, beside its supports


@dataclass
class Derived:
    """A firing that a fact comes from."""

    kind: Kind
    reading: ReadingSpec
    bindings: list[tuple[str, object]]  # those that are no facts
    facts: list[tuple[str | None, Known]]  # the matched facts with their variables, as written


class Derivations:
    """Follows a fact back to those that came from outside."""

    def __init__(self, memory: WorkingMemory, context: Context, depth: int, limit: int) -> None:
        self.memory = memory
        self.frame = Frame(context, context.locals)
        self.depth = depth  # how many firings in a row are followed
        self.left = limit  # how many facts the tree may still have
        self.seen: set[tuple[Element, int]] = set()  # with the identity of their values

    def of(self, version: Version, depth: int = 0) -> Known:
        """The tree of a fact as it was."""
        element, values, origin = version.element, version.values, version.origin
        known = Known(element, values, changed=values is not element.values)
        self.left -= 1
        place = (element, id(values))
        if element.origin is FORGOTTEN and origin is None:
            known.ending = "forgotten"
            return known
        if place in self.seen or depth >= self.depth or self.left <= 0:
            if origin is not None or self.has_supports(element):
                known.ending = "above" if place in self.seen else "cut"
            return known
        self.seen.add(place)
        self.supports(known, depth)
        if not known.changed:
            known.touched = touched_since(element, origin)
        while origin is not None:
            link, versions = rebuilt(origin)
            kind: Kind = "modified" if origin.modifies else "inserted"
            known.derivations.append(self.firing(kind, origin.reading, link, versions, depth))
            origin = origin.earlier
        return known

    def now(self, element: Element) -> Version:
        """A fact as it is."""
        return Version(element, element.values, known_origin(element))

    def supports(self, known: Known, depth: int) -> None:
        """Add the matches that support a fact which was inserted logically."""
        truth = self.memory.truth
        derived = truth.derived.get(known.element) if truth is not None else None
        if derived is None:
            return
        known.stated = derived.is_stated and known.element.origin is None
        for activation in derived.supports:
            if self.left <= 0:
                known.ending = "cut"
                break
            made = self.firing("derived", activation.reading, activation, {}, depth)
            known.derivations.append(made)

    def has_supports(self, element: Element) -> bool:
        """Whether matches support a fact."""
        truth = self.memory.truth
        return truth is not None and element in truth.derived

    def firing(
        self,
        kind: Kind,
        reading: ReadingSpec,
        link: Link,
        versions: dict[Element, Version],
        depth: int,
    ) -> Derived:
        """A firing, with the trees of the facts that it matched: as they are, or as given."""
        frame = self.frame
        frame.link = link
        frame.record = None
        frame.overlay = {element: version.values for element, version in versions.items()}
        bindings = [(name, node.evaluate(frame)) for name, node in reading.bindings]
        facts: list[tuple[str | None, Known]] = []
        for pattern in reading.patterns:
            at: Link | None = link
            for _ in range(pattern.steps):
                assert at is not None
                at = at.parent
            assert at is not None
            element = cast(Element, at.item)
            version = versions.get(element) or self.now(element)
            facts.append((pattern.name, self.of(version, depth + 1)))
        values = [(name, v) for name, v in bindings if not isinstance(v, Element)]
        return Derived(kind, reading, values, facts)


def known_origin(element: Element) -> FiringRecord | None:
    """The firing that a fact comes from, as far as that is known."""
    return None if element.origin is FORGOTTEN else element.origin


def rebuilt(origin: FiringRecord) -> tuple[Link, dict[Element, Version]]:
    """The match of a firing, and its facts as they were."""
    match = origin.match
    links: list[object] = []
    versions: dict[Element, Version] = {}
    place = 0
    while place < len(match):
        item = match[place]
        place += 1
        links.append(item)
        if isinstance(item, Element):
            values = cast("tuple[object, ...]", match[place])
            place += 1
            source: FiringRecord | None = None
            if place < len(match) and isinstance(match[place], FiringRecord):
                source = cast(FiringRecord, match[place])
                place += 1
            else:  # it was as a firing or the program inserted it, or too long ago
                source = known_origin(item)
                if source is not None and source.modifies:
                    source = source.earlier
            versions[item] = Version(item, values, source)
    link: Link | None = None
    for item in reversed(links):
        link = Link(link, item)
    assert link is not None
    return link, versions


def touched_since(element: Element, origin: FiringRecord | None) -> bool:
    """Whether a fact was changed from outside since the last firing that is known of it."""
    stamp = element.stamp
    if stamp is None:
        return False
    known = origin.tag if origin is not None and origin.modifies else element.tag
    return stamp.tag > known
