"""`Batch`: several changes of a session, all or none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
        self._inserted: dict[int, tuple[object, Element]] = {}  # by id() of the object
        self._is_open = True

    def insert(self, template: Any, /, **fields: Any) -> Fact:
        """As `Session.insert`."""
        with self._working():
            translator = self._translator
            element = inserted(translator, self._changes, self._inserted, template, fields)
            return translator.fact_of(element)

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
        for instance, element in self._inserted.values():
            if element.is_live:
                self._translator.remember(instance, element)
        for element in self._changes.retracted:
            self._translator.forget(element)

    def end(self) -> None:
        """Take no further changes."""
        self._is_open = False


def inserted(
    translator: Translator,
    changes: Changes,
    objects: dict[int, tuple[object, Element]],
    template: object,
    fields: Mapping[str, object],
) -> Element:
    """Insert a fact with other changes; of an object that stands for a fact already, that one.

    Args:
        translator: That of the session.
        changes: The changes that are collected.
        objects: The objects that they make facts of, by `id()`; a new one is noted.
        template: A template's name, or an object.
        fields: The fact's fields, when a name is given.

    Raises:
        FactError: Template or field is unknown, a value does not fit, or a key is in use.
    """
    if not isinstance(template, str) and not fields:
        standing = translator.standing(template, objects)
        if standing is not None:
            if changes.derivations is not None:
                changes.derivations.state(standing, changes.values(standing))
            return standing
    spec, given = translator.given(template, fields)
    element = changes.insert(spec, spec.build(given, changes.limits))
    if not isinstance(template, str):
        objects[id(template)] = (template, element)
    return element
