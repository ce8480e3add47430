"""The steps that a match goes through: what the planner makes of conditions, in its order."""

from __future__ import annotations

from dataclasses import dataclass, field

from rete_engine.expressions import tree
from rete_engine.model.rules import Accumulate, Computation, Constraint, Exists, Pattern


@dataclass
class JoinStep:
    """A pattern joins: alpha constraints, key pairs (of the fact, of the match), other tests."""

    pattern: Pattern
    alpha: list[Constraint] = field(default_factory=list)
    keys: list[tuple[tree.Expression, tree.Expression]] = field(default_factory=list)
    tests: list[Constraint] = field(default_factory=list)
    total: bool = True  # no test can raise
    # The fields that rules change, of a pattern of control facts: why it is joined last.
    changed: tuple[str, ...] = ()


@dataclass
class ControlStep:
    """Patterns of control facts join among themselves, and what comes of it with the match."""

    joins: list[JoinStep]
    tests: list[Constraint] = field(default_factory=list)
    total: bool = True  # no test can raise


@dataclass
class ExistsStep:
    """An `exists` or `not`: of one pattern (`join`), or of conjunctions (`branches`)."""

    condition: Exists
    join: JoinStep | None
    branches: list[list[Step]]


@dataclass
class AccumulateStep:
    """An accumulate, with the steps of each alternative of its source."""

    condition: Accumulate
    branches: list[list[Step]]


@dataclass
class TestStep:
    """Tests over the match."""

    tests: list[Constraint]


@dataclass
class ComputeStep:
    """A computed value."""

    computation: Computation


Step = JoinStep | ControlStep | ExistsStep | AccumulateStep | TestStep | ComputeStep


def changed_fields(steps: list[Step]) -> dict[int, tuple[str, ...]]:
    """The fields that rules change, of the patterns of control facts, by their slots."""
    found: dict[int, tuple[str, ...]] = {}
    for step in steps:
        joins = [step] if isinstance(step, JoinStep) else []
        for join in step.joins if isinstance(step, ControlStep) else joins:
            if join.changed:
                found[join.pattern.slot.number] = join.changed
    return found
