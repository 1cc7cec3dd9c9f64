"""What a worker says of itself on the statistics topic, every two seconds. The key of a record is the worker's id.

The property ``kind`` says what a record is: ``streams`` (a :class:`WorkerReport`), ``tables`` (a :class:`TablesReport`,
the piece ``piece`` of ``pieces``, so that no record grows with the number of partitions), or ``goodbye`` (nothing:
the worker ends). Readers ignore kinds and fields that they do not know.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct, field

from schemas.notifications import Timestamp
from schemas.sketch import Sketch
from schemas.stats import AgentCounts, AgentShape, DependencyStats, StepCounts, TablePart

KIND, PIECE, PIECES = "kind", "piece", "pieces"
STREAMS, TABLES, GOODBYE = "streams", "tables", "goodbye"


class StepReport(StepCounts, frozen=True, kw_only=True, rename={"taken": "in"}):
    seconds: Sketch


class SourceReport(Struct, frozen=True, kw_only=True, rename={"taken": "in"}):
    """``measured_ms`` is when the lag was: of several workers the newest counts."""

    topic: str
    taken: int
    rate: float
    lag_messages: int | None = None
    lag_seconds: float | None = None
    measured_ms: int = 0


class AgentReport(AgentCounts, frozen=True, kw_only=True, rename={"taken": "in"}):
    steps: list[StepReport]
    sources: list[SourceReport]
    latency: Sketch
    batch_events: Sketch


class Topology(Struct, frozen=True):
    agents: list[AgentShape]
    edges: list[tuple[str, str]]


class WorkerReport(Struct, frozen=True, kw_only=True):
    """``retry_depth`` and ``dead_letter_backlog`` are of the whole group, measured at ``measured_ms``."""

    id: str
    version: str
    host: str
    address: str
    started: Timestamp
    topology: Topology
    streams: list[AgentReport]
    dependencies: list[DependencyStats]
    group: dict[str, Any]
    rss_bytes: int
    cpu_seconds: float
    retry_depth: int | None = None
    dead_letter_backlog: int | None = None
    measured_ms: int = 0


class TablesReport(Struct, frozen=True, kw_only=True):
    tables: list[TablePart] = field(default_factory=list)
