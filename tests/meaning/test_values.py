"""The rules of 'Values' in the description of the language, in their order."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from rete_engine import FactError, RuleExecutionError
from tests.meaning.sessions import opened, outputs, waiting

NAN = float("nan")

PAIR = """
template L
    v: any
end

template R
    v: any
end
"""


def joined(operator: str) -> str:
    """A rule for facts whose values compare, and one that compares in a test."""
    return f"""{PAIR}
rule "joined"
when
    l := L()
    r := R(l.v {operator} v)
then
end

rule "tested"
when
    l := L()
    r := R()
    test l.v {operator} r.v
then
end
"""


def holds(operator: str, left: Any, right: Any) -> bool:
    """Whether a comparison holds, as a join and as a test."""
    found = set()
    for template, value, other, last in (("L", left, "R", right), ("R", right, "L", left)):
        session = opened(joined(operator))
        session.insert(template, v=value)
        session.insert(other, v=last)
        rules = sorted(entry.split()[0] for entry in waiting(session))
        assert rules in ([], ["joined", "tested"])
        found.add(bool(rules))
    assert len(found) == 1
    return found.pop()


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        (1, 1.0, True),
        (1, True, True),
        (Decimal("1.0"), 1, True),
        (None, None, True),
        ("10", 10, False),
        ("a", "a", True),
        (0, None, False),
        (False, None, False),
        ("", None, False),
        (NAN, NAN, False),
        (Decimal("NaN"), Decimal("NaN"), False),
        ((1, NAN), (1, NAN), False),
        ([NAN], [NAN], False),
        ({"a": NAN}, {"a": NAN}, False),
        ([1, [2, 3]], [1.0, [2, 3]], True),
        ([1, 2], [2, 1], False),
        ([1, 2], (1, 2), False),
        ({"a": 1, "b": 2}, {"b": 2.0, "a": True}, True),
        ({1, 2}, {2, 1}, True),
        ({}, set(), False),
        (date(2026, 1, 1), date(2026, 1, 1), True),
        (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1), False),
        (timedelta(days=1), timedelta(hours=24), True),
        (10**30, 1e30, False),
        (2**53, float(2**53), True),
    ],
)
def test_equality_is_that_of_python_but_nan_equals_nothing(
    left: Any, right: Any, same: bool
) -> None:
    assert holds("==", left, right) is same
    assert holds("==", right, left) is same
    assert holds("!=", left, right) is not same


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (1, "2"),
        (None, 1),
        (None, None),
        (NAN, 1.0),
        (NAN, NAN),
        ([1], 2),
        ([1], (2,)),
        ({"a": 1}, {"a": 2}),
        (date(2026, 1, 1), "2026-01-02"),
        (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2)),
        (date(2026, 1, 1), datetime(2026, 1, 2)),
        (timedelta(1), 2),
    ],
)
@pytest.mark.parametrize("operator", ["<", "<=", ">", ">="])
def test_an_order_comparison_between_unlike_types_is_false(
    left: Any, right: Any, operator: str
) -> None:
    assert not holds(operator, left, right)
    assert not holds(operator, right, left)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (1, 1.5),
        (Decimal("0.1"), 1),
        ("a", "b"),
        ([1, 2], [1, 3]),
        ([1], [1, 0]),
        ((1, "a"), (1, "b")),
        (date(2026, 1, 1), date(2026, 1, 2)),
        (timedelta(hours=1), timedelta(days=1)),
    ],
)
def test_like_types_have_an_order(left: Any, right: Any) -> None:
    assert holds("<", left, right)
    assert holds("<=", left, right)
    assert holds(">", right, left)
    assert not holds(">=", left, right)
    assert holds("<=", left, left)


# -- field types ---------------------------------------------------------------------------------

TYPED = """
template T
    i: int? = none
    f: float? = none
    s: str? = none
    b: bool? = none
    d: date? = none
    t: datetime? = none
    u: duration? = none
    c: decimal? = none
    l: list[int]? = none
    m: dict[str, float]? = none
    x: set[str]? = none
    a: any = none
