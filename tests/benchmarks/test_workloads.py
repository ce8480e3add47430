"""The benchmarks come to the right answers, with every engine, at their smallest sizes.

No time is asserted: what is fast on one machine is slow on another.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import benchmarks
import rete_engine
from benchmarks.__main__ import _printed
from benchmarks.durable import Durable
from benchmarks.engine import Engine
from benchmarks.engines import engines_for
from benchmarks.experta import Experta
from benchmarks.measure import Measurement, Times, measure
from benchmarks.memory import peak, peaks
from benchmarks.plain import Closure, Plain
from benchmarks.report import table
from benchmarks.workload import Outcome, Workload, WrongAnswerError
from benchmarks.workloads import all_workloads, workloads_named

WORKLOADS = all_workloads()
CASES = [
    pytest.param(workload, engine, id=f"{workload.name}-{engine.name.replace(', ', '-')}")
    for workload in WORKLOADS.values()
    for engine in engines_for(workload)
]


def outcome_of(workload: Workload, engine: Engine) -> Outcome:
    size = workload.smallest
    engine.prepare(workload, size)
    trial = engine.open(workload, size)
    trial.load(workload.facts(size))
    fired = trial.run()
    if workload.steps:
        steps = workload.steps(size)
        trial.take(steps.template)
        fired += trial.each(steps)
    facts = {name: trial.facts(name) for name in workload.results}
    outcome = Outcome(fired, facts, list(trial.called))
    trial.close()
    return outcome


@pytest.mark.parametrize(("workload", "engine"), CASES)
def test_engine_comes_to_the_known_answer(workload: Workload, engine: Engine) -> None:
    missing = engine.missing()
    if missing is not None:
        pytest.skip(missing)
    outcome = outcome_of(workload, engine)
    assert outcome.fired > 0
    workload.check(workload.facts(workload.smallest), outcome)


@pytest.mark.parametrize("workload", WORKLOADS.values(), ids=WORKLOADS)
def test_wrong_answers_are_refused(workload: Workload) -> None:
    batches = workload.facts(workload.smallest)
    right = outcome_of(workload, engines_for(workload)[1])
    fewer = {name: rows[:-1] for name, rows in right.facts.items()}
    less = replace(right, facts=fewer, called=right.called[:-1])
    for wrong in (replace(right, fired=right.fired + 1), less):
        with pytest.raises(WrongAnswerError):
            workload.check(batches, wrong)


@pytest.mark.parametrize("workload", WORKLOADS.values(), ids=WORKLOADS)
def test_facts_are_the_same_every_time(workload: Workload) -> None:
    assert workload.facts(workload.smallest) == workload.facts(workload.smallest)


@pytest.mark.parametrize(
    "seating",
    [
        pytest.param(["ann", "bob", "cat"], id="somebody stands"),
        pytest.param(["ann", "cat", "bob", "dan"], id="two of one sex"),
        pytest.param(["ann", "bob", "cat", "dan"], id="no hobby shared"),
        pytest.param(["ann", "dan", "cat", "dan"], id="one guest on two seats"),
    ],
)
def test_manners_checker_knows_a_bad_seating(seating: list[str]) -> None:
    guests = [
        {"name": "ann", "sex": "f", "hobby": 1},
        {"name": "bob", "sex": "m", "hobby": 1},
        {"name": "cat", "sex": "f", "hobby": 2},
        {"name": "dan", "sex": "m", "hobby": 1},
        {"name": "dan", "sex": "m", "hobby": 2},
    ]
    places = [{"seat": seat, "guest": guest} for seat, guest in enumerate(seating, 1)]
    with pytest.raises(WrongAnswerError):
        WORKLOADS["manners"].check([("Guest", guests)], Outcome(21, {"Place": places}))


@pytest.mark.parametrize("name", ["closure_chain", "closure_graph"])
def test_closure_checker_knows_a_search_that_goes_wrong(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def one_step(self: Closure) -> int:
        found = [(row["source"], row["target"]) for row in self.rows["Edge"]]
        self.rows["Reach"] = [{"source": source, "target": target} for source, target in found]
        return len(found)

    workload = WORKLOADS[name]
    outcome = outcome_of(workload, Plain())
    batches = workload.facts(workload.smallest)
    workload.check(batches, outcome)
    swapped = [{"source": row["target"], "target": row["source"]} for row in outcome.facts["Reach"]]
    with pytest.raises(WrongAnswerError, match="pairs, not the"):
        workload.check(batches, replace(outcome, facts={"Reach": swapped}))
    monkeypatch.setattr(Closure, "run", one_step)
    with pytest.raises(WrongAnswerError, match="pairs, not the"):
        workload.check(batches, outcome_of(workload, Plain()))


@pytest.mark.parametrize("engine", [Durable(), Experta()], ids=["durable_rules", "experta"])
def test_peers_that_take_too_long_are_named_as_not_measured(engine: Engine) -> None:
    workload = WORKLOADS["many_rules"]
    assert engine.refuses(workload, workload.smallest) is None
    assert engine.refuses(workload, 1_000) == "it takes too long beyond 10"


def test_measurement_has_times_of_every_run() -> None:
    workload = WORKLOADS["joins"]
    measurement = measure(workload, workload.smallest, 2)
    for times in measurement.engines:
        expected = 0 if times.missing else 2
        assert [len(part) for part in (times.build, times.load, times.run)] == [expected] * 3
    assert measurement.facts == workload.smallest


def test_table_tells_ratios_and_who_is_missing() -> None:
    peer = Times("peer", "1.0", None, [0.1], [2.0], [1.0], 40_000_000, 30_000_000)
    ours = Times("ours", "0.1", None, [0.2], [0.5], [0.25], 20_000_000, 5_000_000)
    absent = Times("other", missing="other is not installed")
    shown = table(WORKLOADS["joins"], Measurement("joins", 10, 10, 3, [peer, ours, absent]))
    assert "10 facts, 3 firings; medians of 1 run" in shown
    line = " ".join(shown.splitlines()[4].split())
    assert line == "ours 0.1 0.200 0.500 0.250 0.750 0 20.0 5.00 0.500 4.00 4.00 4.00"
    assert "other: not measured, other is not installed" in shown
    alone = table(WORKLOADS["joins"], Measurement("joins", 10, 10, 3, [absent, ours]))
    assert "times as fast" not in alone


def test_spread_is_from_least_to_most_of_the_median() -> None:
    ours = Times("ours", "0.1", None, [0.1] * 3, [1.0, 2.0, 1.0], [1.0, 1.0, 2.0])
    shown = table(WORKLOADS["joins"], Measurement("joins", 10, 10, 3, [ours]))
    assert "medians of 3 runs" in shown
    line = " ".join(shown.splitlines()[3].split())
    assert line == "ours 0.1 0.100 1.00 1.00 3.00 33.3 0 0 1.00 1.00 1.00 1.00"


def test_peak_of_memory_grows_with_what_is_loaded() -> None:
    if not peak():
        pytest.skip("nobody counts memory here")
    workload = WORKLOADS["calls"]
    before, after = peaks(workload, workload.smallest, engines_for(workload)[1])
    assert 0 < before <= after
    kept = b"x" * 2 * after
    assert peak() > after + len(kept) // 4


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("closure", ["closure_chain", "closure_graph"]),
        ("closure_graph", ["closure_graph"]),
        ("joins", ["joins"]),
        ("clos", []),
    ],
)
def test_a_name_means_one_workload_or_all_that_it_begins(name: str, meant: list[str]) -> None:
    assert workloads_named(name) == meant


@pytest.mark.parametrize(
    ("name", "size", "message"),
    [("closure_graph", 2, "a graph of 2 nodes"), ("manners", 3, "must be even")],
)
def test_sizes_that_cannot_be_are_refused(name: str, size: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        WORKLOADS[name].facts(size)


def test_command_prints_a_table_and_writes_json(tmp_path: Path) -> None:
    results = tmp_path / "results.json"
    size = str(WORKLOADS["manners"].smallest)
    arguments = ["manners", "--size", size, "--runs", "1", "--json", str(results)]
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments],
        cwd=Path(benchmarks.__file__).parent.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert f"Miss Manners (manners): {size} guests" in ran.stdout
    content = json.loads(results.read_text())
    assert content["compiled"] == rete_engine.compiled()
    [measured] = content["measurements"]
    assert measured["size"] == int(size)
    assert all(times["own"] <= times["peak"] for times in measured["engines"])


def test_a_measurement_that_a_signal_ends_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "killed.py").write_text("import os\nos.kill(os.getpid(), 9)\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert _printed("killed") is None
    assert capsys.readouterr().err == "error: killed was ended by signal 9\n"
