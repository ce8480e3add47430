"""rete_engine: a forward-chaining rule engine on a Rete network.

Rules are read by `RuleSet`, facts live in a `Session`; everything a program needs for them is
importable from here. Further interfaces stand in subpackages: `rete_engine.cli`,
`rete_engine.store`.
"""

from __future__ import annotations

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
from rete_engine.session.explanations import RuleMatches, WhyNot
from rete_engine.session.fact import Fact
from rete_engine.session.python_rules import PythonRule, rule
from rete_engine.session.queries import LiveQuery, Match
from rete_engine.session.results import Firing, Loop, RunResult, Waiting
from rete_engine.session.ruleset import RuleSet
from rete_engine.session.safe import safe_eval, validate_expression
from rete_engine.session.session import Session

__version__ = "0.1.0"

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
    "WhyNot",
    "__version__",
    "compiled",
    "rule",
    "safe_eval",
    "validate_expression",
]
