"""What the composition gives to the gateway."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

from prometheus_client import generate_latest

from infra.log.ports import LogClient
from infra.stores.ports import History, Inbox, People, Sessions
from schemas.records import DeadLetter
from schemas.settings import Settings

Snapshot = Callable[[], Awaitable[Any]]
"""Answers the JSON-able body of a ``/stats`` route."""


class DeadLetters(Protocol):
    """The dead letters that operators have not cleared yet, oldest first."""

    async def list(self, limit: int, after: str | None) -> list[DeadLetter]:
        """Up to ``limit`` letters after the one with the id ``after`` (None for the start)."""

    async def get(self, id: str) -> DeadLetter | None: ...


@dataclass(frozen=True, slots=True)
class Services:
    """Everything is open when the app starts, and closed by the composition after it has stopped.

    ``settings.service_key`` must be set; without ``settings.operator_key`` there are no operators. ``topology``,
    ``tables`` and ``streams`` are given when the engine runs in the same process; a lone gateway says that it does not.
    """

    settings: Settings
    inbox: Inbox
    history: History
    people: People
    sessions: Sessions
    log: LogClient
    dead_letters: DeadLetters | None = None
    topology: Snapshot | None = None
    tables: Snapshot | None = None
    streams: Snapshot | None = None
    metrics: Callable[[], bytes] = generate_latest
