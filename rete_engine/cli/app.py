"""The verbs of `rete` and their options."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from rete_engine.cli import version
from rete_engine.cli.faults import reported
from rete_engine.cli.screen import Screen

# The verbs are imported when they run: `rete --version` and `--help` need none of the engine.

app = typer.Typer(
    name="rete",
    help="A forward-chaining rule engine: rules in a readable language on a Rete network.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


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
    """The formats of a picture."""

    SVG = "svg"
    DOT = "dot"
    MERMAID = "mermaid"


Debug = Annotated[bool, typer.Option("--debug", help="Show tracebacks of errors.")]
RuleFiles = Annotated[
    list[str], typer.Argument(metavar="FILE", help="Rule files, or folders of them.")
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


def functions_option(rules: str) -> Any:
    """The option for the program's functions; `rules` says which rules may call them."""
    return typer.Option(
        metavar="MODULE",
        help=f"A Python module or .py file whose public functions {rules} may call."
        " It is imported, so it must be one you trust.",
    )


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(version())
        raise typer.Exit


@app.callback()
def rete(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_version,
            is_eager=True,
            help="Show the version, and whether the core is compiled.",
        ),
    ] = False,
) -> None:
    """A forward-chaining rule engine: rules in a readable language on a Rete network."""


@app.command("run")
def run_command(
    files: RuleFiles,
    facts: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[TEMPLATE=]PATH[:INSIDE]",
            help="Facts from a .json .ndjson .yaml .toml .csv or .parquet file, or - for NDJSON on"
            " standard input. May be given several times.",
        ),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PARAM=VALUE", help="Set a parameter of the rules."),
    ] = None,
    queries: Annotated[
        list[str] | None,
        typer.Option(
            "--query",
            metavar="QUERY",
            help="A query to ask when the run is done: 'late', or 'open_orders(who = \"c1\")'."
            " May be given several times.",
        ),
    ] = None,
    strategy: Annotated[
        Strategy, typer.Option(help="What fires next within one salience.")
    ] = Strategy.DEPTH,
    seed: Annotated[int, typer.Option(help="For the strategy 'random'.")] = 0,
    limit: Annotated[int | None, typer.Option(min=0, help="The most firings.")] = None,
    timeout: Annotated[
        float | None, typer.Option(min=0, metavar="SECONDS", help="The longest the run may take.")
    ] = None,
    on_error: Annotated[
        OnError, typer.Option(help="What becomes of the run when an action fails.")
    ] = OnError.RAISE,
    functions: Annotated[str | None, functions_option("the rules")] = None,
    strict: Annotated[
        bool,
        typer.Option("--strict", help="Refuse warnings, and keys of facts that no field takes."),
    ] = False,
    trace: Annotated[bool, typer.Option("--trace", help="Show each firing.")] = False,
    output: Annotated[Output, typer.Option(help="How to tell what happened.")] = Output.TABLE,
    cache: Annotated[
        bool,
        typer.Option(
            "--cache", help="Keep the compiled rules, so that the next run need not compile them."
        ),
    ] = False,
    debug: Debug = False,
) -> None:
    """Fire rules on facts, and tell what was fired, changed and emitted.

    Exit codes: 0 done, 1 rules, facts or parameters are wrong, 2 wrong usage, 3 an action or a
    condition failed, 4 stopped at the limit or timeout, 130 interrupted.
    """
    screen = Screen()
    with reported(screen, debug):
        from rete_engine.cli.run import RunOptions, run

        run(
            RunOptions(
                files=files,
                facts=facts or (),
                settings=settings or (),
                queries=queries or (),
                strategy=strategy.value,
                seed=seed,
                limit=limit,
                timeout=timeout,
                on_error=on_error.value,
                functions=functions,
                strict=strict,
                trace=trace,
                output=output.value,
                cache=cache,
                debug=debug,
            ),
            screen,
        )


