"""Events that fail for now, on both logs: with real delays, many forwarders and real crashes."""

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from infra.log.offsets import format_offset
from infra.log.ports import Record
from infra.stores.open import Stores
from infra.stores.ports import Filter
from schemas.events import UserMentioned
from schemas.notifications import Notification
from schemas.records import DeadLetter, NotificationRecord, decode_record
from streams import App, Dedup, Retry, Write, history, inbox, plan
from streams.plan import Effect
from tests.collector import recording
from tests.integration.transport.test_ownership import mention, notify
from tests.integration.transport.workers import PARTITIONS, Platform, owns_all, shared, until

TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
RETRY = Retry(attempts=3, first=timedelta(milliseconds=500), factor=1.0)


@dataclass
class Shaky:
    """The inbox, with a mistake for some contents: ``failures`` says how often each still fails."""

    failures: dict[str, int]
    name: str = "shaky"
    tried: Counter[str] = field(default_factory=Counter)
    applied: list[str] = field(default_factory=list)

    async def apply(self, stores: Stores, effects: Sequence[Effect]) -> Sequence[Effect]:
        contents = [effect.outcome.notification.content for effect in effects]
        if len(contents) == 1:
            self.tried[contents[0]] += 1
        for content in contents:
            if self.failures.get(content, 0) > 0:
                if len(contents) == 1:
                    self.failures[content] -= 1
                raise ZeroDivisionError(f"a mistake about {content}")
        placed = await inbox.apply(stores, effects)
        self.applied += contents
        return placed


def declare(platform: Platform, sink: Shaky) -> App:
    app = App(f"{platform.prefix}-app", settings=platform.settings)

    @app.agent(app.topic(f"{platform.prefix}-mentions", value_type=UserMentioned), name=f"{platform.prefix}-mention")
    @plan(
        dedup=Dedup(app.WindowTable("mentions-seen"), key=lambda event: event.identity),
        write=(Write(history, of=NotificationRecord), Write(sink, of=NotificationRecord)),
        retry=RETRY,
        dead_letter=app.topic("dead-letters"),
    )
    def mentioned(event: UserMentioned) -> Any:
        yield notify(event)

    return app


async def told(platform: Platform, user: UUID) -> list[Notification]:
    found, _ = await platform.stores.inbox.page(str(user), None, 500, Filter())
    return found


async def scanned(platform: Platform, topic: str) -> list[Record]:
    async with platform.log() as log:
        return [
            record for partition in range(await log.partitions(topic)) async for record in log.scan(topic, partition)
        ]


async def until_told(platform: Platform, user: UUID, count: int) -> None:
    async with asyncio.timeout(platform.limit):
        while len(await told(platform, user)) < count:
            await asyncio.sleep(0.05)


@pytest.mark.guarantee("G1")
@pytest.mark.guarantee("G2")
async def test_an_event_that_fails_twice_is_told_once_and_the_others_meanwhile(platform: Platform) -> None:
    user, sink = uuid4(), Shaky({"3": 2})
    app = declare(platform, sink)
    topic, agent = f"{platform.prefix}-mentions", f"{platform.prefix}-mention"
    await platform.migrate(app)
    async with platform.worker(app):
        await until(owns_all(app))
        await platform.publish(topic, *(mention(number, user) for number in range(10)))
        await until_told(platform, user, 10)
        await platform.committed(topic, agent)
        await platform.committed(f"{agent}-retry-in", agent)
        await platform.committed("retry", agent)
        [stats] = app.require_engine().streams()
    assert (sink.tried["3"], stats["retried"], stats["dead_lettered"]) == (3, 2, 0)
    assert (await platform.stores.inbox.summaries([str(user)]))[0].position.offset == 10
    published = await scanned(platform, topic)
    [source] = [one for one in published if b'"id":"3"' in one.value]
    beside = {str(json.loads(one.value)["id"]) for one in published if one.partition == source.partition} - {"3"}
    assert all(sink.applied.index(other) < sink.applied.index("3") for other in beside), "the others waited for it"
    back = await scanned(platform, f"{agent}-retry-in")
    assert sorted(one.properties["retry-attempt"] for one in back) == ["1", "2"]
    assert {(one.partition, one.key, one.value) for one in back} == {(source.partition, source.key, source.value)}


@pytest.mark.guarantee("G1")
@pytest.mark.guarantee("G6")
async def test_an_event_that_fails_for_ever_is_a_dead_letter_of_its_source(platform: Platform) -> None:
    """And its trace goes round with it, and into the letter."""
    user, sink = uuid4(), Shaky({"1": 1000})
    tracing, spans = recording()
    app = declare(platform, sink)
    topic, agent = f"{platform.prefix}-mentions", f"{platform.prefix}-mention"
    await platform.migrate(app)
    async with platform.worker(app, tracing):
        await until(owns_all(app))
        traced = mention(1, user, traceparent=f"00-{TRACE}-{CALLER}-01")
        await platform.publish(topic, mention(0, user), traced, mention(2, user))
        await until(lambda: app.require_engine().streams()[0]["dead_lettered"] == 1)
        await platform.committed(f"{agent}-retry-in", agent)
    [source] = [one for one in await scanned(platform, topic) if b'"id":"1"' in one.value]
    found = [decode_record(one.value, DeadLetter) for one in await scanned(platform, "dead-letters")]
    [letter] = [one for one in found if one.agent == agent]
    assert (letter.topic, letter.partition, letter.offset) == (topic, source.partition, format_offset(source.offset))
    assert (letter.attempts, letter.error, letter.payload_bytes) == (4, "ZeroDivisionError", source.value)
    assert sink.tried["1"] == 4
    worked = [one for one in spans.get_finished_spans() if one.name == f"process {agent}"]
    assert [f"{one.parent.span_id:016x}" for one in worked if one.parent] == [
        CALLER,
        *(f"{one.context.span_id:016x}" for one in worked[:-1]),
    ]
    assert letter.properties["traceparent"] == f"00-{TRACE}-{worked[-1].context.span_id:016x}-01"
    assert {one.content for one in await told(platform, user)} == {"0", "2"}


@pytest.mark.guarantee("G1")
@pytest.mark.guarantee("G2")
@pytest.mark.parametrize("platform", ["pulsar"], indirect=True)
async def test_what_waits_on_the_retry_topic_outlives_its_worker(platform: Platform) -> None:
    """On Pulsar alone: one process has the embedded log. Two workers forward, and one of them stops meanwhile."""
    user, sink = uuid4(), Shaky(dict.fromkeys(map(str, range(0, 40, 2)), 1))
    first, second = declare(platform, sink), declare(platform, sink)
    topic, agent = f"{platform.prefix}-mentions", f"{platform.prefix}-mention"
    await platform.migrate(first)
    async with platform.worker(second):
        async with platform.worker(first):
            await shared(PARTITIONS, first, second)
            await platform.publish(topic, *(mention(number, user) for number in range(40)))
            await until_told(platform, user, 20)
        await until_told(platform, user, 40)
        await platform.committed(f"{agent}-retry-in", agent)
        await platform.committed("retry", agent)
    assert (await platform.stores.inbox.summaries([str(user)]))[0].position.offset == 40
