"""Conditions: what they may be, what their names mean, and what is said when they are wrong."""

from __future__ import annotations

import pytest

from tests.compiler.findings import findings, rule, said


@pytest.mark.parametrize(
    ("when", "code", "words", "hint", "message"),
    [
        # what is no condition
        ("1 + 2", "RE0300", "1 + 2", "write: test 1 + 2", "this is a value, not a condition"),
        (
            "net(3.0)",
            "RE0300",
            "net(3.0)",
            "write: test net(3.0)",
            "'net(…)' is the call of a function, not a pattern",
        ),
        ("len('x')", "RE0300", "len('x')", "write: test len('x')", "'len(…)' is the call of"),
        ("'a'.upper()", "RE0300", "'a'.upper()", "write: test", "a method's value is not"),
        (
            "'a long text that goes on and on and on'.lower()",
            "RE0300",
            "'a long text that goes on and on and on'.lower()",
            "…",
            "a method's value is not a condition",
        ),
        # names of templates, fields and functions
        ("Ordr()", "RE0100", "Ordr", "did you mean 'Order'?", "unknown template 'Ordr'"),
        ("eval(1 < 2)", "RE0100", "eval", "write: test …", "unknown template 'eval'"),
        ("Order(this != 1)", "RE0102", "this", "x := T(x != …)", "unknown name 'this'"),
        ("Order(id == MATCH.id)", "RE0102", "MATCH", "v := field", "unknown name 'MATCH'"),
        ("o <- Order()", "RE0300", "o <- Order()", "write o := T(…)", "this is a value"),
        ("Order.total > 3", "RE0300", "Order.total > 3", "Order(total > 3)", "this is a value"),
        ("o := order()", "RE0103", "order", "did you mean 'Order'?", "unknown function"),
        ("o := Ordr()", "RE0100", "Ordr", "did you mean 'Order'?", "unknown template 'Ordr'"),
        ("Order(totl > 3)", "RE0102", "totl", "did you mean 'total'?", "unknown name 'totl'"),
        ("o := Order()\ntest o.totl > 3", "RE0101", "totl", "'total'", "Order has no field"),
        ("o := Order()\ntest o.x > 3", "RE0101", "x", "its fields are: id", "Order has no field"),
        ("test nt(3) > 1", "RE0103", "nt", "did you mean 'net'?", "unknown function 'nt'"),
        ("test leng('a') > 1", "RE0103", "leng", "did you mean 'len'?", "unknown function"),
        ("test Ordr(3) > 1", "RE0100", "Ordr", "did you mean 'Order'?", "unknown template"),
        (
            "test Order()",
            "RE0301",
            "Order()",
            "x := Order(…)",
            "'Order(…)' is a pattern and cannot stand where a value belongs",
        ),
        (
            "test Order == 3",
            "RE0102",
            "Order",
            "x := Order(…)",
            "'Order' is a template, not a value",
        ),
        ("test net == 3", "RE0102", "net", "call it: net(…)", "'net' is a function"),
        ("test vta > 3", "RE0102", "vta", "did you mean 'vat'?", "unknown name 'vta'"),
        (
            "o := Order()\ntest oo.id > 3",
            "RE0102",
            "oo",
            "did you mean 'o'?",
            "unknown name 'oo'",
        ),
        # variables
        (
            "o := Order()\no := Hold()",
            "RE0107",
            "o",
            "to compare with it, write '==': … == o",
            "variable 'o' is bound twice",
        ),
        ("vat := Order()", "RE0107", "vat", "choose another name", "'vat' is a param already"),
        (
            "total := 3\no := Order(total > 3)",
            "RE0106",
            "total",
            "write o.total for the field, or rename the variable",
            "'total' is a field of Order and a variable",
        ),
        (
            "total := 3\nOrder(total > 3)",
            "RE0106",
            "total",
            "give the pattern a name and write x.total",
            "'total' is a field of Order and a variable",
        ),
        (
            "Order(id := total)\nOrder(id == 3)",
            "RE0106",
            "id",
            "give the pattern a name",
            "'id' is a field of Order and a variable",
        ),
        # '=' for '=='
        ("Order(id = 3)", "RE0012", "id = 3", "write id == 3", "'=' gives a field a value"),
        # types
        ("Order(total > 'x')", "RE0202", "total > 'x'", "convert", "'>' never holds between"),
        ("Order(3)", "RE0202", "3", "compare it with something", "3 is a constant"),
        ("test 'x'", "RE0202", "'x'", "compare it with something", "'x' is a constant"),
        ("for x in 3", "RE0202", "3", None, "'for' needs a list, set, dict, tuple or str"),
        # what belongs elsewhere
        ("test now() == none", "RE0302", "now()", "keep the time in a fact", "now() belongs"),
        ("forall (Order())", "RE0300", "forall (Order())", "write forall (C, D)", "always holds"),
        ("(Order() or 1 < 2)", "RE0300", "1 < 2", "write: test 1 < 2", "a value, not a condition"),
        # not built yet
    ],
)
def test_a_wrong_condition_is_told_with_its_place_and_a_mend(
    when: str, code: str, words: str, hint: str | None, message: str
) -> None:
    found = findings(rule(when))
    assert [d.code for d in found] == [code]
    assert message in found[0].message
    assert found[0].span.text == words
    if hint is None:
        assert found[0].hint is None
    else:
        assert found[0].hint is not None
        assert hint in found[0].hint


