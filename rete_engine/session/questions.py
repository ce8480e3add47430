"""Queries asked in a line of text, as on the command line: `open_orders(who = "c1")`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rete_engine.diagnostics.diagnostic import did_you_mean
from rete_engine.diagnostics.errors import FactError, RuleSyntaxError
from rete_engine.expressions import tree
from rete_engine.expressions.resolve import in_places
from rete_engine.language.parser import parse_expression
from rete_engine.language.reader import make_source
from rete_engine.session.ruleset import QueryInfo
from rete_engine.session.safe import safe_eval


def parse_question(text: str, queries: Mapping[str, QueryInfo]) -> tuple[str, dict[str, Any]]:
    r"""Name and arguments of a query, from a call in the rule language or its name alone.

    Args:
        text: The call; its arguments are expressions without names.
        queries: The queries of the rule set.

    Raises:
        RuleSyntaxError: It is no call.
        FactError: The query is unknown, or its arguments are not those of its parameters.
        SecurityError: An argument has no value.

    Example:
        >>> from rete_engine import RuleSet
        >>> rules = RuleSet.parse("query late(days: int, who: str)\nend")
        >>> parse_question("late(2 * 7, who = 'c1')", rules.queries)
        ('late', {'days': 14, 'who': 'c1'})
    """
    called, arguments = _called(text, "<query>", "query; write name(parameter = value, …)")
    query = queries.get(called)
    if query is None:
        hint = did_you_mean(called, queries)
        more = f"; {hint}" if hint else f" (known: {', '.join(queries) or 'none'})"
        raise FactError(f"unknown query '{called}'{more}")
    parameters = tuple(query.parameters)
    placed, problem = in_places(arguments, parameters)
    if problem is not None:
        listed = ", ".join(f"{name}: {type}" for name, type in query.parameters.items())
        raise FactError(f"'{query.name}' {problem}; it is declared as {query.name}({listed})")
    values = {
        name: safe_eval(argument.value.span.text, {})
        for name, argument in zip(parameters, placed, strict=True)
    }
    return query.name, values


def parse_description(text: str) -> tuple[str, dict[str, Any]]:
    r"""Template and fields of a fact, from `Template(field = value, …)` or the template alone.

    Raises:
        RuleSyntaxError: It is no call.
        FactError: It describes no fact.
        SecurityError: A field has no value.

    Example:
        >>> parse_description("Order(id = 7, status == 'new')")
        ('Order', {'id': 7, 'status': 'new'})
    """
    template, arguments = _called(text, "<fact>", "fact; write Template(field = value, …)")
    fields: dict[str, Any] = {}
    for argument in arguments:
        name, value = argument.name, argument.value
        if name is None and isinstance(value, tree.Compare) and len(value.rest) == 1:
            ((operator, right),) = value.rest
            if operator == "==" and isinstance(value.first, tree.Name):
                name, value = value.first.name, right
        if name is None:
            raise FactError(f"{text!r} is no fact; write Template(field = value, …)")
        fields[name] = safe_eval(value.span.text, {})
    return template, fields


def _called(text: str, place: str, what: str) -> tuple[str, tuple[tree.Argument, ...]]:
    """What a text calls, and with what."""
    expression, problems = parse_expression(make_source(text, place))
    if problems:
        raise RuleSyntaxError(problems)
    arguments: tuple[tree.Argument, ...] = ()
    function = expression
    if isinstance(expression, tree.Call):
        function, arguments = expression.function, expression.arguments
    if not isinstance(function, tree.Name) or any(argument.binds for argument in arguments):
        raise FactError(f"{text!r} is no {what}")
    return function.name, arguments
