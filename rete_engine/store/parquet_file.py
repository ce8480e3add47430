"""The columns of Parquet files, a batch of rows at a time (extra `parquet`)."""

from __future__ import annotations

import importlib
from collections.abc import Iterator

from rete_engine.store.records import Batch, FactFileError

_ROWS_AT_ONCE = 8192


def batches(path: str) -> Iterator[Batch]:
    """The rows of a file. A null is a value left out: a column cannot leave one out otherwise.

    Raises:
        FactFileError: pyarrow is not installed, or the file is not Parquet.
    """
    try:
        pyarrow = importlib.import_module("pyarrow")
        parquet = importlib.import_module("pyarrow.parquet")
    except ImportError:
        cause = "reading Parquet needs: pip install 'rete-engine[parquet]'"
        raise FactFileError(cause, file=path) from None
    number = 1
    try:
        with parquet.ParquetFile(path) as file:
            for columns in file.iter_batches(batch_size=_ROWS_AT_ONCE):
                yield Batch(columns, number)
                number += columns.num_rows
    except (pyarrow.ArrowException, OSError) as error:
        cause = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise FactFileError(f"not Parquet: {cause}", file=path) from None
