"""The verbs of `rete` that serve rule sets: their options."""

from __future__ import annotations

from typing import Annotated

import typer

from rete_engine.cli.faults import reported
from rete_engine.cli.options import (
    Debug,
    MostParts,
    MostRuleSets,
    MostText,
    RuleSetFiles,
    RunTimeout,
    functions_option,
)
from rete_engine.cli.screen import Screen

# The engine is imported when a verb runs: `rete --help` needs none of it.


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
    max_text: MostText = 500_000,
    max_parts: MostParts = 20_000,
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
                max_text=max_text,
                max_parts=max_parts,
                max_facts=max_facts,
                max_rulesets=max_rulesets,
                max_sessions=max_sessions,
                idle=idle,
            ),
            screen,
        )


def mcp_command(
    files: RuleSetFiles = None,
    functions: Annotated[
        str | None, functions_option("the rules, also those that a model writes,")
    ] = None,
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Offer no tools that change the rule sets.")
    ] = False,
    timeout: RunTimeout = 10,
    max_text: MostText = 200_000,
    max_parts: MostParts = 20_000,
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
                max_parts=max_parts,
                max_facts=max_facts,
                max_rulesets=max_rulesets,
            ),
            screen,
        )
