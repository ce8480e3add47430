"""What an action is: the statements of a `then`, as written, every one with its place."""

from __future__ import annotations

from rete_engine._frozen import frozen
from rete_engine.diagnostics.source import Span
from rete_engine.expressions.tree import Argument, Call, Expression


@frozen
class Action:
    """The base of all statements; the span covers the statement (an `if`: its first line)."""

    span: Span


@frozen
class InsertAction(Action):
    """`[name :=] insert [logical] T(f = e, …)`."""

    fact: Call
    logical: bool
    name: str | None
    name_span: Span | None


@frozen
class UpsertAction(Action):
    """`[name :=] upsert T(f = e, …)`: changes the fact with that key, or inserts one."""

    fact: Call
    name: str | None
    name_span: Span | None


@frozen
class ModifyAction(Action):
    """`modify target(f = e, …)`."""

    target: Expression
    arguments: tuple[Argument, ...]


@frozen
class RetractAction(Action):
    """`retract x, y`."""

    targets: tuple[Expression, ...]


@frozen
class CallAction(Action):
    """`g(…)`: a function called for what it does."""

    call: Call


@frozen
class AssignAction(Action):
    """`name := e`."""

    name: str
    name_span: Span
    value: Expression


@frozen
class IfAction(Action):
    """`if e … elif e … else … end`."""

    branches: tuple[tuple[Expression, tuple[Action, ...]], ...]
    otherwise: tuple[Action, ...]


@frozen
class ForAction(Action):
    """`for name in e … end`."""

    name: str
    name_span: Span
    iterable: Expression
    body: tuple[Action, ...]


@frozen
class EmitAction(Action):
    """`emit e`."""

    value: Expression


@frozen
class PrintAction(Action):
    """`print e, …`."""

    values: tuple[Expression, ...]


@frozen
class LogAction(Action):
    """`log "level", e`."""

    level: Expression
    value: Expression


@frozen
class FocusAction(Action):
    """`focus "g"`."""

    group: str


@frozen
class HaltAction(Action):
    """`halt`."""
