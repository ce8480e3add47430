"""Builds expression trees: one method for each rule and alias of the grammar that has a value.

A method gets the values of its rule's parts (lexemes and what other methods built) and returns
the tree; it never looks around. What the grammar is too coarse to say is a `RefusalError`.
"""

# ruff: noqa: D102  # the rule of the grammar with the name of a method tells what it is for

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, NoReturn, cast

from rete_engine.diagnostics.diagnostic import Diagnostic
from rete_engine.diagnostics.source import Span
from rete_engine.expressions import tree
from rete_engine.expressions.tree import Argument, Expression
from rete_engine.language import literals, vocabulary
from rete_engine.language.grammar import terminals
from rete_engine.language.literals import BadLiteralError
from rete_engine.language.scanner import Lexeme

#: The parts of a rule, in the order in which the grammar has them.
Parts = list[Any]


class RefusalError(Exception):
    """A text that the grammar lets through and the language does not."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__()
        self.diagnostic = diagnostic


def refuse(code: str, message: str, span: Span, hint: str | None = None) -> NoReturn:
    """End the parse of this declaration with a diagnostic."""
    raise RefusalError(Diagnostic(code, message, span, hint))


def across(first: Any, last: Any) -> Span:
    """The span from the start of one lexeme or node to the end of another."""
    start, end = first.span, last.span
    return Span(start.source, start.line, start.column, end.end_line, end.end_column)


def variable(word: Lexeme, what: str = "a variable") -> str:
    """The name of something that a keyword cannot name.

    Raises:
        RefusalError: the word is a keyword.
    """
    if word.keyword is not None:
        refuse(
            "RE0108",
            f"'{word.text}' is a keyword and cannot name {what}",
            word.span,
            f"call it '{word.text}_' or something else",
        )
    return word.text


class ExpressionBuilder:
    """The callbacks of the grammar's expressions and conditions."""

    # -- lists ---------------------------------------------------------------------------------

    def none(self, parts: Parts) -> list[Any]:
        return []

    def one(self, parts: Parts) -> list[Any]:
        return parts

    def more(self, parts: Parts) -> list[Any]:
        parts[0].append(parts[1])
        return cast("list[Any]", parts[0])

    def item(self, parts: Parts) -> list[Any]:
        parts[0].append(parts[2])
        return cast("list[Any]", parts[0])

    def pair_of(self, parts: Parts) -> list[Any]:
        return [parts[0], parts[2]]

    # -- literals and names --------------------------------------------------------------------

    def name(self, parts: Parts) -> Expression:
        return tree.Name(parts[0].span, parts[0].text)

    def integer(self, parts: Parts) -> Expression:
        return _literal(parts[0], literals.integer)

    def floating(self, parts: Parts) -> Expression:
        return _literal(parts[0], literals.floating)

    def duration(self, parts: Parts) -> Expression:
        return _literal(parts[0], literals.duration)

    def string(self, parts: Parts) -> Expression:
        return _literal(parts[0], literals.string)

    def constant(self, parts: Parts) -> Expression:
        return tree.Constant(parts[0].span, _CONSTANTS[parts[0].text])

    def formatted(self, parts: Parts) -> Expression:
        (word,) = parts
        try:
            return tree.FormattedString(
                word.span,
                tuple(
                    tree.Constant(word.span, part)
                    if isinstance(part, str)
                    else self._formatted_value(word, part)
                    for part in literals.formatted_parts(word.text)
                ),
            )
        except BadLiteralError as problem:
            _refuse_literal(word, problem)

    def _formatted_value(self, word: Lexeme, field: literals.Field) -> tree.FormattedValue:
        from rete_engine.language.parser import parse_field

        line, column = place_in(word, field.start)
        value = parse_field(word.source, word.text[field.start : field.end], line, column)
        return tree.FormattedValue(value.span, value, field.conversion, field.format)

    # -- operators -----------------------------------------------------------------------------

    def disjunction(self, parts: Parts) -> Expression:
        (operands,) = parts
        return tree.Or(across(operands[0], operands[-1]), tuple(operands))

    def conjunction(self, parts: Parts) -> Expression:
        (operands,) = parts
        return tree.And(across(operands[0], operands[-1]), tuple(operands))

    def negation(self, parts: Parts) -> Expression:
        return tree.Not(across(parts[0], parts[1]), parts[1])

    def conditional(self, parts: Parts) -> Expression:
        then, _, test, _, otherwise = parts
        return tree.Conditional(across(then, otherwise), test, then, otherwise)

    def comparison_operator(self, parts: Parts) -> str:
        return " ".join([word.text for word in parts])

    def pair(self, parts: Parts) -> list[Any]:
        return [parts[0], (parts[1], parts[2])]

    def chain(self, parts: Parts) -> list[Any]:
        parts[0].append((parts[1], parts[2]))
        return cast("list[Any]", parts[0])

    def compare(self, parts: Parts) -> Expression:
        first, *rest = parts[0]
        return tree.Compare(across(first, rest[-1][1]), first, tuple(rest))

    def binary(self, parts: Parts) -> Expression:
        left, operator, right = parts
        return tree.Binary(across(left, right), operator.text, left, right)

    def unary(self, parts: Parts) -> Expression:
        operator, operand = parts
        return tree.Unary(across(operator, operand), operator.text, operand)

    # -- parts of values -----------------------------------------------------------------------

    def attribute_of(self, parts: Parts) -> Expression:
        target, dot, word = parts
        return tree.Attribute(
            across(target, word), target, word.text, dot.type == "OPTIONAL", word.span
        )

    def index(self, parts: Parts) -> Expression:
        return tree.Index(across(parts[0], parts[3]), parts[0], parts[2])

    def slice(self, parts: Parts) -> Expression:
        target, _, *ends, closing = parts
        colon = next(i for i, end in enumerate(ends) if isinstance(end, Lexeme))
        start = ends[0] if colon else None
        stop = ends[-1] if colon < len(ends) - 1 else None
        return tree.Slice(across(target, closing), target, start, stop)

    def call(self, parts: Parts) -> Expression:
        arguments = parts[2] if len(parts) > 3 else []
        return self._call(parts[0], arguments, parts[-1])

    def _call(self, function: Expression, arguments: list[Argument], closing: Lexeme) -> tree.Call:
        if len(arguments) > 1:
            for argument in arguments:
                if isinstance(argument.value, tree.AccumulateForm) or (
                    isinstance(argument.value, tree.Comprehension)
                    and argument.value.kind == "generator"
                ):
                    refuse(
                        "RE0010",
                        "an argument with 'for' or 'by' must be the only one of its call",
                        argument.span,
                    )
        if not isinstance(function, tree.Name | tree.Attribute):
            refuse("RE0010", "only a function or method can be called", function.span)
        return tree.Call(across(function, closing), function, tuple(arguments))

    def positional(self, parts: Parts) -> Argument:
        return Argument(parts[0].span, parts[0], None, False, None)

    def named(self, parts: Parts) -> Argument:
        word, _, value = parts
        return Argument(across(word, value), value, word.text, False, word.span)

    def binding(self, parts: Parts) -> Argument:
        word, _, value = parts
        return Argument(across(word, value), value, variable(word), True, word.span)

    def generator(self, parts: Parts) -> Argument:
        value = self._comprehension("generator", parts[0], None, parts[1], *parts)
        return Argument(value.span, value, None, False, None)

    def accumulate(self, parts: Parts) -> Argument:
        value, _, source, *by = parts
        form = tree.AccumulateForm(across(value, parts[-1]), value, source, by[0] if by else None)
        return Argument(form.span, form, None, False, None)

    def grouped(self, parts: Parts) -> Argument:
        source, by = parts
        form = tree.AccumulateForm(across(source, by), None, source, by)
        return Argument(form.span, form, None, False, None)

    def by(self, parts: Parts) -> Argument:
        return self.positional(parts[1:]) if len(parts) == 2 else self.binding(parts[1:])

    # -- brackets --------------------------------------------------------------------------------

    def bracketed(self, parts: Parts) -> Expression:
        # The node takes the brackets into its place: what is around it begins or ends there.
        opening, value, closing = parts
        return cast("Expression", dataclasses.replace(value, span=across(opening, closing)))

    def tuple_display(self, parts: Parts) -> Expression:
        items = parts[1] if len(parts) > 2 else []
        return tree.TupleDisplay(across(parts[0], parts[-1]), tuple(items))

    def tuple_of_one(self, parts: Parts) -> Expression:
        return tree.TupleDisplay(across(parts[0], parts[-1]), (parts[1],))

    def list_display(self, parts: Parts) -> Expression:
        items = parts[1] if len(parts) > 2 else []
        return tree.ListDisplay(across(parts[0], parts[-1]), tuple(items))

    def set_display(self, parts: Parts) -> Expression:
        return tree.SetDisplay(across(parts[0], parts[-1]), tuple(parts[1]))

    def dict_display(self, parts: Parts) -> Expression:
        items = parts[1] if len(parts) > 2 else []
        return tree.DictDisplay(across(parts[0], parts[-1]), tuple(items))

    def entry(self, parts: Parts) -> tuple[Expression, Expression]:
        return parts[0], parts[2]

    def list_comprehension(self, parts: Parts) -> Expression:
        return self._comprehension("list", parts[1], None, parts[2], *parts)

    def set_comprehension(self, parts: Parts) -> Expression:
        return self._comprehension("set", parts[1], None, parts[2], *parts)

    def dict_comprehension(self, parts: Parts) -> Expression:
        key, value = parts[1]
        return self._comprehension("dict", key, value, parts[2], *parts)

    def _comprehension(
        self, kind: Any, element: Expression, value: Expression | None, clauses: Any, *parts: Any
    ) -> tree.Comprehension:
        last = clauses[-1] if parts[-1] is clauses else parts[-1]
        return tree.Comprehension(across(parts[0], last), kind, element, value, tuple(clauses))

    def clause(self, parts: Parts) -> tree.Clause:
        word, targets, _, iterable, filters = parts
        last = filters[-1] if filters else iterable
        names = tuple(variable(target) for target in targets)
        return tree.Clause(across(word, last), names, iterable, tuple(filters))

    # -- conditions ------------------------------------------------------------------------------

    def next_condition(self, parts: Parts) -> list[Expression]:
        conditions: list[Expression] = parts[0]
        condition = parts[1]
        if isinstance(condition, tree.Name) and condition.name in terminals().keywords:
            action = condition.name in vocabulary.ACTIONS
            refuse(
                "RE0010",
                f"'{condition.name}' is {'an action' if action else 'no condition'}",
                condition.span,
                "write 'then' before the actions" if action else None,
            )
        if isinstance(condition, tree.Binary) and condition.operator == "//":
            refuse("RE0010", "a comment begins with '#'", condition.span, "'//' divides")
        conditions.append(condition)
        return conditions

    def bind(self, parts: Parts) -> Expression:
        word, _, value = parts
        return tree.Bind(across(word, value), variable(word), word.span, value)

    def test(self, parts: Parts) -> Expression:
        return tree.TestForm(across(parts[0], parts[1]), parts[1])

    def for_condition(self, parts: Parts) -> Expression:
        word, target, _, iterable = parts
        return tree.ForForm(across(word, iterable), variable(target), target.span, iterable)

    def exists(self, parts: Parts) -> Expression:
        return tree.ExistsForm(across(parts[0], parts[1]), parts[1])

    def forall(self, parts: Parts) -> Expression:
        return tree.ForallForm(across(parts[0], parts[-1]), tuple(parts[2]))


_CONSTANTS = {
    "true": True,
    "false": False,
    "none": None,
    "True": True,
    "False": False,
    "None": None,
}


def text_of(word: Lexeme) -> str:
    """The value of a string lexeme.

    Raises:
        RefusalError: it holds an escape that cannot be read.
    """
    try:
        return literals.string(word.text)
    except BadLiteralError as problem:
        _refuse_literal(word, problem)


def _literal(word: Lexeme, read: Callable[[str], object]) -> tree.Constant:
    try:
        return tree.Constant(word.span, read(word.text))
    except BadLiteralError as problem:
        _refuse_literal(word, problem)


def _refuse_literal(word: Lexeme, problem: BadLiteralError) -> NoReturn:
    line, column = place_in(word, problem.offset)
    end = column + problem.length
    refuse("RE0015", problem.message, Span(word.source, line, column, line, end), problem.hint)


def place_in(word: Lexeme, offset: int) -> tuple[int, int]:
    """The line and column of a character of a lexeme."""
    before = word.text[:offset]
    breaks = before.count("\n")
    if not breaks:
        return word.line, word.column + offset
    return word.line + breaks, offset - before.rindex("\n")
