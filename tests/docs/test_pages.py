"""What the documentation shows is what happens, and what it lists is what there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

import rete_engine
from rete_engine import Limits
from rete_engine.cli.app import app
from rete_engine.diagnostics.codes import CODES
from rete_engine.expressions.signatures import ATTRIBUTES, BUILTINS, METHODS
from rete_engine.language.grammar import terminals
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


def test_every_code_is_given_by_an_example() -> None:
    given: set[str] = set()
    for section in sections("docs/errors.md"):
        shown = [block.expected or block for block in section.blocks]
        assert any(f"[{section.title}]" in block.text for block in shown), section
        given.add(section.title)
    assert given == set(CODES)


def test_all_built_in_functions_are_listed() -> None:
    listed = [
        set(re.findall(r"`(\w+)\(", row[0]))
        for row in table(part_of("docs/language.md", "Built-in functions"))
    ]
    assert [sorted(names) for names in listed] == [[name] for name in BUILTINS]


def test_all_methods_and_attributes_are_listed() -> None:
    part = part_of("docs/language.md", "Methods")
    listed = {
        row[0].strip("`"): re.findall(r"`(\w+)`", row[1]) for row in table(part) if len(row) == 2
    }
    assert listed == {type: list(methods) for type, methods in METHODS.items()}
    attributes = part[part.index("have the fields") :]
    assert {a for names in ATTRIBUTES.values() for a in names} <= set(
        re.findall(r"`(\w+)`", attributes)
    )


def test_all_keywords_are_listed() -> None:
    part = part_of("docs/language.md", "Lines, names and comments")
    paragraph = part[part.index("The keywords are") :].split("\n\n")[0]
    assert re.findall(r"`(\w+)`", paragraph) == sorted(terminals().keywords)


@pytest.mark.parametrize("page", ["docs/language.md", "docs/python.md"])
def test_the_limits_are_what_is_said(page: str) -> None:
    rows = table(part_of(page, "Limits"))
    for limit in ("steps", "value", "depth", "facts", "tokens"):
        name = re.compile(rf"`(?:Limits\()?{limit}\b")
        (row,) = [" ".join(row) for row in rows if name.search(" ".join(row))]
        assert f" {getattr(Limits(), limit):,}" in row


@pytest.mark.parametrize("verb", ["run", "check", "fmt", "graph", "serve", "mcp"])
def test_all_options_are_named(verb: str) -> None:
    told = CliRunner().invoke(app, [verb, "--help"], env={"COLUMNS": "200"}).output
    options = set(re.findall(r"--[a-z][a-z-]*", told)) - {"--help", "--debug"}
    part = part_of("docs/command-line.md", f"rete {verb}")
    assert {option for option in options if option not in part} == set()


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", (ROOT / page).read_text("utf-8")):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        file = (ROOT / page).parent / path if path else ROOT / page
        if file.name != "LICENSE":  # the tests also run where only pages and data are
            assert file.exists(), f"{page}: {target}"
        if anchor:
            assert anchor in anchors(file), f"{page}: {target}"


def test_the_codemap_names_every_module() -> None:
    codemap = part_of("docs/ARCHITECTURE.md", "Codemap")
    package = Path(rete_engine.__file__).parent
    rooms = re.split(r"(?m)^- `(\w+)/", codemap)
    named = {
        f"{room}/{file}"
        for room, text in zip(rooms[1::2], rooms[2::2], strict=True)
        for file in re.findall(r"`(\w+\.py)`", text)
    }
    there = {path.relative_to(package).as_posix() for path in package.glob("*/[!_]*.py")}
    assert named == there
    elsewhere = re.findall(r"`(\w+/\w+\.py)`", (ROOT / "docs/ARCHITECTURE.md").read_text("utf-8"))
    assert [file for file in elsewhere if file not in there and not (ROOT / file).exists()] == []


def part_of(page: str, title: str) -> str:
    """The text below a heading, until the next one of its level."""
    text = (ROOT / page).read_text("utf-8")
    return re.split(r"(?m)^## ", text[text.index(f"\n## {title}\n") + 1 :])[1]


def table(text: str) -> list[list[str]]:
    """The rows of the first table in a text, without its heading."""
    rows = [
        [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for line in re.findall(r"(?m)^\|.*\|$", text)
    ]
    return rows[2:]


def anchors(page: Path) -> set[str]:
    """What a link into a page may name: its headings, as GitHub spells them."""
    headings = re.findall(r"(?m)^#+ (.+)$", page.read_text("utf-8"))
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
