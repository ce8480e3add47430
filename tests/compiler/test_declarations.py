"""Templates, params and functions: what is said when they do not hold together."""

from __future__ import annotations

import pytest

from rete_engine import RuleSet, RuleValidationError
from tests.compiler.findings import findings, said


@pytest.mark.parametrize(
    ("text", "code", "words", "hint", "message"),
    [
        # names
        ("template int\nend", "RE0105", "int", "another name", "the name of a built-in type"),
        (
            "template T\nend\nfunction T(a: int) -> int = a",
            "RE0105",
            "T",
            "share one namespace",
            "'T' is declared twice",
        ),
        ("param p: int = 1\nparam p: int = 2", "RE0105", "p", None, "param 'p' is declared twice"),
        ("template T\na: int\na: int\nend", "RE0105", "a", None, "field 'a' is declared twice"),
        (
            "template B\na: int\nend\ntemplate T extends B\na: int\nend",
            "RE0105",
            "a",
            None,
            "field 'a' is declared twice: B has it",
        ),
        (
            "function f(a: int, a: int) -> int = a",
            "RE0105",
            "a: int",
            None,
            "parameter 'a' stands twice",
        ),
        # headings
        ("template T extends U\nend", "RE0100", "U", None, "unknown template 'U'"),
        (
            "template Base\nend\ntemplate T extends Bas\nend",
            "RE0100",
            "Bas",
            "did you mean 'Base'?",
            "unknown template 'Bas'",
        ),
        ("template T extends T\nend", "RE0304", "T", None, "'T' extends itself through 'T'"),
        (
            "template A extends B\nend\ntemplate B extends A\nend",
            "RE0304",
            "A",
            None,
            "template 'B' extends itself through 'A'",
        ),
        (
            "template B\nend\nopen template T extends B\nend",
            "RE0304",
            "T",
            "declare 'B' as open template too",
            "'T' cannot be open: 'B', which it extends, is not",
        ),
        ("template T key(b)\nab: int\nend", "RE0101", "b", "'ab'", "T has no field 'b'"),
        ("template T key(a, a)\na: int\nend", "RE0304", "a, a", None, "'a' stands twice"),
        # types
        ("template T\na: nope\nend", "RE0104", "nope", None, "unknown type 'nope'"),
        ("template T\na: string\nend", "RE0104", "string", "write 'str'", "unknown type"),
        ("template T\na: dat\nend", "RE0104", "dat", "did you mean 'date'?", "unknown type"),
        (
            "template T\na: int[str]\nend",
            "RE0104",
            "int[str]",
            None,
            "type 'int' takes 0 type arguments, not 1",
        ),
        (
            "template T\na: dict[str]\nend",
            "RE0104",
            "dict[str]",
            None,
            "type 'dict' takes 0 or 2 type arguments, not 1",
        ),
        # values
        ("template T\na: int = 'x'\nend", "RE0200", "'x'", None, "T.a: expected int, got str"),
        ("template T\na: int in ('x', 1)\nend", "RE0200", "'x'", None, "T.a: expected int"),
        ("template T\na: int in (1, 2) = 3\nend", "RE0201", "3", None, "is not one of 1, 2"),
        ("template T\na: int = b\nend", "RE0205", "b", None, "'b': a constant is needed here"),
        ("template T\na: int = 1 / 0\nend", "RE0205", "1 / 0", None, "division by zero"),
        ("template T\na: int in (b, 1)\nend", "RE0205", "b", None, "a constant is needed here"),
        (
            "function f() -> int = 3\ntemplate T\na: int = f()\nend",
            "RE0205",
            "f",
            None,
            "'f' cannot be called in a constant",
        ),
        ("template T\na: int = g()\nend", "RE0103", "g", None, "unknown function 'g'"),
        ("template T\na: datetime = now()\nend", "RE0302", "now()", None, "now() belongs to"),
        ("template T\na: int = 9 ** 9 ** 9\nend", "RE0205", "9 ** 9 ** 9", None, "larger than"),
        (
            "template T\nd: date\nend\nrule 'r'\nwhen\nt := T(d > date('2026-13-01'))\nthen\nend",
            "RE0205",
            "date('2026-13-01')",
            None,
            "'2026-13-01' is no date such as",
        ),
        # params
        ("param p: int = 'x'", "RE0200", "'x'", None, "param 'p' is of type int, not str"),
        ("param p: int = q", "RE0102", "q", None, "unknown name 'q'"),
        (
            "param p: int = q\nparam q: int = 1",
            "RE0102",
            "q",
            None,
            "'q' is not known here: a default reads params above it only",
        ),
        ("param p: int = p", "RE0102", "p", None, "'p' is not known here"),
        # functions
        (
            "function f(a: int) -> str = a",
            "RE0200",
            "a",
            None,
            "the result of 'f' is of type str, not int",
        ),
        ("function f(a: int) -> int = b", "RE0102", "b", None, "unknown name 'b'"),
        ("function f(ab: int) -> int = b", "RE0102", "b", "'ab'?", "unknown name 'b'"),
        (
            "function f(a: int) -> int = a\nparam p: int = f('x')",
            "RE0203",
            "'x'",
            None,
            "'f' takes int here, not str",
        ),
    ],
)
def test_a_wrong_declaration_is_told_with_its_place(
    text: str, code: str, words: str, hint: str | None, message: str
) -> None:
    found = findings(text)
    assert [d.code for d in found] == [code]
    assert message in found[0].message
    assert words in found[0].span.text
    if hint is not None:
        assert found[0].hint is not None
        assert hint in found[0].hint


