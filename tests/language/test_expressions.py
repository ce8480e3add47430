from __future__ import annotations

import datetime

import pytest

from rete_engine.expressions import tree
from rete_engine.language.parser import parse_conditions, parse_expression
from rete_engine.language.reader import make_source
from tests.language.show import show


def read(text: str) -> tree.Expression:
    value, diagnostics = parse_expression(make_source(text))
    assert not diagnostics, "\n".join(map(str, diagnostics))
    assert value is not None
    return value


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        # Python's precedence, from the loosest to the tightest.
        ("a if b else c if d else e", "(a if b else (c if d else e))"),
        ("a or b if c or d else e", "((a or b) if (c or d) else e)"),
        ("a or b and c or d", "(a or (b and c) or d)"),
        ("not a and not not b", "((not a) and (not (not b)))"),
        ("not a == b", "(not (a == b))"),
        ("a < b <= c != d", "(a < b <= c != d)"),
        ("a in b", "(a in b)"),
        ("a not in b", "(a not in b)"),
        ("a is none", "(a is None)"),
        ("a is not none", "(a is not None)"),
        ('a matches "x+"', "(a matches 'x+')"),
        ("a + b - c", "((a + b) - c)"),
        ("a + b * c % d", "(a + ((b * c) % d))"),
        ("a // b / c", "((a // b) / c)"),
        ("-a ** -b ** c", "(-(a ** (-(b ** c))))"),
        ("- + -a", "(-(+(-a)))"),
        ("-a.b * c", "((-a.b) * c)"),
        ("(a + b) * c", "((a + b) * c)"),
        ("(a < b) < c", "((a < b) < c)"),
        ("(a and b) and c", "((a and b) and c)"),
        # Parts of values.
        ("a.b?.c.d", "a.b?.c.d"),
        ("a[b][0].c", "a[b][0].c"),
        ("a[1:2]", "a[1:2]"),
        ("a[:2]", "a[:2]"),
        ("a[1:]", "a[1:]"),
        ("a[:]", "a[:]"),
        ("a[-1:b + 1]", "a[(-1):(b + 1)]"),
        ("f()", "f()"),
        ("f(a, b,)", "f(a, b)"),
        ("a.f(b).g()", "a.f(b).g()"),
        ("K(x == 1, y := z, w = 2)", "K((x == 1), y := z, w = 2)"),
        # Displays, each with and without a trailing comma.
        ("[]", "[]"),
        ("[a, [b],]", "[a, [b]]"),
        ("()", "tuple<>"),
        ("(a)", "a"),
        ("(a,)", "tuple<a>"),
        ("(a, b, c,)", "tuple<a, b, c>"),
        ("{}", "dict<>"),
        ('{"a": 1, b: c,}', "dict<'a': 1, b: c>"),
        ("{a, b,}", "set<a, b>"),
        # Comprehensions.
        ("[x for x in xs]", "list<x for x in xs>"),
        ("[x for x in a or b if c if d]", "list<x for x in (a or b) if c if d>"),
        ("{x + 1 for x in xs if x > 1}", "set<(x + 1) for x in xs if (x > 1)>"),
        ("{k: v for k, v in d.items()}", "dict<k: v for k v in d.items()>"),
        ("[y for x in xs if x for y in x]", "list<y for x in xs if x for y in x>"),
        ("sum(x for x in xs)", "sum(generator<x for x in xs>)"),
        ("any(a == b for a, b in c if a)", "any(generator<(a == b) for a b in c if a>)"),
        # Accumulates: a condition after `for`, or a group.
        ("sum(qty * price for Line(a == b))", "sum(<(qty * price) for Line((a == b))>)"),
        ("sum(x for Line() by order)", "sum(<x for Line() by order>)"),
        ("sum(x for l := Line() by o := l.order)", "sum(<x for (l := Line()) by o := l.order>)"),
        ("count(Line() by o := order)", "count(<Line() by o := order>)"),
        ("count(l := Line())", "count(l := Line())"),
        ("count((A() and B()))", "count((A() and B()))"),
        ("max(x for (A(x := y) and not B()))", "max(<x for (A(x := y) and (not B()))>)"),
        # Keywords are names where no keyword can stand.
        ("K(group == 1, in == 2, end > 3)", "K((group == 1), (in == 2), (end > 3))"),
        ("K(not == 1, if, exists, not)", "K((not == 1), if, exists, not)"),
        ("K(not = 1, if = 2, for = 3, by = 4)", "K(not = 1, if = 2, for = 3, by = 4)"),
        ("K(not in (1, 2))", "K((not in tuple<1, 2>))"),
        ("K(not in == 2)", "K((not (in == 2)))"),
        ("K(not not)", "K((not not))"),
        ("k.end + k.if?.not", "(k.end + k.if?.not)"),
        ("rule.template", "rule.template"),
        ("(forall == 1, test, for.x)", "tuple<(forall == 1), test, for.x>"),
        # Lines break freely.
        ("a\n+\nb", "(a + b)"),
        ("f(  # a comment\n  a,\n)", "f(a)"),
    ],
)
def test_what_binds_to_what(text: str, meaning: str) -> None:
    assert show(read(text)) == meaning


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("False", False),
        ("none", None),
        ("None", None),
        ("0", 0),
        ("1_000", 1000),
        ("0xFf", 255),
        ("0o17", 15),
        ("0b1_01", 5),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1.", 1.0),
        ("1e3", 1000.0),
        ("1_0.5E-1", 1.05),
        ("500ms", datetime.timedelta(milliseconds=500)),
        ("30s", datetime.timedelta(seconds=30)),
        ("5m", datetime.timedelta(minutes=5)),
        ("2h", datetime.timedelta(hours=2)),
        ("1d", datetime.timedelta(days=1)),
        ("1.5h", datetime.timedelta(minutes=90)),
        ('"a"', "a"),
        ("'a\"b'", 'a"b'),
        ('""', ""),
        (r'"\t\n\\\"\'\a\b\f\r\v\0"', "\t\n\\\"'\a\b\f\r\v\0"),
        (r'"\x41\u00e9\U0001F600\101\N{EURO SIGN}"', "Aé😀A€"),
        (r'"\d+\."', r"\d+\."),
        (r'r"\n\d"', r"\n\d"),
        (r'r"\""', r"\""),
        ('"a\\\nb"', "ab"),
        ('"""a\n"b" \\n"""', 'a\n"b" \n'),
        ("'''it's'''", "it's"),
        ('""" # no comment """', " # no comment "),
    ],
)
def test_literals(text: str, value: object) -> None:
    node = read(text)
    assert isinstance(node, tree.Constant)
    assert node.value == value
    assert type(node.value) is type(value)
    assert node.span.text == text


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ('f"{o.id} paid"', "f<{o.id!None:None} ' paid'>"),
        ('f"a{b}{c}"', "f<'a' {b!None:None} {c!None:None}>"),
        ('f""', "f<>"),
        ('f"{{x}} {y}"', "f<'{x} ' {y!None:None}>"),
        ('f"{x!r:>10} {y:,.2f}"', "f<{x!r:>10} ' ' {y!None:,.2f}>"),
        ("f\"{d['a:b}']}\"", "f<{d['a:b}']!None:None}>"),
        ('f"{ {1: 2}[1] }"', "f<{dict<1: 2>[1]!None:None}>"),
        ('f"{a != b}"', "f<{(a != b)!None:None}>"),
        (r'f"\n{a}\{b}\N{EURO SIGN}"', r"f<'\n' {a!None:None} '\\' {b!None:None} '€'>"),
        (r'rf"\n{a}"', r"f<'\\n' {a!None:None}>"),
        ("f'''{f\"{x}\"}'''", "f<{f<{x!None:None}>!None:None}>"),
    ],
)
def test_f_strings(text: str, meaning: str) -> None:
    assert show(read(text)) == meaning


