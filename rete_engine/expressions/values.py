"""What values mean: the public face of `equality`, `order`, `storing`, `reading` and `text`."""

from __future__ import annotations

from rete_engine.expressions.equality import changed, equal, is_nan, join_key, kind
from rete_engine.expressions.errors import EvaluationError, Misfit
from rete_engine.expressions.order import comparable, less, less_equal, ordered
from rete_engine.expressions.reading import (
    date_from,
    datetime_from,
    duration_from,
    from_cell,
    from_text,
)
from rete_engine.expressions.storing import export, is_short, plain, size, store
from rete_engine.expressions.text import iso_duration, quoted, shown, text

__all__ = [
    "EvaluationError",
    "Misfit",
    "changed",
    "comparable",
    "date_from",
    "datetime_from",
    "duration_from",
    "equal",
    "export",
    "from_cell",
    "from_text",
    "is_nan",
    "is_short",
    "iso_duration",
    "join_key",
    "kind",
    "less",
    "less_equal",
    "ordered",
    "plain",
    "quoted",
    "shown",
    "size",
    "store",
    "text",
]
