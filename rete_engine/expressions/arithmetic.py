"""What `+ - * / // % **` mean, between which types, and what they may cost.

Python's meaning on a list of pairs of types; every other pair is an error, so no operator of a
foreign object is ever reached (and `%` formats nothing). Decimals mix with ints, not with
floats, and are rounded to 28 digits whatever the thread's own decimal context says. A result's
size is known to be within the limit before it is computed.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal, DivisionByZero, InvalidOperation, Overflow
from math import isqrt
from typing import Final

from rete_engine.expressions.decimals import DECIMALS
from rete_engine.expressions.equality import kind
from rete_engine.expressions.errors import EvaluationError
from rete_engine.expressions.frame import Frame
from rete_engine.expressions.storing import size, too_large

#: Compiled code looks up the names of other modules' classes each time, but not this.
DECIMAL: Final = Decimal

_PHRASES = {
    "+": "add {} and {}",
    "-": "subtract {1} from {0}",
    "*": "multiply {} by {}",
    "/": "divide {} by {}",
    "//": "divide {} by {}",
    "%": "take {} modulo {}",
    "**": "raise {} to the power of {}",
}


def no_sense(operator: str, a: object, b: object) -> EvaluationError:
    """The error for operands that an operator does not combine."""
    return EvaluationError("cannot " + _PHRASES[operator].format(kind(a), kind(b)))


def _short(value: int) -> bool:
    return -(1 << 60) < value < (1 << 60)


def _words(value: int) -> int:
    return (value.bit_length() + 31) >> 5


def _effort(a: int, b: int) -> int:
    """The steps that a product of so many words is worth: Karatsuba's time in quarter us."""
    return max(a, b) * isqrt(min(a, b)) >> 6


def is_number(value: object) -> bool:
    """Whether a value is int, float or bool (arithmetic takes a bool as Python does)."""
    return isinstance(value, (int, float))


def as_float(value: object) -> float:
    """A number as a float.

    Raises:
        EvaluationError: An int that is too large.
    """
    if isinstance(value, int):
        try:
            return float(value)
        except OverflowError:
            raise EvaluationError("an int is too large for a float") from None
    if isinstance(value, float):
        return value
    raise EvaluationError(f"expected a number, got {kind(value)}")


# Python's own operators on objects of any type: compiled code would otherwise choose its own
# version for a type it knows. mypy knows no operator of `object`, hence the ignores.
def _add(a: object, b: object) -> object:
    return a + b  # type: ignore[operator]


def _subtract(a: object, b: object) -> object:
    return a - b  # type: ignore[operator]


def _multiply(a: object, b: object) -> object:
    return a * b  # type: ignore[operator]


def _divide(a: object, b: object) -> object:
    return a / b  # type: ignore[operator]


def _floor_divide(a: object, b: object) -> object:
    return a // b  # type: ignore[operator]


def _modulo(a: object, b: object) -> object:
    return a % b  # type: ignore[operator]


def _power(a: object, b: object) -> object:
    return a**b  # type: ignore[operator]


def _decimal(operator: str, a: object, b: object) -> object | None:
    """The result between decimals, or decimals and ints; None for other operands."""
    if type(a) is not DECIMAL and type(b) is not DECIMAL:
        return None
    if not (type(a) is DECIMAL or isinstance(a, int)):
        return None
    if not (type(b) is DECIMAL or isinstance(b, int)):
        return None
    x, y = as_decimal(a), as_decimal(b)
    try:
        match operator:
            case "+":
                return DECIMALS.add(x, y)
            case "-":
                return DECIMALS.subtract(x, y)
            case "*":
                return DECIMALS.multiply(x, y)
            case "/":
                return DECIMALS.divide(x, y)
            case "//":
                return DECIMALS.divide_int(x, y)
            case "%":
                return DECIMALS.remainder(x, y)
            case _:
                # Rounded operands keep the cost of a power independent of their length.
                return DECIMALS.power(DECIMALS.plus(x), DECIMALS.plus(y))
    except DivisionByZero:
        raise EvaluationError("division by zero") from None
    except Overflow:
        raise EvaluationError("the result is too large for a decimal") from None
    except InvalidOperation:
        raise _undefined(operator, y) from None


