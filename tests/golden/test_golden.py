"""Every case under this folder: see `transcript` for their form."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.golden.transcript import cases, title, transcribe

FOLDER = Path(__file__).parent
CASES = list(cases(FOLDER))


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_golden(path: Path, pytestconfig: pytest.Config) -> None:
    assert title(path)
    expected = path.read_text(encoding="utf-8")
    found = transcribe(path)
    if found != expected and pytestconfig.getoption("--update-golden"):
        path.write_text(found, encoding="utf-8")
        pytest.skip("written anew")
    assert found == expected
