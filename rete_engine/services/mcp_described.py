"""What the MCP server tells of a rule set."""

from __future__ import annotations

from rete_engine.expressions.values import shown
from rete_engine.services.catalog import Entry
from rete_engine.services.faults import told
from rete_engine.session.jsonable import jsonable
from rete_engine.session.ruleset import TemplateInfo


def summary(entry: Entry) -> dict[str, object]:
    """A rule set in a list."""
    return {
        "name": entry.name,
        "description": entry.description,
        "format": entry.format,
        "rules": len(entry.rules.rules),
        "facts": _facts(entry),
    }


def whole(entry: Entry) -> dict[str, object]:
    """A rule set with all that one needs to execute it, but for its text."""
    rules = entry.rules
    return {
        "name": entry.name,
        "description": entry.description,
        "format": entry.format,
        "rules": [{"name": rule.name, "description": rule.description} for rule in rules.rules],
        "templates": {
            name: _template(template)
            for name, template in rules.templates.items()
            if entry.single_facts is None
        },
        "params": {
            param.name: {"type": str(param.type), "required": param.default is None}
            for param in rules.params.values()
        },
        "warnings": [told(warning) for warning in rules.diagnostics],
    }


def _facts(entry: Entry) -> object:
    if entry.single_facts is not None:
        return "a list of any values; each rule looks at one"
    return list(entry.rules.templates)


def _template(template: TemplateInfo) -> dict[str, object]:
    fields: dict[str, object] = {}
    for field in template.fields:
        words = [str(field.type)]
        if field.allowed is not None:
            words.append(f"one of {jsonable(field.allowed)}")
        if field.required:
            words.append("required")
        elif field.factory is None:
            words.append(f"default {shown(field.default)}")
        fields[field.name] = ", ".join(words)
    told: dict[str, object] = {"fields": fields}
    if template.key is not None:
        told["key"] = list(template.key)
    if template.extends:
        told["extends"] = list(template.extends)
    if template.open:
        told["open"] = True  # facts may have further fields
    return told