def _undefined(operator: str, divisor: Decimal) -> EvaluationError:
    if operator in ("/", "//", "%") and divisor.is_zero():
        return EvaluationError("division by zero")
    return EvaluationError(f"the decimal operation '{operator}' has no result")


def as_decimal(value: object) -> Decimal:
    """An int or a decimal as a decimal.

    Raises:
        EvaluationError: An int of more digits than a decimal calculation has any use for.
    """
    if isinstance(value, Decimal):
        return value
    if isinstance(value, int):
        if value.bit_length() > 14_000:
            raise EvaluationError("an int is too large for a decimal")
        return Decimal(value)
    raise EvaluationError(f"expected a decimal, got {kind(value)}")


def _times(operator: str, a: object, b: object) -> object | None:
    """The result between dates, datetimes and durations; None for other operands."""
    try:
        if isinstance(a, timedelta):
            if isinstance(b, timedelta):
                match operator:
                    case "+":
                        return a + b
                    case "-":
                        return a - b
                    case "/":
                        return a / b
                    case "//":
                        return a // b
                    case "%":
                        return a % b
            elif isinstance(b, date) and operator == "+":
                return b + a
            elif isinstance(b, (int, float)):
                match operator:
                    case "*":
                        return _multiply(a, b)
                    case "/":
                        return _divide(a, b)
                    case "//":
                        return _floor_divide(a, b) if isinstance(b, int) else None
        elif isinstance(b, timedelta):
            if isinstance(a, date) and operator in ("+", "-"):
                return _add(a, b) if operator == "+" else _subtract(a, b)
            if isinstance(a, (int, float)) and operator == "*":
                return _multiply(a, b)
        elif operator == "-" and isinstance(a, date) and kind(a) == kind(b):
            return _subtract(a, b)
    except ZeroDivisionError:
        raise EvaluationError("division by zero") from None
    except TypeError:
        raise EvaluationError(
            "cannot subtract datetimes of which one has a time zone and one has none"
        ) from None
    except (OverflowError, ValueError):
        raise EvaluationError("the result is out of the range of dates or durations") from None
    return None


def add(a: object, b: object, frame: Frame) -> object:
    """`a + b`."""
    if isinstance(a, int):
        if isinstance(b, int):
            if _short(a) and _short(b):
                return a + b
            return _bounded(a + b, frame)
        if isinstance(b, float):
            return as_float(a) + b
    elif isinstance(a, float):
        if isinstance(b, float):
            return a + b
        if isinstance(b, int):
            return a + as_float(b)
    elif isinstance(a, str) and isinstance(b, str):
        _room(len(a) + len(b), frame)
        return a + b
    elif isinstance(a, list) and isinstance(b, list):
        return _joined(a, b, frame)
    elif isinstance(a, tuple) and isinstance(b, tuple):
        return tuple(_joined(list(a), list(b), frame))
    result = _decimal("+", a, b)
    if result is None:
        result = _times("+", a, b)
    if result is None:
        raise no_sense("+", a, b)
    return result


def _bounded(value: int, frame: Frame) -> int:
    if _words(value) > frame.context.limits.value:
        raise too_large(frame.context.limits)
    return value


def _room(elements: int, frame: Frame) -> None:
    """Make sure that a result of so many elements or characters is allowed, and charge it."""
    if elements > frame.context.limits.value:
        raise too_large(frame.context.limits)
    frame.spend(elements >> 4)


def _joined(a: list[object], b: list[object], frame: Frame) -> list[object]:
    _room(len(a) + len(b), frame)
    result = a + b
    frame.spend(size(result, frame.context.limits) >> 4)
    return result


