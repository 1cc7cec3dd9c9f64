"""What `pavilion topology check` finds on a log, on SQLite and on a real Pulsar."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from infra.log.ports import LogClient, Outgoing, Provisioner, TopicSpec
from schemas.settings import Settings, TopicSettings
from streams import App, Suppressed, plan
from streams.check_log import check_log
from streams.findings import Finding
from streams.topics import required_topics
from tests.contract.log_places import key_for
from tests.contract.logs import LOGS, open_log, pulsar_settings
from tests.topology.small import Visited


@dataclass
class Ground:
    """A log with names of this test's own."""

    prefix: str
    settings: Settings
    log: LogClient
    provisioner: Provisioner

    def app(self, agent: str, *topics: str) -> App:
        app = App(self.prefix, settings=self.settings)
        names = [f"{self.prefix}-{topic}" for topic in topics or ("visits",)]

        @app.agent(app.topic(*names, value_type=Visited), name=f"{self.prefix}-{agent}")
        @plan(dead_letter=app.topic("dead-letters"))
        def rule(event: Visited) -> Iterator[Suppressed]:
            """A rule."""
            yield Suppressed(event.actor, "late")

        return app

    async def migrate(self, app: App) -> None:
        await self.provisioner.migrate(required_topics(self.settings, self.prefix, app.specs()))

    async def found(self, app: App) -> list[Finding]:
        """Of this test: others leave topics in the same broker."""
        found = await check_log(self.settings, self.prefix, app.specs(), self.log, self.provisioner)
        return [one for one in found if self.prefix in one.where]


@pytest.fixture(params=LOGS)
async def ground(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Ground]:
    prefix = f"c{uuid.uuid4().hex[:8]}"
    names = {name: f"{prefix}-{name}" for name, field in TopicSettings.model_fields.items() if field.annotation is str}
    sections: dict[str, Any] = {"topics": {**names, "partitions": 4}}
    settings = Settings(**sections) if request.param == "embedded" else pulsar_settings(request, **sections)
    async with open_log(settings, tmp_path, []) as log:
        yield Ground(prefix, settings, log, getattr(log, "admin", log))


async def test_what_migrate_would_make_is_missing_until_it_has(ground: Ground) -> None:
    app = ground.app("judge")
    found = await ground.found(app)
    assert {(one.check, one.where.removeprefix(f"topic {ground.prefix}-")) for one in found} == {
        ("missing-topic", name) for name in ("members", "stats", "fan_out", "dead_letter", "visits", "judge-log")
    }
    assert {one.severity for one in found} == {"warning" if ground.settings.broker.embedded else "error"}
    await ground.migrate(app)
    assert await ground.found(app) == []


async def test_a_renamed_agent_is_told_of_its_old_name_and_of_what_waits_there(ground: Ground) -> None:
    await ground.migrate(ground.app("judge"))
    topic = f"{ground.prefix}-visits"
    await ground.log.publisher(topic).publish([Outgoing(key_for(n), b"{}") for n in range(3)])
    renamed = ground.app("umpire")
    await ground.migrate(renamed)
    [one] = await ground.found(renamed)
    assert (one.severity, one.check, one.where) == ("error", "renamed-stage", f"agent {ground.prefix}-judge")
    assert f"3 records wait for it on {topic}" in one.what
    assert f"give {ground.prefix}-umpire its old name with name='{ground.prefix}-judge'" in one.advice


async def test_an_agent_that_is_gone_with_its_topic_is_a_warning(ground: Ground) -> None:
    await ground.migrate(ground.app("judge"))
    other = ground.app("umpire", "matches")
    await ground.migrate(other)
    [one] = await ground.found(other)
    assert (one.severity, one.check, one.where) == ("warning", "renamed-stage", f"agent {ground.prefix}-judge")


async def test_keys_on_the_wrong_partition_are_found_among_the_newest(ground: Ground) -> None:
    app = ground.app("judge")
    await ground.migrate(app)
    run = [Outgoing(key_for(0), b"{}"), Outgoing(key_for(2), b"{}", partition=3), Outgoing("", b"?", partition=1)]
    await ground.log.publisher(f"{ground.prefix}-visits").publish(run)
    [one] = await ground.found(app)
    assert (one.severity, one.check) == ("error", "wrong-partition")
    assert "1 of its newest 2 records" in one.what
    assert "is on partition 3, not 2" in one.what


async def test_topics_of_one_agent_that_differ_in_partitions_are_found(ground: Ground) -> None:
    app = ground.app("judge", "visits", "matches")
    await ground.provisioner.migrate([TopicSpec(f"{ground.prefix}-matches", 2, (f"{ground.prefix}-judge",))])
    await ground.provisioner.migrate(
        [one for one in required_topics(ground.settings, ground.prefix, app.specs()) if "matches" not in one.name]
    )
    found = {one.check: one for one in await ground.found(app)}
    assert found.keys() == {"copartition", "partitions"}
    assert f"{ground.prefix}-matches 2, {ground.prefix}-visits 4" in found["copartition"].what
