"""Rule sets from files, folders and texts, with their imports."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rete_engine import RuleSet, RuleSyntaxError, RuleValidationError


def write(folder: Path, **texts: str) -> Path:
    """Files by their stems; the answer is the folder."""
    for name, text in texts.items():
        path = folder / f"{name}.rete"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def template(name: str) -> str:
    return f"template {name}\n    a: int = 1\nend\n"


def codes(error: RuleSyntaxError | RuleValidationError) -> list[str]:
    return [diagnostic.code for diagnostic in error.diagnostics]


def test_a_file(tmp_path: Path) -> None:
    write(tmp_path, shop=template("A"))
    rules = RuleSet.load(tmp_path / "shop.rete")
    assert rules.name == "shop"
    assert list(rules.templates) == ["A"]


def test_a_rule_set_is_called_as_its_heading_says(tmp_path: Path) -> None:
    write(tmp_path, shop='ruleset pricing "Prices"\n' + template("A"))
    rules = RuleSet.load(str(tmp_path / "shop.rete"))
    assert (rules.name, rules.description) == ("pricing", "Prices")
    assert RuleSet.parse("", name="nameless").name == "nameless"
    assert RuleSet.parse("").description is None


def test_several_files_are_one_rule_set(tmp_path: Path) -> None:
    write(tmp_path, a=template("A"), b="rule 'r'\nwhen\n    A()\nthen\n    halt\nend\n")
    one = RuleSet.load(tmp_path / "b.rete", tmp_path / "a.rete")
    other = RuleSet.load([tmp_path / "a.rete", str(tmp_path / "b.rete")])
    assert [rule.name for rule in one.rules] == [rule.name for rule in other.rules] == ["r"]


def test_a_folder_stands_for_its_rule_files_by_name(tmp_path: Path) -> None:
    write(tmp_path, b=template("B"), a=template("A"))
    (tmp_path / "notes.txt").write_text("not a rule")
    assert list(RuleSet.load(tmp_path).templates) == ["A", "B"]


def test_a_file_that_is_given_twice_is_read_once(tmp_path: Path) -> None:
    write(tmp_path, a=template("A"))
    assert list(RuleSet.load(tmp_path / "a.rete", tmp_path).templates) == ["A"]


def test_rules_tell_where_they_stand(tmp_path: Path) -> None:
    text = 'rule "r"\n    description "d"\n    tags "x", "y"\nwhen\nthen\n    halt\nend\n'
    write(tmp_path, a="\n\n" + text)
    (rule,) = RuleSet.load(tmp_path / "a.rete").rules
    assert (rule.name, rule.description, rule.tags, rule.line) == ("r", "d", ("x", "y"), 3)
    assert rule.file == str(tmp_path / "a.rete")


@pytest.mark.parametrize("given", [(), ([],)])
def test_nothing_to_load_is_a_mistake_of_the_program(given: tuple[list[str], ...]) -> None:
    with pytest.raises(TypeError, match="needs a file or a folder"):
        RuleSet.load(*given)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(RuleSyntaxError, match="there is no file") as caught:
        RuleSet.load(tmp_path / "none.rete")
    assert codes(caught.value) == ["RE0001"]


def test_all_missing_files_are_told(tmp_path: Path) -> None:
    with pytest.raises(RuleSyntaxError) as caught:
        RuleSet.load(tmp_path / "x.rete", tmp_path / "y.rete")
    assert codes(caught.value) == ["RE0001", "RE0001"]


def test_a_folder_without_rules_is_told(tmp_path: Path) -> None:
    with pytest.raises(RuleSyntaxError, match=r"has no \.rete, \.yaml, \.yml files"):
        RuleSet.load(tmp_path)


# -- imports ---------------------------------------------------------------------------------------


def test_an_import_is_looked_for_beside_the_file_that_asks(tmp_path: Path) -> None:
    write(
        tmp_path,
        **{
            "main": 'import "lib/one.rete"\n' + template("M"),
            "lib/one": 'import "two.rete"\n' + template("One"),
            "lib/two": 'import "../three.rete"\n' + template("Two"),
            "three": template("Three"),
        },
    )
    # Imports come first.
    assert list(RuleSet.load(tmp_path / "main.rete").templates) == ["Three", "Two", "One", "M"]


def test_what_several_files_import_is_read_once(tmp_path: Path) -> None:
    write(
        tmp_path,
        shared=template("S") + "facts f\n    S()\nend\n",
        a='import "shared.rete"\n' + template("A"),
        b='import "./shared.rete"\nimport "a.rete"\n' + template("B"),
    )
    rules = RuleSet.load(tmp_path / "a.rete", tmp_path / "b.rete")
    assert list(rules.templates) == ["S", "A", "B"]
    with rules.session() as session:
        assert len(session.facts()) == 1


def test_a_name_in_two_files_shows_both(tmp_path: Path) -> None:
    write(tmp_path, a=template("T"), b='import "a.rete"\n' + template("T"))
    with pytest.raises(RuleValidationError) as caught:
        RuleSet.load(tmp_path / "b.rete")
    (found,) = caught.value.diagnostics
    assert found.span.source.name.endswith("b.rete")
    assert found.notes[0].span.source.name.endswith("a.rete")


def test_a_cycle_is_shown(tmp_path: Path) -> None:
    write(tmp_path, a='import "b.rete"\n', b='import "c.rete"\n', c='\nimport "b.rete"\n')
    with pytest.raises(RuleSyntaxError, match=r"b\.rete -> c\.rete -> b\.rete") as caught:
        RuleSet.load(tmp_path / "a.rete")
    (found,) = caught.value.diagnostics
    assert (found.code, found.span.line) == ("RE0016", 2)
    assert found.span.source.name.endswith("c.rete")


def test_a_file_that_imports_itself_is_a_cycle(tmp_path: Path) -> None:
    write(tmp_path, a='import "a.rete"\n')
    with pytest.raises(RuleSyntaxError, match=r"a\.rete -> a\.rete"):
        RuleSet.load(tmp_path / "a.rete")


def test_a_missing_import_is_told_where_it_was_asked_for(tmp_path: Path) -> None:
    write(tmp_path, a='\nimport "none.rete"\n')
    with pytest.raises(RuleSyntaxError, match="cannot import: there is no file") as caught:
        RuleSet.load(tmp_path / "a.rete")
    assert caught.value.diagnostics[0].span.line == 2


def test_an_import_with_a_syntax_error_is_told_in_its_file(tmp_path: Path) -> None:
    write(tmp_path, a='import "b.rete"\n' + template("A"), b="template B\n    a int\nend\n")
    with pytest.raises(RuleSyntaxError) as caught:
        RuleSet.load(tmp_path / "a.rete")
    (found,) = caught.value.diagnostics
    assert found.span.source.name.endswith("b.rete")


def test_files_may_import_each_other_deeply_but_not_without_end(tmp_path: Path) -> None:
    for depth in (90, 3000):
        texts = {f"f{n}": f'import "f{n + 1}.rete"\n' for n in range(depth)}
        write(tmp_path, **texts, **{f"f{depth}": template("T")})
        if depth == 90:
            assert list(RuleSet.load(tmp_path / "f0.rete").templates) == ["T"]
        else:
            with pytest.raises(RuleSyntaxError, match="more than 100 deep"):
                RuleSet.load(tmp_path / "f0.rete")


# -- texts -----------------------------------------------------------------------------------------


def test_a_text_without_a_folder_may_not_import(tmp_path: Path) -> None:
    path = write(tmp_path, a=template("A")) / "a.rete"
    with pytest.raises(RuleSyntaxError, match="a text that is no file cannot import") as caught:
        RuleSet.parse(f'import "{path}"\n')
    assert "base=" in (caught.value.diagnostics[0].hint or "")


def test_a_text_may_import_from_its_base_and_below(tmp_path: Path) -> None:
    write(tmp_path, **{"lib/a": 'import "../b.rete"\n' + template("A"), "b": template("B")})
    rules = RuleSet.parse('import "lib/a.rete"\n', base=tmp_path)
    assert list(rules.templates) == ["B", "A"]


@pytest.mark.parametrize("path", ["../out.rete", "/etc/passwd", "sub/../../out.rete"])
def test_no_import_of_a_text_leaves_its_base(tmp_path: Path, path: str) -> None:
    write(tmp_path, out=template("O"), **{"base/in": 'import "../out.rete"\n'})
    with pytest.raises(RuleSyntaxError, match="leaves its folder"):
        RuleSet.parse(f'import "{path}"\n', base=tmp_path / "base")
    with pytest.raises(RuleSyntaxError, match="leaves its folder"):
        RuleSet.parse('import "in.rete"\n', base=str(tmp_path / "base"))


def test_a_link_that_leads_out_of_the_base_leaves_it(tmp_path: Path) -> None:
    write(tmp_path, out=template("O"))
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "link.rete").symlink_to(tmp_path / "out.rete")
    with pytest.raises(RuleSyntaxError, match="leaves its folder"):
        RuleSet.parse('import "link.rete"\n', base=tmp_path / "base")


def test_a_text_is_called_as_the_program_says() -> None:
    with pytest.raises(RuleValidationError) as caught:
        RuleSet.parse("template T extends U\nend", name="from the web")
    assert "from the web:1:20" in str(caught.value)


def test_a_text_with_control_characters_is_refused() -> None:
    with pytest.raises(RuleSyntaxError) as caught:
        RuleSet.parse("template T\x00")
    assert codes(caught.value) == ["RE0002"]


@pytest.mark.parametrize("text", [None, b"rule", 5, ["rule"]])
def test_what_is_no_text_is_refused(text: Any) -> None:
    with pytest.raises(TypeError, match=r"^parse\(\) takes the text of rules, not "):
        RuleSet.parse(text)


@pytest.mark.parametrize("path", [None, 5])
def test_what_is_no_path_is_refused(path: Any) -> None:
    with pytest.raises(TypeError, match=r"^load\(\) takes files and folders, not "):
        RuleSet.load(path)


def test_functions_come_by_name() -> None:
    with pytest.raises(TypeError, match="functions is a mapping of names to functions"):
        RuleSet.parse("", functions=[len])  # type: ignore[arg-type]


def test_a_folder_without_rules_is_the_place_of_its_error(tmp_path: Path) -> None:
    with pytest.raises(RuleSyntaxError) as caught:
        RuleSet.load(tmp_path)
    assert str(caught.value).splitlines()[1] == f"  --> {tmp_path}"
    with pytest.raises(RuleSyntaxError) as caught:
        RuleSet.load("rules.yaml")
    assert str(caught.value).splitlines()[1] == "  --> rules.yaml"


# -- rule sets built from parts --------------------------------------------------------------------

YAML = """
name: more
templates: {B: {fields: {b: int}}}
rules:
  - {name: of yaml, when: ["x := B()", "A(a == x.b)"], then: ["emit 'yaml'"]}
