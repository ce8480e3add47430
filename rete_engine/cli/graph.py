"""`rete graph`: the network that rules become, as a picture or in words."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

from rete_engine import RuleSet
from rete_engine.cli.faults import WrongInput
from rete_engine.cli.plans import as_plain, lines_of
from rete_engine.cli.screen import Screen

#: What the ending of the file to write says about the format.
ENDINGS = {
    ".svg": "svg", ".dot": "dot", ".gv": "dot", ".mmd": "mermaid", ".mermaid": "mermaid",
    ".txt": "text", ".json": "json",
}  # fmt: skip

#: Seconds that Graphviz may take; its layout of a huge network may never end.
_PATIENCE = 120


def graph(file: str, format: str | None, output: str | None, screen: Screen) -> None:
    """Draw the network of a rule file.

    Args:
        file: The rule file.
        format: "svg", "dot" or "mermaid"; "text" or "json" for the order of joins in words; where
            None, what the ending of `output` says, or svg.
        output: The file to write; standard output where None or "-".
        screen: Standard output.

    Raises:
        RuleEngineError: The rules are wrong.
        WrongInput: The ending of the file is none of a format, or Graphviz is missing or fails.
        OSError: The file cannot be written.
    """
    to_file = None if output in (None, "-") else Path(str(output))
    if format is None:
        format = "svg" if to_file is None else _format_of(to_file)
    rules = RuleSet.load(file)
    if format == "svg":
        text = _svg(rules.graph("dot"))
    elif format in ("text", "json"):
        text = _plan(rules, format == "json")
    else:
        text = rules.graph(format)
    if to_file is None:
        screen.print(text.rstrip("\n"))
    else:
        to_file.write_text(text.rstrip("\n") + "\n", encoding="utf-8")


def _format_of(file: Path) -> str:
    """What the ending of a file says; without one, svg."""
    ending = file.suffix.lower()
    if ending and ending not in ENDINGS:
        raise WrongInput(
            f"--output {file}: no format ends in {ending}; there are {' '.join(ENDINGS)}"
            " (or say --format)"
        )
    return ENDINGS.get(ending, "svg")


def _plan(rules: RuleSet, as_json: bool) -> str:
    """In which order the conditions of each rule are joined, and why."""
    plans = rules.plans()
    if as_json:
        found = [
            {"rule": name, "plan": [as_plain(path) for path in paths]}
            for name, paths in plans.items()
        ]
        return json.dumps({"rules": found}, indent=2, ensure_ascii=False)
    lines = [line for name, paths in plans.items() for line in lines_of(name, paths)]
    return "\n".join(["How the conditions are joined, and why:", *lines])


def _svg(dot: str) -> str:
    program = shutil.which("dot")
    if program is None:
        raise WrongInput(
            "an SVG is drawn by Graphviz, whose program 'dot' is not on the PATH;"
            " install Graphviz, or take --format dot or --format mermaid"
        )
    try:
        done = subprocess.run(
            [program, "-Tsvg"],
            input=dot.encode(),
            capture_output=True,
            timeout=_PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise WrongInput(f"Graphviz took longer than {_PATIENCE} s; take --format dot") from None
    except OSError as error:
        raise WrongInput(f"Graphviz cannot be started: {error.strerror or error}") from None
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip() or f"exit code {done.returncode}"
        raise WrongInput(f"Graphviz failed: {said}")
    return done.stdout.decode()
