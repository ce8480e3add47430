"""Source texts and places in them."""

from __future__ import annotations

from dataclasses import dataclass, field

from rete_engine._frozen import frozen


@dataclass(frozen=True, slots=True)
class Source:
    r"""A text that rules were read from.

    The text is kept as it is compared with spans: with `\n` line ends and without a byte
    order mark (`language` normalises it when it reads).
    """

    name: str  # what messages call it: a path as the user gave it, or "<text>"
    text: str = field(repr=False)
    _starts: list[int] = field(default_factory=list, init=False, repr=False, compare=False)

    @property
    def starts(self) -> list[int]:
        """Where each line begins, as an index into the text; found when first asked for."""
        starts = self._starts
        if not starts:
            found = [0]
            end = self.text.find("\n")
            while end >= 0:
                found.append(end + 1)
                end = self.text.find("\n", end + 1)
            starts[:] = found  # at once, for another thread may look meanwhile
        return starts

    def line(self, number: int) -> str:
        """The text of a line (counted from 1) without its line end; empty past the last line."""
        starts = self.starts
        if not 0 < number <= len(starts):
            return ""
        end = starts[number] - 1 if number < len(starts) else len(self.text)
        return self.text[starts[number - 1] : end]


@frozen
class Span:
    """A stretch of a source: lines and columns count from 1, the end column is exclusive."""

    source: Source
    line: int
    column: int
    end_line: int
    end_column: int

    @property
    def text(self) -> str:
        """The words of the source that the span covers."""
        source = self.source
        last = min(self.end_line, len(source.starts))
        lines = [source.line(number) for number in range(max(self.line, 1), last + 1)]
        if not lines:
            return ""
        lines[-1] = lines[-1][: self.end_column - 1]
        lines[0] = lines[0][self.column - 1 :]
        return "\n".join(lines)

    def to(self, end: Span) -> Span:
        """The span from the start of this one to the end of another of the same source."""
        return Span(self.source, self.line, self.column, end.end_line, end.end_column)

    def __str__(self) -> str:
        return f"{self.source.name}:{self.line}:{self.column}"


#: The place of things that were not written in a text: rules and templates made in Python.
PYTHON = Source("<python>", "")
NOWHERE = Span(PYTHON, 0, 0, 0, 0)
