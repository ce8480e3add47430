"""Every character of a string in YAML is told where in the document it is written."""

from __future__ import annotations

import contextlib

import yaml
from hypothesis import given
from hypothesis import strategies as st

from rete_engine import RuleSet, RuleSyntaxError, RuleValidationError
from rete_engine.diagnostics.source import Source
from rete_engine.language.inset import indexes_of, lexemes_of
from rete_engine.language.reader import make_source
from rete_engine.language.yaml_nodes import Node, compose

LETTERS = st.sampled_from("ab c\n'\"\\é😀:#-[]{}|>\t,x")
STYLES = st.sampled_from(["'", '"', "|", ">", None])


def strings(node: Node) -> list[Node]:
    """The strings of a document that are no keys."""
    if isinstance(node.value, str):
        return [node]
    if isinstance(node.value, list):
        return [each for item in node.value for each in strings(item)]
    return [each for _, item in node.value.values() for each in strings(item)]


@given(st.lists(st.tuples(st.text(LETTERS, max_size=20), STYLES), min_size=1, max_size=4))
def test_characters_stand_where_they_are_said_to(parts: list[tuple[str, str | None]]) -> None:
    # Written by PyYAML in each of its styles; long lines are folded.
    text = "root:\n"
    for value, style in parts:
        dumped = yaml.safe_dump(
            {"k": {"x": value}}, default_style=style, allow_unicode=True, width=8
        )
        text += f"- {dumped.replace(chr(10), chr(10) + '  ').rstrip(' ')}"
    source = make_source(text)
    for node, (value, _) in zip(strings(compose(source)), parts, strict=True):
        assert node.value == value
        indexes = indexes_of(node, value)
        assert len(indexes) == len(value) + 1
        assert indexes == sorted(indexes)
        for character, index in zip(value, indexes, strict=False):
            written = source.text[index : index + 1]
            assert written == character or written in "\\ \t\n'" or character in "\n\t "


@given(st.text(max_size=60))
def test_any_text_is_composed_or_refused(text: str) -> None:
    with contextlib.suppress(RuleSyntaxError, RuleValidationError):
        RuleSet.parse(text, format="yaml")


def test_a_string_that_cannot_be_followed_stands_where_it_begins() -> None:
    node = Node(Source("x", "a: 'b c'"), 3, 8, "other", "'")
    assert set(indexes_of(node, "other")) == {3}
    node = Node(Source("x", "a: |\n  b"), 3, 8, "c", "|")
    assert set(indexes_of(node, "c")) == {3}
    assert [lexeme.column for lexeme in lexemes_of(node)] == [4]
