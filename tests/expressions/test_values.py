"""Laws of equality, order, keys and change."""

from __future__ import annotations

import copy
import math
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal, FloatOperation, localcontext

import pytest
from hypothesis import given, settings

from rete_engine.expressions.frame import Limits, Record, RecordType
from rete_engine.expressions.types import ANY
from rete_engine.expressions.values import (
    changed,
    equal,
    export,
    is_nan,
    join_key,
    less,
    less_equal,
    ordered,
    quoted,
    size,
    store,
)
from tests.expressions.samples import keys, values

NAN = math.nan
ORDER = RecordType("Order", {"id": 0}, frozenset(["Order"]), False)


def holds_nan(value: object) -> bool:
    if isinstance(value, dict):
        return any(holds_nan(item) for item in value.values())
    if isinstance(value, (list, tuple, set)):
        return any(holds_nan(item) for item in value)
    return is_nan(value)


def holds_unordered(value: object) -> bool:
    if isinstance(value, (list, tuple)):
        return any(holds_unordered(item) for item in value)
    return isinstance(value, (set, dict))


@given(values, values)
@settings(max_examples=400, deadline=None)
def test_keys_meet_exactly_where_values_are_equal(a: object, b: object) -> None:
    assert (join_key(a) == join_key(b)) is equal(a, b)
    if equal(a, b):
        assert hash(join_key(a)) == hash(join_key(b))


@given(values)
def test_a_value_equals_its_copy_unless_it_holds_nan(value: object) -> None:
    twin = copy.deepcopy(value)
    assert equal(value, twin) is not holds_nan(value)
    assert equal(value, value) is not holds_nan(value)
    assert (join_key(value) == join_key(twin)) is not holds_nan(value)


@given(values, values)
@settings(max_examples=400, deadline=None)
def test_equality_is_that_of_python_but_for_nan(a: object, b: object) -> None:
    if not holds_nan(a) and not holds_nan(b):
        assert equal(a, b) is (a == b)
    else:
        assert not equal(a, b) or not (holds_nan(a) or holds_nan(b))


@given(values, values)
@settings(max_examples=400, deadline=None)
def test_order_never_fails_and_is_that_of_python(a: object, b: object) -> None:
    assert not (less(a, b) and less(b, a))
    assert not (less(a, b) and not less_equal(a, b))
    if holds_unordered(a) or holds_unordered(b) or holds_nan(a) or holds_nan(b):
        return  # Python orders sets by inclusion and does not ask whether NaN equals itself
    try:
        expected = a < b  # type: ignore[operator]
    except TypeError:
        return
    assert less(a, b) is expected
    assert less_equal(a, b) is (a <= b)  # type: ignore[operator]


@given(values)
def test_nothing_changes_when_a_value_is_put_in_again(value: object) -> None:
    assert not changed(value, copy.deepcopy(value))
    assert not changed(value, value)


@given(values, values)
@settings(max_examples=400, deadline=None)
def test_unequal_values_are_a_change_both_ways(a: object, b: object) -> None:
    assert changed(a, b) is changed(b, a)
    if not equal(a, b) and not holds_nan(a):
        assert changed(a, b)


@given(values)
def test_storing_and_handing_out_keep_the_value(value: object) -> None:
    stored = store(value, ANY, Limits())
    assert not changed(value, stored)
    assert not changed(value, export(stored))
    if isinstance(value, (list, dict, set)):
        assert stored is not value
        assert export(stored) is not stored
    assert size(stored, Limits()) >= 1
    quoted(stored, 10_000)


