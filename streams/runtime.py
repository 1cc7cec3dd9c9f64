"""Runs a plan on the batches of one partition.

Per batch: prepare (decode, drop duplicates, look up, notify), effects (write, emit, dead letters, receipts awaited),
commit (mark as seen in the table and its log, acknowledge). Each stage takes batches strictly in order, and the stages
of neighbouring batches overlap: the next batch is decoded and looked up while the last one's receipts are on their
way. The mark comes after the effects, so that a crash repeats and never swallows.
"""

from __future__ import annotations

import asyncio
import functools
import time
from collections import Counter as Tally
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from infra.log.ports import Outgoing, OwnershipLost, Publisher, Record
from infra.stores.open import Stores
from infra.tracing import OFF, Tracing
from schemas.errors import InvalidNotification
from schemas.records import NotificationRecord, SuppressionReason
from streams.admission import Admission
from streams.aside import Aside, Failed
from streams.breakers import Breakers
from streams.decoding import decode_value, is_expired
from streams.failures import Sleep, first_publish_ms, is_own_fault, until_it_passes
from streams.outcomes import Suppressed
from streams.plan import AgentSpec, Effect, Lookup, Plan
from streams.retry import Origin, Retries
from streams.sinks import as_records, observe_delivered
from streams.stats import AgentStats, Step
from streams.tracing import BatchTrace
from streams.windowlog import WindowLog
from streams.windows import WindowState
from streams.work import Item, Passed, Work

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
    tracing: Tracing = OFF


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
        self._topic = topic
        self._lane = f"{topic}@{generation}"
        self._resources = resources
        self._stats = stats
        self._retries = retries
        self._came_back = topic == spec.retry_in
        self._state = state
        self._log = log
        self._admission: Admission | None = None
        if self._plan.dedup is not None and state is not None and resources.deduplicate:
            self._admission = Admission(self._plan.dedup, state, pending, self._came_back, stats)
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
        self._trying: tuple[Step, int] = (stats.steps["notify", ""], 1)
        """The step that the effects have come to, and what it was given: one batch at a time is in that stage."""
        self._stages = (asyncio.Lock(), asyncio.Lock(), asyncio.Lock())

    async def process(self, records: Sequence[Record]) -> None:
        """Take a batch through all stages; call in the order of delivery. Raises OwnershipLost.

        A lock's waiters are served in the order they came, and nothing is awaited between leaving one stage and
        asking for the next, so batches pass every stage in the order of these calls. If one fails, its caller ends the
        epoch before the next gets the lock, and ``check_owned`` stops that one: nothing is acknowledged past a gap.
        """
        preparing, effecting, committing = self._stages
        work = Work(records, BatchTrace(self._resources.tracing, self._spec.name))
        with work.trace.whole():
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
        self._stats.take(self._topic, work.records[0].partition, work.records)
        steps, started, taken = self._stats.steps, time.perf_counter(), len(work.records)
        for record in work.records:
            try:
                if self._came_back:
                    Origin.carried(record)
                value = decode_value(record, self._spec.value_type, self._resources.retention_ms)
                work.items.append(Item(record, value, getattr(value, "published_ms", first_publish_ms(record))))
            except Exception as error:
                work.failed.append(Failed(record, error))
        decoded = len(work.items)
        steps["decode", ""].passed(taken, decoded, time.perf_counter() - started, taken - decoded)
        if self._admission is not None:
            self._admission.admit(work)
        work.stream_ms = self._state.stream_ms if self._state is not None and not self._came_back else 0
        work.trace.begin(work.records, work.items, work.failed)
        as_of_ms = self._resources.clock()
        found = [await self._look_up(work, lookup) for lookup in self._plan.lookup]
        started, taken = time.perf_counter(), len(work.items)
        with work.trace.step("notify", work.items):
            self._each(work, lambda item: self._notify(item, found, as_of_ms))
        told = sum([len(item.effects) for item in work.items])
        steps["notify", ""].passed(taken, told, time.perf_counter() - started, taken - len(work.items))

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
            with work.trace.step(f"lookup {lookup.source.name}", items):
                found = await lookup.source.fetch(self._resources.stores, keys)
            return True

        step, started, taken = self._stats.steps["lookup", lookup.source.name], time.perf_counter(), len(work.items)
        self._each(work, name_key)
        asked = None
        while len(work.items) != asked:  # once more for those that are left, if some were put aside
            asked = len(work.items)
            work.items = await self._apply_or_split(work, work.items, ask, f"looks up {lookup.source.name}")
        kept = len(work.items)
        step.passed(taken, kept, time.perf_counter() - started, taken - kept)
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


    def _notify(self, item: Item, found: list[Any], as_of_ms: int) -> None:
        effects: list[Effect] = []
        suppressed: list[SuppressionReason] = []
        for outcome in self._function(item.value, *found):
            if isinstance(outcome, Suppressed):
                suppressed.append(outcome.reason)
            elif isinstance(outcome, NotificationRecord) and is_expired(
                outcome, self._resources.retention_ms, self._resources.clock()
            ):
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

    def _give_up(self, work: Work, item: Item, error: Exception, *, lasting: bool = True) -> None:
        if item.mark is not None and self._admission is not None:
            self._admission.settle(item.mark)
            item.mark = None
        work.failed.append(Failed(item.record, error, lasting))

    # -- effects

    async def _apply(self, work: Work) -> None:
        apply = functools.partial(self._apply_once, work.trace)
        work.items = await self._apply_or_split(work, work.items, apply, "writes", self._given_up)
        for item in work.items:
            work.trace.suppressed(item.record, item.suppressed)
        for reason, number in Tally(reason for item in work.items for reason in item.suppressed).items():
            self._stats.suppress(reason, number)
        self._stats.done([item.published_ms for item in work.items], self._resources.clock())
        await self._put_aside(work)

    async def _apply_or_split(
        self,
        work: Work,
        items: list[Item],
        apply: Callable[[list[Item]], Awaitable[bool]],
        what: str,
        on_given_up: Callable[[], None] = lambda: None,
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
                on_given_up()
                self._give_up(work, items[0], error, lasting=is_own_fault(error))
                # Before the rest: an inbox that has taken a later record holds an earlier one for a redelivery, so
                # that after a crash this one would no longer fail, and end as nothing.
                await self._put_aside(work)
                return []
            middle = len(items) // 2
            return [
                *await self._apply_or_split(work, items[:middle], apply, what, on_given_up),
                *await self._apply_or_split(work, items[middle:], apply, what, on_given_up),
            ]
        if retries is not None and asked:
            retries.passed(what)
        return items

    async def _apply_once(self, trace: BatchTrace, items: list[Item]) -> bool:
        steps, passed = self._stats.steps, list[Passed]()
        self._trying = (steps["notify", ""], 1)
        await self._renew(items)
        effects = [effect for item in items for effect in item.effects]
        for write in self._plan.write:
            mine = [effect for effect in effects if isinstance(effect.outcome, write.of)]
            if mine:
                rest = [effect for effect in effects if not isinstance(effect.outcome, write.of)]
                step, started = steps["write", write.sink.name], time.perf_counter()
                self._trying = (step, len(mine))
                with trace.step(f"write {write.sink.name}", mine):
                    onward = list(await write.sink.apply(self._resources.stores, mine))
                passed.append(Passed(step, len(mine), len(onward), time.perf_counter() - started))
                effects = rest + onward
        sends = []
        for emit in self._plan.emit:
            mine = [effect for effect in effects if isinstance(effect.outcome, emit.of)]
            if mine:
                self._trying = (steps["emit", emit.name], len(mine))
                sends.append((steps["emit", emit.name], mine, as_records(mine, emit.of)))
        # All are awaited before an error is raised, so that a second attempt cannot overtake the first.
        results = await asyncio.gather(
            *(self._publish(trace, step, mine, outgoing) for step, mine, outgoing in sends), return_exceptions=True
        )
        for (step, mine, _), result in zip(sends, results, strict=True):
            if isinstance(result, BaseException):
                self._trying = (step, len(mine))
                raise result
            passed.append(result)
        for step, mine, _ in sends:
            self._stats.emit(step.name, len(mine))
            observe_delivered(mine, self._resources.clock(), trace)
        for step, taken, out, seconds in passed:
            step.passed(taken, out, seconds)
        return any(item.effects for item in items)

    async def _publish(
        self, trace: BatchTrace, step: Step, effects: Sequence[Effect], outgoing: list[Outgoing]
    ) -> Passed:
        started = time.perf_counter()
        with trace.step(f"emit {step.name}", effects, "producer") as begun:
            await self._resources.publisher(step.name).publish(trace.carried(effects, outgoing, begun))
        return Passed(step, len(outgoing), len(outgoing), time.perf_counter() - started)

    def _given_up(self) -> None:
        """The one item that is left makes the step that was tried last fail."""
        step, given = self._trying
        step.taken += given
        step.failed += given

    async def _put_aside(self, work: Work) -> None:
        await self._aside.put(work.failed, work.trace)
        work.failed.clear()

    async def _insist(self, attempt: Callable[[], Awaitable[None]], what: str) -> None:
        await self._until_it_passes(attempt, what, lambda error: False)

    # -- commit

    async def _commit(self, work: Work) -> None:
        with work.trace.step("commit", work.items):
            await self._mark_and_acknowledge(work)

    async def _mark_and_acknowledge(self, work: Work) -> None:
        if self._state is not None:
            marks = [item.mark for item in work.items if item.mark is not None]
            if marks or work.stream_ms > self._log.replica.stream_ms:
                await self._log.append(work.stream_ms, marks)
            self._state.mark(marks)
            for mark in marks:
                if self._admission is not None:
                    self._admission.settle(mark)
        self._check_owned()
        await self._acknowledge(work.records[-1])
