"""A text to the lines that the formatter works on.

The scanner drops comments and blank lines; here they are found again between the lexemes and tied
to the tokens they stand at. Which word is a keyword and which is a name, the parser tells.
"""

from __future__ import annotations

from bisect import bisect_right

from rete_engine.diagnostics.source import Source
from rete_engine.language.automaton import parse
from rete_engine.language.format_brackets import bracketed
from rete_engine.language.format_parts import TAB, Comment, Line, Token
from rete_engine.language.layout import cut
from rete_engine.language.scanner import Lexeme, scan


def lines_of(source: Source) -> tuple[list[Line], list[Comment]]:
    """The lines of a text without errors, and the comments below the last."""
    gaps = _Gaps(source)
    lines: list[Line] = []
    for chunk in cut(scan(source)):
        kinds: list[str] = []
        parse(chunk.lexemes, "declaration", kinds)
        heading, tokens = True, list[Token]()
        for lexeme, kind in zip(chunk.lexemes, kinds, strict=True):
            if kind != "NEWLINE":
                tokens.append(gaps.token(lexeme, kind))
                continue
            lines.append(Line(chunk.kind, heading, bracketed(tokens)))
            heading, tokens = False, []
    return lines, gaps.end()


class _Gaps:
    """Walks along a text: makes tokens of its lexemes, and comments of what is between them."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = source.text
        self.position = 0  # behind the last token
        self.last: Token | None = None

    def offset(self, line: int, column: int) -> int:
        return self.source.starts[line - 1] + column - 1

    def seen_column(self, offset: int) -> int:
        """The column of a character as it is seen, counted from 1."""
        start = self.text.rfind("\n", 0, offset) + 1
        return len(self.text[start:offset].expandtabs(TAB)) + 1

    def token(self, lexeme: Lexeme, kind: str) -> Token:
        start = self.offset(lexeme.line, lexeme.column)
        end = self.offset(lexeme.end_line, lexeme.end_column)
        text = self.text[start:end]
        if kind == "CONSTANT":
            text = text.lower()  # `True` is `true`
        begins = not self.text[self.text.rfind("\n", 0, start) + 1 : start].strip()
        token = Token(kind, text, lexeme.line, self.seen_column(start), begins)
        token.above, token.blanks = self.gap(start)
        self.position, self.last = end, token
        return token

    def end(self) -> list[Comment]:
        return self.gap(len(self.text))[0]

    def gap(self, end: int) -> tuple[list[Comment], int]:
        """The comments on lines of their own up to a place, and the blank lines below them.

        One behind the last token is tied to that.
        """
        comments: list[Comment] = []
        blanks = 0
        position = self.position
        for number, row in enumerate(self.text[position:end].split("\n")):
            sign = row.find("#")
            whole = position + len(row) < end  # a line end follows
            if sign >= 0:
                at = position + sign
                line = bisect_right(self.source.starts, at)
                comment = Comment(row[sign:].rstrip(), line, self.seen_column(at), blanks)
                if number == 0 and self.last is not None:
                    self.last.comment = comment
                else:
                    comments.append(comment)
                blanks = 0
            elif whole and (number > 0 or self.last is None):
                blanks += 1
            position += len(row) + 1
        return comments, blanks
