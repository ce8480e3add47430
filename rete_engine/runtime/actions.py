"""Executing the action of a rule: statements over a match, collecting changes and outputs.

Nothing is done while the statements run: changes, outputs, prints and logs are collected in an
`Execution`, and the engine makes them all when the last statement is through, or none.
"""

from __future__ import annotations

from typing import final

from rete_engine.diagnostics.errors import FactError, SecurityError
from rete_engine.expressions.displays import elements
from rete_engine.expressions.errors import EvaluationError
from rete_engine.expressions.frame import Context, Frame, Link
from rete_engine.expressions.values import export, kind, size, text
from rete_engine.network.statements import (
    LOG_LEVELS,
    EmitStatement,
    EvaluateStatement,
    FocusStatement,
    ForStatement,
    HaltStatement,
    IfStatement,
    InsertStatement,
    LogStatement,
    ModifyStatement,
    PrintStatement,
    RetractStatement,
    Statement,
)
from rete_engine.runtime.changes import Changes
from rete_engine.runtime.memory import Element
from rete_engine.runtime.working_memory import WorkingMemory


@final
class Execution:
    """One action under way.

    A session has one for all its firings: `begin`, then `end` when its changes are made. One that
    fails in between is not used again.
    """

    __slots__ = (
        "changes", "focuses", "frame", "halted", "line", "locals", "logs", "objects", "outputs",
        "prints", "turns",
    )  # fmt: skip

    def __init__(self, memory: WorkingMemory, context: Context) -> None:
        self.changes = Changes(memory)
        self.frame = Frame(context, 0)
        self.frame.overlay = self.changes.overlay
        self.locals = 0  # how many local variables the action has
        self.line = 0  # of the statement that runs, for errors
        # Objects of the program, and their new facts, by id() of the object.
        self.objects: dict[int, tuple[object, Element]] = {}
        self.outputs: list[object] = []
        self.prints: list[str] = []
        self.logs: list[tuple[str, str]] = []  # level and message
        self.focuses: list[int] = []  # groups that are to have the focus, the last one first
        self.halted = False
        # Of all loops together, and what is kept: each expression has a budget of its own.
        self.turns = 0

    def begin(self, link: Link | None, locals: int) -> None:
        """Begin the action of a match, which has so many local variables."""
        frame = self.frame
        frame.link = link
        frame.steps = frame.context.limits.steps
        self.locals = locals
        while len(frame.locals) < locals:
            frame.locals.append(None)
        self.turns = 0
        self.changes.begin()

    def end(self) -> None:
        """Forget what was said and done."""
        self.changes.clear()
        frame = self.frame
        frame.link = None
        for index in range(self.locals):
            frame.locals[index] = None
        if self.objects:
            self.objects.clear()
        if self.outputs or self.prints or self.logs or self.focuses:
            self.outputs.clear()
            self.prints.clear()
            self.logs.clear()
            self.focuses.clear()
        self.halted = False

    def run(self, statements: tuple[Statement, ...]) -> None:
        """Execute statements in order."""
        for statement in statements:
            self.line = statement.line
            self.execute(statement)

    def execute(self, statement: Statement) -> None:
        """Execute one statement."""
        frame = self.frame
        if isinstance(statement, ModifyStatement):
            target = self.fact(statement.target.evaluate(frame))
            given = {name: node.evaluate(frame) for name, node in statement.fields}
            self.changes.modify(target, given)
        elif isinstance(statement, InsertStatement):
            element = self.insert(statement)
            if statement.local >= 0:
                frame.locals[statement.local] = element
        elif isinstance(statement, RetractStatement):
            for node in statement.targets:
                self.changes.retract(self.fact(node.evaluate(frame)))
        elif isinstance(statement, EvaluateStatement):
            value = statement.value.evaluate(frame)
            if statement.local >= 0:
                frame.locals[statement.local] = value
        elif isinstance(statement, IfStatement):
            self.run(self.chosen(statement))
        elif isinstance(statement, ForStatement):
            for item in elements(statement.iterable.evaluate(frame)):
                self.turn()
                frame.locals[statement.local] = item
                self.run(statement.body)
                self.line = statement.line
        else:
            self.say(statement)

    def insert(self, statement: InsertStatement) -> Element:
        """The fact of an `insert` or an `upsert`."""
        frame = self.frame
        changes = self.changes
        template = statement.template
        whole = statement.whole
        if whole is not None:
            order = statement.order
            if order is None:
                given_values = [node.evaluate(frame) for node in whole]
            else:
                given_values = list(statement.defaults)
                for place in order:
                    given_values[place] = whole[place].evaluate(frame)
            values = template.checked(given_values, changes.limits)
        else:
            given = {name: node.evaluate(frame) for name, node in statement.fields}
            if statement.upsert:
                return changes.upsert(template, given)
            values = template.build(given, changes.limits)
        if statement.logical:
            return changes.insert_logical(template, values)
        return changes.insert(template, values)

    def say(self, statement: Statement) -> None:
        """Execute a statement that tells something to the outside."""
        frame = self.frame
        bound = frame.context.limits.value
        if isinstance(statement, EmitStatement):
            value = statement.value.evaluate(frame)
            self.keep(size(value, frame.context.limits))
            self.outputs.append(export(value))
        elif isinstance(statement, PrintStatement):
            line = " ".join([text(node.evaluate(frame), bound) for node in statement.values])
            self.keep(len(line))
            self.prints.append(line)
        elif isinstance(statement, LogStatement):
            level = statement.level.evaluate(frame)
            self.log(level, text(statement.value.evaluate(frame), bound))
        elif isinstance(statement, FocusStatement):
            self.focuses.append(statement.group)
        else:
            assert isinstance(statement, HaltStatement)
            self.halted = True
        self.check_said()

    def log(self, level: object, message: str) -> None:
        """Take a message.

        Raises:
            EvaluationError: There is no such level.
        """
        if not isinstance(level, str) or level not in LOG_LEVELS:
            raise EvaluationError(
                f"log level must be one of {', '.join(LOG_LEVELS)}, not {level!r}"
            )
        self.keep(len(message))
        self.logs.append((level, message))
        self.check_said()

    def check_said(self) -> None:
        """Refuse an action that tells more than a value may hold.

        Raises:
            SecurityError: It does.
        """
        bound = self.frame.context.limits.value
        said = len(self.outputs) + len(self.prints) + len(self.logs) + len(self.focuses)
        if said > bound:
            raise SecurityError(
                f"an action emitted, printed, logged or gave the focus more than {bound} times"
                " (Limits(value=…) sets the bound)"
            )

    def keep(self, weight: int) -> None:
        """Pay for something that is kept until the action is done, as an expression pays for it.

        Raises:
            SecurityError: The action keeps too much.
        """
        self.turns += weight >> 4
        bound = self.frame.context.limits.steps
        if self.turns > bound:
            raise SecurityError(
                f"what an action emits, prints and logs takes more than {bound} steps"
                " (Limits(steps=…) sets the bound)"
            )

    def turn(self) -> None:
        """Count a turn of a loop.

        Raises:
            SecurityError: The loops of the action turned too often.
        """
        self.turns += 1
        bound = self.frame.context.limits.steps
        if self.turns > bound:
            raise SecurityError(
                f"the loops of an action turned more than {bound} times"
                " (Limits(steps=…) sets the bound)"
            )

    def chosen(self, statement: IfStatement) -> tuple[Statement, ...]:
        """The branch of an `if` whose condition holds."""
        for condition, body in statement.branches:
            if condition.holds(self.frame):
                return body
        return statement.otherwise

    def fact(self, value: object) -> Element:
        """The fact that `modify` or `retract` is about.

        Raises:
            FactError: The value is none.
        """
        if isinstance(value, Element):
            return value
        raise FactError(f"expected a fact, got {kind(value)}")
