"""What a rule set says: the declarations of a document, as written, every one with its place.

All front ends (rule text, YAML, Python decorators and classes) end in these objects, and the
compiler begins with them. Names are not resolved here: a `when` is a tuple of expression trees,
and whether `T(…)` is a pattern or a call is decided by what `T` declares.
"""

from __future__ import annotations

from collections.abc import Callable

from rete_engine._frozen import frozen
from rete_engine.diagnostics.source import Source, Span
from rete_engine.expressions.tree import Call, Expression
from rete_engine.model.actions import Action


@frozen
class TypeName:
    """A type as written: `int`, `list[str]`, `Customer?`."""

    span: Span
    name: str
    arguments: tuple[TypeName, ...] = ()
    optional: bool = False


@frozen
class FieldDeclaration:
    """`name: type in (values) = default`."""

    span: Span
    name: str
    name_span: Span
    type: TypeName
    values: tuple[Expression, ...] | None
    default: Expression | None
    factory: Callable[[], object] | None = None  # of a class: makes the default of each fact


@frozen
class TemplateDeclaration:
    """`[open] template T [extends B] [key(f, …)] [unique] … end`."""

    span: Span  # the heading line
    name: str
    name_span: Span
    base: str | None
    base_span: Span | None
    key: tuple[str, ...] | None
    key_span: Span | None
    unique: bool
    open: bool
    fields: tuple[FieldDeclaration, ...]
    python_class: type | None = None  # the class that the template was made from


@frozen
class Parameter:
    """A parameter of a function or a query."""

    span: Span
    name: str
    type: TypeName | None


@frozen
class ParamDeclaration:
    """`param p: type = default`."""

    span: Span
    name: str
    name_span: Span
    type: TypeName
    default: Expression | None


@frozen
class FunctionDeclaration:
    """`function f(a: t) -> t = body`, or `external function` when `body` is None."""

    span: Span
    name: str
    name_span: Span
    parameters: tuple[Parameter, ...]
    result: TypeName | None
    body: Expression | None


@frozen
class FactsDeclaration:
    """`facts name … end`: each fact is a call `T(f = e, …)`."""

    span: Span
    name: str | None
    facts: tuple[Call, ...]


@frozen
class QueryDeclaration:
    """`query q(a: t, …) … end`."""

    span: Span
    name: str
    name_span: Span
    parameters: tuple[Parameter, ...]
    conditions: tuple[Expression, ...]


@frozen
class RuleAttributes:
    """What stands between the name and the `when`; each is None or empty where not given."""

    description: str | None = None
    tags: tuple[str, ...] = ()
    salience: Expression | None = None
    group: str | None = None
    group_span: Span | None = None
    auto_focus: Span | None = None  # the place where it was said
    activation_group: str | None = None
    activation_group_span: Span | None = None
    no_loop: Span | None = None
    lock_on_active: Span | None = None
    enabled: Expression | None = None
    effective: Span | None = None
    effective_from: str | None = None
    effective_from_span: Span | None = None
    effective_to: str | None = None
    effective_to_span: Span | None = None


@frozen
class RuleDeclaration:
    """`rule "name" … when … then … end`."""

    span: Span  # the heading line
    name: str
    attributes: RuleAttributes
    when: tuple[Expression, ...]
    then: tuple[Action, ...]
    function: Callable[..., object] | None = None  # a rule in Python: called with the firing
    derives: tuple[str, ...] = ()  # templates of what the function inserts logically


@frozen
class ImportDeclaration:
    """`import "other.rete"`."""

    span: Span
    path: str


Declaration = (
    TemplateDeclaration
    | ParamDeclaration
    | FunctionDeclaration
    | FactsDeclaration
    | QueryDeclaration
    | RuleDeclaration
    | ImportDeclaration
)


@frozen
class SingleFactRule:
    """A rule over one fact, as it is written."""

    span: Span
    name: str
    description: str | None
    condition: Expression
    action: Expression
    priority: int


@frozen
class Document:
    """One text (or file): its declarations in the order in which they are written."""

    source: Source
    name: str | None  # of `ruleset name "description"`
    description: str | None
    declarations: tuple[Declaration, ...]
    # Names whose declarations have a syntax error: nothing is said of their uses.
    broken_names: frozenset[str] = frozenset()
    identity: str | None = None  # what it says, where that is not the text of its source
    # The rules as they are written, where each looks at one fact.
    single_facts: tuple[SingleFactRule, ...] | None = None
