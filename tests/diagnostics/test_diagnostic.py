"""What a user reads of a finding: severity, code, place, source line with marker, hint."""

from __future__ import annotations

import difflib
import re
from pathlib import Path

import pytest

from rete_engine.diagnostics.codes import CODES
from rete_engine.diagnostics.diagnostic import Diagnostic, Note, did_you_mean
from rete_engine.diagnostics.errors import (
    FactError,
    RuleEngineError,
    RuleExecutionError,
    RuleSyntaxError,
    RuleValidationError,
    SecurityError,
    SessionError,
)
from rete_engine.diagnostics.source import NOWHERE, Source, Span


def span(text: str, column: int, end: int, line: int = 1) -> Span:
    return Span(Source("a.rete", text), line, column, line, end)


def test_a_diagnostic_shows_the_line_with_a_marker_and_a_hint() -> None:
    found = Diagnostic("RE0100", "unknown template 'Ordr'", span("o := Ordr()", 6, 10), "Order?")
    assert str(found) == "\n".join(
        [
            "error[RE0100]: unknown template 'Ordr'",
            "  --> a.rete:1:6",
            " 1 | o := Ordr()",
            "   |      ^^^^",
            "  hint: Order?",
        ]
    )


def test_a_note_shows_the_second_place() -> None:
    note = Note("declared here first", span("x\ny", 1, 2, line=2))
    found = Diagnostic("RE0105", "twice", span("x\ny", 1, 2), None, "warning", (note,))
    assert str(found).splitlines() == [
        "warning[RE0105]: twice",
        "  --> a.rete:1:1",
        " 1 | x",
        "   | ^",
        "  note: declared here first",
        "    --> a.rete:2:1",
        "   2 | y",
        "     | ^",
    ]


def test_tabs_before_the_marker_stay_tabs() -> None:
    lines = str(Diagnostic("RE0100", "m", span("\t\tword", 3, 7))).splitlines()
    assert lines[-1] == "   | \t\t^^^^"


def test_a_span_over_several_lines_is_marked_to_the_end_of_the_first() -> None:
    source = Source("a.rete", "count(\n  A()\n)")
    found = Diagnostic("RE0100", "m", Span(source, 1, 1, 3, 2))
    assert str(found).splitlines()[-1] == "   | ^^^^^^"


def test_a_huge_line_is_shown_in_part_around_the_marker() -> None:
    text = "a" * 500 + "WRONG" + "b" * 5000
    lines = str(Diagnostic("RE0100", "m", span(text, 501, 506))).splitlines()
    assert all(len(line) < 200 for line in lines)
    shown, marker = lines[-2], lines[-1]
    assert shown[marker.index("^") : marker.rindex("^") + 1] == "WRONG"


def test_a_marker_does_not_run_out_of_a_line_that_is_cut() -> None:
    lines = str(Diagnostic("RE0100", "m", span("x" * 1000, 1, 1001))).splitlines()
    assert len(lines[-1]) == len(lines[-2])


def test_what_has_no_line_shows_its_source_only() -> None:
    assert str(Diagnostic("RE0001", "m", NOWHERE)).splitlines()[-1] == "  --> <python>"


def test_an_empty_line_is_not_shown() -> None:
    assert str(Diagnostic("RE0001", "m", span("", 1, 1))).splitlines()[-1] == "  --> a.rete:1:1"


def test_a_marker_is_at_least_one_wide() -> None:
    assert str(Diagnostic("RE0001", "m", span("ab", 3, 3))).splitlines()[-1] == "   |   ^"


def test_as_dict_has_plain_values() -> None:
    found = Diagnostic("RE0100", "m", span("o := Ordr()", 6, 10), "hint", "warning")
    assert found.as_dict() == {
        "code": "RE0100",
        "severity": "warning",
        "message": "m",
        "hint": "hint",
        "file": "a.rete",
        "line": 1,
        "column": 6,
        "end_line": 1,
        "end_column": 10,
    }


def test_a_word_is_suggested_when_it_is_near_or_differs_in_case_only() -> None:
    assert did_you_mean("Ordr", ["Order", "Customer"]) == "did you mean 'Order'?"
    assert did_you_mean("VAT", ["vat"]) == "did you mean 'vat'?"
    assert did_you_mean("xyz", ["Order"]) is None
    assert did_you_mean("x", []) is None


def test_of_thousands_of_words_the_one_that_begins_most_like_it_is_suggested() -> None:
    known = [f"{letter}order{n}" for letter in "abcxyz" for n in range(1_000)]
    assert did_you_mean("corder77x", known) == "did you mean 'corder77'?"
    assert did_you_mean("coder777", known) == "did you mean 'corder777'?"
    assert did_you_mean("CORDER7", known) == "did you mean 'corder7'?"
    assert did_you_mean("unlike", known) is None


def test_of_thousands_of_words_only_some_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[int] = []

    def counted(word: str, words: list[str], n: int, cutoff: float) -> list[str]:
        compared.append(len(words))
        return []

    monkeypatch.setattr(difflib, "get_close_matches", counted)
    did_you_mean("x", [str(n) for n in range(200)])
    did_you_mean("x", [str(n) for n in range(10_000)])
    assert compared[0] == 200
    assert compared[1] <= 200


def test_errors_of_texts_hold_all_their_diagnostics() -> None:
    found = [Diagnostic("RE0100", "one", NOWHERE), Diagnostic("RE0101", "two", NOWHERE)]
    for error in (RuleSyntaxError(found), RuleValidationError(iter(found))):
        assert error.diagnostics == tuple(found)
        assert str(error) == f"{found[0]}\n\n{found[1]}"


def test_every_error_is_a_rule_engine_error() -> None:
    for kind in (
        FactError,
        RuleExecutionError,
        RuleSyntaxError,
        RuleValidationError,
        SecurityError,
        SessionError,
    ):
        assert issubclass(kind, RuleEngineError)
    cause = ValueError("x")
    error = RuleExecutionError("m", rule="r", file="f", line=3, facts=[1, 2], cause=cause)
    assert (error.rule, error.file, error.line, error.facts) == ("r", "f", 3, (1, 2))
    assert error.cause is cause


def test_every_code_that_is_reported_is_listed() -> None:
    import rete_engine

    folder = Path(rete_engine.__file__).parent
    used = {
        code
        for path in folder.rglob("*.py")
        for code in re.findall(r'"(RE\d{4})"', path.read_text(encoding="utf-8"))
    }
    assert used <= set(CODES)