def test_a_name_in_two_places_shows_the_first() -> None:
    (found,) = findings("template T\nend\ntemplate T\nend")
    assert (found.span.line, found.notes[0].span.line) == (3, 1)
    (found,) = findings("param p: int = 1\nparam p: int = 2")
    assert (found.span.line, found.notes[0].span.line) == (2, 1)
    (found,) = findings("template T\na: int\na: str\nend")
    assert (found.span.line, found.notes[0].span.line) == (3, 2)


def test_a_default_that_is_over_a_limit_is_told() -> None:
    (found,) = findings(f"template T\na: str = {'x' * 1_000_001!r}\nend")
    assert found.code == "RE0200"
    (found,) = findings(f"template T\na: str in ({'x' * 1_000_001!r},)\nend")
    assert found.code == "RE0200"


def test_nothing_is_said_of_the_fields_of_a_template_with_an_unknown_base() -> None:
    text = """
template T extends U
    a: int = 3
end
facts f
    T(whatever = 1)
end
rule "r"
when
    t := T(inherited > 3)
then
    modify t(other = t.more)
end
"""
    assert said(text) == ["RE0100 unknown template 'U'"]


def test_a_template_is_not_suggested_to_extend_itself() -> None:
    with pytest.raises(RuleValidationError) as caught:
        RuleSet.parse("template Baz extends Bat\nend")
    assert [(each.code, each.hint) for each in caught.value.diagnostics] == [("RE0100", None)]


def test_templates_may_stand_in_any_order_and_extend_each_other_deeply() -> None:
    depth = 2000
    text = "\n".join(
        f"template T{n} extends T{n + 1}\n    f{n}: int = {n}\nend" for n in range(depth)
    )
    rules = RuleSet.parse(f"{text}\ntemplate T{depth}\n    last: int = 1\nend")
    assert len(rules.templates["T0"].fields) == depth + 1
    assert rules.templates["T0"].extends[-1] == f"T{depth}"


def test_what_a_template_says_is_told() -> None:
    rules = RuleSet.parse(
        """
open template B key(id)
    id: int
    tags: list[str] = ["a"]
end
template T extends B unique
    note: str?
    at: date? = none
end
"""
    )
    info = rules.templates["T"]
    assert (info.name, info.extends, info.key, info.unique, info.open) == (
        "T",
        ("B",),
        ("id",),
        True,
        True,
    )
    assert [(f.name, str(f.type), f.required) for f in info.fields] == [
        ("id", "int", True),
        ("tags", "list[str]", False),
        ("note", "str?", True),
        ("at", "date?", False),
    ]
    assert info.fields[1].default == ["a"]


def test_hundreds_of_errors_are_told_together_by_their_place() -> None:
    lines = ["template T", "    a: int", "end"]
    for number in range(300):
        lines += [
            f'rule "r{number}"',
            "when",
            f"    T(b{number} > 1)",
            "then",
            f"    print c{number}",
            "end",
        ]
    lines[1:1] = ["    z: nope"]
    found = findings("\n".join(lines))
    assert len(found) == 601
    places = [(d.span.line, d.span.column) for d in found]
    assert places == sorted(places)


def test_syntax_errors_and_errors_of_names_are_told_together_by_their_place() -> None:
    text = 'rule "a"\nwhen\n T(x > 1)\nthen\n halt\nend\ntemplate T\n x int\nend\nparam p: no = 1'
    assert [(d.code, d.span.line) for d in findings(text)] == [("RE0010", 8), ("RE0104", 10)]


def test_no_error_is_told_twice() -> None:
    text = "template T\na: int\nend\nrule 'r'\nwhen\nT(b := c)\nT(b == b)\nthen\nhalt\nend"
    assert said(text).count("RE0102 unknown name 'c'") == 1
