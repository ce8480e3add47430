"""What a workload is: a program in the rule language and its peers', data, and the right answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Row: TypeAlias = dict[str, Any]
"""A fact's fields, as a Python program would hand them to any engine."""

Batch: TypeAlias = tuple[str, Sequence[Row]]
"""The name of a template, and rows to insert one after another."""


class WrongAnswerError(Exception):
    """An engine did not come to the known answer, so its times mean nothing."""


@dataclass(frozen=True)
class Outcome:
    """What a run left behind, whatever the engine."""

    fired: int
    facts: Mapping[str, Sequence[Row]]  # by template, those that `Workload.results` names
    called: Sequence[int] = ()  # what the program's function was called with


@dataclass(frozen=True)
class Steps:
    """What a program does when everything is loaded, with a run after each step."""

    # `modify`: change fields of a fact. `replace`: retract a fact and insert another one in its
    # place. `session`: in a session of its own, insert one fact.
    kind: Literal["modify", "replace", "session"]
    template: str
    steps: Sequence[tuple[int, Row]]  # the place of a loaded fact among its template's; fields


@dataclass(frozen=True)
class Workload:
    """A workload: everything about it but the engines."""

    name: str
    title: str
    sizes: tuple[int, ...]  # what is measured unless other sizes are asked for
    smallest: int  # a size that still means something, for tests
    size_means: str  # "facts", "guests"
    rules: Callable[[int], str]  # those of a size, in the rule language
    # The same program for each peer, by the peer's name: same conditions in the same order, same
    # actions, same salience.
    peers: Mapping[str, Callable[[int], str]]
    # The facts of a size, from a fixed seed; raises ValueError for a size that cannot be. Called
    # anew for every run, so that no engine meets objects that another one has warmed up (a string
    # computes its hash once).
    facts: Callable[[int], Sequence[Batch]]
    # Raises `WrongAnswerError` unless the outcome is right; it gets the facts made anew.
    check: Callable[[Sequence[Batch], Outcome], None]
    results: tuple[str, ...] = field(default=())  # templates whose final facts `check` reads
    # Whether loading is the point: then one insert for each fact is measured too.
    about_loading: bool = False
    # Whether reading the rules is the point: then reading them from the cache is measured too.
    about_building: bool = False
    # What is timed instead of one run: then the first run, on what was loaded, is not timed.
    steps: Callable[[int], Steps] | None = None
    # The name of a function of one integer that rules call and the program provides.
    function: str | None = None


def always(text: str) -> Callable[[int], str]:
    """The same rules at every size."""
    return lambda size: text


def expect(condition: bool, message: str) -> None:
    """Refuse an answer unless a condition holds.

    Raises:
        WrongAnswerError: It does not.
    """
    if not condition:
        raise WrongAnswerError(message)
