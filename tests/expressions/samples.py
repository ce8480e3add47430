"""Hypothesis strategies for the values of the language."""

from __future__ import annotations

import math
from datetime import UTC, timedelta, timezone
from decimal import Decimal

from hypothesis import strategies as st

zones = st.sampled_from([None, UTC, timezone(timedelta(hours=2))])
numbers = st.one_of(
    st.integers(-3, 3),
    st.integers(),
    st.booleans(),
    st.floats(),
    st.sampled_from([0.0, -0.0, 1.0, math.nan, math.inf, 2.0**53, 1e308]),
    st.sampled_from([2**53 + 1, 10**400, -(10**400)]),
    st.decimals(allow_nan=False),
    st.sampled_from([Decimal("NaN"), Decimal("1.0"), Decimal("1E+9999"), Decimal("Infinity")]),
)
scalars = st.one_of(
    st.none(),
    numbers,
    st.text(max_size=3),
    st.sampled_from(["a", "1", ""]),
    st.dates(),
    st.datetimes(timezones=zones),
    st.timedeltas(),
)
keys = st.one_of(scalars, st.tuples(scalars), st.tuples(scalars, scalars))


def _plain_key(key: object) -> bool:
    parts = key if isinstance(key, tuple) else (key,)
    return all(part == part for part in parts)


values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.sets(keys, max_size=3),
        st.dictionaries(keys.filter(_plain_key), inner, max_size=3),
    ),
    max_leaves=6,
)
