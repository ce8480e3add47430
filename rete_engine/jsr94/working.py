"""The objects of one session of the engine: those that a program added, and those of rules."""

from __future__ import annotations

from typing import Any

from rete_engine.session.fact import Fact
from rete_engine.session.session import Session


class Objects:
    """Objects by number, in the order in which they came; those of facts blocks do not count."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.last = 0
        self.facts: dict[int, Fact] = {}  # by number
        self.objects: dict[int, Any] = {}  # those that were added
        self._numbers: dict[Fact, int] = {}
        session.on("insert", self._came)
        session.on("retract", self._left)

    def _came(self, fact: Fact) -> None:
        self.last += 1
        self.facts[self.last] = fact
        self._numbers[fact] = self.last

    def _left(self, fact: Fact) -> None:
        number = self._numbers.pop(fact, None)
        if number is not None:
            del self.facts[number]
            self.objects.pop(number, None)

    def add(self, instance: Any) -> int:
        """Insert an object; its number.

        Raises:
            FactError: It is no fact.
        """
        fact = self.session.insert(instance)
        number = self._numbers.get(fact)
        if number is None:  # of a facts block, for a template that is unique
            self._came(fact)
            number = self.last
        self.objects.setdefault(number, instance)
        return number

    def get(self, number: int) -> Any:
        """The object of a number."""
        if number in self.objects:
            return self.objects[number]
        return self.session.object_of(self.facts[number])

    def update(self, number: int, instance: Any) -> None:
        """Take the present values of an object: of the same one, or of another in its place.

        Raises:
            FactError: Its values do not fit.
        """
        known = self.get(number)
        if known is instance:
            self.session.update(instance)
            return
        old = self.facts[number]
        new = self.session.replace(old, instance)
        if new != old:  # an object of another class: the number stays with it
            self.facts.pop(self._numbers[new], None)
            self.facts[number] = new
            self._numbers[new] = number
        self.objects[number] = instance

    def remove(self, number: int) -> None:
        """Retract an object."""
        self.session.retract(self.facts[number])

    def all(self) -> list[Any]:
        """All objects, in the order in which they came."""
        return [self.get(number) for number in list(self.facts)]
