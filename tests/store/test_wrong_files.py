"""Every fault of a file is told with file, place and cause."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rete_engine import FactError, Limits, RuleSet, SecurityError
from rete_engine.store import FactFileError, load_facts, parse_address
from tests.store.conftest import Write
from tests.store.loading import load

BOMB = "a: &a [1,1,1,1,1,1,1,1,1,1]\n" + "".join(
    f"{new}: &{new} [{','.join([f'*{old}'] * 10)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        # JSON
        ("orders.json", '[{"id": NaN}]', "orders.json:1:9: NaN is no JSON value"),
        (
            "orders.json",
            '[{"id": 1, "x": "NaN"},\n -Infinity]',
            "orders.json:2:2: -Infinity is no JSON value",
        ),
        ("orders.json", '{"id": 1, "id": 2}', "orders.json:1:11: the key 'id' stands twice"),
        ("orders.json", '[{"id": 1 "x": 2}]', "orders.json:1:11: not JSON: Expecting ','"),
        ("orders.json", '[{"id": 1}\n {"id": 2}]', "orders.json:2:2: a ',' or ']' is missing"),
        ("orders.json", '[{"id": 1},\n', "orders.json:2:1: not JSON: Expecting value"),
        ("orders.json", '[{"id": 1}]\n]', "orders.json:2:1: more text after the end of the list"),
        ("orders.json", '{"id": 1}\n{"id": 2}', "one record per line is called .ndjson"),
        ("orders.json", "", "orders.json:1:1: not JSON: Expecting value"),
        ("orders.json", "[1e999]", "orders.json:1:2: the number 1e999 is too large"),
        ("orders.json", "[" * 100_000, "orders.json:1:2: nested too deeply"),
        ("orders.json", "[" + "9" * 5000 + "]", "orders.json:1:2: Exceeds the limit"),
        # NDJSON
        (
            "orders.ndjson",
            '{"id": 1}\n\n{"id": }\n',
            "orders.ndjson:3:8: not JSON: Expecting value",
        ),
        ("orders.ndjson", '{"id": 1} {"id": 2}', "orders.ndjson:1:11: more text after the record"),
        ("orders.ndjson", b'{"id": 1}\n"\xff"\n', "orders.ndjson:2: not UTF-8 text (byte 0xff)"),
        # YAML
        ("orders.yaml", "- id: 1\n  id: 2\n", "orders.yaml:2:3: the key 'id' stands twice"),
        ("orders.yaml", "- id: [1\n- 2", "orders.yaml:3:1: not YAML: did not find expected"),
        ("orders.yaml", "- !!python/name:os.system", "orders.yaml:1:3: not YAML: a tag"),
        ("orders.yaml", "- !thing {}", "orders.yaml:1:3: not YAML: a tag"),
        ("orders.yaml", "&a [*a]", "orders.yaml:1:1: an alias refers to what it stands in"),
        ("orders.yaml", BOMB, "aliases unfold this document to too many values"),
        ("orders.yaml", "[" * 5000 + "]" * 5000, "orders.yaml:1: nested too deeply"),
        ("orders.yml", "a: 1\nb: " + "[" * 200_000, "orders.yml:2: nested too deeply"),
        ("deep.yaml", "- " * 200_000 + "a", "deep.yaml:1: nested too deeply"),
        ("orders.yaml", "- id: " + "9" * 5000, "orders.yaml:1: Exceeds the limit"),
        ("orders.yaml", "- \x07", "orders.yaml: not YAML"),
        ("orders.yaml", "- 1: x", "orders.yaml:1: record 1: the key 1 is a int, not a string"),
        # TOML
        ("orders.toml", "id = 1\nx =\n", "orders.toml:2:4: not TOML: "),
        ("orders.toml", "id = 1\nid = 2\n", "orders.toml:2:7: not TOML: "),
        ("orders.toml", "id = [1,", "orders.toml:1:9: not TOML: "),
        ("orders.toml", "id = " + "9" * 5000, "orders.toml: Exceeds the limit"),
        ("orders.toml", "id = " + "[" * 5000, "orders.toml: nested too deeply"),
        ("orders.toml", "id = 1\nday = 12:30:00\n", "record 1: Order.day: "),
        # CSV
        ("orders.csv", 'id\n1\n"2\n3\n', "orders.csv:3: not CSV: a quote is not closed"),
        ("orders.csv", 'id\n"1"x\n', "orders.csv:2: not CSV: "),
        ("orders.csv", "id,total\n1,2\n3\n", "orders.csv:3: record 2: 1 cell where the heading"),
        ("orders.csv", "id\n1,2\n", "orders.csv:2: record 1: 2 cells where the heading has 1"),
        ("orders.csv", "id,id\n", "orders.csv:1: the column 'id' stands twice"),
        ("orders.csv", "id,,total\n", "orders.csv:1: column 2 has no name"),
        ("orders.csv", b"id\n1\n\xff\n", "orders.csv:3: not UTF-8 text (byte 0xff)"),
        ("orders.csv", b"id\n\x00\n", "orders.csv:2: a binary file, not CSV"),
        ("orders.csv", "id\nx\n", "orders.csv:2: record 1: Order.id: expected int, got 'x'"),
        ("orders.csv", "id\n\n\n''\n", "orders.csv:4: record 1: Order.id: expected int"),
        ("orders.csv", "id,total\n,2\n", "Order.id: an empty cell, but int needs a value"),
        # any text
        ("orders.json", b"\x00\x01\x02", "orders.json: a binary file, not text"),
        ("orders.yaml", b"- a\n- \xe4\n", "orders.yaml:2: not UTF-8 text (byte 0xe4)"),
        # records
        ("orders.json", "[3]", "orders.json:1: record 1: a number, not a mapping of fields"),
        ("orders.json", "null", "orders.json: record 1: null, not a mapping of fields"),
        ("orders.json", "[[1]]", "record 1: a list, not a mapping of fields"),
        ("orders.yaml", "hello", "orders.yaml:1: record 1: a string, not a mapping of fields"),
        ("orders.ndjson", "true", "record 1: true or false, not a mapping of fields"),
        ("orders.json", '[{"id": 1},\n{"id": "x"}]', "orders.json:2: record 2: Order.id: expected"),
        ("orders.json", "[{}]", "orders.json:1: record 1: Order needs a value for 'id'"),
        ("orders.json", '[{"id": 1, "day": "x"}]', "record 1: Order.day: 'x' is no date such as"),
        (
            "orders.ndjson",
            '{"id": 1}\n{"id": 1}',
            "orders.ndjson:2: record 2: ",
        ),  # the key is in use
        (
            "kinds.json",
            '[{"maybe": 1},\n{"maybe": 2, "many": ' + "[" * 150 + "]" * 150 + "}]",
            "kinds.json:2: record 2: collections are nested deeper than 100 levels",
        ),
        ("orders.json", '[{"id": 1, "customer": "q"}]', "there is no Customer with id = 'q'"),
    ],
)
def test_a_fault_has_its_place(write: Write, name: str, content: str | bytes, message: str) -> None:
    with pytest.raises(FactFileError) as caught:
        load(write(name, content))
    assert message in str(caught.value).split("\n")[0]
    assert caught.value.file == name


def test_a_fault_shows_the_line(write: Write) -> None:
    with pytest.raises(FactFileError) as caught:
        load(write("orders.ndjson", '{"id": 1}\n{"id": 2, "total": x}\n'))
    assert str(caught.value).split("\n")[1:] == [
        ' 2 | {"id": 2, "total": x}',
        "   |                    ^",
    ]
    assert (caught.value.line, caught.value.column) == (2, 20)
    with pytest.raises(FactFileError) as caught:
        load(write("orders.json", '[{"id": 1, "text": "' + "x" * 1000 + '" y}]'))
    shown, marker = str(caught.value).split("\n")[1:]
    assert len(shown) < 150
    assert shown[marker.index("^")] == "y"


@pytest.mark.parametrize(
    "name", ["missing.json", "missing.ndjson", "missing.csv", "missing.parquet", "missing.toml"]
)
def test_a_file_that_is_not_there(write: Write, name: str) -> None:
    with pytest.raises(FactFileError, match=f"^{name}: no such file$"):
        load(f"Order={name}")


@pytest.mark.parametrize("name", ["folder.json", "folder.ndjson", "folder.csv", "folder.parquet"])
def test_a_folder_is_no_file(write: Write, tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    with pytest.raises(FactFileError, match=r"is a folder|cannot be read"):
        load(f"Order={name}")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads anything")
def test_a_file_that_may_not_be_read(write: Write, tmp_path: Path) -> None:
    write("orders.json", "[]")
    (tmp_path / "orders.json").chmod(0)
    with pytest.raises(FactFileError, match=r"orders\.json: cannot be read: Permission denied"):
        load("orders.json")


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs Linux")
@pytest.mark.parametrize("ending", ["json", "ndjson"])
def test_a_file_that_fails_while_it_is_read(write: Write, tmp_path: Path, ending: str) -> None:
    (tmp_path / f"orders.{ending}").symlink_to("/proc/self/mem")
    with pytest.raises(FactFileError, match="cannot be read: Input/output error"):
        load(f"orders.{ending}")


def test_a_name_that_no_system_takes() -> None:
    with pytest.raises(FactFileError, match="cannot be read"):
        load("Order=a\0b.json")


@pytest.mark.parametrize(
    ("name", "text", "inside", "cause"),
    [
        ("s.json", '{"orders": []}', "order", "has no 'order'; did you mean 'orders'?"),
        ("s.json", '{"a": 1, "b": 2}', "zebra", "has no 'zebra'; its keys are: a, b"),
        ("s.json", "{}", "zebra", "the document has no 'zebra'; it is empty"),
        ("s.json", '{"a": {"b": 1}}', "a.c", "'a' has no 'c'"),
        ("s.json", '{"a": [1]}', "a.b", "'a' is a list, 'b' leads nowhere in it"),
        ("s.json", '{"a": [1]}', "a.7", "'a' is a list, '7' leads nowhere in it"),
        ("s.json", '{"a": {"b": 1}}', "a.b", "'a.b' is a number, not a list of records"),
        ("s.yaml", "a: []\n---\nb: []\n", "a", "more than one YAML document"),
        ("s.yaml", "", "a", "the document is null, 'a' leads nowhere in it"),
        ("s.csv", "a\n", "a", "a .csv file is a list of records, it has no path inside"),
    ],
)
def test_a_path_that_leads_nowhere(
    write: Write, name: str, text: str, inside: str, cause: str
) -> None:
    with pytest.raises(FactFileError) as caught:
        load(f"Order={write(name, text)}:{inside}")
    assert cause in str(caught.value)


def test_a_file_that_is_nothing_known(write: Write) -> None:
    with pytest.raises(FactFileError) as caught:
        load("Order=" + write("notes.txt", "just some words"))
    assert str(caught.value) == (
        "notes.txt: is neither JSON (line 1: Expecting value), TOML (line 1: Expected '=' after a"
        " key in a key/value pair) nor YAML (a string, not a mapping or a list)"
    )


def test_a_broken_parquet_file(write: Write) -> None:
    pytest.importorskip("pyarrow")
    with pytest.raises(FactFileError, match=r"orders\.parquet: not Parquet: "):
        load(write("orders.parquet", b"no parquet at all"))


def test_the_errors_are_fact_errors() -> None:
    assert issubclass(FactFileError, FactError)


def test_a_session_over_its_own_bound_is_no_fault_of_a_record(write: Write) -> None:
    rules = RuleSet.parse("template T\n    n: int\nend")
    address = parse_address(write("T.json", '[{"n": 1}, {"n": 2}, {"n": 3}]'), rules.templates)
    with rules.session(limits=Limits(facts=2)) as session:
        with pytest.raises(SecurityError, match="^the session holds more than 2 facts"):
            load_facts(session, rules.templates, [address])
