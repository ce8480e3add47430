"""Mistakes with words and values: unknown words, missing commas, lines that end too early."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from rete_engine.diagnostics.diagnostic import Diagnostic, did_you_mean
from rete_engine.language import vocabulary
from rete_engine.language.explain_foreign import AND_LINES
from rete_engine.language.explain_operators import A_FACT
from rete_engine.language.scanner import Lexeme
from rete_engine.language.scene import CLOSING, OPENING, OPERANDS, Scene, adjacent, shown


def statement_word(scene: Scene) -> Diagnostic | None:
    """A line that begins with a word which is none here: `inset Foo()`."""
    word, before = scene.word, scene.before
    if word is None:
        return None
    if scene.section == "rule" and "SALIENCE" in scene.expected and word.type == "NAME":
        known: Sequence[str] = (*vocabulary.ATTRIBUTES, "when")
        return _no_such(scene, word, "attribute", known, vocabulary.FOREIGN_ATTRIBUTES)
    if before is not scene.statement or before.type != "NAME" or scene.opening is not None:
        return None
    if word.type not in OPERANDS and word.type not in ("LBRACE",):
        return None
    if before.keyword == "FORALL":
        return scene.says("'forall' takes its conditions in brackets", "write 'forall (A, B)'")
    if before.keyword in ("AND", "OR") and scene.section == "when":
        hint = AND_LINES
        if before.keyword == "OR":
            hint = "bracket the conditions: '(A or B)'"
        return scene.says(f"'{before.text}' begins no condition", hint, before)
    if scene.section == "when":
        known = (*vocabulary.CONDITIONS, *vocabulary.ACTIONS)
        unknown = _no_such(scene, before, "condition", known, vocabulary.FOREIGN_CONDITIONS)
        after = scene.at(1)
        if unknown.hint is None and after is not None and after.type == "LPAR":
            return scene.says("':=' is missing", f"write '{before.text} := {word.text}(…)'")
        return unknown
    if scene.section == "then":
        if before.keyword == "ELIF":
            hint = "an 'elif' belongs to an 'if', before its 'end' and its 'else'"
            return scene.says("unexpected 'elif'", hint, before)
        known = (*vocabulary.ACTIONS, "else", "end")
        return _no_such(scene, before, "action", known, vocabulary.FOREIGN_ACTIONS)
    if scene.section == "template":
        field, type = before.text, word.text
        if field in vocabulary.TYPES and type not in vocabulary.TYPES:
            field, type = type, field
        return scene.says(
            "':' is expected between a field and its type", f"write '{field}: {type}'"
        )
    if scene.section == "facts":
        if before.text == "insert":
            return scene.says("a facts block needs no 'insert'", "write the fact alone", before)
        return scene.says(A_FACT, "write 'Template(field = value)'", before)
    return None


def _no_such(
    scene: Scene, word: Lexeme, what: str, known: Sequence[str], foreign: dict[str, str]
) -> Diagnostic:
    meant = foreign.get(word.text.lower())
    hint = f"did you mean '{meant}'?" if meant else did_you_mean(word.text, known)
    return scene.says(f"unknown {what} '{word.text}'", hint, word)


def typed(scene: Scene) -> Diagnostic | None:
    """Types in other brackets, `list<int>`, and names with a hyphen, `my-field`."""
    word, before, after = scene.word, scene.before, scene.at(1)
    if word is None or before is None or after is None or before.type != "NAME":
        return None
    if scene.section not in ("template", "param", "function", "query", "ruleset"):
        return None
    if word.type in ("LT", "LPAR") and "LSQB" in scene.expected:
        hint = f"write '{before.text}[{shown(after)}]'"
        return scene.says("what a type holds stands in '[' and ']'", hint)
    if word.type == "MINUS" and adjacent(before, word) and adjacent(word, after):
        return scene.says("a name holds no '-'", f"write '{before.text}_{shown(after)}'")
    return None


_LITERALS = OPERANDS - {"NAME", "FSTRING"}


def listed_values(scene: Scene) -> Diagnostic | None:
    """The values of a field in other brackets, or in none: `str in ["new", "paid"]`."""
    word, before = scene.word, scene.before
    if word is None or before is None or before.keyword != "IN" or "LPAR" not in scene.expected:
        return None
    if scene.section != "template" or word.type == "NEWLINE":
        return None
    rest = scene.rest_of_line(scene.position)
    if word.type in OPENING:
        rest = list(takewhile(lambda each: each.type not in CLOSING, rest[1:]))
    values = ", ".join(each.text for each in rest if each.type != "COMMA")
    plain = all(each.type in (*_LITERALS, "COMMA") for each in rest) and len(values) <= 60
    hint = f"write 'in ({values})'" if rest and plain else "list them: 'in (…)'"
    return scene.says("the values of a field stand in round brackets", hint)


#: What one line holds, by the section.
_LINES = {
    "template": "a field", "facts": "a fact", "rule": "an attribute", "when": "a condition",
    "query": "a condition", "then": "an action",
}  # fmt: skip


def comma_at_the_end(scene: Scene) -> Diagnostic | None:
    """A comma between lines: `id: int,`."""
    word, after = scene.word, scene.at(1)
    if word is None or word.type != "COMMA" or scene.opening is not None:
        return None
    if "NEWLINE" not in scene.expected:
        return None
    line = _LINES.get(scene.section, "a declaration")
    one = f"one {line.partition(' ')[2]} on each line"
    if after is None or after.type == "NEWLINE":
        return scene.says(f"no ',' stands behind {line}", f"leave the ',' out: {one}")
    if scene.section == "template":
        return scene.says(f"no ',' stands behind {line}", f"begin a new line instead: {one}")
    return None


def adjacent_values(scene: Scene) -> Diagnostic | None:
    """Two values with nothing between them: a comma, an operator or a line end is missing."""
    word, before = scene.word, scene.before
    if word is None or before is None:
        return None
    if before.type not in OPERANDS and before.type not in CLOSING:
        return None
    if word.type not in OPERANDS and word.type not in ("LBRACE", "LPAR"):
        return None
    if before.text == "not" and scene.at(-2) is not None:
        return scene.says("'not' does not stand after an operator", "bracket it: '(not …)'", before)
    if before.type == "NAME" and word.type in ("STRING", "FSTRING") and adjacent(before, word):
        return scene.says(
            f"a string has no prefix '{before.text}'", "f and r are the prefixes there are", before
        )
    if before.text in _NO_SUCH_WORDS:
        return scene.says(
            f"'{before.text}' is not part of the language", _NO_SUCH_WORDS[before.text], before
        )
    if word.text in _FOREIGN_OPERATORS and scene.section in ("when", "then", "function"):
        hint = f"write {_FOREIGN_OPERATORS[word.text]}"
        return scene.says(f"there is no operator '{word.text}'", hint)
    if scene.opening is not None and "COMMA" in scene.expected:
        return scene.says(
            f"',' is missing between '{shown(before)}' and '{shown(word)}'",
            "separate them by a comma or an operator",
        )
    if word.line != before.line:
        return None
    if word.keyword == "THEN" and scene.statement.keyword in ("IF", "ELIF"):
        return scene.says("no 'then' stands after an 'if'", "leave it out")
    wanted = vocabulary.expectation(scene.expected)
    if wanted is not None and "PLUS" not in scene.expected:
        return scene.says(f"{wanted} is missing after '{shown(before)}'")
    if before.type == "STRING" and word.type == "STRING":
        return scene.says("two strings side by side", "join them with '+'")
    return scene.says(
        f"unexpected '{shown(word)}' after '{shown(before)}'",
        "an operator is missing between them, or a line break",
    )


_FOREIGN_OPERATORS = {
    "contains": "'x in list'",
    "includes": "'x in list'",
    "has": "'x in list'",
    "memberof": "'x in list'",
    "memberOf": "'x in list'",
    "like": "'text matches \"regex\"'",
    "equals": "'=='",
    "between": "'low <= x <= high'",
    "from": "'for x in list' on a line of its own; a pattern asks working memory",
}

_NO_SUCH_WORDS = {
    "lambda": "declare a 'function', or use a comprehension",
    "new": "leave it out: 'insert T(…)' makes a fact",
    "await": None,
    "async": None,
    "del": "a fact is removed by 'retract'",
}


def early_end(scene: Scene) -> Diagnostic | None:
    """A line, a bracket or the text ends where something is still to come."""
    word, before = scene.word, scene.before
    if before is None or not (word is None or word.type in ("NEWLINE", *CLOSING, "COMMA")):
        return None
    wanted = vocabulary.expectation(scene.expected)
    if wanted is None or before.type == "NEWLINE":
        return None
    if (
        scene.statement.keyword == "FUNCTION"
        and "EQUAL" in scene.expected
        and before.type != "COMMA"
    ):
        body = "write '= expression', or declare it as 'external function'"
        return scene.says("this function has no body", body, before)
    at = word if word is not None and word.type != "NEWLINE" else before
    if scene.section == "template" and before is scene.statement:
        return scene.says(
            f"the field '{before.text}' has no type", f"write '{before.text}: str'", before
        )
    hint: str | None = None
    if before.type == "EQUAL" and scene.section in ("function", "param"):
        hint = "begin it on this line; in brackets it may go on over several"
    return scene.says(f"{wanted} is missing after '{shown(before)}'", hint, at)
