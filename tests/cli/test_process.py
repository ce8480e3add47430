"""The command as a process: streams, signals and the terminal."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import rete_engine
from tests.cli.conftest import Rete, Write, environment
from tests.cli.test_run import LOOP

Process = Callable[..., "subprocess.CompletedProcess[bytes]"]
COMMAND = [sys.executable, "-m", "rete_engine.cli"]
posix = pytest.mark.skipif(os.name != "posix", reason="signals, pipes and terminals of POSIX")

PRINTS = LOOP.replace("then\n", 'then\n    print f"line {c.n} ä"\n')


def test_the_version(process: Process, rete: Rete) -> None:
    core = "compiled" if rete_engine.compiled() else "pure Python"
    line = f"rete-engine {rete_engine.__version__} ({core} core)\n"
    assert process("--version").stdout.decode() == line
    assert rete("--version").out == line


def test_help(rete: Rete) -> None:
    out = rete("--help").out
    assert all(verb in out for verb in ("run", "check", "graph"))
    assert "Exit codes" in rete("run", "-h").out


def test_a_run(process: Process) -> None:
    done = process("run", "shop.rete", "--facts", "Order=-", stdin=b'{"id": 7, "total": 999}\n')
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"order 7 is large\n")
    assert b"\x1b" not in done.stdout


def test_exit_codes(process: Process, write: Write) -> None:
    assert process("run", "missing.rete").returncode == 1
    assert process("fly").returncode == 2
    write("fails.rete", 'rule "f"\nwhen\nthen\n    emit [][0]\nend\n')
    assert process("run", "fails.rete").returncode == 3
    assert process("run", write("loop.rete", LOOP), "--limit", "5").returncode == 4


@pytest.mark.parametrize("missing", ["typer", "rich"])
def test_without_the_extra(process: Process, write: Write, missing: str, tmp_path: Path) -> None:
    # A module of that name that cannot be found, in front of the installed one.
    write(f"front/{missing}.py", f"raise ModuleNotFoundError('gone', name='{missing}')\n")
    path = os.pathsep.join([str(tmp_path / "front"), environment()["PYTHONPATH"]])
    done = process("check", "none.rete", PYTHONPATH=path)
    assert done.returncode == 1
    assert done.stderr == b"the command line needs: pip install 'rete-engine[cli]'\n"


@pytest.fixture
def interruptible() -> Iterator[None]:
    """A process that ignores SIGINT, as shells start those in the background, hands that on."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@posix
@pytest.mark.usefixtures("interruptible")
def test_ctrl_c(write: Write) -> None:
    write("loop.rete", PRINTS)
    with subprocess.Popen(
        [*COMMAND, "run", "loop.rete"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(PYTHONUNBUFFERED="1"),
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err == b"error: interrupted\n"


@posix
@pytest.mark.parametrize("output", ["table", "ndjson"])
def test_a_reader_that_has_seen_enough(write: Write, output: str) -> None:
    text = 'rule "r"\nwhen\nthen\n    for n in range(100000)\n        emit n\n    end\nend\n'
    write("loop.rete", PRINTS if output == "table" else text)
    with subprocess.Popen(
        [*COMMAND, "run", "loop.rete", "--output", output],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr is not None
        err = process.stderr.read()
        assert process.wait(60) == 141
    assert err == b""


@posix
def test_without_standard_streams(write: Write) -> None:
    command = " ".join(COMMAND) + " run shop.rete --facts Order=-"
    done = subprocess.run(
        ["sh", "-c", f"{command} <&- >&-"], stderr=subprocess.PIPE, env=environment(), check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs Linux")
def test_a_standard_input_that_cannot_be_read(write: Write) -> None:
    with open("/proc/self/mem", "rb") as broken:
        done = subprocess.run(
            [*COMMAND, "run", "shop.rete", "--facts=Order=-"],
            stdin=broken,
            capture_output=True,
            env=environment(),
            check=False,
        )
    cause = b"error: <stdin>: cannot be read: Input/output error\n"
    assert (done.returncode, done.stderr) == (1, cause)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a full disk")
def test_a_full_disk(write: Write) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [*COMMAND, "run", "shop.rete"],
            stdout=full,
            stderr=subprocess.PIPE,
            env=environment(),
            check=False,
        )
    assert (done.returncode, done.stderr) == (1, b"error: output: No space left on device\n")


TEXTS = """
template T
    text: str
end
rule "r"
when
    t := T()
then
    print "ä →", t.text
    emit {"größe": t.text}
end
"""


def test_an_encoding_without_the_characters(process: Process, write: Write) -> None:
    write("texts.rete", TEXTS)
    write("ts.json", r'[{"text": "ä\ud800"}]')  # half of a character that needs two
    for encoding in ("ascii", "utf-8", "latin-1"):
        arguments = ["run", "texts.rete", "--facts", "ts.json"]
        done = process(*arguments, PYTHONIOENCODING=encoding)
        assert (done.returncode, done.stderr) == (0, b"")
        done = process(*arguments, "--output", "json", PYTHONIOENCODING=encoding)
        assert done.returncode == 0
        assert json.loads(done.stdout.decode(encoding))["outputs"] == [{"größe": "ä\ud800"}]


# ---- a terminal ----------------------------------------------------------------------------


def on_terminal(*arguments: str, seconds: float = 60, **more: str) -> tuple[int, str]:
    """Run the command on a terminal; answers with its code and all that appeared there."""
    pty = pytest.importorskip("pty")
    main, side = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, *arguments],
        stdin=side,
        stdout=side,
        stderr=side,
        env=environment(TERM="xterm-256color", COLUMNS="80", LINES="24", **more),
    ) as process:
        os.close(side)
        seen = b""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                part = os.read(main, 65536)
            except OSError:  # Linux: the other side is closed
                break
            if not part:
                break
            seen += part
        os.close(main)
        return process.wait(60), seen.decode()


@posix
def test_colours_on_a_terminal(write: Write) -> None:
    code, seen = on_terminal(
        "run", write("wrong.rete", 'rule "r"\nwhen\n    Gone()\nthen\n    halt\nend\n')
    )
    assert code == 1
    assert "\x1b[1;31merror[RE0100]" in seen
    assert "Gone" in seen


@posix
def test_no_colours_when_not_wanted(write: Write) -> None:
    write("wrong.rete", 'rule "r"\nwhen\n    Gone()\nthen\n    halt\nend\n')
    code, seen = on_terminal("check", "wrong.rete", NO_COLOR="1")
    assert code == 1
    assert re.search(r"\x1b\[[0-9;]*3[0-9]", seen) is None


@posix
def test_progress_on_a_terminal(write: Write) -> None:
    write("loop.rete", LOOP)
    code, seen = on_terminal("run", "loop.rete", "--timeout", "2.5")
    assert code == 4
    assert re.search(r"running: [0-9,]+ firings", seen)
    assert "stopped at --timeout 2.5" in seen


@posix
def test_no_progress_for_a_short_run(write: Write) -> None:
    code, seen = on_terminal("run", "shop.rete", "--facts", "Order=orders.ndjson")
    assert code == 0
    assert "running" not in seen
    assert "order 3 is large" in seen
