"""The declarations of a rule set in YAML: what a text of rules says, from keys and values.

What is rule language inside of YAML (conditions, actions, expressions, types) is parsed by the
parser of rule texts; the rest are names and plain values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from rete_engine.diagnostics.diagnostic import Diagnostic
from rete_engine.diagnostics.source import Source
from rete_engine.expressions import tree
from rete_engine.expressions.tree import Expression
from rete_engine.language.expressions import RefusalError, refuse, variable
from rete_engine.language.inset import chained, lexemes_of
from rete_engine.language.parser import (
    parse_actions,
    parse_conditions,
    parse_expression,
    parse_type,
)
from rete_engine.language.yaml_nodes import Node
from rete_engine.model import declarations as model
from rete_engine.model.actions import Action
from rete_engine.model.declarations import Declaration, Document, TypeName

Found = TypeVar("Found")

#: Types whose values YAML has no words for: they are made of text, and decimals of numbers too.
_MADE_OF_TEXT = frozenset(["date", "datetime", "duration", "decimal"])


class DeclarationReader:
    """Reads one document, whose shape was checked."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.diagnostics: list[Diagnostic] = []
        self.broken: set[str] = set()
        self.types: dict[str, dict[str, TypeName]] = {}  # of the fields of each template

    def read(self, root: Node) -> tuple[Document, list[Diagnostic]]:
        """The document, and what is wrong with its parts."""
        declarations: list[Declaration] = []
        imports = root.get("imports")
        for path in imports.items if imports is not None else ():
            declarations.append(model.ImportDeclaration(path.span, _text(path)))
        sections: list[tuple[str, Callable[[Node, Node], Declaration]]] = [
            ("params", self.param),
            ("templates", self.template),
            ("functions", self.function),
            ("queries", self.query),
            ("facts", self.facts),
        ]
        for section, read in sections:
            node = root.get(section)
            for name, (key, value) in node.mapping.items() if node is not None else ():
                declaration = self.tried(read, key, value)
                if declaration is not None:
                    declarations.append(declaration)
                elif section not in ("facts", "params"):
                    self.broken.add(name)
        rules = root.get("rules")
        for rule in rules.items if rules is not None else ():
            read_rule = self.rule(rule)
            if read_rule is not None:
                declarations.append(read_rule)
        title, description = root.get("name"), root.get("description")
        document = Document(
            self.source,
            _text(title) if title is not None else None,
            _text(description) if description is not None else None,
            tuple(declarations),
            frozenset(self.broken),
        )
        return document, self.diagnostics

    def tried(self, read: Callable[..., Found], *nodes: Node | None) -> Found | None:
        """What a method reads; None where that is refused, and the reason is noted."""
        try:
            return read(*nodes)
        except RefusalError as refusal:
            self.diagnostics.append(refusal.diagnostic)
            return None

    # -- rule language -----------------------------------------------------------------------------

    def parsed(self, result: tuple[Found, list[Diagnostic]]) -> Found:
        """What a parser gives.

        Raises:
            RefusalError: It is wrong.
        """
        value, found = result
        if found:
            raise RefusalError(found[0])
        return value

    def expression(self, node: Node) -> Expression:
        """The expression of a string; a number or truth value stands for itself."""
        if not isinstance(node.plain(), str):
            return constant(node)
        value = self.parsed(parse_expression(self.source, lexemes_of(node)))
        assert value is not None
        return value

    def type(self, node: Node) -> TypeName:
        """The type that a string names."""
        value = self.parsed(parse_type(self.source, lexemes_of(node)))
        assert value is not None
        return value

    def conditions(self, node: Node | None) -> tuple[Expression, ...]:
        """The conditions of a text or a list of texts."""
        if node is None:
            return ()
        return self.parsed(parse_conditions(self.source, chained(node.items)))

    def actions(self, node: Node | None) -> tuple[Action, ...]:
        """The actions of a text or a list of texts."""
        if node is None:
            return ()
        return self.parsed(parse_actions(self.source, chained(node.items)))

    # -- declarations ------------------------------------------------------------------------------

    def param(self, key: Node, value: Node) -> Declaration:
        """A parameter: its type, or a mapping that says more."""
        type_node = value.get("type") if value.mapping else value
        assert type_node is not None
        type = self.type(type_node)
        default = value.mapping.get("default")
        return model.ParamDeclaration(
            key.span, word(key, "a param"), key.span, type,
            typed(default[1], type) if default is not None else None,
        )  # fmt: skip

    def template(self, key: Node, value: Node) -> Declaration:
        """A template."""
        name = word(key, "a template")
        fields: list[model.FieldDeclaration] = []
        shape = value.get("fields")
        for field_key, (field_name, field) in shape.mapping.items() if shape is not None else ():
            fields.append(self.field(field_name, field))
            self.types.setdefault(name, {})[field_key] = fields[-1].type
        base, keys = value.get("extends"), value.get("key")
        if base is not None:
            inherited = self.types.get(_text(base), {})
            self.types[name] = {**inherited, **self.types.get(name, {})}
        return model.TemplateDeclaration(
            key.span, name, key.span,
            word(base) if base is not None else None,
            base.span if base is not None else None,
            tuple(word(each) for each in keys.items) if keys is not None else None,
            keys.span if keys is not None else None,
            _flag(value, "unique") is not None,
            _flag(value, "open") is not None,
            tuple(fields),
        )  # fmt: skip

    def field(self, key: Node, value: Node) -> model.FieldDeclaration:
        """A field: its type, or a mapping that says more."""
        type_node = value.get("type") if value.mapping else value
        assert type_node is not None
        type = self.type(type_node)
        values, default = value.get("in"), value.mapping.get("default")
        return model.FieldDeclaration(
            key.span, word(key), key.span, type,
            tuple(typed(each, type) for each in values.items) if values is not None else None,
            typed(default[1], type) if default is not None else None,
        )  # fmt: skip

    def function(self, key: Node, value: Node) -> Declaration:
        """A function, external where it has no body."""
        result, body = value.get("returns"), value.get("body")
        return model.FunctionDeclaration(
            key.span, word(key, "a function"), key.span,
            self.parameters(value),
            self.type(result) if result is not None else None,
            self.expression(body) if body is not None else None,
        )  # fmt: skip

    def query(self, key: Node, value: Node) -> Declaration:
        """A query."""
        return model.QueryDeclaration(
            key.span, word(key, "a query"), key.span,
            self.parameters(value), self.conditions(value.get("when")),
        )  # fmt: skip

    def parameters(self, node: Node) -> tuple[model.Parameter, ...]:
        """The parameters of a function or query, each with its type or none."""
        given = node.get("parameters")
        return tuple(
            model.Parameter(
                key.span, word(key, "a parameter"),
                self.type(type) if type.plain() is not None else None,
            )
            for key, type in (given.mapping.values() if given is not None else ())
        )  # fmt: skip

    def facts(self, key: Node, value: Node) -> Declaration:
        """The facts of one template."""
        name = word(key)
        types = self.types.get(name, {})
        return model.FactsDeclaration(
            key.span, None, tuple(_fact(key, name, fact, types) for fact in value.items)
        )

    def rule(self, node: Node) -> Declaration | None:
        """A rule; what is wrong with its parts is noted together."""
        name = node.mapping["name"][1]
        attributes = self.tried(self.attributes, node)
        when = self.tried(self.conditions, node.get("when"))
        then = self.tried(self.actions, node.get("then"))
        if attributes is None or when is None or then is None:
            return None
        return model.RuleDeclaration(name.span, _text(name), attributes, when, then)

    def attributes(self, node: Node) -> model.RuleAttributes:
        """The attributes of a rule."""
        given: dict[str, Any] = {}
        for name in ("description", "group", "activation_group"):
            value = node.get(name)
            if value is not None:
                given[name] = _text(value)
                if name != "description":
                    given[f"{name}_span"] = value.span
        for name in ("salience", "enabled"):
            value = node.get(name)
            if value is not None:
                given[name] = self.expression(value)
        for name in ("auto_focus", "no_loop", "lock_on_active"):
            value = _flag(node, name)
            if value is not None:
                given[name] = value.span
        tags = node.get("tags")
        if tags is not None:
            given["tags"] = tuple(_text(tag) for tag in tags.items)
        period = node.get("effective")
        if period is not None:
            given["effective"] = period.span
            for key, name in (("from", "effective_from"), ("to", "effective_to")):
                day = period.get(key)
                if day is not None:
                    given[name] = _text(day)
                    given[f"{name}_span"] = day.span
        return model.RuleAttributes(**given)


