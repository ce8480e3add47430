"""Cuts lexemes into declarations, and sees to it that blocks and brackets are closed.

A line that begins like a declaration (`rule "…"`, `template T`) begins one, also where something
before it was left open. So one mistake costs one declaration, and one message: a missing `end`
or bracket is found here, and only what is whole is given to the parser. Here, too, everything is
bounded that the parser and the passes after it would follow down.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import final

from rete_engine.diagnostics.diagnostic import Diagnostic, Note
from rete_engine.language.mistakes import explain_mistake
from rete_engine.language.scanner import MISTAKES, Lexeme

#: How deep brackets, and the blocks of actions, may be nested.
DEEPEST_BRACKETS = 100
DEEPEST_BLOCKS = 50

#: How many operators an expression may have (a list may have any number of such items).
LONGEST_EXPRESSION = 2000

#: An expression with fewer operators than this cannot be too deep.
HARMLESS = 50

#: The parts of a declaration that are no lists of lines: their lines are joined.
SINGLE = frozenset({"expression", "type"})

BLOCKS = frozenset({"template", "facts", "query", "rule"})
CLOSERS = {"(": ")", "[": "]", "{": "}"}

#: The words after which a value goes on; `query in (…)` inside brackets begins no declaration.
_INFIX = frozenset({"and", "or", "not", "in", "is", "matches", "if", "else", "for", "by"})

#: The words that begin a declaration, and the kind of it.
_HEADINGS = {
    "RULE": "rule",
    "TEMPLATE": "template",
    "OPEN": "template",
    "PARAM": "param",
    "FUNCTION": "function",
    "EXTERNAL": "function",
    "FACTS": "facts",
    "QUERY": "query",
    "IMPORT": "import",
    "RULESET": "ruleset",
}
_BLOCK_WORDS = frozenset({"END", "THEN", "IF", "FOR"})
_BRACKETS = frozenset({"LPAR", "RPAR", "LSQB", "RSQB", "LBRACE", "RBRACE"})
_STRINGS = frozenset({"STRING", "FSTRING", "UNCLOSED_STRING"})
_NO_OPERATORS = frozenset(
    {
        "NAME",
        "INT",
        "FLOAT",
        "STRING",
        "FSTRING",
        "DURATION",
        "CONSTANT",
        "COLON",
        "RPAR",
        "RSQB",
        "RBRACE",
        "EQUAL",
        "BIND",
    }
)
_OPERATOR_WORDS = frozenset({"AND", "OR", "NOT", "IN", "IS", "MATCHES", "IF", "FOR"})


@final
class Chunk:
    """The lexemes of one declaration, each line ended by one NEWLINE."""

    __slots__ = ("kind", "lexemes", "longest", "problem", "repaired")

    def __init__(self, kind: str) -> None:
        self.kind = kind  # "rule", "template", …; "stray" for lines that belong to no declaration
        self.lexemes: list[Lexeme] = []
        self.problem: Diagnostic | None = None  # what is wrong with it, so far
        self.repaired = False  # a missing `end` was added, so that it can be parsed all the same
        self.longest = 0  # the number of operators of its longest statement

    @property
    def head(self) -> Lexeme:
        """The first word of the chunk."""
        return self.lexemes[0]


def cut(lexemes: Iterable[Lexeme]) -> Iterator[Chunk]:
    """The declarations of a text, in its order, with what is wrong in their layout.

    Chunks are made one at a time, so that the lexemes of a large text need not be kept.
    """
    return _Cutter().walk(lexemes)


def fragment(lexemes: Iterable[Lexeme], kind: str) -> Chunk:
    """A text that is a part of a declaration, as one chunk.

    Args:
        lexemes: The lexemes of the text.
        kind: A start symbol of the grammar: "conditions", "actions", or one of `SINGLE`.
    """
    if kind in SINGLE:
        lexemes = [lexeme for lexeme in lexemes if lexeme.type != "NEWLINE"]
    chunk = next(_Cutter(kind).walk(lexemes), None) or Chunk(kind)
    if kind in SINGLE and chunk.lexemes:
        chunk.lexemes.pop()  # the end of its line
    return chunk


@final
class _Cutter:
    """The walk over the lexemes of a text, and where it is."""

    __slots__ = (
        "blocks", "brackets", "chunk", "finished", "fragment", "in_actions", "operators",
        "statement", "suspect",
    )  # fmt: skip

    def __init__(self, fragment: str | None = None) -> None:
        self.fragment = fragment  # the kind of the only chunk
        self.chunk: Chunk | None = None
        self.finished: list[Chunk] = []
        self.brackets: list[Lexeme] = []  # those that are open
        self.blocks: list[Lexeme] = []  # the words whose `end` is to come
        # A block, and an `end` that looks like another's.
        self.suspect: tuple[Lexeme, Lexeme] | None = None
        self.in_actions = fragment == "actions"  # after the `then` of a rule
        self.operators = 0  # of the current item of the current statement
        self.statement = 0  # of the whole statement

    def walk(self, lexemes: Iterable[Lexeme]) -> Iterator[Chunk]:
        line_begins = True
        for lexeme, after, second in _windows(lexemes):
            kind = lexeme.type
            if kind == "NEWLINE":
                line_begins = True
                self.end_line(lexeme)
                continue
            if line_begins:
                line_begins = False
                self.begin_line(lexeme, after, second)
                if self.finished:
                    yield from self.finished
                    self.finished.clear()
            chunk = self.chunk
            assert chunk is not None
            if chunk.problem is None:  # what is wrong is not parsed, however long it is
                chunk.lexemes.append(lexeme)
            if kind in _BRACKETS:
                self.bracket(lexeme)
            elif kind in MISTAKES:
                if chunk.problem is None:
                    chunk.problem = explain_mistake(lexeme)
                if kind == "UNCLOSED_STRING":
                    self.brackets.clear()  # what closes them was taken for a part of the string
            if kind == "COMMA":
                self.operators = 0
            elif kind not in _NO_OPERATORS or lexeme.keyword in _OPERATOR_WORDS:
                self.operators += 1
                self.statement += 1
                if self.operators == LONGEST_EXPRESSION + 1:
                    self.complain(
                        "RE0004",
                        f"this expression has more than {LONGEST_EXPRESSION} operators",
                        lexeme,
                        "split it up, or compute it in an external function",
                    )
        self.finish(None)
        yield from self.finished

    def begin_line(self, lexeme: Lexeme, after: Lexeme | None, second: Lexeme | None) -> None:
        """The first word of a line may begin a declaration, or open or close a block."""
        kind = None
        if self.fragment is None and lexeme.keyword in _HEADINGS:
            kind = self.heading(lexeme, after, second)
        if kind is None and self.chunk is None:
            kind = self.fragment or "stray"
        if kind is not None:
            self.finish(lexeme)
            self.chunk = Chunk(kind)
            if kind in BLOCKS:
                self.blocks.append(lexeme)
        if lexeme.keyword in _BLOCK_WORDS and not self.brackets:
            self.block_word(lexeme, after)

    def end_line(self, newline: Lexeme) -> None:
        """End a line, unless a bracket is open or the line is empty."""
        chunk = self.chunk
        if chunk is None or self.brackets:
            return
        if chunk.lexemes[-1].type != "NEWLINE":
            chunk.lexemes.append(newline)
        chunk.longest = max(chunk.longest, self.statement)
        self.operators = self.statement = 0
        goes_on = chunk.lexemes[-2:-1] and chunk.lexemes[-2].type == "EQUAL"  # wrongly
        if not self.blocks and chunk.kind != "stray" and self.fragment is None and not goes_on:
            self.finish(None)

    def heading(self, lexeme: Lexeme, first: Lexeme | None, second: Lexeme | None) -> str | None:
        """What declaration this first word of a line begins, if any."""
        kind = _HEADINGS[lexeme.keyword or ""]
        if self.chunk is None:
            return kind  # at the top level, whatever follows
        if first is None:
            return None
        name = _is_name(first) if self.brackets else first.type == "NAME"
        match lexeme.keyword:
            case "RULE":
                begins = name or first.type in _STRINGS
            case "IMPORT":
                begins = first.type in _STRINGS
            case "TEMPLATE" | "RULESET":
                begins = name
            case "OPEN":
                begins = first.keyword == "TEMPLATE"
            case "EXTERNAL":
                begins = first.keyword == "FUNCTION"
            case "PARAM":
                begins = name and second is not None and second.type == "COLON"
            case "FACTS":
                # Alone on a line it could be a field inside of brackets, but then no name follows.
                inside = self.brackets and (second is None or not _is_name(second))
                alone = first.type == "NEWLINE" and not inside
                begins = alone or (name and (second is None or second.type == "NEWLINE"))
            case _:  # FUNCTION, QUERY
                begins = name and second is not None and second.type == "LPAR"
        return kind if begins else None

    def block_word(self, lexeme: Lexeme, after: Lexeme | None) -> None:
        """Follow the blocks: `if` and `for` among the actions open one, `end` closes one."""
        if lexeme.keyword == "END":
            if after is not None and after.type != "NEWLINE":
                return  # a field named `end`, or a mistake which the parser tells
            if not self.blocks:
                return  # a stray one, which the parser tells
            block = self.blocks.pop()
            if self.suspect is None and lexeme.column != block.column:
                columns = {outer.column for outer in self.blocks}
                self.suspect = (block, lexeme) if lexeme.column in columns else None
        elif lexeme.keyword == "THEN":
            self.in_actions = True
            del self.blocks[1:]  # an `if` among the conditions, which the parser tells
        elif lexeme.keyword == "IF" or (lexeme.keyword == "FOR" and self.in_actions):
            if self.chunk is None or self.chunk.kind not in ("rule", "actions"):
                return
            self.blocks.append(lexeme)
            if len(self.blocks) > DEEPEST_BLOCKS:
                self.complain(
                    "RE0004", f"blocks are nested more than {DEEPEST_BLOCKS} deep", lexeme
                )

    def bracket(self, lexeme: Lexeme) -> None:
        """Match brackets. After one that does not fit, those that are open are forgotten."""
        if lexeme.text in CLOSERS:
            self.brackets.append(lexeme)
            if len(self.brackets) > DEEPEST_BRACKETS:
                self.complain(
                    "RE0004",
                    f"brackets are nested more than {DEEPEST_BRACKETS} deep",
                    lexeme,
                    "give the inner parts names: 'v := …'",
                )
                self.brackets.clear()
        elif not self.brackets:
            self.complain(
                "RE0013", f"this '{lexeme.text}' closes nothing", lexeme, "leave it out, or open it"
            )
        elif CLOSERS[self.brackets[-1].text] != lexeme.text:
            opening = self.brackets[-1]
            self.complain(
                "RE0013",
                f"'{lexeme.text}' does not close '{opening.text}'",
                lexeme,
                f"write '{CLOSERS[opening.text]}'",
                Note("opened here", opening.span),
            )
            self.brackets.clear()
        else:
            self.brackets.pop()

    def finish(self, following: Lexeme | None) -> None:
        """End the current chunk: at the next declaration, or at the end of the text."""
        chunk = self.chunk
        if chunk is None:
            return
        if self.brackets:
            opening = self.brackets[-1]
            closing = CLOSERS[opening.text]
            self.complain(
                "RE0013", f"'{opening.text}' is never closed", opening, f"write the '{closing}'"
            )
        elif self.blocks and chunk.problem is None:
            self.complain_of_missing_end(following)
            _add_ends(chunk, len(self.blocks))
        if chunk.lexemes[-1].type != "NEWLINE":
            chunk.lexemes.append(_after(chunk.lexemes[-1], "NEWLINE", "\n"))
        chunk.longest = max(chunk.longest, self.statement)
        self.finished.append(chunk)
        self.chunk = None
        self.brackets.clear()
        self.blocks.clear()
        self.suspect = None
        self.in_actions = False
        self.operators = self.statement = 0

    def complain_of_missing_end(self, following: Lexeme | None) -> None:
        block, closer = self.suspect or (self.blocks[-1], None)
        if block.keyword == "IF" and not self.in_actions:
            return  # among conditions, which the parser tells
        what = f"'{block.text}'" if block.keyword in ("IF", "FOR") else _block_name(block)
        if following is None:
            hint = "write 'end' on a line of its own"
        else:
            hint = f"write 'end' before line {following.line}, where the next declaration begins"
        note = (
            Note("by its place this 'end' closes an outer block", closer.span) if closer else None
        )
        self.complain("RE0011", f"this {what} has no 'end'", block, hint, note)

    def complain(
        self, code: str, message: str, at: Lexeme, hint: str | None = None, note: Note | None = None
    ) -> None:
        """Note what is wrong with the chunk, if nothing is noted yet."""
        if self.chunk is not None and self.chunk.problem is None:
            notes = (note,) if note else ()
            self.chunk.problem = Diagnostic(code, message, at.span, hint, notes=notes)


def _is_name(lexeme: Lexeme) -> bool:
    return lexeme.type == "NAME" and lexeme.text not in _INFIX


def _windows(
    lexemes: Iterable[Lexeme],
) -> Iterator[tuple[Lexeme, Lexeme | None, Lexeme | None]]:
    """Every lexeme with the two that follow it."""
    current: Lexeme | None = None
    after: Lexeme | None = None
    for second in lexemes:
        if current is not None:
            yield current, after, second
        current, after = after, second
    if current is not None:
        yield current, after, None
    if after is not None:
        yield after, None, None


def _after(last: Lexeme, type: str, text: str, keyword: str | None = None) -> Lexeme:
    """A lexeme that was not written, right after one that was."""
    line, column = last.end_line, last.end_column
    return Lexeme(last.source, type, text, line, column, line, column, keyword)


def _add_ends(chunk: Chunk, number: int) -> None:
    for _ in range(number):
        if chunk.lexemes[-1].type != "NEWLINE":
            chunk.lexemes.append(_after(chunk.lexemes[-1], "NEWLINE", "\n"))
        chunk.lexemes.append(_after(chunk.lexemes[-1], "NAME", "end", "END"))
    chunk.repaired = True


def _block_name(head: Lexeme) -> str:
    return {"OPEN": "template", "FACTS": "facts block"}.get(head.keyword or "", head.text)
