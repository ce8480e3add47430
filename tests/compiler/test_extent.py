"""How many parts a text may have: counted before anything is made of it."""

from __future__ import annotations

import pytest

from rete_engine import RuleSet, RuleValidationError

BASE = "template A\n    x: int\nend\n"


def taken(text: str, format: str, most: int) -> bool:
    """Whether a text is within a limit."""
    try:
        RuleSet.parse(text, format=format, most_parts=most)
    except RuleValidationError as error:
        return [each.code for each in error.diagnostics] != ["RE0003"]
    return True


def parts(text: str, format: str = "rete") -> int:
    """The least limit with which a text is taken."""
    low, high = 0, 10**6
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if taken(text, format, middle) else (middle + 1, high)
    return low


def rule(*conditions: str) -> str:
    """A rule with conditions."""
    return 'rule "r"\nwhen\n' + "\n".join(conditions) + "\nthen\n    halt\nend\n"


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ((), 0),
        (("A()",), 1),
        (("a := A(x > 1, v := x)", "test v > a.x"), 4),
        (("not A(x == 1)", "exists (A() and A())"), 3 + 3),
        (("(A() or A() or A())",), 3),
        (("(A() or A())", "(A() or A(x == 1))", "A()"), 4 * 1 + 2 * (1 + 1 + 1 + 2)),
        (("not (A() or A())",), 3),
        (("forall (A(), A(x > 1))",), 4),
        (("n := count(A(x > 1))", "test n > 1"), 1 + 2 + 1),
        (("s := sum(x for A(x > 1) by x)", "test s > 1"), 2 + 2 + 1),
        (("for i in [1, 2, 3]", "test i > 1"), 2),
    ],
)
def test_conditions_and_constraints_are_parts(conditions: tuple[str, ...], expected: int) -> None:
    if expected:
        assert parts(BASE + rule(*conditions)) == 2 + expected
    else:
        assert parts(BASE + rule()) == 2


def test_what_queries_repeat_counts_each_time() -> None:
    first = "query q0()\n    A()\n    A(x > 1)\nend\n"
    chain = "".join(f"query q{n}()\n    q{n - 1}()\n    q{n - 1}()\nend\n" for n in range(1, 6))
    # 3, 6, 12, …, 96; queries may be asked before they are declared
    assert parts(BASE + chain + first) == 2 + sum(3 * 2**n for n in range(6))
    both = "query both()\n    (A() or A())\nend\n"
    asking = rule("both()", "A()")
    assert parts(BASE + both + asking) == parts(BASE + asking + both) == 2 + 2 + 2 * 1 + 2


def test_inherited_fields_count_each_time() -> None:
    text = "template B\n    a: int\n    b: int\nend\n" + "".join(
        f"template B{n} extends B\n    c: int\nend\n" for n in range(10)
    )
    assert parts(text) == 3 + 10 * 5


def test_a_text_that_means_too_much_is_refused_at_once() -> None:
    doubling = "".join(
        f"query q{n}()\n    q{n - 1}()\n    q{n - 1}()\nend\n" for n in range(1, 300)
    )
    with pytest.raises(RuleValidationError, match="more than 20,000 parts") as caught:
        RuleSet.parse(f"{BASE}query q0()\n    A()\nend\n{doubling}", name="many", most_parts=20_000)
    (found,) = caught.value.diagnostics
    assert (str(found.span), found.hint) == ("many:59:1", "make several rule sets of it")


def test_errors_of_names_are_told_as_ever() -> None:
    cycles = (
        "template C extends D\nend\ntemplate D extends C\nend\n"
        "query p()\n    q()\nend\nquery q()\n    p()\nend\n" + rule("Unknown()")
    )
    with pytest.raises(RuleValidationError) as caught:
        RuleSet.parse(cycles, most_parts=100)
    assert {each.code for each in caught.value.diagnostics} >= {"RE0304", "RE0100"}


def test_yaml_has_the_same_parts() -> None:
    text = "rules: [{name: r, when: ['test 1 > 0', 'test 2 > 0'], then: ['halt']}]"
    assert parts(text, "yaml") == 2
    assert parts("{name: s, rules: [{name: r, condition: 'True', action: '1'}]}", "yaml") == 3
