"""The shapes of what the REST service takes and answers with; its description is made of them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from rete_engine.services.given import as_listed_facts


def _whole(value: object) -> object:
    """Let 3.0 be the whole number that it is in JSON."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Whole = Annotated[int, BeforeValidator(_whole)]
Milliseconds = Annotated[float, Field(ge=0, description="Milliseconds.")]


class _Asked(BaseModel):
    """What a client sends: exactly these keys, of exactly these types."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


# -- faults ----------------------------------------------------------------------------------------


class DiagnosticModel(BaseModel):
    """Something that is wrong, and where."""

    place: str = Field(description="`file:line:column` in rules, or a place in the request.")
    severity: Literal["error", "warning"]
    message: str
    code: str | None = Field(description="A stable code, for what is wrong with rules.")
    hint: str | None
    file: str | None
    line: int | None
    column: int | None
    end_line: int | None
    end_column: int | None


class FaultModel(BaseModel):
    """What is answered when something is wrong, whatever it is."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "code": "not_found",
                    "message": "there is no rule set 'pricng'; did you mean 'pricing'?",
                    "diagnostics": [],
                }
            ]
        }
    )

    code: Literal[
        "wrong_request",
        "wrong_rules",
        "wrong_facts",
        "key_in_use",
        "failed",
        "over_limit",
        "not_found",
        "busy",
        "unauthorized",
        "forbidden",
        "overloaded",
        "internal",
    ]
    message: str
    diagnostics: list[DiagnosticModel]


# -- rule sets -------------------------------------------------------------------------------------


class RuleSetSummary(BaseModel):
    """A rule set in a list."""

    name: str = Field(examples=["pricing"])
    description: str | None
    format: Literal["rete", "yaml"]
    hash: str = Field(description="A hexadecimal digest of all that it is made of.")
    rules: int = Field(description="How many rules it has.")


class RuleSetList(BaseModel):
    """All rule sets, by name."""

    rulesets: list[RuleSetSummary]


class RuleModel(BaseModel):
    """A rule of a rule set."""

    name: str
    description: str | None
    tags: list[str]
    line: int = Field(description="Where it begins in its file.")


class FieldModel(BaseModel):
    """A field of a template."""

    name: str
    type: str = Field(examples=["float"])
    required: bool


class TemplateModel(BaseModel):
    """A template: the shape of facts."""

    name: str
    extends: list[str]
    fields: list[FieldModel]
    key: list[str] | None
    unique: bool
    open: bool = Field(description="Whether its facts may have further fields.")


class ParamModel(BaseModel):
    """A parameter, which an execution or a session may set."""

    name: str
    type: str
    required: bool


class RuleSetModel(BaseModel):
    """A rule set with all that it says."""

    name: str = Field(examples=["pricing"])
    description: str | None
    format: Literal["rete", "yaml"]
    hash: str = Field(description="A hexadecimal digest of all that it is made of.")
    over_one_fact: bool = Field(description="Whether its rules look at one fact each.")
    rules: list[RuleModel]
    templates: list[TemplateModel]
    params: list[ParamModel]
    warnings: list[DiagnosticModel]
    text: str = Field(description="The rules as they were given.")


# -- executions ------------------------------------------------------------------------------------

Facts = Annotated[list[Any] | dict[str, list[dict[str, Any]]], BeforeValidator(as_listed_facts)]

#: Ways to give facts, for the description.
_FACTS: Any = Field(
    default_factory=list,
    description="A list of objects, each with its template under `type` (which may be left out"
    " where the rules have but one template), or an object of lists, by template. For rules over"
    " one fact a list of any values.",
    examples=[[{"type": "Order", "id": 1, "total": 250.0}], {"Order": [{"id": 1, "total": 250.0}]}],
)

# The bounds stand next to the types: further outside they would be checked, but not be told in the
# description.
_Count = Annotated[int, Field(ge=0), BeforeValidator(_whole)]
_Seconds = Annotated[float, Field(gt=0)]
Limit = Annotated[_Count | None, Field(description="The most firings to try.")]
Timeout = Annotated[_Seconds | None, Field(description="Seconds that it may take.")]
Params = Annotated[dict[str, Any], Field(description="Values of parameters, by name.")]


class ExecuteRequest(_Asked):
    """Facts to execute rules over."""

    ruleset_uri: str = Field(description="The name of a rule set.", examples=["pricing"])
    facts: Facts = _FACTS
    params: Params = {}
    limit: Limit = None
    timeout: Timeout = None


class ExecuteAnswer(BaseModel):
    """What an execution gave."""

    results: list[Any] = Field(
        description="What rules emitted; of rules over one fact, what their actions gave."
    )
    execution_time_ms: Milliseconds
    rules_executed: int = Field(description="How many rules fired.")
    stopped: Literal["quiescent", "halted", "limit"]
    printed: list[str] = Field(description="The lines that rules printed.")


# -- sessions --------------------------------------------------------------------------------------


