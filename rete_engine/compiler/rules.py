"""The way of one rule through the passes: conditions, readings, paths, actions."""

from __future__ import annotations

from rete_engine.compiler.actions import ActionNames, ActionReader
from rete_engine.compiler.build import NetworkBuilder
from rete_engine.compiler.checks import boolean, checked_type, total
from rete_engine.compiler.conditions import ConditionReader
from rete_engine.compiler.declared import Declared
from rete_engine.compiler.defeats import inserts_logically
from rete_engine.compiler.following import follow
from rete_engine.compiler.functions import evaluator, resolved_alone
from rete_engine.compiler.masks import masks_of
from rete_engine.compiler.match_scope import ActionScope, MatchScope
from rete_engine.compiler.normalise import Reading
from rete_engine.compiler.paths import Path, build_path
from rete_engine.compiler.place_names import PlaceNames
from rete_engine.compiler.plan import plan
from rete_engine.compiler.readings import places_in_match, readings_of
from rete_engine.compiler.references import check_references
from rete_engine.compiler.rewriting import substituted
from rete_engine.compiler.scope import RuleNames
from rete_engine.compiler.selectivity import Known
from rete_engine.compiler.steps import changed_fields
from rete_engine.compiler.volatility import Volatile
from rete_engine.compiler.warnings import warn
from rete_engine.diagnostics.diagnostic import Note
from rete_engine.diagnostics.source import Span
from rete_engine.expressions import tree
from rete_engine.expressions.lowering import lower
from rete_engine.expressions.resolve import resolve
from rete_engine.model.declarations import RuleDeclaration
from rete_engine.model.rules import Accumulate, Condition, Exists, Pattern
from rete_engine.network.rules import PatternUse, ReadingSpec, RuleSpec
from rete_engine.network.statements import Statement


class RuleCompiler:
    """Compiles the rules of a rule set, one after another."""

    def __init__(self, declared: Declared, builder: NetworkBuilder, volatile: Volatile) -> None:
        self.declared = declared
        self.reports = declared.reports
        self.builder = builder
        self.volatile = volatile
        self.known = Known(declared.templates, volatile)
        self.seen: dict[str, Span] = {}  # where rules are declared, by name

    def rule(self, declaration: RuleDeclaration) -> None:
        """Compile a rule; what is wrong with it is reported."""
        reports = self.reports
        if declaration.name in self.seen:
            reports.error(
                "RE0105",
                f"rule '{declaration.name}' is declared twice",
                declaration.span,
                None,
                Note("declared here first", self.seen[declaration.name]),
            )
            return
        self.seen[declaration.name] = declaration.span
        names = RuleNames(self.declared)
        names.note_lines(declaration.when)
        reader = ConditionReader(names, reports)
        conditions = reader.read(declaration.when)
        spec = RuleSpec(
            len(self.builder.rules),
            declaration.name,
            declaration.span.source.name,
            declaration.span.line,
        )
        self.builder.rules.append(spec)
        spec.complexity = reader.complexity
        salience, followed = self.attributes(declaration, names, spec)
        conditions += followed
        self.declared.count_locals(names)
        spec.function = declaration.function
        derived = (self.declared.template(n, declaration.span) for n in declaration.derives)
        spec.derives = tuple(template for template in derived if template is not None)
        readings: list[Reading] = []
        if not reports.has_errors:
            derives = inserts_logically(declaration)
            readings = readings_of("rule", declaration.span, conditions, reports, derives)
        if readings:
            names.masks = masks_of(readings, names, salience)
        for reading in readings:
            path, changed = self.path(spec, reading, names)
            own = self.reading(spec, reading, path, names, salience, changed)
            own.statements = self.action(declaration, names, spec, _scope(reading, path, names))
            self.builder.production(path.node, own)
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
            resolved = resolved_alone(given.enabled, place)
            boolean(resolved, place)
            spec.enabled = evaluator(resolved, self.declared)
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
        self, spec: RuleSpec, reading: Reading, names: RuleNames
    ) -> tuple[Path, dict[int, tuple[str, ...]]]:
        """Plan and build the conditions of a reading; which fields put its patterns last."""
        steps = plan(
            reading.conditions, set(), lambda expression: total(expression, names), self.known
        )
        return build_path(self.builder, spec.name, steps, names.masks), changed_fields(steps)

    def reading(
        self,
        spec: RuleSpec,
        reading: Reading,
        path: Path,
        names: RuleNames,
        salience: tree.Expression | None,
        changed: dict[int, tuple[str, ...]],
    ) -> ReadingSpec:
        """What depends on where the variables of a reading stand in a match."""
        own = ReadingSpec(spec)
        spec.readings.append(own)
        positions, aliases = places_in_match(reading, path, names)
        scope = MatchScope(positions, path.length, -1, aliases, names.answers)
        constant = salience is None or isinstance(salience, tree.Constant)
        spec.deferrable = constant and not spec.auto_focus and spec.rivalry < 0
        if salience is not None and not (
            isinstance(salience, tree.Constant) and salience.value == 0
        ):
            own.salience = lower(substituted(salience, reading.meanings), scope)
        own.patterns = tuple(
            PatternUse(
                slot.name,
                scope.steps(slot.number),
                names.masks[slot.number],
                changed.get(slot.number, ()),
            )
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
    positions, aliases = places_in_match(reading, path, names)
    return ActionScope(positions, path.length, -1, aliases, names.answers)


def _leads(reading: Reading) -> bool:
    """Whether the first condition about facts is a positive pattern, whose fact `mea` goes by."""
    about = (c for c in reading.conditions if isinstance(c, Pattern | Exists | Accumulate))
    return isinstance(next(about, None), Pattern)
