"""Text to lexemes: the smallest parts of a text that have a meaning, each with its place.

One regular expression, put together from the terminals of the grammar, runs once over the text.
What fits no terminal becomes a lexeme of one of the types in `MISTAKES`; nothing is raised here.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterator
from typing import final

from rete_engine.diagnostics.source import Source, Span
from rete_engine.language.grammar import terminals

#: A string without its closing quote; digits that make no number; any other character.
MISTAKES = ("UNCLOSED_STRING", "BAD_NUMBER", "BAD_CHARACTER")


@final
class Lexeme:
    """A word, number, string, operator or line end of a text."""

    __slots__ = ("column", "end_column", "end_line", "keyword", "line", "source", "text", "type")

    def __init__(
        self,
        source: Source,
        type: str,
        text: str,
        line: int,
        column: int,
        end_line: int,
        end_column: int,
        keyword: str | None = None,
    ) -> None:
        self.source = source
        self.type = type  # a terminal of the grammar (a word is a NAME), or one of MISTAKES
        self.text = text
        self.line = line
        self.column = column
        self.end_line = end_line
        self.end_column = end_column
        self.keyword = keyword  # the terminal that the word is where the grammar offers it

    @property
    def span(self) -> Span:
        """The place of the lexeme."""
        return Span(self.source, self.line, self.column, self.end_line, self.end_column)

    def __repr__(self) -> str:
        return f"<{self.type} {self.text!r} {self.line}:{self.column}>"


def scan(
    source: Source, text: str | None = None, line: int = 1, column: int = 1
) -> Iterator[Lexeme]:
    """The lexemes of a source.

    Args:
        source: What the places of the lexemes refer to.
        text: A part of the source to scan instead of all of it (in an f-string).
        line: The line on which that part begins.
        column: The column in which it begins.
    """
    text = source.text if text is None else text
    names = terminals()
    keywords, operators = names.keywords, names.operators
    match = _pattern().match
    line_start = 1 - column  # where the current line begins, as an index into the text
    position, length = 0, len(text)
    while position < length:
        found = match(text, position)
        if found is None:  # spaces or a comment before the end of the text
            return
        kind = found.lastgroup
        assert kind is not None
        start, position = found.span(kind)
        word = text[start:position]
        column = start - line_start + 1
        if kind == "NAME":
            if not word.isascii():
                kind, word = _name(word)
            yield Lexeme(
                source,
                kind,
                word,
                line,
                column,
                line,
                position - line_start + 1,
                keywords.get(word),
            )
        elif kind == "OPERATOR":
            yield Lexeme(source, operators[word], word, line, column, line, column + len(word))
        elif kind == "NEWLINE":
            yield Lexeme(source, kind, word, line, column, line, column)
            line += 1
            line_start = position
        else:
            breaks = word.count("\n")
            end_line = line + breaks
            if breaks:
                line_start = start + word.rindex("\n") + 1
            end_column = position - line_start + 1
            if kind == "OPEN_LONG_STRING":
                kind, end = "UNCLOSED_STRING", position
                position = _resume(text, position)
                if "\n" in text[end:position]:
                    line_start = text.rindex("\n", end, position) + 1
            yield Lexeme(source, kind, word, line, column, end_line, end_column)
            line = end_line
            if kind == "UNCLOSED_STRING":
                line += text.count("\n", start, position)


def _name(word: str) -> tuple[str, str]:
    """The type and text of a word that is not plain ASCII.

    Python compares names in their NFKC form, so that names of classes and attributes fit.
    """
    if not word.isidentifier():
        return "BAD_CHARACTER", word
    return "NAME", unicodedata.normalize("NFKC", word)


@functools.cache
def _pattern() -> re.Pattern[str]:
    names = terminals()
    # The longest first, so that `==` is not read as `=` twice.
    operators = sorted(names.operators, key=len, reverse=True)
    groups = {
        **dict(names.patterns),
        # A string that is not closed on its line; three quotes are looked at first.
        "OPEN_LONG_STRING": r"""(?:[fF][rR]?|[rR][fF]?|[uU])?(?:\"{3}|'{3})""",
        "UNCLOSED_STRING": r"""(?:[fF][rR]?|[rR][fF]?|[uU])?["'][^\n]*""",
        "NEWLINE": r"\n",
        "BAD_NUMBER": r"[0-9]\w*",
        "OPERATOR": "|".join(map(re.escape, operators)),
        "BAD_CHARACTER": r"&&|\|\||[^ \t\f#]",
    }
    alternatives = "|".join(f"(?P<{name}>{regexp})" for name, regexp in groups.items())
    # Possessive: a comment at the end of the text must not give its last letter back as a name.
    return re.compile(rf"[ \t\f]*+(?:#[^\n]*+)?+(?:{alternatives})")


#: The first word of a line where reading goes on after a string that is never closed.
_NEXT_DECLARATION = re.compile(
    r"\n[ \t]*(?:(?:rule|template|open|param|function|external|facts|query|import|ruleset)[ \t]"
    r"|facts\n)"
)


def _resume(text: str, position: int) -> int:
    """Where a declaration begins after an unclosed triple-quoted string (its line end)."""
    found = _NEXT_DECLARATION.search(text, position)
    return len(text) if found is None else found.start()
