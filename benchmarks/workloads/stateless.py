"""A session for every request: open, insert one fact, run, close; as many sessions as rules.

CLIPS has one environment, which is reset for each request, as its users do it. Working memory of
the last session is looked at, and how often all of them fired.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from benchmarks.workload import Batch, Outcome, Steps, Workload, expect
from benchmarks.workloads.many_rules import clips, rules


def facts(size: int) -> list[Batch]:
    """Nothing is loaded beforehand."""
    return [("Event", [])]


def requests(size: int) -> Steps:
    """So many requests, each for one of so many rules."""
    rng = random.Random(1)
    return Steps(
        kind="session",
        template="Event",
        steps=[(0, {"id": size, "code": f"code {rng.randrange(size)}"}) for _ in range(size)],
    )


def check(batches: Sequence[Batch], outcome: Outcome) -> None:
    """Every session has fired once, and the last one's rule was the right one."""
    [hit] = outcome.facts["Hit"] or [{"event": 1, "rule": 0}]
    sessions = hit["event"]
    _, fields = requests(sessions).steps[-1]
    expect(f"code {hit['rule']}" == fields["code"], "the last session fired another rule")
    expect(len(outcome.facts["Hit"]) == 1, "the last session left nothing")
    expect(outcome.fired == sessions, f"{outcome.fired} firings, not {sessions}")


WORKLOADS = (
    Workload(
        name="stateless",
        title="A session for each of so many facts, on as many rules",
        sizes=(1_000,),
        smallest=10,
        size_means="rules",
        rules=rules,
        peers={"clips": clips},
        facts=facts,
        steps=requests,
        check=check,
        results=("Hit",),
    ),
)
