"""Video events: who is told what, and duplicates."""

from datetime import timedelta

import pytest

from infra.stores.ports import Profile
from schemas.events import CloudEvent, VideoCommented, VideoLiked, VideoShared
from schemas.notifications import Actor, notification_id
from schemas.times import format_ms, to_ms
from streams.testing import Advance, TopologyTestDriver
from tests.topology.events import ADA, BOB, COMMENT, CYD, SOURCE, VIDEO, by_the_told, event

VIDEO_ID = {"video_id": str(VIDEO)}


@pytest.mark.parametrize(
    ("kind", "verb", "content", "ids", "subject_key", "family"),
    [
        (VideoLiked, "video.liked", "Ada liked your video “Holiday”", {}, f"{SOURCE}\n1", "video.liked"),
        (VideoShared, "video.shared", "Ada shared your video “Holiday”", {}, f"{SOURCE}\n1", "video.shared"),
        (
            VideoCommented,
            "video.commented",
            "Ada commented on your video “Holiday”: Lovely",
            {"comment_id": str(COMMENT)},
            f"comment/{COMMENT}",
            "comment.posted",
        ),
    ],
)
@pytest.mark.guarantee("G1")
async def test_the_owner_is_told(
    driver: TopologyTestDriver,
    kind: type[CloudEvent],
    verb: str,
    content: str,
    ids: dict[str, str],
    subject_key: str,
    family: str,
) -> None:
    at = driver.now - timedelta(seconds=3)
    await driver.play([event(kind, at, id="1")])

    [told] = await driver.notifications(BOB)
    assert (told.type, told.content, told.subject) == (verb, content, f"video/{VIDEO}")
    assert told.metadata == {**VIDEO_ID, **ids, "event_id": "1"}
    assert told.actor == Actor(str(ADA), "Ada")
    assert told.id == notification_id(to_ms(at), subject_key, BOB, family)
    assert (told.created_at, told.priority, told.user_id) == (format_ms(to_ms(at)), "normal", str(BOB))
    assert await driver.history(BOB) == [told]
    assert await driver.notifications(ADA) == []


@pytest.mark.parametrize("kind", [VideoLiked, VideoShared, VideoCommented])
@pytest.mark.guarantee("G1")
async def test_nobody_is_told_of_their_own_action(driver: TopologyTestDriver, kind: type[CloudEvent]) -> None:
    await driver.play([by_the_told(kind, driver.now)])

    assert await driver.history(BOB) == []
    assert driver.stats("video")["suppressed"] == {"own-action": 1}


async def test_the_name_comes_from_the_event_or_from_an_earlier_one(driver: TopologyTestDriver) -> None:
    await driver.play([event(VideoLiked, driver.now, actor_name=None)])
    driver.advance(timedelta(seconds=1))
    await driver.play([event(VideoLiked, driver.now, actor_name="Ada Lovelace")])
    driver.advance(timedelta(seconds=1))
    await driver.play([event(VideoLiked, driver.now, actor_name=None)])

    latest, named, nameless = await driver.notifications(BOB)
    assert nameless.content == "Someone liked your video “Holiday”"
    assert named.content == latest.content == "Ada Lovelace liked your video “Holiday”"
    assert nameless.actor == Actor(str(ADA), None)


async def test_the_latest_name_is_kept_whoever_wrote_another_in_between(driver: TopologyTestDriver) -> None:
    people, minute = driver.stores.people, timedelta(minutes=1)
    await driver.play([event(VideoLiked, driver.now, actor_name="Ada")])
    await people.put_profiles([Profile(str(ADA), "Countess", to_ms(driver.now + minute))])
    await driver.play([event(VideoLiked, driver.now + 2 * minute, actor_name="Ada")])
    assert await people.names([str(ADA)]) == {str(ADA): "Ada"}

    moments = [("Augusta", 4 * minute), ("Ada", 3 * minute)]
    await driver.send(*(event(VideoLiked, driver.now + after, actor_name=name) for name, after in moments))
    await driver.settle()
    assert await people.names([str(ADA)]) == {str(ADA): "Augusta"}


async def test_names_of_one_batch_are_looked_up_in_one_call(driver: TopologyTestDriver) -> None:
    asked: list[int] = []

    def remember(keys: object) -> bool:
        asked.append(len(keys))  # type: ignore[arg-type]
        return False

    driver.fail("lookup profiles", AssertionError(), times=None, when=remember)
    await driver.send(*(event(VideoLiked, driver.now, actor_id=actor) for actor in (ADA, CYD, ADA)))
    await driver.settle()

    assert asked == [2]


async def test_long_content_is_cut_on_a_grapheme(driver: TopologyTestDriver) -> None:
    family = "👩‍👩‍👧‍👦"
    await driver.play([event(VideoCommented, driver.now, text=family * 400)])

    [told] = await driver.notifications(BOB)
    start = "Ada commented on your video “Holiday”: "
    assert told.content == start + family * (279 - len(start)) + "…"


@pytest.mark.guarantee("G2")
async def test_a_duplicate_within_the_window_is_dropped_and_counted(driver: TopologyTestDriver) -> None:
    liked = event(VideoLiked, driver.now)
    await driver.play([liked, liked, Advance(minutes=9), liked])

    assert len(await driver.notifications(BOB)) == len(await driver.outputs("notifications")) == 1
    assert driver.stats("video")["duplicates"] == 2
    assert f"{SOURCE}\n{liked.id}" in driver.table("video-seen")


@pytest.mark.guarantee("G2")
async def test_a_duplicate_after_the_window_is_work_again_but_no_second_notification(
    driver: TopologyTestDriver,
) -> None:
    first = event(VideoLiked, driver.now)
    await driver.play([first])
    driver.advance(timedelta(minutes=11))
    await driver.play([event(VideoLiked, driver.now), first])

    assert driver.stats("video")["duplicates"] == 0
    assert len(await driver.outputs("notifications")) == 3
    assert len(await driver.notifications(BOB)) == len(await driver.history(BOB)) == 2
    assert (await driver.counts(BOB)).unseen == 2


async def test_the_same_id_from_another_source_is_another_event(driver: TopologyTestDriver) -> None:
    await driver.play([event(VideoLiked, driver.now, id="1", source=source) for source in ("/one", "/two")])

    assert len(await driver.notifications(BOB)) == 2


async def test_events_of_one_video_are_told_in_their_order(driver: TopologyTestDriver) -> None:
    await driver.play([event(VideoLiked, driver.now, id=str(number)) for number in range(50)])

    added = [one for one in await driver.outputs("fan-out") if one.user_id == str(BOB)]
    assert [one.notification.metadata["event_id"] for one in added] == [str(number) for number in range(50)]
    assert [one.position.offset for one in added] == list(range(1, 51))
