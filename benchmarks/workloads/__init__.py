"""The workloads: a module's `WORKLOADS` is all that the rest looks at.

A module of several workloads names each after itself: `closure` has `closure_chain`.
"""

from __future__ import annotations

import importlib
import pkgutil

from benchmarks.workload import Workload


def all_workloads() -> dict[str, Workload]:
    """Every workload by its name."""
    found: dict[str, Workload] = {}
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name):
        for workload in importlib.import_module(f"{__name__}.{module.name}").WORKLOADS:
            if not isinstance(workload, Workload) or not workload.name.startswith(module.name):
                raise TypeError(f"{module.name}.WORKLOADS has what is no workload of that name")
            found[workload.name] = workload
    return found


def workloads_named(name: str) -> list[str]:
    """The workloads that a name means: that one, or all whose names it begins."""
    names = list(all_workloads())
    return [name] if name in names else [one for one in names if one.startswith(f"{name}_")]
