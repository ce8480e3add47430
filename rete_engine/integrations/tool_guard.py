"""Rules that decide about tool calls: allow, deny, or ask a human.

Nothing here needs an agent framework; `rete_engine.integrations.langgraph` builds on it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from rete_engine import Fact, FactError, Firing, Limits, RuleSet
from rete_engine.integrations.intake import facts_of, insert_fact, require_end, rules_of
from rete_engine.session.safe import plain

Verdict = Literal["allow", "ask", "deny"]

#: From the mildest to the strictest: where rules differ, the strictest holds.
VERDICTS: tuple[Verdict, ...] = ("allow", "ask", "deny")

_logger = logging.getLogger("rete_engine.tool_guard")


@dataclass
class ToolCall:
    """The template of the call to decide about.

    Attributes:
        name: The tool's name.
        args: Its arguments, by name.
        id: What the framework calls this call; may be empty.
    """

    name: str
    args: dict[str, Any] = field(default_factory=dict)
    id: str = ""


@dataclass
class Allow:
    """The template of a decision: the call may be made."""

    reason: str = ""


@dataclass
class Ask:
    """The template of a decision: a human is asked first."""

    reason: str = ""


@dataclass
class Deny:
    """The template of a decision: the call is not made."""

    reason: str = ""


#: The templates of a policy. A rule file may also declare them itself, with the same fields.
TEMPLATES: tuple[type, ...] = (ToolCall, Allow, Ask, Deny)

_MADE_BY: dict[Verdict, str] = {"allow": "Allow", "ask": "Ask", "deny": "Deny"}


@dataclass(frozen=True)
class Decision:
    """What is decided about a tool call.

    Attributes:
        verdict: `"allow"`, `"ask"` or `"deny"`.
        reason: Why, for whoever made the call and for the log.
        rule: The rule that decided; None when no rule did, or the rules failed.
        error: What failed, if the rules did.
    """

    verdict: Verdict
    reason: str
    rule: str | None = None
    error: str | None = None

    @property
    def allowed(self) -> bool:
        """Whether the call may be made without asking."""
        return self.verdict == "allow"

    def as_dict(self) -> dict[str, str | None]:
        """The decision as plain values."""
        return asdict(self)


class ToolGuard:
    """Decides about tool calls by rules. It fails closed, and may be shared by threads.

    Rules see a `ToolCall`, and insert `Allow`, `Ask` or `Deny`. All of them are asked; the
    strictest decision that is a fact in the end holds.

    Args:
        rules: A rule file, or a rule set that has the templates `ToolCall`, `Allow`, `Ask` and
            `Deny` (`RuleSet.parse(text, templates=TEMPLATES)`).
        default: The verdict where no rule decides.
        on_failure: The verdict where the rules fail, do not end, or are over a limit; a rule
            that denied before stays with it.
        params: Values for parameters of the rules.
        functions: Functions for what the rules declare as `external function`.
        limit: The most firings for one decision.
        timeout: Seconds after which no further rule fires.
        limits: Bounds on what the rules compute.

    Raises:
        RuleEngineError: The rules are wrong, lack a template, or cannot be opened.

    Example:
        >>> from rete_engine import RuleSet
        >>> policy = RuleSet.parse(
        ...     '''
        ... rule "reading is harmless"
        ... when
        ...     ToolCall(name in ("search", "read_file"))
        ... then
        ...     insert Allow()
        ... end
        ... rule "secrets stay secret"
        ... when
        ...     ToolCall(name == "read_file", args.get("path", "").startswith("/secrets"))
        ... then
        ...     insert Deny(reason = "secrets are not for agents")
        ... end
        ... ''',
        ...     templates=TEMPLATES,
        ... )
        >>> guard = ToolGuard(policy)
        >>> guard.decide("search", {"query": "rete"}).verdict
        'allow'
        >>> decision = guard.decide("read_file", {"path": "/secrets/key"})
        >>> decision.verdict, decision.rule
        ('deny', 'secrets stay secret')
        >>> guard.decide("delete_file").reason
        "no rule decides about 'delete_file'"
    """

    def __init__(
        self,
        rules: RuleSet | str | Path,
        *,
        default: Verdict = "deny",
        on_failure: Verdict = "deny",
        params: Mapping[str, object] | None = None,
        functions: Mapping[str, Callable[..., object]] | None = None,
        limit: int = 10_000,
        timeout: float = 5.0,
        limits: Limits | None = None,
    ) -> None:
        for name, verdict in (("default", default), ("on_failure", on_failure)):
            if verdict not in VERDICTS:
                raise ValueError(f"{name} is one of {', '.join(VERDICTS)}, not {verdict!r}")
        self.rules = rules_of(rules, TEMPLATES)
        self.default = default
        self.on_failure = on_failure
        self._limit = limit
        self._timeout = timeout
        self._options: dict[str, Any] = {"params": params, "functions": functions, "limits": limits}
        _require_templates(self.rules)
        self.rules.session(**self._options).close()  # so that what is missing is told now

    def decide(
        self,
        name: str,
        args: Mapping[str, object] | None = None,
        *,
        id: str = "",
        facts: Mapping[str, object] | Iterable[object] = (),
    ) -> Decision:
        """Decide about a call. It never raises for what rules, arguments or facts do.

        Args:
            name: The tool's name.
            args: Its arguments, by name.
            id: What the framework calls this call.
            facts: What else the rules may know: a dict of templates to a dict of fields or a
                list of them, or an iterable of `(template, fields)` pairs and of objects of
                classes that are templates.
        """
        found: dict[Fact, str | None] = {}
        try:
            decision = self._decided(name, args, id, facts, found)
        except Exception as error:  # whatever it is: a guard that breaks must not let pass
            decision = self._failed(name, error, found)
        _logger.info("%s %s: %s", decision.verdict, name, decision.reason)
        return decision

    def _decided(
        self,
        name: str,
        args: Mapping[str, object] | None,
        id: str,
        facts: Mapping[str, object] | Iterable[object],
        found: dict[Fact, str | None],
    ) -> Decision:
        if isinstance(facts, Mapping):
            facts = [each for key, value in facts.items() for each in facts_of(key, value)]
        with self.rules.session(**self._options) as session:
            unclaimed: list[Fact] = []

            def fired(firing: Firing) -> None:
                found.update((fact, firing.rule) for fact in unclaimed)
                unclaimed.clear()

            # An action's facts come before the firing is told.
            session.on("insert", unclaimed.append)
            session.on("fire", fired)
            if args is not None and not isinstance(args, Mapping):
                raise TypeError(f"args is a mapping of names to values, not {args!r}")
            session.insert("ToolCall", name=name, args=plain(dict(args or {})), id=id)
            for given in facts:
                insert_fact(session, given)
            unclaimed.clear()
            require_end(self.rules, session.run(self._limit, self._timeout))
            for verdict in reversed(VERDICTS):
                for fact in session.facts(_MADE_BY[verdict]):
                    return _decision(verdict, fact, found.get(fact))
        return Decision(self.default, f"no rule decides about '{name}'")

    def _failed(self, name: str, error: Exception, found: dict[Fact, str | None]) -> Decision:
        _logger.error("the rules of '%s' failed for %s", self.rules.name, name, exc_info=error)
        told = str(error) or type(error).__name__
        for fact, rule in found.items():
            if Fact.template.__get__(fact) == "Deny":
                made = _decision("deny", fact, rule)
                return Decision("deny", made.reason, rule, told)
        reason = f"the rules about '{name}' failed: {told.splitlines()[0]}"
        return Decision(self.on_failure, reason, None, told)


def _decision(verdict: Verdict, fact: Fact, rule: str | None) -> Decision:
    reason = fact["reason"] or (f"rule '{rule}'" if rule else "a fact of the rule set")
    return Decision(verdict, reason, rule)


def _require_templates(rules: RuleSet) -> None:
    """Refuse rules that could not decide.

    Raises:
        FactError: A template is missing, or lacks a field.
    """
    wanted = {
        "ToolCall": ("name", "args", "id"),
        **dict.fromkeys(_MADE_BY.values(), ("reason",)),
    }
    for name, fields in wanted.items():
        info = rules.templates.get(name)
        known = {f.name for f in info.fields} if info else set()
        missing = [f for f in fields if f not in known]
        if missing:
            what = (
                f"no template '{name}'" if info is None else f"no field '{missing[0]}' in '{name}'"
            )
            raise FactError(
                f"the rule set '{rules.name}' has {what}: read it with"
                " templates=rete_engine.integrations.tool_guard.TEMPLATES, or give ToolGuard the"
                " path of the file"
            )
