"""Write what the pages' blocks print into the pages: `python -m tests.docs.update [PAGE…]`.

For whoever changed a message or an output on purpose. Read the difference before you commit it.
Blocks that leave something out (`…`) stay as they are; those that no longer agree are named.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.docs.pages import PAGES, ROOT, agrees, leaves_out, sections, tidy
from tests.docs.running import Run


def update(page: str) -> None:
    """Rewrite the outputs of a page."""
    path = ROOT / page
    lines = path.read_text("utf-8").split("\n")
    found: list[tuple[int, int, list[str]]] = []
    for section in sections(page):
        with tempfile.TemporaryDirectory() as folder:
            for block, printed, expected in Run(section, Path(folder)).results():
                if expected is None:
                    if tidy(printed):
                        print(f"{page}:{block.line} prints what the page does not show:\n{printed}")
                    continue
                if agrees(printed, expected):
                    continue
                target = block.expected or block
                if target.language not in ("text", "console") or leaves_out(expected):
                    print(f"{page}:{block.line} prints something else:\n{printed}")
                    continue
                start = target.line - 1
                end = start + (target.text.count("\n") + 1 if target.text else 0)
                found.append((start, end, tidy(printed).split("\n")))
    for start, end, shown in reversed(found):
        lines[start:end] = shown
    path.write_text("\n".join(lines), "utf-8")


if __name__ == "__main__":
    for name in sys.argv[1:] or PAGES:
        update(name)
