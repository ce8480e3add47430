"""Emitted values, as JSON and in tables."""

from __future__ import annotations

import json

from tests.cli.conftest import Rete, Write


def test_emitted_values_of_all_kinds(rete: Rete, write: Write) -> None:
    text = """
        template T key(id)
            id: int
            other: T? = none
            template: str = "field"
        end
        facts f
            T(id = 1)
        end
        rule "emit"
        when
            t := T(id == 1)
        then
            n := insert T(id = 2, other = t)
            emit {"fact": n, "day": date("2026-01-31"), "wait": 90s, "set": {"b", "a"}}
            emit {"fact": none, "day": none, "wait": none, "set": (1, 2.5)}
            emit {"nan": float("nan"), "exact": decimal("1.50"), 3: true, (1, 2): "pair"}
        end
    """
    done = rete("run", write("kinds.rete", text), "--output", "json")
    assert json.loads(done.out)["outputs"] == [
        {
            "fact": {
                "type": "T", "id": 2, "other": {"type": "T", "fact_id": 1}, "template": "field",
            },
            "day": "2026-01-31",
            "wait": "PT1M30S",
            "set": ["a", "b"],
        },
        {"fact": None, "day": None, "wait": None, "set": [1, 2.5]},
        {"nan": None, "exact": "1.50", "3": True, "(1, 2)": "pair"},
    ]  # fmt: skip
    out = rete("run", "kinds.rete").out
    assert "T(id=2, other=<T 1>, template='field')" in out
    assert " nan   exact" in out
    assert "1:30" in out


def test_huge_numbers_are_shown_in_part_and_written_in_hexadecimal(
    rete: Rete, write: Write
) -> None:
    text = """
        template T
            n: int
        end
        facts
            T(n = 2 ** 20_000)
        end
        rule "emit"
        when
            t := T()
        then
            emit t.n
            emit [t, t.n]
        end
        rule "fail"
            salience -1
        when
            t := T()
        then
            emit t.n // 0
        end
    """
    file = write("huge.rete", text)
    done = rete("run", file, "--output", "json", "--on-error", "skip")
    result = json.loads(done.out)
    written = "0x1" + "0" * 5000
    assert result["outputs"] == [written, [{"type": "T", "n": written}, written]]
    assert "1: T(n=a huge number)" in result["errors"][0]
    done = rete("run", file)
    assert done.code == 3
    assert "1: T(n=a huge number)" in done.err
    done = rete("run", file, "--on-error", "skip", "--trace")
    assert "t=T(n=a huge number)" in done.err
    assert " emitted\n ───────\n …\n" in done.out


def test_emitted_values_that_make_no_table(rete: Rete, write: Write) -> None:
    text = 'rule "emit"\nwhen\nthen\n    emit 1\n    emit "two\\x1b[31m"\n    emit {}\nend\n'
    lines = rete("run", write("odd.rete", text)).out.splitlines()
    assert lines[-5:] == [" emitted", " ────────", " 1", " two [31m", " {}"]
    text = (
        'rule "emit"\nwhen\nthen\n    for n in range(7)\n        emit {f"k{n}": n}\n    end\nend\n'
    )
    assert " {'k3': 3}" in rete("run", write("odd.rete", text)).out.splitlines()


def test_very_much_is_not_shown(rete: Rete, write: Write) -> None:
    action = 'emit "x" * 20000\n    for n in range(1500)\n        emit n\n    end'
    out = rete("run", write("much.rete", f'rule "emit"\nwhen\nthen\n    {action}\nend\n')).out
    assert out.splitlines()[-1] == "… and 501 more; --output ndjson writes all"
    assert max(map(len, out.splitlines())) == 1_001


def test_a_table_is_as_wide_as_it_is(rete: Rete, write: Write) -> None:
    text = f'rule "emit"\nwhen\nthen\n    emit {{"a": "{"x" * 300}", "b": 1}}\nend\n'
    assert " " + "x" * 300 + "   1" in rete("run", write("wide.rete", text)).out.splitlines()
