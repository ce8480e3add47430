"""Where the variables of a rule stand in a match: which reader an expression gets for each."""

from __future__ import annotations

from rete_engine.compiler.scope import Answers
from rete_engine.expressions import tree
from rete_engine.expressions.frame import Node
from rete_engine.expressions.lowering import Scope
from rete_engine.expressions.reads import (
    CurrentField,
    CurrentFurtherField,
    CurrentRecord,
    Field,
    FurtherField,
    Item,
    MakeAnswer,
    MatchField,
    MatchFurtherField,
)


class MatchScope(Scope):
    """Where slots stand in a match: `positions` counts from its first link."""

    def __init__(
        self,
        positions: dict[int, int],
        length: int,
        current: int,
        aliases: dict[int, tree.FieldRef] | None = None,
        answers: dict[int, Answers] | None = None,
    ) -> None:
        self.positions = positions
        self.length = length  # links of the match
        self.current = current  # the slot of the fact that is being tested against it, or -1
        # Slots that hold nothing themselves, which expressions of conditions do not read.
        self.aliases = aliases or {}
        self.answers = answers or {}

    def steps(self, slot: int) -> int:
        """How many links up from the end of the match a slot stands."""
        return self.length - 1 - self.positions[slot]

    def field(self, slot: int, index: int, name: str) -> Node:
        """The reader of a field."""
        if slot == self.current:
            return CurrentFurtherField(name) if index < 0 else CurrentField(index)
        if index < 0:
            return FurtherField(self.steps(slot), name)
        return Field(self.steps(slot), index)

    def item(self, slot: int, name: str) -> Node:
        """The reader of a fact or a computed value."""
        alias = self.aliases.get(slot)
        if alias is not None:
            return self.alias(alias)
        answers = self.answers.get(slot)
        if answers is not None:
            variables = [self.item(v.slot.number, n) for n, v in answers.variables.items()]
            return MakeAnswer(answers.query.spec.answers, tuple(variables))
        return CurrentRecord() if slot == self.current else Item(self.steps(slot))

    def alias(self, field: tree.FieldRef) -> Node:
        """The reader of a variable that stands for a field."""
        return self.field(field.slot, field.index, field.name)


class ActionScope(MatchScope):
    """As `MatchScope`, for actions: facts show pending values, variables the match's."""

    def alias(self, field: tree.FieldRef) -> Node:
        """The reader of a variable that stands for a field."""
        if field.index < 0:
            return MatchFurtherField(self.steps(field.slot), field.name)
        return MatchField(self.steps(field.slot), field.index)
