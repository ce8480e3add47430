"""A template that a text and a Python class both declare: they must agree."""

from __future__ import annotations

import enum
import itertools
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest

from rete_engine import FactError, RuleSet, RuleValidationError, Template


class Status(enum.Enum):
    NEW = "new"
    PAID = "paid"


@dataclass
class Order:
    id: int
    total: float = 1.5
    status: Status = Status.NEW
    tags: list[str] = field(default_factory=list)
    note: str | None = None
    more: Any = None


AGREES = """
template Order key(id)
    note: str?
    id: int
    total: float
    status: str
    tags: list
    more: int? = 3
end
"""


def test_same_fields_and_types_are_one_template() -> None:
    rules = RuleSet.parse(AGREES, templates=[Order])
    info = rules.templates["Order"]
    assert info.key == ("id",)
    assert [(f.name, str(f.type)) for f in info.fields] == [
        ("note", "str?"),
        ("id", "int"),
        ("total", "float"),
        ("status", "str"),
        ("tags", "list"),
        ("more", "int?"),
    ]
    with rules.session() as session:
        given = Order(1, note="n", more=4)
        fact = session.insert(given)
        assert fact.object == given
        with pytest.raises(FactError, match="the key id=1 is in use"):
            session.insert("Order", id=1)


def test_what_only_the_class_says_holds_too() -> None:
    rules = RuleSet.parse(AGREES, templates=[Order])
    with rules.session() as session:
        fact = session.insert("Order", id=1)
        assert (fact.total, fact.status, fact.tags, fact.note) == (1.5, "new", [], None)
        assert fact.more == 3  # of two defaults, the text's
        with pytest.raises(FactError, match="'sold' is not one of 'new', 'paid'"):
            session.modify(fact, status="sold")
    text = "template T\n    a: int\nend\n"
    numbers = itertools.count(5)

    @dataclass
    class T:
        a: int = field(default_factory=lambda: next(numbers))

    rules = RuleSet.parse(text, templates=[Template(T, key=["a"], unique=True)])
    assert (rules.templates["T"].key, rules.templates["T"].unique) == (("a",), True)
    with rules.session() as session:
        assert [session.insert("T").a, session.insert("T").a] == [5, 6]


def test_what_only_the_text_says_holds_too() -> None:
    @dataclass
    class T:
        a: str

    text = 'open template T unique\n    a: str in ("x", "y") = "x"\nend\n'
    with RuleSet.parse(text, templates=[T]).session() as session:
        assert session.insert("T", further=3).further == 3
        with pytest.raises(FactError, match="is not one of"):
            session.insert(T("z"))


def test_inherited_fields_count() -> None:
    @dataclass
    class Base:
        a: int

    @dataclass
    class Child(Base):
        b: int

    text = "template Base\n    a: int\nend\ntemplate Child extends Base\n    b: int\nend\n"
    text += 'rule "r"\nwhen\n    x := Base(a > 1)\nthen\n    emit x.a\nend\n'
    with RuleSet.parse(text, templates=[Child, Base]).session() as session:
        session.insert(Child(2, 3))
        session.insert(Base(4))
        assert session.run().outputs == [4, 2]


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("a: int\nb: str\nc: list[int]", ["'a' is int here and float in the class"]),
        ("a: float\nb: str", ["'c' of the class is missing here"]),
        ("a: float\nb: str\nc: list\nd: int", ["the class has no field 'd'"]),
        ("a: float?\nb: str\nc: list", ["'a' is float? here and float in the class"]),
        ("a: float\nb: str\nc: list[str]", ["'c' is list[str] here and list[int] in the class"]),
        (
            'a: float\nb: str in ("x", "z")\nc: list',
            ["'b' may have other values in the class"],
        ),
        ('a: float\nb: str in ("x",)\nc: list', ["'b' may have other values in the class"]),
        (
            "aa: float\nb: int\nc: list",
            [
                "the class has no field 'aa'",
                "'b' is int here and str in the class",
                "'a' of the class is missing here",
            ],
        ),
    ],
)
def test_what_differs_is_told_together_with_both_places(text: str, problems: list[str]) -> None:
    @dataclass
    class T:
        a: float
        b: Literal["x", "y"]
        c: list[int]

    with pytest.raises(RuleValidationError) as caught:
        RuleSet.parse(f"template T\n{text}\nend", name="t.rete", templates=[T])
    (found,) = caught.value.diagnostics
    assert found.code == "RE0105"
    assert found.message.endswith(f"does not agree: {'; '.join(problems)}")
    assert (found.span.source.name, found.span.line) == ("t.rete", 1)
    (note,) = found.notes
    assert "T has a: float, b: str, c: list[int]" in note.message
    assert "leave the template out of the text" in (found.hint or "")


def test_a_class_without_fields_is_shown_as_such() -> None:
    @dataclass
    class T:
        pass

    with pytest.raises(RuleValidationError, match="T has no fields"):
        RuleSet.parse("template T\n    a: int\nend", templates=[T])


def test_two_keys_must_be_the_same() -> None:
    @dataclass
    class T:
        a: int
        b: int

    text = "template T key(a, b)\n    a: int\n    b: int\nend"
    RuleSet.parse(text, templates=[Template(T, key=["b", "a"])])
    with pytest.raises(RuleValidationError, match=r"the key is \(a, b\) here and \(a\) in"):
        RuleSet.parse(text, templates=[Template(T, key=["a"])])


def test_a_second_text_is_one_too_many() -> None:
    with pytest.raises(RuleValidationError) as caught:
        RuleSet.parse(AGREES + AGREES, templates=[Order])
    (found,) = caught.value.diagnostics
    assert found.message == "'Order' is declared twice"
    assert found.notes[0].span.line == 2


def test_a_function_does_not_agree_with_a_class() -> None:
    with pytest.raises(RuleValidationError, match="'Order' is declared twice"):
        RuleSet.parse("function Order(a: int) -> int = a", templates=[Order])
