"""`rete run --query`."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Rete, Write

STOCK = """
template Item
    name: str
    count: int
    part_of: Item? = none
end
facts
    Item(name = "bolt", count = 3)
    Item(name = "nut", count = 0)
end
query scarce(below: int, unless: str?)
    i := Item(count < below, name != unless, missing := below - count)
end
query empty()
    Item(count == 0)
end
query share(of: int)
    i := Item(of // count > 0)
end
rule "order"
when
    i := Item(count == 0)
then
    modify i(count = 1)
end
"""


@pytest.fixture(autouse=True)
def stock(write: Write) -> None:
    write("stock.rete", STOCK)


def test_answers_are_shown_as_tables(rete: Rete) -> None:
    done = rete("run", "stock.rete", "--query", "scarce(5, none)", "--query", "empty")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    start = lines.index("scarce(5, none): 2 answers")
    assert lines[start + 2].split() == ["i", "missing"]
    assert lines[start + 4].endswith("2")
    assert "name='bolt', count=3" in lines[start + 4]
    assert "count=1" in lines[start + 5]  # after the run
    assert lines[-1] == "empty: 0 answers"


def test_answers_as_json(rete: Rete) -> None:
    done = rete("run", "stock.rete", "--query", "scarce(unless = 'nut', below = 4)",
                "--output", "json")  # fmt: skip
    [asked] = json.loads(done.out)["queries"]
    assert asked["query"] == "scarce(unless = 'nut', below = 4)"
    item = {"type": "Item", "name": "bolt", "count": 3, "part_of": None}
    assert asked["answers"] == [{"i": item, "missing": 1}]


def test_answers_as_lines(rete: Rete) -> None:
    done = rete("run", "stock.rete", "--query", "scarce(5, none)", "--output", "ndjson")
    first, second, last = map(json.loads, done.out.splitlines())
    assert (first["query"], first["answer"]["missing"]) == ("scarce(5, none)", 2)
    assert second["answer"]["missing"] == 4
    assert "done" in last


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("scarse(5, none)", "unknown query 'scarse'; did you mean 'scarce'?"),
        ("q", "unknown query 'q' (known: scarce, empty, share)"),
        ("scarce(5)", "takes 2 arguments, not 1; it is declared as scarce(below: int,"),
        ("scarce(5, no = 1)", "takes no argument 'no'"),
        ("scarce('x', none)", "scarce(below): expected int, got str 'x'"),
        ("scarce(x, none)", "unknown name 'x'"),
        ("scarce(1 / 0, none)", "division by zero"),
        ("scarce(5,, none)", "RE0010"),
        ("1 + 1", "'1 + 1' is no query; write name(parameter = value, …)"),
    ],
)
def test_wrong_queries(rete: Rete, query: str, message: str) -> None:
    done = rete("run", "stock.rete", "--query", query)
    assert done.code == 1
    assert message in done.err


def test_a_query_that_fails(rete: Rete, write: Write) -> None:
    write("stock.rete", STOCK.replace("modify i(count = 1)", "print i.name"))
    done = rete("run", "stock.rete", "--query", "share(6)", "--query", "empty")
    assert done.code == 3
    assert "a condition of query 'share' failed" in done.err
    assert "empty: 1 answer" in done.out
