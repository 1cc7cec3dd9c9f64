"""Runs a plan on the batches of one partition.

Per batch: prepare (decode, drop duplicates, look up, notify), effects (write, emit, dead letters, receipts awaited),
commit (mark as seen in the table and its log, acknowledge). Each stage takes batches strictly in order, and the stages
of neighbouring batches overlap: the next batch is decoded and looked up while the last one's receipts are on their
way. The mark comes after the effects, so that a crash repeats and never swallows.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

from infra.log.ports import OwnershipLost, Publisher, Record
from infra.stores.open import Stores
from schemas.errors import InvalidEventType, InvalidNotification
from schemas.events import CloudEvent, check_size, clamp_times
from schemas.records import NotificationRecord, SuppressionReason, decode_record
from streams.aside import Aside, Failed
from streams.breakers import Breakers
from streams.failures import LateEvent, Sleep, first_publish_ms, is_own_fault, until_it_passes
from streams.outcomes import Suppressed
from streams.plan import AgentSpec, Effect, Lookup, Plan
from streams.retry import Origin, Retries
from streams.sinks import as_records, observe_delivered
from streams.stats import AgentStats
from streams.windowlog import WindowLog
from streams.windows import WindowState, counted, digest

T = TypeVar("T")

MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True)
class Resources:
    """What every partition of a worker shares; stores and publishers are behind ``breakers``."""

    stores: Stores
    publisher: Callable[[str], Publisher]
    breakers: Breakers
    clock: Callable[[], int]
    retention_ms: int
    deduplicate: bool = True
    sleep: Sleep = asyncio.sleep


@dataclass
class Item:
    """One record of a batch that decoded; ``effects`` and ``suppressed`` follow from what was known at ``as_of_ms``."""

    record: Record
    value: Any
    published_ms: int
    mark: tuple[bytes, int] | None = None
    effects: list[Effect] = field(default_factory=list)
    suppressed: list[SuppressionReason] = field(default_factory=list)
    as_of_ms: int = 0


@dataclass
class Work:
    """A batch between its stages. ``failed`` waits to be written to the retry topic, or as dead letters."""

    records: Sequence[Record]
    items: list[Item] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)
    stream_ms: int = 0
    """Stream time when the batch had been admitted: later batches may have moved it on when this one commits.

    0 for what came back, which moves it no further, and must not log how far batches of others have.
    """


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
        retries: Retries | None,
        state: WindowState | None,
        log: WindowLog,
        pending: dict[bytes, int],
        acknowledge: Callable[[Record], Any],
        check_owned: Callable[[], None],
        on_wait: Callable[[object, str | None], None],
    ) -> None:
        assert spec.planned is not None
        self._spec = spec
        self._plan: Plan = spec.planned.plan
        self._function = spec.planned.function
        self._taken = (*(write.of for write in self._plan.write), *(emit.of for emit in self._plan.emit))
        limits = [lookup.fresh // MILLISECOND for lookup in self._plan.lookup if lookup.fresh is not None]
        self._fresh_ms = min(limits, default=None)
        self._lane = f"{topic}@{generation}"
        self._resources = resources
        self._stats = stats
        self._retries = retries
        self._came_back = topic == spec.retry_in
        self._state = state
        self._log = log
        self._pending = pending
        self._acknowledge = acknowledge
        self._check_owned = check_owned
        self._on_wait = on_wait
        self._aside = Aside(
            spec,
            generation=generation,
            came_back=self._came_back,
            retries=retries,
            stats=stats,
            publisher=resources.publisher,
            clock=resources.clock,
            insist=self._insist,
        )
        self._stages = (asyncio.Lock(), asyncio.Lock(), asyncio.Lock())

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
                if self._came_back:
                    Origin.carried(record)
                value = self._decode(record)
                self._admit(work, Item(record, value, getattr(value, "published_ms", first_publish_ms(record))))
            except Exception as error:
                work.failed.append(Failed(record, error))
        work.stream_ms = self._state.stream_ms if self._state is not None and not self._came_back else 0
        as_of_ms = self._resources.clock()
        found = [await self._look_up(work, lookup) for lookup in self._plan.lookup]
        self._each(work, lambda item: self._notify(item, found, as_of_ms))

    def _each(self, work: Work, act: Callable[[Item], None]) -> None:
        """Run a declared function on every item: one for which it raises is put aside, the others go on."""
        kept = []
        for item in work.items:
            try:
                act(item)
            except Exception as error:
                self._give_up(work, item, error)
            else:
                kept.append(item)
        work.items = kept

    async def _look_up(self, work: Work, lookup: Lookup) -> Any:
        found: Any = {}

        def name_key(item: Item) -> None:
            hash(lookup.of(item.value))

        async def ask(items: list[Item]) -> bool:
            nonlocal found
            keys = list(dict.fromkeys(lookup.of(item.value) for item in items))
            found = await lookup.source.fetch(self._resources.stores, keys)
            return True

        self._each(work, name_key)
        asked = None
        while len(work.items) != asked:  # once more for those that are left, if some were put aside
            asked = len(work.items)
            work.items = await self._apply_or_split(work, work.items, ask, f"looks up {lookup.source.name}")
        return found

    async def _until_it_passes(
        self, attempt: Callable[[], Awaitable[T]], what: str, own_fault: Callable[[Exception], bool]
    ) -> T:
        return await until_it_passes(
            attempt,
            what=f"{self._spec.name} {what}",
            on_wait=functools.partial(self._on_wait, object()),
            own_fault=own_fault,
            paced=self._resources.breakers.paces,
            sleep=self._resources.sleep,
        )

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
        published_ms = first_publish_ms(item.record) if self._came_back else item.record.publish_ms
        moment = counted(getattr(item.value, "time_ms", published_ms), published_ms)
        if not self._came_back:
            state.advance_to(moment)
        pending = self._pending.get(key)
        if state.seen(key) or (pending is not None and not state.is_late(pending)):
            state.hits += 1
            self._stats.count("duplicate")
            return
        state.misses += 1
        if state.is_late(moment) and not self._came_back:  # what came back was admitted when it came first
            state.late += 1
            self._stats.count("late")
            if dedup.table.late == "drop":
                self._stats.suppress("late")
                return
            if dedup.table.late == "dead-letter":
                raise LateEvent("deduplicate", "the event is older than the window")
        item.mark = (key, moment)
        self._pending[key] = moment
        work.items.append(item)

    def _notify(self, item: Item, found: list[Any], as_of_ms: int) -> None:
        effects: list[Effect] = []
        suppressed: list[SuppressionReason] = []
        for outcome in self._function(item.value, *found):
            if isinstance(outcome, Suppressed):
                suppressed.append(outcome.reason)
            elif isinstance(outcome, NotificationRecord) and self._is_expired(outcome):
                suppressed.append("expired")
            elif isinstance(outcome, self._taken):
                effects.append(Effect(outcome, item.record, item.published_ms, self._lane))
            else:  # it would end as nothing
                raise TypeError(f"no step of {self._spec.name} takes a {type(outcome).__name__}")
        item.effects, item.suppressed, item.as_of_ms = effects, suppressed, as_of_ms

    async def _renew(self, items: list[Item]) -> None:
        """Look up again, and notify again, where the plan says that what was looked up is too old by now."""
        now = self._resources.clock()
        old = [item for item in items if self._fresh_ms is not None and now - item.as_of_ms > self._fresh_ms]
        if not old:
            return
        found = []
        for lookup in self._plan.lookup:
            keys = list(dict.fromkeys(lookup.of(item.value) for item in old))
            found.append(await lookup.source.fetch(self._resources.stores, keys))
        for item in old:
            try:
                self._notify(item, found, now)
            except Exception as error:
                raise InvalidNotification("notify", f"{type(error).__name__}: {error}") from error

    def _is_expired(self, record: NotificationRecord) -> bool:
        """History keeps a notification from the first publish, the inbox from its own time: the earlier one counts."""
        since = min(record.notification.created_ms, record.published_ms)
        return since + self._resources.retention_ms <= self._resources.clock()

    def _give_up(self, work: Work, item: Item, error: Exception, *, lasting: bool = True) -> None:
        if item.mark is not None:
            self._settle(item.mark)
            item.mark = None
        work.failed.append(Failed(item.record, error, lasting))

    def _settle(self, mark: tuple[bytes, int]) -> None:
        """Take a mark off those on their way, unless the key came again since, after its window."""
        key, moment = mark
        if self._pending.get(key) == moment:
            del self._pending[key]

    # -- effects

    async def _apply(self, work: Work) -> None:
        work.items = await self._apply_or_split(work, work.items, self._apply_once, "writes")
        for item in work.items:
            for reason in item.suppressed:
                self._stats.suppress(reason)
        await self._put_aside(work)

    async def _apply_or_split(
        self, work: Work, items: list[Item], apply: Callable[[list[Item]], Awaitable[bool]], what: str
    ) -> list[Item]:
        """Apply to all; if one makes it fail, they are halved until it is found. Returns those it was applied to.

        ``apply`` answers whether it asked anything of anyone.
        """
        retries = self._retries
        if not items:
            return []
        try:
            asked = await self._until_it_passes(
                lambda: apply(items),
                what,
                lambda error: is_own_fault(error) or (retries is not None and retries.takes(what, error)),
            )
        except OwnershipLost:
            raise
        except Exception as error:
            if len(items) == 1:
                if retries is not None and not self._came_back and not is_own_fault(error):
                    retries.failed(what)
                self._give_up(work, items[0], error, lasting=is_own_fault(error))
                # Before the rest: an inbox that has taken a later record holds an earlier one for a redelivery, so
                # that after a crash this one would no longer fail, and end as nothing.
                await self._put_aside(work)
                return []
            middle = len(items) // 2
            return [
                *await self._apply_or_split(work, items[:middle], apply, what),
                *await self._apply_or_split(work, items[middle:], apply, what),
            ]
        if retries is not None and asked:
            retries.passed(what)
        return items

    async def _apply_once(self, items: list[Item]) -> bool:
        await self._renew(items)
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
                sends.append((emit.name, mine, as_records(mine, emit.of)))
        # All are awaited before an error is raised, so that a second attempt cannot overtake the first.
        results = await asyncio.gather(
            *(self._resources.publisher(name).publish(outgoing) for name, _, outgoing in sends), return_exceptions=True
        )
        for result in results:
            if isinstance(result, BaseException):
                raise result
        for name, mine, _ in sends:
            self._stats.emitted[name] += len(mine)
            observe_delivered(mine, self._resources.clock())
        return any(item.effects for item in items)

    async def _put_aside(self, work: Work) -> None:
        await self._aside.put(work.failed)
        work.failed.clear()

    async def _insist(self, attempt: Callable[[], Awaitable[None]], what: str) -> None:
        await self._until_it_passes(attempt, what, lambda error: False)

    # -- commit

    async def _commit(self, work: Work) -> None:
        if self._state is not None:
            marks = [item.mark for item in work.items if item.mark is not None]
            if marks or work.stream_ms > self._log.replica.stream_ms:
                await self._log.append(work.stream_ms, marks)
            self._state.mark(marks)
            for mark in marks:
                self._settle(mark)
        self._check_owned()
        await self._acknowledge(work.records[-1])
