"""What operators watch: Prometheus measures, and the counters behind ``/stats/streams``.

Counting must cost next to nothing for an event, so nothing here is called for each: a batch is counted at once, and a
step once for each batch. What one event's latency is, is asked of a few of a batch. Measures by step and table are
made of the counters when Prometheus asks (:mod:`streams.exposition`).
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter as Tally
from collections import deque
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from prometheus_client import Counter, Gauge, Histogram

from infra.log.ports import Record
from schemas.records import SUPPRESSION_REASONS
from schemas.reports import AgentReport, SourceReport, StepReport
from schemas.sketch import Sketch, merged
from schemas.stats import Rates
from streams.plan import AgentSpec

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
PARTITIONS = Gauge("pavilion_partitions", "Partitions of an agent's topics, whoever owns them.", ["agent"])
OWNED = Gauge("pavilion_partitions_owned", "Partitions this worker owns.", ["agent"])
PAUSED = Gauge("pavilion_partitions_paused", "Partitions waiting for a dependency.", ["agent"])
DEPENDENCY_STATE = Gauge(
    "pavilion_dependency_state", "Its circuit breaker: 0 closed, 1 half-open, 2 open.", ["dependency"]
)
DEPENDENCY_TRANSITIONS = Counter(
    "pavilion_dependency_transitions", "Changes of a circuit breaker, by the state it came to.", ["dependency", "state"]
)
OWNERSHIP_LOST = Counter(
    "pavilion_ownership_lost", "Partitions whose ownership ended against this worker's will.", ["agent", "reason"]
)
REDELIVERIES = Counter("pavilion_redeliveries", "Records that came again to the worker that had them.", ["agent"])

RESULTS = ("in", "batches", "duplicate", "late", "retried", "dead-letter")
LOSSES = ("connection", "fenced", "redelivered", "stuck", "unpublished", "other", "failed")
LETTERS = ("InvalidEventType", "InvalidNotification", "LateEvent")
"""The errors that are an event's own; any other may end in a letter as well."""

RATE_SECONDS = 10.0
RECENT_SECONDS = 30.0
LATENCIES_PER_BATCH = 8
STEP_BOUNDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60)
BATCH_BOUNDS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


class Recent:
    """The values of the last 30 to 60 seconds: of this half minute, and of the one before."""

    __slots__ = ("_before", "_now")

    def __init__(self) -> None:
        self._now, self._before = Sketch(), Sketch()

    def add(self, value: float, weight: int = 1) -> None:
        self._now.add(value, weight)

    def turn(self) -> None:
        """Call once in :data:`RECENT_SECONDS`."""
        self._now, self._before = Sketch(), self._now

    def sketch(self) -> Sketch:
        return merged((self._before, self._now))


class Tallied:
    """A histogram since the start, as Prometheus shows one: ``counts`` by bound, and one more for what is above."""

    __slots__ = ("bounds", "counts", "sum")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def add(self, value: float) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.sum += value


class Step:
    """One step of one agent in this process."""

    __slots__ = ("failed", "kind", "name", "out", "recent", "taken", "tallied")

    def __init__(self, kind: str, name: str) -> None:
        self.kind, self.name = kind, name
        self.taken = self.out = self.failed = 0
        self.recent = Recent()
        self.tallied = Tallied(STEP_BOUNDS)

    def passed(self, taken: int, out: int, seconds: float, failed: int = 0) -> None:
        """A batch is through: ``taken`` came, ``out`` go on, ``failed`` were given up, in ``seconds``."""
        self.taken += taken
        self.out += out
        self.failed += failed
        self.recent.add(seconds)
        self.tallied.add(seconds)

    def report(self) -> StepReport:
        return StepReport(
            kind=self.kind,
            name=self.name,
            taken=self.taken,
            out=self.out,
            failed=self.failed,
            seconds=self.recent.sketch(),
        )


def begin_at_zero(agent: str) -> None:
    """Show the counters of an agent before there is anything to count: Prometheus sees a first event only as a rise."""
    for result in RESULTS:
        EVENTS.labels(agent, result)
    for reason in SUPPRESSION_REASONS:
        SUPPRESSED.labels(agent, reason)
    for loss in LOSSES:
        OWNERSHIP_LOST.labels(agent, loss)
    for error in LETTERS:
        DEAD_LETTERS.labels(error)
    for result in ("delivered", "known", "history-only", "suppressed"):
        DELIVERIES.labels(result)
    for measure in (RETRIES, REDELIVERIES, OWNED, PAUSED):
        measure.labels(agent)


class Lag(NamedTuple):
    """What all partitions of a topic have that was not committed, as it was at ``measured_ms``."""

    messages: int
    seconds: float
    measured_ms: int


class _Sample(NamedTuple):
    at: float
    sources: Mapping[str, int]
    out: Mapping[str, int]
    failed: int


