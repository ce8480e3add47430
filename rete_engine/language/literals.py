r"""What the literals of a text stand for: strings with escapes, numbers, durations.

A literal that cannot be read is a `BadLiteralError` with the offset of the fault; there is no way
from here to Python's own reader of literals.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta


class BadLiteralError(Exception):
    """A literal that stands for nothing; `offset` is where in its text the fault is."""

    def __init__(self, message: str, offset: int = 0, length: int = 1, hint: str | None = None):
        super().__init__(message)
        self.message = message
        self.offset = offset
        self.length = length
        self.hint = hint


# -- strings -----------------------------------------------------------------------------------

_SIMPLE = {
    "\n": "",
    "\\": "\\",
    "'": "'",
    '"': '"',
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
}
_HEX_DIGITS = {"x": 2, "u": 4, "U": 8}
_ESCAPE = re.compile(r"\\(?:([0-7]{1,3})|([xuU])|N\{([^}]*)\}|([\s\S]))")


def split_string(text: str) -> tuple[str, int, int]:
    """The prefix of a string in lower case, and where its content begins and ends."""
    start = min(index for index in (text.find('"'), text.find("'")) if index >= 0)
    quotes = 3 if len(text) >= start + 6 and text[start : start + 3] == text[start] * 3 else 1
    return text[:start].lower(), start + quotes, len(text) - quotes


def string(text: str) -> str:
    """The value of a string literal, quotes and prefix included.

    Raises:
        BadLiteralError: an escape is incomplete or names no character.
    """
    prefix, start, end = split_string(text)
    content = text[start:end]
    return content if "r" in prefix or "\\" not in content else unescape(content, start)


def unescape(content: str, offset: int = 0) -> str:
    r"""The content of a string with Python's escapes resolved.

    An escape that Python does not know keeps its backslash, as in Python: `"\d+"` is a regex.

    Raises:
        BadLiteralError: an escape is incomplete or names no character.
    """
    if "\\" not in content:
        return content
    pieces: list[str] = []
    position = 0
    while (found := _ESCAPE.search(content, position)) is not None:
        pieces.append(content[position : found.start()])
        octal, wide, name, single = found.groups()
        position = found.end()
        if octal is not None:
            pieces.append(chr(int(octal, 8)))
        elif name is not None:
            try:
                pieces.append(unicodedata.lookup(name))
            except KeyError:
                raise BadLiteralError(
                    f"no character is named {name!r}", offset + found.start(), len(found[0])
                ) from None
        elif wide is not None:
            position += _HEX_DIGITS[wide]
            pieces.append(_character(content[found.end() : position], wide, offset + found.start()))
        elif single == "N":
            raise BadLiteralError(
                r"write \N{NAME} with a character's name", offset + found.start(), 2
            )
        else:
            pieces.append(_SIMPLE.get(single, "\\" + single))
    pieces.append(content[position:])
    return "".join(pieces)


def _character(digits: str, kind: str, offset: int) -> str:
    r"""The character of `\xhh`, `\uhhhh` or `\Uhhhhhhhh`."""
    wanted = _HEX_DIGITS[kind]
    if not re.fullmatch(f"[0-9a-fA-F]{{{wanted}}}", digits):
        raise BadLiteralError(f"'\\{kind}' needs {wanted} hexadecimal digits", offset, 2)
    number = int(digits, 16)
    if number > 0x10FFFF or 0xD800 <= number <= 0xDFFF:
        raise BadLiteralError(f"'\\{kind}{digits}' is no character", offset, 2 + wanted)
    return chr(number)


# -- f-strings -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Field:
    """`{value!r:>10}` of an f-string: where the expression stands in the literal's text."""

    start: int
    end: int
    conversion: str | None
    format: str | None


def formatted_parts(text: str) -> Iterator[str | Field]:
    """The literal parts of an f-string, as values, and its fields in their order.

    Raises:
        BadLiteralError: braces do not match, a field is empty, or a conversion is unknown.
    """
    prefix, position, end = split_string(text)
    raw = "r" in prefix
    literal: list[str] = []
    while position < end:
        character = text[position]
        if text[position : position + 2] in ("{{", "}}"):
            literal.append(character)
            position += 2
        elif character == "}":
            raise BadLiteralError(
                "a single '}' in an f-string", position, 1, "write '}}' for a brace"
            )
        elif character == "{":
            if literal:
                yield "".join(literal)
                literal.clear()
            field, position = _field(text, position, end)
            yield field
        else:
            stop = position
            while stop < end and text[stop] not in "{}":
                if raw or text[stop] != "\\":
                    stop += 1
                elif named := _NAMED_CHARACTER.match(text, stop, end):
                    stop = named.end()  # its braces hold no field
                else:
                    stop += 1 if text[stop + 1] in "{}" else 2
            piece = text[position : min(stop, end)]
            literal.append(piece if raw else unescape(piece, position))
            position = stop
    if literal:
        yield "".join(literal)


