"""Every diagnostic that a text can get has a golden case that shows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from rete_engine.diagnostics.codes import CODES

FOLDER = Path(__file__).parent / "diagnostics"

#: Of files, or of texts too long to be kept: shown by other tests.
ELSEWHERE = {"RE0001", "RE0003"}


@pytest.mark.parametrize("code", sorted(CODES.keys() - ELSEWHERE))
def test_a_case_shows_the_code(code: str) -> None:
    (case,) = FOLDER.glob(f"{code.lower()}_*.*")
    text = case.read_text(encoding="utf-8")
    assert text.startswith(f"# title: {code}: ")
    assert f"[{code}]" in text


def test_no_code_is_made_up() -> None:
    for case in FOLDER.glob("*.*"):
        assert case.name.split("_")[0].upper() in CODES
