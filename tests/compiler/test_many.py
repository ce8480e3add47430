"""Many rules, many actions and many mistakes: reading them takes time in proportion to them.

Nothing is timed. Where a pass looks at each with each, the first of these tests takes minutes.
"""

from __future__ import annotations

import pytest

from rete_engine import RuleSet, RuleValidationError
from rete_engine.network.accumulates import MemberSpec
from tests.compiler.networks import network_of


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


@pytest.mark.parametrize(("count", "told"), [(200, True), (201, False)])
def test_inserts_of_long_actions_are_not_looked_at(count: int, told: bool) -> None:
    others = "    print a.n\n" * (count - 1)
    text = f"""
template A
    n: int
end
rule "r"
when
    a := A()
then
    insert A(n = 1)
{others}end
"""
    assert ("RE0503" in {each.code for each in RuleSet.parse(text).diagnostics}) is told


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


@pytest.mark.parametrize(
    ("reads", "makes", "supports"),
    [
        ("A", "A", True),  # it reads what it derives
        ("A", "B", False),
        ("A", "C", True),  # by way of the rule below, which derives A from C
        ("B", "A", False),
    ],
)
def test_accumulates_support_facts_where_a_rule_comes_back_to_what_it_derives(
    reads: str, makes: str, supports: bool
) -> None:
    text = "".join(f"template {name}\n    n: int\nend\n" for name in "ABC")
    text += f"""
rule "first"
when
    s := sum(n for {reads}())
then
    insert logical {makes}(n = s)
end
rule "back"
when
    c := C()
then
    insert logical A(n = c.n)
end
"""
    network = network_of(RuleSet.parse(text))
    assert [n.supports for n in network.nodes if isinstance(n, MemberSpec)] == [supports]
