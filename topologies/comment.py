"""Comment events tell the owner of the video, the author of the parent, or the author."""

from collections.abc import Iterator

from schemas.events import CommentCreated, CommentEvent, CommentReplied
from schemas.notifications import Notification
from streams import Dedup, Lookup, Profile, Profiles, Retry, Suppressed, Write, names, plan, profiles
from topologies.base import (
    actor_of,
    app,
    comment_events,
    dead_letters,
    event_identity,
    introduce,
    notifications,
    tell,
)

seen = app.WindowTable("comment-seen")


@app.agent(comment_events)
@plan(
    dedup=Dedup(seen, key=event_identity),
    lookup=Lookup(profiles, of=lambda event: event.actor),
    write=Write(names, of=Profile),
    emit=notifications,
    retry=Retry(),
    dead_letter=dead_letters,
)
def comment(event: CommentEvent, found: Profiles) -> Iterator[Notification | Profile | Suppressed]:
    """A comment tells the video's owner, a reply the parent's author, a like the comment's author."""
    yield from introduce(event)
    data = event.data
    if isinstance(event, CommentCreated):
        recipient, content = event.data.owner_id, f"commented on your video: {event.data.text}"
    elif isinstance(event, CommentReplied):
        recipient, content = event.data.parent_author_id, f"replied to your comment: {event.data.text}"
    else:
        recipient, content = event.data.author_id, "liked your comment"
    ids = {"video_id": data.video_id, "comment_id": data.comment_id}
    yield tell(event, recipient, actor_of(event, found), content, f"comment/{data.comment_id}", **ids)
