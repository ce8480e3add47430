"""References in files: a fact is named by the key of its template."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from rete_engine.expressions.frame import Limits
from rete_engine.expressions.types import Type
from rete_engine.expressions.values import (
    Misfit,
    from_cell,
    from_text,
    join_key,
    shown,
    store,
)
from rete_engine.store.shapes import TemplateShape, referred

Key = tuple[object, ...]

_LIMITS = Limits()


class KeyedFact(Protocol):
    """What is asked of a fact: its fields by name."""

    def __getitem__(self, field: str) -> object: ...


class Absent(Exception):  # noqa: N818 - not an error yet: the fact may stand further down
    """A record refers to a fact that is not in working memory."""

    def __init__(self, template: str, key: Key, values: dict[str, object]) -> None:
        self.template = template
        self.key = key
        named = ", ".join(f"{field} = {shown(value)}" for field, value in values.items())
        super().__init__(f"there is no {template} with {named}")


class References:
    """The facts that references can mean, by template and key."""

    def __init__(
        self,
        templates: Mapping[str, TemplateShape],
        facts: Callable[[str], Iterable[KeyedFact]],
    ) -> None:
        """Make those known that are there already.

        Args:
            templates: All templates, by name.
            facts: Answers with the facts of a template, those of templates that extend it too.
        """
        self._templates = templates
        used = (referred(field.type) for t in templates.values() for field in t.fields)
        names = {name for types in used for name in types if name in templates}
        self.targets: frozenset[str] = frozenset(n for n in names if templates[n].key is not None)
        self._facts: dict[str, dict[Key, object]] = {name: {} for name in self.targets}
        self._keys = {name: _key_fields(templates[name]) for name in self.targets}
        for name in self.targets:
            self.remember(name, facts(name))

    def meant_by(self, template: str) -> tuple[str, ...]:
        """The targets whose facts a template's facts are: itself and what it extends."""
        family = {template, *self._templates[template].extends}
        return tuple(sorted(family & self.targets))

    def remember(self, target: str, facts: Iterable[KeyedFact]) -> list[Key]:
        """Make facts known as facts of a target; answers with their keys."""
        fields = list(self._keys[target])
        known = self._facts[target]
        keys = []
        for fact in facts:
            key = tuple([join_key(fact[field]) for field in fields])
            known[key] = fact
            keys.append(key)
        return keys

    def find(self, target: str, value: object, cell: bool) -> object:
        """The fact of a template with a key.

        Args:
            target: The template.
            value: The value of its key; for a key of several fields a list of them in the key's
                order, or a mapping.
            cell: Whether the value is the text of a CSV cell.

        Raises:
            Misfit: The template has no key, or the value does not fit it.
            Absent: There is no such fact.
        """
        types = self._keys.get(target)
        if types is None:
            raise Misfit(f"{target} has no key(…), so a file cannot refer to one of its facts")
        values = [
            self._part(part, type, cell)
            for part, type in zip(
                _parts(target, value, tuple(types), cell), types.values(), strict=True
            )
        ]
        key = tuple(map(join_key, values))
        fact = self._facts[target].get(key)
        if fact is None:
            raise Absent(target, key, dict(zip(types, values, strict=True)))
        return fact

    def _part(self, value: object, type: Type, cell: bool) -> object:
        if type.is_fact:
            return self.find(type.name, value, cell)
        if cell and isinstance(value, str):
            return from_cell(value, type)
        return store(from_text(value, type), type, _LIMITS)


def _key_fields(template: TemplateShape) -> dict[str, Type]:
    """The fields of a template's key, in its order, with their types."""
    types = {field.name: field.type for field in template.fields}
    return {name: types[name] for name in template.key or ()}


def _parts(target: str, value: object, fields: tuple[str, ...], cell: bool) -> list[object]:
    """The values of the fields of a key."""
    listed = ", ".join(fields)
    if len(fields) == 1 and not isinstance(value, dict):
        return [value]
    if cell:
        raise Misfit(f"a cell cannot name a {target}: its key is ({listed})")
    if isinstance(value, dict) and set(value) == set(fields):
        return [value[field] for field in fields]
    if isinstance(value, list) and len(value) == len(fields):
        return value
    raise Misfit(f"{value!r} does not name a {target}: its key is ({listed})")
