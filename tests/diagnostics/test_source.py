"""Sources and spans: lines by number, and the words that a span covers."""

from __future__ import annotations

import pytest

from rete_engine.diagnostics.source import NOWHERE, Source, Span

SOURCE = Source("shop.rete", "first line\nsecond\n\nlast")


@pytest.mark.parametrize(
    ("number", "line"),
    [(1, "first line"), (2, "second"), (3, ""), (4, "last"), (0, ""), (5, ""), (-1, "")],
)
def test_lines_count_from_one_and_end_without_their_line_end(number: int, line: str) -> None:
    assert SOURCE.line(number) == line


def test_a_text_that_ends_with_a_line_end_has_an_empty_last_line() -> None:
    source = Source("x", "a\n")
    assert (source.line(1), source.line(2), source.line(3)) == ("a", "", "")
    assert Source("x", "").line(1) == ""


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ((1, 1, 1, 6), "first"),
        ((1, 7, 2, 4), "line\nsec"),
        ((2, 1, 4, 5), "second\n\nlast"),
        ((4, 1, 9, 99), "last"),
        ((4, 2, 4, 99), "ast"),
        ((9, 1, 9, 2), ""),
    ],
)
def test_a_span_covers_words_over_lines(place: tuple[int, int, int, int], words: str) -> None:
    assert Span(SOURCE, *place).text == words


def test_the_place_of_what_was_written_nowhere_covers_nothing() -> None:
    assert NOWHERE.text == ""


def test_spans_join_from_the_start_of_one_to_the_end_of_another() -> None:
    joined = Span(SOURCE, 1, 7, 1, 11).to(Span(SOURCE, 2, 1, 2, 7))
    assert joined.text == "line\nsecond"
    assert str(joined) == "shop.rete:1:7"


def test_a_source_shows_its_name_and_not_its_text() -> None:
    source = Source("big.rete", "secret\n" * 10_000)
    assert repr(source) == "Source(name='big.rete')"
    assert "secret" not in repr(Span(source, 1, 1, 1, 2))


def test_where_lines_begin_is_found_once() -> None:
    source = Source("x", "a\nb\nc")
    assert source.starts is source.starts
    assert source.starts == [0, 2, 4]


def test_sources_are_equal_by_name_and_text_whatever_was_asked_of_them() -> None:
    one, other = Source("x", "a\nb"), Source("x", "a\nb")
    one.line(2)
    assert one == other
    assert hash(one) == hash(other)
    assert one != Source("y", "a\nb")
