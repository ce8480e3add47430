"""The same text in another layout: spaces, line ends in brackets, comments and blank lines."""

from __future__ import annotations

import random

from rete_engine.diagnostics.source import Source
from rete_engine.language.layout import cut
from rete_engine.language.scanner import Lexeme, scan

OPENERS = frozenset(["LPAR", "LSQB", "LBRACE"])
CLOSERS = frozenset(["RPAR", "RSQB", "RBRACE"])
TIGHT = OPENERS | CLOSERS | {"COMMA"}


def scrambled(source: Source, choose: random.Random, wildness: float = 0.2) -> str:
    """A text that says what another says, without that one's comments, laid out by chance."""
    parts: list[str] = []
    comments = 0

    def comment() -> str:
        nonlocal comments
        comments += 1
        return (
            f"#{choose.choice(['', ' ', ':'])}{comments} {choose.choice(['', '(', chr(34), 'end'])}"
        )

    def spaces(least: int) -> str:
        return (
            choose.choice(["", " ", "  ", "\t", "\f "])
            if least == 0
            else choose.choice([" ", " ", "   ", "\t", " \t"])
        )

    def line_end() -> str:
        text = spaces(0) + (comment() if choose.random() < wildness else "") + "\n"
        while choose.random() < wildness:
            text += spaces(0) + (comment() if choose.random() < 0.5 else "") + "\n"
        return text + spaces(0)

    for chunk in cut(scan(source)):
        depth = 0
        last: Lexeme | None = None
        for lexeme in chunk.lexemes:
            if lexeme.type == "NEWLINE":
                parts.append(line_end())
                last = None
                continue
            if last is not None:
                if depth and choose.random() < wildness:
                    parts.append(line_end())
                else:
                    parts.append(spaces(0 if {lexeme.type, last.type} & TIGHT else 1))
            parts.append(lexeme.span.text)
            depth += (lexeme.type in OPENERS) - (lexeme.type in CLOSERS)
            last = lexeme
    return "".join(parts)
