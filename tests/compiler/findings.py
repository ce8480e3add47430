"""What the compiler says of a text, in short."""

from __future__ import annotations

from textwrap import dedent

from rete_engine import Diagnostic, RuleSet, RuleSyntaxError, RuleValidationError

SHOP = """
template Customer key(id)
    id: str
    tier: str in ("basic", "gold") = "basic"
end

template Order key(id)
    id: int
    customer: str
    total: float
    status: str = "new"
    tags: list = []
end

template Hold
    order: int
end

open template Event
    kind: str
end

param vat: float = 0.2

function net(amount: float) -> float = amount / (1 + vat)
"""


def findings(text: str) -> tuple[Diagnostic, ...]:
    """Errors, or else warnings."""
    try:
        return RuleSet.parse(dedent(text)).diagnostics
    except (RuleSyntaxError, RuleValidationError) as error:
        return error.diagnostics


def rule(when: str, then: str = "halt", attributes: str = "") -> str:
    """A rule over the templates of `SHOP`, with its own text first: lines count from there."""
    parts = ['rule "r"', attributes, "when", dedent(when), "then", dedent(then), "end", SHOP]
    return "\n".join(part for part in parts if part)


def said(text: str) -> list[str]:
    """Code and message of each finding."""
    return [f"{found.code} {found.message}" for found in findings(text)]
