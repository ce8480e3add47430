"""`Batch`: several changes of a session, all or none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rete_engine.diagnostics.errors import SessionError
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
        self._is_open = True

    def insert(self, template: Any, /, **fields: Any) -> Fact:
        """As `Session.insert`."""
        with self._working():
            spec, given = self._translator.given(template, fields)
            element = self._changes.insert(spec, spec.build(given, self._changes.limits))
            if not isinstance(template, str):
                self._inserted.append((template, element))
            return self._translator.fact_of(element)

    def modify(self, fact: Any, /, **fields: Any) -> None:
        """As `Session.modify`; facts of the batch itself too."""
        with self._working():
            given = self._translator.all_inward(fields)
            self._changes.modify(self._translator.known_element(fact), given)

    def upsert(self, template: str, /, **fields: Any) -> Fact:
        """As `Session.upsert`."""
        with self._working():
            spec, given = self._translator.given(template, fields)
            return self._translator.fact_of(self._changes.upsert(spec, given))

    def retract(self, fact: Any, /) -> None:
        """As `Session.retract`; facts of the batch itself too."""
        with self._working():
            self._changes.retract(self._translator.known_element(fact))

    @contextmanager
    def _working(self) -> Iterator[None]:
        """Let fields refer to facts that the batch inserts."""
        if not self._is_open:
            raise SessionError("the batch is done; changes belong into its 'with' block")
        self._translator.pending = self._changes
        try:
            yield
        finally:
            self._translator.pending = None

    def commit(self) -> None:
        """Make the changes; `Session.batch` calls it."""
        self._changes.commit()
        for instance, element in self._inserted:
            if element.is_live:
                self._translator.remember(instance, element)
        for element in self._changes.retracted:
            self._translator.forget(element)

    def end(self) -> None:
        """Take no further changes."""
        self._is_open = False
