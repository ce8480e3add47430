"""Filters of objects: what may be given as one, and how it is used."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from typing import Any

from rete_engine.jsr94.exceptions import InvalidRuleSessionException


def filtered(objects: Iterable[Any], object_filter: Any) -> list[Any]:
    """The objects that pass a filter, or what it gives in their place.

    Raises:
        InvalidRuleSessionException: The filter is none, or fails.
    """
    if object_filter is None:
        return list(objects)
    passes, is_predicate = _passing(object_filter)
    found: list[Any] = []
    for each in objects:
        try:
            result = passes(each)
        except Exception as error:
            raise InvalidRuleSessionException(f"the filter failed: {error!r}", error) from error
        if is_predicate and isinstance(result, bool):
            result = each if result else None
        if result is not None:
            found.append(result)
    return found


def _passing(object_filter: Any) -> tuple[Callable[[Any], Any], bool]:
    """The function of a filter, reset before; and whether it may answer with true or false."""
    if isinstance(object_filter, str):
        object_filter = _class_of(object_filter)
    if isinstance(object_filter, type):
        try:
            object_filter = object_filter()
        except Exception as error:
            raise InvalidRuleSessionException(
                f"the filter {object_filter!r} cannot be made: {error!r}", error
            ) from error
    method = getattr(object_filter, "filter", None)
    if callable(method):
        reset = getattr(object_filter, "reset", None)
        if callable(reset):
            reset()
        return method, False
    if callable(object_filter):
        return object_filter, True
    given = f"{type(object_filter).__name__} is no ObjectFilter and no function"
    if isinstance(object_filter, list | tuple):
        given += "; facts are given to add_facts(…) or execute_rules(…), not to execute(…)"
    raise InvalidRuleSessionException(given)


def _class_of(name: str) -> Any:
    """The class of a dotted name."""
    module, _, last = name.replace(":", ".").rpartition(".")
    try:
        return getattr(importlib.import_module(module), last)
    except (ImportError, AttributeError, ValueError) as error:
        raise InvalidRuleSessionException(f"there is no filter '{name}': {error}", error) from error
