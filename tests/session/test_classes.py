"""Templates made from Python classes: dataclasses and pydantic models."""

from __future__ import annotations

import dataclasses
import enum
import itertools
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal, NewType, Optional, Union

import pydantic
import pytest

from rete_engine import FactError, RuleSet, RuleValidationError, Template

Sku = NewType("Sku", str)


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Size(enum.IntEnum):
    SMALL = 1
    LARGE = 2


class Odd(enum.Enum):
    NUMBER = 1
    WORD = "one"


@dataclass
class Address:
    street: str
    kind: Colour = Colour.RED


class Zone(pydantic.BaseModel):
    name: str
    code: uuid.UUID | None = None


@dataclass
class Everything:
    a: int
    b: float
    c: str
    d: bool
    e: Decimal
    f: date
    g: datetime
    h: timedelta
    i: uuid.UUID
    j: list[int]
    k: dict[str, float]
    l: set[str]  # noqa: E741 - a field may be called what it likes
    m: tuple[int, ...]
    n: Any
    o: object
    p: Optional[int]  # noqa: UP045 - the older spelling
    q: int | None
    r: Union[int, str]  # noqa: UP007 - the older spelling
    s: Literal["x", "y"]
    t: Literal["x", None]
    u: Colour
    v: Size
    w: Odd
    x: Annotated[int, "positive"]
    y: Address
    z: Sequence[str]
    aa: Mapping[str, int]
    ab: frozenset[int]
    ac: list[Colour | None]
    ad: Sku
    ae: Literal[Colour.RED]
    af: dict  # type: ignore[type-arg]  # without arguments
    ag: Colour | None
    ah: Zone | None = None


def test_every_annotation_has_its_type_of_the_language() -> None:
    fields = RuleSet.parse("", templates=[Everything]).templates["Everything"].fields
    assert {f.name: str(f.type) for f in fields} == {
        "a": "int",
        "b": "float",
        "c": "str",
        "d": "bool",
        "e": "decimal",
        "f": "date",
        "g": "datetime",
        "h": "duration",
        "i": "str",
        "j": "list[int]",
        "k": "dict[str, float]",
        "l": "set[str]",
        "m": "tuple",
        "n": "any",
        "o": "any",
        "p": "int?",
        "q": "int?",
        "r": "any",
        "s": "str",
        "t": "str?",
        "u": "str",
        "v": "int",
        "w": "any",
        "x": "int",
        "y": "dict",
        "z": "list[str]",
        "aa": "dict[str, int]",
        "ab": "set[int]",
        "ac": "list[str?]",
        "ad": "str",
        "ae": "str",
        "af": "dict",
        "ag": "str?",
        "ah": "dict?",
    }
    allowed = {f.name: f.allowed for f in fields if f.allowed is not None}
    assert allowed == {
        "s": ("x", "y"),
        "t": ("x",),
        "u": ("red", "blue"),
        "v": (1, 2),
        "w": (1, "one"),
        "ae": ("red",),
        "ag": ("red", "blue"),
    }
    assert [f.name for f in fields if not f.required] == ["ah"]


def everything() -> Everything:
    return Everything(
        a=1,
        b=2.5,
        c="c",
        d=True,
        e=Decimal("1.5"),
        f=date(2026, 1, 2),
        g=datetime(2026, 1, 2, 3),
        h=timedelta(hours=1),
        i=uuid.UUID(int=5),
        j=[1, 2],
        k={"x": 1.5},
        l={"a", "b"},
        m=(1, 2),
        n={"deep": [1]},
        o=None,
        p=None,
        q=3,
        r="r",
        s="x",
        t=None,
        u=Colour.BLUE,
        v=Size.LARGE,
        w=Odd.WORD,
        x=7,
        y=Address("Main", Colour.BLUE),
        z=["z"],
        aa={"x": 1},
        ab=frozenset([1]),
        ac=[Colour.RED, None],
        ad=Sku("s"),
        ae=Colour.RED,
        af={"k": 1},
        ag=Colour.BLUE,
        ah=Zone(name="north", code=uuid.UUID(int=9)),
    )