@app.command("profile")
def profile_command(
    files: RuleFiles,
    facts: Annotated[
        list[str] | None,
        typer.Option(metavar="[TEMPLATE=]PATH[:INSIDE]", help="Facts, as 'rete run' takes them."),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PARAM=VALUE", help="Set a parameter of the rules."),
    ] = None,
    limit: Annotated[int | None, typer.Option(min=0, help="The most firings.")] = None,
    functions: Annotated[str | None, functions_option("the rules")] = None,
    json: Annotated[bool, typer.Option("--json", help="Tell it as JSON.")] = False,
    debug: Debug = False,
) -> None:
    """Fire rules on facts, and tell what each rule took and how its conditions are joined."""
    screen = Screen()
    with reported(screen, debug):
        from rete_engine.cli.profile import ProfileOptions, profile

        profile(
            ProfileOptions(
                files=files,
                facts=facts or (),
                settings=settings or (),
                limit=limit,
                functions=functions,
                as_json=json,
            ),
            screen,
        )


@app.command("explain")
def explain_command(
    files: RuleFiles,
    why: Annotated[
        str | None,
        typer.Option(
            "--why",
            metavar="FACT",
            help="Tell where a fact comes from: 'Discount(order = 1)', or 'Discount' for all.",
        ),
    ] = None,
    why_not: Annotated[
        str | None,
        typer.Option("--why-not", metavar="RULE", help="Tell why a rule does not fire."),
    ] = None,
    facts: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[TEMPLATE=]PATH[:INSIDE]", help="Facts from a file, as for 'rete run'."
        ),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PARAM=VALUE", help="Set a parameter of the rules."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=0, help="The most firings; 0 explains before any.")
    ] = None,
    timeout: Annotated[
        float | None, typer.Option(min=0, metavar="SECONDS", help="The longest the run may take.")
    ] = None,
    functions: Annotated[
        str | None,
        typer.Option(
            metavar="MODULE",
            help="A Python module or .py file whose public functions the rules may call."
            " It is imported, so it must be one you trust.",
        ),
    ] = None,
    strict: Annotated[
        bool,
        typer.Option("--strict", help="Refuse warnings, and keys of facts that no field takes."),
    ] = False,
    output: Annotated[
        Explained, typer.Option(help="How to tell it: as text, JSON or a flowchart.")
    ] = Explained.TEXT,
    debug: Debug = False,
) -> None:
    """Fire rules on facts, then tell where a fact comes from or why a rule does not fire."""
    screen = Screen()
    with reported(screen, debug):
        from rete_engine.cli.explain import ExplainOptions, explain

        explain(
            ExplainOptions(
                files=files,
                facts=facts or (),
                settings=settings or (),
                why=why,
                why_not=why_not,
                limit=limit,
                timeout=timeout,
                functions=functions,
                strict=strict,
                output=output.value,
                debug=debug,
            ),
            screen,
        )


@app.command("check")
def check_command(
    files: RuleFiles,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count like errors.")] = False,
    together: Annotated[
        bool,
        typer.Option("--together", help="All files are one rule set; else each is one of its own."),
    ] = False,
    debug: Debug = False,
) -> None:
    """Tell all that is wrong with rule files. Exit code 1 if there are errors."""
    screen = Screen()
    with reported(screen, debug):
        from rete_engine.cli.check import check

        check(files, strict, together, screen)


@app.command("fmt")
def fmt_command(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE", help="Rule files, folders of them, or - for standard input."
        ),
    ],
    check: Annotated[
        bool,
        typer.Option("--check", help="Write nothing; exit with 1 if a file would change."),
    ] = False,
    debug: Debug = False,
) -> None:
    """Lay rule files out in the one way. Files with errors are told and left as they are."""
    screen = Screen()
    with reported(screen, debug):
        from rete_engine.cli.fmt import fmt

        fmt(files, check, screen)


