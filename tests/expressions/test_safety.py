"""Escapes are refused when they are read; bombs end at once when they run."""

from __future__ import annotations

import contextlib
import time
from decimal import Decimal

import pytest

from rete_engine.diagnostics.errors import SecurityError
from rete_engine.expressions.errors import EvaluationError
from rete_engine.expressions.frame import Limits
from rete_engine.expressions.patterns import problem_with_pattern
from tests.expressions.evaluation import Program, problems, value

MOST_SECONDS = 60.0  # no measurement: without the bounds these take hours, or all the memory


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("x.__class__", "RE0108"),
        ("x.__class__.__mro__", "RE0108"),
        ("x._private", "RE0108"),
        ("x?.__dict__", "RE0108"),
        ("''.__class__", "RE0108"),
        ("__import__('os')", "RE0108"),
        ("x.__class__()", "RE0108"),
        ("[__x for __x in [1]]", "RE0108"),
        ("eval('1')", "RE0103"),
        ("exec('1')", "RE0103"),
        ("getattr(x, 'real')", "RE0103"),
        ("type(x)", "RE0103"),
        ("open('/etc/passwd')", "RE0103"),
        ("vars()", "RE0103"),
        ("'{0.__class__}'.format(x)", "RE0103"),
        ("'{x}'.format_map({})", "RE0103"),
        ("'a'.encode()", "RE0103"),
        ("x.append(1)", "RE0103"),
        ("x.strftime('%s')", "RE0103"),
        ("x[0](1)", "RE0010"),
        ("f'{x.__class__}'", "RE0108"),
        ("f'{x:%Y}'", "RE0015"),
        ("f'{1:9999}'", "RE0015"),
        ("f'{1:.99999f}'", "RE0015"),
        ("x matches '(?=a)b'", "RE0015"),
        ("x matches '(a)\\\\1'", "RE0015"),
        ("x matches 'a)(?:b'", "RE0015"),
        ("x matches 5", "RE0202"),
        ("x is 5", "RE0202"),
        ("len()", "RE0203"),
        ("len(1, 2)", "RE0203"),
        ("len(foo=1)", "RE0203"),
        ("sorted([1], key=1)", "RE0203"),
        ("min()", "RE0203"),
        ("'a'.replace('b')", "RE0203"),
        ("round(1.5, 1, ndigits=1)", "RE0203"),
        ("range(1, 2, 3, 4)", "RE0203"),
        ("unknown + 1", "RE0102"),
        ("[x for x in [1]]", "RE0107"),
        ("[[y for y in [1]] for y in [1]]", "RE0107"),
    ],
)
def test_refused(text: str, code: str) -> None:
    assert code in problems(text, x=1)


@pytest.mark.parametrize(
    "text", ["'evaluate'", "'__class__'", "d.reopened", "'import os'", "d['__class__']"]
)
def test_words_are_no_attack(text: str) -> None:
    assert problems(text, d={}) == []


def test_now_belongs_to_actions() -> None:
    from tests.expressions.evaluation import Place

    place = Place([], {})
    place.allows_now = False
    from rete_engine.diagnostics.source import Source
    from rete_engine.expressions.resolve import resolve
    from rete_engine.language.parser import parse_expression

    parsed, _ = parse_expression(Source("<test>", "now()"))
    assert parsed is not None
    resolve(parsed, place)
    assert [code for code, _ in place.found] == ["RE0302"]


