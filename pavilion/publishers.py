"""Publishers that are opened as they are needed, and closed together."""

from __future__ import annotations

from infra.log.ports import LogClient, Publisher


class Publishers:
    """One publisher a topic, closed when the block is left."""

    def __init__(self, log: LogClient) -> None:
        self._log = log
        self._publishers: dict[str, Publisher] = {}

    def of(self, topic: str) -> Publisher:
        if topic not in self._publishers:
            self._publishers[topic] = self._log.publisher(topic)
        return self._publishers[topic]

    async def __aenter__(self) -> Publishers:
        return self

    async def __aexit__(self, *error: object) -> None:
        for publisher in self._publishers.values():
            await publisher.close()
