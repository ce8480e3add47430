"""Which template a record becomes, which keys its fields take, and what references mean."""

from __future__ import annotations

from typing import Any

import pytest

from rete_engine import RuleSet
from rete_engine.store import FactFileError, load_facts, parse_address
from tests.store.conftest import Write
from tests.store.loading import load

# ---- templates -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "template"),
    [
        ("Customer.json", "Customer"),
        ("customer.json", "Customer"),
        ("customers.json", "Customer"),
        ("data/CUSTOMERS.json", "Customer"),
    ],
)
def test_the_name_of_the_file_tells_the_template(write: Write, name: str, template: str) -> None:
    assert load(write(name, '[{"id": "a"}]')).loaded == {template: 1}


def test_exact_names_come_before_all_others(write: Write) -> None:
    templates = "template order\nend\ntemplate Order\nend\ntemplate Orders\nend\n"
    for name in ("order", "Order", "Orders"):
        assert load(write(f"{name}.json", "[{}]"), templates=templates).loaded == {name: 1}
    assert load(write("orders.json", "[{}]"), templates=templates).loaded == {"Orders": 1}
    with pytest.raises(FactFileError, match="no template: the record has no 'type'"):
        load(write("ORDER.json", "[{}]"), templates=templates)


@pytest.mark.parametrize("name", ["order_lines", "OrderLine", "order-line", "orderlines"])
def test_words_are_joined_in_any_way(write: Write, name: str) -> None:
    write("orders.json", '[{"id": 1}]')
    write(f"{name}.json", '[{"order": 1, "sku": "x", "qty": 2}]')
    assert load("orders.json", f"{name}.json").loaded["OrderLine"] == 1


def test_plurals(write: Write) -> None:
    templates = "template Company\nend\ntemplate Box\nend\n"
    assert load(write("companies.json", "[{}]"), templates=templates).loaded == {"Company": 1}
    assert load(write("boxes.json", "[{}]"), templates=templates).loaded == {"Box": 1}


def test_the_type_of_the_record_comes_before_the_name_of_the_file(write: Write) -> None:
    write("orders.ndjson", '{"type": "Customer", "id": "a"}\n{"id": 1}\n')
    assert load("orders.ndjson").loaded == {"Customer": 1, "Order": 1}
    assert load("orders.ndjson").notices == []


def test_the_command_line_comes_before_the_type(write: Write) -> None:
    name = write("x.ndjson", '{"type": "Customer", "id": 1}\n{"type": "Order", "id": 2}\n')
    outcome = load(f"Order={name}")
    assert outcome.loaded == {"Order": 2}
    assert outcome.notices == ["x.ndjson: Order has no field 'type'; dropped"]


def test_a_field_called_type_is_a_field(write: Write) -> None:
    write("events.ndjson", '{"type": "click", "number": 1}\n{"type": "Event", "number": 2}\n')
    assert [e["type"] for e in load("events.ndjson").of("Event")] == ["click", "Event"]
    assert load("Event=events.ndjson").loaded == {"Event": 2}
    [fields] = load(write("packages.json", '[{"type": "wheel", "name": "a"}]')).of("Package")
    assert fields["type"] == "wheel"
    [fields] = load(write("packages.json", '[{"type": "Package", "name": "a"}]')).of("Package")
    assert "type" not in fields


@pytest.mark.parametrize(
    ("name", "text", "cause"),
    [
        ("orders.json", '[{"type": "Ordr"}]', "unknown template 'Ordr'; did you mean 'Order'?"),
        ("orders.json", '[{"type": 3}]', "unknown template '3'; templates are: Customer, Event"),
        ("things.json", '[{"id": 3}]', "the record has no 'type' and 'things' names none"),
        ("things.json", '[{"id": 3}]', "say --facts Template=things.json (templates are: Custom"),
    ],
)
def test_a_record_of_no_template(write: Write, name: str, text: str, cause: str) -> None:
    with pytest.raises(FactFileError) as caught:
        load(write(name, text))
    assert cause in str(caught.value)


def test_a_record_of_no_template_on_standard_input() -> None:
    with pytest.raises(FactFileError) as caught:
        load("-", stdin=b'\n{"id": 3}\n')
    assert str(caught.value).startswith(
        "<stdin>:2: record 1: no template: the record has no 'type'; say --facts Template=-"
    )


def test_sections_of_a_document_name_templates(write: Write) -> None:
    text = '[[Customer]]\nid = "a"\n[[orders]]\nid = 1\ncustomer = "a"\n[OrderLine]\norder = 1\n'
    write("shop.toml", text + 'sku = "x"\nqty = 2\n')
    assert load("shop.toml").loaded == {"Customer": 1, "Order": 1, "OrderLine": 1}


