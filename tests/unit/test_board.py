"""The board of a group: who is on it, for how long, and what its silence means."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
import pytest

import infra.statistics.board as board_module
from infra.log.ports import Outgoing, Record
from infra.statistics.board import MEMBERS, SILENCE_SECONDS, Board
from infra.statistics.follow import following
from schemas.errors import ConnectionFailed
from schemas.reports import (
    GOODBYE,
    KIND,
    PIECE,
    PIECES,
    STREAMS,
    TABLES,
    AgentReport,
    SourceReport,
    StepReport,
    TablesReport,
    Topology,
    WorkerReport,
)
from schemas.sketch import Sketch
from schemas.stats import AgentShape, DependencyStats, Rates, Step, TableLog, TablePart

DECLARED = Topology([AgentShape("video", ["video-events"], [Step("decode", "")], [], "video-log", None)], [])


def agent(taken: int, partitions: list[int], lag: int, measured_ms: int, latency: float) -> AgentReport:
    sketch = Sketch()
    sketch.add(latency, taken)
    return AgentReport(
        agent="video",
        taken=taken,
        batches=1,
        duplicates=1,
        late=2,
        retried=3,
        dead_lettered=4,
        dead_letters={"InvalidEventType": 4},
        suppressed={"own-action": 5},
        out={"notifications": taken},
        topics=["video-events"],
        partitions=partitions,
        state="running",
        waiting_for=[],
        rates=Rates(1.5, {"notifications": 2.5}, 0.5),
        steps=[StepReport(kind="decode", name="", taken=taken, out=taken - 4, failed=4, seconds=sketch)],
        sources=[
            SourceReport(
                topic="video-events", taken=taken, rate=1.5, lag_messages=lag, lag_seconds=0.5, measured_ms=measured_ms
            )
        ],
        latency=sketch,
        batch_events=sketch,
    )


def report(name: str, **changes: Any) -> WorkerReport:
    values: dict[str, Any] = {
        "id": name,
        "version": "1",
        "host": "h",
        "address": "h:6066",
        "started": "2026-11-24T10:00:00.000Z",
        "topology": DECLARED,
        "streams": [],
        "dependencies": [],
        "group": {"id": name},
        "rss_bytes": 1,
        "cpu_seconds": 0.5,
    }
    return WorkerReport(**{**values, **changes})


def word(name: str, **changes: Any) -> Outgoing:
    return Outgoing(name, msgspec.json.encode(report(name, **changes)), {KIND: STREAMS})


def part(partition: int, **changes: Any) -> TablePart:
    values: dict[str, Any] = {"table": "seen", "agent": "video", "partition": partition, "window_seconds": 1.0}
    values |= {"late_policy": "accept", "state": "running", "keys": 1, "bytes": 1, "hits": 0, "misses": 1, "late": 0}
    values |= {"stream_time": None, "buckets": [], "recovery": None, "log": TableLog("video-log")}
    return TablePart(**{**values, **changes})


def piece(name: str, number: int, of: int, *parts: TablePart) -> Outgoing:
    body = msgspec.json.encode(TablesReport(tables=list(parts)))
    return Outgoing(name, body, {KIND: TABLES, PIECE: str(number), PIECES: str(of)})


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def board(clock: Clock) -> Board:
    return Board(DECLARED, monotonic=clock, clock=lambda: int(clock.now * 1000))


async def names(board: Board) -> list[str]:
    return [worker["id"] for worker in msgspec.to_builtins(await board.streams())["workers"]]


async def test_counts_are_sums_and_what_all_measure_is_the_newest_measure(board: Board) -> None:
    board.hear(
        [
            word("a", streams=[agent(10, [0, 2], lag=7, measured_ms=5, latency=0.1)], retry_depth=3, measured_ms=5),
            word("b", streams=[agent(30, [1], lag=9, measured_ms=6, latency=1.0)], retry_depth=4, measured_ms=6),
        ]
    )
    answer = msgspec.to_builtins(await board.streams())
    [video] = answer["streams"]
    assert (video["in"], video["batches"], video["late"], video["partitions"]) == (40, 2, 4, [0, 1, 2])
    assert (video["dead_letters"], video["suppressed"]) == ({"InvalidEventType": 8}, {"own-action": 10})
    assert video["out"] == {"notifications": 40}
    assert video["rates"] == {"in": 3.0, "out": {"notifications": 5.0}, "failed": 1.0}
    [source] = video["sources"]
    assert (source["in"], source["rate"], source["lag_messages"]) == (40, 3.0, 9), "all workers measure the same lag"
    [step] = video["steps"]
    assert (step["in"], step["out"], step["failed"]) == (40, 32, 8)
    assert video["latency"]["count"] == 40
    assert video["latency"]["p50"] == pytest.approx(1.0, rel=0.1)
    assert answer["retry_depth"] == 4
    assert [worker["partitions"] for worker in answer["workers"]] == [{"video": [0, 2]}, {"video": [1]}]


async def test_a_dependency_is_as_bad_as_the_worst_worker_finds_it(board: Board) -> None:
    def seen(state: str) -> list[DependencyStats]:
        return [DependencyStats("redis", state, "2026-11-24T10:00:00.000Z", 0, None, None)]

    board.hear([word("a", dependencies=seen("closed")), word("b", dependencies=seen("open"))])
    [redis] = msgspec.to_builtins(await board.streams())["dependencies"]
    assert (redis["state"], redis["workers"]) == ("open", ["b"])


async def test_a_silent_worker_is_taken_off_after_eight_seconds(board: Board, clock: Clock) -> None:
    board.hear([word("a"), word("b")])
    clock.now += SILENCE_SECONDS - 0.1
    board.hear([word("b")])
    board.expire()
    assert await names(board) == ["a", "b"]
    clock.now += 0.2
    board.expire()
    assert await names(board) == ["b"]


async def test_one_that_says_goodbye_is_off_at_once(board: Board) -> None:
    board.hear([word("a"), word("b"), Outgoing("a", b"{}", {KIND: GOODBYE})])
    assert await names(board) == ["b"]


async def test_while_the_broker_is_away_nobody_is_dead_and_the_answer_says_so(board: Board, clock: Clock) -> None:
    board.hear([word("a")])
    board.unreachable("no route")
    since = clock.now
    clock.now += 1000
    board.expire()
    for answer in (await board.streams(), await board.tables(), await board.topology()):
        told = msgspec.to_builtins(answer)
        assert told["stale"] == board_module.format_ms(int(since * 1000))
        assert "no route" in told["note"]
    assert await names(board) == ["a"]
    board.reachable()
    board.expire()
    assert await names(board) == ["a"], "it has its time to say something"
    clock.now += SILENCE_SECONDS + 0.1
    board.expire()
    assert await names(board) == []
    assert "stale" not in msgspec.to_builtins(await board.streams())


async def test_the_worker_of_this_process_is_there_without_a_broker(clock: Clock) -> None:
    taken = 0

    def own() -> list[Outgoing]:
        return [word("me", cpu_seconds=float(taken))]

    board = Board(DECLARED, own, monotonic=clock)
    board.unreachable("no route")
    clock.now += 100
    taken = 7
    board.hear([word("me", cpu_seconds=1.0)])  # its own word, on the way round
    [me] = (await board.streams()).workers or []
    assert me.cpu_seconds == 7


async def test_pieces_of_tables_are_put_together_and_old_ones_go(board: Board) -> None:
    board.hear(
        [
            word("a"),
            piece("a", 0, 2, part(0), part(1)),
            piece("a", 1, 2, part(2)),
            word("b"),
            piece("b", 0, 1, part(0, state="standby")),
        ]
    )
    told = msgspec.to_builtins(await board.tables())["tables"]
    assert [(one["partition"], one["worker"], one["state"]) for one in told] == [
        (0, "a", "running"),
        (0, "b", "standby"),
        (1, "a", "running"),
        (2, "a", "running"),
    ]
    board.hear([piece("a", 0, 1, part(0, keys=9))])
    told = msgspec.to_builtins(await board.tables())["tables"]
    assert [(one["partition"], one["worker"], one["keys"]) for one in told] == [(0, "a", 9), (0, "b", 1)]


async def test_who_cannot_be_read_spoils_nothing(board: Board) -> None:
    board.hear([word("a"), Outgoing("b", b"not json", {KIND: STREAMS}), Outgoing("c", b"{}", {KIND: "of tomorrow"})])
    assert await names(board) == ["a"]


async def test_memory_is_bounded_and_the_answer_says_who_is_missing(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    board.hear([word(f"w{number}") for number in range(MEMBERS + 5)])
    assert len(await names(board)) == MEMBERS
    assert "5 more workers" in msgspec.to_builtins(await board.streams())["note"]
    monkeypatch.setattr(board_module, "BYTES", 1000)
    small = Board(DECLARED)
    small.hear([word(f"w{number}") for number in range(50)])
    assert 0 < len(await names(small)) < 10


async def test_nobody_is_not_an_error(board: Board) -> None:
    answer = msgspec.to_builtins(await board.topology())
    assert answer["agents"] == msgspec.to_builtins(DECLARED.agents)
    assert "no worker" in answer["note"]
    assert msgspec.to_builtins(await board.streams())["streams"] == []


# -- who tells silence of workers from silence of the broker


class FakeReader:
    def __init__(self, log: "FakeLog") -> None:
        self._log = log

    async def read(self, max_events: int = 1000) -> list[Record]:
        return [await self._log.words.get()]

    def connected(self) -> bool:
        return self._log.connected

    async def close(self) -> None:
        pass


class FakeLog:
    """``answers`` is whether it opens readers, ``connected`` what those that are open believe."""

    def __init__(self) -> None:
        self.words: asyncio.Queue[Record] = asyncio.Queue()
        self.answers = self.connected = True

    async def reader(self, topic: str, partition: int) -> FakeReader:
        if not self.answers:
            raise ConnectionFailed("open reader", "no answer")
        return FakeReader(self)

    def say(self, name: str) -> None:
        told = word(name)
        self.words.put_nowait(Record("stats", 0, 1, told.key, told.value, told.properties, 0))


@pytest.fixture
async def followed(board: Board, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakeLog]:
    monkeypatch.setattr("infra.statistics.follow.LOOK_SECONDS", 0.01)
    log = FakeLog()
    async with following(log, "stats", board):  # type: ignore[arg-type]
        yield log


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(5):
        while not await condition():
            await asyncio.sleep(0.01)


async def test_the_last_worker_that_dies_leaves_while_the_broker_answers(
    followed: FakeLog, board: Board, clock: Clock
) -> None:
    followed.say("a")
    await until(lambda: names(board))
    clock.now += SILENCE_SECONDS + 0.1
    await until(lambda: _is_empty(board))


@pytest.mark.parametrize("what", ["answers", "connected"])
async def test_when_all_are_silent_since_the_broker_is_away_nobody_leaves(
    followed: FakeLog, board: Board, clock: Clock, what: str
) -> None:
    """A broker that is frozen keeps its connections: it is asked before anyone is declared dead."""
    followed.say("a")
    await until(lambda: names(board))
    setattr(followed, what, False)
    clock.now += SILENCE_SECONDS - 0.1
    await until(lambda: _is_stale(board))
    clock.now += 1000
    await asyncio.sleep(0.1)
    assert await names(board) == ["a"]
    setattr(followed, what, True)
    await until(lambda: _is_fresh(board))
    assert await names(board) == ["a"]


async def _is_empty(board: Board) -> bool:
    return await names(board) == []


async def _is_stale(board: Board) -> bool:
    return "stale" in msgspec.to_builtins(await board.streams())


async def _is_fresh(board: Board) -> bool:
    return not await _is_stale(board)
