"""What rules mean, read again when somebody asks for an explanation.

A network keeps of a rule what matching needs: the joins in their planned order. Explanations speak
of the conditions as written. To keep those for every rule would take memory for what is mostly
never asked, so a rule is read once more from its declaration, by the same passes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock

from rete_engine.compiler.conditions import ConditionReader
from rete_engine.compiler.following import follow
from rete_engine.compiler.normalise import Reading, normalise
from rete_engine.compiler.scope import Declared, RuleNames
from rete_engine.expressions.resolve import resolve
from rete_engine.model.declarations import RuleDeclaration
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

    def __init__(self, declared: Declared, rules: Mapping[str, RuleDeclaration]) -> None:
        self._declared = declared
        self._rules = rules
        self._known: dict[str, RuleMeaning] = {}
        self._lock = Lock()

    def of(self, name: str) -> RuleMeaning:
        """The meaning of a rule, which there is."""
        with self._lock:
            known = self._known.get(name)
            if known is None:
                with self._declared.reports.apart():  # what is to be said was said
                    known = self._read(self._rules[name])
                self._known[name] = known
            return known

    def _read(self, declaration: RuleDeclaration) -> RuleMeaning:
        declared = self._declared
        names = RuleNames(declared)
        conditions = ConditionReader(names, declared.reports).read(declaration.when)
        salience = declaration.attributes.salience
        if salience is not None:
            conditions += follow(resolve(salience, names), names).before
        return RuleMeaning(names, tuple(normalise(conditions)), declared.templates)
