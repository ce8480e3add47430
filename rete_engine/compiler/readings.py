"""The readings of a rule or a query: how many there may be, and where variables stand in each."""

from __future__ import annotations

from rete_engine.compiler.conditions import MOST_CONDITIONS
from rete_engine.compiler.declared import Reports
from rete_engine.compiler.normalise import (
    MOST_READINGS,
    Reading,
    TooManyReadingsError,
    normalise,
    size,
)
from rete_engine.compiler.paths import Path
from rete_engine.compiler.scope import RuleNames
from rete_engine.diagnostics.source import Span
from rete_engine.expressions import tree
from rete_engine.model.rules import Condition


def readings_of(
    what: str,
    span: Span,
    conditions: tuple[Condition, ...],
    reports: Reports,
    derives: bool = False,
) -> list[Reading]:
    """The readings of a rule or query; too many, or too long ones, are reported."""
    try:
        readings = normalise(conditions, derives)
    except TooManyReadingsError:
        reports.error(
            "RE0307",
            f"the alternatives of this {what} combine in more than {MOST_READINGS} ways",
            span,
            f"split the {what}, or test alternatives of one pattern within it: T(a or b)",
        )
        return []
    if any(size(reading.conditions) > MOST_CONDITIONS for reading in readings):
        reports.error(
            "RE0307",
            f"without 'or' a reading of this {what} has more than {MOST_CONDITIONS} conditions",
            span,
            "split it, with a fact that hands the result of the first half on",
        )
        return []
    return readings


def places_in_match(
    reading: Reading, path: Path, names: RuleNames
) -> tuple[dict[int, int], dict[int, tree.FieldRef]]:
    """Where the slots of a reading stand in a match, and those that are names of fields."""
    positions = dict(path.positions)
    aliases = dict(names.aliases)
    for slot, meaning in reading.meanings.items():
        if isinstance(meaning, tree.FieldRef):
            aliases[slot] = meaning
        elif isinstance(meaning, tree.SlotRef) and meaning.slot in positions:
            positions[slot] = positions[meaning.slot]
    return positions, aliases
