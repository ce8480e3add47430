"""Within one change, nobody is told of a match that never held (docs/ARCHITECTURE.md)."""

from __future__ import annotations

import pytest

from rete_engine import RuleSet, Session, Waiting

TEMPLATES = """
template A
    n: int
    m: int
end
"""

#: A rule that changes A makes patterns of A those of control facts: their path is shared.
CHANGES = """
rule "changes"
when
    a := A(m == 9)
then
    modify a(m = 0)
end
"""


def opened(*conditions: str) -> tuple[Session, list[str]]:
    """A session with a rule for each of some conditions, and what is told of activations."""
    rules = "".join(
        f'rule "r{number}"\nwhen\n{text}\nthen\nend\n' for number, text in enumerate(conditions)
    )
    session = RuleSet.parse(TEMPLATES + CHANGES + rules).session()
    told: list[str] = []

    def activated(waiting: Waiting) -> None:
        told.append(f"+{waiting.rule}")

    def cancelled(waiting: Waiting) -> None:
        told.append(f"-{waiting.rule}")

    session.on("activate", activated)
    session.on("cancel", cancelled)
    return session, told


PAIR = "a := A(m >= 0)\nb := A(m >= 0)"


@pytest.mark.parametrize(
    "first",
    [
        f"c := count(A())\n{PAIR}",
        f"not (A(n == 1) and A(n == 2))\n{PAIR}",
        "p := A(m == 1)\n" + PAIR,
    ],
)
def test_an_accumulate_before_control_facts_whose_path_is_shared(first: str) -> None:
    session, told = opened(first, f"v := collect(n for A())\n{PAIR}\ntest len(v) >= 0")
    with session:
        session.insert("A", n=1, m=1)
        assert sorted(told) == ["+r0", "+r1"]


def test_a_group_before_control_facts_whose_path_is_shared() -> None:
    session, told = opened(PAIR, f"exists (A(n == 1) and A(n >= 1))\n{PAIR}")
    with session:
        fact = session.insert("A", n=1, m=1)
        assert sorted(told) == ["+r0", "+r1"]
        told.clear()
        session.modify(fact, n=2, m=2)
        assert sorted(told) == ["+r0", "-r0", "-r1"]


def test_alternatives_behind_an_accumulate() -> None:
    session, told = opened(
        "p := A()\nv := count(A())\n"
        "((q := A(m == v or n == p.m)) or (q := A(m in [p.m]))"
        " or (not A(n != p.m, n == 1) and q := A()))\ntest p.m >= 0"
    )
    with session:
        session.insert("A", n=1, m=1)
        assert told == ["+r0"] * 3
