"""What the tools of the MCP server do, as plain functions; `mcp_server.py` offers them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rete_engine.diagnostics.errors import SecurityError
from rete_engine.expressions.frame import Limits
from rete_engine.services.catalog import Catalog
from rete_engine.services.execution import Bounds, execute
from rete_engine.services.faults import Code, Fault, Finding, told
from rete_engine.services.mcp_described import summary, whole
from rete_engine.session.jsonable import jsonable
from rete_engine.session.safe import Expression, ExpressionError
from rete_engine.session.session import Session

#: So many facts are explained at once.
EXPLAINED = 5

#: So many firings end a run, so that rules that fire for ever are told from slow ones.
FIRINGS = 10_000


@dataclass(frozen=True)
class Tools:
    r"""The tools over a catalogue of rule sets.

    Attributes:
        catalog: The rule sets.
        bounds: What one execution may cost.

    Example:
        >>> tools = Tools(Catalog())
        >>> tools.validate_rules('rule "r"\nwhen\nthen\n    emt 1\nend', "rete")["valid"]
        False
    """

    catalog: Catalog
    bounds: Bounds = field(default_factory=lambda: Bounds(facts=10_000))

    def validate_rules(self, text: str, format: str) -> dict[str, Any]:
        """Whether a text is a rule set, and what is wrong or odd about it."""
        try:
            entry = self.catalog.compile("rules", text, format)
        except Fault as fault:
            if fault.code is not Code.WRONG_RULES:
                raise
            return {"valid": False, "report": report(fault), "diagnostics": _all_told(fault)}
        described = whole(entry)
        return {
            "valid": True,
            "rules": [rule.name for rule in entry.rules.rules],
            "templates": described["templates"],
            "diagnostics": described["warnings"],
        }

    def register_rule_set(self, name: str, text: str, format: str, replace: bool) -> dict[str, Any]:
        """Keep a rule set under a name."""
        if not replace and any(entry.name == name for entry in self.catalog.entries()):
            raise Fault(
                Code.WRONG_REQUEST,
                f"there is a rule set '{name}' already; replace=true puts this one in its place",
            )
        entry, is_new = self.catalog.register(name, text, format, replace=replace)
        return {"registered": "new" if is_new else "replaced", **whole(entry)}

    def execute_rules(
        self,
        name: str,
        facts: object,
        params: Mapping[str, object] | None,
        show: Sequence[str],
        limit: int,
    ) -> dict[str, Any]:
        """Run a rule set over facts."""
        entry = self.catalog.get(name)
        single = entry.single_facts is not None
        done = execute(
            entry,
            facts,
            params=params,
            limit=None if single else limit,
            bounds=self.bounds,
            count=not single,
            show=show,
        )
        answer = done.as_dict()
        if not single:
            answer["fired"] = dict(done.fired)
        if done.loop is not None:
            answer["loop"] = done.loop
        if show:
            answer["facts"] = dict(done.facts)
        return answer

    def explain(
        self,
        name: str,
        facts: object,
        fact: Mapping[str, object],
        params: Mapping[str, object] | None,
        limit: int,
    ) -> dict[str, Any]:
        """Run a rule set over facts, and tell where some of the facts come from."""
        fields = dict(fact)
        template = fields.pop("type", None)
        if not isinstance(template, str):
            raise Fault(Code.WRONG_REQUEST, "fact: its template is given as 'type'")

        def look(session: Session) -> dict[str, Any]:
            found = session.facts(template, **fields)
            if not found:
                there = len(session.facts(template))
                raise Fault(
                    Code.NOT_FOUND, f"no fact fits; after the run there are {there} of {template}"
                )
            told = [session.why(each) for each in found[:EXPLAINED]]
            return {
                "found": len(found),
                "explanations": [{**why.as_dict(), "text": str(why)} for why in told],
            }

        return self._looked(name, facts, params, limit, look)

    def why_not(
        self,
        name: str,
        facts: object,
        rule: str,
        params: Mapping[str, object] | None,
        limit: int,
    ) -> dict[str, Any]:
        """Run a rule set over facts, and tell why a rule does not fire."""

        def look(session: Session) -> dict[str, Any]:
            told = session.why_not(rule)
            return {**told.as_dict(), "text": str(told)}

        return self._looked(name, facts, params, limit, look)

    def _looked(
        self,
        name: str,
        facts: object,
        params: Mapping[str, object] | None,
        limit: int,
        look: Callable[[Session], dict[str, Any]],
    ) -> dict[str, Any]:
        """What a look at the session of an execution gives."""
        entry = self.catalog.get(name)
        if entry.single_facts is not None:
            raise Fault(Code.WRONG_REQUEST, "rules over one fact keep no facts to explain")
        found: dict[str, Any] = {}

        def at_end(session: Session) -> None:
            found.update(look(session))

        execute(entry, facts, params=params, limit=limit, bounds=self.bounds, at_end=at_end)
        return found

    def list_rule_sets(self) -> dict[str, Any]:
        """All rule sets, in short."""
        return {"rule_sets": [summary(entry) for entry in self.catalog.entries()]}

    def get_rule_set(self, name: str) -> dict[str, Any]:
        """A rule set with its text."""
        entry = self.catalog.get(name)
        return {**whole(entry), "text": entry.text}

    def deregister_rule_set(self, name: str) -> dict[str, Any]:
        """Forget a rule set."""
        self.catalog.deregister(name)
        return {"deregistered": name}

    def check_expression(
        self, expression: str, values: Mapping[str, object] | None
    ) -> dict[str, Any]:
        """Whether a text is an expression, which names it reads, and what it is over values."""
        limits = Limits(steps=self.bounds.steps, value=self.bounds.value)
        try:
            # With values given, an unknown name is told at its place.
            known = None if values is None else list(values)
            read = Expression(expression, known, limits)
        except ExpressionError as error:
            found = [told(each) for each in error.diagnostics]
            return {"valid": False, "report": str(error), "diagnostics": found}
        if values is None:
            return {"valid": True, "names": list(read.names)}
        answer = {"valid": True, "names": list(Expression(expression).names)}
        try:
            return {**answer, "value": jsonable(read(*values.values()))}
        except ExpressionError as error:
            raise Fault(Code.FAILED, str(error)) from error
        except SecurityError as error:
            raise Fault(Code.OVER_LIMIT, str(error)) from error


def report(fault: Fault) -> str:
    """What is wrong, for a reader: with the lines that are meant, and with hints."""
    shown = [str(each) for each in fault.diagnostics if not isinstance(each, Finding)]
    return "\n\n".join([fault.message, *shown])


def _all_told(fault: Fault) -> list[dict[str, object]]:
    return [told(each) for each in fault.diagnostics]
