"""Rate limits and open sockets, in one process and on Redis."""

from __future__ import annotations

import asyncio
import os
import signal
import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from infra.local import Redis
from infra.stores.quick_redis import PAUSE, POOL, QuickRedis
from infra.stores.rates import MemoryRates, Rates
from infra.stores.redis_client import close_redis, connect_redis
from infra.stores.redis_rates import RedisRates
from infra.stores.redis_sockets import RedisSockets
from infra.stores.sockets import HELD_SECONDS, Held, MemorySockets, OpenSockets
from schemas.durations import Rate
from schemas.errors import ConnectionFailed
from schemas.settings import RedisSettings

USER = "0d3a0000-0000-4000-8000-000000000001"


class Seconds:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now

    def milliseconds(self) -> float:
        return self.now * 1000


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest_asyncio.fixture
async def quick(redis_server: Redis) -> AsyncIterator[QuickRedis]:
    client = QuickRedis(RedisSettings(url=redis_server.url))
    yield client
    await client.close()


@pytest.fixture(params=["memory", "redis"])
def rates(request: pytest.FixtureRequest, seconds: Seconds) -> Rates:
    if request.param == "memory":
        return MemoryRates(clock=seconds.milliseconds)
    prefix = f"rate-{uuid.uuid4().hex}"
    return RedisRates(request.getfixturevalue("quick"), prefix=prefix, clock=seconds.milliseconds)


@pytest.fixture(params=["memory", "redis"])
def sockets(request: pytest.FixtureRequest, seconds: Seconds) -> OpenSockets:
    if request.param == "memory":
        return MemorySockets(seconds)
    return RedisSockets(request.getfixturevalue("quick"), prefix=f"sockets-{uuid.uuid4().hex}", clock=seconds)


class TestRates:
    rate = Rate(6, timedelta(minutes=1))

    async def admitted(self, rates: Rates, count: int, key: str = "a") -> int:
        return sum([(await rates.take(key, self.rate)).admitted for _ in range(count)])

    async def test_so_many_at_once_and_then_evenly(self, rates: Rates, seconds: Seconds) -> None:
        assert await self.admitted(rates, 20) == 6
        for wait, more in ((9.9, 0), (0.2, 1), (10.0, 1), (30.0, 3), (600.0, 6)):
            seconds.now += wait
            assert await self.admitted(rates, 20) == more

    async def test_in_any_window_after_the_first_no_more_pass(self, rates: Rates, seconds: Seconds) -> None:
        await self.admitted(rates, 20)
        passed = 0
        for _ in range(600):
            seconds.now += 0.5
            passed += await self.admitted(rates, 1)
        assert passed == 30  # five minutes

    async def test_what_is_told(self, rates: Rates, seconds: Seconds) -> None:
        first = await rates.take("a", self.rate)
        assert (first.admitted, first.remaining, first.reset, first.retry) == (True, 5, pytest.approx(10), 0)
        for _ in range(5):
            last = await rates.take("a", self.rate)
        assert (last.admitted, last.remaining) == (True, 0)
        assert (last.reset, last.retry) == (pytest.approx(60), pytest.approx(10))
        seconds.now += 4
        refused = await rates.take("a", self.rate)
        assert (refused.admitted, refused.remaining) == (False, 0)
        assert (refused.reset, refused.retry) == (pytest.approx(56), pytest.approx(6))
        # When the time to retry has come, it passes.
        seconds.now += refused.retry
        assert (await rates.take("a", self.rate)).admitted

    async def test_keys_and_rates_are_apart(self, rates: Rates) -> None:
        assert await self.admitted(rates, 10) == 6
        assert await self.admitted(rates, 10, key="b") == 6
        assert (await rates.take("a", Rate(7, timedelta(minutes=1)))).remaining == 6

    async def test_a_rate_that_does_not_divide_its_window_gives_all_of_it(self, rates: Rates) -> None:
        odd = Rate(7, timedelta(seconds=1))
        assert [(await rates.take("a", odd)).remaining for _ in range(7)] == [6, 5, 4, 3, 2, 1, 0]
        assert not (await rates.take("a", odd)).admitted

    async def test_side_by_side_no_more_pass(self, rates: Rates) -> None:
        taken = await asyncio.gather(*(rates.take("a", self.rate) for _ in range(50)))
        assert sum(one.admitted for one in taken) == 6


async def test_memory_rates_hold_so_many_keys_and_forget_the_quiet_ones(seconds: Seconds) -> None:
    rates = MemoryRates(keys=3, clock=seconds.milliseconds)
    once = Rate(1, timedelta(minutes=1))
    assert (await rates.take("loud", once)).admitted
    for number in range(10):
        await rates.take(f"{number}", once)
        assert len(rates) <= 3
    assert (await rates.take("loud", once)).admitted  # it was forgotten, which errs on the side of passing
    assert not (await rates.take("9", once)).admitted


async def test_gateways_share_rates_on_the_servers_clock(redis_server: Redis) -> None:
    prefix, rate = f"rate-{uuid.uuid4().hex}", Rate(4, timedelta(minutes=1))
    one, two = (QuickRedis(RedisSettings(url=redis_server.url)) for _ in range(2))
    taken = [await RedisRates(client, prefix=prefix).take("a", rate) for client in (one, two) * 4]
    assert [standing.admitted for standing in taken] == [True] * 4 + [False] * 4
    await one.close()
    await two.close()


