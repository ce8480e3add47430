"""Expressions and their values, in tables."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rete_engine.diagnostics.errors import SecurityError
from rete_engine.expressions.errors import EvaluationError
from rete_engine.expressions.frame import Limits, Record, RecordType
from tests.expressions.evaluation import NOW, Program, value

ORDER = RecordType("Order", {"id": 0, "total": 1}, frozenset(["Order"]), False)
EVENT = RecordType("Event", {"kind": 1}, frozenset(["Event"]), True)
PARAMS: dict[str, Any] = {
    "n": None,
    "o": Record(ORDER, (7, 9.5)),
    "e": Record(EVENT, ({"extra": 1}, "click")),
    "d": {"a": 1, "b": [1, 2], 3: "three"},
    "nan": math.nan,
    "aware": datetime(2026, 1, 1, tzinfo=UTC),
    "naive": datetime(2026, 1, 1),
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # arithmetic
        ("1 + 2 * 3", 7),
        ("-2 ** 2", -4),
        ("2 ** -1", 0.5),
        ("7 // 2", 3),
        ("-7 // 2", -4),
        ("-7 % 3", 2),
        ("7 / 2", 3.5),
        ("1 / 3.0", 1 / 3),
        ("true + 1", 2),
        ("0.1 + 0.2", 0.1 + 0.2),
        ("10 ** 20", 10**20),
        ("2 ** 64 - 1", 2**64 - 1),
        ("'a' + 'b'", "ab"),
        ("'ab' * 2", "abab"),
        ("3 * [0]", [0, 0, 0]),
        ("[1] + [2]", [1, 2]),
        ("(1,) + (2,)", (1, 2)),
        ("{1, 2} - {2}", {1}),
        ("decimal('0.1') + decimal('0.2')", Decimal("0.3")),
        ("decimal('1') / 3", Decimal("0.3333333333333333333333333333")),
        ("decimal('7') // 2", Decimal(3)),
        ("2 ** decimal('3')", Decimal(8)),
        ("-decimal('1.5')", Decimal("-1.5")),
        ("+5", 5),
        ("+true", 1),
        ("1h + 30m", timedelta(minutes=90)),
        ("2 * 5m", timedelta(minutes=10)),
        ("1h / 30m", 2.0),
        ("-1d", timedelta(-1)),
        ("date('2026-01-31') + 1d", date(2026, 2, 1)),
        ("date('2026-02-01') - date('2026-01-31')", timedelta(1)),
        ("aware - 1h", datetime(2025, 12, 31, 23, tzinfo=UTC)),
        # comparisons
        ("1 < 2 < 3", True),
        ("1 < 3 < 2", False),
        ("1 == 1.0", True),
        ("'10' != 10", True),
        ("n == none", True),
        ("n is none", True),
        ("1 is not none", True),
        ("nan == nan", False),
        ("nan != nan", True),
        ("nan in [nan]", False),
        ("n < 1", False),
        ("n >= n", False),
        ("'a' < 1", False),
        ("aware < naive", False),
        ("aware == naive", False),
        ("1 in n", False),
        ("1 not in n", True),
        ("2 in [1, 2.0]", True),
        ("2 in (1, 2)", True),
        ("[1] in [[1]]", True),
        ("[1] in ('a', 'b')", False),
        ("'ell' in 'hello'", True),
        ("1 in 'hello'", False),
        ("'a' in d", True),
        ("[1] in d", False),
        ("3 not in {1, 2}", True),
        ("true in (1, 2)", True),
        ("o.total in (9.5, 10)", True),
        ("'abc' matches 'a.c'", True),
        ("'abcd' matches 'a.c'", False),
        ("'a\\n' matches 'a'", False),
        ("1 matches '1'", False),
        ("'ab' matches 'a' + 'b'", True),
        ("'x' in 'xy' == true", False),  # a chain, as in Python
        # logic
        ("0 or 'x'", "x"),
        ("1 and 'x'", "x"),
        ("0 and 1 / 0", 0),
        ("1 or 1 / 0", 1),
        ("not []", True),
        ("'a' if 1 > 2 else 'b'", "b"),
        # reads
        ("o.total", 9.5),
        ("o?.id", 7),
        ("n?.id", None),
        ("n?.lower()", None),
        ("e.kind", "click"),
        ("e.extra", 1),
        ("e.missing", None),
        ("d.a", 1),
        ("d['b'][-1]", 2),
        ("d[3]", "three"),
        ("d[3.0]", "three"),
        ("'hello'[1]", "e"),
        ("'hello'[1:3]", "el"),
        ("'hello'[:-1]", "hell"),
        ("[1, 2, 3][1:]", [2, 3]),
        ("aware.year", 2026),
        ("(1h + 1s).seconds", 3601),
        # displays, comprehensions, f-strings
        ("[1, 'a', none]", [1, "a", None]),
        ("{1, 1.0}", {1}),
        ("{'a': 1, 'b': 2, 'a': 3}", {"a": 3, "b": 2}),
        ("()", ()),
        ("[x * y for x in [1, 2] for y in (10, 20) if x < y]", [10, 20, 20, 40]),
        ("[k for k, v in d.items() if v == 1]", ["a"]),
        ("[x for x in {3, 1, 2}]", [1, 2, 3]),
        ("{x % 2 for x in range(5)}", {0, 1}),
        ("{x: x ** 2 for x in range(3)}", {0: 0, 1: 1, 2: 4}),
        ("[c for c in 'abc']", ["a", "b", "c"]),
        ("sum(x for x in [1, 2])", 3),
        ("[[y for y in range(x)] for x in range(3)]", [[], [0], [0, 1]]),
        ("[1 for _ in range(2)]", [1, 1]),
        ("f'{o.id} paid {o.total:.2f}'", "7 paid 9.50"),
        ("f'{n} {true} {[n]} {\"x\"!r:>5}|'", "none true [none]   'x'|"),
        ("f'{1234567:,} {0.5:%} {255:x} {decimal(\"1.5\"):.2f}'", "1,234,567 50.000000% ff 1.50"),
        ("f'{o}'", "Order(id=7, total=9.5)"),
        # built-in functions
        ("abs(-3)", 3),
        ("abs(-1h)", timedelta(hours=1)),
        ("min(3, 1, 2)", 1),
        ("max([1, 5.5, 2])", 5.5),
        ("min([], default=0)", 0),
        ("max('b', 'a')", "b"),
        ("sum([])", 0),
        ("sum([1, 2], 10)", 13),
        ("sum([0.1] * 10)", 1.0),
        ("sum([1e308, 1e308, -1e308])", 1e308),
        ("sum([decimal('0.1'), 1])", Decimal("1.1")),
        ("sum([1h, 30m])", timedelta(minutes=90)),
        ("len('abc') + len([1]) + len(d)", 7),
        ("round(2.5)", 2),
        ("round(3.5)", 4),
        ("round(2.675, 2)", 2.67),
        ("round(1250, -2)", 1200),
        ("round(5, -1000000000)", 0),
        ("round(decimal('2.675'), 2)", Decimal("2.68")),
        ("round(decimal('2.5'))", 2),
        ("sorted([3, 1.5, 2])", [1.5, 2, 3]),
        ("sorted({'b', 'a'}, reverse=true)", ["b", "a"]),
        ("sorted([(2, 'a'), (1, 'b')])", [(1, "b"), (2, "a")]),
        ("any([0, 1])", True),
        ("all([])", True),
        ("any(1 / x > 0 for x in [1, 0])", True),
        ("all(x > 1 for x in [1, 0])", False),
        ("int('42') + int(2.9) + int(true)", 45),
        ("int(decimal('2.9'))", 2),
        ("float('1.5')", 1.5),
        ("decimal(0.5)", Decimal("0.5")),
        ("str(none) + str(1.0)", "none1.0"),
        ("str([true, 'a', date('2026-01-31')])", "[true, 'a', date('2026-01-31')]"),
        ("str({'b', 'a'})", "{'a', 'b'}"),
        ("bool('')", False),
        ("list('ab')", ["a", "b"]),
        ("list(d)", ["a", "b", 3]),
        ("set([1, 1])", {1}),
        ("set()", set()),
        ("tuple([1])", (1,)),
        ("dict([(1, 2)])", {1: 2}),
        ("dict(a=1, b=2)", {"a": 1, "b": 2}),
        ("range(3)", [0, 1, 2]),
        ("range(3, 0, -2)", [3, 1]),
        ("zip([1, 2], 'ab')", [(1, "a"), (2, "b")]),
        ("enumerate('ab', start=1)", [(1, "a"), (2, "b")]),
        ("date(2026, 1, 31)", date(2026, 1, 31)),
        ("date(aware)", date(2026, 1, 1)),
        ("datetime(2026, 1, 31, hour=12)", datetime(2026, 1, 31, 12)),
        ("datetime('2026-01-31T12:00:00Z')", NOW),
        ("duration('PT5M')", timedelta(minutes=5)),
        ("duration(hours=1, minutes=30)", timedelta(minutes=90)),
        ("now()", NOW),
        # methods
        ("' Ab '.strip().lower()", "ab"),
        ("'xxaxx'.strip('x')", "a"),
        ("'a,b,c'.split(',', 1)", ["a", "b,c"]),
        ("'a b'.split()", ["a", "b"]),
        ("'a b c'.rsplit(maxsplit=1)", ["a b", "c"]),
        ("', '.join(['a', 'b'])", "a, b"),
        ("'-'.join(c for c in 'abc')", "a-b-c"),
        ("'aaa'.replace('a', 'b', 2)", "bba"),
        ("'abc'.startswith(('x', 'a'))", True),
        ("'abc'.find('c') + 'abc'.index('b')", 3),
        ("'abcb'.count('b') + [1, 1.0].count(1)", 4),
        ("'7'.zfill(3) + 'a'.ljust(2, '.') + 'b'.center(3)", "007a. b "),
        ("'a=b'.partition('=')", ("a", "=", "b")),
        ("'straße'.casefold()", "strasse"),
        ("d.get('x', 5)", 5),
        ("d.get([1])", None),
        ("d.keys()", ["a", "b", 3]),
        ("{'a': 1}.items()", [("a", 1)]),
        ("{1, 2}.union([3], (4,))", {1, 2, 3, 4}),
        ("{1, 2}.intersection([2, 3])", {2}),
        ("{1, 2}.symmetric_difference({2, 3})", {1, 3}),
        ("{1}.issubset([1, 2])", True),
        ("[1, 2].index(2)", 1),
        ("date('2026-01-31').isoformat()", "2026-01-31"),
        ("aware.weekday()", 3),
        ("aware.timestamp()", 1767225600.0),
        ("aware.date()", date(2026, 1, 1)),
        ("(90m).total_seconds()", 5400.0),
    ],
)
def test_values(text: str, expected: object) -> None:
    result = value(text, **PARAMS)
    assert result == expected
    assert type(result) is type(expected)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 + n", "cannot add int and none"),
        ("n - 1", "cannot subtract int from none"),
        ("'a' * 'b'", "cannot multiply str by str"),
        ("'%s' % 1", "cannot take str modulo int"),
        ("1.5 * decimal('1')", "cannot multiply float by decimal"),
        ("1 / 0", "division by zero"),
        ("1 % 0.0", "division by zero"),
        ("1.0 / 0.0", "division by zero"),
        ("decimal('1') / 0", "division by zero"),
        ("decimal('0') / 0", "division by zero"),
        ("1h / 0", "division by zero"),
        ("0 ** -1", "zero cannot be raised to a negative power"),
        ("(-8) ** 0.5", "negative number cannot be raised to a fractional power"),
        ("10.0 ** 400", "too large for a float"),
        ("10 ** 400 * 1.0", "too large for a float"),
        ("10 ** 400 / 3", "too large for a float"),
        ("date('9999-12-31') + 1d", "out of the range"),
        ("aware - naive", "time zone"),
        ("-'a'", "cannot negate str"),
        ("n.f", "'f' of none: write '\\?.f' where it may be none"),
        ("n[0]", "cannot take an element of none"),
        ("o.missing", "Order has no field 'missing'"),
        ("d.missing", "no key 'missing' in the dict"),
        ("d['missing']", "no key 'missing' in the dict"),
        ("d[[1]]", "no key \\[1\\] in the dict"),
        ("[1, 2, 3][5]", r"list index 5 out of range \(3 elements\)"),
        ("'abc'['a']", "a str's index must be int, not str"),
        ("'abc'[1.5:]", "must be int or none, not float"),
        ("aware.tzinfo", "has no field 'tzinfo'"),
        ("'a'.lower", "has no field 'lower'"),
        ("1 in 2", "cannot look for an element in int"),
        ("{[1]}", "a list cannot be a set element"),
        ("{[1]: 1}", "a list cannot be a dict key"),
        ("{nan: 1}", "NaN cannot be a dict key"),
        ("[x for x in n]", "cannot iterate over none"),
        ("[x for x, y in [1]]", "cannot take int apart into 2 variables"),
        ("[x for x, y in [(1, 2, 3)]]", "cannot take 3 elements apart into 2 variables"),
        ("min([])", "give it a 'default'"),
        ("max([1, 'a'])", "str and int have no order"),
        ("sorted([1, none])", "none and int have no order"),
        ("sum(['a'])", "sum\\(\\) adds numbers and durations, not str"),
        ("sum([1, n])", "cannot add int and none"),
        ("len(5)", "int has no length"),
        ("round(nan)", "nan has no whole number"),
        ("round('a')", "cannot round str"),
        ("int('4x')", "'4x' is no int"),
        ("int(nan)", "nan has no whole number"),
        ("float('x')", "'x' is no float"),
        ("decimal('x' + '')", "'x' is no decimal number"),
        ("date('x' + '')", "'x' is no date"),
        ("date(2026, 2, 29 + 1)", "no such date"),
        ("datetime('x' + '')", "'x' is no datetime"),
        ("duration('x' + '')", "'x' is no duration"),
        ("duration(hours=1e300 * 1)", "out of range"),
        ("dict([1])", "pairs of a key and a value"),
        ("range(1, 2, 0)", "the step of range\\(\\) is zero"),
        ("zip([1], [], strict=true)", "different lengths"),
        ("naive.timestamp()", "without a time zone has no timestamp"),
        ("n.lower()", "'lower\\(\\)' of none"),
        ("[1].lower()", "a value of type list has no method 'lower'"),
        ("'a'.index('b')", "'b' is not in the string"),
        ("'a'.split('')", "'.split\\(\\)' cannot use ''"),
        ("'a'.startswith(1)", "'.startswith\\(\\)' does not take int"),
        ("'a'.join([1])", "'.join\\(\\)' takes strings, not int"),
        ("f'{n:d}'", "cannot be formatted by 'd'"),
        ("'a' matches '(' + ''", "unclosed group"),
        ("'a' matches 1 + 1", "'matches' needs a regex in a string, not int"),
    ],
)
def test_errors(text: str, message: str) -> None:
    with pytest.raises(EvaluationError, match=message):
        value(text, **PARAMS)


finite = st.floats(allow_nan=False, allow_infinity=False)
plain = st.one_of(st.integers(-(2**70), 2**70), finite, st.booleans())
NODES = {
    operator: Program(a=0, b=0).node(f"a {operator} b")
    for operator in ["+", "-", "*", "/", "//", "%", "<", "<=", ">", ">=", "==", "!="]
}


@given(st.sampled_from(sorted(NODES)), plain, plain)
def test_operators_agree_with_python(operator: str, a: Any, b: Any) -> None:
    python: dict[str, Any] = {
        "+": lambda: a + b, "-": lambda: a - b, "*": lambda: a * b, "/": lambda: a / b,
        "//": lambda: a // b, "%": lambda: a % b, "<": lambda: a < b, "<=": lambda: a <= b,
        ">": lambda: a > b, ">=": lambda: a >= b, "==": lambda: a == b, "!=": lambda: a != b,
    }  # fmt: skip
    frame = Program(a=a, b=b).frame()
    try:
        expected = python[operator]()
    except (ZeroDivisionError, OverflowError):
        with pytest.raises(EvaluationError):
            NODES[operator].evaluate(frame)
        return
    result = NODES[operator].evaluate(frame)
    assert result == expected or expected != expected
    assert type(result) is type(expected)


def test_functions_of_the_language_and_of_the_program() -> None:
    program = Program(vat=0.25)
    program.function("net", ["amount"], "amount / (1 + vat)")
    program.function("fact", ["k"], "1 if k < 2 else k * fact(k - 1)")
    program.function("squares", ["k"], "[i * i for i in range(k)]")
    program.external("shout", lambda words: [words.upper()])
    assert program.value("net(10)") == 8.0
    assert program.value("fact(10)") == 3628800
    assert program.value("[squares(i) for i in range(3)]") == [[], [0], [0, 1]]
    assert program.value("shout('a')") == ["A"]


def test_external_functions_get_copies_and_give_checked_values() -> None:
    program = Program(tags=["a"])
    program.external("spoil", lambda tags: tags.clear())
    program.external("strange", lambda: object())
    program.external("broken", lambda: dict[str, int]()["key"])
    assert program.value("spoil(tags)") is None
    assert program.params["tags"] == ["a"]
    with pytest.raises(EvaluationError, match=r"result of strange\(\)"):
        program.value("strange()")
    with pytest.raises(KeyError):
        program.value("broken()")


def test_a_full_budget_for_every_evaluation() -> None:
    program = Program(Limits(steps=1000))
    node = program.node("len([x for x in range(400)])")
    frame = program.frame()
    for _ in range(5):
        assert node.evaluate(frame) == 400
    with pytest.raises(SecurityError, match="more than 1000 steps"):
        program.value("len([x for x in range(600)])")


def test_keys_tell_evaluators_apart() -> None:
    texts = [
        "x == 1", "x == 1.0", "x == true", "x == '1'", "x == none", "x == decimal('1')",
        "x == 1s", "x != 1", "x is none", "x is not none", "x < 1", "x in (1, 2)",
        "x in (1, 2.0)", "x not in (1, 2)", "x in [1, y]", "x in (1, y)", "x == 0.0",
        "x == -0.0", "x + y", "x - y", "x.f", "x?.f", "x[0]", "x[0:]", "x[:0]", "[x]", "(x,)",
        "{x}", "{x: y}", "f'{x}'", "f'{x!r}'", "f'{x:5}'", "len(x)", "x.lower()", "x?.lower()",
        "[z for z in x]", "{z for z in x}", "{z: z for z in x}", "any(z for z in x)",
        "all(z for z in x)", "[z for z in x if z]", "x matches 'a'", "x matches 'b'", "-x", "+x",
        "not x", "x and y", "x or y", "x if y else 1", "1 < x < y", "1 < x <= y",
        "round(x, 1)", "round(x)", "min(x, y)", "min(x, default=y)",
        "10 ** 5000", "x == 10 ** 5000",
    ]  # fmt: skip
    program = Program(x=1, y=2)
    keys = [program.node(text).key() for text in texts]
    assert len(set(keys)) == len(texts)
    assert [program.node(text).key() for text in texts] == keys
