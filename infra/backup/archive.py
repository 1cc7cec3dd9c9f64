"""What the admin API tells of topics for a backup, and how topics are made again from one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from infra.backup.format import Cursor, Topic, after_entry
from infra.log.offsets import decode_offset
from infra.log.ports import TopicSpec
from infra.log.pulsar_admin import PulsarAdmin

POSITION = r"(-?\d+):(-?\d+)"
RANGE = re.compile(rf"([(\[]){POSITION}(?:\.\.|‥){POSITION}([)\]])")


class Archive:
    def __init__(self, admin: PulsarAdmin) -> None:
        self._admin = admin

    # -- of what is there

    async def cursors(self, topic: str, partition: int, subscriptions: Sequence[str]) -> dict[str, Cursor]:
        """What each subscription has acknowledged; of a batch that it acknowledged in part, nothing."""
        stats = await self._admin.get(f"{self._admin.path(topic)}-partition-{partition}/internalStats")
        found = (stats or {}).get("cursors", {})
        return {name: _cursor(found[name]) for name in subscriptions if name in found}

    async def schemas(self, topic: str) -> list[dict[str, Any]]:
        """The versions in Pulsar's registry, oldest first, as they are posted."""
        found = await self._admin.get(f"/schemas/{self._admin.namespace}/{topic}/schemas") or {}
        versions = found.get("getSchemaResponses", [])
        return [
            {"type": one["type"], "schema": one.get("data", ""), "properties": one.get("properties", {})}
            for one in versions
            if one.get("type") not in (None, "DELETE", "NONE")
        ]

    # -- of what is made again

    async def existing(self, topics: Sequence[str]) -> list[str]:
        return [name for name in topics if await self._admin.has(name)]

    async def delete(self, topic: str) -> None:
        """Raises NotificationError while anybody is connected to it."""
        await self._admin.remove(topic)

    async def make(self, topics: Sequence[Topic]) -> None:
        """Each is a new generation: its offsets begin anew, below what inboxes remember of the old one.

        Until :meth:`open`, workers and `migrate` refuse them.
        """
        specs = [
            TopicSpec(one.name, one.partitions, tuple(one.subscriptions), one.retention_seconds) for one in topics
        ]
        await self._admin.migrate(specs, restoring=True)

    async def put_schemas(self, topic: Topic) -> None:
        for schema in topic.schemas:
            await self._admin.send("POST", f"/schemas/{self._admin.namespace}/{topic.name}/schema", schema)

    async def place(self, topic: str, partition: int, subscription: str, offset: int) -> None:
        """Let a subscription that nobody uses begin behind ``offset``."""
        ledger, entry, _ = decode_offset(offset)
        path = f"{self._admin.path(topic)}-partition-{partition}/subscription/{subscription}/resetcursor"
        position = {"ledgerId": ledger, "entryId": entry, "partitionIndex": partition, "excluded": True}
        await self._admin.send("POST", path, position)

    async def open(self, topics: Sequence[str]) -> None:
        """The topics are whole."""
        for name in topics:
            await self._admin.restored(name)


def _cursor(stats: dict[str, Any]) -> Cursor:
    ledger, _, entry = stats["markDeletePosition"].partition(":")
    ranges = []
    for opened, first, after, last, until, closed in RANGE.findall(stats.get("individuallyDeletedMessages", "")):
        start = after_entry(int(first), int(after) - (opened == "["))
        ranges.append((start, after_entry(int(last), int(until) - (closed == ")"))))
    return Cursor(before=after_entry(int(ledger), int(entry)), ranges=ranges)
