"""Mistakes with operators: those of other languages, `=` for `==`, `and` between conditions."""

from __future__ import annotations

from rete_engine.diagnostics.diagnostic import Diagnostic
from rete_engine.language import vocabulary
from rete_engine.language.scanner import Lexeme
from rete_engine.language.scene import OPERANDS, Scene, adjacent


def comment(scene: Scene) -> Diagnostic | None:
    """A comment as other languages write it."""
    word = scene.word
    if word is None:
        return None
    for position in range(scene.first, scene.position + 1):
        lexeme = scene.lexemes[position]
        after = scene.lexemes[position + 1] if position + 1 < len(scene.lexemes) else None
        if lexeme.line != word.line and word.type != "NEWLINE":
            continue
        if lexeme.type == "SLASH" and after is not None and after.text[:1] == "*":
            if adjacent(lexeme, after):
                return scene.says(_COMMENT, "put '#' before each of its lines", lexeme)
        # A division is fine as such; but words that do not go on after it are none.
        elif lexeme.type == "FLOOR" and (lexeme is word or word.type in OPERANDS):
            return scene.says(_COMMENT, None, lexeme)
    return None


_COMMENT = "a comment begins with '#'"


#: Two operators side by side which are one in another language.
_PAIRS = {
    ("EQUAL", "GT"): ("=>", "'>=' means 'at least'"),
    ("EQUAL", "LT"): ("=<", "'<=' means 'at most'"),
    ("EQ", "EQUAL"): ("===", "write '=='"),
    ("NE", "EQUAL"): ("!==", "write '!='"),
    ("LT", "GT"): ("<>", "write '!='"),
    ("COLON", "COLON"): ("::", None),
    ("PLUS", "EQUAL"): ("+=", "write 'x := x + …', or 'modify f(x = f.x + …)' for a field"),
    ("MINUS", "EQUAL"): ("-=", "write 'x := x - …', or 'modify f(x = f.x - …)' for a field"),
    ("STAR", "EQUAL"): ("*=", "write 'x := x * …', or 'modify f(x = f.x * …)' for a field"),
    ("SLASH", "EQUAL"): ("/=", "write 'x := x / …', or 'modify f(x = f.x / …)' for a field"),
    ("COLON", "EQUAL"): (": =", "write ':=' without a space"),
    ("EQUAL", "EQUAL"): ("= =", "write '==' without a space"),
}


def foreign_operator(scene: Scene) -> Diagnostic | None:
    """`=>`, `===`, `<>`, `+=` and their kin."""
    word = scene.word
    if word is None:
        return None
    for first, second in ((scene.before, word), (word, scene.at(1))):
        if first is None or second is None:
            continue
        pair = _PAIRS.get((first.type, second.type))
        if pair is not None and pair[0] == "=>" and first is scene.statement:
            return scene.says("'=>' is not part of the language", "write 'then'", first)
        if pair is not None and (adjacent(first, second) or " " in pair[0]):
            return scene.says(f"'{pair[0]}' is not part of the language", pair[1], first)
    return None


