"""What ``/stats`` answers. A process without an engine shows itself instead, with a note that says so."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType

from schemas.notifications import Timestamp


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
    """One partition of a window table; counts are of this process since it has that partition."""

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


class AgentStats(Struct, frozen=True, rename={"taken": "in"}):
    """What an agent has done in this process since its start; ``waiting_for`` are the dependencies that are away."""

    agent: str
    taken: int
    batches: int
    duplicates: int
    late: int
    retried: int
    dead_lettered: int
    suppressed: dict[str, int]
    out: dict[str, int]
    topics: list[str]
    partitions: list[int]
    state: Literal["running", "waiting"]
    waiting_for: list[str]


class DependencyStats(Struct, frozen=True):
    """A circuit breaker; ``failures`` are those in a row."""

    name: str
    state: str
    since: Timestamp
    failures: int
    last_error: str | None
    next_attempt: Timestamp | None


class GatewayStats(Struct, frozen=True):
    users: int
    connections: int
    ready: bool


class _Process(Struct, frozen=True, kw_only=True):
    gateway: GatewayStats | UnsetType = UNSET
    note: str | UnsetType = UNSET


class TopologyStats(_Process, frozen=True, kw_only=True):
    """The declared agents as a graph; an edge leads from one ``topic:``, ``agent:`` or ``store:`` to another."""

    agents: list[AgentShape] | UnsetType = UNSET
    edges: list[tuple[str, str]] | UnsetType = UNSET
    topology: list[AgentShape] | UnsetType = UNSET


class TablesStats(_Process, frozen=True, kw_only=True):
    tables: list[TablePart]


class StreamsStats(_Process, frozen=True, kw_only=True):
    """``group`` is this worker and the members that it sees."""

    streams: list[AgentStats]
    dependencies: list[DependencyStats] | UnsetType = UNSET
    group: dict[str, Any] | UnsetType = UNSET
