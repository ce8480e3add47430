"""Which fields of its fact a pattern reads."""

from __future__ import annotations

from collections.abc import Iterator

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
    masks = {slot.number: EXISTENCE for slot in names.slots if slot.is_fact}
    for expression in expressions:
        for slot, bits in _read_bits(expression):
            if slot in masks:
                masks[slot] |= bits
    return masks


def field_bits(node: tree.Expression, slot: int) -> int:
    """The bits of the fields of a slot's fact that an expression reads."""
    bits = 0
    for read, more in _read_bits(node):
        if read == slot:
            bits |= more
    return bits


def _read_bits(node: tree.Expression) -> Iterator[tuple[int, int]]:
    """The slots that an expression reads, with the bits of fields.

    A fact that is handed to a function, or used otherwise than to be compared, may have any of
    its fields read.
    """
    if isinstance(node, tree.FieldRef):
        yield node.slot, 2 << abs(node.index)
    elif isinstance(node, tree.SlotRef):
        yield node.slot, EVERYTHING
    by_identity = isinstance(node, tree.Compare) and all(
        operator in IDENTITY for operator, _ in node.rest
    )
    for child in tree.children(node):
        if not (by_identity and isinstance(child, tree.SlotRef)):
            yield from _read_bits(child)
