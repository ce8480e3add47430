"""The grammar file, and what Lark makes of it: the terminals and the LALR tables.

Lark analyses `grammar/rete.lark` once per process, when the first text is parsed, in about a
seventh of a second. Its cache is not used: it is a pickle, which is code to whoever can write it.
"""

from __future__ import annotations

import functools
import importlib.resources
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lark import Lark

START_SYMBOLS = ("declaration", "conditions", "actions", "expression", "type")


def grammar_text() -> str:
    """The text of `rete.lark`: in the package of a wheel, else in the checkout's `grammar/`.

    An editable install has no copy in the package, so that there is one file to edit.
    """
    packaged = importlib.resources.files("rete_engine").joinpath("grammar", "rete.lark")
    if packaged.is_file():
        return packaged.read_text(encoding="utf-8")
    checkout = Path(__file__).resolve().parents[2] / "grammar" / "rete.lark"
    return checkout.read_text(encoding="utf-8")


@functools.cache
def lark() -> Lark:
    """The grammar as Lark reads it, with the methods of `Builder` as its callbacks.

    Only its tables and terminals are used. The tokens come from `scanner` (so `lexer="basic"`,
    which builds none of the lexers per state) and `automaton` runs the tables.
    """
    from lark import Lark

    from rete_engine.language.declarations import DeclarationBuilder

    return Lark(
        grammar_text(),
        parser="lalr",
        lexer="basic",
        start=list(START_SYMBOLS),
        keep_all_tokens=True,
        maybe_placeholders=False,
        transformer=DeclarationBuilder(),
    )


@dataclass(frozen=True, slots=True)
class Terminals:
    """The terminals of the grammar by what they are to a scanner."""

    keywords: dict[str, str]  # "rule" -> "RULE"
    operators: dict[str, str]  # ":=" -> "BIND"
    patterns: tuple[tuple[str, str], ...]  # name and regular expression, the first to try first


@functools.cache
def terminals() -> Terminals:
    """The terminals as the grammar defines them, those of `%ignore` left out."""
    keywords: dict[str, str] = {}
    operators: dict[str, str] = {}
    patterns: list[tuple[int, str, str]] = []
    parser = lark()
    for terminal in parser.terminals:
        if terminal.name in parser.ignore_tokens or terminal.name == "NEWLINE":
            continue
        if terminal.pattern.type == "str":
            word = terminal.pattern.value
            (keywords if word.isidentifier() else operators)[word] = terminal.name
        else:
            patterns.append((-terminal.priority, terminal.name, terminal.pattern.to_regexp()))
    return Terminals(
        keywords, operators, tuple((name, regexp) for _, name, regexp in sorted(patterns))
    )
