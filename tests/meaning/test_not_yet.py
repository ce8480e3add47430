"""What the language has and this version does not run: each part is refused with RE0900."""

from __future__ import annotations

import pytest

from rete_engine import RuleSet, RuleValidationError

HEAD = """
template T
    id: int
    n: int = 0
    of: T? = none
end
"""

CONDITIONS = {
    "count": "x := count(T())",
    "sum": "x := sum(n for T())",
    "avg": "x := avg(n for T())",
    "min": "x := min(n for T())",
    "max": "x := max(n for T())",
    "collect": "x := collect(n for T())",
    "collect_set": "x := collect_set(n for T())",
    "grouped": "x := sum(n for T() by i := id)",
}


def codes(text: str) -> set[str]:
    with pytest.raises(RuleValidationError) as caught:
        RuleSet.parse(text)
    return {diagnostic.code for diagnostic in caught.value.diagnostics}


@pytest.mark.parametrize("condition", CONDITIONS.values(), ids=CONDITIONS)
def test_conditions(condition: str) -> None:
    assert codes(f'{HEAD}\nrule "r"\nwhen\n{condition}\nthen\nend') == {"RE0900"}
