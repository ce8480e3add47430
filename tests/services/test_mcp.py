"""The MCP server, by the official client in the same process."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import pytest
from mcp import Client, MCPError

from rete_engine.services import mcp_texts
from rete_engine.services.catalog import Catalog
from rete_engine.services.execution import Bounds
from rete_engine.services.mcp_server import create_server
from rete_engine.services.mcp_tools import Tools

T = TypeVar("T")

SHOP = """
ruleset shop "A shop"
param least: float = 100
external function rate(amount: float) -> float
open template Order key(id)
    id: int
    total: float
    status: str in ("new", "paid") = "new"
    placed: datetime?
end
rule "large"
    description "Large orders"
when
    o := Order(total > least, status == "new")
then
    modify o(status = "paid")
    emit rate(o.total)
end
"""

TIERS = """
name: tiers
rules:
  - name: vip
    condition: "fact['spend'] > 50000"
    action: "{'tier': 'VIP'}"
"""

LOOP = """
template T
    n: int
end
rule "on"
when
    t := T(n >= 0)
then
    modify t(n = t.n + 1)
end
"""


class Server:
    """A server, and calls to it."""

    def __init__(self, **options: Any) -> None:
        functions = {"rate": lambda amount: amount / 2}
        of_catalog = {
            key: options.pop(key) for key in ("read_only", "text", "parts") if key in options
        }
        self.catalog = Catalog(functions, most=3, **of_catalog)
        self.server = create_server(Tools(self.catalog, **options))

    def with_client(self, use: Callable[[Client], Awaitable[T]]) -> T:
        async def run() -> T:
            async with Client(self.server) as client:
                return await use(client)

        return asyncio.run(run())

    def result(self, tool: str, **arguments: Any) -> Any:
        return self.with_client(lambda client: client.call_tool(tool, arguments))

    def __call__(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """What a tool answers: the same as text and as data."""
        result = self.result(tool, **arguments)
        assert not result.is_error, result.content[0].text
        assert json.loads(result.content[0].text) == result.structured_content
        answer: dict[str, Any] = result.structured_content
        return answer

    def fault(self, tool: str, **arguments: Any) -> tuple[str, str, list[Any]]:
        """What a tool says that goes wrong: code, message, diagnostics."""
        result = self.result(tool, **arguments)
        assert result.is_error
        told = result.structured_content
        assert result.content[0].text.startswith(f"{told['code']}: {told['message']}")
        return told["code"], told["message"], told["diagnostics"]


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def shop(server: Server) -> Server:
    server("register_rule_set", name="shop", text=SHOP)
    return server


# -- what a model is told --------------------------------------------------------------------------


def test_the_example_that_models_are_shown_works(server: Server) -> None:
    checked = server("validate_rules", text=mcp_texts.EXAMPLE)
    assert (checked["valid"], checked["diagnostics"]) == (True, [])
    server("register_rule_set", name="pricing", text=mcp_texts.EXAMPLE)
    done = server(
        "execute_rules", name="pricing", facts=mcp_texts.EXAMPLE_FACTS, show=["Order", "Hold"]
    )
    assert done["results"] == mcp_texts.EXAMPLE_RESULTS
    assert done["fired"] == {"gold discount": 1, "call them": 1}
    assert done["facts"]["Order"][0] == {
        "id": 1,
        "customer": "c1",
        "total": 225.0,
        "status": "discounted",
    }
    assert done["facts"]["Hold"] == []


def test_the_facts_shown_with_execute_rules_are_those_of_the_example(server: Server) -> None:
    server("register_rule_set", name="pricing", text=mcp_texts.EXAMPLE)
    lines = mcp_texts.EXECUTE.splitlines()
    facts = json.loads(lines[1] + lines[2])
    assert server("execute_rules", name="pricing", facts=facts)["rules_executed"] == 1
    listed = json.loads(lines[3].split(": ", 1)[1].split("]")[0] + "]")
    assert server("execute_rules", name="pricing", facts=listed)["rules_executed"] == 0


def test_the_expression_shown_with_check_expression_gives_what_is_said(server: Server) -> None:
    example, answer = mcp_texts.CHECK.splitlines()[2:4]
    expected = json.loads(answer.removeprefix("answers ").removesuffix("."))
    assert server("check_expression", **json.loads(example)) == expected


@pytest.mark.parametrize(
    "part",
    [
        "    x := T(field == 1, other > 2)\nthen\n    retract x",
        "    T(v := field)\nthen\n    emit v",
        "    not T(field == 1)\n    exists T(field == 2)\nthen\n    halt",
        "    not (T(a := field) and T(field == a + 1))\nthen\n    print 1",
        "    T(a := field, b := other)\n    test a > b\n    v := a * 2\nthen\n    emit v",
        "    T(l := items)\n    for v in l\nthen\n    w := v\n    emit w",
        "    (T(field == 1) or T(other > 2))\nthen\n    halt",
        "    n := count(T(field > 1))\n    s := sum(field for T() by g := other)\n"
        "    m := max(other for T())\nthen\n    emit n + s + g + m",
        '    T(name matches "[a-z]+")\nthen\n    insert T(field = 1)',
        "    x := T(field == 1)\nthen\n    modify x(field = 2)\n    upsert T(field = 3, other = 2)",
        "    T(l := items)\nthen\n    if len(l) > 1\n        halt\n    elif len(l) > 0\n"
        "        emit 1\n    else\n        emit 2\n    end\n"
        "    for v in l\n        emit v\n    end",
    ],
)
def test_what_the_cheat_sheet_lists_is_the_language(server: Server, part: str) -> None:
    head = (
        "template T key(field)\n  field: int\n  other: int = 0\n  name: str = ''\n"
        "  items: list[int] = []\n  wait: duration? = none\nend\n"
    )
    checked = server("validate_rules", text=f'{head}rule "r"\nwhen\n{part}\nend\n')
    assert checked["valid"], checked


@pytest.mark.parametrize("tool", ["validate_rules", "register_rule_set"])
def test_tools_that_take_rules_explain_the_language(server: Server, tool: str) -> None:
    tools = server.with_client(lambda client: client.list_tools()).tools
    [description] = [each.description for each in tools if each.name == tool]
    assert description is not None
    assert mcp_texts.EXAMPLE in description


def test_the_server_says_what_it_is_for(server: Server) -> None:
    async def instructions(client: Client) -> str | None:
        return client.instructions

    told = server.with_client(instructions)
    assert told is not None
    assert "validate_rules" in told
    assert "register_rule_set" not in (Server(read_only=True).with_client(instructions) or "")


def test_every_argument_is_described(server: Server) -> None:
    for tool in server.with_client(lambda client: client.list_tools()).tools:
        for name, schema in tool.input_schema.get("properties", {}).items():
            assert schema.get("description"), f"{tool.name}.{name}"


# -- rule sets ---------------------------------------------------------------------------------


def test_a_rule_set_is_registered_shown_and_forgotten(shop: Server) -> None:
    [listed] = shop("list_rule_sets")["rule_sets"]
    assert listed == {
        "name": "shop",
        "description": "A shop",
        "format": "rete",
        "rules": 1,
        "facts": ["Order"],
    }
    shown = shop("get_rule_set", name="shop")
    assert shown == {
        "name": "shop",
        "description": "A shop",
        "format": "rete",
        "rules": [{"name": "large", "description": "Large orders"}],
        "templates": {
            "Order": {
                "fields": {
                    "id": "int, required",
                    "total": "float, required",
                    "status": "str, one of ['new', 'paid'], default 'new'",
                    "placed": "datetime?, required",
                },
                "key": ["id"],
                "open": True,
            }
        },
        "params": {"least": {"type": "float", "required": False}},
        "warnings": [],
        "text": SHOP,
    }
    assert shop("deregister_rule_set", name="shop") == {"deregistered": "shop"}
    assert shop("list_rule_sets") == {"rule_sets": []}
    assert shop.fault("get_rule_set", name="shop")[0] == "not_found"


def test_a_name_that_is_taken_is_replaced_only_if_asked(shop: Server) -> None:
    code, message, _ = shop.fault("register_rule_set", name="shop", text=LOOP)
    assert code == "wrong_request"
    assert "replace=true" in message
    assert shop("get_rule_set", name="shop")["text"] == SHOP
    replaced = shop("register_rule_set", name="shop", text=LOOP, replace=True)
    assert replaced["registered"] == "replaced"
    assert shop("get_rule_set", name="shop")["text"] == LOOP


WRONG = SHOP.replace("emit", "emt") + 'rule "two"\nwhen\n    Ordr(id == 1)\nthen\n    halt\nend\n'


def test_wrong_rules_are_told_with_place_code_and_hint_and_nothing_is_kept(server: Server) -> None:
    result = server.result("register_rule_set", name="shop", text=WRONG)
    assert "\n 17 |     emt rate(o.total)\n    |     ^^^\n" in result.content[0].text
    code, message, diagnostics = server.fault("register_rule_set", name="shop", text=WRONG)
    assert (code, message) == ("wrong_rules", "the rules have 2 errors")
    assert [(d["place"], d["code"], d["hint"]) for d in diagnostics] == [
        ("shop:17:5", "RE0010", "did you mean 'emit'?"),
        ("shop:21:5", "RE0100", "did you mean 'Order'?"),
    ]
    assert server("list_rule_sets") == {"rule_sets": []}


def test_validate_rules_answers_with_what_is_wrong(server: Server) -> None:
    checked = server("validate_rules", text=WRONG)
    assert checked["valid"] is False
    assert len(checked["diagnostics"]) == 2
    assert "hint: did you mean 'Order'?" in checked["report"]
    assert server("list_rule_sets") == {"rule_sets": []}


def test_validate_rules_answers_with_warnings(server: Server) -> None:
    checked = server("validate_rules", text=LOOP)
    assert checked["valid"] is True
    assert checked["rules"] == ["on"]
    assert [each["severity"] for each in checked["diagnostics"]] == ["warning"] * len(
        checked["diagnostics"]
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('import "other.rete"\n', "import"),
        ("external function shell(command: str) -> str\n", "'shell'"),
    ],
)
def test_text_may_import_nothing_and_call_nothing_but_what_the_operator_names(
    server: Server, text: str, problem: str
) -> None:
    checked = server("validate_rules", text=text)
    assert checked["valid"] is False
    assert problem in checked["report"]
    assert server.fault("register_rule_set", name="x", text=text)[0] == "wrong_rules"


@pytest.mark.parametrize("name", ["", "a b", "../etc/passwd", "x" * 101, "-"])
def test_names_that_cannot_be_one(server: Server, name: str) -> None:
    code, message, _ = server.fault("register_rule_set", name=name, text=LOOP)
    assert code == "wrong_request"
    assert "cannot be the name of a rule set" in message


def test_there_is_room_for_so_many(server: Server) -> None:
    for name in "abc":
        server("register_rule_set", name=name, text=LOOP)
    assert server.fault("register_rule_set", name="d", text=LOOP)[0] == "over_limit"


@pytest.mark.parametrize("tool", ["validate_rules", "register_rule_set"])
def test_a_text_has_at_most_so_many_characters(tool: str) -> None:
    server = Server(text=100)
    given = {"text": "#" * 101} | ({"name": "x"} if tool == "register_rule_set" else {})
    code, message, _ = server.fault(tool, **given)
    assert code == "over_limit"
    assert message.startswith("a text of rules has at most 100 characters, this one 101; make")


@pytest.mark.parametrize("tool", ["validate_rules", "register_rule_set"])
def test_a_text_has_at_most_so_many_parts(tool: str) -> None:
    server = Server(parts=3)
    server("validate_rules", text="template T\n    a: int\n    b: int\nend\n")
    given = {"name": "x"} if tool == "register_rule_set" else {}
    code, message, diagnostics = server.fault(tool, text=LOOP + LOOP, **given)
    assert code == "over_limit"
    assert message.startswith("the rules have more than 3 parts")
    assert "make several rule sets" in message
    assert [each["code"] for each in diagnostics] == ["RE0003"]


def test_rules_in_yaml(server: Server) -> None:
    registered = server("register_rule_set", name="tiers", text=TIERS, format="yaml")
    assert registered["templates"] == {}
    assert "any values" in server("list_rule_sets")["rule_sets"][0]["facts"]
    done = server("execute_rules", name="tiers", facts=[{"spend": 60000}, {"spend": 1}])
    assert done["results"] == [{"tier": "VIP"}]
    code, message, _ = server.fault("execute_rules", name="tiers", facts=[], show=["fact"])
    assert (code, message) == ("wrong_request", "rules over one fact keep no facts to show")
    assert server.fault("execute_rules", name="tiers", facts=[{}])[0] == "failed"


# -- executing -------------------------------------------------------------------------------------


def test_rules_are_executed_with_params_and_functions(shop: Server) -> None:
    facts = {"Order": [{"id": 1, "total": 250, "placed": "2026-12-24T12:00:00Z", "gift": True}]}
    done = shop("execute_rules", name="shop", facts=facts, show=["Order"])
    assert (done["results"], done["rules_executed"], done["stopped"]) == ([125.0], 1, "quiescent")
    assert done["facts"] == {
        "Order": [
            {
                "id": 1,
                "total": 250.0,
                "status": "paid",
                "placed": "2026-12-24T12:00:00+00:00",
                "gift": True,
            }
        ]
    }
    done = shop("execute_rules", name="shop", facts=facts, params={"least": 1000})
    assert (done["results"], done["fired"]) == ([], {})
    assert "facts" not in done


def test_facts_may_come_as_text_of_json(shop: Server) -> None:
    facts = json.dumps([{"type": "Order", "id": 1, "total": 250, "placed": None}])
    assert shop("execute_rules", name="shop", facts=facts)["rules_executed"] == 1


ORDER = {"id": 1, "total": 250, "placed": None}


@pytest.mark.parametrize(
    ("arguments", "code", "problem"),
    [
        ({"name": "shp", "facts": {}}, "not_found", "did you mean 'shop'?"),
        ({"facts": {"Ordr": [ORDER]}}, "wrong_facts", "did you mean 'Order'?"),
        ({"facts": {"Order": [{"id": "x"}]}}, "wrong_facts", "Order.id: expected int"),
        ({"facts": {"Order": [ORDER, ORDER]}}, "key_in_use", "facts.Order[1]"),
        ({"facts": {"Order": ORDER}}, "wrong_facts", "are a list"),
        ({"facts": {}, "params": {"most": 1}}, "wrong_facts", "unknown param 'most'"),
        ({"facts": {}, "show": ["Ordr"]}, "wrong_request", "did you mean 'Order'?"),
        ({"facts": 5}, "wrong_request", "do not fit: facts: a list of facts, or an object"),
        ({"facts": "n=0"}, "wrong_request", "lists by template, is meant"),
        ({}, "wrong_request", "facts: Field required"),
        ({"facts": {}, "limit": -1}, "wrong_request", "limit: "),
        ({"facts": {}, "limits": 1}, "wrong_request", "'limits'; did you mean 'limit'?"),
        ({"facts": {}, "ruleset_uri": "shop"}, "wrong_request", "it has name, facts, params"),
    ],
)
def test_mistakes_are_told(
    shop: Server, arguments: dict[str, Any], code: str, problem: str
) -> None:
    told, message, diagnostics = shop.fault("execute_rules", **{"name": "shop", **arguments})
    assert told == code
    assert problem in message
    assert all(each["message"] for each in diagnostics)


def test_an_action_that_fails_is_told_with_its_place(server: Server) -> None:
    text = 'rule "bad"\nwhen\nthen\n    emit [1][5]\nend\n'
    server("register_rule_set", name="bad", text=text)
    code, message, diagnostics = server.fault("execute_rules", name="bad", facts=[])
    assert code == "failed"
    assert "'bad'" in message
    assert diagnostics[0]["place"] == "bad:4"


def test_rules_that_fire_for_ever_stop_at_the_limit_and_are_named(server: Server) -> None:
    server("register_rule_set", name="loop", text=LOOP)
    done = server("execute_rules", name="loop", facts=[{"n": 0}], limit=50)
    assert (done["stopped"], done["rules_executed"]) == ("limit", 50)
    assert done["loop"] == "on (changing T.n)"
    assert server("execute_rules", name="loop", facts=[{"n": 0}])["rules_executed"] == 10_000


def test_a_run_that_takes_too_long_is_stopped() -> None:
    server = Server(bounds=Bounds(run_time=0.05))
    server("register_rule_set", name="loop", text=LOOP)
    code, message, _ = server.fault("execute_rules", name="loop", facts=[{"n": 0}], limit=1_000_000)
    assert (code, "longer than 0.05 seconds" in message) == ("over_limit", True)


def test_only_so_many_facts_are_taken() -> None:
    server = Server(bounds=Bounds(facts=2))
    server("register_rule_set", name="loop", text=LOOP)
    assert server.fault("execute_rules", name="loop", facts=[{"n": -1}] * 3)[0] == "over_limit"


# -- expressions -------------------------------------------------------------------------------


def test_an_expression_is_checked_without_values(server: Server) -> None:
    answer = server("check_expression", expression="total * qty > 100 and status in ('a', 'b')")
    assert answer == {"valid": True, "names": ["total", "qty", "status"]}


def test_an_expression_is_evaluated_over_values(server: Server) -> None:
    answer = server("check_expression", expression="a + 1", values={"b": 1, "a": 2})
    assert answer == {"valid": True, "names": ["a"], "value": 3}


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"expression": "total >"}, "a value is missing after '>'"),
        ({"expression": "x.__class__"}, "begin with '_'"),
        ({"expression": ""}, "empty"),
        ({"expression": "a + totl", "values": {"a": 1, "total": 2}}, "did you mean 'total'?"),
    ],
)
def test_what_is_no_expression_is_told(server: Server, given: Any, problem: str) -> None:
    answer = server("check_expression", **given)
    assert answer["valid"] is False
    assert problem in answer["report"]


@pytest.mark.parametrize(
    ("expression", "code"), [("1 + none", "failed"), ("9 ** 9 ** 9", "over_limit")]
)
def test_an_expression_that_cannot_be_evaluated(server: Server, expression: str, code: str) -> None:
    assert server.fault("check_expression", expression=expression, values={})[0] == code


# -- what may be changed, resources ----------------------------------------------------------------


def test_read_only_offers_no_tools_that_change_rule_sets() -> None:
    server = Server(read_only=True)
    tools = server.with_client(lambda client: client.list_tools()).tools
    assert [tool.name for tool in tools] == [
        "execute_rules",
        "list_rule_sets",
        "get_rule_set",
        "check_expression",
        "validate_rules",
        "explain",
        "why_not",
    ]
    assert all(tool.annotations and tool.annotations.read_only_hint for tool in tools)
    result = server.result("register_rule_set", name="x", text=LOOP)
    assert result.is_error
    assert "Unknown tool" in result.content[0].text


def test_rule_sets_are_resources(shop: Server) -> None:
    async def read(client: Client) -> tuple[list[str], str]:
        listed = (await client.list_resources()).resources
        content = (await client.read_resource("rules://shop")).contents[0]
        return [str(each.uri) for each in listed], content.text  # type: ignore[union-attr]

    assert shop.with_client(read) == (["rules://shop"], SHOP)


def test_a_resource_that_is_not_there(shop: Server) -> None:
    with pytest.raises(BaseExceptionGroup) as caught:
        shop.with_client(lambda client: client.read_resource("rules://shp"))
    found = caught.value.exceptions[0]
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    assert isinstance(found, MCPError)
    assert "there is no rule set 'shp'; did you mean 'shop'?" in str(found)


def test_calls_side_by_side(shop: Server) -> None:
    async def run(client: Client) -> list[Any]:
        asked = [
            {"name": "shop", "facts": {"Order": [{**ORDER, "id": n, "total": 100 + n}]}}
            for n in range(20)
        ]
        done = await asyncio.gather(*[client.call_tool("execute_rules", each) for each in asked])
        return [each.structured_content["results"] for each in done if each.structured_content]

    assert shop.with_client(run) == [[]] + [[(100 + n) / 2] for n in range(1, 20)]


# -- explanations ----------------------------------------------------------------------------------

ORDERS = {
    "Order": [{"id": 1, "total": 250, "placed": None}, {"id": 2, "total": 50, "placed": None}]
}


def test_where_a_fact_comes_from(shop: Server) -> None:
    told = shop("explain", name="shop", facts=ORDERS, fact={"type": "Order", "id": 1})
    assert told["found"] == 1
    [why] = told["explanations"]
    assert [each["rule"] for each in why["because"]] == ["large"]
    assert "modified by rule 'large'" in why["text"]
    assert shop("explain", name="shop", facts=ORDERS, fact={"type": "Order"})["found"] == 2


def test_why_a_rule_does_not_fire(shop: Server) -> None:
    told = shop("why_not", name="shop", facts={"Order": [ORDERS["Order"][1]]}, rule="large")
    assert told["status"] == "unmatched"
    assert "total > least (total is 50.0, least is 100.0)" in told["text"]
    told = shop("why_not", name="shop", facts=ORDERS, rule="large", limit=0)
    assert told["status"] == "waiting"
    told = shop("why_not", name="shop", facts=ORDERS, rule="large", params={"least": 1000})
    assert told["status"] == "unmatched"


def test_what_cannot_be_explained(shop: Server) -> None:
    code, message, _ = shop.fault("why_not", name="shop", facts=ORDERS, rule="larg")
    assert (code, message) == ("wrong_request", "unknown rule 'larg'; did you mean 'large'?")
    code, message, _ = shop.fault("explain", name="shop", facts=ORDERS, fact={"id": 1})
    assert message == "fact: its template is given as 'type'"
    code, message, _ = shop.fault(
        "explain", name="shop", facts=ORDERS, fact={"type": "Order", "id": 9}
    )
    assert (code, message) == ("not_found", "no fact fits; after the run there are 2 of Order")
    code, message, _ = shop.fault("explain", name="shop", facts=ORDERS, fact={"type": "Ordr"})
    assert (code, message) == ("wrong_facts", "unknown template 'Ordr'; did you mean 'Order'?")
    shop("register_rule_set", name="tiers", text=TIERS, format="yaml")
    code, message, _ = shop.fault("why_not", name="tiers", facts=[], rule="vip")
    assert message == "rules over one fact keep no facts to explain"
