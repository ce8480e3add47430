"""Rule text to rule text in the one layout: `rete fmt`.

Only what stands between the words changes: indents, spaces, line ends inside of brackets, commas
at their ends, the number of blank lines (and `True`, `False` and `None` become `true`, `false`
and `none`). Comments stay where they are.
"""

from __future__ import annotations

from rete_engine.diagnostics.errors import RuleSyntaxError
from rete_engine.diagnostics.source import Source
from rete_engine.language.format_parts import Comment, Line, Token
from rete_engine.language.format_reading import lines_of
from rete_engine.language.format_writer import INDENT, Writer
from rete_engine.language.layout import BLOCKS
from rete_engine.language.parser import parse_document
from rete_engine.language.reader import make_source
from rete_engine.language.sameness import say_the_same

#: The width that lines are broken at.
WIDTH = 100

#: Blank lines that may follow each other between declarations, and inside of one.
_MOST_OUTSIDE = 2
_MOST_INSIDE = 1

_SECTIONS = frozenset({"WHEN", "THEN"})
_BRANCHES = frozenset({"ELIF", "ELSE"})


def format_source(source: Source, width: int = WIDTH) -> str:
    r"""A text of rules in the one layout, with `\n` at the ends of its lines.

    Formatting the answer again changes nothing.

    Args:
        source: The text, as `reader` gives it.
        width: How many characters a line may have, if it can be broken.

    Raises:
        RuleSyntaxError: The text has syntax errors; all of them are told.

    Example:
        >>> print(format_source(make_source("param  vat:float=0.2# per cent")), end="")
        param vat: float = 0.2  # per cent
    """
    document, diagnostics = parse_document(source)
    if diagnostics:
        raise RuleSyntaxError(diagnostics)
    text = _Formatter(width).format(*lines_of(source))
    again, diagnostics = parse_document(make_source(text, source.name))
    if diagnostics or not say_the_same(document, again):
        raise AssertionError(f"formatting {source.name} would change what it says")
    return text


class _Formatter:
    """Goes along the lines of a text, and knows how deep in blocks it is."""

    def __init__(self, width: int) -> None:
        self.writer = Writer(width)
        self.depth = 0  # of the blocks that are open
        self.in_actions = False
        self.previous: Line | None = None
        self.opened = True  # whether a block, or the text, has just begun

    def format(self, lines: list[Line], below: list[Comment]) -> str:
        """The text of all lines."""
        for line in lines:
            self.line(line)
        self.remarks(below, 0, 0)
        self.writer.newline(0)
        return "".join(f"{line}\n" for line in self.writer.lines)

    def line(self, line: Line) -> None:
        """One line, with what stands above it."""
        head = line.head
        if line.is_heading:
            self.depth, self.in_actions = 0, False
            self.part(line)
        outer = self.depth
        kind = head.kind
        own = outer - (kind in _SECTIONS or kind in _BRANCHES or kind == "END")
        self.remarks(head.above, outer, own, head)
        ends = kind in _BRANCHES or kind == "END"
        self.blank(0 if ends else head.blanks, outer)
        head.above = []
        self.writer.statement(line.nodes, own * INDENT)
        self.follow(line, kind)
        self.previous = line

    def part(self, line: Line) -> None:
        """See to it that a blank line parts a block from what is above it."""
        previous = self.previous
        if previous is None or not (line.kind in BLOCKS or previous.kind in BLOCKS):
            return
        above: list[Comment | Token] = [*line.head.above, line.head]
        if not any(item.blanks for item in above):
            above[0].blanks = 1

    def follow(self, line: Line, kind: str) -> None:
        """Enter and leave blocks."""
        self.opened = True
        if line.is_heading:
            self.depth = int(line.kind in BLOCKS)
            self.opened = self.depth > 0
        elif kind == "THEN":
            self.in_actions = True
        elif kind == "END":
            self.depth -= 1
            self.opened = False
        elif self.in_actions and kind in ("IF", "FOR"):
            self.depth += 1
        elif kind not in _SECTIONS and kind not in _BRANCHES:
            self.opened = False

    def remarks(
        self, comments: list[Comment], outer: int, own: int, head: Token | None = None
    ) -> None:
        """Comments on lines of their own.

        Above a line that closes something they may belong to what is closed: it is told by how
        far they were indented.
        """
        for comment in comments:
            self.blank(comment.blanks, outer)
            inside = head is not None and comment.column > head.column
            self.writer.remark(comment, (outer if inside else own) * INDENT)
            self.opened = False

    def blank(self, number: int, depth: int) -> None:
        """The blank lines that were written, unless they are too many or in no place."""
        if not self.opened:
            self.writer.blank(min(number, _MOST_INSIDE if depth else _MOST_OUTSIDE))