@given(keys.flatmap(lambda key: values))
def test_nothing_is_shared_after_storing(value: object) -> None:
    stored = store(value, ANY, Limits())
    if isinstance(value, list) and value and isinstance(value[0], list):
        value[0].append("new")
        assert changed(stored, value)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (1, 1.0, True),
        (True, 1, True),
        ("10", 10, False),
        (None, None, True),
        (None, 0, False),
        (NAN, NAN, False),
        ((NAN,), (NAN,), False),
        ({"a": NAN}, {"a": NAN}, False),
        (Decimal("NaN"), Decimal("NaN"), False),
        (Decimal("sNaN"), Decimal("sNaN"), False),
        (Decimal("1.50"), 1.5, True),
        (Decimal("0.1"), 0.1, False),
        (2**53, float(2**53), True),
        (2**53 + 1, float(2**53), False),
        (-(2**53) - 1, -float(2**53), False),
        (10**400, math.inf, False),
        (True, 1.0, True),
        ([1], (1,), False),
        ([1, [2]], [1.0, [2]], True),
        ({1, 2}, {2.0, 1}, True),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        (date(2026, 1, 1), datetime(2026, 1, 1), False),
        (datetime(2026, 1, 1), datetime(2026, 1, 1, tzinfo=UTC), False),
        (
            datetime(2026, 1, 1, 2, tzinfo=timezone(timedelta(hours=2))),
            datetime(2026, 1, 1, tzinfo=UTC),
            True,
        ),
    ],
)
def test_equal(a: object, b: object, expected: bool) -> None:
    assert equal(a, b) is expected
    assert equal(b, a) is expected
    assert (join_key(a) == join_key(b)) is expected


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (1, 2.5, True),
        (2**53, float(2**53), False),
        (float(2**53), 2**53 + 1, True),
        (-(2**53) - 1, -float(2**53), True),
        (-float(2**53), -(2**53), False),
        (10**400, math.inf, True),
        (-math.inf, -(10**400), True),
        (0.5, True, True),
        (-0.0, 0, False),
        (1, Decimal("1.5"), True),
        (1.5, Decimal("1.6"), True),
        (Decimal("NaN"), 1, False),
        (1, Decimal("sNaN"), False),
        (False, 1, True),
        ("a", "b", True),
        ("1", 2, False),
        (3, "4", False),
        (None, 1, False),
        (None, None, False),
        (NAN, 1, False),
        (1, NAN, False),
        ([1, 2], [1, 3], True),
        ([1, "a"], [1, 2], False),
        ([1], [1, None], True),
        ((1,), [2], False),
        ({1}, {1, 2}, False),
        (date(2026, 1, 1), date(2026, 1, 2), True),
        (date(2026, 1, 1), datetime(2026, 1, 2), False),
        (datetime(2026, 1, 1), datetime(2026, 1, 2, tzinfo=UTC), False),
        (timedelta(1), timedelta(2), True),
    ],
)
def test_less(a: object, b: object, expected: bool) -> None:
    assert less(a, b) is expected
    assert less_equal(a, b) is (expected or (equal(a, b) and a is not None))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (1, 1.0, True),
        (1, True, True),
        (NAN, float("nan"), False),
        ([NAN], [float("nan")], False),
        ({NAN}, {float("nan")}, False),
        ({1}, {1.0}, True),
        ({"a": 1}, {"a": 1.0}, True),
        ({1: "a"}, {1.0: "a"}, True),
        ([1], (1,), True),
        (Decimal("NaN"), Decimal("sNaN"), False),
        (
            datetime(2026, 1, 1, 2, tzinfo=timezone(timedelta(hours=2))),
            datetime(2026, 1, 1, tzinfo=UTC),
            True,
        ),
    ],
)
def test_changed(old: object, new: object, expected: bool) -> None:
    assert changed(old, new) is expected


def test_records_are_equal_when_they_are_the_same() -> None:
    a, b = Record(ORDER, (1,)), Record(ORDER, (1,))
    assert equal(a, a)
    assert not equal(a, b)
    assert join_key(a) == join_key(a) != join_key(b)
    assert changed(a, b)
    assert export([a]) == [a]


def test_sets_are_iterated_by_type_and_value() -> None:
    early, late = Record(ORDER, (1,), 1), Record(ORDER, (1,), 2)
    assert ordered({late, early}) == [early, late]
    assert ordered({2, "b", None, 1.5, "a", (2, "x"), (1,), False}) == [
        False, 1.5, 2, None, "a", "b", (1,), (2, "x"),
    ]  # fmt: skip
    aware, naive = datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 1)
    assert ordered({aware, naive}) == [naive, aware]


def test_the_threads_decimal_context_does_not_matter() -> None:
    with localcontext() as context:
        context.traps[FloatOperation] = True
        assert equal(Decimal("0.5"), 0.5)
        assert less(Decimal("0.4"), 0.5)
        assert less(0.4, Decimal("0.5"))