class SessionRequest(_Asked):
    """How a session is opened."""

    ruleset_uri: str = Field(description="The name of a rule set.", examples=["pricing"])
    params: Params = {}
    strategy: Literal["depth", "breadth", "lex", "mea", "simplicity", "complexity", "random"] = (
        "depth"
    )
    seed: Whole = Field(default=0, description="For the strategy `random`.")
    on_error: Literal["raise", "skip", "quarantine"] = Field(
        default="raise", description="What becomes of a match whose action fails."
    )
    facts: Facts = _FACTS


class SessionModel(BaseModel):
    """A session."""

    id: str
    ruleset_uri: str
    hash: str = Field(description="That of its rule set, which stays when another has the name.")
    expires_in: float = Field(description="Seconds from now, if it is not used.")


class SessionList(BaseModel):
    """The sessions of whoever asks."""

    sessions: list[SessionModel]


class FactModel(BaseModel):
    """A fact of a session."""

    fact_id: int
    type: str = Field(description="Its template.", examples=["Order"])
    fields: dict[str, Any] = Field(examples=[{"id": 1, "total": 250.0}])


class FactsRequest(_Asked):
    """Facts to insert: all, or none when one does not fit."""

    facts: Facts = _FACTS


class FactList(BaseModel):
    """Facts, in the order in which they were inserted or given."""

    facts: list[FactModel]


class RunRequest(_Asked):
    """How far to run."""

    limit: Limit = None
    timeout: Timeout = None
    trace: bool = Field(default=False, description="Whether to list every firing.")


class FiringModel(BaseModel):
    """A rule that fired."""

    rule: str
    bindings: dict[str, Any] = Field(description="What its conditions bound.")
    facts: list[int] = Field(description="The numbers of the facts it matched.")


class WaitingModel(FiringModel):
    """A rule that would fire."""

    salience: int


class LoopModel(BaseModel):
    """Rules that made each other fire until the limit."""

    rules: list[str]
    fields: list[str] = Field(description="What they change.")


class RunAnswer(BaseModel):
    """What a run did."""

    fired: int = Field(description="How many rules fired.")
    stopped: Literal["quiescent", "halted", "limit", "timeout"]
    outputs: list[Any] = Field(description="What rules emitted.")
    printed: list[str] = Field(description="The lines that rules printed.")
    errors: list[str] = Field(description="What failed and was passed over.")
    firings: list[FiringModel] = Field(description="Each firing, if it was asked for.")
    loop: LoopModel | None
    execution_time_ms: Milliseconds


class Agenda(BaseModel):
    """What would fire, the next one first."""

    agenda: list[WaitingModel]


class BecauseModel(BaseModel):
    """A firing that a fact comes from."""

    kind: Literal["derived", "inserted", "modified"]
    rule: str
    file: str
    line: int
    bindings: dict[str, Any] = Field(description="The variables that were bound to values.")
    facts: list[PremiseModel] = Field(description="The facts that it matched.")
    conditions: list[str] = Field(description="The other conditions of the rule, as written.")


class WhyModel(BaseModel):
    """A fact and the firings that it comes from, down to what came from outside."""

    fact_id: int
    template: str
    fields: dict[str, Any] = Field(description="As they were for the firing it is told of.")
    origin: Literal["outside", "facts", "rules", "forgotten"]
    place: str | None = Field(description="Where a facts block declares it.")
    notes: list[str]
    because: list[BecauseModel]


class PremiseModel(WhyModel):
    """A fact that a firing matched."""

    variable: str | None = Field(description="The variable that stands for it.")


class WhyAnswer(WhyModel):
    """Where a fact comes from."""

    text: str = Field(description="The same for a reader.")


class PartialModel(BaseModel):
    """A match of some conditions."""

    bindings: dict[str, Any]
    facts: list[Any]


class ConditionModel(BaseModel):
    """A condition, and how many matches reach and pass it."""

    number: int
    alternative: int
    text: str
    file: str
    line: int
    template: str | None
    facts: int | None = Field(description="How many facts of the template there are.")
    reached: int
    matches: int
    partial: list[PartialModel]
    errors: list[str]
    complete: bool = Field(description="Whether all was counted.")


class MissedModel(BaseModel):
    """A constraint that does not hold, and the values that it reads."""

    constraint: str
    values: dict[str, Any]
    error: str | None


class NearestModel(BaseModel):
    """What came nearest to pass a condition, or stands in its way."""

    blocks: bool
    facts: list[Any]
    bindings: dict[str, Any]
    missed: list[MissedModel]


class WhyNotAnswer(BaseModel):
    """What keeps a rule from firing."""

    rule: str
    file: str
    line: int
    status: Literal[
        "unmatched", "waiting", "unfocused", "disabled", "ineffective", "fired", "spent", "unknown"
    ]
    reason: str
    fired: int = Field(description="How often the rule fired.")
    conditions: list[ConditionModel]
    failing: ConditionModel | None = Field(description="The first that nothing passes.")
    nearest: list[NearestModel]
    text: str = Field(description="The same for a reader.")


class Health(BaseModel):
    """That the service is there."""

    status: Literal["ok"]
    version: str
