"""The command line: its verbs in the order in which `rete --help` lists them."""

from __future__ import annotations

from typing import Annotated

import typer

from rete_engine.cli import version
from rete_engine.cli.rule_verbs import (
    PASSED_ON,
    bench_command,
    check_command,
    explain_command,
    fmt_command,
    graph_command,
    profile_command,
    run_command,
)
from rete_engine.cli.service_verbs import mcp_command, serve_command

app = typer.Typer(
    name="rete",
    help="A forward-chaining rule engine: rules in a readable language on a Rete network.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
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


app.command("run")(run_command)
app.command("profile")(profile_command)
app.command("explain")(explain_command)
app.command("check")(check_command)
app.command("fmt")(fmt_command)
app.command("serve")(serve_command)
app.command("graph")(graph_command)
app.command("bench", context_settings=PASSED_ON, add_help_option=False)(bench_command)
app.command("mcp")(mcp_command)
