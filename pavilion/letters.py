"""The dead letters on the command line: over HTTP in the embedded mode, elsewhere from log and audit themselves."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import getpass
import json
import time
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, Protocol

import msgspec
import typer

from gateway.dead_letters import shown, shown_replay
from gateway.queries import write_cursor
from infra.log.pulsar import PulsarLog
from infra.stores.open import open_replays
from pavilion.remote import Remote
from pavilion.replay import Replayer
from schemas.dead_letters import LetterFilter, ReplayReport, ReplayRequest
from schemas.errors import NotificationError
from schemas.settings import Settings

Say = Callable[[str], None]
Row = dict[str, Any]

AT_ONCE = 100
"""Letters between two steps of the progress bar."""


class _Desk(Protocol):
    """Answers in the form of REST."""

    async def rows(self, filters: LetterFilter, limit: int, after: str | None) -> Sequence[Row]: ...

    async def row(self, id: str) -> Row: ...

    async def audit(self, limit: int) -> Sequence[Row]: ...

    async def replay(self, request: ReplayRequest) -> ReplayReport: ...


class _OverHttp:
    def __init__(self, remote: Remote) -> None:
        self._remote = remote

    async def rows(self, filters: LetterFilter, limit: int, after: str | None) -> Sequence[Row]:
        named = {"since": "from", "until": "to"}
        query: dict[str, Any] = {named.get(name, name): text for name, text in msgspec.to_builtins(filters).items()}
        if after is not None:
            query["cursor"] = write_cursor(after)
        rows: Sequence[Row] = (await self._remote.get("/v1/dead-letters", limit=limit, **query))["data"]
        return rows

    async def row(self, id: str) -> Row:
        row: Row = await self._remote.get(f"/v1/dead-letters/{id}")
        return row

    async def audit(self, limit: int) -> Sequence[Row]:
        rows: Sequence[Row] = (await self._remote.get("/v1/dead-letters/replays", limit=limit))["data"]
        return rows

    async def replay(self, request: ReplayRequest) -> ReplayReport:
        answer = await self._remote.ask("/v1/dead-letters/replay", msgspec.json.encode(request))
        return msgspec.convert(answer, ReplayReport)


class _Direct:
    def __init__(self, letters: Replayer) -> None:
        self._letters = letters
        self.replayed = 0

    async def rows(self, filters: LetterFilter, limit: int, after: str | None) -> Sequence[Row]:
        filters.check()
        rows: Sequence[Row] = msgspec.to_builtins(
            await shown(self._letters, await self._letters.list(limit, after, filters))
        )
        return rows

    async def row(self, id: str) -> Row:
        letter = await self._letters.get(id)
        if letter is None:
            raise NotificationError("show dead letter", f"there is no dead letter {id}")
        [row] = await shown(self._letters, [letter])
        found: Row = msgspec.to_builtins(row)
        return found

    async def audit(self, limit: int) -> Sequence[Row]:
        return [msgspec.to_builtins(shown_replay(replay)) for replay in await self._letters.audit(None, limit)]

    async def replay(self, request: ReplayRequest) -> ReplayReport:
        report = await self._letters.replay(request, by=request.by or "operator", acknowledge=False)
        self.replayed += report.replayed
        return report


@contextlib.asynccontextmanager
async def _desk(settings: Settings) -> AsyncIterator[_Desk]:
    if settings.broker.embedded:
        async with Remote.gateway(settings) as remote:
            yield _OverHttp(remote)
        return
    log = PulsarLog(settings)
    await log.start()
    try:
        async with open_replays(settings) as replays:
            letters = Replayer(log, settings.topics.dead_letter, replays)
            direct = _Direct(letters)
            yield direct
            if direct.replayed:
                await letters.acknowledge()
    finally:
        await log.close()


async def list_letters(
    settings: Settings, filters: LetterFilter, *, limit: int, after: str | None, as_json: bool, say: Say
) -> None:
    async with _desk(settings) as desk:
        rows = await desk.rows(filters, limit, after)
    if as_json:
        say(json.dumps(rows))
        return
    for row in rows:
        origin = f"{row['topic']}[{row['partition']}]"
        done = f"  {row['state']} {row['replayed_at']} by {row['replayed_by']}" if row["replayed_at"] else ""
        say(f"{row['time']}  {row['id']}  {origin}  {row['error']}: {row['message']}{done}")
    if not rows:
        say("no dead letters")


async def show_letter(settings: Settings, id: str, *, as_json: bool, say: Say) -> None:
    async with _desk(settings) as desk:
        row = await desk.row(id)
    if as_json:
        say(json.dumps(row))
        return
    payload = base64.b64decode(row.pop("payload"))
    for name, value in row.items():
        if value is not None:
            say(f"{name:<13} {value}")
    say(f"payload       {len(payload)} bytes")
    say(payload.decode(errors="backslashreplace"))


async def show_audit(settings: Settings, *, limit: int, as_json: bool, say: Say) -> None:
    async with _desk(settings) as desk:
        rows = await desk.audit(limit)
    if as_json:
        say(json.dumps(rows))
        return
    for row in rows:
        say(f"{row['time']}  {row['by']}  {row['id']}  attempt {row['attempts']}: {row['result']}")
    if not rows:
        say("nothing was replayed")


async def replay_letters(
    settings: Settings,
    ids: Sequence[str],
    filters: LetterFilter,
    *,
    dry_run: bool,
    rate: float | None,
    by: str | None,
    as_json: bool,
    say: Say,
) -> None:
    """Replay in portions, with a progress bar on standard error; raises NotificationError if some could not be."""
    who, replayed = by or getpass.getuser(), 0
    async with _desk(settings) as desk:
        wanted = ReplayRequest(ids=[*ids], dry_run=True) if ids else ReplayRequest(filters=filters, dry_run=True)
        chosen = await desk.replay(wanted)
        failed = [*chosen.failed]
        if dry_run:
            _answer(chosen, as_json, say)
            return
        size = AT_ONCE if rate is None else max(1, min(AT_ONCE, int(rate)))
        started, stderr = time.monotonic(), typer.get_text_stream("stderr")
        with typer.progressbar(length=len(chosen.ids), label="replaying", file=stderr) as bar:
            for start in range(0, len(chosen.ids), size):
                if rate is not None:
                    await asyncio.sleep(max(0.0, started + start / rate - time.monotonic()))
                portion = chosen.ids[start : start + size]
                report = await desk.replay(ReplayRequest(ids=portion, by=who))
                replayed += report.replayed
                failed += report.failed
                bar.update(len(portion))
    left = chosen.matched - len(chosen.ids)
    _answer(ReplayReport(matched=chosen.matched, replayed=replayed, failed=failed, remaining=left), as_json, say)
    if failed:
        raise NotificationError("replay dead letters", f"{len(failed)} could not be replayed")


def _answer(report: ReplayReport, as_json: bool, say: Say) -> None:
    if as_json:
        say(json.dumps(msgspec.to_builtins(report)))
        return
    for one in report.failed:
        say(f"{one.id}: {one.reason}")
    more = f"; {report.remaining} more match, replay again for them" if report.remaining and not report.dry_run else ""
    say(f"{report.matched} would be replayed" if report.dry_run else f"{report.replayed} replayed{more}")
