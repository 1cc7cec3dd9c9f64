"""What a worker says of itself stays small, and is said even when it is much, or when nobody takes it."""

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

import streams.reporter
from infra.log.ports import MAX_RECORD_BYTES, Member, Outgoing
from infra.statistics.board import Board
from schemas.errors import ConnectionFailed
from schemas.reports import GOODBYE, KIND, STREAMS, TABLES, Topology
from streams import App, Dedup, plan
from streams.plan import AgentSpec
from streams.reporter import PIECES_PER_ROUND, Reporter
from streams.stats import AgentStats
from streams.tables import TableView
from streams.windowlog import Recovery, Replica
from streams.windows import BUCKETS_PER_WINDOW, WindowState

AGENTS, PARTITIONS = 200, 16
WINDOW_MS = 600_000


def declared(agents: int) -> list[AgentSpec]:
    app = App("many")
    for number in range(agents):
        name = f"agent-with-a-name-{number}"
        table = app.WindowTable(f"{name}-seen")

        @app.agent(app.topic(f"{name}-events", value_type=msgspec.Struct), name=name)
        @plan(
            dedup=Dedup(table, key=str),
            emit=[app.topic(f"{name}-{kind}") for kind in ("notifications", "bulk", "others")],
            dead_letter=app.topic("dead-letters"),
        )
        def rule(event: Any) -> list[Any]:
            return []

    return app.specs()


class Engine:
    """As one that has run every agent on every partition, with every bucket in use."""

    def __init__(self, agents: int) -> None:
        self.specs = declared(agents)
        self.group = SimpleNamespace(member=Member("me", "1", 0), snapshot=lambda: {"id": "me"})
        self.lag = SimpleNamespace(retry_depth=None, dead_letter_backlog=None, measured_ms=0)
        self.stats = [AgentStats(spec, 0.0) for spec in self.specs]
        for stats in self.stats:
            for power in range(-20, 20):
                stats.latency.add(1.3**power)
                for step in stats.steps.values():
                    step.passed(10, 10, 1.3**power)
        self.views = []
        for spec in self.specs:
            for partition in range(PARTITIONS):
                state = WindowState(WINDOW_MS)
                state.stream_ms = 1_700_000_000_000
                buckets = range(state.stream_ms - WINDOW_MS + 1, state.stream_ms + 1, WINDOW_MS // BUCKETS_PER_WINDOW)
                state.mark((bytes([number]) * 16, moment) for number, moment in enumerate(buckets))
                self.views.append(
                    TableView(spec, partition, WINDOW_MS, "running", state, Replica(state), Recovery(ended=1.0))
                )

    def tick(self) -> None:
        pass

    def dependencies(self) -> list[Any]:
        return []

    def reports(self) -> list[Any]:
        return [stats.report(10.0, range(PARTITIONS), []) for stats in self.stats]

    def table_views(self) -> list[TableView]:
        return self.views


class Topic:
    """The publisher of the statistics topic; ``taken`` is what it was given."""

    def __init__(self) -> None:
        self.taken: list[Outgoing] = []
        self.away = False
        self.holds: asyncio.Event | None = None
        self.waiting = 0

    async def publish(self, records: Sequence[Outgoing]) -> None:
        if self.holds is not None:
            self.waiting += 1
            await self.holds.wait()
        if self.away:
            raise ConnectionFailed("publish", "away")
        self.taken += records

    async def close(self) -> None:
        pass


def reporter(engine: Engine, topic: Topic | None = None) -> Reporter:
    return Reporter(engine, engine.specs, address="host:6066", publisher=topic)  # type: ignore[arg-type]


async def test_two_hundred_agents_with_sixteen_partitions_fit_and_all_is_told_in_some_rounds() -> None:
    engine = Engine(AGENTS)
    this, rounds = reporter(engine), list[Outgoing]()
    board = Board(Topology([], []))
    for _ in range(10):
        said = this._round()
        assert len(said) <= 1 + PIECES_PER_ROUND, "what a round costs is bounded"
        rounds += said
        board.hear(said)
    assert max(len(record.value) for record in rounds) < MAX_RECORD_BYTES / 4
    tables = (await board.tables()).tables
    assert len(tables) == AGENTS * PARTITIONS
    assert all(len(part.buckets) >= BUCKETS_PER_WINDOW for part in tables)
    answer = await board.streams()
    assert len(answer.streams) == AGENTS
    assert all(step.seconds.count == 40 for one in answer.streams for step in one.steps)
    own = Board(Topology([], []), this.words)
    assert len((await own.tables()).tables) == AGENTS * PARTITIONS, "asked itself, it tells all at once"


async def test_a_report_that_no_log_takes_still_says_that_the_worker_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine(2)
    board = Board(Topology([], []))
    monkeypatch.setattr("infra.log.ports.MAX_RECORD_BYTES", 2000)
    board.hear(reporter(engine)._round())
    answer = await board.streams()
    assert ([worker.id for worker in answer.workers or []], answer.streams) == (["me"], [])


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams.reporter, "INTERVAL", 0.01)


async def until(condition: Any) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.005)


async def test_while_the_broker_is_away_nothing_piles_up_and_then_the_newest_is_said(often: None) -> None:
    engine, topic = Engine(1), Topic()
    topic.holds = asyncio.Event()
    this = reporter(engine, topic)
    this.start()
    await asyncio.sleep(0.1)
    assert (topic.taken, topic.waiting) == ([], 1)
    topic.away = True
    topic.holds.set()
    await asyncio.sleep(0.05)
    topic.away = False
    await until(lambda: topic.taken)
    before = len(topic.taken)
    assert before <= 4, "one round at a time"
    await until(lambda: len(topic.taken) > before)
    await this.stop()
    assert topic.taken[-1].properties == {KIND: GOODBYE}
    assert {record.properties[KIND] for record in topic.taken[:-1]} == {STREAMS, TABLES}


async def test_a_worker_ends_although_its_goodbye_is_not_taken(often: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams.reporter, "GOODBYE_SECONDS", 0.05)
    topic = Topic()
    topic.holds = asyncio.Event()
    this = reporter(Engine(1), topic)
    this.start()
    await asyncio.sleep(0.02)
    async with asyncio.timeout(5):
        await this.stop()
    assert topic.taken == []


async def test_what_goes_wrong_in_a_round_stops_neither_it_nor_the_worker(often: None) -> None:
    engine, topic = Engine(1), Topic()
    failures = 0

    def reports() -> list[Any]:
        nonlocal failures
        failures += 1
        if failures < 3:
            raise RuntimeError("a mistake")
        return []

    engine.reports = reports  # type: ignore[method-assign]
    this = reporter(engine, topic)
    this.start()
    await until(lambda: topic.taken)
    await this.stop()
