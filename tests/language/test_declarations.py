from __future__ import annotations

from typing import TypeVar

import pytest

from rete_engine.expressions import tree
from rete_engine.language.parser import parse_document
from rete_engine.language.reader import make_source
from rete_engine.model import declarations as model
from tests.language.show import show, show_action

SHOP = """\
# pricing.rete
ruleset pricing "Discounts of the web shop"

import "base.rete"
param vat: float = 0.2

template Customer key(id)
    id: str
    tier: str in ("basic", "silver", "gold",) = "basic"
end

open template Order extends Base key(id, shop,) unique
    id: int?
    tags: list[str]
    prices: dict[str, list[float]]? = none
    rule: str
    end: bool = true
    not: Customer?
end

function net(amount: float) -> float = amount / (1 + vat)
external function credit_score(customer: str, limit: int,) -> int
external function ping()

facts seed
    Customer(id = "c1", tier = "gold")
    Order(
        id = 1,
        rule = "x",
    )
end

query open_orders(who: str, any)
    o := Order(customer == who, status == "new")
end

rule "gold discount"
    tags "a", 'b'
    description "Ten per cent"
    salience 10 + vat
    group "billing"
    auto_focus
    activation_group "one"
    no_loop
    lock_on_active
    enabled vat > 0
    effective "2026-01-01" to "2026-12-31"
when
    c := Customer(tier == "gold")
    not Hold(order == o.id)
then
    insert Discount(order = o.id)
    halt
end

rule "always"
when
then
end
"""


def read(text: str) -> model.Document:
    document, diagnostics = parse_document(make_source(text, "shop.rete"))
    assert not diagnostics, "\n".join(map(str, diagnostics))
    return document


SHOP_DOCUMENT = read(SHOP)


Kind = TypeVar("Kind")


def declared(kind: type[Kind], number: int = 0) -> Kind:
    return [item for item in SHOP_DOCUMENT.declarations if isinstance(item, kind)][number]


def written(node: model.TypeName) -> str:
    arguments = f"[{', '.join(map(written, node.arguments))}]" if node.arguments else ""
    return f"{node.name}{arguments}{'?' if node.optional else ''}"


def test_a_document_has_its_declarations_in_order() -> None:
    assert (SHOP_DOCUMENT.name, SHOP_DOCUMENT.description) == (
        "pricing",
        "Discounts of the web shop",
    )
    kinds = [type(item).__name__.removesuffix("Declaration") for item in SHOP_DOCUMENT.declarations]
    assert kinds == [
        "Import", "Param", "Template", "Template", "Function", "Function", "Function", "Facts",
        "Query", "Rule", "Rule",
    ]  # fmt: skip
    assert SHOP_DOCUMENT.broken_names == frozenset()


def test_the_place_of_a_declaration_is_its_heading() -> None:
    assert [item.span.text for item in SHOP_DOCUMENT.declarations] == [
        'import "base.rete"',
        "param vat: float = 0.2",
        "template Customer key(id)",
        "open template Order extends Base key(id, shop,) unique",
        "function net(amount: float) -> float = amount / (1 + vat)",
        "external function credit_score(customer: str, limit: int,) -> int",
        "external function ping",
        "facts seed",
        "query open_orders",
        'rule "gold discount"',
        'rule "always"',
    ]


def test_imports_and_params() -> None:
    assert declared(model.ImportDeclaration).path == "base.rete"
    param = declared(model.ParamDeclaration)
    assert (param.name, written(param.type)) == ("vat", "float")
    assert param.default is not None
    assert show(param.default) == "0.2"


