"""What types tell of an expression before it runs: its own type, and what cannot work in it.

Types are known of fields, parameters, literals and the results of most built-in functions; what
is not known is `any` and never reported. Only what can never work is an error: an operation
that is wrong for some values stays for the run to find.
"""

from __future__ import annotations

from rete_engine.expressions import tree
from rete_engine.expressions.signatures import ATTRIBUTES, BUILTINS, METHODS
from rete_engine.expressions.type_rules import (
    BOOL,
    COMBINED,
    FLOAT,
    INT,
    NONE,
    NUMBERS,
    ORDERED,
    STR,
    TypeEnvironment,
    fits,
    type_of,
)
from rete_engine.expressions.types import ANY, Type


def infer(node: tree.Expression, env: TypeEnvironment) -> Type:
    """The type of a resolved expression; what can never work in it is reported."""
    return _Inference(env).infer(node)


class _Inference:
    def __init__(self, env: TypeEnvironment) -> None:
        self.env = env
        self.targets: dict[int, Type] = {}  # of comprehensions, by number

    def infer(self, node: tree.Expression) -> Type:
        infer = self.infer
        match node:
            case tree.Constant():
                return type_of(node.value)
            case tree.FieldRef():
                return self.env.field(node)
            case tree.SlotRef():
                return self.env.slot(node)
            case tree.ParamRef():
                return self.env.param(node)
            case tree.LocalRef():
                if node.index in self.targets:
                    return self.targets[node.index]
                return self.env.local(node)
            case tree.ListDisplay():
                return Type("list", self._common([infer(item) for item in node.items]))
            case tree.SetDisplay():
                return Type("set", self._common([infer(item) for item in node.items]))
            case tree.TupleDisplay():
                for item in node.items:
                    infer(item)
                return Type("tuple")
            case tree.DictDisplay():
                for key, value in node.items:
                    infer(key)
                    infer(value)
                return Type("dict")
            case tree.FormattedString():
                for part in node.parts:
                    if isinstance(part, tree.FormattedValue):
                        infer(part.value)
                return STR
            case tree.Attribute():
                return self._attribute(node)
            case tree.Index():
                return self._index(node)
            case tree.Slice():
                target = infer(node.target)
                for end in (node.start, node.stop):
                    if end is not None:
                        infer(end)
                return target if target.name in ("str", "list", "tuple") else ANY
            case tree.Call():
                return self._call(node)
            case tree.Unary():
                return self._unary(node)
            case tree.Binary():
                return self._binary(node)
            case tree.Compare():
                return self._compare(node)
            case tree.Not():
                infer(node.operand)
                return BOOL
            case tree.And() | tree.Or():
                return self._union([infer(operand) for operand in node.operands])
            case tree.Conditional():
                infer(node.test)
                return self._union([infer(node.then), infer(node.otherwise)])
            case tree.Comprehension():
                return self._comprehension(node)
            case tree.Converted():
                infer(node.value)
                return node.type
        return ANY

    # -- helpers of types ----------------------------------------------------------------------

    def _union(self, types: list[Type]) -> Type:
        """The type of a value that has one of some types."""
        optional = any(type.optional or type == NONE for type in types)
        kinds = {(type.name, type.arguments) for type in types if type != NONE}
        if not kinds:
            return NONE
        if len(kinds) == 1:
            name, arguments = kinds.pop()
            return Type(name, arguments, optional)
        return Type("any", (), optional)

    def _common(self, types: list[Type]) -> tuple[Type, ...]:
        """The type argument of a display: none where its items differ or tell nothing."""
        union = self._union(types) if types else ANY
        return () if union.name in ("any", "none") else (union,)

    def _elements(self, type: Type) -> Type:
        """The type of what a loop over a value gives."""
        if type.name in ("list", "set", "dict") and type.arguments:
            return type.arguments[0]
        return STR if type.name == "str" else ANY

    # -- reads and calls -----------------------------------------------------------------------

    def _attribute(self, node: tree.Attribute) -> Type:
        target = self.infer(node.target)
        if target.name in ("any", "dict") or target.optional:
            return ANY
        if target.is_fact:
            return self.env.attribute(target, node.name)
        known = ATTRIBUTES.get(target.name, {})
        if node.name in known:
            return Type(known[node.name])
        if node.name in METHODS.get(target.name, {}):
            self.env.report(
                "RE0101", f"'{node.name}' is a method and must be called", node,
                f"write .{node.name}(…)",
            )  # fmt: skip
        elif not node.name.startswith("_"):  # which was reported when names were resolved
            self.env.report("RE0101", f"{_one(target)} has no field '{node.name}'", node, None)
        return ANY

    def _index(self, node: tree.Index) -> Type:
        target = self.infer(node.target)
        self.infer(node.index)
        if target.name == "str":
            return STR
        if target.name == "list" and target.arguments:
            return target.arguments[0]
        if target.name == "dict" and len(target.arguments) == 2:
            return target.arguments[1]
        if target.name in NUMBERS:
            self.env.report("RE0202", f"a value of type {target} has no elements", node, None)
        return ANY

    def _call(self, node: tree.Call) -> Type:
        arguments = [self.infer(argument.value) for argument in node.arguments]
        function = node.function
        if isinstance(function, tree.Attribute):
            target = self.infer(function.target)
            methods = METHODS.get(target.name)
            if target.name in NUMBERS:
                methods = {}
            if methods is None or target.optional:
                return ANY
            signature = methods.get(function.name)
            if signature is None:
                if any(function.name in others for others in METHODS.values()):
                    message = f"{_one(target)} has no method '{function.name}'"
                    self.env.report("RE0103", message, function, None)
                return ANY  # a method of no type was reported when names were resolved
            return ANY if signature.result in ("any", "same") else Type(signature.result)
        if not isinstance(function, tree.FunctionRef):
            return ANY
        if function.kind != "builtin":
            self._check_arguments(node, function, arguments)
            return self.env.result(function)
        return self._builtin(function.name, arguments)

    def _check_arguments(
        self, node: tree.Call, function: tree.FunctionRef, arguments: list[Type]
    ) -> None:
        for argument, given, wanted in zip(
            node.arguments, arguments, self.env.parameters(function), strict=False
        ):
            if not fits(given, wanted):
                self.env.report(
                    "RE0203",
                    f"'{function.name}' takes {wanted} here, not {given}",
                    argument.value,
                    None,
                )

    def _builtin(self, name: str, arguments: list[Type]) -> Type:
        first = arguments[0] if arguments else ANY
        if name == "abs" and first.name in ("int", "float", "decimal", "duration"):
            return first
        if name in ("list", "sorted", "set"):
            element = self._elements(first)
            kind = "set" if name == "set" else "list"
            return Type(kind, () if element.name == "any" else (element,))
        if name == "range":
            return Type("list", (INT,))
        if name in ("min", "max") and len(arguments) > 1:
            return self._union(arguments)
        if name == "round" and len(arguments) == 1 and first.name in ("int", "float", "decimal"):
            return INT
        if name == "round" and first.name in ("int", "float", "decimal"):
            return first
        result = BUILTINS[name].result
        return ANY if result in ("any", "same") else Type(result)

    # -- operators -----------------------------------------------------------------------------

    def _unary(self, node: tree.Unary) -> Type:
        type = self.infer(node.operand)
        if type.name == "bool":
            return INT
        if type.name in ("any", "int", "float", "decimal", "duration"):
            return Type(type.name)
        self.env.report("RE0202", f"'{node.operator}' needs a number, not {type}", node, None)
        return ANY

    def _binary(self, node: tree.Binary) -> Type:
        left, right = self.infer(node.left), self.infer(node.right)
        if "any" in (left.name, right.name):
            return ANY
        if left.name in NUMBERS and right.name in NUMBERS:
            return self._number(node, left.name, right.name)
        result = COMBINED.get((left.name, node.operator, right.name))
        if result is not None:
            return left if result in ("list", "set") and left == right else Type(result)
        hint = None
        if node.operator == "+" and "str" in (left.name, right.name):
            hint = 'to join text, write str(…) or an f-string: f"{a} {b}"'
        elif left.name == "str" and node.operator == "%":
            hint = 'to put values into text, write an f-string: f"{a} {b}"'
        elif "none" in (left.name, right.name):
            hint = "none is no number"
        self.env.report(
            "RE0202", f"'{node.operator}' does not combine {left} and {right}", node, hint
        )
        return ANY

    def _number(self, node: tree.Binary, left: str, right: str) -> Type:
        kinds = {left, right}
        if kinds == {"float", "decimal"}:
            self.env.report(
                "RE0202", f"'{node.operator}' does not combine {left} and {right}", node,
                "write decimal(…) or float(…) around one of them",
            )  # fmt: skip
            return ANY
        if "decimal" in kinds:
            return Type("decimal")
        if "float" in kinds or node.operator == "/":
            return FLOAT
        if node.operator == "**":
            exponent = node.right
            known = isinstance(exponent, tree.Constant) and isinstance(exponent.value, int)
            return INT if known else ANY  # a negative exponent gives a float
        return INT

    def _compare(self, node: tree.Compare) -> Type:
        left_node, left = node.first, self.infer(node.first)
        for operator, right_node in node.rest:
            right = self.infer(right_node)
            if operator in ("<", "<=", ">", ">="):
                self._order(node, operator, left, right)
            elif operator in ("in", "not in"):
                self._membership(node, left, right)
            elif operator == "matches" and left.name not in ("str", "any"):
                self.env.report(
                    "RE0202", f"'matches' needs a str on its left, not {left}", left_node, None
                )
            left_node, left = right_node, right
        return BOOL

    def _order(self, node: tree.Compare, operator: str, left: Type, right: Type) -> None:
        if "any" in (left.name, right.name):
            return
        if right.name not in ORDERED.get(left.name, frozenset()):
            self.env.report(
                "RE0202",
                f"'{operator}' never holds between {left} and {right}",
                node,
                "convert one of them" if {left.name, right.name} & {"str"} else None,
            )

    def _membership(self, node: tree.Compare, left: Type, right: Type) -> None:
        if right.name in NUMBERS or right.name in ("date", "datetime", "duration"):
            self.env.report("RE0202", f"'in' needs a collection, not {right}", node, None)
        elif right.name == "str" and left.name not in ("str", "any"):
            self.env.report("RE0202", f"a {left} is never in a str", node, None)

    def _comprehension(self, node: tree.Comprehension) -> Type:
        for clause in node.clauses:
            element = self._elements(self.infer(clause.iterable))
            single = len(clause.targets) == 1
            for index in clause.locals:
                self.targets[index] = element if single else ANY
            for condition in clause.conditions:
                self.infer(condition)
        element = self.infer(node.element)
        if node.value is not None:
            self.infer(node.value)
        if node.kind == "dict":
            return Type("dict")
        kind = "set" if node.kind == "set" else "list"
        return Type(kind, () if element.name in ("any", "none") else (element,))


def _one(type: Type) -> str:
    return f"{'an' if type.name == 'int' else 'a'} {type.name}"
