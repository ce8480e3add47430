"""Builds the statements of a `then`: one method for each alias of the grammar's actions."""

# ruff: noqa: D102  # the rule of the grammar with the name of a method tells what it is for

from __future__ import annotations

from typing import Any

from rete_engine.expressions import tree
from rete_engine.expressions.tree import Expression
from rete_engine.language.expressions import (
    ExpressionBuilder,
    Parts,
    across,
    refuse,
    variable,
)
from rete_engine.language.grammar import terminals
from rete_engine.language.scanner import Lexeme
from rete_engine.model import actions as model
from rete_engine.model.actions import Action


class ActionBuilder(ExpressionBuilder):
    """The callbacks of the grammar's actions."""

    def insert(self, parts: Parts) -> Action:
        word, *logical, fact = parts
        call = _fact(fact, word)
        return model.InsertAction(across(word, fact), call, bool(logical), None, None)

    def named_insert(self, parts: Parts) -> Action:
        name, _, word, *logical, fact = parts
        return model.InsertAction(
            across(name, fact), _fact(fact, word), bool(logical), variable(name), name.span
        )

    def upsert(self, parts: Parts) -> Action:
        word, fact = parts
        return model.UpsertAction(across(word, fact), _fact(fact, word), None, None)

    def named_upsert(self, parts: Parts) -> Action:
        name, _, word, fact = parts
        return model.UpsertAction(across(name, fact), _fact(fact, word), variable(name), name.span)

    def modify(self, parts: Parts) -> Action:
        word, call = parts
        if not isinstance(call, tree.Call):
            refuse(
                "RE0305",
                "'modify' needs the fields to change",
                call.span,
                f"write 'modify {_short(call)}(field = value)'",
            )
        _check_fields(call, word.text)
        return model.ModifyAction(across(word, call), call.function, call.arguments)

    def retract(self, parts: Parts) -> Action:
        word, targets = parts
        return model.RetractAction(across(word, targets[-1]), tuple(_unbracketed(targets)))

    def assign(self, parts: Parts) -> Action:
        name, _, value = parts
        return model.AssignAction(across(name, value), variable(name), name.span, value)

    def emit(self, parts: Parts) -> Action:
        return model.EmitAction(across(parts[0], parts[1]), parts[1])

    def print_values(self, parts: Parts) -> Action:
        word, values = parts
        return model.PrintAction(across(word, values[-1]), tuple(_unbracketed(values)))

    def log(self, parts: Parts) -> Action:
        word, values = parts
        span = across(word, values[-1])
        values = _unbracketed(values)
        if len(values) != 2:
            refuse("RE0305", "'log' takes a level and a value", span, "write 'log \"info\", value'")
        return model.LogAction(span, *values)

    def focus(self, parts: Parts) -> Action:
        word, group = parts
        if not isinstance(group, tree.Constant) or not isinstance(group.value, str):
            refuse(
                "RE0305", "'focus' takes the name of a group", group.span, "write 'focus \"name\"'"
            )
        return model.FocusAction(across(word, group), group.value)

    def halt(self, parts: Parts) -> Action:
        return model.HaltAction(parts[0].span)

    def call_action(self, parts: Parts) -> Action:
        (call,) = parts
        if not isinstance(call, tree.Call):
            if isinstance(call, tree.Name) and call.name in terminals().keywords:
                hint = _OUT_OF_PLACE.get(call.name)
                refuse("RE0010", f"unexpected '{call.name}'", call.span, hint)
            if isinstance(call, tree.Binary) and call.operator == "//":
                refuse("RE0010", "a comment begins with '#'", call.span, "'//' divides")
            comparison = isinstance(call, tree.Compare) and isinstance(call.first, tree.Name)
            refuse(
                "RE0305",
                "a value alone is no action",
                call.span,
                "an assignment is written 'name := value'"
                if comparison
                else "call a function, or write 'emit', 'print' or 'name :=' before it",
            )
        return model.CallAction(call.span, call)

    # -- blocks --------------------------------------------------------------------------------

    def if_block(self, parts: Parts) -> Action:
        word, test, _, body, branches, *rest = parts
        otherwise = rest[2] if len(rest) > 1 else []
        return model.IfAction(
            across(word, test), ((test, tuple(body)), *branches), tuple(otherwise)
        )

    def elif_branch(self, parts: Parts) -> Any:
        branches, _, test, _, body = parts
        branches.append((test, tuple(body)))
        return branches

    def for_block(self, parts: Parts) -> Action:
        word, target, _, iterable, _, body, _ = parts
        return model.ForAction(
            across(word, iterable), variable(target), target.span, iterable, tuple(body)
        )


_OUT_OF_PLACE = {
    "else": "an 'else' belongs to an 'if', before its 'end'",
    "elif": "an 'elif' belongs to an 'if', before its 'end' and its 'else'",
    "then": "this rule has its 'then' already",
    "when": "the conditions stand before the 'then'",
}


def _fact(value: Expression, word: Lexeme) -> tree.Call:
    """The fact of an `insert` or `upsert`.

    Raises:
        RefusalError: it is not written `T(field = value, …)`.
    """
    if not isinstance(value, tree.Call) or not isinstance(value.function, tree.Name):
        refuse(
            "RE0305",
            f"'{word.text}' needs a fact",
            value.span,
            f"write '{word.text} {_short(value)}(field = value)'"
            if isinstance(value, tree.Name)
            else f"write '{word.text} Template(field = value)'",
        )
    _check_fields(value, word.text)
    return value


def _check_fields(call: tree.Call, word: str) -> None:
    """Refuse arguments that do not name a field."""
    for argument in call.arguments:
        value = argument.value
        if argument.binds:
            refuse("RE0305", f"':=' binds nothing in '{word}'", argument.span, "write '='")
        if argument.name is None:
            equals = (
                isinstance(value, tree.Compare)
                and value.rest[0][0] == "=="
                and isinstance(value.first, tree.Name)
            )
            refuse(
                "RE0305",
                f"an argument of '{word}' is written 'field = value'",
                argument.span,
                "'==' compares; write '=' to give the field a value" if equals else None,
            )


def _unbracketed(values: list[Expression]) -> list[Expression]:
    """The values of `print (a, b)`, which means what `print a, b` does."""
    if len(values) == 1 and isinstance(values[0], tree.TupleDisplay) and values[0].items:
        return list(values[0].items)
    return values


def _short(value: Expression) -> str:
    return value.name if isinstance(value, tree.Name) else "x"
