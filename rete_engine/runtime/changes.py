"""Pending changes: of an action that runs, or of a batch."""

from __future__ import annotations

from typing import Final, final

from rete_engine.diagnostics.errors import FactError
from rete_engine.expressions.frame import Record
from rete_engine.expressions.reads import further
from rete_engine.expressions.values import changed
from rete_engine.network.templates import MISSING, TemplateSpec
from rete_engine.runtime.activations import Activation
from rete_engine.runtime.derivations import Derivations
from rete_engine.runtime.keys import keys_of
from rete_engine.runtime.memory import Element
from rete_engine.runtime.origins import FiringRecord
from rete_engine.runtime.working_memory import WorkingMemory

INSERTED: Final = 1
MODIFIED: Final = 2
RETRACTED: Final = 3


@final
class Changes:
    """Changes that are not made yet: of an action that runs, or of a batch.

    Every statement is checked against the state as it would be after the ones before it; then
    `commit` makes them all, one net change for each fact, or they are dropped and nothing
    happened. Committed ones can be used for the next changes after `begin`: making all this anew
    for every firing took a fifth of its instructions.
    """

    __slots__ = (
        "derivations", "inserts", "keyed", "keys", "kinds", "limits", "memory", "origin",
        "overlay", "retracted", "sole", "start",
    )  # fmt: skip

    def __init__(self, memory: WorkingMemory) -> None:
        self.memory = memory
        self.limits = memory.limits
        self.kinds: dict[Element, int] = {}  # what becomes of each fact, in the order of work
        # The fact of an insert that is the only change so far, which is then not in `kinds`: most
        # actions insert one fact, and the dict took 700 of the 2,900 instructions of doing so.
        self.sole: Element | None = None
        self.overlay: dict[Record, tuple[object, ...]] = {}  # values that are not yet in place
        self.retracted: set[Element] = set()  # facts that are gone, so far
        self.keys: dict[tuple[int, object], Element | None] = {}  # keys that changed hands
        self.keyed = False  # whether a fact that is changed has keys
        self.inserts = 0
        self.start = 0  # facts ever inserted before
        self.derivations: Derivations | None = None
        self.origin: FiringRecord | None = None  # the firing that makes them
        self.begin()

    def begin(self) -> None:
        """Begin with no changes."""
        self.start = self.memory.inserted
        self.origin = None
        truth = self.memory.truth
        if truth is not None:
            self.derivations = Derivations(truth)

    def clear(self) -> None:
        """Forget changes that were made."""
        self.sole = None
        if self.kinds:
            self.kinds.clear()
        if self.overlay:
            self.overlay.clear()
        if len(self.retracted) > 0:  # a set, see `Agenda.add`
            self.retracted.clear()
        if self.keyed:
            self.keys.clear()
            self.keyed = False
        self.inserts = 0

    def any(self) -> bool:
        """Whether there are changes."""
        return self.sole is not None or len(self.kinds) > 0

    def has(self, element: Element) -> bool:
        """Whether a fact is changed."""
        return element is self.sole or element in self.kinds

    def all(self) -> dict[Element, int]:
        """What becomes of each fact, in the order of work."""
        sole = self.sole
        if sole is not None:
            self.kinds[sole] = INSERTED
            self.sole = None
        return self.kinds

    def values(self, element: Element) -> tuple[object, ...]:
        """The values of a fact with the pending changes."""
        return self.overlay.get(element, element.values)

    def insert(self, template: TemplateSpec, values: tuple[object, ...]) -> Element:
        """Insert a fact; an equal one that is only derived, or is of a `unique` template, is it.

        Args:
            template: The fact's template.
            values: What the template makes of the given fields.

        Raises:
            FactError: A key is in use.
        """
        if self.derivations is not None:
            derived = self.derivations.restate(template, values)
            if derived is not None:
                return derived
        return self.add(template, values, False)

    def insert_logical(self, template: TemplateSpec, values: tuple[object, ...]) -> Element:
        """Support an equal fact by the match that fires, or insert one that it supports.

        Raises:
            FactError: As `insert`.
        """
        assert self.derivations is not None
        equal = self.derivations.equal(template, values)
        if equal is not None:
            self.derivations.support(equal)
            return equal
        return self.add(template, values, True)

    def add(self, template: TemplateSpec, values: tuple[object, ...], logical: bool) -> Element:
        """Insert a fact, unless the equal one of a `unique` template is there.

        Raises:
            FactError: A key is in use.
        """
        has_keys = bool(template.keys) or template.unique
        if has_keys:
            held = self.memory.holder(template, values, self.keys, None)
            if held is not None:
                return held
        self.memory.check_room(self.inserts + 1)
        self.inserts += 1
        element = Element(template, values, self.start + self.inserts)
        if self.any():
            self.all()[element] = INSERTED
        else:
            self.sole = element
        if has_keys:
            self.keyed = True
            for key in keys_of(element, values):
                self.keys[key] = element
        if self.derivations is not None:
            self.derivations.inserted(element, values, logical)
        return element

    def upsert(self, template: TemplateSpec, given: dict[str, object]) -> Element:
        """Change the given fields of the fact that has the key, or insert it.

        Raises:
            FactError: A field does not fit, a key field is missing, or the key is in use by a
                fact of another template.
        """
        element = self.find(template, given)
        if element is None:
            return self.insert(template, template.build(given, self.limits))
        self.modify(element, given)
        if self.derivations is not None:
            self.derivations.state(element, self.values(element))
        return element

    def find(self, template: TemplateSpec, given: dict[str, object]) -> Element | None:
        """The fact that has the key that is given."""
        if template.key is None:
            raise FactError(f"{template.name} declares no key, so it cannot be upserted")
        key_values: dict[int, object] = {}
        for index in template.key:
            field = template.fields[index - template.first_field]
            value = given.get(field.name, field.default if field.factory is None else MISSING)
            if value is MISSING:
                raise FactError(f"upsert of {template.name} needs its key field '{field.name}'")
            key_values[index] = field.accept(template.name, value, self.limits)
        for spec in template.keys:
            if spec.fields == template.key:
                width = max(spec.fields) + 1
                values = tuple([key_values.get(index) for index in range(width)])
                element = self.memory.at(spec.number, spec.of(values), self.keys)
                if element is not None and template.name not in element.type.ancestors:
                    raise self.memory.in_use(template, spec, values, element)
                return element
        raise AssertionError(template.name)

    def modify(self, element: Element, given: dict[str, object]) -> None:
        """Change fields of a fact.

        Raises:
            FactError: The fact is gone, a field does not fit, or a key is in use.
        """
        self.check_there(element, "modified")
        template = element.type
        assert isinstance(template, TemplateSpec)
        old = self.values(element)
        values = template.change(old, given, self.limits)
        if template.unique or (template.keys and moves_keys(template, old, values)):
            self.memory.holder(template, values, self.keys, element)
            self.keyed = True
            for key in keys_of(element, old):
                self.keys[key] = None
            for key in keys_of(element, values):
                self.keys[key] = element
        if self.derivations is not None:
            self.derivations.modified(element, old, values)
        self.overlay[element] = values
        kinds = self.all()
        if kinds.get(element) != INSERTED:
            # Modifies of one fact merge at the place of the last.
            kinds.pop(element, None)
            kinds[element] = MODIFIED

    def retract(self, element: Element) -> None:
        """Retract a fact; one that is gone already stays gone."""
        if element in self.retracted or not (element.is_live or self.has(element)):
            return
        template = element.type
        assert isinstance(template, TemplateSpec)
        if template.keys or template.unique:
            self.keyed = True
            for key in keys_of(element, self.values(element)):
                self.keys[key] = None
        if self.derivations is not None:
            self.derivations.retracted(element, self.values(element))
        self.retracted.add(element)
        kinds = self.all()
        if kinds.pop(element, 0) != INSERTED:
            kinds[element] = RETRACTED

    def check_there(self, element: Element, what: str) -> None:
        """Refuse a fact that is gone.

        Raises:
            FactError: It was retracted.
        """
        if element in self.retracted or not (element.is_live or self.has(element)):
            raise FactError(
                f"fact {element.number} ({element.type.name}) was retracted and cannot be {what}"
            )

    def commit(self, activation: Activation | None = None) -> None:
        """Make the changes, one after another; then what they leave without support goes.

        Args:
            activation: The match that fired, which supports what was inserted logically.
        """
        if self.derivations is None:
            self.make()
        else:
            self.derivations.commit(activation)
            if self.origin is not None:
                for element in self.derivations.stated:
                    if element.origin is None:
                        element.origin = self.origin.of_insert()
            self.make()
            self.derivations.truth.maintain()

    def make(self) -> None:
        """Make the changes, one after another."""
        memory = self.memory
        memory.inserted = self.start + self.inserts
        sole = self.sole
        if sole is not None:
            if self.keyed:
                memory.hold_keys(sole, sole.values)
            self.enter(sole)
            return
        kinds = self.kinds
        overlay = self.overlay
        if self.keyed:
            for element, kind in kinds.items():
                if kind != INSERTED:
                    memory.drop_keys(element)
            for element, kind in kinds.items():
                if kind != RETRACTED:
                    memory.hold_keys(element, overlay.get(element, element.values))
        for element, kind in kinds.items():
            if kind == RETRACTED:
                memory.leave(element)
                continue
            values = element.values
            if overlay:
                values = overlay.get(element, values)
            if kind == INSERTED:
                element.values = values
                self.enter(element)
            else:
                mask = changed_fields(element, values)
                if mask:
                    memory.renew(element, values, mask)
                    if self.origin is not None:
                        tag = memory.matcher.tag
                        element.origin = self.origin.of_modify(element.origin, tag)

    def enter(self, element: Element) -> None:
        """Make a fact live, unless it was derived and nothing supports it any more."""
        memory = self.memory
        truth = memory.truth
        if truth is not None and truth.is_void(element):
            memory.drop_keys(element)
            truth.forget(element)
            return
        origin = self.origin
        if origin is not None and (truth is None or not truth.is_derived(element)):
            element.origin = origin.of_insert()
        memory.enter(element)


