"""What rules mean, read again when somebody asks for an explanation.

A network keeps of a rule what matching needs: the joins in their planned order. Explanations speak
of the conditions as written. To keep those for every rule would take memory for what is mostly
never asked, so a rule is read once more from its declaration, by the same passes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock

from rete_engine.compiler.conditions import ConditionReader
from rete_engine.compiler.declare import declare
from rete_engine.compiler.declared import Declared, Reports
from rete_engine.compiler.following import follow
from rete_engine.compiler.normalise import Reading, normalise
from rete_engine.compiler.queries import read_queries
from rete_engine.compiler.scope import RuleNames
from rete_engine.expressions.resolve import resolve
from rete_engine.model.declarations import Document, RuleDeclaration
from rete_engine.network.templates import TemplateSpec


@dataclass(frozen=True)
class RuleMeaning:
    """A rule's conditions with every name resolved, in the written order."""

    names: RuleNames
    readings: tuple[Reading, ...]
    templates: Mapping[str, TemplateSpec]


class Meanings:
    """The meanings of the rules of a rule set, each read when it is first asked for.

    Like the rule set it may be used by several threads.
    """

    def __init__(self, documents: Sequence[Document], accumulators: Iterable[str]) -> None:
        self._documents = tuple(documents)
        self._accumulators = tuple(accumulators)  # names of the program's, as they are numbered
        self._declared: Declared | None = None
        self._known: dict[str, RuleMeaning] = {}
        self._lock = Lock()

    def of(self, name: str) -> RuleMeaning:
        """The meaning of a rule, which there is."""
        with self._lock:
            known = self._known.get(name)
            if known is None:
                known = self._read(self._rule(name))
                self._known[name] = known
            return known

    def _rule(self, name: str) -> RuleDeclaration:
        """The declaration of a rule."""
        return next(
            declaration
            for document in self._documents
            for declaration in document.declarations
            if isinstance(declaration, RuleDeclaration) and declaration.name == name
        )

    def _declares(self) -> Declared:
        """What the rule set declares beside its rules; its diagnostics were told."""
        if self._declared is None:
            declared = Declared(Reports())
            declared.accumulators.update((name, i) for i, name in enumerate(self._accumulators))
            declare(self._documents, declared)
            read_queries(declared)
            self._declared = declared
        return self._declared

    def _read(self, declaration: RuleDeclaration) -> RuleMeaning:
        declared = self._declares()
        names = RuleNames(declared)
        conditions = ConditionReader(names, declared.reports).read(declaration.when)
        salience = declaration.attributes.salience
        if salience is not None:
            conditions += follow(resolve(salience, names), names).before
        return RuleMeaning(names, tuple(normalise(conditions)), declared.templates)