"""


def test_a_folder_may_mix_rule_texts_and_yaml(tmp_path: Path) -> None:
    write(
        tmp_path, b="rule 'of text'\nwhen\n    B()\nthen\n    emit 'text'\nend\n", c=template("A")
    )
    (tmp_path / "a.yaml").write_text(YAML)
    (tmp_path / "facts.json").write_text("{}")
    (tmp_path / "notes.txt").write_text("rule")
    (tmp_path / ".hidden.rete.swp").write_text("no text of rules")
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "d.rete").write_text("not read")
    rules = RuleSet.load(tmp_path)
    assert [rule.name for rule in rules.rules] == ["of yaml", "of text"]
    with rules.session() as session:
        session.insert("A", a=1)
        session.insert("B", b=1)
        assert sorted(session.run().outputs) == ["text", "yaml"]


@pytest.mark.parametrize("kind", ["template", "rule", "param", "function"])
def test_a_clash_of_text_and_yaml_shows_both(tmp_path: Path, kind: str) -> None:
    text = {
        "template": "template B\n    b: int\nend\n",
        "rule": "rule 'of yaml'\nwhen\nthen\nend\n",
        "param": "param p: int = 1\n",
        "function": "function f(a: int) -> int = a\n",
    }[kind]
    extra = {
        "param": "params: {p: int}\n",
        "function": "functions: {'g()': '1', 'f(a: int)': 'a'}\n",
    }
    if kind == "function":
        extra["function"] = ""
        write(tmp_path, y=text)
    write(tmp_path, z=template("A") + text)
    (tmp_path / "a.yaml").write_text(YAML + extra.get(kind, ""))
    with pytest.raises(RuleValidationError) as caught:
        RuleSet.load(tmp_path)
    (problem,) = caught.value.diagnostics
    assert problem.code == "RE0105"
    places = {problem.span.source.name, *(note.span.source.name for note in problem.notes)}
    other = "y.rete" if kind == "function" else "a.yaml"
    assert places == {str(tmp_path / other), str(tmp_path / "z.rete")}


def test_a_file_is_read_once_whatever_names_it(tmp_path: Path) -> None:
    write(tmp_path, a=template("A"), b='import "a.rete"\nimport "./a.rete"\n' + template("B"))
    (tmp_path / "link.rete").symlink_to(tmp_path / "a.rete")
    rules = RuleSet.load(tmp_path, tmp_path / "a.rete", tmp_path / "." / "b.rete")
    assert list(rules.templates) == ["A", "B"]


def test_yaml_and_text_import_each_other(tmp_path: Path) -> None:
    write(tmp_path, main='import "more.yaml"\n', base=template("A"))
    (tmp_path / "more.yaml").write_text(f"imports: [base.rete]\n{YAML}")
    rules = RuleSet.load(tmp_path / "main.rete")
    assert list(rules.templates) == ["A", "B"]
    write(tmp_path, base='import "main.rete"\n' + template("A"))
    with pytest.raises(RuleSyntaxError, match="main.rete -> more.yaml -> base.rete -> main.rete"):
        RuleSet.load(tmp_path / "main.rete")


def test_a_missing_folder_and_an_empty_one_are_told_together(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(RuleSyntaxError) as caught:
        RuleSet.load(tmp_path / "nowhere", tmp_path / "empty")
    assert "empty" in str(caught.value)
