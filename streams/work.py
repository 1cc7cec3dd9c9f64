"""A batch on its way through the stages of a plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from infra.log.ports import Record
from schemas.records import SuppressionReason
from streams.aside import Failed
from streams.plan import Effect
from streams.stats import Step
from streams.tracing import BatchTrace


@dataclass
class Item:
    """One record of a batch that decoded; ``effects`` and ``suppressed`` follow from what was known at ``as_of_ms``."""

    record: Record
    value: Any
    published_ms: int
    mark: tuple[bytes, int] | None = None
    effects: list[Effect] = field(default_factory=list)
    suppressed: list[SuppressionReason] = field(default_factory=list)
    as_of_ms: int = 0


@dataclass
class Work:
    """A batch between its stages. ``failed`` waits to be written to the retry topic, or as dead letters."""

    records: Sequence[Record]
    trace: BatchTrace
    items: list[Item] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)
    stream_ms: int = 0
    """Stream time when the batch had been admitted: later batches may have moved it on when this one commits.

    0 for what came back, which moves it no further, and must not log how far batches of others have.
    """


class Passed(NamedTuple):
    """What an attempt at a step came to; it counts once the whole attempt at the effects has passed."""

    step: Step
    taken: int
    out: int
    seconds: float
