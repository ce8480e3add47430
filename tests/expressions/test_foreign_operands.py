"""Whatever operands meet an operator, a function or a method: a value or an error of ours."""

from __future__ import annotations

import contextlib
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rete_engine.diagnostics.errors import SecurityError
from rete_engine.expressions.errors import EvaluationError
from rete_engine.expressions.frame import Limits, Node, Record, RecordType
from rete_engine.expressions.signatures import BUILTINS, METHODS, Signature
from rete_engine.expressions.types import ANY
from rete_engine.expressions.values import store
from tests.expressions.evaluation import Program
from tests.expressions.samples import values

ORDER = RecordType("Order", {"id": 0}, frozenset(["Order"]), False)
OPERANDS = st.one_of(
    values, st.integers(-5, 5), st.text(max_size=4), st.just(Record(ORDER, (1,)))
)  # fmt: skip
COMPARISONS = ["<", "<=", ">", ">=", "==", "!=", "matches"]
FORMS = [
    *[f"a {operator} b" for operator in ["+", "-", "*", "/", "//", "%", "**", "in", "not in"]],
    "-a", "+a", "not a", "a and b", "a or b", "a[b]", "a[b:c]", "a.id", "a?.year", "a if b else c",
    "[x for x in a if x == b]", "{x for x in a}", "{x: b for x in a}", "[x for x, y in a]",
    "any(x < b for x in a)", "{a}", "{a: b}", "[a, b]", "f'{a} {b!r} {c!a}'", "a < b < c",
    "f'{a:>5}'", "f'{a:.2f}'", "f'{a:x}'", "f'{a:,}'", "f'{a:+.3e}'", "f'{a:05d}'",
]  # fmt: skip


def _calls(name: str, signature: Signature) -> list[str]:
    arguments = ["b", "c", "a", "1", "none", "b", "c"]
    most = len(signature.positional) + (2 if signature.variadic else 0)
    counts = range(signature.required, most + 1)
    calls = [f"{name}({', '.join(arguments[:count])})" for count in counts]
    if signature.variadic or signature.positional:
        calls += [f"{name}(b, {keyword}=c)" for keyword in signature.keywords]
    return calls


FUNCTIONS = [
    call
    for name, signature in BUILTINS.items()
    for call in _calls(name, signature)
    if name not in ("duration",)
] + ["duration(b)", "duration(hours=b, days=c)"]
METHOD_CALLS = sorted(
    {
        f"a.{call}"
        for methods in METHODS.values()
        for name, signature in methods.items()
        for call in _calls(name, signature)
    }
)
NODES: dict[str, Node] = {
    text: Program(a=0, b=0, c=0).node(text)
    for text in [*FORMS, *FUNCTIONS, *METHOD_CALLS, *[f"a {sign} b" for sign in COMPARISONS]]
}
SMALL = Limits(steps=100_000, value=10_000)


def evaluate(text: str, *operands: object) -> object:
    a, b, c = (store(operand, ANY, Limits()) for operand in operands)
    return NODES[text].evaluate(Program(SMALL, a=a, b=b, c=c).frame())


@given(st.sampled_from(sorted(NODES)), OPERANDS, OPERANDS, OPERANDS)
@settings(max_examples=400, deadline=None)
def test_nothing_but_our_errors_escapes(text: str, a: object, b: object, c: object) -> None:
    with contextlib.suppress(EvaluationError, SecurityError):
        store(evaluate(text, a, b, c), ANY, SMALL)


@pytest.mark.parametrize("text", [f"a {sign} b" for sign in COMPARISONS if sign != "matches"])
@given(a=OPERANDS, b=OPERANDS)
@settings(max_examples=60, deadline=None)
def test_comparisons_never_fail(text: str, a: object, b: object) -> None:
    assert evaluate(text, a, b, None) in (True, False)


SUBJECTS = [
    None, True, 0, -3, 2.5, float("nan"), float("inf"), 10**30, "", "ab", "2026-01-31", "5m",
    [], [1, 2], ["a", "b"], [(1, 2)], (), (1, "x"), set(), {1, 2}, {}, {"a": 1},
]  # fmt: skip


@pytest.mark.parametrize("text", sorted(NODES))
def test_every_form_with_every_kind_of_operand(text: str) -> None:
    for a, b in product(SUBJECTS, repeat=2):
        for c in (None, 1, "x"):
            with contextlib.suppress(EvaluationError, SecurityError):
                store(evaluate(text, a, b, c), ANY, SMALL)