def test_a_record_is_no_document_of_sections(write: Write) -> None:
    templates = "template Order\n  lines: list\nend\ntemplate Line\nend\n"
    [fields] = load(write("order.json", '{"lines": [{}]}'), templates=templates).of("Order")
    assert fields == {"lines": [{}]}
    with pytest.raises(FactFileError, match="no template"):
        load(write("shop.json", '{"Customer": [], "zebras": []}'))


def test_a_fault_in_a_section_counts_within_it(write: Write) -> None:
    with pytest.raises(FactFileError, match=r"^shop\.json: record 2: Order\.id: expected int"):
        load(write("shop.json", '{"Customer": [{"id": "a"}], "Order": [{"id": 1}, {"id": "x"}]}'))


# ---- keys ----------------------------------------------------------------------------------


def test_keys_with_other_signs_become_fields(write: Write) -> None:
    text = '[{"name": "a", "dev-dependencies": {"x": 1}, "resolution-markers": ["m"]}]'
    [fields] = load(write("packages.json", text)).of("Package")
    assert fields == {"name": "a", "dev_dependencies": {"x": 1}, "resolution_markers": ["m"]}


def test_two_keys_for_one_field_are_refused(write: Write) -> None:
    text = '[{"name": "a", "dev-dependencies": {}, "dev_dependencies": {}}]'
    with pytest.raises(FactFileError, match="two keys mean the field 'dev_dependencies'"):
        load(write("packages.json", text))


def test_keys_that_no_field_takes_are_dropped_with_one_notice_each(write: Write) -> None:
    write("orders.ndjson", '{"id": 1, "colour": 1, "totl": 2}\n{"id": 2, "colour": 3}\n')
    write("more.ndjson", '{"type": "Order", "id": 3, "colour": 1}\n{"type": "Customer", "id": "a",'
          ' "colour": 1}\n')  # fmt: skip
    outcome = load("orders.ndjson", "more.ndjson")
    assert outcome.loaded == {"Order": 3, "Customer": 1}
    assert outcome.notices == [
        "orders.ndjson: Order has no field 'colour'; dropped",
        "orders.ndjson: Order has no field 'totl'; did you mean 'total'?; dropped",
        "more.ndjson: Customer has no field 'colour'; dropped",
    ]


def test_strict_refuses_keys_that_no_field_takes(write: Write) -> None:
    with pytest.raises(FactFileError) as caught:
        load(write("orders.ndjson", '{"id": 1}\n{"id": 2, "totl": 2}\n'), strict=True)
    assert str(caught.value) == (
        "orders.ndjson:2: record 2: Order has no field 'totl'; did you mean 'total'?"
    )


def test_csv_columns_that_no_field_takes(write: Write) -> None:
    outcome = load(write("customers.csv", "id,colour\na,\nb,red\n"))
    assert outcome.loaded == {"Customer": 2}
    assert outcome.notices == ["customers.csv: Customer has no field 'colour'; dropped"]


# ---- references ----------------------------------------------------------------------------

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


# ---- loading -------------------------------------------------------------------------------


def test_facts_are_inserted_in_the_order_of_the_records(write: Write) -> None:
    lines = [
        f'{{"type": "{"Event" if n % 3 else "Customer"}", "number": {n}, "id": "{n}"}}'
        for n in range(100)
    ]
    outcome = load(write("mixed.ndjson", "\n".join(lines)))
    seen = [fields["number" if name == "Event" else "id"] for name, fields in outcome.facts]
    assert [int(number) for number in seen] == list(range(100))


def test_a_large_file_goes_through_in_parts(write: Write) -> None:
    count = 12_000
    write("events.csv", "type,number\n" + "".join(f"e,{n}\n" for n in range(count)))
    outcome = load("events.csv")
    assert outcome.loaded == {"Event": count}
    assert len(outcome.progress) >= 3
    assert outcome.progress[-1] == count


def test_the_fault_in_a_large_file_is_found(write: Write) -> None:
    lines = [f'{{"number": {n}, "type": "e"}}' for n in range(12_000)]
    lines[7_777] = '{"number": 1.5, "type": "e"}'
    with pytest.raises(FactFileError, match=r"^events\.ndjson:7778: record 7778: Event\.number"):
        load(write("events.ndjson", "\n".join(lines)))


def test_standard_input_of_the_process_is_the_default(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("in", '{"id": "a"}\n')
    rules = RuleSet.parse("template Customer\n  id: str\nend\n")
    with open("in") as stdin, rules.session() as session:
        monkeypatch.setattr("sys.stdin", stdin)
        loaded = load_facts(session, rules.templates, [parse_address("Customer=-", ["Customer"])])
    assert loaded.total == 1


def test_no_notice_is_needed(write: Write) -> None:
    rules: Any = RuleSet.parse("template Customer\n  id: str\nend\n")
    write("customers.json", '[{"id": "a", "x": 1}]')
    with rules.session() as session:
        loaded = load_facts(session, rules.templates, [parse_address("customers.json", [])])
    assert (loaded.total, loaded.notices) == (1, 1)
