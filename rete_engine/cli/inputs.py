"""What rules are run on: parameters and facts, as the command line names them."""

from __future__ import annotations

from collections.abc import Sequence

import typer

from rete_engine import RuleSet, Session
from rete_engine.cli.faults import WrongInput
from rete_engine.cli.screen import Screen
from rete_engine.cli.ticker import Ticker
from rete_engine.diagnostics.diagnostic import did_you_mean
from rete_engine.expressions.types import Type
from rete_engine.expressions.values import Misfit, from_cell
from rete_engine.store import Address, load_facts, parse_address
from rete_engine.store.address import STANDARD_INPUT


def addresses_of(facts: Sequence[str], rules: RuleSet) -> list[Address]:
    """The files of `--facts`."""
    addresses = [parse_address(text, rules.templates) for text in facts]
    if sum(address.path == STANDARD_INPUT for address in addresses) > 1:
        raise typer.BadParameter("standard input (-) can be read only once", param_hint="--facts")
    return addresses


def setting(text: str) -> tuple[str, str]:
    """Name and text of a `--set param=value`."""
    name, equals, value = text.partition("=")
    if not equals or not name.isidentifier():
        raise typer.BadParameter(f"'{text}' is not param=value", param_hint="--set")
    return name, value


def params_of(settings: Sequence[tuple[str, str]], rules: RuleSet) -> dict[str, object]:
    """The parameters by name, each converted to its declared type."""
    params: dict[str, object] = {}
    for name, text in settings:
        if name not in rules.params:
            hint = did_you_mean(name, rules.params)
            known = ", ".join(rules.params) or "none"
            raise WrongInput(f"--set {name}: unknown param; {hint or f'params are: {known}'}")
        if name in params:
            raise WrongInput(f"--set {name}: given twice")
        try:
            params[name] = _value(text, rules.params[name].type)
        except Misfit as misfit:
            raise WrongInput(f"--set {name}: {misfit}") from None
    return params


def _value(text: str, type: Type) -> object:
    """A parameter's value from its text on the command line."""
    if type.name == "str" and text == "":  # here no cell of a table was left empty
        return text
    if type.optional and type.name != "str" and text == "none":
        return None
    return from_cell(text, type)


def load(
    session: Session,
    rules: RuleSet,
    addresses: Sequence[Address],
    strict: bool,
    screen: Screen,
) -> None:
    """Insert the facts of files."""
    read = 0

    def progress(records: int) -> None:
        nonlocal read
        read = records

    with Ticker(screen, lambda: f"loading facts: {read:,} records"):
        load_facts(
            session,
            rules.templates,
            addresses,
            strict=strict,
            notice=screen.notice,
            progress=progress,
        )
