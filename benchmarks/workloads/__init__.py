"""The workloads, one module each; a module's `WORKLOAD` is all that the rest looks at."""

from __future__ import annotations

import importlib
import pkgutil

from benchmarks.workload import Workload


def all_workloads() -> dict[str, Workload]:
    """Every workload by its name, which is that of its module."""
    found: dict[str, Workload] = {}
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name):
        workload = importlib.import_module(f"{__name__}.{module.name}").WORKLOAD
        if not isinstance(workload, Workload) or workload.name != module.name:
            raise TypeError(f"{module.name}.WORKLOAD is no workload of that name")
        found[module.name] = workload
    return found
