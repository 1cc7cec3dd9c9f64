"""The circuit breaker of one dependency: who is let through, when, and what it shows."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from prometheus_client import REGISTRY

from infra.log.ports import OwnershipLost
from schemas.errors import ConnectionFailed, Dependency, InvalidNotification, NotificationError
from streams.breakers import FAILURES, Breaker, Breakers
from streams.failures import LONGEST_DELAY, LONGEST_PACED_DELAY, until_it_passes

pytestmark = pytest.mark.guarantee("G7")

AWAY = ConnectionFailed("call", "refused", dependency="redis")
OVERLOADED = ConnectionFailed("call", "OOM", dependency="redis", overload=True)
BEHIND = ConnectionFailed("call", "no host", dependency="scylla")


class Time:
    """A clock that moves when someone sleeps, and only as far as that."""

    def __init__(self) -> None:
        self.now = 1_000_000
        self.pauses: list[float] = []

    def clock(self) -> int:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        await asyncio.sleep(0)
        self.now += round(seconds * 1000)


class Server:
    """Counts who asks; fails with ``error`` while there is one, and answers when ``gate`` is open."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.asked = 0
        self.at_once = 0
        self.most_at_once = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def ask(self) -> str:
        self.asked += 1
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        try:
            await self.gate.wait()
            if self.error is not None:
                raise self.error
            return "answer"
        finally:
            self.at_once -= 1


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def breaker(time: Time) -> Breaker:
    return Breaker("redis", clock=time.clock, sleep=time.sleep)


@pytest.fixture
def server() -> Server:
    return Server()


async def fail(breaker: Breaker, error: Exception, times: int = 1) -> None:
    async def attempt() -> None:
        raise error

    for _ in range(times):
        with pytest.raises(type(error)):
            await breaker.call(attempt)


async def spin(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0)


async def test_it_opens_after_failures_in_a_row_and_not_before(breaker: Breaker, server: Server) -> None:
    await fail(breaker, AWAY, FAILURES - 1)
    assert await breaker.call(server.ask) == "answer"
    await fail(breaker, AWAY, FAILURES - 1)
    assert breaker.state == "closed"
    await fail(breaker, AWAY)
    assert breaker.state == "open"


async def test_one_overload_opens_it(breaker: Breaker) -> None:
    await fail(breaker, OVERLOADED)
    assert breaker.state == "open"
    assert breaker.last_error == "redis is overloaded: call: OOM"


@pytest.mark.parametrize(
    "error",
    [
        InvalidNotification("append", "too long"),
        NotificationError("append", "WRONGTYPE"),
        OwnershipLost("fenced"),
        BEHIND,
        ValueError("a mistake"),
    ],
)
async def test_what_is_not_its_fault_never_opens_it(breaker: Breaker, error: Exception) -> None:
    await fail(breaker, error, FAILURES * 4)
    assert (breaker.state, breaker.failures) == ("closed", 0)


async def test_a_failure_that_names_nobody_counts(breaker: Breaker) -> None:
    await fail(breaker, ConnectionFailed("call", "refused"), FAILURES)
    assert breaker.state == "open"


async def test_one_probes_the_others_wait_and_all_go_on_when_it_answers(breaker: Breaker, server: Server) -> None:
    await fail(breaker, AWAY, FAILURES)
    server.gate.clear()
    calls = [asyncio.create_task(breaker.call(server.ask)) for _ in range(50)]
    await spin(lambda: server.asked == 1)
    for _ in range(100):
        await asyncio.sleep(0)
    assert (server.asked, breaker.state) == (1, "half-open")
    server.gate.set()
    await spin(lambda: breaker.state == "closed")
    server.gate.clear()
    await spin(lambda: server.at_once == 49)  # not one behind the other
    server.gate.set()
    assert await asyncio.gather(*calls) == ["answer"] * 50


async def test_while_it_is_away_calls_wait_without_end_and_one_at_a_time_asks(
    breaker: Breaker, server: Server, time: Time
) -> None:
    server.error = AWAY
    tasks = [asyncio.create_task(forever(breaker, server, time)) for _ in range(20)]
    await spin(lambda: len(time.pauses) > 500)
    server.most_at_once = 0
    asked = server.asked
    await spin(lambda: server.asked > asked + 50)
    assert server.most_at_once == 1
    assert max(time.pauses) <= LONGEST_DELAY
    assert max(time.pauses) > LONGEST_DELAY / 2, "the pauses have grown"
    server.error = None
    assert await asyncio.gather(*tasks) == ["answer"] * 20
    assert breaker.snapshot()["failures"] == 0


def forever(breaker: Breaker, server: Server, time: Time) -> Awaitable[str]:
    return until_it_passes(
        lambda: breaker.call(server.ask), what="writes", on_wait=lambda reason: None, sleep=time.sleep
    )


async def test_a_probe_that_fails_makes_the_pauses_longer_up_to_a_cap(
    breaker: Breaker, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("random.uniform", lambda low, high: high)
    await fail(breaker, AWAY, FAILURES)
    await fail(breaker, AWAY, 10)
    assert time.pauses == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10, 10, 10, 10]


