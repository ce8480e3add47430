"""Queries: their conditions read once each, in an order in which what they ask comes first."""

from __future__ import annotations

from collections.abc import Iterator

from rete_engine.compiler.build import NetworkBuilder
from rete_engine.compiler.checks import total
from rete_engine.compiler.conditions import ConditionReader
from rete_engine.compiler.declared import Declared, DeclaredQuery, QueryMeaning
from rete_engine.compiler.masks import masks_of
from rete_engine.compiler.match_scope import MatchScope
from rete_engine.compiler.normalise import Reading
from rete_engine.compiler.paths import Path, build_path
from rete_engine.compiler.plan import plan
from rete_engine.compiler.readings import places_in_match, readings_of
from rete_engine.compiler.scope import RuleNames, Variable
from rete_engine.compiler.selectivity import Known
from rete_engine.compiler.steps import JoinStep
from rete_engine.diagnostics.diagnostic import Note
from rete_engine.expressions import tree
from rete_engine.expressions.types import Type
from rete_engine.model.rules import Pattern
from rete_engine.network.rules import QuerySpec


def read_queries(declared: Declared) -> None:
    """Read the conditions of all queries; those that are wrong stay without a meaning."""
    for query in _askers_last(declared):
        _read(query, declared)


def build_query(query: DeclaredQuery, builder: NetworkBuilder, declared: Declared) -> None:
    """Plan and build a query: its arguments come first, as if they were a fact."""
    meaning = query.meaning
    if meaning is None:
        return
    names = meaning.names
    declared.count_locals(names)
    readings = readings_of("query", query.declaration.span, meaning.conditions, declared.reports)
    if declared.reports.has_errors:
        return
    masks = masks_of(readings, names, None)
    builder.begin_query(meaning.spec)
    first = JoinStep(Pattern(query.declaration.span, meaning.arguments, ()))
    for number, reading in enumerate(readings):
        steps = plan(
            reading.conditions,
            {meaning.arguments.number},
            lambda expression: total(expression, names),
            Known(declared.templates, {}),
            late=True,
        )
        path = build_path(builder, meaning.spec.name, [first, *steps], masks)
        _end(number, meaning, reading, path, builder)


def _end(
    number: int,
    meaning: QueryMeaning,
    reading: Reading,
    path: Path,
    builder: NetworkBuilder,
) -> None:
    """End the path of a reading of a query."""
    names, arguments = meaning.names, meaning.arguments
    positions, aliases = places_in_match(reading, path, names)
    scope = MatchScope(positions, path.length, -1, aliases, names.answers)
    end = builder.answers(path.node, meaning.spec, number, scope.steps(arguments.number))
    end.bindings = tuple(
        scope.item(variable.slot.number, name) for name, variable in meaning.variables.items()
    )
    end.order = tuple(
        scope.steps(slot.number)
        for slot in names.slots
        if slot.is_fact and slot is not arguments and slot.number in path.positions
    )


def _read(query: DeclaredQuery, declared: Declared) -> None:
    """Read the conditions of a query, over the slot that its arguments fill."""
    reports = declared.reports
    before = reports.errors
    declaration = query.declaration
    names = RuleNames(declared)
    arguments = names.new_slot(None, Type(query.template.name), is_fact=True)
    parameters = zip(declaration.parameters, query.parameters, strict=True)
    for index, (parameter, type) in enumerate(parameters):
        place = tree.FieldRef(parameter.span, arguments.number, index, parameter.name)
        slot = names.new_slot(parameter.name, type, is_fact=False)
        if parameter.name not in names.scopes[0]:  # else it was reported
            names.bind(parameter.name, parameter.span, Variable(slot, parameter.span, place, type))
    names.note_lines(declaration.conditions)
    reader = ConditionReader(names, reports)
    conditions = reader.read(declaration.conditions)
    own = {parameter.name for parameter in declaration.parameters}
    variables = {
        name: variable
        for name, variable in names.scopes[0].items()
        if name not in own and variable.problem is None
    }
    if reports.errors > before:
        return
    span = declaration.name_span
    spec = QuerySpec(
        query.number, declaration.name, span.source.name, span.line, query.template, list(variables)
    )
    query.meaning = QueryMeaning(
        spec, names, arguments, conditions, variables, reader.count, reader.complexity
    )


def _askers_last(declared: Declared) -> Iterator[DeclaredQuery]:
    """The queries, each behind those that it asks; ones that ask themselves are reported."""
    done: set[str] = set()
    circles: set[str] = set()
    for name in declared.queries:
        yield from _with_asked(name, [], done, circles, declared)


def _with_asked(
    name: str,
    path: list[tuple[str, tree.Name]],
    done: set[str],
    circles: set[str],
    declared: Declared,
) -> Iterator[DeclaredQuery]:
    """A query behind those that it asks; `path` are the calls that led to it.

    Those in `circles` ask themselves; they have no meaning.
    """
    if name in done:
        return
    query = declared.queries[name]
    for call in _asked(query.declaration.conditions, declared):
        way = [*path, (name, call)]
        start = next((i for i, (asker, _) in enumerate(way) if asker == call.name), None)
        if start is None:
            yield from _with_asked(call.name, way, done, circles, declared)
            continue
        round = way[start:]
        circles.update(asker for asker, _ in round)
        names = " -> ".join([*(asker for asker, _ in round), call.name])
        declared.reports.error(
            "RE0306",
            f"the query '{call.name}' asks itself: {names}",
            round[0][1].span,
            "let rules insert what they derive, and ask for that",
            *(Note(f"'{asker}' asks '{at.name}' here", at.span) for asker, at in round[1:]),
        )
    done.add(name)
    if name not in circles:
        yield query


def _asked(nodes: tuple[tree.Expression, ...], declared: Declared) -> Iterator[tree.Name]:
    """The queries that conditions call, by the places of their names."""
    for node in nodes:
        function = node.function if isinstance(node, tree.Call) else None
        if isinstance(function, tree.Name) and function.name in declared.queries:
            yield function
        yield from _asked(tree.children(node), declared)
