"""The warning of rules that derive what they forbid."""

from __future__ import annotations

import pytest

from rete_engine import RuleSet

HEAD = """
template S
    n: int = 0
end
template A
    n: int = 0
    on: bool = false
end
template B extends A
end
template C
    n: int = 0
end
"""


def cycles(*rules: tuple[str, str]) -> list[str]:
    """What is told of rules, which are named by numbers."""
    text = HEAD
    for number, (when, then) in enumerate(rules):
        text += f'rule "{number}"\nwhen\n{when}\nthen\n{then}\nend\n'
    told = [d.message for d in RuleSet.parse(text).diagnostics if d.code == "RE0505"]
    return [
        message.removeprefix("a logical insert may defeat its own condition: ") for message in told
    ]


@pytest.mark.parametrize(
    ("query", "when", "count"),
    [
        ("not A()", "asked()", 1),
        ("s := S()\nnot A(n == s.n)", "q := asked()", 1),
        ("A()", "not asked()", 1),
        ("A()", "asked()", 0),
        ("A()", "not C()\nexists asked()", 0),
        ("not A()", "not asked()", 0),
        ("not A(n == 1)", "asked()", 0),
    ],
)
def test_a_rule_that_asks_a_query(query: str, when: str, count: int) -> None:
    text = f"query inner()\n{query}\nend\nquery asked()\ninner()\nend\n"
    rule = f'rule "r"\nwhen\n{when}\nthen\ninsert logical A(n = 2)\nend\n'
    told = [d for d in RuleSet.parse(HEAD + text + rule).diagnostics if d.code == "RE0505"]
    assert len(told) == count
    for diagnostic in told:
        (note,) = diagnostic.notes
        assert note.span is not None
        assert note.span.text == "asked()"


@pytest.mark.parametrize(
    ("when", "then"),
    [
        ("not A()", "insert logical A()"),
        ("not A(n == 1)", "insert logical B(n = 1)"),  # one that extends it
        ("s := S()\nnot A(n == s.n)", "insert logical A(n = s.n)"),
        ("not (S() and A())", "insert logical A()"),
        ("not exists A()", "insert logical A()"),
        ("not A(not on)", "insert logical A()"),
        ("not A(on)", "insert logical A(on = true)"),
        ("not A(1 == n)", "x := 1\ninsert logical A(n = x)"),
        ("not A()", "if 1 < 2\nemit 1\nelse\nfor x in [1]\ninsert logical A(n = x)\nend\nend"),
    ],
)
def test_a_rule_alone(when: str, then: str) -> None:
    name = "B" if "logical B" in then else "A"
    assert cycles((when, then)) == [f"'0' derives {name}, which it forbids itself"]


@pytest.mark.parametrize(
    ("when", "then"),
    [
        ("A()", "insert logical A()"),
        ("exists A()", "insert logical A()"),
        ("not not A()", "insert logical A()"),
        ("not A()", "insert A()"),
        ("not B()", "insert logical A()"),  # it extends it, but is none
        ("not A(n == 1)", "insert logical A(n = 2)"),
        ("not A(n == 1)", "insert logical A()"),
        ("not A(on)", "insert logical A()"),
        ("not A(not on)", "insert logical A(on = true)"),
        ("not A()", "insert logical C()"),
    ],
)
def test_no_way(when: str, then: str) -> None:
    assert cycles((when, then)) == []


def test_by_way_of_others() -> None:
    assert cycles(
        ("C()", "insert logical B(n = 1)"),
        ("not A()", "insert logical C()"),
        ("S()", "insert logical S()"),
    ) == ["'1' derives C, which '0' reads; '0' derives B, which '1' forbids"]


def test_by_way_of_what_is_not_derived_there_is_no_telling() -> None:
    assert cycles(("not A()", "insert logical C()"), ("C()", "insert A()")) == []


def test_two_negations_leave_a_choice_and_three_do_not() -> None:
    one = ("not A(n == 1)", "insert logical A(n = 2)")
    two = ("not A(n == 2)", "insert logical A(n = 1)")
    assert cycles(one, two) == []
    three = ("not A(n == 3)", "insert logical A(n = 1)")
    assert cycles(one, ("not A(n == 2)", "insert logical A(n = 3)"), three) == [
        "'0' derives A, which '1' forbids; '1' derives A, which '2' forbids;"
        " '2' derives A, which '0' forbids"
    ]


def test_a_thousand_rules_that_derive_are_looked_at_quickly() -> None:
    count = 1_000
    steps = [
        (f"A(n == {n})\nnot A(n == {n + 1}, on)", f"insert logical A(n = {n + 1}, on = false)")
        for n in range(count)
    ]
    assert cycles(*steps) == []
    last = ("not A(n == 5, on)", "insert logical A(n = 5, on = true)")
    assert cycles(*steps, last) == [f"'{count}' derives A, which it forbids itself"]


def test_of_rules_that_are_entangled_beyond_measure_the_first_are_told() -> None:
    rules = [(f"not A(n == {n})\nnot B()", "insert logical A()") for n in range(600)]
    assert cycles(*rules)[0] == "'0' derives A, which it forbids itself"
