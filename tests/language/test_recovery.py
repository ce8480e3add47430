"""One mistake costs one declaration and one message; the rest of the text is read."""

from __future__ import annotations

import pytest

from rete_engine.language.parser import parse_actions, parse_conditions, parse_document
from rete_engine.language.parser import parse_expression as parse_value
from rete_engine.language.reader import make_source
from rete_engine.model.declarations import Document, RuleDeclaration, TemplateDeclaration

HEADINGS = [
    'rule "next"\nwhen\nthen\nend',
    "template Next\nend",
    "open template Next\nend",
    "param next: int",
    "function next(a: int) -> int = a",
    "external function next(a: int)",
    "facts next\nend",
    "facts\nend",
    "query next(a: int)\nend",
    'import "next.rete"',
    "ruleset next",
]

BROKEN = [
    "rule \"r\"\nwhen\n  A(x == (1\nthen\n  halt\nend",
    "rule \"r\"\nwhen\n  A(x == [1, {2: 3\nthen\nend",
    "rule \"r\"\nwhen\n  A(x == 1))\nthen\nend",
    "rule \"r\"\nwhen\n  A(x == \"abc)\nthen\n  halt\nend",
    "rule \"r\"\nwhen\nthen\n  print '''abc",
    "rule \"r\"\nwhen\nthen\n  halt",
    "rule \"r\"\nwhen\nthen\n  if x\n    halt\nend",
    "rule \"r\"\nwhen\n  A(x $ y)\nthen\nend",
    "rule \"r\"\nwhen\n  A() B()\n  C() D()\nthen\n  x = 1\nend",
    "rule \"r\"\nwhen\n  A()\nend",
    "rule \"r\nwhen\n  A()\nthen\nend",
    "template T\n  x: int\n  y: list[int",
    "param p: int = (",
    "facts f\n  A(x = {1",
]  # fmt: skip


def parse(text: str) -> tuple[Document, list[str]]:
    document, diagnostics = parse_document(make_source(text))
    return document, [diagnostic.code for diagnostic in diagnostics]


@pytest.mark.parametrize("heading", HEADINGS)
@pytest.mark.parametrize("broken", BROKEN)
def test_a_mistake_stays_in_its_declaration(broken: str, heading: str) -> None:
    good = "param first: int = 1"
    document, codes = parse(f"{good}\n{broken}\n{heading}\n")
    assert len(codes) == 1
    if heading.startswith("ruleset"):
        assert document.name == "next"
    else:
        assert len(document.declarations) >= 2
        assert heading.startswith(document.declarations[-1].span.text)


def test_a_declaration_without_its_end_is_read_all_the_same() -> None:
    document, codes = parse(
        'template A\n  x: int\n\nrule "r"\nwhen\n  A()\nthen\n  if a\n    halt\n\nparam p: int'
    )
    assert codes == ["RE0011", "RE0011"]
    template, rule, _ = document.declarations
    assert isinstance(template, TemplateDeclaration)
    assert isinstance(rule, RuleDeclaration)
    assert len(template.fields) == 1
    assert len(rule.then) == 1


def test_the_names_of_broken_declarations_are_known() -> None:
    document, codes = parse(
        "template A\n  x int\nend\nopen template B\n  = 1\nend\nfunction f(x) = = 1\n"
        "external function g(\nparam p: = 1\nquery q(\nend\ntemplate C\nend"
    )
    assert len(codes) == 6
    assert document.broken_names == {"A", "B", "f", "g", "p", "q"}


@pytest.mark.parametrize(
    "condition",
    ["A(rule == 1,\n  template,\n  facts\n)", "A(\n  query in (1, 2),\n  import == \"x\")",
     "A(\n  param if x else y, function(1))", "A(\n rule in xs)", "A(\n facts and x)"],
)  # fmt: skip
def test_fields_named_like_declarations_begin_none(condition: str) -> None:
    document, codes = parse(f'rule "r"\nwhen\n  {condition}\nthen\nend')
    assert not codes
    assert len(document.declarations) == 1


def test_several_mistakes_are_told_in_their_order() -> None:
    text = "param a: int = +\n" * 5
    _, diagnostics = parse_document(make_source(text))
    assert [diagnostic.span.line for diagnostic in diagnostics] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("text", "message", "place"),
    [
        ("A()\nB(", "'(' is never closed", (2, 2)),
        ("A()\nx y", "unknown condition 'x'", (2, 1)),
        ("A()\nend", "unexpected 'end'", (2, 1)),
    ],
)
def test_mistakes_in_conditions_alone(text: str, message: str, place: tuple[int, int]) -> None:
    conditions, (diagnostic,) = parse_conditions(make_source(text))
    assert conditions == ()
    assert diagnostic.message == message
    assert (diagnostic.span.line, diagnostic.span.column) == place


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("halt\nend", "unexpected 'end'"),
        ("if a\nhalt", "this 'if' has no 'end'"),
        ("halt\nx = 1", "a variable is bound by ':='"),
    ],
)
def test_mistakes_in_actions_alone(text: str, message: str) -> None:
    actions, (diagnostic,) = parse_actions(make_source(text))
    assert actions == ()
    assert diagnostic.message == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "an expression is missing"),
        ("# nothing\n", "an expression is missing"),
        ("a +", "a value is missing after '+'"),
        ("a b", "unexpected 'b' after 'a'"),
        ("a = b", "'=' where '==' is meant"),
        ("(a", "'(' is never closed"),
        ("a)", "this ')' closes nothing"),
        ("x := 1", "unexpected ':='"),
    ],
)
def test_mistakes_in_an_expression_alone(text: str, message: str) -> None:
    value, (diagnostic,) = parse_value(make_source(text))
    assert value is None
    assert diagnostic.message == message


def test_empty_conditions_and_actions() -> None:
    assert parse_conditions(make_source("\n")) == ((), [])
    assert parse_actions(make_source("")) == ((), [])
