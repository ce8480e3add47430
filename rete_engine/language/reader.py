"""Rule files and texts to sources: decoded, with plain line ends, and not too large."""

from __future__ import annotations

import os
import re
from pathlib import Path

from rete_engine.diagnostics.diagnostic import Diagnostic
from rete_engine.diagnostics.errors import RuleSyntaxError
from rete_engine.diagnostics.source import Source, Span

#: The size of the largest file that is read, in bytes: hundreds of thousands of lines.
LARGEST_TEXT = 16 * 1024 * 1024

# Tabs, form feeds and line ends are welcome. Other control characters mean a file of another
# kind, and lone surrogates cannot be printed in a message.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f\ud800-\udfff]")


def read_source(path: str | os.PathLike[str]) -> Source:
    """Read a file of rules, in UTF-8 with or without a byte order mark.

    Args:
        path: The file; messages name it as it is given here.

    Raises:
        RuleSyntaxError: The file is missing, a directory or otherwise unreadable (RE0001), is
            not UTF-8 or holds control characters (RE0002), or is too large (RE0003).
    """
    name = os.fspath(path)
    try:
        with Path(name).open("rb") as file:
            content = file.read(LARGEST_TEXT + 1)
    except FileNotFoundError:
        raise _failure("RE0001", f"there is no file '{name}'", Source(name, "")) from None
    except IsADirectoryError:
        raise _failure("RE0001", f"'{name}' is a directory", Source(name, "")) from None
    except (OSError, ValueError) as error:  # a NUL in a path is a ValueError
        reason = getattr(error, "strerror", None) or str(error)
        message = f"'{name}' cannot be read: {reason}"
        raise _failure("RE0001", message, Source(name, "")) from None
    return decode_source(content, name)


def decode_source(content: bytes, name: str) -> Source:
    """A source from the bytes of a file, in UTF-8 with or without a byte order mark.

    Args:
        content: The bytes.
        name: What messages call the file.

    Raises:
        RuleSyntaxError: As `read_source` does, but for RE0001.
    """
    if len(content) > LARGEST_TEXT:
        raise _too_large(name)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        readable = content[: error.start].decode("utf-8")
        line, column = readable.count("\n") + 1, len(readable) - (readable.rfind("\n") + 1) + 1
        message = f"byte 0x{content[error.start]:02x} is not UTF-8"
        raise _failure(
            "RE0002", message, Source(name, ""), line, column, "save the file as UTF-8"
        ) from None
    return make_source(text, name)


def make_source(text: str, name: str = "<text>") -> Source:
    r"""A source from a text: without a byte order mark, and with `\n` at the ends of lines.

    Args:
        text: The rules.
        name: What messages call the text.

    Raises:
        RuleSyntaxError: The text holds control characters (RE0002), or is too large (RE0003).
    """
    if len(text) > LARGEST_TEXT:
        raise _too_large(name)
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    source = Source(name, text)
    found = _CONTROL.search(text)
    if found is not None:
        line = text.count("\n", 0, found.start()) + 1
        column = found.start() - (text.rfind("\n", 0, found.start()) + 1) + 1
        message = f"a text of rules holds no control character (U+{ord(found[0]):04X})"
        # The line itself is not shown: it may hold what a terminal obeys.
        raise _failure("RE0002", message, Source(name, ""), line, column)
    return source


def declares_nothing(place: Span, hint: str) -> Diagnostic:
    """The warning of a text in which nothing is declared, such as a file that was cut off."""
    message = "nothing is declared here: no rule, no template, no facts"
    hint = f"is this the file that you mean? {hint}"
    return Diagnostic("RE0511", message, place, hint, "warning")


def _too_large(name: str) -> RuleSyntaxError:
    limit = LARGEST_TEXT // (1024 * 1024)
    return _failure(
        "RE0003",
        f"the text is larger than {limit} MB",
        Source(name, ""),
        hint="split it into files and 'import' them; facts are better loaded as data",
    )


def _failure(
    code: str,
    message: str,
    source: Source,
    line: int = 0,
    column: int = 0,
    hint: str | None = None,
) -> RuleSyntaxError:
    place = Span(source, line, column, line, column + 1)
    return RuleSyntaxError([Diagnostic(code, message, place, hint)])
