"""Short words for the tests of what rules mean."""

from __future__ import annotations

from typing import Any

from rete_engine import Fact, RuleSet, Session


def opened(text: str, **options: Any) -> Session:
    """A session over a rule text; of options, `functions` too."""
    return RuleSet.parse(text).session(**options)


def fired(session: Session, limit: int = 100) -> list[str]:
    """Run, and tell which rules fired, with the values that they bound; facts by number."""
    result = session.run(limit=limit, trace=True)
    return [shown(firing.rule, firing.bindings) for firing in result.firings]


def waiting(session: Session) -> list[str]:
    """What would fire, told in the same way."""
    return [shown(entry.rule, entry.bindings) for entry in session.agenda(limit=None)]


def shown(rule: str, bindings: Any) -> str:
    values = [str(v.fact_id) if isinstance(v, Fact) else repr(v) for v in bindings.values()]
    return " ".join([rule, *values])


def outputs(session: Session, limit: int = 100) -> list[Any]:
    """Run, and tell what was emitted."""
    return session.run(limit=limit).outputs
