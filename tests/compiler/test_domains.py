"""What is followed of the values that are left to a field."""

from __future__ import annotations

import pytest

from rete_engine import RuleSet


def warned(constraints: str, type: str) -> bool:
    """Whether constraints of one field are told to never hold."""
    rules = RuleSet.parse(
        f'template T\n    x: {type}\nend\nrule "r"\nwhen\n    T({constraints})\nthen\nend\n'
    )
    return any(each.code == "RE0501" for each in rules.diagnostics)


@pytest.mark.parametrize(
    ("constraints", "type", "expected"),
    [
        ("x != 1, x == 1.0", "float", True),
        ("x in (1, 2), x not in (2.0, 1.0)", "float", True),
        ("x in (1, 2), x != 2", "float", False),
        ("x == 'a', x != 'b'", "str in ('a', 'b')", False),
        ("x != 'a', x != 'b'", "str in ('a', 'b')", True),
        ("x >= 3, x <= 3, x != 3", "float", True),
    ],
)
def test_values_are_compared_as_the_language_does(
    constraints: str, type: str, expected: bool
) -> None:
    assert warned(constraints, type) is expected


def test_thousands_of_comparisons_are_looked_at_quickly() -> None:
    values = range(6_000)
    listed = ", ".join(map(str, values))
    assert not warned(", ".join(f"x != {n}" for n in values), f"int in ({listed})")
    assert warned(f"x not in ({listed})", f"int in ({listed})")
