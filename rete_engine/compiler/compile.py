"""The passes in order: documents in, network and diagnostics out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rete_engine.compiler.actions import ActionNames, ActionReader
from rete_engine.compiler.build import ActionScope, MatchScope, NetworkBuilder, Path, field_bits
from rete_engine.compiler.checks import boolean, checked_type, total
from rete_engine.compiler.conditions import MOST_CONDITIONS, ConditionReader
from rete_engine.compiler.declare import declare, function_names
from rete_engine.compiler.defeats import warn_defeats
from rete_engine.compiler.following import follow
from rete_engine.compiler.normalise import (
    MOST_READINGS,
    Reading,
    TooManyReadingsError,
    normalise,
    size,
)
from rete_engine.compiler.plan import JoinStep, condition_expressions, plan
from rete_engine.compiler.queries import read_queries
from rete_engine.compiler.references import check_references, reads_through
from rete_engine.compiler.rewriting import substituted
from rete_engine.compiler.scope import (
    Declared,
    DeclaredFunction,
    DeclaredQuery,
    Param,
    PlaceNames,
    QueryMeaning,
    Reports,
    RuleNames,
)
from rete_engine.compiler.volatility import Volatile, volatile_fields
from rete_engine.compiler.warnings import warn
from rete_engine.diagnostics.allowing import is_allowed
from rete_engine.diagnostics.diagnostic import Diagnostic, Note
from rete_engine.diagnostics.source import Span
from rete_engine.expressions import tree
from rete_engine.expressions.frame import Function, Node
from rete_engine.expressions.inference import fits
from rete_engine.expressions.lowering import Scope, lower
from rete_engine.expressions.resolve import resolve
from rete_engine.expressions.types import Type
from rete_engine.model.actions import InsertAction
from rete_engine.model.declarations import Document, FactsDeclaration, RuleDeclaration
from rete_engine.model.rules import Accumulate, Condition, Exists, Pattern
from rete_engine.network.alphas import EXISTENCE
from rete_engine.network.compiled import Compiled, CompiledParam, External
from rete_engine.network.rules import PatternUse, ReadingSpec, RuleSpec
from rete_engine.network.statements import Statement


def compile_documents(
    documents: Sequence[Document], accumulators: Iterable[str] = ()
) -> tuple[Compiled | None, tuple[Diagnostic, ...]]:
    """Compile documents, each after the ones that it imports.

    Args:
        documents: What was read.
        accumulators: Names of the accumulators that the program provides, as they are numbered.

    Returns:
        The compiled rule set, or None when there were errors; and all diagnostics, sorted.
    """
    compiler = _Compiler(documents)
    compiler.declared.accumulators.update((name, i) for i, name in enumerate(accumulators))
    compiled = compiler.compile()
    reports = compiler.reports
    order = {id(document.source): number for number, document in enumerate(documents)}
    diagnostics = sorted(
        dict.fromkeys(d for d in reports.diagnostics if not is_allowed(d)),
        key=lambda d: (order.get(id(d.span.source), 0), d.span.line, d.span.column),
    )
    return (None if reports.has_errors else compiled), tuple(diagnostics)


class _Compiler:
    def __init__(self, documents: Sequence[Document]) -> None:
        self.documents = documents
        self.reports = Reports()
        broken = {name for document in documents for name in document.broken_names}
        self.declared = Declared(self.reports, broken=broken)
        self.reports.has_errors = bool(broken)
        self.locals = 0
        self.volatile: Volatile = {}
        self.bodies: dict[str, tuple[tree.Expression, PlaceNames]] = {}  # of functions

    def compile(self) -> Compiled:
        declared = self.declared
        declare(self.documents, declared)
        params = tuple(self.param(param) for param in declared.params.values())
        functions = tuple(
            self.function(f) for f in declared.functions.values() if not f.is_external
        )
        self.note_reading()
        externals = tuple(
            External(name, f.parameters, f.result, str(f.declaration.name_span))
            for name, f in declared.functions.items()
            if f.is_external
        )
        builder = NetworkBuilder(list(declared.templates.values()))
        rules = (
            d for doc in self.documents for d in doc.declarations if isinstance(d, RuleDeclaration)
        )
        self.volatile = volatile_fields(rules, declared.templates)
        read_queries(declared)
        seen: dict[str, Span] = {}
        facts: list[InsertAction] = []
        for document in self.documents:
            for declaration in document.declarations:
                match declaration:
                    case RuleDeclaration():
                        self.rule(declaration, builder, seen)
                    case FactsDeclaration():
                        facts.extend(
                            InsertAction(call.span, call, False, None, None)
                            for call in declaration.facts
                        )
        for query in declared.queries.values():
            self.query(query, builder)
        if not self.reports.has_errors:
            warn_defeats(
                (
                    d
                    for doc in self.documents
                    for d in doc.declarations
                    if isinstance(d, RuleDeclaration)
                ),
                declared,
            )
        names = ActionNames(declared, None)
        statements = ActionReader(names, Scope()).read(tuple(facts))
        builder.locals = self.locals
        builder.groups = tuple(declared.groups.numbers)
        if not self.reports.has_errors:
            declared.groups.warn(self.reports)
        for template in declared.templates.values():
            template.read_further = declared.further
        places = tuple(f"{fact.span.source.name}:{fact.span.line}" for fact in facts)
        return Compiled(
            builder.finish(), params, functions, externals, statements, places,
            len(names.locals), self.locals,
        )  # fmt: skip

    def plain(self, expression: tree.Expression, names: PlaceNames) -> tree.Expression:
        """A resolved expression of a place with no match around it."""
        resolved = resolve(expression, names)
        self.locals = max(self.locals, len(names.locals))
        return resolved

    def lowered(self, resolved: tree.Expression, scope: Scope) -> Node | None:
        """The evaluator, as long as there were no errors."""
        return None if self.reports.has_errors else lower(resolved, scope)

    def fit(self, type: Type, wanted: Type, span: Span, what: str) -> None:
        """Report a value whose known type cannot be the declared one."""
        if not fits(type, wanted):
            self.reports.error("RE0200", f"{what} is of type {wanted}, not {type}", span)

    # -- parameters and functions --------------------------------------------------------------

    def param(self, param: Param) -> CompiledParam:
        declaration = param.declaration
        default: Node | None = None
        if declaration.default is not None:
            names = PlaceNames(self.declared)
            resolved = self.plain(declaration.default, names)
            for ref in _param_refs(resolved):
                if ref.index >= param.number:
                    self.reports.error(
                        "RE0102",
                        f"'{ref.name}' is not known here: a default reads params above it only",
                        ref.span,
                    )
            self.fit(
                checked_type(resolved, names),
                param.type,
                declaration.default.span,
                f"param '{declaration.name}'",
            )
            default = self.lowered(resolved, Scope())
        return CompiledParam(declaration.name, param.type, default)

    def function(self, function: DeclaredFunction) -> Function:
        declaration = function.declaration
        names = function_names(function, self.declared)
        assert declaration.body is not None
        resolved = resolve(declaration.body, names)
        self.bodies[declaration.name] = (resolved, names)
        type = checked_type(resolved, names)
        self.fit(
            type, function.result, declaration.body.span, f"the result of '{declaration.name}'"
        )
        body = self.lowered(resolved, Scope())
        return Function(
            declaration.name,
            len(declaration.parameters),
            len(names.locals),
            body if body is not None else Node(),
            function.result if _is_checked(function.result, type) else None,
        )

    def note_reading(self) -> None:
        """Note which functions read facts through references, or call one that does."""
        reading = self.declared.reading
        before = -1
        while before < len(reading):
            before = len(reading)
            for name, (body, names) in self.bodies.items():
                parameters = len(self.declared.functions[name].parameters)
                if name not in reading and reads_through(body, names, parameters):
                    reading.add(name)

    # -- rules ---------------------------------------------------------------------------------

    def rule(
        self, declaration: RuleDeclaration, builder: NetworkBuilder, seen: dict[str, Span]
    ) -> None:
        reports = self.reports
        if declaration.name in seen:
            reports.error(
                "RE0105",
                f"rule '{declaration.name}' is declared twice",
                declaration.span,
                None,
                Note("declared here first", seen[declaration.name]),
            )
            return
        seen[declaration.name] = declaration.span
        names = RuleNames(self.declared)
        names.note_lines(declaration.when)
        reader = ConditionReader(names, reports)
        conditions = reader.read(declaration.when)
        spec = RuleSpec(
            len(builder.rules),
            declaration.name,
            declaration.span.source.name,
            declaration.span.line,
        )
        builder.rules.append(spec)
        spec.complexity = reader.complexity
        salience, followed = self.attributes(declaration, names, spec)
        conditions += followed
        self.locals = max(self.locals, len(names.locals))
        spec.function = declaration.function
        readings: list[Reading] = []
        if not reports.has_errors:
            readings = self.readings("rule", declaration.span, conditions)
        names.masks = _masks(readings, names, salience)
        for reading in readings:
            path = self.path(spec, reading, names, builder)
            own = self.reading(spec, reading, path, names, salience)
            own.statements = self.action(declaration, names, spec, _scope(reading, path, names))
            builder.production(path, own)
        if not readings:  # there are errors: see what else is wrong
            self.action(declaration, names, spec, None)
        warn(declaration, [reading.conditions for reading in readings], names, self.volatile)
        if spec.function is None:  # what a function reads is not known
            self.warn_unused(names)

    def action(
        self,
        declaration: RuleDeclaration,
        names: RuleNames,
        spec: RuleSpec,
        scope: ActionScope | None,
    ) -> tuple[Statement, ...]:
        """The statements of a rule's action in one reading; with no scope it is checked only."""
        actions = ActionNames(self.declared, names)
        statements = ActionReader(actions, scope).read(declaration.then)
        spec.locals = len(actions.locals)
        return statements

    def readings(self, what: str, span: Span, conditions: tuple[Condition, ...]) -> list[Reading]:
        """The readings of a rule or query; too many, or too long ones, are reported."""
        try:
            readings = normalise(conditions)
        except TooManyReadingsError:
            self.reports.error(
                "RE0307",
                f"the alternatives of this {what} combine in more than {MOST_READINGS} ways",
                span,
                f"split the {what}, or test alternatives of one pattern within it: T(a or b)",
            )
            return []
        if any(size(reading.conditions) > MOST_CONDITIONS for reading in readings):
            self.reports.error(
                "RE0307",
                f"without 'or' a reading of this {what} has more than {MOST_CONDITIONS} conditions",
                span,
                "split it, with a fact that hands the result of the first half on",
            )
            return []
        return readings

    def attributes(
        self, declaration: RuleDeclaration, names: RuleNames, spec: RuleSpec
    ) -> tuple[tree.Expression | None, tuple[Condition, ...]]:
        """Take over a rule's attributes.

        Its salience is returned resolved, with the facts that it reads through references.
        """
        given = declaration.attributes
        spec.description = given.description
        spec.tags = given.tags
        spec.no_loop = given.no_loop is not None
        self.declared.groups.read(given, spec, self.reports)
        if given.enabled is not None:
            place = PlaceNames(self.declared)
            resolved = self.plain(given.enabled, place)
            boolean(resolved, place)
            spec.enabled = self.lowered(resolved, Scope())
        if given.salience is None:
            return None, ()
        following = follow(resolve(given.salience, names), names)
        salience = following.expression
        type = checked_type(salience, names)
        check_references(salience, names)
        if type.name not in ("int", "any") or type.optional:
            self.reports.error(
                "RE0303", f"salience is a whole number (int), not {type}", given.salience.span
            )
        return salience, following.before

    def path(
        self, spec: RuleSpec, reading: Reading, names: RuleNames, builder: NetworkBuilder
    ) -> Path:
        """Plan and build the conditions of a reading."""
        steps = plan(
            reading.conditions, set(), lambda expression: total(expression, names), self.volatile
        )
        return builder.path(spec.name, steps, names.masks)

    def reading(
        self,
        spec: RuleSpec,
        reading: Reading,
        path: Path,
        names: RuleNames,
        salience: tree.Expression | None,
    ) -> ReadingSpec:
        """What depends on where the variables of a reading stand in a match."""
        own = ReadingSpec(spec)
        spec.readings.append(own)
        positions, aliases = _places(reading, path, names)
        scope = MatchScope(positions, path.length, -1, aliases, names.answers)
        constant = salience is None or isinstance(salience, tree.Constant)
        spec.deferrable = constant and not spec.auto_focus and spec.rivalry < 0
        if salience is not None and not (
            isinstance(salience, tree.Constant) and salience.value == 0
        ):
            own.salience = lower(substituted(salience, reading.meanings), scope)
        own.patterns = tuple(
            PatternUse(slot.name, scope.steps(slot.number), names.masks[slot.number])
            for slot in names.slots
            if slot.is_fact and slot.number in path.positions
        )
        own.leads = _leads(reading)
        own.bindings = tuple(
            (name, lower(substituted(variable.reference(name), reading.meanings), scope))
            for name, variable in names.scopes[0].items()
            if variable.problem is None
        )
        return own

    # -- queries -------------------------------------------------------------------------------

    def query(self, query: DeclaredQuery, builder: NetworkBuilder) -> None:
        """Plan and build a query: its arguments come first, as if they were a fact."""
        meaning = query.meaning
        if meaning is None:
            return
        names = meaning.names
        self.locals = max(self.locals, len(names.locals))
        readings = self.readings("query", query.declaration.span, meaning.conditions)
        if self.reports.has_errors:
            return
        masks = _masks(readings, names, None)
        builder.begin_query(meaning.spec)
        first = JoinStep(Pattern(query.declaration.span, meaning.arguments, ()))
        for number, reading in enumerate(readings):
            steps = plan(
                reading.conditions,
                {meaning.arguments.number},
                lambda expression: total(expression, names),
                {},
                late=True,
            )
            path = builder.path(meaning.spec.name, [first, *steps], masks)
            self.answers(number, meaning, reading, path, builder)

    def answers(
        self,
        number: int,
        meaning: QueryMeaning,
        reading: Reading,
        path: Path,
        builder: NetworkBuilder,
    ) -> None:
        """End the path of a reading of a query."""
        names, arguments = meaning.names, meaning.arguments
        positions, aliases = _places(reading, path, names)
        scope = MatchScope(positions, path.length, -1, aliases, names.answers)
        end = builder.answers(path, meaning.spec, number, scope.steps(arguments.number))
        end.bindings = tuple(
            scope.item(variable.slot.number, name) for name, variable in meaning.variables.items()
        )
        end.order = tuple(
            scope.steps(slot.number)
            for slot in names.slots
            if slot.is_fact and slot is not arguments and slot.number in path.positions
        )

    def warn_unused(self, names: RuleNames) -> None:
        """Warn of variables that nothing reads."""
        if self.reports.has_errors:
            return
        for name, variable in names.scopes[0].items():
            for binding in variable.unread():
                self.reports.warning(
                    "RE0500",
                    f"variable '{name}' is never used",
                    binding.span,
                    None if binding.each else f"leave '{name} :=' out",
                )