_NAMED_CHARACTER = re.compile(r"\\N\{[^}]*\}")
_QUOTED = re.compile(r"""("{3}|'{3}|"|')[\s\S]*?\1""")
_CLOSING = {"(": ")", "[": "]", "{": "}"}


def _field(text: str, opening: int, end: int) -> tuple[Field, int]:
    """The field whose brace opens here, and the position after its closing brace."""
    stop = opening + 1
    closers: list[str] = []
    while stop < end:
        character = text[stop]
        if quoted := _QUOTED.match(text, stop, end):
            stop = quoted.end()
            continue
        if character in _CLOSING:
            closers.append(_CLOSING[character])
        elif closers and character == closers[-1]:
            closers.pop()
        elif not closers and (
            character in "}:" or (character == "!" and text[stop + 1 : stop + 2] != "=")
        ):
            break
        elif character in "\\#\n":
            raise BadLiteralError(
                "an expression in an f-string has no backslash, comment or line break",
                stop,
                1,
                "compute it before: `v := …`",
            )
        stop += 1
    else:
        raise BadLiteralError(
            "this '{' of the f-string is not closed", opening, 1, "'{{' is a brace"
        )
    if not text[opening + 1 : stop].strip():
        raise BadLiteralError("an empty '{}' in an f-string", opening, stop - opening + 1)
    after = stop
    conversion: str | None = None
    format: str | None = None
    if text[after] == "!":
        conversion = text[after + 1 : after + 2]
        after += 2
        if conversion not in ("r", "s", "a") or text[after : after + 1] not in ("}", ":"):
            raise BadLiteralError("after '!' an f-string has r, s or a", stop, 2)
    if text[after : after + 1] == ":":
        close = text.find("}", after, end)
        if close < 0:
            raise BadLiteralError("this '{' of the f-string is not closed", opening, 1)
        format = text[after + 1 : close]
        if "{" in format:
            raise BadLiteralError(
                "a format in an f-string holds no further field", after + 1 + format.index("{"), 1
            )
        after = close
    return Field(opening + 1, stop, conversion, format), after + 1


# -- numbers and durations -----------------------------------------------------------------------

_INTEGER = re.compile(
    r"0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|[1-9](?:_?[0-9])*|0(?:_?0)*"
)
_DIGITS = re.compile(r"[0-9](?:_?[0-9])*")

#: Python's own limit, so that a text cannot make reading it quadratic.
LONGEST_INTEGER = 4300


def integer(text: str) -> int:
    """The value of an integer literal: decimal, `0x`, `0o` or `0b`, with `_` between digits.

    Raises:
        BadLiteralError: leading zeros, a stray `_`, or too many digits.
    """
    if not _INTEGER.fullmatch(text):
        if text.strip("0_").isdigit() and text.startswith("0"):
            raise BadLiteralError(f"{text} has a leading zero", 0, len(text), "leave the zero out")
        raise BadLiteralError(
            f"{text} is not a number", 0, len(text), "'_' stands between digits only"
        )
    if len(text) > LONGEST_INTEGER:
        raise BadLiteralError(f"a number of more than {LONGEST_INTEGER} digits", 0, len(text))
    return int(text, 0)


def floating(text: str) -> float:
    """The value of a float literal.

    Raises:
        BadLiteralError: a stray `_`, or a number too large for a float.
    """
    _check_underscores(text)
    value = float(text)
    if math.isinf(value):
        raise BadLiteralError(f"{text} is too large for a float", 0, len(text))
    return value


_UNITS = {
    "ms": "milliseconds",
    "s": "seconds",
    "m": "minutes",
    "h": "hours",
    "d": "days",
}


def duration(text: str) -> timedelta:
    """The value of a duration such as `500ms`, `30s`, `5m`, `2h` or `1d`.

    Raises:
        BadLiteralError: a stray `_`, or a duration too long for a timedelta.
    """
    digits = text.rstrip("dhms")
    _check_underscores(digits)
    unit = _UNITS[text[len(digits) :]]
    try:
        return timedelta(
            **{unit: float(digits) if "." in digits else integer(digits.lstrip("0") or "0")}
        )
    except OverflowError:
        raise BadLiteralError(f"{text} is too long for a duration", 0, len(text)) from None


def _check_underscores(text: str) -> None:
    if "_" in text and not all(
        _DIGITS.fullmatch(part) for part in re.split(r"[.eE+-]+", text) if part
    ):
        raise BadLiteralError(
            f"{text} is not a number", 0, len(text), "'_' stands between digits only"
        )
