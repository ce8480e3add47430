"""What the agenda, the loop and whoever asks need to know of rules and queries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Final, final

from rete_engine.expressions.frame import Node, RecordType
from rete_engine.network.alphas import AlphaSpec, RightSpec
from rete_engine.network.statements import Statement
from rete_engine.network.templates import TemplateSpec

#: The number of the agenda group `main`, which every rule is in that names no other.
MAIN: Final = 0


@final
class Period:
    """The days on which a rule is effective, both ends inclusive."""

    __slots__ = ("since", "until")

    def __init__(self, since: date | None, until: date | None) -> None:
        self.since = since  # None is from the beginning
        self.until = until  # None is for ever

    def holds(self, day: date) -> bool:
        """Whether a day lies within."""
        since = self.since
        until = self.until
        return (since is None or since <= day) and (until is None or day <= until)


@final
class RuleSpec:
    """A rule: what the agenda and the loop need to know of it."""

    __slots__ = (
        "auto_focus", "complexity", "deferrable", "derives", "description", "enabled", "file",
        "function", "group", "line", "locals", "lock_on_active", "name", "no_loop", "number",
        "period", "plain", "readings", "rivalry", "tags",
    )  # fmt: skip

    def __init__(self, number: int, name: str, file: str, line: int) -> None:
        # First what each match and firing reads, together for the processor's cache.
        self.number = number
        self.no_loop = False
        self.lock_on_active = False
        self.plain = True  # in `main`, with neither `auto_focus` nor an activation group
        # Whether its matches are alike for the agenda, so that one entry may stand for many: the
        # salience is the same for each, and none concerns other groups by its mere coming.
        self.deferrable = False
        self.auto_focus = False
        self.group = MAIN  # number of the agenda group
        self.rivalry = -1  # number of the activation group, or -1
        self.period: Period | None = None  # when the rule is effective; None is always
        self.locals = 0  # how many local variables the statements need
        self.function: Callable[..., object] | None = None  # of a rule in Python: its action
        self.name = name
        self.file = file
        self.line = line
        self.description: str | None = None
        self.tags: tuple[str, ...] = ()
        self.enabled: Node | None = None  # None is always
        self.complexity = 0  # constraints and tests as written
        self.derives: tuple[TemplateSpec, ...] = ()  # what the function inserts logically
        self.readings: list[ReadingSpec] = []  # one, or more where conditions have alternatives


@final
class ReadingSpec:
    """One way to read a rule, with one of the alternatives of each `or`.

    It holds all that depends on where the variables of the rule stand in a match.
    """

    __slots__ = ("bindings", "leads", "patterns", "rule", "salience", "statements")

    def __init__(self, rule: RuleSpec) -> None:
        self.rule = rule
        self.salience: Node | None = None  # None is 0
        self.statements: tuple[Statement, ...] = ()
        self.patterns: tuple[PatternUse, ...] = ()  # positive patterns in written order
        self.leads = False  # whether the first of its conditions about facts is a positive pattern
        self.bindings: tuple[tuple[str, Node], ...] = ()  # what `when` bound, in written order


@final
class PatternUse:
    """A pattern of a rule as written: where its fact stands in a complete match."""

    __slots__ = ("changed", "mask", "name", "steps")

    def __init__(
        self, name: str | None, steps: int, mask: int, changed: tuple[str, ...] = ()
    ) -> None:
        self.name = name  # the variable that holds the fact
        self.steps = steps  # links up from the end of the match
        self.mask = mask  # fields the conditions read: a change of them renews the match
        # Of control facts, which are joined last: the fields for which they are, by name.
        self.changed = changed


@final
class QuerySpec:
    """A query: what asking it needs to know.

    Its arguments are a record of a template that only queries have. The record goes through the
    network as a fact would, is joined with the query's conditions, and is taken out again.
    """

    __slots__ = ("answers", "arguments", "entrances", "file", "line", "name", "number", "rights")

    def __init__(
        self,
        number: int,
        name: str,
        file: str,
        line: int,
        arguments: TemplateSpec,
        variables: list[str],
    ) -> None:
        self.number = number
        self.name = name
        self.file = file
        self.line = line
        self.arguments = arguments  # the template of the record of arguments
        positions = {variable: index for index, variable in enumerate(variables)}
        self.answers = RecordType(name, positions, frozenset(), False)
        self.entrances: list[AlphaSpec] = []  # where the arguments come in
        self.rights: list[RightSpec] = []  # the indexes that only queries use