@pytest.mark.parametrize(
    "text",
    [
        "9 ** 9 ** 9",
        "2 ** (10 ** 18)",
        "(-3) ** (10 ** 9)",
        "2 ** 31999999 * 2 ** 31999999",
        "3 ** 10000000",
        "'x' * 10 ** 9",
        "10 ** 9 * 'x'",
        "[0] * 10 ** 9",
        "(0,) * 10 ** 20",
        "range(10 ** 12)",
        "range(-(10 ** 30), 10 ** 30)",
        "sum(range(10 ** 6))" + " + sum(range(10 ** 6))",
        "[x for x in range(10 ** 6) for y in range(10 ** 6)]",
        "any(false for x in range(10 ** 6) for y in range(10 ** 6))",
        "[[0] * 1000] * 10000",
        "[['x'] * 1000 for i in range(10 ** 5)]",
        "'ab' * 400000 + 'ab' * 400000",
        "('x' * 500000).replace('x', 'yyyy')",
        "('x' * 1000).replace('', 'y' * 1000)",
        "('x' * 1000).join(['y'] * 10000)",
        "'x'.zfill(10 ** 9)",
        "'x'.ljust(10 ** 9)",
        "'x'.center(10 ** 30)",
        "('\\u0390' * 900000).upper()",
        "str([['x' * 1000] * 1000] * 900)",
        "f\"{'x' * 600000}{'x' * 600000}\"",
        "f\"{decimal('1E+999999999'):f}\"",
        "f\"{decimal('1E-999999999'):f}\"",
        "f'{2 ** 30000000:b}'",
        "[zip(range(1000), range(1000)) for i in range(10 ** 5)]",
        "[[1] * 100000 == [1] * 100000 for i in range(10 ** 5)]",
        "[5 in big for i in range(10 ** 5)]",
        "[big == big for i in range(10 ** 5)]",
        "[sorted(big) for i in range(100)]",
        "('a' * 200000) matches '.*a.{4000}b'",
        "[('a' * 100000) matches '.*a.{400}b' for i in range(100)]",
        "double(60)",
        "loop(1)",
        "[fat(i) for i in range(10 ** 5)]",
        "nested(45)",
    ],
)
def test_bombs_end_at_once(text: str) -> None:
    program = Program(big=[0] * 100_000)
    program.function("double", ["k"], "[] if k == 0 else [double(k - 1)] * 2")
    program.function("loop", ["k"], "loop(k + 1)")
    program.function("fat", ["k"], "[big, big]")
    deep = "k"
    for _ in range(30):
        deep = f"[{deep}]"
    program.function("nested", ["k"], deep.replace("k", "1 if k == 0 else nested(k - 1)"))
    node = program.node(text)
    started = time.perf_counter()
    with pytest.raises(SecurityError):
        node.evaluate(program.frame())
    assert time.perf_counter() - started < MOST_SECONDS


@pytest.mark.parametrize(
    "text",
    [
        "str(10 ** 5000)",
        "int('9' * 5000)",
        "f'{10 ** 5000}'",
        "round(10.0 ** 300, 10 ** 30)",
        "int(decimal('1E+999999999'))",
        "round(decimal('1E+999999999'))",
        "decimal('1E+999999') * decimal('1E+999999')",
        "decimal('1E+999999999') ** decimal('1E+999999999')",
        "decimal('1.0001') ** decimal('1E+999999999')",
        "decimal('1' * 900000) ** decimal('0.123456789')",
        "decimal(10 ** 100000)",
        "decimal('1E+999999999') == 10 ** 100000",
        "decimal('1E+2000000') == 10 ** 2000000",
        "decimal('1E+2000000') in [10 ** 2000000]",
        "decimal('1E-999999999') < 10 ** 2000000",
        "decimal('1E+999999999') % 7",
        "round(decimal('1.5'), 10 ** 30)",
        "('a' * 900000).strip('b' * 900000)",
        "round(10 ** 9000, -8000) > 0",
        "float('1' * 900000)",
        "sum([10 ** 400, 0.5])",
        "'x' matches 'a{1000}{1000}' + ''",
        "duration('9' * 900 + 'd')",
        "datetime('9' * 100000)",
    ],
)
def test_huge_things_have_an_answer_or_an_error_at_once(text: str) -> None:
    program = Program()
    node = program.node(text)
    started = time.perf_counter()
    with contextlib.suppress(EvaluationError, SecurityError):
        node.evaluate(program.frame())
    assert time.perf_counter() - started < MOST_SECONDS


def test_limits_are_those_of_the_context() -> None:
    small = Limits(steps=100, value=50, depth=3)
    with pytest.raises(SecurityError, match="larger than 50 elements"):
        Program(small).value("'x' * 51")
    assert Program(small).value("'x' * 50") == "x" * 50
    program = Program(small)
    program.function("down", ["k"], "0 if k == 0 else down(k - 1)")
    assert program.value("down(2)") == 0
    with pytest.raises(SecurityError, match="deeper than 3 levels"):
        program.value("down(3)")


def test_a_regex_with_nested_counts_is_refused() -> None:
    assert problem_with_pattern(r"\d{4}-\d{2}-\d{2}") is None
    assert problem_with_pattern("(?x) a # comment") is None
    for pattern in [
        "a{9999}{9999}",
        "((a{99}){99}){99}",
        r"\w{100}{90}",
        "x" * 5000,
        "a{99999999}",
    ]:
        assert problem_with_pattern(pattern) is not None, pattern


def test_a_verbose_regex_may_end_in_a_comment() -> None:
    assert value("'a' matches '(?x) a # comment'") is True


def test_decimals_do_not_depend_on_the_thread() -> None:
    from decimal import localcontext

    with localcontext() as context:
        context.prec = 3
        assert value("decimal('1') / 3") == Decimal("0.3333333333333333333333333333")
        assert value("abs(decimal('-1.23456789'))") == Decimal("1.23456789")
        assert value("-decimal('1.23456789')") == Decimal("-1.23456789")
        assert value("sum([decimal('1.23456789'), 1])") == Decimal("2.23456789")