def test_templates() -> None:
    customer, order = declared(model.TemplateDeclaration), declared(model.TemplateDeclaration, 1)
    assert (customer.name, customer.base, customer.key) == ("Customer", None, ("id",))
    assert (customer.open, customer.unique) == (False, False)
    assert (order.name, order.base, order.key) == ("Order", "Base", ("id", "shop"))
    assert (order.open, order.unique) == (True, True)
    assert order.base_span is not None
    assert order.key_span is not None
    assert (order.base_span.text, order.key_span.text) == ("Base", "key(id, shop,)")
    assert [(field.name, written(field.type)) for field in order.fields] == [
        ("id", "int?"),
        ("tags", "list[str]"),
        ("prices", "dict[str, list[float]]?"),
        ("rule", "str"),
        ("end", "bool"),
        ("not", "Customer?"),
    ]
    tier = customer.fields[1]
    assert tier.span.text == 'tier: str in ("basic", "silver", "gold",) = "basic"'
    assert tier.name_span.text == "tier"
    assert tier.values is not None
    assert tier.default is not None
    assert [show(value) for value in tier.values] == ["'basic'", "'silver'", "'gold'"]
    assert show(tier.default) == "'basic'"
    assert order.fields[2].type.span.text == "dict[str, list[float]]?"
    assert order.fields[0].default is None
    assert isinstance(order.fields[2].default, tree.Constant)


def test_functions() -> None:
    net, score, ping = (declared(model.FunctionDeclaration, number) for number in range(3))
    assert net.body is not None
    assert show(net.body) == "(amount / (1 + vat))"
    assert net.result is not None
    assert written(net.result) == "float"
    assert score.body is None
    assert [(p.name, p.type and written(p.type)) for p in score.parameters] == [
        ("customer", "str"),
        ("limit", "int"),
    ]
    assert (ping.parameters, ping.result, ping.body) == ((), None, None)


def test_facts_and_queries() -> None:
    facts = declared(model.FactsDeclaration)
    assert facts.name == "seed"
    assert [show(fact) for fact in facts.facts] == [
        "Customer(id = 'c1', tier = 'gold')",
        "Order(id = 1, rule = 'x')",
    ]
    query = declared(model.QueryDeclaration)
    assert [(p.name, p.type and written(p.type)) for p in query.parameters] == [
        ("who", "str"),
        ("any", None),
    ]
    assert [show(condition) for condition in query.conditions] == [
        "(o := Order((customer == who), (status == 'new')))"
    ]


def test_rules() -> None:
    rule = declared(model.RuleDeclaration)
    assert rule.name == "gold discount"
    assert [show(condition) for condition in rule.when] == [
        "(c := Customer((tier == 'gold')))",
        "(not Hold((order == o.id)))",
    ]
    assert [show_action(action) for action in rule.then] == [
        "insert Discount(order = o.id)",
        "halt",
    ]
    always = declared(model.RuleDeclaration, 1)
    assert (always.when, always.then) == ((), ())
    assert always.attributes == model.RuleAttributes()


def test_the_attributes_of_a_rule() -> None:
    given = declared(model.RuleDeclaration).attributes
    assert given.description == "Ten per cent"
    assert given.tags == ("a", "b")
    assert given.salience is not None
    assert show(given.salience) == "(10 + vat)"
    assert (given.group, given.activation_group) == ("billing", "one")
    assert given.enabled is not None
    assert show(given.enabled) == "(vat > 0)"
    assert (given.effective_from, given.effective_to) == ("2026-01-01", "2026-12-31")
    places = [
        given.group_span,
        given.auto_focus,
        given.activation_group_span,
        given.no_loop,
        given.lock_on_active,
        given.effective,
    ]
    assert [place and place.text for place in places] == [
        '"billing"',
        "auto_focus",
        '"one"',
        "no_loop",
        "lock_on_active",
        'effective "2026-01-01" to "2026-12-31"',
    ]


@pytest.mark.parametrize(
    ("line", "dates"),
    [
        ('effective "a" to "b"', ("a", "b")),
        ('effective "a"', ("a", None)),
        ('effective to "b"', (None, "b")),
    ],
)
def test_either_end_of_a_date_range_may_be_left_out(
    line: str, dates: tuple[str | None, str | None]
) -> None:
    (rule,) = read(f'rule "r"\n{line}\nwhen\nthen\nend').declarations
    assert isinstance(rule, model.RuleDeclaration)
    assert (rule.attributes.effective_from, rule.attributes.effective_to) == dates


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment", "  \t# and\n#more"])
def test_an_empty_text_is_an_empty_document(text: str) -> None:
    assert read(text).declarations == ()


def test_indentation_and_line_ends_carry_no_meaning() -> None:
    crooked = "".join(f"\t  {line.strip()}\r\n\r\n" for line in SHOP.splitlines())
    document = read(crooked)
    assert len(document.declarations) == len(SHOP_DOCUMENT.declarations)
