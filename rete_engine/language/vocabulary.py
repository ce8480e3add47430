"""The words of the language by where they stand, and how messages call what is expected."""

from __future__ import annotations

from collections.abc import Iterable

from rete_engine.expressions.types import BUILTIN_TYPES
from rete_engine.language.grammar import terminals

#: The words that begin a declaration.
DECLARATIONS = (
    "ruleset", "import", "template", "open template", "param", "function", "external function",
    "facts", "query", "rule",
)  # fmt: skip

#: The attributes of a rule.
ATTRIBUTES = (
    "description", "tags", "salience", "group", "auto_focus", "activation_group", "no_loop",
    "lock_on_active", "enabled", "effective",
)  # fmt: skip

#: The words that begin a condition, and an action.
CONDITIONS = ("not", "exists", "forall", "test", "for")
ACTIONS = (
    "insert", "upsert", "modify", "retract", "emit", "print", "log", "focus", "halt", "if", "for",
)  # fmt: skip

#: The words that are types here or elsewhere.
TYPES = BUILTIN_TYPES | {"string", "String", "integer", "Integer", "double", "number", "boolean"}

#: What other languages (and older rule engines) call things, and what they are called here.
FOREIGN_DECLARATIONS = {
    "class": "template",
    "struct": "template",
    "declare": "template",
    "deftemplate": "template",
    "type": "template",
    "def": "function",
    "fn": "function",
    "func": "function",
    "deffunction": "function",
    "fact": "facts",
    "deffacts": "facts",
    "defrule": "rule",
    "defquery": "query",
    "const": "param",
    "let": "param",
    "var": "param",
    "global": "param",
    "include": "import",
    "from": "import",
    "package": "ruleset",
    "extern": "external function",
}
#: What a rule set in YAML begins with.
KEYS_OF_YAML = frozenset(
    [
        "name",
        "description",
        "imports",
        "params",
        "templates",
        "functions",
        "queries",
        "facts",
        "rules",
    ]
)
FOREIGN_ATTRIBUTES = {
    "priority": "salience",
    "agenda": "group",
    "agenda_group": "group",
    "auto": "auto_focus",
    "autofocus": "auto_focus",
    "lock": "lock_on_active",
    "no": "no_loop",
    "noloop": "no_loop",
    "activation": "activation_group",
    "tag": "tags",
    "desc": "description",
    "date": "effective",
    "if": "when",
    "given": "when",
}
FOREIGN_CONDITIONS = {
    "exist": "exists",
    "eval": "test",
    "check": "test",
    "no": "not",
    "assert": "test",
    "unless": "not",
}
FOREIGN_ACTIONS = {
    "assert": "insert",
    "add": "insert",
    "create": "insert",
    "update": "modify",
    "set": "modify",
    "change": "modify",
    "delete": "retract",
    "remove": "retract",
    "elseif": "elif",
    "elsif": "elif",
    "output": "emit",
    "yield": "emit",
    "return": "emit",
    "stop": "halt",
    "exit": "halt",
    "let": "name := value",
    "var": "name := value",
    "while": "for",
    "foreach": "for",
}

_OPERATORS = frozenset(
    {
        "PLUS",
        "MINUS",
        "STAR",
        "SLASH",
        "FLOOR",
        "PERCENT",
        "POWER",
        "EQ",
        "NE",
        "LT",
        "LE",
        "GT",
        "GE",
        "IN",
        "NOT",
        "IS",
        "MATCHES",
        "AND",
        "OR",
        "IF",
        "DOT",
        "OPTIONAL",
        "LPAR",
        "LSQB",
        "FOR",
        "BY",
    }
)
_VALUES = frozenset(
    {
        "NAME",
        "INT",
        "FLOAT",
        "DURATION",
        "STRING",
        "FSTRING",
        "CONSTANT",
        "LPAR",
        "LSQB",
        "LBRACE",
        "PLUS",
        "MINUS",
        "NOT",
        "EXISTS",
        "TEST",
        "FORALL",
        "FOR",
    }
)
_OTHERS = {
    "NEWLINE": "the end of the line",
    "$END": "the end of the text",
    "NAME": "a name",
    "STRING": "a string in quotes",
}


def expectation(expected: Iterable[str]) -> str | None:
    """What could have stood at a place, in plain words; None where the list would not help."""
    left = set(expected)
    words: list[str] = []
    if {"SALIENCE", "DESCRIPTION"} <= left:
        return "an attribute of the rule, or 'when'"
    if {"INSERT", "MODIFY"} <= left:
        words.append("an action")
        left -= {word.upper() for word in ACTIONS} | _VALUES
    elif {"TEST", "INT"} <= left and "EXISTS" in left:
        words.append("a condition" if "RPAR" not in left else "a value")
        left -= _VALUES
    elif {"NAME", "INT"} <= left:
        words.append("a value")
        left -= _VALUES
    if {"PLUS", "STAR"} <= left:
        left -= _OPERATORS
        if not left:
            words.append("an operator")
    shown = {name: text for text, name in _spellings()}
    order = ("COMMA", "RPAR", "RSQB", "RBRACE", "NEWLINE")
    for name in sorted(left, key=lambda name: (name not in order, name)):
        words.append(_OTHERS.get(name) or f"'{shown.get(name, name.lower())}'")
    if not words or len(words) > 4:
        return None
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _spellings() -> Iterable[tuple[str, str]]:
    names = terminals()
    return (*names.keywords.items(), *names.operators.items())
