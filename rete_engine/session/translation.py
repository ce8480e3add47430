"""Between a program and working memory: names, objects and facts in, facts and copies out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, final

from rete_engine.diagnostics.diagnostic import did_you_mean
from rete_engine.diagnostics.errors import FactError
from rete_engine.expressions.frame import Answer, Limits, Record
from rete_engine.expressions.values import Misfit, export, store
from rete_engine.network.templates import ANY_VALUE, TemplateSpec
from rete_engine.runtime.changes import Changes
from rete_engine.runtime.handle import Handle, fill
from rete_engine.runtime.memory import Element
from rete_engine.session.classes import (
    build,
    fields_of_object,
    hints_of,
    is_fact_class,
    plain,
    revived,
)
from rete_engine.session.fact import Fact, PastFact
from rete_engine.session.queries import Match
from rete_engine.session.settings import Shared

#: How deep collections are searched for facts; what is nested deeper is refused when stored.
DEEPEST = 100


@final
class Translator:
    """What a session's facts and values are for its program, and the other way round."""

    __slots__ = (
        "adopts", "building", "classes", "fact_class", "instances", "names", "objects", "pending",
        "specs",
    )  # fmt: skip

    def __init__(self, shared: Shared, adopts: bool) -> None:
        self.specs = shared.specs
        self.classes = shared.classes  # by the name of the template made from each
        self.adopts = adopts  # whether the name of any class may be that of its template
        self.names = shared.names  # of the templates, by class
        self.objects: dict[int, tuple[object, Element]] = {}  # by id() of the object
        self.instances: dict[Element, list[object]] = {}  # the objects of each fact
        self.pending: Changes | None = None  # of the batch that is being filled
        self.building: list[Element] = []  # whose objects are being made: references may circle
        self.fact_class = Fact  # an attribute is found sooner than a name of another module

    # -- templates -----------------------------------------------------------------------------

    def spec(self, name: object) -> TemplateSpec:
        """The template of a name.

        Raises:
            FactError: There is none.
        """
        spec = self.specs.get(name) if isinstance(name, str) else None
        if spec is not None:
            return spec
        if not isinstance(name, str):
            raise FactError(f"a template is given by its name, a str, not by {name!r}")
        hint = did_you_mean(name, self.specs)
        listed = ", ".join(self.specs) or "none"
        more = f"; {hint}" if hint else f" (known: {listed})"
        raise FactError(f"unknown template {name!r}{more}")

    def wanted(
        self, spec: TemplateSpec | None, equal: Mapping[str, object], limits: Limits
    ) -> dict[str, object]:
        """The values that facts of a template, or with None of any, are asked for.

        Raises:
            FactError: No such template has a field, or a value is none of the language.
        """
        specs = list(self.specs.values()) if spec is None else [spec]
        found: dict[str, object] = {}
        for name, value in equal.items():
            if not any(name in candidate.positions or candidate.open for candidate in specs):
                if spec is not None:
                    raise spec.unknown_field(name)
                fields = [field for candidate in specs for field in candidate.positions]
                hint = did_you_mean(name, fields)
                raise FactError(f"no template has a field '{name}'" + (f"; {hint}" if hint else ""))
            try:
                found[name] = store(self.inward(value), ANY_VALUE, limits)
            except Misfit as misfit:
                place = name if spec is None else f"{spec.name}.{name}"
                error = FactError(f"{place}: {misfit}")
                error.__cause__ = None  # compiled code does not know `raise … from`
                raise error from None
        return found

    def given(
        self, template: object, fields: Mapping[str, object]
    ) -> tuple[TemplateSpec, dict[str, object]]:
        """Template and fields of a new fact, from a name or an object.

        Raises:
            FactError: The name or the object's class is no template, or a value is a fact that
                cannot be referred to.
        """
        if isinstance(template, str):
            return self.spec(template), self.all_inward(fields)
        name = self.names.get(type(template))
        if name is None and self.adopts:
            name = self.adopt(type(template))
        if name is None:
            if isinstance(template, type) and template in self.names:
                called = self.names[template]
                raise FactError(
                    f"a fact is made of an object of {called}, or of the name '{called}'"
                )
            if isinstance(template, (dict, type)):
                raise FactError(
                    "a fact is made of the name of its template and its fields, as by"
                    f" insert('Name', **fields), not of a {type(template).__name__}"
                )
            raise FactError(
                f"'{type(template).__name__}' is not the class of a template; give it to"
                " RuleSet.load or RuleSet.parse (templates=[…])"
            )
        if fields:
            raise FactError("fields cannot be given beside an object")
        return self.spec(name), self.all_inward(self.fields(template, name))

    def adopt(self, cls: type) -> str:
        """The template of a class that was not declared: the one that has its name.

        Raises:
            FactError: There is none, or another class has it.
        """
        name = cls.__name__
        self.spec(name)
        if name in self.classes:
            raise FactError(f"the template '{name}' is that of another class of this name")
        self.classes = {**self.classes, name: cls}
        self.names = {**self.names, cls: name}
        return name

    def fields(self, instance: object, template: str) -> dict[str, object]:
        """The values of an object's fields."""
        if is_fact_class(type(instance)):
            return fields_of_object(instance, self.classes)
        names = self.spec(template).positions
        return {
            name: plain(getattr(instance, name), self.classes)
            for name in names
            if hasattr(instance, name)
        }

    # -- facts and objects ---------------------------------------------------------------------

    def fact_of(self, element: Element) -> Fact:
        """A handle of a fact for the program. All handles of one fact are equal."""
        fact = self.fact_class()
        fill(fact, element, self)
        return fact

    def element_of(self, fact: object) -> Element:
        """The record of a live fact, given as a `Fact` or as the object it was inserted from.

        Raises:
            FactError: It is none of this session, or was retracted.
        """
        element = self.known_element(fact)
        is_pending = self.pending is not None and self.pending.has(element)
        if not element.is_live and not is_pending:
            raise FactError(f"fact {element.number} ({element.type.name}) was retracted")
        return element

    def known_element(self, fact: object) -> Element:
        """As `element_of`, also for a fact that was retracted or is only pending.

        Raises:
            FactError: It is none of this session.
        """
        if isinstance(fact, Handle):
            if fact._translator is not self:
                raise FactError(f"{fact!r} belongs to another session")
            return fact._element
        found = self.objects.get(id(fact))
        if found is None or found[0] is not fact:
            raise FactError(f"{fact!r} is no fact of this session")
        return found[1]

    def standing(
        self, instance: object, fresh: Mapping[int, tuple[object, Element]] | None = None
    ) -> Element | None:
        """The fact that an object stands for already: it is there, or will be.

        Args:
            instance: The object.
            fresh: The objects of what is about to be inserted, by `id()`.
        """
        found = fresh.get(id(instance)) if fresh else None
        if found is None:
            found = self.objects.get(id(instance))
        if found is None or found[0] is not instance:
            return None
        element, pending = found[1], self.pending
        if pending is not None and element in pending.retracted:
            return None
        is_there = element.is_live or (pending is not None and pending.has(element))
        return element if is_there else None

    def remember(self, instance: object, element: Element) -> None:
        """Note the object that a fact was inserted from."""
        known = self.objects.get(id(instance))
        if known is not None:
            others = self.instances[known[1]]  # it was made a fact before
            others[:] = [other for other in others if other is not instance]
        self.objects[id(instance)] = (instance, element)
        self.instances.setdefault(element, []).append(instance)

    def forget(self, element: Element) -> None:
        """Drop what is known of the objects of a fact that is gone."""
        for instance in self.instances.pop(element, ()):
            del self.objects[id(instance)]

    def forget_all(self) -> None:
        """Drop what is known of all objects."""
        if self.objects:
            self.objects.clear()
            self.instances.clear()

    def write_back(self, element: Element, names: Iterable[str]) -> None:
        """Assign the present values of some fields to the objects of a fact."""
        instances = self.instances.get(element)
        if instances:
            positions = element.type.positions
            values = {name: self.with_objects(element.values[positions[name]]) for name in names}
            hints = hints_of(self.classes[element.type.name], self.classes)
            for name, value in values.items():
                for instance in instances:
                    setattr(instance, name, revived(value, hints.get(name), self.classes))

    def build_object(self, element: Element) -> object:
        """A new object of the fact's class with its present values; None without a class."""
        cls = self.classes.get(element.type.name)
        if cls is None or not is_fact_class(cls) or element in self.building:
            return None
        self.building.append(element)
        try:
            values = {
                name: self.with_objects(element.values[index], anew=True)
                for name, index in element.type.positions.items()
            }
            return build(cls, values, self.classes)
        finally:
            self.building.remove(element)

    def with_objects(self, value: object, anew: bool = False) -> object:
        """As `outward`, with objects instead of facts where there are any.

        They are the program's own; with `anew`, or where it has none, new ones.
        """
        if isinstance(value, Element):
            instances = self.instances.get(value)
            found = instances[0] if instances and not anew else self.build_object(value)
            return self.fact_of(value) if found is None else found
        if isinstance(value, list):
            return [self.with_objects(item, anew) for item in value]
        return self.outward(value)

    # -- values --------------------------------------------------------------------------------

    def values(self, element: Element) -> tuple[object, ...]:
        """The values of a fact; within a firing, as they will be when it is done."""
        return element.values if self.pending is None else self.pending.values(element)

    def further(self, element: Element) -> dict[str, object]:
        """As `values`, the further fields of a fact of an open template."""
        fields = self.values(element)[0]
        assert isinstance(fields, dict)
        return fields

    def outward(self, value: object) -> Any:
        """A value as a program gets it: records are facts, collections are copies."""
        if value is None or isinstance(value, (str, int, float)):
            return value
        if isinstance(value, Element):
            return self.fact_of(value)
        return _outward(value, self.fact_of)

    def as_it_was(self, value: object, values: Mapping[Element, tuple[object, ...]]) -> Any:
        """As `outward`, with facts as they were when they had these values."""
        return _outward(value, lambda fact: PastFact(self.fact_of(fact), values[fact]))

    def inward(self, value: object, depth: int = 0) -> object:
        """A value as working memory takes it: facts, and objects that are facts, are records.

        Raises:
            FactError: A fact belongs to another session or was retracted; an object of a
                template's class is no fact.
        """
        if isinstance(value, (str, int, float)) or value is None:
            return value
        if isinstance(value, Handle):
            return self.element_of(value)
        if type(value) in self.names:
            found = self.objects.get(id(value))
            if found is None or found[0] is not value:
                raise FactError(
                    f"a value is an object of {type(value).__name__} that is no fact yet;"
                    " insert it first"
                )
            return self.element_of(value)
        if is_fact_class(type(value)):  # a nested model is a mapping
            value = plain(value, self.classes)
        if depth < DEEPEST:
            if type(value) is dict:
                return {key: self.inward(item, depth + 1) for key, item in value.items()}
            if type(value) in (list, tuple, set):
                assert isinstance(value, (list, tuple, set))
                return type(value)(self.inward(item, depth + 1) for item in value)
        return value

    def all_inward(self, fields: Mapping[str, object]) -> dict[str, object]:
        """Fields as working memory takes them."""
        return {name: self.inward(value) for name, value in fields.items()}


def _outward(value: object, made: Callable[[Element], object]) -> Any:
    """A value as a program gets it; `made` says what a fact is."""
    if value is None or isinstance(value, (str, int, float)):
        return value
    if isinstance(value, Element):
        return made(value)
    if isinstance(value, Answer):
        positions = value.type.positions
        items = {name: _outward(value.values[i], made) for name, i in positions.items()}
        return Match(value.type.name, items)
    if not holds_record(value):
        return export(value)
    if isinstance(value, dict):
        return {_outward(k, made): _outward(v, made) for k, v in value.items()}
    assert isinstance(value, (list, set, frozenset, tuple))
    return type(value)(_outward(item, made) for item in value)


def holds_record(value: object) -> bool:
    """Whether a fact or an answer of a query is somewhere in a value."""
    if isinstance(value, Record):
        return True
    if isinstance(value, dict):
        for key, item in value.items():
            if holds_record(key) or holds_record(item):
                return True
    elif isinstance(value, (list, tuple, set, frozenset)):
        for item in value:
            if holds_record(item):
                return True
    return False
