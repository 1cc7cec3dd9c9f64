"""What operators read from the command line: dead letters and tables."""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec

from infra.log.pulsar import PulsarLog
from pavilion.connect import connected
from pavilion.dead_letters import DeadLetterTopic
from pavilion.remote import Remote
from schemas.errors import NotificationError
from schemas.settings import Settings

Say = Callable[[str], None]


async def list_letters(settings: Settings, *, limit: int, after: str | None, as_json: bool, say: Say) -> None:
    if settings.broker.embedded:
        async with Remote.gateway(settings) as remote:
            query: dict[str, Any] = {"limit": limit}
            if after is not None:
                query["cursor"] = base64.urlsafe_b64encode(after.encode()).decode().rstrip("=")
            letters = (await remote.get("/v1/dead-letters", **query))["data"]
    else:
        async with _dead_letters(settings) as topic:
            letters = [msgspec.to_builtins(letter) for letter in await topic.list(limit, after)]
    if as_json:
        say(json.dumps(letters))
        return
    for letter in letters:
        origin = f"{letter['topic']}[{letter['partition']}]"
        say(f"{letter['time']}  {letter['id']}  {origin}  {letter['error']}: {letter['message']}")
    if not letters:
        say("no dead letters")


async def show_letter(settings: Settings, id: str, *, as_json: bool, say: Say) -> None:
    if settings.broker.embedded:
        async with Remote.gateway(settings) as remote:
            letter = await remote.get(f"/v1/dead-letters/{id}")
    else:
        async with _dead_letters(settings) as topic:
            found = await topic.get(id)
        if found is None:
            raise NotificationError("show dead letter", f"there is no dead letter {id}")
        letter = msgspec.to_builtins(found)
    if as_json:
        say(json.dumps(letter))
        return
    payload = base64.b64decode(letter.pop("payload"))
    for name, value in letter.items():
        say(f"{name:<13} {value}")
    say(f"payload       {len(payload)} bytes")
    say(payload.decode(errors="backslashreplace"))


@contextlib.asynccontextmanager
async def _dead_letters(settings: Settings) -> AsyncIterator[DeadLetterTopic]:
    log = PulsarLog(settings)
    await log.start()
    try:
        yield DeadLetterTopic(log, settings.topics.dead_letter)
    finally:
        await log.close()


async def show_tables(settings: Settings, *, as_json: bool, say: Say) -> None:
    async with Remote.statistics(settings) as remote:
        tables = (await remote.get("/stats/tables"))["tables"]
    if as_json:
        say(json.dumps(tables))
        return
    say(f"{'table':<16}{'partition':>9}{'keys':>10}{'bytes':>12}{'hits':>8}{'late':>7}  log records")
    for table in tables:
        say(
            f"{table['table']:<16}{table['partition']:>9}{table['keys']:>10}{table['bytes']:>12}"
            f"{table['hits']:>8}{table['late']:>7}  {table['log']['records']}"
        )


async def drain_worker(settings: Settings, *, say: Say) -> None:
    if settings.broker.embedded:
        raise NotificationError("drain", "the embedded mode is one process: there is nobody to take over")
    async with Remote.statistics(settings) as remote:
        released = (await remote.operate("/drain"))["released"]
    say(f"drained: {released} partitions were handed over; the worker may be stopped")


async def clean(settings: Settings, *, say: Say) -> None:
    async with connected(settings) as connections:
        say(f"deleted {await connections.stores.cleanup()}")
