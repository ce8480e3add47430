"""The rendered message of every mistake that a beginner makes is the specification.

`syntax_errors.txt` holds the cases: a title, the text, and what is printed. After a change of
the wording, `python -m tests.language.test_syntax_errors` writes it anew; read the difference.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from rete_engine.diagnostics.codes import CODES
from rete_engine.language.parser import parse_document
from rete_engine.language.reader import make_source

CASES = Path(__file__).with_name("syntax_errors.txt")
TITLE, ANSWER = "=== ", "--- says"


def read_cases() -> Iterator[tuple[str, str, str]]:
    for case in re.split(f"(?m)^{TITLE}", CASES.read_text(encoding="utf-8"))[1:]:
        title, _, rest = case.partition("\n")
        text, _, answer = rest.partition(f"{ANSWER}\n")
        yield title, text, answer.rstrip("\n")


def said_of(text: str) -> str:
    _, diagnostics = parse_document(make_source(text, "shop.rete"))
    return "\n".join(map(str, diagnostics))


@pytest.mark.parametrize(
    ("text", "answer"), [pytest.param(*case[1:], id=case[0]) for case in read_cases()]
)
def test_what_is_said_of_a_mistake(text: str, answer: str) -> None:
    assert said_of(text) == answer


def test_every_code_is_registered() -> None:
    for _, text, _ in read_cases():
        for diagnostic in parse_document(make_source(text))[1]:
            assert diagnostic.code in CODES


def write_cases() -> None:
    cases = [
        f"{TITLE}{title}\n{text}{ANSWER}\n{said_of(text)}\n\n" for title, text, _ in read_cases()
    ]
    CASES.write_text("".join(cases).rstrip("\n") + "\n", encoding="utf-8")


if __name__ == "__main__":
    write_cases()
