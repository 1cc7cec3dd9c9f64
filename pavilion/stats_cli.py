"""``pavilion stats``: what the streams of the group do, as a table."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from typing import Annotated, Any

import typer

from pavilion.console import AsJson, run_async, say
from pavilion.logs import configure
from pavilion.remote import Remote
from schemas.settings import Settings

WATCH_SECONDS = 1.0
CLEAR = "\x1b[H\x1b[2J"

Watch = Annotated[bool, typer.Option("--watch", help="Show it anew every second, until Ctrl-C.")]


def stats(as_json: AsJson = False, watch: Watch = False) -> None:
    """Show what the agents do, on all workers, asked of the worker on PAVILION_WORKER__PORT or of `pavilion run`.

    With --watch and --json there is one answer a line.
    """
    configure(logging.WARNING)
    run_async(lambda settings: show(settings, as_json=as_json, watch=watch, say=say))


async def show(settings: Settings, *, as_json: bool, watch: bool, say: Callable[[str], None]) -> None:
    async with Remote.statistics(settings) as remote:
        while True:
            body = await remote.get("/stats/streams")
            if as_json:
                say(json.dumps(body))
            else:
                say((CLEAR if watch else "") + as_text(body))
            if not watch:
                return
            await asyncio.sleep(WATCH_SECONDS)


def as_text(body: dict[str, Any]) -> str:
    lines = [f"{'agent':<16}{'in/s':>8}{'failed/s':>10}{'in':>12}{'dup':>8}{'suppressed':>12}{'retried':>9}"]
    lines[0] += f"{'dead':>7}{'lag':>9}{'lag s':>8}{'p50 s':>9}{'p99 s':>9}  state"
    for one in body["streams"]:
        lags = [source for source in one["sources"] if source["lag_messages"] is not None]
        lines.append(
            f"{one['agent']:<16}{one['rates']['in']:>8.1f}{one['rates']['failed']:>10.1f}{one['in']:>12}"
            f"{one['duplicates']:>8}{sum(one['suppressed'].values()):>12}{one['retried']:>9}{one['dead_lettered']:>7}"
            f"{sum(source['lag_messages'] for source in lags):>9}"
            f"{max((source['lag_seconds'] for source in lags), default=0):>8.1f}"
            f"{_seconds(one['latency']['p50'])}{_seconds(one['latency']['p99'])}  "
            f"{', '.join(one['waiting_for']) or one['state']}"
        )
    for worker in body.get("workers", ()):
        owned = sum(map(len, worker["partitions"].values()))
        lines.append(
            f"worker {worker['id']} at {worker['address']}: {owned} partitions, {worker['rss_bytes'] >> 20} MiB,"
            f" release {worker['version']}"
        )
    lines += [f"{one['name']} is {one['state']}" for one in body.get("dependencies", ()) if one["state"] != "closed"]
    waiting, letters = body["retry_depth"], body["dead_letter_backlog"]
    lines.append(f"waiting to be tried again: {_count(waiting)}; dead letters: {_count(letters)}")
    return "\n".join([*lines, *([f"note: {body['note']}"] if "note" in body else [])])


def _seconds(value: float | None) -> str:
    return f"{'-' if value is None else format(value, '.3f'):>9}"


def _count(value: int | None) -> str:
    return "not counted yet" if value is None else str(value)
