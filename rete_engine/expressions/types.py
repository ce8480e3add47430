"""The types of fields, parameters and functions."""

from __future__ import annotations

from dataclasses import dataclass

#: The types that the language names; every other name is a template.
BUILTIN_TYPES = frozenset(
    [
        "int",
        "float",
        "decimal",
        "str",
        "bool",
        "list",
        "dict",
        "set",
        "tuple",
        "any",
        "none",
        "date",
        "datetime",
        "duration",
    ]
)


@dataclass(frozen=True)
class Type:
    """A type: a built-in one or a template's name (then a value is a fact of it).

    Example:
        >>> str(Type("list", (Type("int"),), optional=True))
        'list[int]?'
    """

    name: str
    arguments: tuple[Type, ...] = ()  # of list[T], set[T], dict[K, V]
    optional: bool = False  # may be none

    @property
    def is_fact(self) -> bool:
        """Whether values are facts of a template."""
        return self.name not in BUILTIN_TYPES

    def __str__(self) -> str:
        arguments = f"[{', '.join(map(str, self.arguments))}]" if self.arguments else ""
        return f"{self.name}{arguments}{'?' if self.optional else ''}"


ANY = Type("any")
