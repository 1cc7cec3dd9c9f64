"""The driver: sends events, moves the clock, crashes and fails, and reads what came of it."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self, get_args
from uuid import UUID

from infra.log.embedded import SCHEMA
from infra.log.ports import LogClient, Outgoing, Record
from infra.sqlite import Database
from infra.stores.open import embedded_stores, sqlite_schemas
from infra.stores.ports import Filter, Summary
from infra.tracing import OFF, Tracing
from schemas.notifications import Notification
from schemas.records import (
    Added,
    AudiencePage,
    DeadLetter,
    FanOutRecord,
    NotificationRecord,
    decode_record,
    encode_record,
)
from schemas.settings import Settings
from schemas.times import from_ms, to_ms
from streams.app import App
from streams.engine import Connections, Engine
from streams.plan import AgentSpec
from streams.testing.faults import Fault, Faults, FaultyLog, When, with_faults
from streams.testing.script import Advance, Crash, Move, Restart, Settle
from streams.topics import required_topics
from streams.transport.ownership import Batch, Epoch, Lane
from streams.windows import digest

START = datetime(2026, 1, 5, 12, tzinfo=UTC)
LIMIT = timedelta(seconds=10)
SHORTENED = 0.02
GROUP = "driver"
EMITTED: dict[type, Any] = {Notification: NotificationRecord, AudiencePage: AudiencePage, Added: FanOutRecord}


class NotSettled(AssertionError):
    """The limit passed; the message says who waits, for how many records, and why."""


@dataclass(frozen=True)
class TableView:
    """A window table at one moment, over all partitions: live keys (digests) with their times, and the snapshots."""

    name: str
    keys: Mapping[bytes, int]
    snapshots: Sequence[dict[str, Any]]

    def __contains__(self, key: str) -> bool:
        return digest(key) in self.keys

    def __len__(self) -> int:
        return len(self.keys)


class TopologyTestDriver:
    """An async context manager that runs the planned agents of ``app`` until it is left.

    ``settings`` None takes the app's; broker, directory and number of partitions are the driver's own, and topics keep
    the names that the app was declared with. ``start`` is what the clock says at first. Every wait has ``limit``, in
    real time; the waits between attempts of a failing step are shortened to milliseconds. ``database`` makes what log
    and stores are kept in, ``tracing`` gets the spans.
    """

    def __init__(
        self,
        app: App,
        *,
        settings: Settings | None = None,
        partitions: int = 2,
        start: datetime = START,
        limit: timedelta = LIMIT,
        database: Callable[[Path], Database] = Database,
        tracing: Tracing = OFF,
    ) -> None:
        specs = list(app.plans.values())
        self._faults = Faults(specs)
        self._specs = [with_faults(spec, self._faults) for spec in specs]
        topics = app.settings.topics.model_copy(update={"partitions": partitions})
        self._settings = (settings or app.settings).model_copy(update={"topics": topics})
        self._partitions = partitions
        self._now_ms = to_ms(start)
        self._limit = limit.total_seconds()
        self._open_database = database
        self._tracing = tracing
        self._progress = asyncio.Event()
        self._stack = contextlib.AsyncExitStack()
        self._types = _types(specs)

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as stack:
            directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="topology-"))
            database = self._open_database(Path(directory) / "driver.db")
            database.open(SCHEMA, *sqlite_schemas())
            stack.callback(database.close)
            self._log = FaultyLog(database, self._clock, faults=self._faults, on_commit=self._progress.set)
            await self._log.migrate(required_topics(self._settings, GROUP, self._specs))
            self.stores = embedded_stores(self._settings, database, clock=self._clock)
            connections = Connections(self._log, self._log, self.stores, self._tracing)
            self._engine = Engine(self._settings, GROUP, connections, clock=self._clock, sleep=self._sleep)
            stack.push_async_callback(self._stop)
            await self._start()
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._stack.aclose()

    async def _start(self) -> None:
        await self._engine.start(self._specs, _submit, self._acquired)
        await self._owned()

    async def _stop(self) -> None:
        await self._engine.crash()  # a step that fails for ever would be drained in vain
        await self._engine.stop()

    def _clock(self) -> int:
        return self._now_ms

    async def _sleep(self, seconds: float) -> None:
        self._progress.set()
        await asyncio.sleep(min(seconds, 1) * SHORTENED)

    def _acquired(self, epoch: Epoch) -> None:
        self._progress.set()

    async def _owned(self) -> None:
        """Wait until every partition of every agent is owned by an epoch that goes on."""

        def missing() -> list[str]:
            return [
                f"{spec.name}-{partition}"
                for spec in self._specs
                for partition in range(self._partitions)
                if (epoch := self._engine.owned(spec.name).get(partition)) is None or epoch.lost is not None
            ]

        await self._until(lambda: not missing(), lambda: f"not taken: {', '.join(missing())}")

    async def _until(self, condition: Callable[[], bool], explain: Callable[[], str]) -> None:
        try:
            async with asyncio.timeout(self._limit):
                while not condition():
                    self._progress.clear()
                    await self._progress.wait()
        except TimeoutError:
            raise NotSettled(f"after {self._limit:g} s: {explain()}") from None

    # -- what comes in

    async def send(self, *events: Any, topic: str | None = None, key: str | None = None) -> None:
        """Publish events to ``topic``, or to the one that is read for their type, by ``key`` or the event's own.

        Bytes are sent as they are. Those of one call are published together, so those of one partition arrive as one
        batch.
        """
        runs: dict[str, list[Outgoing]] = {}
        for event in events:
            payload = event if isinstance(event, bytes) else encode_record(event)
            record = Outgoing(_key_of(event) if key is None else key, payload)
            runs.setdefault(topic or self._topic_of(event), []).append(record)
        for target, run in runs.items():
            await self._log.source(target).publish(run)

    async def send_bytes(
        self,
        topic: str,
        payload: bytes,
        *,
        key: str = "",
        properties: Mapping[str, str] | None = None,
        partition: int | None = None,
    ) -> None:
        """Publish bytes with the properties that a record of ours may carry, where a foreign producer may put them."""
        await self._log.source(topic).publish([Outgoing(key, payload, properties or {}, partition)])

    def _topic_of(self, event: Any) -> str:
        for spec in self._specs:
            if isinstance(event, get_args(spec.value_type) or (spec.value_type,)):
                return spec.topics[0]
        raise ValueError(f"no agent reads a {type(event).__name__}; say topic=")

    async def settle(self, *agents: str, limit: timedelta | None = None) -> None:
        """Wait until ``agents`` (none: all) have processed and committed everything published; raises NotSettled.

        What is to be tried again later is done for now: :meth:`advance` makes it due.
        """
        names = set(agents) or {spec.name for spec in self._specs}
        if unknown := names - {spec.name for spec in self._specs}:
            raise ValueError(f"there is no agent {min(unknown)}")
        seconds = self._limit if limit is None else limit.total_seconds()
        try:
            async with asyncio.timeout(seconds):
                while True:
                    self._progress.clear()
                    if not await self._backlog(names):
                        return
                    await self._progress.wait()
        except TimeoutError:
            reasons = {one["agent"]: ", ".join(one["waiting_for"]) for one in self.streams()}
            lines = [
                f"{agent} has {count} of {place} to do" + (f" ({reasons[agent]})" if reasons.get(agent) else "")
                for (place, agent), count in sorted((await self._backlog(names)).items())
            ]
            raise NotSettled(f"after {seconds:g} s: {'; '.join(lines)}") from None

    async def _backlog(self, agents: set[str]) -> dict[tuple[str, str], int]:
        return {
            (f"{topic}-{partition}", agent): backlog.messages
            for (topic, agent, partition), backlog in (await self._log.backlogs(due=True)).items()
            if agent in agents
        }

    async def play(self, script: Iterable[Any]) -> None:
        """Send the events of a script one by one, do what its other values say, and settle at its end.

        Nothing waits in between unless :class:`Settle` says so: a crash strikes what is on its way.
        """
        for step in script:
            match step:
                case Advance():
                    self.advance(step.duration)
                case Crash():
                    await self.crash(step.agent, step.partition)
                case Restart():
                    await self.restart()
                case Move():
                    await self.move(step.agent, step.partition)
                case Settle():
                    await self.settle()
                case _:
                    await self.send(step)
        await self.settle()

    # -- the clock

    @property
    def now(self) -> datetime:
        return from_ms(self._now_ms)

    def advance(self, duration: timedelta) -> None:
        """Move the clock, which dates what is published and says what has expired and what is due to be tried again.

        It never moves by itself.
        """
        self._now_ms += duration // timedelta(milliseconds=1)
        self._log.wake()

    # -- what goes wrong

    async def crash(self, agent: str | None = None, partition: int | None = None) -> None:
        """End ownership without draining, as a killed process would, and wait until it is taken again from the log."""
        await self._engine.crash(agent, partition)
        await self._owned()

    async def restart(self) -> None:
        """Stop receiving, drain, release and take everything again, as a deploy does; statistics begin again."""
        await self._engine.release()
        await self._start()

    async def move(self, agent: str, partition: int) -> None:
        """Drain and release one partition, and take it again, as when it moves to another worker."""
        await self._engine.move(agent, partition)
        await self._owned()

    async def supersede(self, agent: str, partition: int) -> None:
        """Fence the agent's log as another worker does that took the partition: nobody tells the owner."""
        await self._log.take_over(f"{agent}-log", partition)

    def fail(
        self,
        step: str,
        error: BaseException,
        *,
        times: int | None = 1,
        agent: str | None = None,
        after: bool = False,
        when: When | None = None,
    ) -> None:
        """Make a step raise ``error`` in its next ``times`` calls (None: until :meth:`restore`).

        ``step`` is the name of a sink, lookup or topic, alone or with its kind as in the graph (``inbox``, ``lookup
        profiles``, ``emit notifications``), an agent's log (``video-log``: where a batch is marked as seen), or
        ``acknowledge``. With ``after`` the call is made and its answer lost. ``when`` is given the outcomes, keys or
        records of the call, and decides. An ``OwnershipLost`` is a crash at that place. ``agent`` narrows down lookups,
        sinks and ``acknowledge``.
        """
        self._faults.order(Fault(step, error, times, agent, after, when))

    def restore(self, step: str | None = None) -> None:
        """Take back what :meth:`fail` ordered for ``step``, or everything."""
        self._faults.restore(step)

    async def until_waiting(self, agent: str) -> str:
        """Wait until ``agent`` waits for a dependency, and return what for; raises NotSettled."""

        def reasons() -> list[str]:
            return [reason for one in self.streams() if one["agent"] == agent for reason in one["waiting_for"]]

        await self._until(lambda: bool(reasons()), lambda: f"{agent} waits for nothing")
        return reasons()[0]

    # -- what came of it

    @property
    def log(self) -> LogClient:
        """The log as the agents see it, for what else an application does with it."""
        return self._log

    async def records(self, topic: str) -> list[Record]:
        """Everything published to ``topic``, partition by partition, with keys and properties."""
        partitions = await self._log.partitions(topic)
        return [record for partition in range(partitions) async for record in self._log.scan(topic, partition)]

    async def committed(self, agent: str) -> list[Record]:
        """What ``agent`` has acknowledged of its topics, partition by partition."""
        found: list[Record] = []
        for topic in next(spec.topics for spec in self._specs if spec.name == agent):
            for partition in range(self._partitions):
                cursor = await self._log.committed(topic, partition, agent)
                found += [record async for record in self._log.scan(topic, partition) if record.offset <= cursor]
        return found

    async def outputs(self, topic: str) -> list[Any]:
        """As :meth:`records`, but only the values, decoded; bytes if the app says nothing of the topic's type."""
        kind = self._types.get(topic)
        return [
            record.value if kind is None else decode_record(record.value, kind) for record in await self.records(topic)
        ]

    async def notifications(self, user_id: UUID | str, limit: int = 500) -> list[Notification]:
        """A user's inbox, newest first."""
        found, _ = await self.stores.inbox.page(str(user_id), None, limit, Filter())
        return found

    async def history(self, user_id: UUID | str, limit: int = 500) -> list[Notification]:
        """A user's history, newest first."""
        return await self.stores.history.page(str(user_id), None, limit, Filter())

    async def counts(self, user_id: UUID | str) -> Summary:
        """A user's position, and how many are unseen and unread."""
        [summary] = await self.stores.inbox.summaries([str(user_id)])
        return summary

    async def dead_letters(self) -> list[DeadLetter]:
        """In the order of each partition; a batch that was repeated wrote its letters again, under the same id."""
        letters: list[DeadLetter] = await self.outputs(self._settings.topics.dead_letter)
        return list({letter.id: letter for letter in letters}.values())

    def table(self, name: str) -> TableView:
        keys: dict[bytes, int] = {}
        for spec in self._specs:
            if name in (table.name for table in spec.tables):
                for epoch in self._engine.owned(spec.name).values():
                    keys |= epoch.state.live_keys() if epoch.state is not None else {}
        snapshots = [one for one in self._engine.tables() if one["table"] == name]
        if not snapshots:
            raise ValueError(f"there is no table {name}")
        return TableView(name, keys, snapshots)

    def streams(self) -> list[dict[str, Any]]:
        """What the agents have done and are doing, as ``/stats/streams`` shows it."""
        return self._engine.streams()

    def dependencies(self) -> list[dict[str, Any]]:
        """The circuit breakers, as ``/stats/streams`` shows them; here log and stores are one SQLite database."""
        return self._engine.dependencies()

    def stats(self, agent: str) -> dict[str, Any]:
        """The entry of one agent in :meth:`streams`."""
        return next(one for one in self.streams() if one["agent"] == agent)


def _submit(lane: Lane, records: list[Record]) -> None:
    Batch(lane, records).submit()


def _key_of(event: Any) -> str:
    if isinstance(event, NotificationRecord):
        return event.notification.user_id
    return str(getattr(event, "key", ""))


def _types(specs: Sequence[AgentSpec]) -> dict[str, Any]:
    types: dict[str, Any] = {}
    for spec in specs:
        assert spec.planned is not None
        types |= dict.fromkeys(spec.lanes, spec.value_type)
        types |= {emit.name: EMITTED.get(emit.of, emit.of) for emit in spec.planned.plan.emit}
        if spec.planned.plan.dead_letter is not None:
            types[spec.planned.plan.dead_letter.topics[0]] = DeadLetter
    return types
