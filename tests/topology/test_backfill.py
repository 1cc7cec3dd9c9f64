"""Events of the past go through a topology once more: what was lost is there, and nothing is doubled."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from infra.log.ports import Outgoing
from infra.stores.ports import Follow, Mark
from pavilion.backfill import MOST_AHEAD, Backfill
from schemas.backfill import BackfillReport, BackfillRequest
from schemas.errors import ConnectionFailed, InvalidEventType, InvalidNotification
from schemas.events import VideoEvent, VideoLiked, VideoUploaded
from schemas.notifications import make_notification
from schemas.records import encode_record
from schemas.times import format_ms, to_ms
from streams import App, Dedup, Retry, plan
from streams.failures import BACKFILL, FIRST_PUBLISH
from streams.retry import Origin
from streams.testing import Crash, TopologyTestDriver
from streams.windows import LatePolicy
from tests.topology.events import ADA, BOB, CYD, event
from topologies import app

HOUR = timedelta(hours=1)


def backfill(driver: TopologyTestDriver, of: App = app) -> Backfill:
    """Its clock is past the events that were just sent."""
    specs = list(of.plans.values())
    return Backfill(driver.log, of.settings, "driver", specs, clock=lambda: to_ms(driver.now) + 1)


def request(driver: TopologyTestDriver, ago: timedelta, **fields: Any) -> BackfillRequest:
    return BackfillRequest(since=format_ms(to_ms(driver.now - ago)), rate=100_000, **fields)


async def replay(driver: TopologyTestDriver, ago: timedelta, of: App = app, **fields: Any) -> BackfillReport:
    report = await backfill(driver, of).replay(request(driver, ago, **fields), limit=1 << 60, seconds=60)
    assert report.next is None
    await driver.settle()
    return report


def numbers(report: BackfillReport) -> tuple[int, int, int, int]:
    return report.published, report.duplicates, report.late, report.unreadable


async def told(driver: TopologyTestDriver, user: UUID = BOB) -> list[str]:
    """The events of which a user has notifications, once each in inbox and in history."""
    inbox = [one.metadata["event_id"] for one in await driver.notifications(user)]
    history = [one.metadata["event_id"] for one in await driver.history(user)]
    assert sorted(inbox) == sorted(history)
    return sorted(inbox)


@dataclass
class Ruled:
    """An app on the video events whose rule is mended later."""

    app: App
    mute: set[str] = field(default_factory=set)


def ruled(retry: Retry | None, late: LatePolicy = "accept") -> Ruled:
    this = Ruled(App("ruled"))
    seen = this.app.WindowTable("ruled-seen", late=late)

    @this.app.agent(this.app.topic("video-events", value_type=VideoEvent))
    @plan(
        dedup=Dedup(seen, key=lambda event: event.identity),
        emit=this.app.topic("notifications"),
        retry=retry,
        dead_letter=this.app.topic("dead-letters"),
    )
    def ruled(event: VideoEvent) -> Iterator[Any]:
        if event.id not in this.mute:
            yield make_notification(
                recipient=BOB,
                type=event.verb,
                content="",
                subject="",
                subject_key=event.identity,
                family=event.verb,
                created_ms=event.time_ms,
            )

    return this


@pytest.mark.guarantee("G2")
async def test_a_replay_changes_nothing_for_those_who_were_told(driver: TopologyTestDriver) -> None:
    await driver.play([event(VideoLiked, driver.now, id=str(number)) for number in range(5)])
    [newest, deleted, *_] = await driver.notifications(BOB)
    for state, one in (("read", newest), ("deleted", deleted)):
        mark = Mark(state, str(BOB), state, to_ms(driver.now), (one.id,))  # type: ignore[arg-type]
        await driver.stores.inbox.mark(mark)
        await driver.stores.history.mark(mark)
    before, counts = await told(driver), await driver.counts(BOB)

    for ago in (timedelta(minutes=5), HOUR, timedelta(days=2)):  # within the window of the table, and after it
        driver.advance(ago - timedelta(minutes=1))
        for _ in range(2):
            assert numbers(await replay(driver, timedelta(days=3))) == (5, 0, 0, 0)
        await driver.play([Crash()])
        assert await told(driver) == before
        assert await driver.counts(BOB) == counts
    assert [one.read_at for one in await driver.notifications(BOB) if one.id == newest.id] != [None]


@pytest.mark.guarantee("G2")
@pytest.mark.parametrize("retry", [None, Retry()])
async def test_what_a_rule_left_out_comes_once_it_is_mended(retry: Retry | None) -> None:
    this = ruled(retry)
    this.mute = {"2", "3"}
    async with TopologyTestDriver(this.app) as driver:
        await driver.play([event(VideoLiked, driver.now, id=id) for id in ("1", "2", "3")])
        driver.advance(timedelta(minutes=1))
        this.mute = set()
        for _ in range(2):  # the table has seen them all, a minute ago
            assert numbers(await replay(driver, HOUR, this.app)) == (3, 0, 0, 0)
        ids = {record.notification.id for record in await driver.outputs("notifications")}
        assert len(ids) == 3
        target = "video-events" if retry is None else "ruled-retry-in"
        again = [one for one in await driver.records(target) if BACKFILL in one.properties]
        assert {int(one.properties[FIRST_PUBLISH]) for one in again} == {to_ms(driver.now - timedelta(minutes=1))}


async def test_duplicates_of_then_are_left_out_though_they_say_another_time(driver: TopologyTestDriver) -> None:
    first = event(VideoLiked, driver.now, id="1")
    await driver.play([first])
    driver.advance(timedelta(minutes=2))
    await driver.play([event(VideoLiked, driver.now, id="1")])  # the same event by its identity, told of once
    driver.advance(timedelta(minutes=30))
    await driver.play([event(VideoLiked, driver.now, id="1")])  # after the window it is another one
    assert await told(driver) == ["1", "1"]
    driver.advance(HOUR)
    assert numbers(await replay(driver, 3 * HOUR)) == (2, 1, 0, 0)
    # Begun between the two, the first still counts: it is read, and not published.
    assert numbers(await replay(driver, HOUR + timedelta(minutes=31))) == (1, 1, 0, 0)
    assert await told(driver) == ["1", "1"]


@pytest.mark.parametrize(("late", "expected"), [("accept", (3, 0, 0, 0)), ("drop", (2, 0, 1, 0))])
async def test_late_events_are_left_out_where_their_table_drops_them(
    late: LatePolicy, expected: tuple[int, int, int, int]
) -> None:
    this = ruled(Retry(), late)
    settings = this.app.settings.model_copy(
        update={
            "deduplication": this.app.settings.deduplication.model_copy(update={"window": timedelta(minutes=2)})
        }
    )
    async with TopologyTestDriver(this.app, settings=settings) as driver:
        for id, minutes in (("1", 0), ("2", 0), ("late", -4)):
            await driver.play([event(VideoLiked, driver.now + timedelta(minutes=minutes), id=id)])
        driver.advance(HOUR)
        specs = list(this.app.plans.values())
        tool = Backfill(driver.log, settings, "driver", specs, clock=lambda: to_ms(driver.now))
        report = await tool.replay(request(driver, 2 * HOUR), limit=100, seconds=60)
        assert numbers(report) == expected


async def test_bytes_that_no_agent_reads_stay_dead_letters(driver: TopologyTestDriver) -> None:
    await driver.send_bytes("video-events", b"{", key="x")
    await driver.play([event(VideoLiked, driver.now, id="1")])
    assert numbers(await replay(driver, HOUR)) == (1, 0, 0, 1)
    assert len(await driver.dead_letters()) == 1


async def test_an_event_that_fails_again_is_the_same_dead_letter(driver: TopologyTestDriver) -> None:
    driver.fail("emit notifications", InvalidNotification("publish", "no"), times=None)
    await driver.play([event(VideoLiked, driver.now, id="1")])
    [letter] = await driver.dead_letters()
    await replay(driver, HOUR)
    assert [one.id for one in await driver.dead_letters()] == [letter.id]
    driver.restore()
    await replay(driver, HOUR)
    assert await told(driver) == ["1"]


async def test_old_events_go_to_history_and_the_young_to_the_inbox(driver: TopologyTestDriver) -> None:
    this = driver._settings.inbox.days
    assert this == app.settings.topics.event_retention.days  # where they differ, the inbox's days decide for the inbox
    driver.fail("emit notifications", InvalidEventType("decode", "no"), times=None)
    await driver.play([event(VideoLiked, driver.now, id="1")])
    driver.restore()
    driver.advance(timedelta(days=6))
    await replay(driver, timedelta(days=6, hours=1))
    assert await told(driver) == ["1"]
    assert [one.created_at for one in await driver.notifications(BOB)] == [format_ms(to_ms(driver.now) - 6 * 86400_000)]


async def test_an_upload_reaches_who_follows_now_and_nobody_twice(driver: TopologyTestDriver) -> None:
    await driver.stores.people.put_follows([Follow(str(BOB), str(ADA), 1)])
    await driver.play([event(VideoUploaded, driver.now, id="1")])
    await driver.stores.people.put_follows([Follow(str(CYD), str(ADA), 2)])
    driver.advance(HOUR)
    for _ in range(2):
        await replay(driver, 2 * HOUR)
        driver.advance(HOUR)
        assert await told(driver, BOB) == await told(driver, CYD) == ["1"]


async def test_only_what_was_asked_for_is_published(driver: TopologyTestDriver) -> None:
    for minute in range(5):
        await driver.play([event(VideoLiked, driver.now, id=str(minute))])
        driver.advance(timedelta(minutes=1))
    until = format_ms(to_ms(driver.now - timedelta(minutes=2)))
    assert numbers(await replay(driver, timedelta(minutes=4), until=until)) == (2, 0, 0, 0)
    assert numbers(await replay(driver, HOUR, agent="comment")) == (0, 0, 0, 0)
    assert numbers(await replay(driver, HOUR, topic="video-events", dry_run=True)) == (5, 0, 0, 0)
    again = [one for one in await driver.records("video-retry-in") if BACKFILL in one.properties]
    assert len(again) == 2


async def test_it_goes_on_where_a_call_ended(driver: TopologyTestDriver) -> None:
    await driver.play(event(VideoLiked, driver.now, id=str(n), video_id=UUID(int=n)) for n in range(250))
    tool, wanted, seen, calls = backfill(driver), request(driver, HOUR), 0, 0
    while calls < 10:
        report = await tool.replay(wanted, limit=100, seconds=60)
        seen, calls = seen + report.published, calls + 1
        if report.next is None:
            break
        wanted = request(driver, HOUR, after=report.next, until=report.to)
    again = [(one.partition, one.properties["retry-offset"]) for one in await driver.records("video-retry-in")]
    assert (seen, calls) == (250, 3)
    assert len(again) == len(set(again)) == 250


async def test_what_cannot_be_replayed_is_refused_with_the_reason(driver: TopologyTestDriver) -> None:
    tool = backfill(driver)
    for wanted, reason in (
        (request(driver, timedelta(days=8)), "-events keeps its events for 7 days"),
        (request(driver, HOUR, agent="delivery"), "notifications, notifications-bulk: what was processed is not kept"),
        (request(driver, HOUR, agent="nobody"), "no agent reads it: agent nobody"),
        (request(driver, HOUR, topic="x"), "no agent reads it: topic x"),
        (request(driver, -HOUR), "is not before"),
        (BackfillRequest(since="yesterday"), "`from` is not a time"),
        (request(driver, HOUR, after={"video-events-0": "zz"}), "`after` is not what"),
    ):
        with pytest.raises(InvalidNotification, match=reason):
            await tool.replay(wanted, limit=1, seconds=1)
    assert await driver.records("video-retry-in") == []


async def test_it_waits_for_agents_that_fall_behind(driver: TopologyTestDriver) -> None:
    driver.fail("lookup profiles", ConnectionFailed("look up", "away"), times=None)
    liked = encode_record(event(VideoLiked, driver.now, id="1"))
    came_back = Outgoing("x", liked, Origin("video", "video-events", 0, "g", 1).properties())
    await driver.log.publisher("video-retry-in").publish([came_back] * (MOST_AHEAD + 1))
    await driver.send(*[event(VideoLiked, driver.now) for _ in range(150)])
    report = await backfill(driver).replay(request(driver, HOUR), limit=1 << 60, seconds=1)
    assert report.waiting is not None
    assert report.waiting.startswith("video has 21")
    assert report.published == 100
    assert report.next is not None
