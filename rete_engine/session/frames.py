"""The columns of frames and tables: pandas, Polars, Arrow, and by narwhals whatever it knows.

Frames are known by their methods, so that no library of frames needs to be installed or imported.
A value that is missing in a column is `MISSING`, as if a row did not have the field: Arrow's and
Polars' null; in pandas what its `isna` tells: None, NaN, NaT, NA. NaN is a number elsewhere.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

from rete_engine.diagnostics.errors import FactError
from rete_engine.network.templates import MISSING

#: The class of all values of a column, by the lower-case name of its type. These types are at most
#: 64 bits wide, so no value is over a limit.
_CLASSES: dict[str, type] = {
    **{f"{sign}int{bits}": int for sign in ("", "u") for bits in (8, 16, 32, 64)},
    **dict.fromkeys(("float32", "float64", "float", "double"), float),
    **dict.fromkeys(("bool", "boolean"), bool),
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a frame."""

    name: object
    values: list[object]  # MISSING where there is none
    known: type | None = None  # the class that all values are known to have; None: look at them
    has_missing: bool = False

    def first(self, count: int) -> Column:
        """So many of its rows."""
        values = self.values[:count]
        return Column(self.name, values, self.known, any(value is MISSING for value in values))


def columns_of(rows: Any) -> list[Column] | None:
    """The columns of a frame or table; None for what is no frame.

    Raises:
        FactError: It is a frame that cannot be read here.
    """
    kind = type(rows)
    columns: list[Column] | None
    if kind in (list, tuple):
        return None
    if hasattr(kind, "get_columns") and hasattr(kind, "iter_rows"):  # Polars
        columns = [_of_nullable(each.name, each, each.dtype) for each in rows.get_columns()]
    elif hasattr(kind, "to_pylist") and hasattr(kind, "schema"):  # an Arrow table or batch
        columns = _columns_of_arrow(rows)
    elif hasattr(kind, "read_next_batch") and hasattr(kind, "read_all"):  # batches of Arrow
        columns = _columns_of_arrow(rows.read_all())
    elif hasattr(kind, "isna") and hasattr(kind, "columns") and _is_of_pandas(kind):
        columns = [_column_of_pandas(name, series) for name, series in rows.items()]
    elif not callable(getattr(kind, "columns", len)):
        columns = _columns_by_narwhals(rows)
    else:
        return None
    if columns is None:
        return None
    seen: set[object] = set()
    for column in columns:
        if column.name in seen:
            raise FactError(f"two columns are called '{column.name}'")
        seen.add(column.name)
    return columns


def _columns_of_arrow(table: Any) -> list[Column]:
    return [
        _of_nullable(name, column, column.type)
        for name, column in zip(table.schema.names, table.columns, strict=True)
    ]


def _of_nullable(name: object, column: Any, type_: object) -> Column:
    """A column of Polars, Arrow or narwhals, where None is what is missing."""
    known = _CLASSES.get(str(type_).lower())
    values = column.to_pylist() if hasattr(column, "to_pylist") else column.to_list()
    nulls = column.null_count
    if callable(nulls):
        nulls = nulls()
    if nulls:
        values = [MISSING if value is None else value for value in values]
    return Column(name, values, known, bool(nulls))


def _is_of_pandas(kind: type) -> bool:
    """Whether a class is pandas' DataFrame, or like it: Dask's, say, is not."""
    return any(base.__module__.partition(".")[0] in ("pandas", "modin") for base in kind.__mro__)


def _column_of_pandas(name: object, series: Any) -> Column:
    values = series.to_list()
    known = _CLASSES.get(str(series.dtype).lower().removesuffix("[pyarrow]"))
    missing = series.isna()
    if not missing.any():
        return Column(name, values, known, False)
    marked = zip(values, missing.to_list(), strict=True)
    return Column(name, [MISSING if none else value for value, none in marked], known, True)


def _columns_by_narwhals(frame: Any) -> list[Column] | None:
    """The columns of any other frame, computed if need be; None for what narwhals does not know.

    Raises:
        FactError: narwhals is not installed.
    """
    try:
        narwhals = importlib.import_module("narwhals")
    except ImportError:
        name = f"{type(frame).__module__.partition('.')[0]}.{type(frame).__name__}"
        raise FactError(f"reading a {name} needs: pip install 'rete-engine[dataframes]'") from None
    known = narwhals.from_native(frame, pass_through=True)
    if isinstance(known, narwhals.LazyFrame):
        known = known.collect()
    if not isinstance(known, narwhals.DataFrame):
        return None
    native = known.to_native()
    found = None if native is frame else columns_of(native)
    if found is not None:
        return found
    return [_of_nullable(name, known[name], known[name].dtype) for name in known.columns]
