"""Facts between a service and a session: JSON in, facts; facts out, JSON."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rete_engine.diagnostics.diagnostic import did_you_mean
from rete_engine.diagnostics.errors import FactError, KeyInUseError
from rete_engine.expressions.values import Misfit
from rete_engine.services.faults import Code, Fault, Finding
from rete_engine.session.batch import Batch
from rete_engine.session.fact import Fact
from rete_engine.session.jsonable import jsonable, template_of
from rete_engine.session.ruleset import RuleSet
from rete_engine.session.session import Session
from rete_engine.store.references import Absent, Key, References
from rete_engine.store.shapes import Shape, TemplateShape, no_field


@dataclass(frozen=True, slots=True)
class _Given:
    """A fact as it was given."""

    number: int
    place: str  # within the request: "facts[2]"
    template: str
    values: dict[str, object]


def insert_facts(session: Session, rules: RuleSet, given: object, most: int) -> list[Fact]:
    """Insert facts that came as JSON: all, or none when one does not fit.

    Args:
        session: Takes the facts.
        rules: Its rule set.
        given: A list of objects, each with its template under `"type"` (which may be left out
            where there is but one template), or an object of lists, by template. A reference to
            a fact is its key. A fact that another refers to may come behind it.
        most: How many facts the session may hold.

    Returns:
        The facts, in the order in which they were given.

    Raises:
        Fault: A fact does not fit, or there are too many. Nothing changed.
    """
    facts = list(_facts(given, rules))
    if len(session.facts()) + len(facts) > most:
        raise Fault(Code.OVER_LIMIT, f"a session holds at most {most:,} facts")
    with session.batch() as batch:
        return _Insertion(session, rules, batch).insert(facts)


def modify_fact(session: Session, rules: RuleSet, fact: Fact, fields: Mapping[str, object]) -> None:
    """Change fields of a fact, given as JSON.

    Raises:
        Fault: A value does not fit, or a key is in use. Nothing changed.
    """
    converter = _Converter(session, rules)
    try:
        values = converter.fields(template_of(fact), dict(fields))
        session.modify(fact, **values)
    except KeyInUseError as error:
        raise Fault(Code.KEY_IN_USE, str(error)) from error
    except (Absent, FactError, Misfit) as error:
        raise Fault(Code.WRONG_FACTS, str(error)) from error


def as_json(fact: Fact) -> dict[str, object]:
    """A fact as services show it: number, template and fields."""
    return {
        "fact_id": number_of(fact),
        "type": template_of(fact),
        "fields": {name: jsonable(value) for name, value in Fact.as_dict(fact).items()},
    }


def number_of(fact: Fact) -> int:
    """The number of a fact, also where it has a field called `fact_id`."""
    number: int = Fact.fact_id.__get__(fact)
    return number


def find_fact(session: Session, number: int) -> Fact:
    """The live fact of a number.

    Raises:
        Fault: There is none.
    """
    for fact in session.facts():
        if number_of(fact) == number:
            return fact
    raise Fault(Code.NOT_FOUND, f"there is no fact {number}")


class _Converter:
    """Turns the values of JSON into those that fields declare."""

    def __init__(self, session: Session, rules: RuleSet) -> None:
        self._templates = rules.templates
        self.references = References(rules.templates, session.facts)
        self._shapes: dict[str, Shape] = {}

    def fields(self, template: str, values: dict[str, object]) -> dict[str, object]:
        """The fields of a fact.

        Raises:
            Misfit: A value cannot be converted, or no field takes a key.
            Absent: It refers to a fact that is not there (yet).
        """
        shape = self._shapes.get(template)
        if shape is None:
            shape = Shape(
                self._templates[template],
                cells=False,
                find_fact=self.references.find,
                untaken=_refuse,
            )
            self._shapes[template] = shape
        return shape.fields(values)


class _Insertion:
    """Facts on their way into a batch; what refers to others waits for them."""

    def __init__(self, session: Session, rules: RuleSet, batch: Batch) -> None:
        self._batch = batch
        self._converter = _Converter(session, rules)
        self._waiting: dict[tuple[str, Key], list[tuple[_Given, Absent]]] = {}
        self._facts: dict[int, Fact] = {}

    def insert(self, facts: list[_Given]) -> list[Fact]:
        """Insert all."""
        ready = deque(facts)
        while ready:
            given = ready.popleft()
            try:
                fields = self._converter.fields(given.template, given.values)
                fact = self._batch.insert(given.template, **fields)
            except Absent as reason:
                waiting = self._waiting.setdefault((reason.template, reason.key), [])
                waiting.append((given, reason))
                continue
            except KeyInUseError as error:
                raise _wrong(given.place, error, Code.KEY_IN_USE) from error
            except (FactError, Misfit) as error:
                raise _wrong(given.place, error) from error
            self._facts[given.number] = fact
            references = self._converter.references
            for target in references.meant_by(given.template):
                for key in references.remember(target, [fact]):
                    ready.extend(each for each, _ in self._waiting.pop((target, key), ()))
        left = [pair for pairs in self._waiting.values() for pair in pairs]
        if left:
            first, absent = min(left, key=lambda pair: pair[0].number)
            raise _wrong(first.place, absent)
        return [self._facts[number] for number in range(len(facts))]


def _facts(given: object, rules: RuleSet) -> Iterator[_Given]:
    """The facts of a request, each with its template."""
    for number, (place, template, values) in enumerate(_placed(given)):
        if not isinstance(values, dict):
            raise _wrong(place, "a fact is an object of its fields")
        if template is None:
            template = _template_of(values, rules.templates, place)
        elif template not in rules.templates:
            raise _wrong(place, unknown_template(template, rules.templates))
        yield _Given(number, place, template, values)


def _placed(given: object) -> Iterator[tuple[str, str | None, object]]:
    """Each fact with its place, and its template where that is told beside it."""
    if isinstance(given, list):
        for number, values in enumerate(given):
            yield f"facts[{number}]", None, values
    elif isinstance(given, dict):
        for template, rows in given.items():
            if not isinstance(rows, list):
                raise _wrong(f"facts.{template}", "the facts of a template are a list")
            for number, values in enumerate(rows):
                yield f"facts.{template}[{number}]", template, values
    else:
        raise _wrong("facts", "facts are a list, or an object of lists by template")


def _template_of(
    values: dict[str, object], templates: Mapping[str, TemplateShape], place: str
) -> str:
    said = values.get("type")
    if isinstance(said, str) and said in templates:
        return said
    if len(templates) == 1:  # what it says under "type" may be a field
        [(name, template)] = templates.items()
        if said is None or template.open or any(field.name == "type" for field in template.fields):
            return name
    if said is None:
        listed = ", ".join(templates) or "none"
        raise _wrong(place, f"it says no template under 'type' (templates: {listed})")
    raise _wrong(place, unknown_template(said, templates))


def unknown_template(name: object, templates: Mapping[str, TemplateShape]) -> str:
    """What to say of a template that there is none of."""
    hint = did_you_mean(str(name), templates)
    listed = ", ".join(templates) or "none"
    return f"unknown template {str(name)[:100]!r}" + (
        f"; {hint}" if hint else f" (templates: {listed})"
    )


def _refuse(template: TemplateShape, key: str) -> None:
    raise Misfit(no_field(template, key))


def _wrong(place: str, cause: object, code: Code = Code.WRONG_FACTS) -> Fault:
    return Fault(code, f"{place}: {cause}", [Finding(place, str(cause))])
