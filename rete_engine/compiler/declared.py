"""What a rule set declares, by name, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rete_engine.compiler.groups import Groups
from rete_engine.diagnostics.diagnostic import Diagnostic, Note, did_you_mean
from rete_engine.diagnostics.source import Span
from rete_engine.expressions.signatures import BUILTINS
from rete_engine.expressions.types import Type
from rete_engine.model.declarations import (
    FunctionDeclaration,
    ParamDeclaration,
    QueryDeclaration,
    TemplateDeclaration,
)
from rete_engine.model.rules import Condition, Slot
from rete_engine.network.accumulates import BUILT_IN
from rete_engine.network.rules import QuerySpec
from rete_engine.network.templates import TemplateSpec

if TYPE_CHECKING:
    from rete_engine.compiler.place_names import PlaceNames
    from rete_engine.compiler.scope import RuleNames, Variable


class Reports:
    """Collects diagnostics."""

    def __init__(self) -> None:
        self.diagnostics: list[Diagnostic] = []
        # Whether there was an error, here or before: then nothing is made of what is read.
        self.has_errors = False
        self.errors = 0

    def error(
        self, code: str, message: str, span: Span, hint: str | None = None, *notes: Note
    ) -> None:
        """Take up an error."""
        self.has_errors = True
        self.errors += 1
        self.diagnostics.append(Diagnostic(code, message, span, hint, "error", notes))

    def warning(
        self, code: str, message: str, span: Span, hint: str | None = None, *notes: Note
    ) -> None:
        """Take up a warning."""
        self.diagnostics.append(Diagnostic(code, message, span, hint, "warning", notes))

    @contextmanager
    def apart(self) -> Iterator[list[Diagnostic]]:
        """Let what is taken up meanwhile stand in a list of its own; an error there is none."""
        together = (self.diagnostics, self.has_errors)
        self.diagnostics = []
        try:
            yield self.diagnostics
        finally:
            self.diagnostics, self.has_errors = together


@dataclass
class Param:
    """A parameter of the rule set."""

    number: int
    declaration: ParamDeclaration
    type: Type


@dataclass
class DeclaredFunction:
    """A function: of the language (`number` among those) or external (among these)."""

    number: int
    declaration: FunctionDeclaration
    parameters: tuple[Type, ...]
    result: Type

    @property
    def is_external(self) -> bool:
        """Whether the program provides it."""
        return self.declaration.body is None


@dataclass
class QueryMeaning:
    """What the conditions of a query say, for those who ask it."""

    spec: QuerySpec
    names: RuleNames
    arguments: Slot  # filled by the record of the arguments
    conditions: tuple[Condition, ...]
    variables: dict[str, Variable]  # what an answer has
    count: int  # of conditions, nested ones too
    complexity: int  # constraints and tests as written


@dataclass
class DeclaredQuery:
    """A query, by its declaration."""

    number: int
    declaration: QueryDeclaration
    parameters: tuple[Type, ...]
    template: TemplateSpec  # of the record of arguments
    meaning: QueryMeaning | None = None  # None when there is something wrong with it

    @property
    def signature(self) -> str:
        """How it is asked."""
        parameters = zip(self.declaration.parameters, self.parameters, strict=True)
        listed = ", ".join(f"{parameter.name}: {type}" for parameter, type in parameters)
        return f"{self.declaration.name}({listed})"


@dataclass
class Declared:
    """Everything that a rule set declares, by name."""

    reports: Reports
    templates: dict[str, TemplateSpec] = field(default_factory=dict)
    declarations: dict[str, TemplateDeclaration] = field(default_factory=dict)
    # Those of Python classes that a text declares too.
    classes: dict[str, TemplateDeclaration] = field(default_factory=dict)
    params: dict[str, Param] = field(default_factory=dict)
    functions: dict[str, DeclaredFunction] = field(default_factory=dict)
    queries: dict[str, DeclaredQuery] = field(default_factory=dict)
    arguments: dict[str, TemplateSpec] = field(default_factory=dict)  # of queries, by its name
    accumulators: dict[str, int] = field(default_factory=dict)  # of the program, numbered
    # Further fields of open templates that conditions read: their places behind all declared ones.
    further: dict[str, int] = field(default_factory=dict)
    reading: set[str] = field(default_factory=set)  # functions that read through references
    # Names whose declarations could not be read: nothing is said of their uses.
    broken: set[str] = field(default_factory=set)
    groups: Groups = field(default_factory=Groups)
    locals: int = 0  # the most that a condition, a parameter or an `enabled` needs

    def template(self, name: str, span: Span) -> TemplateSpec | None:
        """The template of a name; an unknown one is reported."""
        template = self.templates.get(name)
        if template is None and name not in self.declarations and name not in self.broken:
            self.reports.error(
                "RE0100", f"unknown template '{name}'", span, did_you_mean(name, self.templates)
            )
        return template

    def count_locals(self, names: PlaceNames) -> None:
        """Note how many local variables a place needs."""
        self.locals = max(self.locals, len(names.locals))

    def only_accumulates(self, name: str) -> bool:
        """Whether a name is that of an accumulator and of nothing else."""
        if name in self.functions or name in self.declarations or name in self.queries:
            return False
        return name in self.accumulators or (name in BUILT_IN and name not in BUILTINS)

    def further_field(self, name: str) -> int:
        """What stands for a further field's index: its place, negative."""
        if name not in self.further:
            width = 1 + max(len(template.positions) for template in self.templates.values())
            self.further[name] = width + len(self.further)
        return -self.further[name]

    def field_type(self, template: TemplateSpec, index: int) -> Type:
        """The type of a field by its position; further fields of open templates are any."""
        position = index - template.first_field
        return template.fields[position].type if position >= 0 else Type("any", optional=True)
