"""Delivery: history, then inbox, then fan-out; expiry, redelivery, and the two lanes."""

from datetime import timedelta

import pytest

from schemas.notifications import Notification, make_notification
from schemas.records import NotificationRecord
from schemas.times import to_ms
from streams.testing import TopologyTestDriver
from tests.topology.events import BOB, CYD

RETENTION = timedelta(days=90)


def record(driver: TopologyTestDriver, number: int = 1, *, age: timedelta = timedelta(0)) -> NotificationRecord:
    created = to_ms(driver.now - age)
    notification = make_notification(
        recipient=BOB,
        type="video.liked",
        content=f"Ada liked your video {number}",
        subject="video/1",
        subject_key=f"test/{number}",
        family="video.liked",
        created_ms=created,
    )
    return NotificationRecord(notification=notification, published_ms=created)


def numbered(notifications: list[Notification]) -> list[str]:
    return [one.content.removeprefix("Ada liked your video ") for one in notifications]


@pytest.mark.guarantee("G1")
async def test_a_notification_is_in_history_inbox_and_fan_out(driver: TopologyTestDriver) -> None:
    sent = record(driver)
    await driver.send(sent)
    await driver.settle()

    assert await driver.history(BOB) == await driver.notifications(BOB) == [sent.notification]
    [added] = await driver.outputs("fan-out")
    [source] = await driver.records("fan-out")
    assert (added.notification, added.before, added.unseen, added.unread) == (sent.notification, "", 1, 1)
    assert added.position == (await driver.counts(BOB)).position
    assert source.key == str(BOB)


@pytest.mark.guarantee("G3")
async def test_fan_out_has_every_offset_in_order(driver: TopologyTestDriver) -> None:
    await driver.send(*(record(driver, number) for number in range(450)))
    await driver.settle()

    added = await driver.outputs("fan-out")
    assert [one.position.offset for one in added] == list(range(1, 451))
    assert [one.before for one in added] == ["", *(one.position.tail for one in added[:-1])]


@pytest.mark.guarantee("G2")
async def test_the_same_notification_again_takes_no_offset(driver: TopologyTestDriver) -> None:
    for _ in range(3):
        await driver.send(record(driver))
        await driver.settle()

    assert len(await driver.notifications(BOB)) == len(await driver.history(BOB)) == 1
    assert {one.position.offset for one in await driver.outputs("fan-out")} == {1}
    assert (await driver.counts(BOB)).unread == 1


@pytest.mark.guarantee("G2")
async def test_the_same_notification_on_both_lanes_is_one(driver: TopologyTestDriver) -> None:
    await driver.send(record(driver))
    await driver.send(record(driver), topic="notifications-bulk")
    await driver.settle()

    assert len(await driver.notifications(BOB)) == (await driver.counts(BOB)).position.offset == 1


@pytest.mark.guarantee("G1")
async def test_what_is_past_retention_is_suppressed_and_counted(driver: TopologyTestDriver) -> None:
    edge = timedelta(milliseconds=1)
    await driver.send(record(driver, 1, age=RETENTION), record(driver, 2, age=RETENTION - edge))
    await driver.settle()

    assert numbered(await driver.history(BOB)) == ["2"]
    assert driver.stats("delivery")["suppressed"] == {"expired": 1}


@pytest.mark.guarantee("G1")
async def test_what_was_published_before_retention_is_suppressed_too(driver: TopologyTestDriver) -> None:
    """An event may say a time up to five minutes after its publish; history counts from the publish."""
    sent = record(driver, age=RETENTION - timedelta(minutes=1))
    published = sent.notification.created_ms - 2 * 60_000
    await driver.send(NotificationRecord(notification=sent.notification, published_ms=published))
    await driver.settle()

    assert await driver.history(BOB) == []
    assert driver.stats("delivery")["suppressed"] == {"expired": 1}


async def test_what_is_older_than_the_inbox_remembers_goes_to_history_only(driver: TopologyTestDriver) -> None:
    await driver.send(record(driver, age=timedelta(days=8)))
    await driver.settle()

    assert len(await driver.history(BOB)) == 1
    assert await driver.notifications(BOB) == []
    assert await driver.outputs("fan-out") == []


async def test_the_inbox_keeps_seven_days_and_history_ninety(driver: TopologyTestDriver) -> None:
    await driver.send(record(driver, 1))
    await driver.settle()
    driver.advance(timedelta(days=8))
    await driver.send(record(driver, 2))
    await driver.settle()
    assert numbered(await driver.notifications(BOB)) == ["2"]
    assert numbered(await driver.history(BOB)) == ["2", "1"]

    driver.advance(timedelta(days=83))
    assert numbered(await driver.history(BOB)) == ["2"]


async def test_users_do_not_see_each_other(driver: TopologyTestDriver) -> None:
    await driver.send(record(driver))
    await driver.settle()

    assert await driver.notifications(CYD) == await driver.history(CYD) == []
    assert (await driver.counts(CYD)).position.offset == 0
