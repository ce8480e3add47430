"""What a run did: counted while it runs, shown when it is over."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from rich import box
from rich.table import Table
from rich.text import Text

from rete_engine.cli.screen import Screen
from rete_engine.diagnostics.errors import SecurityError
from rete_engine.expressions.values import EvaluationError, text
from rete_engine.session.fact import Fact, PastFact
from rete_engine.session.jsonable import jsonable

#: So many emitted values are shown in tables; a terminal is no place to read more.
MOST_SHOWN = 1_000
#: Emitted dicts of so many kinds get a table each; more are shown as a list.
_MOST_TABLES = 5
#: Characters of a value in a table, and in a line of the trace.
_LONGEST_CELL = 1_000
_LONGEST_TRACED = 100
_LARGEST_VALUE = 1_000_000

CHANGES = ("inserted", "modified", "retracted")


class Report:
    """What was fired, changed and emitted."""

    def __init__(self, name: str | None) -> None:
        self.name = name  # of the rule set
        self.rules: Counter[str] = Counter()  # firings of each rule
        self.changed: dict[str, Counter[str]] = {}  # by template, of each of CHANGES
        self.outputs: Sequence[object] | None = ()  # None where a failure has lost them
        self.trace: list[tuple[str, object]] = []  # rules and bindings as JSON, if asked for
        # Each query that was asked, with its answers by their variables.
        self.queries: list[tuple[str, list[dict[str, object]]]] = []
        self.stopped = ""  # as `Result.stopped` says, or "failed"
        self.errors: list[str] = []

    @property
    def fired(self) -> int:
        """All firings."""
        return self.rules.total()

    def change(self, template: str, kind: str) -> None:
        """Count a change; `kind` is one of CHANGES."""
        self.changed.setdefault(template, Counter())[kind] += 1

    def as_dict(self) -> dict[str, object]:
        """The report for `--output json`."""
        result = {**self.summary(), "outputs": jsonable(self.outputs)}
        if self.trace:
            result["trace"] = [_firing(rule, bindings) for rule, bindings in self.trace]
        if self.queries:
            result["queries"] = [
                {"query": query, "answers": jsonable(answers)} for query, answers in self.queries
            ]
        return result

    def summary(self) -> dict[str, object]:
        """The report without what was emitted."""
        return {
            "ruleset": self.name,
            "stopped": self.stopped,
            "fired": self.fired,
            "rules": dict(self.rules),
            "changed": {
                template: {kind: counts[kind] for kind in CHANGES}
                for template, counts in self.changed.items()
            },
            "errors": self.errors,
        }


def show_json(report: Report, screen: Screen) -> None:
    """One document."""
    screen.print(_line(report.as_dict(), unicode=screen.unicode_out, indent=2))


def show_ndjson(report: Report, screen: Screen) -> None:
    """A line for each firing (if traced) and emitted value, and the summary as the last line."""
    for rule, bindings in report.trace:
        screen.print(_line({"fire": _firing(rule, bindings)}, unicode=screen.unicode_out))
    for value in report.outputs or ():
        screen.print(_line({"emit": jsonable(value)}, unicode=screen.unicode_out))
    for query, answers in report.queries:
        for answer in answers:
            told = {"query": query, "answer": jsonable(answer)}
            screen.print(_line(told, unicode=screen.unicode_out))
    screen.print(_line({"done": report.summary()}, unicode=screen.unicode_out))


def show_tables(report: Report, screen: Screen) -> None:
    """Tables of what was fired, changed and emitted."""
    if report.rules:
        rows = [(rule, report.rules[rule]) for rule in report.rules]
        screen.render(_table(("rule", "fired"), rows))
    else:
        screen.print("no rule fired")
    if report.changed:
        changes = (
            (template, *(counts[kind] for kind in CHANGES))
            for template, counts in report.changed.items()
        )
        screen.render(_table(("template", *CHANGES), changes))
    if report.outputs:
        screen.render(*_emitted(report.outputs[:MOST_SHOWN]))
        left = len(report.outputs) - MOST_SHOWN
        if left > 0:
            screen.print(f"… and {left:,} more; --output ndjson writes all")
    for query, answers in report.queries:
        screen.print("")
        screen.print(f"{query}: {len(answers)} {'answer' if len(answers) == 1 else 'answers'}")
        if answers and answers[0]:
            shown = (tuple(answer.values()) for answer in answers[:MOST_SHOWN])
            screen.render(_table(tuple(answers[0]), shown))
            left = len(answers) - MOST_SHOWN
            if left > 0:
                screen.print(f"… and {left:,} more; --output ndjson writes all")


def traced(number: int, rule: str, bindings: Mapping[str, object]) -> str:
    """A firing as a line of text."""
    bound = "  ".join(f"{name}={_cell(value, _LONGEST_TRACED)}" for name, value in bindings.items())
    return f"{number:>6}  {rule}" + (f"  {bound}" if bound else "")


def _line(value: object, *, unicode: bool, indent: int | None = None) -> str:
    """The text of a value that `jsonable` made."""
    return json.dumps(value, ensure_ascii=not unicode, allow_nan=False, indent=indent)


def _firing(rule: str, bindings: object) -> dict[str, object]:
    return {"rule": rule, "bindings": bindings}


def _emitted(values: Sequence[object]) -> list[Table]:
    """Dicts with the same keys as rows of one table, all else as a list."""
    kinds: dict[tuple[object, ...], list[dict[object, object]]] = {}
    for value in values:
        if not isinstance(value, dict) or not value:
            return [_table(("emitted",), [(value,) for value in values])]
        kinds.setdefault(tuple(value), []).append(value)
    if len(kinds) > _MOST_TABLES:
        return [_table(("emitted",), [(value,) for value in values])]
    return [
        _table([_cell(key) for key in keys], [tuple(row.values()) for row in rows])
        for keys, rows in kinds.items()
    ]


def _table(columns: Iterable[str], rows: Iterable[Sequence[object]]) -> Table:
    """A table of values; columns of numbers stand to the right."""
    rows = list(rows)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for index, name in enumerate(columns):
        numbers = all(type(row[index]) in (int, float, Decimal) for row in rows)
        table.add_column(Text(name), justify="right" if numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(_cell(value)) for value in row))
    return table


def _cell(value: object, longest: int = _LONGEST_CELL) -> str:
    """A value on one line, with nothing in it that moves a terminal's cursor."""
    if isinstance(value, float):
        words = f"{value:.10g}"
    else:
        try:
            words = repr(value) if _holds_fact(value) else text(value, _LARGEST_VALUE)
        except (SecurityError, EvaluationError, ValueError):  # as of a huge number
            words = "…"
    if len(words) > longest:
        words = words[: longest - 1] + "…"
    return "".join(c if c.isprintable() else " " for c in words)


def _holds_fact(value: object) -> bool:
    match value:
        case Fact() | PastFact():
            return True
        case dict():
            return any(map(_holds_fact, value.values())) or any(map(_holds_fact, value))
        case list() | tuple() | set():
            return any(map(_holds_fact, value))
        case _:
            return False
