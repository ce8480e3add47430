"""Types of expressions, and what they tell before anything runs."""

from __future__ import annotations

import pytest

from rete_engine.diagnostics.source import Source
from rete_engine.expressions import tree
from rete_engine.expressions.inference import infer
from rete_engine.expressions.resolve import resolve
from rete_engine.expressions.totality import is_total
from rete_engine.expressions.type_rules import TypeEnvironment, fits
from rete_engine.expressions.types import ANY, Type
from rete_engine.language.parser import parse_expression
from tests.expressions.evaluation import Place

TYPES = {
    "i": Type("int"),
    "f": Type("float"),
    "d": Type("decimal"),
    "s": Type("str"),
    "b": Type("bool"),
    "m": Type("int", optional=True),
    "xs": Type("list", (Type("int"),)),
    "at": Type("datetime"),
    "day": Type("date"),
    "long": Type("duration"),
    "x": ANY,
}


class Environment(TypeEnvironment):
    def __init__(self) -> None:
        self.found: list[str] = []

    def param(self, node: tree.ParamRef) -> Type:
        return TYPES[node.name]

    def report(self, code: str, message: str, node: tree.Expression, hint: str | None) -> None:
        self.found.append(code)


def resolved(text: str) -> tree.Expression:
    place = Place(list(TYPES), {})
    parsed, diagnostics = parse_expression(Source("<test>", text))
    assert parsed is not None, diagnostics
    result = resolve(parsed, place)
    assert not place.found
    return result


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("i + 1", "int"),
        ("i + f", "float"),
        ("i / 2", "float"),
        ("i + d", "decimal"),
        ("s + 'a'", "str"),
        ("i < f", "bool"),
        ("[1, 2]", "list[int]"),
        ("[y * 2 for y in xs]", "list[int]"),
        ("xs[0]", "int"),
        ("len(s)", "int"),
        ("s.upper()", "str"),
        ("at - at", "duration"),
        ("day + long", "date"),
        ("at.year", "int"),
        ("i if b else none", "int?"),
        ("i if b else s", "any"),
        ("f'{i}'", "str"),
        ("x + 1", "any"),
    ],
)
def test_types(text: str, expected: str) -> None:
    env = Environment()
    assert str(infer(resolved(text), env)) == expected
    assert env.found == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("s + 1", "RE0202"),
        ("i + none", "RE0202"),
        ("s < 1", "RE0202"),
        ("none < i", "RE0202"),
        ("day < at", "RE0202"),
        ("f * d", "RE0202"),
        ("s % i", "RE0202"),
        ("-s", "RE0202"),
        ("1 in i", "RE0202"),
        ("1 in s", "RE0202"),
        ("i matches 'a'", "RE0202"),
        ("s.missing", "RE0101"),
        ("s.upper", "RE0101"),
        ("xs.upper()", "RE0103"),
        ("[y < s for y in xs]", "RE0202"),
    ],
)
def test_what_can_never_work_is_reported(text: str, code: str) -> None:
    env = Environment()
    infer(resolved(text), env)
    assert env.found == [code]


@pytest.mark.parametrize(
    ("text", "total"),
    [
        ("i < f", True),
        ("i == s and not b", True),
        ("i + f > 1", True),
        ("s in ('a', 'b')", True),
        ("s matches 'a+'", True),
        ("m > 1", True),
        ("m + 1", False),
        ("i / 2", False),
        ("i % 2", False),
        ("len(s)", False),
        ("xs[0]", False),
        ("x + 1", False),
        ("1 in x", False),
        ("x.f", False),
    ],
)
def test_what_can_never_fail(text: str, total: bool) -> None:
    assert is_total(resolved(text), Environment()) is total


@pytest.mark.parametrize(
    ("given", "wanted", "expected"),
    [
        (Type("int"), Type("float"), True),
        (Type("float"), Type("int"), False),
        (Type("bool"), Type("int"), False),
        (Type("none"), Type("int"), False),
        (Type("none"), Type("int", optional=True), True),
        (ANY, Type("int"), True),
        (Type("int"), ANY, True),
        (Type("list", (Type("int"),)), Type("list", (Type("str"),)), False),
        (Type("list"), Type("list", (Type("str"),)), True),
        (Type("Order"), Type("str"), False),
        (Type("Order"), Type("Thing"), True),
    ],
    ids=str,
)
def test_fits(given: Type, wanted: Type, expected: bool) -> None:
    assert fits(given, wanted) is expected
