"""Events that are tried again, across crashes, in window tables, and beside what others put on their topics."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from infra.log.ports import MAX_RECORD_BYTES
from schemas.events import CommentCreated, VideoLiked, encode_event
from streams import Retry
from streams.testing import Advance, Crash, OwnershipLost, Restart, TopologyTestDriver
from tests.topology.events import BOB, event
from tests.topology.small import small, visited
from tests.topology.test_delivery import record
from tests.topology.test_retry import AWAY, BUG, LAST, of, waiting

# -- crashes


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("step", ["emit retry", "emit video-retry-in", "acknowledge", "video-log"])
@pytest.mark.guarantee("G1")
@pytest.mark.guarantee("G2")
async def test_a_crash_on_the_way_round_loses_and_doubles_nothing(
    driver: TopologyTestDriver, step: str, after: bool
) -> None:
    driver.fail("emit notifications", BUG, times=3, when=of("odd"))  # of two, alone, and once more when it comes back
    driver.fail(step, OwnershipLost("killed"), after=after)
    await driver.send(*(event(VideoLiked, driver.now, id=id) for id in ("odd", "good")))
    for _ in range(4):
        await driver.settle()
        driver.advance(LAST)
    await driver.settle()
    assert sorted(one.metadata["event_id"] for one in await driver.history(BOB)) == ["good", "odd"]
    assert (await driver.counts(BOB)).unseen == 2
    assert len(driver.table("video-seen")) == 2
    assert await driver.dead_letters() == []


@pytest.mark.guarantee("G2")
async def test_what_is_forwarded_twice_is_dropped_as_a_duplicate(driver: TopologyTestDriver) -> None:
    driver.fail("emit notifications", BUG)
    driver.fail("emit video-retry-in", OwnershipLost("killed between receipt and acknowledgement"), after=True)
    await driver.send(event(VideoLiked, driver.now))
    await driver.settle()
    driver.advance(LAST)
    await driver.settle()
    assert await waiting(driver, "video-retry-in") == 2
    assert driver.stats("video")["duplicates"] == 1
    assert len(await driver.outputs("notifications")) == len(await driver.notifications(BOB)) == 1


@pytest.mark.guarantee("G2")
async def test_a_notification_that_is_forwarded_twice_takes_one_offset(driver: TopologyTestDriver) -> None:
    driver.fail("inbox", BUG)
    driver.fail("emit delivery-retry-in", OwnershipLost("killed"), after=True)
    await driver.send(record(driver))
    await driver.settle()
    driver.advance(LAST)
    await driver.settle()
    assert await waiting(driver, "delivery-retry-in") == 2
    assert (await driver.counts(BOB)).position.offset == len(await driver.history(BOB)) == 1


@pytest.mark.parametrize("between", [Crash(), Restart()])
@pytest.mark.guarantee("G1")
async def test_what_waits_to_be_tried_again_outlives_the_worker(driver: TopologyTestDriver, between: object) -> None:
    driver.fail("emit notifications", BUG)
    await driver.send(event(VideoLiked, driver.now))
    await driver.settle()
    await driver.play([between, Advance(minutes=1), between])
    assert len(await driver.notifications(BOB)) == 1


# -- window tables


@pytest.mark.parametrize("late", ["drop", "dead-letter"])
@pytest.mark.guarantee("G1")
async def test_what_was_admitted_once_is_not_late_when_it_comes_back(late: Any) -> None:
    async with TopologyTestDriver(small(late=late, retry=Retry()).app) as driver:
        driver.fail("emit notifications", BUG)
        await driver.send(visited(driver.now, "odd"))
        await driver.settle()
        driver.advance(timedelta(minutes=3))
        await driver.send(visited(driver.now, "later"))
        await driver.settle()
        contents = {one.notification.content for one in await driver.outputs("notifications")}
        assert contents == {"odd", "later"}
        assert driver.stats("visit")["late"] == 0


@pytest.mark.guarantee("G2")
async def test_it_is_dropped_if_the_same_event_was_told_meanwhile() -> None:
    async with TopologyTestDriver(small(retry=Retry()).app) as driver:
        driver.fail("emit notifications", BUG)
        sent = visited(driver.now, "twice")
        await driver.send(sent)
        await driver.settle()
        await driver.send(sent)
        await driver.settle()
        driver.advance(timedelta(seconds=1))
        await driver.settle()
        assert len(await driver.outputs("notifications")) == 1
        assert driver.stats("visit")["duplicates"] == 1


@pytest.mark.guarantee("G8")
async def test_what_comes_back_does_not_log_how_far_unfinished_batches_moved_the_time() -> None:
    """After a crash their events, which come again, would be late."""
    async with TopologyTestDriver(small(late="drop", retry=Retry()).app, partitions=1) as driver:
        driver.fail("emit notifications", BUG)
        await driver.send(visited(driver.now, "odd"))
        await driver.settle()
        driver.fail("emit notifications", AWAY, times=None, when=of("old"))
        start = driver.now
        await driver.send(visited(start + timedelta(seconds=30), "old"), visited(start + timedelta(minutes=2), "new"))
        await driver.until_waiting("visit")
        logged = await waiting(driver, "visit-log")
        driver.advance(timedelta(seconds=1))
        async with asyncio.timeout(10):
            while await waiting(driver, "visit-log") == logged:
                await asyncio.sleep(0.001)
        await driver.until_waiting("visit")
        await driver.crash()
        driver.restore()
        await driver.settle()
        assert driver.stats("visit")["late"] == 0
        assert {one.notification.content for one in await driver.outputs("notifications")} == {"odd", "old", "new"}


# -- what others put there


@pytest.mark.guarantee("G6")
async def test_records_that_nobody_sent_round_are_dead_letters(driver: TopologyTestDriver) -> None:
    payload = encode_event(event(VideoLiked, driver.now))
    await driver.send_bytes("video-retry-in", payload, key="k")
    await driver.send_bytes("retry", payload, key="k", properties={"retry-agent": "video", "retry-partition": "many"})
    await driver.send_bytes("retry", payload, key="k", properties={"retry-agent": "nobody"})
    await driver.settle()
    letters = await driver.dead_letters()
    assert [(letter.topic, letter.error, letter.payload_bytes) for letter in letters] == [
        ("video-retry-in", "InvalidEventType", payload)
    ] * 2
    assert await driver.notifications(BOB) == []


@pytest.mark.guarantee("G6")
async def test_a_record_with_no_room_for_more_is_a_dead_letter(driver: TopologyTestDriver) -> None:
    driver.fail("emit notifications", BUG, times=None, when=of("odd"))
    odd = event(VideoLiked, driver.now, id="odd")
    await driver.send(odd, key="k" * (MAX_RECORD_BYTES - len(encode_event(odd))))
    await driver.settle()
    [letter] = await driver.dead_letters()
    assert (letter.attempts, letter.error) == (1, "RuntimeError")


async def test_agents_take_their_own_events_alone(driver: TopologyTestDriver) -> None:
    driver.fail("emit notifications", BUG, times=2)
    await driver.send(event(VideoLiked, driver.now, id="v"))
    await driver.settle()
    await driver.send(event(CommentCreated, driver.now, id="c"))
    await driver.settle()
    driver.advance(LAST)
    await driver.settle()
    assert [len(await driver.records(f"{agent}-retry-in")) for agent in ("video", "comment", "user")] == [1, 1, 0]
    assert len(await driver.notifications(BOB)) == 2
