"""What is wrong with rules, facts and the command line itself."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Rete, Write

WRONG = """
template Order
    id: int
end
rule "a"
when
    o := Ordr(id > 1)
then
    emit 1
end
rule "b"
when
    o := Order(nr > 1)
then
    emit 1
end
"""


def test_all_errors_of_the_rules_are_told(rete: Rete, write: Write) -> None:
    done = rete("run", write("wrong.rete", WRONG))
    assert (done.code, done.out) == (1, "")
    assert "error[RE0100]: " in done.err
    assert "  --> wrong.rete:7:10" in done.err
    assert " 7 |     o := Ordr(id > 1)\n   |          ^^^^" in done.err
    assert "hint: did you mean 'Order'?" in done.err
    assert "  --> wrong.rete:13:16" in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("missing.rete", None),
        ("binary.rete", b"\x00\x01\x02"),
        ("latin.rete", b"# \xe4\n"),
        ("syntax.rete", b"rule\n"),
    ],
)
def test_rules_that_cannot_be_read(
    rete: Rete, write: Write, name: str, content: bytes | None
) -> None:
    if content is not None:
        write(name, content)
    for arguments in (["run", name], ["check", name], ["graph", name]):
        done = rete(*arguments)
        assert done.code == 1
        assert "error[RE00" in done.err
        assert name in done.err


WARNS = 'template T\n    n: int\nend\nrule "r"\nwhen\n    t := T(m := n)\nthen\n    emit t.n\nend\n'


def test_warnings_are_told_and_refused_when_strict(rete: Rete, write: Write) -> None:
    done = rete("run", write("warns.rete", WARNS))
    assert (done.code, done.out) == (0, "no rule fired\n")
    assert "warning[RE0500]: " in done.err
    done = rete("run", "warns.rete", "--strict")
    assert (done.code, done.out) == (1, "")
    assert "warning[RE0500]: " in done.err


@pytest.mark.parametrize(
    ("facts", "content", "cause"),
    [
        ("orders.csv", None, "error: orders.csv: no such file"),
        ("orders.json", b"\x00\x00", "error: orders.json: a binary file, not text"),
        ("orders.csv", b"id,total\n1,x\n", "orders.csv:2: record 1: Order.total: expected float"),
        ("orders.json", b"[{]", "error: orders.json:1:3: not JSON"),
        ("orders.json", b"[[]]", "record 1: a list, not a mapping of fields"),
        ("Ordr=orders.json", None, "unknown template 'Ordr'; did you mean 'Order'?"),
        ("things.json", b"[{}]", "say --facts Template=things.json"),
        ("orders.json", b'[{"id": 1, "total": 2, "status": 3}]', "Order.status: expected str"),
    ],
)
def test_facts_that_are_wrong(
    rete: Rete, write: Write, facts: str, content: bytes | None, cause: str
) -> None:
    if content is not None:
        write(facts, content)
    done = rete("run", "shop.rete", "--facts", facts)
    assert (done.code, done.out) == (1, "")
    assert cause in done.err


def test_keys_that_no_field_takes(rete: Rete, write: Write) -> None:
    write("orders.json", '[{"id": 1, "total": 1, "x": 1}, {"id": 2, "total": 1, "x": 1}]')
    done = rete("run", "shop.rete", "--facts", "orders.json")
    assert (done.code, done.err) == (
        0, "notice: orders.json: Order has no field 'x'; dropped\n",
    )  # fmt: skip
    done = rete("run", "shop.rete", "--facts", "orders.json", "--strict")
    assert (done.code, done.err) == (
        1, "error: orders.json:1: record 1: Order has no field 'x'\n",
    )  # fmt: skip


def test_a_wrong_facts_block(rete: Rete, write: Write) -> None:
    text = "template T key(n)\n    n: int\nend\nfacts f\n    T(n = 1)\n    T(n = 1)\nend\n"
    done = rete("run", write("facts.rete", text))
    assert done.code == 1
    assert "error: in a facts block (facts.rete:6): T: the key n=1" in done.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["run"],
        ["check"],
        ["graph"],
        ["fly"],
        ["run", "shop.rete", "--limit", "-1"],
        ["run", "shop.rete", "--limit", "x"],
        ["run", "shop.rete", "--timeout", "-1"],
        ["run", "shop.rete", "--strategy", "best"],
        ["run", "shop.rete", "--on-error", "cry"],
        ["run", "shop.rete", "--output", "xml"],
        ["run", "shop.rete", "--set", "most"],
        ["run", "shop.rete", "--set", "=3"],
        ["run", "shop.rete", "--facts", "-", "--facts", "Order=-"],
        ["graph", "shop.rete", "--format", "png"],
        ["graph", "shop.rete", "more.rete"],
        ["--nonsense"],
    ],
    ids=" ".join,
)
def test_wrong_usage(rete: Rete, arguments: list[str]) -> None:
    done = rete(*arguments)
    assert done.code == 2
    assert done.out == ""
    assert "Usage: rete" in done.err
    assert "Traceback" not in done.err


# ---- functions -----------------------------------------------------------------------------

CALLS = 'external function score(n: int) -> int\nrule "r"\nwhen\nthen\n    emit score(20)\nend\n'


def test_functions_of_a_file_and_of_a_module(rete: Rete, write: Write) -> None:
    write("lent/tools.py", "FACTOR = 3\n")
    write("lent/scores.py", "import tools\ndef score(n):\n    return n * tools.FACTOR\n")
    done = rete("run", write("calls.rete", CALLS), "--functions", "lent/scores.py", "--output=json")
    assert json.loads(done.out)["outputs"] == [60]
    write("lent_module.py", "def score(n):\n    return n + 1\n")
    done = rete("run", "calls.rete", "--functions", "lent_module", "--output=json")
    assert json.loads(done.out)["outputs"] == [21]


def test_which_callables_are_offered(write: Write) -> None:
    from rete_engine.cli.functions import functions_of

    text = "import math\nfrom os.path import join\nclass C: ...\nX = 1\ndef _hidden(): ...\n"
    write("some_functions.py", text + "def shown(): ...\ntwice = lambda n: 2 * n\n")
    assert set(functions_of("some_functions.py")) == {"join", "shown", "twice"}
    write("other_functions.py", "__all__ = ['C', 'gone']\nclass C: ...\ndef shown(): ...\n")
    assert set(functions_of("other_functions")) == {"C"}


@pytest.mark.parametrize(
    ("module", "content", "cause"),
    [
        ("missing_module", None, "ModuleNotFoundError: No module named 'missing_module'"),
        ("missing.py", None, "FileNotFoundError: no such file"),
        ("broken_syntax.py", "def f(:\n", "broken_syntax.py:1: invalid syntax"),
        ("broken_import.py", "1 / 0\n", "ZeroDivisionError: division by zero"),
    ],
)
def test_functions_that_cannot_be_imported(
    rete: Rete, write: Write, module: str, content: str | None, cause: str
) -> None:
    if content is not None:
        write(module, content)
    done = rete("run", "shop.rete", "--functions", module)
    assert done.code == 1
    assert done.err.startswith(f"error: --functions {module}")
    assert cause in done.err


def test_a_function_that_is_missing(rete: Rete, write: Write) -> None:
    for verb in (["run"], ["profile"], ["explain", "--why-not", "r"]):
        done = rete(*verb, write("calls.rete", CALLS))
        assert done.code == 1
        assert done.err == (
            "error: the external function 'score' is not provided; give a module that has it by"
            " --functions MODULE\n"
        )
    done = rete("run", "calls.rete", "--functions", write("near.py", "def scores(n): return n\n"))
    assert done.err == (
        "error: the external function 'score' is not provided; --functions near.py has none;"
        " did you mean 'scores'?\n"
    )
    done = rete("run", "calls.rete", "--functions", write("far.py", "def z(n): return n\n"))
    assert done.err.endswith("--functions far.py has none; define it\n")


def test_sections_of_which_one_is_none(rete: Rete, write: Write) -> None:
    templates = "template Order\n    id: int\nend\ntemplate Customer\n    id: int\nend\n"
    rules = write("two.rete", templates)
    for facts, cause in {
        '{"orders": [{"id": 1}], "custmers": [{"id": 1}]}': (
            "unknown section 'custmers'; did you mean 'customers'?"
        ),
        '{"orders": [{"id": 1}], "version": 3}': (
            "unknown section 'version'; templates are: Customer, Order"
        ),
        '{"orders": [{"id": 1}], "customers": 3}': (
            "the section 'customers' is a number, not a list of records"
        ),
    }.items():
        done = rete("run", rules, "--facts", write("all.json", facts))
        assert (done.code, done.err) == (1, f"error: all.json: {cause}\n")


def test_tables_with_tabs(rete: Rete, write: Write) -> None:
    table = write("orders.tsv", "id\ttotal\tstatus\n1\t250\ta, b\n2\t3\tnew\n")
    done = rete("run", "shop.rete", "--facts", table, "--output", "json")
    assert (done.code, done.err) == (0, "")


def test_rules_on_standard_input(rete: Rete, write: Write) -> None:
    for verb in ("check", "run", "graph"):
        done = rete(verb, "-")
        assert done.code == 2
        assert "are read by 'rete fmt' alone" in " ".join(done.err.replace("│", " ").split())


def test_one_explanation_at_a_time(rete: Rete, write: Write) -> None:
    done = rete("explain", "shop.rete", "--why", "Order", "--why-not", "small")
    assert done.code == 2
    assert "one of them at a time, not both" in " ".join(done.err.replace("│", " ").split())


def test_a_picture_of_no_format(rete: Rete, write: Write) -> None:
    done = rete("graph", "shop.rete", "--output", "shop.png")
    assert done.code == 1
    assert done.err.startswith("error: --output shop.png: no format ends in .png; there are .svg")


def test_a_function_that_fails(rete: Rete, write: Write) -> None:
    write("failing.py", "def score(n):\n    raise KeyError('oh')\n")
    done = rete("run", write("calls.rete", CALLS), "--functions", "failing.py")
    assert done.code == 3
    assert "KeyError" in done.err
    assert "Traceback" not in done.err


def test_a_fault_of_our_own(rete: Rete, monkeypatch: pytest.MonkeyPatch) -> None:
    import rete_engine.cli.run

    def broken(options: object, screen: object) -> None:
        raise RuntimeError("oh")

    monkeypatch.setattr(rete_engine.cli.run, "run", broken)
    done = rete("run", "shop.rete")
    assert done.code == 1
    assert done.err.startswith("error: internal error: RuntimeError: oh\n")
    assert "Traceback" in rete("run", "shop.rete", "--debug").err


def test_more_than_the_memory_holds(rete: Rete, monkeypatch: pytest.MonkeyPatch) -> None:
    import rete_engine.cli.run

    def enormous(options: object, screen: object) -> None:
        raise MemoryError

    monkeypatch.setattr(rete_engine.cli.run, "run", enormous)
    done = rete("run", "shop.rete")
    assert done.code == 1
    assert done.err.startswith("error: out of memory: ")


def test_an_interrupt(rete: Rete, monkeypatch: pytest.MonkeyPatch) -> None:
    import rete_engine.cli.run

    def interrupted(options: object, screen: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(rete_engine.cli.run, "run", interrupted)
    done = rete("run", "shop.rete")
    assert (done.code, done.err) == (130, "error: interrupted\n")


def test_an_interrupt_while_classes_are_made(rete: Rete, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python 3.11 makes a RuntimeError of what `__set_name__` raises, as an import may."""
    import rete_engine.cli.run

    def interrupted(options: object, screen: object) -> None:
        raise RuntimeError("Error calling __set_name__ on 'Field'") from KeyboardInterrupt()

    monkeypatch.setattr(rete_engine.cli.run, "run", interrupted)
    done = rete("run", "shop.rete")
    assert (done.code, done.err) == (130, "error: interrupted\n")


def test_rules_that_never_come_to_rest_are_named(rete: Rete, write: Write) -> None:
    text = """
template A
    x: int = 0
end
facts f
    A()
end
rule "r"
when
    a := A(x >= 0)
then
    modify a(x = a.x + 1)
end
"""
    write("loop.rete", text)
    done = rete("run", "loop.rete", "--limit", "3")
    assert done.code == 4
    assert "notice: these rules make each other fire: r (changing A.x)" in done.err