def test_a_wrong_field_behind_an_equals_sign_is_told_too() -> None:
    assert said(rule("Order(idd = 3)")) == [
        "RE0012 '=' gives a field a value; a pattern compares with '=='",
        "RE0101 Order has no field 'idd'",
    ]


def test_a_variable_bound_twice_shows_where_it_was_bound_first() -> None:
    (found,) = findings(rule("o := Order()\nnot Hold(o := order)"))
    assert [note.message for note in found.notes] == ["bound here first"]
    assert found.notes[0].span.line == 3


def test_a_query_is_a_condition_and_no_value() -> None:
    query = "query q(a: int)\n    Order(id == a)\nend\n"
    codes = [d.code for d in findings(query + rule("m := q(3)\ntest q(4) == none\nq(5)"))]
    assert codes == ["RE0301"]


def test_variables_of_what_is_wrong_are_not_missed_afterwards() -> None:
    when = """
    o := Ordr(id > 3, t := total)
    n := larger(3)
    p := Order(id == n, total == o.total, total > t)
    """
    assert [d.code for d in findings(rule(when, "modify o(total = p.total)"))] == [
        "RE0100",
        "RE0103",
    ]


def test_a_variable_that_nothing_reads_is_a_warning() -> None:
    (found,) = findings(rule("o := Order(t := total)\nt2 := vat\ntest t2 > 3 and t > 4"))
    assert (found.code, found.severity) == ("RE0500", "warning")
    assert found.message == "variable 'o' is never used"
    assert found.hint == "leave 'o :=' out"


def test_a_variable_that_only_the_salience_reads_is_used() -> None:
    assert said(rule("o := Order(t := id)", "retract o", "salience t")) == []


def test_a_further_field_of_an_open_template_needs_no_declaration() -> None:
    assert said(rule("e := Event(what == 3)\ntest e.more > 3")) == []


def test_a_bare_name_in_an_open_template_is_a_field_then_a_variable_then_a_param() -> None:
    # `vat` is the param here, `level` the variable, so neither is a further field.
    assert said(rule("level := 3\nEvent(kind == 'x', size > level, vat > 0.1)")) == []


def test_a_field_and_the_variable_that_stands_for_it_may_share_a_name() -> None:
    assert said(rule("Order(total := total, total > 3)", "print total")) == []


def test_constraints_joined_by_and_are_constraints_each() -> None:
    assert said(rule("o := Order(total > 3 and id == 4)", "retract o")) == []


@pytest.mark.parametrize("count", [200, 201])
def test_a_rule_has_at_most_two_hundred_conditions(count: int) -> None:
    when = "\n".join(f"Hold(order == {number})" for number in range(count))
    found = findings(rule(when))
    if count == 200:
        assert found == ()
    else:
        assert [d.code for d in found] == ["RE0300"]
        assert found[0].message == "a rule has at most 200 conditions, this one 201"
        assert found[0].span.text == "Hold(order == 199)"
        assert "split it" in (found[0].hint or "")


def test_conditions_inside_of_others_count_too() -> None:
    inner = " and ".join(f"Hold(order == {number})" for number in range(200))
    found = findings(rule(f"not ({inner})"))
    assert [d.message for d in found] == ["a rule has at most 200 conditions, this one 201"]


@pytest.mark.parametrize(
    ("attributes", "code", "message"),
    [
        ("salience 'high'", "RE0303", "salience is a whole number (int), not str"),
        ("salience 1.5", "RE0303", "salience is a whole number (int), not float"),
        ("salience total", "RE0102", "unknown name 'total'"),
        ("enabled o", "RE0102", "unknown name 'o'"),
        ("enabled 3", "RE0202", "3 is a constant"),
        ('group ""', "RE0303", "the name of 'group' cannot be empty"),
        ('effective "soon"', "RE0303", "'soon' is no date"),
    ],
)
def test_an_attribute_that_does_not_fit_is_told(attributes: str, code: str, message: str) -> None:
    found = findings(rule("o := Order()", "retract o", attributes))
    assert [d.code for d in found] == [code]
    assert message in found[0].message


def test_two_rules_of_one_name_are_shown_both() -> None:
    (found,) = findings(rule("Order()") + rule("Hold()").split("template")[0])
    assert found.code == "RE0105"
    assert "rule 'r' is declared twice" in found.message
    assert found.notes[0].span.line == 1
