"""From what every worker says of itself to what the group does."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from schemas.reports import AgentReport, SourceReport, StepReport, Topology, WorkerReport
from schemas.sketch import merged
from schemas.stats import AgentStats, DependencyStats, Rates, SourceStats, StepStats, TablePart, WorkerStats
from schemas.times import format_ms

WORST_FIRST = ("open", "half-open", "closed")


class Heard(NamedTuple):
    """The last word of a worker, and when it came."""

    report: WorkerReport
    seen_ms: int


def workers_of(heard: Iterable[Heard]) -> list[WorkerStats]:
    return [
        WorkerStats(
            id=report.id,
            version=report.version,
            host=report.host,
            address=report.address,
            started=report.started,
            seen=format_ms(seen_ms),
            partitions={one.agent: one.partitions for one in report.streams},
            streams=agents_of([report.streams]),
            dependencies=report.dependencies,
            rss_bytes=report.rss_bytes,
            cpu_seconds=report.cpu_seconds,
        )
        for report, seen_ms in heard
    ]


def agents_of(reports: Iterable[Sequence[AgentReport]]) -> list[AgentStats]:
    """Sums by agent, in the order in which the agents are first named."""
    by_agent: dict[str, list[AgentReport]] = {}
    for report in reports:
        for one in report:
            by_agent.setdefault(one.agent, []).append(one)
    return [_agent(said) for said in by_agent.values()]


def _agent(said: list[AgentReport]) -> AgentStats:
    waiting = sorted({reason for one in said for reason in one.waiting_for})
    return AgentStats(
        agent=said[0].agent,
        taken=sum(one.taken for one in said),
        batches=sum(one.batches for one in said),
        duplicates=sum(one.duplicates for one in said),
        late=sum(one.late for one in said),
        retried=sum(one.retried for one in said),
        dead_lettered=sum(one.dead_lettered for one in said),
        dead_letters=_sum(one.dead_letters for one in said),
        suppressed=_sum(one.suppressed for one in said),
        out=_sum(one.out for one in said),
        topics=list(dict.fromkeys(topic for one in said for topic in one.topics)),
        partitions=sorted({partition for one in said for partition in one.partitions}),
        state="waiting" if waiting else "running",
        waiting_for=waiting,
        rates=Rates(
            taken=_round(one.rates.taken for one in said),
            out=_rates(one.rates.out for one in said),
            failed=_round(one.rates.failed for one in said),
        ),
        steps=_steps([step for one in said for step in one.steps]),
        sources=_sources([source for one in said for source in one.sources]),
        latency=merged(one.latency for one in said).quantiles(),
        batch_events=merged(one.batch_events for one in said).quantiles(),
    )


def _steps(said: list[StepReport]) -> list[StepStats]:
    by_step: dict[tuple[str, str], list[StepReport]] = {}
    for step in said:
        by_step.setdefault((step.kind, step.name), []).append(step)
    return [
        StepStats(
            kind=kind,
            name=name,
            taken=sum(one.taken for one in steps),
            out=sum(one.out for one in steps),
            failed=sum(one.failed for one in steps),
            seconds=merged(one.seconds for one in steps).quantiles(),
        )
        for (kind, name), steps in by_step.items()
    ]


def _sources(said: list[SourceReport]) -> list[SourceStats]:
    """Each worker measures the lag of all partitions, so the newest measure is it, and no sum."""
    by_topic: dict[str, list[SourceReport]] = {}
    for source in said:
        by_topic.setdefault(source.topic, []).append(source)
    found = []
    for topic, sources in by_topic.items():
        newest = max(sources, key=lambda one: one.measured_ms)
        found.append(
            SourceStats(
                topic=topic,
                taken=sum(one.taken for one in sources),
                rate=_round(one.rate for one in sources),
                lag_messages=newest.lag_messages,
                lag_seconds=newest.lag_seconds,
            )
        )
    return found


def dependencies_of(reports: Iterable[WorkerReport]) -> list[DependencyStats]:
    by_name: dict[str, list[tuple[str, DependencyStats]]] = {}
    for report in reports:
        for one in report.dependencies:
            by_name.setdefault(one.name, []).append((report.id, one))
    found = []
    for said in by_name.values():
        worst = min((one for _, one in said), key=lambda one: (_rank(one.state), one.since))
        found.append(replace(worst, workers=[worker for worker, one in said if one.state == worst.state]))
    return sorted(found, key=lambda one: one.name)


def _rank(state: str) -> int:
    """A state that this release does not know is no better than the worst."""
    return WORST_FIRST.index(state) if state in WORST_FIRST else 0


def topology_of(reports: Iterable[WorkerReport]) -> Topology:
    """What any worker runs; where releases differ, the newest process says what an agent is."""
    agents, edges = {}, set()
    for report in sorted(reports, key=lambda one: one.started):
        agents.update({one.name: one for one in report.topology.agents})
        edges.update(report.topology.edges)
    return Topology([agents[name] for name in sorted(agents)], sorted(edges))


def tables_of(parts: Iterable[tuple[str, TablePart]]) -> list[TablePart]:
    """Each with the worker that has it, which owners come before standbys of."""
    told = [replace(part, worker=worker) for worker, part in parts]
    return sorted(told, key=lambda one: (one.table, one.partition, one.state == "standby", str(one.worker)))


def _sum(tallies: Iterable[dict[str, int]]) -> dict[str, int]:
    whole: Tally[str] = Tally()
    for one in tallies:
        whole.update(one)
    return dict(whole)


def _rates(rates: Iterable[dict[str, float]]) -> dict[str, float]:
    whole: dict[str, float] = {}
    for one in rates:
        for name, rate in one.items():
            whole[name] = round(whole.get(name, 0.0) + rate, 3)
    return whole


def _round(numbers: Iterable[float]) -> float:
    return round(sum(numbers), 3)
