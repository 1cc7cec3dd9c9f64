"""Declaring agents: what is refused, and with which words."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from faust.exceptions import ImproperlyConfigured

from schemas.events import VideoEvent
from schemas.notifications import Notification
from schemas.records import AudiencePage
from streams import App, Dedup, Emit, Lookup, Profile, Retry, Write, names, plan, profiles


def rule(event: Any, *found: Any) -> Iterator[Notification]:
    """A rule."""
    yield from ()


def app(**options: Any) -> App:
    return App("declared", **options)


def with_retry(of: App) -> object:
    return plan(retry=Retry(attempts=5, first=timedelta(seconds=1)), dead_letter=of.topic("dead-letters"))


def twice(of: App, first: str, second: str, *, name: str | None = None) -> None:
    for number, topic in enumerate((first, second)):
        declared = plan(dead_letter=of.topic("dead-letters"))(rule)
        of.agent(of.topic(topic, value_type=VideoEvent), name=name or f"agent-{number}")(declared)


REFUSED: dict[str, tuple[Callable[[App], object], str]] = {
    "retry": (with_retry, "retry=: retry topics are not available yet"),
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
