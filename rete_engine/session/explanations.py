"""What `matches` and `why_not` answer with: conditions, and what reaches and passes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from rete_engine.session.drawing import Drawing, bound, listed, shown_value
from rete_engine.session.fact import Fact
from rete_engine.session.jsonable import jsonable

#: Why a rule does not fire, or that it does or did.
Status = Literal[
    "unmatched", "waiting", "unfocused", "disabled", "ineffective", "fired", "spent", "unknown"
]


@dataclass(frozen=True)
class PartialMatch:
    """A match of the conditions up to one of them.

    Attributes:
        bindings: The variables bound so far, by name.
        facts: The matched facts, in the order in which the patterns are written.
    """

    bindings: Mapping[str, Any]
    facts: tuple[Fact, ...]

    def as_dict(self) -> dict[str, Any]:
        """Everything as JSON knows it."""
        return {"bindings": _values(self.bindings), "facts": [jsonable(f) for f in self.facts]}

    def __str__(self) -> str:
        return bound(self.bindings, self.facts)


@dataclass(frozen=True)
class ConditionMatches:
    """A condition of a rule, and what reaches it.

    Attributes:
        number: Its place among the conditions of its alternative, from 1.
        alternative: Which combination of the rule's alternatives (`or`) it is of, from 1.
        text: The condition as written, in one line.
        file: The file in which it stands: for a condition of a query, that of the query.
        line: Its line.
        template: For a pattern, its template.
        facts: For a pattern, how many facts of the template there are.
        reached: How many matches of the conditions before it there are.
        matches: How many there are with it.
        partial: The first of these.
        errors: What it raised; a condition that raises does not hold.
        complete: Whether all was counted: looking takes a bounded number of comparisons.
    """

    number: int
    alternative: int
    text: str
    file: str
    line: int
    template: str | None
    facts: int | None
    reached: int
    matches: int
    partial: tuple[PartialMatch, ...]
    errors: tuple[str, ...]
    complete: bool

    def as_dict(self) -> dict[str, Any]:
        """Everything as JSON knows it."""
        return {
            "number": self.number,
            "alternative": self.alternative,
            "text": self.text,
            "file": self.file,
            "line": self.line,
            "template": self.template,
            "facts": self.facts,
            "reached": self.reached,
            "matches": self.matches,
            "partial": [partial.as_dict() for partial in self.partial],
            "errors": list(self.errors),
            "complete": self.complete,
        }

    @property
    def counts(self) -> str:
        """The numbers in words."""
        least = "" if self.complete else "at least "
        if self.number == 1:
            found = least + counted(self.matches, "match")
        else:
            before = counted(self.reached, "match")
            found = f"{before} before it, {least}{self.matches} with it"
        return found if self.facts is None else f"{counted(self.facts, 'fact')}; {found}"

    def __str__(self) -> str:
        return f"{self.number}. {self.text}: {self.counts}"


@dataclass(frozen=True)
class RuleMatches:
    r"""The conditions of a rule in the written order, and the partial matches behind each.

    A rule with alternatives (`or`) is listed once for each combination of them. `str()` gives a
    text.

    Attributes:
        rule: The rule's name.
        file: The file in which it stands.
        line: Its line.
        conditions: The conditions.

    Example:
        >>> from rete_engine import RuleSet
        >>> rules = RuleSet.parse('''
        ... template Order
        ...     total: float
        ... end
        ... rule "large"
        ... when
        ...     o := Order(total > 100)
        ...     n := count(Order(total > o.total))
        ...     test n > 2
        ... then
        ...     emit o.total
        ... end
        ... ''')
        >>> session = rules.session()
        >>> _ = session.insert_many("Order", [{"total": 50}, {"total": 150}, {"total": 250}])
        >>> found = session.matches("large")
        >>> [(each.text, each.matches) for each in found.conditions][-1]
        ('test n > 2', 0)
        >>> found.conditions[1].partial[0].bindings["n"]
        1
    """

    rule: str
    file: str
    line: int
    conditions: tuple[ConditionMatches, ...]

    def as_dict(self) -> dict[str, Any]:
        """Everything as JSON knows it."""
        return {
            "rule": self.rule,
            "file": self.file,
            "line": self.line,
            "conditions": [condition.as_dict() for condition in self.conditions],
        }

    def to_mermaid(self) -> str:
        """A Mermaid flowchart: matches go from condition to condition."""
        return _chart(self.rule, self.conditions, []).text()

    def __str__(self) -> str:
        lines = [f"rule '{self.rule}' ({self.file}:{self.line})"]
        for condition in _with_alternatives(self.conditions, lines):
            lines.append(f"  {condition}")
            lines.extend(f"       {partial}" for partial in condition.partial)
            if len(condition.partial) < condition.matches:
                lines.append(f"       … and {condition.matches - len(condition.partial)} more")
            lines.extend(f"       error: {error}" for error in condition.errors)
        return "\n".join(lines)


@dataclass(frozen=True)
class Missed:
    """A constraint that does not hold.

    Attributes:
        constraint: As written.
        values: The values that it reads, by the text that reads them.
        error: What it raises, if it does.
    """

    constraint: str
    values: Mapping[str, Any]
    error: str | None

    def as_dict(self) -> dict[str, Any]:
        """Everything as JSON knows it."""
        values = _values(self.values)
        return {"constraint": self.constraint, "values": values, "error": self.error}

    def __str__(self) -> str:
        reasons = [f"{text} is {shown_value(value)}" for text, value in self.values.items()]
        if self.error is not None:
            reasons.append(f"it raises: {self.error}")
        return self.constraint + (f" ({', '.join(reasons)})" if reasons else "")


@dataclass(frozen=True)
class Nearest:
    """What came nearest to pass a condition, or what stands in its way.

    Attributes:
        blocks: Whether the facts are what a `not` does not want.
        facts: The facts looked at: of a pattern the one that it tried.
        bindings: What was bound before the condition.
        missed: The constraints that do not hold.
    """

    blocks: bool
    facts: tuple[Fact, ...]
    bindings: Mapping[str, Any]
    missed: tuple[Missed, ...]

    def as_dict(self) -> dict[str, Any]:
        """Everything as JSON knows it."""
        return {
            "blocks": self.blocks,
            "facts": [jsonable(fact) for fact in self.facts],
            "bindings": _values(self.bindings),
            "missed": [each.as_dict() for each in self.missed],
        }

    def __str__(self) -> str:
        facts = ", ".join(listed(fact) for fact in self.facts)
        if self.blocks:
            text = f"{facts or 'what it forbids'} is there"
        else:
            missed = ", ".join(str(each) for each in self.missed)
            text = f"{facts} fails {missed}" if facts else missed
        known = bound(self.bindings, ())
        return f"{text}, with {known}" if known else text


@dataclass(frozen=True)
class WhyNot:
    """Why a rule does not fire: which condition nothing passes, or what else keeps it.

    `str()` gives a text.

    Attributes:
        rule: The rule's name.
        file: The file in which it stands.
        line: Its line.
        status: `"unmatched"` (a condition is not met), `"waiting"` (it is on the agenda),
            `"unfocused"` (it waits in an agenda group without the focus), `"disabled"`,
            `"ineffective"` (today is outside of `effective`), `"fired"` (all its matches did, and a
            match fires once), `"spent"` (all its matches fired or were spent without firing), or
            `"unknown"` (there was too much to look at).
        reason: The same in a sentence.
        fired: How often the rule fired since the session was opened or reset.
        conditions: The conditions, as in `RuleMatches`.
        failing: The first condition that nothing passes; with alternatives, that of the one which
            got farthest. None if all are met.
        nearest: What came nearest to pass it, the best first.
    """

    rule: str
    file: str
    line: int
    status: Status
    reason: str
    fired: int
    conditions: tuple[ConditionMatches, ...]
    failing: ConditionMatches | None = None
    nearest: tuple[Nearest, ...] = field(default=())

    def as_dict(self) -> dict[str, Any]:
        """Everything as JSON knows it."""
        return {
            "rule": self.rule,
            "file": self.file,
            "line": self.line,
            "status": self.status,
            "reason": self.reason,
            "fired": self.fired,
            "conditions": [condition.as_dict() for condition in self.conditions],
            "failing": None if self.failing is None else self.failing.as_dict(),
            "nearest": [each.as_dict() for each in self.nearest],
        }

    def to_mermaid(self) -> str:
        """A Mermaid flowchart: the conditions, and what came nearest to pass the failing one."""
        chart = _chart(self.rule, self.conditions, [self.failing] if self.failing else [])
        for near in self.nearest:
            chart.aside(str(near), self.failing)
        return chart.text()

    def __str__(self) -> str:
        lines = [f"rule '{self.rule}' ({self.file}:{self.line}): {self.reason}"]
        for condition in _with_alternatives(self.conditions, lines):
            mark = ">" if condition is self.failing else " "
            lines.append(f"{mark} {condition}")
            lines.extend(f"       error: {error}" for error in condition.errors)
            if condition is self.failing:
                lines.extend(f"       nearest: {near}" for near in self.nearest if not near.blocks)
                lines.extend(f"       blocked: {near}" for near in self.nearest if near.blocks)
        return "\n".join(lines)


def counted(number: int, word: str) -> str:
    """A number with its word."""
    many = "es" if word.endswith("ch") else "s"
    return f"{number} {word}{'' if number == 1 else many}"


def _values(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: jsonable(value) for name, value in values.items()}


def _with_alternatives(
    conditions: Sequence[ConditionMatches], lines: list[str]
) -> Iterator[ConditionMatches]:
    """The conditions; before each alternative, where there are several, a line says so."""
    several = any(condition.alternative > 1 for condition in conditions)
    before = 0
    for condition in conditions:
        if several and condition.alternative != before:
            before = condition.alternative
            lines.append(f"  alternative {before}:")
        yield condition


def _chart(
    rule: str, conditions: Sequence[ConditionMatches], failing: list[ConditionMatches]
) -> Drawing:
    chart = Drawing()
    end = chart.box(rule, "rule")
    before: ConditionMatches | None = None
    for condition in conditions:
        kind = "failing" if condition in failing else "condition"
        chart.box(f"{condition.text}\n{condition.counts}", kind, condition)
        if before is not None and before.alternative == condition.alternative:
            chart.arrow(chart.name(before), chart.name(condition), str(before.matches))
        elif before is not None:
            chart.arrow(chart.name(before), end, str(before.matches))
        before = condition
    if before is not None:
        chart.arrow(chart.name(before), end, str(before.matches))
    return chart
