"""Accumulates behind an `or`, over references that only the salience reads elsewhere."""

from __future__ import annotations

from rete_engine import RuleSet

RULES = """
template A
    n: int
    r: A? = none
end
template B
    a: A
end
rule "r"
    salience p1.a.n
when
    p1 := B()
    ((v2 := 0 and p3 := A()) or (v2 := 1 and p3 := A()))
    v8 := avg(p7.n for p7 := A(n != p1.a.n))
then
    emit v8 + v2 + p3.n
end
"""


def test_a_source_follows_a_reference_that_the_salience_reads_too() -> None:
    with RuleSet.parse(RULES).session() as session:
        one = session.insert("A", n=1)
        session.insert("A", n=3)
        session.insert("B", a=one)
        assert sorted(session.run().outputs) == [4, 5, 6, 7]
