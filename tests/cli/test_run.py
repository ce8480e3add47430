from __future__ import annotations

import json
from pathlib import Path

import pytest

from rete_engine.session import cached, loading
from tests.cli.conftest import Rete, Write


def test_a_run_ends_with_tables(rete: Rete) -> None:
    done = rete("run", "shop.rete", "--facts", "Order=orders.ndjson")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == [
        "order 3 is large",
        "order 1 is large",
        "",
        " rule    fired",
        " ─────────────",
        " large       2",
        " small       1",
        "",
        " template   inserted   modified   retracted",
        " ──────────────────────────────────────────",
        " Order             0          2           1",
        "",
        " order   total",
        " ─────────────",
        "     3     120",
        "     1     250",
    ]


def test_the_compiled_rules_are_kept(
    rete: Rete, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "kept"
    monkeypatch.setattr(cached, "default_folder", lambda: kept)
    plain = rete("run", "shop.rete", "--facts", "Order=orders.ndjson")
    assert not kept.exists()
    first = rete("run", "shop.rete", "--facts", "Order=orders.ndjson", "--cache")
    (entry,) = kept.iterdir()
    monkeypatch.setattr(loading, "parse_document", None)
    second = rete("run", "shop.rete", "--facts", "Order=orders.ndjson", "--cache")
    assert [(done.code, done.out, done.err) for done in (first, second)] == [
        (plain.code, plain.out, plain.err)
    ] * 2
    assert list(kept.iterdir()) == [entry]


def test_a_run_in_which_nothing_happens(rete: Rete) -> None:
    done = rete("run", "shop.rete")
    assert (done.code, done.out, done.err) == (0, "no rule fired\n", "")


def test_json(rete: Rete) -> None:
    done = rete("run", "shop.rete", "--facts", "Order=orders.ndjson", "--output", "json")
    assert (done.code, done.err) == (0, "order 3 is large\norder 1 is large\n")
    assert json.loads(done.out) == {
        "ruleset": "shop",
        "stopped": "quiescent",
        "fired": 3,
        "rules": {"large": 2, "small": 1},
        "changed": {"Order": {"inserted": 0, "modified": 2, "retracted": 1}},
        "errors": [],
        "outputs": [{"order": 3, "total": 120.0}, {"order": 1, "total": 250.0}],
    }


def test_ndjson(rete: Rete) -> None:
    done = rete(
        "run", "shop.rete", "--facts", "Order=-", "--output=ndjson", stdin='{"id":1,"total":9e9}'
    )
    assert (done.code, done.err) == (0, "order 1 is large\n")
    emitted, summary = map(json.loads, done.out.splitlines())
    assert emitted == {"emit": {"order": 1, "total": 9e9}}
    assert summary["done"]["fired"] == 1
    assert "outputs" not in summary["done"]


def test_trace(rete: Rete) -> None:
    arguments = ["run", "shop.rete", "--facts", "Order=orders.ndjson", "--trace"]
    done = rete(*arguments)
    assert done.err.splitlines()[0] == ("     1  large  o=Order(id=3, total=120.0, status='new')")
    assert len(done.err.splitlines()) == 3
    trace = json.loads(rete(*arguments, "--output", "json").out)["trace"]
    assert trace[0] == {
        "rule": "large",
        "bindings": {"o": {"type": "Order", "id": 3, "total": 120.0, "status": "new"}},
    }
    first = rete(*arguments, "--output", "ndjson").out.splitlines()[0]
    assert json.loads(first) == {"fire": trace[0]}


def test_parameters_are_read_by_their_type(rete: Rete, write: Write) -> None:
    done = rete("run", "shop.rete", "--facts", "Order=orders.ndjson", "--set", "most=200")
    assert "order 1 is large" in done.out
    assert "order 3 is large" not in done.out
    text = """
        param a: str = "x"
        param b: bool = false
        param c: list[int] = []
        param d: duration? = 1s
        param e: any = 0
        param f: date
        rule "show"
        when
        then
            emit [a, b, c, d, e, f]
        end
    """
    settings = ["a=", "b=true", "c=[1, 2]", "d=none", "e=text", "f=2026-01-31"]
    arguments = [part for setting in settings for part in ("--set", setting)]
    done = rete("run", write("params.rete", text), *arguments, "--output", "json")
    [output] = json.loads(done.out)["outputs"]
    assert output == ["", True, [1, 2], None, "text", "2026-01-31"]


@pytest.mark.parametrize(
    ("setting", "cause"),
    [
        ("mots=3", "error: --set mots: unknown param; did you mean 'most'?"),
        ("zebra=3", "error: --set zebra: unknown param; params are: most"),
        ("most=x", "error: --set most: expected int, got 'x'"),
        ("most=", "error: --set most: expected int, got an empty cell"),
    ],
)
def test_wrong_parameters(rete: Rete, setting: str, cause: str) -> None:
    done = rete("run", "shop.rete", "--set", setting)
    assert (done.code, done.out, done.err.strip()) == (1, "", cause)


def test_a_parameter_given_twice_or_not_at_all(rete: Rete, write: Write) -> None:
    done = rete("run", "shop.rete", "--set", "most=1", "--set", "most=2")
    assert (done.code, done.err) == (1, "error: --set most: given twice\n")
    done = rete("run", write("needs.rete", "param p: int\n"))
    assert (done.code, done.err) == (1, "error: param 'p' has no default and needs a value\n")


def test_strategy_and_seed(rete: Rete) -> None:
    def order(*arguments: str) -> list[int]:
        done = rete(
            "run", "shop.rete", "--facts", "Order=-", "--output=json", *arguments, stdin=stdin
        )
        return [output["order"] for output in json.loads(done.out)["outputs"]]

    stdin = "\n".join(f'{{"id": {n}, "total": 500}}' for n in range(20))
    assert order() == list(range(19, -1, -1))
    assert order("--strategy", "breadth") == list(range(20))
    shuffled = order("--strategy", "random", "--seed", "7")
    assert shuffled == order("--strategy", "random", "--seed", "7")
    assert shuffled != order("--strategy", "random", "--seed", "8")


LOOP = """
template Counter
    n: int
end
facts start
    Counter(n = 0)
end
rule "tick"
when
    c := Counter(n % 2 == 0)
then
    modify c(n = c.n + 1)
end
rule "tock"
when
    c := Counter(n % 2 == 1)
then
    modify c(n = c.n + 1)
end
"""


def test_a_limit_stops_and_names_the_loop(rete: Rete, write: Write) -> None:
    done = rete("run", write("loop.rete", LOOP), "--limit", "1000")
    assert done.code == 4
    assert "error: stopped at --limit 1000 after 1,000 firings" in done.err
    assert "tick -> tock" in done.err
    assert "Counter.n" in done.err
    assert " tick     500" in done.out
    done = rete("run", "loop.rete", "--limit", "10", "--output", "json")
    assert (done.code, json.loads(done.out)["stopped"]) == (4, "limit")


def test_a_limit_that_is_just_enough_is_no_stop(rete: Rete) -> None:
    assert rete("run", "shop.rete", "--facts", "Order=orders.ndjson", "--limit", "3").code == 0
    assert rete("run", "shop.rete", "--facts", "Order=orders.ndjson", "--limit", "2").code == 4


def test_a_timeout_stops(rete: Rete, write: Write) -> None:
    done = rete("run", write("loop.rete", LOOP), "--timeout", "0.2")
    assert done.code == 4
    assert "error: stopped at --timeout 0.2 after " in done.err


def test_a_halt_is_done(rete: Rete, write: Write) -> None:
    text = 'rule "stop"\nwhen\nthen\n    halt\n    print "bye"\nend\n'
    done = rete("run", write("halt.rete", text), "--output", "json")
    assert (done.code, json.loads(done.out)["stopped"]) == (0, "halted")


FAILS = """
template Order key(id)
    id: int
    total: float
end
rule "emit"
    salience 10
when
    o := Order()
then
    emit o.id
end
rule "divide"
when
    o := Order()
then
    print "lost"
    x := 1 / (o.id - o.id)
    emit x
end
"""


def test_a_failed_action(rete: Rete, write: Write) -> None:
    done = rete("run", write("fails.rete", FAILS), "--facts", "Order=orders.ndjson")
    assert done.code == 3
    assert "error: the action of rule 'divide' failed (fails.rete:18): " in done.err
    assert "Order(id=3" in done.err
    assert done.err.splitlines()[-2:] == [
        " 18 |     x := 1 / (o.id - o.id)",
        "    |     ^^^^^^^^^^^^^^^^^^^^^^",
    ]
    assert "Traceback" not in done.err
    assert "lost" not in done.out
    assert " emit       3" in done.out
    assert [line.strip() for line in done.out.splitlines()[-5:]] == [
        "emitted",
        "─" * 7,
        "3",
        "2",
        "1",
    ]


def test_a_failed_action_in_json(rete: Rete, write: Write) -> None:
    done = rete(
        "run", write("fails.rete", FAILS), "--facts", "Order=orders.ndjson", "--output=json"
    )
    report = json.loads(done.out)
    assert (done.code, report["stopped"], report["fired"]) == (3, "failed", 3)
    assert "divide" in report["errors"][0]
    assert report["outputs"] == [3, 2, 1]
    done = rete("run", "fails.rete", "--facts", "Order=orders.ndjson", "--output=ndjson")
    assert [json.loads(line).get("emit") for line in done.out.splitlines()] == [3, 2, 1, None]


@pytest.mark.parametrize("policy", ["skip", "quarantine"])
def test_failures_that_are_passed_over(rete: Rete, write: Write, policy: str) -> None:
    write("fails.rete", FAILS)
    done = rete(
        "run", "fails.rete", "--facts=Order=orders.ndjson", "--output=json", "--on-error", policy
    )
    report = json.loads(done.out)
    assert (done.code, report["stopped"]) == (3, "quiescent")
    assert len(report["errors"]) == (3 if policy == "skip" else 1)
    assert report["outputs"] == [3, 2, 1]


def test_a_failed_condition(rete: Rete, write: Write) -> None:
    text = "template T\n    n: int\nend\nfacts f\n    T(n = 0)\nend\n"
    text += 'rule "inverse"\nwhen\n    t := T(1 / n > 0)\nthen\n    emit t.n\nend\n'
    done = rete("run", write("condition.rete", text))
    assert done.code == 3
    assert "a condition of rule 'inverse' failed (condition.rete:9)" in done.err


def test_debug_shows_tracebacks(rete: Rete, write: Write) -> None:
    done = rete("run", write("fails.rete", FAILS), "--facts", "Order=orders.ndjson", "--debug")
    assert done.code == 3
    assert "Traceback (most recent call last)" in done.err
    done = rete("run", "shop.rete", "--set", "most=x", "--debug")
    assert done.code == 1
    assert "Traceback (most recent call last)" in done.err


def test_an_evaluation_without_end_is_a_failure(rete: Rete, write: Write) -> None:
    done = rete("run", write("big.rete", 'rule "big"\nwhen\nthen\n    emit 9 ** 9 ** 9\nend\n'))
    assert done.code == 3
    assert "rule 'big' failed" in done.err


def test_what_rules_log(rete: Rete, write: Write) -> None:
    text = 'rule "log"\nwhen\nthen\n    log "warning", "careful"\n    log "debug", "details"\nend\n'
    done = rete("run", write("log.rete", text))
    assert (done.code, done.err) == (0, "warning: careful\n")
    assert rete("run", "log.rete", "--debug").err == "warning: careful\ndebug: details\n"


def test_several_files_are_one_rule_set(rete: Rete, write: Write) -> None:
    write("types.rete", "template Order\n    id: int\n    total: float\nend\n")
    write("rules/a.rete", 'rule "a"\nwhen\n    o := Order()\nthen\n    emit o.id\nend\n')
    done = rete("run", "types.rete", "rules", "--facts", "Order=orders.ndjson", "--output", "json")
    assert json.loads(done.out)["outputs"] == [3, 2, 1]
