"""Replays dead letters: publishes their bytes again to the agent that put them aside, and keeps the audit.

Doing it twice changes nothing for users: a record carries its first publish time, so that the same fact makes the same
ids, and what was processed since is dropped as a duplicate. A letter that fails again stays one letter, with one more
attempt (see :func:`streams.failures.dead_letter`).
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Sequence

import msgspec
import structlog

from infra.log.offsets import OFFSET_DIGITS, parse_offset
from infra.log.ports import LogClient, Outgoing, OwnershipLost, PartitionBusy
from infra.stores.ports import REPLAYED as DONE
from infra.stores.ports import Replay, Replays
from pavilion.dead_letters import DeadLetterTopic
from pavilion.publishers import Publishers
from schemas.dead_letters import MAX_LISTED, MAX_REPLAYED, ReplayFailure, ReplayReport, ReplayRequest
from schemas.errors import ConnectionFailed, NotificationError
from schemas.records import DeadLetter, decode_record
from schemas.times import now_ms
from streams.failures import ATTEMPTS, FIRST_PUBLISH, KEPT_BYTES, REPLAYED
from streams.plan import retry_in
from streams.retry import MESSAGE_LENGTH, Origin
from streams.topics import OPERATORS

logger = structlog.get_logger()

AT_ONCE = 50
"""Letters in one run: each may have 2 MiB."""
BUDGET_SECONDS = 15.0
"""A call answers by then, and says what remains."""
READ_SECONDS = 10.0
READ_RECORDS, READ_BYTES = 200, 4 * 1024 * 1024


async def way_back(log: LogClient, letter: DeadLetter) -> tuple[str, Outgoing]:
    """Topic and record with which a letter goes back to its agent, in the partition where it was read.

    An agent whose events are tried again reads ``AGENT-retry-in`` too: what comes there says where it was read first,
    is never late, and does not move stream time. Any other agent gets it in the topic it came from. Raises
    NotificationError for a letter that does not have all of its bytes, or whose topic or partition is not there.
    """
    payload = letter.payload_bytes
    if len(payload) >= KEPT_BYTES:
        raise NotificationError("replay", "the letter has only the beginning of a record that was too large")
    properties = {**letter.properties, REPLAYED: letter.id}
    if letter.published_ms:
        properties[FIRST_PUBLISH] = str(letter.published_ms)
    topic = letter.topic
    origin = _origin(letter)
    if origin is not None and await _is_there(log, retry_in(letter.agent)):
        topic = retry_in(letter.agent)
        properties |= origin.properties()
    else:
        properties[ATTEMPTS] = str(letter.attempts)
    outgoing = Outgoing(letter.key, payload, properties, letter.partition)
    try:
        outgoing.place(await log.partitions(topic))
    except ValueError as error:
        raise NotificationError("replay", f"{topic}: {error}") from None
    return topic, outgoing


def _origin(letter: DeadLetter) -> Origin | None:
    """None for a letter whose id does not say where it was read."""
    place = f"-{letter.partition}-{letter.offset}"
    if not letter.id.endswith(place) or len(letter.offset) != OFFSET_DIGITS:
        return None
    return Origin(
        letter.agent,
        letter.topic,
        letter.partition,
        letter.id.removesuffix(place),
        parse_offset(letter.offset),
        letter.attempts,
        letter.time,
        letter.error,
        letter.message[:MESSAGE_LENGTH],
    )


async def _is_there(log: LogClient, topic: str) -> bool:
    try:
        await log.partitions(topic)
    except ConnectionFailed:  # also if the broker is away: what is published instead fails then, too
        return False
    return True


class Replayer(DeadLetterTopic):
    """The letters of one topic, and how they are replayed."""

    def __init__(
        self,
        log: LogClient,
        topic: str,
        replays: Replays,
        *,
        clock: Callable[[], int] = now_ms,
        budget: float = BUDGET_SECONDS,
    ) -> None:
        super().__init__(log, topic, replays)
        self._clock = clock
        self._budget = budget

    async def replay(self, request: ReplayRequest, *, by: str, acknowledge: bool = True) -> ReplayReport:
        """Replay what is asked for, oldest first: at most 1,000 letters, and for about 15 s.

        Raises InvalidNotification for a request that does not say which, and ConnectionFailed when log or stores are
        away: the audit has what was replayed until then, and the same request goes on with the rest.
        """
        request.check()
        ids, missing = await self._chosen(request)
        failed = [*missing]
        matched, replayed, done = len(ids), 0, 0
        if request.dry_run:
            listed = [*ids[:MAX_LISTED]]
            return ReplayReport(matched=matched, replayed=0, failed=failed, remaining=matched, dry_run=True, ids=listed)
        ids = ids[:MAX_REPLAYED]
        size = AT_ONCE if request.rate is None else max(1, min(AT_ONCE, int(request.rate)))
        started = time.monotonic()
        async with Publishers(self._log) as publishers:
            while done < len(ids) and time.monotonic() - started < self._budget:
                run = await self.read(ids[done : done + size])
                refused = await self._run(run, publishers, by)
                failed += refused
                replayed += len(run) - len(refused)
                done += size
                if request.rate is not None and done < len(ids):
                    await asyncio.sleep(max(0.0, started + done / request.rate - time.monotonic()))
        if replayed and acknowledge:
            await self.acknowledge()
        remaining = max(0, matched - done)
        return ReplayReport(matched=matched, replayed=replayed, failed=failed, remaining=remaining)

    async def _chosen(self, request: ReplayRequest) -> tuple[Sequence[str], Sequence[ReplayFailure]]:
        """Ids of letters that are there, oldest first, and what was asked for by id and is not."""
        if request.filters is not None:
            filters = request.filters
            if filters.state is None:
                filters = msgspec.structs.replace(filters, state="pending")
            return [id for _, id in sorted(await self.places(filters))], []
        asked = dict.fromkeys(request.ids or ())
        there = [letter.id for letter in await self.read(asked)]
        missing = [ReplayFailure(id, "there is no such dead letter") for id in asked if id not in set(there)]
        return there, missing

    async def _run(self, run: Sequence[DeadLetter], publishers: Publishers, by: str) -> Sequence[ReplayFailure]:
        """Publish some letters, and write the audit before and after; those that cannot be published are returned."""
        ready: dict[str, list[Outgoing]] = defaultdict(list)
        failed: dict[str, str] = {}
        for letter in run:
            try:
                topic, outgoing = await way_back(self._log, letter)
            except NotificationError as error:
                failed[letter.id] = str(error.cause)
            else:
                ready[topic].append(outgoing)
        now = self._clock()

        def rows(result: Callable[[DeadLetter], str]) -> Sequence[Replay]:
            return [Replay(letter.id, letter.attempts, now, by, result(letter)) for letter in run]

        await self._replays.put(rows(lambda letter: "begun"))
        try:
            for topic, records in ready.items():
                await publishers.of(topic).publish(records)
        except NotificationError as error:  # any part may be out: what is not known to be is still pending
            reason = str(error.cause)
            await self._replays.put(rows(lambda letter: f"failed: {failed.get(letter.id, reason)}"))
            raise
        await self._replays.put(rows(lambda letter: f"failed: {failed[letter.id]}" if letter.id in failed else DONE))
        return [ReplayFailure(id, reason) for id, reason in failed.items()]

    async def acknowledge(self) -> None:
        """Move the operators' subscription past the letters at its beginning that are replayed, by partition.

        From there on retention counts for them, and they leave the backlog. One that is pending holds up those behind
        it in its partition. What cannot be done now is done by the next replay.
        """
        for partition, backlog in (await self._log.backlog(self._topic, OPERATORS)).items():
            if backlog.messages:
                try:
                    async with asyncio.timeout(READ_SECONDS):
                        await self._acknowledge(partition)
                except (ConnectionFailed, OwnershipLost, PartitionBusy, TimeoutError) as error:
                    logger.warning("replayed letters stay in the backlog", partition=partition, cause=str(error))

    async def _acknowledge(self, partition: int) -> None:
        end = max([record.offset async for record in self._log.scan(self._topic, partition)], default=0)
        # A consumer of its own, since ids made by hand would acknowledge all letters that were published together.
        subscription = await self._log.subscribe(self._topic, partition, OPERATORS)
        try:
            offset, last = 0, None
            while offset < end:
                records = await subscription.receive(READ_RECORDS, READ_BYTES)
                letters = [decode_record(record.value, DeadLetter) for record in records]
                replays = await self.replays([letter.id for letter in letters])
                for record, letter in zip(records, letters, strict=True):
                    replay = replays.get(letter.id)
                    if replay is None or not replay.settles(letter.attempts):
                        end = 0
                        break
                    last = record
                offset = records[-1].offset
            if last is not None:
                await subscription.acknowledge(last)
        finally:
            await subscription.close()
