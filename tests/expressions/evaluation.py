"""Evaluating an expression from its text, with some parameters, functions and a clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from rete_engine.diagnostics.source import Source, Span
from rete_engine.expressions import tree
from rete_engine.expressions.calls import ExternalFunction
from rete_engine.expressions.frame import Context, Frame, Function, Limits, Node
from rete_engine.expressions.lowering import Scope, lower
from rete_engine.expressions.resolve import Names, resolve
from rete_engine.language.parser import parse_expression

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


class Place(Names):
    """A place where some parameters are known, and functions by their names."""

    allows_now = True

    def __init__(self, params: list[str], functions: dict[str, tree.FunctionRef]) -> None:
        self.params = params
        self.functions = functions
        self.locals: list[str] = []
        self.visible = 0  # how many of the locals are parameters of a function
        self.found: list[tuple[str, str]] = []

    def name(self, node: tree.Name) -> tree.Expression:
        if node.name in self.locals[: self.visible]:
            return tree.LocalRef(node.span, self.locals.index(node.name), node.name)
        if node.name in self.params:
            return tree.ParamRef(node.span, self.params.index(node.name), node.name)
        self.report("RE0102", f"unknown name '{node.name}'", node.span)
        return node

    def function(self, node: tree.Name) -> tree.FunctionRef | None:
        return self.functions.get(node.name)

    def local(self, name: str) -> int:
        self.locals.append(name)
        return len(self.locals) - 1

    def meaning(self, name: str) -> str | None:
        return "param" if name in self.params else None

    def report(self, code: str, message: str, span: Span, hint: str | None = None) -> None:
        self.found.append((code, message))


class Program:
    """Functions of the language and of the program, and parameters, to evaluate with."""

    def __init__(self, limits: Limits | None = None, **params: object) -> None:
        self.limits = limits or Limits()
        self.params = params
        self.refs: dict[str, tree.FunctionRef] = {}
        self.functions: list[Function] = []
        self.externals: list[Callable[..., object]] = []

    def function(self, name: str, parameters: list[str], body: str) -> None:
        """Add a function written in the language; it may call itself."""
        self._refer(name, "language", len(self.functions))
        place = Place(list(self.params), self.refs)
        place.locals.extend(parameters)
        place.visible = len(parameters)
        node = lower(self._resolved(body, place), Scope())
        self.functions.append(Function(name, len(parameters), len(place.locals), node))

    def external(self, name: str, call: Callable[..., object]) -> None:
        """Add a function of the program."""
        self._refer(name, "external", len(self.externals))
        self.externals.append(call)

    def _refer(self, name: str, kind: Any, index: int) -> None:
        span = Span(Source("<test>", ""), 1, 1, 1, 1)
        self.refs[name] = tree.FunctionRef(span, kind, index, name)

    def _resolved(self, text: str, place: Place) -> tree.Expression:
        parsed, diagnostics = parse_expression(Source("<test>", text))
        assert parsed is not None, diagnostics
        resolved = resolve(parsed, place)
        assert not place.found, place.found
        return resolved

    def node(self, text: str) -> Node:
        """The evaluator of an expression."""
        return lower(self._resolved(text, Place(list(self.params), self.refs)), Scope())

    def frame(self) -> Frame:
        """A frame to evaluate in."""
        context = Context(
            self.limits,
            tuple(self.params.values()),
            tuple(self.functions),
            tuple(ExternalFunction(function) for function in self.externals),
            lambda: NOW,
            20,
        )
        frame = Frame(context, 20)
        frame.overlay = {}  # as in an action, which may read facts by any way
        return frame

    def value(self, text: str) -> Any:
        """The value of an expression, which `holds` agrees with."""
        node = self.node(text)
        value = node.evaluate(self.frame())
        assert node.holds(self.frame()) is bool(value)
        return value


def value(text: str, **params: object) -> Any:
    """The value of an expression over some parameters."""
    return Program(None, **params).value(text)


def problems(text: str, **params: object) -> list[str]:
    """The codes that resolving an expression reports."""
    place = Place(list(params), {})
    parsed, diagnostics = parse_expression(Source("<test>", text))
    if parsed is None:
        return [diagnostic.code for diagnostic in diagnostics]
    resolve(parsed, place)
    return [code for code, _ in place.found]
