"""No text, however odd, makes the parser raise, and all it says has a place in the text."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rete_engine.diagnostics.codes import CODES
from rete_engine.diagnostics.diagnostic import Diagnostic
from rete_engine.diagnostics.source import Source
from rete_engine.language.grammar import terminals
from rete_engine.language.parser import (
    parse_actions,
    parse_conditions,
    parse_document,
    parse_expression,
)
from tests.language.test_declarations import SHOP

PIECES = [
    *terminals().keywords, *terminals().operators, "\n", "\n", "  ", "x", "T(", "1", "5m", "1.5",
    "true", '"', "'", '"""', '"a"', 'f"{x}"', 'f"{', "#", "\\", "“", "²", "²x", "\0", "\r", "é",
    "\ud800", "&&", "!", ";", 'rule "r"', "when\n", "then\n", "end\n", "template T\n", "0x", "1_",
]  # fmt: skip


def check(text: str) -> None:
    source = Source("t", text)
    said: list[Diagnostic] = parse_document(source)[1]
    said += parse_conditions(source)[1] + parse_actions(source)[1] + parse_expression(source)[1]
    lines = text.split("\n")
    for diagnostic in said:
        assert diagnostic.code in CODES
        assert str(diagnostic)
        for span in (diagnostic.span, *(note.span for note in diagnostic.notes)):
            assert 1 <= span.line <= span.end_line <= len(lines)
            assert 1 <= span.column <= len(lines[span.line - 1]) + 1
            assert 1 <= span.end_column <= len(lines[span.end_line - 1]) + 1
            assert (span.line, span.column) <= (span.end_line, span.end_column)


@given(st.text(max_size=200))
@settings(deadline=None)
def test_random_characters(text: str) -> None:
    check(text)


@given(st.lists(st.sampled_from(PIECES), max_size=60), st.sampled_from(["", " "]))
@settings(deadline=None)
def test_random_words_of_the_language(pieces: list[str], between: str) -> None:
    check(between.join(pieces))


@pytest.mark.parametrize("seed", range(40))
def test_a_good_text_with_random_wounds(seed: int) -> None:
    choose = random.Random(seed)
    for _ in range(5):
        text = SHOP
        for _ in range(choose.randint(1, 6)):
            at = choose.randrange(len(text))
            cut = choose.choice([0, 0, 1, 3, 20])
            text = text[:at] + choose.choice(["", *PIECES]) + text[at + cut :]
        check(text)


@pytest.mark.parametrize("length", range(0, len(SHOP), 7))
def test_a_good_text_that_is_cut_off(length: int) -> None:
    check(SHOP[:length])
