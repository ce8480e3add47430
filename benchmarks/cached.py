"""Fills a cache with the rules of a workload, as an earlier start of a program would have.

Run as a program: `python -m benchmarks.cached WORKLOAD SIZE FOLDER`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from benchmarks.workloads import all_workloads


def main(arguments: Sequence[str]) -> None:
    """Compile the rules and keep them."""
    from rete_engine import RuleSet

    name, size, folder = arguments
    workload = all_workloads()[name]
    RuleSet.parse(workload.rules(int(size)), name=name, cache=folder)


if __name__ == "__main__":
    main(sys.argv[1:])
