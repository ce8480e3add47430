"""One mistake is told once, with a hint that mends it."""

from __future__ import annotations

import pytest

from tests.compiler.findings import findings, rule


@pytest.mark.parametrize(
    ("when", "code", "message", "hint"),
    [
        ("test Order(total == 1)", "RE0301", "'Order(…)' is a pattern", "x := Order(…)"),
        ("test len(Order(total == x)) > 1", "RE0301", "'Order(…)' is a pattern", "x := Order(…)"),
        ("Order(tags.append(5))", "RE0103", "unknown method 'append'", "no method changes its"),
        ("Order(status.reverse())", "RE0103", "unknown method 'reverse'", "make a new one"),
        ("Order(status.startwith('n'))", "RE0103", "unknown method", "did you mean 'startswith'?"),
        ("Order(total.upper())", "RE0103", "a float has no method 'upper'", None),
        ("Order(status.items())", "RE0103", "a str has no method 'items'", None),
        ("Order(total.__class__)", "RE0108", "'__class__': names that begin with '_'", None),
        (
            "Order(customer == c.id)\nc := Customer(id != 'x')\ntest c.tier == 'gold'",
            "RE0102",
            "unknown name 'c'",
            "it is bound in line 4: move that condition up",
        ),
        ("Order(id == x)\nx := 3\ntest x > 2", "RE0102", "unknown name 'x'", "bound in line 4"),
        ("Order(status is null)", "RE0102", "unknown name 'null'", "write 'none'"),
        ("Order(status != nil)", "RE0102", "unknown name 'nil'", "write 'none'"),
    ],
)
def test_a_condition(when: str, code: str, message: str, hint: str | None) -> None:
    (found,) = findings(rule(when))
    assert (found.code, message in found.message) == (code, True)
    assert hint is None if found.hint is None else hint is not None and hint in found.hint


@pytest.mark.parametrize(
    ("then", "code", "hint"),
    [
        ("retract Order(id == 1)", "RE0301", "x := Order(…)"),
        ("modify Order(total = 1)", "RE0102", "name a pattern of it: x := Order(…)"),
        ("print [].reverse()", "RE0103", "no method changes its value"),
    ],
)
def test_an_action(then: str, code: str, hint: str) -> None:
    (found,) = findings(rule("o := Order(total > 1)", f"{then}\nprint o.id"))
    assert found.code == code
    assert found.hint is not None
    assert hint in found.hint


def test_a_pattern_that_is_called_like_its_field() -> None:
    (found,) = findings(
        "template T\n    n: int\nend\n" + 'rule "r"\nwhen\n    n := T(n.n > 1)\nthen\nend'
    )
    assert (found.code, found.hint) == ("RE0106", "rename the variable")


@pytest.mark.parametrize(
    ("type", "hint"),
    [("Optional[int]", "write 'int?'"), ("Optional", None), ("List[int]", "write 'list'")],
)
def test_a_type_as_python_spells_it(type: str, hint: str | None) -> None:
    (found,) = findings(f"template T\n    a: {type}\nend")
    assert (found.code, found.hint) == ("RE0104", hint)


@pytest.mark.parametrize(
    "heading", ["class T", "deftemplate T", 'template "T"', "template 'T' key(a)", "def T(a):"]
)
def test_uses_of_what_is_declared_in_foreign_words_are_passed_over(heading: str) -> None:
    text = (
        f'{heading}\n    a: int\nend\nrule "r"\nwhen\n    t := T(a == 1)\nthen\n    print t.a\nend'
    )
    (found,) = findings(text)
    assert (found.code, found.span.line) == ("RE0010", 1)
