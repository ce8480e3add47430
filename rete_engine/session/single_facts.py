"""Rules that look at one fact each, over facts of any kind: each fact goes through by itself.

Where conditions and actions are expressions, they are tests and emits of the network. Where one
is a function of the program, which may change the fact for those behind it, the rules fire in the
order of their priorities and ask their conditions then.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from rete_engine.diagnostics.errors import (
    FactError,
    RuleExecutionError,
    RuleSyntaxError,
    SecurityError,
)
from rete_engine.diagnostics.source import NOWHERE, PYTHON, Source
from rete_engine.expressions import tree
from rete_engine.expressions.frame import Limits
from rete_engine.language import single_facts
from rete_engine.model import actions
from rete_engine.model.declarations import (
    Declaration,
    Document,
    FunctionDeclaration,
    ParamDeclaration,
    Parameter,
    RuleAttributes,
    RuleDeclaration,
    SingleFactRule,
    TypeName,
)
from rete_engine.session.python_rules import code_of, failing_line
from rete_engine.session.ruleset import RuleSet
from rete_engine.session.run_result import RunResult
from rete_engine.session.safe import Expression, plain
from rete_engine.session.session import Session


@dataclass(frozen=True)
class OneFactRule:
    """A rule over one fact.

    Attributes:
        name: What errors call it.
        condition: An `Expression` over the fact, or a function of it; asked for its truth.
        action: An `Expression` over the fact, or a function of it; None is no result.
    """

    name: str
    condition: Callable[[Any], Any]
    action: Callable[[Any], Any]


@dataclass
class Results:
    """What the rules gave, in the order of facts and, for each, of rules; and what failed.

    Attributes:
        results: What the actions gave, none left out.
        errors: What failed and was passed over.
        fired: How many rules fired, those with no result too.
    """

    results: list[Any] = field(default_factory=list)
    errors: list[RuleExecutionError] = field(default_factory=list)
    fired: int = 0


@dataclass(frozen=True)
class WrittenRules:
    """Rules over one fact as a YAML text has them, in written order."""

    name: str
    description: str | None
    rules: Sequence[SingleFactRule]


def written_rules(rules: RuleSet) -> WrittenRules | None:
    """The rules of a rule set whose rules are over one fact each; None for any other."""
    document = rules._documents()[-1]  # behind what it imports
    if document.single_facts is None:
        return None
    return WrittenRules(document.name or "", document.description, document.single_facts)


def read_rules(source: Source) -> WrittenRules | None:
    """As `written_rules`, of a YAML text.

    Raises:
        RuleSyntaxError: The text is wrong. Types and names are looked at when it is compiled.
    """
    from rete_engine.language.yaml_nodes import compose  # brings in yaml and pydantic
    from rete_engine.language.yaml_rules import has_single_facts, read_single_facts

    root = compose(source)
    if not has_single_facts(root):
        return None
    name, description, rules, diagnostics = read_single_facts(root)
    errors = [d for d in diagnostics if d.severity == "error"]
    if errors:
        raise RuleSyntaxError(errors)
    return WrittenRules(name, description, rules)


class SingleFacts:
    """Rules over one fact, in the order of their priorities; shared by threads.

    Raises:
        RuleValidationError: Conditions or actions can never work.

    Example:
        >>> large = OneFactRule("large", Expression("fact > 100", ["fact"]), lambda fact: -fact)
        >>> SingleFacts("orders", [large]).run([50, 250]).results
        [-250]
    """

    def __init__(self, name: str, rules: Sequence[OneFactRule]) -> None:
        self.name = name
        self.rules = _named_apart(rules)
        self._ranks = {rule.name: rank for rank, rule in enumerate(self.rules)}
        self._lock = threading.Lock()
        self._by_call: RuleSet | None = None
        self.network: RuleSet | None = None  # where all rules are expressions
        self.columns = single_facts.Columns()
        written = list(_written(self.rules))
        if len(written) == len(self.rules):
            document = single_facts.document(PYTHON, name, None, written, None, self.columns)
            self.network = RuleSet.of_document(document)

    @classmethod
    def of_written(cls, written: WrittenRules) -> SingleFacts:
        """The rules of a YAML text, by falling priority; equal ones as they are written."""
        rules = [
            OneFactRule(
                rule.name,
                Expression.of_tree(rule.condition, [single_facts.FACT]),
                Expression.of_tree(rule.action, [single_facts.FACT]),
            )
            for rule in sorted(written.rules, key=lambda rule: -rule.priority)
        ]
        return cls(written.name, rules)

    @property
    def rule_set(self) -> RuleSet:
        """The rules as they are on the network."""
        return self.network or self.calling()

    def run(
        self,
        facts: Iterable[Any],
        *,
        first: bool = False,
        skip: bool = False,
        limits: Limits | None = None,
    ) -> Results:
        """What the rules give for facts, one after another.

        Args:
            facts: Values of any kind.
            first: Whether the first rule that holds for a fact is the only one for it.
            skip: Whether to go on behind a rule that fails; what failed is in the result.
            limits: Bounds on evaluations, where all rules are expressions.

        Raises:
            RuleExecutionError: A condition or an action failed.
        """
        found = Results()
        sessions = _Sessions(self, first, skip, limits, found)
        try:
            for fact in facts:
                sessions.run(fact)
        finally:
            sessions.close()
        return found

    def rank(self, name: str) -> int:
        """The place of a rule; of several, where an error names all that share a condition."""
        return self._ranks.get(name, self._ranks.get(name.partition(", ")[0], 0))

    def calling(self) -> RuleSet:
        """The rules as calls, in order: compiled when they are first needed."""
        with self._lock:
            if self._by_call is None:
                self._by_call = RuleSet.of_document(_calling_document(self.name, self.rules))
            return self._by_call


class _Sessions:
    """The sessions of one run: one for each way, opened when it is needed."""

    def __init__(
        self, rules: SingleFacts, first: bool, skip: bool, limits: Limits | None, found: Results
    ) -> None:
        self.rules = rules
        self.first = first
        self.skip = skip
        self.limits = limits
        self.found = found
        self.fact: Any = None  # the fact that goes through
        self.failed: dict[int, tuple[Exception, str, object]] = {}  # by id(): part and function
        self.on_network: Session | None = None
        self.by_call: Session | None = None

    def close(self) -> None:
        for session in (self.on_network, self.by_call):
            if session is not None:
                session.close()

    def run(self, fact: Any) -> None:
        """Let the rules fire for one fact."""
        network = self.rules.network
        if network is None:
            self._call(fact)
            return
        if self.on_network is None:
            self.on_network = network.session(on_error="skip", limits=self.limits)
        value, columns = plain(fact), self.rules.columns
        if isinstance(value, dict):
            fields = columns.of(value)
        elif columns.gets:
            self._call(fact)  # it has no `get`, which the rules will say
            return
        else:
            fields = {}
        try:
            inserted = self.on_network.insert(single_facts.TEMPLATE, fact=value, **fields)
        except (FactError, SecurityError):
            self._call(fact)  # some of it is outside of the language, which a rule will say
        else:
            self._fire(self.on_network)
            self.on_network.retract(inserted)

    def _fire(self, session: Session) -> None:
        """Fire what a fact made true."""
        errors: list[RuleExecutionError] = []
        limit = 1 if self.first else None
        while True:
            result = session.run(limit, trace=self.first)
            self.found.fired += result.fired
            errors.extend(result.errors)
            if result.fired or result.stopped != "limit":
                break
        self._note(result, errors)
        self.found.results.extend(result.outputs)

    def _note(self, result: RunResult, errors: list[RuleExecutionError]) -> None:
        """Raise or keep what failed, in the order of the rules."""
        if not errors:
            return
        last = len(self.rules.rules)
        if self.first and result.firings:
            # Nobody would have asked the rules behind the one that fired.
            last = self.rules.rank(result.firings[0].rule)
        for error in sorted(errors, key=lambda each: self.rules.rank(each.rule)):
            if self.rules.rank(error.rule) <= last:
                if not self.skip:
                    raise error
                self.found.errors.append(error)

    def _call(self, fact: Any) -> None:
        """Ask the rules one after another."""
        if self.by_call is None:
            self.by_call = self.rules.calling().session(
                {"first": self.first},
                on_error="skip" if self.skip else "raise",
                functions={"holds": self._holds, "act": self._act},
                limits=self.limits,
            )
        self.fact = fact
        try:
            inserted = self.by_call.insert(single_facts.TEMPLATE, fact=plain(fact))
        except (FactError, SecurityError):
            inserted = self.by_call.insert(single_facts.TEMPLATE, fact=_shown(fact))
        try:
            errors = self.by_call.run().errors
        except RuleExecutionError as error:
            self._place(error)
            raise
        for each in errors:
            self._place(each)
        self.failed.clear()
        self.found.errors.extend(errors)
        self.by_call.retract(inserted)

    def _place(self, error: RuleExecutionError) -> None:
        """Let an error name what failed: for the engine, all is the action of a rule."""
        _, part, function = self.failed.get(id(error.cause), (None, "action", None))
        code = code_of(function)
        place = ""
        if code is not None:
            error.file = code.co_filename
            error.line = failing_line(function, error.cause) or code.co_firstlineno
            place = f" ({error.file}:{error.line})"
        told = str(error)
        named = told.replace("the action of", f"the {part} of", 1)
        error.args = (named.replace(f" ({PYTHON.name}:0)", place, 1),)

    def _holds(self, number: int) -> bool:
        condition = self.rules.rules[number].condition
        try:
            return bool(condition(self.fact))
        except Exception as error:
            self.failed[id(error)] = (error, "condition", condition)
            raise

    def _act(self, number: int) -> None:
        action = self.rules.rules[number].action
        try:
            result = action(self.fact)
        except Exception as error:
            self.failed[id(error)] = (error, "action", action)
            raise
        self.found.fired += 1
        if result is not None:
            self.found.results.append(result)


def _named_apart(rules: Sequence[OneFactRule]) -> list[OneFactRule]:
    """The rules with names of their own: the second of a name gets its number."""
    seen: set[str] = set()
    found: list[OneFactRule] = []
    for rule in rules:
        name, number = rule.name, 1
        while name in seen:
            number += 1
            name = f"{rule.name} ({number})"
        seen.add(name)
        found.append(OneFactRule(name, rule.condition, rule.action))
    return found


def _written(rules: Sequence[OneFactRule]) -> Iterable[SingleFactRule]:
    """The rules whose condition and action are both expressions, by falling salience."""
    for number, rule in enumerate(rules):
        if isinstance(rule.condition, Expression) and isinstance(rule.action, Expression):
            condition, action = rule.condition.tree, rule.action.tree
            yield SingleFactRule(
                condition.span, rule.name, None, condition, action, len(rules) - number
            )


def _calling_document(name: str, rules: Sequence[OneFactRule]) -> Document:
    """Rules that ask functions of the program, one after another.

    Each is `rule … when Fact() then if holds(0) … act(0) … if first … halt`.
    """
    declarations: list[Declaration] = [
        single_facts.closed_template(),
        ParamDeclaration(
            NOWHERE, "first", NOWHERE, TypeName(NOWHERE, "bool"), tree.Constant(NOWHERE, False)
        ),
        _function("holds", "bool"),
        _function("act", "any"),
    ]
    first = tree.Name(NOWHERE, "first")
    halt = actions.IfAction(NOWHERE, ((first, (actions.HaltAction(NOWHERE),)),), ())
    for number, rule in enumerate(rules):
        pattern = tree.Call(NOWHERE, tree.Name(NOWHERE, single_facts.TEMPLATE), ())
        act = actions.CallAction(NOWHERE, _call("act", number))
        asked = actions.IfAction(NOWHERE, ((_call("holds", number), (act, halt)),), ())
        attributes = RuleAttributes(salience=tree.Constant(NOWHERE, len(rules) - number))
        declarations.append(RuleDeclaration(NOWHERE, rule.name, attributes, (pattern,), (asked,)))
    return Document(PYTHON, name, None, tuple(declarations))


def _function(name: str, result: str) -> FunctionDeclaration:
    parameter = Parameter(NOWHERE, "rule", TypeName(NOWHERE, "int"))
    type_name = TypeName(NOWHERE, result, (), result == "any")
    return FunctionDeclaration(NOWHERE, name, NOWHERE, (parameter,), type_name, None)


def _call(name: str, number: int) -> tree.Call:
    argument = tree.Argument(NOWHERE, tree.Constant(NOWHERE, number), None, False, None)
    return tree.Call(NOWHERE, tree.Name(NOWHERE, name), (argument,))


def _shown(fact: object) -> str:
    """A fact that working memory cannot hold, for messages."""
    text = repr(fact)
    return text if len(text) <= 200 else text[:199] + "…"
