"""`CurrentFiring`: what the function of a rule in Python is given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rete_engine.diagnostics.diagnostic import did_you_mean
from rete_engine.diagnostics.errors import FactError, SessionError
from rete_engine.expressions.values import text
from rete_engine.network.templates import TemplateSpec
from rete_engine.runtime.actions import Execution
from rete_engine.runtime.memory import Element
from rete_engine.session.batch import inserted
from rete_engine.session.fact import Fact
from rete_engine.session.translation import Translator


class CurrentFiring:
    r"""A firing under way: what the conditions bound, and what the action does.

    `firing.o` and `firing["o"]` are the variable `o` of the conditions (a fact, or a value), or the
    param of that name. Changes are collected and made together when the function returns; when it
    raises, none is. Facts read as they will be: after `firing.modify(o, total=5)`, `o.total` is 5.
    The methods can be called until the function returns.

    Attributes:
        rule: The rule's name.
        facts: The matched facts, in the order in which the patterns are written.

    Example:
        >>> from rete_engine import RuleSet, rule
        >>> @rule("cheaper", when="o := Order(total > 100)")
        ... def cheaper(firing):
        ...     firing.modify(firing.o, total=firing.o.total * 0.5)
        ...     firing.emit(firing.o.total)
        >>> text = "template Order\n  total: float\nend"
        >>> with RuleSet.parse(text, rules=[cheaper]).session() as session:
        ...     _ = session.insert("Order", total=180)
        ...     session.run().outputs
        [90.0]
    """

    def __init__(
        self,
        rule: str,
        execution: Execution,
        translator: Translator,
        variables: Mapping[str, object],
        facts: tuple[Fact, ...],
        groups: tuple[str, ...],
        derives: tuple[TemplateSpec, ...],
    ) -> None:
        self.rule = rule
        self.facts = facts
        self._execution: Execution | None = execution
        self._translator = translator
        self._variables = variables
        self._groups = groups
        self._derives = derives

    # -- what is bound -------------------------------------------------------------------------

    def __getitem__(self, name: str) -> Any:
        if name not in self._variables:
            hint = did_you_mean(str(name), self._variables)
            listed = ", ".join(self._variables) or "none"
            more = f"; {hint}" if hint else f" (variables: {listed})"
            raise KeyError(f"rule '{self.rule}' has no variable '{name}'{more}")
        return self._translator.outward(self._variables[name])

    def __contains__(self, name: object) -> bool:
        return name in self._variables

    def __iter__(self) -> Iterator[str]:
        return iter(self._variables)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self[name]
        except KeyError as error:
            raise AttributeError(error.args[0]) from None

    # -- what the action does --------------------------------------------------------------------

    def insert(self, template: Any, /, **fields: Any) -> Fact:
        """Insert a fact, given by a template's name and fields or as an object of its class.

        Returns:
            The fact; for a `unique` template, the equal one that is there already.

        Raises:
            FactError: Template or field is unknown, a value does not fit, or a key is in use.
        """
        execution = self._under_way()
        translator = self._translator
        element = inserted(translator, execution.changes, execution.objects, template, fields)
        return translator.fact_of(element)

    def insert_logical(self, template: Any, /, **fields: Any) -> Fact:
        """Insert a fact that stands as long as the match does, as `insert logical` in a rule file.

        An equal fact that is there already is supported instead. The rule names the template in
        `derives`, for what derives facts is known before anything runs.

        Returns:
            The fact.

        Raises:
            FactError: As `insert`; or the rule does not say that it derives the template.
        """
        execution = self._under_way()
        spec, given = self._translator.given(template, fields)
        if spec not in self._derives:
            raise FactError(
                f"rule '{self.rule}' does not say that it derives {spec.name}:"
                f" @rule('{self.rule}', derives=['{spec.name}'])"
            )
        changes = execution.changes
        standing: Element | None = None
        if not isinstance(template, str):
            standing = self._translator.standing(template, execution.objects)
        if standing is not None and changes.derivations is not None:
            changes.derivations.support(standing)
            return self._translator.fact_of(standing)
        element = changes.insert_logical(spec, spec.build(given, changes.limits))
        if not isinstance(template, str):
            execution.objects[id(template)] = (template, element)
        return self._translator.fact_of(element)

    def upsert(self, template: str, /, **fields: Any) -> Fact:
        """Change the given fields of the fact that has the key, or insert a fact.

        Raises:
            FactError: The template has no key, a key field is missing, or a value does not fit.
        """
        execution = self._under_way()
        spec, given = self._translator.given(template, fields)
        return self._translator.fact_of(execution.changes.upsert(spec, given))

    def modify(self, fact: Any, /, **fields: Any) -> None:
        """Change fields of a fact.

        Raises:
            FactError: The fact is gone, a field is unknown, a value does not fit, or a key is in
                use.
        """
        execution = self._under_way()
        given = self._translator.all_inward(fields)
        execution.changes.modify(self._translator.known_element(fact), given)

    def retract(self, *facts: Any) -> None:
        """Retract facts; one that is gone already stays gone.

        Raises:
            FactError: It is no fact of this session.
        """
        execution = self._under_way()
        for fact in facts:
            execution.changes.retract(self._translator.known_element(fact))

    def emit(self, value: Any) -> None:
        """Add a value to the outputs of the run."""
        execution = self._under_way()
        execution.outputs.append(value)
        execution.check_said()

    def print(self, *values: Any) -> None:
        """Print values in a line, with a space between them."""
        execution = self._under_way()
        execution.prints.append(" ".join(self._text(value) for value in values))
        execution.check_said()

    def log(self, level: str, message: Any) -> None:
        """Log a message; the level is `debug`, `info`, `warning`, `error` or `critical`.

        Raises:
            EvaluationError: It is no such level.
        """
        self._under_way().log(level, self._text(message))

    def focus(self, group: str) -> None:
        """Give an agenda group the focus when the firing is done.

        Raises:
            SessionError: No rule knows the group.
        """
        execution = self._under_way()
        if group not in self._groups:
            hint = did_you_mean(str(group), self._groups)
            raise SessionError(f"no rule is in a group '{group}'" + (f"; {hint}" if hint else ""))
        execution.focuses.append(self._groups.index(group))
        execution.check_said()

    def halt(self) -> None:
        """End the run when the firing is done; the next run goes on."""
        self._under_way().halted = True

    def _text(self, value: object) -> str:
        """A value as `print` writes it; of what the language does not know, its `str`."""
        execution = self._under_way()
        if isinstance(value, (Fact, bool, int, float, list, dict, set, tuple)) or value is None:
            return text(self._translator.inward(value), execution.frame.context.limits.value)
        return str(value)

    def _under_way(self) -> Execution:
        if self._execution is None:
            raise SessionError(f"the firing of rule '{self.rule}' is done")
        return self._execution

    def _end(self) -> None:
        """Take no further changes."""
        self._execution = None

    def __repr__(self) -> str:
        return f"<firing of '{self.rule}'>"
