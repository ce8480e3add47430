"""Values of the language as JSON: what the command line and the services show of them."""

from __future__ import annotations

import math
from datetime import date, timedelta
from decimal import Decimal

from rete_engine.expressions.values import iso_duration, ordered, shown
from rete_engine.session.fact import Fact, PastFact

#: Of an int with more of them, Python may refuse to write the digits (4,300 are the most).
_MOST_BITS = 14_000


def jsonable(value: object) -> object:
    """The value as JSON knows it, in the form that facts of a file have.

    Dates and durations are ISO strings, decimals strings, sets and tuples lists, NaN and the
    infinities null, ints of thousands of digits hexadecimal strings; a fact is its fields and,
    under "type", its template. A fact within a fact is its template and number only: facts may
    refer to each other in a circle.

    Example:
        >>> from datetime import timedelta
        >>> jsonable({"wait": timedelta(minutes=5), "tags": {"b", "a"}})
        {'wait': 'PT5M', 'tags': ['a', 'b']}
    """
    return _jsonable(value, 0)


def _jsonable(value: object, facts: int) -> object:
    match value:
        case None | bool() | str():
            return value
        case int():
            return value if value.bit_length() <= _MOST_BITS else hex(value)
        case float():
            return value if math.isfinite(value) else None
        case Fact() | PastFact():
            fact = value if isinstance(value, Fact) else value.fact
            if facts:
                return {"type": template_of(fact), "fact_id": Fact.fact_id.__get__(fact)}
            now = Fact.as_dict(value) if isinstance(value, Fact) else value.as_dict()
            fields = {k: _jsonable(v, facts + 1) for k, v in now.items()}
            return {"type": template_of(fact), **fields}
        case list() | tuple():
            return [_jsonable(item, facts) for item in value]
        case set() | frozenset():
            return [_jsonable(item, facts) for item in ordered(value)]
        case dict():
            return {_key(k): _jsonable(v, facts) for k, v in value.items()}
        case date():
            return value.isoformat()
        case timedelta():
            return iso_duration(value)
        case Decimal():
            return str(value)
        case _:
            return str(value)


def template_of(fact: Fact) -> str:
    """The name of a fact's template, also where it has a field called `template`."""
    name: str = Fact.template.__get__(fact)
    return name


def _key(key: object) -> str:
    if isinstance(key, str):
        return key
    plain = jsonable(key)
    return plain if isinstance(plain, str) else shown(key)