def test_an_object_goes_in_as_plain_values_and_comes_out_as_it_was() -> None:
    with RuleSet.parse("", templates=[Everything]).session() as session:
        given = everything()
        fact = session.insert(given)
        assert fact.i == str(uuid.UUID(int=5))
        assert (fact.u, fact.v, fact.w, fact.ac) == ("blue", 2, "one", ["red", None])
        assert fact.y == {"street": "Main", "kind": "blue"}
        assert fact.ah == {"name": "north", "code": str(uuid.UUID(int=9))}
        made = fact.object
        assert made == given
        assert made is not given
        assert type(made.v) is Size
        assert type(made.ab) is frozenset


def test_a_pydantic_model_too() -> None:
    class Line(pydantic.BaseModel):
        model_config = pydantic.ConfigDict(strict=True)

        sku: str
        colour: Colour = Colour.RED
        zone: Zone | None = None
        zones: list[Zone] = []
        by_name: dict[str, Zone] = pydantic.Field(default_factory=dict)
        code: uuid.UUID = uuid.UUID(int=1)
        pairs: tuple[Colour, int] = (Colour.RED, 1)

    rules = RuleSet.parse("", templates=[Line])
    with rules.session() as session:
        given = Line(
            sku="a",
            colour=Colour.BLUE,
            zones=[Zone(name="z")],
            by_name={"y": Zone(name="y")},
            pairs=(Colour.BLUE, 3),
        )
        fact = session.insert(given)
        assert fact.zones == [{"name": "z", "code": None}]
        assert fact.object == given
        session.modify(fact, sku="b", zone={"name": "n", "code": None})
        assert fact.object == given.model_copy(update={"sku": "b", "zone": Zone(name="n")})
        assert session.insert("Line", sku="c").object == Line(sku="c")


def test_a_model_that_wants_its_fields_by_aliases_is_built_by_them() -> None:
    class Item(pydantic.BaseModel):
        order_id: int = pydantic.Field(alias="orderId")
        price: float = pydantic.Field(default=1.0, validation_alias="cost")

    with RuleSet.parse("", templates=[Item]).session() as session:
        fact = session.insert("Item", order_id=3)
        assert (fact.order_id, fact.price) == (3, 1.0)
        assert fact.object == Item(orderId=3)


def test_a_nested_model_is_a_mapping_in_every_place() -> None:
    @dataclass
    class Box:
        inner: Address
        many: list[Address]
        named: dict[str, Address]
        pair: tuple[Address, Address]

    one = Address("a")
    with RuleSet.parse("", templates=[Box]).session() as session:
        box = Box(one, [one], {"x": one}, (one, one))
        fact = session.insert(box)
        plain = {"street": "a", "kind": "red"}
        assert fact.as_dict() == {
            "inner": plain,
            "many": [plain],
            "named": {"x": plain},
            "pair": (plain, plain),
        }
        assert fact.object == box


def test_a_nested_model_may_be_given_for_a_field() -> None:
    @dataclass
    class Box:
        inner: Address
        many: list[Address]

    with RuleSet.parse("", templates=[Box]).session() as session:
        fact = session.insert("Box", inner=Address("a"), many=[])
        session.modify(fact, many=[Address("b")])
        assert fact.object == Box(Address("a"), [Address("b")])
        session.insert_many("Box", [{"inner": Address("c"), "many": [Address("d")]}])
        assert session.facts("Box", inner=Address("c"))[0].many == [{"street": "d", "kind": "red"}]


# -- references ------------------------------------------------------------------------------------


@dataclass
class Customer:
    name: str
    friends: list[Customer] = field(default_factory=list)


@dataclass
class Basket:
    owner: Customer
    guest: Customer | None = None


