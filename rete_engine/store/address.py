"""Where facts come from, as the command line writes it: `[Template=]path[:inside]`."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from rete_engine.diagnostics.diagnostic import did_you_mean
from rete_engine.diagnostics.errors import FactError

#: The path that means standard input, and what messages call it.
STANDARD_INPUT = "-"
STANDARD_INPUT_NAME = "<stdin>"


@dataclass(frozen=True, slots=True)
class Address:
    """One source of facts."""

    path: str  # as the user gave it, or STANDARD_INPUT
    template: str | None = None  # of all records; None: each record or the file's name tells
    inside: tuple[str, ...] = ()  # the keys that lead to the list inside the document

    @property
    def name(self) -> str:
        """What messages call the source."""
        return STANDARD_INPUT_NAME if self.path == STANDARD_INPUT else self.path


def parse_address(text: str, templates: Collection[str]) -> Address:
    """Read `[Template=]path[:inside]`.

    `inside` is a dotted path to a list in the document: `Package=uv.lock:package`. A file that
    is called exactly what stands there wins over the reading with a template or a path inside,
    so that names with `=` and `:` in them can be given.

    Args:
        text: The text after `--facts`.
        templates: The names of the rule set's templates.

    Raises:
        FactError: The template is not known, or no file is named.

    Example:
        >>> parse_address("Order=shop.json:data.orders", ["Order"])
        Address(path='shop.json', template='Order', inside=('data', 'orders'))
    """
    template = None
    rest = text
    head, equals, tail = text.partition("=")
    if equals and head.isidentifier() and not _exists(text):
        if head not in templates:
            hint = did_you_mean(head, templates)
            known = ", ".join(sorted(templates)) or "none"
            raise FactError(
                f"--facts {text}: unknown template '{head}'; {hint or f'templates are: {known}'}"
            )
        template, rest = head, tail
    path, inside = _split(rest)
    if not path:
        raise FactError(f"--facts {text}: no file is named")
    if path == STANDARD_INPUT and inside:
        raise FactError(f"--facts {text}: standard input is NDJSON, it has no path inside")
    return Address(path, template, inside)


def _split(text: str) -> tuple[str, tuple[str, ...]]:
    """The path of a file and the keys behind its colon."""
    path, colon, inside = text.rpartition(":")
    # A slash behind the colon belongs to a path: `runs/12:30/events`.
    if not colon or not inside or "/" in inside or "\\" in inside or _exists(text):
        return text, ()
    return path, tuple(inside.split("."))


def _exists(path: str) -> bool:
    try:
        return Path(path).exists()
    except (OSError, ValueError):  # too long a name, or a NUL in it
        return False
