"""A file that declares nothing is told of: it may be the wrong one, or cut off."""

from __future__ import annotations

from pathlib import Path

import pytest

from rete_engine import RuleSet, rule


@rule("r")
def fire(firing: object) -> None:
    """A rule in Python."""


def warnings(rules: RuleSet) -> list[tuple[str, str, int, int]]:
    return [(d.code, d.severity, d.span.line, d.span.column) for d in rules.diagnostics]


TOLD = [("RE0511", "warning", 1, 1)]


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("empty.rete", "", TOLD),
        ("blank.rete", "\n  \n", TOLD),
        ("comment.rete", "# rules follow\n", TOLD),
        ("heading.rete", 'ruleset shop "Prices"\n', TOLD),
        ("name.yaml", "name: shop\ndescription: Prices\n", TOLD),
        ("sections.yaml", "templates: {}\nfacts: {}\n", TOLD),
        # Said on purpose, or not nothing:
        ("allowed.rete", "# allow RE0511: the rules come later\n", []),
        ("no_rules.yaml", "name: shop\nrules: []\n", []),
        ("facts.yaml", "templates: { A: {} }\n", []),
        ("param.rete", "param vat: float = 0.2\n", []),
    ],
)
def test_a_file_that_declares_nothing(
    tmp_path: Path, name: str, text: str, found: list[tuple[str, str, int, int]]
) -> None:
    (tmp_path / name).write_text(text)
    assert warnings(RuleSet.load(tmp_path / name)) == found


def test_a_file_among_others_that_declares_nothing_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.rete").write_text("template A\nend\n")
    (tmp_path / "b.rete").write_text("")
    (tmp_path / "c.rete").write_text('import "b.rete"\n')
    rules = RuleSet.load(tmp_path)
    assert [d.span.source.name for d in rules.diagnostics] == [str(tmp_path / "b.rete")]


def test_what_is_wrong_with_a_file_is_all_that_is_said() -> None:
    with pytest.raises(Exception, match="RE0010") as raised:
        RuleSet.parse("rulse 'a'\n")
    assert "RE0511" not in str(raised.value)


def test_an_empty_text_beside_what_python_declares() -> None:
    assert warnings(RuleSet.parse("", rules=[fire])) == []
    assert warnings(RuleSet.parse("# all of it is in Python", rules=[fire])) == TOLD
    assert warnings(RuleSet.parse("name: shop", format="yaml")) == TOLD


def test_a_key_that_means_nothing_may_be_allowed() -> None:
    text = 'name: x\nversion: 1 {}\nrules:\n- {{name: a, condition: "True", action: "1"}}\n'
    allowed = RuleSet.parse(text.format("# allow RE0510: of the shop"), format="yaml")
    assert warnings(allowed) == []
    assert warnings(RuleSet.parse(text.format(""), format="yaml")) == [("RE0510", "warning", 2, 1)]