async def test_the_servers_clock_goes_on(quick: QuickRedis) -> None:
    rates, rate = RedisRates(quick, prefix=f"rate-{uuid.uuid4().hex}"), Rate(4, timedelta(seconds=2))
    taken = [await rates.take("a", rate) for _ in range(5)]
    assert [standing.admitted for standing in taken[:4]] == [True] * 4
    await asyncio.sleep(taken[-1].retry + 0.01)
    assert (await rates.take("a", rate)).admitted


async def test_a_redis_that_is_frozen_is_waited_for_by_a_few(
    redis_server: Redis, quick: QuickRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    rates, rate, sent = RedisRates(quick, prefix=f"rate-{uuid.uuid4().hex}"), Rate(100, timedelta(minutes=1)), 0
    await rates.take("a", rate)
    send = quick._send

    async def counted(*arguments: Any) -> Any:
        nonlocal sent
        sent += 1
        return await send(*arguments)

    monkeypatch.setattr(quick, "_send", counted)
    os.kill(redis_server.pid, signal.SIGSTOP)
    try:
        found = await asyncio.gather(*(rates.take("a", rate) for _ in range(200)), return_exceptions=True)
    finally:
        os.kill(redis_server.pid, signal.SIGCONT)
    assert {type(one) for one in found} == {ConnectionFailed}
    assert sent == POOL


async def test_scripts_that_a_restarted_server_has_forgotten_are_loaded_again(
    redis_server: Redis, quick: QuickRedis
) -> None:
    async def forget() -> None:
        client = await connect_redis(RedisSettings(url=redis_server.url))
        await client.script_flush()
        await close_redis(client)

    sockets = RedisSockets(quick, prefix=f"sockets-{uuid.uuid4().hex}")
    await forget()
    assert (await sockets.enter(USER, "one", 1)).replaced == []
    await forget()
    await sockets.keep([Held(USER, "one", 1), Held("another", "two", 1)])
    assert (await sockets.enter("another", "three", 1)).replaced == ["two"]


async def test_redis_away_fails_fast_and_comes_back(redis_server: Redis) -> None:
    client, rate = QuickRedis(RedisSettings(url=redis_server.url)), Rate(100, timedelta(minutes=1))
    rates, key = RedisRates(client, prefix=f"rate-{uuid.uuid4().hex}"), "a"
    assert (await rates.take(key, rate)).admitted
    redis_server.kill()
    try:
        found = await asyncio.gather(*(rates.take(key, rate) for _ in range(200)), return_exceptions=True)
        assert {type(one) for one in found} == {ConnectionFailed}
    finally:
        redis_server.start()
    await asyncio.sleep(PAUSE)
    assert (await rates.take(key, rate)).admitted
    await client.close()


class TestOpenSockets:
    async def test_the_oldest_gives_way(self, sockets: OpenSockets, seconds: Seconds) -> None:
        for name in ("one", "two", "three"):
            assert (await sockets.enter(USER, name, 3)).replaced == []
            seconds.now += 1
        assert (await sockets.enter(USER, "four", 3)).replaced == ["one"]
        seconds.now += 1
        assert (await sockets.enter(USER, "five", 3)).replaced == ["two"]
        # A lower limit, after a change of the settings, lets go of as many as it takes.
        assert (await sockets.enter(USER, "six", 1)).replaced == ["three", "four", "five"]
        assert (await sockets.enter("another", "one", 1)).replaced == []

    async def test_the_new_one_stays_also_in_the_same_millisecond(self, sockets: OpenSockets) -> None:
        assert (await sockets.enter(USER, "z", 1)).replaced == []
        assert (await sockets.enter(USER, "a", 1)).replaced == ["z"]

    async def test_what_left_is_not_counted(self, sockets: OpenSockets) -> None:
        await sockets.enter(USER, "one", 2)
        await sockets.enter(USER, "two", 2)
        await sockets.leave(USER, "two")
        await sockets.leave(USER, "never there")
        assert (await sockets.enter(USER, "three", 2)).replaced == []

    async def test_what_a_crashed_gateway_held_expires(self, sockets: OpenSockets, seconds: Seconds) -> None:
        crashed = await sockets.enter(USER, "crashed", 2)
        kept = await sockets.enter(USER, "kept", 2)
        seconds.now += HELD_SECONDS - 1
        await sockets.keep([Held(USER, "kept", kept.since_ms)])
        seconds.now += 2
        assert crashed.since_ms <= kept.since_ms
        assert (await sockets.enter(USER, "new", 2)).replaced == []
        assert (await sockets.enter(USER, "newer", 2)).replaced == ["kept"]

    async def test_what_was_forgotten_is_held_again_with_its_age(self, sockets: OpenSockets, seconds: Seconds) -> None:
        old = await sockets.enter(USER, "old", 2)
        await sockets.leave(USER, "old")
        seconds.now += 5
        await sockets.enter(USER, "younger", 2)
        await sockets.keep([Held(USER, "old", old.since_ms), Held("another", "x", old.since_ms)])
        assert (await sockets.enter(USER, "new", 2)).replaced == ["old"]
