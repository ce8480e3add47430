"""Many facts at once: from whatever holds rows, all or none."""

from __future__ import annotations

import gc
from collections import UserDict
from collections.abc import Iterator
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import pytest

from rete_engine import FactError, Limits, RuleSet, SecurityError, Session

TEXT = """
template Customer key(id)
    id: str
end
template Line
    order: int
    price: float = 1.0
end
template Note unique
    text: str
    about: Customer? = none
end
rule "dear"
when
    l := Line(price > 10)
then
    emit l.order
end
"""
RULES = RuleSet.parse(TEXT)


@dataclass
class Item:
    sku: str
    qty: int = 1


@dataclass
class Box:
    item: Item


@pytest.fixture
def session() -> Session:
    return RULES.session()


ROWS: list[dict[str, Any]] = [{"order": 1, "price": 20.0}, {"order": 2}, {"order": 3, "price": 30}]


@pytest.mark.parametrize(
    "rows",
    [
        ROWS,
        tuple(ROWS),
        (row for row in ROWS),
        [MappingProxyType(row) for row in ROWS],
        [UserDict(row) for row in ROWS],
        [(1, 20.0), (2, 1.0), (3, 30)],
        [[1, 20], [2, 1], [3, 30]],
        zip((1, 2, 3), (20.0, 1.0, 30), strict=True),
    ],
    ids=["list", "tuple", "generator", "proxies", "mappings", "tuples", "lists", "pairs"],
)
def test_rows_from_whatever_holds_rows(session: Session, rows: Any) -> None:
    assert session.insert_many("Line", rows) == 3
    assert [(line.order, line.price) for line in session.facts("Line")] == [
        (1, 20.0),
        (2, 1.0),
        (3, 30.0),
    ]
    assert session.run().outputs == [3, 1]


def test_the_facts_can_be_asked_for(session: Session) -> None:
    made = session.insert_many("Line", ROWS, facts=True)
    assert made == session.facts("Line")
    assert session.insert_many("Line", []) == 0
    assert session.insert_many("Line", [], facts=True) == []


def test_rows_are_inserted_in_order_as_so_many_inserts(session: Session) -> None:
    session.insert("Customer", id="a")
    session.insert_many("Line", ROWS)
    assert [fact.fact_id for fact in session.facts()] == [1, 2, 3, 4]


def test_equal_rows_of_a_unique_template_are_one_fact(session: Session) -> None:
    made = session.insert_many("Note", [{"text": "a"}, {"text": "a"}, {"text": "b"}], facts=True)
    assert made[0] == made[1]
    assert len(session.facts("Note")) == 2
    assert session.insert_many("Note", [{"text": "b"}], facts=True) == [made[2]]


def test_rows_may_refer_to_facts(session: Session) -> None:
    ann = session.insert("Customer", id="a")
    session.insert_many("Note", [{"text": "x", "about": ann}, {"text": "y"}])
    assert [note.about for note in session.facts("Note")] == [ann, None]


