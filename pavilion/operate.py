"""What operators do from the command line, but for dead letters (:mod:`pavilion.letters`)."""

from __future__ import annotations

import json
from collections.abc import Callable

from pavilion.connect import opened_stores
from pavilion.remote import Remote
from schemas.errors import NotificationError
from schemas.settings import Settings

Say = Callable[[str], None]


async def show_tables(settings: Settings, *, as_json: bool, say: Say) -> None:
    async with Remote.statistics(settings) as remote:
        tables = (await remote.get("/stats/tables"))["tables"]
    if as_json:
        say(json.dumps(tables))
        return
    say(f"{'table':<16}{'partition':>9}{'keys':>10}{'bytes':>12}{'hits':>8}{'late':>7}{'log records':>13}  worker")
    for table in tables:
        say(
            f"{table['table']:<16}{table['partition']:>9}{table['keys']:>10}{table['bytes']:>12}"
            f"{table['hits']:>8}{table['late']:>7}{table['log'].get('records', 0):>13}"
            f"  {table['worker']} {table['state']}"
        )


async def drain_worker(settings: Settings, *, say: Say) -> None:
    if settings.broker.embedded:
        raise NotificationError("drain", "the embedded mode is one process: there is nobody to take over")
    async with Remote.statistics(settings) as remote:
        released = (await remote.ask("/drain"))["released"]
    say(f"drained: {released} partitions were handed over; the worker may be stopped")


async def clean(settings: Settings, *, say: Say) -> None:
    async with opened_stores(settings) as stores:
        say(f"deleted {await stores.cleanup()}")
