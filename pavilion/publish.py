"""``pavilion events publish``: straight to Pulsar, or through the running process of the embedded mode."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import msgspec

from gateway.demo import DEMO_ACTORS, DEMO_USER
from infra.demo import demo_events
from infra.log.ports import Outgoing
from infra.log.pulsar import PulsarLog
from pavilion.remote import Remote
from schemas.errors import InvalidEventType, NotificationError
from schemas.events import decode_event, encode_event
from schemas.settings import Settings

RUN = 500


async def publish(
    settings: Settings, content: bytes, *, demo: int, raw: str | None, say: Callable[[str], None]
) -> None:
    """Publish ``content`` (or ``demo`` made-up events); ``raw`` names a group for lines that are not checked."""
    if raw is not None:
        if raw not in settings.topics.events:
            groups = ", ".join(settings.topics.events)
            raise NotificationError("publish events", f"--group: {raw!r} is none of {groups}")
        records = [(raw, Outgoing("", line)) for line in content.splitlines() if line]
    else:
        payloads = list(_demo(demo)) if demo else list(split(content))
        records = [_checked(number, payload) for number, payload in enumerate(payloads, start=1)]
    if settings.broker.embedded:
        async with Remote.gateway(settings) as remote:
            await _over_http(remote, records, raw)
    else:
        await _to_log(settings, records)
    say(f"published {len(records)}")


def split(content: bytes) -> Iterator[bytes]:
    """The events of a JSON array, or of lines."""
    if content.lstrip().startswith(b"["):
        try:
            yield from (bytes(item) for item in msgspec.json.decode(content, type=list[msgspec.Raw]))
        except msgspec.DecodeError as error:
            raise InvalidEventType("publish events", f"the array is not JSON: {error}") from error
    else:
        yield from (line for line in content.splitlines() if line.strip())


def _demo(count: int) -> Iterator[bytes]:
    events = demo_events(time.time_ns(), users=DEMO_ACTORS, favourite=DEMO_USER, count=count)
    return (encode_event(event) for event in events)


def _checked(number: int, payload: bytes) -> tuple[str, Outgoing]:
    try:
        event = decode_event(payload)
    except InvalidEventType as error:
        raise InvalidEventType("publish events", f"event {number}: {error.cause}; nothing was published") from None
    return event.group, Outgoing(event.key, payload)


async def _over_http(remote: Remote, records: list[tuple[str, Outgoing]], raw: str | None) -> None:
    if raw is not None:
        for _, record in records:
            await remote.post(f"/v1/events/raw/{raw}", record.value, "application/octet-stream", operator=True)
        return
    for start in range(0, len(records), RUN):
        batch = b"[" + b",".join(record.value for _, record in records[start : start + RUN]) + b"]"
        await remote.post("/v1/events", batch, "application/cloudevents-batch+json")


async def _to_log(settings: Settings, records: list[tuple[str, Outgoing]]) -> None:
    log = PulsarLog(settings)
    await log.start()
    try:
        groups = {group for group, _ in records}
        publishers = {group: log.publisher(settings.topics.of_group(group)) for group in groups}
        for start in range(0, len(records), RUN):
            for group, publisher in publishers.items():
                await publisher.publish([record for of, record in records[start : start + RUN] if of == group])
        for publisher in publishers.values():
            await publisher.close()
    finally:
        await log.close()
