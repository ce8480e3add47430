"""Regular expressions for `matches`: full match, in linear time, with Rust's engine.

The engine is the one inside pydantic-core (https://docs.rs/regex). It has no lookaround and no
backreferences, which is what makes a match linear in the length of the string. pydantic-core is
imported when the first pattern is compiled, so that rules without one do not pay for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import final

from rete_engine.expressions.errors import EvaluationError

#: Bounds on a pattern: its characters, and the copies that counted repetitions unfold to.
LONGEST_PATTERN = 2_000
MOST_COPIES = 10_000

#: Patterns kept compiled; a pattern that is computed may be another one at each evaluation.
MOST_KEPT = 256


@final
class Pattern:
    """A compiled pattern."""

    __slots__ = ("_matches", "copies")

    def __init__(self, matches: Callable[[object], bool], copies: int) -> None:
        self._matches = matches
        self.copies = copies

    def matches(self, value: object) -> bool:
        """Whether a string matches the whole pattern; false for any other value."""
        return self._matches(value)

    def cost(self, value: object) -> int:
        """About how many microseconds a match may take at worst (3 ns a copy and character)."""
        return self.copies * len(value) >> 8 if isinstance(value, str) else 0


_kept: dict[str, Pattern] = {}


def pattern_of(pattern: str) -> Pattern:
    """The compiled form of a pattern.

    Example:
        >>> pattern_of("a.c").matches("abc"), pattern_of("a.c").matches("abcd")
        (True, False)

    Raises:
        EvaluationError: The pattern is none that the engine can use.
    """
    found = _kept.get(pattern)
    if found is None:
        found = _compile(pattern)
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        _kept[pattern] = found
    return found


def problem_with_pattern(pattern: str) -> str | None:
    """Why a pattern cannot be used, in a line; None for one that can."""
    try:
        pattern_of(pattern)
    except EvaluationError as error:
        return str(error)
    return None


def _compile(pattern: str) -> Pattern:
    if len(pattern) > LONGEST_PATTERN:
        raise EvaluationError(f"a regex is longer than {LONGEST_PATTERN} characters")
    copies = _copies(pattern)
    if copies > MOST_COPIES:
        raise EvaluationError(f"a regex repeats its parts more than {MOST_COPIES} times")
    # On its own first: wrapped, an unbalanced `a)(?:b` would pass.
    _build(pattern)
    try:
        matches = _build(rf"\A(?:{pattern})\z")
    except EvaluationError:
        # A pattern in verbose mode may end in a comment, which swallows the closing bracket.
        matches = _build(f"\\A(?:{pattern}\n)\\z")
    return Pattern(matches, copies)


def _build(pattern: str) -> Callable[[object], bool]:
    from pydantic_core import SchemaError, SchemaValidator, core_schema

    schema = core_schema.str_schema(pattern=pattern, regex_engine="rust-regex", strict=True)
    try:
        return SchemaValidator(schema).isinstance_python
    except SchemaError as error:
        raise EvaluationError(_reason(str(error))) from None
    except UnicodeEncodeError:
        raise EvaluationError("a regex with a lone surrogate") from None


def _reason(message: str) -> str:
    """The last line of the engine's message says what is wrong."""
    line = message.strip().splitlines()[-1].strip()
    return line.removeprefix("SchemaError:").removeprefix("error:").strip()


_TOKEN = re.compile(
    r"\\[pP]\{[^}]*\}|\\x\{[^}]*\}|\\.|\[\^?\]?(?:\\.|[^\]\\])*\]"
    r"|\{(?P<least>\d+)(?:,(?P<most>\d*))?\}|(?P<open>\()|(?P<close>\))|.",
    re.DOTALL,
)


def _copies(pattern: str) -> int:
    """How many copies of parts the counted repetitions of a pattern come to, at most.

    A matcher simulates every copy at every character, so nested counts multiply its time. The
    reading of the pattern is a rough one that errs on the high side.
    """
    totals = [0]  # of the groups that are open
    last = 0  # of the part that a repetition would repeat
    for token in _TOKEN.finditer(pattern):
        if token["open"]:
            totals.append(0)
            last = 0
        elif token["close"]:
            last = totals.pop() if len(totals) > 1 else 0
            totals[-1] += last
        elif token["least"]:
            if len(token["least"]) > 6 or len(token["most"] or "") > 6:
                return MOST_COPIES + 1
            most = max(int(token["least"]), int(token["most"] or 0), 1)
            totals[-1] += last * (most - 1)
            last *= most
        else:
            last = 1
            totals[-1] += 1
    return sum(totals)
