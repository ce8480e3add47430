from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from tests.examples.running import EXAMPLES, run

EVENTS = EXAMPLES / "alerts/events.ndjson"
ALERTS = [
    "critical password guessed: root logged in from 203.0.113.9 after repeated failures",
    "high     port scan: 203.0.113.7 tried 6 ports of web-1",
    "critical host down: web-1 does not answer (also down: search, shop)",
    "high     service down: mail on mail-1 does not answer, 2 times",
    "medium   service down: fax, which nobody has registered, does not answer",
    "medium   locked out: carl fails to log in from 10.0.0.33",
]


def test_the_alerts() -> None:
    outputs, printed = run("alerts/alerts.rete", str(EVENTS))
    assert printed == ALERTS
    assert outputs[3] == {
        "kind": "service down",
        "subject": "mail",
        "severity": "high",
        "first": datetime(2026, 11, 23, 6, 30, tzinfo=UTC),
        "last": datetime(2026, 11, 23, 6, 35, tzinfo=UTC),
        "signals": 2,
        "suppressed": [],
    }


@pytest.mark.parametrize("seed", range(5))
def test_the_events_may_come_in_any_order_and_twice(seed: int) -> None:
    lines = EVENTS.read_bytes().splitlines(keepends=True) * 2
    random.Random(seed).shuffle(lines)
    _, printed = run("alerts/alerts.rete", "-", stdin=b"".join(lines))
    assert printed == ALERTS


def test_parameters() -> None:
    _, printed = run("alerts/alerts.rete", str(EVENTS), params={"scan": 7})
    assert printed == [line for line in ALERTS if "port scan" not in line]
    params: dict[str, object] = {"window": timedelta(minutes=2)}
    _, printed = run("alerts/alerts.rete", str(EVENTS), params=params)
    assert printed == [line for line in ALERTS if "guessed" not in line]
    _, printed = run("alerts/alerts.rete", str(EVENTS), params={"grace": timedelta(seconds=5)})
    assert "high     service down: shop on web-1 does not answer" in printed


def test_quiet_nights() -> None:
    assert run("alerts/alerts.rete", "-", stdin=b"") == ([], [])
