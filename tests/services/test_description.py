"""The service does what its OpenAPI description says, whatever it is sent."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings

from rete_engine.services.execution import Bounds
from rete_engine.services.rest import Door, Service, create_app
from tests.services.conftest import SHOP, TIERS, TOKEN, bearing

_service = Service(bounds=Bounds(run_time=0.5), door=Door(tokens=[TOKEN]))
_service.catalog.register("pricing", SHOP)
_service.catalog.register("tiers", TIERS, "yaml")
schema = schemathesis.openapi.from_asgi("/openapi.json", create_app(_service))
# Whether facts and params fit depends on the rules, which no description tells.
schema.config.checks.positive_data_acceptance.expected_statuses = [
    *("2xx", "400", "401", "403", "404", "409", "413")
]


@schema.parametrize()
@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_what_is_described(case: schemathesis.Case[Any]) -> None:
    case.call_and_validate(headers=bearing(TOKEN))


def test_every_fault_has_one_shape() -> None:
    described: Any = create_app(_service).openapi()
    shapes = {
        (path, method, status): answer["content"]["application/json"]["schema"]["$ref"]
        for path, operations in described["paths"].items()
        for method, operation in operations.items()
        for status, answer in operation["responses"].items()
        if status >= "400"
    }
    assert set(shapes.values()) == {"#/components/schemas/FaultModel"}
    assert {"ValidationError", "HTTPValidationError"} & set(
        described["components"]["schemas"]
    ) == set()


@pytest.mark.parametrize("tokens", [[], [TOKEN]])
def test_the_description_names_the_token_where_there_is_one(tokens: list[str]) -> None:
    described = create_app(Service(door=Door(tokens=tokens))).openapi()
    assert ("securitySchemes" in described["components"]) == bool(tokens)


def test_the_description_tells_the_bounds_of_numbers() -> None:
    shapes: Any = create_app(_service).openapi()["components"]["schemas"]
    for name in ("ExecuteRequest", "RunRequest"):
        fields = shapes[name]["properties"]
        assert fields["limit"]["anyOf"][0] == {"type": "integer", "minimum": 0}
        assert fields["timeout"]["anyOf"][0] == {"type": "number", "exclusiveMinimum": 0}
