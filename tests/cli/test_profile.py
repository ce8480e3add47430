from __future__ import annotations

import json

from rete_engine import RuleSet
from tests.cli.conftest import Rete, Write


def test_what_each_rule_took_and_how_it_is_joined(rete: Rete, write: Write) -> None:
    done = rete("profile", "shop.rete", "--facts", "Order=orders.ndjson")
    assert done.code == 0
    assert done.out.startswith("3 facts loaded and matched in 0.")
    rows = [line.split() for line in done.out.splitlines()]
    assert ["large", "2", "2"] in [row[:3] for row in rows]
    assert ["small", "1", "1"] in [row[:3] for row in rows]
    assert (
        "How the conditions are joined, why, and what is held at the end:\n"
        "  large\n"
        "    1. Order(status == 'new', total > most)\n"
        "       0 facts\n"
        "       pattern 1: first as written\n"
        "    fired 2\n"
    ) in done.out
    assert "order 1 is large" in done.err


def test_as_json(rete: Rete, write: Write) -> None:
    done = rete("profile", "shop.rete", "--facts", "Order=orders.ndjson", "--json", "--limit", "1")
    told = json.loads(done.out)
    assert told["facts"] == 3
    assert told["loading_seconds"] > 0
    large, small = told["rules"]
    assert large["rule"] == "large"
    assert large["seconds"] > 0
    assert (large["firings"], large["changes"]) == (1, 1)
    assert large["paths"] == [["Order(status == 'new', total > most)"]]
    assert large["plan"] == [
        {
            "steps": [
                {
                    "step": "Order(status == 'new', total > most)",
                    "reason": "first as written",
                    "pattern": 1,
                    "keys": [],
                    "inside": [],
                    "facts": 1,
                    "matches": None,
                }
            ],
            "fired": 1,
        }
    ]
    assert (small["firings"], small["changes"], small["seconds"]) == (0, 0, 0)


def test_what_is_held_at_the_end(rete: Rete, write: Write) -> None:
    write("paths.rete", PATHS)
    write(
        "facts.json",
        json.dumps(
            {
                "Customer": [{"id": 11, "tier": "gold"}, {"id": 3, "tier": "iron"}],
                "Order": [{"customer": 11, "total": 20}, {"customer": 3, "total": 5}],
                "Counter": [{"n": 0}, {"n": 2}],
                "Phase": [{"name": "start"}],
            }
        ),
    )
    done = rete("profile", "paths.rete", "--facts", "facts.json", "--limit", "0", "--json")
    plan = {rule["rule"]: rule["plan"] for rule in json.loads(done.out)["rules"]}
    [paid] = plan["paid"]
    assert [(step["facts"], step["matches"]) for step in paid["steps"]] == [
        (1, None),  # Order(total > 10)
        (1, 1),  # join Customer
        (0, 1),  # not Order
        (2, 1),  # exists Customer
        (None, None),  # test, which fails
        (2, 0),  # join Counter
        (0, 0),  # join Phase(name == 'pay')
        (None, 0),  # compute
        (None, None),  # test
    ]
    [volatile] = plan["volatile"]
    apart = volatile["steps"][1]
    assert (apart["facts"], apart["matches"]) == (None, 2)
    assert [(step["facts"], step["matches"]) for step in apart["inside"][0]] == [(1, None), (1, 1)]
    shown = rete("profile", "paths.rete", "--facts", "facts.json", "--limit", "0").out
    assert (
        '    2. join Customer(tier in ("gold", "silver")) by id where o.total != id\n'
        "       1 fact, 1 match before it\n"
        "       pattern 3: its key is known, so it is ahead of pattern 1\n"
    ) in shown
    assert (
        "       2 matches before it\n"
        "       rules change Counter.n and Phase.name, and there is no key: joined apart, and"
        " last\n"
        "       1. Phase(name == 'start')\n"
        "          1 fact\n"
    ) in shown


def test_a_failing_action_ends_it(rete: Rete, write: Write) -> None:
    write("wrong.rete", 'rule "r"\nwhen\nthen\n    emit 1 // 0\nend\n')
    done = rete("profile", "wrong.rete")
    assert done.code == 3
    assert "division by zero" in done.err


PATHS = """
template Customer
    id: int
    tier: str
end
template Order
    customer: int
    total: int
end
template Counter
    n: int
end
template Phase
    name: str
end
rule "paid"
when
    p := Phase(name == "pay")
    o := Order(total > 10)
    c := Customer(id == o.customer, tier in ("gold", "silver"), o.total != id)
    not Order(customer == c.id, total < 0)
    exists Customer()
    test c.id > o.total
    twice := c.id * 2
    test twice > 0
    k := Counter()
then
    emit c.id
end
rule "next"
when
    p := Phase()
    k := Counter()
    (Customer(id > 1) or Order(total > 1))
then
    modify p(name = "pay")
    modify k(n = k.n + 1)
end
rule "volatile"
when
    p := Phase(name == "start")
    o := Order()
    k := Counter(n > 1)
    test k.n > o.total
then
    modify p(name = "go")
    modify k(n = 0)
end
"""


def test_plans_tell_the_order_of_joins() -> None:
    plans = RuleSet.parse(PATHS).plans()
    told = {
        name: [[step.text for step in path.steps] for path in paths]
        for name, paths in plans.items()
    }
    assert told["paid"] == [
        [
            "Order(total > 10)",
            'join Customer(tier in ("gold", "silver")) by id where o.total != id',
            "not Order(total < 0) by customer",
            "exists Customer()",
            "test c.id > o.total",
            "join Counter() without a key: each with each",
            "join Phase(name == 'pay') without a key: each with each",
            "compute twice := c.id * 2",
            "test twice > 0",
        ]
    ]
    assert told["next"] == [
        [
            "Phase()",
            "join Counter() without a key: each with each",
            f"join {either} without a key: each with each",
        ]
        for either in ("Customer(id > 1)", "Order(total > 1)")
    ]
    apart = "Phase(name == 'start'); join Counter(n > 1) without a key: each with each"
    assert told["volatile"] == [
        ["Order()", f"join what is joined apart ({apart}) where k.n > o.total"]
    ]
    assert list(told) == ["paid", "next", "volatile"]
