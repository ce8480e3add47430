"""First pass: what the documents declare - templates, parameters and functions by name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rete_engine.compiler import agreement
from rete_engine.compiler.constants import constant_value
from rete_engine.compiler.declared import Declared, DeclaredFunction, DeclaredQuery, Param
from rete_engine.compiler.place_names import PlaceNames
from rete_engine.diagnostics.diagnostic import Note, did_you_mean
from rete_engine.diagnostics.errors import FactError, SecurityError
from rete_engine.diagnostics.source import Span
from rete_engine.expressions.frame import Limits
from rete_engine.expressions.types import ANY, BUILTIN_TYPES, Type
from rete_engine.expressions.values import Misfit, store
from rete_engine.model.declarations import (
    Document,
    FieldDeclaration,
    FunctionDeclaration,
    ParamDeclaration,
    Parameter,
    QueryDeclaration,
    TemplateDeclaration,
    TypeName,
)
from rete_engine.network.templates import MISSING, FieldSpec, KeySpec, TemplateSpec

#: How many type arguments each collection type takes.
ARITIES = {"list": (0, 1), "set": (0, 1), "dict": (0, 2), "tuple": (0,)}


def declare(documents: Sequence[Document], declared: Declared) -> None:
    """Fill `declared` from the documents; what is wrong goes to its reports."""
    spans: dict[str, Span] = {}
    params: list[ParamDeclaration] = []
    functions: list[FunctionDeclaration] = []
    queries: list[QueryDeclaration] = []
    for document in documents:
        for declaration in document.declarations:
            match declaration:
                case TemplateDeclaration():
                    declaration = _with_class(declaration, spans, declared)
                    if _is_new(declaration.name, declaration.name_span, spans, declared):
                        declared.declarations[declaration.name] = declaration
                case FunctionDeclaration():
                    if _is_new(declaration.name, declaration.name_span, spans, declared):
                        functions.append(declaration)
                case QueryDeclaration():
                    if _is_new(declaration.name, declaration.name_span, spans, declared):
                        queries.append(declaration)
                case ParamDeclaration():
                    params.append(declaration)
    _declare_params(params, declared)
    _declare_functions(functions, declared)
    for template in _bases_first(declared):
        _declare_template(template, declared)
    _declare_queries(queries, declared)


def _with_class(
    declaration: TemplateDeclaration, spans: dict[str, Span], declared: Declared
) -> TemplateDeclaration:
    """The declaration together with that of a Python class, where there is one of its name."""
    name = declaration.name
    made = declared.declarations.get(name)
    if made is None or made.python_class is None or declaration.python_class is not None:
        return declaration
    if name in declared.classes:
        return declaration  # a second text that declares it is one too many
    declared.classes[name] = made
    del spans[name]
    return agreement.merged(declaration, made)


def _is_new(name: str, span: Span, spans: dict[str, Span], declared: Declared) -> bool:
    """Whether a name is free in the namespace of templates, queries and functions."""
    if name in BUILTIN_TYPES:
        declared.reports.error(
            "RE0105", f"'{name}' is the name of a built-in type", span, "choose another name"
        )
        return False
    if name in declared.accumulators:
        declared.reports.error(
            "RE0105",
            f"'{name}' is an accumulator that the program gives",
            span,
            "templates, queries, functions and accumulators share one namespace",
        )
        return False
    if name in spans:
        declared.reports.error(
            "RE0105",
            f"'{name}' is declared twice",
            span,
            "templates, queries and functions share one namespace",
            Note("declared here first", spans[name]),
        )
        return False
    spans[name] = span
    return True


def _bases_first(declared: Declared) -> Iterable[TemplateDeclaration]:
    """The templates in an order in which each comes after the one it extends."""
    done: set[str] = set()
    for start in declared.declarations.values():
        chain: dict[str, TemplateDeclaration] = {}  # a template, its base, the base of that …
        template: TemplateDeclaration | None = start
        while template is not None and template.name not in done and template.name not in chain:
            chain[template.name] = template
            template = declared.declarations.get(template.base) if template.base else None
        if template is not None and template.name in chain:
            last = next(reversed(chain.values()))
            declared.reports.error(
                "RE0304",
                f"template '{last.name}' extends itself through '{template.name}'",
                last.base_span or last.name_span,
            )
        done.update(chain)
        yield from reversed(chain.values())


# -- templates -------------------------------------------------------------------------------


def _declare_template(template: TemplateDeclaration, declared: Declared) -> None:
    reports = declared.reports
    base = None
    if template.base is not None:
        base = declared.templates.get(template.base)
        known = template.base in declared.declarations or template.base in declared.broken
        if base is None and not known:
            reports.error(
                "RE0100",
                f"unknown template '{template.base}'",
                template.base_span or template.name_span,
                did_you_mean(template.base, declared.declarations.keys() - {template.name}),
            )
    is_open = template.open or (base is not None and base.open)
    if template.open and base is not None and not base.open:
        reports.error(
            "RE0304",
            f"'{template.name}' cannot be open: '{base.name}', which it extends, is not",
            template.name_span,
            f"declare '{base.name}' as open template too",
        )
        is_open = False
    inherited = base.fields if base is not None else ()
    seen: dict[str, Span | None] = {spec.name: None for spec in inherited}
    fields: list[FieldSpec] = []
    for field in template.fields:
        if field.name in seen:
            first = seen[field.name]
            notes = [Note("declared here first", first)] if first is not None else []
            origin = "" if first is not None else f": {base.name if base else ''} has it"
            reports.error(
                "RE0105", f"field '{field.name}' is declared twice{origin}", field.name_span,
                None, *notes,
            )  # fmt: skip
            continue
        seen[field.name] = field.name_span
        fields.append(_declare_field(template.name, field, declared))
    if template.base is not None and base is None:
        declared.broken.add(template.name)  # nobody knows what it inherits
        return
    spec = TemplateSpec(
        len(declared.templates),
        template.name,
        base,
        (*inherited, *fields),
        is_open,
        base.key if base is not None else None,
        template.unique or (base is not None and base.unique),
    )
    spec.keys = base.keys if base is not None else ()
    if template.key is not None:
        _declare_key(template, spec, declared)
    declared.templates[template.name] = spec
    made = declared.classes.get(template.name)
    if made is not None:
        of_class = [_declare_field(made.name, field, declared) for field in made.fields]
        agreement.check(template, made, spec.fields, of_class, reports)


def _declare_key(template: TemplateDeclaration, spec: TemplateSpec, declared: Declared) -> None:
    positions: list[int] = []
    assert template.key is not None
    for name in template.key:
        index = spec.positions.get(name)
        span = template.key_span or template.name_span
        if index is None:
            hint = did_you_mean(name, spec.positions)
            declared.reports.error("RE0101", f"{spec.name} has no field '{name}'", span, hint)
        elif index in positions:
            declared.reports.error("RE0304", f"'{name}' stands twice in the key", span)
        else:
            positions.append(index)
    if positions:
        spec.key = tuple(positions)
        spec.keys = (*spec.keys, KeySpec(spec.number + 1, spec.name, tuple(positions)))


def _declare_field(template: str, field: FieldDeclaration, declared: Declared) -> FieldSpec:
    reports = declared.reports
    if field.name.startswith("_"):
        reports.error(
            "RE0108", f"'{field.name}': a field's name cannot begin with '_'", field.name_span
        )
    type = type_of(field.type, declared)
    allowed: list[object] | None = None
    if field.values is not None:
        allowed = []
        for expression in field.values:
            known, value = constant_value(expression, declared)
            if not known:
                continue
            try:
                allowed.append(store(value, type, Limits()))
            except (Misfit, SecurityError) as misfit:
                reports.error("RE0200", f"{template}.{field.name}: {misfit}", expression.span)
        if len(allowed) < len(field.values):
            allowed = None  # nothing is said of what depends on the values
    spec = FieldSpec(field.name, type, tuple(allowed) if allowed is not None else None, MISSING)
    if field.factory is not None:
        return FieldSpec(field.name, type, spec.allowed, None, field.factory)
    if field.default is not None:
        known, value = constant_value(field.default, declared)
        if known:
            try:
                default = spec.accept(template, value, Limits())
            except (FactError, SecurityError) as error:
                code = "RE0201" if "is not one of" in str(error) else "RE0200"
                reports.error(code, str(error), field.default.span)
            else:
                return FieldSpec(field.name, type, spec.allowed, default)
        return FieldSpec(field.name, type, spec.allowed, None)
    return spec


def type_of(name: TypeName | None, declared: Declared) -> Type:
    """The type of a written type; an unknown one is reported and counts as any."""
    if name is None:
        return ANY
    arguments = tuple(type_of(argument, declared) for argument in name.arguments)
    if name.name in BUILTIN_TYPES and name.name != "none":
        arities = ARITIES.get(name.name, (0,))
        if len(arguments) not in arities:
            wanted = " or ".join(str(arity) for arity in arities)
            declared.reports.error(
                "RE0104",
                f"type '{name.name}' takes {wanted} type arguments, not {len(arguments)}",
                name.span,
            )
            arguments = ()
        return Type(name.name, arguments, name.optional)
    if name.name in declared.broken:
        return Type("any", (), name.optional)
    if name.name not in declared.declarations:
        hint = SPELLINGS.get(name.name)
        if name.name == "Optional" and len(name.arguments) == 1:
            hint = f"{name.arguments[0].name}?"
        declared.reports.error(
            "RE0104",
            f"unknown type '{name.name}'",
            name.span,
            f"write '{hint}'"
            if hint
            else did_you_mean(name.name, [*BUILTIN_TYPES, *declared.declarations]),
        )
        return Type("any", (), name.optional)
    return Type(name.name, (), name.optional)


#: What people coming from elsewhere write for a type, and what it is called here.
SPELLINGS = {
    "string": "str", "String": "str", "text": "str", "integer": "int", "Integer": "int",
    "long": "int", "number": "float", "double": "float", "Double": "float", "boolean": "bool",
    "Boolean": "bool", "timedelta": "duration", "Decimal": "decimal", "object": "any",
    "array": "list", "map": "dict", "Any": "any", "List": "list", "Dict": "dict", "Set": "set",
    "Tuple": "tuple",
}  # fmt: skip


# -- parameters and functions ------------------------------------------------------------------


def _declare_params(params: list[ParamDeclaration], declared: Declared) -> None:
    for declaration in params:
        first = declared.params.get(declaration.name)
        if first is not None:
            declared.reports.error(
                "RE0105",
                f"param '{declaration.name}' is declared twice",
                declaration.name_span,
                None,
                Note("declared here first", first.declaration.name_span),
            )
            continue
        type = type_of(declaration.type, declared)
        declared.params[declaration.name] = Param(len(declared.params), declaration, type)


def _declare_functions(functions: list[FunctionDeclaration], declared: Declared) -> None:
    counts = {True: 0, False: 0}
    for declaration in functions:
        is_external = declaration.body is None
        parameters = tuple(type_of(p.type, declared) for p in declaration.parameters)
        result = type_of(declaration.result, declared)
        declared.functions[declaration.name] = DeclaredFunction(
            counts[is_external], declaration, parameters, result
        )
        counts[is_external] += 1
        _check_parameters(declaration.parameters, declared)


def _declare_queries(queries: list[QueryDeclaration], declared: Declared) -> None:
    for declaration in queries:
        parameters = tuple(type_of(p.type, declared) for p in declaration.parameters)
        _check_parameters(declaration.parameters, declared)
        number = len(declared.queries)
        template = TemplateSpec(
            len(declared.templates) + number,
            f"{declaration.name}(…)",
            None,
            tuple(
                FieldSpec(parameter.name, type, None, MISSING)
                for parameter, type in zip(declaration.parameters, parameters, strict=True)
            ),
            False,
            None,
            False,
        )
        declared.arguments[template.name] = template
        declared.queries[declaration.name] = DeclaredQuery(
            number, declaration, parameters, template
        )


def _check_parameters(parameters: Sequence[Parameter], declared: Declared) -> None:
    """Report parameters of one name."""
    names: set[str] = set()
    for parameter in parameters:
        if parameter.name in names:
            declared.reports.error(
                "RE0105", f"parameter '{parameter.name}' stands twice", parameter.span
            )
        names.add(parameter.name)


def function_names(function: DeclaredFunction, declared: Declared) -> PlaceNames:
    """What names mean in the body of a function: its parameters and the rule set's."""
    names = PlaceNames(declared)
    for parameter, type in zip(function.declaration.parameters, function.parameters, strict=True):
        index = names.local(parameter.name)
        names.visible[parameter.name] = index
        names.local_types[index] = type
    return names
