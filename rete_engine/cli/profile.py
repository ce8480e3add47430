"""`rete profile`: what each rule costs, how it is joined, and what its nodes hold."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

from rich import box
from rich.table import Table

from rete_engine import RuleSet, Session
from rete_engine.cli.functions import check_provided, functions_of
from rete_engine.cli.inputs import addresses_of, load, params_of, setting
from rete_engine.cli.plans import as_plain, lines_of
from rete_engine.cli.screen import Screen
from rete_engine.cli.ticker import Ticker
from rete_engine.session.census import Held, held


@dataclass(frozen=True, slots=True)
class ProfileOptions:
    """The options of `rete profile`, as given."""

    files: Sequence[str]
    facts: Sequence[str]
    settings: Sequence[str]  # param=value
    limit: int | None
    functions: str | None
    as_json: bool


class Profile:
    """What was counted, by rule."""

    def __init__(self) -> None:
        self.facts = 0
        self.loading = 0.0  # seconds
        self.firings: Counter[str] = Counter()
        self.changes: Counter[str] = Counter()  # of facts, by the rule's action
        # Of its firings, with the matching that follows.
        self.seconds: dict[str, float] = defaultdict(float)

    def as_dict(self, rules: RuleSet, counted: Held) -> dict[str, object]:
        """All of it, for `--json`."""
        plans = rules.plans()
        return {
            "facts": self.facts,
            "loading_seconds": self.loading,
            "rules": [
                {
                    "rule": name,
                    "firings": self.firings[name],
                    "changes": self.changes[name],
                    "seconds": self.seconds[name],
                    "paths": [[step.text for step in path.steps] for path in plans[name]],
                    "plan": [as_plain(path, counted) for path in plans[name]],
                }
                for name in self.names(rules)
            ],
        }

    def names(self, rules: RuleSet) -> list[str]:
        """The rules, the one that took longest first; those that never fired as written."""
        return sorted([rule.name for rule in rules.rules], key=lambda name: -self.seconds[name])


def profile(options: ProfileOptions, screen: Screen) -> None:
    """Run the rules on the facts, firing by firing, and tell what each rule took.

    Raises:
        RuleEngineError: Rules, facts or parameters are wrong, or an action failed.
    """
    given = {} if options.functions is None else functions_of(options.functions)
    rules = RuleSet.load(*options.files, functions=given)
    for warning in rules.diagnostics:
        screen.diagnostic(warning)
    check_provided(rules, given, options.functions)
    addresses = addresses_of(options.facts, rules)
    settings = [setting(text) for text in options.settings]
    found = Profile()
    with rules.session(params=params_of(settings, rules), out=screen.error_line) as session:
        begin = perf_counter()
        load(session, rules, addresses, False, screen)
        found.loading = perf_counter() - begin
        found.facts = len(session.facts())
        with Ticker(screen, lambda: f"running: {found.firings.total():,} firings"):
            _fire(session, found, options.limit)
        counted = held(session)
    if options.as_json:
        screen.print(json.dumps(found.as_dict(rules, counted), indent=2, ensure_ascii=False))
    else:
        _show(found, rules, counted, screen)


def _fire(session: Session, found: Profile, limit: int | None) -> None:
    """Fire one rule after another, and take the time of each."""
    changes = 0

    def changed(*_: object) -> None:
        nonlocal changes
        changes += 1

    for event in ("insert", "modify", "retract"):
        session.on(event, changed)
    while limit is None or found.firings.total() < limit:
        begin, before = perf_counter(), changes
        firing = session.step()
        if firing is None:
            return
        found.seconds[firing.rule] += perf_counter() - begin
        found.firings[firing.rule] += 1
        found.changes[firing.rule] += changes - before


def _show(found: Profile, rules: RuleSet, counted: Held, screen: Screen) -> None:
    table = Table(box=box.SIMPLE)
    for name in ("rule", "firings", "changes", "seconds", "%", "µs a firing"):
        table.add_column(name, justify="left" if name == "rule" else "right")
    total = sum(found.seconds.values()) or 1.0
    for name in found.names(rules):
        seconds, fired = found.seconds[name], found.firings[name]
        each = f"{1e6 * seconds / fired:.1f}" if fired else ""
        share = f"{100 * seconds / total:.1f}"
        cells = (f"{fired:,}", f"{found.changes[name]:,}", f"{seconds:.4f}", share, each)
        table.add_row(name, *cells)
    screen.print(f"{found.facts:,} facts loaded and matched in {found.loading:.4f} s")
    screen.render(table)
    screen.print("How the conditions are joined, why, and what is held at the end:")
    plans = rules.plans()
    for name in found.names(rules):
        for line in lines_of(name, plans[name], counted):
            screen.print(line)