@pytest.mark.parametrize(
    ("template", "rows", "message"),
    [
        ("Line", [{"order": 1}, {"order": "x"}], r"row 2: Line\.order: expected int, got str 'x'"),
        ("Line", [{"order": 1}, {}], "row 2: Line needs a value for 'order'"),
        ("Line", [{"order": 1}, {"order": 2, "prize": 1}], "row 2: Line has no field 'prize'"),
        ("Line", [{"order": 1}, 5], "row 2: expected a mapping or a tuple, not int"),
        ("Line", [{"order": 1}, Item("a")], "row 2: expected a mapping or a tuple, not Item"),
        ("Line", [{"order": 1}, {1: 2}], "row 2: "),
        (
            "Line",
            [{"order": 1}, {"order": 2}, {"price": 2.0}],
            "row 3: Line needs a value for 'ord",
        ),
        ("Line", [(1, 2.0), (2,)], r"row 2: Line has 2 fields \(order, price\), the row 1 value"),
        ("Line", [(1, 2.0, 3)], r"row 1: Line has 2 fields \(order, price\), the row 3 values"),
        ("Line", [(1, 2.0), ("x", 1.0)], r"row 2: Line\.order: expected int, got str 'x'"),
        ("Line", [(1, 2.0), (2, True)], r"row 2: Line\.price: expected float, got bool true"),
        ("Line", [(1, None)], r"row 1: Line\.price: expected float, got none"),
        ("Line", [(1, 2.0), (2, "x"), ("y", 1.0)], r"row 2: Line\.price: expected float"),
        ("Customer", [("a",), ("a",), (5,)], "row 2: .* in use by fact 1"),
        ("Customer", [{"id": "a"}, {"id": "b"}, {"id": "a"}], "row 3: .* in use by fact 1"),
        ("Note", [{"text": "a"}, {"text": 1}], r"row 2: Note\.text: expected str"),
        ("Note", [{"text": "a"}, 5], "row 2: expected a mapping or a tuple, not int"),
        ("Note", [{"text": "a", "about": 3}], r"row 1: Note\.about: expected Customer"),
        ("Lin", [{"order": 1}], "unknown template 'Lin'"),
        (None, [{"order": 1}], "row 1: expected an object of a template's class, not dict"),
        (None, [5], "row 1: 'int' is not the class of a template"),
        ("Line", {"order": 1}, "rows must be an iterable of mappings or objects, not dict"),
        ("Line", "abc", "rows must be an iterable of mappings or objects, not str"),
        ("Line", b"abc", "rows must be an iterable of mappings or objects, not bytes"),
        ("Line", 5, "rows must be an iterable of mappings or objects, not int"),
        ("Line", None, "rows must be an iterable of mappings or objects, not NoneType"),
        ("Note", 5, "rows must be an iterable of mappings or objects, not int"),
    ],
)
def test_when_a_row_does_not_fit_none_is_inserted(
    session: Session, template: str | None, rows: Any, message: str
) -> None:
    with pytest.raises(FactError, match=message):
        session.insert_many(template, rows)
    assert session.facts() == []
    # Nor is a key held by what did not enter.
    assert session.insert_many("Customer", [{"id": "a"}, {"id": "b"}]) == 2
    assert session.insert_many("Note", [{"text": "a"}]) == 1
    assert [fact.fact_id for fact in session.facts()] == [1, 2, 3]


def test_a_row_whose_source_fails_inserts_none(session: Session) -> None:
    def rows() -> Iterator[dict[str, int]]:
        yield {"order": 1}
        raise RuntimeError("the source is dry")

    with pytest.raises(RuntimeError, match="dry"):
        session.insert_many("Line", rows())
    assert session.facts() == []
    session.insert("Line", order=1)  # the session can be used


def test_objects_of_several_classes_at_once() -> None:
    with RuleSet.parse("", templates=[Item, Box]).session() as session:
        item = Item("a")
        session.insert(item)
        boxes = [Box(item), Item("b"), Box(item)]
        with pytest.raises(FactError, match=r"not Item; objects go in by insert_many\(None, obj"):
            session.insert_many("Item", [item])
        assert session.insert_many(None, boxes) == 3
        assert [fact.fact_id for fact in session.facts("Box")] == [2, 4]
        session.modify(boxes[1], qty=5)
        assert session.facts("Item", sku="b")[0].qty == 5
        session.retract(boxes[0])
        with pytest.raises(FactError, match="row 1: a value is an object of Item that is no fact"):
            session.insert_many(None, [Box(Item("c"))])


def test_rows_over_the_limit_of_facts_are_refused_together() -> None:
    with RULES.session(limits=Limits(facts=2)) as session:
        with pytest.raises(SecurityError, match="more than 2 facts"):
            session.insert_many("Line", ROWS)


def test_the_collector_is_as_it_was_after_a_load(session: Session) -> None:
    before = gc.get_threshold()
    seen: list[tuple[int, int, int]] = []

    def rows() -> Iterator[dict[str, int]]:
        seen.append(gc.get_threshold())
        yield {"order": 1}

    session.insert_many("Line", rows())
    assert seen[0][0] > before[0]
    assert gc.get_threshold() == before
    with pytest.raises(FactError):
        session.insert_many("Line", [5])
    assert gc.get_threshold() == before
