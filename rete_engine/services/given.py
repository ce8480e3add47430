"""What services are given as facts, as far as pydantic looks at it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def as_facts(value: object) -> object:
    """A list, or an object: told in one sentence, not as what each of the two misses."""
    if isinstance(value, list | dict):
        return value
    raise ValueError("a list of facts, or an object of lists by template, is meant")


def as_listed_facts(value: object) -> object:
    """As `as_facts`, where what an object holds is looked at, too."""
    as_facts(value)
    if isinstance(value, dict):
        for template, facts in value.items():
            if not isinstance(facts, list):
                raise ValueError(
                    f"'{template[:100]}' has no list: give a list of facts,"
                    " or an object of lists by template"
                )
            for place, fact in enumerate(facts):
                if not isinstance(fact, dict):
                    raise ValueError(
                        f"{template[:100]}[{place}] is no object: a fact is its fields"
                    )
    return value


def words_of(error: Mapping[str, Any]) -> str:
    """What is wrong by an error of pydantic, without the words of its own machinery."""
    if error["type"] == "model_attributes_type":
        return "it must be an object"
    return str(error["msg"]).removeprefix("Value error, ")
