"""From a resolved tree to its evaluator.

Constants are folded where that cannot fail late: a list of literals becomes one constant, and
`x in ("a", "b")` looks into a hash table. An expression that can loop, call or compute large
things is wrapped in `Metered`, which gives it a full budget; one that only reads and compares
pays nothing for budgets.
"""

from __future__ import annotations

from typing import assert_never

from rete_engine.expressions import tree
from rete_engine.expressions.calls import (
    CallBuiltin,
    CallExternal,
    CallFunction,
    CallMethod,
    CallQuery,
    Convert,
    NotGiven,
)
from rete_engine.expressions.comparisons import (
    Equal,
    Greater,
    GreaterEqual,
    IsNone,
    Less,
    LessEqual,
    NotEqual,
)
from rete_engine.expressions.comprehensions import AllOf, AnyOf, DictOf, ListOf, Loop, SetOf
from rete_engine.expressions.displays import (
    DictDisplay,
    FormattedPart,
    FormattedString,
    ListDisplay,
    SetDisplay,
    TupleDisplay,
)
from rete_engine.expressions.equality import is_nan
from rete_engine.expressions.frame import Node
from rete_engine.expressions.logic import And, Conditional, Metered, Not, Or
from rete_engine.expressions.membership import Chain, In, InConstants, Matches, NotIn
from rete_engine.expressions.operators import (
    Add,
    Divide,
    FloorDivide,
    Modulo,
    Multiply,
    Negative,
    Positive,
    Power,
    Subtract,
)
from rete_engine.expressions.parts import ReadAttribute, ReadIndex, ReadSlice
from rete_engine.expressions.reads import Constant, Local, Param
from rete_engine.expressions.signatures import BUILTINS, METHODS, Signature
from rete_engine.expressions.storing import is_hashable


class Scope:
    """What the leaves of a tree become at one place of the network; the compiler extends it.

    Parameters and local variables are the same everywhere and are not asked for.
    """

    def field(self, slot: int, index: int, name: str) -> Node:
        """The reader of a `FieldRef`: one of the nodes in `reads`.

        A negative index means a further field of an open template, read by its name.
        """
        raise NotImplementedError

    def item(self, slot: int, name: str) -> Node:
        """The reader of a `SlotRef`: the fact of a slot, or its computed value."""
        raise NotImplementedError


def lower(node: tree.Expression, scope: Scope) -> Node:
    """The evaluator of a resolved tree.

    It keeps to the limits of the frame's context and may be shared between rules and sessions.
    Bodies of functions are lowered in the same way.
    """
    lowering = _Lowering(scope)
    root = lowering.expression(node)
    return Metered(root) if lowering.spends else root


