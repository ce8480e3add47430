"""Which template a record becomes, which keys its fields take, and how files are loaded."""

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
    with pytest.raises(FactFileError, match="unknown section 'zebras'"):
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
