"""What the documentation shows is what happens."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.pages import PAGES, ROOT, Section, agrees, all_sections, sections, tidy
from tests.docs.running import Run


@pytest.mark.parametrize("section", all_sections(), ids=str)
def test_what_a_section_shows_happens(section: Section, tmp_path: Path) -> None:
    for block, printed, expected in Run(section, tmp_path).results():
        place = f"{section.page}:{block.line}"
        if expected is None:
            assert tidy(printed) == "", f"{place} prints something"
        else:
            assert agrees(printed, expected), f"{place} prints:\n{printed}"