def test_a_field_of_a_templates_class_is_a_reference() -> None:
    rules = RuleSet.parse("", templates=[Basket, Customer])
    assert [str(f.type) for f in rules.templates["Basket"].fields] == ["Customer", "Customer?"]
    with rules.session() as session:
        ann = Customer("Ann")
        with pytest.raises(FactError, match="no fact yet; insert it first"):
            session.insert(Basket(ann))
        fact = session.insert(ann)
        basket = session.insert(Basket(ann))
        assert basket.owner == fact
        assert session.insert("Basket", owner=ann, guest=fact).guest == fact
        assert session.facts("Basket", guest=ann) == session.facts("Basket", guest=fact)
        session.modify(ann, name="Anna")
        assert basket.object == Basket(Customer("Anna"))


def test_objects_that_refer_to_each_other_in_a_circle_are_built_with_facts() -> None:
    with RuleSet.parse("", templates=[Customer]).session() as session:
        ann, bob = Customer("Ann"), Customer("Bob")
        one, two = session.insert(ann), session.insert(bob)
        session.modify(one, friends=[two])
        session.modify(two, friends=[bob, one])
        made = one.object
        assert made.friends[0].name == "Bob"
        assert made.friends[0].friends == [two, one]


# -- defaults --------------------------------------------------------------------------------------


def test_default_factories_make_a_value_for_each_fact() -> None:
    numbers = itertools.count(1)

    @dataclass
    class Ticket:
        number: int = field(default_factory=lambda: next(numbers))
        tags: list[str] = field(default_factory=list)
        place: Address = field(default_factory=lambda: Address("home"))

    text = 'rule "r"\nwhen\n    Ticket(number == 2)\nthen\n    insert Ticket()\nend'
    rules = RuleSet.parse(text, templates=[Ticket])
    assert next(numbers) == 1  # none was made for the declaration
    with rules.session() as session:
        assert session.insert("Ticket").number == 2
        assert session.insert(Ticket(99)).number == 99
        session.run()
        assert [fact.number for fact in session.facts()] == [2, 99, 3]
        assert session.facts()[0].place == {"street": "home", "kind": "red"}
        assert next(numbers) == 4


def test_default_factories_of_models_make_a_value_for_each_fact() -> None:
    class Ticket(pydantic.BaseModel):
        number: uuid.UUID = pydantic.Field(default_factory=uuid.uuid4)
        tags: list[str] = pydantic.Field(default_factory=list)
        note: str = "none"

    with RuleSet.parse("", templates=[Ticket]).session() as session:
        one, two = session.insert("Ticket"), session.insert("Ticket")
        assert one.number != two.number
        assert one.object.tags == []


def test_a_factory_that_looks_at_the_other_fields_is_for_objects_only() -> None:
    class Ticket(pydantic.BaseModel):
        a: int
        b: int = pydantic.Field(default_factory=lambda data: data["a"] + 1)

    with RuleSet.parse("", templates=[Ticket]).session() as session:
        assert session.insert(Ticket(a=1)).b == 2
        with pytest.raises(FactError, match="needs a value for 'b'"):
            session.insert("Ticket", a=1)


def test_a_default_that_a_factory_makes_is_checked() -> None:
    @dataclass
    class Ticket:
        number: int = field(default_factory=lambda: "x")  # type: ignore[assignment]

    with (
        RuleSet.parse("", templates=[Ticket]).session() as session,
        pytest.raises(FactError, match=r"Ticket\.number: expected int, got str 'x'"),
    ):
        session.insert("Ticket")


def test_a_key_that_a_factory_would_make_must_be_given_to_upsert() -> None:
    @dataclass
    class Ticket:
        number: str = field(default_factory=lambda: str(uuid.uuid4()))
        note: str = ""

    rules = RuleSet.parse("", templates=[Template(Ticket, key=["number"])])
    with rules.session() as session:
        with pytest.raises(FactError, match="needs its key field 'number'"):
            session.upsert("Ticket", note="x")
        fact = session.insert("Ticket")
        assert session.upsert("Ticket", number=fact.number, note="y") == fact


