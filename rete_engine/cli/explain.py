"""`rete explain`: where a fact comes from, or why a rule does not fire."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import typer

from rete_engine import Fact, RuleSet, Session, Why, WhyNot
from rete_engine.cli.codes import ExitCode
from rete_engine.cli.faults import Stop, WrongInput
from rete_engine.cli.functions import check_provided, functions_of
from rete_engine.cli.inputs import addresses_of, load, params_of, setting
from rete_engine.cli.logs import logged
from rete_engine.cli.screen import Screen
from rete_engine.session.questions import parse_description

#: So many facts that fit a description are explained.
MOST_FACTS = 20


@dataclass(frozen=True, slots=True)
class ExplainOptions:
    """The options of `rete explain`, as given."""

    files: Sequence[str]
    facts: Sequence[str]
    settings: Sequence[str]  # param=value
    why: str | None
    why_not: str | None
    limit: int | None
    timeout: float | None  # seconds
    functions: str | None
    strict: bool
    output: str  # text, json or mermaid
    cache: bool
    debug: bool


def explain(options: ExplainOptions, screen: Screen) -> None:
    """Run the rules on the facts, and explain what came of it.

    Raises:
        Stop: The run stopped at a bound; what there is was explained.
        RuleEngineError: Rules, facts or parameters are wrong, or an action failed.
    """
    if options.why is not None and options.why_not is not None:
        raise typer.BadParameter("one of them at a time, not both", param_hint="--why / --why-not")
    if options.why is None and options.why_not is None:
        raise typer.BadParameter(
            "say what to explain: a fact by --why, or a rule by --why-not",
            param_hint="--why / --why-not",
        )
    settings = [setting(text) for text in options.settings]
    given = {} if options.functions is None else functions_of(options.functions)
    rules = RuleSet.load(*options.files, functions=given, cache=options.cache or None)
    for warning in rules.diagnostics:
        screen.diagnostic(warning)
    if options.strict and rules.diagnostics:
        raise Stop(ExitCode.WRONG_INPUT)
    asked = None if options.why is None else parse_description(options.why)
    check_provided(rules, given, options.functions)
    addresses = addresses_of(options.facts, rules)
    with (
        logged(screen, logging.DEBUG if options.debug else logging.INFO),
        rules.session(params=params_of(settings, rules), out=screen.error_line) as session,
    ):
        load(session, rules, addresses, options.strict, screen)
        result = session.run(limit=options.limit, timeout=options.timeout)
        if asked is not None:
            _show([session.why(fact) for fact in _facts(session, *asked, screen)], options, screen)
        else:
            assert options.why_not is not None
            _show([session.why_not(options.why_not)], options, screen)
    if result.stopped in ("limit", "timeout"):
        screen.notice(f"the run was stopped at --{result.stopped}")
        raise Stop(ExitCode.STOPPED)


def _facts(session: Session, template: str, fields: dict[str, Any], screen: Screen) -> list[Fact]:
    """The facts that fit a description."""
    found = session.facts(template, **fields)
    if not found:
        all_of = len(session.facts(template))
        raise WrongInput(f"--why: no fact fits; there are {all_of} of {template}")
    if len(found) > MOST_FACTS:
        screen.notice(f"{len(found)} facts fit; the first {MOST_FACTS} are explained")
    return found[:MOST_FACTS]


def _show(answers: Sequence[Why | WhyNot], options: ExplainOptions, screen: Screen) -> None:
    """Tell what was found."""
    match options.output:
        case "json":
            told: list[dict[str, Any]] = [answer.as_dict() for answer in answers]
            content = told if options.why is not None else told[0]
            screen.print(json.dumps(content, indent=2, ensure_ascii=not screen.unicode_out))
        case "mermaid":
            for answer in answers:
                screen.print(answer.to_mermaid().rstrip())
        case _:
            screen.print("\n\n".join(str(answer) for answer in answers))
