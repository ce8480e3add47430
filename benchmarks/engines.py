"""The engines that are measured, each behind the same few calls."""

from __future__ import annotations

import importlib
import importlib.util
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.workload import Batch, Row, Workload


class Trial:
    """One use of an engine: its rules are built, working memory is empty."""

    def load(self, batches: Sequence[Batch]) -> None:
        """Insert the facts, in their order."""
        raise NotImplementedError

    def run(self) -> int:
        """Fire until nothing is left to fire, and tell how many rules fired."""
        raise NotImplementedError

    def facts(self, template: str) -> list[Row]:
        """The fields of the facts of a template."""
        raise NotImplementedError

    def close(self) -> None:
        """Let go of everything."""
        raise NotImplementedError


class Engine:
    """An engine, or one way of using it."""

    name: str

    def missing(self) -> str | None:
        """Why the engine cannot be measured here; None when it can."""
        raise NotImplementedError

    def version(self) -> str:
        """Which engine exactly."""
        raise NotImplementedError

    def open(self, workload: Workload) -> Trial:
        """Build the rules of a workload."""
        raise NotImplementedError


class Rete(Engine):
    """This engine; `each` inserts facts one call each, instead of a batch with one call."""

    def __init__(self, each: bool) -> None:
        self.each = each
        self.name = "rete_engine, insert" if each else "rete_engine, insert_many"

    def missing(self) -> str | None:
        return None

    def version(self) -> str:
        import rete_engine

        kind = "compiled" if rete_engine.compiled() else "pure Python"
        return f"{rete_engine.__version__} ({kind})"

    def open(self, workload: Workload) -> Trial:
        return ReteTrial(workload, self.each)


class ReteTrial(Trial):
    def __init__(self, workload: Workload, each: bool) -> None:
        from rete_engine import RuleSet

        self.session = RuleSet.parse(workload.rules, name=workload.name).session()
        self.each = each

    def load(self, batches: Sequence[Batch]) -> None:
        if not self.each:
            for template, rows in batches:
                self.session.insert_many(template, rows)
            return
        insert = self.session.insert
        for template, rows in batches:
            for row in rows:
                insert(template, **row)

    def run(self) -> int:
        return self.session.run().fired

    def facts(self, template: str) -> list[Row]:
        return [fact.as_dict() for fact in self.session.facts(template)]

    def close(self) -> None:
        self.session.close()
        del self.session


class Clips(Engine):
    """CLIPS 6.4 as it comes with clipspy, used from Python as its documentation shows."""

    name = "clipspy, assert_fact"

    def missing(self) -> str | None:
        if importlib.util.find_spec("clips") is None:
            return "clipspy is not installed"
        return None

    def version(self) -> str:
        return str(_clips().__version__)

    def open(self, workload: Workload) -> Trial:
        return ClipsTrial(workload)


class ClipsTrial(Trial):
    def __init__(self, workload: Workload) -> None:
        self.environment = _clips().Environment()
        with tempfile.TemporaryDirectory() as folder:
            program = Path(folder, "program.clp")
            program.write_text(workload.peers["clips"])
            self.environment.load(str(program))
        # Equal facts may live side by side, as they do in rete_engine: no search for a duplicate.
        self.environment.fact_duplication = True

    def load(self, batches: Sequence[Batch]) -> None:
        for template, rows in batches:
            assert_fact = self.environment.find_template(template).assert_fact
            for row in rows:
                assert_fact(**row)

    def run(self) -> int:
        return int(self.environment.run())

    def facts(self, template: str) -> list[Row]:
        return [dict(fact) for fact in self.environment.find_template(template).facts()]

    def close(self) -> None:
        del self.environment


def _clips() -> Any:
    """The module of clipspy, which is not there everywhere and has no types."""
    return importlib.import_module("clips")


def engines_for(workload: Workload) -> list[Engine]:
    """The engines to measure; ratios are told against the first."""
    engines: list[Engine] = [Clips(), Rete(each=False)]
    if workload.about_loading:
        engines.append(Rete(each=True))
    return engines
