"""Second pass, accumulates: `n := count(C)`, `s := sum(e for C by g := k)`.

A call with `e for C` as its argument is an accumulate, and so is `count(C)`: the names `sum`, `min`
and `max` are those of functions too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from rete_engine.compiler.checks import checked_type
from rete_engine.compiler.following import follow
from rete_engine.compiler.references import check_references
from rete_engine.compiler.scope import RuleNames, Variable
from rete_engine.diagnostics.diagnostic import did_you_mean
from rete_engine.diagnostics.source import Span
from rete_engine.expressions import tree
from rete_engine.expressions.resolve import resolve
from rete_engine.expressions.type_rules import NUMBERS, ORDERED
from rete_engine.expressions.types import ANY, Type
from rete_engine.model.rules import Accumulate, Condition, Constraint, Pattern, Slot, Source
from rete_engine.network.accumulates import BUILT_IN

#: Reads a condition; what it binds comes into the innermost scope.
Read = Callable[[tree.Expression], list[Condition]]

INT: Final = Type("int")
FLOAT: Final = Type("float")


def is_accumulate(node: tree.Expression, names: RuleNames) -> bool:
    """Whether a call is an accumulate, a right one or a wrong one."""
    if not isinstance(node, tree.Call) or not isinstance(node.function, tree.Name):
        return False
    name = node.function.name
    declared = names.declared
    if name in declared.declarations or name in declared.queries or name in declared.broken:
        return False
    if any(isinstance(argument.value, tree.AccumulateForm) for argument in node.arguments):
        return True
    if name in declared.functions:
        return False
    return declared.only_accumulates(name) or (
        name in BUILT_IN and any(is_condition(a.value, names) for a in node.arguments)
    )


def read_accumulate(
    node: tree.Call, name: str | None, name_span: Span | None, names: RuleNames, read: Read
) -> list[Condition]:
    """The condition that an accumulate is; what is wrong with it is reported."""
    reader = _Reader(node, names, read)
    accumulator = reader.accumulator
    form = reader.form()
    names.enter()
    source = reader.source(form) if form is not None else None
    inner = names.leave()
    value_type = reader.value_type
    group: Slot | None = None
    if form is not None and form.by is not None and form.by.name is not None:
        group = names.new_slot(form.by.name, reader.group_type, is_fact=False)
        span = form.by.name_span or form.by.span
        if form.by.name in inner:
            names.report("RE0107", f"variable '{form.by.name}' is bound twice", span)
        else:
            names.bind(form.by.name, span, Variable(group, span, each=True))
    type = result_type(accumulator, value_type) if source is not None else ANY
    slot = names.new_slot(name, type, is_fact=False)
    if name is not None and name_span is not None:
        names.bind(name, name_span, Variable(slot, name_span))
    if source is None:
        return []
    program = names.declared.accumulators.get(accumulator, -1)
    total = is_sure(accumulator, value_type)
    return [Accumulate(node.span, accumulator, program, (source,), total, slot, group)]


class _Reader:
    """Reads one accumulate."""

    def __init__(self, node: tree.Call, names: RuleNames, read: Read) -> None:
        self.node = node
        self.names = names
        self.read = read
        assert isinstance(node.function, tree.Name)
        self.function = node.function
        self.accumulator = node.function.name
        self.value_type = ANY
        self.group_type = ANY

    def form(self) -> tree.AccumulateForm | None:
        """The argument, if it is as it has to be."""
        names, node, name = self.names, self.node, self.accumulator
        known = [*BUILT_IN, *names.declared.accumulators]
        if name not in known:
            hint = did_you_mean(name, known) or f"there are: {', '.join(known)}"
            names.report("RE0103", f"unknown accumulator '{name}'", self.function.span, hint)
            return None
        if len(node.arguments) != 1 or (node.arguments[0].name and not node.arguments[0].binds):
            names.report(
                "RE0203", f"'{name}' takes one argument: what it accumulates over", node.span,
                self.example(),
            )  # fmt: skip
            return None
        argument = node.arguments[0]
        form = argument.value
        if not isinstance(form, tree.AccumulateForm):
            source = form
            if argument.name is not None and argument.name_span is not None:
                source = tree.Bind(argument.span, argument.name, argument.name_span, form)
            form = tree.AccumulateForm(argument.span, None, source, None)
        if form.value is None and name != "count":
            names.report(
                "RE0203",
                f"'{name}' needs to know what to accumulate",
                form.source.span,
                self.example(),
            )
            return None
        return form

    def example(self) -> str:
        """How the accumulator is written."""
        name = self.accumulator
        return f"write: v := {name}({'' if name == 'count' else 'value for '}Pattern(…))"

    def source(self, form: tree.AccumulateForm) -> Source | None:
        """What the accumulate runs over, with the value and the group of its members."""
        names = self.names
        conditions = tuple(self.read(form.source))
        if not conditions:
            return None
        # A bare name is a field where there is one pattern that it can be of.
        call = self.only_pattern(form.source)
        own = [
            c.slot for c in conditions if isinstance(c, Pattern) and call and c.span == call.span
        ]
        outer, names.pattern = names.pattern, own[0] if own else None
        names.members = [c.slot for c in conditions if isinstance(c, Pattern)]
        before: list[Condition] = []  # joins with facts that the two expressions read
        value = self.part(form.value, before)
        if value is not None:
            self.value_type = checked_type(value.test, names)
            self.check(value)
        by = self.part(form.by.value if form.by is not None else None, before)
        if by is not None:
            self.group_type = checked_type(by.test, names)
        names.pattern, names.members = outer, []
        return Source((*conditions, *before), value, by)

    def only_pattern(self, source: tree.Expression) -> tree.Call | None:
        """The pattern of a source that has just one, outside of `not`, `exists` and `or`."""
        operands = source.operands if isinstance(source, tree.And) else (source,)
        if any(isinstance(operand, tree.Or) for operand in operands):
            return None
        bare = [each.value if isinstance(each, tree.Bind) else each for each in operands]
        calls = [
            each
            for each in bare
            if isinstance(each, tree.Call)
            and isinstance(each.function, tree.Name)
            and each.function.name in self.names.declared.templates
        ]
        return calls[0] if len(calls) == 1 else None

    def part(self, node: tree.Expression | None, before: list[Condition]) -> Constraint | None:
        """The accumulated expression, or that of the group."""
        if node is None:
            return None
        following = follow(resolve(node, self.names), self.names)
        check_references(following.expression, self.names)
        before.extend(following.before)
        return Constraint(node.span, following.expression)

    def check(self, value: Constraint) -> None:
        """Report values of a type that the accumulator can do nothing with."""
        type, name = self.value_type, self.accumulator
        if type.name == "any" or name in self.names.declared.accumulators:
            return
        if name in ("sum", "avg"):
            right = type.name in NUMBERS or type.name == "duration"
            what = "adds numbers and durations"
        elif name in ("min", "max"):
            right = type.name in ORDERED
            what = "compares values that have an order"
        elif name == "collect_set":
            right = type.name not in ("list", "dict", "set")
            what = "makes a set, which holds no lists, dicts or sets"
        else:
            return
        if not right:
            self.names.report("RE0202", f"'{name}' {what}, not {type}", value.span)


def result_type(accumulator: str, value: Type) -> Type:
    """The type of a result, as far as it is known."""
    plain = Type(value.name, value.arguments)  # none is skipped
    match accumulator:
        case "count":
            return INT
        case "sum" if value.name in ("int", "bool"):
            return INT
        case "sum" if value.name in ("float", "decimal"):
            return plain
        case "avg" if value.name in ("int", "bool", "float"):
            return FLOAT
        case "avg" if value.name in ("decimal", "duration"):
            return plain
        case "min" | "max" if value.name in ORDERED:
            return plain
        case "collect":
            return Type("list", () if value.name in ("any", "none") else (value,))
        case "collect_set":
            return Type("set", () if value.name in ("any", "none") else (plain,))
    return ANY  # the sum of no durations is the int 0


def is_sure(accumulator: str, value: Type) -> bool:
    """Whether an accumulator has a result, or none, for all values of a type."""
    match accumulator:
        case "count" | "collect":
            return True
        case "sum" | "avg":
            return value.name in ("int", "bool", "float")
        case "min" | "max":
            return value.name in ORDERED
        case "collect_set":
            return value.name in (*NUMBERS, "str", "date", "datetime", "duration")
    return False


def is_condition(node: tree.Expression, names: RuleNames) -> bool:
    """Whether an argument can be nothing but a condition."""
    if isinstance(node, (tree.And, tree.Or)):
        return any(is_condition(operand, names) for operand in node.operands)
    if isinstance(node, tree.Not):
        return is_condition(node.operand, names)
    return (
        isinstance(node, tree.Call)
        and isinstance(node.function, tree.Name)
        and node.function.name in names.declared.declarations
    )
