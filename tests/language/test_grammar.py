from __future__ import annotations

import importlib.resources
import logging
import subprocess
import sys
from pathlib import Path

import lark
import pytest

from rete_engine.language.automaton import automaton
from rete_engine.language.declarations import DeclarationBuilder
from rete_engine.language.grammar import START_SYMBOLS, grammar_text, terminals


def test_the_grammar_has_no_conflicts(caplog: pytest.LogCaptureFixture) -> None:
    # Lark takes the shift where it could reduce as well, and says so only to its debug log.
    lark.logger.addHandler(caplog.handler)
    try:
        with caplog.at_level(logging.DEBUG, lark.logger.name):
            lark.Lark(grammar_text(), parser="lalr", lexer="basic", start=list(START_SYMBOLS))
    finally:
        lark.logger.removeHandler(caplog.handler)
    assert "conflict" not in caplog.text.lower()


def test_every_rule_of_the_grammar_has_a_builder() -> None:
    names = {
        rule.alias or rule.origin.name
        for rule in lark.Lark(grammar_text(), start=list(START_SYMBOLS), parser="lalr").rules
        if not rule.origin.name.startswith("_")
        and not (rule.options.expand1 and len(rule.expansion) == 1 and not rule.alias)
    }
    missing = {name for name in names if not hasattr(DeclarationBuilder, name)}
    assert not missing


def test_keywords_and_operators_come_from_the_grammar() -> None:
    assert terminals().keywords["rule"] == "RULE"
    assert terminals().operators[":="] == "BIND"
    assert "NAME" in dict(terminals().patterns)
    assert automaton().starts.keys() == set(START_SYMBOLS)


def test_the_grammar_of_a_wheel_is_in_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "grammar").mkdir()
    (tmp_path / "grammar" / "rete.lark").write_text("// in the package")
    monkeypatch.setattr(importlib.resources, "files", lambda package: tmp_path)
    assert grammar_text() == "// in the package"


def test_the_grammar_is_built_only_when_a_text_is_parsed() -> None:
    program = "import sys, rete_engine.language.parser; print('lark' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
