"""What an action is: the statements of a `then`, as written, every one with its place."""

from __future__ import annotations

from dataclasses import dataclass

from rete_engine.diagnostics.source import Span
from rete_engine.expressions.tree import Argument, Call, Expression


@dataclass(frozen=True, slots=True)
class Action:
    """The base of all statements; the span covers the statement (an `if`: its first line)."""

    span: Span


@dataclass(frozen=True, slots=True)
class InsertAction(Action):
    """`[name :=] insert [logical] T(f = e, …)`."""

    fact: Call
    logical: bool
    name: str | None
    name_span: Span | None


@dataclass(frozen=True, slots=True)
class UpsertAction(Action):
    """`[name :=] upsert T(f = e, …)`: changes the fact with that key, or inserts one."""

    fact: Call
    name: str | None
    name_span: Span | None


@dataclass(frozen=True, slots=True)
class ModifyAction(Action):
    """`modify target(f = e, …)`."""

    target: Expression
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class RetractAction(Action):
    """`retract x, y`."""

    targets: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class CallAction(Action):
    """`g(…)`: a function called for what it does."""

    call: Call


@dataclass(frozen=True, slots=True)
class AssignAction(Action):
    """`name := e`."""

    name: str
    name_span: Span
    value: Expression


@dataclass(frozen=True, slots=True)
class IfAction(Action):
    """`if e … elif e … else … end`."""

    branches: tuple[tuple[Expression, tuple[Action, ...]], ...]
    otherwise: tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class ForAction(Action):
    """`for name in e … end`."""

    name: str
    name_span: Span
    iterable: Expression
    body: tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class EmitAction(Action):
    """`emit e`."""

    value: Expression


@dataclass(frozen=True, slots=True)
class PrintAction(Action):
    """`print e, …`."""

    values: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class LogAction(Action):
    """`log "level", e`."""

    level: Expression
    value: Expression


@dataclass(frozen=True, slots=True)
class FocusAction(Action):
    """`focus "g"`."""

    group: str


@dataclass(frozen=True, slots=True)
class HaltAction(Action):
    """`halt`."""
