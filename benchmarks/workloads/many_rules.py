"""Rules by the thousand, each with one constant test: what a fact costs, and what a rule does.

The same number of facts meets any number of rules, and each fact fires one of them.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from benchmarks.workload import Batch, Outcome, Workload, expect

FACTS = 10_000

TEMPLATES = """
template Event
    id: int
    code: str
end

template Hit
    event: int
    rule: int
end
"""

RULE = """
rule "rule {number}"
when
    e := Event(code == "code {number}")
then
    insert Hit(event = e.id, rule = {number})
end
"""

CLIPS_TEMPLATES = """
(deftemplate Event (slot id) (slot code))
(deftemplate Hit (slot event) (slot rule))
"""

CLIPS_RULE = """
(defrule rule-{number}
    (Event (id ?id) (code "code {number}"))
    =>
    (assert (Hit (event ?id) (rule {number}))))
"""


def rules(size: int) -> str:
    """So many rules."""
    return TEMPLATES + "".join(RULE.format(number=number) for number in range(size))


def clips(size: int) -> str:
    """The same for CLIPS."""
    return CLIPS_TEMPLATES + "".join(CLIPS_RULE.format(number=number) for number in range(size))


def facts(size: int) -> list[Batch]:
    """The facts for so many rules."""
    rng = random.Random(1)
    rows = [{"id": number, "code": f"code {rng.randrange(size)}"} for number in range(FACTS)]
    return [("Event", rows)]


def check(batches: Sequence[Batch], outcome: Outcome) -> None:
    """Every event has met the rule that its code names."""
    expected = sorted((row["id"], int(row["code"].split()[1])) for row in dict(batches)["Event"])
    hits = sorted((row["event"], row["rule"]) for row in outcome.facts["Hit"])
    expect(hits == expected, f"{len(hits)} hits that are not the {len(expected)} expected")
    expect(outcome.fired == len(expected), f"{outcome.fired} firings, not {len(expected)}")


WORKLOADS = (
    Workload(
        name="many_rules",
        title="Rules with one constant test each",
        sizes=(10, 1_000, 10_000),
        smallest=10,
        size_means="rules",
        rules=rules,
        peers={"clips": clips},
        facts=facts,
        check=check,
        results=("Hit",),
        about_building=True,
    ),
)
