"""Exact sums of numbers and durations that come and go.

Floats are kept as one integer and a power of two that they are multiples of, decimals as one
decimal of as many digits as it takes. So nothing is rounded before a result is asked for, and
what was added and taken away leaves no trace.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, Inexact, InvalidOperation
from typing import Final, final

from rete_engine.expressions.arithmetic import add, as_decimal, divide
from rete_engine.expressions.decimals import DECIMALS
from rete_engine.expressions.equality import kind
from rete_engine.expressions.errors import EvaluationError
from rete_engine.expressions.frame import Frame

#: For adding decimals without rounding: more digits than there are between the largest and the
#: smallest of them.
EXACT: Final = Context(
    prec=2_100_000, Emin=MIN_EMIN, Emax=MAX_EMAX, traps=[InvalidOperation, Inexact]
)

DAY: Final = 86_400_000_000  # microseconds


@final
class ExactSum:
    """The sum of the values that are in it."""

    __slots__ = (
        "count", "decimal", "decimals", "durations", "exponents", "fixed", "floats", "ints",
        "microseconds", "others", "scale", "special", "whole",
    )  # fmt: skip

    def __init__(self) -> None:
        self.count = 0  # values in all
        self.ints = 0  # how many
        self.whole = 0  # their sum
        self.floats = 0
        self.fixed = 0  # the sum of the finite floats, times two to the power of `scale`
        self.scale = 0
        self.special: dict[str, int] = {}  # floats and decimals that are not finite, counted
        self.decimals = 0
        self.decimal = Decimal(0)  # the sum of the finite ones
        self.exponents: dict[int, int] = {}  # of the finite ones, counted
        self.durations = 0
        self.microseconds = 0
        self.others: dict[str, int] = {}  # by kind: values that have no sum

    def include(self, value: object, times: int) -> None:
        """Add a value, or with -1 take it away."""
        self.count += times
        if isinstance(value, float):
            self.floats += times
            if value - value == 0.0:
                self.include_float(value, times)
            else:
                tally(self.special, sign_of(value), times)
        elif isinstance(value, int):
            self.ints += times
            self.whole += int(value) if times > 0 else -int(value)
        elif isinstance(value, Decimal):
            self.decimals += times
            self.include_decimal(value, times)
        elif isinstance(value, timedelta):
            self.durations += times
            length = value.days * DAY + value.seconds * 1_000_000 + value.microseconds
            self.microseconds += times * length
        else:
            tally(self.others, kind(value), times)

    def include_float(self, value: float, times: int) -> None:
        """Add or take away a finite float."""
        if self.floats == 0:  # the last one goes
            self.fixed = 0
            self.scale = 0
            return
        numerator, denominator = value.as_integer_ratio()
        shift = denominator.bit_length() - 1
        if shift > self.scale:
            self.fixed <<= shift - self.scale
            self.scale = shift
        elif shift < self.scale:
            numerator <<= self.scale - shift
        self.fixed += numerator if times > 0 else -numerator

    def include_decimal(self, value: Decimal, times: int) -> None:
        """Add or take away a decimal."""
        if not value.is_finite():
            tally(self.special, sign_of_decimal(value), times)
            return
        exponent = value.as_tuple().exponent
        assert isinstance(exponent, int)
        tally_exponent(self.exponents, exponent, times)
        if times > 0:
            self.decimal = EXACT.add(self.decimal, value)
        else:
            self.decimal = EXACT.subtract(self.decimal, value)
        if not self.exponents:
            self.decimal = Decimal(0)

    def total(self, frame: Frame, name: str) -> object:
        """The sum, rounded once where it has to be.

        Raises:
            EvaluationError: The values have no sum, or it is too large.
            SecurityError: It is an int over the limit of a value.
        """
        for word in self.others:
            raise EvaluationError(f"{name}() adds numbers and durations, not {word}")
        numbers = self.ints or self.floats or self.decimals
        if (self.durations and numbers) or (self.floats and self.decimals):
            kinds = [("int", self.ints), ("float", self.floats), ("decimal", self.decimals)]
            kinds.append(("duration", self.durations))
            words = [word for word, count in kinds if count]
            raise EvaluationError(f"{name}() does not add {words[0]} and {words[-1]}")
        if self.floats:
            return self.total_of_floats()
        if self.decimals:
            return self.total_of_decimals()
        if self.durations:
            try:
                return timedelta(0, 0, self.microseconds)
            except OverflowError:
                raise EvaluationError("the sum is out of the range of durations") from None
        return add(self.whole, 0, frame)

    def total_of_floats(self) -> float:
        """The sum of floats and ints."""
        if self.special:
            if len(self.special) > 1 or "nan" in self.special:
                return float("nan")
            return float("inf") if "+" in self.special else float("-inf")
        try:
            return quotient(self.fixed + (self.whole << self.scale), 1 << self.scale)
        except OverflowError:
            raise EvaluationError("the sum is too large for a float") from None

    def total_of_decimals(self) -> Decimal:
        """The sum of decimals and ints, with as many places as the longest of them."""
        if self.special:
            if "nan" in self.special:
                return Decimal("NaN")
            if len(self.special) > 1:
                raise EvaluationError("infinities of both signs have no sum")
            return Decimal("Infinity") if "+" in self.special else Decimal("-Infinity")
        exponents = list(self.exponents)
        total = self.decimal
        if self.ints:
            total = EXACT.add(total, as_decimal(self.whole))
            exponents.append(0)
        places = Decimal((0, (1,), min(exponents)))
        try:
            return DECIMALS.plus(EXACT.quantize(total, places))
        except ArithmeticError:
            raise EvaluationError("the sum is too large for a decimal") from None

    def mean(self, frame: Frame, name: str) -> object:
        """The sum divided by the number of values, of which there must be one."""
        return divide(self.total(frame, name), self.count, frame)


def tally(counts: dict[str, int], word: str, times: int) -> None:
    """Count a word, or with -1 count it no more."""
    count = counts.get(word, 0) + times
    if count:
        counts[word] = count
    else:
        counts.pop(word, None)


def tally_exponent(counts: dict[int, int], exponent: int, times: int) -> None:
    """Count an exponent, or with -1 count it no more."""
    count = counts.get(exponent, 0) + times
    if count:
        counts[exponent] = count
    else:
        counts.pop(exponent, None)


def sign_of(value: float) -> str:
    """The sign of an infinity, or `nan`."""
    if value != value:
        return "nan"
    return "+" if value > 0 else "-"


def sign_of_decimal(value: Decimal) -> str:
    """The sign of an infinity, or `nan`."""
    if value.is_nan():
        return "nan"
    return "+" if value > 0 else "-"


def quotient(numerator: object, denominator: object) -> float:
    """Python's own division of ints, rounded once (compiled code would round both before)."""
    return float(numerator / denominator)  # type: ignore[operator]
