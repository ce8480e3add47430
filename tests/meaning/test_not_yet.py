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

query larger(than: int)
    t := T(n > than)
end
"""

CONDITIONS = {
    "a query": "m := larger(1)",
    "a query without a name": "larger(1)",
}

ACTIONS = {
    "a query": "for m in larger(1)\nemit m\nend",
}


def codes(text: str) -> set[str]:
    with pytest.raises(RuleValidationError) as caught:
        RuleSet.parse(text)
    return {diagnostic.code for diagnostic in caught.value.diagnostics}


@pytest.mark.parametrize("condition", CONDITIONS.values(), ids=CONDITIONS)
def test_conditions(condition: str) -> None:
    head = HEAD if "larger" in condition else HEAD.split("query")[0]
    assert codes(f'{head}\nrule "r"\nwhen\n{condition}\nthen\nend') == {"RE0900"}


@pytest.mark.parametrize("action", ACTIONS.values(), ids=ACTIONS)
def test_actions(action: str) -> None:
    head = HEAD if "larger" in action else HEAD.split("query")[0]
    assert codes(f'{head}\nrule "r"\nwhen\nthen\n{action}\nend') == {"RE0900"}


def test_queries() -> None:
    assert codes(HEAD) == {"RE0900"}
