"""The endpoints of rule sets, and of executing them once."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from rete_engine.services.catalog import NAME, Entry
from rete_engine.services.execution import execute
from rete_engine.services.faults import Code, Fault, told
from rete_engine.services.rest_answers import Json, Refusal
from rete_engine.services.rest_models import (
    ExecuteAnswer,
    ExecuteRequest,
    RuleSetList,
    RuleSetModel,
)
from rete_engine.services.rest_shared import StrictRoute, TheService, body_text, may_answer

router = APIRouter(route_class=StrictRoute)

#: The kinds of text that rules come as. JSON is YAML.
_FORMATS = {
    "": "rete",
    "text/plain": "rete",
    "application/yaml": "yaml",
    "application/x-yaml": "yaml",
    "text/yaml": "yaml",
    "text/x-yaml": "yaml",
    "application/json": "yaml",
}
_TEXT: dict[str, Any] = {"schema": {"type": "string"}}
_EXAMPLE = 'rule "hello"\nwhen\nthen\n    emit "hello"\nend\n'
_EXAMPLE_YAML = """\
name: tiers
rules:
  - name: vip
    condition: "fact.get('spend', 0) > 50000"
    action: "{'tier': 'VIP'}"
"""

Name = Annotated[
    str,
    Path(
        description="The name of a rule set: letters, digits and `. _ ~ -`.",
        json_schema_extra={"pattern": f"^{NAME.pattern}$"},
        examples=["pricing"],
    ),
]


@router.get("/rulesets", tags=["rule sets"], response_model=RuleSetList, responses=may_answer())
def list_rulesets(service: TheService) -> Json:
    """All rule sets, by name."""
    return Json({"rulesets": [_summary(entry) for entry in service.catalog.entries()]})


@router.put(
    "/rulesets/{name}",
    tags=["rule sets"],
    response_model=RuleSetModel,
    responses=may_answer(
        body=True, also={201: {"model": RuleSetModel, "description": "The name is new."}}
    ),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "text/plain": {**_TEXT, "example": _EXAMPLE},
                "application/yaml": {**_TEXT, "example": _EXAMPLE_YAML},
            },
        }
    },
)
async def put_ruleset(
    service: TheService,
    name: Name,
    request: Request,
    format: Annotated[
        Literal["rete", "yaml"] | None,
        Query(description="What the text is; by default what its `Content-Type` says, else rete."),
    ] = None,
) -> Json:
    """Keep a rule set under a name, in the place of another that has it.

    The body is rules as text (`text/plain`, also without any `Content-Type`), or as YAML or JSON
    (`application/yaml`, `application/json`). Sessions that use the former rule set go on with it.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if format is None and kind not in _FORMATS:
        message = (
            f"rules come as text/plain or application/yaml, not as {kind[:100]};"
            " ?format=rete or ?format=yaml says it too"
        )
        raise Refusal(415, Fault(Code.WRONG_REQUEST, message))
    text = await body_text(request)
    if not text.strip():
        raise Fault(Code.WRONG_REQUEST, "there is no text of rules in the body")
    entry, is_new = await run_in_threadpool(
        service.catalog.register, name, text, format or _FORMATS[kind]
    )
    return Json(_whole(entry), 201 if is_new else 200)


@router.get(
    "/rulesets/{name}",
    tags=["rule sets"],
    response_model=RuleSetModel,
    responses=may_answer(404),
)
def get_ruleset(service: TheService, name: Name) -> Json:
    """A rule set, with its text and all that it declares."""
    return Json(_whole(service.catalog.get(name)))


@router.delete("/rulesets/{name}", tags=["rule sets"], status_code=204, responses=may_answer(404))
def delete_ruleset(service: TheService, name: Name) -> Response:
    """Forget a rule set. Sessions that use it go on with it."""
    service.catalog.deregister(name)
    return Response(status_code=204)


@router.post(
    "/execute",
    tags=["executing"],
    response_model=ExecuteAnswer,
    responses=may_answer(404, 409, body=True),
)
def post_execute(service: TheService, asked: ExecuteRequest) -> Json:
    """Execute a rule set over facts, once. Nothing of it stays."""
    done = execute(
        service.catalog.get(asked.ruleset_uri),
        asked.facts,
        params=asked.params,
        limit=asked.limit,
        timeout=asked.timeout,
        bounds=service.bounds,
    )
    return Json(done.as_dict())


def _summary(entry: Entry) -> dict[str, object]:
    return {
        "name": entry.name,
        "description": entry.description,
        "format": entry.format,
        "hash": entry.rules.hash,
        "rules": len(entry.rules.rules),
    }


def _whole(entry: Entry) -> dict[str, object]:
    rules = entry.rules
    return {
        **_summary(entry),
        "over_one_fact": entry.single_facts is not None,
        "rules": [
            {
                "name": rule.name,
                "description": rule.description,
                "tags": list(rule.tags),
                "line": rule.line,
            }
            for rule in rules.rules
        ],
        "templates": [
            {
                "name": template.name,
                "extends": list(template.extends),
                "fields": [
                    {"name": each.name, "type": str(each.type), "required": each.required}
                    for each in template.fields
                ],
                "key": None if template.key is None else list(template.key),
                "unique": template.unique,
                "open": template.open,
            }
            for template in rules.templates.values()
        ],
        "params": [
            {"name": param.name, "type": str(param.type), "required": param.default is None}
            for param in rules.params.values()
        ],
        "warnings": [told(warning) for warning in rules.diagnostics],
        "text": entry.text,
    }
