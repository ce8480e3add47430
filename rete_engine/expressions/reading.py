"""Values from text: what `date("…")` accepts, and facts from JSON, YAML and CSV.

Data formats have no dates, durations, decimals, sets or tuples; the declared type of a field
says what a string or a list is meant to be. What remains is checked by `storing.store`.
"""

from __future__ import annotations

import json
import re
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation

from rete_engine.expressions.decimals import AS_WRITTEN
from rete_engine.expressions.errors import Misfit
from rete_engine.expressions.text import shown
from rete_engine.expressions.types import ANY, Type

#: Longest text that is read as a number, a date or a duration.
LONGEST = 1000


def date_from(text: str) -> date:
    """A date from ISO 8601: "2026-01-31".

    Raises:
        Misfit: The text is no date.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Misfit(f"{shown(text)} is no date such as '2026-01-31'") from None


def datetime_from(text: str) -> datetime:
    """A datetime from ISO 8601: "2026-01-31T12:00:00Z"; without an offset it is a naive one.

    Raises:
        Misfit: The text is no datetime.
    """
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise Misfit(f"{shown(text)} is no datetime such as '2026-01-31T12:00:00Z'") from None


_ISO_DURATION = re.compile(
    r"([+-])?P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:[.,](\d{1,6})\d*)?S)?)?",
    re.ASCII,
)
_OWN_DURATION = re.compile(r"(\d+)(ms|s|m|h|d)", re.ASCII)
_UNITS = {
    "ms": 1_000,
    "s": 1_000_000,
    "m": 60_000_000,
    "h": 3_600_000_000,
    "d": 86_400_000_000,
}


def duration_from(text: str) -> timedelta:
    """A duration from ISO 8601 ("PT5M", "-P1DT2H") or as the language writes it ("5m", "1h30m").

    Years and months have no fixed length and are refused.

    Raises:
        Misfit: The text is no duration, or one longer than Python can hold.
    """
    micro = _microseconds(text) if len(text) <= LONGEST else None
    if micro is None:
        raise Misfit(f"{shown(text)} is no duration such as '5m' or 'PT5M'")
    try:
        return timedelta(microseconds=micro)
    except OverflowError:
        raise Misfit(f"the duration {shown(text)} is too long") from None


def _microseconds(text: str) -> int | None:
    iso = _ISO_DURATION.fullmatch(text)
    if iso is not None:
        if text[-1] in "PT":
            return None
        weeks, days, hours, minutes, seconds = (int(iso[i] or 0) for i in range(2, 7))
        total = ((weeks * 7 + days) * 24 + hours) * 60 + minutes
        micro = (total * 60 + seconds) * 1_000_000 + int((iso[7] or "").ljust(6, "0"))
        return -micro if iso[1] == "-" else micro
    body = text[1:] if text.startswith("-") else text
    if not body or _OWN_DURATION.sub("", body):
        return None
    micro = sum(int(number) * _UNITS[unit] for number, unit in _OWN_DURATION.findall(body))
    return -micro if text.startswith("-") else micro


def decimal_from(text: str) -> Decimal:
    """A decimal from its digits: "12.50".

    Raises:
        Misfit: The text is no number.
    """
    if len(text) > LONGEST:
        raise Misfit("a decimal number is too long")
    try:
        number = AS_WRITTEN.create_decimal(text)
    except InvalidOperation:
        raise Misfit(f"{shown(text)} is no decimal number") from None
    if number.is_snan():
        raise Misfit("a signalling NaN is not supported")
    return number


def from_text(value: object, wanted: Type) -> object:
    """A value from JSON or YAML, with strings and lists turned into what the field declares.

    ISO strings become dates, datetimes and durations, strings and numbers decimals, lists sets
    and tuples, at any depth. Anything else is left for `store` to check.

    Example:
        >>> from_text(["2026-01-31"], Type("list", (Type("date"),)))
        [datetime.date(2026, 1, 31)]

    Raises:
        Misfit: A string that does not read as the declared date, duration or decimal.
    """
    name = wanted.name
    if isinstance(value, str):
        if name == "date":
            return date_from(value)
        if name == "datetime":
            return datetime_from(value)
        if name == "duration":
            return duration_from(value)
        if name == "decimal":
            return decimal_from(value)
        return value
    if isinstance(value, list):
        element = wanted.arguments[0] if wanted.arguments else ANY
        items = [from_text(item, element) for item in value]
        if name == "set":
            try:
                return set(items)
            except TypeError:
                raise Misfit(f"expected {wanted}, got {shown(value)}") from None
        return tuple(items) if name == "tuple" else items
    if isinstance(value, dict) and name == "dict" and len(wanted.arguments) == 2:
        key, item = wanted.arguments
        return {from_key(name, key): from_text(each, item) for name, each in value.items()}
    if name == "decimal" and isinstance(value, (int, float)) and not isinstance(value, bool):
        return Decimal(value) if isinstance(value, int) else decimal_from(repr(value))
    return value


def from_key(text: object, wanted: Type) -> object:
    """A key of a JSON object, which is always a string, by the declared type of the keys."""
    if isinstance(text, str) and wanted.name in ("int", "float", "bool"):
        return from_cell(text, wanted)
    return from_text(text, wanted)


_INT = re.compile(r"[+-]?\d+", re.ASCII)
_BOOLS = {"true": True, "false": False, "1": True, "0": False, "yes": True, "no": False}


def from_cell(text: str, wanted: Type) -> object:
    """The value of a CSV cell, by the declared type of its field.

    An empty cell is none for `T?` and else an error (the caller takes the default first).
    Collections are written as JSON.

    Example:
        >>> from_cell("42", Type("int")), from_cell("", Type("int", optional=True))
        (42, None)

    Raises:
        Misfit: The cell does not read as the type.
    """
    if text == "":
        if wanted.optional:
            return None
        raise Misfit(f"expected {wanted}, got an empty cell")
    name = wanted.name
    stripped = text.strip()
    if name == "int":
        if len(stripped) <= LONGEST and _INT.fullmatch(stripped):
            return int(stripped)
    elif name == "float":
        try:
            return float(stripped)
        except ValueError:
            pass
    elif name == "bool":
        if stripped.lower() in _BOOLS:
            return _BOOLS[stripped.lower()]
    elif name in ("list", "dict", "set", "tuple"):
        try:
            return from_text(json.loads(stripped), wanted)
        except (ValueError, RecursionError):
            pass
    elif name == "none":
        if stripped.lower() == "none":
            return None
    elif name in ("date", "datetime", "duration", "decimal"):
        return from_text(stripped, wanted)
    else:
        return text
    raise Misfit(f"expected {wanted}, got {shown(text)}")
