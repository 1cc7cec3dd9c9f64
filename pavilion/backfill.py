"""Reads events again from their topics, and gives them to their agents once more, at a rate that leaves others room.

Nobody is told twice. A record comes back with its first publish time, so the same fact makes the same id, which inbox
and history know; and what was a duplicate then is left out, by the table's own rule. The tables of now are not asked:
they have what the agent has seen, also where it made nothing of it, which is what a backfill mends.
"""

from __future__ import annotations

import asyncio
import heapq
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from infra.log.offsets import format_offset, parse_offset
from infra.log.ports import LogClient, Outgoing, Record
from pavilion.publishers import Publishers
from schemas.backfill import BackfillReport, BackfillRequest
from schemas.errors import InvalidNotification
from schemas.settings import Settings
from schemas.times import format_ms, now_ms, parse_ms
from streams.decoding import decode_value, identified
from streams.failures import BACKFILL, FIRST_PUBLISH, Sleep, first_publish_ms
from streams.plan import AgentSpec
from streams.retry import Origin
from streams.topics import required_topics
from streams.windows import ALLOWED_SKEW_MS, WindowState

OP = "replay events"
AT_ONCE = 100
"""Events in one run, whose receipts are awaited together."""
READ_AT_ONCE = 2000
"""Records that are read at most between two reports."""
MOST_AHEAD = 2000
LONGEST_BEHIND = 30.0
"""An agent that has more events than this before it, or older ones, is waited for: what comes live waits there too."""
LOOK_SECONDS = 1.0
"""Between two looks at how far agents are behind."""

Verdict = Literal["published", "duplicates", "late", "unreadable"]


class Lane(NamedTuple):
    """A topic that is read again for its agent, and since when it has everything."""

    spec: AgentSpec
    topic: str
    retained_since_ms: int


@dataclass
class _Run:
    """How far one call is, by topic and partition, and the tables as they were at that time."""

    request: BackfillRequest
    since_ms: int
    until_ms: int
    done: dict[str, int]
    counts: dict[Verdict, int] = field(default_factory=dict)
    at_ms: int = 0
    started: float = field(default_factory=time.monotonic)
    looked: float = 0.0
    states: dict[tuple[str, int], WindowState] = field(default_factory=dict)

    def report(self, *, over: bool = False, waiting: str | None = None) -> BackfillReport:
        places = {place: format_offset(offset) for place, offset in sorted(self.done.items())}
        return BackfillReport(
            published=self.counts.get("published", 0),
            duplicates=self.counts.get("duplicates", 0),
            late=self.counts.get("late", 0),
            unreadable=self.counts.get("unreadable", 0),
            at=format_ms(self.until_ms if over else max(self.at_ms, self.since_ms)),
            to=format_ms(self.until_ms),
            next=None if over else places,
            waiting=waiting,
            dry_run=self.request.dry_run,
        )


