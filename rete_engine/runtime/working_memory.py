"""Working memory: the live facts and the keys they hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import final

from rete_engine.diagnostics.errors import KeyInUseError
from rete_engine.expressions.frame import Limits
from rete_engine.expressions.values import shown
from rete_engine.network.network import Network
from rete_engine.network.templates import MISSING, KeySpec, TemplateSpec
from rete_engine.runtime.errors import SessionLimitError
from rete_engine.runtime.keys import holds_nan, keys_of, whole_key
from rete_engine.runtime.matcher import Matcher
from rete_engine.runtime.members import Members
from rete_engine.runtime.memory import Element
from rete_engine.runtime.origins import FORGOTTEN, faded
from rete_engine.runtime.truth import Truth

#: Keys that changes which are not made yet give to a fact, or take from all (None).
PendingKeys = dict[tuple[int, object], Element | None]


@final
class WorkingMemory:
    """The live facts of a session, and the doors through which they change."""

    __slots__ = (
        "after_change", "count", "inserted", "keys", "limits", "listener", "matcher", "members",
        "truth",
    )  # fmt: skip

    def __init__(self, network: Network, matcher: Matcher, limits: Limits) -> None:
        self.matcher = matcher
        self.limits = limits
        self.count = 0  # live facts
        self.inserted = 0  # facts ever inserted: gives each its number
        # By template's number, as far as any has had facts: a list is asked without a hash.
        self.members: list[Members] = []
        self.keys: dict[int, dict[object, Element]] = {}  # by key spec's number, then key
        self.listener: Listener | None = None
        self.after_change: Callable[[], None] | None = None  # called behind the listener
        self.truth: Truth | None = None  # where rules insert logically
        if network.derived:
            self.truth = Truth(self, matcher, network.derived)
            matcher.truth = self.truth

    # -- single changes ------------------------------------------------------------------------

    def insert(self, template: TemplateSpec, values: tuple[object, ...]) -> Element:
        """Insert a fact and bring it through the network at once.

        An equal fact that is only derived is stated instead.

        Raises:
            FactError: A key is in use.
        """
        truth = self.truth
        if truth is not None:
            equal = truth.derived_equal(template, values, {})
            if equal is not None:
                truth.state(equal)
                return equal
        element = Element(template, values, self.inserted + 1)
        self.check_room(1)
        if template.keys or template.unique:
            held = self.claim(element, template)
            if held is not None:
                return held
        self.inserted += 1
        self.enter(element)
        if truth is not None:
            truth.maintain()
        return element

    def check_room(self, more: int) -> None:
        """Refuse facts over the session's limit.

        Raises:
            SessionLimitError: There would be too many.
        """
        if self.count + more > self.limits.facts:
            raise SessionLimitError(
                f"the session holds more than {self.limits.facts} facts"
                " (Limits(facts=…) sets the bound)"
            )

    def weight(self) -> int:
        """How many objects facts and matches are at least, as Python's collector counts them."""
        return 2 * self.count + self.matcher.tokens  # a fact has a tuple of values

    def enter(self, element: Element) -> None:
        """Make an element a live fact; its keys are held already."""
        template = element.type
        assert isinstance(template, TemplateSpec)
        members = self.members
        while len(members) <= template.number:
            members.append(Members())
        members[template.number].add(element)
        self.count += 1
        element.is_live = True
        if self.truth is not None:
            self.truth.enter(element)
        self.matcher.insert(element)
        if self.listener is not None:
            self.listener.inserted(element)
        if self.after_change is not None:
            self.after_change()

    def leave(self, element: Element) -> None:
        """Make a live fact leave; its keys are given up already."""
        template = element.type
        assert isinstance(template, TemplateSpec)
        self.members[template.number].remove(element)
        self.count -= 1
        element.is_live = False
        if element.origin is not None:
            element.origin = faded(element.origin)
        elif self.truth is not None and self.truth.is_derived(element):
            element.origin = FORGOTTEN  # its supports go
        if self.truth is not None:
            self.truth.leave(element)
        self.matcher.retract(element)
        if self.listener is not None:
            self.listener.retracted(element)
        if self.after_change is not None:
            self.after_change()

    def renew(self, element: Element, values: tuple[object, ...], mask: int) -> None:
        """Give a live fact other values; its keys are moved already."""
        old = element.values
        if self.truth is not None:
            self.truth.renew(element, values)
        self.matcher.modify(element, values, mask)
        if self.listener is not None:
            self.listener.modified(element, old)
        if self.after_change is not None:
            self.after_change()

    def all(self) -> list[Element]:
        """All live facts in the order of their insertion."""
        found = self.listed()
        found.sort(key=number_of)
        return found

    def listed(self) -> list[Element]:
        """All live facts, those of one template after those of another."""
        found: list[Element] = []
        for members in self.members:
            members.list_into(found)
        return found

    def of(self, template: TemplateSpec) -> list[Element]:
        """The live facts of a template and of those that extend it, as `all`."""
        found: list[Element] = []
        for members in self.members:
            first = members.head
            if first is not None and template.name in first.type.ancestors:
                members.list_into(found)
        found.sort(key=number_of)
        return found

    def close(self) -> None:
        """Let all facts go, when the session ends; they keep their values."""
        for members in self.members:
            members.take_apart()
        self.members.clear()
        if self.keys:
            self.keys.clear()
        self.count = 0
        self.listener = None
        self.after_change = None
        self.truth = None

    # -- keys ----------------------------------------------------------------------------------

    def holder(
        self,
        template: TemplateSpec,
        values: tuple[object, ...],
        pending: PendingKeys | None,
        mover: Element | None,
    ) -> Element | None:
        """The equal fact of a `unique` template, if there is one; `mover` does not count.

        Raises:
            FactError: Another fact holds one of the keys.
        """
        if template.unique:
            same = self.at(-1 - template.number, whole_key(values), pending)
            if same is not None and same is not mover:
                if mover is None:
                    return same
                raise KeyInUseError(
                    f"{template.name} is unique: fact {same.number} has the same values"
                )
        for spec in template.keys:
            other = self.at(spec.number, spec.of(values), pending)
            if other is not None and other is not mover:
                raise self.in_use(template, spec, values, other)
        return None

    def in_use(
        self, template: TemplateSpec, spec: KeySpec, values: tuple[object, ...], other: Element
    ) -> KeyInUseError:
        """The error for a key that another fact holds."""
        names = [template.fields[index - template.first_field].name for index in spec.fields]
        key = ", ".join(
            f"{name}={shown(values[index])}" for name, index in zip(names, spec.fields, strict=True)
        )
        return KeyInUseError(
            f"{template.name}: the key {key} is in use by fact {other.number} ({other.type.name})"
        )

    def at(self, number: int, key: object, pending: PendingKeys | None) -> Element | None:
        """The fact that holds a key, with pending changes counted in."""
        if pending is not None:
            found = pending.get((number, key), MISSING)
            if found is None or isinstance(found, Element):
                return found
        table = self.keys.get(number)
        return None if table is None else table.get(key)

    def claim(self, element: Element, template: TemplateSpec) -> Element | None:
        """Let a new fact hold its keys; the equal fact of a `unique` template, if there is one.

        Raises:
            FactError: Another fact holds one of the keys.
        """
        if len(template.keys) == 1 and not template.unique:
            # The common case, without a look at the table first.
            spec = template.keys[0]
            key = spec.of(element.values)
            if not holds_nan(key):
                table = self.keys.get(spec.number)
                if table is None:
                    table = {}
                    self.keys[spec.number] = table
                other = table.setdefault(key, element)
                if other is not element:
                    raise self.in_use(template, spec, element.values, other)
            return None
        held = self.holder(template, element.values, None, None)
        if held is None:
            self.hold_keys(element, element.values)
        return held

    def hold_keys(self, element: Element, values: tuple[object, ...]) -> None:
        """Note that a fact holds the keys of these values."""
        for number, key in keys_of(element, values):
            table = self.keys.get(number)
            if table is None:
                table = {}
                self.keys[number] = table
            table[key] = element

    def drop_keys(self, element: Element) -> None:
        """Note that a fact gives up the keys of its present values."""
        for number, key in keys_of(element, element.values):
            del self.keys[number][key]


@final
class Listener:
    """Whom working memory tells of its changes."""

    __slots__ = ("inserted", "modified", "retracted")

    def __init__(
        self,
        inserted: Callable[[Element], None],
        modified: Callable[[Element, tuple[object, ...]], None],
        retracted: Callable[[Element], None],
    ) -> None:
        self.inserted = inserted
        self.modified = modified  # takes the fact and what its values were
        self.retracted = retracted


def number_of(element: Element) -> int:
    """The sort key of facts."""
    return element.number
