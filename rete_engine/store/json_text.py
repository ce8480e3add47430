"""Records from JSON and NDJSON, by the letter of the standard.

Python's reader takes more than JSON is: NaN and Infinity, numbers that overflow to infinity,
and of two equal keys the last. All are refused here: a fact file that says such a thing is
wrong in a way that would otherwise show up, if at all, as a strange conclusion.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from json import JSONDecodeError, JSONDecoder

from rete_engine.store.records import FactFileError, Record


class _ForbiddenError(ValueError):
    """Something that Python reads but the standard forbids."""

    def __init__(self, cause: str, culprit: re.Pattern[str]) -> None:
        super().__init__(cause)
        self.culprit = culprit  # finds it in the text again, where strings are skipped


_STRING = r'"(?:[^"\\]|\\.)*"'
_CONSTANT = re.compile(rf"{_STRING}|(?P<it>-?Infinity|NaN)", re.DOTALL)


def _constant(name: str) -> object:
    raise _ForbiddenError(f"{name} is no JSON value; leave the key out or write null", _CONSTANT)


def _float(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise _ForbiddenError(
            f"the number {text} is too large", re.compile(f"(?P<it>{re.escape(text)})")
        )
    return number


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                literal = re.compile(rf'(?P<it>"{re.escape(key)}"\s*:)')
                raise _ForbiddenError(f"the key '{key}' stands twice in one object", literal)
            seen.add(key)
    return result


_DECODER = JSONDecoder(object_pairs_hook=_object, parse_constant=_constant, parse_float=_float)
_SPACE = re.compile(r"[ \t\n\r]*")


def document(text: str, file: str) -> object:
    """The whole text as one value.

    Raises:
        FactFileError: It is not JSON.
    """
    value, end = _value(text, _after_space(text, 0), file)
    end = _after_space(text, end)
    if end < len(text):
        hint = "; a file with one record per line is called .ndjson" if text[end] == "{" else ""
        raise _error(f"more text after the end of the document{hint}", text, end, file)
    return value


def listed(text: str, file: str) -> Iterator[Record]:
    """The elements of a text that is one list, read one at a time, each with its line.

    Raises:
        FactFileError: It is not JSON.
    """
    position = _after_space(text, text.index("[") + 1)
    counted, line, number = 0, 1, 0
    closed = text.startswith("]", position)
    while not closed:
        line += text.count("\n", counted, position)
        counted = position
        number += 1
        value, position = _value(text, position, file)
        yield Record(value, number, line)
        position = _after_space(text, position)
        closed = text.startswith("]", position)
        if not closed:
            if not text.startswith(",", position):
                raise _error("a ',' or ']' is missing", text, position, file)
            position = _after_space(text, position + 1)
    position = _after_space(text, position + 1)
    if position < len(text):
        raise _error("more text after the end of the list", text, position, file)


def is_list(text: str) -> bool:
    """Whether a text is a list, if it is JSON at all."""
    return text.startswith("[", _after_space(text, 0))


def lines(stream: Iterable[bytes], file: str) -> Iterator[Record]:
    """One record per line; empty lines do not count.

    Raises:
        FactFileError: A line is not JSON or not UTF-8.
    """
    number = 0
    for line, raw in enumerate(stream, 1):
        try:
            text = raw.decode("utf-8-sig" if line == 1 else "utf-8").strip(" \t\r\n")
        except UnicodeDecodeError as error:
            cause = f"not UTF-8 text (byte {error.object[error.start]:#04x})"
            raise FactFileError(cause, file=file, line=line) from None
        if not text:
            continue
        number += 1
        value, end = _value(text, 0, file, line)
        if end != len(text):
            end = _after_space(text, end)
            raise _error("more text after the record", text, end, file, line)
        yield Record(value, number, line)


def _after_space(text: str, position: int) -> int:
    found = _SPACE.match(text, position)
    return found.end() if found else position


def _value(text: str, position: int, file: str, line: int | None = None) -> tuple[object, int]:
    """The value that begins at a position, and where it ends."""
    try:
        return _DECODER.raw_decode(text, position)
    except JSONDecodeError as error:
        # Python counts the place from 0 and says "line 1 column 3 (char 2)" after the message.
        raise _error(f"not JSON: {error.msg}", text, error.pos, file, line) from None
    except _ForbiddenError as error:
        found = (m for m in error.culprit.finditer(text, position) if m["it"])
        culprits = [m.start("it") for m in found][:2]
        # The second of two equal keys is the one to look at.
        at = culprits[-1] if "twice" in str(error) and culprits else (culprits or [position])[0]
        raise _error(str(error), text, at, file, line) from None
    except RecursionError:
        raise _error("nested too deeply", text, position, file, line) from None
    except ValueError as error:  # a whole number of more digits than Python converts
        raise _error(str(error).partition(";")[0], text, position, file, line) from None


def _error(
    cause: str, text: str, position: int, file: str, line: int | None = None
) -> FactFileError:
    begin = text.rfind("\n", 0, position) + 1
    end = text.find("\n", position)
    return FactFileError(
        cause,
        file=file,
        line=line if line is not None else text.count("\n", 0, position) + 1,
        column=position - begin + 1,
        excerpt=text[begin : end if end >= 0 else len(text)],
    )
