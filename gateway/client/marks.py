"""Marks that wait for their answer: sent again on every new connection until it comes."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import msgspec

from gateway.client.errors import ClientError, Refused, Unreachable
from gateway.client.waiting import Pace
from schemas.errors import Problem
from schemas.frames import Mark

WAITING = 100
"""How many marks may wait at once; more wait for their turn."""

PER_SECOND, BURST = 15, 30
"""Below the gateway's limits of 20 and 60, which pongs count against too."""

AGAIN = 1.0
"""Seconds until a mark is sent again that failed since a dependency is away."""

_PASSING = (429, 503)


@dataclass
class _Waiting:
    text: str
    answered: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Marks:
    """:meth:`ask` is called by the application, the rest by the connection."""

    def __init__(self) -> None:
        self._waiting: dict[str, _Waiting] = {}
        self._places = asyncio.Semaphore(WAITING)
        self._unsent: deque[str] = deque()
        self._wake = asyncio.Event()
        self._pace = Pace(PER_SECOND, BURST)

    async def ask(self, mark: Mark, timeout: float) -> None:
        """Send ``mark`` and wait for its answer, over as many connections as it takes.

        Raises Refused if it is not valid, Unreachable if there was no answer within ``timeout`` seconds.
        """
        try:
            async with asyncio.timeout(timeout), self._places:
                if mark.id in self._waiting:
                    raise ValueError(f"a mark with the id {mark.id!r} waits already")
                waiting = self._waiting[mark.id] = _Waiting(msgspec.json.encode(mark).decode())
                self._send(mark.id)
                try:
                    await waiting.answered
                finally:
                    del self._waiting[mark.id]
        except TimeoutError:
            raise Unreachable(f"the mark was not answered within {timeout:g} s; it may be done or not") from None

    def answer(self, id: str, problem: Problem | None = None) -> None:
        """``marked``, or ``error`` with ``problem``; one that may pass makes the mark be sent again."""
        waiting = self._waiting.get(id)
        if waiting is None or waiting.answered.done():
            return
        if problem is None:
            waiting.answered.set_result(None)
        elif problem.status in _PASSING:
            asyncio.get_running_loop().call_later(AGAIN, self._send, id)
        else:
            waiting.answered.set_exception(Refused(problem))

    def connected(self) -> None:
        """A new connection: what was not answered on the last one is sent again, in the order of asking."""
        self._unsent = deque(self._waiting)
        self._wake.set()

    async def pump(self, send: Callable[[str], Awaitable[None]]) -> None:
        """Send what there is to send, at the pace that the gateway takes, until cancelled."""
        while True:
            while self._unsent:
                await self._pace.wait()
                waiting = self._waiting.get(self._unsent.popleft()) if self._unsent else None
                if waiting is not None:
                    await send(waiting.text)
            self._wake.clear()
            await self._wake.wait()

    def end(self, error: ClientError) -> None:
        """There will be no further connection."""
        for waiting in self._waiting.values():
            if not waiting.answered.done():
                waiting.answered.set_exception(error)

    def _send(self, id: str) -> None:
        if id in self._waiting:
            self._unsent.append(id)
            self._wake.set()
