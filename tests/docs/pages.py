"""The pages of the documentation, cut into sections and code blocks.

What a page shows is run. The conventions are those that a reader takes for granted anyway:

- What a `##` section shows belongs together, and builds on what stands before the first one.
- A line that ends in a file's name and a colon (``…as `pricing.rete`:``) names the file that the
  block below it is.
- A block of `text` is what the block before it prints. A line that is only `…` stands for lines
  left out. In Python a comment behind a `print(…)` is what that line prints.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = (
    "README.md",
    "SECURITY.md",
    "docs/language.md",
    "docs/yaml.md",
    "docs/jsr94.md",
    "docs/migrating.md",
    "docs/python.md",
    "docs/agents.md",
    "docs/command-line.md",
    "docs/performance.md",
    "docs/services.md",
    "docs/errors.md",
    "docs/ARCHITECTURE.md",
)

_FENCE = re.compile(r"^```(\w*)$")
_HEADING = re.compile(r"^#{1,2} (.+)$")
_FILE = re.compile(r"`([\w.-]+\.(?:rete|json|ndjson|csv|yaml|toml|py))`:$")


@dataclass
class Block:
    """A fenced block of a page."""

    language: str
    text: str
    line: int  # of its first line in the page
    file: str | None  # the name of the file that it is
    expected: Block | None = None  # the block of text below it: what it prints


@dataclass
class Section:
    """What stands below one heading."""

    page: str
    title: str
    blocks: list[Block] = field(default_factory=list)
    before: list[Block] = field(default_factory=list)  # of the page, before its first section

    def __str__(self) -> str:
        return f"{self.page}: {self.title}"

    @property
    def files(self) -> Iterator[Block]:
        """The blocks that are files."""
        return (block for block in (*self.before, *self.blocks) if block.file)


def sections(page: str) -> list[Section]:
    """The sections of a page that have blocks; the first is what stands before any `##`."""
    found: list[Section] = []
    block: Block | None = None
    lines: list[str] = []
    caption = ""
    for number, line in enumerate((ROOT / page).read_text("utf-8").splitlines(), 1):
        fence = _FENCE.match(line)
        if block is not None:
            if line != "```":
                lines.append(line)
                continue
            block.text = "\n".join(lines)
            block, lines = None, []
        elif fence:
            named = _FILE.search(caption)
            block = Block(fence[1], "", number + 1, named[1] if named else None)
            blocks = found[-1].blocks
            if block.language == "text" and blocks and block.file is None:
                blocks[-1].expected = block
            else:
                blocks.append(block)
        elif heading := _HEADING.match(line):
            found.append(Section(page, heading[1]))
        if line.strip():
            caption = line
    for section in found[1:]:
        section.before = found[0].blocks
    return [section for section in found if section.blocks]


def all_sections() -> list[Section]:
    """The sections of all pages."""
    return [section for page in PAGES for section in sections(page)]


def agrees(printed: str, expected: str) -> bool:
    """Whether what was printed is what a page shows, but for what the page leaves out."""
    pattern = "".join(
        "(?:.*\n)*?" if leaves_out(line) else re.escape(line.rstrip()) + "\n"
        for line in expected.strip("\n").split("\n")
    )
    return re.fullmatch(pattern, tidy(printed) + "\n") is not None


def leaves_out(text: str) -> bool:
    """Whether lines of a text are left out."""
    return any(line.strip() == "…" for line in text.split("\n"))


def tidy(printed: str) -> str:
    """A text without the white space that a page does not show."""
    return "\n".join(line.rstrip() for line in printed.strip("\n").split("\n"))
