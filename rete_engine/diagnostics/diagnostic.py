"""What is told to a user about a rule text: a place, a cause, a code and a hint."""

from __future__ import annotations

import difflib
from bisect import bisect
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from rete_engine.diagnostics.source import Span

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Note:
    """A second place that belongs to a diagnostic, such as an earlier declaration."""

    message: str
    span: Span


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding about a rule text.

    `str()` of it is what the command line prints: severity, code, message, place, the source
    line with a marker below the words meant, and a hint where a mend is likely.
    """

    code: str  # stable, listed in `diagnostics.codes`: "RE0102"
    message: str
    span: Span
    hint: str | None = None
    severity: Severity = "error"
    notes: tuple[Note, ...] = field(default=())

    def __str__(self) -> str:
        lines = [f"{self.severity}[{self.code}]: {self.message}", *_excerpt(self.span, "")]
        for note in self.notes:
            lines.append(f"  note: {note.message}")
            lines.extend(_excerpt(note.span, "  "))
        if self.hint:
            lines.append(f"  hint: {self.hint}")
        return "\n".join(lines)

    def as_dict(self) -> dict[str, object]:
        """The diagnostic as plain values, for JSON."""
        return {
            "code": self.code,
            "severity": self.severity,
            "message": self.message,
            "hint": self.hint,
            "file": self.span.source.name,
            "line": self.span.line,
            "column": self.span.column,
            "end_line": self.span.end_line,
            "end_column": self.span.end_column,
        }


#: A source line longer than this is shown in part, so that a generated file of one huge line
#: does not flood the terminal.
LONGEST_EXCERPT = 160


def _excerpt(span: Span, margin: str) -> list[str]:
    """The place of a span and its first source line with a marker below."""
    if span.line < 1:
        return [f"{margin}  --> {span.source.name}"]
    lines = [f"{margin}  --> {span}"]
    text = span.source.line(span.line)
    if not text.strip():
        return lines
    end = span.end_column if span.end_line == span.line else len(text) + 1
    start = span.column - 1
    width = max(end - span.column, 1)
    if len(text) > LONGEST_EXCERPT:
        cut = max(0, start - LONGEST_EXCERPT // 4)
        text, start = text[cut : cut + LONGEST_EXCERPT], start - cut
        width = min(width, max(len(text) - start, 1))
    # Tabs stay tabs in front of the marker, so that it stands below the word at any tab width.
    lead = "".join("\t" if character == "\t" else " " for character in text[:start])
    number = str(span.line)
    return [
        *lines,
        f"{margin} {number} | {text}",
        f"{margin} {' ' * len(number)} | {lead.ljust(start)}{'^' * width}",
    ]


#: How many known words a wrong one is compared with, which takes milliseconds for each mistake.
MOST_COMPARED = 200


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """A hint that names the known word most like a wrong one, or None when none is near."""
    candidates = sorted(set(known))
    compared = candidates
    if len(candidates) > MOST_COMPARED:  # those that begin or end most like it
        backwards = _around(name[::-1], sorted(word[::-1] for word in candidates))
        compared = sorted({*_around(name, candidates), *(word[::-1] for word in backwards)})
    near = difflib.get_close_matches(name, compared, n=1, cutoff=0.6)
    if not near:
        near = [c for c in candidates if c.lower() == name.lower()][:1]
    return f"did you mean '{near[0]}'?" if near else None


def _around(name: str, words: list[str]) -> list[str]:
    """The words next to where a name stands among sorted words."""
    place, reach = bisect(words, name), MOST_COMPARED // 4
    return words[max(place - reach, 0) : place + reach]
