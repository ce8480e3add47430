"""The part of Python's format specifications that f-strings may use.

`[[fill]align][sign][#][0][width][,|_][.precision][type]` on strings and numbers, with bounded
width and precision. Nothing else is formatted by a specification, so no object's own
`__format__` is ever reached.
"""

from __future__ import annotations

import re
from decimal import Decimal, localcontext

from rete_engine.diagnostics.errors import SecurityError
from rete_engine.expressions.decimals import DECIMALS
from rete_engine.expressions.equality import kind
from rete_engine.expressions.errors import EvaluationError
from rete_engine.expressions.text import text

#: Largest width and precision in a specification.
WIDEST = 1_000

_SPECIFICATION = re.compile(
    r"(?:.?[<>=^])?[-+ ]?z?#?0?(\d{0,9})[,_]?(?:\.(\d{1,9}))?([bodxXeEfFgGs%]?)", re.DOTALL
)


def problem_with_format(specification: str) -> str | None:
    """Why a format specification cannot be used; None for one that can."""
    parts = _SPECIFICATION.fullmatch(specification)
    if parts is None:
        return f"'{specification}' is no format of the language, such as '>10', '.2f' or ',d'"
    if int(parts[1] or 0) > WIDEST or int(parts[2] or 0) > WIDEST:
        return f"a format's width and precision are at most {WIDEST}"
    return None


def formatted(value: object, specification: str, bound: int) -> str:
    """The value as the specification shows it, at most `bound` characters long.

    There is to be no problem with the specification.

    Example:
        >>> formatted(3.14159, ".2f", 100), formatted(None, ">6", 100)
        ('3.14', '  none')

    Raises:
        EvaluationError: The specification does not go with the value.
        SecurityError: The text would be longer than `bound`.
    """
    if isinstance(value, float):
        return _written(value, specification)
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        value = text(value, bound)
    elif isinstance(value, int):
        _bounded(value.bit_length() if specification[-1:] in "bodxX" else 0, bound)
    elif isinstance(value, Decimal) and value.is_finite():
        exponent = value.as_tuple().exponent
        digits = len(value.as_tuple().digits)
        # Only a fixed number of places writes a large exponent out in zeros.
        spread = abs(exponent) if isinstance(exponent, int) else 0
        _bounded(digits + (spread if specification[-1:] in "fF%" else 0), bound)
        if spread > WIDEST * 1_000 and specification[-1:] in "fF%":
            raise SecurityError(f"a text is longer than {bound} characters")
    return _written(value, specification)


def _written(value: object, specification: str) -> str:
    try:
        if isinstance(value, Decimal):
            with localcontext(DECIMALS):  # the thread's own context may round otherwise
                return format(value, specification)
        return format(value, specification)
    except (ValueError, OverflowError, ArithmeticError):
        raise EvaluationError(
            f"a value of type {kind(value)} cannot be formatted by '{specification}'"
        ) from None


def _bounded(length: int, bound: int) -> None:
    if length > bound:
        raise SecurityError(f"a text is longer than {bound} characters")
