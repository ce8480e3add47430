"""The shapes of rule sets in YAML, as pydantic models.

Two forms: `LanguageRuleSet`, whose conditions and actions are in the rule language, and
`RuleSetDefinition`, whose rules look at one fact each. `docs/ruleset.schema.json` is their JSON
Schema. pydantic is imported with this module, which is imported when the first YAML text is read.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr, TypeAdapter

Name = Annotated[StrictStr, Field(min_length=1)]
Text = Annotated[StrictStr, Field(min_length=1)]
#: One condition or action, or a list of them; a text of several lines has one on each.
Lines = StrictStr | list[StrictStr]


class _Closed(BaseModel):
    """A mapping with these keys and no others."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


# -- conditions and actions in the rule language -----------------------------------------------


class FieldShape(_Closed):
    """A field of a template with more than its type."""

    type: Text
    default: Any = Field(default=None, description="a value, not an expression")
    values: list[Any] | None = Field(
        default=None, alias="in", description="the only values it may have", min_length=1
    )


class TemplateShape(_Closed):
    """A template."""

    fields: dict[Name, Text | FieldShape] = Field(
        default_factory=dict, description="each with its type, or a mapping with `type`"
    )
    extends: Name | None = None
    key: list[Name] | None = Field(default=None, min_length=1)
    unique: StrictBool = False
    open: StrictBool = False


class ParamShape(_Closed):
    """A parameter with a default value."""

    type: Text
    default: Any = Field(default=None, description="a value, not an expression")


class FunctionShape(_Closed):
    """A function: with `body` in the rule language, else provided by the program."""

    parameters: dict[Name, Text | None] = Field(default_factory=dict)
    returns: Text | None = None
    body: Text | None = Field(default=None, description="an expression")


class QueryShape(_Closed):
    """A query."""

    parameters: dict[Name, Text | None] = Field(default_factory=dict)
    when: Lines


class PeriodShape(_Closed):
    """When a rule is effective, both days inclusive."""

    start: Text | None = Field(default=None, alias="from")
    to: Text | None = None


class LanguageRule(_Closed):
    """A rule whose conditions and actions are in the rule language."""

    name: Name
    description: StrictStr | None = None
    tags: list[StrictStr] = Field(default_factory=list)
    salience: StrictInt | Text | None = Field(default=None, description="a number or expression")
    group: Text | None = None
    auto_focus: StrictBool = False
    activation_group: Text | None = None
    no_loop: StrictBool = False
    lock_on_active: StrictBool = False
    enabled: StrictBool | Text | None = Field(default=None, description="or an expression")
    effective: PeriodShape | None = None
    when: Lines = Field(default_factory=list)
    then: Lines = Field(default_factory=list)


class LanguageRuleSet(_Closed):
    """A rule set in the rule language."""

    name: Name | None = None
    description: StrictStr | None = None
    imports: list[Text] = Field(default_factory=list, description="paths of other rule files")
    params: dict[Name, Text | ParamShape] = Field(default_factory=dict)
    templates: dict[Name, TemplateShape] = Field(default_factory=dict)
    functions: dict[Name, FunctionShape] = Field(default_factory=dict)
    queries: dict[Name, QueryShape] = Field(default_factory=dict)
    facts: dict[Name, list[dict[Name, Any]]] = Field(
        default_factory=dict, description="by template, each fact by its fields"
    )
    rules: list[LanguageRule] = Field(default_factory=list)


# -- rules that look at one fact -----------------------------------------------------------------


class RuleDefinition(BaseModel):
    """A rule over one fact, which is called `fact` in its expressions.

    Example:
        >>> RuleDefinition(
        ...     name="vip", condition="fact.get('spend', 0) > 9", action="'vip'"
        ... ).priority
        0
    """

    model_config = ConfigDict(frozen=True)

    name: Name
    condition: Text = Field(description="an expression over `fact`")
    action: Text = Field(description="an expression over `fact`: the rule's result")
    priority: int = Field(default=0, description="the highest comes first")
    description: StrictStr | None = None


class RuleSetDefinition(BaseModel):
    """A set of rules over one fact each.

    Example:
        >>> rule = {"name": "vip", "condition": "fact['spend'] > 9", "action": "'vip'"}
        >>> RuleSetDefinition.model_validate({"name": "tiers", "rules": [rule]}).rules[0].name
        'vip'
    """

    model_config = ConfigDict(frozen=True)

    name: Name
    description: StrictStr | None = None
    rules: list[RuleDefinition]


def json_schema() -> dict[str, Any]:
    """The JSON Schema of both forms, as it is published in `docs/ruleset.schema.json`."""
    schema = TypeAdapter(LanguageRuleSet | RuleSetDefinition).json_schema(by_alias=True)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A rule set of rete_engine in YAML",
        **schema,
    }
