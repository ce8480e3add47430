"""The verbs of `rete` that read rules: their options."""

from __future__ import annotations

from typing import Annotated

import typer

from rete_engine.cli.faults import reported
from rete_engine.cli.options import (
    Cached,
    Debug,
    Explained,
    FactFiles,
    Format,
    OnError,
    Output,
    RuleFiles,
    RunLongest,
    Settings,
    Strategy,
    Strict,
    functions_option,
    not_standard_input,
)
from rete_engine.cli.screen import Screen

# The engine is imported when a verb runs: `rete --help` needs none of it.


def run_command(
    files: RuleFiles,
    facts: FactFiles = None,
    settings: Settings = None,
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
    timeout: RunLongest = None,
    on_error: Annotated[
        OnError, typer.Option(help="What becomes of the run when an action fails.")
    ] = OnError.RAISE,
    functions: Annotated[str | None, functions_option("the rules")] = None,
    strict: Strict = False,
    trace: Annotated[bool, typer.Option("--trace", help="Show each firing.")] = False,
    output: Annotated[Output, typer.Option(help="How to tell what happened.")] = Output.TABLE,
    cache: Cached = False,
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


def profile_command(
    files: RuleFiles,
    facts: FactFiles = None,
    settings: Settings = None,
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
    facts: FactFiles = None,
    settings: Settings = None,
    limit: Annotated[
        int | None, typer.Option(min=0, help="The most firings; 0 explains before any.")
    ] = None,
    timeout: RunLongest = None,
    functions: Annotated[str | None, functions_option("the rules")] = None,
    strict: Strict = False,
    output: Annotated[
        Explained, typer.Option(help="How to tell it: as text, JSON or a flowchart.")
    ] = Explained.TEXT,
    cache: Cached = False,
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
                cache=cache,
                debug=debug,
            ),
            screen,
        )


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


def graph_command(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="A rule file.", callback=not_standard_input)
    ],
    format: Annotated[
        Format | None,
        typer.Option(help="By default what the ending of the output file says, else svg."),
    ] = None,
    output: Annotated[
        str | None, typer.Option("-o", "--output", metavar="FILE", help="The file to write.")
    ] = None,
    debug: Debug = False,
) -> None:
    """Draw the network that rules become (SVG needs Graphviz), or tell how and why they join."""
    screen = Screen()
    with reported(screen, debug):
        from rete_engine.cli.graph import graph

        graph(file, None if format is None else format.value, output, screen)


#: The verb whose arguments are read by the benchmarks, which have their own help.
PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True}


def bench_command(context: typer.Context) -> None:
    """Measure rete_engine beside other rule engines (in its source tree)."""
    with reported(Screen()):
        from rete_engine.cli.bench import bench

        bench(context.args)
