"""Where a text does not fit the grammar: what to say about it.

The parser only knows which lexeme it could not take. What a person did there is found by a list
of small recognisers, each of which knows one mistake; the first that knows its own speaks. If
none does, the message says what was expected.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rete_engine.diagnostics.diagnostic import Diagnostic, did_you_mean
from rete_engine.language import vocabulary
from rete_engine.language.automaton import UnexpectedLexemeError
from rete_engine.language.explain_foreign import (
    bare_pattern,
    braces,
    leading_and,
    question,
    switched,
)
from rete_engine.language.explain_operators import (
    comment,
    equals,
    foreign_operator,
    joined_conditions,
)
from rete_engine.language.explain_sections import colon, heading, missing_section, same_line
from rete_engine.language.explain_words import (
    adjacent_values,
    comma_at_the_end,
    early_end,
    listed_values,
    statement_word,
    typed,
)
from rete_engine.language.scanner import Lexeme
from rete_engine.language.scene import ACTION_WORDS, Scene, shown

#: The recognisers in the order in which they are asked.
RECOGNISERS: tuple[Callable[[Scene], Diagnostic | None], ...] = (
    comment,
    missing_section,
    colon,
    same_line,
    heading,
    question,
    braces,
    leading_and,
    bare_pattern,
    switched,
    foreign_operator,
    equals,
    joined_conditions,
    statement_word,
    typed,
    listed_values,
    comma_at_the_end,
    adjacent_values,
    early_end,
)


def explain(lexemes: Sequence[Lexeme], unexpected: UnexpectedLexemeError, start: str) -> Diagnostic:
    """The diagnostic of lexemes that do not fit the grammar."""
    scene = Scene(lexemes, unexpected.position, unexpected.expected, start)
    for recognise in RECOGNISERS:
        diagnostic = recognise(scene)
        if diagnostic is not None:
            return diagnostic
    return _unexpected(scene)


def explain_stray(lexemes: Sequence[Lexeme]) -> Diagnostic:
    """The diagnostic of lines that stand between declarations and belong to none."""
    head = lexemes[0]
    scene = Scene(lexemes, 0, frozenset(), "stray")
    if head.keyword == "END":
        return scene.says(
            "this 'end' closes nothing", "each block has one 'end'; this one is too many"
        )
    if head.text in ("when", "then"):
        return scene.says(f"'{head.text}' outside of a rule", "a rule begins with 'rule \"name\"'")
    if (written := comment(scene)) is not None:
        return written
    if head.type != "NAME":
        word = scene.at(1)
        clips = vocabulary.FOREIGN_DECLARATIONS.get(word.text) if word is not None else None
        if head.type == "LPAR" and clips is not None:
            return scene.says(
                "a declaration does not stand in brackets", f"did you mean '{clips} … end'?"
            )
        is_json = head.type in ("LSQB", "LBRACE")
        hint = "JSON holds facts: give it by '--facts', or from a program" if is_json else None
        return scene.says(f"a declaration does not begin with '{shown(head)}'", hint)
    meant = vocabulary.FOREIGN_DECLARATIONS.get(head.text.lower())
    hint = f"did you mean '{meant}'?" if meant else None
    after = scene.at(1)
    if after is not None and after.type in ("LPAR", "BIND", "EQUAL") and meant is None:
        hint = did_you_mean(head.text, ()) or (
            "facts stand in a block: 'facts' … 'end'"
            if after.type == "LPAR"
            else "a constant is declared as 'param name: type = value'"
        )
    elif head.keyword in ACTION_WORDS:
        hint = "actions stand after the 'then' of a rule"
    elif after is not None and after.type == "COLON" and head.text in vocabulary.KEYS_OF_YAML:
        hint = 'YAML is a format of its own: give format="yaml", or a file that ends in .yaml'
    elif after is not None and after.type == "COMMA":
        hint = "CSV holds facts: give it by '--facts', or from a program"
    elif after is not None and after.type == "DOT" and len(lexemes) <= 4 and meant is None:
        hint = "the name of a file is given to RuleSet.load, its text to RuleSet.parse"
    words = [word.split()[0] for word in vocabulary.DECLARATIONS]
    return scene.says(f"unknown declaration '{head.text}'", hint or did_you_mean(head.text, words))


def _unexpected(scene: Scene) -> Diagnostic:
    """What can be said of any mistake."""
    wanted = vocabulary.expectation(scene.expected)
    hint = f"expected {wanted}" if wanted else None
    word = scene.word
    if word is None:
        return scene.says("the text ends too early", hint)
    if word.type == "NEWLINE":
        return scene.says("the line ends too early", hint, scene.before)
    if word.type == "CONSTANT" and scene.expected == {"NAME"}:
        return scene.says(f"'{word.text}' is a value and cannot be a name")
    return scene.says(f"unexpected '{shown(word)}'", hint)
