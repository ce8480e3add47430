"""What the built-in functions and methods accept: the documented safe list.

None of them changes a value, formats by a template, or leads out of the language. Their
meanings are in `functions` and `methods`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import final


@final
class Signature:
    """The arguments of a built-in function.

    An evaluator hands its function one list: the keyword-only arguments, then the positional
    ones, each `MISSING` where it is not given, then what a variadic function got more.
    """

    __slots__ = ("keywords", "named", "positional", "required", "result", "variadic")

    def __init__(
        self,
        positional: str = "",
        *,
        required: int = -1,
        variadic: bool = False,
        keywords: str = "",
        named: str = "",
        result: str = "any",
    ) -> None:
        self.positional = tuple(positional.split())
        self.required = required if required >= 0 else len(self.positional)
        self.variadic = variadic  # takes any further positional arguments
        self.keywords = tuple(keywords.split())  # given only by name
        self.named = frozenset(named.split())  # positional ones that may be given by name
        self.result = result  # name of the result's type

    def problem(self, positional: int, names: Sequence[str]) -> str | None:
        """What is wrong with a call of so many positional arguments and these names, if any."""
        for position, name in enumerate(names):
            if name in names[:position]:
                return f"gets '{name}' twice"
            if name in self.keywords:
                continue
            if name not in self.named:
                return f"takes no argument '{name}'"
            if self.positional.index(name) < positional:
                return f"gets '{name}' twice"
        given = positional + sum([name in self.positional for name in names])
        if given < self.required or (positional > len(self.positional) and not self.variadic):
            return f"takes {self._count()}, not {given}"
        for position in range(positional, self.required):
            if self.positional[position] not in names and not self.variadic:
                return f"misses its argument '{self.positional[position]}'"
        return None

    def _count(self) -> str:
        least, most = self.required, len(self.positional)
        if self.variadic:
            return f"at least {least} argument{'' if least == 1 else 's'}"
        if least == most:
            return f"{least or 'no'} argument{'' if least == 1 else 's'}"
        return f"{least} to {most} arguments"


BUILTINS: dict[str, Signature] = {
    "abs": Signature("x", result="same"),
    "min": Signature(required=1, variadic=True, keywords="default"),
    "max": Signature(required=1, variadic=True, keywords="default"),
    "sum": Signature("items start", required=1, named="start"),
    "len": Signature("x", result="int"),
    "round": Signature("x ndigits", required=1, named="ndigits"),
    "sorted": Signature("items", keywords="reverse", result="list"),
    "any": Signature("items", result="bool"),
    "all": Signature("items", result="bool"),
    "int": Signature("x", result="int"),
    "float": Signature("x", result="float"),
    "decimal": Signature("x", result="decimal"),
    "str": Signature("x", result="str"),
    "bool": Signature("x", result="bool"),
    "list": Signature("items", required=0, result="list"),
    "set": Signature("items", required=0, result="set"),
    "dict": Signature("items", required=0, result="dict"),
    "tuple": Signature("items", required=0, result="tuple"),
    "range": Signature("start stop step", required=1, result="list"),
    "zip": Signature(required=0, variadic=True, keywords="strict", result="list"),
    "enumerate": Signature("items start", required=1, named="start", result="list"),
    "date": Signature("year month day", required=1, named="month day", result="date"),
    "datetime": Signature(
        "year month day hour minute second microsecond",
        required=1,
        named="month day hour minute second microsecond",
        result="datetime",
    ),
    "duration": Signature(
        "text",
        required=0,
        keywords="weeks days hours minutes seconds milliseconds",
        result="duration",
    ),
    "now": Signature(result="datetime"),
}

_STR = {
    "lower": Signature(result="str"),
    "upper": Signature(result="str"),
    "title": Signature(result="str"),
    "capitalize": Signature(result="str"),
    "casefold": Signature(result="str"),
    "swapcase": Signature(result="str"),
    "strip": Signature("characters", required=0, result="str"),
    "lstrip": Signature("characters", required=0, result="str"),
    "rstrip": Signature("characters", required=0, result="str"),
    "removeprefix": Signature("prefix", result="str"),
    "removesuffix": Signature("suffix", result="str"),
    "startswith": Signature("prefix", result="bool"),
    "endswith": Signature("suffix", result="bool"),
    "split": Signature("separator maxsplit", required=0, named="separator maxsplit", result="list"),
    "rsplit": Signature(
        "separator maxsplit", required=0, named="separator maxsplit", result="list"
    ),
    "splitlines": Signature(result="list"),
    "partition": Signature("separator", result="tuple"),
    "rpartition": Signature("separator", result="tuple"),
    "join": Signature("items", result="str"),
    "replace": Signature("old new count", required=2, result="str"),
    "find": Signature("part", result="int"),
    "rfind": Signature("part", result="int"),
    "index": Signature("part", result="int"),
    "count": Signature("part", result="int"),
    "zfill": Signature("width", result="str"),
    "ljust": Signature("width fill", required=1, result="str"),
    "rjust": Signature("width fill", required=1, result="str"),
    "center": Signature("width fill", required=1, result="str"),
    "isdigit": Signature(result="bool"),
    "isdecimal": Signature(result="bool"),
    "isnumeric": Signature(result="bool"),
    "isalpha": Signature(result="bool"),
    "isalnum": Signature(result="bool"),
    "isspace": Signature(result="bool"),
    "isupper": Signature(result="bool"),
    "islower": Signature(result="bool"),
    "istitle": Signature(result="bool"),
    "isascii": Signature(result="bool"),
}
_LIST = {
    "count": Signature("item", result="int"),
    "index": Signature("item", result="int"),
}
_DICT = {
    "get": Signature("key default", required=1),
    "keys": Signature(result="list"),
    "values": Signature(result="list"),
    "items": Signature(result="list"),
}
_SET = {
    "union": Signature(variadic=True, required=0, result="set"),
    "intersection": Signature(variadic=True, required=0, result="set"),
    "difference": Signature(variadic=True, required=0, result="set"),
    "symmetric_difference": Signature("other", result="set"),
    "issubset": Signature("other", result="bool"),
    "issuperset": Signature("other", result="bool"),
    "isdisjoint": Signature("other", result="bool"),
}
_DATE = {
    "isoformat": Signature(result="str"),
    "weekday": Signature(result="int"),
    "isoweekday": Signature(result="int"),
    "toordinal": Signature(result="int"),
}
_DATETIME = {
    **_DATE,
    "date": Signature(result="date"),
    "timestamp": Signature(result="float"),
    "utcoffset": Signature(result="any"),
}
_DURATION = {"total_seconds": Signature(result="float")}

#: Methods by the type of value that has them.
METHODS: dict[str, dict[str, Signature]] = {
    "str": _STR,
    "list": _LIST,
    "tuple": _LIST,
    "dict": _DICT,
    "set": _SET,
    "date": _DATE,
    "datetime": _DATETIME,
    "duration": _DURATION,
}

#: What can be read of a value that is no fact, by the type of value, with the result's type.
ATTRIBUTES: dict[str, dict[str, str]] = {
    "date": dict.fromkeys(["year", "month", "day"], "int"),
    "datetime": dict.fromkeys(
        ["year", "month", "day", "hour", "minute", "second", "microsecond"], "int"
    ),
    "duration": dict.fromkeys(["days", "seconds", "microseconds"], "int"),
}


@final
class _Missing:
    """The type of `MISSING`."""

    __slots__ = ()


#: Stands for an optional argument that a call does not give.
MISSING: object = _Missing()
