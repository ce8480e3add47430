"""The rows of whatever holds rows: frames and Arrow tables, or any iterable."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rete_engine.diagnostics.errors import FactError
from rete_engine.network.templates import TemplateSpec
from rete_engine.runtime.memory import Element
from rete_engine.runtime.working_memory import WorkingMemory
from rete_engine.session.translation import Translator


def rows_of(rows: Any) -> Iterable[Any]:
    """The rows as dicts (from frames and tables), else the items of an iterable.

    Frames are known by their methods, so that no frame library needs to be installed.

    Raises:
        FactError: The argument holds no rows.
    """
    problem = f"rows must be an iterable of mappings or objects, not {type(rows).__name__}"
    if isinstance(rows, (str, bytes, dict)):
        raise FactError(problem)
    if hasattr(rows, "iter_rows"):  # polars
        return rows.iter_rows(named=True)  # type: ignore[no-any-return]
    if hasattr(rows, "to_pylist"):  # an Arrow table or batch
        return rows.to_pylist()  # type: ignore[no-any-return]
    if hasattr(rows, "to_dict") and hasattr(rows, "columns"):  # pandas
        return rows.to_dict("records")  # type: ignore[no-any-return]
    if isinstance(rows, Iterable):
        return rows
    raise FactError(problem)


def insert_translated(
    memory: WorkingMemory, translator: Translator, template: str | None, rows: Any
) -> list[Element]:
    """Insert rows whose values may be facts, or that are objects; all or none.

    Raises:
        FactError: A row does not fit; it is named by its number.
    """
    pairs: list[tuple[TemplateSpec, dict[str, object]]] = []
    originals: list[object] = []
    for number, row in enumerate(rows_of(rows), 1):
        is_mapping = isinstance(row, Mapping)
        if is_mapping != (template is not None):
            wanted = "a mapping" if template is not None else "an object of a template's class"
            raise FactError(f"row {number}: expected {wanted}, not {type(row).__name__}")
        try:
            pairs.append(
                translator.given(template, row) if is_mapping else translator.given(row, {})
            )
        except FactError as error:
            raise FactError(f"row {number}: {error}") from None
        originals.append(None if is_mapping else row)
    elements = memory.insert_all(pairs)
    for original, element in zip(originals, elements, strict=True):
        if original is not None:
            translator.remember(original, element)
    return elements
