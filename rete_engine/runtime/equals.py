"""Equal facts: an index by all values, kept for templates that some rule inserts logically."""

from __future__ import annotations

from typing import final

from rete_engine.network.templates import TemplateSpec
from rete_engine.runtime.join_keys import plain_key
from rete_engine.runtime.keys import holds_nan
from rete_engine.runtime.memory import Element

#: Facts of one key: mostly there is one, and a dict for each would take ten times the memory.
Same = Element | dict[Element, None]


@final
class EqualFacts:
    """Facts by template and values; of equal ones, the one that is so for longest comes first."""

    __slots__ = ("derived", "facts")

    def __init__(self) -> None:
        self.facts: dict[object, Same] = {}
        self.derived: dict[object, Same] = {}  # those among them that nothing states

    def add(self, element: Element, values: tuple[object, ...], is_derived: bool) -> None:
        """Note the values that a fact has from now on."""
        key = key_of(element.type, values)
        if key is not None:
            put(self.facts, key, element)
            if is_derived:
                put(self.derived, key, element)

    def remove(self, element: Element, values: tuple[object, ...]) -> None:
        """Note that a fact has these values no more."""
        key = key_of(element.type, values)
        if key is not None:
            drop(self.facts, key, element)
            drop(self.derived, key, element)

    def state(self, element: Element, values: tuple[object, ...]) -> None:
        """Note that a fact is stated from now on."""
        key = key_of(element.type, values)
        if key is not None:
            drop(self.derived, key, element)

    def close(self) -> None:
        """Let all facts go."""
        self.facts.clear()
        self.derived.clear()


def key_of(template: object, values: tuple[object, ...]) -> object:
    """The key of a fact; None where a NaN is in it, for then it equals nothing."""
    assert isinstance(template, TemplateSpec)
    key: list[object] = [template.number]  # one tuple, not two: it is hashed at each look
    for value in values:
        part = plain_key(value)
        if holds_nan(part):
            return None
        key.append(part)
    return tuple(key)


def put(table: dict[object, Same], key: object, element: Element) -> None:
    """Add a fact to those of a key."""
    same = table.setdefault(key, element)
    if same is element:
        return
    if isinstance(same, Element):
        table[key] = {same: None, element: None}
    else:
        same[element] = None


def drop(table: dict[object, Same], key: object, element: Element) -> None:
    """Take a fact from those of a key, if it is one."""
    same = table.get(key)
    if same is element:
        del table[key]
    elif isinstance(same, dict):
        same.pop(element, None)
        if not same:
            del table[key]


def first_of(
    table: dict[object, Same], key: object, without: dict[Element, None]
) -> Element | None:
    """The first fact of a key that is not among some."""
    same = table.get(key)
    if isinstance(same, Element):
        return None if same in without else same
    if same is not None:
        for element in same:
            if element not in without:
                return element
    return None
