"""Whether two texts say the same, wherever it stands."""

from __future__ import annotations

from typing import Any

from rete_engine.diagnostics.source import Source, Span
from rete_engine.model.declarations import Document


def say_the_same(one: Document, other: Document) -> bool:
    """Whether two documents are equal but for the places of their parts.

    Example:
        >>> from rete_engine.language.parser import parse_document
        >>> from rete_engine.language.reader import make_source
        >>> one, _ = parse_document(make_source("param vat:float=0.2"))
        >>> other, _ = parse_document(make_source("param vat: float = 0.2  # per cent"))
        >>> say_the_same(one, other)
        True
    """
    todo: list[tuple[Any, Any]] = [(one, other)]  # no recursion: expressions may be deep
    while todo:
        left, right = todo.pop()
        if type(left) is not type(right):
            return False
        if isinstance(left, Span | Source):
            continue
        if isinstance(left, tuple):
            if len(left) != len(right):
                return False
            todo.extend(zip(left, right, strict=True))
            continue
        fields = getattr(type(left), "__dataclass_fields__", None)
        if fields is not None:
            todo.extend((getattr(left, name), getattr(right, name)) for name in fields)
        elif left != right:
            return False
    return True