def equals(scene: Scene) -> Diagnostic | None:
    """`=` for `==` or `:=`, and the other way round."""
    word, before = scene.word, scene.before
    if word is None or before is None:
        return None
    if word.type == "EQUAL":
        if before.text in vocabulary.ATTRIBUTES and scene.section == "rule":
            return scene.says(f"unexpected '=' after '{before.text}'", "leave the '=' out")
        if scene.section == "template" and before is scene.statement:
            return scene.says(
                "a field is declared with its type", f"write '{before.text}: type = default'"
            )
        if scene.section in ("function", "query") and scene.first == 0:
            heading = next((each for each in scene.lexemes if each.type == "LPAR"), None)
            if scene.opening is not None and scene.opening is heading:
                hint = "leave it out: each call gives a value"
                return scene.says("a parameter has no default", hint)
        if scene.section == "param":
            hint = f"write 'param {before.text}: type = default'"
            return scene.says("a param is declared with its type", hint)
        if scene.section == "facts" and before is scene.statement:
            return scene.says(A_FACT, "write 'Template(field = value)'", before)
        if (
            before is scene.statement
            and before.type == "NAME"
            and scene.section in ("when", "then")
        ):
            if before.keyword is not None:
                return _keyword(scene, before)
            return scene.says(
                "a variable is bound by ':='", f"write '{before.text} := …'", code="RE0010"
            )
        if scene.section == "then":
            changes = any(
                word.keyword in ("INSERT", "UPSERT", "MODIFY")
                for word in scene.lexemes[scene.first : scene.first + 3]
            )
            if scene.opening is not None and changes:
                return _bracketed(scene)
            if (assigned := _assigned_field(scene)) is not None:
                return assigned
        if scene.section not in ("template", "param", "ruleset", "import"):
            return scene.says("'=' where '==' is meant", "write '==' to compare", code="RE0012")
    if word.type == "BIND" and scene.opening is not None and before.type == "NAME":
        return scene.says(
            "':=' binds a variable only as an argument of a pattern, or as a condition",
            "write '==' to compare",
        )
    if word.type in ("BIND", "EQ") and scene.section in ("template", "param", "function"):
        return scene.says(f"'{word.text}' where '=' is meant", "write '='")
    if word.type == "BIND" and scene.section == "then":
        assigned = _assigned_field(scene)
        if assigned is not None:
            return assigned
    if word.type == "BIND" and scene.section == "facts":
        hint = f"leave '{before.text} :=' out; a rule can bind a fact by a pattern"
        return scene.says("a facts block binds no variables", hint)
    if word.type == "BIND" and before.type != "NAME":
        return scene.says("only a plain name can be bound by ':='")
    return None


#: What is said where something else stands in a facts block.
A_FACT = "a line of a facts block is a fact"


def _assigned_field(scene: Scene) -> Diagnostic | None:
    """`o.total = 5`, as a statement, and `modify o.total = 5`."""
    field, dot, fact = scene.at(-1), scene.at(-2), scene.at(-3)
    if field is None or dot is None or dot.type != "DOT" or fact is None:
        return None
    hint = f"write 'modify {fact.text}({field.text} = …)'"
    if fact is scene.statement:
        return scene.says("a field is changed by 'modify'", hint)
    if scene.statement.keyword == "MODIFY" and scene.at(-4) is scene.statement:
        return scene.says("a field is changed in brackets", hint)
    return None


def _bracketed(scene: Scene) -> Diagnostic:
    """`modify(o, total = 5)`: what looks like a call is none."""
    action, bracket, fact = scene.lexemes[scene.first : scene.first + 3]
    message = "only the name of a field stands before this '='"
    if action.keyword == "MODIFY" and bracket.type == "LPAR" and fact.type == "NAME":
        return scene.says(
            "'modify' is no function", f"write 'modify {fact.text}(field = …)'", bracket
        )
    return scene.says(message)


def _keyword(scene: Scene, word: Lexeme) -> Diagnostic:
    return scene.says(
        f"'{word.text}' is a keyword and cannot name a variable",
        f"call it '{word.text}_' or something else",
        word,
        "RE0108",
    )


def joined_conditions(scene: Scene) -> Diagnostic | None:
    """`A() and B()` on a line, without the brackets."""
    word = scene.word
    if word is None or scene.section != "when" or scene.opening is not None:
        return None
    if word.keyword in ("AND", "OR"):
        if scene.statement.keyword in ("NOT", "EXISTS"):
            hint = f"bracket what belongs together: '{scene.statement.text} (A {word.text} B)'"
        elif word.keyword == "AND":
            hint = "write each condition on a line of its own, or bracket them: '(A and B)'"
        else:
            hint = "bracket the conditions: '(A or B)'; an expression begins with 'test'"
        return scene.says(f"'{word.text}' joins conditions only in brackets", hint)
    if word.keyword == "IF":
        return scene.says("'if' stands in no condition", "write 'test' before the expression")
    return None