# -- names and values ------------------------------------------------------------------------------


def _text(node: Node) -> str:
    assert isinstance(node.value, str)
    return node.value


def _flag(node: Node, key: str) -> Node | None:
    """The value of a key that is true."""
    value = node.get(key)
    return value if value is not None and value.plain() else None


def word(node: Node, what: str | None = None) -> str:
    """The name that a string is; `what` it names, where a keyword cannot.

    Raises:
        RefusalError: It is no name.
    """
    lexemes = list(lexemes_of(node))
    if len(lexemes) != 1 or lexemes[0].type != "NAME":
        refuse(
            "RE0010", f"'{_text(node)[:40]}' is no name", node.span,
            "a name is a letter or '_', then letters, digits and '_'",
        )  # fmt: skip
    return variable(lexemes[0], what) if what is not None else lexemes[0].text


def constant(node: Node) -> Expression:
    """The expression that a value of YAML stands for."""
    span = node.span
    match node.value:
        case str():
            return tree.Constant(span, node.plain())
        case list():
            return tree.ListDisplay(span, tuple(constant(item) for item in node.value))
        case dict():
            return tree.DictDisplay(
                span,
                tuple(
                    (tree.Constant(key.span, name), constant(value))
                    for name, (key, value) in node.value.items()
                ),
            )


def typed(node: Node, type: TypeName | None) -> Expression:
    """As `constant`, where a date, datetime, duration or decimal is made of text."""
    value = node.plain()
    if type is None or type.name not in _MADE_OF_TEXT or value is None:
        return constant(node)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not isinstance(value, str) and not (is_number and type.name == "decimal"):
        return constant(node)
    span = node.span
    # As it is written: a decimal is not what a float makes of it.
    text = tree.Argument(span, tree.Constant(span, node.value), None, False, None)
    return tree.Call(span, tree.Name(span, type.name), (text,))


def _fact(key: Node, name: str, node: Node, types: dict[str, TypeName]) -> tree.Call:
    """`T(f = v, …)` of a mapping."""
    return tree.Call(
        node.span, tree.Name(key.span, name), tuple(_arguments(node, types)),
    )  # fmt: skip


def _arguments(node: Node, types: dict[str, TypeName]) -> Iterable[tree.Argument]:
    for field, (key, value) in node.mapping.items():
        span = key.span.to(value.span)
        yield tree.Argument(span, typed(value, types.get(field)), word(key), False, key.span)
