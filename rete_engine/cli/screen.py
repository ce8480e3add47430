"""What is written where: results to standard output, all else to standard error."""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text

    from rete_engine.diagnostics.diagnostic import Diagnostic

# Rich is imported where something is coloured or laid out in a table: help, and runs that tell
# nothing or JSON, do not wait for it.


class ReaderGone(BaseException):
    """Whoever read standard output has closed it, as `head` does.

    Not an `Exception`: a rule that prints raises it in the middle of a run, which must end with
    it and not take it for a failed action.
    """


#: No table is this wide. Where no terminal sets a width, nothing is to be cut or wrapped.
_UNBOUNDED = 100_000


class Screen:
    """The standard streams of one command."""

    def __init__(self) -> None:
        # A process may be started without its standard streams.
        self.out: TextIO = sys.stdout or io.StringIO()
        self.err: TextIO = sys.stderr or io.StringIO()
        for stream in (self.out, self.err):
            # A character that the terminal's encoding lacks is no reason to fail.
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")
        self._errors: Console | None = None
        #: Called before anything is written, to take a progress display away.
        self.before_writing: Callable[[], None] = lambda: None

    @property
    def unicode_out(self) -> bool:
        """Whether standard output can hold any character."""
        return (self.out.encoding or "ascii").lower().replace("-", "").startswith("utf")

    def print(self, text: str) -> None:
        """Write a line to standard output.

        Raises:
            ReaderGone: Nobody reads it.
        """
        self.before_writing()
        try:
            self.out.write(text + "\n")
        except BrokenPipeError:
            raise ReaderGone from None

    def write(self, content: bytes) -> None:
        """Write bytes to standard output as they are.

        Raises:
            ReaderGone: Nobody reads them.
        """
        self.before_writing()
        try:
            self.out.flush()
            self.out.buffer.write(content)
        except BrokenPipeError:
            raise ReaderGone from None

    def render_line(self, text: Text) -> None:
        """Write a line in colours to standard output, as long as it is.

        Raises:
            ReaderGone: Nobody reads it.
        """
        from rich.console import Console

        console = Console(file=self.out, highlight=False, soft_wrap=True)
        with console.capture() as captured:
            console.print(text)
        self.print(captured.get().rstrip("\n"))

    def render(self, *what: RenderableType) -> None:
        """Write tables to standard output; as wide as they are where it is no terminal.

        Raises:
            ReaderGone: Nobody reads it.
        """
        from rich.console import Console

        width = None if self.out.isatty() else _UNBOUNDED
        console = Console(file=self.out, width=width, highlight=False)
        for renderable in what:
            with console.capture() as captured:
                console.print(renderable)
            lines = [line.rstrip() for line in captured.get().split("\n")]
            self.print("\n" + "\n".join(lines).strip("\n"))

    def error_line(self, text: str) -> None:
        """Write a line to standard error as it is."""
        self.before_writing()
        with contextlib.suppress(BrokenPipeError):
            self.err.write(text + "\n")

    def tell(self, message: str, label: str, style: str) -> None:
        """Write a message to standard error, its label coloured on a terminal."""
        from rich.text import Text

        self._colour(Text.assemble((f"{label}: ", style), message), end="\n")

    def error(self, message: str) -> None:
        """Tell an error."""
        self.tell(message, "error", "bold red")

    def warning(self, message: str) -> None:
        """Tell a warning."""
        self.tell(message, "warning", "bold yellow")

    def notice(self, message: str) -> None:
        """Tell what the user may want to know."""
        self.tell(message, "notice", "cyan")

    def diagnostic(self, diagnostic: Diagnostic) -> None:
        """Tell a diagnostic, with its line and marker."""
        self._colour(_coloured(diagnostic), end="\n\n")

    def _colour(self, text: Text, end: str) -> None:
        """Write a text to standard error, in colours on a terminal."""
        from rich.console import Console

        if self._errors is None:
            self._errors = Console(file=self.err, highlight=False, soft_wrap=True)
        self.before_writing()
        with contextlib.suppress(BrokenPipeError):
            self._errors.print(text, end=end)

    def flush(self) -> None:
        """Hand everything over.

        Raises:
            ReaderGone: Nobody reads it.
            OSError: It cannot be written, for example because a disk is full.
        """
        try:
            self.out.flush()
        except BrokenPipeError:
            raise ReaderGone from None

    def abandon(self) -> None:
        """Write nothing more to standard output, so that closing it at the exit is no error."""
        with contextlib.suppress(OSError, ValueError):  # a stream of a test has no descriptor
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.out.fileno())
            os.close(nowhere)


_MARKER = re.compile(r"^( *\d* \| *\t*\s*)(\^+)$")
_SOURCE = re.compile(r"^( *\d+ \|)")


def _coloured(diagnostic: Diagnostic) -> Text:
    """The text of a diagnostic with the colours that compilers have taught us."""
    from rich.text import Text

    main = "bold red" if diagnostic.severity == "error" else "bold yellow"
    result = Text()
    for number, line in enumerate(str(diagnostic).split("\n")):
        if number:
            result.append("\n")
        label, colon, rest = line.partition(":")
        marker = _MARKER.match(line)
        source = _SOURCE.match(line)
        if number == 0:
            result.append(label + colon, main)
            result.append(rest, "bold")
        elif marker:
            result.append(marker[1], "blue")
            result.append(marker[2], main)
        elif source:
            result.append(source[1], "blue")
            result.append(line[source.end() :])
        elif label.strip() in ("hint", "note"):
            result.append(label + colon, "cyan")
            result.append(rest)
        else:
            result.append(line, "blue" if line.lstrip().startswith("-->") else "")
    return result
