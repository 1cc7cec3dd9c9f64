"""What a crash, a restart or a move leaves as it was; window tables, stream time, late events and broken clocks."""

import asyncio
import random
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from infra.log.ports import OwnershipLost
from schemas.errors import ConnectionFailed
from schemas.events import CommentCreated, UserFollowed, VideoLiked
from schemas.notifications import notification_id
from schemas.records import encode_record
from schemas.settings import DeduplicationSettings, Settings
from schemas.times import format_ms, to_ms
from streams.testing import Advance, Crash, Move, NotSettled, Restart, Settle, TopologyTestDriver
from streams.windows import LatePolicy
from tests.topology.events import BOB, COMMENT, SOURCE, VIDEO, event
from tests.topology.small import small, visited
from topologies import app

AWAY = ConnectionFailed("call", "the server is away")
MINUTE = timedelta(minutes=1)

PLACES = [
    ("lookup profiles", "video"),
    ("write profiles", "video"),
    ("emit notifications", None),
    ("emit dead-letters", None),
    ("video-log", None),
    ("acknowledge", "video"),
    ("history", "delivery"),
    ("inbox", "delivery"),
    ("emit fan-out", None),
    ("acknowledge", "delivery"),
]


async def assert_told_once(driver: TopologyTestDriver, ids: list[str]) -> None:
    """Each in history and inbox, and on the fan-out topic every offset of the inbox with one notification."""
    for found in (await driver.notifications(BOB), await driver.history(BOB)):
        assert sorted(one.metadata["event_id"] for one in found) == sorted(ids)
    counts = await driver.counts(BOB)
    assert (counts.position.offset, counts.unseen, counts.unread) == (len(ids),) * 3
    fan_out = [one for one in await driver.outputs("fan-out") if one.user_id == str(BOB)]
    offsets = {one.position.offset: one.notification.id for one in fan_out}
    assert sorted(offsets) == list(range(1, len(ids) + 1))
    assert len({(one.position.offset, one.notification.id) for one in fan_out}) == len(ids)


@pytest.mark.parametrize(("step", "agent"), PLACES)
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.guarantee("G1")
@pytest.mark.guarantee("G2")
async def test_a_crash_at_any_place_changes_nothing(
    driver: TopologyTestDriver, step: str, agent: str | None, after: bool
) -> None:
    events = [event(VideoLiked, driver.now, id=str(number)) for number in range(3)]
    driver.fail(step, OwnershipLost("killed"), agent=agent, after=after, times=2)
    await driver.send(events[0], b"broken", events[1], topic="video-events", key=str(VIDEO))
    await driver.settle()
    await driver.send(*events)
    await driver.settle()

    await assert_told_once(driver, ["0", "1", "2"])
    [letter] = await driver.dead_letters()
    assert letter.payload_bytes == b"broken"
    assert all(f"{SOURCE}\n{number}" in driver.table("video-seen") for number in range(3))


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.guarantee("G1")
@pytest.mark.guarantee("G2")
@pytest.mark.guarantee("G5")
async def test_whatever_happens_in_whatever_order_everyone_is_told_once(driver: TopologyTestDriver, seed: int) -> None:
    dice = random.Random(seed)
    events = [event(dice.choice([VideoLiked, UserFollowed]), driver.now, id=f"{seed}-{number}") for number in range(30)]
    script: list[Any] = []
    for sent in events:
        script += [sent] * dice.choice([1, 1, 2])
        if dice.random() < 0.3:
            partition = dice.randrange(2)
            script.append(
                dice.choice(
                    [
                        Crash(),
                        Crash("delivery"),
                        Crash("video", partition),
                        Move("delivery", partition),
                        Restart(),
                        Settle(),
                        Advance(seconds=dice.randrange(60)),
                    ]
                )
            )
    await driver.play(script)

    await assert_told_once(driver, [sent.id for sent in events])


