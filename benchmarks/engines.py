"""The engines that are measured, each behind the same few calls."""

from __future__ import annotations

import importlib
import importlib.util
import shutil
import subprocess
import sys
import tempfile
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.durable import Durable
from benchmarks.engine import Engine, Trial, functions
from benchmarks.experta import Experta
from benchmarks.plain import Plain
from benchmarks.workload import Batch, Row, Steps, Workload, expect


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

    def open(self, workload: Workload, size: int) -> Trial:
        return ReteTrial(workload, size, self.each)


class CachedRete(Rete):
    """This engine with its rules from the cache, which another process has written."""

    def __init__(self) -> None:
        super().__init__(each=False)
        self.name = "rete_engine, from the cache"
        self.folder = tempfile.mkdtemp()
        weakref.finalize(self, shutil.rmtree, self.folder)
        self.prepared: set[tuple[str, int]] = set()

    def prepare(self, workload: Workload, size: int) -> None:
        if (workload.name, size) in self.prepared:
            return
        arguments = [workload.name, str(size), self.folder]
        subprocess.run([sys.executable, "-m", "benchmarks.cached", *arguments], check=True)
        self.prepared.add((workload.name, size))

    def open(self, workload: Workload, size: int) -> Trial:
        trial = ReteTrial(workload, size, self.each, self.folder)
        expect(trial.rules.from_cache, "the rules were not in the cache")
        return trial


class ReteTrial(Trial):
    def __init__(
        self, workload: Workload, size: int, by_one: bool, cache: str | bool = False
    ) -> None:
        from rete_engine import RuleSet

        self.called = []
        self.rules = RuleSet.parse(
            workload.rules(size),
            name=workload.name,
            functions=functions(workload, self.called),
            cache=cache,
        )
        self.session = self.rules.session()
        self.by_one = by_one

    def load(self, batches: Sequence[Batch]) -> None:
        if not self.by_one:
            for template, rows in batches:
                self.session.insert_many(template, rows)
            return
        insert = self.session.insert
        for template, rows in batches:
            for row in rows:
                insert(template, **row)

    def run(self) -> int:
        return self.session.run().fired

    def take(self, template: str) -> None:
        self.taken = self.session.facts(template)

    def modify_each(self, steps: Steps) -> int:
        session, taken, fired = self.session, self.taken, 0
        for place, fields in steps.steps:
            session.modify(taken[place], **fields)
            fired += session.run().fired
        return fired

    def replace_each(self, steps: Steps) -> int:
        session, taken, fired = self.session, self.taken, 0
        for place, fields in steps.steps:
            session.retract(taken[place])
            taken[place] = session.insert(steps.template, **fields)
            fired += session.run().fired
        return fired

    def session_each(self, steps: Steps) -> int:
        fired = 0
        for _, fields in steps.steps:
            self.session.close()
            self.session = self.rules.session()
            self.session.insert(steps.template, **fields)
            fired += self.session.run().fired
        return fired

    def facts(self, template: str) -> list[Row]:
        return [fact.as_dict() for fact in self.session.facts(template)]

    def close(self) -> None:
        self.session.close()
        self.__dict__.clear()


class Clips(Engine):
    """CLIPS 6.4 as it comes with clipspy, used from Python as its documentation shows."""

    name = "clipspy, assert_fact"

    def missing(self) -> str | None:
        if importlib.util.find_spec("clips") is None:
            return "clipspy is not installed"
        return None

    def version(self) -> str:
        return str(_clips().__version__)

    def open(self, workload: Workload, size: int) -> Trial:
        return ClipsTrial(workload, size)


class ClipsTrial(Trial):
    def __init__(self, workload: Workload, size: int) -> None:
        self.called = []
        self.environment = _clips().Environment()
        for name, function in functions(workload, self.called).items():
            self.environment.define_function(function, name)
        with tempfile.TemporaryDirectory() as folder:
            program = Path(folder, "program.clp")
            program.write_text(workload.peers["clips"](size))
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

    def take(self, template: str) -> None:
        self.taken = list(self.environment.find_template(template).facts())

    def modify_each(self, steps: Steps) -> int:
        run, taken, fired = self.environment.run, self.taken, 0
        for place, fields in steps.steps:
            taken[place].modify_slots(**fields)
            fired += run()
        return fired

    def replace_each(self, steps: Steps) -> int:
        run, taken, fired = self.environment.run, self.taken, 0
        assert_fact = self.environment.find_template(steps.template).assert_fact
        for place, fields in steps.steps:
            taken[place].retract()
            taken[place] = assert_fact(**fields)
            fired += run()
        return fired

    def session_each(self, steps: Steps) -> int:
        environment, fired = self.environment, 0
        assert_fact = environment.find_template(steps.template).assert_fact
        for _, fields in steps.steps:
            environment.reset()
            assert_fact(**fields)
            fired += environment.run()
        return fired

    def facts(self, template: str) -> list[Row]:
        return [dict(fact) for fact in self.environment.find_template(template).facts()]

    def close(self) -> None:
        self.__dict__.clear()


def _clips() -> Any:
    """The module of clipspy, which is not there everywhere and has no types."""
    return importlib.import_module("clips")


def engines_for(workload: Workload) -> list[Engine]:
    """The engines to measure; ratios are told against the first."""
    engines: list[Engine] = [Clips(), Rete(each=False)]
    if workload.about_building:
        engines.append(CachedRete())
    if workload.about_loading:
        engines.append(Rete(each=True))
    peers: list[Plain | Durable | Experta] = [Plain(), Durable(), Experta()]
    return [*engines, *(peer for peer in peers if workload.name in peer.programs)]