class _Lowering:
    """One lowering under way; it knows whether the tree can spend, and whether it is in a loop."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.spends = False
        self.loops = 0

    def expression(self, node: tree.Expression) -> Node:
        match node:
            case tree.Constant():
                return Constant(node.value)
            case tree.FieldRef():
                return self.scope.field(node.slot, node.index, node.name)
            case tree.SlotRef():
                return self.scope.item(node.slot, node.name)
            case tree.ParamRef():
                return Param(node.index)
            case tree.LocalRef():
                return Local(node.index)
            case tree.Compare():
                return self._compare(node)
            case tree.And():
                return And(self._all(node.operands))
            case tree.Or():
                return Or(self._all(node.operands))
            case tree.Not():
                return Not(self.expression(node.operand))
            case tree.Conditional():
                return Conditional(
                    self.expression(node.test),
                    self.expression(node.then),
                    self.expression(node.otherwise),
                )
            case tree.Unary():
                return self._unary(node)
            case tree.Attribute():
                return ReadAttribute(self.expression(node.target), node.name, node.optional)
            case tree.Index():
                return ReadIndex(self.expression(node.target), self.expression(node.index))
            case tree.ListDisplay() | tree.TupleDisplay() | tree.SetDisplay():
                return self._display(node)
        # From here on, what may spend.
        self.spends = True
        match node:
            case tree.Binary():
                return self._binary(node)
            case tree.Slice():
                return ReadSlice(
                    self.expression(node.target),
                    self.expression(node.start) if node.start else None,
                    self.expression(node.stop) if node.stop else None,
                )
            case tree.Call():
                return self._call(node)
            case tree.Converted():
                return Convert(self.expression(node.value), node.type, node.what)
            case tree.Comprehension():
                return self._comprehension(node)
            case tree.FormattedString():
                return self._formatted(node)
            case tree.DictDisplay():
                return DictDisplay(
                    [self.expression(key) for key, _ in node.items],
                    [self.expression(value) for _, value in node.items],
                )
        raise TypeError(f"not a resolved expression: {node!r}")

    def _all(self, nodes: tuple[tree.Expression, ...]) -> list[Node]:
        return [self.expression(node) for node in nodes]

    def _unary(self, node: tree.Unary) -> Node:
        operand = self.expression(node.operand)
        match node.operator:
            case "-":
                # A negative number is a literal to its reader: `salience -10`.
                if isinstance(operand, Constant) and type(operand.value) in (int, float):
                    return Constant(-operand.value)  # type: ignore[operator]
                return Negative(operand)
            case "+":
                return Positive(operand)
            case _:
                assert_never(node.operator)

    def _binary(self, node: tree.Binary) -> Node:
        left, right = self.expression(node.left), self.expression(node.right)
        match node.operator:
            case "+":
                return Add(left, right)
            case "-":
                return Subtract(left, right)
            case "*":
                return Multiply(left, right)
            case "/":
                return Divide(left, right)
            case "//":
                return FloorDivide(left, right)
            case "%":
                return Modulo(left, right)
            case "**":
                return Power(left, right)
            case _:
                assert_never(node.operator)

    # -- comparisons -----------------------------------------------------------------------

    def _compare(self, node: tree.Compare) -> Node:
        if len(node.rest) > 1:
            self.spends = True
            operands = [self.expression(node.first)]
            operands.extend([self.expression(right) for _, right in node.rest])
            return Chain(operands, [operator for operator, _ in node.rest])
        operator, other = node.rest[0]
        left, right = self.expression(node.first), self.expression(other)
        charged = self.loops > 0
        match operator:
            case "==":
                return Equal(left, right, charged)
            case "!=":
                return NotEqual(left, right, charged)
            case "<":
                return Less(left, right, charged)
            case "<=":
                return LessEqual(left, right, charged)
            case ">":
                return Greater(left, right, charged)
            case ">=":
                return GreaterEqual(left, right, charged)
            case "in" | "not in":
                return _membership(left, right, operator == "not in", charged)
            case "is" | "is not":
                return IsNone(left, operator == "is not")
            case "matches":
                self.spends = True
                constant = right.value if isinstance(right, Constant) else None
                return Matches(left, right, constant if isinstance(constant, str) else None)
            case _:
                assert_never(operator)

    # -- calls -----------------------------------------------------------------------------

    def _call(self, node: tree.Call) -> Node:
        function = node.function
        if isinstance(function, tree.Attribute):
            signature = next(
                methods[function.name] for methods in METHODS.values() if function.name in methods
            )
            target = self.expression(function.target)
            arguments = self._arguments(node, signature)
            return CallMethod(target, function.name, function.optional, arguments)
        if not isinstance(function, tree.FunctionRef):
            raise TypeError(f"the call of an unresolved function: {node!r}")
        match function.kind:
            case "builtin":
                if function.name in ("any", "all"):
                    return self._quantified(node, function.name)
                arguments = self._arguments(node, BUILTINS[function.name])
                return CallBuiltin(function.name, arguments)
            case "language":
                return CallFunction(
                    function.index, [self.expression(each.value) for each in node.arguments]
                )
            case "query":
                return CallQuery(
                    function.index,
                    function.name,
                    [self.expression(each.value) for each in node.arguments],
                )
            case "external":
                return CallExternal(
                    function.index,
                    function.name,
                    [self.expression(each.value) for each in node.arguments],
                    function.result,
                )
            case _:
                assert_never(function.kind)

    def _arguments(self, node: tree.Call, signature: Signature) -> list[Node]:
        """The arguments as the function's signature lays them out."""
        positional = [each.value for each in node.arguments if each.name is None]
        named = {each.name: each.value for each in node.arguments if each.name is not None}
        nodes: list[Node] = []
        for name in signature.keywords:
            nodes.append(self.expression(named[name]) if name in named else NotGiven())
        for position, name in enumerate(signature.positional):
            if position < len(positional):
                nodes.append(self.expression(positional[position]))
            else:
                nodes.append(self.expression(named[name]) if name in named else NotGiven())
        for value in positional[len(signature.positional) :]:
            nodes.append(self.expression(value))
        return nodes

    def _quantified(self, node: tree.Call, name: str) -> Node:
        """`any` and `all`; of a generator, they stop at the first element that decides."""
        argument = node.arguments[0].value
        if isinstance(argument, tree.Comprehension) and argument.kind == "generator":
            loops, element, _ = self._loops(argument)
            return AnyOf(loops, element) if name == "any" else AllOf(loops, element)
        return CallBuiltin(name, [self.expression(argument)])

    # -- collections and f-strings ---------------------------------------------------------

    def _comprehension(self, node: tree.Comprehension) -> Node:
        loops, element, value = self._loops(node)
        match node.kind:
            case "list" | "generator":
                return ListOf(loops, element)
            case "set":
                return SetOf(loops, element)
            case "dict":
                return DictOf(loops, element, value or Constant(None))
            case _:
                assert_never(node.kind)

    def _loops(self, node: tree.Comprehension) -> tuple[list[Loop], Node, Node | None]:
        loops: list[Loop] = []
        for clause in node.clauses:
            iterable = self.expression(clause.iterable)
            self.loops += 1
            conditions = self._all(clause.conditions)
            loops.append(Loop(list(clause.locals), iterable, conditions))
        element = self.expression(node.element)
        value = self.expression(node.value) if node.value else None
        self.loops -= len(node.clauses)
        return loops, element, value

    def _display(self, node: tree.ListDisplay | tree.TupleDisplay | tree.SetDisplay) -> Node:
        items = self._all(node.items)
        constants = [item.value for item in items if isinstance(item, Constant)]
        if len(constants) == len(items):
            # No expression can change a value, so one list serves every evaluation.
            match node:
                case tree.ListDisplay():
                    return Constant(constants)
                case tree.TupleDisplay():
                    return Constant(tuple(constants))
                case tree.SetDisplay():
                    if all(is_hashable(value) for value in constants):
                        return Constant(set(constants))
        self.spends = True
        match node:
            case tree.ListDisplay():
                return ListDisplay(items)
            case tree.TupleDisplay():
                return TupleDisplay(items)
            case tree.SetDisplay():
                return SetDisplay(items)
            case _:
                assert_never(node)

    def _formatted(self, node: tree.FormattedString) -> Node:
        parts: list[Node] = []
        for part in node.parts:
            if isinstance(part, tree.Constant):
                parts.append(Constant(part.value))
            else:
                parts.append(
                    FormattedPart(
                        self.expression(part.value), part.conversion or "", part.format or ""
                    )
                )
        return FormattedString(parts)


def _membership(left: Node, right: Node, negated: bool, charged: bool) -> Node:
    """`in` and `not in`; a look into a hash table where the elements are constant scalars."""
    if isinstance(right, Constant) and isinstance(right.value, (list, tuple, set)):
        values = list(right.value)
        if not any(isinstance(value, (list, tuple, dict, set)) for value in values):
            known = frozenset(value for value in values if not is_nan(value))
            return InConstants(left, known, negated)
    return NotIn(left, right, charged) if negated else In(left, right, charged)
