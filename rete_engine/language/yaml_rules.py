"""Rule sets in YAML to documents: the same model as rule text, with places in the YAML file."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from rete_engine.diagnostics.diagnostic import Diagnostic, did_you_mean
from rete_engine.diagnostics.errors import RuleSyntaxError
from rete_engine.diagnostics.source import Source, Span
from rete_engine.expressions.tree import Expression
from rete_engine.language import vocabulary
from rete_engine.language.inset import lexemes_of
from rete_engine.language.parser import parse_expression
from rete_engine.language.reader import declares_nothing
from rete_engine.language.single_facts import (
    document,
    open_template,
    unknown_names,
)
from rete_engine.language.yaml_declarations import DeclarationReader
from rete_engine.language.yaml_models import LanguageRuleSet, RuleDefinition, RuleSetDefinition
from rete_engine.language.yaml_nodes import Node, compose
from rete_engine.model.declarations import Document, SingleFactRule

Shape = TypeVar("Shape", bound=BaseModel)

#: So many of the places are told where a document does not have its shape.
MOST_WRONG = 200


def parse_yaml(source: Source) -> tuple[Document, list[Diagnostic]]:
    """Read a rule set in YAML, in either form; as `parser.parse_document` for rule text.

    Returns:
        The document with all that could be read, and the diagnostics of the rest.
    """
    try:
        root = compose(source)
        if has_single_facts(root):
            name, description, rules, diagnostics = read_single_facts(root)
            template = open_template(root.span)
            return document(source, name, description, rules, template), diagnostics
        fitting, found = validated(root, LanguageRuleSet)
        if fitting is None:
            return Document(source, None, None, ()), found
        read, found = DeclarationReader(source).read(root)
        if not read.declarations and not found and "rules" not in root.mapping:
            found.append(declares_nothing(root.span, "rules are a list below 'rules:'"))
        return read, found
    except RuleSyntaxError as error:
        return Document(source, None, None, ()), list(error.diagnostics)


def has_single_facts(root: Node) -> bool:
    """Whether the rules of a document have `condition` and `action`."""
    rules = root.get("rules")
    return rules is not None and any(
        "condition" in rule.mapping or "action" in rule.mapping for rule in rules.items
    )


def read_single_facts(
    root: Node,
) -> tuple[str, str | None, list[SingleFactRule], list[Diagnostic]]:
    """Name, description and rules of a document whose rules look at one fact each.

    Rules of one name are told apart by their number.
    """
    definition, found = validated(root, RuleSetDefinition)
    if definition is None:
        return "", None, [], found
    found = list(_unused_keys(root))
    rules: list[SingleFactRule] = []
    nodes = root.mapping["rules"][1].items
    names: dict[str, int] = {}
    for node, rule in zip(nodes, definition.rules, strict=True):
        condition = _expression(node.mapping["condition"][1], found)
        action = _expression(node.mapping["action"][1], found)
        number = names[rule.name] = names.get(rule.name, 0) + 1
        name = rule.name if number == 1 else f"{rule.name} ({number})"
        if condition is not None and action is not None:
            span = node.mapping["name"][1].span
            rules.append(
                SingleFactRule(span, name, rule.description, condition, action, rule.priority)
            )
    return definition.name, definition.description, rules, found


def _expression(node: Node, diagnostics: list[Diagnostic]) -> Expression | None:
    """The expression of a string, or None for a wrong one."""
    expression, found = parse_expression(node.source, lexemes_of(node))
    if expression is not None:
        found = list(unknown_names(expression))
    diagnostics.extend(found)
    return expression if not found else None


def _unused_keys(root: Node) -> Iterator[Diagnostic]:
    """Warnings of keys that mean nothing: other tools have keys of their own."""
    mappings: list[tuple[Node, type[BaseModel]]] = [(root, RuleSetDefinition)]
    for rule in root.mapping["rules"][1].items:
        mappings.append((rule, RuleDefinition))
    for node, model in mappings:
        for name, (key, _) in node.mapping.items():
            if name not in model.model_fields:
                hint = did_you_mean(name, model.model_fields)
                yield Diagnostic(
                    "RE0510", f"the key '{name}' means nothing here", key.span, hint, "warning"
                )


# -- what does not fit the models ----------------------------------------------------------------


def validated(root: Node, model: type[Shape]) -> tuple[Shape | None, list[Diagnostic]]:
    """The document in its shape; else None and what pydantic finds wrong with it, with places."""
    try:
        return model.model_validate(root.plain()), []
    except ValidationError as error:
        found: dict[tuple[int, int], Diagnostic] = {}
        # The deepest error of a place is of the alternative that was meant.
        errors = error.errors(include_url=False, include_context=False, include_input=False)
        for each in sorted(errors[:MOST_WRONG], key=lambda e: -len(_walk(root, e)[2])):
            diagnostic = _problem(root, each, model)
            place = (diagnostic.span.line, diagnostic.span.column)
            if each["type"] == "missing":
                place = (-len(found), 0)  # a mapping may miss several keys
            if not _is_covered(diagnostic.span, found.values(), each):
                found.setdefault(place, diagnostic)
        return None, sorted(found.values(), key=lambda d: (d.span.line, d.span.column))


def _is_covered(span: Span, found: Iterable[Diagnostic], error: Any) -> bool:
    """Whether the error says only that a mapping is no string, and more is known of it."""
    if error["type"] != "string_type":
        return False
    return any(other.span.line >= span.line for other in found)


def _walk(root: Node, error: Any) -> tuple[Node, Node | None, list[str]]:
    """The innermost node of an error's place, its key, and the keys that lead there."""
    node, key = root, None
    path: list[str] = []
    for part in error["loc"]:
        if isinstance(part, str) and part in node.mapping:
            key, node = node.mapping[part]
            path.append(part)
        elif isinstance(part, int) and isinstance(node.value, list):
            key, node = None, node.items[part]
            path.append(str(part))
    return node, key, path


