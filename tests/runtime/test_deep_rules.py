"""Deep rules: as many conditions as a rule may have, of every kind."""

from __future__ import annotations

import pytest

from rete_engine import RuleSet

TEMPLATES = "template N\n    i: int\n    v: int = 0\nend\n"
DEEPEST = 200


def joins(count: int) -> str:
    lines = ["n0 := N(i == 0)"]
    lines += [f"n{i} := N(i == {i}, v == n{i - 1}.v)" for i in range(1, count)]
    return "\n".join(lines)


KINDS = {
    "joins": joins(DEEPEST),
    "nots": "N(i == 0)\n" + "\n".join(f"not N(v == {n + 10})" for n in range(99)),
    "exists": "N(i == 0)\n" + "\n".join(f"exists N(i >= {n})" for n in range(99)),
    "tests": "n := N(i == 0)\n" + "\n".join(f"test n.v < {n + 1}" for n in range(DEEPEST - 1)),
    "values": "v0 := 0\n" + "\n".join(f"v{n} := v{n - 1} + 1" for n in range(1, DEEPEST)),
    "loops": "\n".join(f"for v{n} in [{n}]" for n in range(DEEPEST)),
    "tests and values": "v0 := 0\n"
    + "\n".join(f"v{n} := v{n - 1} + 1\ntest v{n} / 1 == {n}" for n in range(1, DEEPEST // 2)),
    "alternatives": "N(i == 0)\n" + f"not ({' or '.join(f'N(v == {n + 10})' for n in range(98))})",
    "groups": "N(i == 0)\n"
    + "\n".join(f"not (N(v == {n + 10}) and N(i == {n}))" for n in range(DEEPEST // 3)),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_rule_may_be_as_deep_as_the_limit(kind: str) -> None:
    rules = RuleSet.parse(f'{TEMPLATES}rule "deep"\nwhen\n{KINDS[kind]}\nthen\n    emit 1\nend')
    with rules.session() as session:
        before = session._engine.matcher.tokens
        facts = session.insert_many("N", [{"i": i} for i in range(DEEPEST)], facts=True)
        assert session.run().outputs == [1]
        for fact in facts:
            session.retract(fact)
        assert session._engine.matcher.tokens <= before


def test_the_first_fact_of_a_deep_match_takes_it_all_along() -> None:
    rules = RuleSet.parse(f'{TEMPLATES}rule "deep"\nwhen\n{KINDS["joins"]}\nthen\n    emit 1\nend')
    with rules.session() as session:
        facts = session.insert_many("N", [{"i": i} for i in range(DEEPEST)], facts=True)
        assert len(session.agenda()) == 1
        session.modify(facts[0], v=1)
        assert session.agenda() == []
        for fact in facts[1:]:
            session.modify(fact, v=1)
        assert session.run().fired == 1
        session.retract(facts[DEEPEST // 2])
        session.insert("N", i=DEEPEST // 2, v=1)
        assert session.run().fired == 1


def test_groups_within_groups() -> None:
    condition = "N(v == 0)"
    for n in range(20):
        condition = f"{'not' if n % 2 else 'exists'} (N(i == {n}) and {condition})"
    rules = RuleSet.parse(f'{TEMPLATES}rule "deep"\nwhen\n{condition}\nthen\n    emit 1\nend')
    with rules.session() as session:
        session.run()
        for i in range(20):
            session.insert("N", i=i)
            session.run()
        for fact in session.facts():
            session.retract(fact)
        session.run()
        assert session._engine.matcher.alpha_network.rights
