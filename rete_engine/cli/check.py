"""`rete check`: all that is wrong with rule files, without running them."""

from __future__ import annotations

from collections.abc import Sequence

from rete_engine import RuleSet
from rete_engine.cli.codes import ExitCode
from rete_engine.cli.faults import Stop
from rete_engine.cli.screen import Screen
from rete_engine.diagnostics.diagnostic import Diagnostic
from rete_engine.diagnostics.errors import RuleSyntaxError, RuleValidationError


def check(files: Sequence[str], strict: bool, together: bool, screen: Screen) -> None:
    """Tell every diagnostic of the files, and how many there are.

    Args:
        files: Rule files and folders of them.
        strict: Let warnings count like errors.
        together: Take all files as one rule set, as `rete run` does, not each as its own.
        screen: Where to tell them.

    Raises:
        Stop: There are errors (or warnings, if strict).
    """
    groups = [list(files)] if together else [[file] for file in files]
    told: dict[str, Diagnostic] = {}
    for group in groups:
        for diagnostic in _diagnostics(group):
            # A file that two others import says the same twice.
            if str(diagnostic) not in told:
                told[str(diagnostic)] = diagnostic
                screen.diagnostic(diagnostic)
    warnings = sum(diagnostic.severity == "warning" for diagnostic in told.values())
    errors = len(told) - warnings
    found = [_counted(n, word) for n, word in ((errors, "error"), (warnings, "warning")) if n]
    screen.print(f"{_counted(len(files), 'file')}: {', '.join(found) or 'no problems'}")
    if errors or (strict and warnings):
        raise Stop(ExitCode.WRONG_INPUT)


def _diagnostics(files: Sequence[str]) -> Sequence[Diagnostic]:
    try:
        return RuleSet.load(*files).diagnostics
    except (RuleSyntaxError, RuleValidationError) as error:
        return error.diagnostics


def _counted(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"
