"""From a tree as it was parsed to a resolved one: every name is a leaf that says what it means.

What a bare name means depends on the place (a pattern, an action, a function); the compiler
answers through `Names`. The rest is settled here: the variables of comprehensions, calls of
built-in functions and methods, and what may not stand in an expression at all.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from rete_engine.diagnostics.source import Span
from rete_engine.expressions import tree
from rete_engine.expressions.errors import EvaluationError
from rete_engine.expressions.formats import problem_with_format
from rete_engine.expressions.frame import Context, Frame, Limits
from rete_engine.expressions.lowering import Scope, lower
from rete_engine.expressions.patterns import problem_with_pattern
from rete_engine.expressions.signatures import BUILTINS, METHODS


class Names:
    """What names mean at one place of a rule text; the compiler extends it."""

    #: Whether `now()` may be called here: in actions and facts blocks, not in conditions.
    allows_now: bool = False

    def name(self, node: tree.Name) -> tree.Expression:
        """The leaf for a bare name: a `FieldRef`, `SlotRef`, `ParamRef` or `LocalRef`.

        For an unknown name: report it and return the node as it is.
        """
        raise NotImplementedError

    def attribute(self, target: tree.Expression, node: tree.Attribute) -> tree.Expression | None:
        """What `target.name` means where the target (resolved) has fields known beforehand.

        A `FieldRef` for a field of a fact in a slot; None to read the attribute by its name
        when the expression is evaluated. An unknown field is reported, the node returned.
        """
        return None

    def function(self, node: tree.Name) -> tree.FunctionRef | None:
        """The declared function of that name; None for any other name, built-in ones too."""
        return None

    def parameters(self, function: tree.FunctionRef) -> tuple[str, ...] | None:
        """The names of a declared function's parameters; None where nobody knows them."""
        return None

    def misplaced_pattern(self, node: tree.Call, name: tree.Name) -> bool:
        """Whether a call is a pattern that stands where a value belongs; it is then reported."""
        return False

    def misplaced_accumulate(self, node: tree.Call, name: tree.Name) -> bool:
        """Whether a call is an accumulate where a value belongs; it is then reported."""
        return False

    def unknown_function(self, node: tree.Call, name: tree.Name) -> None:
        """Report the call of a name that is neither a declared nor a built-in function."""
        self.report(
            "RE0103",
            f"unknown function '{name.name}'",
            name.span,
            suggestion(name.name, BUILTINS),
        )

    def signature(self, function: tree.FunctionRef) -> str | None:
        """A hint that tells how a declared function is called."""
        return None

    def local(self, name: str) -> int:
        """A new local variable's number, for the target of a comprehension."""
        raise NotImplementedError

    def meaning(self, name: str) -> str | None:
        """What a name already is here ("field", "variable", "param"); None for a free name."""
        return None

    def report(self, code: str, message: str, span: Span, hint: str | None = None) -> None:
        """Take up an error."""
        raise NotImplementedError


def resolve(node: tree.Expression, names: Names) -> tree.Expression:
    """The tree with all names resolved; what is wrong with it goes to `names.report`."""
    return _Resolver(names).expression(node)


def in_places(
    arguments: tuple[tree.Argument, ...], parameters: tuple[str, ...]
) -> tuple[tuple[tree.Argument, ...], str | None]:
    """The arguments in the order of the parameters, or what is wrong with them."""
    placed: dict[str, tree.Argument] = {}
    problem = None
    for position, argument in enumerate(arguments):
        if argument.name is None:
            name = parameters[position] if position < len(parameters) else None
        else:
            name = argument.name
        if name is None:
            continue  # too many: counted below
        if name not in parameters:
            problem = f"takes no argument '{name}'"
        elif name in placed:
            problem = f"gets '{name}' twice"
        placed[name] = replace(argument, name=None, name_span=None)
    if problem is None and (len(arguments), len(placed)) != (len(parameters),) * 2:
        wanted = len(parameters)
        plural = "" if wanted == 1 else "s"
        problem = f"takes {wanted or 'no'} argument{plural}, not {len(arguments)}"
    if problem is not None:
        return (), problem
    return tuple(placed[name] for name in parameters), None


