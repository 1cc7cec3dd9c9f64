"""Which topics a set of agents needs: their names, durable subscriptions and retention, for ``pavilion migrate``."""

from __future__ import annotations

from collections.abc import Sequence

from infra.log.ports import MEMBERS, TopicSpec
from schemas.avro import event_schema
from schemas.registry import groups
from schemas.settings import Settings
from streams.plan import AgentSpec
from streams.windowlog import SUBSCRIPTION

OPERATORS = "operators"
"""The subscription on the dead letters; operators acknowledge through it."""


def topic_name(settings: Settings, name: str) -> str:
    """The configured name of a topic of ours (``video-events`` is ``PAVILION_TOPICS__VIDEO_EVENTS``), else ``name``."""
    field = {"dead-letters": "dead_letter", "retry": "retry_queue"}.get(name, name.replace("-", "_"))
    configured = getattr(settings.topics, field, None)
    return configured if isinstance(configured, str) else name


def members_topic(app: str) -> str:
    """Where the workers of an app meet."""
    return f"{app}-members"


def stats_topic(app: str) -> str:
    """Where the workers of an app say what they do, for whoever listens just then."""
    return f"{app}-stats"


def required_topics(settings: Settings, app: str, specs: Sequence[AgentSpec]) -> list[TopicSpec]:
    """For the agents ``specs`` of the app with the id ``app``."""
    topics, partitions = settings.topics, settings.topics.partitions
    retention = {
        topics.fan_out: topics.fan_out_retention,
        topics.dead_letter: topics.dead_letter_retention,
        **{topics.of_group(group): topics.event_retention for group in groups()},
    }
    schemas = {topic: event_schema(spec.value_type) for spec in specs for topic in spec.topics}
    subscriptions: dict[str, list[str]] = {topics.fan_out: [], topics.dead_letter: [OPERATORS]}
    for spec in specs:
        for topic in spec.lanes:
            subscriptions.setdefault(topic, []).append(spec.name)
        if spec.retry_topic is not None:
            subscriptions.setdefault(spec.retry_topic, []).append(spec.name)
        subscriptions.setdefault(spec.log, []).append(SUBSCRIPTION)
        if spec.planned is not None:
            for emit in spec.planned.plan.emit:
                subscriptions.setdefault(emit.name, [])
    return [TopicSpec(members_topic(app), 1, (MEMBERS,)), TopicSpec(stats_topic(app), 1)] + [
        TopicSpec(
            name,
            partitions,
            tuple(names),
            int(retention[name].total_seconds()) if name in retention else 0,
            schemas.get(name),
        )
        for name, names in subscriptions.items()
    ]
