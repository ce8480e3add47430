"""Loads facts for the tests of this folder."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Any

from rete_engine import RuleSet
from rete_engine.store import load_facts, parse_address

TEMPLATES = """
template Customer key(id)
    id: str
    tier: str = "basic"
end

template Order key(id)
    id: int
    customer: Customer? = none
    total: float = 0.0
    day: date? = none
end

template OrderLine
    order: Order
    sku: str
    qty: int
end

template Kinds
    text: str = ""
    flag: bool = false
    exact: decimal = decimal("0")
    when: datetime? = none
    wait: duration? = none
    days: list[date] = []
    tags: set[str] = set()
    many: list = []
    maybe: int?
end

template Event
    type: str
    number: int
end

open template Package
    name: str
    dev_dependencies: dict = {}
end
"""


@dataclass
class Outcome:
    """What a load gave."""

    facts: list[tuple[str, dict[str, Any]]]  # template and fields, in order
    loaded: dict[str, int]
    notices: list[str] = field(default_factory=list)
    progress: list[int] = field(default_factory=list)

    def of(self, template: str) -> list[dict[str, Any]]:
        return [fields for name, fields in self.facts if name == template]


def load(
    *texts: str, stdin: bytes = b"", strict: bool = False, templates: str = TEMPLATES
) -> Outcome:
    """Load what the texts after `--facts` say."""
    rules = RuleSet.parse(templates)
    with rules.session() as session:
        outcome = Outcome([], {})
        loaded = load_facts(
            session,
            rules.templates,
            [parse_address(text, rules.templates) for text in texts],
            stdin=io.BytesIO(stdin),
            strict=strict,
            notice=outcome.notices.append,
            progress=outcome.progress.append,
        )
        outcome.loaded = dict(loaded.facts)
        assert loaded.total == sum(loaded.facts.values())
        assert loaded.notices == len(outcome.notices)
        for fact in session.facts():
            outcome.facts.append((fact.template, fact.as_dict()))
        return outcome
