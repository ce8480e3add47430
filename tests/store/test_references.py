"""References between the records of files, given by keys."""

from __future__ import annotations

import pytest

from rete_engine.store import FactFileError
from tests.store.conftest import Write
from tests.store.loading import load

HOUSE = """
template Thing key(id)
    id: int
end
template Person extends Thing
    name: str
    boss: Person? = none
    friends: list[Person] = []
end
template Robot extends Thing
end
template Room key(floor, number)
    floor: int
    number: int
end
template Seat key(room, place)
    room: Room
    place: str
end
template Booking
    seat: Seat
    thing: Thing
    notes: dict[str, Person] = {}
    team: set[Person] = set()
end
template Loose
    other: Nameless
end
template Nameless
    x: int = 0
end
facts ground
    Room(floor = 0, number = 1)
end
"""


def test_a_reference_is_given_by_its_key(write: Write) -> None:
    write("customers.csv", "id\na\n")
    write("orders.csv", "id,customer\n1,a\n2,\n")
    write("order_lines.csv", "order,sku,qty\n1,x,3\n")
    outcome = load("customers.csv", "orders.csv", "order_lines.csv")
    first, second = outcome.of("Order")
    assert first["customer"].id == "a"
    assert second["customer"] is None
    assert outcome.of("OrderLine")[0]["order"].customer.id == "a"


def test_references_may_point_forward(write: Write) -> None:
    write("order_lines.json", '[{"order": 1, "sku": "x", "qty": 3}]')
    write("orders.json", '[{"id": 1, "customer": "a"}]')
    write("customers.json", '[{"id": "a"}]')
    outcome = load("order_lines.json", "orders.json", "customers.json")
    assert [name for name, _ in outcome.facts] == ["Customer", "Order", "OrderLine"]


def test_a_long_chain_backwards(write: Write) -> None:
    rows = [{"id": n, "name": str(n), "boss": n + 1} for n in range(500)]
    text = str(rows).replace("'", '"')[:-1] + ', {"id": 500, "name": "top"}]'
    people = load(write("people.json", text).join(["Person=", ""]), templates=HOUSE).of("Person")
    assert [person["id"] for person in people] == list(range(500, -1, -1))
    assert people[-1]["boss"].boss.boss.id == 3


def test_references_within_one_file(write: Write) -> None:
    text = '[{"id": 1, "name": "a"}, {"id": 2, "name": "b", "boss": 1, "friends": [1]}]'
    _, second = load("Person=" + write("p.json", text), templates=HOUSE).of("Person")
    assert second["boss"].name == "a"
    assert [friend.name for friend in second["friends"]] == ["a"]


def test_a_reference_to_a_base_means_facts_that_extend_it(write: Write) -> None:
    write("seats.json", '[{"room": [0, 1], "place": "A"}]')
    write("bookings.json", '[{"seat": [[0, 1], "A"], "thing": 7},'
          ' {"seat": {"place": "A", "room": {"floor": 0, "number": 1}}, "thing": 8,'
          ' "notes": {"x": 7}, "team": [7]}]')  # fmt: skip
    write("robots.json", '[{"id": 8}]')
    write("people.json", '[{"id": 7, "name": "a"}]')
    outcome = load(
        "bookings.json", "seats.json", "robots.json", "Person=people.json", templates=HOUSE
    )
    first, second = outcome.of("Booking")
    assert (first["thing"].template, second["thing"].template) == ("Person", "Robot")
    assert first["seat"].room.floor == 0
    assert second["notes"]["x"].name == "a"
    assert {person.name for person in second["team"]} == {"a"}


@pytest.mark.parametrize(
    ("name", "text", "cause"),
    [
        ("bookings.json", '[{"seat": 1, "thing": 7}]', "1 does not name a Seat: its key is (room,"),
        ("seats.json", '[{"room": [0], "place": "A"}]', "[0] does not name a Room"),
        ("seats.json", '[{"room": [0, 9], "place": "A"}]', "no Room with floor = 0, number = 9"),
        ("seats.csv", "room,place\n1,A\n", "a cell cannot name a Room: its key is (floor, number)"),
        ("looses.json", '[{"other": 1}]', "Nameless has no key(…), so a file cannot refer"),
        (
            "person.json",
            '[{"id": 1, "name": "a", "boss": [1]}]',
            "Person.boss: expected int, got [1]",
        ),
        ("person.json", '[{"id": 1, "name": "a", "friends": 3}]', "expected list[Person], not 3"),
        ("person.csv", "id,name,friends\n1,a,2\n", "a cell cannot hold list[Person]"),
        ("person.csv", "id,name,boss\n1,a,x\n", "Person.boss: expected int, got 'x'"),
        ("person.json", '[{"id": 1, "name": "a", "boss": 1}]', "there is no Person with id = 1"),
    ],
)
def test_a_reference_that_means_nothing(write: Write, name: str, text: str, cause: str) -> None:
    with pytest.raises(FactFileError) as caught:
        load(write(name, text), templates=HOUSE)
    assert cause in str(caught.value)


def test_references_in_a_circle(write: Write) -> None:
    text = '[{"id": 1, "name": "a", "boss": 2}, {"id": 2, "name": "b", "boss": 1}]'
    with pytest.raises(FactFileError) as caught:
        load("Person=" + write("p.json", text), templates=HOUSE)
    assert str(caught.value) == (
        "p.json:1: record 1: there is no Person with id = 2 (and 1 more like it)"
    )
