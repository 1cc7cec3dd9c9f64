"""``pavilion replay``: events of the past once more, with a progress bar, until it is done or interrupted."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Any, Protocol

import msgspec
import typer

from infra.log.pulsar import PulsarLog
from pavilion.backfill import Backfill
from pavilion.remote import Remote
from schemas.backfill import BackfillReport, BackfillRequest
from schemas.errors import ConnectionFailed, NotificationError
from schemas.settings import Settings
from schemas.times import format_ms, parse_ms
from streams.failures import backoff
from streams.windows import ALLOWED_SKEW_MS
from topologies import app

Say = Callable[[str], None]

_COUNTS = ("published", "duplicates", "late", "unreadable")


class _Source(Protocol):
    def reports(self, request: BackfillRequest) -> AsyncGenerator[BackfillReport, None]: ...


class _OverHttp:
    """Calls of bounded length, one after the other, at the rate of the request."""

    def __init__(self, remote: Remote) -> None:
        self._remote = remote

    async def reports(self, request: BackfillRequest) -> AsyncGenerator[BackfillReport, None]:
        counts, started = dict.fromkeys(_COUNTS, 0), time.monotonic()
        while True:
            answer = await self._remote.ask("/v1/events/replay", msgspec.json.encode(request))
            report = msgspec.convert(answer, BackfillReport)
            counts = {name: counts[name] + getattr(report, name) for name in _COUNTS}
            yield msgspec.structs.replace(report, **counts)
            if report.next is None:
                return
            request = msgspec.structs.replace(request, after=report.next, until=report.to)
            if not request.dry_run:
                due = started + counts["published"] / request.rate
                await asyncio.sleep(max(0.0, due - time.monotonic()))


@contextlib.asynccontextmanager
async def _source(settings: Settings, request: BackfillRequest) -> AsyncIterator[_Source]:
    if settings.broker.embedded:
        async with Remote.gateway(settings) as remote:
            yield _OverHttp(remote)
        return
    log = PulsarLog(settings)
    backfill = Backfill(log, settings, app.conf.id, app.specs())
    backfill.check(request)  # a refusal needs no broker
    await log.start()
    try:
        yield backfill
    finally:
        await log.close()


async def replay_events(settings: Settings, request: BackfillRequest, *, as_json: bool, say: Say, tell: Say) -> None:
    """Answers what was done; on the way to standard error a bar, and, if it is interrupted, how to go on."""
    progress = _Progress(request, tell)
    try:
        async with _source(settings, request) as source:
            await _run(source, request, progress)
    except BaseException as error:
        if not isinstance(error, NotificationError) or progress.report is not None:
            progress.interrupted()
        raise
    finally:
        progress.close()
    assert progress.report is not None
    _answer(progress.report, as_json, say)


async def _run(source: _Source, request: BackfillRequest, progress: _Progress) -> None:
    """To the end. Once it has begun, it waits for a log that is away, without end, and goes on where it was."""
    failures, before = 0, dict.fromkeys(_COUNTS, 0)
    while True:
        try:
            async with contextlib.aclosing(source.reports(request)) as reports:
                async for report in reports:
                    counted = {name: before[name] + getattr(report, name) for name in _COUNTS}
                    progress.show(msgspec.structs.replace(report, **counted))
                    failures = 0
                    if report.next is None:
                        return
        except ConnectionFailed as error:
            if progress.report is None:
                raise
            failures += 1
            progress.wait(str(error))
            await asyncio.sleep(backoff(failures))
            last = progress.report
            request = msgspec.structs.replace(request, after=last.next, until=last.to)
            before = {name: getattr(last, name) for name in _COUNTS}


class _Progress:
    """The bar is over the time that is replayed: how many events that is nobody knows before."""

    def __init__(self, request: BackfillRequest, tell: Say) -> None:
        self.report: BackfillReport | None = None
        self._request = request
        self._tell = tell
        self._bar: Any = None
        self._at = 0
        self._waiting = ""

    def show(self, report: BackfillReport) -> None:
        at, start = parse_ms(report.at), parse_ms(self._request.since)
        if self._bar is None:
            stderr = typer.get_text_stream("stderr")
            length = max(1, parse_ms(report.to) - start)
            self._bar = typer.progressbar(length=length, label="replaying", file=stderr).__enter__()
            self._at = start
        self.report = report
        self._bar.label = f"replaying {report.at[:19]}Z, {report.published} events"
        self._bar.update(max(0, at - self._at))
        self._at = max(self._at, at)
        if report.waiting is not None:
            self.wait(report.waiting)
        else:
            self._waiting = ""

    def wait(self, reason: str) -> None:
        if not self._waiting:
            self._tell(f"\nwaiting: {reason}")
        self._waiting = reason

    def interrupted(self) -> None:
        """How to go on: a little earlier than where it was, since publish times are the producers' own."""
        if self.report is None:
            return
        start = max(parse_ms(self._request.since), parse_ms(self.report.at) - ALLOWED_SKEW_MS)
        narrowed = "".join(
            f" --{name} {value}" for name in ("agent", "topic") if (value := getattr(self._request, name)) is not None
        )
        self._tell(
            f"\nstopped after {self.report.published} events; go on with:"
            f" pavilion replay --from {format_ms(start)} --to {self.report.to}{narrowed}"
        )

    def close(self) -> None:
        if self._bar is not None:
            self._bar.__exit__(None, None, None)


def _answer(report: BackfillReport, as_json: bool, say: Say) -> None:
    if as_json:
        say(json.dumps({name: getattr(report, name) for name in (*_COUNTS, "to", "dry_run")}))
        return
    left_out = ", ".join(
        f"{count} {what}"
        for count, what in (
            (report.duplicates, "were duplicates"),
            (report.late, "late"),
            (report.unreadable, "unreadable (see the dead letters)"),
        )
        if count
    )
    done = "would be replayed" if report.dry_run else "replayed"
    say(f"{report.published} {done}" + (f"; left out: {left_out}" if left_out else ""))
