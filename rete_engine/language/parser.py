"""Rule text to model: the public face of the parser.

A text is scanned once (`scanner`), cut into declarations (`layout`), and each declaration is
parsed by itself (`automaton`, with the builders). No text makes these functions raise: what is
wrong is returned as diagnostics, one for a declaration, with the model of all the others.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rete_engine.diagnostics.diagnostic import Diagnostic, Note
from rete_engine.diagnostics.source import Source, Span
from rete_engine.expressions.tree import Expression
from rete_engine.language.automaton import UnexpectedLexemeError, parse
from rete_engine.language.declarations import RulesetHeading
from rete_engine.language.depth import DEEPEST_EXPRESSION, too_deep
from rete_engine.language.explain import explain, explain_stray
from rete_engine.language.expressions import RefusalError
from rete_engine.language.layout import HARMLESS, SINGLE, Chunk, cut, fragment
from rete_engine.language.scanner import Lexeme, scan
from rete_engine.language.vocabulary import FOREIGN_DECLARATIONS
from rete_engine.model.actions import Action
from rete_engine.model.declarations import Declaration, Document, TypeName


def parse_document(source: Source) -> tuple[Document, list[Diagnostic]]:
    """Parse a whole rule text.

    Args:
        source: The text, as `reader` gives it.

    Returns:
        The document with every declaration that could be read, and the diagnostics of the
        others in the order of their places. The names of declarations that could not be read
        are in `Document.broken_names`, so that nothing is said of their uses.

    Example:
        >>> from rete_engine.language.reader import make_source
        >>> document, diagnostics = parse_document(make_source("param vat: float = 0.2"))
        >>> document.declarations[0].name, diagnostics
        ('vat', [])
    """
    name: str | None = None
    description: str | None = None
    heading: RulesetHeading | None = None
    declarations: list[Declaration] = []
    diagnostics: list[Diagnostic] = []
    broken: set[str] = set()
    for chunk in cut(scan(source)):
        value, problem = _parse_chunk(chunk)
        if isinstance(value, RulesetHeading):
            if heading is None:
                heading, name, description = value, value.name, value.description
            elif problem is None:
                problem = Diagnostic(
                    "RE0105",
                    "a second 'ruleset' in this file",
                    value.span,
                    "leave one of them out",
                    notes=(Note("the first is here", heading.span),),
                )
        elif value is not None:
            declarations.append(value)
        elif (declared := _declared_name(chunk)) is not None:
            broken.add(declared)
        if problem is not None:
            diagnostics.append(problem)
    document = Document(source, name, description, tuple(declarations), frozenset(broken))
    return document, diagnostics


def parse_conditions(
    source: Source, lexemes: Iterable[Lexeme] | None = None
) -> tuple[tuple[Expression, ...], list[Diagnostic]]:
    """Parse the conditions of a `when`, one on a line.

    Args:
        source: The text.
        lexemes: What to parse instead, where the conditions are a part of the text.
    """
    value, problem = _parse_fragment(source, lexemes or scan(source), "conditions")
    return tuple(value or ()), [problem] if problem else []


def parse_actions(
    source: Source, lexemes: Iterable[Lexeme] | None = None
) -> tuple[tuple[Action, ...], list[Diagnostic]]:
    """Parse the actions of a `then`, one on a line; `lexemes` as for `parse_conditions`."""
    value, problem = _parse_fragment(source, lexemes or scan(source), "actions")
    return tuple(value or ()), [problem] if problem else []


def parse_expression(
    source: Source, lexemes: Iterable[Lexeme] | None = None
) -> tuple[Expression | None, list[Diagnostic]]:
    """Parse one expression, which may go over several lines; None stands for a wrong one.

    `lexemes` as for `parse_conditions`.
    """
    value, problem = _parse_fragment(source, lexemes or scan(source), "expression")
    return (None, [problem]) if problem else (value, [])


def parse_type(
    source: Source, lexemes: Iterable[Lexeme]
) -> tuple[TypeName | None, list[Diagnostic]]:
    """Parse a type, as `list[str]?`; None stands for a wrong one."""
    value, problem = _parse_fragment(source, lexemes, "type")
    return (None, [problem]) if problem else (value, [])


def parse_field(source: Source, text: str, line: int, column: int) -> Expression:
    """Parse the expression of an f-string's field.

    Args:
        source: The source that the f-string stands in.
        text: The text of the expression.
        line: The line of the source in which it begins.
        column: The column in which it begins.

    Raises:
        RefusalError: it is wrong.
    """
    # F-strings stand in each other up to four deep (there are four kinds of quotes), and the
    # depths of their expressions add up.
    value, problem = _parse_fragment(
        source, scan(source, text, line, column), "expression", DEEPEST_EXPRESSION // 4
    )
    if problem is not None:
        raise RefusalError(problem)
    expression: Expression = value
    return expression


def _parse_fragment(
    source: Source, lexemes: Iterable[Lexeme], start: str, deepest: int = DEEPEST_EXPRESSION
) -> tuple[Any, Diagnostic | None]:
    """What a part of a declaration stands for (None if it is wrong), and what is wrong with it."""
    chunk = fragment(lexemes, start)
    if start in SINGLE and not chunk.lexemes:
        place = Span(source, 1, 1, 1, 1)
        article = "an" if start == "expression" else "a"
        return None, Diagnostic("RE0010", f"{article} {start} is missing", place)
    if chunk.problem is not None:
        return None, chunk.problem
    return _parse(chunk, start, deepest)


def _parse_chunk(chunk: Chunk) -> tuple[Any, Diagnostic | None]:
    """The declaration of a chunk, if it can be read, and its diagnostic, if it has one."""
    if chunk.problem is not None and not chunk.repaired:
        return None, chunk.problem
    if chunk.kind == "stray":
        return None, explain_stray(chunk.lexemes)
    value, problem = _parse(chunk, "declaration")
    if problem is not None and problem.span.line == chunk.head.line:
        return None, problem  # a wrong heading is why its `end` was not found
    return value, chunk.problem or problem


def _parse(
    chunk: Chunk, start: str, deepest: int = DEEPEST_EXPRESSION
) -> tuple[Any, Diagnostic | None]:
    try:
        value = parse(chunk.lexemes, start)
    except RefusalError as refusal:
        return None, refusal.diagnostic
    except UnexpectedLexemeError as unexpected:
        return None, explain(chunk.lexemes, unexpected, start)
    if chunk.longest > HARMLESS and (problem := too_deep(value, deepest)) is not None:
        return None, problem
    return value, None


def _declared_name(chunk: Chunk) -> str | None:
    """The name in the heading of a declaration that could not be read."""
    kind, start = chunk.kind, chunk.lexemes[:3]
    if kind == "stray":
        kind = FOREIGN_DECLARATIONS.get(chunk.head.text.lower(), kind)
    if len(start) > 1 and start[1].type == "STRING" and kind != "import":
        return start[1].text.strip("\"'")
    words = [lexeme for lexeme in start if lexeme.type == "NAME"]
    if kind not in ("template", "function", "query", "param") or len(words) < 2:
        return None
    name = words[2:] if words[0].text in ("open", "external") else words[1:]
    return name[0].text if name else None
