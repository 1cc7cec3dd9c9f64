"""A small round of the load test: the harness works, and nothing is missed over a crash and a drain."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.test_main_job import new_namespace
from tests.load.platform import Services
from tests.load.round import Plan, play
from tests.load.verify import Connect, Log, Received, violations_of

PLAN = Plan(clients=50, connects_per_second=50, events_per_second=50, calm=1.5, drain=1.0, limit=60)


@pytest.mark.guarantee("G3")
async def test_clients_come_back_from_a_killed_and_a_drained_gateway_and_have_missed_nothing(
    pulsar: Any, redis_server: Any, cassandra: Any, tmp_path: Path
) -> None:
    namespace = await new_namespace(pulsar)
    services = Services(pulsar.url, pulsar.admin_url, namespace, redis_server.url, cassandra.contact_point)
    outcome = await play(PLAN, services, tmp_path, print)
    assert outcome.violations == []
    assert outcome.received == outcome.events > 100
    assert outcome.killed_clients == 25
    assert outcome.drained_clients == PLAN.clients
    assert outcome.closes["1012"] == PLAN.clients
    report = outcome.write(tmp_path)
    assert "no gap, no double" in report.read_text()
    assert json.loads((tmp_path / "report.json").read_text())["clients"] == PLAN.clients
    with (tmp_path / "locust_stats.csv").open() as file:
        assert {row["Name"] for row in csv.DictReader(file)} >= {"session", "connect", "resume"}

    # The comparison notices what it is for.
    log = _longest(tmp_path)
    users = [log.user]
    changed = {
        "a gap": log.received[1:],
        "a double": [*log.received, log.received[-1]],
        "another order": [log.received[1], log.received[0], *log.received[2:]],
        "something unknown": [*log.received, Received(log.received[0].epoch, 99, "x", 0.0)],
    }
    assert await violations_of([log], users, len(log.received), services.settings) == []
    for name, received in changed.items():
        forged = Log(log.user, received, log.connects, log.closes, lost=0)
        assert await violations_of([forged], users, len(log.received), services.settings), name
    lost = Log(log.user, log.received, [Connect(0, 0, 0, False)], [], lost=1)
    assert await violations_of([lost], users, len(log.received), services.settings)
    assert await violations_of([log], users, len(log.received) + 1, services.settings)


def _longest(directory: Path) -> Log:
    logs = [Log.of(json.loads(line)) for line in (directory / "clients.jsonl").read_text().splitlines()]
    return max(logs, key=lambda log: len(log.received))
