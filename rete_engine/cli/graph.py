"""`rete graph`: a picture of the network that rules become."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from rete_engine import RuleSet
from rete_engine.cli.faults import WrongInput
from rete_engine.cli.screen import Screen

#: What the ending of the file to write says about the format.
ENDINGS = {".svg": "svg", ".dot": "dot", ".gv": "dot", ".mmd": "mermaid", ".mermaid": "mermaid"}

#: Seconds that Graphviz may take; its layout of a huge network may never end.
_PATIENCE = 120


def graph(file: str, format: str | None, output: str | None, screen: Screen) -> None:
    """Draw the network of a rule file.

    Args:
        file: The rule file.
        format: "svg", "dot" or "mermaid"; where None, what the ending of `output` says, or svg.
        output: The file to write; standard output where None or "-".
        screen: Standard output.

    Raises:
        RuleEngineError: The rules are wrong.
        WrongInput: Graphviz is missing or fails.
        OSError: The file cannot be written.
    """
    to_file = None if output in (None, "-") else Path(str(output))
    if format is None:
        format = "svg" if to_file is None else ENDINGS.get(to_file.suffix.lower(), "svg")
    rules = RuleSet.load(file)
    text = _svg(rules.graph("dot")) if format == "svg" else rules.graph(format)
    if to_file is None:
        screen.print(text.rstrip("\n"))
    else:
        to_file.write_text(text.rstrip("\n") + "\n", encoding="utf-8")


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
