"""``pavilion migrate``: topics on the broker and the CQL schema."""

from __future__ import annotations

from collections.abc import Callable

from infra.log.pulsar import PulsarLog
from infra.stores.scylla_schema import migrate_scylla
from schemas.errors import NotificationError
from schemas.settings import Settings
from streams.topics import required_topics
from topologies import app

BATCH_INDEX_ADVICE = (
    "note: the broker has acknowledgmentAtBatchIndexLevelEnabled=false; a partition that changes hands in the middle of"
    " a batch processes the batch again (harmless, but work)"
)


async def migrate(settings: Settings, say: Callable[[str], None]) -> None:
    """Make what is missing, one line for each thing made. Raises NotificationError if partition counts differ."""
    if settings.broker.embedded:
        raise NotificationError("migrate", "the embedded log is prepared by `pavilion run` itself")
    log = PulsarLog(settings)
    try:
        made = await log.admin.migrate(required_topics(settings, app.conf.id, app.specs()))
        if await log.admin.batch_index_acknowledgments() is False:
            say(BATCH_INDEX_ADVICE)
    finally:
        await log.close()
    made += await migrate_scylla(settings)
    for line in made:
        say(line)
    say("everything is prepared")
