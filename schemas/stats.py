"""What ``/stats`` answers: the whole group of workers, from the last word of each. Any gateway or worker answers.

What workers say of themselves on the statistics topic is in :mod:`schemas.reports`.
"""

from __future__ import annotations

from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType

from schemas.notifications import Timestamp
from schemas.sketch import Quantiles


class Step(Struct, frozen=True):
    kind: str
    name: str


class AgentShape(Struct, frozen=True):
    """A declared agent; ``retry`` is the topic through which its events come back, null without retries."""

    name: str
    topics: list[str]
    steps: list[Step]
    tables: list[str]
    log: str
    retry: str | None


class Bucket(Struct, frozen=True, rename={"start": "from", "end": "to"}):
    start: Timestamp
    end: Timestamp
    keys: int


class Recovery(Struct, frozen=True):
    """How a table was read back from its log."""

    seconds: float
    records: int
    keys: int
    keys_per_second: int
    warm: bool
    done: bool


class TableLog(Struct, frozen=True):
    topic: str
    records: int | UnsetType = UNSET
    bytes: int | UnsetType = UNSET


class TablePart(Struct, frozen=True):
    """One partition of a window table; counts are of its worker since that has the partition."""

    table: str
    agent: str
    partition: int
    window_seconds: float
    late_policy: str
    state: Literal["running", "recovering", "standby"]
    keys: int
    bytes: int
    hits: int
    misses: int
    late: int
    stream_time: Timestamp | None
    buckets: list[Bucket]
    recovery: Recovery | None
    log: TableLog
    worker: str | UnsetType = UNSET


class Rates(Struct, frozen=True, rename={"taken": "in"}):
    """Per second, over the last 10 s: events taken, what was emitted by topic, and events that failed."""

    taken: float
    out: dict[str, float]
    failed: float


class StepCounts(Struct, frozen=True, kw_only=True, rename={"taken": "in"}):
    """What came to a step (decode to notify: events; write and emit: outcomes), what passed on, what was given up.

    What a step drops (duplicates, late ones) is neither ``out`` nor ``failed``.
    """

    kind: str
    name: str
    taken: int
    out: int
    failed: int


class StepStats(StepCounts, frozen=True, kw_only=True, rename={"taken": "in"}):
    """``seconds`` are those of a whole batch, waits for dependencies included."""

    seconds: Quantiles


class SourceStats(Struct, frozen=True, kw_only=True, rename={"taken": "in"}):
    """A topic that an agent reads. Lag is of all its partitions, whoever owns them; null until first measured."""

    topic: str
    taken: int
    rate: float
    lag_messages: int | None
    lag_seconds: float | None


class AgentCounts(Struct, frozen=True, kw_only=True, rename={"taken": "in"}):
    """What an agent has done since its workers' starts; ``waiting_for`` are the dependencies that are away."""

    agent: str
    taken: int
    batches: int
    duplicates: int
    late: int
    retried: int
    dead_lettered: int
    dead_letters: dict[str, int]
    suppressed: dict[str, int]
    out: dict[str, int]
    topics: list[str]
    partitions: list[int]
    state: Literal["running", "waiting"]
    waiting_for: list[str]
    rates: Rates


class AgentStats(AgentCounts, frozen=True, kw_only=True, rename={"taken": "in"}):
    """``dead_letters`` are by reason; ``latency`` is from an event's first publish until its effects were done."""

    steps: list[StepStats]
    sources: list[SourceStats]
    latency: Quantiles
    batch_events: Quantiles


class DependencyStats(Struct, frozen=True):
    """A circuit breaker; ``failures`` are those in a row.

    Over several workers it is the one in the worst state, and ``workers`` are those that see it so.
    """

    name: str
    state: str
    since: Timestamp
    failures: int
    last_error: str | None
    next_attempt: Timestamp | None
    workers: list[str] | UnsetType = UNSET


class WorkerStats(Struct, frozen=True, kw_only=True):
    """One worker; ``seen`` is when its last word came, ``address`` where it listens, ``partitions`` are by agent."""

    id: str
    version: str
    host: str
    address: str
    started: Timestamp
    seen: Timestamp
    partitions: dict[str, list[int]]
    streams: list[AgentStats]
    dependencies: list[DependencyStats]
    rss_bytes: int
    cpu_seconds: float


class GatewayStats(Struct, frozen=True):
    users: int
    connections: int
    ready: bool


class _Answer(Struct, frozen=True, kw_only=True):
    """``gateway`` is the one that answers; ``stale`` says since when no statistics can come, and ``note`` why."""

    at: Timestamp | UnsetType = UNSET
    stale: Timestamp | UnsetType = UNSET
    gateway: GatewayStats | UnsetType = UNSET
    note: str | UnsetType = UNSET


class TopologyStats(_Answer, frozen=True, kw_only=True):
    """The declared agents as a graph; an edge leads from one ``topic:``, ``agent:`` or ``store:`` to another."""

    agents: list[AgentShape] | UnsetType = UNSET
    edges: list[tuple[str, str]] | UnsetType = UNSET
    topology: list[AgentShape] | UnsetType = UNSET


class TablesStats(_Answer, frozen=True, kw_only=True):
    tables: list[TablePart]


class StreamsStats(_Answer, frozen=True, kw_only=True):
    """``streams`` are sums over ``workers``; ``group`` is the member that the answer is from, and whom it sees.

    ``retry_depth`` and ``dead_letter_backlog`` are null until they were first measured.
    """

    streams: list[AgentStats]
    dependencies: list[DependencyStats] | UnsetType = UNSET
    workers: list[WorkerStats] | UnsetType = UNSET
    retry_depth: int | None = None
    dead_letter_backlog: int | None = None
    group: dict[str, Any] | UnsetType = UNSET