class AgentStats:
    """What one agent did in this process since its start. ``now`` is seconds of a monotonic clock, here and below."""

    def __init__(self, spec: AgentSpec, now: float) -> None:
        self.agent = spec.name
        self.table = spec.tables[0].name if spec.tables else None
        self.counts: Tally[str] = Tally()
        self.suppressed: Tally[str] = Tally()
        self.emitted: Tally[str] = Tally()
        self.letters: Tally[str] = Tally()
        self.hits = self.misses = 0
        self.recoveries = 0
        self.recovery_seconds = 0.0
        self.lag: dict[str, Lag] = {}
        self.latency = Recent()
        self.batch_events = Recent()
        self.batches = Tallied(BATCH_BOUNDS)
        planned = spec.planned.plan.steps if spec.planned else ()
        self.steps = {place: Step(*place) for place in planned}
        self._topics = spec.topics
        self._sources = dict.fromkeys(spec.lanes, 0)
        self._highest: dict[tuple[str, int], int] = {}
        self._samples = deque([self._sample(now)])
        self._turned = now
        begin_at_zero(spec.name)

    # -- counting

    def count(self, result: str, number: int = 1) -> None:
        if number:
            self.counts[result] += number
            EVENTS.labels(self.agent, result).inc(number)

    def take(self, topic: str, partition: int, records: Sequence[Record]) -> None:
        """A batch came, in order of offset. Those that this process had before are told apart."""
        number, highest = len(records), self._highest.get((topic, partition), -1)
        self.count("batches")
        self.count("in", number)
        self._sources[topic] = self._sources.get(topic, 0) + number
        self.batch_events.add(number)
        self.batches.add(number)
        if records[0].offset <= highest:
            REDELIVERIES.labels(self.agent).inc(sum(record.offset <= highest for record in records))
        if records[-1].offset > highest:
            self._highest[topic, partition] = records[-1].offset

    def admitted(self, hits: int, misses: int, late: int) -> None:
        """What a batch's events were to the table."""
        self.hits += hits
        self.misses += misses
        self.count("duplicate", hits)
        self.count("late", late)

    def done(self, published: Sequence[int], now_ms: int) -> None:
        """The effects of events with these times of publish are done; a few of them stand for all."""
        if not published:
            return
        number = len(published)
        asked = min(number, LATENCIES_PER_BATCH)
        for part in range(asked):
            start, end = part * number // asked, (part + 1) * number // asked
            self.latency.add(max(0, now_ms - published[(start + end) // 2]) / 1000, end - start)

    def emit(self, topic: str, number: int) -> None:
        self.emitted[topic] += number

    def retry(self, number: int) -> None:
        self.count("retried", number)
        RETRIES.labels(self.agent).inc(number)

    def dead_letter(self, reasons: Mapping[str, int]) -> None:
        self.count("dead-letter", sum(reasons.values()))
        for reason, number in reasons.items():
            self.letters[reason] += number
            DEAD_LETTERS.labels(reason).inc(number)

    def suppress(self, reason: str, number: int = 1) -> None:
        self.suppressed[reason] += number
        SUPPRESSED.labels(self.agent, reason).inc(number)
        DELIVERIES.labels("suppressed").inc(number)

    def recovered(self, seconds: float) -> None:
        """A partition's table was read from its log."""
        self.recoveries += 1
        self.recovery_seconds = seconds

    # -- telling

    def tick(self, now: float) -> None:
        """Call every few seconds: rates and quantiles forget what is old."""
        self._samples.append(self._sample(now))
        while len(self._samples) > 2 and self._samples[1].at <= now - RATE_SECONDS:
            self._samples.popleft()
        if now - self._turned >= RECENT_SECONDS:
            self._turned = now
            for recent in (self.latency, self.batch_events, *(step.recent for step in self.steps.values())):
                recent.turn()

    def _sample(self, now: float) -> _Sample:
        failed = self.counts["retried"] + self.counts["dead-letter"]
        return _Sample(now, dict(self._sources), dict(self.emitted), failed)

    def report(self, now: float, partitions: Sequence[int], waiting_for: Sequence[str]) -> AgentReport:
        before, current = self._samples[0], self._sample(now)
        seconds = max(now - before.at, 1.0)

        def rate(number: int) -> float:
            return round(number / seconds, 3)

        sources = []
        for topic, taken in current.sources.items():
            lag = self.lag.get(topic)
            sources.append(
                SourceReport(
                    topic=topic,
                    taken=taken,
                    rate=rate(taken - before.sources.get(topic, 0)),
                    lag_messages=lag.messages if lag else None,
                    lag_seconds=lag.seconds if lag else None,
                    measured_ms=lag.measured_ms if lag else 0,
                )
            )
        return AgentReport(
            agent=self.agent,
            taken=self.counts["in"],
            batches=self.counts["batches"],
            duplicates=self.counts["duplicate"],
            late=self.counts["late"],
            retried=self.counts["retried"],
            dead_lettered=self.counts["dead-letter"],
            dead_letters=dict(self.letters),
            suppressed=dict(self.suppressed),
            out=dict(self.emitted),
            topics=list(self._topics),
            partitions=list(partitions),
            state="waiting" if waiting_for else "running",
            waiting_for=list(waiting_for),
            rates=Rates(
                taken=round(sum(source.rate for source in sources), 3),
                out={topic: rate(number - before.out.get(topic, 0)) for topic, number in current.out.items()},
                failed=rate(current.failed - before.failed),
            ),
            steps=[step.report() for step in self.steps.values()],
            sources=sources,
            latency=self.latency.sketch(),
            batch_events=self.batch_events.sketch(),
        )