async def test_who_falls_back_goes_on_with_the_pause_it_had(
    breaker: Breaker, time: Time, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("random.uniform", lambda low, high: high)
    time.now += 60_000
    await fail(breaker, OVERLOADED, 3)
    await breaker.call(server.ask)
    await fail(breaker, OVERLOADED)
    await breaker.call(server.ask)
    time.now += 60_000
    await fail(breaker, OVERLOADED)
    await breaker.call(server.ask)
    assert time.pauses == [0.2, 0.4, 0.8, 1.6, 0.2]


async def test_a_pause_that_is_over_is_not_waited_for_again(breaker: Breaker, time: Time, server: Server) -> None:
    await fail(breaker, AWAY, FAILURES)
    time.now += 60_000
    await breaker.call(server.ask)
    assert time.pauses == [0.0]
    await fail(breaker, AWAY, FAILURES)
    time.now -= 3_600_000
    await breaker.call(server.ask)
    assert time.pauses[-1] <= LONGEST_DELAY, "the clock was set back"


async def test_a_probe_that_is_cancelled_hands_its_turn_on(breaker: Breaker, server: Server) -> None:
    await fail(breaker, AWAY, FAILURES)
    server.gate.clear()
    first, second = (asyncio.create_task(breaker.call(server.ask)) for _ in range(2))
    await spin(lambda: server.asked == 1)
    first.cancel()
    await spin(lambda: server.asked == 2)
    server.gate.set()
    assert await second == "answer"
    assert breaker.state == "closed"


async def test_a_probe_that_was_refused_for_its_own_fault_hands_its_turn_on(breaker: Breaker, server: Server) -> None:
    await fail(breaker, AWAY, FAILURES)
    await fail(breaker, InvalidNotification("append", "too long"))
    assert breaker.state == "open"
    assert await breaker.call(server.ask) == "answer"
    assert breaker.state == "closed"


async def test_a_probe_that_fails_behind_it_closes_it(breaker: Breaker) -> None:
    """Redis said that the inbox is cold, and history is away: Redis did answer."""
    await fail(breaker, AWAY, FAILURES)
    await fail(breaker, BEHIND)
    assert breaker.state == "closed"


@pytest.mark.parametrize("late_error", [None, AWAY])
async def test_what_began_before_it_opened_says_nothing_of_now(
    breaker: Breaker, server: Server, late_error: Exception | None
) -> None:
    """It may have been answered before the outage: only the probe decides."""
    before = Server()
    before.gate.clear()
    before.error = late_error
    late = [asyncio.create_task(breaker.call(before.ask)) for _ in range(2)]
    await spin(lambda: before.asked == 2)
    await fail(breaker, AWAY, FAILURES)
    server.gate.clear()
    probe = asyncio.create_task(breaker.call(server.ask))
    await spin(lambda: server.asked == 1)
    before.gate.set()
    await asyncio.wait(late)
    assert (breaker.state, breaker.failures) == ("half-open", FAILURES)
    for one in late:
        assert one.exception() is late_error
    server.gate.set()
    assert await probe == "answer"
    assert breaker.state == "closed"


async def test_a_task_that_waits_says_for_what_and_says_when_it_is_over(breaker: Breaker, server: Server) -> None:
    await fail(breaker, AWAY, FAILURES)
    server.gate.clear()
    told: list[str | None] = []
    task = asyncio.ensure_future(
        until_it_passes(lambda: breaker.call(server.ask), what="delivery writes", on_wait=told.append)
    )
    await spin(lambda: bool(told))
    assert told == ["delivery writes: redis is away: call: refused"]
    server.gate.set()
    await task
    assert told[1:] == [None]


def breakers(time: Time, *names: Dependency) -> Breakers:
    return Breakers(names, clock=time.clock, sleep=time.sleep)


async def test_a_call_that_will_wait_by_itself_is_made_soon(time: Time, server: Server) -> None:
    """Whoever sleeps between attempts must not miss for long that the breaker closed."""
    group = breakers(time, "redis")
    server.error = AWAY
    task = asyncio.ensure_future(
        until_it_passes(
            lambda: group["redis"].call(server.ask),
            what="writes",
            on_wait=lambda reason: None,
            paced=group.paces,
            sleep=time.sleep,
        )
    )
    await spin(lambda: server.asked > 100)
    own, of_breaker = time.pauses[-20::2], time.pauses[-19::2]
    assert min(max(own), max(of_breaker)) <= LONGEST_PACED_DELAY < max(*own, *of_breaker)
    server.error = None
    await task


def measure(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


async def test_what_it_shows(time: Time, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("random.uniform", lambda low, high: high)
    group = breakers(time, "scylla", "redis", "redis")
    opened = measure("pavilion_dependency_transitions_total", dependency="redis", state="open")
    await fail(group["redis"], AWAY, FAILURES)
    redis, scylla = group.snapshot()
    assert redis == {
        "name": "redis",
        "state": "open",
        "since": "1970-01-01T00:16:40.000Z",
        "failures": FAILURES,
        "last_error": "redis is away: call: refused",
        "next_attempt": "1970-01-01T00:16:40.200Z",
    }
    assert scylla == {
        "name": "scylla",
        "state": "closed",
        "since": "1970-01-01T00:16:40.000Z",
        "failures": 0,
        "last_error": None,
        "next_attempt": None,
    }
    assert measure("pavilion_dependency_state", dependency="redis") == 2
    assert measure("pavilion_dependency_transitions_total", dependency="redis", state="open") == opened + 1
    await group["redis"].call(server.ask)
    assert measure("pavilion_dependency_state", dependency="redis") == 0
    closed: dict[str, Any] = group.snapshot()[0]
    assert (closed["state"], closed["failures"], closed["next_attempt"]) == ("closed", 0, None)
    assert closed["last_error"] == "redis is away: call: refused", "the last one stays to be read"
