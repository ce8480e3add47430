"""What pending changes derive and state: the part of `changes` for rule sets that derive facts."""

from __future__ import annotations

from typing import cast, final

from rete_engine.network.templates import TemplateSpec
from rete_engine.runtime.activations import Activation
from rete_engine.runtime.equals import EqualFacts, first_of, key_of
from rete_engine.runtime.memory import Element
from rete_engine.runtime.truth import Truth


@final
class Derivations:
    """The supports that an action gives, and the facts that it states."""

    __slots__ = ("equals", "fresh", "not_derived", "stated", "supported", "touched", "truth")

    def __init__(self, truth: Truth) -> None:
        self.truth = truth
        self.stated: dict[Element, None] = {}  # facts that stay without supports from now on
        self.supported: dict[Element, None] = {}  # facts that the firing's match supports
        self.fresh: dict[Element, None] = {}  # those of them that are new
        # What the index of live facts does not tell: facts that are pending have other values.
        self.equals = EqualFacts()
        self.touched: dict[Element, None] = {}  # facts that were modified or retracted
        self.not_derived: dict[Element, None] = {}  # these and the stated ones

    # -- statements ----------------------------------------------------------------------------

    def equal(self, template: TemplateSpec, values: tuple[object, ...]) -> Element | None:
        """A fact with these values, for `insert logical` to support."""
        key = key_of(template, values)
        found = first_of(self.truth.equals.facts, key, self.touched)
        return found if found is not None else first_of(self.equals.facts, key, {})

    def restate(self, template: TemplateSpec, values: tuple[object, ...]) -> Element | None:
        """State a fact with these values that was only derived, if there is one."""
        found = self.truth.derived_equal(template, values, self.not_derived)
        if found is None:
            found = first_of(self.equals.derived, key_of(template, values), {})
        if found is not None:
            self.state(found, values)
        return found

    def state(self, element: Element, values: tuple[object, ...]) -> None:
        """State a fact; these are its values now."""
        self.stated[element] = None
        self.not_derived[element] = None
        self.equals.state(element, values)

    def support(self, element: Element) -> None:
        """Support a fact that is there."""
        self.supported[element] = None

    def inserted(self, element: Element, values: tuple[object, ...], is_logical: bool) -> None:
        """Note a new fact."""
        if is_logical:
            self.fresh[element] = None
            self.supported[element] = None
        if self.is_tracked(element):
            self.equals.add(element, values, is_logical)

    def modified(
        self, element: Element, old: tuple[object, ...], values: tuple[object, ...]
    ) -> None:
        """Note that a fact has other values."""
        if self.is_tracked(element):
            self.equals.remove(element, old)
            self.touched[element] = None
            self.not_derived[element] = None
            self.equals.add(element, values, self.is_derived(element))

    def retracted(self, element: Element, values: tuple[object, ...]) -> None:
        """Note that a fact is gone."""
        self.supported.pop(element, None)
        self.stated.pop(element, None)
        if self.is_tracked(element):
            self.equals.remove(element, values)
            self.touched[element] = None
            self.not_derived[element] = None

    def is_tracked(self, element: Element) -> bool:
        """Whether equal facts of the template matter."""
        return cast(TemplateSpec, element.type).number in self.truth.templates

    def is_derived(self, element: Element) -> bool:
        """Whether a fact stands on supports alone, so far."""
        if element in self.stated:
            return False
        return element in self.fresh or self.truth.is_derived(element)

    # -- the end -------------------------------------------------------------------------------

    def commit(self, activation: Activation | None) -> None:
        """Give the supports of a firing and state what is stated, before facts come and go."""
        truth = self.truth
        for element in self.stated:
            truth.state(element)
        for element in self.supported:
            assert activation is not None
            truth.support(activation, element, not self.is_derived(element))
