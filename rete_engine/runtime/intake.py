"""Many facts at once: checked all, then entered all."""

from __future__ import annotations

from typing import final

from rete_engine.diagnostics.errors import FactError, KeyInUseError
from rete_engine.network.templates import TemplateSpec
from rete_engine.runtime.memory import Element
from rete_engine.runtime.working_memory import WorkingMemory


@final
class Intake:
    """Many rows on their way in: all are taken, then all enter, or none does.

    Rows of one template without keys are facts not before they enter. Of a million rows, each
    fact that was made before would have to be fetched from main memory again.
    """

    __slots__ = ("found", "fresh", "memory", "room", "stated", "template", "waiting")

    def __init__(self, memory: WorkingMemory, template: TemplateSpec | None) -> None:
        self.memory = memory
        self.room = memory.limits.facts - memory.count
        self.found: list[Element] = []  # the fact of each row
        self.fresh: list[Element] = []  # those that are new
        self.stated: dict[Element, None] = {}  # those that were derived
        # That of all rows, where they have but one and nothing can hinder them from entering.
        self.template: TemplateSpec | None = None
        self.waiting: list[tuple[object, ...]] = []  # the values of its rows
        if template is not None and memory.truth is None and not (template.keys or template.unique):
            self.template = template

    def take(self, template: TemplateSpec, row: dict[str, object]) -> None:
        """Check a row and make its fact, which holds its keys from now on."""
        self.take_values(template, template.build(row, self.memory.limits))

    def take_all(self, template: TemplateSpec, rows: list[tuple[object, ...]]) -> None:
        """As `take`, of rows of values that are checked already."""
        if self.template is template:
            self.waiting.extend(rows)
            self.check_room(len(self.waiting))
            return
        for values in rows:
            self.take_values(template, values)

    def take_values(self, template: TemplateSpec, values: tuple[object, ...]) -> None:
        """Make the fact of a row of values that are checked already."""
        if self.template is template:
            self.waiting.append(values)
            self.check_room(len(self.waiting))
            return
        memory = self.memory
        fresh = self.fresh
        if memory.truth is not None:
            equal = memory.truth.derived_equal(template, values, self.stated)
            if equal is not None:
                self.stated[equal] = None
                self.found.append(equal)
                return
        element = Element(template, values, memory.inserted + len(fresh) + 1)
        if template.keys or template.unique:
            held = memory.claim(element, template)
            if held is not None:
                self.found.append(held)
                return
        self.found.append(element)
        fresh.append(element)
        self.check_room(len(fresh))

    def take_again(self, element: Element) -> None:
        """Take a row that a fact stands for already: one that was derived is stated."""
        if self.memory.truth is not None:
            self.stated[element] = None
        self.found.append(element)

    def check_room(self, more: int) -> None:
        """Refuse facts over the session's limit.

        Raises:
            SessionLimitError: There would be too many.
        """
        if more > self.room:
            self.memory.check_room(more)

    def undo(self, error: BaseException) -> None:
        """Give the keys up again, and name the row that did not fit."""
        for element in self.fresh:
            self.memory.drop_keys(element)
        if isinstance(error, FactError):
            message = f"row {len(self.found) + len(self.waiting) + 1}: {error}"
            if isinstance(error, KeyInUseError):
                raise KeyInUseError(message) from None
            raise FactError(message) from None

    def enter(self) -> list[Element]:
        """Let the new facts enter; the fact of each row."""
        memory = self.memory
        if self.template is not None:
            return self.enter_waiting(self.template)
        memory.inserted += len(self.fresh)
        truth = memory.truth
        if truth is not None:
            for element in self.stated:
                truth.state(element)
        for element in self.fresh:
            memory.enter(element)
            if truth is not None:
                truth.maintain()
        return self.found

    def enter_waiting(self, template: TemplateSpec) -> list[Element]:
        """Let the rows of the one template enter; the fact of each."""
        memory = self.memory
        number = memory.inserted
        memory.inserted = number + len(self.waiting)
        found = self.found
        for values in self.waiting:
            number += 1
            element = Element(template, values, number)
            found.append(element)
            memory.enter(element)
        return found
