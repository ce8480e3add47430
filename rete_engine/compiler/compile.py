"""The passes in order: documents in, network and diagnostics out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rete_engine.compiler.actions import ActionNames, ActionReader
from rete_engine.compiler.build import NetworkBuilder
from rete_engine.compiler.declare import declare
from rete_engine.compiler.declared import Declared, Reports
from rete_engine.compiler.defeats import warn_defeats
from rete_engine.compiler.extent import over_extent
from rete_engine.compiler.functions import compile_functions, compile_param
from rete_engine.compiler.queries import build_query, read_queries
from rete_engine.compiler.rules import RuleCompiler
from rete_engine.compiler.volatility import volatile_fields
from rete_engine.diagnostics.allowing import is_allowed
from rete_engine.diagnostics.diagnostic import Diagnostic
from rete_engine.expressions.lowering import Scope
from rete_engine.model.actions import InsertAction
from rete_engine.model.declarations import Document, FactsDeclaration, RuleDeclaration
from rete_engine.network.compiled import Compiled, External


def compile_documents(
    documents: Sequence[Document], accumulators: Iterable[str] = (), most_parts: int | None = None
) -> tuple[Compiled | None, tuple[Diagnostic, ...]]:
    """Compile documents, each after the ones that it imports.

    Args:
        documents: What was read.
        accumulators: Names of the accumulators that the program provides, as they are numbered.
        most_parts: How many parts the documents may have, see `extent`; None for any number.

    Returns:
        The compiled rule set, or None when there were errors; and all diagnostics, sorted.
    """
    if most_parts is not None and (problem := over_extent(documents, most_parts)) is not None:
        return None, (problem,)
    reports = Reports()
    broken = {name for document in documents for name in document.broken_names}
    reports.has_errors = bool(broken)
    declared = Declared(reports, broken=broken)
    declared.accumulators.update((name, i) for i, name in enumerate(accumulators))
    compiled = _compile(documents, declared)
    order = {id(document.source): number for number, document in enumerate(documents)}
    diagnostics = sorted(
        dict.fromkeys(d for d in reports.diagnostics if not is_allowed(d)),
        key=lambda d: (order.get(id(d.span.source), 0), d.span.line, d.span.column),
    )
    return (None if reports.has_errors else compiled), tuple(diagnostics)


def _compile(documents: Sequence[Document], declared: Declared) -> Compiled:
    """What a rule set compiles to; of no use when there are errors."""
    reports = declared.reports
    declare(documents, declared)
    params = tuple(compile_param(param, declared) for param in declared.params.values())
    functions = compile_functions(declared)
    builder = NetworkBuilder(list(declared.templates.values()))
    declarations = [each for document in documents for each in document.declarations]
    rules = [each for each in declarations if isinstance(each, RuleDeclaration)]
    volatile = volatile_fields(rules, declared.templates)
    read_queries(declared)
    compiler = RuleCompiler(declared, builder, volatile)
    for rule in rules:
        compiler.rule(rule)
    for query in declared.queries.values():
        build_query(query, builder, declared)
    if not reports.has_errors:
        warn_defeats(rules, declared)
    calls = [
        call
        for declaration in declarations
        if isinstance(declaration, FactsDeclaration)
        for call in declaration.facts
    ]
    names = ActionNames(declared, None)
    facts = ActionReader(names, Scope()).read(
        tuple(InsertAction(call.span, call, False, None, None) for call in calls)
    )
    if not reports.has_errors:
        declared.groups.warn(reports)
    builder.groups = tuple(declared.groups.numbers)
    builder.locals = declared.locals
    for template in declared.templates.values():
        template.read_further = declared.further
    externals = tuple(
        External(name, f.parameters, f.result, str(f.declaration.name_span))
        for name, f in declared.functions.items()
        if f.is_external
    )
    places = tuple(f"{call.span.source.name}:{call.span.line}" for call in calls)
    return Compiled(
        builder.finish(), params, functions, externals, facts, places, len(names.locals),
        declared.locals,
    )  # fmt: skip
