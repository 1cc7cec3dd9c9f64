"""Declaring agents: what is refused, and with which words."""

import contextlib
import dataclasses
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from faust.exceptions import ImproperlyConfigured

from schemas.errors import NotificationError
from schemas.events import VideoEvent
from schemas.notifications import Notification
from schemas.records import AudiencePage
from schemas.settings import Settings
from streams import App, Dedup, Emit, Lookup, Profile, Retry, Write, names, plan, profiles
from streams.graph import as_mermaid, as_text, describe
from streams.retry import policy_of
from streams.topics import required_topics


def rule(event: Any, *found: Any) -> Iterator[Notification]:
    """A rule."""
    yield from ()


def app(**options: Any) -> App:
    return App("declared", **options)


def with_retry(of: App, **options: Any) -> object:
    return plan(retry=Retry(**options), dead_letter=of.topic("dead-letters"))


def twice(of: App, first: str, second: str, *, name: str | None = None) -> None:
    for number, topic in enumerate((first, second)):
        declared = plan(dead_letter=of.topic("dead-letters"))(rule)
        of.agent(of.topic(topic, value_type=VideoEvent), name=name or f"agent-{number}")(declared)


REFUSED: dict[str, tuple[Callable[[App], object], str]] = {
    "fewer attempts than none": (lambda of: with_retry(of, attempts=-1), "retry=: -1 attempts are not from 0 to 100"),
    "retry at once": (lambda of: with_retry(of, first=timedelta(0)), "retry=: first must be longer than nothing"),
    "shorter delays": (lambda of: with_retry(of, factor=0.5), "retry=: a factor of 0.5 is not from 1 to 10"),
    "no dead letters": (lambda of: plan(emit=of.topic("notifications")), "dead_letter=: name the topic"),
    "two agents on a topic": (lambda of: twice(of, "clicks", "clicks"), "topic clicks feeds agent agent-0 already"),
    "two agents of a name": (lambda of: twice(of, "a", "b", name="x"), "agent x is declared twice"),
    "two tables of a name": (
        lambda of: [of.WindowTable("seen") for _ in range(2)],
        "window table seen is declared twice",
    ),
    "a plain table": (lambda of: of.Table("counts", default=int), "use app.WindowTable for deduplication, or a store"),
    "a global table": (lambda of: of.GlobalTable("counts"), "use app.WindowTable"),
    "a set table": (lambda of: of.SetTable("counts"), "use app.WindowTable"),
    "transactions": (lambda of: app(processing_guarantee="exactly_once"), "the log's client has no transactions"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_run_is_refused_with_the_reason(name: str) -> None:
    declare, message = REFUSED[name]
    with pytest.raises(ImproperlyConfigured) as refused:
        declare(app())
    assert message in str(refused.value)


async def test_a_plain_agent_on_a_planned_topic_is_refused() -> None:
    of = app()
    of.agent(of.topic("clicks", value_type=VideoEvent))(plan(dead_letter=of.topic("dead-letters"))(rule))

    @of.agent(of.topic("clicks"))
    async def plain(stream: Any) -> None:
        async for _ in stream:
            pass

    with pytest.raises(ImproperlyConfigured, match="topic clicks feeds two agents"):
        of.specs()


def test_a_plan_lists_its_steps_in_their_order() -> None:
    of = app()
    seen = of.WindowTable("seen")
    pages = of.topic("audience-pages")
    declared = plan(
        dedup=Dedup(seen, key=str),
        lookup=Lookup(profiles, of=str),
        write=Write(names, of=Profile),
        emit=(of.topic("notifications"), Emit(pages, of=AudiencePage)),
        dead_letter=of.topic("dead-letters"),
    )(rule)
    assert declared.plan.steps == (
        ("decode", ""),
        ("dedup", "seen"),
        ("lookup", "profiles"),
        ("notify", ""),
        ("write", "profiles"),
        ("emit", "notifications"),
        ("emit", "audience-pages"),
    )
    assert [emit.of for emit in declared.plan.emit] == [Notification, AudiencePage]


def test_a_declared_agent_is_known_by_its_name_topics_and_log() -> None:
    of = app()
    seen = of.WindowTable("seen", window=timedelta(minutes=1))
    declared = plan(dedup=Dedup(seen, key=str), dead_letter=of.topic("dead-letters"))(rule)
    agent = of.agent(of.topic("clicks", value_type=VideoEvent))(declared)
    [spec] = of.specs()
    assert (spec.name, spec.topics, spec.log, spec.tables) == ("rule", ("clicks",), "rule-log", (seen,))
    assert agent.fun.__doc__ == "A rule."
    assert list(declared("anything")) == [], "calling it calls the function"


def test_an_agent_with_retry_reads_what_comes_back_as_one_more_lane() -> None:
    of = app()
    declared = plan(retry=Retry(), emit=of.topic("notifications"), dead_letter=of.topic("dead-letters"))(rule)
    agent = of.agent(of.topic("clicks", value_type=VideoEvent))(declared)
    [spec] = of.specs()
    assert (spec.topics, spec.lanes) == (("clicks",), ("clicks", "rule-retry-in"))
    assert tuple(agent.channel.topics) == spec.lanes, "Faust hands its batches through"
    made = {one.name: one.subscriptions for one in required_topics(Settings(), "declared", [spec])}
    assert made["rule-retry-in"] == made["retry"] == ("rule",)


def test_the_graph_shows_the_way_round() -> None:
    of = app(settings=Settings(topics={"retry_queue": "again"}))
    declared = plan(retry=Retry(), dead_letter=of.topic("dead-letters"))(rule)
    of.agent(of.topic("clicks", value_type=VideoEvent))(declared)
    graph = describe(of.specs())
    for edge in (
        ["agent:rule", "topic:again"],
        ["topic:again", "topic:rule-retry-in"],
        ["topic:rule-retry-in", "agent:rule"],
    ):
        assert edge in graph["edges"]
    assert "topic_again --> topic_rule_retry_in" in as_mermaid(graph)
    assert "comes back through rule-retry-in" in as_text(graph)


def test_a_policy_takes_from_the_settings_what_the_agent_leaves_open() -> None:
    of = app()
    declared = plan(retry=Retry(attempts=2), dead_letter=of.topic("dead-letters"))(rule)
    of.agent(of.topic("clicks", value_type=VideoEvent))(declared)
    [spec] = of.specs()
    settings = Settings(retry={"delay": "10s", "backoff_factor": 3.0, "max_retries": 7})
    policy = policy_of(spec, settings)
    assert policy is not None
    assert (policy.attempts, policy.first, policy.factor, policy.span) == (2, 10.0, 3.0, 40.0)
    assert policy_of(dataclasses.replace(spec, planned=None), settings) is None


@pytest.mark.parametrize(("hours", "refused"), [(55, False), (57, True)])
def test_a_policy_may_not_outlast_the_memory_of_ids(hours: int, refused: bool) -> None:
    of = app()
    declared = plan(
        retry=Retry(attempts=2, first=timedelta(hours=hours), factor=2), dead_letter=of.topic("dead-letters")
    )(rule)
    of.agent(of.topic("clicks", value_type=VideoEvent))(declared)
    [spec] = of.specs()
    raised = pytest.raises(NotificationError, match="agent rule: 2 retries") if refused else contextlib.nullcontext()
    with raised:
        policy_of(spec, Settings())
