"""Actions: fields, facts and names in a `then`, and what is said when they are wrong."""

from __future__ import annotations

import pytest

from rete_engine import RuleSet
from tests.compiler.findings import findings, rule, said


@pytest.mark.parametrize(
    ("then", "code", "words", "hint", "message"),
    [
        # fields
        ("insert Hold()", "RE0204", "Hold()", "order = …", "Hold needs a value for 'order'"),
        ("insert Hold(ordr = 1)", "RE0101", "ordr", "'order'", "Hold has no field 'ordr'"),
        ("insert Hold(order = 'x')", "RE0200", "'x'", None, "Hold.order: expected int, got str"),
        ("insert Hold(order = o.customer)", "RE0200", "o.customer", None, "is of type int, not"),
        ("insert Hold(order = 1, order = 2)", "RE0305", "order", None, "'order' is given twice"),
        ("insert Customer(id = 'a', tier = 'tin')", "RE0201", "'tin'", None, "is not one of"),
        ("insert Event(kind = 'x', _y = 1)", "RE0108", "_y", None, "cannot begin with '_'"),
        ("insert Ordr(id = 1)", "RE0100", "Ordr", "'Order'", "unknown template 'Ordr'"),
        ("upsert Ordr(id = 1)", "RE0100", "Ordr", "'Order'", "unknown template 'Ordr'"),
        ("upsert Hold(order = 1)", "RE0305", "Hold(order = 1)", "declare one", "declares no key"),
        ("upsert Order(total = 1)", "RE0204", "Order(total = 1)", "id = …", "needs a value"),
        # modify and retract
        ("modify o(totl = 1)", "RE0101", "totl", "'total'", "Order has no field 'totl'"),
        ("modify o(total = 'x')", "RE0200", "'x'", None, "expected float, got str"),
        ("modify o()", "RE0305", "modify o()", "modify x(field = value)", "changes nothing"),
        ("modify t(x = 3)", "RE0305", "t", "name the pattern", "this is of type float"),
        ("modify Order(total = 3)", "RE0102", "Order", None, "is a template, not a value"),
        ("retract t", "RE0305", "t", "name the pattern", "a fact is needed here"),
        ("retract oo", "RE0102", "oo", "did you mean 'o'?", "unknown name 'oo'"),
        # names
        ("print total", "RE0102", "total", "write o.total", "unknown name 'total'"),
        ("print order", "RE0102", "order", "name the pattern: x := Hold(…)", "unknown name"),
        ("print o.totl", "RE0101", "totl", "'total'", "Order has no field 'totl'"),
        ("h := insert Hold(order = 1)\nprint h.x", "RE0101", "x", "its fields", "Hold has no"),
        ("t := 3", "RE0107", "t", "choose another name", "'t' is bound by a condition"),
        ("vat := 3", "RE0107", "vat", "choose another name", "'vat' is a param already"),
        ("for t in [1]\nend", "RE0107", "t", "another name", "'t' is bound by a condition"),
        ("if true\nx := 1\nend\nprint x", "RE0102", "x", None, "unknown name 'x'"),
        ("for i in [1]\nend\nprint i", "RE0102", "i", None, "unknown name 'i'"),
        # values
        ("if 3\nend", "RE0202", "3", "compare it", "3 is a constant, so this says nothing"),
        ("for x in 3\nend", "RE0202", "3", None, "'for' needs a list, set, dict"),
        ("log 'loud', 'x'", "RE0305", "'loud'", None, "a log level is one of debug, info"),
        ("print 'a' + 3", "RE0202", "'a' + 3", "f-string", "'+' does not combine str and int"),
        # calls
        ("Hold(order = 1)", "RE0305", "Hold(order = 1)", "insert Hold(…)", "is a template"),
        ("update(o)", "RE0103", "update", "write: modify x(field = …)", "unknown function"),
        ("nt(3)", "RE0103", "nt", "did you mean 'net'?", "unknown function 'nt'"),
        ("focus ''", "RE0305", "focus ''", "name a group", "name cannot be empty"),
        ("insert logical Hold()", "RE0204", "Hold()", "give one: order", "needs a value"),
    ],
)
def test_a_wrong_action_is_told_with_its_place_and_a_mend(
    then: str, code: str, words: str, hint: str | None, message: str
) -> None:
    found = findings(rule("o := Order(t := total)\nHold()", then))
    assert [d.code for d in found] == [code]
    assert message in found[0].message
    assert found[0].span.text == words
    if hint is not None:
        assert found[0].hint is not None
        assert hint in found[0].hint