def suggestion(name: str, known: Iterable[str]) -> str | None:
    """A hint for a name that nobody knows, where a known one is near."""
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"did you mean '{near[0]}'?" if near else None


_CONDITIONS: dict[type[tree.Expression], str] = {
    tree.Bind: "a binding ':='",
    tree.TestForm: "'test'",
    tree.ForForm: "'for … in …'",
    tree.ExistsForm: "'exists'",
    tree.ForallForm: "'forall'",
    tree.AccumulateForm: "'… for pattern'",
}


#: Methods of Python's collections that change them.
_CHANGING = frozenset(
    {
        "add", "append", "clear", "discard", "extend", "insert", "pop", "popitem", "remove",
        "reverse", "setdefault", "sort", "update",
    }
)  # fmt: skip


#: Functions by which values are written that have no literal: one is made once, not at each look.
_WRITTEN = frozenset({"date", "datetime", "decimal", "duration"})


def constant(resolved: tree.Expression, locals: int) -> object:
    """The value of a resolved expression that has no leaves but constants.

    Raises:
        EvaluationError: It has no value.
        SecurityError: It is over a limit.
    """
    context = Context(Limits(), (), (), (), _no_clock, locals)
    return lower(resolved, Scope()).evaluate(Frame(context, locals))


def _no_clock() -> datetime:
    raise AssertionError("`now()` is refused before it could ask")