def test_the_parts_of_an_f_string_have_their_places() -> None:
    node = read("1 + \\\n".replace("\\", "") + '  f"""a\n {one + two} {three}"""')
    assert isinstance(node, tree.Binary)
    assert isinstance(node.right, tree.FormattedString)
    values = [part for part in node.right.parts if isinstance(part, tree.FormattedValue)]
    assert [value.span.text for value in values] == ["one + two", "three"]
    assert (values[0].span.line, values[0].span.column) == (3, 3)


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("T()", "T()"),
        ("x := T(a == 1)", "(x := T((a == 1)))"),
        ("not T()", "(not T())"),
        ("not exists (A() and B())", "(not (exists (A() and B())))"),
        ("exists (x := A() and not B(y == x.y))", "(exists ((x := A()) and (not B((y == x.y)))))"),
        ("(A() or B() and C())", "(A() or (B() and C()))"),
        ("(not A() and exists B() or C())", "(((not A()) and (exists B())) or C())"),
        ("(A(x := y) and test x > 1 and z := x + 1)",
         "(A(x := y) and (test (x > 1)) and (z := (x + 1)))"),
        ("(for x in xs and A(y == x))", "((for x in xs) and A((y == x)))"),
        ("forall (A())", "(forall A())"),
        ("forall (A(x := a), B(b == x), not C(),)", "(forall A(x := a), B((b == x)), (not C()))"),
        ("not forall (A(), B())", "(not (forall A(), B()))"),
        ("(forall (A(), B()) or C())", "((forall A(), B()) or C())"),
        ("test a and not b or c if d else e", "(test (((a and (not b)) or c) if d else e))"),
        ("v := a and b", "(v := (a and b))"),
        ("v := a if b else c", "(v := (a if b else c))"),
        ("for v in a or b", "(for v in (a or b))"),
        ("m := q(1, a.b)", "(m := q(1, a.b))"),
        ("n := count(Line(order == o.id))", "(n := count(Line((order == o.id))))"),
        ("not T(not = 1, test == 2)", "(not T(not = 1, (test == 2)))"),
    ],
)  # fmt: skip
def test_conditions(text: str, meaning: str) -> None:
    conditions, diagnostics = parse_conditions(make_source(text))
    assert not diagnostics
    assert [show(condition) for condition in conditions] == [meaning]