def _problem(root: Node, error: Any, model: type[BaseModel]) -> Diagnostic:
    """The diagnostic of one error of pydantic."""
    node, key, path = _walk(root, error)
    last = str(error["loc"][-1]) if error["loc"] else ""
    where = f"'{path[-1]}'" if path and not path[-1].isdigit() else "this"
    match error["type"]:
        case "missing":
            known = {*RuleSetDefinition.model_fields, *RuleDefinition.model_fields}
            others = sorted(node.mapping.keys() - known) if model is RuleSetDefinition else []
            near = difflib.get_close_matches(last, others, n=1)
            hint = f"did you mean it by '{near[0]}'?" if near else None
            span = (key or node).span
            return Diagnostic("RE0022", f"the key '{last}' is missing", span, hint)
        case "extra_forbidden":
            return _unknown_key(key or node, node.value, last, error["loc"])
        case "model_type" | "dict_type" | "model_attributes_type":
            hint = "a rule set is a mapping with 'name' and 'rules'" if node is root else None
            return Diagnostic("RE0022", f"{where} must be a mapping", node.span, hint)
        case "list_type":
            hint = "write '- ' before each item"
            return Diagnostic("RE0022", f"{where} must be a list", node.span, hint)
        case "string_type":
            advice = "put it in quotes" if isinstance(node.value, str) else None
            return Diagnostic("RE0022", f"{where} must be text", node.span, advice)
        case "string_too_short" | "too_short":
            return Diagnostic("RE0022", f"{where} must not be empty", node.span)
        case "int_type" | "int_parsing" | "int_from_float":
            return Diagnostic("RE0022", f"{where} must be a whole number", node.span)
        case "bool_type":
            return Diagnostic("RE0022", f"{where} must be true or false", node.span)
        case _:
            return Diagnostic("RE0022", f"{where}: {error['msg']}", node.span)


def _unknown_key(key: Node, value: object, name: str, location: Sequence[Any]) -> Diagnostic:
    hint = did_you_mean(name, _known(location))
    if location[0] == "templates" and len(location) == 3:
        is_type = isinstance(value, str) and value.rstrip("?") in vocabulary.TYPES
        if is_type or hint is None:
            hint = f"the fields of a template stand below 'fields:', as 'fields: {{{name}: …}}'"
    return Diagnostic("RE0022", f"unknown key '{name}'", key.span, hint)


#: The keys that a mapping may have, by the key that it stands below.
def _known(location: Sequence[Any]) -> list[str]:
    from rete_engine.language import yaml_models as models

    shapes: dict[str, type[BaseModel]] = {
        "templates": models.TemplateShape, "params": models.ParamShape,
        "fields": models.FieldShape, "functions": models.FunctionShape,
        "queries": models.QueryShape, "rules": models.LanguageRule,
        "effective": models.PeriodShape,
    }  # fmt: skip
    above = [part for part in location[:-1] if part in shapes]
    model = shapes[above[-1]] if above else LanguageRuleSet
    return [shape.alias or name for name, shape in model.model_fields.items()]
