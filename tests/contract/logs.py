"""The two logs under contract: on SQLite, and on a real Pulsar."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from infra.log.embedded import SCHEMA, EmbeddedLog
from infra.log.ports import LogClient, TopicSpec
from infra.log.pulsar import PulsarLog
from infra.sqlite import Database
from schemas.settings import Settings

LOGS = ["embedded", "pulsar"]


def pulsar_settings(request: pytest.FixtureRequest, **sections: Any) -> Settings:
    """Settings for the broker of the session, which is started at its first use."""
    service = request.getfixturevalue("pulsar")
    broker = {"url": service.url, "admin_url": service.admin_url, "operation_timeout": "10s"}
    return Settings(broker=broker, **sections)


@contextlib.asynccontextmanager
async def open_log(settings: Settings, directory: Path, topics: Sequence[TopicSpec]) -> AsyncIterator[LogClient]:
    """The log of ``settings``, started and with ``topics`` made."""
    if settings.broker.embedded:
        database = Database(directory / "log.db")
        database.open(SCHEMA)
        embedded = EmbeddedLog(database)
        await embedded.start()
        await embedded.migrate(topics)
        yield embedded
        await embedded.close()
        database.close()
    else:
        pulsar = PulsarLog(settings)
        await pulsar.start()
        await pulsar.admin.migrate(topics)
        yield pulsar
        await pulsar.close()
