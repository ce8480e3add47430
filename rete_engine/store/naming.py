"""Which template a file, a section or a record means, and which field a key means."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rete_engine.diagnostics.diagnostic import did_you_mean


class TemplateNames:
    """The names of templates, found again in the words that files use for them.

    Example:
        >>> names = TemplateNames(["Order", "OrderLine", "Company"])
        >>> names.meant_by("orders"), names.meant_by("order_lines"), names.meant_by("companies")
        ('Order', 'OrderLine', 'Company')
        >>> names.meant_by("people") is None
        True
    """

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(names)
        self._plain: dict[str, str | None] = {}
        for name in self.names:
            plain = _plain(name)
            # Two templates that differ only in case are told apart by their exact names alone.
            self._plain[plain] = None if plain in self._plain else name

    def meant_by(self, word: str) -> str | None:
        """The template of exactly this name, else in any case, else the singular of the word."""
        if word in self.names:
            return word
        plain = _plain(word)
        for candidate in (plain, *_singulars(plain)):
            if self._plain.get(candidate) is not None:
                return self._plain[candidate]
        return None

    def unknown(self, name: object) -> str:
        """What an error says of a template that is none."""
        hint = did_you_mean(str(name), self.names)
        return f"unknown template '{name}'; {hint or self.listed()}"

    def unknown_section(self, key: str) -> str:
        """What an error says of a key that names no template, among others that do."""
        hint = did_you_mean(key, [*self.names, *(f"{name.lower()}s" for name in self.names)])
        return f"unknown section '{key}'; {hint or self.listed()}"

    def listed(self) -> str:
        """All names, for a message."""
        return f"templates are: {', '.join(sorted(self.names)) or 'none'}"


def _plain(word: str) -> str:
    return re.sub(r"[\W_]", "", word).casefold()


def _singulars(plain: str) -> list[str]:
    singulars = []
    if plain.endswith("ies"):
        singulars.append(plain[:-3] + "y")
    if plain.endswith("s"):
        singulars.append(plain[:-1])
    if plain.endswith("es"):
        singulars.append(plain[:-2])
    return singulars


def field_name(key: str) -> str:
    """The name of the field that a key of a file means.

    Example:
        >>> field_name("dev-dependencies")
        'dev_dependencies'
    """
    return re.sub(r"\W", "_", key)
