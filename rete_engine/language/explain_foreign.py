"""What other rule engines write: variables with a question mark, blocks in braces."""

from __future__ import annotations

from rete_engine.diagnostics.diagnostic import Diagnostic
from rete_engine.language.scene import CLOSING, OPERANDS, Scene, adjacent

#: What to do with an `and` at the beginning of a line.
AND_LINES = "the lines of a 'when' hold all together: leave 'and' out"


def question(scene: Scene) -> Diagnostic | None:
    """`?x`, and `?f <- (…)`, as in CLIPS; or `c ? a : b`."""
    word, before, after = scene.word, scene.before, scene.at(1)
    if word is None or word.type != "QUESTION":
        return None
    if scene.section in ("template", "param", "function"):
        return None
    is_behind_value = (
        before is not None and before.keyword is None and before.type in (*OPERANDS, *CLOSING)
    )
    if is_behind_value or after is None or after.type != "NAME" or not adjacent(word, after):
        return scene.says("'?' is not part of an expression", "write 'a if condition else b'")
    arrow = scene.at(2)
    if word is scene.statement and arrow is not None and arrow.type == "LT":
        hint = f"a variable is bound by ':=': write '{after.text} := T(…)'"
    else:
        hint = "a variable is written without '?'"
    return scene.says("'?' is not part of the language", hint)


def braces(scene: Scene) -> Diagnostic | None:
    """`rule "r" {`, `modify(o) { … }` and `modify o { … }`."""
    word, before = scene.word, scene.before
    if word is None or word.type != "LBRACE" or before is None or scene.opening is not None:
        return None
    fact = scene.at(-2)
    if scene.statement.keyword == "MODIFY" and before.type == "RPAR" and fact is not None:
        return scene.says("a 'modify' has no block", f"write 'modify {fact.text}(field = value)'")
    if scene.statement.keyword == "MODIFY" and fact is scene.statement:
        return scene.says("a 'modify' has no block", f"write 'modify {before.text}(field = value)'")
    if scene.section in ("rule", "when", "then") and before.type != "EQUAL":
        return scene.says("blocks have no braces", "each ends with 'end' on a line of its own")
    return None


def leading_and(scene: Scene) -> Diagnostic | None:
    """A line `and not A()`."""
    before, statement = scene.before, scene.statement
    if scene.section != "when" or before is None or scene.at(-2) is not statement:
        return None
    if statement.keyword == "AND" and before.keyword in ("NOT", "EXISTS"):
        return scene.says("'and' begins no condition", AND_LINES, statement)
    return None


def bare_pattern(scene: Scene) -> Diagnostic | None:
    """`sum(total for Order)`, where a loop `for order in …` has no `in` either."""
    word, before, opening = scene.word, scene.before, scene.at(-2)
    if word is None or before is None or opening is None or opening.keyword != "FOR":
        return None
    if before.type != "NAME" or not before.text[0].isupper() or word.text not in (")", "by"):
        return None
    if scene.section not in ("when", "query") or scene.opening is None:
        return None
    return scene.says("a pattern has brackets", f"write 'for {before.text}()'", before)


def switched(scene: Scene) -> Diagnostic | None:
    """`no_loop true`: the word alone says it."""
    word, before = scene.word, scene.before
    if word is None or before is None or word.type != "CONSTANT":
        return None
    if before.keyword not in ("NO_LOOP", "AUTO_FOCUS", "LOCK_ON_ACTIVE"):
        return None
    hint = f"leave '{word.text}' out" if word.text in ("true", "True") else "leave the line out"
    return scene.says(f"'{before.text}' takes no value", hint)
