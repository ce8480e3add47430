"""What names mean, and what is refused before anything runs."""

from __future__ import annotations

import pytest

from rete_engine.diagnostics.source import NOWHERE, Source
from rete_engine.expressions import tree
from rete_engine.expressions.resolve import resolve
from rete_engine.language.parser import parse_expression
from tests.expressions.evaluation import Place, Program, problems


class OrderPlace(Place):
    """A place where `o` is a fact with a field `total`, and `total` is a bare field too."""

    def name(self, node: tree.Name) -> tree.Expression:
        if node.name == "o":
            return tree.SlotRef(node.span, 0, "o")
        return super().name(node)

    def attribute(self, target: tree.Expression, node: tree.Attribute) -> tree.Expression | None:
        if isinstance(target, tree.SlotRef):
            return tree.FieldRef(node.span, target.slot, 1, node.name)
        return None

    def meaning(self, name: str) -> str | None:
        return "field" if name == "total" else super().meaning(name)

    def parameters(self, function: tree.FunctionRef) -> tuple[str, ...] | None:
        return ("amount", "rate")


NET = tree.FunctionRef(NOWHERE, "language", 3, "net")


def resolved(text: str) -> tuple[tree.Expression, list[tuple[str, str]]]:
    place = OrderPlace(["p"], {"net": NET})
    parsed, diagnostics = parse_expression(Source("<test>", text))
    assert parsed is not None, diagnostics
    return resolve(parsed, place), place.found


def test_fields_of_facts_are_found_through_the_place() -> None:
    node, found = resolved("o.total + o?.total")
    assert found == []
    assert isinstance(node, tree.Binary)
    assert isinstance(node.left, tree.FieldRef)
    assert isinstance(node.right, tree.FieldRef)
    assert node.left.span.text == "o.total"


def test_variables_of_comprehensions_get_numbers() -> None:
    node, found = resolved("[a + b for a, b in p for c in a]")
    assert found == []
    assert isinstance(node, tree.Comprehension)
    assert [clause.locals for clause in node.clauses] == [(0, 1), (2,)]
    assert isinstance(node.clauses[1].iterable, tree.LocalRef)


def test_a_variable_of_a_comprehension_ends_with_it() -> None:
    _, found = resolved("[a for a in p] + a")
    assert [code for code, _ in found] == ["RE0102"]
    _, found = resolved("[a for a in p] + [a for a in p]")
    assert found == []


def test_arguments_by_name_come_in_the_order_of_the_parameters() -> None:
    node, found = resolved("net(rate=1, amount=2)")
    assert found == []
    assert isinstance(node, tree.Call)
    assert node.function is NET
    values = [argument.value for argument in node.arguments]
    assert [value.value for value in values if isinstance(value, tree.Constant)] == [2, 1]


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("net(1)", "RE0203", "'net' takes 2 arguments, not 1"),
        ("net(1, 2, 3)", "RE0203", "'net' takes 2 arguments, not 3"),
        ("net(1, amount=2)", "RE0203", "'net' gets 'amount' twice"),
        ("net(1, tax=2)", "RE0203", "'net' takes no argument 'tax'"),
        ("[total for total in p]", "RE0106", "'total' is a field here"),
        ("[p for p in [1]]", "RE0107", "'p' is a param already"),
        ("lenn(p)", "RE0103", "unknown function 'lenn'"),
        ("'a'.lowr()", "RE0103", "unknown method 'lowr'"),
        ("len()", "RE0203", "'len' takes 1 argument, not 0"),
        ("round(1.5, 1, 2)", "RE0203", "'round' takes 1 to 2 arguments, not 3"),
        ("sorted(p, revers=true)", "RE0203", "'sorted' takes no argument 'revers'"),
        ("now(1)", "RE0203", "'now' takes no argument"),
        ("min()", "RE0203", "'min' takes at least 1 argument, not 0"),
        ("p is 1", "RE0202", "'is' compares with none only"),
    ],
)
def test_reports(text: str, code: str, message: str) -> None:
    _, found = resolved(text)
    assert [each for each, _ in found] == [code]
    assert found[0][1].startswith(message)


@pytest.mark.parametrize(
    "form",
    [
        tree.Bind(NOWHERE, "v", NOWHERE, tree.Constant(NOWHERE, 1)),
        tree.TestForm(NOWHERE, tree.Constant(NOWHERE, 1)),
        tree.ForForm(NOWHERE, "v", NOWHERE, tree.Constant(NOWHERE, 1)),
        tree.ExistsForm(NOWHERE, tree.Constant(NOWHERE, 1)),
        tree.ForallForm(NOWHERE, (tree.Constant(NOWHERE, 1),)),
        tree.AccumulateForm(NOWHERE, None, tree.Constant(NOWHERE, 1), None),
    ],
    ids=lambda form: type(form).__name__,
)
def test_conditions_are_no_values(form: tree.Expression) -> None:
    place = Place([], {})
    resolve(tree.Not(NOWHERE, form), place)
    assert [code for code, _ in place.found] == ["RE0301"]


def test_all_problems_of_an_expression_are_reported_together() -> None:
    assert problems("foo(1) + x.__class__ + len()", x=1) == ["RE0103", "RE0108", "RE0203"]


def test_a_declared_function_comes_before_a_built_in_one() -> None:
    program = Program()
    program.function("len", ["k"], "k + 1")
    assert program.value("len(1)") == 2