class _Resolver:
    """One resolution under way; it knows the variables of the comprehensions around."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.scopes: list[dict[str, tree.LocalRef]] = []

    def expression(self, node: tree.Expression) -> tree.Expression:
        visit = self.expression
        match node:
            case tree.Constant():
                return node
            case tree.Name():
                return self._name(node)
            case tree.Attribute():
                return self._attribute(node)
            case tree.Call():
                return self._call(node)
            case tree.Compare():
                return self._compare(node)
            case tree.Comprehension():
                return self._comprehension(node)
            case tree.FormattedString():
                return self._formatted(node)
            case tree.ListDisplay() | tree.TupleDisplay() | tree.SetDisplay():
                return replace(node, items=tuple(visit(item) for item in node.items))
            case tree.DictDisplay():
                pairs = tuple((visit(key), visit(value)) for key, value in node.items)
                return replace(node, items=pairs)
            case tree.Index():
                return replace(node, target=visit(node.target), index=visit(node.index))
            case tree.Slice():
                return replace(
                    node,
                    target=visit(node.target),
                    start=visit(node.start) if node.start else None,
                    stop=visit(node.stop) if node.stop else None,
                )
            case tree.Unary() | tree.Not():
                return replace(node, operand=visit(node.operand))
            case tree.Binary():
                return replace(node, left=visit(node.left), right=visit(node.right))
            case tree.And() | tree.Or():
                return replace(node, operands=tuple(visit(item) for item in node.operands))
            case tree.Conditional():
                return replace(
                    node,
                    test=visit(node.test),
                    then=visit(node.then),
                    otherwise=visit(node.otherwise),
                )
        if type(node) in _CONDITIONS:
            self.names.report(
                "RE0301",
                f"{_CONDITIONS[type(node)]} is a condition and cannot stand where a value belongs",
                node.span,
                "make it a condition on a line of its own",
            )
        return node  # the leaves of a tree that was resolved before

    def _name(self, node: tree.Name) -> tree.Expression:
        for scope in reversed(self.scopes):
            if node.name in scope:
                return replace(scope[node.name], span=node.span)
        if self._forbidden(node.name, node.span):
            return node
        return self.names.name(node)

    def _forbidden(self, name: str, span: Span) -> bool:
        if not name.startswith("_"):
            return False
        self.names.report(
            "RE0108", f"'{name}': names that begin with '_' are no part of the language", span
        )
        return True

    def _attribute(self, node: tree.Attribute) -> tree.Expression:
        resolved = replace(node, target=self.expression(node.target))
        if self._forbidden(node.name, node.name_span):
            return resolved
        return self.names.attribute(resolved.target, resolved) or resolved

    # -- calls -----------------------------------------------------------------------------

    def _call(self, node: tree.Call) -> tree.Expression:
        if isinstance(node.function, tree.Name) and (
            self.names.misplaced_pattern(node, node.function)
            or self.names.misplaced_accumulate(node, node.function)
        ):
            return node  # its arguments are conditions: names mean something else in them
        for argument in node.arguments:
            if argument.binds:
                self.names.report(
                    "RE0301",
                    "':=' binds in patterns only, not in the call of a function",
                    argument.span,
                )
        arguments = tuple(
            replace(argument, value=self.expression(argument.value), binds=False)
            for argument in node.arguments
        )
        called = replace(node, arguments=arguments)
        if isinstance(node.function, tree.Attribute):
            return self._method(called, node.function)
        if not isinstance(node.function, tree.Name):
            self.names.report("RE0103", "only functions can be called", node.function.span)
            return called
        return self._function(called, node.function)

    def _function(self, node: tree.Call, name: tree.Name) -> tree.Expression:
        if self._forbidden(name.name, name.span):
            return node
        declared = self.names.function(name)
        if declared is not None:
            return self._declared(replace(node, function=declared), declared)
        signature = BUILTINS.get(name.name)
        if signature is None:
            self.names.unknown_function(node, name)
            return node
        if name.name == "dict" and node.arguments and all(a.name for a in node.arguments):
            return tree.DictDisplay(
                node.span,
                tuple(
                    (tree.Constant(a.name_span or a.span, a.name), a.value) for a in node.arguments
                ),
            )
        if name.name == "now" and not self.names.allows_now:
            self.names.report(
                "RE0302",
                "now() belongs to actions and facts blocks: a condition would not notice"
                " the time passing",
                node.span,
                "keep the time in a fact and compare with its field",
            )
        problem = signature.problem(*_shape(node))
        self._check(node, f"'{name.name}'", [problem])
        called = replace(node, function=tree.FunctionRef(name.span, "builtin", 0, name.name))
        written = name.name in _WRITTEN and all(
            isinstance(argument.value, tree.Constant) for argument in node.arguments
        )
        return self._constant(called) if written and problem is None else called

    def _constant(self, call: tree.Call) -> tree.Expression:
        """The value of a call that writes it out, such as `date("2026-01-31")`."""
        try:
            return tree.Constant(call.span, constant(call, 0))
        except EvaluationError as error:
            self.names.report("RE0205", str(error), call.span)
            return call

    def _declared(self, node: tree.Call, function: tree.FunctionRef) -> tree.Expression:
        """Put the arguments of a declared function in the order of its parameters."""
        parameters = self.names.parameters(function)
        if parameters is None:
            return node
        arguments, problem = in_places(node.arguments, parameters)
        if problem is not None:
            hint = self.names.signature(function)
            self.names.report("RE0203", f"'{function.name}' {problem}", node.span, hint)
            return node
        return replace(node, arguments=arguments)

    def _method(self, node: tree.Call, method: tree.Attribute) -> tree.Expression:
        target = self.expression(method.target)
        node = replace(node, function=replace(method, target=target))
        if self._forbidden(method.name, method.name_span):
            return node
        signatures = [
            methods[method.name] for methods in METHODS.values() if method.name in methods
        ]
        if not signatures:
            known = sorted({name for methods in METHODS.values() for name in methods})
            self.names.report(
                "RE0103",
                f"unknown method '{method.name}'",
                method.name_span,
                "no method changes its value: make a new one"
                if method.name in _CHANGING
                else suggestion(method.name, known),
            )
            return node
        self._check(node, f"'.{method.name}'", [each.problem(*_shape(node)) for each in signatures])
        return node

    def _check(self, node: tree.Call, name: str, problems: list[str | None]) -> None:
        """Report a call when none of the signatures it could mean takes its arguments."""
        if None not in problems:
            self.names.report("RE0203", f"{name} {problems[0]}", node.span)

    # -- comparisons and f-strings ---------------------------------------------------------

    def _compare(self, node: tree.Compare) -> tree.Expression:
        rest = tuple((operator, self.expression(right)) for operator, right in node.rest)
        for operator, right in rest:
            constant = right.value if isinstance(right, tree.Constant) else ...
            is_known = not isinstance(right, tree.Name)  # else that was reported
            if operator in ("is", "is not") and constant is not None and is_known:
                equality = "==" if operator == "is" else "!="
                self.names.report(
                    "RE0202",
                    f"'{operator}' compares with none only",
                    right.span,
                    f"write '{equality}'",
                )
            elif operator == "matches" and isinstance(right, tree.Constant):
                self._pattern(right)
        return tree.Compare(node.span, self.expression(node.first), rest)

    def _pattern(self, node: tree.Constant) -> None:
        if not isinstance(node.value, str):
            self.names.report("RE0202", "'matches' needs a regex in a string", node.span)
            return
        problem = problem_with_pattern(node.value)
        if problem is not None:
            self.names.report("RE0015", f"not a usable regex: {problem}", node.span)

    def _formatted(self, node: tree.FormattedString) -> tree.Expression:
        parts: list[tree.Constant | tree.FormattedValue] = []
        for part in node.parts:
            if isinstance(part, tree.FormattedValue):
                part = replace(part, value=self.expression(part.value))
                problem = problem_with_format(part.format) if part.format else None
                if problem is not None:
                    self.names.report("RE0015", problem, part.span)
            parts.append(part)
        return replace(node, parts=tuple(parts))

    # -- comprehensions --------------------------------------------------------------------

    def _comprehension(self, node: tree.Comprehension) -> tree.Expression:
        clauses: list[tree.Clause] = []
        for clause in node.clauses:
            iterable = self.expression(clause.iterable)
            self.scopes.append(self._targets(clause))
            conditions = tuple(self.expression(condition) for condition in clause.conditions)
            clauses.append(replace(clause, iterable=iterable, conditions=conditions))
        element = self.expression(node.element)
        value = self.expression(node.value) if node.value else None
        targets = self.scopes[len(self.scopes) - len(clauses) :]
        del self.scopes[len(self.scopes) - len(clauses) :]
        return tree.Comprehension(
            node.span,
            node.kind,
            element,
            value,
            tuple(
                replace(clause, locals=tuple(scope[name].index for name in clause.targets))
                for clause, scope in zip(clauses, targets, strict=True)
            ),
        )

    def _targets(self, clause: tree.Clause) -> dict[str, tree.LocalRef]:
        scope: dict[str, tree.LocalRef] = {}
        for name in clause.targets:
            if name != "_":
                self._free(name, clause, scope)
            scope[name] = tree.LocalRef(clause.span, self.names.local(name), name)
        return scope

    def _free(self, name: str, clause: tree.Clause, scope: dict[str, tree.LocalRef]) -> None:
        """Report a target whose name already means something: readers would mistake it."""
        if self._forbidden(name, clause.span):
            return
        if name in scope or any(name in outer for outer in self.scopes):
            meaning: str | None = "variable"
        else:
            meaning = self.names.meaning(name)
        if meaning == "field":
            self.names.report(
                "RE0106",
                f"'{name}' is a field here and cannot be a comprehension's variable too",
                clause.span,
                "choose another name for the variable",
            )
        elif meaning is not None:
            self.names.report(
                "RE0107",
                f"'{name}' is a {meaning} already",
                clause.span,
                "choose another name for the comprehension's variable",
            )


def _shape(node: tree.Call) -> tuple[int, list[str]]:
    names = [argument.name for argument in node.arguments if argument.name is not None]
    return len(node.arguments) - len(names), names