def test_one_condition_on_a_line_and_lines_break_in_brackets() -> None:
    conditions, diagnostics = parse_conditions(
        make_source("\n\n  # first\nA(x == 1,\n\n  # more\n  y == 2)\n\n\tB()\n")
    )
    assert not diagnostics
    assert list(map(show, conditions)) == ["A((x == 1), (y == 2))", "B()"]


@pytest.mark.parametrize(
    "text",
    [
        "a + b * c",
        "(a + b) * -c",
        "f(a, k = b)",
        "a.b?.c[1:2]",
        "[x for x in xs if x]",
        "{a: b}",
        "a if b else (c, d)",
        "a < b < c",
        "(a)",
        "not (a and b)",
        "count((A() and B()))",
        "sum(x for Line(a == b) by o := c)",
    ],
)
def test_the_place_of_an_expression_covers_its_words(text: str) -> None:
    conditions, diagnostics = parse_conditions(make_source(f"# first\n  test {text}  # last"))
    assert not diagnostics
    (condition,) = conditions
    assert condition.span.text == f"test {text}"
    assert isinstance(condition, tree.TestForm)
    assert condition.value.span.text == text


def test_the_parts_of_an_expression_have_their_places() -> None:
    node = read("alpha.beta(\n  gamma = (delta + 1),\n  epsilon := zeta)")
    assert isinstance(node, tree.Call)
    assert node.function.span.text == "alpha.beta"
    assert isinstance(node.function, tree.Attribute)
    assert node.function.name_span.text == "beta"
    first, second = node.arguments
    assert first.span.text == "gamma = (delta + 1)"
    assert first.value.span.text == "(delta + 1)"
    assert second.name_span is not None
    assert second.name_span.text == "epsilon"
    assert (second.span.line, second.span.column, second.span.end_column) == (3, 3, 18)


def test_names_may_have_letters_of_any_script() -> None:
    assert show(read("größe + имя")) == "(größe + имя)"
    # As in Python, a ligature is the letters that it stands for.
    assert show(read("\ufb01eld.x")) == "field.x"
