"""A circuit breaker per dependency, one for all agents of a process.

*closed*: calls go through. After five failures in a row, or one overload, it is *open*: calls wait instead of being
made. After a pause with full jitter the first in line makes its call, the *probe* (half-open), and the others go on
waiting. Its success closes the breaker and all go on at once; its failure opens it again, for longer, up to 10 s. That
goes on for as long as the dependency is away: a call ends when it was made, or when its partition is given up.

Behind the log's breaker are what agents publish, and the first step of taking a partition. Only ConnectionFailed
counts: what is a record's own fault, or permanent, says nothing about the dependency.
"""

from __future__ import annotations

import asyncio
import dataclasses
import inspect
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Literal, TypeVar, cast

import structlog

from infra.log.ports import Outgoing, Publisher
from infra.stores.open import Stores
from schemas.errors import ConnectionFailed, Dependency
from schemas.times import format_ms
from streams.failures import LONGEST_DELAY, Sleep, backoff, describe, tell_waiting
from streams.stats import DEPENDENCY_STATE, DEPENDENCY_TRANSITIONS

logger = structlog.get_logger()
T = TypeVar("T")

State = Literal["closed", "half-open", "open"]
STATES: tuple[State, ...] = ("closed", "half-open", "open")

FAILURES = 5
RELAPSE_MS = int(LONGEST_DELAY * 1000)
"""A breaker that opens again so soon goes on with the pauses it had come to."""


class Breaker:
    """``clock`` is the wall clock in ms; ``sleep`` takes seconds, and is what pauses are made of."""

    def __init__(self, name: Dependency, *, clock: Callable[[], int], sleep: Sleep) -> None:
        self.name = name
        self.state: State = "closed"
        self.failures = 0
        self.last_error: str | None = None
        self._clock = clock
        self._sleep = sleep
        self._since_ms = clock()
        self._openings = 0
        self._pause = 0.0
        # Whoever has the turn is the probe; the lock serves those who wait in the order they came, and passes on when
        # the probe is done, failed or cancelled.
        self._turn = asyncio.Lock()
        self._generation = 0
        DEPENDENCY_STATE.labels(name).set(STATES.index(self.state))
        for state in STATES:
            DEPENDENCY_TRANSITIONS.labels(name, state)

    @property
    def closed(self) -> bool:
        return self.state == "closed"

    async def call(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """The result of ``attempt``, which is made at once, or when the dependency may be asked again; its errors."""
        if not self.closed:
            tell_waiting(self.last_error or self.name)
            async with self._turn:
                if not self.closed:
                    return await self._probe(attempt)
        return await self._observed(attempt)

    async def _probe(self, attempt: Callable[[], Awaitable[T]]) -> T:
        await self._sleep(self._remaining())
        self._become("half-open")
        try:
            return await self._observed(attempt)
        finally:
            if self.state == "half-open":  # cancelled, or an error that says nothing: the next in line asks, at once
                self._pause = 0.0
                self._become("open")

    def _remaining(self) -> float:
        """Seconds of the pause that are left; a clock that was set back does not prolong it."""
        return min(self._pause, max(0.0, self._pause - (self._clock() - self._since_ms) / 1000))

    async def _observed(self, attempt: Callable[[], Awaitable[T]]) -> T:
        generation = self._generation
        try:
            result = await attempt()
        except ConnectionFailed as error:
            if generation == self._generation:
                if error.dependency in (None, self.name):
                    self._failed(error)
                else:  # an inbox is rebuilt from history: what failed is behind the one that answered
                    self._passed()
            raise
        if generation == self._generation:  # else the call began before the state changed, and says nothing about now
            self._passed()
        return result

    def _passed(self) -> None:
        self.failures = 0
        if self.state == "half-open":
            self._become("closed")

    def _failed(self, error: ConnectionFailed) -> None:
        self.failures += 1
        self.last_error = describe(error)
        if self.closed and self.failures < FAILURES and not error.overload:
            return
        relapsed = self.state == "half-open" or self._clock() - self._since_ms < RELAPSE_MS
        self._openings = self._openings + 1 if relapsed else 1
        self._pause = backoff(self._openings)
        self._become("open")

    def _become(self, state: State) -> None:
        self.state = state
        self._since_ms = self._clock()
        self._generation += 1
        DEPENDENCY_STATE.labels(self.name).set(STATES.index(state))
        DEPENDENCY_TRANSITIONS.labels(self.name, state).inc()
        if state == "open":
            logger.warning("calls wait", dependency=self.name, cause=self.last_error, seconds=round(self._pause, 3))
        elif state == "closed":
            logger.info("calls go on", dependency=self.name)

    def snapshot(self) -> dict[str, Any]:
        """``failures`` are those in a row; ``next_attempt`` is None unless it is open, and may lie in the past."""
        next_ms = self._since_ms + int(self._pause * 1000)
        return {
            "name": self.name,
            "state": self.state,
            "since": format_ms(self._since_ms),
            "failures": self.failures,
            "last_error": self.last_error,
            "next_attempt": format_ms(next_ms) if self.state == "open" else None,
        }


class Breakers:
    """The breakers of a process, and the stores and publishers behind them."""

    def __init__(self, names: Iterable[Dependency], *, clock: Callable[[], int], sleep: Sleep) -> None:
        self._breakers = {name: Breaker(name, clock=clock, sleep=sleep) for name in sorted(set(names))}

    def __getitem__(self, name: Dependency) -> Breaker:
        return self._breakers[name]

    def snapshot(self) -> list[dict[str, Any]]:
        return [breaker.snapshot() for breaker in self._breakers.values()]

    def paces(self, error: Exception) -> bool:
        """Whether the next call meets a breaker that is not closed, which makes it wait by itself."""
        name = error.dependency if isinstance(error, ConnectionFailed) else None
        return name in self._breakers and not self._breakers[name].closed

    def stores(self, stores: Stores) -> Stores:
        """The same stores; what agents ask of them goes through the breaker of what they are kept in."""
        return dataclasses.replace(
            stores,
            inbox=self._guarded(stores.inbox),
            history=self._guarded(stores.history),
            people=self._guarded(stores.people),
            preferences=self._guarded(stores.preferences),
        )

    def _guarded(self, store: Any) -> Any:
        return _Guarded(store, self._breakers[store.dependency])

    def publisher(self, publisher: Publisher, dependency: Dependency) -> Publisher:
        return _GuardedPublisher(publisher, self._breakers[dependency])


class _Guarded:
    """A store whose every call goes through a breaker."""

    def __init__(self, store: Any, breaker: Breaker) -> None:
        self._store = store
        self._breaker = breaker

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)
        if not inspect.iscoroutinefunction(method):
            return method

        async def call(*arguments: Any, **named: Any) -> Any:
            return await self._breaker.call(lambda: cast(Awaitable[Any], method(*arguments, **named)))

        return call


class _GuardedPublisher:
    def __init__(self, publisher: Publisher, breaker: Breaker) -> None:
        self._publisher = publisher
        self._breaker = breaker

    async def publish(self, records: Sequence[Outgoing]) -> None:
        await self._breaker.call(lambda: self._publisher.publish(records))

    async def close(self) -> None:
        await self._publisher.close()
