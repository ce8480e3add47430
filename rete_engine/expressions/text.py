"""How values read as text: for `str(x)` and f-strings, and for error messages.

Python's texts, but in the words of the language: `none`, `true`, sets in their fixed order,
`date("2026-01-31")` inside of collections, facts with their fields.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final, final

from rete_engine.diagnostics.errors import SecurityError
from rete_engine.expressions.errors import EvaluationError
from rete_engine.expressions.frame import Record
from rete_engine.expressions.order import ordered

#: How many characters of a value are shown where people need not see all of it.
SHOWN: Final = 60


def text(value: object, bound: int) -> str:
    """What `str(value)` gives in the language; at most `bound` characters long.

    Example:
        >>> text(None, 100), text([True, "a", date(2026, 1, 31)], 100)
        ('none', "[true, 'a', date('2026-01-31')]")

    Raises:
        SecurityError: The text would be longer than `bound`.
        EvaluationError: An int has more digits than Python writes.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float)):
        written = scalar(value)
        if len(written) <= bound:
            return written
    elif isinstance(value, (date, timedelta, Decimal)):
        return str(value)
    return quoted(value, bound)


def quoted(value: object, bound: int) -> str:
    """The value as one would write it in the language (`!r` in an f-string)."""
    if isinstance(value, (str, bool)) or value is None:
        return scalar(value)
    writer = _Writer(bound)
    writer.write(value, 0)
    return "".join(writer.parts)


def shown(value: object) -> str:
    """The value for people: at most 60 characters of it, and never an error."""
    writer = _Writer(SHOWN)
    try:
        writer.write(value, 0)
    except SecurityError:
        return "".join(writer.parts)[: SHOWN - 1] + "…"
    except EvaluationError:
        if not writer.parts:
            return "a huge number"
        return "".join(writer.parts)[: SHOWN - 1] + "…"
    return "".join(writer.parts)


def scalar(value: object) -> str:
    """A scalar as one would write it in the language."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, float)):
        return repr(value)
    if isinstance(value, int):
        try:
            return str(value)
        except ValueError:
            raise EvaluationError("an int is too large to be written as text") from None
    if isinstance(value, Decimal):
        return f"decimal({str(value)!r})"
    if isinstance(value, datetime):
        return f"datetime({value.isoformat()!r})"
    if isinstance(value, date):
        return f"date({value.isoformat()!r})"
    if isinstance(value, timedelta):
        return f"duration({iso_duration(value)!r})"
    return f"<{type(value).__name__}>"


def iso_duration(value: timedelta) -> str:
    """A duration in ISO 8601, exactly.

    Example:
        >>> iso_duration(timedelta(days=1, minutes=5)), iso_duration(timedelta(0))
        ('P1DT5M', 'PT0S')
    """
    micro = (value.days * 86_400 + value.seconds) * 1_000_000 + value.microseconds
    sign = "-" if micro < 0 else ""
    seconds, micro = divmod(abs(micro), 1_000_000)
    days, seconds = divmod(seconds, 86_400)
    hours, seconds = divmod(seconds, 3_600)
    minutes, seconds = divmod(seconds, 60)
    fraction = f".{micro:06d}".rstrip("0") if micro else ""
    parts = [f"{days}D"] if days else []
    clock = f"{hours}H" if hours else ""
    clock += f"{minutes}M" if minutes else ""
    clock += f"{seconds}{fraction}S" if seconds or micro else ""
    if clock or not days:
        parts.append("T" + (clock or "0S"))
    return f"{sign}P{''.join(parts)}"


@final
class _Writer:
    """A text under way; it stops as soon as the text is too long."""

    __slots__ = ("bound", "left", "parts")

    def __init__(self, bound: int) -> None:
        self.bound = bound
        self.left = bound
        self.parts: list[str] = []

    def add(self, part: str) -> None:
        self.left -= len(part)
        if self.left < 0:
            self.parts.append(part[: self.left])  # for whoever shows what there is
            raise SecurityError(f"a text is longer than {self.bound} characters")
        self.parts.append(part)

    def write(self, value: object, records: int) -> None:
        if isinstance(value, list):
            self._row("[", value, "]", records)
        elif isinstance(value, tuple):
            self._row("(", list(value), ",)" if len(value) == 1 else ")", records)
        elif isinstance(value, (set, frozenset)):
            if value:
                self._row("{", ordered(value), "}", records)
            else:
                self.add("set()")
        elif isinstance(value, dict):
            self._pairs(value, records)
        elif isinstance(value, Record):
            self._record(value, records)
        elif isinstance(value, str) and len(value) > self.left:
            self.add(scalar(value[: self.left + 1]))  # too long as it is: no need for all of it
        else:
            self.add(scalar(value))

    def _row(self, opening: str, items: list[object], closing: str, records: int) -> None:
        self.add(opening)
        first = True
        for item in items:
            if not first:
                self.add(", ")
            first = False
            self.write(item, records)
        self.add(closing)

    def _pairs(self, pairs: dict[object, object], records: int) -> None:
        self.add("{")
        first = True
        for key, item in pairs.items():
            if not first:
                self.add(", ")
            first = False
            self.write(key, records)
            self.add(": ")
            self.write(item, records)
        self.add("}")

    def _record(self, record: Record, records: int) -> None:
        self.add(record.type.name)
        if records:
            self.add("(…)")  # facts may refer to each other in a circle
            return
        self.add("(")
        first = True
        for name, position in record.type.positions.items():
            if not first:
                self.add(", ")
            first = False
            self.add(f"{name}=")
            self.write(record.values[position], records + 1)
        further = record.values[0] if record.type.open else None
        if isinstance(further, dict):
            for name, value in further.items():
                if not first:
                    self.add(", ")
                first = False
                self.add(f"{name}=")
                self.write(value, records + 1)
        self.add(")")
