"""Options and arguments that several verbs of `rete` have, and the words that some take."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer


class Strategy(StrEnum):
    """What fires next among activations of the same salience."""

    DEPTH = "depth"
    BREADTH = "breadth"
    LEX = "lex"
    MEA = "mea"
    SIMPLICITY = "simplicity"
    COMPLEXITY = "complexity"
    RANDOM = "random"


class OnError(StrEnum):
    """What becomes of a run in which an action fails."""

    RAISE = "raise"
    SKIP = "skip"
    QUARANTINE = "quarantine"


class Output(StrEnum):
    """How a run is told."""

    TABLE = "table"
    JSON = "json"
    NDJSON = "ndjson"


class Explained(StrEnum):
    """How an explanation is told."""

    TEXT = "text"
    JSON = "json"
    MERMAID = "mermaid"


class Format(StrEnum):
    """The formats of a picture, and those of the plan in words."""

    SVG = "svg"
    DOT = "dot"
    MERMAID = "mermaid"
    TEXT = "text"
    JSON = "json"


Debug = Annotated[bool, typer.Option("--debug", help="Show tracebacks of errors.")]


def not_standard_input(file: str) -> str:
    """Refuse `-` as a rule file: only `rete fmt` reads it."""
    if file == "-":
        raise typer.BadParameter("rules on standard input (-) are read by 'rete fmt' alone")
    return file


def no_standard_input(files: list[str]) -> list[str]:
    """Refuse `-` among rule files."""
    return [not_standard_input(file) for file in files]


RuleFiles = Annotated[
    list[str],
    typer.Argument(
        metavar="FILE", help="Rule files, or folders of them.", callback=no_standard_input
    ),
]
RuleSetFiles = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[FILE]...", help="Rule files, or folders of them: each file is a rule set."
    ),
]
RunTimeout = Annotated[
    float,
    typer.Option(
        "--timeout", min=0.001, metavar="SECONDS", help="The longest that a run may take."
    ),
]
MostRuleSets = Annotated[
    int, typer.Option("--max-rulesets", min=0, metavar="N", help="The most rule sets.")
]
MostText = Annotated[
    int, typer.Option(min=1, metavar="N", help="The most characters of a text of rules.")
]
MostParts = Annotated[
    int,
    typer.Option(
        "--max-parts",
        min=1,
        metavar="N",
        help="The most conditions, constraints and fields of a text of rules.",
    ),
]
Cached = Annotated[
    bool,
    typer.Option(
        "--cache", help="Keep the compiled rules, so that the next run need not compile them."
    ),
]
FactFiles = Annotated[
    list[str] | None,
    typer.Option(
        "--facts",
        metavar="[TEMPLATE=]PATH[:INSIDE]",
        help="Facts from a .json .ndjson .yaml .toml .csv .tsv or .parquet file, or - for NDJSON on"
        " standard input. May be given several times.",
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PARAM=VALUE", help="Set a parameter of the rules."),
]
Strict = Annotated[
    bool,
    typer.Option("--strict", help="Refuse warnings, and keys of facts that no field takes."),
]
RunLongest = Annotated[
    float | None,
    typer.Option("--timeout", min=0, metavar="SECONDS", help="The longest the run may take."),
]


def functions_option(rules: str) -> Any:
    """The option for the program's functions; `rules` says which rules may call them."""
    return typer.Option(
        metavar="MODULE",
        help=f"A Python module or .py file whose public functions {rules} may call."
        " It is imported, so it must be one you trust.",
    )
