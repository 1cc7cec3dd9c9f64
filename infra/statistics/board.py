"""What the workers of a group said last: kept from the statistics topic, answered as what the group does.

A worker that says nothing for eight seconds is taken off. While the topic cannot be read, silence says nothing of
workers: all stay, and the answer says since when it is stale. Words are decoded when somebody asks.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec
import structlog
from prometheus_client import Gauge

from infra.log.ports import Outgoing, Record
from infra.statistics.fold import Heard, agents_of, dependencies_of, tables_of, topology_of, workers_of
from schemas.reports import GOODBYE, KIND, PIECE, PIECES, STREAMS, TABLES, TablesReport, Topology, WorkerReport
from schemas.stats import StreamsStats, TablePart, TablesStats, TopologyStats
from schemas.times import format_ms, now_ms

logger = structlog.get_logger()
T = TypeVar("T")
D = TypeVar("D")

SILENCE_SECONDS = 8.0
MEMBERS = 256
BYTES = 128 * 1024 * 1024

WORKERS = Gauge("pavilion_workers", "Workers that were heard of in the last eight seconds.")


@dataclass
class _Member:
    """``report`` is what ``streams`` says, once somebody asked; None too if it cannot be read."""

    heard_at: float
    seen_ms: int
    streams: bytes = b""
    tables: dict[int, bytes] = field(default_factory=dict)
    report: WorkerReport | None = None

    @property
    def size(self) -> int:
        return len(self.streams) + sum(map(len, self.tables.values()))


class Board:
    """``declared`` is told where no worker is heard of. ``own`` are the words of the worker in this process, if any.

    ``clock`` is the wall clock in ms, ``monotonic`` one in seconds.
    """

    def __init__(
        self,
        declared: Topology,
        own: Callable[[], Iterable[Outgoing]] | None = None,
        *,
        clock: Callable[[], int] = now_ms,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._declared = declared
        self._own = own
        self._clock = clock
        self._monotonic = monotonic
        self._me: str | None = None
        self._members: dict[str, _Member] = {}
        self._refused: set[str] = set()
        self._heard_at = monotonic()
        self._stale_ms: int | None = None
        self._stale_for = ""
        self._ask_own()

    # -- listening

    def hear(self, words: Iterable[Record | Outgoing]) -> None:
        """What came from the topic, in its order."""
        for word in words:
            if word.key != self._me:  # which is asked itself
                self._heard_at = self._monotonic()
                self._hear(word)

    def _hear(self, word: Record | Outgoing) -> None:
        kind = word.properties.get(KIND)
        if kind == GOODBYE:
            self._members.pop(word.key, None)
        elif kind in (STREAMS, TABLES):
            member = self._member(word)
            if member is not None:
                member.heard_at, member.seen_ms = self._monotonic(), self._clock()
                if kind == STREAMS:
                    member.streams, member.report = word.value, None
                else:
                    piece, pieces = int(word.properties[PIECE]), int(word.properties[PIECES])
                    member.tables = {number: part for number, part in member.tables.items() if number < pieces}
                    member.tables[piece] = word.value
        WORKERS.set(len(self._members))

    def _member(self, word: Record | Outgoing) -> _Member | None:
        """Its place on the board; none for a newcomer for whom there is no room."""
        member = self._members.get(word.key)
        if member is None:
            room = sum(one.size for one in self._members.values()) + len(word.value) <= BYTES
            if word.key != self._me and (len(self._members) >= MEMBERS or not room):
                self._refused.add(word.key)
                return None
            self._refused.discard(word.key)
            member = self._members[word.key] = _Member(0.0, 0)
        return member

    @property
    def quiet_seconds(self) -> float:
        """For how long no other worker has said anything; 0 if there is none."""
        others = self._members.keys() - {self._me}
        return self._monotonic() - self._heard_at if others else 0.0

    def unreachable(self, reason: str) -> None:
        """The topic cannot be read: from now on silence says nothing."""
        if self._stale_ms is None:
            self._stale_ms = self._clock()
        self._stale_for = reason

    def reachable(self) -> None:
        """The topic can be read. If it could not, all have their time to say something again."""
        if self._stale_ms is not None:
            self._stale_ms = None
            self.wait_for_all()

    def wait_for_all(self) -> None:
        for member in self._members.values():
            member.heard_at = self._monotonic()

    def expire(self) -> None:
        """Take those off that were silent for too long."""
        if self._stale_ms is not None:
            return
        oldest = self._monotonic() - SILENCE_SECONDS
        for name, member in list(self._members.items()):
            if member.heard_at < oldest and name != self._me:
                logger.info("a worker is not heard of any more", worker=name)
                del self._members[name]
        self._refused.clear()  # those that are there say so again
        WORKERS.set(len(self._members))

    # -- answering

    def _ask_own(self) -> None:
        """The worker in this process needs no broker, and is never silent."""
        for word in self._own() if self._own is not None else ():
            self._me = word.key
            self._hear(word)

    async def topology(self) -> TopologyStats:
        self._ask_own()
        heard = self._heard()
        shape = topology_of(report for report, _ in heard) if heard else self._declared
        note = None if heard else "no worker is heard of: this is what the release that answers declares"
        return TopologyStats(agents=shape.agents, edges=shape.edges, **self._said(note))

    async def tables(self) -> TablesStats:
        self._ask_own()
        parts: dict[tuple[str, str, int], TablePart] = {}
        for name, member in self._members.items():
            for piece in member.tables.values():
                for part in _decoded(piece, TablesReport, TablesReport()).tables:
                    parts[name, part.table, part.partition] = part
        told = tables_of((name, part) for (name, _, _), part in parts.items())
        return TablesStats(tables=told, **self._said(None if self._members else NOBODY))

    async def streams(self) -> StreamsStats:
        self._ask_own()
        heard = self._heard()
        reports = [report for report, _ in heard]
        newest = max(reports, key=lambda one: one.measured_ms, default=None)
        mine = next((one for one in reports if one.id == self._me), reports[0] if reports else None)
        return StreamsStats(
            streams=agents_of(report.streams for report in reports),
            dependencies=dependencies_of(reports),
            workers=workers_of(heard),
            retry_depth=None if newest is None else newest.retry_depth,
            dead_letter_backlog=None if newest is None else newest.dead_letter_backlog,
            group={} if mine is None else mine.group,
            **self._said(None if heard else NOBODY),
        )

    def _heard(self) -> list[Heard]:
        found = []
        for member in self._members.values():
            if member.report is None and member.streams:
                member.report = _decoded(member.streams, WorkerReport, None)
            if member.report is not None:
                found.append(Heard(member.report, member.seen_ms))
        return sorted(found, key=lambda one: (one.report.started, one.report.id))

    def _said(self, note: str | None) -> dict[str, Any]:
        notes = [note] if note else []
        said = {"at": format_ms(self._clock())}
        if self._stale_ms is not None:
            said["stale"] = format_ms(self._stale_ms)
            notes.append(f"statistics of other workers cannot come: {self._stale_for}")
        if self._refused:
            notes.append(f"{len(self._refused)} more workers are there; {len(self._members)} are shown")
        return {**said, **({"note": "; ".join(notes)} if notes else {})}


NOBODY = "no worker is heard of"


def _decoded(value: bytes, kind: type[T], otherwise: D) -> T | D:
    try:
        return msgspec.json.decode(value, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:  # of a release that says it otherwise
        logger.warning("a worker's statistics cannot be read", cause=str(error))
        return otherwise
