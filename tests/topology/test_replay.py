"""Dead letters are replayed: to where they failed, as often as one likes, and with an account of it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from infra.log.ports import Outgoing, Publisher
from infra.stores.ports import Replay
from pavilion.replay import Replayer
from schemas.dead_letters import ALL, LetterFilter, ReplayReport, ReplayRequest
from schemas.errors import ConnectionFailed, InvalidEventType, InvalidNotification
from schemas.events import CommentCreated, UserFollowed, VideoLiked, VideoUploaded
from schemas.notifications import notification_id
from schemas.records import DeadLetter, encode_record
from schemas.times import format_ms, to_ms
from streams.failures import KEPT_BYTES
from streams.testing import Advance, Crash, Settle, TopologyTestDriver
from tests.topology.events import ADA, BOB, SOURCE, VIDEO, event
from tests.topology.small import small, visited
from tests.topology.test_recovery import assert_told_once

REFUSED = InvalidNotification("publish", "no")
ALL_PENDING = ReplayRequest(filters=ALL)


def replayer(driver: TopologyTestDriver, **options: Any) -> Replayer:
    return Replayer(driver.log, "dead-letters", driver.stores.replays, clock=lambda: to_ms(driver.now), **options)


async def put_aside(driver: TopologyTestDriver, *events: Any, step: str = "emit notifications") -> list[DeadLetter]:
    """Events that fail at a step which is mended afterwards."""
    before = {letter.id for letter in await driver.dead_letters()}
    driver.fail(step, REFUSED, times=None)
    await driver.send(*events)
    await driver.settle()
    driver.restore()
    return [letter for letter in await driver.dead_letters() if letter.id not in before]


async def replay(driver: TopologyTestDriver, *ids: str) -> ReplayReport:
    report = await replayer(driver).replay(ReplayRequest(ids=[*ids]) if ids else ALL_PENDING, by="ada")
    await driver.settle()
    return report


async def backlog(driver: TopologyTestDriver) -> int:
    return sum(one.messages for one in (await driver.log.backlog("dead-letters", "operators")).values())


@pytest.mark.guarantee("G1")
@pytest.mark.guarantee("G2")
@pytest.mark.parametrize("step", ["emit notifications", "inbox", "history"])
async def test_what_is_replayed_is_told_once_however_often(driver: TopologyTestDriver, step: str) -> None:
    liked = event(VideoLiked, driver.now, id="1")
    [letter] = await put_aside(driver, liked, step=step)
    assert await driver.notifications(BOB) == []

    driver.advance(timedelta(minutes=1))
    assert await replay(driver) == ReplayReport(matched=1, replayed=1, failed=[], remaining=0)
    await assert_told_once(driver, ["1"])
    assert await replay(driver) == ReplayReport(matched=0, replayed=0, failed=[], remaining=0)
    for _ in range(2):
        assert (await replay(driver, letter.id)).replayed == 1
    await driver.play([Crash(), liked])
    driver.advance(timedelta(minutes=30))
    await replay(driver, letter.id)
    await assert_told_once(driver, ["1"])
    assert await driver.dead_letters() == [letter]


async def test_it_comes_to_its_partition_with_its_key_and_its_first_time(driver: TopologyTestDriver) -> None:
    broken_clock = event(VideoLiked, datetime(1970, 1, 1, tzinfo=UTC), id="1")
    [letter] = await put_aside(driver, broken_clock)
    published = to_ms(driver.now)
    driver.advance(timedelta(days=1))
    await replay(driver)

    [first], [again] = await driver.records("video-events"), await driver.records("video-retry-in")
    assert (again.partition, again.key, again.value) == (first.partition, first.key, first.value)
    assert again.properties["replayed"] == letter.id
    assert again.properties["first-publish"] == str(published)
    [told] = await driver.notifications(BOB)
    assert told.id == notification_id(published, f"{SOURCE}\n1", BOB, "video.liked")
    assert len(driver.table("video-seen")) == 1


@pytest.mark.guarantee("G6")
async def test_an_agent_that_does_not_retry_reads_it_where_it_came_from() -> None:
    this = small()
    this.rule = lambda visit: 1 / 0
    async with TopologyTestDriver(this.app) as driver:
        await driver.play([visited(driver.now, "1"), Settle(), Advance(hours=1)])
        [letter] = await driver.dead_letters()
        await replay(driver)
        [again] = await driver.dead_letters()
        assert (again.id, again.attempts, again.published_ms) == (letter.id, 2, letter.published_ms)

        this.rule = lambda visit: None
        await replay(driver)
        records = await driver.records("visits")
        assert len(records) == 3
        assert {record.partition for record in records} == {letter.partition}
        assert [one.notification.content for one in await driver.outputs("notifications")] == ["1"]
        assert await replayer(driver).list(10, None, LetterFilter(state="pending")) == []


@pytest.mark.guarantee("G1")
async def test_a_late_event_that_is_replayed_is_taken() -> None:
    """Who replays it has seen that it is late."""
    this = small(late="dead-letter")
    async with TopologyTestDriver(this.app) as driver:
        await driver.play([visited(driver.now, "now"), visited(driver.now - timedelta(minutes=2), "late")])
        driver.advance(timedelta(minutes=30))
        await replay(driver)
        assert [one.notification.content for one in await driver.outputs("notifications")] == ["now", "late"]


@pytest.mark.guarantee("G6")
async def test_what_fails_again_is_the_same_letter_with_one_more_attempt(driver: TopologyTestDriver) -> None:
    [letter] = await put_aside(driver, event(VideoLiked, driver.now, id="1"))
    for attempt in (2, 3):
        driver.advance(timedelta(hours=1))
        driver.fail("emit notifications", REFUSED, times=None)
        assert (await replay(driver)).replayed == 1
        driver.restore()
        [again] = await replayer(driver).list(10, None, LetterFilter(state="pending"))
        assert (again.id, again.attempts, again.time) == (letter.id, attempt, format_ms(to_ms(driver.now)))
        assert (again.payload, again.published_ms) == (letter.payload, letter.published_ms)
        assert await replayer(driver).get(letter.id) == again
        assert len(await replayer(driver).list(10, None)) == 1

    driver.fail("emit notifications", InvalidEventType("publish", "something else"), times=None)
    await replay(driver)
    driver.restore()
    assert await replayer(driver).list(10, None, LetterFilter(error="InvalidNotification")) == []
    assert len(await replayer(driver).list(10, None, LetterFilter(error="InvalidEventType"))) == 1
    await replay(driver)
    assert await replayer(driver).list(10, None, LetterFilter(state="pending")) == []
    assert len(await replayer(driver).list(10, None, LetterFilter(state="replayed"))) == 1
    await assert_told_once(driver, ["1"])


@pytest.mark.guarantee("G2")
@pytest.mark.parametrize(("days", "inbox"), [(6, 1), (8, 0)])
async def test_the_inbox_takes_it_only_while_it_is_younger_than_the_inbox_keeps(
    driver: TopologyTestDriver, days: int, inbox: int
) -> None:
    await put_aside(driver, event(VideoLiked, driver.now, id="1"))
    driver.advance(timedelta(days=days))
    await replay(driver)

    assert len(await driver.history(BOB)) == 1
    assert len(await driver.notifications(BOB)) == len(await driver.outputs("fan-out")) == inbox


async def test_filters(driver: TopologyTestDriver) -> None:
    start = driver.now
    liked, followed, posted = (event(kind, driver.now) for kind in (VideoLiked, UserFollowed, CommentCreated))
    await put_aside(driver, liked)
    driver.advance(timedelta(hours=1))
    await put_aside(driver, followed, step="inbox")
    driver.advance(timedelta(hours=1))
    await driver.send(b"broken", topic="comment-events")
    await driver.settle()
    await put_aside(driver, event(VideoUploaded, driver.now), step="emit audience-pages")
    await put_aside(driver, posted)

    async def found(**filters: Any) -> list[tuple[str, str]]:
        return [(one.agent, one.error) for one in await replayer(driver).list(10, None, LetterFilter(**filters))]

    refused = "InvalidNotification"
    middle = format_ms(to_ms(start) + 3_600_000)
    assert len(await found()) == 5
    assert await found(topic="notifications") == await found(agent="delivery") == [("delivery", refused)]
    assert await found(type="pavilion.video.liked.v1") == await found(type="video.liked") == [("video", refused)]
    assert await found(type="user.followed") == [("delivery", refused)], "the type of a notification"
    assert await found(error="InvalidEventType") == [("comment", "InvalidEventType")]
    assert await found(until=middle) == [("video", refused)]
    assert await found(since=middle, until=format_ms(to_ms(start) + 3_600_001)) == [("delivery", refused)]
    assert await found(agent="video", type="comment.created") == []
    with pytest.raises(InvalidNotification, match="since"):
        await replayer(driver).replay(ReplayRequest(filters=LetterFilter(since="yesterday")), by="ada")

    video = ReplayRequest(filters=LetterFilter(agent="video"))
    dry = await replayer(driver).replay(msgspec.structs.replace(video, dry_run=True), by="ada")
    assert (dry.matched, dry.replayed, dry.remaining, len(dry.ids)) == (2, 0, 2, 2)
    assert await replayer(driver).audit(None, 10) == []
    assert (await replayer(driver).replay(video, by="ada")).replayed == 2
    assert len(await found(state="pending")) == 3
    assert await found(state="replayed", type="video.uploaded") == [("video", refused)]


@pytest.mark.parametrize("request_", [ReplayRequest(), ReplayRequest(ids=["one"], filters=ALL)])
async def test_a_request_says_which(driver: TopologyTestDriver, request_: ReplayRequest) -> None:
    with pytest.raises(InvalidNotification, match="either"):
        await replayer(driver).replay(request_, by="ada")


async def test_what_cannot_be_published_is_said_and_stays_pending(driver: TopologyTestDriver) -> None:
    [whole] = await put_aside(driver, event(VideoLiked, driver.now, id="1"))
    await driver.send_bytes("video-events", b"x" * (KEPT_BYTES + 1))
    await driver.settle()
    [cut] = [letter for letter in await driver.dead_letters() if letter.id != whole.id]
    strange = [
        msgspec.structs.replace(whole, id="elsewhere", partition=7),
        msgspec.structs.replace(whole, id="gone", topic="no-such-topic"),
    ]
    await driver.log.publisher("dead-letters").publish([Outgoing(one.id, encode_record(one)) for one in strange])

    report = await replay(driver, whole.id, cut.id, "elsewhere", "gone", "unknown")
    assert (report.matched, report.replayed) == (4, 1)
    assert {one.id: one.reason for one in report.failed} == {
        cut.id: "the letter has only the beginning of a record that was too large",
        "elsewhere": "video-events: there is no partition 7 of 2",
        "gone": "there is no such topic, run `pavilion migrate`",
        "unknown": "there is no such dead letter",
    }
    audit = {one.letter_id: one.result for one in await replayer(driver).audit(None, 10)}
    assert audit.pop(whole.id) == "replayed"
    assert set(audit) == {cut.id, "elsewhere", "gone"}
    assert all(result.startswith("failed: ") for result in audit.values())
    pending = await replayer(driver).list(10, None, LetterFilter(state="pending"))
    assert {one.id for one in pending} == {cut.id, "elsewhere", "gone"}
    await assert_told_once(driver, ["1"])


class Away:
    """A publisher whose log went away: it may have written, and nobody knows."""

    def __init__(self, publisher: Publisher) -> None:
        self.publisher = publisher

    async def publish(self, records: Sequence[Outgoing]) -> None:
        await self.publisher.publish(records)
        raise ConnectionFailed("publish", "the broker is away")

    async def close(self) -> None:
        pass


@pytest.mark.guarantee("G2")
async def test_when_the_log_goes_away_the_same_request_goes_on(
    driver: TopologyTestDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    await put_aside(driver, *(event(VideoLiked, driver.now, id=str(number)) for number in range(3)))
    publisher = driver.log.publisher
    with monkeypatch.context() as patched:
        patched.setattr(driver.log, "publisher", lambda topic: Away(publisher(topic)))
        with pytest.raises(ConnectionFailed, match="away"):
            await replayer(driver).replay(ALL_PENDING, by="ada")
    await driver.settle()
    assert {one.result for one in await replayer(driver).audit(None, 10)} == {"failed: the broker is away"}

    driver.advance(timedelta(minutes=1))
    assert (await replay(driver)).replayed == 3
    await assert_told_once(driver, ["0", "1", "2"])


async def test_the_audit_says_who_when_which_and_with_what_result(driver: TopologyTestDriver) -> None:
    [letter] = await put_aside(driver, event(VideoLiked, driver.now))
    at = []
    for who in ("ada", "bob"):
        driver.advance(timedelta(minutes=1))
        at.append(to_ms(driver.now))
        await replayer(driver).replay(ReplayRequest(ids=[letter.id]), by=who)
    assert await replayer(driver).audit(None, 5) == [
        Replay(letter.id, 1, at[1], "bob", "replayed"),
        Replay(letter.id, 1, at[0], "ada", "replayed"),
    ]


async def test_replayed_letters_leave_the_backlog_up_to_the_first_that_is_pending(driver: TopologyTestDriver) -> None:
    letters = await put_aside(driver, *(event(VideoLiked, driver.now, id=str(number)) for number in range(12)))
    by_partition: dict[int, list[str]] = {0: [], 1: []}
    for record in await driver.records("dead-letters"):
        by_partition[record.partition].append(record.key)
    assert await backlog(driver) == 12
    first, second = by_partition[0], by_partition[1]
    assert min(len(first), len(second)) >= 2

    await replay(driver, first[1])
    assert await backlog(driver) == 12, "one before it is pending"
    await replay(driver, first[0], second[0])
    assert await backlog(driver) == 12 - 3
    await replay(driver)
    assert await backlog(driver) == 0
    assert len(await replayer(driver).list(50, None)) == len(letters), "they are there until their retention is over"


async def test_a_call_ends_in_time_and_says_what_remains(driver: TopologyTestDriver) -> None:
    await put_aside(driver, *(event(VideoLiked, driver.now, id=str(number)) for number in range(5)))
    slow = await replayer(driver, budget=0.1).replay(ReplayRequest(filters=ALL, rate=1.9), by="ada")
    assert (slow.matched, slow.replayed, slow.remaining) == (5, 1, 4)
    assert (await replay(driver)).replayed == 4
    assert len(await driver.notifications(BOB)) == 5


async def test_an_upload_is_replayed_to_its_followers(driver: TopologyTestDriver) -> None:
    await driver.play([event(UserFollowed, driver.now, actor_id=BOB, followed_id=ADA)])
    [letter] = await put_aside(driver, event(VideoUploaded, driver.now), step="emit notifications-bulk")
    assert letter.topic == "audience-pages"
    await replay(driver)
    [told] = await driver.notifications(BOB)
    assert (told.type, told.subject) == ("video.uploaded", f"video/{VIDEO}")
