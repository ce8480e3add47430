"""`cache=`: a rule set is compiled once, and is the same whether it was compiled or read."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from rete_engine import (
    Accumulator,
    CurrentFiring,
    RuleSet,
    RuleSyntaxError,
    RuleValidationError,
    SessionError,
    rule,
)
from rete_engine.cache import folder as folders
from rete_engine.session import cached

TEXT = """
ruleset shop "what is sold"
template Order key(id)
    id: int
    total: float = 1.5
    status: str in ("new", "large") = "new"
end
param limit: float = 100.0
external function credit(id: int) -> int
function twice(x: int) -> int = x * 2
facts
    Order(id = 7, total = 500.0)
end
query large(least: float)
    o := Order(total > least)
end
rule "large"
    description "big ones"
    salience 10
    tags "a"
when
    o := Order(total > limit, status == "new", i := id)
    u := Order()
then
    modify o(status = "large")
    emit (twice(i), credit(i))
end
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture(autouse=True)
def no_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RETE_ENGINE_CACHE", raising=False)


Write = Callable[[str, str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return written


def outputs(rules: RuleSet) -> list[object]:
    with rules.session(functions={"credit": lambda id: id + 1}) as session:
        session.insert("Order", id=1, total=200.0)
        found = list(session.run().outputs)
        return [*found, sorted(match.o.id for match in session.query("large", least=150.0))]


def test_the_second_one_is_read_and_the_same(folder: Path) -> None:
    first = RuleSet.parse(TEXT, name="shop.rete", cache=folder)
    second = RuleSet.parse(TEXT, name="shop.rete", cache=folder)
    assert (first.from_cache, second.from_cache) == (False, True)
    assert outputs(second) == outputs(first)
    for name in ("name", "description", "hash", "diagnostics", "external_functions", "rules"):
        assert getattr(second, name) == getattr(first, name), name
    assert [str(each) for each in second.diagnostics] == [str(each) for each in first.diagnostics]
    assert len(first.diagnostics) > 0
    assert list(second.templates) == list(first.templates)
    assert list(second.params) == list(first.params)
    assert second.queries["large"] == first.queries["large"]
    assert second.graph("dot") == first.graph("dot")
    assert repr(second) == repr(first)


def test_explanations_are_the_same(folder: Path, write: Write) -> None:
    write("t.rete", "template T\n  n: int\nend")
    text = (
        'import "t.rete"\nrule "r"\nwhen\n  t := T(n > 1)\n  T(n == t.n + 1)\nthen\n  emit 1\nend'
    )
    main = write("main.rete", text)
    told = []
    for from_cache in (False, True):
        rules = RuleSet.load(main, cache=folder)
        assert rules.from_cache == from_cache
        with rules.session() as session:
            session.insert("T", n=2)
            session.insert("T", n=5)
            told.append((str(session.why_not("r")), str(session.matches("r"))))
    assert told[0] == told[1]
    write("main.rete", "")  # what was compiled is explained, not what stands there now
    with rules.session() as session:
        session.insert("T", n=2)
        assert "T(n == t.n + 1)" in str(session.why_not("r"))


def test_what_is_missing_is_told_as_ever(folder: Path) -> None:
    told = []
    for _ in range(2):
        with pytest.raises(SessionError) as caught:
            RuleSet.parse(TEXT, name="shop.rete", cache=folder).session()
        told.append(str(caught.value))
    assert told[0] == told[1]
    assert "(shop.rete:9:19)" in told[0]


def test_without_the_option_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    RuleSet.parse(TEXT)
    RuleSet.parse(TEXT, cache=False)
    assert list(tmp_path.iterdir()) == []


def test_true_is_the_folder_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cached, "default_folder", lambda: tmp_path / "own")
    RuleSet.parse(TEXT, cache=True)
    assert len(list((tmp_path / "own").iterdir())) == 1


@pytest.mark.parametrize("word", ["", "0", "off", "No", " false "])
def test_the_variable_says_no(word: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RETE_ENGINE_CACHE", word)
    monkeypatch.setattr(cached, "default_folder", lambda: tmp_path / "own")
    monkeypatch.chdir(tmp_path)
    RuleSet.parse(TEXT)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("word", ["1", "on", "Yes", "true"])
def test_the_variable_says_yes(word: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RETE_ENGINE_CACHE", word)
    monkeypatch.setattr(cached, "default_folder", lambda: tmp_path / "own")
    RuleSet.parse(TEXT)
    assert RuleSet.parse(TEXT).from_cache
    assert not RuleSet.parse(TEXT, cache=False).from_cache


def test_the_variable_names_a_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RETE_ENGINE_CACHE", str(folder))
    RuleSet.parse(TEXT)
    assert RuleSet.parse(TEXT).from_cache
    assert len(list(folder.iterdir())) == 1


def test_other_options_are_refused() -> None:
    with pytest.raises(TypeError, match="cache is a folder, True or False, not 1"):
        RuleSet.parse(TEXT, cache=1)  # type: ignore[arg-type]


def test_what_differs_is_another_rule_set(folder: Path, write: Write, tmp_path: Path) -> None:
    total = Accumulator(init=int, add=lambda state, value: state + value)
    ways: list[Callable[[], RuleSet]] = [
        lambda: RuleSet.parse(TEXT, cache=folder),
        lambda: RuleSet.parse(TEXT + " ", cache=folder),
        lambda: RuleSet.parse(TEXT, name="other", cache=folder),
        lambda: RuleSet.parse(TEXT, base=tmp_path, cache=folder),
        lambda: RuleSet.parse(TEXT, accumulators={"t": total}, cache=folder),
        lambda: RuleSet.parse(TEXT, accumulators={"t": total, "s": total}, cache=folder),
        lambda: RuleSet.parse(TEXT, accumulators={"s": total, "t": total}, cache=folder),
        lambda: RuleSet.load(write("a.rete", TEXT), cache=folder),
        lambda: RuleSet.load(write("b.rete", TEXT), cache=folder),
        lambda: RuleSet.parse("name: y\nrules: []", name="t", format="yaml", cache=folder),
    ]
    assert [way().from_cache for way in ways] == [False] * len(ways)
    assert [way().from_cache for way in ways] == [True] * len(ways)
    assert len(list(folder.iterdir())) == len(ways)


@pytest.mark.parametrize("part", ["engine", "VERSION"])
def test_another_engine_reads_nothing(
    part: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    RuleSet.parse(TEXT, cache=folder)
    other: object = (lambda: ("another",)) if part == "engine" else cached.VERSION + 1
    monkeypatch.setattr(cached, part, other)
    assert not RuleSet.parse(TEXT, cache=folder).from_cache


def test_functions_are_not_kept_but_given_anew(folder: Path) -> None:
    for answer in (5, 6):
        rules = RuleSet.parse(TEXT, functions={"credit": lambda id, a=answer: a}, cache=folder)
        with rules.session() as session:
            assert session.run().outputs == [(14, answer)]


def test_imports_count(folder: Path, write: Write) -> None:
    main = write("main.rete", 'import "parts/one.rete"\nrule "r"\nwhen\n  T()\nthen\n  emit 1\nend')
    write("parts/one.rete", 'import "two.rete"\n')
    template = "template T\n  id: int = {}\nend\n"
    write("parts/two.rete", template.format(1))

    def default() -> tuple[bool, object]:
        rules = RuleSet.load(main, cache=folder)
        return rules.from_cache, rules.templates["T"].fields[0].default

    assert [default(), default()] == [(False, 1), (True, 1)]
    part = write("parts/two.rete", template.format(2))
    assert [default(), default()] == [(False, 2), (True, 2)]
    part.unlink()
    with pytest.raises(RuleSyntaxError, match=r"cannot import: there is no file"):
        default()
    write("parts/two.rete", template.format(2))
    assert default() == (True, 2)


def test_a_text_with_imports(folder: Path, write: Write, tmp_path: Path) -> None:
    write("t.rete", "template T\nend")
    for _ in range(2):
        rules = RuleSet.parse('import "t.rete"', base=tmp_path, cache=folder)
        assert list(rules.templates) == ["T"]
    assert rules.from_cache
    with pytest.raises(RuleSyntaxError, match="cannot import"):
        RuleSet.parse('import "t.rete"', cache=folder)


def test_a_file_that_became_another_file_is_read_anew(
    folder: Path, write: Write, tmp_path: Path
) -> None:
    write("one.rete", "template T\nend")
    write("two.rete", "template T\nend")
    main = write("main.rete", 'import "link.rete"\nimport "one.rete"\n')
    (tmp_path / "link.rete").symlink_to(tmp_path / "one.rete")
    assert not RuleSet.load(main, cache=folder).from_cache
    assert RuleSet.load(main, cache=folder).from_cache
    (tmp_path / "link.rete").unlink()
    (tmp_path / "link.rete").symlink_to(tmp_path / "two.rete")
    with pytest.raises(RuleValidationError, match="declared twice"):
        RuleSet.load(main, cache=folder)


def test_a_folder_of_files(folder: Path, write: Write, tmp_path: Path) -> None:
    write("rules/a.rete", "template A\nend")
    write("rules/b.yaml", "name: b\ntemplates: { B: { fields: {} } }\nrules: []\n")
    for _ in range(2):
        rules = RuleSet.load(tmp_path / "rules", cache=folder)
        assert list(rules.templates) == ["A", "B"]
    assert rules.from_cache
    write("rules/c.rete", "template C\nend")
    rules = RuleSet.load(tmp_path / "rules", cache=folder)
    assert (rules.from_cache, list(rules.templates)) == (False, ["A", "B", "C"])


def test_wrong_rules_are_wrong_each_time(folder: Path, write: Write) -> None:
    path = write("wrong.rete", "rule 'r'\nwhen\n  Nothing()\nthen\nend")
    for _ in range(2):
        with pytest.raises(RuleValidationError):
            RuleSet.load(path, cache=folder)
        with pytest.raises(RuleSyntaxError):
            RuleSet.parse("rule", cache=folder)
        with pytest.raises(RuleSyntaxError):
            RuleSet.parse("\0", cache=folder)
        with pytest.raises(RuleSyntaxError):
            RuleSet.load("missing.rete", cache=folder)
    assert not folder.exists()


@dataclass
class Item:
    names: list[str] = field(default_factory=list)


def test_rules_and_classes_of_the_program_are_compiled_each_time(folder: Path) -> None:
    @rule("r", when="Item()")
    def action(firing: CurrentFiring) -> None:
        firing.emit(1)

    for _ in range(2):
        assert not RuleSet.parse("", templates=[Item], cache=folder).from_cache
        assert not RuleSet.parse("template Item\nend", rules=[action], cache=folder).from_cache
    assert not folder.exists()


def damaged_in_each_way(whole: bytes) -> Iterator[bytes]:
    yield b""
    yield whole[: len(whole) // 2]
    for place in (0, 40, 120, len(whole) // 2, len(whole) - 2):
        yield whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]


def test_a_damaged_entry_is_made_anew(folder: Path) -> None:
    RuleSet.parse(TEXT, cache=folder)
    (path,) = folder.iterdir()
    whole = path.read_bytes()
    for content in damaged_in_each_way(whole):
        path.write_bytes(content)
        assert not RuleSet.parse(TEXT, cache=folder).from_cache
        assert RuleSet.parse(TEXT, cache=folder).from_cache
        assert path.read_bytes() == whole


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b"nothing", b"[" * 100_000, b'{"files": [["a", 1]]}', b"\xff"]
)
def test_an_entry_that_says_nothing_is_made_anew(
    folder: Path, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    RuleSet.parse(TEXT, cache=folder)
    (path,) = folder.iterdir()
    folders.Folder(folder).write(path.stem, body)
    assert not RuleSet.parse(TEXT, cache=folder).from_cache
    assert "cannot be read" in caplog.text
    assert RuleSet.parse(TEXT, cache=folder).from_cache


def test_a_cache_that_cannot_be_written_is_no_error(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    rules = RuleSet.parse(TEXT, cache=tmp_path / "file")
    assert rules.name == "shop"
    assert [record.levelno for record in caplog.records] == [logging.WARNING] * 2


def test_what_cannot_be_kept_is_compiled(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "rete_engine.cache")
    from rete_engine.cache import encode

    def refuse(_: object) -> None:
        raise encode.NotStorableError("something")

    monkeypatch.setattr(encode, "encode", refuse)
    assert RuleSet.parse(TEXT, cache=folder).name == "shop"
    assert "is not cached: it holds something" in caplog.text


def test_what_is_read_needs_neither_the_parser_nor_the_compiler(folder: Path, write: Write) -> None:
    path = write("shop.rete", TEXT)
    program = (
        "import sys\nfrom rete_engine import RuleSet\n"
        f"rules = RuleSet.load({str(path)!r}, cache={str(folder)!r})\n"
        "print(rules.from_cache)\n"
        "print([m for m in sys.modules if m in ('lark', 'rete_engine.compiler.compile',"
        " 'rete_engine.language.parser', 'rete_engine.model.declarations')])"
    )
    for expected in ("False", "True"):
        ran = subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        from_cache, modules = ran.stdout.splitlines()
        assert from_cache == expected
    assert modules == "[]"
