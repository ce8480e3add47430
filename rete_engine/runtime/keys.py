"""Keys of facts: what no two of them may agree on, as hashables."""

from __future__ import annotations

from rete_engine.expressions.values import join_key
from rete_engine.network.templates import TemplateSpec
from rete_engine.runtime.memory import Element


def whole_key(values: tuple[object, ...]) -> object:
    """The key made of all values."""
    return tuple([join_key(value) for value in values])


def keys_of(element: Element, values: tuple[object, ...]) -> list[tuple[int, object]]:
    """The keys that a fact with these values holds, each with the number of its table."""
    template = element.type
    assert isinstance(template, TemplateSpec)
    found: list[tuple[int, object]] = []
    for spec in template.keys:
        key = spec.of(values)
        if not holds_nan(key):
            found.append((spec.number, key))
    if template.unique:
        key = whole_key(values)
        if not holds_nan(key):
            found.append((-1 - template.number, key))
    return found


def holds_nan(key: object) -> bool:
    """Whether a key has a NaN, and so equals nothing: then there is no use in keeping it."""
    if isinstance(key, (str, int)):
        return False
    if isinstance(key, tuple):
        for part in key:  # noqa: SIM110 - a loop compiles to less
            if holds_nan(part):
                return True
        return False
    if isinstance(key, frozenset):
        return any([holds_nan(part) for part in key])  # noqa: C419 - compiles to less
    return type(key) is object
