"""Builds the declarations of a document: one method for each of the grammar's rules."""

# ruff: noqa: D102  # the rule of the grammar with the name of a method tells what it is for

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rete_engine.diagnostics.source import Span
from rete_engine.expressions import tree
from rete_engine.expressions.tree import Expression
from rete_engine.language.actions import ActionBuilder
from rete_engine.language.expressions import Parts, across, refuse, text_of, variable
from rete_engine.language.scanner import Lexeme
from rete_engine.model import declarations as model
from rete_engine.model.declarations import RuleAttributes, TypeName


@dataclass(frozen=True, slots=True)
class RulesetHeading:
    """`ruleset name "description"`: it ends up in the document itself."""

    span: Span
    name: str
    description: str | None


@dataclass(frozen=True, slots=True)
class _Trait:
    """A part of a template's heading after its name."""

    kind: str  # "base", "key" or "unique"
    span: Span
    names: tuple[Lexeme, ...] = ()


class DeclarationBuilder(ActionBuilder):
    """The callbacks of the whole grammar."""

    def ruleset(self, parts: Parts) -> RulesetHeading:
        word, name, *description, _ = parts
        return RulesetHeading(
            across(word, parts[-2]), name.text, text_of(description[0]) if description else None
        )

    def import_file(self, parts: Parts) -> model.ImportDeclaration:
        word, path, _ = parts
        return model.ImportDeclaration(across(word, path), text_of(path))

    # -- templates -------------------------------------------------------------------------------

    def template(self, parts: Parts) -> model.TemplateDeclaration:
        is_open = parts[0].keyword == "OPEN"
        name, traits, _, fields, *_ = parts[2:] if is_open else parts[1:]
        found: dict[str, _Trait] = {}
        for trait in traits:
            if trait.kind in found:
                refuse("RE0304", f"'{trait.kind}' is said twice", trait.span)
            found[trait.kind] = trait
        base, key = found.get("extends"), found.get("key")
        return model.TemplateDeclaration(
            span=across(parts[0], traits[-1] if traits else name),
            name=variable(name, "a template"),
            name_span=name.span,
            base=base.names[0].text if base else None,
            base_span=base.names[0].span if base else None,
            key=tuple(word.text for word in key.names) if key else None,
            key_span=key.span if key else None,
            unique="unique" in found,
            open=is_open,
            fields=tuple(fields),
        )

    def base(self, parts: Parts) -> _Trait:
        return _Trait("extends", across(*parts), (parts[1],))

    def key(self, parts: Parts) -> _Trait:
        return _Trait("key", across(parts[0], parts[-1]), tuple(parts[2]))

    def unique(self, parts: Parts) -> _Trait:
        return _Trait("unique", parts[0].span)

    def field(self, parts: Parts) -> model.FieldDeclaration:
        name, _, type_name, *rest, _ = parts
        last: Any = type_name
        values: tuple[Expression, ...] | None = None
        default: Expression | None = None
        for part in rest:
            if isinstance(part, Expression):
                last = default = part
            else:
                values, last = part
        return model.FieldDeclaration(
            across(name, last), name.text, name.span, type_name, values, default
        )

    def field_values(self, parts: Parts) -> tuple[tuple[Expression, ...], Lexeme]:
        return tuple(parts[2]), parts[-1]

    def default(self, parts: Parts) -> Expression:
        value: Expression = parts[1]
        return value

    def type(self, parts: Parts) -> TypeName:
        name, *rest = parts
        optional = isinstance(parts[-1], Lexeme) and parts[-1].type == "QUESTION"
        last: Any = parts[-1]
        arguments: tuple[TypeName, ...] = ()
        if rest and isinstance(rest[0], tuple):
            arguments, closing = rest[0]
            last = last if optional else closing
        return TypeName(across(name, last), name.text, arguments, optional)

    def type_arguments(self, parts: Parts) -> tuple[tuple[TypeName, ...], Lexeme]:
        return tuple(parts[1]), parts[-1]

    # -- params and functions ----------------------------------------------------------------------

    def param(self, parts: Parts) -> model.ParamDeclaration:
        word, name, _, type_name, *rest, _ = parts
        return model.ParamDeclaration(
            across(word, parts[-2]),
            variable(name, "a param"),
            name.span,
            type_name,
            rest[0] if rest else None,
        )

    def function(self, parts: Parts) -> model.FunctionDeclaration:
        word, name, parameters, *result, _, body, _ = parts
        return model.FunctionDeclaration(
            across(word, body),
            variable(name, "a function"),
            name.span,
            parameters,
            result[0] if result else None,
            body,
        )

    def external(self, parts: Parts) -> model.FunctionDeclaration:
        word, _, name, parameters, *result, _ = parts
        return model.FunctionDeclaration(
            across(word, result[0] if result else name),
            variable(name, "a function"),
            name.span,
            parameters,
            result[0] if result else None,
            None,
        )

    def no_parameters(self, parts: Parts) -> tuple[model.Parameter, ...]:
        return ()

    def parameters(self, parts: Parts) -> tuple[model.Parameter, ...]:
        return tuple(parts[1])

    def parameter(self, parts: Parts) -> model.Parameter:
        name, *rest = parts
        return model.Parameter(
            across(name, parts[-1]), variable(name, "a parameter"), rest[1] if rest else None
        )

    def result(self, parts: Parts) -> TypeName:
        value: TypeName = parts[1]
        return value

    # -- facts and queries -------------------------------------------------------------------------

    def facts(self, parts: Parts) -> model.FactsDeclaration:
        word, *name, _, lines, _, _ = parts
        for line in lines:
            if not isinstance(line, tree.Call) or not isinstance(line.function, tree.Name):
                refuse(
                    "RE0305",
                    "a line of a facts block is a fact",
                    line.span,
                    "write 'Template(field = value)'",
                )
        return model.FactsDeclaration(
            across(word, name[0] if name else word), name[0].text if name else None, tuple(lines)
        )

    def query(self, parts: Parts) -> model.QueryDeclaration:
        word, name, parameters, _, conditions, _, _ = parts
        return model.QueryDeclaration(
            across(word, name), variable(name, "a query"), name.span, parameters, tuple(conditions)
        )

    # -- rules -------------------------------------------------------------------------------------

    def rule(self, parts: Parts) -> model.RuleDeclaration:
        word, name, _, attributes, _, _, conditions, _, _, actions, _, _ = parts
        return model.RuleDeclaration(
            across(word, name),
            text_of(name),
            _attributes(attributes),
            tuple(conditions),
            tuple(actions),
        )

    def attribute(self, parts: Parts) -> Parts:
        return parts


def _attributes(lines: list[Parts]) -> RuleAttributes:
    """The attributes of a rule, given in any order.

    Raises:
        RefusalError: one is given twice.
    """
    given: dict[str, Any] = {}
    seen: set[str] = set()
    for word, *values in lines:
        if word.text in seen:
            refuse("RE0303", f"'{word.text}' is said twice", word.span, "leave one of them out")
        seen.add(word.text)
        match word.text:
            case "tags":
                given["tags"] = tuple(text_of(tag) for tag in values[0])
            case "salience" | "enabled":
                given[word.text] = values[0]
            case "auto_focus" | "no_loop" | "lock_on_active":
                given[word.text] = word.span
            case "effective":
                given["effective"] = across(word, values[-1])
                if values[0].type == "STRING":
                    given["effective_from"] = text_of(values[0])
                    given["effective_from_span"] = values[0].span
                if values[-1] is not values[0]:
                    given["effective_to"] = text_of(values[-1])
                    given["effective_to_span"] = values[-1].span
            case attribute:
                given[attribute] = text_of(values[0])
                if attribute != "description":
                    given[f"{attribute}_span"] = values[0].span
    return RuleAttributes(**given)