def modify_fact(memory: WorkingMemory, element: Element, given: dict[str, object]) -> None:
    """Change fields of a fact, by itself and at once.

    Raises:
        FactError: The fact is gone, a field does not fit, or a key is in use. Nothing changed.
    """
    template = element.type
    assert isinstance(template, TemplateSpec)
    if memory.truth is None and element.is_live and not template.unique:
        values = template.change(element.values, given, memory.limits)
        mask = changed_fields(element, values)
        if not template.keys or not template.is_keyed_by(mask):
            # Nothing is pending and no key changes hands: half the instructions.
            if mask:
                memory.renew(element, values, mask)
            return
    changes = Changes(memory)
    changes.modify(element, given)
    changes.commit()


def retract_fact(memory: WorkingMemory, element: Element) -> None:
    """Retract a fact, by itself and at once; one that is gone already stays gone."""
    if memory.truth is None:
        if element.is_live:
            template = element.type
            assert isinstance(template, TemplateSpec)
            if template.keys or template.unique:
                memory.drop_keys(element)
            memory.leave(element)
        return
    changes = Changes(memory)
    changes.retract(element)
    changes.commit()


def moves_keys(template: TemplateSpec, old: tuple[object, ...], values: tuple[object, ...]) -> bool:
    """Whether a key may change with the values: one of its fields was given."""
    for spec in template.keys:
        for index in spec.fields:
            if values[index] is not old[index]:
                return True
    return False


def changed_fields(element: Element, new: tuple[object, ...]) -> int:
    """The bits of the fields whose type or value differ from the present ones."""
    old = element.values
    mask = 0
    for index in range(len(old)):
        before = old[index]
        after = new[index]
        if before is not after and changed(before, after):
            mask |= 2 << index
    template = element.type
    assert isinstance(template, TemplateSpec)
    if mask & 2 and template.open:
        for name, place in template.read_further.items():
            if changed(further(old, name), further(new, name)):
                mask |= 2 << place
    return mask
