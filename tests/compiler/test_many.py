"""Many rules, many actions and many mistakes: reading them takes time in proportion to them.

Nothing is timed. Where a pass looks at each with each, the first of these tests takes minutes.
"""

from __future__ import annotations

import pytest

from rete_engine import RuleSet, RuleValidationError


@pytest.mark.parametrize("last", [1_500, 0])
def test_rules_that_derive_in_a_long_chain_or_ring(last: int) -> None:
    size = 1_500
    text = "".join(f"template T{n}\n    x: int\nend\n" for n in range(size + 1))
    for n in range(size):
        after = n + 1 if n + 1 < size else last
        text += f"""
rule "{n}"
when
    s := sum(x for T{n}())
    test s > 0
then
    insert logical T{after}(x = s)
end
"""
    assert len(RuleSet.parse(text).rules) == size


def test_a_rule_with_thousands_of_inserts() -> None:
    inserts = "".join(f"    insert A(n = {n})\n" for n in range(2_000))
    rules = RuleSet.parse(
        f'template A\n    n: int\nend\nrule "r"\nwhen\n    A(n == -1)\nthen\n{inserts}end\n'
    )
    with rules.session() as session:
        session.insert("A", n=-1)
        assert session.run().fired == 1
        assert len(session.facts("A")) == 2_001


def test_hundreds_of_unknown_names_have_a_hint_each() -> None:
    size = 600
    text = "".join(f"template Tem{n}\n    x: int\nend\n" for n in range(size))
    text += "".join(f'rule "{n}"\nwhen\n    Temm{n}()\nthen\n    halt\nend\n' for n in range(size))
    with pytest.raises(RuleValidationError) as caught:
        RuleSet.parse(text)
    hints = [each.hint for each in caught.value.diagnostics]
    assert len(hints) == size
    assert hints[567] == "did you mean 'Tem567'?"
