"""Mistakes in the frame of a declaration: its heading, its sections, words alone on a line."""

from __future__ import annotations

import itertools

from rete_engine.diagnostics.diagnostic import Diagnostic
from rete_engine.language import vocabulary
from rete_engine.language.scanner import Lexeme
from rete_engine.language.scene import ACTION_WORDS, CLOSING, OPENING, Scene


def missing_section(scene: Scene) -> Diagnostic | None:
    """A rule without its `when` or its `then`."""
    word, statement = scene.word, scene.statement
    if scene.section == "when" and scene.start == "declaration":
        if word is None or ("THEN" in scene.expected and word.keyword == "END"):
            return scene.says("this rule has no 'then'", _THEN, scene.lexemes[0])
        if statement.keyword in ACTION_WORDS and (
            statement is not word or statement.keyword == "HALT"
        ):
            if not _has_then(scene):
                message = f"'{statement.text}' is an action: a 'then' is missing"
                return scene.says(message, _THEN, statement)
            if statement.keyword == "IF":
                hint = "write 'test' before the expression"
                return scene.says("'if' stands in no condition", hint, statement)
            message = f"'{statement.text}' is an action among the conditions"
            return scene.says(message, "move it below the 'then'", statement)
    if scene.section == "rule" and word is not None and "WHEN" in scene.expected:
        after = scene.at(1)
        if (early := _before_when(scene, word)) is not None:
            return early
        if (
            word.keyword in ("THEN", "END", "NOT", "EXISTS", "TEST", "FORALL", "FOR")
            or word.type == "LPAR"
            or (after is not None and after.type in ("LPAR", "BIND"))
        ):
            hint = "write 'when' on a line of its own before the conditions, also if there are none"
            return scene.says("this rule has no 'when'", hint, scene.lexemes[0])
    return None


def _before_when(scene: Scene, word: Lexeme) -> Diagnostic | None:
    """A condition, or the salience of CLIPS, above the `when` that follows."""
    following = itertools.pairwise(scene.lexemes[scene.position :])
    if not any(a.type == "NEWLINE" and b.keyword == "WHEN" for a, b in following):
        return None
    line = scene.rest_of_line(scene.position)
    words = [each for each in line if each.type not in OPENING | CLOSING]
    texts = [each.text for each in words]
    if texts[:1] == ["declare"] or texts[:1] == ["salience"]:
        attribute = texts[texts[0] == "declare" :]
        known = attribute[:1] and attribute[0] in vocabulary.ATTRIBUTES
        hint = f"write: {attribute[0]} {''.join(attribute[1:])}" if known else None
        hint = hint if len(attribute) <= 3 else None
        hint = hint or "each attribute stands on a line of its own, such as: salience 10"
        return scene.says("an attribute is written without 'declare' and brackets", hint)
    after = scene.at(1)
    if (
        word.keyword in ("NOT", "EXISTS", "TEST", "FORALL", "FOR")
        or word.type == "LPAR"
        or (after is not None and after.type in ("LPAR", "BIND"))
    ):
        return scene.says("a condition stands before the 'when'", "move it below the 'when'")
    return None


def _has_then(scene: Scene) -> bool:
    """Whether a `then` follows on a line of its own."""
    following = itertools.pairwise(scene.lexemes[scene.position :])
    return any(a.type == "NEWLINE" and b.keyword == "THEN" for a, b in following)


_THEN = "write 'then' on a line of its own between the conditions and the actions"


def colon(scene: Scene) -> Diagnostic | None:
    """A colon where Python or Drools has one."""
    word, before = scene.word, scene.before
    if word is None or word.type != "COLON" or before is None:
        return None
    after = scene.at(1)
    if after is None or after.type == "NEWLINE":
        return scene.says("unexpected ':' at the end of the line", "leave the ':' out")
    if before.text in vocabulary.ATTRIBUTES:
        return scene.says(f"unexpected ':' after '{before.text}'", "leave the ':' out")
    if scene.section in ("when", "then") and before is scene.statement:
        return scene.says("a variable is bound by ':='", f"write '{before.text} := …'")
    if scene.opening is not None and scene.opening.text == "[":
        return scene.says("a slice has a start and a stop, and no step", "leave the step out")
    if scene.opening is not None and scene.opening.text == "(" and before.type == "NAME":
        return scene.says(
            "unexpected ':' in an argument",
            f"write '{before.text} = …' or '{before.text} == …'",
        )
    return None


def same_line(scene: Scene) -> Diagnostic | None:
    """Something after a word that stands alone on its line."""
    word, before = scene.word, scene.before
    if word is None or before is None or word.type == "NEWLINE":
        return None
    first = scene.statement
    is_branch = first.keyword in ("IF", "ELIF")
    if word.keyword in ("WHEN", "THEN") and "NEWLINE" in scene.expected and not is_branch:
        return scene.says(f"'{word.text}' must stand alone on its line", "begin a new line with it")
    if before is not first:
        return None
    if before.keyword == "ELSE" and word.keyword == "IF":
        return scene.says("'else if' is not part of the language", "write 'elif'", before)
    if before.keyword == "HALT" and word.type == "LPAR":
        return scene.says("'halt' is no function", "leave the brackets out")
    if before.keyword in ("WHEN", "THEN", "ELSE", "END", "HALT"):
        return scene.says(f"'{before.text}' must stand alone on its line", "go on in the next line")
    return None


def heading(scene: Scene) -> Diagnostic | None:
    """The first line of a declaration."""
    word, before = scene.word, scene.before
    if word is None or before is None or scene.start != "declaration":
        return None
    if before.keyword == "RULE" and scene.position == 1:
        if word.type == "FSTRING":
            return scene.says("the name of a rule is a plain string", "leave the 'f' out")
        name = " ".join(lexeme.text for lexeme in scene.rest_of_line(1))
        return scene.says(
            "the name of a rule must stand in quotes",
            f"write 'rule \"{name}\"'" if word.type == "NAME" else "write 'rule \"name\"'",
        )
    if before.keyword == "IMPORT" and word.type == "NAME":
        return scene.says(
            "the path of a file must stand in quotes", "write 'import \"other.rete\"'"
        )
    if before.keyword in _NAMED and scene.expected == {"NAME"}:
        hint = "leave the quotes out" if word.type == "STRING" else None
        return scene.says(f"a name is expected after '{before.text}'", hint)
    return None


_NAMED = frozenset({"TEMPLATE", "PARAM", "FUNCTION", "QUERY", "RULESET", "EXTENDS"})
