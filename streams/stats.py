"""What operators watch: Prometheus measures, and the counters behind ``/stats/streams``."""

from __future__ import annotations

from collections import Counter as Tally
from dataclasses import dataclass, field
from typing import Any

from prometheus_client import Counter, Gauge, Histogram

PROCESSING_SECONDS = Histogram(
    "pavilion_event_processing_seconds",
    "From the first publish of an event to its notification in history, inbox and fan-out.",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600),
)
DELIVERIES = Counter(
    "pavilion_deliveries",
    "Notifications by result: delivered, known (a redelivery or duplicate), history-only, suppressed.",
    ["result"],
)
LAG_MESSAGES = Gauge("pavilion_consumer_lag_messages", "What an agent has not committed.", ["agent", "topic"])
LAG_SECONDS = Gauge("pavilion_consumer_lag_seconds", "Age of the oldest record not committed.", ["agent", "topic"])
DEAD_LETTERS = Counter("pavilion_dead_letters", "Records that could not be processed.", ["reason"])
DEAD_LETTER_BACKLOG = Gauge("pavilion_dead_letter_backlog", "Dead letters that no operator has acknowledged.")
RETRIES = Counter("pavilion_retries", "Events that failed and were sent round to be tried again.", ["agent"])
RETRY_QUEUE_DEPTH = Gauge("pavilion_retry_queue_depth", "Events on the retry topic that wait to be tried again.")
EVENTS = Counter("pavilion_events", "Records by agent and what became of them.", ["agent", "result"])
SUPPRESSED = Counter("pavilion_suppressed", "Recipients who were not told, by reason.", ["agent", "reason"])
OWNED = Gauge("pavilion_partitions_owned", "Partitions this worker owns.", ["agent"])
PAUSED = Gauge("pavilion_partitions_paused", "Partitions waiting for a dependency.", ["agent"])
DEPENDENCY_STATE = Gauge(
    "pavilion_dependency_state", "Its circuit breaker: 0 closed, 1 half-open, 2 open.", ["dependency"]
)
DEPENDENCY_TRANSITIONS = Counter(
    "pavilion_dependency_transitions", "Changes of a circuit breaker, by the state it came to.", ["dependency", "state"]
)


@dataclass
class AgentStats:
    """Counts of one agent in this process since its start."""

    agent: str
    counts: Tally[str] = field(default_factory=Tally)
    suppressed: Tally[str] = field(default_factory=Tally)
    emitted: Tally[str] = field(default_factory=Tally)

    def count(self, result: str, number: int = 1) -> None:
        if number:
            self.counts[result] += number
            EVENTS.labels(self.agent, result).inc(number)

    def retry(self, number: int) -> None:
        self.count("retried", number)
        RETRIES.labels(self.agent).inc(number)

    def suppress(self, reason: str) -> None:
        self.suppressed[reason] += 1
        SUPPRESSED.labels(self.agent, reason).inc()
        DELIVERIES.labels("suppressed").inc()

    def snapshot(self) -> dict[str, Any]:
        return {
            "agent": self.agent,
            "in": self.counts["in"],
            "batches": self.counts["batches"],
            "duplicates": self.counts["duplicate"],
            "late": self.counts["late"],
            "retried": self.counts["retried"],
            "dead_lettered": self.counts["dead-letter"],
            "suppressed": dict(self.suppressed),
            "out": dict(self.emitted),
        }
