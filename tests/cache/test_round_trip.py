"""What is written is read back: the same objects, sharing what they shared."""

from __future__ import annotations

import inspect
import json
import math
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given

from rete_engine import RuleEngineError, RuleSet
from rete_engine import compiled as is_compiled
from rete_engine.cache.decode import decode
from rete_engine.cache.encode import LONGEST_ROW, NotStorableError, encode
from rete_engine.cache.shapes import DERIVED, SHAPES
from rete_engine.expressions import (
    calls,
    comparisons,
    comprehensions,
    displays,
    frame,
    logic,
    membership,
    operators,
    parts,
    reads,
)
from rete_engine.expressions.reads import Constant
from rete_engine.expressions.types import ANY
from rete_engine.network import accumulates, alphas, network, nodes, routes, rules, statements
from rete_engine.network import compiled as network_compiled
from rete_engine.network.compiled import Compiled, CompiledParam
from rete_engine.network.templates import MISSING
from tests.cache.likeness import attributes_of, difference
from tests.reference.laws import examples
from tests.reference.programs import grouped, rich

ROOT = Path(__file__).parents[2]

#: Modules whose classes may stand in a network.
MODULES = (
    calls, comparisons, comprehensions, displays, logic, membership, operators, parts, reads,
    accumulates, alphas, network, network_compiled, nodes, routes, rules, statements,
)  # fmt: skip

#: Classes of theirs that are never there on their own, or only in a session.
BASES = {
    "Binary", "BranchingSpec", "Comparison", "Comprehension", "NodeSpec", "RightInputSpec",
    "Statement", "Network", "Route", "Compiled", "ExternalFunction",
}  # fmt: skip


def there_and_back(given: Compiled) -> Compiled:
    body = json.dumps(encode(given), ensure_ascii=False).encode("utf-8", "surrogatepass")
    return decode(json.loads(body), len(body))


def texts() -> Iterator[Path]:
    yield from sorted((ROOT / "tests" / "golden").glob("*/*.rete"))
    yield from sorted((ROOT / "tests" / "golden").glob("*/*.yaml"))
    yield from sorted((ROOT / "examples").glob("*/*.rete"))


def test_every_golden_case_and_example_comes_back() -> None:
    count = 0
    for path in texts():
        try:
            rules = RuleSet.load(path)
        except RuleEngineError:
            continue
        count += 1
        assert difference(rules._compiled, there_and_back(rules._compiled)) is None, path
    assert count > 100


VALUES: list[object] = [
    None, True, 1, -1, 1 << 63, -(1 << 200), 0.0, -0.0, 2.5, math.inf, -math.inf, math.nan,
    "", "é", "\ud800", Decimal("1.50"), Decimal("-0"), date(2024, 2, 29),
    datetime(2024, 1, 1, 10, tzinfo=timezone(timedelta(hours=2))),
    datetime(2024, 10, 27, 2, 30, fold=1), timedelta(days=-1, microseconds=1),
    [], [1, "a"], (), (1, (2,)), {}, {"a": {1, 2}, 2: [None]}, set(), frozenset(["b", "a", 1]),
    list(range(40)), tuple(range(40)), [*range(20), "x", [], 1.5], MISSING,
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=map(str, range(len(VALUES))))
def test_all_kinds_of_values_come_back(value: object) -> None:
    compiled = RuleSet.parse("")._compiled
    for held in (value, [value], [value, value], {"k": value}):
        compiled.params = (CompiledParam("p", ANY, Constant(held)),)
        assert difference(compiled, there_and_back(compiled)) is None


def test_long_sequences_come_back() -> None:
    many = range(LONGEST_ROW * 3)
    fields = "".join(f"  f{n}: int = {n}\n" for n in many)
    given = ", ".join(f"f{n} = {n}" for n in many)
    mixed = ", ".join(f"{n}, 'w{n}', [{n}], t.f0" for n in many)
    rules = RuleSet.parse(
        f"template T\n{fields}end\nfacts\n  T({given})\nend\n"
        f"rule 'r'\nwhen\n  t := T(f1 in ({', '.join(map(str, many))}))\n"
        f"then\n  insert T({given})\n  emit [{mixed}]\nend"
    )
    assert difference(rules._compiled, there_and_back(rules._compiled)) is None


@examples(40)
@given(rich.programs())
def test_random_rules_come_back(text: str) -> None:
    rules = RuleSet.parse(text)
    assert difference(rules._compiled, there_and_back(rules._compiled)) is None


@examples(20)
@given(grouped.programs())
def test_random_rules_in_groups_come_back(text: str) -> None:
    rules = RuleSet.parse(text)
    assert difference(rules._compiled, there_and_back(rules._compiled)) is None


def test_the_same_rules_are_written_in_the_same_words() -> None:
    text = (ROOT / "examples" / "pricing" / "pricing.rete").read_text("utf-8")
    one, other = (json.dumps(encode(RuleSet.parse(text)._compiled)) for _ in range(2))
    assert one == other


def test_an_object_of_the_program_cannot_be_written() -> None:
    rules = RuleSet.parse("template T\nend\nrule 'r'\nwhen\n  T()\nthen\n  emit 1\nend")
    rules._compiled.network.rules[0].function = print
    with pytest.raises(NotStorableError, match="builtin_function_or_method"):
        encode(rules._compiled)


def classes_of(module: ModuleType) -> list[type]:
    return [
        each
        for each in vars(module).values()
        if isinstance(each, type) and each.__module__ == module.__name__
    ]


def test_every_class_of_a_network_has_a_shape() -> None:
    missing = [
        each.__name__
        for module in MODULES
        for each in classes_of(module)
        if each.__name__ not in SHAPES and each.__name__ not in BASES
    ]
    assert missing == [], "say in cache/shapes.py what objects of these classes are made of"


@pytest.mark.skipif(is_compiled(), reason="compiled constructors do not tell their arguments")
@pytest.mark.parametrize("name", SHAPES)
def test_shapes_name_the_arguments_of_constructors(name: str) -> None:
    shape = SHAPES[name]
    names = [
        each for each in inspect.signature(shape.cls).parameters if each not in ("args", "kwargs")
    ]
    assert tuple(names) == shape.arguments


#: What constructors make of their arguments, and what `decode` links.
REMADE = {
    "AlphaSpec": {"others", "firsts", "following", "rank", "rights", "sole"},
    "CallBuiltin": {"function"},
    "FieldSpec": {"plain", "required"},
    "InsertStatement": {"defaults", "order", "whole"},
    "Matches": {"charged"},
    "ProductionSpec": {"rule"},
    "QuerySpec": {"answers"},
    "RuleSpec": {"readings"},
    "TemplateSpec": {"ancestors", "first_field", "names", "plain", "positions"},
}


@pytest.mark.parametrize("name", SHAPES)
def test_shapes_name_every_attribute(name: str) -> None:
    shape = SHAPES[name]
    known = {*shape.arguments, *shape.late, *REMADE.get(name, ())}
    known |= {"children"} if issubclass(shape.cls, nodes.NodeSpec) else set()
    missing = set(attributes_of(shape.cls)) - known
    assert missing == set(), "say in cache/shapes.py how these attributes are written and read"


def test_there_are_nodes_in_no_other_module() -> None:
    modules = {module.__name__ for module in MODULES}
    todo: list[type] = [frame.Node, nodes.NodeSpec, statements.Statement]
    while todo:
        each = todo.pop()
        todo += each.__subclasses__()
        assert each.__module__ in modules | {frame.__name__}
    assert {name for name, _ in DERIVED} <= set(SHAPES)
