"""`Batch`: several changes of a session, all or none."""

from __future__ import annotations

from typing import Any

from rete_engine.runtime.changes import Changes
from rete_engine.runtime.memory import Element
from rete_engine.session.fact import Fact
from rete_engine.session.translation import Translator


class Batch:
    """Changes that are made together when the `with` block of `Session.batch` ends.

    Each method checks its change against the state as it will be after the ones before it.
    Facts of the batch read as they were before it until it is done.
    """

    def __init__(self, translator: Translator, changes: Changes) -> None:
        self._translator = translator
        self._changes = changes
        self._inserted: list[tuple[object, Element]] = []  # objects and their facts

    def insert(self, template: Any, /, **fields: Any) -> Fact:
        """As `Session.insert`."""
        spec, given = self._translator.given(template, fields)
        element = self._changes.insert(spec, given)
        if not isinstance(template, str):
            self._inserted.append((template, element))
        return self._translator.fact_of(element)

    def modify(self, fact: Any, /, **fields: Any) -> None:
        """As `Session.modify`; facts of the batch itself too."""
        given = self._translator.all_inward(fields)
        self._changes.modify(self._translator.known_element(fact), given)

    def upsert(self, template: str, /, **fields: Any) -> Fact:
        """As `Session.upsert`."""
        spec, given = self._translator.given(template, fields)
        return self._translator.fact_of(self._changes.upsert(spec, given))

    def retract(self, fact: Any, /) -> None:
        """As `Session.retract`; facts of the batch itself too."""
        self._changes.retract(self._translator.known_element(fact))

    def commit(self) -> None:
        """Make the changes; `Session.batch` calls it."""
        self._changes.commit()
        for instance, element in self._inserted:
            self._translator.remember(instance, element)
