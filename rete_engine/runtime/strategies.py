"""The conflict resolution strategies, with the meaning that CLIPS gives each.

(CLIPS Basic Programming Guide, section 5.3.) A strategy is a sort key of an activation; the
smallest fires first. The key begins with the salience and ends with the activation's number.
"""

from __future__ import annotations

import random
from typing import final

from rete_engine.expressions.frame import Link
from rete_engine.network.rules import PatternUse
from rete_engine.runtime.activations import Activation
from rete_engine.runtime.agenda import Strategy
from rete_engine.runtime.errors import StrategyError
from rete_engine.runtime.memory import Element

#: The strategies that have a name.
STRATEGIES = ("depth", "breadth", "lex", "mea", "simplicity", "complexity", "random")


def named_strategy(name: str, seed: int) -> Strategy:
    """The strategy of a name; all groups of a session share it."""
    if name == "depth":
        return Strategy(None, depth=True)
    if name == "breadth":
        return Strategy(None, depth=False)
    if name == "lex":
        return Strategy(by_recency, depth=True)
    if name == "mea":
        return Strategy(by_first_recency, depth=True)
    if name == "simplicity":
        return Strategy(by_simplicity, depth=True)
    if name == "complexity":
        return Strategy(by_complexity, depth=True)
    if name == "random":
        return Strategy(Shuffle(seed).order, depth=True)
    raise AssertionError(name)


def by_recency(activation: Activation) -> tuple[object, ...]:
    """`lex`: the time tags, newest first, are compared one by one; the longer list wins.

    Where they are the same, the rule with more constraints and tests comes first.
    """
    tags = descending(time_tags(activation))
    return (-activation.salience, tags, -activation.rule.complexity, -activation.number)


def by_first_recency(activation: Activation) -> tuple[object, ...]:
    """`mea`: the time tag of the first pattern decides, then as `lex`.

    A first condition that has no fact, such as a `not`, is older than any pattern.
    """
    tags = time_tags(activation)
    first = tags[0] if activation.reading.leads else -1
    complexity = activation.rule.complexity
    return (-activation.salience, -first, descending(tags), -complexity, -activation.number)


def by_simplicity(activation: Activation) -> tuple[object, ...]:
    """`simplicity`: the rule with fewer constraints and tests first, then the newest."""
    return (-activation.salience, activation.rule.complexity, -activation.number)


def by_complexity(activation: Activation) -> tuple[object, ...]:
    """`complexity`: the rule with more constraints and tests first, then the newest."""
    return (-activation.salience, -activation.rule.complexity, -activation.number)


@final
class Shuffle:
    """`random`: a number drawn for each activation in the order of their creation."""

    __slots__ = ("generator",)

    def __init__(self, seed: int) -> None:
        self.generator = random.Random(seed)

    def order(self, activation: Activation) -> tuple[object, ...]:
        """Draw the place of an activation."""
        return (-activation.salience, self.generator.random(), activation.number)


@final
class Descending:
    """Turns the order of a value round: for the keys of a program's own strategy."""

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value = value

    def __lt__(self, other: object) -> bool:
        assert isinstance(other, Descending)
        try:
            return bool(other.value < self.value)  # type: ignore[operator]  # the program's values
        except Exception as error:
            raise StrategyError(f"the strategy's keys have no order: {error}") from error

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Descending) and bool(self.value == other.value)

    def __hash__(self) -> int:
        return hash(self.value)


def time_tags(activation: Activation) -> list[int]:
    """The time tag of each pattern's fact, in the order of the patterns as written."""
    return [time_tag(activation, pattern) for pattern in activation.reading.patterns]


def time_tag(activation: Activation, pattern: PatternUse) -> int:
    """The time of the insertion, or of the last modify that made the match anew."""
    link: Link | None = activation
    for _ in range(pattern.steps):
        assert link is not None
        link = link.parent
    assert link is not None
    element = link.item
    assert isinstance(element, Element)
    fields = pattern.mask >> 1
    stamp = element.stamp
    while stamp is not None:
        if stamp.fields & fields:
            return stamp.tag
        stamp = stamp.older
    return element.tag


def descending(tags: list[int]) -> tuple[int, ...]:
    """The tags such that tuples compare as `lex` wants: newest first, longer first."""
    # The closing 1 sorts behind every negated tag: a list that ends is older than one that goes on.
    return (*sorted([-tag for tag in tags]), 1)
