"""Whether a session stands: asked rarely, known at once when it ends, and never an obstacle."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from gateway import standing
from gateway.metrics import UNCHECKED
from gateway.standing import KEPT_SECONDS, Standing
from infra.stores.ports import Session, Sessions
from schemas.errors import ConnectionFailed
from schemas.times import now_ms


class Store(Sessions):
    """Sessions that stand until they are revoked, in memory; ``away`` makes it fail, ``held`` makes it wait."""

    def __init__(self) -> None:
        self.revoked: set[str] = set()
        self.asked: Counter[str] = Counter()
        self.away = False
        self.held = asyncio.Event()
        self.held.set()

    async def get(self, session_id: str) -> Session | None:
        self.asked[session_id] += 1
        revoked = session_id in self.revoked
        await self.held.wait()
        if self.away:
            raise ConnectionFailed("sessions", "away")
        if session_id == "unknown":
            return None
        return Session(session_id, "user", "", "", 0, now_ms() + (-1 if session_id == "expired" else 60_000), revoked)


class Clock:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.mark.guarantee("G9")
async def test_the_store_is_asked_once_in_thirty_seconds() -> None:
    store, clock = Store(), Clock()
    sessions = Standing(store, clock)
    assert [await sessions.stands("s") for _ in range(5)] == [True] * 5
    store.revoked.add("s")
    clock.seconds = KEPT_SECONDS - 0.1
    assert await sessions.stands("s")
    assert store.asked["s"] == 1
    clock.seconds = KEPT_SECONDS
    assert not await sessions.stands("s")
    assert not await sessions.stands("s")
    assert store.asked["s"] == 2
    assert KEPT_SECONDS <= 30


async def test_unknown_and_expired_sessions_do_not_stand() -> None:
    sessions = Standing(Store())
    assert not await sessions.stands("unknown")
    assert not await sessions.stands("expired")


@pytest.mark.guarantee("G9")
async def test_a_session_that_ends_is_known_at_once() -> None:
    store = Store()
    sessions = Standing(store)
    assert await sessions.stands("s")
    sessions.ended("s")
    assert not await sessions.stands("s")
    sessions.ended("never asked for")
    assert not await sessions.stands("never asked for")
    assert store.asked == {"s": 1}


@pytest.mark.guarantee("G9")
async def test_what_was_read_before_the_end_does_not_undo_it() -> None:
    store = Store()
    sessions = Standing(store)
    store.held.clear()
    asking = asyncio.create_task(sessions.stands("s"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert store.asked["s"] == 1
    sessions.ended("s")
    store.held.set()
    assert not await asking
    assert not await sessions.stands("s")


async def test_many_that_ask_at_once_are_one_question() -> None:
    store = Store()
    sessions = Standing(store)
    assert all(await asyncio.gather(*(sessions.stands("s") for _ in range(100))))
    assert store.asked["s"] == 1


async def test_while_the_store_is_away_tokens_are_good_until_they_expire_and_that_is_counted() -> None:
    store, clock = Store(), Clock()
    sessions = Standing(store, clock)
    sessions.ended("ended")
    store.away = True
    before = UNCHECKED._value.get()
    assert await sessions.stands("s")
    assert await sessions.stands("s")
    assert UNCHECKED._value.get() == before + 1
    assert store.asked["s"] == 1
    assert not await sessions.stands("ended")
    clock.seconds = standing.AWAY_SECONDS
    store.away = False
    store.revoked.add("s")
    assert not await sessions.stands("s")


async def test_nobody_waits_long_for_a_store_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standing, "WAIT_SECONDS", 0.01)
    store = Store()
    sessions = Standing(store)
    store.revoked.add("s")
    store.held.clear()
    assert await sessions.stands("s")
    store.held.set()
    await asyncio.sleep(0.01)
    assert not await sessions.stands("s"), "the late answer counts"
    store.held.clear()
    assert await sessions.stands("other")
    await sessions.stop()


async def test_what_is_remembered_is_bounded() -> None:
    store = Store()
    sessions = Standing(store, sessions=10)
    for number in range(100):
        await sessions.stands(str(number))
    assert len(sessions._known) == 10
    await sessions.stands("99")
    await sessions.stands("0")
    assert (store.asked["99"], store.asked["0"]) == (1, 2)
