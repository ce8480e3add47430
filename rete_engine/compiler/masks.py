"""Which fields of its fact a pattern reads."""

from __future__ import annotations

from rete_engine.compiler.normalise import Reading
from rete_engine.compiler.rewriting import substituted
from rete_engine.compiler.scope import RuleNames
from rete_engine.compiler.slots import condition_expressions
from rete_engine.expressions import tree
from rete_engine.network.alphas import EVERYTHING, EXISTENCE

#: Comparisons that look at which fact it is, not at its fields.
IDENTITY = frozenset(["==", "!=", "is", "is not", "in", "not in"])


def masks_of(
    readings: list[Reading], names: RuleNames, salience: tree.Expression | None
) -> dict[int, int]:
    """For each slot of a fact, the field bits that conditions and salience read through it.

    What one reading of the rule reads counts in all: it is what the conditions read as written.
    """
    expressions = [
        e
        for reading in readings
        for condition in reading.conditions
        for e in condition_expressions(condition)
    ]
    if salience is not None:
        expressions.extend(substituted(salience, reading.meanings) for reading in readings)
    # `v := field` reads the field, whether a condition uses v or only the action does.
    expressions.extend(names.named_fields)
    masks: dict[int, int] = {}
    for slot in names.slots:
        if slot.is_fact:
            mask = EXISTENCE
            for expression in expressions:
                mask |= field_bits(expression, slot.number)
            masks[slot.number] = mask
    return masks


def field_bits(node: tree.Expression, slot: int) -> int:
    """The bits of the fields of a slot's fact that an expression reads.

    A fact that is handed to a function, or used otherwise than to be compared, may have any of
    its fields read.
    """
    if isinstance(node, tree.FieldRef):
        return 2 << abs(node.index) if node.slot == slot else 0
    if isinstance(node, tree.SlotRef):
        return EVERYTHING if node.slot == slot else 0
    bits = 0
    for child in tree.children(node):
        if (
            isinstance(child, tree.SlotRef)
            and isinstance(node, tree.Compare)
            and all(operator in IDENTITY for operator, _ in node.rest)
        ):
            continue
        bits |= field_bits(child, slot)
    return bits