class Backfill:
    """Over the topics with retention that the agents ``specs`` of the app with the id ``app`` read."""

    def __init__(
        self,
        log: LogClient,
        settings: Settings,
        app: str,
        specs: Sequence[AgentSpec],
        *,
        clock: Callable[[], int] = now_ms,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._log = log
        self._settings = settings
        self._specs = [spec for spec in specs if spec.planned is not None]
        self._retention = {one.name: one.retention_seconds for one in required_topics(settings, app, specs)}
        self._clock = clock
        self._sleep = sleep

    async def replay(self, request: BackfillRequest, *, limit: int, seconds: float) -> BackfillReport:
        """Publish up to ``limit`` events, or for about so many seconds: the report says how to go on."""
        started, report, limit = time.monotonic(), None, min(limit, max(1, int(request.rate * seconds)))
        async with aclosing(self.reports(request)) as reports:
            async for report in reports:
                if report.published >= limit or time.monotonic() - started > seconds:
                    break
        assert report is not None
        return report

    async def reports(self, request: BackfillRequest) -> AsyncGenerator[BackfillReport, None]:
        """How far it is, after each run; the last one has no ``next``.

        Raises InvalidNotification for what cannot be read again, and ConnectionFailed when the log is away: the last
        report says how to go on.
        """
        lanes, run = self._begin(request)
        async with Publishers(self._log) as publishers, aclosing(self._records(run, lanes)) as records:
            size = max(1, min(AT_ONCE, int(request.rate)))
            ready, places, read = list[tuple[str, Outgoing]](), dict[str, int](), 0
            async for lane, record, verdict in records:
                read += 1
                if verdict is not None:
                    run.counts[verdict] = run.counts.get(verdict, 0) + 1
                    places[_place(record)] = record.offset
                    run.at_ms = max(run.at_ms, record.publish_ms)
                if verdict == "published" and not request.dry_run:
                    ready.append(await self._again(lane, record, format_ms(run.until_ms)))
                if len(ready) >= size or read >= READ_AT_ONCE:
                    await _publish(publishers, ready)
                    run.done |= places
                    ready, places, read = [], {}, 0
                    yield run.report()
                    await self._keep_rate(run)
                    while (waiting := await self._behind(run, lanes)) is not None:
                        yield run.report(waiting=waiting)
                        await self._sleep(LOOK_SECONDS)
            await _publish(publishers, ready)
        yield run.report(over=True)

    # -- what is asked for

    def check(self, request: BackfillRequest) -> None:
        """Raises InvalidNotification for what cannot be read again; asks nobody."""
        self._begin(request)

    def _begin(self, request: BackfillRequest) -> tuple[Sequence[Lane], _Run]:
        now = self._clock()
        since_ms = _time("from", request.since)
        until_ms = now if request.until is None else min(now, _time("to", request.until))
        if since_ms >= until_ms:
            raise InvalidNotification(OP, f"`from` {request.since} is not before {format_ms(until_ms)}")
        lanes = self._lanes(request, now)
        for lane in lanes:
            if since_ms < lane.retained_since_ms:
                days = self._retention[lane.topic] / 86400
                raise InvalidNotification(
                    OP,
                    f"`from` {request.since} is before {format_ms(lane.retained_since_ms)}: {lane.topic} keeps its"
                    f" events for {days:g} days, and what is older may be there in part",
                )
        try:
            done = {place: parse_offset(text) for place, text in (request.after or {}).items()}
        except ValueError:
            raise InvalidNotification(OP, "`after` is not what a call answered as `next`") from None
        return lanes, _Run(request, since_ms, until_ms, done, at_ms=since_ms)

    def _lanes(self, request: BackfillRequest, now: int) -> Sequence[Lane]:
        read = [
            (spec, topic)
            for spec in self._specs
            for topic in spec.topics
            if request.agent in (None, spec.name) and request.topic in (None, topic)
        ]
        if not read:
            asked = [f"agent {request.agent}"] * (request.agent is not None)
            asked += [f"topic {request.topic}"] * (request.topic is not None)
            raise InvalidNotification(OP, f"no agent reads it: {', '.join(asked)}")
        lanes = [
            Lane(spec, topic, now - retention * 1000) for spec, topic in read if (retention := self._retention[topic])
        ]
        if not lanes:
            names = ", ".join(topic for _, topic in read)
            raise InvalidNotification(OP, f"{names}: what was processed is not kept there; replay what made it")
        return lanes

    # -- reading

    async def _records(
        self, run: _Run, lanes: Sequence[Lane]
    ) -> AsyncGenerator[tuple[Lane, Record, Verdict | None], None]:
        """All records by time, each with what becomes of it: None for those before, which only fill the tables."""
        async with AsyncExitStack() as stack:
            heads: list[tuple[int, int, Record, Lane, AsyncIterator[Record]]] = []

            async def advance(number: int, lane: Lane, records: AsyncIterator[Record]) -> None:
                record = await anext(records, None)
                # Publish times are the producers' own, so a partition may go back a little.
                if record is not None and record.publish_ms < run.until_ms + ALLOWED_SKEW_MS:
                    heapq.heappush(heads, (record.publish_ms, number, record, lane, records))

            for lane in lanes:
                since = run.since_ms - self._window_ms(lane.spec) - ALLOWED_SKEW_MS
                for partition in range(await self._log.partitions(lane.topic)):
                    records: Any = self._log.scan(lane.topic, partition, since_ms=max(1, since))
                    await advance(len(heads), lane, await stack.enter_async_context(aclosing(records)))
            while heads:
                _, number, record, lane, source = heapq.heappop(heads)
                if record.publish_ms < run.until_ms and BACKFILL not in record.properties:
                    yield lane, record, self._judge(run, lane.spec, record)
                await advance(number, lane, source)

    def _window_ms(self, spec: AgentSpec) -> int:
        if not spec.tables or not self._settings.deduplication.enabled:
            return 0
        window = spec.tables[0].window or self._settings.deduplication.window
        return int(window.total_seconds() * 1000)

    def _judge(self, run: _Run, spec: AgentSpec, record: Record) -> Verdict | None:
        """As the agent decided when it read the record first, but that it may since have learned to read it."""
        verdict = self._admit(run, spec, record)
        again = record.publish_ms >= run.since_ms and record.offset > run.done.get(_place(record), 0)
        return verdict if again else None

    def _admit(self, run: _Run, spec: AgentSpec, record: Record) -> Verdict:
        assert spec.planned is not None
        try:
            value = decode_value(record, spec.value_type, int(self._settings.retention.total_seconds() * 1000))
            dedup, window = spec.planned.plan.dedup, self._window_ms(spec)
            if dedup is None or not window:
                return "published"
            key, moment = identified(dedup, value, record.publish_ms)
        except Exception:
            return "unreadable"
        state = run.states.setdefault((spec.name, record.partition), WindowState(window))
        state.advance_to(moment)
        if state.seen(key):
            return "duplicates"
        if state.is_late(moment) and dedup.table.late != "accept":
            return "late"
        state.mark([(key, moment)])
        return "published"

    # -- publishing

    async def _again(self, lane: Lane, record: Record, begun: str) -> tuple[str, Outgoing]:
        """Topic and record with which it goes to its agent, in its partition (see also pavilion.replay.way_back)."""
        spec = lane.spec
        properties = {**record.properties, FIRST_PUBLISH: str(first_publish_ms(record)), BACKFILL: begun}
        topic = spec.retry_in or record.topic
        if spec.retry_in is not None:
            properties |= Origin.of(record, spec.name, await self._log.generation(record.topic)).properties()
        return topic, Outgoing(record.key, record.value, properties, record.partition)

    async def _keep_rate(self, run: _Run) -> None:
        if not run.request.dry_run:
            due = run.started + run.counts.get("published", 0) / run.request.rate
            await self._sleep(max(0.0, due - time.monotonic()))

    async def _behind(self, run: _Run, lanes: Sequence[Lane]) -> str | None:
        """Which agent has too much before it: one that is given events, or one that reads what that one makes."""
        if run.request.dry_run or time.monotonic() - run.looked < LOOK_SECONDS:
            return None
        places = dict.fromkeys((spec.retry_in or topic, spec.name) for spec, topic, _ in lanes)
        for spec, _, _ in lanes:
            assert spec.planned is not None
            made = {emit.name for emit in spec.planned.plan.emit}
            places |= dict.fromkeys((topic, one.name) for one in self._specs for topic in one.topics if topic in made)
        for topic, agent in places:
            backlog = (await self._log.backlog(topic, agent)).values()
            messages, seconds = sum(one.messages for one in backlog), max((one.seconds for one in backlog), default=0)
            if messages > MOST_AHEAD or seconds > LONGEST_BEHIND:
                return f"{agent} has {messages} records of {topic} before it, the oldest for {seconds:.0f} s"
        run.looked = time.monotonic()
        return None


def _place(record: Record) -> str:
    return f"{record.topic}-{record.partition}"


def _time(name: str, text: str) -> int:
    try:
        return parse_ms(text)
    except (ValueError, OverflowError):
        raise InvalidNotification(OP, f"`{name}` is not a time of RFC 3339") from None


async def _publish(publishers: Publishers, records: Sequence[tuple[str, Outgoing]]) -> None:
    """Return once the log has all of them."""
    for topic in dict.fromkeys(topic for topic, _ in records):
        await publishers.of(topic).publish([one for name, one in records if name == topic])
