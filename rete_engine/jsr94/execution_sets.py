"""`Rule` and `RuleExecutionSet`: rules that sessions are made of."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from rete_engine.diagnostics.errors import RuleValidationError
from rete_engine.jsr94.exceptions import RuleExecutionSetCreateException
from rete_engine.jsr94.properties import OF_RUN, OF_SESSION, misspelt
from rete_engine.session.ruleset import RuleSet
from rete_engine.session.safe import Expression
from rete_engine.session.single_facts import OneFactRule, SingleFacts

#: What `properties["strategy"]` of rules over one fact may be.
STRATEGIES = ("ALL_MATCHES", "FIRST_MATCH")


def is_text(value: object) -> bool:
    """Whether a name or URI is one."""
    return isinstance(value, str) and value != ""


class _WithProperties:
    """Properties that threads may read and set."""

    def __init__(self, properties: Mapping[Any, Any] | None) -> None:
        if properties is not None and not isinstance(properties, Mapping):
            raise RuleExecutionSetCreateException(
                f"properties must be a mapping, not {type(properties).__name__}"
            )
        self._lock = threading.RLock()
        self._properties: dict[Any, Any] = dict(properties or {})

    @property
    def properties(self) -> dict[Any, Any]:
        """A copy of all properties."""
        with self._lock:
            return dict(self._properties)

    def get_properties(self) -> dict[Any, Any]:
        """A copy of all properties."""
        return self.properties

    def get_property(self, key: Any) -> Any:
        """The value of a property; None for one that is not set."""
        with self._lock:
            return self._properties.get(key)

    def set_property(self, key: Any, value: Any) -> None:
        """Set a property; None takes it away."""
        with self._lock:
            if value is None:
                self._properties.pop(key, None)
            else:
                self._properties[key] = value


class Rule(_WithProperties):
    """A rule over one fact, or (without condition and action) one of a rule set.

    Args:
        name: Its name.
        condition: An expression over `fact`, or a function of the fact; asked for its truth.
        action: An expression over `fact`, or a function of the fact; None is no result.
        priority: The highest comes first.
        description: What it is for.

    Raises:
        ExpressionError: An expression is wrong or unsafe.
        RuleExecutionSetCreateException: An argument is of the wrong type.

    Example:
        >>> vip = Rule("vip", "fact.get('spend', 0) > 50000", lambda fact: fact["name"])
        >>> vip.condition({"spend": 60_000}), vip.get_name()
        (True, 'vip')
    """

    def __init__(
        self,
        name: str,
        condition: str | Callable[[Any], Any] | None = None,
        action: str | Callable[[Any], Any] | None = None,
        priority: int = 0,
        description: str | None = "",
    ) -> None:
        super().__init__(None)
        if not is_text(name):
            raise RuleExecutionSetCreateException(f"a rule's name must be a text, not {name!r}")
        if isinstance(priority, bool) or not isinstance(priority, int | float):
            raise RuleExecutionSetCreateException(
                f"rule '{name}': the priority must be a number, not {priority!r}"
            )
        self.name = name
        self.condition: Any = _callable(name, "condition", condition)
        self.action: Any = _callable(name, "action", action)
        self.priority = priority
        self.description = description or ""

    def get_name(self) -> str:
        """Its name."""
        return self.name

    def get_description(self) -> str:
        """What it is for."""
        return self.description

    def __repr__(self) -> str:
        return f"Rule(name={self.name!r}, priority={self.priority!r})"


def _callable(rule: str, what: str, given: object) -> Any:
    if given is None or callable(given):
        return given
    if isinstance(given, str):
        return Expression(given, ["fact"])
    raise RuleExecutionSetCreateException(
        f"rule '{rule}': the {what} must be an expression or a function, not {given!r}"
    )


def _is_complete(rule: object) -> bool:
    return isinstance(rule, Rule) and rule.condition is not None and rule.action is not None


class RuleExecutionSet(_WithProperties):
    """Rules that are executed together: those of a `RuleSet`, or rules over one fact each.

    Args:
        name: Its name.
        rules: Rules over one fact.
        properties: Any; `strategy` is `"ALL_MATCHES"` (the default) or `"FIRST_MATCH"` (only the
            first rule that holds for a fact), `on_error` is `"raise"` (the default) or `"skip"`
            (errors are logged), `description` is its description. A name that is almost one of a
            property that means something is refused, unless there is a dot in it.
        description: What it is for.

    Raises:
        RuleExecutionSetCreateException: An argument is wrong, or expressions can never work.
    """

    def __init__(
        self,
        name: str,
        rules: Iterable[Rule],
        properties: Mapping[Any, Any] | None = None,
        description: str | None = None,
    ) -> None:
        super().__init__(properties)
        wrong = misspelt(self._properties, ("description", *OF_SESSION, *OF_RUN))
        if wrong is not None:
            raise RuleExecutionSetCreateException(wrong)
        if not is_text(name):
            raise RuleExecutionSetCreateException(f"the name must be a text, not {name!r}")
        try:
            given = list(rules)
        except TypeError as error:
            raise RuleExecutionSetCreateException(
                f"rules must be a list, not {rules!r}", error
            ) from error
        for rule in given:
            if not _is_complete(rule):
                raise RuleExecutionSetCreateException(
                    f"{rule!r} is no rule with a condition and an action"
                )
        self._name = name
        self._rules = tuple(sorted(given, key=lambda rule: -rule.priority))
        self._description = description or str(self._properties.get("description") or "")
        self._filter: Any = None
        self._rule_set: RuleSet | None = None
        self._single_facts: SingleFacts | None = None
        try:
            self._single_facts = SingleFacts(
                name, [OneFactRule(rule.name, rule.condition, rule.action) for rule in self._rules]
            )
        except RuleValidationError as error:
            raise RuleExecutionSetCreateException(str(error), error) from error

    @classmethod
    def of_rule_set(
        cls,
        rule_set: RuleSet,
        name: str | None = None,
        description: str | None = None,
        properties: Mapping[Any, Any] | None = None,
    ) -> RuleExecutionSet:
        """The rule execution set of rules in the rule language."""
        made = cls(name or rule_set.name, (), properties)
        made._rules = tuple(
            Rule(rule.name, description=rule.description) for rule in rule_set.rules
        )
        made._description = description or made._description or rule_set.description or ""
        made._rule_set = rule_set
        made._single_facts = None
        return made

    @property
    def name(self) -> str:
        """Its name."""
        return self._name

    @property
    def description(self) -> str:
        """What it is for."""
        return self._description

    @property
    def rules(self) -> list[Rule]:
        """Its rules; those over one fact by falling priority."""
        return list(self._rules)

    @property
    def rule_set(self) -> RuleSet:
        """The rules as they are on the network."""
        if self._rule_set is not None:
            return self._rule_set
        assert self._single_facts is not None
        return self._single_facts.rule_set

    @property
    def single_facts(self) -> SingleFacts | None:
        """The rules, where they are rules over one fact."""
        return self._single_facts

    def get_name(self) -> str:
        """Its name."""
        return self._name

    def get_description(self) -> str:
        """What it is for."""
        return self._description

    def get_rules(self) -> list[Rule]:
        """Its rules; those over one fact by falling priority."""
        return list(self._rules)

    def set_default_object_filter(self, object_filter: Any) -> None:
        """Set the filter of what sessions answer with where none is given.

        Args:
            object_filter: An `ObjectFilter` or its class, the name of a class
                (`"package.module.Class"`), a function, or None.
        """
        with self._lock:
            self._filter = object_filter

    def get_default_object_filter(self) -> Any:
        """What was set as default filter."""
        with self._lock:
            return self._filter

    def __repr__(self) -> str:
        return f"RuleExecutionSet(name={self._name!r}, rules={len(self._rules)})"
