"""Runs an example as `rete run` does."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from rete_engine import RuleSet
from rete_engine.store import load_facts, parse_address

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"


def run(
    rules: str, *facts: str, params: dict[str, object] | None = None, stdin: bytes = b""
) -> tuple[list[Any], list[str]]:
    """The emitted values and the printed lines; notices and warnings there must be none."""
    rule_set = RuleSet.load(EXAMPLES / rules)
    assert rule_set.diagnostics == ()
    printed: list[str] = []
    with rule_set.session(params=params, out=printed.append) as session:
        addresses = [parse_address(text, rule_set.templates) for text in facts]
        load_facts(session, rule_set.templates, addresses, strict=True, stdin=io.BytesIO(stdin))
        result = session.run(limit=100_000)
    assert result.stopped == "quiescent"
    return result.outputs, printed
