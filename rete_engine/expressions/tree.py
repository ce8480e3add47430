"""What an expression is: a tree of the language's own nodes, each with its place.

The parser makes the trees, the compiler resolves the names in them (`Name` becomes one of the
`…Ref` leaves at the end of this file), and `expressions.lowering` turns a resolved tree into
the evaluators of `expressions.nodes`. Nothing else can be said in the language: a node that is
not in this file does not exist, which is what makes expressions safe by construction.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from typing import Literal as OneOf

from rete_engine._frozen import frozen
from rete_engine.diagnostics.source import Span
from rete_engine.expressions.types import ANY, Type

BinaryOperator = OneOf["+", "-", "*", "/", "//", "%", "**"]
UnaryOperator = OneOf["+", "-"]
ComparisonOperator = OneOf[
    "==", "!=", "<", "<=", ">", ">=", "in", "not in", "is", "is not", "matches"
]


@frozen
class Expression:
    """The base of all nodes."""

    span: Span


@frozen
class Constant(Expression):
    """A literal: none, true, false, a number, a string or a duration (a timedelta)."""

    value: object


@frozen
class ListDisplay(Expression):
    """`[a, b]`."""

    items: tuple[Expression, ...]


@frozen
class TupleDisplay(Expression):
    """`(a, b)`, `(a,)` or `()`."""

    items: tuple[Expression, ...]


@frozen
class SetDisplay(Expression):
    """`{a, b}`."""

    items: tuple[Expression, ...]


@frozen
class DictDisplay(Expression):
    """`{k: v, …}` or `{}`."""

    items: tuple[tuple[Expression, Expression], ...]


@frozen
class FormattedValue(Expression):
    """`{value!r:>10}` in an f-string."""

    value: Expression
    conversion: str | None  # "r", "s" or "a"
    format: str | None  # a plain format specification; the language nests no fields in it


@frozen
class FormattedString(Expression):
    """`f"…"`: literal parts are `Constant` nodes with a string."""

    parts: tuple[Constant | FormattedValue, ...]


@frozen
class Name(Expression):
    """A bare name as written; what it means is decided by the compiler."""

    name: str


@frozen
class Attribute(Expression):
    """`target.name`, or `target?.name` which reads none where the target is none."""

    target: Expression
    name: str
    optional: bool
    name_span: Span


@frozen
class Index(Expression):
    """`target[index]`."""

    target: Expression
    index: Expression


@frozen
class Slice(Expression):
    """`target[start:stop]`; either end may be left out."""

    target: Expression
    start: Expression | None
    stop: Expression | None


@frozen
class Argument:
    """One argument of a call: `e`, `name = e`, or `name := e` (only in patterns)."""

    span: Span
    value: Expression
    name: str | None
    binds: bool  # True for `name := e`
    name_span: Span | None  # the place of the name alone


@frozen
class Call(Expression):
    """`function(arguments)`: a function, a method, a pattern, a query or an accumulate."""

    function: Expression  # a Name or an Attribute
    arguments: tuple[Argument, ...]


@frozen
class Unary(Expression):
    """`-x` or `+x`."""

    operator: UnaryOperator
    operand: Expression


@frozen
class Binary(Expression):
    """Arithmetic."""

    operator: BinaryOperator
    left: Expression
    right: Expression


@frozen
class Compare(Expression):
    """`a < b`, or a chain `a < b <= c`: `rest` has the operators with their right operands."""

    first: Expression
    rest: tuple[tuple[ComparisonOperator, Expression], ...]


@frozen
class And(Expression):
    """`a and b and …` (two operands or more)."""

    operands: tuple[Expression, ...]


@frozen
class Or(Expression):
    """`a or b or …` (two operands or more)."""

    operands: tuple[Expression, ...]


@frozen
class Not(Expression):
    """`not a`."""

    operand: Expression


@frozen
class Conditional(Expression):
    """`then if test else otherwise`."""

    test: Expression
    then: Expression
    otherwise: Expression


@frozen
class Clause:
    """`for targets in iterable if condition …` of a comprehension."""

    span: Span
    targets: tuple[str, ...]  # more than one unpacks
    iterable: Expression
    conditions: tuple[Expression, ...]
    locals: tuple[int, ...] = ()  # numbers of the targets' local variables, once resolved


@frozen
class Comprehension(Expression):
    """A list, set or dict comprehension, or a generator argument."""

    kind: OneOf["list", "set", "dict", "generator"]
    element: Expression  # the key for a dict
    value: Expression | None  # only for a dict
    clauses: tuple[Clause, ...]


# -- forms that only conditions may have -----------------------------------------------------
# They stand among expressions because one grammar rule serves brackets in expressions and in
# groups of conditions; the compiler refuses them where a value belongs.


@frozen
class Bind(Expression):
    """`name := value` as a condition of its own (`value` may be a pattern's call)."""

    name: str
    name_span: Span
    value: Expression


@frozen
class TestForm(Expression):
    """`test e`."""

    value: Expression


@frozen
class ForForm(Expression):
    """`for name in iterable` as a condition."""

    name: str
    name_span: Span
    iterable: Expression


@frozen
class ExistsForm(Expression):
    """`exists C`."""

    operand: Expression


@frozen
class ForallForm(Expression):
    """`forall (C, D, …)`."""

    operands: tuple[Expression, ...]


@frozen
class AccumulateForm(Expression):
    """The sole argument of an accumulate: `e for C by g`, or `C by g` (then `value` is None)."""

    value: Expression | None
    source: Expression
    by: Argument | None  # `by group` or `by name := group`


# -- leaves that the compiler puts in the place of names -----------------------------------------


@frozen
class FieldRef(Expression):
    """A field of the fact in a slot of the match; a slot is a numbered place in a rule."""

    slot: int
    index: int  # position among the template's fields; negative for a further field
    name: str


@frozen
class SlotRef(Expression):
    """The content of a slot itself: the fact of a pattern, or a computed value."""

    slot: int
    name: str


@frozen
class ParamRef(Expression):
    """A parameter of the rule set."""

    index: int
    name: str


@frozen
class LocalRef(Expression):
    """A local variable: of a function, a comprehension or an action."""

    index: int
    name: str


@frozen
class FunctionRef(Expression):
    """The function of a call whose name was resolved."""

    kind: OneOf["builtin", "language", "external", "query"]
    index: int  # number among the rule set's functions of that kind; 0 for a builtin
    name: str
    result: Type = ANY  # as declared; what an external function answers must be of it


@frozen
class Converted(Expression):
    """A value that must be one of a type: an argument of a query that types alone do not prove."""

    value: Expression
    type: Type
    what: str  # for the error


def children(node: Expression) -> tuple[Expression, ...]:
    """The expressions directly below a node, in written order."""
    below = _BELOW.get(type(node))
    return () if below is None else below(node)


def is_leaf(node: Expression) -> bool:
    """Whether a node is of a kind that has nothing below it."""
    return type(node) not in _BELOW


def nodes(node: Expression) -> list[Expression]:
    """A node and all below it, each before those below it, in written order."""
    found: list[Expression] = []
    todo = [node]
    while todo:
        node = todo.pop()
        found.append(node)
        below = _BELOW.get(type(node))
        if below is not None:
            todo.extend(below(node)[::-1])
    return found


def _of_slice(node: Slice) -> tuple[Expression, ...]:
    return tuple([part for part in (node.target, node.start, node.stop) if part is not None])


def _of_comprehension(node: Comprehension) -> tuple[Expression, ...]:
    clauses = [part for clause in node.clauses for part in (clause.iterable, *clause.conditions)]
    return (node.element, *((node.value,) if node.value is not None else ()), *clauses)


def _of_accumulate(node: AccumulateForm) -> tuple[Expression, ...]:
    by = (node.by.value,) if node.by is not None else ()
    return (*((node.value,) if node.value is not None else ()), node.source, *by)


def _items(node: ListDisplay | TupleDisplay | SetDisplay) -> tuple[Expression, ...]:
    return node.items


def _operands(node: And | Or | ForallForm) -> tuple[Expression, ...]:
    return node.operands


def _operand(node: Unary | Not | ExistsForm) -> tuple[Expression, ...]:
    return (node.operand,)


def _value(node: Bind | TestForm | Converted) -> tuple[Expression, ...]:
    return (node.value,)


#: What is below the nodes of each class; the others are leaves. Every pass asks for every node, so
#: this is a look into a table, not a `match`, which would try case after case.
_BELOW: dict[type[Expression], Callable[[Any], tuple[Expression, ...]]] = {
    ListDisplay: _items,
    TupleDisplay: _items,
    SetDisplay: _items,
    DictDisplay: lambda node: tuple([part for pair in node.items for part in pair]),
    FormattedString: lambda node: tuple(
        [part.value for part in node.parts if isinstance(part, FormattedValue)]
    ),
    Attribute: lambda node: (node.target,),
    Index: lambda node: (node.target, node.index),
    Slice: _of_slice,
    Call: lambda node: (node.function, *[argument.value for argument in node.arguments]),
    Unary: _operand,
    Not: _operand,
    ExistsForm: _operand,
    Binary: lambda node: (node.left, node.right),
    Compare: lambda node: (node.first, *[right for _, right in node.rest]),
    And: _operands,
    Or: _operands,
    ForallForm: _operands,
    Conditional: lambda node: (node.then, node.test, node.otherwise),
    Comprehension: _of_comprehension,
    Bind: _value,
    TestForm: _value,
    Converted: _value,
    ForForm: lambda node: (node.iterable,),
    AccumulateForm: _of_accumulate,
}
