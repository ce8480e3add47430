from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from fastapi.testclient import TestClient

from rete_engine.services.rest import Service, create_app

SHOP = """
ruleset shop "A small shop"
param most: int = 100
template Order key(id)
    id: int
    total: float
    due: date? = none
    price: decimal? = none
    tags: set[str] = set()
    status: str = "new"
end
rule "large"
    description "More than most"
    tags "orders"
when
    o := Order(status == "new", total > most)
then
    emit {"order": o.id, "due": o.due}
    print f"order {o.id} is large"
    modify o(status = "large")
end
rule "small"
    salience -1
when
    o := Order(status == "new", total <= most)
then
    retract o
end
"""
TIERS = """
name: tiers
description: Customer tiers
rules:
  - {name: silver, condition: "fact['spend'] > 10", action: "{'tier': 'silver'}"}
  - {name: gold, condition: "fact['spend'] > 20", action: "{'tier': 'gold'}", priority: 5}
  - {name: quiet, condition: "fact['spend'] > 30", action: "none"}
"""
LOOP = """
template C
    n: int
end
rule "count"
when
    c := C(n >= 0)
then
    modify c(n = c.n + 1)
end
"""
TOKEN = "a-token-of-somebody"
OTHER = "a-token-of-another"

Open = Callable[..., TestClient]


def bearing(token: str) -> dict[str, str]:
    """The header that bears a token."""
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def service() -> Service:
    """A service with two rule sets."""
    service = Service()
    service.catalog.register("shop", SHOP)
    service.catalog.register("tiers", TIERS, "yaml")
    return service


@pytest.fixture
def open_client() -> Iterator[Open]:
    """Clients of services, which run until the test is over."""
    clients: list[TestClient] = []

    def make(service: Service, token: str | None = None) -> TestClient:
        headers = {} if token is None else bearing(token)
        client = TestClient(
            create_app(service),
            base_url="http://localhost",
            headers=headers,
            raise_server_exceptions=False,
        )
        client.__enter__()
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.__exit__(None, None, None)


@pytest.fixture
def client(service: Service, open_client: Open) -> TestClient:
    """A client of the service."""
    return open_client(service)
