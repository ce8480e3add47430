"""What rules say of the agenda: groups, the focus, activation groups, the days they are for."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from rete_engine.diagnostics.diagnostic import did_you_mean
from rete_engine.diagnostics.source import Span
from rete_engine.expressions.values import Misfit, date_from
from rete_engine.model.declarations import RuleAttributes
from rete_engine.network.rules import MAIN, Period, RuleSpec

if TYPE_CHECKING:
    from rete_engine.compiler.declared import Reports


@dataclass
class Groups:
    """The agenda groups and activation groups of a rule set, numbered as they are met."""

    numbers: dict[str, int] = field(default_factory=lambda: {"main": MAIN})
    rivalries: dict[str, int] = field(default_factory=dict)  # activation groups
    members: dict[str, Span] = field(default_factory=dict)  # where a rule first says its group
    focused: dict[str, Span] = field(default_factory=dict)  # where an action first focuses one
    called: set[str] = field(default_factory=set)  # groups with a rule that has `auto_focus`

    def number(self, name: str) -> int:
        """The number of an agenda group."""
        return self.numbers.setdefault(name, len(self.numbers))

    def focus(self, name: str, span: Span, reports: Reports) -> int:
        """The number of a group that an action gives the focus."""
        if not name.strip():
            reports.error("RE0305", "a group's name cannot be empty", span, "name a group")
        self.focused.setdefault(name, span)
        return self.number(name)

    def read(self, given: RuleAttributes, spec: RuleSpec, reports: Reports) -> None:
        """Take over what a rule says of groups and of its period."""
        self._check_names(given, reports)
        name = given.group if given.group is not None else "main"
        spec.group = self.number(name)
        if given.group_span is not None:
            self.members.setdefault(name, given.group_span)
        if given.auto_focus is not None:
            spec.auto_focus = True
            self.called.add(name)
        if given.activation_group is not None:
            rivalry = self.rivalries.setdefault(given.activation_group, len(self.rivalries))
            spec.rivalry = rivalry
        spec.lock_on_active = given.lock_on_active is not None
        spec.plain = spec.group == MAIN and not spec.auto_focus and spec.rivalry < 0
        if given.effective is not None:
            spec.period = _period(given, given.effective, reports)

    def _check_names(self, given: RuleAttributes, reports: Reports) -> None:
        for what, name, span in (
            ("group", given.group, given.group_span),
            ("activation_group", given.activation_group, given.activation_group_span),
        ):
            if name is not None and span is not None and not name.strip():
                reports.error("RE0303", f"the name of '{what}' cannot be empty", span)

    def warn(self, reports: Reports) -> None:
        """Warn of groups that nothing focuses, and of those that hold no rule."""
        reached = {"main", *self.focused, *self.called}
        for name, span in self.members.items():
            if name not in reached:
                near = did_you_mean(name, [known for known in reached if known not in self.members])
                reports.warning(
                    "RE0520",
                    f"no rule gives the group '{name}' the focus",
                    span,
                    near
                    or f"write 'focus \"{name}\"' in an action or 'auto_focus' in one of its rules,"
                    f' or let the program call session.focus("{name}")',
                )
        for name, span in self.focused.items():
            if name not in self.members and name != "main":
                reports.warning(
                    "RE0521",
                    f"no rule is in the group '{name}'",
                    span,
                    did_you_mean(name, self.members),
                )


def _period(given: RuleAttributes, span: Span, reports: Reports) -> Period:
    """When a rule is effective; wrong days are reported."""
    if given.effective_from is None and given.effective_to is None:
        reports.error("RE0303", "'effective' needs a first or a last day", span)
    since = _day(given.effective_from, given.effective_from_span or span, reports)
    until = _day(given.effective_to, given.effective_to_span or span, reports)
    if since is not None and until is not None and until < since:
        reports.error(
            "RE0303", f"the period ends ({until}) before it begins ({since})", span,
            "the first day stands before 'to', the last one behind it",
        )  # fmt: skip
    return Period(since, until)


def _day(text: str | None, span: Span, reports: Reports) -> date | None:
    """A day as written, if one is."""
    if text is None:
        return None
    try:
        return date_from(text)
    except Misfit as misfit:
        hint = None
        if len(text) > 10 and text[10] in "T ":
            hint = "a rule is effective for whole days: leave the time out"
        reports.error("RE0303", str(misfit), span, hint)
        return None
