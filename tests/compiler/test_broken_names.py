"""Declarations that cannot be read: nothing is said of the uses of their names."""

from __future__ import annotations

from pathlib import Path

import pytest

from rete_engine import RuleSet, RuleSyntaxError
from tests.compiler.findings import findings


@pytest.mark.parametrize(
    "use",
    [
        "template U extends T\n    a: int\nend",
        "template U\n    t: T\n    ts: list[T?] = []\nend",
        "param p: T = 3",
        "function f(t: T) -> T = t",
        "facts x\n    T(a = 1)\nend",
        'rule "r"\nwhen\n    t := T(x > 1, v := x)\nthen\n    modify t(x = v)\nend',
        'rule "r"\nwhen\n    not T(x > 1)\n    exists (T(y := x) and T(y))\nthen\n    halt\nend',
        'rule "r"\nwhen\nthen\n    t := insert T(a = 1)\n    print t.b\n    upsert T(c = 1)\nend',
        'rule "r"\nwhen\n    x := T(1)\n    test T(2) > x\nthen\n    T(3)\n    print T\nend',
    ],
)
@pytest.mark.parametrize(
    "broken",
    ["template T\n    a: int = = 3\nend", "function T(a: int = 3", "query T(\n    A()\nend"],
)
def test_uses_of_a_broken_name_are_passed_over(use: str, broken: str) -> None:
    found = findings(f"{use}\n{broken}")
    assert {d.code for d in found} <= {"RE0010", "RE0013"}
    assert len(found) == 1


def test_uses_of_a_broken_param_are_passed_over() -> None:
    text = """
param p: int = = 3
param q: int = p
template T
    a: int
end
rule "r"
    salience p
    enabled p > 3
when
    T(a > p)
    test p > 3
then
    print p
end
"""
    assert [d.span.line for d in findings(text)] == [2]


def test_what_extends_a_broken_template_is_passed_over_too() -> None:
    text = """
template T
    a: int = = 3
end
template U extends T
end
template V extends U key(a)
    b: nope
end
rule "r"
when
    v := V(a > 1)
    w := U(b == v.a)
then
    insert V(x = w.y)
end
"""
    assert [(d.code, d.span.line) for d in findings(text)] == [("RE0010", 3), ("RE0104", 8)]


def test_other_errors_are_told_beside_a_broken_name() -> None:
    text = "template T\n    a: int = = 3\nend\nrule 'r'\nwhen\n    T()\n    U()\nthen\nend"
    assert [d.code for d in findings(text)] == ["RE0010", "RE0100"]


def test_a_name_that_is_broken_here_may_be_declared_there(tmp_path: Path) -> None:
    (tmp_path / "a.rete").write_text("template T\n    a int\nend\n")
    (tmp_path / "b.rete").write_text("template T\n    a: int\nend\nfacts f\n    T(b = 1)\nend\n")
    with pytest.raises(RuleSyntaxError) as caught:
        RuleSet.load(tmp_path)
    assert [d.code for d in caught.value.diagnostics] == ["RE0010", "RE0101"]


def test_where_a_file_is_missing_nothing_is_called_unknown(tmp_path: Path) -> None:
    main = tmp_path / "main.rete"
    main.write_text(
        """
import "missing.rete"
template T
    a: int = 'x'
    b: Missing
end
rule "r"
when
    m := Missing(a == p)
    test f(m)
then
    insert Missing(a = 1)
end
"""
    )
    with pytest.raises(RuleSyntaxError) as caught:
        RuleSet.load(main)
    found = caught.value.diagnostics
    assert [(d.code, d.span.line) for d in found] == [("RE0016", 2), ("RE0200", 4)]
