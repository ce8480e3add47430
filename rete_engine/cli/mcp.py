"""`rete mcp`: rule sets as tools for language models, over standard input and output."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rete_engine.cli.codes import ExitCode
from rete_engine.cli.faults import Stop, WrongInput
from rete_engine.cli.functions import functions_of
from rete_engine.cli.screen import Screen
from rete_engine.services.catalog import Catalog
from rete_engine.services.execution import Bounds
from rete_engine.services.faults import Fault
from rete_engine.services.mcp_tools import Tools


@dataclass(frozen=True, slots=True)
class McpOptions:
    """The options of `rete mcp`, as given."""

    files: Sequence[str]
    functions: str | None
    read_only: bool
    timeout: float  # seconds
    max_text: int  # characters
    max_parts: int
    max_facts: int
    max_rulesets: int


def mcp(options: McpOptions, screen: Screen) -> None:
    """Serve until standard input ends.

    Raises:
        WrongInput: The extra is missing, a module cannot be used, or rule sets have one name.
        RuleEngineError: The rules are wrong.
        Stop: It was interrupted.
    """
    try:
        from rete_engine.services.mcp_server import create_server
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("mcp", "mcp_types"):
            raise
        raise WrongInput("rete mcp needs: pip install 'rete-engine[mcp]'") from error
    functions = {} if options.functions is None else functions_of(options.functions)
    catalog = Catalog(
        functions,
        most=options.max_rulesets,
        text=options.max_text,
        parts=options.max_parts,
        read_only=options.read_only,
    )
    try:
        if options.files:
            catalog.load(options.files)
    except Fault as fault:
        raise WrongInput(fault.message) from fault
    entries = catalog.entries()
    for entry in entries:
        for warning in entry.rules.diagnostics:
            screen.diagnostic(warning)
    server = create_server(
        Tools(catalog, Bounds(facts=options.max_facts, run_time=options.timeout))
    )
    sets = f"{len(entries)} rule set{'' if len(entries) == 1 else 's'}"
    screen.error_line(f"rete mcp: {sets}; waiting for a client on standard input")
    try:
        server.run()
    except KeyboardInterrupt:
        screen.error_line("stopped")
        raise Stop(ExitCode.INTERRUPTED) from None