end
"""


def test_an_int_given_for_a_float_is_stored_as_float() -> None:
    session = opened(TYPED)
    fact = session.insert("T", f=1, m={"a": 2})
    assert type(fact.f) is float
    assert type(fact.m["a"]) is float


@pytest.mark.parametrize(
    "fields",
    [
        {"i": True},
        {"f": True},
        {"i": 1.0},
        {"s": 1},
        {"b": 1},
        {"d": "2026-01-01"},
        {"d": datetime(2026, 1, 1)},
        {"t": date(2026, 1, 1)},
        {"t": "2026-01-01T00:00:00"},
        {"u": "P1D"},
        {"u": 5},
        {"c": 1.5},
        {"c": 1},
        {"l": ["1"]},
        {"l": (1, 2)},
        {"m": {1: 1.0}},
        {"x": ["a"]},
        {"a": object()},
    ],
)
def test_nothing_else_is_converted(fields: dict[str, Any]) -> None:
    session = opened(TYPED)
    with pytest.raises(FactError, match=next(iter(fields))):
        session.insert("T", **fields)
    assert session.facts() == []


def test_collections_are_copied_when_they_enter_and_when_they_are_handed_out() -> None:
    session = opened(TYPED)
    given = {"n": [1], "m": {"k": {2}}}
    fact = session.insert("T", a=given)
    given["n"].append(2)  # type: ignore[attr-defined]
    fact.a["n"].append(3)
    fact.a["m"]["k"].add(4)
    fact.as_dict()["a"].clear()
    assert fact.a == {"n": [1], "m": {"k": {2}}}


def test_what_functions_and_outputs_get_cannot_change_a_fact() -> None:
    def spoil(value: Any) -> int:
        value.append(99)
        return len(value)

    text = f"""
external function spoil(value: any) -> int
{TYPED}
rule "r"
when
    t := T(spoil(l) > 0)
then
    spoil(t.l)
    emit t.l
end
"""
    session = opened(text, functions={"spoil": spoil})
    fact = session.insert("T", l=[1])
    (emitted,) = outputs(session)
    emitted.append(5)
    assert fact.l == [1]


def test_a_set_is_iterated_in_the_order_of_type_name_and_value() -> None:
    text = """
template T
    v: set
end

rule "r"
when
    t := T()
then
    for x in t.v
        emit x
    end
    emit [x for x in t.v]
    emit f"{t.v}"
end
"""
    session = opened(text)
    session.insert("T", v={"b", 2, "a", 1.5, True, None, (2,), (1, "x")})
    *one_by_one, comprehended, text_of_it = outputs(session)
    expected = [True, 1.5, 2, None, "a", "b", (1, "x"), (2,)]
    assert one_by_one == expected
    assert comprehended == expected
    assert text_of_it == "{true, 1.5, 2, none, 'a', 'b', (1, 'x'), (2,)}"


# -- none ----------------------------------------------------------------------------------------


def evaluated(expression: str) -> Any:
    """The value of an expression about a field that is none, in an action."""
    head = 'template T\n    n: any\nend\nrule "r"\nwhen\n    t := T()\n'
    session = opened(f"{head}then\n    emit {expression}\nend")
    session.insert("T", n=None)
    (value,) = outputs(session)
    return value


@pytest.mark.parametrize(
    "expression", ["t.n.f", "t.n[0]", "t.n + 1", "-t.n", "len(t.n)", "[1][t.n]"]
)
def test_to_use_none_as_a_value_is_an_error(expression: str) -> None:
    with pytest.raises(RuleExecutionError, match="none"):
        evaluated(expression)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("t.n?.f", None),
        ("t.n?.f?.g", None),
        ("1 in t.n", False),
        ("none in t.n", False),
        ("1 not in t.n", True),
        ("t.n == none", True),
        ("t.n is none", True),
        ("t.n is not none", False),
        ("t.n < 1 or t.n >= 1", False),
        ("t.n or 5", 5),
        ("not t.n", True),
    ],
)
def test_none_may_be_asked_and_compared(expression: str, value: object) -> None:
    assert evaluated(expression) == value


def test_none_in_a_condition_that_fails_is_an_error_of_the_run() -> None:
    session = opened('template T\n    n: int?\nend\nrule "r"\nwhen\n    T(n + 1 > 1)\nthen\nend')
    session.insert("T", n=None)
    with pytest.raises(RuleExecutionError, match="none"):
        session.run()
