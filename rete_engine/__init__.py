"""rete_engine: a forward-chaining rule engine on a Rete network.

Rules are read by `RuleSet`, facts live in a `Session`; everything a program needs for them is
importable from here. Further interfaces stand in subpackages: `rete_engine.cli`,
`rete_engine.store`.

A name is imported when it is first asked for, so `import rete_engine` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module

from rete_engine._version import __version__

# As `typing` has it, which is not imported for this alone: it would take most of the time.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from rete_engine._compiled import compiled
    from rete_engine.diagnostics.diagnostic import Diagnostic
    from rete_engine.diagnostics.errors import (
        FactError,
        KeyInUseError,
        RuleEngineError,
        RuleExecutionError,
        RuleSyntaxError,
        RuleValidationError,
        SecurityError,
        SessionError,
    )
    from rete_engine.expressions.frame import Limits
    from rete_engine.session.accumulators import Accumulator
    from rete_engine.session.classes import Template
    from rete_engine.session.current_firing import CurrentFiring
    from rete_engine.session.derivations import Why
    from rete_engine.session.explanations import RuleMatches, WhyNot
    from rete_engine.session.fact import Fact, PastFact
    from rete_engine.session.python_rules import PythonRule, rule
    from rete_engine.session.queries import LiveQuery, Match
    from rete_engine.session.results import Firing, Loop, Waiting
    from rete_engine.session.ruleset import RuleSet
    from rete_engine.session.run_result import RunResult
    from rete_engine.session.safe import safe_eval, validate_expression
    from rete_engine.session.session import Session

__all__ = [
    "Accumulator",
    "CurrentFiring",
    "Diagnostic",
    "Fact",
    "FactError",
    "Firing",
    "KeyInUseError",
    "Limits",
    "LiveQuery",
    "Loop",
    "Match",
    "PastFact",
    "PythonRule",
    "RuleEngineError",
    "RuleExecutionError",
    "RuleMatches",
    "RuleSet",
    "RuleSyntaxError",
    "RuleValidationError",
    "RunResult",
    "SecurityError",
    "Session",
    "SessionError",
    "Template",
    "Waiting",
    "Why",
    "WhyNot",
    "__version__",
    "compiled",
    "rule",
    "safe_eval",
    "validate_expression",
]

#: The public names, and the modules that hold them. What a type checker reads says the same.
_MODULES = {
    "Accumulator": "rete_engine.session.accumulators",
    "CurrentFiring": "rete_engine.session.current_firing",
    "Diagnostic": "rete_engine.diagnostics.diagnostic",
    "Fact": "rete_engine.session.fact",
    "FactError": "rete_engine.diagnostics.errors",
    "Firing": "rete_engine.session.results",
    "KeyInUseError": "rete_engine.diagnostics.errors",
    "Limits": "rete_engine.expressions.frame",
    "LiveQuery": "rete_engine.session.queries",
    "Loop": "rete_engine.session.results",
    "Match": "rete_engine.session.queries",
    "PastFact": "rete_engine.session.fact",
    "PythonRule": "rete_engine.session.python_rules",
    "RuleEngineError": "rete_engine.diagnostics.errors",
    "RuleExecutionError": "rete_engine.diagnostics.errors",
    "RuleMatches": "rete_engine.session.explanations",
    "RuleSet": "rete_engine.session.ruleset",
    "RuleSyntaxError": "rete_engine.diagnostics.errors",
    "RuleValidationError": "rete_engine.diagnostics.errors",
    "RunResult": "rete_engine.session.run_result",
    "SecurityError": "rete_engine.diagnostics.errors",
    "Session": "rete_engine.session.session",
    "SessionError": "rete_engine.diagnostics.errors",
    "Template": "rete_engine.session.classes",
    "Waiting": "rete_engine.session.results",
    "Why": "rete_engine.session.derivations",
    "WhyNot": "rete_engine.session.explanations",
    "compiled": "rete_engine._compiled",
    "rule": "rete_engine.session.python_rules",
    "safe_eval": "rete_engine.session.safe",
    "validate_expression": "rete_engine.session.safe",
}


def __getattr__(name: str) -> object:
    """Import a public name; from then on it is an attribute like any other."""
    module = _MODULES.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(module), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
