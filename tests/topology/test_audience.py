"""Uploads: every follower is told, page by page, without holding up anyone else."""

from uuid import UUID

import pytest

from infra.stores.ports import Follow
from schemas.errors import ConnectionFailed
from schemas.events import VideoLiked, VideoUploaded
from schemas.notifications import notification_id
from schemas.records import AudiencePage
from schemas.times import to_ms
from streams.testing import OwnershipLost, TopologyTestDriver
from tests.topology.events import ADA, BOB, SOURCE, VIDEO, event

FOLLOWERS = [str(UUID(int=0xF0000 + number)) for number in range(1200)]
AWAY = ConnectionFailed("publish", "the broker is away")


async def follow(driver: TopologyTestDriver, followers: list[str]) -> None:
    await driver.stores.people.put_follows([Follow(one, str(ADA), to_ms(driver.now)) for one in followers])


async def assert_all_told_once(driver: TopologyTestDriver, followers: list[str]) -> None:
    summaries = await driver.stores.inbox.summaries(followers)
    assert [one.position.offset for one in summaries] == [1] * len(followers)
    assert [one.unseen for one in summaries] == [1] * len(followers)


@pytest.mark.parametrize("count", [0, 1, 499, 500, 501])
@pytest.mark.guarantee("G1")
async def test_pages_end_where_the_followers_end(driver: TopologyTestDriver, count: int) -> None:
    followers = FOLLOWERS[:count]
    await follow(driver, followers)
    await driver.play([event(VideoUploaded, driver.now)])

    assert sorted(one.notification.user_id for one in await driver.outputs("notifications-bulk")) == followers
    await assert_all_told_once(driver, followers)


@pytest.mark.guarantee("G1")
async def test_an_upload_reaches_1200_followers_in_pages_of_500(driver: TopologyTestDriver) -> None:
    await follow(driver, FOLLOWERS)
    await driver.play([event(VideoUploaded, driver.now, id="1")])

    pages: list[AudiencePage] = await driver.outputs("audience-pages")
    assert [(page.page, page.cursor) for page in pages] == [(1, ""), (2, FOLLOWERS[499]), (3, FOLLOWERS[999])]
    assert {page.published_ms for page in pages} == {to_ms(driver.now)}
    assert await driver.outputs("notifications") == []
    assert len(await driver.outputs("notifications-bulk")) == 1200
    await assert_all_told_once(driver, FOLLOWERS)

    [told] = await driver.notifications(FOLLOWERS[777])
    assert (told.type, told.content, told.subject) == ("video.uploaded", "Ada uploaded “Holiday”", f"video/{VIDEO}")
    assert told.metadata == {"video_id": str(VIDEO), "event_id": "1"}
    assert told.id == notification_id(to_ms(driver.now), f"{SOURCE}\n1", FOLLOWERS[777], "video.uploaded")


async def test_who_uploads_is_not_told(driver: TopologyTestDriver) -> None:
    await follow(driver, [str(ADA), str(BOB)])
    await driver.play([event(VideoUploaded, driver.now)])

    assert await driver.history(ADA) == []
    assert len(await driver.history(BOB)) == 1
    assert driver.stats("audience")["suppressed"] == {"own-action": 1}


async def test_others_are_told_between_the_pages(driver: TopologyTestDriver) -> None:
    await follow(driver, FOLLOWERS)
    driver.fail("emit notifications-bulk", AWAY, times=None, when=lambda records: records[0].key not in FOLLOWERS[:500])
    await driver.send(event(VideoUploaded, driver.now))
    await driver.until_waiting("audience")
    await driver.send(event(VideoLiked, driver.now))
    await driver.settle("video", "delivery")

    assert len(await driver.outputs("notifications-bulk")) == 500
    assert len(await driver.notifications(BOB)) == 1
    driver.restore()
    await driver.settle()
    await assert_all_told_once(driver, FOLLOWERS)


@pytest.mark.parametrize(
    ("step", "agent"),
    [
        ("lookup followers", "audience"),
        ("emit notifications-bulk", None),
        ("emit audience-pages", None),
        ("audience-log", None),
        ("acknowledge", "audience"),
        ("inbox", "delivery"),
    ],
)
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.guarantee("G1")
@pytest.mark.guarantee("G2")
async def test_a_crash_in_the_middle_tells_everyone_once(
    driver: TopologyTestDriver, step: str, agent: str | None, after: bool
) -> None:
    """At the second page: the first is done, the third not begun."""
    await follow(driver, FOLLOWERS)
    pages = 0

    def second(_: object) -> bool:
        nonlocal pages
        pages += 1
        return pages == 2

    driver.fail(step, OwnershipLost("killed"), agent=agent, after=after, when=second)
    await driver.play([event(VideoUploaded, driver.now)])

    assert pages >= 2
    await assert_all_told_once(driver, FOLLOWERS)
    assert {page.page for page in await driver.outputs("audience-pages")} == {1, 2, 3}


@pytest.mark.guarantee("G2")
async def test_an_upload_sent_twice_makes_one_chain_of_pages(driver: TopologyTestDriver) -> None:
    await follow(driver, FOLLOWERS)
    uploaded = event(VideoUploaded, driver.now)
    page = AudiencePage(event=uploaded, published_ms=to_ms(driver.now))
    await driver.send(page, page, page)
    await driver.settle()

    assert len(await driver.outputs("notifications-bulk")) == 1200
    assert driver.stats("audience")["duplicates"] == 2
