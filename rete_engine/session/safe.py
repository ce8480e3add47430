"""Safe expressions: the language's own, over values that a program hands in by name.

What cannot be said in the language cannot be said here: an expression is a tree of its nodes,
and evaluating one is bounded by `Limits`. Values are copied on their way in and out.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from rete_engine.diagnostics.diagnostic import Diagnostic, did_you_mean
from rete_engine.diagnostics.errors import RuleSyntaxError, SecurityError
from rete_engine.diagnostics.source import Source, Span
from rete_engine.expressions import tree
from rete_engine.expressions.errors import EvaluationError, Misfit
from rete_engine.expressions.frame import Context, Frame, Limits
from rete_engine.expressions.lowering import Scope, lower
from rete_engine.expressions.resolve import Names, resolve
from rete_engine.expressions.storing import DEEPEST, store
from rete_engine.expressions.storing import plain as exact
from rete_engine.expressions.types import ANY
from rete_engine.expressions.values import export
from rete_engine.language.parser import parse_expression
from rete_engine.language.reader import make_source

#: The longest text of an expression, in characters.
LONGEST = 100_000


class ExpressionError(SecurityError, ValueError):
    """An expression that is wrong, or cannot be evaluated.

    Attributes:
        diagnostics: What is wrong with its text; empty for one that failed when evaluated.
    """

    def __init__(self, message: str, diagnostics: Sequence[Diagnostic] = ()) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__(message)


class Expression:
    """An expression, read once and evaluated many times, in any number of threads.

    Args:
        text: The expression.
        names: The names that it may read; None for any.
        limits: Bounds on each evaluation.

    Raises:
        ExpressionError: The text is no expression of the language, or reads other names.

    Example:
        >>> large = Expression("fact.get('total', 0) > limit", ["fact", "limit"])
        >>> large({"total": 250}, 100), large({}, 100)
        (True, False)
    """

    def __init__(
        self, text: str, names: Iterable[str] | None = None, limits: Limits | None = None
    ) -> None:
        if not isinstance(text, str):
            raise ExpressionError(f"Expression must be a string, not {type(text).__name__}")
        if not text.strip():
            raise ExpressionError("Expression cannot be empty")
        if len(text) > LONGEST:
            raise ExpressionError(f"an expression has at most {LONGEST} characters")
        try:
            source = make_source(text, "<expression>")
        except RuleSyntaxError as error:
            raise _wrong(error.diagnostics) from None
        parsed, found = parse_expression(source)
        if parsed is None:
            raise _wrong(found)
        self._set(source, parsed, names, limits)

    @classmethod
    def of_tree(cls, parsed: tree.Expression, names: Iterable[str]) -> Expression:
        """The expression of a tree that was parsed before."""
        made = cls.__new__(cls)
        made._set(parsed.span.source, parsed, names, None)
        return made

    def _set(
        self,
        source: Source,
        parsed: tree.Expression,
        names: Iterable[str] | None,
        limits: Limits | None,
    ) -> None:
        place = _Names(None if names is None else list(names))
        resolved = resolve(parsed, place)
        if place.found:
            raise _wrong(place.found)
        self.source = source
        self.tree = parsed
        self.names = tuple(place.params)
        self._locals = place.locals
        self._limits = limits or Limits()
        self._node = lower(resolved, Scope())

    @property
    def text(self) -> str:
        """The expression as it is written."""
        return self.tree.span.text

    def __call__(self, *values: object) -> Any:
        """The value of the expression over the values of its names, in their order.

        Raises:
            ExpressionError: A value is none that the language knows, or evaluating it fails.
            SecurityError: It is over a limit.
        """
        if len(values) != len(self.names):
            raise TypeError(f"expected values for {', '.join(self.names) or 'no names'}")
        stored: list[object] = []
        for name, value in zip(self.names, values, strict=True):
            try:
                stored.append(store(plain(value), ANY, self._limits))
            except Misfit as misfit:
                raise ExpressionError(f"'{name}': {misfit}") from None
        context = Context(self._limits, tuple(stored), (), (), _now, self._locals)
        try:
            return export(self._node.evaluate(Frame(context, self._locals)))
        except EvaluationError as error:
            raise ExpressionError(f"'{_shown(self.text)}' failed: {error}") from error

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"


class _Names(Names):
    """The names of an expression: those that are given, or any, and built-in functions."""

    allows_now = True

    def __init__(self, known: list[str] | None) -> None:
        self.known = known
        self.params: list[str] = known or []
        self.locals = 0
        self.found: list[Diagnostic] = []

    def name(self, node: tree.Name) -> tree.Expression:
        if node.name not in self.params:
            if self.known is not None:
                hint = did_you_mean(node.name, self.known)
                self.report("RE0102", f"unknown name '{node.name}'", node.span, hint)
                return node
            self.params.append(node.name)
        return tree.ParamRef(node.span, self.params.index(node.name), node.name)

    def local(self, name: str) -> int:
        self.locals += 1
        return self.locals - 1

    def report(self, code: str, message: str, span: Span, hint: str | None = None) -> None:
        self.found.append(Diagnostic(code, message, span, hint))


def safe_eval(
    expression: str, names: Mapping[str, object] | None = None, *, limits: Limits | None = None
) -> Any:
    """The value of an expression of the rule language over some named values.

    Args:
        expression: The text; Python's syntax, without what leads out of it.
        names: The values that it may read.
        limits: Bounds on the evaluation.

    Raises:
        ExpressionError: The expression is wrong or cannot be evaluated; it is a `SecurityError`
            and a `ValueError`.
        SecurityError: The evaluation is over a limit.

    Example:
        >>> safe_eval("fact.get('amount', 0) * 2", {"fact": {"amount": 21}})
        42
    """
    given = {} if names is None else dict(names)
    return Expression(expression, given, limits)(*given.values())


def validate_expression(expression: str, names: Iterable[str] | None = None) -> bool:
    """Whether a text is an expression of the rule language. It is not evaluated.

    Args:
        expression: The text.
        names: The names that it may read; None for any.

    Example:
        >>> validate_expression("fact['opened_at'] > 5"), validate_expression("open('x')")
        (True, False)
    """
    try:
        Expression(expression, names)
    except ExpressionError:
        return False
    return True


def plain(value: object, depth: int = 0) -> object:
    """A value as the language knows it: objects with fields are dicts of them.

    What the language has no counterpart for stays as it is, and is refused when it is stored.
    """
    if value is None or type(value) in (str, int, float, bool):
        return value
    if depth > DEEPEST:
        return value  # refused when it is stored
    if isinstance(value, Mapping):
        return {plain(key, depth + 1): plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item, depth + 1) for item in value]
    if isinstance(value, tuple):
        return tuple(plain(item, depth + 1) for item in value)
    try:
        return exact(value)
    except Misfit:
        fields = fields_of(value)
    if fields is None:
        return value
    return {name: plain(item, depth + 1) for name, item in fields.items()}


def fields_of(value: object) -> dict[str, object] | None:
    """The public fields of an object of a class that a program wrote; None for other values."""
    if callable(value):
        return None
    if dataclasses.is_dataclass(value):
        names: Iterable[str] = [field.name for field in dataclasses.fields(value)]
    elif isinstance(models := getattr(type(value), "model_fields", None), dict):
        names = models
    elif hasattr(value, "__dict__"):
        names = vars(value)
    else:
        return None
    return {name: getattr(value, name) for name in names if not name.startswith("_")}


def _wrong(found: Sequence[Diagnostic]) -> ExpressionError:
    return ExpressionError("\n\n".join(str(diagnostic) for diagnostic in found), found)


def _shown(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 60 else text[:57] + "…"


def _now() -> datetime:
    return datetime.now(UTC)
