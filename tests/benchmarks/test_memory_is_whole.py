"""A compiled build that breaks memory shows it when the collector goes through a full run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

PROGRAM = """
import gc
from benchmarks.workloads import all_workloads
from rete_engine import RuleSet

workload = all_workloads()["manners"]
rules = RuleSet.parse(workload.rules(64))
for _ in range(3):
    gc.collect()
    with rules.session() as session:
        for template, rows in workload.facts(64):
            session.insert_many(template, rows)
        print(session.run().fired)
gc.collect()
"""


def test_the_collector_passes_over_what_many_firings_left() -> None:
    """Classes that mypyc 2.4.1 had made `acyclic` ended the process here."""
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stdout.split(), ran.stderr) == (0, ["2271"] * 3, "")
