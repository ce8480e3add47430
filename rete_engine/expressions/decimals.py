"""The contexts of decimal arithmetic: fixed ones, so that no thread's own context matters."""

from __future__ import annotations

from decimal import (
    MAX_EMAX,
    MIN_EMIN,
    ROUND_HALF_EVEN,
    Context,
    DivisionByZero,
    InvalidOperation,
    Overflow,
)

#: Most digits of a decimal, so that calculating with it takes microseconds.
MOST_DIGITS = 4_300

#: For calculating: 28 digits, and errors where there is no result.
DECIMALS = Context(
    prec=28,
    rounding=ROUND_HALF_EVEN,
    Emin=-999_999,
    Emax=999_999,
    capitals=1,
    clamp=0,
    traps=[InvalidOperation, DivisionByZero, Overflow],
)

#: For reading a number as it is written.
AS_WRITTEN = Context(
    prec=MOST_DIGITS,
    rounding=ROUND_HALF_EVEN,
    Emin=MIN_EMIN,
    Emax=MAX_EMAX,
    capitals=1,
    clamp=0,
    traps=[InvalidOperation],
)
