"""Writes the lines of a formatted text, and breaks those that are too long.

A line is broken inside of brackets only, for elsewhere a line end ends the statement. What a
bracket holds goes on lines of its own where somebody broke the line behind the opening bracket,
where a comment or a blank line asks for it, or where it would be too wide. Formatting what was
formatted changes nothing: a bracket that was broken has a line end behind its opening one, and
one that was not has none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rete_engine.language.format_brackets import (
    cut_at,
    flat,
    hugged,
    is_forced_before_end,
    operands,
    rows,
)
from rete_engine.language.format_parts import (
    LEVELS,
    TAB,
    Bracket,
    Comment,
    Node,
    Token,
    clause_starts,
    first_token,
)

INDENT = 4

#: How many brackets of a line are weighed against each other.
_MOST_WEIGHED = 20


@dataclass(slots=True)
class _Stretch:
    """Nodes that would stand on one line, between brackets that are broken."""

    nodes: list[Node]
    begin: int  # the position of the first among its siblings
    column: int  # where the line begins, or goes on
    before: str  # what closes the bracket before them
    behind: str  # what opens the one after them
    at_start: bool  # whether nothing stands before them

    @property
    def text(self) -> str:
        """The text of the line, but for what is behind."""
        text = self.before + flat(self.nodes)
        return text.lstrip(" ") if self.at_start else text

    @property
    def breakable(self) -> list[int]:
        """The positions of brackets that could be broken."""
        found = [
            position
            for position, node in enumerate(self.nodes, self.begin)
            if isinstance(node, Bracket) and node.items
        ]
        return found[-_MOST_WEIGHED:]


class Writer:
    """The lines written so far, and the one under way."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.lines: list[str] = []
        self.indent = 0  # of the line under way
        self.current = ""  # what stands on it
        self.started: int | None = None  # the line of the source that began with its first token
        self.is_commented = False  # whether it ended with a comment
        self.deeper = 0  # the indent of a line that nothing but a comment began

    # -- lines ---------------------------------------------------------------------------------

    def newline(self, indent: int) -> None:
        """End the line under way, if anything stands on it."""
        if self.current:
            self.lines.append(" " * self.indent + self.current)
        self.indent, self.current, self.started, self.is_commented = indent, "", None, False

    def blank(self, number: int) -> None:
        """Blank lines, at the beginning of a line."""
        self.lines.extend([""] * number)

    def remark(self, comment: Comment, indent: int) -> None:
        """A comment on a line of its own."""
        self.newline(indent)
        self.current = comment.text
        self.newline(indent)

    @property
    def column(self) -> int:
        """How wide the line under way is."""
        _, broken, last = self.current.rpartition("\n")
        return len(last) if broken else self.indent + len(last)

    def text(self, text: str, token: Token) -> None:
        """Go on with the line, with a text that begins with a token."""
        if self.is_commented:
            self.newline(self.deeper)
        if not self.current:
            text = text.lstrip(" ")
            self.started = token.line if token.begins_line else None
        self.current += text

    def token(self, token: Token, behind: str = "") -> None:
        """A token, what stands right behind it, and its comments."""
        for comment in token.above:
            self.remark(comment, self.indent if not self.current else self.deeper)
        self.text(f"{' ' if token.space else ''}{token.text}{behind}", token)
        if token.comment is not None:
            self.note(token.comment)

    def note(self, comment: Comment) -> None:
        """A comment behind the line: in its column, if that can be."""
        _, broken, last = self.current.rpartition("\n")
        seen = (last if broken else " " * self.indent + last).expandtabs(TAB)
        gap = 2
        if comment.line == self.started:
            gap = max(gap, comment.column - 1 - len(seen))
        self.current += " " * gap + comment.text
        self.is_commented = True

    # -- statements ----------------------------------------------------------------------------

    def statement(self, nodes: list[Node], indent: int) -> None:
        """A line, which is broken inside of its brackets if it must be."""
        self.newline(indent)
        if not is_forced_line(nodes) and self.fits(nodes, ""):
            self.straight(nodes, "")
        else:
            self.brackets(nodes, indent, "")
        self.newline(0)

    def fits(self, nodes: list[Node], behind: str) -> bool:
        """Whether nodes have room on the line under way."""
        text = flat(nodes)
        return self.room(self.column, text if self.current else text.lstrip(" "), behind)

    def room(self, column: int, text: str, behind: str) -> bool:
        """Whether a text that begins in a column stays within the width."""
        first, broken, rest = text.partition("\n")
        if not broken:
            return column + len(first) + len(behind) <= self.width
        last = rest.rpartition("\n")[2]
        return column + len(first) <= self.width and len(last) + len(behind) <= self.width

    def straight(self, nodes: list[Node], behind: str) -> None:
        """Nodes on the line under way."""
        for position, node in enumerate(nodes):
            follows = behind if position == len(nodes) - 1 else ""
            if isinstance(node, Token):
                self.token(node, follows)
                continue
            for comment in node.opener.above:
                self.remark(comment, self.indent if not self.current else self.deeper)
            self.text(node.flat + follows, node.opener)
            if node.closer.comment is not None:
                self.note(node.closer.comment)

    # -- what stands in a broken bracket ---------------------------------------------------------

    def row(self, nodes: list[Node], indent: int, behind: str) -> None:
        """An item on lines of its own."""
        outer, self.deeper = self.deeper, indent + INDENT
        if not is_forced_before_end(nodes) and self.fits(nodes, behind):
            self.straight(nodes, behind)
        elif len(parts := _parts(nodes)) > 1:
            for number, part in enumerate(parts):
                if number:
                    self.newline(indent + INDENT)
                self.row(part, indent + INDENT * (number > 0), behind if part is parts[-1] else "")
        else:
            self.brackets(nodes, indent, behind)
        self.deeper = outer

    def brackets(self, nodes: list[Node], indent: int, behind: str) -> None:
        """Nodes, with some of their brackets broken: those that must be, to have room."""
        broken = self.chosen(nodes, indent, behind)
        for position, node in enumerate(nodes):
            follows = behind if position == len(nodes) - 1 else ""
            if position in broken:
                assert isinstance(node, Bracket)
                self.broken(node, indent, follows)
            else:
                self.straight([node], follows)

    def chosen(self, nodes: list[Node], indent: int, behind: str) -> set[int]:
        """Which nodes are brackets to break: those that must be, then as many as it takes.

        One more is broken in the first line that is too long: rather one after which there is
        room on both sides, rather no index, and rather the last.
        """
        broken = {i for i, node in enumerate(nodes) if isinstance(node, Bracket) and node.is_forced}
        while True:
            for line in self.stretches(nodes, broken, indent, behind):
                if self.room(line.column, line.text, line.behind) or not line.breakable:
                    continue
                broken.add(max(line.breakable, key=lambda at: self.merit(line, at, indent)))
                break
            else:
                return broken

    def stretches(
        self, nodes: list[Node], broken: set[int], indent: int, behind: str
    ) -> Iterator[_Stretch]:
        """The lines that are left of nodes when some of their brackets are broken."""
        begin, column, before = 0, self.column, ""
        for end in (*sorted(broken), len(nodes)):
            after = _opening(nodes[end]) if end < len(nodes) else behind
            at_start = begin == 0 and not self.current
            yield _Stretch(nodes[begin:end], begin, column, before, after, at_start)
            if end < len(nodes):
                begin, column, before = end + 1, indent, _closing(nodes[end])

    def merit(self, line: _Stretch, position: int, indent: int) -> tuple[bool, bool, int]:
        """How good a bracket of a line is to break, as a key to sort by."""
        at = position - line.begin
        node = line.nodes[at]
        assert isinstance(node, Bracket)
        head = line.before + flat(line.nodes[:at]) + _opening(node)
        tail = _closing(node) + flat(line.nodes[at + 1 :])
        has_room = self.room(line.column, head, "") and self.room(indent, tail, line.behind)
        return has_room, node.role != "index", position if has_room else len(node.flat)

    def broken(self, bracket: Bracket, indent: int, behind: str) -> None:
        """A bracket with its items on lines of their own."""
        self.token(bracket.opener)
        inner = hugged(bracket)
        if inner is not None:
            self.broken(inner, indent, "")
            self.token(bracket.closer, behind)
            return
        parts = rows(bracket)
        is_list = parts is bracket.items
        for number, part in enumerate(parts):
            last = number == len(parts) - 1
            first = first_token(part[0])
            self.newline(indent + INDENT)
            for comment in first.above:
                self.blank(int(number > 0 and comment.blanks > 0))
                self.remark(comment, indent + INDENT)
            self.blank(int((number > 0 or bool(first.above)) and first.blanks > 0))
            comments, first.above = first.above, []
            self.row(part, indent + INDENT, bracket.broken_end if last else "," * is_list)
            first.above = comments
        for comment in bracket.closer.above:
            self.newline(indent + INDENT)
            self.blank(int(bool(parts) and comment.blanks > 0))
            self.remark(comment, indent + INDENT)
        self.newline(indent)
        self.text(bracket.closer.text + behind, bracket.closer)
        if bracket.closer.comment is not None:
            self.note(bracket.closer.comment)


def is_forced_line(nodes: list[Node]) -> bool:
    """Whether a statement cannot stand on one line."""
    return any(isinstance(node, Bracket) and node.is_forced for node in nodes)


def _parts(nodes: list[Node]) -> list[list[Node]]:
    """An expression cut before its clauses, or before the operators that bind least."""
    clauses = list(clause_starts(nodes))
    if clauses:
        return cut_at(nodes, clauses)
    for kinds in LEVELS:
        parts = operands(nodes, kinds)
        if len(parts) > 1:
            return parts
    return [nodes]


def _opening(node: Node) -> str:
    """What of a broken bracket stands on the line where it begins."""
    assert isinstance(node, Bracket)
    text = (" " if node.opener.space else "") + node.opener.text
    inner = hugged(node)
    return text + (_opening(inner) if inner is not None else "")


def _closing(node: Node) -> str:
    """What of a broken bracket stands on the line where it ends."""
    assert isinstance(node, Bracket)
    inner = hugged(node)
    return (_closing(inner) if inner is not None else "") + node.closer.text
