"""Classic programs of rule engines, each with the answer that is known of it."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from rete_engine import RuleSet

HERE = Path(__file__).parent


def load(name: str) -> RuleSet:
    rules = RuleSet.load(HERE / name)
    assert rules.diagnostics == ()
    return rules


def test_family_tree() -> None:
    tree = {
        "Ann": ["Bea", "Ben"],
        "Bea": ["Cid", "Cleo"],
        "Ben": ["Carl"],
        "Carl": ["Dora"],
    }
    with load("family.rete").session() as session:
        session.insert_many(
            "Parent",
            [{"parent": parent, "child": child} for parent, all in tree.items() for child in all],
        )
        session.run()
        ancestors = {(a.ancestor, a.person): a.generations for a in session.facts("Ancestor")}
        siblings = {(s.one, s.other) for s in session.facts("Sibling")}
        cousins = {(c.one, c.other) for c in session.facts("Cousin")}
    assert ancestors == {
        ("Ann", "Bea"): 1, ("Ann", "Ben"): 1, ("Ann", "Cid"): 2, ("Ann", "Cleo"): 2,
        ("Ann", "Carl"): 2, ("Ann", "Dora"): 3, ("Bea", "Cid"): 1, ("Bea", "Cleo"): 1,
        ("Ben", "Carl"): 1, ("Ben", "Dora"): 2, ("Carl", "Dora"): 1,
    }  # fmt: skip
    both_ways = [("Bea", "Ben"), ("Cid", "Cleo")]
    assert siblings == {*both_ways, *((b, a) for a, b in both_ways)}
    both_ways = [("Cid", "Carl"), ("Cleo", "Carl")]
    assert cousins == {*both_ways, *((b, a) for a, b in both_ways)}


def test_zebra_puzzle() -> None:
    with load("zebra.rete").session() as session:
        (answer,) = session.run().outputs
    assert answer == {
        "water": "Norwegian",
        "zebra": "Japanese",
        "houses": ["Norwegian", "Ukrainian", "Englishman", "Spaniard", "Japanese"],
    }


PUZZLE = """
..3.2.6..
9..3.5..1
..18.64..
..81.29..
7.......8
..67.82..
..26.95..
8..2.3..9
..5.1.3..
"""
SOLUTION = """
483921657
967345821
251876493
548132976
729564138
136798245
372689514
814253769
695417382
"""


def test_sudoku() -> None:
    with load("sudoku.rete").session() as session:
        for row, line in enumerate(PUZZLE.split()):
            for column, digit in enumerate(line):
                if digit != ".":
                    session.insert("Given", row=row, column=column, digit=int(digit))
        session.run()
        digits = {(d.row, d.column): d.digit for d in session.facts("Digit")}
        assert session.facts("Candidate") == []
    rows = ("".join(str(digits[row, column]) for column in range(9)) for row in range(9))
    assert "\n".join(rows) == SOLUTION.strip()


def test_monkey_and_bananas() -> None:
    plan: list[str] = []
    with load("monkey.rete").session(out=plan.append) as session:
        session.insert("Monkey", at="couch", on="couch", holding="blanket")
        session.insert("Thing", name="couch", at="couch", heavy=True)
        session.insert("Thing", name="blanket", at="couch", on="monkey")
        session.insert("Thing", name="ladder", at="door")
        session.insert("Thing", name="bananas", at="window", on="ceiling")
        session.insert("Goal", what="eat", thing="bananas")
        session.run(limit=100)
        assert session.facts("Goal") == []
    assert plan == [
        "drop the blanket",
        "jump from the couch",
        "walk to the door",
        "pick up the ladder",
        "walk to the window with the ladder",
        "drop the ladder",
        "climb the ladder",
        "grab the bananas",
        "eat the bananas",
    ]


def test_miss_manners() -> None:
    """Each shares a hobby with two others at most, so there is one row, read from either end."""
    row = ["Ada", "Ben", "Cleo", "Dan", "Eve", "Finn", "Gail", "Hugo"]
    with load("manners.rete").session() as session:
        for place in (3, 0, 6, 4, 1, 7, 2, 5):  # so that the search runs into dead ends
            hobbies = {f"hobby {place}", f"hobby {place + 1}"}
            session.insert("Guest", name=row[place], sex="fm"[place % 2], hobbies=hobbies)
        result = session.run()
        assert result.stopped == "halted"
        (seated,) = result.outputs
        assert seated in (row, row[::-1])


def test_miss_manners_where_nobody_can_sit_beside_somebody() -> None:
    with load("manners.rete").session() as session:
        for name, sex, hobby in (("Ada", "f", "chess"), ("Ben", "m", "chess"), ("Eve", "f", "go")):
            session.insert("Guest", name=name, sex=sex, hobbies={hobby})
        result = session.run()
        assert (result.outputs, result.stopped) == ([], "quiescent")
        assert len(session.facts("Seating")) == 5  # three alone, Ada and Ben, Ben and Ada


#: A cube, seen from above and in front: the middle M, around it the outline A to F, clockwise.
CUBE = {
    "A": ("L", ["F", "B"]),
    "B": ("arrow", ["A", "M", "C"]),
    "C": ("L", ["B", "D"]),
    "D": ("arrow", ["C", "M", "E"]),
    "E": ("L", ["D", "F"]),
    "F": ("arrow", ["E", "M", "A"]),
    "M": ("fork", ["B", "F", "D"]),
}


@pytest.mark.parametrize(("outline", "labellings"), [(list("ABCDEF"), 1), ([], 4)])
def test_waltz_labelling_of_a_cube(outline: list[str], labellings: int) -> None:
    """A cube floats, or is glued to something with one of its three hidden faces."""
    with load("waltz.rete").session(params={"outline": outline}) as session:
        for name, (kind, ends) in CUBE.items():
            session.insert("Junction", name=name, kind=kind, ends=ends)
        session.run()
        left: dict[str, list[list[str]]] = {name: [] for name in CUBE}
        for labelling in session.facts("Labelling"):
            left[labelling.junction].append(list(labelling.labels))
    assert left["M"] == [["+", "+", "+"]]
    whole = [
        chosen
        for labels in itertools.product(*left.values())
        if agree(chosen := dict(zip(left, labels, strict=True)))
    ]
    assert len(whole) == labellings
    boundary = {"B": ["<", "+", ">"], "D": ["<", "+", ">"], "F": ["<", "+", ">"]}
    assert [chosen for chosen in whole if chosen.items() >= boundary.items()] == [
        {**boundary, **{name: ["<", ">"] for name in "ACE"}, "M": ["+", "+", "+"]}
    ]


def agree(labels: dict[str, list[str]]) -> bool:
    """Whether the labels of every line are the same, seen from both ends."""
    turned = {">": "<", "<": ">"}
    return all(
        labels[end][CUBE[end][1].index(name)] == turned.get(label, label)
        for name, (_, ends) in CUBE.items()
        for end, label in zip(ends, labels[name], strict=True)
    )


@pytest.mark.parametrize(("size", "ways"), [(4, 2), (5, 10), (6, 4)])
def test_queens(size: int, ways: int) -> None:
    with load("queens.rete").session(params={"n": size}) as session:
        assert session.run().outputs == [ways]
        boards = [list(solution.queens) for solution in session.facts("Solution")]
    for board in boards:
        assert sorted(board) == list(range(size))
        for (i, a), (j, b) in itertools.combinations(enumerate(board), 2):
            assert abs(a - b) != abs(i - j)
    assert len({tuple(board) for board in boards}) == ways


def test_river_crossing() -> None:
    with load("river.rete").session(strategy="breadth") as session:
        assert session.run().outputs == [7]
        steps = {fact.state: fact for fact in session.facts("Step")}
        [end] = [each for each in steps if {*each.as_dict().values()} == {"right"}]
        way = [steps[end]]
        while way[-1].before is not None:
            way.append(steps[way[-1].before])
    whats = [step.what for step in reversed(way)]
    assert whats[:3] == ["all on the left", "take goat to the right", "take nothing to the left"]
    assert len(whats) == 8


def test_a_knight_that_visits_every_square() -> None:
    with load("knight.rete").session() as session:
        session.run()
        squares = sorted(session.facts("Square"), key=lambda square: square.visited)
        assert [square.visited for square in squares] == list(range(1, 37))
        for one, other in itertools.pairwise(squares):
            assert abs(one.x - other.x) * abs(one.y - other.y) == 2


def test_a_sentence_with_two_meanings() -> None:
    with load("parser.rete").session() as session:
        words = ["the", "man", "saw", "the", "dog", "with", "the", "telescope"]
        facts = [session.insert("Word", at=at, text=text) for at, text in enumerate(words)]
        session.run()
        found = {match.e.tree for match in session.query("parses", what="S")}
        man, dog, glass = (("NP", "the", noun) for noun in ("man", "dog", "telescope"))
        by_it = ("S", man, ("VP", ("VP", "saw", dog), ("PP", "with", glass)))
        has_it = ("S", man, ("VP", "saw", ("NP", dog, ("PP", "with", glass))))
        assert found == {by_it, has_it}
        session.retract(facts[5])  # with
        assert session.query("parses", what="S") == []
        assert {edge.tree for edge in session.facts("Edge") if edge.begin >= 6} == {
            "the", "telescope", glass,
        }  # fmt: skip
