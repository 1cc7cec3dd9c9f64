"""What is wrong with the log that the declared agents are to run on. Reads it, and changes nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence

from infra.log.ports import MEMBERS, LogClient, Provisioner, Record, TopicSpec
from infra.log.routing import partition_of
from schemas.errors import InvalidEventType
from schemas.events import decode_event
from schemas.registry import groups
from schemas.settings import Settings
from streams.findings import Finding, error, warning
from streams.plan import AgentSpec, retry_in
from streams.topics import OPERATORS, required_topics
from streams.windowlog import SUBSCRIPTION

NEWEST = 100
"""So many records of each partition are looked at."""
LOG, RETRY_IN = "-log", retry_in("")
OWN = {OPERATORS, SUBSCRIPTION, MEMBERS}


async def check_log(
    settings: Settings, app: str, specs: Sequence[AgentSpec], log: LogClient, provisioner: Provisioner
) -> list[Finding]:
    """Everything there is to find, the worst first; raises ConnectionFailed."""
    there, wanted = await provisioner.topics(), required_topics(settings, app, specs)
    made_by = "`pavilion run` makes it" if settings.broker.embedded else "run `pavilion migrate`"
    found = [
        *[one async for one in _missing(settings, wanted, there, provisioner, made_by)],
        *_copartition(specs, there),
        *[one async for one in _renamed(specs, wanted, there, log, provisioner)],
        *[one async for one in _wrong_partitions(settings, specs, there, log)],
    ]
    return sorted(found)


async def _missing(
    settings: Settings, wanted: Iterable[TopicSpec], there: Mapping[str, int], provisioner: Provisioner, made_by: str
) -> AsyncIterator[Finding]:
    kind = warning if settings.broker.embedded else error
    for spec in wanted:
        where = f"topic {spec.name}"
        if spec.name not in there:
            yield kind("missing-topic", where, f"it is not there ({spec.partitions} partitions)", made_by)
            continue
        if there[spec.name] != spec.partitions:
            what = f"it has {there[spec.name]} partitions, not {spec.partitions} (PAVILION_TOPICS__PARTITIONS)"
            yield error("partitions", where, what, "see docs/operate.md#another-number-of-partitions")
        for name in sorted(set(spec.subscriptions) - set(await provisioner.subscriptions(spec.name))):
            yield kind("missing-cursor", where, f"there is no subscription {name}, so nothing is kept for it", made_by)


def _copartition(specs: Sequence[AgentSpec], there: Mapping[str, int]) -> Iterable[Finding]:
    for spec in specs:
        counts = {topic: there[topic] for topic in spec.lanes if topic in there}
        if len(set(counts.values())) > 1:
            what = "its topics differ in partitions: " + ", ".join(f"{name} {n}" for name, n in sorted(counts.items()))
            yield error("copartition", f"agent {spec.name}", what, "one agent reads topics of one number of partitions")


async def _renamed(
    specs: Sequence[AgentSpec],
    wanted: Sequence[TopicSpec],
    there: Mapping[str, int],
    log: LogClient,
    provisioner: Provisioner,
) -> AsyncIterator[Finding]:
    """Names of agents that the log remembers and nobody declares."""
    readers = {topic: spec.name for spec in specs for topic in spec.lanes}
    names = {spec.name for spec in specs}
    cursors: dict[str, list[str]] = {}
    for topic in (spec.name for spec in wanted if spec.name in there):
        for name in await provisioner.subscriptions(topic):
            if name not in names | OWN:
                cursors.setdefault(name, []).append(topic)
    declared = {spec.name for spec in wanted}
    for topic in there.keys() - declared:
        for ending in (LOG, RETRY_IN):
            name = topic.removesuffix(ending)
            if name != topic and name not in names and await _is_ours(topic, ending, name, provisioner):
                cursors.setdefault(name, [])
    for name, topics in sorted(cursors.items()):
        now = sorted({readers[topic] for topic in topics if topic in readers})
        waiting = sum([one.messages for topic in topics for one in (await log.backlog(topic, name)).values()])
        held = f"{waiting} records wait for it on {', '.join(topics)}" if waiting else "nothing waits for it"
        what = f"no agent is called that any more, and {held}"
        if now:
            advice = f"a rename begins anew: give {now[0]} its old name with name={name!r}, or delete the old cursor"
            yield error("renamed-stage", f"agent {name}", what, advice)
        else:
            advice = "see docs/how-to/rename-or-remove-an-agent.md"
            yield (error if waiting else warning)("renamed-stage", f"agent {name}", what, advice)


async def _is_ours(topic: str, ending: str, name: str, provisioner: Provisioner) -> bool:
    """Whether an agent's: others may have topics that end so, too."""
    cursors = await provisioner.subscriptions(topic)
    return (SUBSCRIPTION if ending == LOG else name) in cursors


async def _wrong_partitions(
    settings: Settings, specs: Sequence[AgentSpec], there: Mapping[str, int], log: LogClient
) -> AsyncIterator[Finding]:
    events = {settings.topics.of_group(group) for group in groups()}
    emitted = {emit.name for spec in specs if spec.planned is not None for emit in spec.planned.plan.emit}
    read = {topic for spec in specs for topic in spec.topics}
    for topic in sorted((events | emitted | read) & there.keys()):
        wrong, seen, example = 0, 0, ""
        for partition in range(there[topic]):
            for record in await log.newest(topic, partition, NEWEST):
                key = _key_of(record, topic in events)
                if key is None:
                    continue
                seen += 1
                right = partition_of(key, there[topic])
                if right != partition:
                    wrong += 1
                    example = f"key {key!r} is on partition {partition}, not {right}"
        if wrong:
            what = f"{wrong} of its newest {seen} records are where their key does not belong ({example})"
            advice = "let publishers route by JavaStringHash, see docs/events.md#topics-keys-and-order"
            yield error("wrong-partition", f"topic {topic}", what, advice)


def _key_of(record: Record, is_event: bool) -> str | None:
    """What a record should have been routed by; None for bytes that say nothing of it."""
    if is_event:
        try:
            return decode_event(record.value).key
        except InvalidEventType:
            return record.key or None
    return record.key or None
