"""Uploads reach followers page by page, each page a message of its own.

A page writes its notifications and the message for the next page, then it is acknowledged: an upload to any number of
followers holds one page in memory, others' events go between its pages, and after a crash it goes on where it was.
"""

from collections.abc import Iterator, Mapping
from uuid import UUID

from schemas.notifications import Notification
from schemas.records import AudiencePage
from streams import Dedup, Emit, FollowerPage, Lookup, Profiles, Retry, Suppressed, followers, plan, profiles
from topologies.base import actor_of, app, audience_pages, dead_letters, notifications_bulk, tell

PAGES_AT_ONCE = 10
"""Pages in one batch, each of up to 500 followers: what many uploads at the same time may hold in memory."""

seen = app.WindowTable("audience-seen")


def page_identity(page: AudiencePage) -> str:
    """The upload and where in the list of followers: a crash must not make two chains of pages."""
    return page.identity


@app.agent(audience_pages)
@plan(
    dedup=Dedup(seen, key=page_identity),
    lookup=(
        Lookup(profiles, of=lambda page: page.event.actor),
        Lookup(followers, of=lambda page: (page.event.actor, page.cursor)),
    ),
    batch_events=PAGES_AT_ONCE,
    emit=(Emit(notifications_bulk, of=Notification), Emit(audience_pages, of=AudiencePage)),
    retry=Retry(),
    dead_letter=dead_letters,
)
def audience(
    page: AudiencePage, found: Profiles, pages: Mapping[tuple[UUID, str], FollowerPage]
) -> Iterator[Notification | AudiencePage | Suppressed]:
    """One page of the creator's followers is told of the upload."""
    event, actor = page.event, actor_of(page.event, found)
    told = pages[event.actor, page.cursor]
    content, subject = f"uploaded “{event.data.title}”", f"video/{event.data.video_id}"
    for follower in told.followers:
        yield tell(event, UUID(follower), actor, content, subject, video_id=event.data.video_id)
    if told.next_cursor is not None:
        yield AudiencePage(event=event, cursor=told.next_cursor, page=page.page + 1)
