"""A small tree-walking evaluator: plain Python with the laws of `values`."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from rete_engine.expressions import tree
from tests.reference.values import Answer, Fact, MisfitError, contains, equal, in_order, less

Lookup = Callable[[str], object]
Read = Callable[[Fact, str], object]
Function = Callable[..., object]


def read_live(fact: Fact, name: str) -> object:
    """A field's present value; a further field that is missing reads none."""
    return fact.values.get(name)


def iterate(value: object) -> list[Any]:
    """The elements of a collection in the language's order."""
    if isinstance(value, (list, tuple, dict)):
        return list(value)
    if isinstance(value, set):
        return in_order(value)
    raise MisfitError(f"cannot go through {value!r}")


def combine(operator: str, a: Any, b: Any) -> object:
    """Arithmetic on numbers; `+` on texts and lists."""
    numbers = isinstance(a, (int, float)) and isinstance(b, (int, float))
    if not numbers and not (operator == "+" and type(a) is type(b) and isinstance(a, (str, list))):
        raise MisfitError(f"{a!r} {operator} {b!r}")
    try:
        match operator:
            case "+":
                return a + b
            case "-":
                return a - b
            case "*":
                return a * b
            case "/":
                return a / b
            case "//":
                return a // b
            case "%":
                return a % b
    except ZeroDivisionError:
        raise MisfitError("division by zero") from None
    raise NotImplementedError(operator)


def compare(operator: str, a: object, b: object) -> bool:
    """One comparison."""
    match operator:
        case "==" | "is":
            return equal(a, b)
        case "!=" | "is not":
            return not equal(a, b)
        case "<":
            return less(a, b, or_equal=False)
        case "<=":
            return less(a, b, or_equal=True)
        case ">":
            return less(b, a, or_equal=False)
        case ">=":
            return less(b, a, or_equal=True)
        case "in":
            return contains(b, a)
        case "not in":
            return not contains(b, a)
    raise NotImplementedError(operator)


def the_number(value: object) -> float:
    """`float(x)`."""
    if isinstance(value, str):
        return float(value)
    if isinstance(value, (int, float)):
        return float(value)
    raise MisfitError(f"float({value!r})")


def the_length(value: object) -> int:
    """`len(x)`."""
    if isinstance(value, (str, list, tuple, dict, set)):
        return len(value)
    raise MisfitError(f"len({value!r})")


def the_sum(value: object) -> object:
    """`sum(items)`: exact for floats."""
    items = iterate(value)
    if any(not isinstance(item, (int, float)) for item in items):
        raise MisfitError("only numbers have a sum")
    return math.fsum(items) if any(isinstance(item, float) for item in items) else sum(items)


BUILTINS: dict[str, Function] = {
    "abs": abs,
    "float": the_number,
    "len": the_length,
    "list": iterate,
    "range": lambda *ends: list(range(*ends)),
    "set": lambda items: set(iterate(items)),
    "sum": the_sum,
    "str": lambda value: value if isinstance(value, str) else repr(value),
}


class Evaluator:
    """Evaluates expressions as they were parsed; names are looked up when they are met."""

    def __init__(self, lookup: Lookup, read: Read, functions: Mapping[str, Function]) -> None:
        self.lookup = lookup
        self.read = read
        self.functions = functions

    def holds(self, node: tree.Expression) -> bool:
        return bool(self.value(node))

    def value(self, node: tree.Expression) -> Any:
        value = self.value
        match node:
            case tree.Constant():
                return node.value
            case tree.Name():
                return self.lookup(node.name)
            case tree.ListDisplay():
                return [value(item) for item in node.items]
            case tree.TupleDisplay():
                return tuple(value(item) for item in node.items)
            case tree.SetDisplay():
                return {value(item) for item in node.items}
            case tree.DictDisplay():
                return {value(key): value(item) for key, item in node.items}
            case tree.FormattedString():
                return "".join(self.part(part) for part in node.parts)
            case tree.Attribute():
                return self.attribute(value(node.target), node)
            case tree.Index():
                target, index = value(node.target), value(node.index)
                try:
                    return target[index]
                except (IndexError, KeyError, TypeError):
                    raise MisfitError(f"{target!r}[{index!r}]") from None
            case tree.Unary():
                operand = value(node.operand)
                if not isinstance(operand, (int, float)):
                    raise MisfitError(f"{node.operator}{operand!r}")
                return -operand if node.operator == "-" else +operand
            case tree.Binary():
                return combine(node.operator, value(node.left), value(node.right))
            case tree.Compare():
                return self.comparison(node)
            case tree.And():
                last: object = None
                for operand in node.operands:
                    last = value(operand)
                    if not last:
                        break
                return last
            case tree.Or():
                last = None
                for operand in node.operands:
                    last = value(operand)
                    if last:
                        break
                return last
            case tree.Not():
                return not value(node.operand)
            case tree.Conditional():
                return value(node.then) if value(node.test) else value(node.otherwise)
            case tree.Comprehension():
                return self.comprehension(node)
            case tree.Call():
                return self.call(node)
        raise NotImplementedError(type(node).__name__)

    def part(self, part: tree.Constant | tree.FormattedValue) -> str:
        if isinstance(part, tree.FormattedValue):
            assert not part.format
            assert not part.conversion
            return str(BUILTINS["str"](self.value(part.value)))
        return str(part.value)

    def attribute(self, target: object, node: tree.Attribute) -> object:
        if isinstance(target, Fact):
            return self.read(target, node.name)
        if isinstance(target, Answer):
            return target.variables[node.name]
        if target is None and node.optional:
            return None
        raise MisfitError(f"{target!r}.{node.name}")

    def comparison(self, node: tree.Compare) -> bool:
        left = self.value(node.first)
        for operator, expression in node.rest:
            right = self.value(expression)
            if not compare(operator, left, right):
                return False
            left = right
        return True

    def comprehension(self, node: tree.Comprehension) -> object:
        found: list[Any] = []
        self.clauses(node, 0, found)
        if node.kind == "dict":
            return dict(found)
        return set(found) if node.kind == "set" else found

    def clauses(self, node: tree.Comprehension, depth: int, found: list[Any]) -> None:
        if depth == len(node.clauses):
            element = self.value(node.element)
            found.append((element, self.value(node.value)) if node.value else element)
            return
        clause = node.clauses[depth]
        for item in iterate(self.value(clause.iterable)):
            given = dict(
                zip(clause.targets, [item] if len(clause.targets) == 1 else item, strict=True)
            )
            inner = Evaluator(within(given, self.lookup), self.read, self.functions)
            if all(inner.holds(condition) for condition in clause.conditions):
                inner.clauses(node, depth + 1, found)

    def call(self, node: tree.Call) -> object:
        arguments = [self.value(argument.value) for argument in node.arguments]
        assert isinstance(node.function, tree.Name), "methods are not part of the reference"
        name = node.function.name
        function = self.functions.get(name) or BUILTINS.get(name)
        if function is None:
            raise NotImplementedError(name)
        return function(*arguments)


def within(given: Mapping[str, object], outer: Lookup) -> Lookup:
    """Names that hide outer ones."""
    return lambda name: given[name] if name in given else outer(name)
