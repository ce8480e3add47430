"""The formatter keeps what a text says, its comments and its blank lines; once is enough."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rete_engine.diagnostics.errors import RuleSyntaxError
from rete_engine.diagnostics.source import Source
from rete_engine.language.formatter import format_source
from rete_engine.language.parser import parse_document
from rete_engine.language.reader import make_source, read_source
from rete_engine.language.sameness import say_the_same
from tests.docs.pages import PAGES, ROOT, sections
from tests.formatter.scramble import scrambled
from tests.reference.programs import dense, nested, rich

EVERYTHING = Path(__file__).parent / "everything.rete"


def texts() -> list[object]:
    """Every rule text of the examples, the tests and the documentation that has no errors."""
    files = sorted(
        path for folder in ("examples", "tests") for path in (ROOT / folder).rglob("*.rete")
    )
    found = [(path.relative_to(ROOT).as_posix(), path.read_text("utf-8")) for path in files]
    found += [
        (f"{page}:{block.line}", block.text)
        for page in PAGES
        for section in sections(page)
        for block in section.blocks
        if block.language == "rete"
    ]
    good: list[object] = []
    for name, text in found:
        try:
            source = make_source(text, name)
        except RuleSyntaxError:
            continue
        if not parse_document(source)[1]:
            good.append(pytest.param(source, id=name))
    return good


def formatted(text: str, width: int = 100) -> str:
    """The formatted text, which must be as it is when formatted again.

    That it says the same is seen to by the formatter itself.
    """
    result = format_source(make_source(text), width)
    assert format_source(make_source(result), width) == result
    assert result == "" or result.endswith("\n")
    return result


def comments(text: str) -> list[str]:
    """The comments that `scramble` wrote."""
    return sorted(found.rstrip() for found in re.findall(r"#[ :]?\d+\b.*", text))


@pytest.mark.parametrize("source", texts())
def test_every_text_there_is_keeps_its_meaning(source: Source) -> None:
    result = formatted(source.text)
    assert say_the_same(parse_document(source)[0], parse_document(make_source(result))[0])
    assert [line for line in result.split("\n") if line != line.rstrip()] == []


@pytest.mark.parametrize("source", texts())
def test_every_text_there_is_in_any_layout(source: Source) -> None:
    choose = random.Random(source.name)
    for wildness, width in ((0.1, 100), (0.4, 30)):
        text = scrambled(source, choose, wildness)
        assert comments(formatted(text, width)) == comments(text)


@given(st.integers(), st.sampled_from([0.0, 0.05, 0.2, 0.5]), st.sampled_from([100, 60, 20, 1]))
@settings(deadline=None, max_examples=50)
def test_all_constructs_in_any_layout(seed: int, wildness: float, width: int) -> None:
    text = scrambled(read_source(EVERYTHING), random.Random(seed), wildness)
    assert comments(formatted(text, width)) == comments(text)


@given(
    st.one_of(rich.programs(), dense.programs(), nested.programs()),
    st.integers(),
    st.sampled_from([0.0, 0.2]),
    st.sampled_from([100, 40]),
)
@settings(deadline=None, max_examples=40)
def test_random_programs_in_any_layout(
    program: str, seed: int, wildness: float, width: int
) -> None:
    text = scrambled(make_source(program), random.Random(seed), wildness)
    assert comments(formatted(text, width)) == comments(text)


def test_all_layouts_of_a_text_become_one() -> None:
    source = read_source(EVERYTHING)
    plain = {formatted(scrambled(source, random.Random(seed), wildness=0.0)) for seed in range(5)}
    assert plain == {formatted(re.sub(r"#.*", "", source.text))}


def test_the_examples_are_formatted() -> None:
    for path in sorted((ROOT / "examples").rglob("*.rete")):
        source = read_source(path)
        assert format_source(source) == source.text, f"rete fmt {path}"


def test_a_text_with_errors_is_told_all_of_them() -> None:
    with pytest.raises(RuleSyntaxError) as told:
        format_source(make_source("param a: int = \nparam b: int\nrule\n"))
    assert [diagnostic.span.line for diagnostic in told.value.diagnostics] == [1, 3]


def test_brackets_as_deep_as_they_may_be() -> None:
    text = f"param a: any = {'[' * 100}{']' * 100}\nparam b: any = {'[1, ' * 99}2{']' * 99}\n"
    assert formatted(text).count("\n") > 150


def test_a_long_list_takes_no_long_time() -> None:
    items = ", ".join(f"f(x{number})" for number in range(1500))
    assert formatted(f"param a: any = [{items}]").count("\n") == 1502
    printed = formatted(f'rule "r"\nwhen\nthen\n    print {items}\nend\n')
    assert max(map(len, printed.split("\n"))) <= 100
