"""From exceptions to messages and exit codes, in one place for all verbs."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from rete_engine.cli.codes import ExitCode
from rete_engine.cli.screen import ReaderGone, Screen
from rete_engine.diagnostics.errors import (
    RuleEngineError,
    RuleExecutionError,
    RuleSyntaxError,
    RuleValidationError,
)


class WrongInput(Exception):  # noqa: N818 - not of the engine's errors
    """Something given on the command line cannot be used: a module, a parameter, a program."""


class Stop(Exception):  # noqa: N818 - not an error
    """The verb ends with a code; what there is to say has been said."""

    def __init__(self, code: ExitCode) -> None:
        self.code = code
        super().__init__(code)


@contextmanager
def reported(screen: Screen, debug: bool = False) -> Iterator[None]:
    """Tell what goes wrong inside and exit with the code for it.

    Args:
        screen: Where to tell it.
        debug: Show tracebacks.

    Raises:
        typer.Exit: With the code; also when nothing went wrong.
    """
    code = ExitCode.DONE
    try:
        try:
            yield
        except Stop as stop:
            code = stop.code
        screen.flush()
    except (typer.Exit, typer.BadParameter):
        raise
    except KeyboardInterrupt:
        code = interrupted(screen)
    except ReaderGone:
        screen.abandon()
        code = ExitCode.READER_GONE
    except Exception as error:  # the last place where anything can be said
        if debug:
            traceback.print_exception(error, file=sys.stderr)
        code = interrupted(screen) if was_interrupt(error) else told(screen, error, debug)
        if isinstance(error, OSError):
            screen.abandon()
    raise typer.Exit(code)


def interrupted(screen: Screen) -> ExitCode:
    """Tell that the user wanted an end."""
    screen.error("interrupted")
    return ExitCode.INTERRUPTED


def was_interrupt(error: Exception) -> bool:
    """Whether an error is made of an interrupt.

    Python 3.11 wraps what is raised while a class is made, also an interrupt that comes while a
    verb imports what it needs.
    """
    return isinstance(error.__cause__, KeyboardInterrupt)


def told(screen: Screen, error: Exception, debug: bool) -> ExitCode:
    """Tell an error; answers with the exit code for it."""
    match error:
        case RuleSyntaxError() | RuleValidationError():
            for diagnostic in error.diagnostics:
                screen.diagnostic(diagnostic)
        case RuleExecutionError():
            tell_failure(screen, error)
            return ExitCode.FAILED
        case RuleEngineError() | WrongInput():
            screen.error(str(error))
        case OSError():
            where = f"{error.filename}: " if error.filename else "output: "
            screen.error(f"{where}{error.strerror or error}")
        case MemoryError():
            screen.error("out of memory: the files, or what the rules make of them, are too large")
        case _:
            screen.error(f"internal error: {type(error).__name__}: {error}")
            if not debug:
                screen.notice("this is a fault of rete_engine; --debug shows where it happened")
    return ExitCode.WRONG_INPUT


def tell_failure(screen: Screen, error: RuleExecutionError) -> None:
    """Tell of a failed action or condition, with the line of the rule file."""
    screen.error(str(error))
    try:
        lines = Path(error.file).read_text(encoding="utf-8-sig").split("\n")
        line = lines[error.line - 1]
    except (OSError, ValueError, IndexError):  # not from a file, or the file is another by now
        return
    words = line.strip()
    number = str(error.line)
    screen.error_line(f" {number} | {line.rstrip()}")
    lead = line[: len(line) - len(line.lstrip())]
    screen.error_line(f" {' ' * len(number)} | {lead}{'^' * len(words)}")
