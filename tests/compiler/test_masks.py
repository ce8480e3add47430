"""Which changes renew a match: those of fields that conditions read through the pattern."""

from __future__ import annotations

import pytest

from rete_engine import RuleSet

FIELDS = "\n".join(f"    f{number}: int = 0" for number in range(100))
WIDE = f"template Wide\n{FIELDS}\nend\ntemplate Other\n    k: int = 0\nend\n"


def refired(when: str, field: str, attributes: str = "") -> bool:
    """Whether a match fires again after a field of its fact changed."""
    rules = RuleSet.parse(
        f'{WIDE}function total(w: Wide) -> int = w.f0\nrule "r"\n{attributes}\nwhen\n{when}\n'
        "then\n    emit 1\nend"
    )
    with rules.session() as session:
        fact = session.insert("Wide")
        session.insert("Other")
        assert session.run().fired == 1
        session.modify(fact, **{field: 7})
        return session.run().fired == 1


@pytest.mark.parametrize("number", [0, 1, 30, 31, 62, 63, 64, 99])
@pytest.mark.parametrize(
    "when",
    [
        "w := Wide(F >= 0)",
        "w := Wide()\ntest w.F >= 0",
        "w := Wide(v := F)",
        "w := Wide(v := F + 1)",
        "w := Wide()\nv := w.F",
        "w := Wide()\nOther(k <= w.F)",
        "w := Wide()\nnot Other(k > w.F)",
        "w := Wide()\nexists (Other() and Other(k <= w.F))",
        "Other(v := k)\nWide(F >= v)",
    ],
)
def test_a_field_that_the_conditions_read_renews_the_match(when: str, number: int) -> None:
    when = when.replace("F", f"f{number}")
    assert refired(when, f"f{number}")
    assert not refired(when, f"f{(number + 1) % 100}")
    assert not refired(when, f"f{(number + 64) % 100}")


def test_a_field_that_the_salience_reads_renews_the_match() -> None:
    assert refired("w := Wide()", "f64", "salience w.f64")
    assert not refired("w := Wide()", "f63", "salience w.f64")


def test_a_fact_that_is_handed_on_whole_is_renewed_by_every_field() -> None:
    assert refired("w := Wide()\ntest total(w) >= 0", "f99")
    assert refired("w := Wide()\nv := [w]", "f99")


def test_which_fact_it_is_depends_on_no_field() -> None:
    assert not refired("w := Wide()\nv := Wide()\ntest v == w", "f5")


def test_a_pattern_without_constraints_is_renewed_by_nothing() -> None:
    assert not refired("Wide()", "f0")
    assert not refired("Other()\nWide()", "f0")


def test_a_change_within_exists_or_not_renews_nothing_while_it_holds() -> None:
    assert not refired("Other()\nexists Wide(f5 >= 0)", "f5")
    assert not refired("Other()\nnot Wide(f5 < 0)", "f5")
    assert not refired("Other()\nexists (Wide(f5 >= 0) and Other())", "f5")


def test_a_field_read_by_one_rule_does_not_renew_the_match_of_another() -> None:
    rules = RuleSet.parse(
        WIDE
        + "".join(
            f'rule "r{n}"\nwhen\n    Other(v := k)\n    Wide(f{n} >= v)\nthen\n    emit {n}\nend\n'
            for n in (1, 2, 70)
        )
    )
    with rules.session() as session:
        session.insert("Other")
        fact = session.insert("Wide")
        assert sorted(session.run().outputs) == [1, 2, 70]
        session.modify(fact, f70=1)
        assert session.run().outputs == [70]
        session.modify(fact, f2=1, f3=1)
        assert session.run().outputs == [2]
