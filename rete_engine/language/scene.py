"""The place where a text does not fit the grammar, and what is around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rete_engine.diagnostics.diagnostic import Diagnostic
from rete_engine.language.scanner import Lexeme

OPENING = frozenset({"LPAR", "LSQB", "LBRACE"})
CLOSING = frozenset({"RPAR", "RSQB", "RBRACE"})
OPERANDS = frozenset({"NAME", "INT", "FLOAT", "DURATION", "STRING", "FSTRING", "CONSTANT"})
ACTION_WORDS = frozenset(
    {"INSERT", "UPSERT", "MODIFY", "RETRACT", "EMIT", "PRINT", "LOG", "FOCUS", "HALT", "IF", "ELSE"}
)


@dataclass(slots=True)
class Scene:
    """A place where a text does not fit, and what is around it."""

    lexemes: Sequence[Lexeme]
    position: int
    expected: frozenset[str]
    start: str  # the start symbol that was parsed by
    section: str = ""  # of a rule: "heading", "when" or "then"; else the kind of the declaration
    opening: Lexeme | None = None  # the innermost bracket that is open
    first: int = 0  # the position of the statement's first lexeme

    def __post_init__(self) -> None:
        self.section = {"conditions": "when", "actions": "then"}.get(self.start, self.start)
        if self.start == "declaration":
            self.section = _kind(self.lexemes)
        brackets: list[Lexeme] = []
        for position, lexeme in enumerate(self.lexemes[: self.position + 1]):
            begins = position and not brackets and self.lexemes[position - 1].type == "NEWLINE"
            if begins:
                self.first = position
            if position == self.position:
                break
            if begins and lexeme.keyword in ("WHEN", "THEN") and self.section in ("rule", "when"):
                self.section = lexeme.text
            if lexeme.type in OPENING:
                brackets.append(lexeme)
            elif lexeme.type in CLOSING and brackets:
                brackets.pop()
        self.opening = brackets[-1] if brackets else None

    def at(self, offset: int) -> Lexeme | None:
        """The lexeme so far from the one that does not fit."""
        position = self.position + offset
        return self.lexemes[position] if 0 <= position < len(self.lexemes) else None

    @property
    def word(self) -> Lexeme | None:
        """The lexeme that does not fit; None where the text ends too early."""
        return self.at(0)

    @property
    def before(self) -> Lexeme | None:
        """The lexeme before it."""
        return self.at(-1)

    @property
    def statement(self) -> Lexeme:
        """The first lexeme of the statement."""
        return self.lexemes[min(self.first, len(self.lexemes) - 1)]

    def says(
        self, message: str, hint: str | None = None, at: Lexeme | None = None, code: str = "RE0010"
    ) -> Diagnostic:
        """A diagnostic at a lexeme, by default the one that does not fit."""
        place = at or self.word or self.lexemes[-1]
        return Diagnostic(code, message, place.span, hint)

    def rest_of_line(self, position: int) -> Sequence[Lexeme]:
        """The lexemes from a position to the end of their line."""
        end = position
        while end < len(self.lexemes) and self.lexemes[end].type != "NEWLINE":
            end += 1
        return self.lexemes[position:end]


def _kind(lexemes: Sequence[Lexeme]) -> str:
    head = lexemes[0].text
    return {"open": "template", "external": "function"}.get(head, head)


def adjacent(first: Lexeme, second: Lexeme) -> bool:
    """Whether nothing, not even a space, stands between two lexemes."""
    return first.end_line == second.line and first.end_column == second.column


def shown(lexeme: Lexeme) -> str:
    """The text of a lexeme as a message shows it: its first line, and not too much of it."""
    text = lexeme.text.split("\n")[0]
    return text if len(text) <= 30 else text[:27] + "…"
