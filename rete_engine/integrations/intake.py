"""Facts out of what a framework hands over: dicts, lists, and objects with fields."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from rete_engine import Fact, FactError, RuleEngineError, RuleSet, RunResult, Session
from rete_engine.session.safe import fields_of, plain

#: Which keys of a state are facts of which template, or a function of the state that answers
#: with facts: `(template, fields)` pairs, and objects of classes that are templates.
FactSource: TypeAlias = Mapping[str, str] | Callable[[Any], Iterable[object]]


def rules_of(rules: RuleSet | str | Path, templates: Sequence[type] = ()) -> RuleSet:
    """A rule set as it is, or the one of a file.

    Raises:
        RuleEngineError: The file cannot be read, or its rules are wrong.
    """
    if isinstance(rules, RuleSet):
        return rules
    if isinstance(rules, (str, Path)):
        return RuleSet.load(rules, templates=templates)
    raise TypeError(f"rules are a RuleSet or the path of a rule file, not {rules!r}")


def insert_fact(session: Session, given: object) -> Fact:
    """Insert a `(template, fields)` pair, or an object of a class that is a template.

    Raises:
        FactError: It is no fact of the rule set.
    """
    if isinstance(given, tuple) and len(given) == 2 and isinstance(given[0], str):
        template, fields = given
        return session.insert(template, **fields_for(template, fields))
    return session.insert(given)


def fields_for(template: str, value: object) -> dict[str, object]:
    """The fields of a dict or of an object, as values of the language.

    Raises:
        FactError: It is neither.
    """
    fields = plain(value)
    if not isinstance(fields, dict) or not all(isinstance(name, str) for name in fields):
        raise FactError(f"{value!r} is no fact of {template}: it has no named fields")
    return fields


def facts_of(template: str, value: object) -> Iterator[tuple[str, object]]:
    """One fact for a dict or an object, one for each item of a list, none for None."""
    if value is None:
        return
    if isinstance(value, (list, tuple, set, frozenset)):
        for item in value:
            yield template, item
    else:
        yield template, value


class StateReader:
    """How the state of a graph becomes facts.

    Args:
        rules: The rule set.
        template: The template that the state as a whole is a fact of, if the rule set has it.
            Its fields are the keys of the state that rules read or change; others are left out.
        facts: Further facts: the keys whose values are facts of a template, or a function.

    Raises:
        FactError: A template of `facts` is unknown, or nothing of a state would be a fact.
    """

    def __init__(self, rules: RuleSet, template: str, facts: FactSource | None) -> None:
        self.rules = rules
        self.template = template
        self.facts = facts
        if isinstance(facts, Mapping):
            for key, name in facts.items():
                require_template(rules, name, f"facts[{key!r}]")
        elif facts is not None and not callable(facts):
            raise TypeError(f"facts is a dict of keys to templates, or a function, not {facts!r}")

    @property
    def has_template(self) -> bool:
        """Whether the state as a whole is a fact."""
        return self.template in self.rules.templates

    def require_facts(self) -> None:
        """Refuse rules that would see nothing of the state.

        Raises:
            FactError: They would not.
        """
        if self.facts is None and not self.has_template:
            raise FactError(
                f"the rule set '{self.rules.name}' has no template '{self.template}', so no rule"
                " would see the state: declare it with the keys that rules read, or give facts="
            )

    def facts_of(self, state: object) -> Iterator[object]:
        """What `insert_fact` takes: the state as a whole, if it is a fact, then its parts.

        Raises:
            FactError: It is no state.
        """
        values = values_of(state)
        if self.has_template:
            info = self.rules.templates[self.template]
            known = {field.name for field in info.fields}
            yield self.template, {k: v for k, v in values.items() if info.open or k in known}
        if isinstance(self.facts, Mapping):
            for key, template in self.facts.items():
                yield from facts_of(template, values.get(key))
        elif self.facts is not None:
            yield from self.facts(state)

    def insert(self, session: Session, state: object) -> Fact | None:
        """Insert the facts of a state; answers with that of the state as a whole.

        Raises:
            FactError: A value does not fit.
        """
        inserted = [insert_fact(session, given) for given in self.facts_of(state)]
        return inserted[0] if self.has_template else None


def require_template(rules: RuleSet, name: str, what: str) -> None:
    """Refuse a template that a rule set does not have.

    Raises:
        FactError: It has none of this name.
    """
    if name not in rules.templates:
        known = ", ".join(rules.templates) or "none"
        raise FactError(f"{what}: unknown template '{name}' (templates: {known})")


def values_of(state: object) -> dict[str, object]:
    """The values of a state by name: of a dict, an object with fields, or a list of messages.

    Raises:
        FactError: It is none of them.
    """
    if isinstance(state, Mapping):
        return {str(key): value for key, value in state.items()}
    if isinstance(state, list):
        return {"messages": state}
    fields = fields_of(state)
    if fields is None:
        raise FactError(f"a state is a dict or an object with fields, not {state!r}")
    return fields


def require_end(rules: RuleSet, result: RunResult) -> None:
    """Refuse a run that was cut short: what it did is only a part.

    Raises:
        RuleEngineError: It stopped at its limit or timeout.
    """
    if result.stopped in ("quiescent", "halted"):
        return
    loop = f"; these rules make each other fire: {result.loop}" if result.loop else ""
    raise RuleEngineError(
        f"the rules of '{rules.name}' stopped at the {result.stopped} after {result.fired}"
        f" firings{loop}"
    )


def detached(value: object) -> object:
    """A value that outlives its session: facts become objects of their class, or dicts."""
    return _detached(value, 0)


def _detached(value: object, facts: int) -> object:
    match value:
        case Fact():
            if facts:  # facts may refer to each other in a circle
                return Fact.fact_id.__get__(value)
            made = Fact.object.__get__(value)
            if made is not None:
                return made
            return {k: _detached(v, facts + 1) for k, v in Fact.as_dict(value).items()}
        case list():
            return [_detached(item, facts) for item in value]
        case tuple():
            return tuple(_detached(item, facts) for item in value)
        case dict():
            return {k: _detached(v, facts) for k, v in value.items()}
        case _:
            return value
