"""The rows of whatever holds rows: frames and Arrow tables, or any iterable."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rete_engine.diagnostics.errors import FactError


def rows_of(rows: Any) -> Iterable[Any]:
    """The rows as dicts (from frames and tables), else the items of an iterable.

    Frames are known by their methods, so that no frame library needs to be installed.

    Raises:
        FactError: The argument holds no rows.
    """
    if isinstance(rows, (str, bytes, dict)):
        raise FactError(f"rows must be an iterable of mappings or objects, not {type(rows).__name__}")
    if hasattr(rows, "iter_rows"):  # polars
        return rows.iter_rows(named=True)  # type: ignore[no-any-return]
    if hasattr(rows, "to_pylist"):  # an Arrow table or batch
        return rows.to_pylist()  # type: ignore[no-any-return]
    if hasattr(rows, "to_dict") and hasattr(rows, "columns"):  # pandas
        return rows.to_dict("records")  # type: ignore[no-any-return]
    if isinstance(rows, Iterable):
        return rows
    raise FactError(f"rows must be an iterable of mappings or objects, not {type(rows).__name__}")
