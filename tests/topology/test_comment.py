"""Comment events: who is told what, and a comment that two services tell of."""

from datetime import timedelta

import pytest

from schemas.events import CloudEvent, CommentCreated, CommentLiked, CommentReplied, VideoCommented
from schemas.notifications import Actor, notification_id
from schemas.times import format_ms, to_ms
from streams.testing import Crash, Settle, TopologyTestDriver
from tests.topology.events import ADA, BOB, COMMENT, SOURCE, VIDEO, by_the_told, event

CONTENTS = [
    (CommentCreated, "comment.created", "Ada commented on your video: Lovely"),
    (CommentReplied, "comment.replied", "Ada replied to your comment: Lovely"),
    (CommentLiked, "comment.liked", "Ada liked your comment"),
]


@pytest.mark.parametrize(("kind", "verb", "content"), CONTENTS)
@pytest.mark.guarantee("G1")
async def test_the_one_it_is_about_is_told(
    driver: TopologyTestDriver, kind: type[CloudEvent], verb: str, content: str
) -> None:
    at = driver.now - timedelta(minutes=2)
    await driver.play([event(kind, at, id="1")])

    [told] = await driver.notifications(BOB)
    assert (told.type, told.content, told.subject) == (verb, content, f"comment/{COMMENT}")
    assert told.metadata == {"video_id": str(VIDEO), "comment_id": str(COMMENT), "event_id": "1"}
    assert told.actor == Actor(str(ADA), "Ada")
    subject_key, family = (f"comment/{COMMENT}", "comment.posted") if kind is CommentCreated else (f"{SOURCE}\n1", verb)
    assert told.id == notification_id(to_ms(at), subject_key, BOB, family)
    assert told.created_at == format_ms(to_ms(at))
    assert await driver.history(BOB) == [told]


@pytest.mark.parametrize("kind", [kind for kind, _, _ in CONTENTS])
@pytest.mark.guarantee("G1")
async def test_nobody_is_told_of_their_own_action(driver: TopologyTestDriver, kind: type[CloudEvent]) -> None:
    await driver.play([by_the_told(kind, driver.now)])

    assert await driver.history(BOB) == []
    assert driver.stats("comment")["suppressed"] == {"own-action": 1}


@pytest.mark.parametrize("kinds", [(VideoCommented, CommentCreated), (CommentCreated, VideoCommented)])
@pytest.mark.parametrize("between", [[], [Settle()], [Settle(), Crash()]], ids=["together", "later", "after a crash"])
@pytest.mark.guarantee("G2")
async def test_a_comment_that_two_services_tell_of_is_one_notification(
    driver: TopologyTestDriver, kinds: tuple[type[CloudEvent], type[CloudEvent]], between: list[object]
) -> None:
    posted = driver.now - timedelta(seconds=30)
    first, second = (
        event(kind, driver.now - timedelta(seconds=number), source=f"/service-{number}", commented_at=posted)
        for number, kind in enumerate(kinds)
    )
    await driver.play([first, *between, second])

    [told] = await driver.notifications(BOB)
    assert told.id == notification_id(to_ms(posted), f"comment/{COMMENT}", BOB, "comment.posted")
    assert await driver.history(BOB) == [told]
    assert {one.notification.id for one in await driver.outputs("notifications")} == {told.id}
    assert len(await driver.outputs("notifications")) == 2
    assert (await driver.counts(BOB)).unseen == 1


async def test_two_comments_are_two_notifications(driver: TopologyTestDriver) -> None:
    await driver.play([event(CommentCreated, driver.now, comment_id=comment) for comment in (COMMENT, VIDEO)])

    assert len(await driver.notifications(BOB)) == 2
