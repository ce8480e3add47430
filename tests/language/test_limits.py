"""What would make the parser, or a pass after it, follow without bounds is refused in time."""

from __future__ import annotations

import time

import pytest

from rete_engine.language.depth import DEEPEST_EXPRESSION
from rete_engine.language.layout import DEEPEST_BLOCKS, DEEPEST_BRACKETS, LONGEST_EXPRESSION
from rete_engine.language.parser import parse_actions, parse_document, parse_expression
from rete_engine.language.reader import make_source

TOO_MUCH = {
    "a sum of 2,500 terms": " + ".join("x" for _ in range(2_500)),
    "a sum of 20,000 terms": " + ".join("1" for _ in range(20_000)),
    "a sum that is too deep": " + ".join("x" for _ in range(DEEPEST_EXPRESSION + 1)),
    "many comparisons": " and ".join("x == 1" for _ in range(5_000)),
    "brackets": "(" * 500 + "1" + ")" * 500,
    "lists": "[" * 101 + "]" * 101,
    "dicts": "{1: " * 101 + "1" + "}" * 101,
    "calls": "f(" * 101 + ")" * 101,
    "brackets that are not closed": "(" * 100_000,
    "minus signs": "-" * 1_000 + "1",
    "negations": "not " * 1_000 + "x",
    "powers": "2 ** " * 300 + "1",
    "attributes": "x" + ".y" * 300,
    "indexes": "x" + "[0]" * 300,
    "calls of calls": "x" + ".f()" * 300,
    "conditionals": "a if b else " * 300 + "c",
    "an f-string": 'f"{' + "-" * 300 + 'x}"',
    "f-strings in each other": "f'''{f\"{" + "-" * 60 + "x}\"}'''",
}


@pytest.mark.parametrize("text", TOO_MUCH.values(), ids=TOO_MUCH.keys())
def test_too_much_is_refused(text: str) -> None:
    _, (diagnostic,) = parse_expression(make_source(text))
    assert diagnostic.code == "RE0004"
    document, (diagnostic,) = parse_document(make_source(f"param p: int = {text}\nparam q: int"))
    assert diagnostic.code == "RE0004"
    assert len(document.declarations) == 1


ENOUGH = {
    "brackets": "(" * DEEPEST_BRACKETS + "1" + ")" * DEEPEST_BRACKETS,
    "a sum": " + ".join("x" for _ in range(DEEPEST_EXPRESSION)),
    "many comparisons": " and ".join("x == 1" for _ in range(LONGEST_EXPRESSION // 2)),
    "a long list": f"[{', '.join('-1' for _ in range(20_000))}]",
    "a long dict": f"{{{', '.join(f'{i}: [{i}.5]' for i in range(20_000))}}}",
    "a long chain of comparisons": " < ".join("x" for _ in range(1_000)),
    "a long string": '"' + "x\\n" * 100_000 + '"',
}


@pytest.mark.parametrize("text", ENOUGH.values(), ids=ENOUGH.keys())
def test_what_is_below_the_limits_is_read(text: str) -> None:
    value, diagnostics = parse_expression(make_source(text))
    assert not diagnostics
    assert value is not None


@pytest.mark.parametrize(
    ("depth", "codes"), [(DEEPEST_BLOCKS, []), (DEEPEST_BLOCKS + 1, ["RE0004"])]
)
def test_blocks_are_nested_so_deep_and_no_deeper(depth: int, codes: list[str]) -> None:
    _, diagnostics = parse_actions(make_source("if x\n" * depth + "end\n" * depth))
    assert [diagnostic.code for diagnostic in diagnostics] == codes


def test_a_huge_expression_is_refused_at_once() -> None:
    source = make_source("param p: int = " + " + ".join("1" for _ in range(200_000)))
    parse_document(make_source(""))  # the grammar is built once
    began = time.perf_counter()
    _, (diagnostic,) = parse_document(source)
    assert diagnostic.code == "RE0004"
    assert time.perf_counter() - began < 60  # no measurement: parsing it would take far longer


@pytest.mark.parametrize("digits", [5_000, 1_000_000])
def test_a_number_of_too_many_digits_is_refused(digits: int) -> None:
    _, (diagnostic,) = parse_expression(make_source("9" * digits))
    assert diagnostic.code == "RE0015"