def test_a_field_that_the_constructor_does_not_take_is_a_field_all_the_same() -> None:
    @dataclass
    class Order:
        net: float
        gross: float = field(init=False, default=0.0)

        def __post_init__(self) -> None:
            self.gross = self.net * 2

    with RuleSet.parse("", templates=[Order]).session() as session:
        fact = session.insert(Order(2.0))
        assert fact.gross == 4.0
        session.modify(fact, gross=1.0)
        assert fact.object.gross == 4.0  # as the constructor makes it


# -- laws ------------------------------------------------------------------------------------------


def test_a_template_says_what_the_class_does_not() -> None:
    rules = RuleSet.parse("", templates=[Template(Address, key=("street",), unique=True)])
    info = rules.templates["Address"]
    assert (info.key, info.unique) == (("street",), True)
    with rules.session() as session:
        one = session.insert(Address("a"))
        assert session.insert(Address("a")) == one
        with pytest.raises(FactError, match="the key street='a' is in use by fact 1"):
            session.insert(Address("a", Colour.BLUE))


def test_rules_extend_a_template_of_a_class() -> None:
    text = """
template Home extends Address
    floor: int
end
rule "r"
when
    a := Address(kind == "red")
then
    emit a.street
end
"""
    with RuleSet.parse(text, templates=[Address]).session() as session:
        home = session.insert("Home", street="b", floor=3)
        session.insert(Address("a"))
        assert session.run().outputs == ["a", "b"]
        assert home.object is None  # no class is declared for it


def test_the_same_class_may_be_given_twice() -> None:
    assert list(RuleSet.parse("", templates=[Address, Address, Template(Address)]).templates) == [
        "Address"
    ]


def test_two_classes_of_one_name_are_refused() -> None:
    other = dataclasses.make_dataclass("Address", [("x", int)])
    with pytest.raises(RuleValidationError, match="'Address' is declared twice"):
        RuleSet.parse("", templates=[Address, other])


def test_a_class_may_name_another_that_was_given() -> None:
    @dataclass
    class Parent:
        name: str

    @dataclass
    class Child:
        parent: Parent

    rules = RuleSet.parse("", templates=[Child, Parent])
    assert str(rules.templates["Child"].fields[0].type) == "Parent"
    hidden = dataclasses.make_dataclass("Hidden", [("x", "Nowhere")])
    with pytest.raises(FactError, match="name 'Nowhere' is not defined; a class that a field's"):
        RuleSet.parse("", templates=[hidden])


@pytest.mark.parametrize("kind", [complex, bytes, type, range, "typing.Callable[[], int]"])
def test_a_type_without_a_counterpart_is_refused(kind: object) -> None:
    cls = dataclasses.make_dataclass("T", [("x", kind)], namespace={"typing": __import__("typing")})
    with pytest.raises(FactError, match=r"T\.x: the type .* has no counterpart"):
        RuleSet.parse("", templates=[cls])


@pytest.mark.parametrize("given", [int, "Address", object(), str])
def test_what_is_no_class_of_facts_is_refused(given: Any) -> None:
    with pytest.raises(FactError, match="must be a dataclass or a pydantic model"):
        RuleSet.parse("", templates=[given])


def test_a_class_is_no_fact() -> None:
    with RuleSet.parse("", templates=[Address]).session() as session:
        with pytest.raises(
            FactError, match="made of an object of Address, or of the name 'Address'"
        ):
            session.insert(Address)
        with pytest.raises(FactError, match=r"as by insert\('Name', \*\*fields\), not of a type"):
            session.insert(int)
        with pytest.raises(FactError, match=r"as by insert\('Name', \*\*fields\), not of a dict"):
            session.insert({"street": "x"})


@pytest.mark.parametrize("name", ["rule", "end", "_Order"])
def test_a_class_that_no_rule_could_name_is_refused(name: str) -> None:
    cls = dataclasses.make_dataclass(name, [("x", int)])
    with pytest.raises(FactError, match=f"cannot be a template: no rule could name '{name}'"):
        RuleSet.parse("", templates=[cls])


