"""The command line `rete` (extra `cli`).

`app` lists the verbs; `rule_verbs` and `service_verbs` declare their options, with those in
`options` that several have. What a verb does is a module with a function. What they share:
`screen` (what is written where), `faults` (errors and exit codes), `ticker` (progress).
"""

from __future__ import annotations

import sys

from rete_engine.cli.codes import ExitCode


def main() -> None:
    """Run the command line with the arguments of the process, and exit with its code."""
    if sys.argv[1:] == ["--version"]:  # needs nothing, so it waits for nothing
        print(version())
        return
    try:
        import rich  # noqa: F401 - used late, but told of at once if it is missing

        from rete_engine.cli.app import app
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in ("typer", "rich"):
            raise
        print("the command line needs: pip install 'rete-engine[cli]'", file=sys.stderr)
        sys.exit(ExitCode.WRONG_INPUT)
    except KeyboardInterrupt:
        sys.exit(ExitCode.INTERRUPTED)
    app(prog_name="rete")


def version() -> str:
    """The version, and whether the core is compiled, in a line."""
    from rete_engine import __version__, compiled

    return f"rete-engine {__version__} ({'compiled' if compiled() else 'pure Python'} core)"
