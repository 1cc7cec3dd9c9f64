"""Consent in delivery: what a user opted out of is suppressed and counted, from the next attempt on."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from infra.stores.ports import PreferencesVersion
from schemas.errors import ConnectionFailed
from schemas.notifications import make_notification
from schemas.preferences import Preferences, QuietHours
from schemas.records import NotificationRecord
from schemas.times import to_ms
from streams.testing import TopologyTestDriver
from tests.topology.events import BOB, CYD

AWAY = ConnectionFailed("call", "the server is away")


def record(
    driver: TopologyTestDriver, type: str = "video.liked", user: UUID = BOB, number: int = 1
) -> NotificationRecord:
    created = to_ms(driver.now)
    notification = make_notification(
        recipient=user,
        type=type,
        content="told",
        subject="video/1",
        subject_key=f"test/{number}",
        family=type,
        created_ms=created,
    )
    return NotificationRecord(notification=notification, published_ms=created)


async def choose(driver: TopologyTestDriver, number: int = 1, user: UUID = BOB, **types: bool) -> None:
    """Preferences as a gateway keeps them. Quiet hours hold all day but for a minute: delivery does not heed them."""
    consents = {name.replace("_", "."): allowed for name, allowed in types.items()}
    chosen = Preferences(types=consents, quiet_hours=QuietHours("00:01", "00:00", "UTC"))
    version = PreferencesVersion(str(user), number, to_ms(driver.now), "test", chosen, tuple(consents))
    assert await driver.stores.preferences.put(version)


async def types_of(driver: TopologyTestDriver, user: UUID = BOB) -> set[str]:
    return {one.type for one in await driver.notifications(user)}


@pytest.mark.guarantee("G1")
async def test_what_is_opted_out_of_is_suppressed_and_counted(driver: TopologyTestDriver) -> None:
    await choose(driver, video_liked=False, security_alert=False)
    kinds = ["video.liked", "video.shared", "security.alert", "live.started"]
    sent = [record(driver, kind, number=number) for number, kind in enumerate(kinds)]
    await driver.send(*sent, record(driver, user=CYD))
    await driver.settle()

    assert await types_of(driver) == set(kinds[1:])
    assert {one.type for one in await driver.history(BOB)} == set(kinds[1:])
    assert await types_of(driver, CYD) == {"video.liked"}
    assert driver.stats("delivery")["suppressed"] == {"opted-out": 1}
    told = [one for one in await driver.outputs("fan-out") if one.user_id == str(BOB)]
    assert [one.position.offset for one in told] == [1, 2, 3]
    assert (await driver.counts(BOB)).unread == 3


async def test_consent_given_again_holds_for_what_comes_then(driver: TopologyTestDriver) -> None:
    await choose(driver, 1, video_liked=False)
    await driver.send(record(driver, number=1))
    await driver.settle()
    await choose(driver, 2, video_liked=True)
    await driver.send(record(driver, number=2))
    await driver.settle()
    assert len(await driver.notifications(BOB)) == 1


@pytest.mark.guarantee("G1")
@pytest.mark.guarantee("G7")
async def test_while_preferences_are_away_delivery_waits(driver: TopologyTestDriver) -> None:
    driver.fail("lookup preferences", AWAY, times=None)
    await choose(driver, video_liked=False)
    await driver.send(record(driver), record(driver, "video.shared"))
    assert "looks up preferences" in await driver.until_waiting("delivery")
    assert await driver.history(BOB) == await driver.dead_letters() == []

    driver.restore()
    await driver.settle()
    assert await types_of(driver) == {"video.shared"}
    assert driver.stats("delivery")["suppressed"] == {"opted-out": 1}


@pytest.mark.guarantee("G1")
@pytest.mark.parametrize("store", ["history", "inbox"])
async def test_who_opts_out_while_a_store_is_away_is_not_told_afterwards(
    driver: TopologyTestDriver, store: str
) -> None:
    """Consent was looked up when the batch came, and is looked up again when it can be written at last."""
    attempts = []
    driver.fail(store, AWAY, times=None, when=lambda given: attempts.append(given) is None)
    await driver.send(record(driver), record(driver, "video.shared"), record(driver, user=CYD))
    await driver.until_waiting("delivery")
    await choose(driver, video_liked=False)
    driver.advance(timedelta(seconds=1))
    async with asyncio.timeout(10):
        seen = len(attempts)
        while len(attempts) < seen + 2:  # those under way when the clock was moved are over
            await asyncio.sleep(0.01)
    driver.restore()
    await driver.settle()

    assert await types_of(driver) == {"video.shared"}
    assert await types_of(driver, CYD) == {"video.liked"}
    assert driver.stats("delivery")["suppressed"] == {"opted-out": 1}
    assert await driver.dead_letters() == []


@pytest.mark.guarantee("G1")
async def test_a_suppression_is_counted_once_however_often_it_is_tried(driver: TopologyTestDriver) -> None:
    await choose(driver, video_liked=False)
    driver.fail("history", AWAY, times=5)
    await driver.send(record(driver), record(driver, "video.shared"))
    await driver.settle()
    assert driver.stats("delivery")["suppressed"] == {"opted-out": 1}


@pytest.mark.guarantee("G1")
async def test_a_crash_between_the_inbox_and_an_opt_out_is_repeated_as_a_suppression(
    driver: TopologyTestDriver,
) -> None:
    """It was in history and inbox before the user opted out, and stays there; the gateway finds it by its position."""
    driver.fail("emit fan-out", AWAY, times=None)
    await driver.send(record(driver))
    await driver.until_waiting("delivery")
    await choose(driver, video_liked=False)
    driver.advance(timedelta(seconds=1))
    await driver.crash("delivery")
    driver.restore()
    await driver.settle()
    assert len(await driver.history(BOB)) == len(await driver.notifications(BOB)) == 1
    assert await driver.outputs("fan-out") == []
    # The attempt that was under way may have counted it as well, before the crash took its acknowledgement.
    assert driver.stats("delivery")["suppressed"] in ({"opted-out": 1}, {"opted-out": 2})