def test_a_key_that_is_a_name_alone_is_refused() -> None:
    with pytest.raises(
        FactError, match=r"^Address: key is a tuple of names: write key=\('street',\)"
    ):
        RuleSet.parse("", templates=[Template(Address, key="street")])


def test_a_class_alone_is_no_list_of_classes() -> None:
    for given in (Address, Template(Address)):
        with pytest.raises(TypeError, match=r"templates is a list of classes: templates=\[…\]"):
            RuleSet.parse("", templates=given)  # type: ignore[arg-type]


def test_a_field_that_begins_with_an_underscore_is_refused() -> None:
    cls = dataclasses.make_dataclass("T", [("_x", int)])
    with pytest.raises(RuleValidationError) as caught:
        RuleSet.parse("", templates=[cls])
    assert [d.code for d in caught.value.diagnostics] == ["RE0108"]


def test_a_default_that_does_not_fit_is_refused() -> None:
    cls = dataclasses.make_dataclass("T", [("x", int, field(default="a"))])
    with pytest.raises(RuleValidationError, match=r"T\.x: expected int, got str 'a'"):
        RuleSet.parse("", templates=[cls])


# -- objects ---------------------------------------------------------------------------------------


def test_an_object_of_another_class_is_no_fact() -> None:
    with RuleSet.parse("", templates=[Address]).session() as session:
        with pytest.raises(FactError, match=r"'Zone' is not the class of a template; give it to"):
            session.insert(Zone(name="x"))
        with pytest.raises(FactError, match="'int' is not the class of a template"):
            session.insert(5)
        with pytest.raises(FactError, match="fields cannot be given beside an object"):
            session.insert(Address("a"), street="b")


def test_an_object_stands_for_its_fact() -> None:
    with RuleSet.parse("", templates=[Address]).session() as session:
        home, twin = Address("a"), Address("a")
        fact = session.insert(home)
        session.modify(home, street="b")
        assert fact.street == "b"
        assert home.street == "a"  # the object is the program's
        with pytest.raises(FactError, match="is no fact of this session"):
            session.modify(twin, street="c")
        home.street = "d"
        session.update(home)
        assert fact.street == "d"
        session.retract(home)
        assert not fact.is_live
        for use in (session.retract, session.update):
            with pytest.raises(FactError, match="is no fact of this session"):
                use(home)
        assert session.insert(home).fact_id == 2


def test_an_object_that_is_inserted_twice_stands_for_one_fact() -> None:
    with RuleSet.parse("", templates=[Address]).session() as session:
        home = Address("a")
        one, two = session.insert(home), session.insert(home)
        assert one == two
        session.retract(home)
        assert not one.is_live
        assert session.insert(home) != one  # it is gone: this is another fact


def test_an_object_whose_fact_a_rule_retracts_is_forgotten() -> None:
    text = 'rule "r"\nwhen\n    a := Address(street == "x")\nthen\n    retract a\nend'
    with RuleSet.parse(text, templates=[Address]).session() as session:
        home = Address("x")
        fact = session.insert(home)
        session.run()
        assert not fact.is_live
        assert session._translator.objects == {}
        with pytest.raises(FactError, match="is no fact of this session"):
            session.modify(home, street="y")


def test_update_reads_an_object_again_with_its_keys_and_types_checked() -> None:
    rules = RuleSet.parse("", templates=[Template(Address, key=["street"])])
    with rules.session() as session:
        one, two = Address("a"), Address("b")
        session.insert_many(None, [one, two])
        two.street = "a"
        with pytest.raises(FactError, match="in use by fact 1"):
            session.update(two)
        two.street = 7  # type: ignore[assignment]
        with pytest.raises(FactError, match="expected str, got int 7"):
            session.update(two)
        assert [fact.street for fact in session.facts()] == ["a", "b"]
