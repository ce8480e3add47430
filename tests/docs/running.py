"""Running the code blocks of a section, as a reader would who copies them."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from shutil import copytree, which

import pytest

from rete_engine import RuleEngineError, RuleSet
from tests.docs.pages import ROOT, Block, Section

#: What a comment behind a `print(…)` says it prints.
_PRINTS = re.compile(r"^ *print\(.*\)  # (.+)$", re.MULTILINE)
_DECLARES_RULE = re.compile(r'^rule "', re.MULTILINE)
#: Commands whose effects are no test's business: they install things.
_BRINGS_UV = "python3 -m pip install --quiet uv && "
_NOT_RUN = ("--group ", "pip ", "python3 ", "uv ", "git ", "RETE_ENGINE_COMPILE=", "RETE_TOKEN=")


class Run:
    """A section under way: what its blocks leave behind for those that follow."""

    def __init__(self, section: Section, folder: Path) -> None:
        self.section = section
        self.folder = folder
        self.declared = ""  # blocks of rules that only declare: later blocks use them
        self.names: dict[str, object] = {"__name__": "__main__"}  # of the blocks of Python
        self.code = 0  # the exit code of the last command
        self.service = ""  # the address of the service that the section started
        self.ends = ExitStack()  # what ends with the section

    def results(self) -> Iterator[tuple[Block, str, str | None]]:
        """Run every block; answers with what it printed, and with what the page says it does."""
        for block in self.section.files:
            (self.folder / str(block.file)).write_text(block.text + "\n", "utf-8")
        with self.ends, contextlib.chdir(self.folder):
            for block in self.section.before:
                self.run(block)
            for block in self.section.blocks:
                yield block, self.run(block), said(block)

    def run(self, block: Block) -> str:
        """Run a block; answers with what it printed."""
        if block.file is not None and block.expected is None:
            return ""  # what it is there for is shown by other blocks
        match block.language:
            case "":
                return ""  # a picture
            case "rete":
                return self.rete(block)
            case "python":
                return self.python(block)
            case "console" | "sh":
                return self.console(block)
        raise AssertionError(f"{self.section.page}:{block.line}: what is {block.language!r}?")

    def rete(self, block: Block) -> str:
        """Load rules and run them on their own facts: what they print, or what is wrong."""
        text = self.declared + block.text + "\n"
        if not _DECLARES_RULE.search(block.text) and block.expected is None:
            self.declared = text
        printed: list[str] = []
        try:
            Path("example.rete").write_text(text, "utf-8")
            rules = RuleSet.load("example.rete")
            printed += [str(warning) for warning in rules.diagnostics]
            with rules.session(out=printed.append) as session:
                session.run(limit=1000)
        except RuleEngineError as error:
            printed.append(str(error))
        return "\n".join(printed)

    def python(self, block: Block) -> str:
        """Execute Python; answers with its standard output."""
        name = f"{self.section.page} (line {block.line})"
        text = self.reaching(block.text)
        code = compile("\n" * (block.line - 1) + text, name, "exec", dont_inherit=True)
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(code, self.names)
        return printed.getvalue()

    def console(self, block: Block) -> str:
        """Run commands: lines that begin with `$`, or all of them where none does."""
        shown = block.language == "console"
        printed: list[str] = []
        for line in block.text.replace("\\\n", " ").split("\n"):
            if shown and not line.startswith("$ "):
                continue
            if shown:
                printed.append(line)
            command = line.removeprefix("$ ").removeprefix(_BRINGS_UV)
            command = command.removeprefix("python3 -m uv run ").split("  #")[0]
            printed += self.command(command).splitlines()
        return "\n".join(printed)

    def command(self, command: str) -> str:
        """Run a command, if it is one of `rete`."""
        if command.startswith(_NOT_RUN) or command in ("pytest", ""):
            return ""
        if command == "echo $?":
            return str(self.code)
        if command.startswith("curl "):
            return self.curl(command)
        words = shlex.split(command)
        if words[:2] == ["rete", "serve"]:
            return self.serve(words[1:])
        stdin = None
        if words[0] == "cat":
            stdin = Path(words[1]).read_text("utf-8")
            words = words[3:]
        assert words[0] == "rete", f"{self.section.page}: what is {command!r}?"
        if "examples/" in command:
            copytree(ROOT / "examples", "examples", dirs_exist_ok=True)
            Path("uv.lock").write_bytes((ROOT / "uv.lock").read_bytes())
        done = subprocess.run(
            [sys.executable, "-m", "rete_engine.cli", *words[1:]],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            input=stdin or "",  # nothing waits for whoever runs the tests
            text=True,
            encoding="utf-8",
            env={**os.environ, "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1", "NO_COLOR": "1"},
            check=False,
        )
        self.code = done.returncode
        return done.stdout

    def serve(self, words: list[str]) -> str:
        """Start a service, on a port that is free; answers with what it says."""
        process = self.ends.enter_context(
            subprocess.Popen(
                [sys.executable, "-m", "rete_engine.cli", *words, "--port", "0"],
                stderr=subprocess.PIPE,
                text=True,
                env={**os.environ, "PYTHONUTF8": "1"},
            )
        )
        self.ends.callback(process.kill)
        assert process.stderr is not None
        said = process.stderr.readline()
        found = re.search(r"127\.0\.0\.1:\d+", said)
        assert found, said
        self.service = found[0]
        return said.replace(found[0], "127.0.0.1:8000")

    def reaching(self, text: str) -> str:
        """A text with the address of the service that was started, and the command under test."""
        command = (
            f"command={sys.executable!r}, env={dict(os.environ)!r}, args=['-m', 'rete_engine.cli', "
        )
        text = text.replace('command="rete", args=[', command)
        return text.replace("localhost:8000", self.service) if self.service else text

    def curl(self, command: str) -> str:
        """Ask the service; what stands behind a pipe is done too."""
        if which("curl") is None:
            pytest.skip("needs curl")
        return subprocess.run(
            ["sh", "-c", self.reaching(command)],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout


def said(block: Block) -> str | None:
    """What a page says that a block prints; None for nothing."""
    if block.expected is not None:
        return block.expected.text
    if block.language == "console":
        return block.text.replace("\\\n", " ")
    if block.language == "python" and (comments := _PRINTS.findall(block.text)):
        return "\n".join(comments)
    return None
