"""The figures of the docs are drawn and written from what was measured."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

import benchmarks.__main__ as command
import rete_engine
from benchmarks import figures
from benchmarks.__main__ import LISTED
from benchmarks.aims import AIMS, aims_table
from benchmarks.engines import engines_for
from benchmarks.measure import Measurement, Times
from benchmarks.plots import growth, ratios
from benchmarks.report import as_json
from benchmarks.workloads import all_workloads

WORKLOADS = all_workloads()


PLACE = "CPython 3.11.7, Linux x86_64, 2 processors"


def measured(case: figures.Case) -> Measurement:
    """What a measurement could be."""
    engines = [
        Times(
            engine.name, "1.0", None, [0.25], [2.0 / number], [1.0 / number], 9_000_000, 5_000_000
        )
        for number, engine in enumerate(engines_for(WORKLOADS[case.name]), 1)
    ]
    return Measurement(case.name, case.size, case.size, 3 * case.size, engines, PLACE, "2030-01-01")


ALL = [measured(case) for case in figures.COMPILED]


@pytest.mark.parametrize("case", [*figures.COMPILED, *figures.PURE], ids=str)
def test_what_is_measured_for_the_docs_can_be_measured(case: figures.Case) -> None:
    assert case.name in WORKLOADS
    assert case.runs > 0


def test_plots_are_svg_with_all_that_was_measured() -> None:
    names = {"rete_engine, insert_many": "rete & co"}
    texts = {}
    for name, text in (("ratios", ratios(ALL, names)), ("growth", growth(WORKLOADS, ALL))):
        root = ElementTree.fromstring(text)
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        texts[name] = [each.text for each in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"manners 16", "waltz 50", "rete & co", "2"} <= set(texts["ratios"])
    assert {"orders: load and run", "many_rules: build", "firings"} <= set(texts["growth"])
    assert "calls: load and run" not in texts["growth"]  # of one size


def test_without_the_peer_there_are_no_ratios() -> None:
    absent = Times("clipspy, assert_fact", missing="clipspy is not installed")
    alone = Measurement("joins", 10, 10, 3, [absent, ALL[0].engines[1]])
    assert "joins" not in ratios([alone], {"rete_engine, insert_many": "rete_engine"})


def test_every_aim_is_measured_for_the_docs() -> None:
    shown = aims_table(ALL)
    assert "not measured" not in shown
    assert len(shown.splitlines()) == len(AIMS) + 4
    assert "| Manners 128, run: times CLIPS | at least 15 | 2.00 | does not hold |" in shown
    assert "| 10,000 rules: reading them | at least 0.2 | 1.00 | holds |" in shown
    assert "| Manners 128, run: times CLIPS | at least 15 | not measured |  |" in aims_table([])


def test_the_page_gets_tables_between_its_marks(tmp_path: Path) -> None:
    page = tmp_path / figures.PAGE
    page.write_text(f"before\n\n{figures.BEGIN}\nstale\n{figures.END}\n\nafter\n", "utf-8")
    folder = tmp_path / figures.FOLDER
    folder.mkdir()
    (folder / "compiled.json").write_text(json.dumps(as_json(ALL, True)), "utf-8")
    for _ in range(2):
        figures.write(tmp_path, WORKLOADS)
        text = page.read_text("utf-8")
        assert text.startswith(f"before\n\n{figures.BEGIN}\n\n### Compiled\n")
        assert text.endswith(f"{figures.END}\n\nafter\n")
        assert text.count("### Aims") == 1
        assert "stale" not in text
        assert "| clipspy, assert_fact | 0.250 | 2.00 | 1.00 | 5.00 | 1.00 | 1.00 | 1.00 |" in text
        assert "### Pure Python" not in text
    assert {file.name for file in folder.iterdir()} == {"compiled.json", "ratios.svg", "growth.svg"}
    (folder / "pure.json").write_text(json.dumps(as_json(ALL[:1], False)), "utf-8")
    figures.write(tmp_path, WORKLOADS)
    assert "### Pure Python" in page.read_text("utf-8")


def test_what_is_measured_anew_takes_the_place_of_the_same_and_the_rest_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / figures.PAGE).write_text(f"{figures.BEGIN}\n{figures.END}\n", "utf-8")
    folder = tmp_path / figures.FOLDER
    folder.mkdir()
    kind = "compiled" if rete_engine.compiled() else "pure"
    stale = measured(figures.Case("calls", 7, 1))  # no longer listed
    listed = [measured(case) for case in LISTED]
    times = folder / f"{kind}.json"
    times.write_text(json.dumps(as_json([stale, *listed], rete_engine.compiled())), "utf-8")

    def again(name: str, size: int, runs: int) -> Measurement:
        found = measured(figures.Case(name, size, runs))
        found.fired, found.day = 77, "2031-02-03"
        return found

    monkeypatch.setattr(command, "_measured", again)
    monkeypatch.setattr(
        "sys.argv", ["benchmarks", "churn", "--docs", "--docs-folder", str(tmp_path)]
    )
    assert command.main() == 0
    content = json.loads(times.read_text("utf-8"))
    cases = [(case.name, case.size) for case in LISTED]
    assert [(each["workload"], each["size"]) for each in content["measurements"]] == cases
    renewed = {each["workload"] for each in content["measurements"] if each["fired"] == 77}
    assert renewed == {"churn_modify", "churn_replace"}
    lines = (tmp_path / figures.PAGE).read_text("utf-8").splitlines()
    [old] = [line for line in lines if line.startswith(f"- {PLACE}; 2030-01-01: manners 16, ")]
    [new] = [line for line in lines if line.startswith(f"- {PLACE}; 2031-02-03: churn_modify ")]
    assert "churn" not in old
    assert "; churn_replace " in new


def test_what_was_measured_all_at_once_says_so_in_a_line(tmp_path: Path) -> None:
    page = tmp_path / figures.PAGE
    page.write_text(f"{figures.BEGIN}\n{figures.END}\n", "utf-8")
    (tmp_path / figures.FOLDER).mkdir()
    times = tmp_path / figures.FOLDER / "pure.json"
    times.write_text(json.dumps(as_json(ALL, False)), "utf-8")
    figures.write(tmp_path, WORKLOADS)
    assert f"\n\n{PLACE}; 2030-01-01.\n\n" in page.read_text("utf-8")
    assert "Not all at once" not in page.read_text("utf-8")
