"""The way of a new fact of each template to the alpha specs that it may satisfy."""

from __future__ import annotations

from typing import final

from rete_engine.network.alphas import AlphaSpec
from rete_engine.network.rules import QuerySpec
from rete_engine.network.templates import TemplateSpec


@final
class Route:
    """The way of a new fact of one template: which alpha specs it can satisfy.

    Alpha specs that ask for a constant are found by it, so their number costs a fact nothing.
    """

    __slots__ = ("mask", "rest", "tables")

    def __init__(
        self,
        tables: tuple[tuple[int, dict[object, AlphaSpec]], ...],
        rest: tuple[AlphaSpec, ...],
        mask: int,
    ) -> None:
        # Field position, then join key of its value -> the first alpha spec that asks for it.
        self.tables = tables
        self.rest = rest  # alpha specs with no constant
        # Field bits that any rule reads of such a fact, also as one of a template it extends.
        self.mask = mask


def routes_of(
    templates: tuple[TemplateSpec, ...],
    queries: tuple[QuerySpec, ...],
    alphas: tuple[AlphaSpec, ...],
) -> tuple[Route, ...]:
    """The route of each template, those of the arguments of queries too, by their numbers."""
    all_templates = [*templates, *(query.arguments for query in queries)]
    count = len(all_templates)
    tables: list[dict[int, dict[object, AlphaSpec]]] = [{} for _ in range(count)]
    last: dict[tuple[int, int, object], AlphaSpec] = {}
    rest: list[list[AlphaSpec]] = [[] for _ in range(count)]
    masks = [0 for _ in range(count)]
    for alpha in alphas:
        number = alpha.template.number
        masks[number] |= alpha.mask
        if alpha.constants:
            index, key = alpha.constants[0]
            first = tables[number].setdefault(index, {}).setdefault(key, alpha)
            if first is not alpha:
                last[number, index, key].following = alpha
            last[number, index, key] = alpha
        else:
            rest[number].append(alpha)
    return tuple(
        [
            Route(
                tuple(table.items()),
                tuple(others),
                _mask_of(template, masks),
            )
            for template, table, others in zip(all_templates, tables, rest, strict=True)
        ]
    )


def _mask_of(template: TemplateSpec, masks: list[int]) -> int:
    """The field bits that rules read of a template's facts; `masks` has those of its own."""
    mask = masks[template.number]
    base = template.base
    while base is not None:
        mask |= masks[base.number]
        base = base.base
    return mask
