"""Parameters and functions: what their expressions are, checked and as evaluators."""

from __future__ import annotations

from rete_engine.compiler.checks import checked_type
from rete_engine.compiler.declare import function_names
from rete_engine.compiler.declared import Declared, DeclaredFunction, Param, Reports
from rete_engine.compiler.place_names import PlaceNames
from rete_engine.compiler.references import reads_through
from rete_engine.diagnostics.source import Span
from rete_engine.expressions import tree
from rete_engine.expressions.frame import Function, Node
from rete_engine.expressions.lowering import Scope, lower
from rete_engine.expressions.resolve import resolve
from rete_engine.expressions.type_rules import fits
from rete_engine.expressions.types import Type
from rete_engine.network.compiled import CompiledParam

#: The resolved body of a function, and the names within it.
_Body = tuple[tree.Expression, PlaceNames]


def compile_param(param: Param, declared: Declared) -> CompiledParam:
    """A parameter with its default."""
    declaration = param.declaration
    default: Node | None = None
    if declaration.default is not None:
        names = PlaceNames(declared)
        resolved = resolved_alone(declaration.default, names)
        for ref in _param_refs(resolved):
            if ref.index >= param.number:
                declared.reports.error(
                    "RE0102",
                    f"'{ref.name}' is not known here: a default reads params above it only",
                    ref.span,
                )
        _fit(
            checked_type(resolved, names),
            param.type,
            declaration.default.span,
            f"param '{declaration.name}'",
            declared.reports,
        )
        default = evaluator(resolved, declared)
    return CompiledParam(declaration.name, param.type, default)


def compile_functions(declared: Declared) -> tuple[Function, ...]:
    """The functions of the language, by number."""
    own = [function for function in declared.functions.values() if not function.is_external]
    bodies: dict[str, _Body] = {}
    functions: list[Function] = []
    for function in own:
        body = function.declaration.body
        assert body is not None
        names = function_names(function, declared)
        resolved = resolve(body, names)
        bodies[function.declaration.name] = (resolved, names)
        functions.append(_compile_function(function, resolved, names))
    _note_reading(bodies, declared)
    return tuple(functions)


def _compile_function(
    function: DeclaredFunction, resolved: tree.Expression, names: PlaceNames
) -> Function:
    """A function with its resolved body."""
    declaration = function.declaration
    reports = names.declared.reports
    type = checked_type(resolved, names)
    what = f"the result of '{declaration.name}'"
    _fit(type, function.result, resolved.span, what, reports)
    body = evaluator(resolved, names.declared)
    return Function(
        declaration.name,
        len(declaration.parameters),
        len(names.locals),
        body if body is not None else Node(),
        function.result if _is_checked(function.result, type) else None,
    )


def resolved_alone(expression: tree.Expression, names: PlaceNames) -> tree.Expression:
    """A resolved expression of a place with no match around it."""
    resolved = resolve(expression, names)
    names.declared.count_locals(names)
    return resolved


def evaluator(resolved: tree.Expression, declared: Declared) -> Node | None:
    """The evaluator of such an expression, as long as there were no errors."""
    return None if declared.reports.has_errors else lower(resolved, Scope())


def _fit(type: Type, wanted: Type, span: Span, what: str, reports: Reports) -> None:
    """Report a value whose known type cannot be the declared one."""
    if not fits(type, wanted):
        reports.error("RE0200", f"{what} is of type {wanted}, not {type}", span)


def _note_reading(bodies: dict[str, _Body], declared: Declared) -> None:
    """Note which functions read facts through references, or call one that does."""
    reading = declared.reading
    before = -1
    while before < len(reading):
        before = len(reading)
        for name, (body, names) in bodies.items():
            parameters = len(declared.functions[name].parameters)
            if name not in reading and reads_through(body, names, parameters):
                reading.add(name)


def _param_refs(node: tree.Expression) -> list[tree.ParamRef]:
    """The parameters that an expression reads."""
    if isinstance(node, tree.ParamRef):
        return [node]
    return [ref for child in tree.children(node) for ref in _param_refs(child)]


def _is_checked(declared: Type, known: Type) -> bool:
    """Whether the values of a function are checked at each call against its declared type.

    Scalars are, at little cost: arguments may not be what they should. A collection would be
    walked over each time, so it is taken as what it is known to be.
    """
    if declared.name == "any":
        return False
    return (
        declared.name not in ("list", "dict", "set", "tuple")
        or known.name != declared.name
        or known.optional > declared.optional
        or (declared.arguments not in ((), known.arguments))
    )
