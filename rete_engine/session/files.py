"""Which files hold rules, and in what they are written."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from rete_engine.diagnostics.diagnostic import Diagnostic
from rete_engine.diagnostics.errors import RuleSyntaxError
from rete_engine.diagnostics.source import Source, Span

YAML_ENDINGS = (".yaml", ".yml")
#: The files of rules in a folder.
ENDINGS = (".rete", *YAML_ENDINGS)
#: What a text of rules may be written in.
FORMATS = ("rete", "yaml")


def is_yaml(path: Path) -> bool:
    """Whether a file's name says that it is YAML; any other is a text of rules."""
    return path.suffix in YAML_ENDINGS


def format_of(path: Path) -> str:
    """Which of the `FORMATS` a file is in."""
    return "yaml" if is_yaml(path) else "rete"


def files_of(paths: Iterable[str | Path]) -> list[Path]:
    """The rule files that paths mean: a folder stands for those in it, by name."""
    found: list[Path] = []
    for given in paths:
        path = Path(given)
        if path.is_dir():
            inside = sorted(file for file in path.iterdir() if file.suffix in ENDINGS)
            if not inside:
                message = f"the folder {path} has no {', '.join(ENDINGS)} files"
                raise RuleSyntaxError([Diagnostic("RE0001", message, _whole(path))])
            found.extend(inside)
        else:
            found.append(path)
    return found


def _whole(path: Path) -> Span:
    """A file or folder as a place."""
    return Span(Source(str(path), ""), 0, 0, 0, 0)
