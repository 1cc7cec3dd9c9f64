"""Runs a plan on the batches of one partition.

Per batch: prepare (decode, drop duplicates, look up, notify), effects (write, emit, dead letters, receipts awaited),
commit (mark as seen in the table and its log, acknowledge). Each stage takes batches strictly in order, and the stages
of neighbouring batches overlap: the next batch is decoded and looked up while the last one's receipts are on their
way. The mark comes after the effects, so that a crash repeats and never swallows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog

from infra.log.ports import Outgoing, OwnershipLost, Publisher, Record
from infra.stores.open import Stores
from schemas.errors import InvalidEventType
from schemas.events import CloudEvent, check_size, clamp_times
from schemas.records import NotificationRecord, decode_record, encode_record
from streams.failures import LateEvent, dead_letter, first_publish_ms, until_it_passes
from streams.outcomes import Suppressed
from streams.plan import AgentSpec, Effect, Plan
from streams.sinks import as_records, observe_delivered
from streams.stats import DEAD_LETTERS, AgentStats
from streams.windowlog import WindowLog
from streams.windows import WindowState, digest

logger = structlog.get_logger()


@dataclass(frozen=True)
class Resources:
    """What every partition of a worker shares."""

    stores: Stores
    publisher: Callable[[str], Publisher]
    clock: Callable[[], int]
    retention_ms: int
    deduplicate: bool = True


@dataclass
class Item:
    """One record of a batch that decoded."""

    record: Record
    value: Any
    published_ms: int
    mark: tuple[bytes, int] | None = None
    effects: list[Effect] = field(default_factory=list)


@dataclass
class Work:
    """A batch between its stages."""

    records: Sequence[Record]
    items: list[Item] = field(default_factory=list)
    failed: list[tuple[Record, Exception]] = field(default_factory=list)


class LaneRuntime:
    """One topic of one agent on one partition, for one epoch of ownership."""

    def __init__(
        self,
        spec: AgentSpec,
        *,
        topic: str,
        generation: str,
        resources: Resources,
        stats: AgentStats,
        state: WindowState | None,
        log: WindowLog,
        pending: dict[bytes, int],
        acknowledge: Callable[[Record], Any],
        check_owned: Callable[[], None],
        on_wait: Callable[[str | None], None],
    ) -> None:
        assert spec.planned is not None
        self._spec = spec
        self._plan: Plan = spec.planned.plan
        self._function = spec.planned.function
        self._generation = generation
        self._lane = f"{topic}@{generation}"
        self._resources = resources
        self._stats = stats
        self._state = state
        self._log = log
        self._pending = pending
        self._acknowledge = acknowledge
        self._check_owned = check_owned
        self._on_wait = on_wait
        self._stages = (asyncio.Lock(), asyncio.Lock(), asyncio.Lock())
        self._logged_stream_ms = state.stream_ms if state else 0

    async def process(self, records: Sequence[Record]) -> None:
        """Take a batch through all stages; call in the order of delivery. Raises OwnershipLost.

        A lock's waiters are served in the order they came, and nothing is awaited between leaving one stage and
        asking for the next, so batches pass every stage in the order of these calls. If one fails, its caller ends the
        epoch before the next gets the lock, and ``check_owned`` stops that one: nothing is acknowledged past a gap.
        """
        preparing, effecting, committing = self._stages
        work = Work(records)
        async with preparing:
            self._check_owned()
            await self._prepare(work)
        async with effecting:
            self._check_owned()
            await self._apply(work)
        async with committing:
            self._check_owned()
            await self._commit(work)

    # -- prepare

    async def _prepare(self, work: Work) -> None:
        self._stats.count("batches")
        self._stats.count("in", len(work.records))
        for record in work.records:
            try:
                value = self._decode(record)
            except Exception as error:
                work.failed.append((record, error))
            else:
                self._admit(work, Item(record, value, getattr(value, "published_ms", first_publish_ms(record))))
        found = []
        for lookup in self._plan.lookup:
            keys = list(dict.fromkeys(lookup.of(item.value) for item in work.items))
            found.append(
                await until_it_passes(
                    lambda lookup=lookup, keys=keys: lookup.source.fetch(self._resources.stores, keys),  # type: ignore[misc]
                    what=f"{self._spec.name} looks up {lookup.source.name}",
                    on_wait=self._on_wait,
                    own_fault=lambda error: False,
                )
                if keys
                else {}
            )
        kept = []
        for item in work.items:
            try:
                item.effects = self._notify(item, found)
                kept.append(item)
            except Exception as error:
                self._give_up(work, item, error)
        work.items = kept

    def _decode(self, record: Record) -> Any:
        check_size(record.value)
        try:
            value = decode_record(record.value, self._spec.value_type)
        except Exception as error:  # msgspec's errors and UnicodeDecodeError: both name the place
            raise InvalidEventType("decode", str(error)) from error
        if isinstance(value, CloudEvent):
            return clamp_times(value, first_publish_ms(record), self._resources.retention_ms)
        return value

    def _admit(self, work: Work, item: Item) -> None:
        """Drop the item if it was seen: in the table, in this batch, or in a batch still on its way."""
        dedup, state = self._plan.dedup, self._state
        if dedup is None or state is None or not self._resources.deduplicate:
            work.items.append(item)
            return
        key = digest(dedup.key(item.value))
        moment = state.advance(getattr(item.value, "time_ms", item.record.publish_ms), item.record.publish_ms)
        if key in self._pending or state.seen(key):
            state.hits += 1
            self._stats.count("duplicate")
            return
        state.misses += 1
        if state.is_late(moment):
            state.late += 1
            self._stats.count("late")
            if dedup.table.late == "drop":
                self._stats.suppress("late")
                return
            if dedup.table.late == "dead-letter":
                work.failed.append((item.record, LateEvent("deduplicate", "the event is older than the window")))
                return
        item.mark = (key, moment)
        self._pending[key] = moment
        work.items.append(item)

    def _notify(self, item: Item, found: list[Any]) -> list[Effect]:
        effects = []
        for outcome in self._function(item.value, *found):
            if isinstance(outcome, Suppressed):
                self._stats.suppress(outcome.reason)
            elif isinstance(outcome, NotificationRecord) and self._is_expired(outcome):
                self._stats.suppress("expired")
            else:
                effects.append(Effect(outcome, item.record, item.published_ms, self._lane))
        return effects

    def _is_expired(self, record: NotificationRecord) -> bool:
        return record.notification.created_ms + self._resources.retention_ms <= self._resources.clock()

    def _give_up(self, work: Work, item: Item, error: Exception) -> None:
        if item.mark is not None:
            self._pending.pop(item.mark[0], None)
            item.mark = None
        work.failed.append((item.record, error))

    # -- effects

    async def _apply(self, work: Work) -> None:
        await self._apply_or_split(work, work.items)
        failed = {record.offset for record, _ in work.failed}
        work.items = [item for item in work.items if item.record.offset not in failed]
        if work.failed:
            await self._bury(work.failed)

    async def _apply_or_split(self, work: Work, items: list[Item]) -> None:
        """Apply to all; what fails for good is halved until the one at fault is found and put aside."""
        if not items:
            return
        try:
            await until_it_passes(
                lambda: self._apply_once(items), what=f"{self._spec.name} writes", on_wait=self._on_wait
            )
        except OwnershipLost:
            raise
        except Exception as error:
            if len(items) == 1:
                self._give_up(work, items[0], error)
                return
            middle = len(items) // 2
            await self._apply_or_split(work, items[:middle])
            await self._apply_or_split(work, items[middle:])

    async def _apply_once(self, items: list[Item]) -> None:
        effects = [effect for item in items for effect in item.effects]
        for write in self._plan.write:
            mine = [effect for effect in effects if isinstance(effect.outcome, write.of)]
            if mine:
                rest = [effect for effect in effects if not isinstance(effect.outcome, write.of)]
                effects = rest + list(await write.sink.apply(self._resources.stores, mine))
        sends = []
        for emit in self._plan.emit:
            mine = [effect for effect in effects if isinstance(effect.outcome, emit.of)]
            if mine:
                sends.append((emit.name, mine, self._resources.publisher(emit.name).publish(as_records(mine, emit.of))))
        # All are awaited before an error is raised, so that a second attempt cannot overtake the first.
        results = await asyncio.gather(*(send for _, _, send in sends), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result
        for name, mine, _ in sends:
            self._stats.emitted[name] += len(mine)
            observe_delivered(mine, self._resources.clock())

    async def _bury(self, failed: list[tuple[Record, Exception]]) -> None:
        assert self._plan.dead_letter is not None
        publisher = self._resources.publisher(self._plan.dead_letter.topics[0])
        letters = [
            dead_letter(
                record, error, agent=self._spec.name, generation=self._generation, now=self._resources.clock()
            )
            for record, error in failed
        ]
        outgoing = [Outgoing(letter.id, encode_record(letter)) for letter in letters]
        await until_it_passes(
            lambda: publisher.publish(outgoing),
            what=f"{self._spec.name} writes dead letters",
            on_wait=self._on_wait,
            own_fault=lambda error: False,
        )
        self._stats.count("dead-letter", len(letters))
        for letter in letters:
            DEAD_LETTERS.labels(letter.error).inc()
            logger.warning("dead letter", id=letter.id, topic=letter.topic, error=letter.error, message=letter.message)

    # -- commit

    async def _commit(self, work: Work) -> None:
        if self._state is not None:
            marks = [item.mark for item in work.items if item.mark is not None]
            stream_ms = self._state.stream_ms
            if marks or stream_ms > self._logged_stream_ms:
                await self._log.append(stream_ms, marks)
                self._logged_stream_ms = max(self._logged_stream_ms, stream_ms)
            self._state.mark(marks)
            for key, _ in marks:
                self._pending.pop(key, None)
        self._check_owned()
        await self._acknowledge(work.records[-1])