def subtract(a: object, b: object, frame: Frame) -> object:
    """`a - b`; between sets, the difference."""
    if isinstance(a, int):
        if isinstance(b, int):
            if _short(a) and _short(b):
                return a - b
            return _bounded(a - b, frame)
        if isinstance(b, float):
            return as_float(a) - b
    elif isinstance(a, float):
        if isinstance(b, float):
            return a - b
        if isinstance(b, int):
            return a - as_float(b)
    elif isinstance(a, set) and isinstance(b, set):
        frame.spend(len(a) >> 4)
        return a - b
    result = _decimal("-", a, b)
    if result is None:
        result = _times("-", a, b)
    if result is None:
        raise no_sense("-", a, b)
    return result


def multiply(a: object, b: object, frame: Frame) -> object:
    """`a * b`; a string, list or tuple times an int repeats it."""
    if isinstance(a, int):
        if isinstance(b, int):
            if not (_short(a) and _short(b)):
                x, y = _words(a), _words(b)
                if x + y > frame.context.limits.value:
                    raise too_large(frame.context.limits)
                frame.spend(_effort(x, y))
            return a * b
        if isinstance(b, float):
            return as_float(a) * b
        if isinstance(b, (str, list, tuple)):
            return _repeated(b, a, frame)
    elif isinstance(a, float):
        if isinstance(b, float):
            return a * b
        if isinstance(b, int):
            return a * as_float(b)
    elif isinstance(a, (str, list, tuple)) and isinstance(b, int):
        return _repeated(a, b, frame)
    result = _decimal("*", a, b)
    if result is None:
        result = _times("*", a, b)
    if result is None:
        raise no_sense("*", a, b)
    return result


def _repeated(value: object, count: int, frame: Frame) -> object:
    if count > 0:
        _room(size(value, frame.context.limits) * count, frame)
    elif count < 0:
        count = 0
    return _multiply(value, count)


def divide(a: object, b: object, frame: Frame) -> object:
    """`a / b`."""
    if isinstance(a, float) and isinstance(b, float):
        if b == 0.0:
            raise EvaluationError("division by zero")
        return a / b
    return _divided("/", a, b, frame)


def floor_divide(a: object, b: object, frame: Frame) -> object:
    """`a // b`."""
    return _divided("//", a, b, frame)


def modulo(a: object, b: object, frame: Frame) -> object:
    """`a % b`."""
    return _divided("%", a, b, frame)


def _divided(operator: str, a: object, b: object, frame: Frame) -> object:
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        if isinstance(a, int) and isinstance(b, int) and not (_short(a) and _short(b)):
            frame.spend(_words(b) * max(_words(a) - _words(b), 1) >> 8)
        try:
            if operator == "/":
                return _divide(a, b)
            return _floor_divide(a, b) if operator == "//" else _modulo(a, b)
        except ZeroDivisionError:
            raise EvaluationError("division by zero") from None
        except OverflowError:
            raise EvaluationError("an int is too large for a float") from None
    result = _decimal(operator, a, b)
    if result is None:
        result = _times(operator, a, b)
    if result is None:
        raise no_sense(operator, a, b)
    return result


def power(a: object, b: object, frame: Frame) -> object:
    """`a ** b`."""
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        if isinstance(a, int) and isinstance(b, int) and b > 1 and not -1 <= a <= 1:
            limits = frame.context.limits
            if b > limits.value << 5 or (a.bit_length() - 1) * b > limits.value << 5:
                raise too_large(limits)
            words = _words(a) * b if _words(a) > 1 else a.bit_length() * b >> 5
            frame.spend(_effort(words, words))
        try:
            result = _power(a, b)
        except ZeroDivisionError:
            raise EvaluationError("zero cannot be raised to a negative power") from None
        except OverflowError:
            raise EvaluationError("the result is too large for a float") from None
        if isinstance(result, (int, float)):
            return result
        raise EvaluationError("a negative number cannot be raised to a fractional power")
    decimal = _decimal("**", a, b)
    if decimal is None:
        raise no_sense("**", a, b)
    return decimal
