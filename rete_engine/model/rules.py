"""What a rule means: conditions with every name resolved, which planning begins with.

A rule has numbered slots. A pattern fills one with its fact, a computed value one with the
value; expressions speak of them through `FieldRef` and `SlotRef`.
"""

from __future__ import annotations

from collections.abc import Sequence

from rete_engine._frozen import frozen
from rete_engine.diagnostics.source import Span
from rete_engine.expressions.tree import Expression
from rete_engine.expressions.types import Type


@frozen
class Slot:
    """A numbered place in a rule's matches."""

    number: int
    name: str | None  # the variable; None for a pattern that was given no name
    type: Type  # a template's name for the fact of a pattern
    is_fact: bool  # filled by a pattern


@frozen
class Condition:
    """The base of all conditions."""

    span: Span


@frozen
class Constraint:
    """A boolean expression that must hold."""

    span: Span
    test: Expression


@frozen
class Computation:
    """`v := e`, or with `each` the condition `for v in e`."""

    span: Span
    slot: Slot
    value: Expression
    each: bool


@frozen
class Pattern(Condition):
    """A fact of a template for which the parts hold, in their written order."""

    slot: Slot
    parts: tuple[Constraint | Computation, ...]


@frozen
class Test(Condition):
    """`test e`."""

    constraint: Constraint


@frozen
class Compute(Condition):
    """`v := e` and `for v in e` as conditions."""

    computation: Computation


@frozen
class Source:
    """One alternative of what an accumulate runs over."""

    conditions: tuple[Condition, ...]
    value: Constraint | None  # what is accumulated: an expression with its place
    by: Constraint | None  # what groups the members


@frozen
class Accumulate(Condition):
    """`[v :=] sum(e for C by g := k)`; `sources` has an entry for each alternative of C."""

    accumulator: str
    program: int  # its number among those that the program gave, or -1
    sources: tuple[Source, ...]
    total: bool  # whether it can never raise for values of the known type
    slot: Slot  # the result; without a name it is not asked for, only whether there is one
    group: Slot | None  # what a group's members have in common


@frozen
class Exists(Condition):
    """`exists C`, or with `negated` `not C`, over a conjunction of one or more."""

    negated: bool
    conditions: tuple[Condition, ...]
    # Of an `exists` over an `or`, once that is gone: the conjunctions of the other alternatives.
    others: tuple[tuple[Condition, ...], ...] = ()

    @property
    def alternatives(self) -> tuple[tuple[Condition, ...], ...]:
        """The conjunctions of which one that holds is enough."""
        return (self.conditions, *self.others)


@frozen
class Branch:
    """One alternative of an `or`."""

    conditions: tuple[Condition, ...]
    # What the slots of variables that all branches bind stand for in this one: another slot,
    # or the field that the variable is a name of.
    meanings: Sequence[tuple[int, Expression]]


@frozen
class Failing:
    """What there is instead of alternatives where a reference is an error: it reads none's field.

    Then no fact is matched, and whoever reads through the reference meets the error.
    """

    reference: Expression
    meanings: Sequence[tuple[int, Expression]]  # as in the branches


@frozen
class Alternatives(Condition):
    """`(C or D …)`: each branch that matches is a match of its own.

    There are none left when conditions have been normalised.
    """

    branches: tuple[Branch, ...]
    failing: Failing | None = None  # of a reference that is followed