@app.command("serve")
def serve_command(
    files: RuleSetFiles = None,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="The port to listen on; 0 for a free one.")
    ] = 8000,
    token: Annotated[
        list[str] | None,
        typer.Option(
            envvar="RETE_TOKEN",
            metavar="TOKEN",
            help="A token that requests must bear. May be given several times. Others see the"
            " arguments of a process: better set RETE_TOKEN, or give --token-file.",
        ),
    ] = None,
    token_file: Annotated[
        str | None, typer.Option(metavar="FILE", help="A file with a token in each line.")
    ] = None,
    functions: Annotated[
        str | None, functions_option("the rules, also those that come over the network,")
    ] = None,
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Let nobody change the rule sets.")
    ] = False,
    timeout: RunTimeout = 10,
    max_body: Annotated[
        int, typer.Option(min=1, metavar="BYTES", help="The largest body of a request.")
    ] = 4_194_304,
    max_facts: Annotated[
        int, typer.Option(min=1, metavar="N", help="The most facts of a request or a session.")
    ] = 100_000,
    max_rulesets: MostRuleSets = 1_000,
    max_sessions: Annotated[
        int, typer.Option(min=0, metavar="N", help="The most sessions of one token.")
    ] = 100,
    idle: Annotated[
        float,
        typer.Option(min=1, metavar="SECONDS", help="How long a session is kept that nobody uses."),
    ] = 1_800,
    debug: Debug = False,
) -> None:
    """Serve rule sets over HTTP (extra 'api').

    Without a token it listens on this machine only.
    """
    screen = Screen()
    with reported(screen, debug):
        from rete_engine.cli.serve import ServeOptions, serve

        serve(
            ServeOptions(
                files=files or (),
                host=host,
                port=port,
                tokens=token or (),
                token_file=token_file,
                functions=functions,
                read_only=read_only,
                timeout=timeout,
                max_body=max_body,
                max_facts=max_facts,
                max_rulesets=max_rulesets,
                max_sessions=max_sessions,
                idle=idle,
            ),
            screen,
        )


@app.command(
    "bench",
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    add_help_option=False,  # the benchmarks have their own
)
def bench_command(context: typer.Context) -> None:
    """Measure rete_engine beside other rule engines (in its source tree)."""
    with reported(Screen()):
        from rete_engine.cli.bench import bench

        bench(context.args)


@app.command("graph")
def graph_command(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A rule file.")],
    format: Annotated[
        Format | None,
        typer.Option(help="By default what the ending of the output file says, else svg."),
    ] = None,
    output: Annotated[
        str | None, typer.Option("-o", "--output", metavar="FILE", help="The file to write.")
    ] = None,
    debug: Debug = False,
) -> None:
    """Draw the network that rules become (SVG needs Graphviz)."""
    screen = Screen()
    with reported(screen, debug):
        from rete_engine.cli.graph import graph

        graph(file, None if format is None else format.value, output, screen)


@app.command("mcp")
def mcp_command(
    files: RuleSetFiles = None,
    functions: Annotated[
        str | None, functions_option("the rules, also those that a model writes,")
    ] = None,
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Offer no tools that change the rule sets.")
    ] = False,
    timeout: RunTimeout = 10,
    max_text: Annotated[
        int, typer.Option(min=1, metavar="N", help="The most characters of a text of rules.")
    ] = 200_000,
    max_facts: Annotated[
        int, typer.Option(min=1, metavar="N", help="The most facts of an execution.")
    ] = 10_000,
    max_rulesets: MostRuleSets = 1_000,
    debug: Debug = False,
) -> None:
    """Offer rule sets to language models: an MCP server on standard input and output (extra 'mcp').

    It is started by the client, such as an editor or a desktop assistant.
    """
    screen = Screen()
    with reported(screen, debug):
        from rete_engine.cli.mcp import McpOptions, mcp

        mcp(
            McpOptions(
                files=files or (),
                functions=functions,
                read_only=read_only,
                timeout=timeout,
                max_text=max_text,
                max_facts=max_facts,
                max_rulesets=max_rulesets,
            ),
            screen,
        )
