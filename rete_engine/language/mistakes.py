"""What to say about lexemes that no text may have: open strings, odd characters, bad numbers."""

from __future__ import annotations

import re
import unicodedata

from rete_engine.diagnostics.diagnostic import Diagnostic
from rete_engine.language.scanner import Lexeme


def explain_mistake(lexeme: Lexeme) -> Diagnostic:
    """The diagnostic of a lexeme of one of the types in `scanner.MISTAKES`."""
    if lexeme.type == "UNCLOSED_STRING":
        return _unclosed(lexeme)
    if lexeme.type == "BAD_NUMBER":
        return _bad_number(lexeme)
    return _bad_character(lexeme)


def _unclosed(lexeme: Lexeme) -> Diagnostic:
    quote = lexeme.text.lstrip("rRfFuU")[:3]
    if quote not in ('"""', "'''"):
        quote = quote[:1]
    hint = f"write the closing {quote}"
    if len(quote) == 1:
        hint += f" (a string over several lines stands between {quote * 3})"
    return Diagnostic("RE0014", "this string is never closed", lexeme.span, hint)


_UNITS = {
    "sec": "s",
    "secs": "s",
    "second": "s",
    "seconds": "s",
    "min": "m",
    "mins": "m",
    "minute": "m",
    "minutes": "m",
    "hr": "h",
    "hrs": "h",
    "hour": "h",
    "hours": "h",
    "day": "d",
    "days": "d",
    "w": "d",
}


def _bad_number(lexeme: Lexeme) -> Diagnostic:
    text = lexeme.text
    found = re.fullmatch(r"([0-9_]+)([A-Za-z]+)", text)
    hint = "a name does not begin with a digit"
    if found and found[2].lower() in _UNITS:
        hint = f"write {found[1]}{_UNITS[found[2].lower()]}; the units are ms, s, m, h and d"
        if found[2] == "w":
            hint = "a duration has no weeks: write the days"
    elif re.fullmatch(r"(?:[0-9_]+(?:ms|s|m|h|d))+", text):
        parts = re.findall(r"[0-9_]+(?:ms|s|m|h|d)", text)
        hint = f"add the parts: {' + '.join(parts)}"
    elif found and found[2] in ("j", "J"):
        hint = "the language has no complex numbers"
    return Diagnostic("RE0015", f"'{text}' is not a number", lexeme.span, hint)


#: Operators of other languages, and what is written here instead.
_FOREIGN = {
    "&&": "write 'and'",
    "||": "write 'or'",
    "&": "write 'and'",
    "|": "write 'or'; as a type 'T?' may be none, and 'any' is of any type",
    "!": "write 'not'",
    "^": "there are no operators on bits",
    "~": 'there are no operators on bits; for a regex write: text matches "…"',
    ";": "the end of the line ends a statement; leave the ';' out",
    "$": "a variable is written without '$'",
    "@": "the language has no decorators or annotations",
    "\\": "inside brackets a line goes on by itself; put the expression in brackets",
    "`": "a string stands in \"…\" or '…'",
}

# Written by number, for they look like what they are mistaken for.
_QUOTES = "\u201c\u201d\u201e\u201f\u00ab\u00bb\u2018\u2019\u201a\u201b\u2039\u203a"
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2212"
_LOOKALIKES = {
    "\u00d7": "*",
    "\u00f7": "/",
    "\u2264": "<=",
    "\u2265": ">=",
    "\u2260": "!=",
    "\u2192": "->",
    "\u2026": "...",
}


def _bad_character(lexeme: Lexeme) -> Diagnostic:
    span = lexeme.span
    character = lexeme.text
    if character == ";" and not span.source.line(span.line)[: span.column - 1].strip():
        return Diagnostic(
            "RE0010", "';' is not part of the language", span, "a comment begins with '#'"
        )
    if character in _FOREIGN:
        return Diagnostic(
            "RE0010", f"'{character}' is not part of the language", span, _FOREIGN[character]
        )
    if len(character) > 1:
        return Diagnostic("RE0010", f"'{character}' is not a name", span)
    name = unicodedata.name(character, "")
    shown = f"'{character}'" if character.isprintable() else f"character U+{ord(character):04X}"
    hint = None
    if character in _QUOTES:
        hint = "use straight quotes: \" or '"
    elif character in _DASHES:
        hint = "use the plain minus sign '-'"
    elif character in _LOOKALIKES:
        hint = f"write '{_LOOKALIKES[character]}'"
    elif character.isspace() or unicodedata.category(character) == "Cf":
        return Diagnostic(
            "RE0010",
            f"an invisible character: {name.lower() or f'U+{ord(character):04X}'}",
            span,
            "replace it by a plain space, or delete it",
        )
    return Diagnostic("RE0010", f"{shown} is not part of the language", span, hint)
