"""User events: who is told what, and the audience that a follow joins."""

from datetime import timedelta

import pytest

from schemas.events import CloudEvent, UserFollowed, UserMentioned, UserTagged, VideoUploaded
from schemas.notifications import Actor, notification_id
from schemas.times import to_ms
from streams.testing import TopologyTestDriver
from tests.topology.events import ADA, BOB, COMMENT, SOURCE, VIDEO, by_the_told, event

ON_VIDEO = {"video_id": str(VIDEO)}
MENTIONED = "Ada mentioned you: Lovely"
ON_COMMENT = {**ON_VIDEO, "comment_id": str(COMMENT)}


@pytest.mark.parametrize(
    ("kind", "verb", "content", "subject", "ids", "data"),
    [
        (UserFollowed, "user.followed", "Ada started following you", f"user/{ADA}", {}, {}),
        (UserMentioned, "user.mentioned", "Ada mentioned you: Lovely", f"video/{VIDEO}", ON_COMMENT, {}),
        (
            UserMentioned,
            "user.mentioned",
            "Ada mentioned you: Lovely",
            f"video/{VIDEO}",
            ON_VIDEO,
            {"comment_id": None},
        ),
        (UserTagged, "user.tagged", "Ada tagged you in “Holiday”", f"video/{VIDEO}", ON_VIDEO, {}),
    ],
    ids=["followed", "mentioned in a comment", "mentioned", "tagged"],
)
@pytest.mark.guarantee("G1")
async def test_the_one_it_is_about_is_told(
    driver: TopologyTestDriver,
    kind: type[CloudEvent],
    verb: str,
    content: str,
    subject: str,
    ids: dict[str, str],
    data: dict[str, object],
) -> None:
    await driver.play([event(kind, driver.now, id="1", **data)])

    [told] = await driver.notifications(BOB)
    assert (told.type, told.content, told.subject) == (verb, content, subject)
    assert told.metadata == {**ids, "event_id": "1"}
    assert told.actor == Actor(str(ADA), "Ada")
    assert told.id == notification_id(to_ms(driver.now), f"{SOURCE}\n1", BOB, verb)
    assert await driver.history(BOB) == [told]


@pytest.mark.parametrize("kind", [UserFollowed, UserMentioned, UserTagged])
@pytest.mark.guarantee("G1")
async def test_nobody_is_told_of_their_own_action(driver: TopologyTestDriver, kind: type[CloudEvent]) -> None:
    await driver.play([by_the_told(kind, driver.now)])

    assert await driver.history(BOB) == []
    assert driver.stats("user")["suppressed"] == {"own-action": 1}
    assert await driver.stores.people.followers(str(BOB), "", 10) == []


async def test_who_follows_is_told_of_later_uploads(driver: TopologyTestDriver) -> None:
    await driver.play([event(UserFollowed, driver.now)])
    driver.advance(timedelta(seconds=1))
    await driver.play([event(VideoUploaded, driver.now, actor_id=BOB, actor_name="Bob")])

    [told] = await driver.notifications(ADA)
    assert (told.type, told.content) == ("video.uploaded", "Bob uploaded “Holiday”")
