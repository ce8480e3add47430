"""A document from TOML."""

from __future__ import annotations

import re
import tomllib

from rete_engine.store.records import FactFileError

_PLACE = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)$")


def document(text: str, file: str) -> dict[str, object]:
    """The whole text as one mapping.

    Raises:
        FactFileError: It is not TOML.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        # Before Python 3.14 the place is told in the message only.
        message = str(error)
        found = _PLACE.search(message)
        cause = f"not TOML: {message[: found.start()] if found else message}"
        lines = text.split("\n")
        if found is None:
            raise FactFileError(cause, file=file) from None
        line = int(found[1] or len(lines))
        column = int(found[2] or len(lines[-1]) + 1)
        excerpt = lines[line - 1] if line <= len(lines) else None
        raise FactFileError(cause, file=file, line=line, column=column, excerpt=excerpt) from None
    except RecursionError:
        raise FactFileError("nested too deeply", file=file) from None
    except ValueError as error:  # a whole number of more digits than Python converts
        raise FactFileError(str(error).partition(";")[0], file=file) from None
