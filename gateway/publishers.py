"""The gateway's producers, one per topic, opened when first used; and its word to all gateways."""

from __future__ import annotations

from collections.abc import Sequence

from infra.log.ports import LogClient, Outgoing, Publisher
from schemas.records import FanOutRecord, encode_record


class Publishers:
    def __init__(self, log: LogClient) -> None:
        self._log = log
        self._open: dict[str, Publisher] = {}

    async def publish(self, topic: str, records: Sequence[Outgoing]) -> None:
        """Return once the log has them. Raises ConnectionFailed: any part may then have been written."""
        publisher = self._open.get(topic)
        if publisher is None:
            publisher = self._open[topic] = self._log.publisher(topic)
        await publisher.publish(records)

    async def close(self) -> None:
        publishers = list(self._open.values())
        self._open.clear()
        for publisher in publishers:
            await publisher.close()


class FanOut:
    """What gateways tell each other, each record in the partition of its user."""

    def __init__(self, publishers: Publishers, topic: str) -> None:
        self._publishers = publishers
        self._topic = topic

    async def tell(self, *records: FanOutRecord) -> None:
        """Return once the log has them. Raises ConnectionFailed: any part may then have been written."""
        await self._publishers.publish(
            self._topic, [Outgoing(record.user_id, encode_record(record)) for record in records]
        )
