"""`rete run`: load rules and facts, fire, and tell what happened."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from rete_engine import Firing, RuleSet, Session
from rete_engine.cli.codes import ExitCode
from rete_engine.cli.faults import Stop, told
from rete_engine.cli.functions import check_provided, functions_of
from rete_engine.cli.inputs import addresses_of, load, params_of, setting
from rete_engine.cli.logs import logged
from rete_engine.cli.report import Report, show_json, show_ndjson, show_tables, traced
from rete_engine.cli.screen import Screen
from rete_engine.cli.ticker import Ticker
from rete_engine.diagnostics.errors import RuleExecutionError, SecurityError
from rete_engine.session.jsonable import jsonable, template_of


@dataclass(frozen=True, slots=True)
class RunOptions:
    """The options of `rete run`, as given."""

    files: Sequence[str]
    facts: Sequence[str]
    settings: Sequence[str]  # param=value
    queries: Sequence[str]  # to ask at the end
    strategy: str
    seed: int
    limit: int | None
    timeout: float | None  # seconds
    on_error: str
    functions: str | None
    strict: bool
    trace: bool
    output: str  # table, json or ndjson
    cache: bool
    debug: bool


def run(options: RunOptions, screen: Screen) -> None:
    """Do what the options say.

    Raises:
        Stop: It ended in another way than with quiescence or a halt.
        RuleEngineError: Rules, facts or parameters are wrong, or an action failed.
    """
    settings = [setting(text) for text in options.settings]
    given = {} if options.functions is None else functions_of(options.functions)
    rules = RuleSet.load(*options.files, functions=given, cache=options.cache or None)
    for warning in rules.diagnostics:
        screen.diagnostic(warning)
    if options.strict and rules.diagnostics:
        raise Stop(ExitCode.WRONG_INPUT)
    questions = []
    if options.queries:
        from rete_engine.session.questions import parse_question  # brings in the parser

        questions = [(text, *parse_question(text, rules.queries)) for text in options.queries]
    check_provided(rules, given, options.functions)
    addresses = addresses_of(options.facts, rules)
    say = screen.print if options.output == "table" else screen.error_line
    with (
        logged(screen, logging.DEBUG if options.debug else logging.INFO),
        rules.session(
            params=params_of(settings, rules),
            strategy=options.strategy,
            seed=options.seed,
            on_error=options.on_error,
            out=say,
        ) as session,
    ):
        load(session, rules, addresses, options.strict, screen)
        report = Report(rules.name)
        _listen(session, report, options.trace, screen if options.output == "table" else None)
        code = _fire(session, report, options, screen)
        for text, name, arguments in questions:
            code = _ask(session, report, options, screen, text, name, arguments) or code
        show: Callable[[Report, Screen], None] = {
            "table": show_tables,
            "json": show_json,
            "ndjson": show_ndjson,
        }[options.output]
        show(report, screen)
    if code is not ExitCode.DONE:
        raise Stop(code)


def _listen(session: Session, report: Report, trace: bool, screen: Screen | None) -> None:
    """Count firings and changes; with `trace`, tell the firings (or keep them for JSON)."""

    def fired(firing: Firing) -> None:
        report.rules[firing.rule] += 1
        if trace and screen is not None:
            screen.error_line(traced(report.fired, firing.rule, firing.matched))
        elif trace:
            report.trace.append((firing.rule, jsonable(dict(firing.matched))))

    session.on("fire", fired)
    session.on("insert", lambda fact: report.change(template_of(fact), "inserted"))
    session.on("modify", lambda fact, _old: report.change(template_of(fact), "modified"))
    session.on("retract", lambda fact: report.change(template_of(fact), "retracted"))


def _fire(session: Session, report: Report, options: RunOptions, screen: Screen) -> ExitCode:
    """Run the session; what went wrong is told, and answered with as a code."""
    try:
        with Ticker(screen, lambda: f"running: {report.fired:,} firings"):
            result = session.run(limit=options.limit, timeout=options.timeout)
    except (RuleExecutionError, SecurityError) as error:
        report.stopped = "failed"
        report.outputs = error.result.outputs if isinstance(error, RuleExecutionError) else None
        _failed(error, report, options, screen)
        return ExitCode.FAILED
    report.stopped = result.stopped
    report.outputs = result.outputs
    for failure in result.errors:
        _failed(failure, report, options, screen)
    if result.errors:
        return ExitCode.FAILED
    if result.stopped in ("limit", "timeout"):
        bound = (
            f"--limit {options.limit}"
            if result.stopped == "limit"
            else f"--timeout {options.timeout:g}"
        )
        screen.error(f"stopped at {bound} after {report.fired:,} firings")
        if result.loop:
            screen.notice(f"these rules make each other fire: {result.loop}")
        return ExitCode.STOPPED
    return ExitCode.DONE


def _ask(
    session: Session,
    report: Report,
    options: RunOptions,
    screen: Screen,
    text: str,
    name: str,
    arguments: dict[str, Any],
) -> ExitCode | None:
    """Ask a query; what went wrong is told, and answered with as a code."""
    try:
        matches = session.query(name, **arguments)
    except (RuleExecutionError, SecurityError) as error:
        _failed(error, report, options, screen)
        return ExitCode.FAILED
    report.queries.append((text, [match.as_dict() for match in matches]))
    return None


def _failed(
    error: RuleExecutionError | SecurityError, report: Report, options: RunOptions, screen: Screen
) -> None:
    report.errors.append(str(error))
    if options.debug:
        screen.error_line("".join(traceback.format_exception(error)).rstrip())
    told(screen, error, options.debug)
