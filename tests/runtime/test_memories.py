"""What a session remembers: tokens come with matches and go with them, to the last one."""

from __future__ import annotations

import random

import pytest

from rete_engine import Fact, RuleSet, Session

TEMPLATES = """
template A
    k: int = 0
    x: int = 0
end
template B
    k: int = 0
    x: int = 0
end
template C
    i: int = 0
end
"""

WHENS = [
    "A()",
    "A(x > 1)",
    "a := A()\nB(k == a.k)",
    "a := A()\nb := B(k == a.k)\nC(i == b.x)",
    "A()\nB()",
    "a := A()\nb := A(k == a.k, x > a.x)",
    "a := A()\nnot B(k == a.k)",
    "a := A()\nexists B(k == a.k)",
    "a := A()\nnot B(k == a.k, x > a.x)",
    "not A()",
    "exists A()",
    "not A(x > 2)\nb := B()",
    "not (A() and B())",
    "exists (A() and B())",
    "a := A()\nnot (B(k == a.k) and C(i == a.x))",
    "a := A()\nexists (b := B(k == a.k) and C(i == b.x))",
    "a := A()\nnot (B(k == a.k) and not C(i == a.x))",
    "a := A()\nexists (B(k == a.k) and exists (C(i == a.x) and B()))",
    "a := A()\nnot (test a.x > 1)",
    "a := A()\nexists (v := a.x + 1 and B(x == v))",
    "a := A()\nv := a.x * 2\nB(x == v)",
    "a := A()\nfor v in [a.x, a.x, 2]\nB(x == v)",
    "a := A()\nnot B(k == a.k)\nC(i == a.x)\nexists B()",
    "exists B()\nnot C()\na := A()\nb := B(k == a.k)",
]


def tokens(session: Session) -> int:
    return session._engine.matcher.tokens


def rules_of(*whens: str) -> RuleSet:
    return RuleSet.parse(
        TEMPLATES
        + "".join(
            f'rule "r{n}"\nwhen\n{when}\nthen\n    emit {n}\nend\n' for n, when in enumerate(whens)
        )
    )


@pytest.mark.parametrize("when", WHENS)
@pytest.mark.parametrize("seed", range(3))
def test_retracting_everything_leaves_every_memory_as_it_was(when: str, seed: int) -> None:
    chance = random.Random(seed)
    with rules_of(when).session() as session:
        start = tokens(session)
        waiting = session.agenda(None)
        facts: list[Fact] = []
        for _ in range(60):
            match chance.randrange(4):
                case 0 | 1:
                    template = chance.choice("ABC")
                    fields = (
                        {"i": chance.randrange(3)}
                        if template == "C"
                        else {
                            "k": chance.randrange(3),
                            "x": chance.randrange(4),
                        }
                    )
                    facts.append(session.insert(template, **fields))
                case 2 if facts:
                    fact = chance.choice(facts)
                    name = "i" if Fact.template.__get__(fact) == "C" else chance.choice("kx")
                    session.modify(fact, **{name: chance.randrange(4)})
                case _ if facts:
                    session.retract(facts.pop(chance.randrange(len(facts))))
        for fact in chance.sample(facts, len(facts)):
            session.retract(fact)
        assert tokens(session) == start
        assert session.agenda(None) == waiting
        matcher = session._engine.matcher
        buckets = [
            bucket
            for memory in matcher.alpha_network.rights.values()
            for bucket in memory.buckets.values()
        ]
        # What is left holds no fact, but the match of nothing that waits for one.
        assert all(bucket.first is None and bucket.waiting for bucket in buckets)
        assert sum(bucket.waiting for bucket in buckets) <= start
        assert matcher.failures == []


def test_all_rules_together_leave_nothing_behind_either() -> None:
    chance = random.Random(5)
    with rules_of(*WHENS).session() as session:
        start = tokens(session)
        for _ in range(5):
            facts = [
                session.insert(chance.choice("AB"), k=chance.randrange(3), x=chance.randrange(4))
                for _ in range(20)
            ]
            facts += [session.insert("C", i=n) for n in range(4)]
            session.run(limit=30)
            for fact in facts:
                session.retract(fact)
        session.run()
        # Only what holds without facts is left, and it fired.
        assert tokens(session) <= start
        assert session.agenda() == []


def test_a_match_that_fired_is_not_remembered() -> None:
    with rules_of("A()").session() as session:
        session.insert_many("A", [{}] * 100)
        assert tokens(session) == 100
        assert session.run().fired == 100
        assert tokens(session) == 0


def test_a_node_with_nothing_to_join_hears_of_no_fact() -> None:
    with rules_of("a := A()\nb := B(k == a.k)").session() as session:
        session.insert_many("B", [{"k": n} for n in range(100)])
        assert tokens(session) == 0
        assert len(session._engine.matcher.live_nodes) == 0
        session.insert("A", k=5)
        assert session.run().fired == 1
