"""Every character of a string in YAML is told where in the document it is written."""

from __future__ import annotations

import contextlib

import yaml
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from rete_engine import RuleSet, RuleSyntaxError, RuleValidationError
from rete_engine.diagnostics.source import Source
from rete_engine.language.inset import indexes_of, lexemes_of
from rete_engine.language.reader import make_source
from rete_engine.language.scanner import scan
from rete_engine.language.yaml_nodes import Node, compose, position

LETTERS = st.sampled_from("ab c\n'\"\\é😀:#-[]{}|>\t,x")
STYLES = st.sampled_from(["'", '"', "|", ">", None])


@given(st.lists(st.text(LETTERS, max_size=20), min_size=1, max_size=4), STYLES)
@example(["\\\\", "a\\\\"], '"')  # what is written begins with what is meant
@example(["''", "''a"], "'")
@settings(deadline=None)
def test_characters_stand_where_they_are_said_to(values: list[str], style: str | None) -> None:
    # Written by PyYAML in each of its styles; long lines are folded.
    text = yaml.safe_dump(values, default_style=style, allow_unicode=True, width=8)
    assume(yaml.safe_load(text) == values)  # not all that PyYAML writes can it read
    source = make_source(text)
    for node, value in zip(compose(source).items, values, strict=True):
        assert node.value == value
        indexes = indexes_of(node, value)
        assert len(indexes) == len(value) + 1
        assert indexes == sorted(indexes)
        assert len(set(indexes)) > 1 or not value.strip("\n"), "it was not followed"
        for character, index in zip(value, indexes, strict=False):
            written = source.text[index : index + 1]
            assert written == character or written in "\\ \t\n'" or character in "\n\t "
        own = Source("own", value)  # the string by itself, on lines of its own
        for lexeme, alone in zip(lexemes_of(node), scan(own), strict=True):
            assert (lexeme.type, lexeme.text) == (alone.type, alone.text)
            assert lexeme.source is source
            begin = own.starts[alone.line - 1] + alone.column - 1
            end = max(own.starts[alone.end_line - 1] + alone.end_column - 1, begin)
            last = indexes[end - 1] + 1 if end > begin else indexes[begin]
            assert (lexeme.line, lexeme.column) == position(source, indexes[begin])
            assert (lexeme.end_line, lexeme.end_column) == position(source, last)


@given(st.text(max_size=60))
@settings(deadline=None)
def test_any_text_is_composed_or_refused(text: str) -> None:
    with contextlib.suppress(RuleSyntaxError, RuleValidationError):
        RuleSet.parse(text, format="yaml")


def test_a_string_that_cannot_be_followed_stands_where_it_begins() -> None:
    node = Node(Source("x", "a: 'b c'"), 3, 8, "other", "'")
    assert set(indexes_of(node, "other")) == {3}
    node = Node(Source("x", "a: |\n  b"), 3, 8, "c", "|")
    assert set(indexes_of(node, "c")) == {3}
    assert [lexeme.column for lexeme in lexemes_of(node)] == [4]
