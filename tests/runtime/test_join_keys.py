"""Keys of joins by two values: they meet exactly when the values are equal."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import product

import pytest

from rete_engine import RuleSet
from rete_engine.expressions.equality import equal, join_key
from rete_engine.runtime.join_keys import SMALL, pair_key

VALUES = [
    None, True, False, 0, 1, 2, 7, -1, SMALL - 1, SMALL, SMALL + 1, 2**62, 2**80, -(2**40),
    0.0, -0.0, 1.0, 0.5, -1.0, float(SMALL - 1), float(SMALL), 2.0**80, float("inf"),
    Decimal(0), Decimal(1), Decimal("1.0"), Decimal("0.5"), Decimal(2**80), Decimal("1e30000"),
    "", "1", "a", date(2026, 1, 1), (1, 2), [1], frozenset({1}),
]  # fmt: skip


def test_pairs_have_one_key_exactly_when_their_parts_are_equal() -> None:
    pairs = list(product(VALUES, repeat=2))
    keys = [pair_key(join_key(first), join_key(second)) for first, second in pairs]
    places: dict[object, list[int]] = {}
    for place, key in enumerate(keys):
        places.setdefault(key, []).append(place)
    alike = {value: [other for other in range(len(VALUES)) if equal(VALUES[value], VALUES[other])]
             for value in range(len(VALUES))}  # fmt: skip
    for found in places.values():
        first, second = divmod(found[0], len(VALUES))
        expected = {a * len(VALUES) + b for a in alike[first] for b in alike[second]}
        assert set(found) == expected, pairs[found[0]]


def test_nan_meets_nothing() -> None:
    nan = float("nan")
    assert pair_key(join_key(nan), 1) != pair_key(join_key(nan), 1)


def test_keys_of_pairs_differ_in_their_last_bits() -> None:
    """A dict looks at those first: keys that only differ in others would be searched for."""
    last = {hash(pair_key(a, b)) & 0xFFFF for a in range(128) for b in range(128)}
    assert len(last) > 128 * 128 * 0.6


@pytest.mark.parametrize("second", [1, 1.0, Decimal(1), True])
def test_facts_join_by_two_fields_of_any_type(second: object) -> None:
    rules = RuleSet.parse(
        """
        template A
            x: int
            y: any
        end
        template B
            x: int
            y: any
        end
        rule "both"
        when
            a := A()
            b := B(x == a.x, y == a.y)
        then
            emit b.y
        end
        """
    )
    with rules.session() as session:
        session.insert("A", x=3, y=second)
        session.insert("B", x=3, y=1)
        session.insert("B", x=3, y=2)
        session.insert("B", x=1, y=1)
        assert session.run().outputs == [1]