def test_the_fields_of_a_fact_from_an_unknown_template_are_not_asked_for() -> None:
    assert said(rule("Order()", "h := insert Ordr(x = 1)\nmodify h(y = h.z)\nretract h")) == [
        "RE0100 unknown template 'Ordr'"
    ]


def test_a_fact_reached_through_a_field_has_a_known_template() -> None:
    text = """
    template A
        x: int
    end
    template B
        a: A
        many: list[A] = []
        what: any = none
    end
    rule "r"
    when
        b := B()
        c := b.a
    then
        modify b.a(y = 1)
        modify c(y = 2)
        print b.a.y
        for d in b.many
            modify d(y = 3)
        end
        modify b.what(y = 4)
        retract b.what, c
    end
    """
    found = findings(text)
    assert [(d.code, d.span.text) for d in found] == [("RE0101", "y")] * 4


def test_an_assigned_name_takes_the_type_of_its_value_until_another_is_assigned() -> None:
    then = """
    h := insert Hold(order = 1)
    print h.order
    h := 3
    print h.whatever
    """
    assert said(rule("Order()", then)) == []


def test_no_conditions_bind_in_a_facts_block() -> None:
    assert said("template T\n    a: int\nend\nfacts f\n    T(a = x)\nend") == [
        "RE0102 unknown name 'x'"
    ]


def test_facts_blocks_are_checked_like_inserts() -> None:
    text = "template T\n    a: int\nend\nfacts f\n    T(a = 'x')\n    U(b = 1)\n    T()\nend"
    assert said(text) == [
        "RE0200 T.a: expected int, got str 'x'",
        "RE0100 unknown template 'U'",
        "RE0204 T needs a value for 'a'",
    ]


@pytest.mark.parametrize(
    ("fact", "words", "hint"),
    [
        ("T(1)", "1", "write a = …"),
        ("T(a == 1)", "a == 1", "'=' sets a field: a = 1"),
        ("T(a := 1)", "a := 1", "write a = 1"),
        ("E(1)", "1", None),
    ],
)
def test_a_fact_is_given_fields_with_equals_signs(fact: str, words: str, hint: str | None) -> None:
    text = f"template T\n    a: int\nend\ntemplate E\nend\nfacts f\n    {fact}\nend"
    (found,) = findings(text)
    assert (found.code, found.message, found.hint) == ("RE0305", "a field needs '='", hint)
    assert found.span.text == words


def test_a_value_over_a_limit_is_told_before_a_run() -> None:
    text = f"template T\n    s: str\nend\nfacts f\n    T(s = {'x' * 1_000_001!r})\nend"
    (found,) = findings(text)
    assert (found.code, found.span.line) == ("RE0200", 5)
    assert "larger than" in found.message


def test_the_variable_of_a_comprehension_may_not_hide_a_name() -> None:
    codes = [
        d.code for d in findings(rule("o := Order(len([id for id in tags]) > 0)", "retract o"))
    ]
    assert codes == ["RE0106"]
    codes = [d.code for d in findings(rule("o := Order()", "emit [o for o in [1]]"))]
    assert codes == ["RE0107"]
    codes = [d.code for d in findings(rule("o := Order()", "x := o\nemit [x for x in [1]]"))]
    assert codes == ["RE0107"]
    codes = [d.code for d in findings(rule("Order()", "emit [vat for vat in [1]]"))]
    assert codes == ["RE0107"]


def test_now_belongs_to_actions_and_facts_blocks() -> None:
    assert said(rule("Order()", "print now()")) == []
    text = "template T\n    at: datetime\nend\nfacts f\n    T(at = now())\nend"
    with RuleSet.parse(text).session() as session:
        assert session.facts("T")[0].at.tzinfo is not None
