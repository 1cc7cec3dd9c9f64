"""Why somebody was told of an event, or was not: one test for each thing that may become of it."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from infra.log.ports import Outgoing
from infra.stores.ports import Follow, Mark, PreferencesVersion
from pavilion.explain import Explainer
from pavilion.find_event import Bounds, since_of
from pavilion.replay import Replayer
from schemas.dead_letters import ALL, ReplayRequest
from schemas.errors import ConnectionFailed, InvalidNotification
from schemas.events import UserFollowed, VideoCommented, VideoLiked, VideoUploaded
from schemas.explain import Explanation, Recipient
from schemas.notifications import MarkState
from schemas.preferences import Preferences, QuietHours
from schemas.records import encode_record
from schemas.times import format_ms, to_ms
from streams.testing import TopologyTestDriver
from tests.topology.events import ADA, BOB, CYD, by_the_told, event
from topologies import app


async def explain(
    driver: TopologyTestDriver, event_id: str | None = None, user: UUID | None = None, **options: Any
) -> Explanation:
    explainer = Explainer(driver.log, driver.stores, driver._settings, app.specs(), clock=lambda: to_ms(driver.now))
    return await explainer.explain(event_id, None if user is None else str(user), **options)


async def recipient(driver: TopologyTestDriver, event_id: str, user: UUID = BOB) -> Recipient:
    """What the explanation says of one recipient; it agrees with its verdict."""
    found = await explain(driver, event_id, user)
    [story] = found.events
    [one] = story.recipients
    assert one.user_id == str(user)
    assert found.told == (one.fate == "told")
    assert found.verdict == f"{user} was {one.text}"
    return one


async def prefer(driver: TopologyTestDriver, user: UUID, preferences: Preferences, *changed: str) -> None:
    version = len(await driver.stores.preferences.page(str(user), None, 50)) + 1
    chosen = PreferencesVersion(str(user), version, to_ms(driver.now), "user", preferences, changed)
    assert await driver.stores.preferences.put(chosen)


async def mark(driver: TopologyTestDriver, state: MarkState) -> None:
    [newest, *_] = await driver.notifications(BOB)
    given = Mark(f"{state}-1", str(BOB), state, to_ms(driver.now), (newest.id,))
    await driver.stores.history.mark(given)
    await driver.stores.inbox.mark(given)


async def test_told(driver: TopologyTestDriver) -> None:
    await driver.play([event(VideoLiked, driver.now, id="1")])
    one = await recipient(driver, "1")
    [there] = await driver.notifications(BOB)
    assert (one.fate, one.standing, one.inbox, one.notification_id) == ("told", "unseen", True, there.id)
    states: tuple[MarkState, ...] = ("seen", "read", "archived", "deleted")
    for state in states:
        driver.advance(timedelta(seconds=1))
        await mark(driver, state) if state != "deleted" else await _delete(driver, there.id)
        assert (await recipient(driver, "1")).standing == state
    assert not (await recipient(driver, "1")).inbox


async def _delete(driver: TopologyTestDriver, id: str) -> None:
    given = Mark("deleted-1", str(BOB), "deleted", to_ms(driver.now), (id,))
    await driver.stores.history.mark(given)
    await driver.stores.inbox.mark(given)


async def test_nothing_that_a_notification_says_is_told(driver: TopologyTestDriver) -> None:
    commented = event(VideoCommented, driver.now, id="1", title="Secret title", text="Secret words")
    await driver.play([commented])
    said = str(await explain(driver, "1")) + str(await explain(driver, None, BOB))
    assert "Secret" not in said
    assert "Ada" not in said


async def test_told_and_too_old_for_the_inbox(driver: TopologyTestDriver) -> None:
    await driver.play([event(VideoLiked, driver.now, id="1")])
    since = to_ms(driver.now)
    driver.advance(timedelta(days=20))
    await driver.play([event(VideoLiked, driver.now, id="2")])
    found = await explain(driver, "1", BOB, since_ms=since)
    [one] = found.events[0].recipients
    assert (one.fate, one.inbox) == ("told", False)
    assert "in history, and not (any more) in the inbox" in one.text


async def test_own_action(driver: TopologyTestDriver) -> None:
    await driver.play([by_the_told(VideoLiked, driver.now, id="1")])
    one = await recipient(driver, "1")
    assert (one.fate, one.suppression, one.notification_id) == ("suppressed", "own-action", None)
    assert "as the rules decide now" in one.text


@pytest.mark.parametrize("before", [True, False])
async def test_opted_out(driver: TopologyTestDriver, before: bool) -> None:
    liked = event(VideoLiked, driver.now, id="1")
    if not before:
        await driver.play([liked])
        driver.advance(timedelta(seconds=1))
    await prefer(driver, BOB, Preferences(types={"video.liked": False}), "video.liked")
    chosen = format_ms(to_ms(driver.now))
    if before:
        await driver.play([liked])
    one = await recipient(driver, "1")
    assert one.suppression == "opted-out"
    assert one.fate == ("suppressed" if before else "told")
    assert f"(the user's choice of {chosen}, {'before' if before else 'after'} the event)" in one.text


async def test_quiet_hours_put_off(driver: TopologyTestDriver) -> None:
    await prefer(driver, BOB, Preferences(quiet_hours=QuietHours("11:00", "13:00", "UTC")), "quiet_hours")
    await driver.play([event(VideoLiked, driver.now, id="1")])
    assert "clients learn of it at 2026-01-05T13:00:00.000Z" in (await recipient(driver, "1")).text


async def test_expired(driver: TopologyTestDriver) -> None:
    driver.fail("emit notifications", InvalidNotification("publish", "no"), times=None)
    await driver.play([event(VideoLiked, driver.now, id="1")])
    since = to_ms(driver.now)
    driver.advance(driver._settings.retention)
    found = await explain(driver, "1", BOB, since_ms=since)
    assert [one.fate for one in found.events[0].recipients] == ["expired"]


async def test_waiting_for_a_dependency(driver: TopologyTestDriver) -> None:
    driver.fail("lookup profiles", ConnectionFailed("look up", "away"), times=None)
    await driver.send(event(VideoLiked, driver.now, id="1"))
    await driver.until_waiting("video")
    found = await explain(driver, "1")
    assert [one.fate for one in found.events[0].recipients] == ["waiting"]
    assert [(one.name, one.state) for one in found.events[0].stages[:2]] == [("published", "ok"), ("agent", "wait")]
    driver.restore()
    await driver.settle()
    assert (await recipient(driver, "1")).fate == "told"


async def test_waiting_for_delivery(driver: TopologyTestDriver) -> None:
    driver.fail("inbox", ConnectionFailed("append", "away"), times=None)
    driver.fail("history", ConnectionFailed("insert", "away"), times=None)
    await driver.send(event(VideoLiked, driver.now, id="1"))
    await driver.settle("video")
    one = await recipient(driver, "1")
    assert one.fate == "waiting"
    assert "delivery has 1 records of notifications" in one.text
    driver.restore()
    await driver.settle()


async def test_tried_again_then_told(driver: TopologyTestDriver) -> None:
    driver.fail("lookup profiles", RuntimeError("no"), agent="video")
    await driver.play([event(VideoLiked, driver.now, id="1")])
    found = await explain(driver, "1")
    assert [one.fate for one in found.events[0].recipients] == ["retrying"]
    assert [(one.agent, one.attempt, one.error) for one in found.events[0].attempts] == [("video", 1, "RuntimeError")]
    driver.advance(timedelta(minutes=5))
    await driver.settle()
    found = await explain(driver, "1")
    assert found.told
    assert [stage.state for stage in found.events[0].stages] == ["ok", "ok", "note", "ok"]


@pytest.mark.parametrize("step", ["emit notifications", "inbox"])
async def test_a_dead_letter_of_the_event_or_of_its_notification(driver: TopologyTestDriver, step: str) -> None:
    driver.fail(step, InvalidNotification("publish", "no"), times=None)
    if step == "inbox":
        driver.fail("history", InvalidNotification("insert", "no"), times=None)
    await driver.play([event(VideoLiked, driver.now, id="1"), event(VideoLiked, driver.now, id="2", owner_id=CYD)])
    driver.restore()
    for id, user in (("1", BOB), ("2", CYD)):
        one = await recipient(driver, id, user)
        found = await explain(driver, id)
        [letter] = found.events[0].dead_letters
        assert one.fate == "dead-letter"
        assert letter.id in one.text
        assert (letter.pending, letter.error) == (True, "InvalidNotification")
    replayer = Replayer(driver.log, "dead-letters", driver.stores.replays, clock=lambda: to_ms(driver.now))
    await replayer.replay(ReplayRequest(filters=ALL), by="ada")
    await driver.settle()
    found = await explain(driver, "1")
    assert found.told
    assert [letter.pending for letter in found.events[0].dead_letters] == [False]


async def test_an_event_that_cannot_be_read(driver: TopologyTestDriver) -> None:
    broken = encode_record(event(VideoLiked, driver.now, id="1")).replace(b'"owner_id"', b'"owner"')
    await driver.send_bytes("video-events", broken, key="x")
    await driver.settle()
    found = await explain(driver, "1", BOB)
    assert not found.told
    assert "it cannot be read: Object missing required field `owner_id` - at `$.data`" in found.verdict
    [story] = found.events
    assert [letter.error for letter in story.dead_letters] == ["InvalidEventType"]
    assert story.type == "pavilion.video.liked.v1"


async def test_duplicates_and_what_comes_after_the_window(driver: TopologyTestDriver) -> None:
    liked = event(VideoLiked, driver.now, id="1")
    for minutes in (1, 1, 20):
        await driver.play([liked])
        driver.advance(timedelta(minutes=minutes))
    await driver.play([liked])
    [story] = (await explain(driver, "1")).events
    assert [copy.duplicate for copy in story.copies] == [False, True, True, False]
    assert all(copy.processed for copy in story.copies)
    assert "2 more within the window of the first, dropped as duplicates; 1 more after" in story.stages[0].text


async def test_ids_of_two_sources_are_two_events(driver: TopologyTestDriver) -> None:
    await driver.play([event(VideoLiked, driver.now, id="1", source=source) for source in ("/a", "/b")])
    assert [story.source for story in (await explain(driver, "1")).events] == ["/a", "/b"]


async def test_an_upload_tells_followers_through_its_pages(driver: TopologyTestDriver) -> None:
    followers = [UUID(int=0xC0000 + number) for number in range(620)]
    await driver.stores.people.put_follows([Follow(str(one), str(ADA), 1) for one in followers])
    await prefer(driver, followers[3], Preferences(types={"video.uploaded": False}), "video.uploaded")
    await driver.play([event(VideoUploaded, driver.now, id="1")])
    found = await explain(driver, "1")
    [story] = found.events
    assert (len(story.recipients), story.complete, found.told) == (200, False, False)
    assert sum(one.fate == "told" for one in story.recipients) == 199
    assert (await recipient(driver, "1", followers[-1])).fate == "told"
    assert (await recipient(driver, "1", followers[3])).suppression == "opted-out"
    found = await explain(driver, "1", BOB)
    assert (found.told, found.verdict) == (False, f"{BOB} was not told: no rule tells this user of it")


async def test_what_the_rules_would_tell_and_is_not_there(driver: TopologyTestDriver) -> None:
    await driver.play([event(VideoUploaded, driver.now, id="1")])  # before anybody followed
    await driver.stores.people.put_follows([Follow(str(BOB), str(ADA), 1)])
    one = await recipient(driver, "1")
    assert one.fate == "missing"
    assert "pavilion replay" in one.text


async def test_an_event_that_is_not_there(driver: TopologyTestDriver) -> None:
    await driver.play([event(VideoLiked, driver.now, id=f"{number}") for number in range(30)])
    found = await explain(driver, "none")
    assert (found.told, found.events) == (False, [])
    assert found.searched is not None
    assert (found.searched.records, found.searched.complete) == (30, True)
    found = await explain(driver, "none", bounds=Bounds(records=10))
    assert found.searched is not None
    assert (found.searched.records, found.searched.complete) == (10, False)
    assert "the search gave up" in found.verdict
    for wrong in ({}, {"event_id": None}):
        with pytest.raises(InvalidNotification, match="give an event, a user, or both"):
            await explain(driver, **wrong)


async def test_a_search_begins_where_the_id_says(driver: TopologyTestDriver) -> None:
    now = to_ms(driver.now)
    made = now - 3 * 86_400_000
    version_7 = str(UUID(int=made << 80 | 0x7 << 76 | 0x2 << 62 | 5))
    assert since_of(version_7, now) == made - 3_600_000
    for other in (str(uuid4()), "like-1", str(UUID(int=(now + 10**9) << 80 | 0x7 << 76 | 0x2 << 62))):
        assert since_of(other, now) == now - 86_400_000
    await driver.play([event(VideoLiked, driver.now, id=id) for id in (version_7, "like-1")])
    driver.advance(timedelta(days=2))
    assert (await explain(driver, version_7)).told
    assert (await explain(driver, "like-1")).events == []
    assert (await explain(driver, "like-1", since_ms=now)).told


async def test_ids_that_json_may_write_otherwise_are_found(driver: TopologyTestDriver) -> None:
    for id in ('a"b', "a/b", "ä", "a=b", "a\\b"):
        await driver.play([event(VideoLiked, driver.now, id=id)])
        assert (await explain(driver, id)).told
    escaped = encode_record(event(VideoLiked, driver.now, id="x=y")).replace(b"x=y", b"x\\u003dy")
    await driver.log.publisher("video-events").publish([Outgoing("x", escaped)])
    await driver.settle()
    assert (await explain(driver, "x=y")).told


async def test_a_user(driver: TopologyTestDriver) -> None:
    await driver.play([event(VideoLiked, driver.now, id="1"), event(UserFollowed, driver.now, id="2")])
    hours = QuietHours("11:00", "13:00", "UTC")
    await prefer(driver, BOB, Preferences(types={"video.shared": False}, quiet_hours=hours), "video.shared")
    found = await explain(driver, None, BOB)
    assert (found.told, found.searched, found.events) == (None, None, [])
    assert found.user is not None
    assert sorted(one.event_id or "" for one in found.user.received) == ["1", "2"]
    assert {one.standing for one in found.user.received} == {"unseen"}
    assert all(one.inbox for one in found.user.received)
    assert (found.user.unseen, found.user.opted_out, found.user.quiet_hours) == (2, ["video.shared"], hours)
    assert found.user.quiet_until == "2026-01-05T13:00:00.000Z"
    nobody = await explain(driver, None, uuid4())
    assert nobody.user is not None
    assert not nobody.user.known
