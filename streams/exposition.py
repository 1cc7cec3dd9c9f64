"""Measures by step and by table for Prometheus: made of the counters when it asks, so that events pay nothing."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Protocol

from prometheus_client import REGISTRY
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from streams.stats import AgentStats, Step, Tallied
from streams.tables import TableView


class Counted(Protocol):
    """An engine."""

    @property
    def stats(self) -> Sequence[AgentStats]: ...

    def table_views(self) -> Iterable[TableView]: ...


class Exposition(Collector):
    """Of the engines that run in this process, which outside of tests is one at most."""

    def __init__(self) -> None:
        self._engines: list[Counted] = []

    def add(self, engine: Counted) -> None:
        self._engines.append(engine)

    def remove(self, engine: Counted) -> None:
        if engine in self._engines:
            self._engines.remove(engine)

    def collect(self) -> Iterator[Metric]:
        agents: dict[str, AgentStats] = {}
        for engine in self._engines:
            agents.update({one.agent: one for one in engine.stats})
        yield from _steps(agents.values())
        yield from _tables(agents.values())
        yield from _sizes(view for engine in self._engines for view in engine.table_views())


def _steps(agents: Iterable[AgentStats]) -> Iterator[Metric]:
    events = CounterMetricFamily(
        "pavilion_step_events",
        "What came to a step, what passed on, what was given up there.",
        labels=("agent", "step", "result"),
    )
    seconds = HistogramMetricFamily(
        "pavilion_step_seconds",
        "What a step took for a batch, waits for dependencies included.",
        labels=("agent", "step"),
    )
    batches = HistogramMetricFamily("pavilion_batch_events", "Events of a batch.", labels=("agent",))
    for agent in agents:
        batches.add_metric((agent.agent,), _buckets(agent.batches), agent.batches.sum)
        for step in agent.steps.values():
            name = _name(step)
            for result, number in (("in", step.taken), ("out", step.out), ("failed", step.failed)):
                events.add_metric((agent.agent, name, result), number)
            seconds.add_metric((agent.agent, name), _buckets(step.tallied), step.tallied.sum)
    yield from (events, seconds, batches)


def _name(step: Step) -> str:
    """``decode``, ``write inbox``."""
    return f"{step.kind} {step.name}".strip()


def _buckets(tallied: Tallied) -> list[tuple[str, float]]:
    bounds = [*(f"{float(bound)}" for bound in tallied.bounds), "+Inf"]
    return list(zip(bounds, map(float, accumulate(tallied.counts)), strict=True))


def _tables(agents: Iterable[AgentStats]) -> Iterator[Metric]:
    hits = CounterMetricFamily("pavilion_table_hits", "Keys that a table had seen.", labels=("table",))
    misses = CounterMetricFamily("pavilion_table_misses", "Keys that were new to a table.", labels=("table",))
    late = CounterMetricFamily("pavilion_table_late", "Events that were older than the window.", labels=("table",))
    times = CounterMetricFamily(
        "pavilion_table_recoveries", "Partitions of a table that were read back from the log.", labels=("table",)
    )
    seconds = GaugeMetricFamily(
        "pavilion_table_recovery_seconds", "What the last such reading took.", labels=("table",)
    )
    for agent in agents:
        if agent.table is None:
            continue
        hits.add_metric((agent.table,), agent.hits)
        misses.add_metric((agent.table,), agent.misses)
        late.add_metric((agent.table,), agent.counts["late"])
        times.add_metric((agent.table,), agent.recoveries)
        if agent.recoveries:
            seconds.add_metric((agent.table,), agent.recovery_seconds)
    yield from (hits, misses, late, times, seconds)


def _sizes(views: Iterable[TableView]) -> Iterator[Metric]:
    """Of what this worker has in memory: standbys too."""
    families = [
        GaugeMetricFamily("pavilion_table_keys", "Keys in memory.", labels=("table",)),
        GaugeMetricFamily("pavilion_table_bytes", "What they take, about.", labels=("table",)),
        GaugeMetricFamily("pavilion_table_log_records", "Records that the table's log has.", labels=("table",)),
        GaugeMetricFamily("pavilion_table_log_bytes", "What they take.", labels=("table",)),
    ]
    sums: list[Tally[str]] = [Tally() for _ in families]
    for view in views:
        for tally, number in zip(sums, (view.keys, view.bytes, *view.log_size), strict=True):
            tally[view.table] += number
    for family, tally in zip(families, sums, strict=True):
        for table, number in sorted(tally.items()):
            family.add_metric((table,), number)
        yield family


EXPOSITION = Exposition()
REGISTRY.register(EXPOSITION)
