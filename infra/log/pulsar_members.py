"""Members of a group of workers: the consumers of one Shared subscription, as the broker lists them.

Nothing is ever published there. The broker forgets a closed or killed client within a fraction of a second, and a
frozen one after two of its keep-alives.
"""

from __future__ import annotations

from typing import Any

from infra.log.ports import MEMBERS, Member
from infra.log.pulsar_admin import PulsarAdmin
from infra.log.pulsar_publish import close_quietly


def properties_of(member: Member) -> dict[str, str]:
    return {
        "id": member.id,
        "version": member.version,
        "started": str(member.started_ms),
        "avoids": " ".join(sorted(member.avoids)),
    }


def member_of(properties: dict[str, str]) -> Member | None:
    """None for a consumer that is no worker, such as one opened by hand."""
    if not properties.get("id"):
        return None
    started = properties.get("started", "")
    return Member(
        properties["id"],
        properties.get("version", ""),
        int(started) if started.isdigit() else 0,
        frozenset(properties.get("avoids", "").split()),
    )


class PulsarMembership:
    exact = False

    def __init__(self, consumer: Any, admin: PulsarAdmin, topic: str, timeout: float) -> None:
        self._consumer = consumer
        self._admin = admin
        self._topic = topic
        self._timeout = timeout

    async def listed(self) -> list[Member]:
        consumers = await self._admin.consumers(self._topic, 0, MEMBERS)
        members = (member_of(consumer.get("metadata", {})) for consumer in consumers)
        return [member for member in members if member is not None]

    async def close(self) -> None:
        await close_quietly(self._consumer, self._timeout)
