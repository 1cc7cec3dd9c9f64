"""What the composition gives to the gateway."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from infra.log.ports import LogClient
from infra.stores.erasure import Erasure
from infra.stores.ports import Audit, History, Inbox, People, PreferencesStore, Replay, Sessions
from infra.stores.rates import MemoryRates, Rates
from infra.stores.sockets import MemorySockets, OpenSockets
from infra.tracing import OFF, Tracing
from schemas.backfill import BackfillReport, BackfillRequest
from schemas.dead_letters import LetterFilter, ReplayReport, ReplayRequest
from schemas.explain import Explanation
from schemas.records import DeadLetter
from schemas.settings import Settings
from schemas.times import now_ms

Snapshot = Callable[[], Awaitable[Any]]
"""Answers the body of a ``/stats`` route: a struct of :mod:`schemas.stats`."""


class DeadLetters(Protocol):
    """The dead letters that are retained, oldest first."""

    async def list(self, limit: int, after: str | None, filters: LetterFilter) -> Sequence[DeadLetter]:
        """Up to ``limit`` letters after the one with the id ``after`` (None for the start)."""

    async def get(self, id: str) -> DeadLetter | None: ...

    async def replays(self, ids: Sequence[str]) -> Mapping[str, Replay]:
        """The last replay of each that was ever replayed."""

    async def audit(self, before: tuple[int, str] | None, limit: int) -> Sequence[Replay]:
        """Replays before a time and letter id (None: from the newest), newest first."""

    async def replay(self, request: ReplayRequest, *, by: str) -> ReplayReport: ...


class Backfills(Protocol):
    """Events of the past, for their agents once more."""

    async def replay(self, request: BackfillRequest, *, limit: int, seconds: float) -> BackfillReport: ...


class Explains(Protocol):
    """Why users were told of events, or were not."""

    async def explain(
        self, event_id: str | None, user_id: str | None, *, since_ms: int | None = None
    ) -> Explanation: ...


@dataclass(frozen=True, slots=True)
class Services:
    """Everything is open when the app starts, and closed by the composition after it has stopped.

    ``settings.service_key`` must be set; without ``settings.operator_key`` there are no operators. ``topology``,
    ``tables`` and ``streams`` tell of the group of workers; a gateway that has none of it says so.
    """

    settings: Settings
    inbox: Inbox
    history: History
    people: People
    sessions: Sessions
    audit: Audit
    preferences: PreferencesStore
    log: LogClient
    rates: Rates = field(default_factory=MemoryRates)
    sockets: OpenSockets = field(default_factory=MemorySockets)
    dead_letters: DeadLetters | None = None
    backfill: Backfills | None = None
    explainer: Explains | None = None
    erasure: Erasure | None = None
    topology: Snapshot | None = None
    tables: Snapshot | None = None
    streams: Snapshot | None = None
    tracing: Tracing = OFF
    clock: Callable[[], int] = now_ms
    """The wall clock in ms, by which quiet hours are."""