def _scope(reading: Reading, path: Path, names: RuleNames) -> ActionScope:
    """Where an action finds the variables of a reading."""
    positions, aliases = _places(reading, path, names)
    return ActionScope(positions, path.length, -1, aliases, names.answers)


def _places(
    reading: Reading, path: Path, names: RuleNames
) -> tuple[dict[int, int], dict[int, tree.FieldRef]]:
    """Where the slots of a reading stand in a match, and those that are names of fields."""
    positions = dict(path.positions)
    aliases = dict(names.aliases)
    for slot, meaning in reading.meanings.items():
        if isinstance(meaning, tree.FieldRef):
            aliases[slot] = meaning
        elif isinstance(meaning, tree.SlotRef) and meaning.slot in positions:
            positions[slot] = positions[meaning.slot]
    return positions, aliases


def _leads(reading: Reading) -> bool:
    """Whether the first condition about facts is a positive pattern, whose fact `mea` goes by."""
    about = (c for c in reading.conditions if isinstance(c, Pattern | Exists | Accumulate))
    return isinstance(next(about, None), Pattern)


def _masks(
    readings: list[Reading], names: RuleNames, salience: tree.Expression | None
) -> dict[int, int]:
    """For each slot of a fact, the field bits that conditions and salience read through it.

    What one reading of the rule reads counts in all: it is what the conditions read as written.
    """
    expressions = [
        e
        for reading in readings
        for condition in reading.conditions
        for e in condition_expressions(condition)
    ]
    if salience is not None:
        expressions.extend(substituted(salience, reading.meanings) for reading in readings)
    # `v := field` reads the field, whether a condition uses v or only the action does.
    expressions.extend(names.named_fields)
    masks: dict[int, int] = {}
    for slot in names.slots:
        if slot.is_fact:
            mask = EXISTENCE
            for expression in expressions:
                mask |= field_bits(expression, slot.number)
            masks[slot.number] = mask
    return masks


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