@pytest.mark.guarantee("G5")
async def test_a_superseded_owner_is_refused_and_the_event_is_processed_again(driver: TopologyTestDriver) -> None:
    await driver.supersede("video", 0)
    await driver.supersede("video", 1)
    await driver.play([event(VideoLiked, driver.now, id="1")])

    assert driver.stats("video")["in"] == 2, "once by the old owner, whose mark was refused, and once by the new one"
    assert driver.stats("video")["duplicates"] == 0
    await assert_told_once(driver, ["1"])


# -- window tables

Change = Callable[[TopologyTestDriver], Coroutine[Any, Any, None]]
CHANGES: dict[str, Change] = {
    "crash": lambda driver: driver.crash(),
    "restart": lambda driver: driver.restart(),
    "move": lambda driver: driver.move("video", 1),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.guarantee("G8")
async def test_a_table_is_the_same_afterwards(driver: TopologyTestDriver, change: str) -> None:
    events = []
    for number in range(40):
        events.append(event(VideoLiked, driver.now, id=str(number), video_id=VIDEO if number % 2 else COMMENT))
        await driver.send(events[-1])
        driver.advance(timedelta(seconds=30))
    await driver.settle()
    before = driver.table("video-seen")

    await CHANGES[change](driver)
    after = driver.table("video-seen")
    assert 20 <= len(before) < 40, "some are expired"
    assert after.keys == before.keys
    for old, new in zip(before.snapshots, after.snapshots, strict=True):
        assert (new["partition"], new["stream_time"]) == (old["partition"], old["stream_time"])

    await driver.send(*events)
    await driver.settle()
    assert driver.stats("video")["duplicates"] == len(before)
    await assert_told_once(driver, [str(number) for number in range(40)])


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.guarantee("G8")
async def test_expired_keys_stay_gone(driver: TopologyTestDriver, change: str) -> None:
    old = [event(VideoLiked, driver.now, id=str(number)) for number in range(10)]
    await driver.play([*old, Advance(minutes=20), event(VideoLiked, driver.now + 20 * MINUTE, id="new")])
    assert list(driver.table("video-seen").keys.values()) == [to_ms(driver.now)]

    await CHANGES[change](driver)
    assert list(driver.table("video-seen").keys.values()) == [to_ms(driver.now)]
    await driver.play([Restart()])
    async with asyncio.timeout(5):  # trimming begins when the partition has been taken
        while sum(one["log"]["records"] for one in driver.table("video-seen").snapshots) > 6:
            await asyncio.sleep(0.005)
    assert list(driver.table("video-seen").keys.values()) == [to_ms(driver.now)]


@pytest.mark.guarantee("G8")
async def test_a_log_that_a_newer_release_wrote_is_not_guessed_at() -> None:
    """Its partition is tried again and again, and says why; the other agents go on."""
    async with TopologyTestDriver(app, partitions=1, limit=timedelta(milliseconds=200)) as driver:
        await driver.send_bytes("video-log", b"\x02 of a newer release")
        with pytest.raises(NotSettled, match="not taken: video-0"):
            await driver.crash("video")
        await driver.send(event(UserFollowed, driver.now))
        await driver.settle("user", "delivery")

        assert len(await driver.notifications(BOB)) == 1
        assert driver.stats("video")["partitions"] == []


@pytest.mark.guarantee("G8")
async def test_stream_time_survives_when_every_key_has_expired(driver: TopologyTestDriver) -> None:
    """A batch of duplicates or errors moves stream time too, and the table after a crash must know it."""
    await driver.play([event(VideoLiked, driver.now, id="1")])
    stream_time = _stream_time(driver)
    for _ in range(3):
        await driver.play([Restart()])
    assert _stream_time(driver) == stream_time


def _stream_time(driver: TopologyTestDriver) -> str | None:
    return max((one["stream_time"] for one in driver.table("video-seen").snapshots if one["stream_time"]), default=None)


@pytest.mark.guarantee("G8")
async def test_time_that_an_uncommitted_batch_brought_does_not_make_its_events_late() -> None:
    """Two batches are on their way when the second brings stream time forward; only the first is committed."""
    this = small(late="drop")
    async with TopologyTestDriver(this.app, partitions=1) as driver:
        driver.fail("emit notifications", AWAY, times=None)
        await driver.send(visited(driver.now, "first"))
        await driver.until_waiting("visit")
        await driver.send(visited(driver.now, "second"), visited(driver.now + 3 * MINUTE, "third"))
        async with asyncio.timeout(10):
            while driver.stats("visit")["in"] < 3:
                await asyncio.sleep(0.001)
        driver.restore()
        driver.fail("emit notifications", OwnershipLost("killed"), when=lambda records: len(records) == 2)
        await driver.settle()

        assert [one.notification.content for one in await driver.outputs("notifications")] == [
            "first",
            "second",
            "third",
        ]
        assert driver.stats("visit")["suppressed"] == {}


@pytest.mark.guarantee("G8")
async def test_a_backlog_is_caught_up_as_it_would_have_been_live(driver: TopologyTestDriver) -> None:
    """Expiry compares with stream time: that the wall clock is hours ahead changes nothing."""
    driver.fail("lookup profiles", AWAY, times=None)
    liked = event(VideoLiked, driver.now, id="1")
    await driver.send(liked)
    driver.advance(9 * MINUTE)
    await driver.send(liked)
    driver.advance(timedelta(hours=12))
    driver.restore()
    await driver.settle()

    assert driver.stats("video")["duplicates"] == 1
    assert len(driver.table("video-seen")) == 1


@pytest.mark.guarantee("G8")
async def test_keys_on_their_way_count_within_their_window_only() -> None:
    """In one batch as one by one: a key that came longer ago than the window is news."""
    this = small()
    this.key = lambda visit: "key"
    moments = [timedelta(0), 30 * timedelta(seconds=1), MINUTE, 90 * timedelta(seconds=1), 2 * MINUTE]
    for together in (True, False):
        async with TopologyTestDriver(this.app) as driver:
            visits = [visited(driver.now + moment, str(moment)) for moment in moments]
            await driver.send(*visits) if together else await driver.play(
                [one for visit in visits for one in (visit, Settle())]
            )
            await driver.settle()
            told = [one.notification.content for one in await driver.outputs("notifications")]
            assert told == ["0:00:00", "0:01:00", "0:02:00"], together


@pytest.mark.parametrize(
    ("late", "told", "suppressed", "letters"),
    [
        ("accept", ["now", "late"], {}, 0),
        ("drop", ["now"], {"late": 1}, 0),
        ("dead-letter", ["now"], {}, 1),
    ],
)
@pytest.mark.parametrize("change", [[], [Settle(), Crash()]], ids=["", "after a crash"])
@pytest.mark.guarantee("G1")
async def test_late_events_follow_their_policy(
    late: LatePolicy, told: list[str], suppressed: dict[str, int], letters: int, change: list[Any]
) -> None:
    async with TopologyTestDriver(small(late=late).app) as driver:
        await driver.play([visited(driver.now, "now"), *change, visited(driver.now - MINUTE, "late")])

        assert [one.notification.content for one in await driver.outputs("notifications")] == told
        assert driver.stats("visit")["late"] == 1
        assert driver.stats("visit")["suppressed"] == suppressed
        assert [letter.error for letter in await driver.dead_letters()] == ["LateEvent"] * letters


async def test_an_event_within_the_window_is_not_late() -> None:
    async with TopologyTestDriver(small(late="drop").app) as driver:
        await driver.play([visited(driver.now, "now"), visited(driver.now - MINUTE + timedelta(milliseconds=1), "old")])

        assert len(await driver.outputs("notifications")) == 2


async def test_the_table_can_be_switched_off() -> None:
    settings = Settings(deduplication=DeduplicationSettings(enabled=False))
    async with TopologyTestDriver(app, settings=settings) as driver:
        liked = event(VideoLiked, driver.now, id="1")
        await driver.play([liked, liked])

        assert driver.stats("video")["duplicates"] == len(driver.table("video-seen")) == 0
        assert len(await driver.outputs("notifications")) == 2
        await assert_told_once(driver, ["1"])


async def test_the_window_of_the_settings_is_the_tables() -> None:
    settings = Settings(deduplication=DeduplicationSettings(window=MINUTE))
    async with TopologyTestDriver(app, settings=settings) as driver:
        liked = event(VideoLiked, driver.now)
        later = event(VideoLiked, driver.now + MINUTE)
        await driver.play([liked, later, liked])

        assert driver.stats("video")["duplicates"] == 0
        assert {one["window_seconds"] for one in driver.table("video-seen").snapshots} == {60}


# -- clocks


@pytest.mark.parametrize(
    ("offset", "kept"),
    [
        (timedelta(days=-91), False),
        (timedelta(days=-90), True),
        (timedelta(minutes=5), True),
        (timedelta(minutes=5, milliseconds=1), False),
        (timedelta(days=365 * 70), False),
    ],
)
async def test_an_implausible_time_is_replaced_by_the_publish_time(
    driver: TopologyTestDriver, offset: timedelta, kept: bool
) -> None:
    at = driver.now + offset
    await driver.play([event(CommentCreated, at), event(VideoLiked, at, id="1", owner_id=COMMENT)])

    counted = to_ms(at if kept else driver.now)
    [posted] = [
        one.notification for one in await driver.outputs("notifications") if one.notification.user_id == str(BOB)
    ]
    assert posted.id == notification_id(counted, f"comment/{COMMENT}", BOB, "comment.posted")
    [liked] = [
        one.notification for one in await driver.outputs("notifications") if one.notification.user_id != str(BOB)
    ]
    assert (liked.id, liked.created_at) == (
        notification_id(counted, f"{SOURCE}\n1", COMMENT, "video.liked"),
        format_ms(counted),
    )


async def test_a_clock_in_the_future_moves_stream_time_by_the_allowed_skew_at_most(driver: TopologyTestDriver) -> None:
    broken = event(VideoLiked, datetime(2099, 1, 1, tzinfo=UTC))
    fast = event(VideoLiked, driver.now + 5 * MINUTE)
    liked = event(VideoLiked, driver.now)
    await driver.play([liked, broken, fast, liked])

    assert _stream_time(driver) == format_ms(to_ms(driver.now + 5 * MINUTE))
    assert driver.stats("video")["duplicates"] == 1
    assert driver.stats("video")["late"] == 0


async def test_two_publishes_of_one_event_with_a_broken_clock_make_two_ids(driver: TopologyTestDriver) -> None:
    broken = event(VideoLiked, datetime(1970, 1, 1, tzinfo=UTC))
    await driver.play([broken, Advance(minutes=30), broken])

    assert len(await driver.notifications(BOB)) == 2


@pytest.mark.guarantee("G2")
async def test_a_record_published_again_keeps_its_first_publish_time(driver: TopologyTestDriver) -> None:
    """As a replay does: the same fact makes the same id, also for a broken clock, and history dates from then."""
    broken = event(VideoLiked, datetime(1970, 1, 1, tzinfo=UTC), id="1")
    first = to_ms(driver.now)
    await driver.play([broken, Advance(days=3)])
    await driver.send_bytes(
        "video-events", encode_record(broken), key=broken.key, properties={"first-publish": str(first)}
    )
    await driver.settle()

    assert driver.stats("video")["duplicates"] == 0
    await assert_told_once(driver, ["1"])
    assert {one.published_ms for one in await driver.outputs("notifications")} == {first}


@pytest.mark.guarantee("G1")
async def test_what_waited_beyond_retention_is_a_counted_suppression(driver: TopologyTestDriver) -> None:
    driver.fail("emit notifications", AWAY, times=None)
    await driver.send(event(VideoLiked, driver.now))
    driver.advance(timedelta(days=90))
    driver.restore()
    await driver.settle()

    assert await driver.history(BOB) == []
    assert driver.stats("delivery")["suppressed"] == {"expired": 1}
