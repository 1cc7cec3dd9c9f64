"""Opens what a process talks to: the log and the stores of its settings."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import structlog

from infra.log import embedded
from infra.log.embedded import EmbeddedLog
from infra.log.pulsar import PulsarLog
from infra.sqlite import Database
from infra.stores.open import Stores, open_stores, sqlite_schemas
from infra.tracing import OFF, open_tracing
from pavilion.keys import with_encryption_keys
from pavilion.lock import hold_data_directory
from pavilion.redaction import hide
from schemas.settings import Settings
from streams.engine import VERSION, Connections
from streams.topics import required_topics
from topologies import app

logger = structlog.get_logger()


@contextlib.asynccontextmanager
async def connected(settings: Settings, service: str = "") -> AsyncIterator[Connections]:
    """Connections for as long as the block lasts; raises NotificationError, SettingsError or ConnectionFailed.

    A ``service`` is a kind of process that runs on, under which it is known to the collector of traces.

    The embedded mode holds the data directory for itself and prepares its own topics; elsewhere ``pavilion migrate``
    does that.
    """
    async with contextlib.AsyncExitStack() as stack:
        tracing = open_tracing(settings, service, VERSION) if service else OFF
        stack.push_async_callback(tracing.close)
        if settings.broker.embedded:
            stack.enter_context(hold_data_directory(settings.data_dir))
            database = Database(settings.database)
            database.open(embedded.SCHEMA, *sqlite_schemas())
            stack.callback(database.close)
            settings = with_encryption_keys(settings)
            hide(settings)
            log = EmbeddedLog(database)
            await log.migrate(required_topics(settings, app.conf.id, app.specs()))
            connections = Connections(log, log, await open_stores(settings, database=database), tracing)
        else:
            pulsar = PulsarLog(settings)
            connections = Connections(pulsar, pulsar.admin, await open_stores(settings, database=None), tracing)
            if not settings.encryption.keys:
                logger.warning("notifications are stored unencrypted: PAVILION_ENCRYPTION__KEYS is not set")
        stack.push_async_callback(connections.stores.close)
        await connections.log.start()
        stack.push_async_callback(connections.log.close)
        await connections.stores.check()
        yield connections


@contextlib.asynccontextmanager
async def opened_stores(settings: Settings) -> AsyncIterator[Stores]:
    """The stores alone, for as long as the block lasts: outside the embedded mode the broker is not asked for them."""
    if settings.broker.embedded:
        async with connected(settings) as connections:
            yield connections.stores
        return
    stores = await open_stores(settings, database=None)
    try:
        await stores.check()
        yield stores
    finally:
        await stores.close()
