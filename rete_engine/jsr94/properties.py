"""Which properties mean something here, and which were meant to, but are misspelt.

JSR-94 leaves properties to the vendors, and a program may be written for several. So a name with a
dot, as in `org.example.tracing`, is another vendor's and never refused.
"""

from __future__ import annotations

from collections.abc import Iterable

#: How rules are made; all others are properties of the rules.
OF_CREATION = ("name", "description", "format", "templates", "functions", "base")

#: What a session hands on to `RuleSet.session` and to `Session.run`; those of the rules stand in
#: for its own.
OF_SESSION = ("strategy", "seed", "functions", "on_error", "clock", "out", "limits")
OF_RUN = ("limit", "timeout")


def is_foreign(name: object) -> bool:
    """Whether a property is that of another engine, by its name."""
    return isinstance(name, str) and "." in name


def misspelt(names: Iterable[object], known: Iterable[str]) -> str | None:
    """What is wrong with the first name that is almost a known one; None where none is.

    Example:
        >>> misspelt(["fromat"], OF_CREATION)
        "unknown property 'fromat'; did you mean 'format'?"
        >>> misspelt(["owner", "format", "org.example.fromat"], OF_CREATION)
    """
    every = tuple(known)
    for name in names:
        if not isinstance(name, str) or name in every or is_foreign(name):
            continue
        meant = next((each for each in every if _is_slip(name.lower(), each)), None)
        if meant is not None:
            return f"unknown property '{name}'; did you mean '{meant}'?"
    return None


def _is_slip(name: str, meant: str) -> bool:
    """Whether one slip makes one name of the other: a letter left out, added, changed or swapped.

    Names of four letters are often words that differ in one from each other, so there a changed
    letter is none.
    """
    if name == meant:
        return True
    if abs(len(name) - len(meant)) > 1:
        return False
    same = next(
        (place for place, (a, b) in enumerate(zip(name, meant, strict=False)) if a != b),
        min(len(name), len(meant)),
    )
    left, right = name[same:], meant[same:]
    if len(left) != len(right):
        return left[1:] == right or left == right[1:]
    swapped = left[:2] == right[1::-1] and left[2:] == right[2:]
    return swapped or (left[1:] == right[1:] and len(meant) > 4)
