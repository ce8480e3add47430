"""Whether two objects are alike in all that they are made of, and in what they share."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

from rete_engine.cache.shapes import SHAPES
from rete_engine.expressions.frame import RecordType
from rete_engine.network.compiled import Compiled
from rete_engine.network.network import Network
from rete_engine.network.routes import Route

#: The classes whose objects are compared attribute by attribute.
CLASSES = (*(shape.cls for shape in SHAPES.values()), Network, Route, Compiled, RecordType)


def attributes_of(cls: type[Any]) -> list[str]:
    """The attributes of the objects of a class, those of its bases too."""
    names = getattr(cls, "__mypyc_attrs__", None)
    if names is None:
        names = [name for base in cls.__mro__ for name in vars(base).get("__slots__", ())]
    if not names:
        names = list(getattr(cls, "__dataclass_fields__", ()))
    return sorted(name for name in names if not name.startswith("__"))


def difference(one: object, other: object) -> str | None:
    """Where two objects differ; None where they are alike."""
    seen: dict[int, int] = {}
    kept: list[object] = []
    todo: list[tuple[str, Any, Any]] = [("", one, other)]
    while todo:
        path, a, b = todo.pop()
        if type(a) is not type(b):
            return f"{path}: {type(a)} is no {type(b)}"
        if isinstance(a, CLASSES):
            if id(a) in seen:
                if seen[id(a)] != id(b):
                    return f"{path}: the same object is another one"
                continue
            seen[id(a)] = id(b)
            kept += [a, b]
            todo += [
                (f"{path}.{name}", getattr(a, name), getattr(b, name))
                for name in attributes_of(type(a))
            ]
        elif isinstance(a, dict):
            todo += [(f"{path} keys", list(a), list(b))]
            todo += [(f"{path} values", list(a.values()), list(b.values()))]
        elif isinstance(a, (list, tuple)):
            if len(a) != len(b):
                return f"{path}: {len(a)} items, not {len(b)}"
            todo += [(f"{path}[{n}]", x, y) for n, (x, y) in enumerate(zip(a, b, strict=True))]
        elif isinstance(a, (set, frozenset)):
            todo.append((path, sorted(a, key=repr), sorted(b, key=repr)))
        elif isinstance(a, (float, Decimal)):
            if repr(a) != repr(b) and not (math.isnan(a) and math.isnan(b)):
                return f"{path}: {a!r} is not {b!r}"
        elif callable(a) or type(a).__name__ in ("Pattern", "Missing"):
            if a is not b and type(a).__name__ != "Pattern":
                return f"{path}: {a!r} is not {b!r}"
        elif a != b:
            return f"{path}: {a!r} is not {b!r}"
    return None
