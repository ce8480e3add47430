"""The statements of an action, as evaluators; `runtime.actions` executes them."""

from __future__ import annotations

from typing import final

from rete_engine.expressions.frame import Node
from rete_engine.expressions.reads import Constant
from rete_engine.network.templates import TemplateSpec

#: The levels of `log`, which are those of the `logging` module.
LOG_LEVELS = ("debug", "info", "warning", "error", "critical")


class Statement:
    """The base of all statements, with the line for errors."""

    __slots__ = ("line",)

    def __init__(self, line: int) -> None:
        self.line = line


@final
class InsertStatement(Statement):
    """`insert`, and with `upsert` changing the fact that has the key already."""

    __slots__ = (
        "defaults", "fields", "local", "logical", "order", "template", "upsert", "whole",
    )  # fmt: skip

    def __init__(
        self,
        line: int,
        template: TemplateSpec,
        fields: tuple[tuple[str, Node], ...],
        local: int,
        upsert: bool,
        logical: bool,
    ) -> None:
        super().__init__(line)
        self.template = template
        self.fields = fields
        self.local = local  # the variable that holds the fact afterwards, or -1
        self.upsert = upsert
        self.logical = logical  # the fact stands as long as the match does
        # What makes each value of the fact, so that a firing looks nothing up by name.
        self.whole = None if upsert else whole(template, dict(fields))
        # Where the fields are not written in the template's order: their places as written, which
        # is the order in which functions are called; and what stands in the other places.
        self.order: tuple[int, ...] | None = None
        self.defaults: list[object] = []
        if self.whole is not None:
            places = [template.positions[name] for name, _ in fields]
            if places != sorted(places):
                self.order = tuple(places)
                self.defaults = [field.default for field in template.fields]


def whole(template: TemplateSpec, given: dict[str, Node]) -> tuple[Node, ...] | None:
    """The evaluators of all fields of a new fact, in their order.

    None where that is not known before a firing.
    """
    if template.open or not given.keys() <= template.positions.keys():
        return None
    nodes: list[Node] = []
    for field in template.fields:
        node = given.get(field.name)
        if node is None:
            if field.required or field.factory is not None:
                return None
            node = Constant(field.default)
        nodes.append(node)
    return tuple(nodes)


@final
class ModifyStatement(Statement):
    """`modify`."""

    __slots__ = ("fields", "target", "template")

    def __init__(
        self, line: int, target: Node, fields: tuple[tuple[str, Node], ...], template: str
    ) -> None:
        super().__init__(line)
        self.target = target
        self.fields = fields
        self.template = template  # of the target, empty where only a run tells


@final
class RetractStatement(Statement):
    """`retract`."""

    __slots__ = ("targets", "templates")

    def __init__(self, line: int, targets: tuple[Node, ...], templates: tuple[str, ...]) -> None:
        super().__init__(line)
        self.targets = targets
        self.templates = templates  # of the targets, empty where only a run tells


@final
class EvaluateStatement(Statement):
    """A call for what it does; with a local, an assignment."""

    __slots__ = ("local", "value")

    def __init__(self, line: int, value: Node, local: int) -> None:
        super().__init__(line)
        self.value = value
        self.local = local  # the variable that takes the value, or -1


@final
class IfStatement(Statement):
    """`if … elif … else … end`."""

    __slots__ = ("branches", "otherwise")

    def __init__(
        self,
        line: int,
        branches: tuple[tuple[Node, tuple[Statement, ...]], ...],
        otherwise: tuple[Statement, ...],
    ) -> None:
        super().__init__(line)
        self.branches = branches
        self.otherwise = otherwise


@final
class ForStatement(Statement):
    """`for v in e … end`."""

    __slots__ = ("body", "iterable", "local")

    def __init__(self, line: int, iterable: Node, local: int, body: tuple[Statement, ...]) -> None:
        super().__init__(line)
        self.iterable = iterable
        self.local = local
        self.body = body


@final
class EmitStatement(Statement):
    """`emit`."""

    __slots__ = ("value",)

    def __init__(self, line: int, value: Node) -> None:
        super().__init__(line)
        self.value = value


@final
class PrintStatement(Statement):
    """`print`."""

    __slots__ = ("values",)

    def __init__(self, line: int, values: tuple[Node, ...]) -> None:
        super().__init__(line)
        self.values = values


@final
class LogStatement(Statement):
    """`log`."""

    __slots__ = ("level", "value")

    def __init__(self, line: int, level: Node, value: Node) -> None:
        super().__init__(line)
        self.level = level
        self.value = value


@final
class FocusStatement(Statement):
    """`focus`."""

    __slots__ = ("group",)

    def __init__(self, line: int, group: int) -> None:
        super().__init__(line)
        self.group = group  # number of the agenda group


@final
class HaltStatement(Statement):
    """`halt`."""

    __slots__ = ()


def logical_inserts(statements: tuple[Statement, ...]) -> list[InsertStatement]:
    """The `insert logical` among statements, and in those within them."""
    found: list[InsertStatement] = []
    for statement in statements:
        if isinstance(statement, InsertStatement):
            if statement.logical:
                found.append(statement)
        elif isinstance(statement, ForStatement):
            found.extend(logical_inserts(statement.body))
        elif isinstance(statement, IfStatement):
            for _, body in statement.branches:
                found.extend(logical_inserts(body))
            found.extend(logical_inserts(statement.otherwise))
    return found
